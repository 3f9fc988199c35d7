#include "scenarios/marginal_value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"
#include "engine/propagate/adjoint.hpp"
#include "scenarios/allocation.hpp"
#include "scenarios/funds.hpp"

namespace spillway::scenarios {

namespace {

/// Sums by type of `values` over areas.
Eigen::VectorXd by_type(const LeverContext& context, const Eigen::VectorXd& values) {
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(context.type_names.size()));
  for (std::size_t i = 0; i < context.type.size(); ++i)
    sums(context.type[i]) += values(static_cast<Eigen::Index>(i));
  return sums;
}

/// What a pound in i is worth with what its neighbours gain by leakage and lose by displacement, in place of
/// `per_pound`.
/// [area][lane]; the mean over the row of W of what a pound is worth there, the area's own on islands.
void displace(const LeverContext& context, const Additionality& net, long first, int lanes, int count,
              const std::vector<double>& per_pound, std::vector<double>& value) {
  const SpatialWeights::Matrix& w = context.weights->matrix();
  const Eigen::VectorXd here = net.own(), there = net.elsewhere();
  const auto width = static_cast<std::size_t>(lanes);
  value.resize(per_pound.size());
  std::vector<double> elsewhere(width);
  for (std::size_t i = 0; i < context.type.size(); ++i) {
    const double* own = per_pound.data() + i * width;
    std::copy(own, own + width, elsewhere.begin());
    double sum = 0.0;
    for (SpatialWeights::Matrix::InnerIterator it(w, static_cast<Eigen::Index>(i)); it; ++it)
      sum += it.value();
    if (sum > 0.0) {
      std::fill(elsewhere.begin(), elsewhere.end(), 0.0);
      for (SpatialWeights::Matrix::InnerIterator it(w, static_cast<Eigen::Index>(i)); it; ++it)
        for (std::size_t lane = 0; lane < width; ++lane)
          elsewhere[lane] += it.value() / sum * per_pound[static_cast<std::size_t>(it.col()) * width + lane];
    }
    for (std::size_t lane = 0; lane < width; ++lane) {
      const Eigen::Index d = first + std::min<long>(static_cast<long>(lane), count - 1);
      value[i * width + lane] = here(d) * own[lane] + there(d) * elsewhere[lane];
    }
  }
}

/// Worth of growth in each area into worth of a pound there, in place.
void divide_by(const Eigen::VectorXd& per, std::size_t lanes, std::vector<double>& worth) {
  for (std::size_t i = 0; i < worth.size() / lanes; ++i) {
    const double divisor = per(static_cast<Eigen::Index>(i));
    for (std::size_t lane = 0; lane < lanes; ++lane)
      worth[i * lanes + lane] = divisor > 0.0 ? worth[i * lanes + lane] / divisor : 0.0;
  }
}

}  // namespace

PoundOfBudget pound_of_budget(const LeverContext& context, const std::string& lever,
                              const Parameters& parameters) {
  if (lever != "ukspf_ring_fence" && lever != "community_wealth_fund" && lever != "neighbourhood_renewal")
    throw InputError(fmt::format(
        "lever '{}' spends no fund in areas, so a pound has no marginal value there (levers that do: "
        "ukspf_ring_fence, community_wealth_fund, neighbourhood_renewal)",
        lever));
  PoundOfBudget pound;
  const MoneyUnlessSaid& otherwise = unless_said(lever);
  pound.amount = fund_amount(parameters, otherwise);
  if (lever == "community_wealth_fund") pound.amount = parameters["factor"].cwiseProduct(pound.amount);
  // A pound of the price base year, whatever the amount is in.
  const Eigen::VectorXd price = fund_price(context, parameters, otherwise);
  pound.amount = pound.amount.cwiseProduct(price);
  pound.cost = price.cwiseInverse().asDiagonal() * fund_delivered(context, parameters, otherwise);
  pound.later_cost = price.cwiseInverse().asDiagonal() * fund_delivered_later(context, parameters, otherwise);
  const Eigen::MatrixXd spent = with_match(parameters).asDiagonal() * pound.cost;
  pound.effect = pound_effect(context, parameters, spent);
  if (pound.effect.of_neighbours.size() > 0)
    throw InputError(
        "spread = \"estimated\" gives what neighbours share no propagation to run backwards, so a pound has "
        "no "
        "marginal value under it (choose \"propagated\" or \"none\")");
  pound.net = additionality(context, parameters);
  return pound;
}

Worth worth_of_gva(const LeverContext& context, const AppraisalSettings& settings) {
  if (!context.outcome_is_gva_growth || context.gva.size() != context.population.size())
    throw InputError(
        "a pound's worth in GVA needs an outcome that is growth of GVA and a pack with GVA (use the outcome "
        "or the gap)");
  const auto types = static_cast<Eigen::Index>(context.type_names.size());
  const Eigen::VectorXd gva = by_type(context, context.gva),
                        growth = by_type(context, context.gva.cwiseProduct(context.growth));
  const Eigen::VectorXd value = present_value_of_periods(settings, context.horizon, context.period_years);
  Worth worth{"gva", "GBP per GBP", "present value of GVA gained in all areas", {}, {}, {}};
  worth.weight = context.gva;
  worth.table = Eigen::MatrixXd::Zero(context.horizon, types);
  for (Eigen::Index t = 0; t < types; ++t) {
    if (!(gva(t) > 0.0)) continue;
    // A unit of uplift in period s lifts the level of every later period: n exp(y0 (h + 1)) of the type's
    // GVA.
    double later = 0.0;
    for (Eigen::Index h = context.horizon - 1; h >= 0; --h) {
      later += value(h) * context.period_years * std::exp(growth(t) / gva(t) * static_cast<double>(h + 1));
      worth.table(h, t) = later;
    }
  }
  const auto welfare = settings.values.find("gva_welfare_share");
  worth.factor = welfare == settings.values.end() ? Eigen::VectorXd::Ones(context.draws) : welfare->second;
  return worth;
}

Worth worth_of_outcome(const LeverContext& context, double better) {
  Worth worth{
      "outcome",
      fmt::format("residents x {} per GBP", context.outcome_unit.empty() ? "1" : context.outcome_unit),
      better > 0.0 ? "residents times the rise of the outcome, summed over the horizon"
                   : "residents times the fall of the outcome, summed over the horizon",
      context.population,
      {},
      {}};
  worth.table = Eigen::MatrixXd::Constant(context.horizon,
                                          static_cast<Eigen::Index>(context.type_names.size()), better);
  worth.factor = Eigen::VectorXd::Ones(context.draws);
  return worth;
}

Worth worth_of_gap(const LeverContext& context, double better, const Eigen::VectorXd& rate_weight,
                   const std::string& target) {
  const std::int32_t chosen = type_index(context, target);
  const Eigen::VectorXd sums = by_type(context, rate_weight);
  const double rest = sums.sum() - sums(chosen);
  if (!(rest > 0.0) || !(sums(chosen) > 0.0))
    throw InputError(fmt::format("a gap needs areas of type '{}' and areas of other types", target));
  Worth worth{"gap",
              fmt::format("{} per GBP million", context.outcome_unit.empty() ? "1" : context.outcome_unit),
              fmt::format("by how much the gap of {} to all other areas closes over the horizon", target),
              rate_weight,
              {},
              {}};
  worth.table.resize(context.horizon, sums.size());
  for (Eigen::Index t = 0; t < sums.size(); ++t)
    worth.table.col(t).setConstant(t == chosen ? better / sums(chosen) : -better / rest);
  worth.factor = Eigen::VectorXd::Constant(context.draws, 1e6);
  return worth;
}

Dynamics dynamics_of_estimates(const LeverContext& context) {
  return PolicyBuilder(context).finish().dynamics;
}

Eigen::VectorXd marginal_value_of_draw(const LeverContext& context, const PoundOfBudget& pound,
                                       const Worth& worth, long draw) {
  Eigen::MatrixXd objective(static_cast<Eigen::Index>(context.type.size()), context.horizon);
  for (Eigen::Index i = 0; i < objective.rows(); ++i)
    objective.row(i) = worth.factor(draw) * worth.weight(i) *
                       worth.table.col(context.type[static_cast<std::size_t>(i)]).transpose();
  const Eigen::MatrixXd adjoint = adjoint_one(dynamics_of_estimates(context), draw, objective);
  const Eigen::VectorXd growth = adjoint * pound.effect.amplitude.row(draw).transpose();
  std::vector<double> per_pound(growth.data(), growth.data() + growth.size()), value;
  divide_by(pound.effect.per, 1, per_pound);
  displace(context, pound.net, draw, 1, 1, per_pound, value);
  return Eigen::Map<const Eigen::VectorXd>(value.data(), static_cast<Eigen::Index>(value.size()));
}

MarginalValues marginal_values(const LeverContext& context, const PoundOfBudget& pound, const Worth& worth,
                               long draws, const std::vector<double>& levels, Parallelism parallelism) {
  const auto areas = static_cast<Eigen::Index>(context.type.size());
  const long count = std::min(draws, context.draws);
  const int horizon = context.horizon;
  const Dynamics dynamics = dynamics_of_estimates(context);
  const AdjointBatches adjoint(dynamics, worth.weight);
  const auto classes = static_cast<std::size_t>(dynamics.classes);
  Eigen::MatrixXf by_draw(count, areas);  // a column an area
  for_each_block(count, AdjointBatches::lanes, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    const auto width = static_cast<std::size_t>(to - from);
    std::vector<double> kappa(width * static_cast<std::size_t>(horizon) * classes),
        profile(width * static_cast<std::size_t>(horizon)), value, per_pound;
    for (std::size_t lane = 0; lane < width; ++lane) {
      const Eigen::Index d = from + static_cast<Eigen::Index>(lane);
      for (int h = 0; h < horizon; ++h) {
        profile[lane * static_cast<std::size_t>(horizon) + static_cast<std::size_t>(h)] =
            pound.effect.amplitude(d, h);
        for (std::size_t c = 0; c < classes; ++c)
          kappa[(lane * static_cast<std::size_t>(horizon) + static_cast<std::size_t>(h)) * classes + c] =
              worth.factor(d) * worth.table(h, static_cast<Eigen::Index>(c));
      }
    }
    adjoint.run(from, static_cast<int>(width), kappa.data(), profile.data(), per_pound);
    divide_by(pound.effect.per, AdjointBatches::lanes, per_pound);
    displace(context, pound.net, from, AdjointBatches::lanes, static_cast<int>(width), per_pound, value);
    for (Eigen::Index i = 0; i < areas; ++i)
      for (std::size_t lane = 0; lane < width; ++lane)
        by_draw(from + static_cast<Eigen::Index>(lane), i) =
            static_cast<float>(value[static_cast<std::size_t>(i) * AdjointBatches::lanes + lane]);
  });
  MarginalValues found;
  found.levels = levels;
  found.draws = count;
  found.quantile.resize(static_cast<Eigen::Index>(levels.size()), areas);
  found.mean.resize(areas);
  found.sd.resize(areas);
  found.probability_positive.resize(areas);
  for_each_block(areas, 256, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    std::vector<float> values(static_cast<std::size_t>(count));
    for (Eigen::Index i = from; i < to; ++i) {
      const auto column = by_draw.col(i);
      std::copy(column.begin(), column.end(), values.begin());
      double sum = 0.0, squares = 0.0;
      for (const float v : values) sum += static_cast<double>(v);
      const double mean = sum / static_cast<double>(count);
      for (const float v : values)
        squares += (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean);
      found.mean(i) = static_cast<float>(mean);
      found.sd(i) = static_cast<float>(count > 1 ? std::sqrt(squares / static_cast<double>(count - 1)) : 0.0);
      found.probability_positive(i) = static_cast<float>(
          static_cast<double>(std::count_if(values.begin(), values.end(), [](float v) { return v > 0.0F; })) /
          static_cast<double>(count));
      for (std::size_t k = 0; k < levels.size(); ++k)
        found.quantile(static_cast<Eigen::Index>(k), i) =
            static_cast<float>(quantile_in_place(values, levels[k]));
    }
  });
  return found;
}

std::vector<BudgetRule> budget_rules(const LeverContext& context, const Eigen::VectorXd& value, double budget,
                                     BudgetLimits limits, const std::string& need_column,
                                     const std::string& target, std::vector<std::int32_t> chosen) {
  const std::vector<std::int32_t> everywhere = all_areas(context);
  const bool own = !chosen.empty();
  if (!own) chosen = areas_of_type(context, target);
  std::vector<BudgetRule> rules;
  rules.push_back({"equal_per_head", "the same a head in every area",
                   allocation_shares(context, {"by_head", ""}, everywhere)});
  if (context.pack != nullptr && context.pack->areas.find(need_column) != nullptr)
    rules.push_back({"by_need", fmt::format("residents times need ({}) in every area", need_column),
                     allocation_shares(context, {"by_need", need_column}, everywhere)});
  rules.push_back({"target_areas",
                   own ? "the same a head in the areas that the policy acts on, nothing elsewhere"
                       : fmt::format("the same a head in areas of type {}, nothing elsewhere", target),
                   allocation_shares(context, {"by_head", ""}, chosen)});
  double people = 0.0;
  for (const std::int32_t area : chosen) people += context.population(area);
  if (limits.cap == 0.0) limits.cap = budget / people;
  const double residents = context.population.sum();
  if (limits.floor < 0.0 || limits.floor > limits.cap)
    throw InputError(fmt::format("a floor of GBP {:g} a head is not from 0 to the cap of GBP {:g} a head",
                                 limits.floor, limits.cap));
  if (limits.cap * residents < budget * (1.0 - 1e-12))
    throw InputError(
        fmt::format("a cap of GBP {:g} a head for {:.0f} residents holds GBP {:.1f}m of a budget of GBP "
                    "{:.1f}m (raise the cap)",
                    limits.cap, residents, limits.cap * residents / 1e6, budget / 1e6));
  if (limits.floor * residents > budget)
    throw InputError(
        fmt::format("a floor of GBP {:g} a head for {:.0f} residents needs GBP {:.1f}m of a budget of GBP "
                    "{:.1f}m (lower the floor)",
                    limits.floor, residents, limits.floor * residents / 1e6, budget / 1e6));
  std::vector<std::int32_t> order = everywhere;
  std::stable_sort(order.begin(), order.end(),
                   [&](std::int32_t a, std::int32_t b) { return value(a) > value(b); });
  Eigen::VectorXd pounds = limits.floor * context.population;
  double left = budget - pounds.sum();
  for (const std::int32_t area : order) {
    const double more = std::min(left, (limits.cap - limits.floor) * context.population(area));
    pounds(area) += more;
    left -= more;
    if (!(left > 0.0)) break;
  }
  rules.push_back({"by_marginal_value",
                   fmt::format("where a pound is worth most first, GBP {:.2f} to {:.2f} a head", limits.floor,
                               limits.cap),
                   pounds / pounds.sum()});
  return rules;
}

Policy budget_policy(const LeverContext& context, const PoundOfBudget& pound, const BudgetRule& rule,
                     const Eigen::VectorXd& budget) {
  PolicyBuilder builder(context);
  add_gain(builder, pound.net, rule.share, pound.effect.per, budget.asDiagonal() * pound.effect.amplitude);
  builder.add_cost(budget.asDiagonal() * pound.cost);
  builder.add_later_cost(budget.asDiagonal() * pound.later_cost);
  builder.add_transfer(rule.share * (budget.asDiagonal() * pound.cost).eval().rowwise().sum().mean());
  return builder.finish();
}

}  // namespace spillway::scenarios
