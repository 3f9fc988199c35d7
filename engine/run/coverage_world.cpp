#include "engine/run/coverage_world.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/base/constants.hpp"
#include "engine/base/statistics.hpp"
#include "engine/base/streams.hpp"
#include "engine/outcome/outcome_set.hpp"
#include "engine/run/packer.hpp"
#include "engine/run/structural_estimates.hpp"

namespace spillway {

namespace {

// Parts of a world's stream; values are part of the reproducibility promise.
enum WorldPart : std::uint32_t { world_seed = 0, replicate_seed = 1, lost_cells = 2 };

std::uint64_t seed_of(std::uint64_t seed, std::uint64_t number, WorldPart part) {
  Stream stream(seed, Purpose::coverage_world, number, part);
  const std::uint64_t high = stream.next();
  return high << 32 | stream.next();
}

bool equal_rho(const CoverageDesign& design) {
  return design.rho[0] == design.rho[1] && design.rho[1] == design.rho[2];
}

/// The true value behind a coefficient: the names of the pack's truth, without their group.
double truth_of(const std::string& coefficient, const CoverageDesign& design, const DataPack& pack,
                bool structural = false) {
  if (coefficient == "lag") return equal_rho(design) ? design.rho[0] : nan;
  for (const auto& [name, value] : pack.truth) {
    const std::string group = name.substr(0, name.find('/'));
    if (group == "error" || group == "policy" || (group == "structural") != structural) continue;
    if (name.substr(group.size() + 1) == coefficient) return value;
  }
  return nan;
}

bool is_structural(const Estimate& estimate) { return estimate.estimator.rfind("structural", 0) == 0; }

NullHypothesis when(bool holds) { return holds ? NullHypothesis::holds : NullHypothesis::fails; }

/// Over-identification, in worlds where drug crime and turnout move growth through social infrastructure
/// alone: it holds where the estimator lets it act where the world does. Where the world's neighbours share
/// in it and the estimator leaves them out, it fails by what they add, which may be next to nothing.
NullHypothesis over_identification(const Estimate& estimate, const CoverageDesign& design) {
  const bool own = design.policy_truth == "own";
  if (design.beta == 0.0 || own != is_structural(estimate)) return NullHypothesis::holds;
  return own ? NullHypothesis::fails : NullHypothesis::unknown;
}

/// What is known of a test's null in this design. Every proxy measures social infrastructure with error, so
/// exogeneity fails.
NullHypothesis null_of(const std::string& test, const Estimate& estimate, const CoverageDesign& design) {
  const auto& rho = design.rho;
  if (test == "equal_rho_wald" || test == "equal_rho_test") return when(equal_rho(design));
  const auto& loading = design.loading;
  if (test == "loading:doubly_disadvantaged") return when(loading[0] == loading[2]);
  if (test == "loading:other_deprived") return when(loading[1] == loading[2]);
  if (test == "equal_shocks_wald") return when(loading[0] == loading[2] && loading[1] == loading[2]);
  if (test == "difference:doubly_disadvantaged-other_deprived") return when(rho[0] == rho[1]);
  if (test == "difference:doubly_disadvantaged-other") return when(rho[0] == rho[2]);
  if (test == "difference:other_deprived-other") return when(rho[1] == rho[2]);
  if (test == "serial_correlation_z" || test == "r2_z" || test == "w1_z" || test == "m2_z" || test == "q2")
    return when(design.error_serial_correlation == 0.0 &&
                (estimate.find("previous") >= 0 || design.phi == 0.0));
  if (test == "hansen_j") return over_identification(estimate, design);
  if (test == "kleibergen_paap_lm") return when(design.instrument_strength == 0.0);
  if (test == "endogeneity_c" || test == "durbin_wu_hausman") return NullHypothesis::fails;
  if (test == "anderson_rubin" || test == "anderson_rubin_chi2" || test == "clr" || test == "wre_t" ||
      test == "wild_cluster_t")
    return when(design.beta == 0.0);
  return NullHypothesis::unknown;
}

CoverageValue::Covers covers(double truth, double low, double high) {
  if (std::isnan(truth) || std::isnan(low) || std::isnan(high)) return CoverageValue::Covers::not_offered;
  return low <= truth && truth <= high ? CoverageValue::Covers::yes : CoverageValue::Covers::no;
}

void read_coefficients(const Estimate& estimate, const CoverageValue& like, const CoverageSetting& setting,
                       const DataPack& pack, CoverageOutcome& outcome) {
  for (std::size_t k = 0; k < estimate.names.size(); ++k) {
    CoverageValue value = like;
    const auto i = static_cast<Eigen::Index>(k);
    value.quantity = estimate.names[k];
    if (estimate.estimator == "slx") continue;  // what neighbours do is not in its own coefficient
    value.truth = truth_of(value.quantity, setting.design, pack, is_structural(estimate));
    if (std::isnan(value.truth)) continue;
    value.method = estimate.interval_method;
    value.estimate = estimate.coefficients[i];
    value.standard_error = estimate.standard_error(i);
    if (i < estimate.low.size()) {
      value.low = estimate.low[i];
      value.high = estimate.high[i];
    }
    value.covers = std::isnan(value.estimate) ? CoverageValue::Covers::not_offered
                                              : covers(value.truth, value.low, value.high);
    outcome.values.push_back(value);
  }
}

/// Differences of rho between types.
void read_differences(const Estimate& estimate, const CoverageValue& like, const CoverageSetting& setting,
                      const DataPack& pack, CoverageOutcome& outcome) {
  const auto* found = std::get_if<PanelFindings>(&estimate.findings);
  if (!found) return;
  for (const PanelFindings::Contrast& one : found->contrasts) {
    CoverageValue value = like;
    value.quantity = "difference:" + one.pair();
    value.truth =
        truth_of("lag:" + one.a, setting.design, pack) - truth_of("lag:" + one.b, setting.design, pack);
    if (std::isnan(value.truth)) continue;
    value.method = estimate.interval_method;
    value.estimate = one.difference;
    value.standard_error = one.standard_error;
    value.low = one.low;
    value.high = one.high;
    value.covers = covers(value.truth, value.low, value.high);
    outcome.values.push_back(value);
  }
}

void read_anderson_rubin(const Estimate& estimate, const CoverageValue& like, const CoverageSetting& setting,
                         const DataPack& pack, CoverageOutcome& outcome) {
  if (!estimate.has_anderson_rubin_set || estimate.names.empty()) return;
  CoverageValue value = like;
  value.quantity = "anderson_rubin_set";
  value.method = "anderson_rubin";
  if (estimate.estimator == "slx") return;
  value.truth = truth_of(estimate.names[0], setting.design, pack, is_structural(estimate));
  if (std::isnan(value.truth)) return;
  value.estimate = estimate.coefficients[0];
  value.standard_error = estimate.standard_error(0);
  const auto& set = estimate.anderson_rubin_set;
  value.covers =
      std::any_of(set.begin(), set.end(),
                  [&](const auto& part) { return part.first <= value.truth && value.truth <= part.second; })
          ? CoverageValue::Covers::yes
          : CoverageValue::Covers::no;
  if (!set.empty()) {
    value.low = set.front().first;
    value.high = set.back().second;
  }
  outcome.values.push_back(value);
}

void read_model(const ModelFits& model, const CoverageSetting& setting, const DataPack& pack,
                CoverageOutcome& outcome) {
  for (std::size_t k = 0; k < model.fits.size(); ++k) {
    const Estimate& estimate = model.fits[k].estimate;
    CoverageFit fit;
    const auto* iv = std::get_if<IvModel>(&model.config);
    fit.model = estimate.model + (iv && !iv->proxies.empty() ? "[" + estimate.cell + "]" : "");
    fit.estimator = estimate.estimator;
    fit.state = estimate.names.empty() ? CoverageFit::State::failed
                : estimate.refused     ? CoverageFit::State::refused
                                       : CoverageFit::State::fine;
    if (estimate.names.empty() && !estimate.warnings.empty()) fit.message = estimate.warnings.front();
    if (k < model.replicates.size()) {
      const auto& status = model.replicates[k].status;
      fit.replicates = static_cast<double>(status.size());
      fit.failed_replicates = static_cast<double>(
          std::count_if(status.begin(), status.end(), [](auto s) { return s == 1 || s == 2; }));
    }
    outcome.fits.push_back(fit);
    CoverageValue like;
    like.model = fit.model;
    like.estimator = fit.estimator;
    like.verdict = estimate.refused ? CoverageValue::Verdict::refused : CoverageValue::Verdict::accepted;
    read_coefficients(estimate, like, setting, pack, outcome);
    read_differences(estimate, like, setting, pack, outcome);
    read_anderson_rubin(estimate, like, setting, pack, outcome);
    for (const Diagnostic& diagnostic : estimate.diagnostics)
      if (diagnostic.p && std::isfinite(*diagnostic.p))
        outcome.tests.push_back({fit.model, fit.estimator, diagnostic.name, *diagnostic.p,
                                 null_of(diagnostic.name, estimate, setting.design)});
  }
}

/// What the run would say of spillover from social infrastructure: a "test" for each answer, rejected (p = 0)
/// where the run gives it. In a structural world "does" is right and "does not" wrong; in an own world the
/// other way round.
void read_answer(const ModelFits& model, const std::vector<ModelFits>& models, const CoverageSetting& setting,
                 const RunConfig& config, const Inputs& inputs, CoverageOutcome& outcome) {
  for (const StructuralOf& one : model.structural) {
    const std::string of = one.spillover.substr(0, one.spillover.find('/'));
    for (const ModelFits& a : models) {
      const Fit* spillover = a.name() == of ? a.find(one.spillover.substr(of.size() + 1)) : nullptr;
      const auto answer =
          spillover ? spillover_answer(model, spillover->estimate, config, inputs, {1}) : std::nullopt;
      if (!answer) continue;
      const bool spills = setting.world.policy_truth == PolicyTruth::structural;
      for (const auto& [is, words, right] : {std::tuple{SpilloverAnswer::does, "it does", spills},
                                             {SpilloverAnswer::opposite, "it does, the other way", false},
                                             {SpilloverAnswer::does_not, "it does not", !spills},
                                             {SpilloverAnswer::cannot_be_told, "it cannot be told", false}})
        outcome.tests.push_back(
            {model.name(), "slx", std::string("answer: ") + words, *answer == is ? 0.0 : 1.0,
             is == SpilloverAnswer::cannot_be_told ? NullHypothesis::unknown : when(!right)});
      return;
    }
  }
}

/// The context of a scenario with the world's own values in place of draws. Levers that change rho or W act
/// on the level of growth: the world's own mean growth, which estimates know only as far as sampling lets
/// them.
LeverContext true_context(const CoverageSetting& setting, const LeverContext& drawn, const DataPack& pack,
                          const Eigen::VectorXd& mean_growth) {
  LeverContext truth = drawn;
  truth.draws = 1;
  truth.growth = mean_growth;
  truth.rho.resize(drawn.rho.rows(), 1);
  for (Eigen::Index t = 0; t < truth.rho.rows(); ++t)
    truth.rho(t, 0) = truth_of("lag:" + drawn.type_names[static_cast<std::size_t>(t)], setting.design, pack);
  truth.phi = Eigen::VectorXd::Constant(1, setting.design.phi);
  truth.theta.resize(0);
  const bool structural = setting.world.policy_truth == PolicyTruth::structural;
  if (!drawn.beta_name.empty()) {
    const double b = truth_of(drawn.beta_name, setting.design, pack, structural);
    truth.beta = Eigen::VectorXd::Constant(1, b);
    truth.plain_beta = truth.beta;
    truth.beta_is = structural ? BetaIs::structural : BetaIs::own_growth;
  }
  return truth;
}

/// The estimate that drives a scenario, where its effect is in proportion to that one coefficient: twice the
/// coefficient, twice every shock.
const Estimate* proportional_to(const CoverageSetting& setting, const ScenarioConfig& scenario,
                                const RunConfig& config, const LeverContext& context, const Policy& policy,
                                const std::vector<ModelFits>& models) {
  if (context.beta.size() == 0 || context.theta.size() > 0) return nullptr;
  LeverContext doubled = context;
  doubled.beta *= 2.0;
  const Policy twice = setting.prepare(scenario, config, doubled);
  for (std::size_t k = 0; k < policy.dynamics.amplitude.size(); ++k)
    if (twice.dynamics.amplitude[k] != 2.0 * policy.dynamics.amplitude[k]) return nullptr;
  const std::string name = context.driver.estimate;
  for (const ModelFits& model : models)
    if (const auto slash = name.find('/'); model.name() == name.substr(0, slash))
      if (const Fit* fit = model.find(name.substr(slash + 1)); fit && fit->estimate.has_anderson_rubin_set)
        return &fit->estimate;
  return nullptr;
}

/// A group's outcome by the sets of the coefficient that drives it, and by draws at the same level.
void read_outcome_sets(const Estimate& estimate, const Eigen::VectorXd& beta,
                       const std::vector<double>& drawn, const CoverageValue& like,
                       CoverageOutcome& outcome) {
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  if (found == nullptr || static_cast<long>(drawn.size()) < kFewestForRest) return;
  std::vector<double> multiplier, sorted = drawn;
  for (std::size_t d = 0; d < drawn.size(); ++d)
    if (const double b = beta(static_cast<Eigen::Index>(d)); b != 0.0) multiplier.push_back(drawn[d] / b);
  const Band rest = band_of_rest(std::move(multiplier));
  const double level = estimate.level - kRestLeftOut;
  const auto add = [&](const std::string& quantity, const std::string& method, const ConfidenceSet& set) {
    CoverageValue value = like;
    value.quantity = quantity + ":" + like.quantity;
    value.method = method;
    if (!set.empty()) {
      value.low = set.front().first;
      value.high = set.back().second;
    }
    value.covers = holds(set, value.truth) ? CoverageValue::Covers::yes : CoverageValue::Covers::no;
    outcome.values.push_back(value);
  };
  std::sort(sorted.begin(), sorted.end());
  add("draws", coverage_names::draws_method,
      {{sorted_quantile(sorted, 0.5 - 0.5 * level), sorted_quantile(sorted, 0.5 + 0.5 * level)}});
  add("anderson_rubin", coverage_names::set_method, outcome_set(estimate.anderson_rubin_set, rest));
  if (found->conditional_likelihood_set)
    add("clr", coverage_names::set_method, outcome_set(*found->conditional_likelihood_set, rest));
}

/// Every scenario of one world: the 90 % band of its cumulative uplift against the world's own equation.
void read_scenarios(const CoverageSetting& setting, const RunConfig& config, const Inputs& inputs,
                    const std::vector<ModelFits>& models, const DrawSet& draws,
                    const Eigen::VectorXd& mean_growth, CoverageOutcome& outcome) {
  for (const ScenarioConfig& scenario : config.scenarios) {
    const LeverContext context = lever_context(scenario, config, inputs, models, draws);
    const Policy policy = setting.prepare(scenario, config, context),
                 truth =
                     true_policy(setting, scenario, true_context(setting, context, inputs.pack, mean_growth));
    const OutcomePlan plan = outcome_plan(config, context, {});
    const UpliftSplit drawn = uplift_split(policy, {}, plan, {1}), exact = uplift_split(truth, {}, plan, {1});
    constexpr std::size_t total = 3;  // of UpliftSplit::parts
    const Estimate* driver = proportional_to(setting, scenario, config, context, policy, models);
    if (const auto* strength = driver ? std::get_if<IvFindings>(&driver->findings) : nullptr;
        strength && strength->effective_f) {
      CoverageValue value;
      value.model = "scenario " + scenario.name;
      value.estimator = scenario.spread;
      value.quantity = coverage_names::strength;
      value.method = "none";
      value.truth = 0.0;
      value.estimate = *strength->effective_f;
      outcome.values.push_back(value);
    }
    for (std::size_t k = 0; k < drawn.groupings.size(); ++k)
      for (std::size_t g = 0; g < drawn.groupings[k].groups.size(); ++g) {
        const auto column = drawn.groupings[k].part[total].col(static_cast<Eigen::Index>(g));
        std::vector<double> values(column.begin(), column.end());
        const std::vector<double> drawn_values = values;
        std::sort(values.begin(), values.end());
        const auto at = [&](double p) { return sorted_quantile(values, p); };
        CoverageValue value;
        value.model = "scenario " + scenario.name;
        value.estimator = scenario.spread;
        value.quantity = "cumulative:" + drawn.groupings[k].groups[g];
        value.method = coverage_names::band_method;
        value.truth = exact.groupings[k].part[total](0, static_cast<Eigen::Index>(g));
        value.estimate = at(0.5);
        value.standard_error = (at(0.75) - at(0.25)) / 1.349;
        value.low = at(0.05);
        value.high = at(0.95);
        // A band of no width holds a truth that it differs from by rounding alone.
        const double slack = 1e-6 * std::abs(value.truth);
        value.covers = covers(value.truth, value.low - slack, value.high + slack);
        outcome.values.push_back(value);
        if (driver) read_outcome_sets(*driver, context.beta, drawn_values, value, outcome);
      }
  }
}

}  // namespace

Policy true_policy(const CoverageSetting& setting, const ScenarioConfig& scenario,
                   const LeverContext& context) {
  RunConfig config = setting.config;
  config.draws = config.replicates = 1;
  config.counterfactual_growth = "";  // the world's own, which is known
  ScenarioConfig propagated = scenario;
  propagated.spread = "propagated";
  // Social infrastructure stands in the growth of every year, so what it does goes on while it stands.
  if (const auto effect = propagated.parameters.find("effect"); effect != propagated.parameters.end())
    effect->second = std::string("rate");
  Policy policy = setting.prepare(propagated, config, context);
  if (setting.world.policy_truth == PolicyTruth::structural || context.beta.size() == 0) return policy;
  // Does the lever work through the stock? Then doubling its effect doubles the shocks.
  LeverContext doubled = context;
  doubled.beta *= 2.0;
  if (setting.prepare(propagated, config, doubled).dynamics.amplitude == policy.dynamics.amplitude)
    return policy;
  propagated.spread = "none";
  return setting.prepare(propagated, config, without_spread(context));
}

namespace {
/// Authorities of one area each, or one that holds a share of them all.
void group_authorities(const CoverageDesign& design, SyntheticGeography& geography) {
  auto& authority = geography.authority;
  const std::size_t areas = geography.areas();
  if (static_cast<std::size_t>(design.authorities) == areas) {
    for (std::size_t a = 0; a < areas; ++a) authority[a] = static_cast<std::int32_t>(a);
    geography.authorities = static_cast<int>(areas);
  }
  if (!(design.giant_authority > 0.0)) return;
  // Areas stand in the order of their authorities, which are neighbours: the first ones become one.
  const auto wanted =
      static_cast<std::size_t>(std::ceil(design.giant_authority * static_cast<double>(areas)));
  const std::int32_t last = authority[std::min(areas, std::max<std::size_t>(wanted, 1)) - 1];
  for (auto& one : authority) one = std::max(0, one - last);
  geography.authorities -= last;
}

/// Outcomes that are not there.
void lose_outcomes(const CoverageDesign& design, std::uint64_t seed, DataPack& pack) {
  if (!(design.missing_share > 0.0)) return;
  Stream stream(seed, Purpose::coverage_world, 0, lost_cells);
  const auto growth_of = std::find_if(pack.panel.variables.begin(), pack.panel.variables.end(),
                                      [](const PanelVariable& one) { return one.name == "growth"; });
  auto& growth = growth_of->value;
  for (Eigen::Index t = 0; t < growth.cols(); ++t)
    for (Eigen::Index i = 0; i < growth.rows(); ++i)
      if (stream.uniform() < design.missing_share) growth(i, t) = nan;
}
}  // namespace

CoverageSetting coverage_setting(const RunConfig& config, const CoverageDesign& design,
                                 const RunHooks& hooks) {
  CoverageSetting setting;
  setting.design = design;
  setting.config = config;
  setting.prepare = hooks.prepare;
  if (config.coverage.policy.scenarios.empty() || !hooks.prepare) setting.config.scenarios.clear();
  setting.config.groupings = {"nation", "area_type"};
  setting.config.keep_draws_of.clear();
  if (!design.models.empty())
    std::erase_if(setting.config.models, [&](const ModelConfig& model) {
      return std::find(design.models.begin(), design.models.end(), common(model).name) == design.models.end();
    });
  if (!config.weights_size.empty() && config.weights_size != "population")
    throw InputError(std::vector<Fault>{
        fault_of_key(config, "weights.size", config.weights_size,
                     "is no size that worlds of coverage can spread by; write \"population\"")});
  SyntheticConfig& world = setting.world;
  world.areas = design.areas;
  world.authorities = design.authorities;
  world.regions = design.regions;
  world.regression_periods = design.periods;
  world.seed = config.seed;
  world.rho_doubly_disadvantaged = design.rho[0];
  world.rho_other_deprived = design.rho[1];
  world.rho_other = design.rho[2];
  world.phi = design.phi;
  world.error_correlation_doubly_disadvantaged = design.error_correlation[0];
  world.error_correlation_other_deprived = design.error_correlation[1];
  world.error_correlation_other = design.error_correlation[2];
  world.error_sd = design.error_sd;
  world.heteroskedasticity = design.heteroskedasticity;
  world.authority_shock_sd = design.authority_shock_sd;
  world.error_serial_correlation = design.error_serial_correlation;
  world.period_effect_sd = design.period_effect_sd;
  world.region_shock_sd = design.region_shock_sd;
  world.tail_freedom = design.tail_freedom;
  if (!design.type_shares.empty()) {
    world.doubly_disadvantaged_share = design.type_shares[0];
    world.deprived_share = design.type_shares[0] + design.type_shares[1];
  }
  world.loading_doubly_disadvantaged = design.loading[0];
  world.loading_other_deprived = design.loading[1];
  world.loading_other = design.loading[2];
  // The world spreads by the weights that the estimates have.
  world.size_weights = !config.weights_size.empty();
  world.policy_truth = design.policy_truth == "own" ? PolicyTruth::own : PolicyTruth::structural;
  world.strength = design.strength == "sharp" ? PolicyStrength::sharp : PolicyStrength::plausible;
  world.beta = design.beta;
  world.confounding = design.confounding;
  world.instrument_strength = design.instrument_strength;
  setting.geography = synthetic_geography(world);
  group_authorities(design, setting.geography);
  if (design.nearest_weights > 0) {
    setting.config.weights_kind = "knn";
    setting.config.knn = design.nearest_weights;
  }
  setting.inputs = make_inputs(setting.config, synthetic_pack(setting.geography, world, config.seed, 0, {1}));
  return setting;
}

CoverageOutcome coverage_world(const CoverageSetting& setting, std::uint64_t number) {
  constexpr Parallelism serial{1};
  RunConfig config = setting.config;
  Inputs inputs = setting.inputs;
  const std::uint64_t seed = seed_of(config.seed, number, world_seed);
  inputs.pack = synthetic_pack(setting.geography, setting.world, seed, 0, serial);
  lose_outcomes(setting.design, seed, inputs.pack);
  config.seed = seed_of(setting.config.seed, number, replicate_seed);
  CoverageOutcome outcome;
  std::vector<ModelFits> models;
  for (const ModelConfig& model : config.models) {
    try {
      models.push_back(fit_model(model, config, inputs, serial));
    } catch (const NumericalError& error) {
      outcome.fits.push_back({common(model).name, "", CoverageFit::State::failed, 0.0, 0.0, error.what()});
    }
  }
  DrawSet draws;
  try {
    draws = replicate(models, config, inputs, serial);
  } catch (const NumericalError& error) {
    outcome.fits.push_back({"replicates", "", CoverageFit::State::failed, 0.0, 0.0, error.what()});
    return outcome;
  }
  for (const ModelFits& model : models) {
    read_model(model, setting, inputs.pack, outcome);
    read_answer(model, models, setting, config, inputs, outcome);
  }
  if (config.scenarios.empty() || models.size() < config.models.size()) return outcome;
  const auto good = static_cast<int>(std::count(draws.status.begin(), draws.status.end(), 0));
  config.draws = std::min(config.draws, good);
  try {
    read_scenarios(setting, config, inputs, models, draws,
                   simulate_cross_section(setting.geography, setting.world, seed).mean_growth, outcome);
  } catch (const NumericalError& error) {
    outcome.fits.push_back({"scenarios", "", CoverageFit::State::failed, 0.0, 0.0, error.what()});
  }
  return outcome;
}

std::vector<std::byte> to_bytes(const CoverageOutcome& outcome) {
  Packer pack;
  pack.count(outcome.values.size());
  for (const CoverageValue& v : outcome.values) {
    for (const auto* text : {&v.model, &v.estimator, &v.quantity, &v.method}) pack.text(*text);
    for (const double number : {v.truth, v.estimate, v.standard_error, v.low, v.high}) pack.number(number);
    pack.count(static_cast<std::size_t>(v.covers));
    pack.count(static_cast<std::size_t>(v.verdict));
  }
  pack.count(outcome.tests.size());
  for (const CoverageTest& t : outcome.tests) {
    for (const auto* text : {&t.model, &t.estimator, &t.test}) pack.text(*text);
    pack.number(t.p);
    pack.count(static_cast<std::size_t>(t.null));
  }
  pack.count(outcome.fits.size());
  for (const CoverageFit& f : outcome.fits) {
    for (const auto* text : {&f.model, &f.estimator, &f.message}) pack.text(*text);
    pack.count(static_cast<std::size_t>(f.state));
    pack.number(f.replicates);
    pack.number(f.failed_replicates);
  }
  return pack.bytes;
}

CoverageOutcome outcome_from_bytes(const std::vector<std::byte>& bytes) {
  Unpacker unpack(bytes);
  CoverageOutcome outcome;
  for (std::size_t k = 0, count = unpack.count(); k < count; ++k) {
    CoverageValue v;
    for (auto* text : {&v.model, &v.estimator, &v.quantity, &v.method}) *text = unpack.text();
    for (auto* number : {&v.truth, &v.estimate, &v.standard_error, &v.low, &v.high})
      *number = unpack.number();
    v.covers = static_cast<CoverageValue::Covers>(unpack.count());
    v.verdict = static_cast<CoverageValue::Verdict>(unpack.count());
    outcome.values.push_back(std::move(v));
  }
  for (std::size_t k = 0, count = unpack.count(); k < count; ++k) {
    CoverageTest t;
    for (auto* text : {&t.model, &t.estimator, &t.test}) *text = unpack.text();
    t.p = unpack.number();
    t.null = static_cast<NullHypothesis>(unpack.count());
    outcome.tests.push_back(std::move(t));
  }
  for (std::size_t k = 0, count = unpack.count(); k < count; ++k) {
    CoverageFit f;
    for (auto* text : {&f.model, &f.estimator, &f.message}) *text = unpack.text();
    f.state = static_cast<CoverageFit::State>(unpack.count());
    f.replicates = unpack.number();
    f.failed_replicates = unpack.number();
    outcome.fits.push_back(std::move(f));
  }
  return outcome;
}

}  // namespace spillway
