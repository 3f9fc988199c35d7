#include "engine/run/scenario_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/run/aggregate_quantiles.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

namespace {

/// Draws of one estimate, from this run or another file, and the names of its coefficients.
struct EstimateDraws {
  std::string model, estimator;
  DrawSet draws;  ///< only this estimate's parameters, renamed to coefficients
  std::string outcome, unit;
  std::string sentence;
};

EstimateDraws only(const DrawSet& all, const std::string& model, const std::string& estimator) {
  EstimateDraws result{model, estimator, {}, "", "", ""};
  const std::string prefix = model + "/" + estimator + "/";
  std::vector<Eigen::Index> rows;
  for (std::size_t k = 0; k < all.parameter.size(); ++k)
    if (all.parameter[k].rfind(prefix, 0) == 0) {
      rows.push_back(static_cast<Eigen::Index>(k));
      result.draws.parameter.push_back(all.parameter[k].substr(prefix.size()));
    }
  result.draws.value.resize(static_cast<Eigen::Index>(rows.size()), all.value.cols());
  for (std::size_t k = 0; k < rows.size(); ++k)
    result.draws.value.row(static_cast<Eigen::Index>(k)) = all.value.row(rows[k]);
  result.draws.status = all.status;
  return result;
}

EstimateDraws draws_of(const std::string& role, const ScenarioConfig& scenario,
                       const std::vector<ModelFits>& models, const DrawSet& draws, bool required) {
  const auto named = scenario.estimates.find(role);
  const auto other = scenario.estimate_runs.find(role);
  if (other != scenario.estimate_runs.end()) {
    const RunReader reader(other->second);
    const Estimate estimate = reader.estimate(named->second);
    EstimateDraws result = only(reader.draws(), estimate.model, estimate.estimator);
    result.outcome = estimate.outcome;
    result.unit = estimate.outcome_unit;
    result.sentence = fmt::format(
        "{}: {}/{} of run '{}', paired by index with this run's draws as independent (covariance not "
        "identified)",
        role, estimate.model, estimate.estimator, other->second);
    return result;
  }
  const std::string kind = role == "spillover" ? "spatial_lag_panel" : "iv";
  for (const ModelFits& model : models) {
    const Fit* fit = nullptr;
    if (named == scenario.estimates.end()) {
      if (model.config.kind != kind) continue;
      fit = model.headline();
      if (!fit)
        throw NumericalError(
            fmt::format("scenario '{}' needs the {} estimate of model '{}', but its headline '{}' is refused "
                        "and no fallback stands (set "
                        "headline_fallback, or name an estimate in [scenario.estimates]; the estimates "
                        "themselves are printed above)",
                        scenario.name, role, model.config.name, model.config.headline));
    } else {
      const auto slash = named->second.find('/');
      if (named->second.substr(0, slash) != model.config.name) continue;
      fit = model.find(named->second.substr(slash + 1));
      if (!fit)
        throw InputError(fmt::format("scenario '{}': model '{}' has no estimate '{}'", scenario.name,
                                     model.config.name, named->second.substr(slash + 1)));
    }
    EstimateDraws result = only(draws, fit->estimate.model, fit->estimate.estimator);
    if (result.draws.parameter.empty())
      throw InputError(
          fmt::format("scenario '{}': estimate '{}/{}' has no replicates to draw from (name one that the "
                      "bootstrap replicates)",
                      scenario.name, fit->estimate.model, fit->estimate.estimator));
    result.outcome = fit->estimate.outcome;
    result.unit = fit->estimate.outcome_unit;
    result.sentence = fmt::format(
        "{}: {}/{} of this run, joint draws{}", role, fit->estimate.model, fit->estimate.estimator,
        fit->estimate.refused
            ? " (the decision table REFUSES it as a headline; it drives this scenario because the "
              "configuration names it: read its warnings first)"
            : "");
    return result;
  }
  if (named != scenario.estimates.end() || required)
    throw InputError(fmt::format(
        "scenario '{}' needs a {} estimate ({}), and this run has no model of kind '{}'", scenario.name, role,
        named == scenario.estimates.end() ? "the headline" : named->second, kind));
  return {};
}

double type7(std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

Eigen::VectorXd numbers_or_empty(const Table& areas, const std::string& name) {
  const Column* column = areas.find(name);
  if (!column || column->kind != ColumnKind::number) return {};
  return Eigen::Map<const Eigen::VectorXd>(column->number.data(),
                                           static_cast<Eigen::Index>(column->number.size()));
}

Grouping grouping_of(const std::string& name, const Inputs& inputs) {
  Grouping result;
  result.name = name;
  const std::size_t n = inputs.pack.areas.rows;
  if (name == "nation") {
    result.of_area.assign(n, 0);
    result.groups = {"nation"};
    return result;
  }
  if (name == "area_type") {
    result.of_area = inputs.types.of_row;
    result.groups = inputs.types.names;
    return result;
  }
  const std::string column = name == "region"               ? "region_code"
                             : name == "lad"                ? "lad_code"
                             : name == "combined_authority" ? "combined_authority_code"
                                                            : name;
  const Column* found = inputs.pack.areas.find(column);
  if (!found)
    throw InputError(fmt::format(
        "outcomes.groupings names '{}' but pack '{}' has no column '{}' (leave it out, or add the column)",
        name, inputs.pack.name, column));
  Categories all = categories(*found);
  result.of_area = all.of_row;
  result.groups = all.names;
  // The empty name is "in none".
  const auto empty = std::find(result.groups.begin(), result.groups.end(), "");
  if (empty != result.groups.end()) {
    const auto none = static_cast<std::int32_t>(empty - result.groups.begin());
    for (auto& group : result.of_area) group = group == none ? -1 : group > none ? group - 1 : group;
    result.groups.erase(empty);
  }
  return result;
}

/// What a budget leaves for working arrays: inputs and estimates stand throughout, and
/// the aggregates of two scenarios, one computed while the other is written. Depends on the configuration
/// alone, so that the path taken does.
double working_memory_gb(double budget_gb, const OutcomePlan& plan, const ScenarioData& data) {
  double groups = 0.0, periods = 0.0;
  for (const Grouping& grouping : plan.groupings) groups += static_cast<double>(grouping.groups.size());
  for (const AreaOutcome outcome : plan.outcomes)
    periods += outcome == AreaOutcome::uplift ? data.config->horizon : 1;
  const double standing = standing_bytes(static_cast<double>(data.population.size())),
               aggregates = 4.0 * static_cast<double>(data.draws) * groups * periods,
               left = budget_gb - 1e-9 * (standing + 2.0 * aggregates);
  if (!(left > 0.0))
    throw InputError(
        fmt::format("run.memory_gb is {:g}, but inputs ({:.2f} GB) and the draws of two scenarios' "
                    "aggregates ({:.2f} GB) "
                    "take all of it (raise it, lower bootstrap.draws, or leave out of outcomes.groupings "
                    "what is not needed)",
                    budget_gb, standing * 1e-9, 2e-9 * aggregates));
  return left;
}

}  // namespace

double standing_bytes(double areas) { return 20e6 + 4.1e3 * areas; }

ScenarioData scenario_data(const ScenarioConfig& scenario, const RunConfig& config, const Inputs& inputs,
                           const std::vector<ModelFits>& models, const DrawSet& draws) {
  ScenarioData data;
  data.config = &config;
  data.inputs = &inputs;
  data.draws = config.draws;
  const EstimateDraws spillover = draws_of("spillover", scenario, models, draws, true);
  const EstimateDraws infrastructure = draws_of("infrastructure", scenario, models, draws, false);
  const std::vector<int> chosen = spillover.draws.successful(config.draws);
  const auto types = static_cast<Eigen::Index>(inputs.types.names.size());
  const auto count = static_cast<Eigen::Index>(chosen.size());
  data.rho.resize(types, count);
  data.phi.setZero(count);
  const Eigen::Index common = spillover.draws.find("lag"), previous = spillover.draws.find("previous");
  if (spillover.draws.find("previous_2") >= 0)
    throw InputError(
        fmt::format("scenario '{}': estimate '{}/{}' has lags of two periods, which the propagation does not "
                    "carry (name an estimate "
                    "with one lag, for example corrected_score with own_lags = 1)",
                    scenario.name, spillover.model, spillover.estimator));
  for (Eigen::Index k = 0; k < types; ++k) {
    const Eigen::Index row =
        common >= 0 ? common : spillover.draws.find("lag:" + inputs.types.names[static_cast<std::size_t>(k)]);
    if (row < 0)
      throw InputError(fmt::format(
          "scenario '{}': estimate '{}/{}' has no lag for areas of type '{}' (its coefficients: {})",
          scenario.name, spillover.model, spillover.estimator,
          inputs.types.names[static_cast<std::size_t>(k)], fmt::join(spillover.draws.parameter, ", ")));
    for (Eigen::Index d = 0; d < count; ++d)
      data.rho(k, d) = spillover.draws.value(row, chosen[static_cast<std::size_t>(d)]);
  }
  if (previous >= 0)
    for (Eigen::Index d = 0; d < count; ++d)
      data.phi[d] = spillover.draws.value(previous, chosen[static_cast<std::size_t>(d)]);
  data.provenance.push_back(spillover.sentence);
  data.outcome = spillover.outcome;
  data.outcome_unit = spillover.unit;
  for (const ModelFits& model : models)
    if (model.config.name == spillover.model) data.better = model.config.better == "lower" ? -1.0 : 1.0;
  data.outcome_is_gva_growth =
      data.outcome_unit.find("log") != std::string::npos && inputs.pack.panel.find("gva") != nullptr;
  if (!infrastructure.draws.parameter.empty()) {
    const bool joint = scenario.estimate_runs.empty();
    std::vector<int> rows = chosen;
    if (!joint) rows = infrastructure.draws.successful(config.draws);
    data.beta_name = infrastructure.draws.parameter.front();
    data.beta_outcome_unit = infrastructure.unit;
    data.beta.resize(count);
    for (Eigen::Index d = 0; d < count; ++d)
      data.beta[d] = infrastructure.draws.value(0, rows[static_cast<std::size_t>(d)]);
    if (const Column* column = inputs.pack.areas.find(data.beta_name)) data.beta_unit = column->unit;
    for (const ModelFits& model : models)
      if (model.config.name == infrastructure.model) {
        data.window_years = model.config.window_years;
        const auto unit = model.config.endogenous_units.find(data.beta_name);
        if (unit != model.config.endogenous_units.end()) data.beta_unit = unit->second;
      }
    data.provenance.push_back(infrastructure.sentence);
  }
  std::string line;
  data.growth = counterfactual_growth(config, inputs, data.outcome, line);
  data.provenance.push_back(line);
  data.population = numbers_or_empty(inputs.pack.areas, "population");
  data.gva = numbers_or_empty(inputs.pack.areas, "gva");
  if (data.population.size() == 0)
    throw InputError(fmt::format("pack '{}' has no column 'population' (scenarios spend pounds a head)",
                                 inputs.pack.name));
  for (Eigen::Index i = 0; i < data.population.size(); ++i)
    if (!(data.population[i] > 0.0))
      throw InputError(fmt::format("area '{}' has population {} (scenarios need every area's, above zero)",
                                   inputs.pack.areas.at("area_code").text(static_cast<std::size_t>(i)),
                                   data.population[i]));
  return data;
}

OutcomePlan outcome_plan(const RunConfig& config, const ScenarioData& data,
                         const std::vector<double>& discount) {
  OutcomePlan plan;
  bool pounds = false;
  for (const auto& name : config.area_outcomes) {
    bool known = false;
    for (const auto outcome : {AreaOutcome::uplift, AreaOutcome::cumulative_uplift,
                               AreaOutcome::gva_per_head_uplift, AreaOutcome::discounted_gva_uplift})
      if (to_string(outcome) == name) {
        plan.outcomes.push_back(outcome);
        known = true;
        pounds = pounds || outcome == AreaOutcome::gva_per_head_uplift ||
                 outcome == AreaOutcome::discounted_gva_uplift;
      }
    if (!known)
      throw InputError(
          fmt::format("outcomes.area names '{}' (known: uplift, cumulative_uplift, gva_per_head_uplift, "
                      "discounted_gva_uplift)",
                      name));
  }
  if (pounds && (!data.outcome_is_gva_growth || data.gva.size() == 0))
    throw InputError(
        fmt::format("outcomes.area asks for pounds, but the propagated outcome '{}' ({}) is not GVA growth "
                    "or the pack has no "
                    "column 'gva' (use uplift and cumulative_uplift)",
                    data.outcome, data.outcome_unit));
  plan.quantiles = config.quantiles;
  plan.better = data.better;
  plan.head_weight = data.population;
  plan.rate_weight = data.outcome_is_gva_growth && data.gva.size() > 0 ? data.gva : data.population;
  if (data.gva.size() > 0) plan.gva_per_head = data.gva.cwiseQuotient(data.population);
  plan.growth = data.growth;
  plan.discount = discount;
  plan.discount.resize(static_cast<std::size_t>(config.horizon), discount.empty() ? 1.0 : discount.back());
  for (const auto& name : config.groupings) plan.groupings.push_back(grouping_of(name, *data.inputs));
  const Column& code = data.inputs->pack.areas.at("area_code");
  for (const auto& wanted : config.keep_draws_of) {
    int row = -1;
    for (std::size_t i = 0; i < data.inputs->pack.areas.rows && row < 0; ++i)
      if (code.text(i) == wanted) row = static_cast<int>(i);
    if (row < 0)
      throw InputError(
          fmt::format("outcomes.keep_draws_of names '{}', which is no area of the pack", wanted));
    plan.keep_draws_of.push_back(row);
  }
  plan.memory_gb = config.memory_gb > 0.0 ? working_memory_gb(config.memory_gb, plan, data) : 0.0;
  return plan;
}

ScenarioSummary summarise(const ScenarioConfig& scenario, const ScenarioData& data,
                          const PreparedScenario& prepared, const ScenarioOutcome& outcome,
                          const OutcomePlan& plan) {
  ScenarioSummary summary;
  summary.name = scenario.name;
  summary.lever = scenario.lever;
  summary.report = outcome.report;
  summary.notes = prepared.notes;
  summary.warnings = prepared.warnings;
  summary.provenance = data.provenance;
  const QuantileErrors median_error(data.draws, {0.5});
  std::vector<const AggregateSeries*> shown;
  for (const AggregateSeries& series : outcome.aggregates) {
    const Grouping& grouping = plan.groupings[static_cast<std::size_t>(series.grouping)];
    if (grouping.name != "nation" && grouping.name != "area_type") continue;
    shown.push_back(&series);
    const bool pounds = series.outcome == AreaOutcome::gva_per_head_uplift ||
                        series.outcome == AreaOutcome::discounted_gva_uplift;
    for (long g = 0; g < series.groups; ++g) {
      std::vector<double> draws;
      for (long d = 0; d < data.draws; ++d)
        draws.push_back(series.value[static_cast<std::size_t>(
            (d * series.periods + series.periods - 1) * series.groups + g)]);
      const double better = static_cast<double>(
          std::count_if(draws.begin(), draws.end(), [&](double u) { return plan.better * u > 0.0; }));
      std::sort(draws.begin(), draws.end());
      ScenarioSummary::Line line{to_string(series.outcome),
                                 grouping.name,
                                 grouping.groups[static_cast<std::size_t>(g)],
                                 pounds ? "GBP a head" : data.outcome_unit,
                                 type7(draws, .05),
                                 type7(draws, .25),
                                 type7(draws, .5),
                                 type7(draws, .75),
                                 type7(draws, .95),
                                 better / static_cast<double>(draws.size())};
      const std::vector<float> sorted(draws.begin(), draws.end());
      line.mc_error = median_error.errors(sorted.data())[0];
      summary.lines.push_back(line);
    }
  }
  if (!shown.empty()) summary.notes.push_back(monte_carlo_sentence(shown, plan.quantiles, data.draws));
  if (prepared.cost.size() > 0) {
    std::vector<double> totals;
    for (Eigen::Index d = 0; d < prepared.cost.rows(); ++d) totals.push_back(prepared.cost.row(d).sum());
    std::sort(totals.begin(), totals.end());
    summary.cost_p50 = type7(totals, 0.5);
  }
  return summary;
}

}  // namespace spillway
