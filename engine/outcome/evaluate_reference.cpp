#include <algorithm>
#include <cmath>

#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {

float type_seven(const std::vector<float>& sorted, double p) {
  const double position = p * static_cast<double>(sorted.size() - 1);
  const auto rank = std::min(sorted.size() - 1, static_cast<std::size_t>(position));
  const double between = position - static_cast<double>(rank), low = sorted[rank];
  const double high = rank + 1 < sorted.size() ? static_cast<double>(sorted[rank + 1]) : low;
  return static_cast<float>(between == 0.0 ? low : low + between * (high - low));
}

void summarise(AreaSummary& summary, const OutcomePlan& plan, const Eigen::MatrixXf& draws) {
  const double n = static_cast<double>(draws.cols());
  for (Eigen::Index i = 0; i < draws.rows(); ++i) {
    std::vector<float> row(static_cast<std::size_t>(draws.cols()));
    for (Eigen::Index d = 0; d < draws.cols(); ++d) row[static_cast<std::size_t>(d)] = draws(i, d);
    double sum = 0.0, squares = 0.0, better = 0.0, positive = 0.0;
    for (const float value : row) {
      sum += value;
      better += plan.better * value > 0.0;
      positive += value > 0.0;
    }
    for (const float value : row) squares += (value - sum / n) * (value - sum / n);
    summary.mean[i] = static_cast<float>(sum / n);
    summary.sd[i] = static_cast<float>(n > 1.0 ? std::sqrt(squares / (n - 1.0)) : 0.0);
    summary.probability_better[i] = static_cast<float>(better / n);
    summary.probability_positive[i] = static_cast<float>(positive / n);
    std::sort(row.begin(), row.end());
    for (std::size_t k = 0; k < plan.quantiles.size(); ++k)
      summary.quantile(static_cast<Eigen::Index>(k), i) = type_seven(row, plan.quantiles[k]);
  }
  for (std::size_t k = 0; k < plan.keep_draws_of.size(); ++k)
    summary.draws.col(static_cast<Eigen::Index>(k)) = draws.row(plan.keep_draws_of[k]).transpose();
}

}  // namespace

ScenarioOutcome evaluate_reference(const Dynamics& dynamics, const OutcomePlan& plan) {
  check(dynamics);
  check(plan, dynamics);
  ScenarioOutcome result = empty_outcome(dynamics, plan);
  std::vector<Eigen::MatrixXf> draws(plan.outcomes.size(), Eigen::MatrixXf(dynamics.areas(), dynamics.draws));
  for (long draw = 0; draw < dynamics.draws; ++draw) {
    const Eigen::MatrixXd path = propagate_one(dynamics, draw);
    for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
      const AreaOutcome outcome = plan.outcomes[o];
      Eigen::MatrixXd value = path;  // areas x periods kept of this outcome
      if (outcome != AreaOutcome::uplift) {
        Eigen::VectorXd sum = Eigen::VectorXd::Zero(path.rows()), pounds = sum;
        for (int period = 0; period < dynamics.horizon; ++period) {
          sum += path.col(period);
          if (outcome == AreaOutcome::discounted_gva_uplift)
            pounds.array() += plan.discount[static_cast<std::size_t>(period)] *
                              pound_factor(plan, period + 1).array() *
                              sum.array().unaryExpr([](double x) { return std::expm1(x); });
        }
        if (outcome == AreaOutcome::gva_per_head_uplift)
          pounds = pound_factor(plan, dynamics.horizon).array() *
                   sum.array().unaryExpr([](double x) { return std::expm1(x); });
        value = in_pounds(outcome) ? pounds : sum;
      }
      draws[o].col(draw) = value.col(value.cols() - 1).cast<float>();
      for (std::size_t g = 0; g < plan.groupings.size(); ++g) {
        AggregateSeries& series = result.aggregates[o * plan.groupings.size() + g];
        const Grouping& grouping = plan.groupings[g];
        const std::vector<double> total = group_weight(plan, outcome, grouping);
        const Eigen::VectorXd& weight = in_pounds(outcome) ? plan.head_weight : plan.rate_weight;
        Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(series.groups, series.periods);
        for (Eigen::Index i = 0; i < value.rows(); ++i)
          if (grouping.of_area[static_cast<std::size_t>(i)] >= 0)
            sums.row(grouping.of_area[static_cast<std::size_t>(i)]) += weight[i] * value.row(i);
        auto kept = draw_period_group(series);
        for (int period = 0; period < series.periods; ++period)
          for (long group = 0; group < series.groups; ++group)
            kept(draw, period, group) =
                total[static_cast<std::size_t>(group)] > 0.0
                    ? static_cast<float>(sums(group, period) / total[static_cast<std::size_t>(group)])
                    : 0.0f;
      }
    }
  }
  for (std::size_t o = 0; o < plan.outcomes.size() && plan.areas; ++o)
    summarise(result.areas[o], plan, draws[o]);
  result.report.path = "plain serial recursion";
  return result;
}

}  // namespace spillway
