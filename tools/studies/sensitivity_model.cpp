#include "tools/studies/sensitivity_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <unordered_map>

#include "engine/base/distributions.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/draw/distribution.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "scenarios/parameter_specs.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::studies {

namespace {

constexpr long kBatch = 4096;  // points a propagation: bounds the memory

bool has_spread(const Eigen::VectorXd& draws) {
  return draws.size() > 1 && draws.maxCoeff() > draws.minCoeff();
}

double type7(const std::vector<double>& sorted, double p) {
  const double at = p * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<std::size_t>(at);
  const std::size_t high = std::min(low + 1, sorted.size() - 1);
  return sorted[low] + (at - static_cast<double>(low)) * (sorted[high] - sorted[low]);
}

std::vector<double> sorted(const Eigen::VectorXd& draws) {
  std::vector<double> values(draws.data(), draws.data() + draws.size());
  std::sort(values.begin(), values.end());
  return values;
}

/// The normal quantile of (rank - 1/2) / n.
Eigen::VectorXd normal_scores(const Eigen::VectorXd& sample) {
  std::vector<Eigen::Index> order(static_cast<std::size_t>(sample.size()));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](Eigen::Index a, Eigen::Index b) { return sample[a] < sample[b]; });
  Eigen::VectorXd scores(sample.size());
  for (std::size_t rank = 0; rank < order.size(); ++rank)
    scores[order[rank]] =
        normal_quantile((static_cast<double>(rank) + 0.5) / static_cast<double>(order.size()));
  return scores;
}

const scenarios::ParameterSpec& spec_of(const scenarios::Lever& lever, const std::string& name) {
  return *std::find_if(lever.parameters.begin(), lever.parameters.end(),
                       [&](const auto& spec) { return spec.name == name; });
}

}  // namespace

double SensitivityInput::at(double u) const {
  return origin == Origin::lever ? quantile(distribution, u) : type7(draws, u);
}

SensitivityModel::SensitivityModel(const ScenarioConfig& scenario, const RunConfig& config,
                                   const LeverContext& context,
                                   std::function<std::vector<double>(double)> discount)
    : scenario_(scenario), config_(config), context_(context), discount_(std::move(discount)) {
  config_.groupings = {"nation", "area_type"};
  config_.area_outcomes = {"uplift", "cumulative_uplift"};
  config_.quantiles = {0.5};
  config_.keep_draws_of.clear();
  add_lever_inputs();
  const bool common =
      context_.rho.rows() > 0 && (context_.rho.rowwise() - context_.rho.row(0)).cwiseAbs().maxCoeff() == 0.0;
  for (Eigen::Index type = 0; type < context_.rho.rows(); ++type)
    input_of_rho_.push_back(
        common && type > 0
            ? input_of_rho_.front()
            : add_estimate(common ? "rho" : "rho:" + context_.type_names[static_cast<std::size_t>(type)], "1",
                           context_.rho.row(type)));
  input_of_phi_ = add_estimate("phi", "1", context_.phi);
  if (context_.beta.size() > 0)
    input_of_beta_ =
        add_estimate("beta:" + context_.beta_name,
                     context_.beta_unit.empty() ? "1" : "outcome per " + context_.beta_unit, context_.beta);
  add_correlation();

  const std::string unit =
      (context_.outcome_unit.empty() ? "1" : context_.outcome_unit) + ", summed over the horizon";
  const Eigen::MatrixXd centre = values(Eigen::MatrixXd(2, 0), {});
  const bool money = evaluate_batch(centre, {}).cols() > 2;
  outputs_ = {"uplift_nation", "uplift_" + areas_.group};
  units_ = {unit, unit};
  if (money) {
    outputs_.insert(outputs_.end(), {"npsv_national", "npsv_local"});
    units_.insert(units_.end(), 2, fmt::format("GBP, {} prices", config_.price_base_year));
    for (const auto& [name, value] : config_.benefits)
      if (const auto* drawn = std::get_if<Distribution>(&value))
        notes_.push_back(
            fmt::format("appraisal.benefits.{} held at its median {:.4g}", name, quantile(*drawn, 0.5)));
  }
  if (growth_is_held_)
    notes_.push_back(
        "counterfactual growth is held at its shrunk mean, on which this policy acts: a run also draws its "
        "sampling "
        "error, so the run's band is wider than these inputs alone make it");
}

void SensitivityModel::add_lever_inputs() {
  const scenarios::Lever& lever = scenarios::lever(scenario_.lever);
  base_ = scenarios::sample_parameters(scenario_, lever, config_, 1);
  for (std::size_t k = 0; k < base_.names.size(); ++k) {
    const scenarios::ParameterSpec& spec = spec_of(lever, base_.names[k]);
    const auto given = scenario_.parameters.find(spec.name);
    SensitivityInput input{spec.name, spec.unit, SensitivityInput::Origin::lever, "", {}, spec.low,
                           spec.high, {}};
    input.distribution =
        std::get<Distribution>(given == scenario_.parameters.end() ? spec.fallback : given->second);
    input.words = scenarios::describe(input.distribution);
    const bool fixed = input.at(1e-6) == input.at(1.0 - 1e-6);
    input_of_lever_.push_back(fixed ? -1 : static_cast<int>(inputs_.size()));
    base_.value(0, static_cast<Eigen::Index>(k)) = input.at(0.5);
    if (!fixed) inputs_.push_back(std::move(input));
  }
}

int SensitivityModel::add_estimate(const std::string& name, const std::string& unit,
                                   const Eigen::VectorXd& draws) {
  if (!has_spread(draws)) return -1;
  SensitivityInput input{
      name, unit,         SensitivityInput::Origin::estimate, fmt::format("{} draws", draws.size()), {}, 0.0,
      0.0,  sorted(draws)};
  inputs_.push_back(std::move(input));
  return static_cast<int>(inputs_.size()) - 1;
}

void SensitivityModel::add_correlation() {
  const auto count = static_cast<Eigen::Index>(inputs_.size());
  correlation_ = Eigen::MatrixXd::Identity(count, count);
  const auto input_named = [&](const std::string& name) {
    for (std::size_t k = 0; k < base_.names.size(); ++k)
      if (scenario_.name + "." + base_.names[k] == name) return input_of_lever_[k];
    return -1;
  };
  for (std::size_t group = 0; group < config_.correlated.size(); ++group) {
    std::size_t at = 0;
    for (std::size_t i = 0; i < config_.correlated[group].size(); ++i)
      for (std::size_t j = 0; j <= i; ++j, ++at) {
        const int first = input_named(config_.correlated[group][i]),
                  second = input_named(config_.correlated[group][j]);
        if (first >= 0 && second >= 0 && first != second)
          correlation_(first, second) = correlation_(second, first) = config_.correlation[group][at];
      }
  }
  std::vector<std::pair<int, Eigen::VectorXd>> scores;
  const auto add = [&](int input, const Eigen::VectorXd& draws) {
    if (input >= 0 && (scores.empty() || scores.back().first != input))
      scores.emplace_back(input, normal_scores(draws));
  };
  for (std::size_t type = 0; type < input_of_rho_.size(); ++type)
    add(input_of_rho_[type], context_.rho.row(static_cast<Eigen::Index>(type)));
  add(input_of_phi_, context_.phi);
  add(input_of_beta_, context_.beta);
  for (const auto& [first, a] : scores)
    for (const auto& [second, b] : scores)
      if (first != second)
        correlation_(first, second) = a.dot(b) / std::sqrt(a.squaredNorm() * b.squaredNorm());
}

Eigen::MatrixXd SensitivityModel::values(const Eigen::MatrixXd& u, const std::vector<int>& varied) const {
  Eigen::MatrixXd result(u.rows(), static_cast<Eigen::Index>(inputs_.size()));
  for (std::size_t k = 0; k < inputs_.size(); ++k) {
    const SensitivityInput& input = inputs_[k];
    auto column = result.col(static_cast<Eigen::Index>(k));
    const auto place = std::find(varied.begin(), varied.end(), static_cast<int>(k));
    if (place == varied.end()) {
      column.setConstant(input.at(0.5));
    } else {
      // A design repeats each input's values many times, and a quantile of a beta distribution is a search.
      const auto from = u.col(place - varied.begin());
      std::unordered_map<double, double> known;
      for (Eigen::Index i = 0; i < u.rows(); ++i) {
        const auto [found, first] = known.try_emplace(from[i], 0.0);
        if (first) found->second = input.at(from[i]);
        column[i] = found->second;
      }
    }
    if (input.origin == SensitivityInput::Origin::lever && column.size() > 0 &&
        (column.minCoeff() < input.low || column.maxCoeff() > input.high))
      throw InputError(
          fmt::format("{}.parameters.{}: the design reaches from {:g} to {:g}, and the lever allows "
                      "{:g} to {:g} ({}; give "
                      "the distribution low and high)",
                      config_path(scenario_), input.name, column.minCoeff(), column.maxCoeff(), input.low,
                      input.high, input.words));
  }
  return result;
}

Eigen::VectorXd SensitivityModel::column(const Eigen::MatrixXd& values, int input, double fixed) {
  if (input < 0) return Eigen::VectorXd::Constant(values.rows(), fixed);
  return values.col(input);
}

Eigen::MatrixXd SensitivityModel::evaluate(const Eigen::MatrixXd& values, Parallelism parallelism,
                                           const PointUnits& units) const {
  const auto outputs = static_cast<Eigen::Index>(outputs_.size());
  Eigen::MatrixXd result(values.rows(), outputs);
  Ranks& ranks = *units.ranks;
  const auto of_batch = [&](long batch) {
    std::optional<std::vector<double>> numbers = units.kept ? units.kept(batch) : std::nullopt;
    const Eigen::Index first = batch * kBatch, count = std::min<Eigen::Index>(kBatch, values.rows() - first);
    if (numbers && static_cast<Eigen::Index>(numbers->size()) != count * outputs)
      throw StoreError(fmt::format(
          "batch {} of the checkpoint holds {} numbers, not {} (run without --resume to start afresh)", batch,
          numbers->size(), count * outputs));
    if (!numbers) {
      const Eigen::MatrixXd part = evaluate_batch(values.middleRows(first, count), parallelism);
      numbers.emplace(part.data(), part.data() + part.size());
      if (units.keep) units.keep(batch, *numbers);
    }
    return *numbers;
  };
  const long batches = (values.rows() + kBatch - 1) / kBatch;
  for (long round = 0; round < batches; round += ranks.size()) {
    if (ranks.most(units.interrupted && units.interrupted() ? 1 : 0) > 0)
      throw Interrupted(
          fmt::format("interrupted in the sensitivity of scenario '{}': {} of {} points are done",
                      scenario_.name, round * kBatch, values.rows()));
    const long mine = round + ranks.rank();
    const std::vector<double> numbers = mine < batches ? of_batch(mine) : std::vector<double>();
    long batch = round;
    for (const auto& bytes : ranks.all_gather(std::as_bytes(std::span(numbers)))) {
      const Eigen::Index first = batch++ * kBatch,
                         count = std::min<Eigen::Index>(kBatch, values.rows() - first);
      if (count <= 0) break;
      Eigen::MatrixXd part(count, outputs);
      std::memcpy(part.data(), bytes.data(), bytes.size());
      result.middleRows(first, count) = part;
      if (units.done) units.done(first + count);
    }
  }
  return result;
}

Eigen::MatrixXd SensitivityModel::evaluate_batch(const Eigen::MatrixXd& values,
                                                 Parallelism parallelism) const {
  LeverContext context = context_;
  context.draws = static_cast<long>(values.rows());
  context.rho.resize(context_.rho.rows(), values.rows());
  for (std::size_t type = 0; type < input_of_rho_.size(); ++type) {
    const auto row = static_cast<Eigen::Index>(type);
    context.rho.row(row) = column(values, input_of_rho_[type], context_.rho(row, 0)).transpose();
  }
  context.phi = column(values, input_of_phi_, context_.phi[0]);
  if (context_.beta.size() > 0) context.beta = column(values, input_of_beta_, context_.beta[0]);
  Parameters parameters = base_;
  parameters.value.resize(values.rows(), base_.value.cols());
  for (std::size_t k = 0; k < input_of_lever_.size(); ++k) {
    const auto at = static_cast<Eigen::Index>(k);
    parameters.value.col(at) = column(values, input_of_lever_[k], base_.value(0, at));
  }
  const Policy policy = prepare_at(scenario_, context, parameters);
  growth_is_held_ = policy.changes_dynamics && config_.counterfactual_growth == "shrunk_mean";
  const OutcomePlan plan = scenario_plan(scenario_, config_, context, policy, discount_);
  // The exact path: a reduced basis' error is small beside the draws' spread, not beside one input's effect.
  ScenarioOutcome outcome;
  if (AggregatePolynomial::unsuitable(policy.dynamics, plan).empty()) {
    if (!polynomial_) polynomial_ = std::make_unique<AggregatePolynomial>(policy.dynamics, plan);
    outcome.aggregates = polynomial_->evaluate(policy.dynamics, plan, parallelism);
  } else {
    outcome = spillway::evaluate(policy.dynamics, plan, parallelism, Path::exact);
  }

  areas_ = policy_areas(scenario_, plan);
  const bool money = policy.cost.size() > 0;
  Eigen::MatrixXd result(values.rows(), money ? 4 : 2);
  for (const AggregateSeries& series : outcome.aggregates) {
    if (series.outcome != AreaOutcome::cumulative_uplift) continue;
    const Grouping& of = plan.groupings[static_cast<std::size_t>(series.grouping)];
    const bool nation = of.name == "nation";
    if (!nation && of.name != areas_.grouping) continue;
    const long group =
        nation ? 0 : std::find(of.groups.begin(), of.groups.end(), areas_.group) - of.groups.begin();
    const auto value = draw_period_group(series);
    for (Eigen::Index point = 0; point < values.rows(); ++point)
      result(point, nation ? 0 : 1) = value(point, series.periods - 1, group);
  }
  if (money) {
    scenarios::AppraisalSettings settings = scenarios::appraisal_settings(config_, context.draws);
    settings.switching = scenarios::Switch::off;
    for (auto& [name, drawn] : settings.values)
      drawn.setConstant(quantile(std::get<Distribution>(config_.benefits.at(name)), 0.5));
    const auto appraised = scenarios::appraise(
        scenario_inputs(scenario_.name, scenario_, context, policy, outcome, plan), settings);
    result.col(2) = appraised.national.npsv;
    result.col(3) = appraised.local.npsv;
  }
  return result;
}

}  // namespace spillway::studies
