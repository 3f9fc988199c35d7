// Every key of the configuration, by section.
#include "engine/config/table_reader.hpp"

namespace spillway {

const std::vector<std::pair<std::string, std::vector<std::string>>>& section_keys() {
  static const std::vector<std::pair<std::string, std::vector<std::string>>> keys = {
      {"",
       {"run", "data", "weights", "areas", "model", "bootstrap", "counterfactual", "scenario", "correlation",
        "outcomes", "appraisal", "coverage"}},
      {"run", {"name", "seed", "threads", "memory_gb", "reproducible"}},
      {"data", {"pack", "synthetic_seed", "synthetic_areas"}},
      {"weights",
       {"kind", "row_standardise", "islands", "k", "cutoff_km", "decay", "path", "values", "ids",
        "unlisted"}},
      {"areas", {"type"}},
      {"model", {"name",          "kind",           "outcome",        "better",          "covariates",
                 "predetermined", "area_effects",   "period_effects", "spatial_lag",     "own_lag",
                 "own_lags",      "missing",        "estimators",     "headline",        "headline_fallback",
                 "covariance",    "level",          "interval",       "durbin",          "spatial_error",
                 "restrict_to",   "weights_column", "window_years",   "endogenous",      "instruments",
                 "controls",      "fixed_effects",  "proxies",        "instrument_sets", "headline_cell",
                 "units"}},
      {"model.covariance", {"kind", "by", "small_sample", "cutoff_km", "kernel", "lags"}},
      {"bootstrap", {"scheme", "cluster", "replicates", "draws", "wild_weights"}},
      {"counterfactual", {"growth"}},
      {"scenario", {"name", "lever", "estimates", "parameters", "convert"}},
      {"scenario.estimates", {"spillover", "infrastructure"}},
      {"correlation", {"parameters", "matrix"}},
      {"outcomes",
       {"horizon", "period_years", "area", "quantiles", "groupings", "keep_draws_of", "process_noise"}},
      {"appraisal",
       {"rulebook", "price_base_year", "discount_base_year", "appraisal_years", "reference_option",
        "optimism_bias_class", "distributional_weights", "benefits"}},
      {"coverage", {"worlds", "only", "design"}},
      {"coverage.design",
       {"name", "areas", "authorities", "regions", "periods", "rho", "phi", "error_correlation", "error_sd",
        "heteroskedasticity", "authority_shock_sd", "error_serial_correlation", "period_effect_sd", "loading",
        "beta", "confounding", "instrument_strength", "models"}},
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
