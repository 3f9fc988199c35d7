#include "engine/run/scenario_job.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numeric>
#include <optional>

#include "engine/base/statistics.hpp"
#include "engine/config/area_target.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/place_list.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/sides.hpp"
#include "engine/run/aggregate_quantiles.hpp"
#include "engine/run/aim.hpp"
#include "engine/run/area_split.hpp"
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
    if (const std::string doubt = result.draws.doubt(); !doubt.empty()) result.sentence += "; there " + doubt;
    return result;
  }
  // What drives a further outcome is named, or there is none: the run's headlines are of another outcome.
  if (named == scenario.estimates.end() && is_further(scenario)) return {};
  const ModelKind kind = role == "spillover" ? ModelKind::spatial_lag_panel : ModelKind::iv;
  for (const ModelFits& model : models) {
    const Fit* fit = nullptr;
    if (named == scenario.estimates.end()) {
      if (kind_of(model.config) != kind) continue;
      fit = model.headline();
      if (!fit)
        throw NumericalError(
            fmt::format("scenario '{}' needs the {} estimate of model '{}', but its headline '{}' is refused "
                        "and no fallback stands (set "
                        "headline_fallback, or name an estimate in [scenario.estimates]; the estimates "
                        "themselves are printed above)",
                        scenario.name, role, model.name(),
                        common(model.config).headline ? name_of(*common(model.config).headline) : ""));
    } else {
      const auto slash = named->second.find('/');
      if (named->second.substr(0, slash) != model.name()) continue;
      fit = model.find(named->second.substr(slash + 1));
      if (!fit)
        throw InputError(fmt::format("scenario '{}': model '{}' has no estimate '{}'", scenario.name,
                                     model.name(), named->second.substr(slash + 1)));
    }
    EstimateDraws result = only(draws, fit->estimate.model, fit->estimate.estimator);
    if (result.draws.parameter.empty() && fit->estimate.refused && !fit->estimate.warnings.empty())
      throw NumericalError(fmt::format(
          "scenario '{}' rests on '{}/{}', and {} (name an estimate that holds in "
          "[scenario.estimates], or set headline_fallback)",
          scenario.name, fit->estimate.model, fit->estimate.estimator, fit->estimate.warnings[0]));
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
        named == scenario.estimates.end() ? "the headline" : named->second, name_of(kind)));
  return {};
}

/// What an estimate has seen of its regressor: up to this quantile of areas.
constexpr double kSupport = 0.99;

Eigen::VectorXd numbers_or_empty(const Table& areas, const std::string& name) {
  const Column* column = areas.find(name);
  if (!column || column->kind != ColumnKind::number) return {};
  return Eigen::Map<const Eigen::VectorXd>(column->number.data(),
                                           static_cast<Eigen::Index>(column->number.size()));
}

/// Whether a unit speaks of pounds, a head or in all: a column of it has a price base.
bool is_money(const std::string& unit) {
  return unit.find("GBP") != std::string::npos || unit.find("\xC2\xA3") != std::string::npos ||
         (!unit.empty() && pounds_a_unit(unit) > 0.0);
}

std::optional<int> last_period(const DataPack& pack) {
  if (pack.panel.periods.empty()) return {};
  return pack.panel.periods.back();
}

/// What brings the pack's GVA to the price base year and to the year before the first period.
GvaBase gva_base(const RunConfig& config, const DataPack& pack, const LeverContext& context,
                 std::vector<std::string>& sentences) {
  GvaBase base;
  const std::optional<int> last = last_period(pack);
  const Rebased money = rebased(pack.areas.at("gva"), last, context.deflators, config.price_base_year);
  base.factor = money.factor;
  if (!money.sentence.empty()) sentences.push_back(money.sentence);
  const std::string& unit = pack.areas.at("gva").unit;
  const double pounds = pounds_a_unit(unit);
  if (pounds == 0.0)
    throw InputError(fmt::format(
        "column 'gva' has the unit '{}' (scenarios count pounds: GBP, GBP thousand, GBP m or GBP bn; a "
        "column that is something else needs another name)",
        unit));
  if (pounds != 1.0) sentences.push_back(fmt::format("gva is in {}, times {:g} for pounds", unit, pounds));
  base.factor *= pounds;
  if (!last || *last == context.first_year - 1) return base;
  if (!context.outcome_is_gva_growth) {
    sentences.push_back(
        fmt::format("GVA of {} stands for that of {}: the run has no growth of GVA to bring it there", *last,
                    context.first_year - 1));
    return base;
  }
  base.periods = (context.first_year - 1 - *last) / context.period_years;
  sentences.push_back(
      fmt::format("GVA of {} is brought to {}, the year before the first period, by {:g} periods of "
                  "counterfactual growth",
                  *last, context.first_year - 1, base.periods));
  const PanelVariable* panel = pack.panel.find("gva");
  if (panel != nullptr && panel->price_base == "current" && context.outcome == "growth")
    sentences.push_back(
        "warning: growth is of GVA in current prices, so levels ahead hold inflation and pounds are not of "
        "the "
        "price base year alone");
  return base;
}

/// Pounds of GVA a resident that no list of places has, and those that few have. All areas of one authority
/// may have 8 million (the City of London), England has 35 thousand.
constexpr double least_gva_a_head = 100.0, most_gva_a_head = 3e7;
constexpr double low_gva_a_head = 1e3, high_gva_a_head = 5e5;
constexpr Eigen::Index enough_for_a_head = 10;

/// Whether another scale of GVA (pence to billions) or residents in thousands make of it what places have.
bool may_be_of_another_unit(double a_head) {
  for (const double times : {0.01, 1e3, 1e6, 1e9})
    for (const double other : {a_head * times, a_head / times})
      if (other >= low_gva_a_head && other <= high_gva_a_head) return true;
  return false;
}

/// GVA a head tells pounds from millions of them, and residents from thousands.
/// @throws InputError  what no list of places has, unless pounds are said and no other unit makes sense of it
void check_gva_a_head(const Eigen::VectorXd& gva, const Eigen::VectorXd& people, const Column& column,
                      std::vector<std::string>& sentences) {
  if (gva.size() < enough_for_a_head || people.size() != gva.size()) return;
  double pounds = 0.0, heads = 0.0;
  for (Eigen::Index i = 0; i < gva.size(); ++i)
    if (gva[i] > 0.0 && people[i] > 0.0) pounds += gva[i], heads += people[i];
  if (!(heads > 0.0)) return;
  const double a_head = pounds / heads;
  if (a_head >= low_gva_a_head && a_head <= high_gva_a_head) return;
  const std::string what =
      fmt::format("GVA of all areas is GBP {:.4g} and they have {:.4g} residents: GBP {:.3g} a head", pounds,
                  heads, a_head);
  const bool pounds_said = !column.unit.empty() && pounds_a_unit(column.unit) == 1.0;
  if ((a_head < least_gva_a_head || a_head > most_gva_a_head) &&
      (!pounds_said || may_be_of_another_unit(a_head)))
    throw InputError(fmt::format(
        "{}, which no place has ({}; population is a number of residents)", what,
        column.unit.empty()
            ? "gva has no unit and counts as pounds: write unit = \"GBP m\" under [columns.gva] "
              "where it is in millions"
            : fmt::format("gva of the areas has the unit '{}', times {:g} for pounds: is it so in "
                          "areas.csv?",
                          column.unit, pounds_a_unit(column.unit))));
  sentences.push_back(fmt::format("warning: {}: check the units of gva and population", what));
}

/// Growth in log points that is many times that of the pack's own GVA: per cent, or a level. Both may be in
/// other prices, so their sizes need not agree.
/// @throws InputError  it is
void check_growth_of_gva(const PanelVariable& growth, const PanelVariable& gva) {
  constexpr double many_times = 20.0, least = 0.1;  // a year's growth of a tenth is no slip
  std::vector<double> stated, own;
  for (Eigen::Index t = 1; t < gva.value.cols() && t < growth.value.cols(); ++t)
    for (Eigen::Index i = 0; i < gva.value.rows(); ++i) {
      const double change = std::log(gva.value(i, t)) - std::log(gva.value(i, t - 1));
      if (!std::isfinite(change) || !std::isfinite(growth.value(i, t))) continue;
      stated.push_back(std::abs(growth.value(i, t)));
      own.push_back(std::abs(change));
    }
  if (stated.size() < static_cast<std::size_t>(enough_for_a_head)) return;
  const double half = quantile_in_place(stated, 0.5), half_own = quantile_in_place(own, 0.5);
  if (half <= least || half_own == 0.0 || half <= many_times * half_own) return;
  throw InputError(
      fmt::format("'{}' is in {}, and half of its values are {:.3g} or more in size, {:.3g} times those of "
                  "the pack's own "
                  "gva ({:.3g}): is it per cent, or a level? (write log(gva) - log(previous(gva)))",
                  growth.name, growth.unit, half, half / half_own, half_own));
}

/// The groupings of the configuration; of the default list those that the pack has columns for.
std::vector<std::string> groupings_of(const RunConfig& config, const DataPack& pack) {
  if (config.groupings != RunConfig().groupings) return config.groupings;
  std::vector<std::string> kept;
  for (const auto& name : config.groupings)
    if (name == "nation" || pack.areas.find(grouping_column(name, config.area_type))) kept.push_back(name);
  return kept;
}

/// Groups of two groupings at once that hold an area, in the order of the first and then the second; an area
/// in none of either is in none.
Grouping crossed(const std::string& name, const Grouping& first, const Grouping& second) {
  Grouping result;
  result.name = name;
  const std::size_t across = second.groups.size();
  std::vector<std::int32_t> place(first.groups.size() * across, -1);
  const auto pair = [&](std::size_t i) {
    return static_cast<std::size_t>(first.of_area[i]) * across + static_cast<std::size_t>(second.of_area[i]);
  };
  const std::size_t areas = first.of_area.size();
  for (std::size_t i = 0; i < areas; ++i)
    if (first.of_area[i] >= 0 && second.of_area[i] >= 0) place[pair(i)] = 0;
  for (std::size_t k = 0; k < place.size(); ++k)
    if (place[k] == 0) {
      place[k] = static_cast<std::int32_t>(result.groups.size());
      result.groups.push_back(first.groups[k / across] + ":" + second.groups[k % across]);
    }
  for (std::size_t i = 0; i < areas; ++i)
    result.of_area.push_back(first.of_area[i] >= 0 && second.of_area[i] >= 0 ? place[pair(i)] : -1);
  return result;
}

Grouping grouping_of(const std::string& name, const RunConfig& config, const LeverContext& context) {
  Grouping result;
  result.name = name.starts_with("list:") ? column_of_list(name.substr(5)) : name;
  const std::size_t n = context.pack->areas.rows;
  if (name == "nation") {
    result.of_area.assign(n, 0);
    result.groups = {"nation"};
    return result;
  }
  if (const auto colon = name.find(':'); colon != std::string::npos && !name.starts_with("list:"))
    return crossed(name, grouping_of(name.substr(0, colon), config, context),
                   grouping_of(name.substr(colon + 1), config, context));
  const std::string column = grouping_column(name, config.area_type);
  const Column* found = context.pack->areas.find(column);
  if (!found && name != "area_type")
    throw InputError(fmt::format(
        "outcomes.groupings names '{}' but pack '{}' has no column '{}' (leave it out, or add the column)",
        name, context.pack->name, column));
  const Categories all =
      name == "area_type" ? Categories{context.type, context.type_names} : categories(*found);
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
double working_memory_gb(double budget_gb, const OutcomePlan& plan, const LeverContext& context) {
  double groups = 0.0, periods = 0.0;
  for (const Grouping& grouping : plan.groupings) groups += static_cast<double>(grouping.groups.size());
  for (const AreaOutcome outcome : plan.outcomes)
    periods += outcome == AreaOutcome::uplift ? context.horizon : 1;
  const double standing = standing_bytes(static_cast<double>(context.population.size())),
               aggregates = 4.0 * static_cast<double>(context.draws) * groups * periods,
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

/// Whether growth is that of GVA. Growth of income or of jobs is in log points too, and its pounds are not
/// GVA. What the pack says of the column counts; its name where that says neither, or both.
bool is_of_gva(const std::string& outcome, const Panel& panel) {
  const auto says_one_of = [](const std::string& text, std::initializer_list<const char*> words) {
    return std::any_of(words.begin(), words.end(),
                       [&](const char* word) { return text.find(word) != std::string::npos; });
  };
  const auto of_output = [&](const std::string& text) {
    return says_one_of(text, {"gva", "gross value added", "gdp"});
  };
  const auto of_another = [&](const std::string& text) {
    return says_one_of(text, {"income", "gdhi", "job", "employ", "earning", "wage", "salar"});
  };
  const PanelVariable* column = panel.find(outcome);
  const std::string stated = column == nullptr ? "" : lower_case(column->unit + " " + column->description),
                    name = lower_case(outcome);
  if (of_output(stated) != of_another(stated)) return of_output(stated);
  return of_output(name) || !of_another(name);
}

}  // namespace

std::string grouping_column(const std::string& name, const std::string& type_column) {
  return name == "region"               ? "region_code"
         : name == "lad"                ? "lad_code"
         : name == "combined_authority" ? "combined_authority_code"
         : name == "area_type"          ? type_column
         : name.starts_with("list:")    ? column_of_places(name.substr(5))
                                        : name;
}

double standing_bytes(double areas) {
  // Beyond some hundred thousand areas what is freed goes back to the system, array by array.
  constexpr double kept = 250e3;
  return 20e6 + 4.1e3 * std::min(areas, kept) + 1.2e3 * std::max(areas - kept, 0.0);
}

LeverContext lever_context(const ScenarioConfig& scenario, const RunConfig& config, const Inputs& inputs,
                           const std::vector<ModelFits>& models, const DrawSet& draws) {
  LeverContext context;
  context.pack = &inputs.pack;
  context.weights = &inputs.weights;
  context.type = inputs.types.of_row;
  context.type_names = inputs.types.names;
  context.horizon = config.horizon;
  context.period_years = years_a_period(config, inputs.pack);
  context.convert = scenario.convert;
  context.price_base_year = config.price_base_year;
  context.first_year = config.starts_in();
  context.deflators = deflators(config);
  std::vector<std::string> prices;
  const EstimateDraws spillover = draws_of("spillover", scenario, models, draws, true);
  const EstimateDraws infrastructure = draws_of("infrastructure", scenario, models, draws, false);
  // A further outcome that does not spread may have model B alone.
  const EstimateDraws& led = spillover.draws.parameter.empty() ? infrastructure : spillover;
  // One draw a replicate that succeeded: all of the configuration's, but for the few that may fail.
  std::vector<int> chosen = led.draws.usable(config.draws), of_infrastructure = chosen;
  const bool joint = scenario.estimate_runs.empty();
  if (!joint) {  // paired by index with this run's draws, whose number the result records
    if (!infrastructure.draws.parameter.empty())
      of_infrastructure = infrastructure.draws.usable(config.draws);
    const std::size_t all =
        std::min({chosen.size(), of_infrastructure.size(), draws.usable(config.draws).size()});
    chosen.resize(all);
    of_infrastructure.resize(all);
  }
  context.draws = static_cast<long>(chosen.size());
  const auto types = static_cast<Eigen::Index>(inputs.types.names.size());
  const auto count = static_cast<Eigen::Index>(chosen.size());
  context.rho.setZero(types, count);
  context.phi.setZero(count);
  const Eigen::Index shared = spillover.draws.find("lag"), previous = spillover.draws.find("previous");
  if (spillover.draws.find("previous_2") >= 0)
    throw InputError(
        fmt::format("scenario '{}': estimate '{}/{}' has lags of two periods, which the propagation does not "
                    "carry (name an estimate "
                    "with one lag, for example corrected_score with own_lags = 1)",
                    scenario.name, spillover.model, spillover.estimator));
  for (Eigen::Index k = 0; k < types && &led == &spillover; ++k) {
    const Eigen::Index row =
        shared >= 0 ? shared : spillover.draws.find("lag:" + inputs.types.names[static_cast<std::size_t>(k)]);
    if (row < 0)
      throw InputError(fmt::format(
          "scenario '{}': estimate '{}/{}' has no lag for areas of type '{}' (its coefficients: {})",
          scenario.name, spillover.model, spillover.estimator,
          inputs.types.names[static_cast<std::size_t>(k)], fmt::join(spillover.draws.parameter, ", ")));
    for (Eigen::Index d = 0; d < count; ++d)
      context.rho(k, d) = spillover.draws.value(row, chosen[static_cast<std::size_t>(d)]);
  }
  if (previous >= 0)
    for (Eigen::Index d = 0; d < count; ++d)
      context.phi[d] = spillover.draws.value(previous, chosen[static_cast<std::size_t>(d)]);
  if (is_further(scenario))
    context.provenance.push_back(
        fmt::format("a further outcome of scenario '{}': the same policy, money and "
                    "draws",
                    policy_of(scenario.name)));
  if (&led == &spillover) context.provenance.push_back(spillover.sentence);
  context.outcome = led.outcome;
  context.outcome_unit = led.unit;
  for (const ModelFits& model : models)
    if (model.name() == led.model) context.better = common(model.config).better == Better::lower ? -1.0 : 1.0;
  context.outcome_is_gva_growth = !is_further(scenario) && is_of_gva(context.outcome, inputs.pack.panel) &&
                                  context.outcome_unit.find("log") != std::string::npos &&
                                  inputs.pack.panel.find("gva") != nullptr;
  if (const PanelVariable* growth = inputs.pack.panel.find(context.outcome);
      context.outcome_is_gva_growth && growth != nullptr)
    check_growth_of_gva(*growth, inputs.pack.panel.at("gva"));
  if (!infrastructure.draws.parameter.empty()) {
    const std::vector<int>& rows = of_infrastructure;
    context.beta_name = infrastructure.draws.parameter.front();
    context.beta_outcome_unit = infrastructure.unit;
    const auto pick = [&](const EstimateDraws& of, Eigen::Index row) {
      Eigen::VectorXd values(count);
      for (Eigen::Index d = 0; d < count; ++d)
        values[d] = of.draws.value(row, rows[static_cast<std::size_t>(d)]);
      return values;
    };
    context.plain_beta = pick(infrastructure, 0);
    context.beta = context.plain_beta;
    context.driver = {infrastructure.model + "/" + infrastructure.estimator,
                      scenario.estimate_runs.contains("infrastructure")};
    std::string sentence = infrastructure.sentence;
    if (scenario.spread == "propagated") {
      std::string why = "its A is of another run";
      for (const ModelFits& model : models) {
        if (!joint || model.name() != infrastructure.model) continue;
        const StructuralOf* form = structural_of(model, infrastructure.estimator == "ols" ? "ols" : "2sls",
                                                 spillover.model + "/" + spillover.estimator);
        const EstimateDraws structural =
            form ? only(draws, infrastructure.model, form->name) : EstimateDraws{};
        why = form ? form->why_not : "it was not fitted";
        if (structural.draws.parameter.empty()) continue;
        context.beta = pick(structural, 0);
        context.beta_is = BetaIs::structural;
        context.driver.estimate = infrastructure.model + "/" + form->name;
        sentence = fmt::format(
            "infrastructure: {}/{} of this run, joint draws (the structural form of {}: growth a period, A "
            "of "
            "the same replicate)",
            infrastructure.model, form->name, infrastructure.estimator);
      }
      if (context.beta_is != BetaIs::structural)
        sentence += fmt::format(
            "; the structural form is not to be had ({}), so beta counts as the total effect on an area "
            "alone",
            why);
    } else if (scenario.spread == "estimated") {
      const EstimateDraws slx = joint ? only(draws, infrastructure.model, "slx") : EstimateDraws{};
      if (slx.draws.parameter.size() < 2)
        throw InputError(fmt::format(
            "scenario '{}': spread = \"estimated\" needs model '{}' with its neighbours' regressor (slx) in "
            "this run, and it could not be fitted (choose \"propagated\" or \"none\")",
            scenario.name, infrastructure.model));
      context.beta = pick(slx, 0);
      context.theta = pick(slx, 1);
      context.driver.estimate = infrastructure.model + "/slx";
      sentence = fmt::format(
          "infrastructure: {}/slx of this run, joint draws (own effect and that of the neighbours' mean)",
          infrastructure.model);
    }
    if (const Column* column = inputs.pack.areas.find(context.beta_name)) {
      context.beta_unit = column->unit;
      std::vector<double> seen;
      for (const double value : column->number)
        if (std::isfinite(value)) seen.push_back(value);
      context.support = quantile_in_place(seen, kSupport);
      if (is_money(column->unit)) {
        const Rebased money =
            rebased(*column, last_period(inputs.pack), context.deflators, config.price_base_year);
        context.stock_prices = 1.0 / money.factor;
        if (!money.sentence.empty()) prices.push_back(money.sentence);
      }
    }
    for (const ModelFits& model : models)
      if (const auto* iv = std::get_if<IvModel>(&model.config); iv && iv->name == infrastructure.model) {
        context.window_years = iv->window_years;
        const auto unit = iv->endogenous_units.find(context.beta_name);
        if (unit != iv->endogenous_units.end()) context.beta_unit = unit->second;
      }
    context.provenance.push_back(sentence);
    for (const ModelFits& model : models)
      if (joint && model.name() == infrastructure.model && !model.spillover_verdict.empty())
        context.provenance.push_back(model.spillover_verdict);
  }
  context.effect_is = scenario.effect_is == "impact" ? EffectIs::impact : EffectIs::total;
  if (scenario.spread != "propagated" && &led == &spillover) {
    context.rho.setZero();
    context.phi.setZero();
    context.provenance.push_back(
        scenario.spread == "none"
            ? "spread = \"none\": nothing reaches neighbours; the spillover estimate is not used"
            : "spread = \"estimated\": neighbours share as model B estimates and no further; the spillover "
              "estimate is not used");
  }
  std::string line;
  if (&led != &spillover) {
    context.growth = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(inputs.pack.areas.rows));
    line = fmt::format("counterfactual: none of '{}', and what does not spread needs none", context.outcome);
  } else if (is_further(scenario)) {
    RunConfig own = config;  // a column of the run is of another outcome
    own.counterfactual_growth = "shrunk_mean";
    context.growth = counterfactual_growth(own, inputs, context.outcome, line);
  } else {
    context.growth = counterfactual_growth(config, inputs, context.outcome, line);
  }
  context.provenance.push_back(line);
  context.population = numbers_or_empty(inputs.pack.areas, "population");
  const Eigen::VectorXd gva = numbers_or_empty(inputs.pack.areas, "gva");
  if (gva.size() > 0) {
    context.gva_base = gva_base(config, inputs.pack, context, prices);
    context.gva = context.gva_base.applied(gva, context.growth);
    const auto code = [&](Eigen::Index i) {
      return inputs.pack.areas.at("area_code").text(static_cast<std::size_t>(i));
    };
    for (Eigen::Index i = 0; i < gva.size() && context.outcome_is_gva_growth; ++i) {
      if (!(gva[i] >= 0.0))
        throw InputError(
            fmt::format("area '{}' has gva {} (what areas weigh in a total needs every area's, not negative)",
                        code(i), std::isnan(gva[i]) ? "missing" : fmt::format("{:g}", gva[i])));
      if (!std::isfinite(context.gva[i]))
        throw InputError(
            fmt::format("area '{}': gva {:g} brought {:g} periods forward at its counterfactual growth, {:g} "
                        "log points a period, is beyond any number (is the outcome's unit log points?)",
                        code(i), gva[i], context.gva_base.periods, context.growth[i]));
    }
  }
  if (!config.income_column.empty()) {
    const std::vector<double>& income = inputs.pack.areas.numbers(config.income_column);
    for (std::size_t i = 0; i < income.size(); ++i)
      if (!(income[i] > 0.0))
        throw InputError(fmt::format(
            "appraisal.income_column '{}': area '{}' has {} (weights need every area's income, above 0)",
            config.income_column, inputs.pack.areas.at("area_code").text(i), income[i]));
    context.income = numbers_or_empty(inputs.pack.areas, config.income_column);
  }
  if (gva.size() > 0)
    check_gva_a_head(context.gva_base.factor * gva, context.population, inputs.pack.areas.at("gva"), prices);
  context.provenance.insert(context.provenance.end(), prices.begin(), prices.end());
  if (context.population.size() == 0)
    throw InputError(fmt::format("pack '{}' has no column 'population' (scenarios spend pounds a head)",
                                 inputs.pack.name));
  for (Eigen::Index i = 0; i < context.population.size(); ++i)
    if (!(context.population[i] > 0.0))
      throw InputError(fmt::format("area '{}' has population {} (scenarios need every area's, above zero)",
                                   inputs.pack.areas.at("area_code").text(static_cast<std::size_t>(i)),
                                   context.population[i]));
  return context;
}

void check_prices(const RunConfig& config, const DataPack& pack) {
  const Deflators prices = deflators(config);
  const auto check = [&](const std::string& name) {
    const Column* column = pack.areas.find(name);
    if (column != nullptr && is_money(column->unit))
      rebased(*column, last_period(pack), prices, config.price_base_year);
  };
  check("gva");
  for (const ModelConfig& model : config.models)
    if (const auto* iv = std::get_if<IvModel>(&model))
      check(!iv->headline_cell.empty() ? iv->headline_cell.substr(0, iv->headline_cell.find(':'))
            : iv->endogenous.empty()   ? ""
                                       : iv->endogenous.front());
}

LeverContext without_spread(const LeverContext& context) {
  LeverContext alone = context;
  alone.rho.setZero();
  alone.phi.setZero();
  alone.beta = context.plain_beta;
  alone.beta_is = BetaIs::own_growth;
  alone.theta.resize(0);
  return alone;
}

OutcomePlan outcome_plan(const RunConfig& config, const LeverContext& context,
                         const std::function<std::vector<double>(double)>& discount) {
  OutcomePlan plan;
  bool pounds = false;
  for (const auto& name : config.area_outcomes) {
    bool known = name == kAreaSplit;
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
  if (!context.outcome_is_gva_growth && drives_further(config, context.outcome)) {
    std::erase_if(plan.outcomes, [](AreaOutcome outcome) {
      return outcome == AreaOutcome::gva_per_head_uplift || outcome == AreaOutcome::discounted_gva_uplift;
    });
    if (plan.outcomes.empty()) plan.outcomes = {AreaOutcome::uplift, AreaOutcome::cumulative_uplift};
  } else if (pounds && (!context.outcome_is_gva_growth || context.gva.size() == 0))
    throw InputError(
        fmt::format("outcomes.area asks for pounds, but the propagated outcome '{}' ({}) is not GVA growth "
                    "or the pack has no "
                    "column 'gva' (use uplift and cumulative_uplift)",
                    context.outcome, context.outcome_unit));
  plan.quantiles = config.quantiles;
  plan.better = context.better;
  plan.head_weight = context.population;
  plan.rate_weight =
      context.outcome_is_gva_growth && context.gva.size() > 0 ? context.gva : context.population;
  if (context.outcome_is_gva_growth && context.gva.size() > 0)
    plan.gva_per_head = context.gva.cwiseQuotient(context.population);
  plan.growth = context.growth;
  plan.discount = discount
                      ? discount(context.period_years)
                      : std::vector<double>(static_cast<std::size_t>(config.horizon), context.period_years);
  for (const auto& name : groupings_of(config, *context.pack))
    plan.groupings.push_back(grouping_of(name, config, context));
  const Column& code = context.pack->areas.at("area_code");
  for (const auto& wanted : config.keep_draws_of) {
    int row = -1;
    for (std::size_t i = 0; i < context.pack->areas.rows && row < 0; ++i)
      if (code.text(i) == wanted) row = static_cast<int>(i);
    if (row < 0)
      throw InputError(
          fmt::format("outcomes.keep_draws_of names '{}', which is no area of the pack", wanted));
    plan.keep_draws_of.push_back(row);
  }
  plan.memory_gb = config.memory_gb > 0.0 ? working_memory_gb(config.memory_gb, plan, context) : 0.0;
  return plan;
}

Grouping grouping_of_target(const ScenarioConfig& scenario, const Policy& policy) {
  Grouping result;
  result.name = target_grouping;
  const auto funded = std::count(policy.funded.begin(), policy.funded.end(), std::uint8_t{1});
  if (!aim_of(scenario).narrow || funded == 0) return result;
  result.groups = {inside_target};
  if (funded < std::ssize(policy.funded)) result.groups.emplace_back(outside_target);
  for (const std::uint8_t one : policy.funded) result.of_area.push_back(one ? 0 : 1);
  return result;
}

namespace {

/// "doubly disadvantaged in Tees Valley"
std::string acts_on_words(const Parameters& parameters) {
  const auto target = parameters.texts.find("target");
  const auto where = parameters.lists.find("where");
  const auto eligible = parameters.texts.find("eligible");
  std::string words = parameters.lists.contains("levers") ? "areas that its levers act on" : "areas";
  if (eligible != parameters.texts.end() && eligible->second == "all" &&
      parameters.texts.contains("cold_spot_score")) {
    words = "cold spots";
  } else if (target != parameters.texts.end() && !target->second.empty()) {
    const AreaTarget whom = area_target(target->second);
    words = !whom.type.empty() ? whom.type + " areas"
            : !whom.list.empty()
                ? "areas of " + whom.list
                : fmt::format("areas where {} is {}", whom.column, fmt::join(whom.equals, " or "));
    if (!whom.type.empty()) std::replace(words.begin(), words.end(), '_', ' ');
    if (!whom.place.empty()) words += " in " + whom.place;
  }
  if (where != parameters.lists.end() && !where->second.empty())
    words += fmt::format(" in {}", fmt::join(where->second, ", "));
  return words;
}

/// GVA a head of a group of a grouping after the horizon without the policy, GBP of the price base year a
/// year.
double gva_a_head(const LeverContext& context, const OutcomePlan& plan, const Grouping& grouping,
                  long group) {
  if (!context.outcome_is_gva_growth || context.gva.size() == 0) return 0.0;
  double pounds = 0.0, heads = 0.0;
  for (Eigen::Index i = 0; i < context.gva.size(); ++i) {
    if (grouping.name != "nation" && grouping.of_area[static_cast<std::size_t>(i)] != group) continue;
    pounds += context.gva[i] * std::exp(context.horizon * plan.growth[i]);
    heads += context.population[i];
  }
  return heads > 0.0 ? pounds / heads : 0.0;
}

ScenarioSummary::Sides sides_of(const ScenarioOutcome& outcome, const OutcomePlan& plan) {
  ScenarioSummary::Sides sides;
  const AreaSummary* headline = nullptr;
  for (const AreaSummary& area : outcome.areas)
    if (!headline || area.outcome == AreaOutcome::cumulative_uplift) headline = &area;
  if (!headline) return sides;
  sides.outcome = to_string(headline->outcome);
  sides.areas = static_cast<long>(headline->probability_better.size());
  const double least = least_effect(headline->mean);
  for (Eigen::Index i = 0; i < headline->probability_better.size(); ++i) {
    const Side side = side_of(headline->probability_better[i], headline->mean[i], least);
    if (side == Side::better) ++sides.better, sides.residents_better += plan.head_weight[i];
    if (side == Side::worse) ++sides.worse, sides.residents_worse += plan.head_weight[i];
  }
  return sides;
}

}  // namespace

std::vector<ScenarioSummary::SplitLine> split_lines(const UpliftSplit& split, const std::string& unit) {
  std::vector<ScenarioSummary::SplitLine> lines;
  for (const auto& of : split.groupings) {
    if (of.grouping != "nation" && of.grouping != "area_type") continue;
    for (std::size_t g = 0; g < of.groups.size(); ++g) {
      ScenarioSummary::SplitLine line{of.groups[g], unit, {}};
      for (std::size_t p = 0; p < of.part.size(); ++p) {
        const auto column = of.part[p].col(static_cast<Eigen::Index>(g));
        std::vector<double> draws(column.begin(), column.end());
        std::sort(draws.begin(), draws.end());
        line.parts.push_back({UpliftSplit::parts[p], sorted_quantile(draws, .05), sorted_quantile(draws, .5),
                              sorted_quantile(draws, .95)});
      }
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

ScenarioSummary summarise(const ScenarioConfig& scenario, const LeverContext& context, const Policy& policy,
                          const ScenarioOutcome& outcome, const OutcomePlan& plan) {
  ScenarioSummary summary;
  summary.name = scenario.name;
  summary.lever = scenario.lever;
  summary.report = outcome.report;
  summary.notes = policy.notes;
  summary.warnings = policy.warnings;
  summary.outside_support = policy.outside_support;
  summary.extrapolated = !policy.beyond_support.empty();
  summary.provenance = context.provenance;
  summary.sides = sides_of(outcome, plan);
  for (const Grouping& grouping : plan.groupings)
    if (grouping.name == target_grouping) {
      summary.acts_on = acts_on_words(policy.parameters);
      summary.acts_on_areas = std::count(grouping.of_area.begin(), grouping.of_area.end(), 0);
    }
  const QuantileErrors median_error(context.draws, {0.5});
  std::vector<const AggregateSeries*> shown;
  for (const AggregateSeries& series : outcome.aggregates) {
    const Grouping& grouping = plan.groupings[static_cast<std::size_t>(series.grouping)];
    if (grouping.name != "nation" && grouping.name != "area_type" && grouping.name != target_grouping)
      continue;
    shown.push_back(&series);
    const bool pounds = series.outcome == AreaOutcome::gva_per_head_uplift ||
                        series.outcome == AreaOutcome::discounted_gva_uplift;
    const auto value = draw_period_group(series);
    for (long g = 0; g < series.groups; ++g) {
      std::vector<double> draws;
      for (long d = 0; d < context.draws; ++d) draws.push_back(value(d, series.periods - 1, g));
      const double better = static_cast<double>(
          std::count_if(draws.begin(), draws.end(), [&](double u) { return plan.better * u > 0.0; }));
      std::sort(draws.begin(), draws.end());
      ScenarioSummary::Line line{to_string(series.outcome),
                                 grouping.name,
                                 grouping.groups[static_cast<std::size_t>(g)],
                                 pounds ? "GBP a head" : context.outcome_unit,
                                 sorted_quantile(draws, .05),
                                 sorted_quantile(draws, .25),
                                 sorted_quantile(draws, .5),
                                 sorted_quantile(draws, .75),
                                 sorted_quantile(draws, .95),
                                 better / static_cast<double>(draws.size())};
      const std::vector<float> sorted(draws.begin(), draws.end());
      line.mc_error = median_error.errors(sorted.data())[0];
      line.gva = gva_a_head(context, plan, grouping, g);
      summary.lines.push_back(line);
    }
  }
  if (!shown.empty()) summary.notes.push_back(monte_carlo_sentence(shown, plan.quantiles, context.draws));
  if (policy.cost.size() > 0) {
    std::vector<double> totals;
    for (Eigen::Index d = 0; d < policy.cost.rows(); ++d) totals.push_back(policy.cost.row(d).sum());
    std::sort(totals.begin(), totals.end());
    summary.cost_p50 = sorted_quantile(totals, 0.5);
  }
  return summary;
}

}  // namespace spillway
