// Every key of the configuration, by section.
#include <algorithm>
#include <iterator>

#include "engine/config/table_reader.hpp"

namespace spillway {

namespace {
/// What every kind has, then what each kind adds.
std::vector<std::string> model_keys() {
  std::vector<std::string> keys(std::begin(catalogue::common_keys), std::end(catalogue::common_keys));
  for (const ModelKindRow& row : model_kinds)
    for (const auto& key : row.keys)
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.emplace_back(key);
  return keys;
}
}  // namespace

const std::vector<std::pair<std::string, std::vector<std::string>>>& section_keys() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> keys = {
      {"",
       {"run", "data", "weights", "areas", "model", "bootstrap", "counterfactual", "scenario", "correlation",
        "outcomes", "store", "appraisal", "coverage", "backcast"}},
      {"run", {"name", "seed", "threads", "memory_gb", "reproducible"}},
      {"data", {"pack", "synthetic_seed", "synthetic_areas", "policy_truth", "strength"}},
      {"weights",
       {"kind", "row_standardise", "islands", "k", "cutoff_km", "decay", "path", "size", "values", "ids",
        "unlisted"}},
      {"areas", {"type"}},
      {"model", model_keys()},
      {"model.covariance", {"kind", "by", "small_sample", "cutoff_km", "kernel", "lags"}},
      {"bootstrap", {"scheme", "cluster", "replicates", "draws", "wild_weights"}},
      {"counterfactual", {"growth"}},
      {"scenario",
       {"name", "lever", "spread", "effect_is", "extrapolate", "estimates", "parameters", "convert",
        "outcome"}},
      {"scenario.outcome", {"name", "estimates", "spread", "effect_is", "parameters", "convert"}},
      {"scenario.estimates", {"spillover", "infrastructure"}},
      {"correlation", {"parameters", "matrix"}},
      {"outcomes", {"horizon", "period_years", "area", "quantiles", "groupings", "keep_draws_of"}},
      {"store", {"keep"}},
      {"appraisal",
       {"rulebook", "price_base_year", "discount_base_year", "appraisal_years", "first_year",
        "deflator_series", "deflators", "reference_option", "optimism_bias_class", "capital_share",
        "residual_persistence", "lower_rate", "health_rate", "department", "envelope",
        "distributional_weights", "income_column", "benefits"}},
      {"backcast",
       {"programme", "price_year", "model", "effect", "spread", "start", "places", "patch", "like",
        "match_on", "matches", "placebos"}},
      {"coverage", {"worlds", "only", "design", "policy"}},
      {"coverage.policy", {"scenarios", "spreads"}},
      {"coverage.design",
       {"name",
        "areas",
        "authorities",
        "regions",
        "periods",
        "rho",
        "phi",
        "error_correlation",
        "error_sd",
        "heteroskedasticity",
        "authority_shock_sd",
        "error_serial_correlation",
        "period_effect_sd",
        "region_shock_sd",
        "tail_freedom",
        "type_shares",
        "giant_authority",
        "missing_share",
        "nearest_weights",
        "loading",
        "beta",
        "confounding",
        "instrument_strength",
        "policy_truth",
        "strength",
        "models"}},
  };
  return keys;
}

const std::vector<std::string>& keys_of(const std::string& section) {
  for (const auto& [name, keys] : section_keys())
    if (name == section) return keys;
  static const std::vector<std::string> none;
  return none;
}

}  // namespace spillway
