#include "engine/run/uplift_split.hpp"

#include <algorithm>

#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/aggregate_polynomial.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {

bool is_funded(const Policy& policy, Eigen::Index area) {
  return !policy.funded.empty() && policy.funded[static_cast<std::size_t>(area)] != 0;
}

Reach reach_of(const Policy& policy, int shape) {
  return policy.reach.empty() ? Reach::own : policy.reach[static_cast<std::size_t>(shape)];
}

/// Sum over the horizon of o(h) = phi o(h-1) + amplitude(h) for a unit of a shape: draws x shapes.
Eigen::MatrixXd alone_factors(const Dynamics& dynamics) {
  Eigen::MatrixXd sum = Eigen::MatrixXd::Zero(dynamics.draws, dynamics.shapes());
  for (long d = 0; d < dynamics.draws; ++d)
    for (int q = 0; q < dynamics.shapes(); ++q) {
      double response = 0.0;
      for (int h = 0; h < dynamics.horizon; ++h) {
        response = dynamics.phi[static_cast<std::size_t>(d)] * response + dynamics.amplitude_at(d, h, q);
        sum(d, q) += response;
      }
    }
  return sum;
}

/// Weighted mean of each shape over each group: shapes x groups; funded areas alone where asked.
enum class Of { all, funded };
Eigen::MatrixXd shape_means(const Policy& policy, const OutcomePlan& plan, const Grouping& grouping,
                            Reach reach, Of of) {
  const Dynamics& dynamics = policy.dynamics;
  const std::vector<double> total = group_weight(plan, AreaOutcome::uplift, grouping);
  Eigen::MatrixXd mean =
      Eigen::MatrixXd::Zero(dynamics.shapes(), static_cast<Eigen::Index>(grouping.groups.size()));
  for (Eigen::Index i = 0; i < dynamics.shape.rows(); ++i) {
    const auto group = grouping.of_area[static_cast<std::size_t>(i)];
    if (group < 0 || !(total[static_cast<std::size_t>(group)] > 0.0)) continue;
    if (of == Of::funded && !is_funded(policy, i)) continue;
    mean.col(group) +=
        plan.rate_weight(i) / total[static_cast<std::size_t>(group)] * dynamics.shape.row(i).transpose();
  }
  for (int q = 0; q < dynamics.shapes(); ++q)
    if (reach_of(policy, q) != reach) mean.row(q).setZero();
  return mean;
}

Eigen::MatrixXd as_matrix(const AggregateSeries& series) {
  const auto value = draw_period_group(series);
  Eigen::MatrixXd values(static_cast<Eigen::Index>(value.shape(0)), series.groups);
  for (Eigen::Index d = 0; d < values.rows(); ++d)
    for (long g = 0; g < series.groups; ++g)
      values(d, g) = static_cast<double>(value(d, series.periods - 1, g));
  return values;
}

/// Of `known`, which was made for `plan`, the cumulative uplift of the groupings of `small`; empty: not all
/// are there.
std::vector<AggregateSeries> cumulative_of(const std::vector<AggregateSeries>& known, const OutcomePlan& plan,
                                           const OutcomePlan& small) {
  std::vector<AggregateSeries> found;
  for (const Grouping& wanted : small.groupings)
    for (const AggregateSeries& series : known)
      if (series.outcome == AreaOutcome::cumulative_uplift &&
          plan.groupings[static_cast<std::size_t>(series.grouping)].name == wanted.name) {
        found.push_back(series);
        break;
      }
  return found.size() == small.groupings.size() ? found : std::vector<AggregateSeries>();
}

bool spreads(const Dynamics& dynamics) {
  return std::any_of(dynamics.rho.begin(), dynamics.rho.end(), [](double rho) { return rho != 0.0; });
}

}  // namespace

Dynamics funded_alone(const Policy& policy) {
  Dynamics dynamics = policy.dynamics;
  for (int q = 0; q < dynamics.shapes(); ++q)
    for (Eigen::Index i = 0; i < dynamics.shape.rows(); ++i)
      if (!is_funded(policy, i) || reach_of(policy, q) != Reach::own) dynamics.shape(i, q) = 0.0;
  return dynamics;
}

Eigen::VectorXd own_response(const Policy& policy, long draw) {
  const Eigen::MatrixXd factor = alone_factors(policy.dynamics);
  Eigen::VectorXd response = Eigen::VectorXd::Zero(policy.dynamics.shape.rows());
  for (int q = 0; q < policy.dynamics.shapes(); ++q)
    if (reach_of(policy, q) == Reach::own) response += factor(draw, q) * policy.dynamics.shape.col(q);
  return response;
}

UpliftSplit uplift_split(const Policy& policy, const std::optional<Policy>& alone, const OutcomePlan& plan,
                         Parallelism parallelism, const std::vector<AggregateSeries>& known, Ranks& ranks) {
  UpliftSplit split;
  OutcomePlan small = plan;
  small.areas = false;
  small.outcomes = {AreaOutcome::cumulative_uplift};
  small.quantiles = {0.5};
  small.keep_draws_of.clear();
  std::erase_if(small.groupings,
                [](const Grouping& one) { return one.groups.size() > UpliftSplit::most_groups; });
  if (small.groupings.empty()) return split;
  const Dynamics& dynamics = policy.dynamics;
  const bool passes_on = spreads(dynamics);
  std::vector<AggregateSeries> total, funded;
  if (passes_on) {
    const Dynamics of_funded = funded_alone(policy);
    const bool all = of_funded.shape == dynamics.shape;
    if (ranks.writes()) total = cumulative_of(known, plan, small);
    const bool evaluated = ranks.most(total.empty() ? 0 : 1) > 0;
    if (!(evaluated && all)) {
      if (AggregatePolynomial::unsuitable(dynamics, small).empty()) {
        if (!ranks.writes()) return split;
        const AggregatePolynomial polynomial(dynamics, small);
        if (!evaluated) total = polynomial.evaluate(dynamics, small, parallelism);
        if (!all) funded = polynomial.evaluate(of_funded, small, parallelism);
      } else {
        const auto aggregates_of = [&](const Dynamics& which) {
          return evaluate(which, small, parallelism, Path::automatic, ranks).aggregates;
        };
        if (!evaluated) total = aggregates_of(dynamics);
        if (!all) funded = aggregates_of(of_funded);
      }
    }
    if (all) funded = total;
  }
  if (!ranks.writes()) return split;
  const Eigen::MatrixXd factor = alone_factors(dynamics);
  for (std::size_t k = 0; k < small.groupings.size(); ++k) {
    const Grouping& grouping = small.groupings[k];
    UpliftSplit::OfGrouping made{grouping.name, grouping.groups, {}};
    const auto alone_mean = [&](Reach reach, Of of) {
      return Eigen::MatrixXd(factor * shape_means(policy, small, grouping, reach, of));
    };
    const Eigen::MatrixXd own = alone_mean(Reach::own, Of::all);
    if (passes_on) {
      const Eigen::MatrixXd all = as_matrix(total[k]), from_funded = as_matrix(funded[k]),
                            own_funded = alone_mean(Reach::own, Of::funded);
      made.part = {own, from_funded - own_funded, all - from_funded - (own - own_funded), all};
    } else {
      const Eigen::MatrixXd from_funded = alone_mean(Reach::from_funded, Of::all),
                            from_others = alone_mean(Reach::from_others, Of::all);
      made.part = {own, from_funded, from_others, own + from_funded + from_others};
    }
    if (alone) {
      Eigen::MatrixXd none =
          alone_factors(alone->dynamics) * shape_means(*alone, small, grouping, Reach::own, Of::all);
      made.part.push_back(std::move(none));
    }
    split.groupings.push_back(std::move(made));
  }
  return split;
}

}  // namespace spillway
