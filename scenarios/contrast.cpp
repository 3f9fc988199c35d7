#include "scenarios/contrast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"

namespace spillway::scenarios {

namespace {

/// The scenario that is A less B: the shapes of both, B's amplitudes with their sign turned. A shape that
/// both have is one shape with the difference of the amplitudes, so that what is equal cancels exactly and
/// not to rounding.
Dynamics difference(const Dynamics& first, const Dynamics& second) {
  std::vector<int> place;  // of B's shapes among those of the difference
  std::vector<int> added;
  for (int q = 0; q < second.shapes(); ++q) {
    int same = 0;
    while (same < first.shapes() && first.shape.col(same) != second.shape.col(q)) ++same;
    if (same == first.shapes()) {
      same += static_cast<int>(added.size());
      added.push_back(q);
    }
    place.push_back(same);
  }
  const int shapes = first.shapes() + static_cast<int>(added.size());
  Dynamics joined = first;
  joined.shape.resize(first.areas(), shapes);
  joined.shape.leftCols(first.shapes()) = first.shape;
  for (std::size_t k = 0; k < added.size(); ++k)
    joined.shape.col(first.shapes() + static_cast<int>(k)) = second.shape.col(added[k]);
  joined.amplitude.assign(
      static_cast<std::size_t>(first.draws) * static_cast<std::size_t>(first.horizon * shapes), 0.0);
  for (long d = 0; d < first.draws; ++d)
    for (int h = 0; h < first.horizon; ++h) {
      double* amplitude =
          joined.amplitude.data() + static_cast<std::size_t>((d * first.horizon + h) * shapes);
      for (int q = 0; q < first.shapes(); ++q) amplitude[q] += first.amplitude_at(d, h, q);
      for (int q = 0; q < second.shapes(); ++q)
        amplitude[place[static_cast<std::size_t>(q)]] -= second.amplitude_at(d, h, q);
    }
  return joined;
}

std::vector<AreaContrast> by_evaluation(const Dynamics& joined, OutcomePlan plan, Parallelism parallelism) {
  plan.groupings.clear();
  plan.keep_draws_of.clear();
  const ScenarioOutcome outcome = evaluate(joined, plan, parallelism);
  std::vector<AreaContrast> contrasts;
  for (const AreaSummary& area : outcome.areas) {
    AreaContrast contrast{area.outcome,
                          area.quantile,
                          area.mean,
                          area.sd,
                          area.probability_better,
                          area.probability_better,
                          joined.draws,
                          "the difference as one scenario, " + outcome.report.path};
    for (Eigen::Index i = 0; i < area.mean.size();
         ++i)  // an area that neither reaches is equal in every draw
      contrast.second_better(i) =
          area.sd(i) == 0.0F && area.mean(i) == 0.0F ? 0.0F : 1.0F - area.probability_better(i);
    contrasts.push_back(std::move(contrast));
  }
  return contrasts;
}

AreaContrast summarised(AreaOutcome outcome, const Eigen::MatrixXf& by_draw, const OutcomePlan& plan,
                        Parallelism parallelism) {
  const Eigen::Index areas = by_draw.cols(), draws = by_draw.rows();
  AreaContrast contrast;
  contrast.outcome = outcome;
  contrast.draws = draws;
  contrast.path = "both propagated, draw by draw";
  contrast.quantile.resize(static_cast<Eigen::Index>(plan.quantiles.size()), areas);
  contrast.mean.resize(areas);
  contrast.sd.resize(areas);
  contrast.first_better.resize(areas);
  contrast.second_better.resize(areas);
  for_each_block(areas, 256, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    std::vector<float> sorted(static_cast<std::size_t>(draws));
    for (Eigen::Index i = from; i < to; ++i) {
      const auto column = by_draw.col(i);
      std::copy(column.begin(), column.end(), sorted.begin());
      std::sort(sorted.begin(), sorted.end());
      for (std::size_t k = 0; k < plan.quantiles.size(); ++k) {
        const double place = plan.quantiles[k] * static_cast<double>(draws - 1);
        const auto low = static_cast<std::size_t>(place);
        const float next = sorted[std::min(low + 1, sorted.size() - 1)];
        contrast.quantile(static_cast<Eigen::Index>(k), i) =
            sorted[low] + static_cast<float>(place - static_cast<double>(low)) * (next - sorted[low]);
      }
      const Eigen::VectorXd values = column.cast<double>();
      const double mean = values.mean();
      contrast.mean(i) = static_cast<float>(mean);
      contrast.sd(i) = static_cast<float>(
          draws > 1 ? std::sqrt((values.array() - mean).square().sum() / static_cast<double>(draws - 1))
                    : 0.0);
      contrast.first_better(i) = static_cast<float>(
          static_cast<double>((plan.better * values.array() > 0.0).count()) / static_cast<double>(draws));
      contrast.second_better(i) = static_cast<float>(
          static_cast<double>((plan.better * values.array() < 0.0).count()) / static_cast<double>(draws));
    }
  });
  return contrast;
}

}  // namespace

bool same_coefficients(const Dynamics& first, const Dynamics& second) {
  return first.lambda.empty() && second.lambda.empty() && !first.coefficients_by_period &&
         !second.coefficients_by_period && first.weights == second.weights &&
         first.row_class == second.row_class && first.rho == second.rho && first.phi == second.phi;
}

std::vector<AreaContrast> contrast_areas(const Dynamics& first, const Dynamics& second,
                                         const OutcomePlan& plan, long draws, Parallelism parallelism) {
  if (first.draws != second.draws || first.horizon != second.horizon || first.areas() != second.areas())
    throw InputError(
        fmt::format("a contrast of {} draws over {} periods in {} areas with {} draws over {} periods in {} "
                    "areas (both must be the same)",
                    first.draws, first.horizon, first.areas(), second.draws, second.horizon, second.areas()));
  for (const AreaOutcome outcome : plan.outcomes)
    if (outcome != AreaOutcome::uplift && outcome != AreaOutcome::cumulative_uplift)
      throw InputError(fmt::format("a contrast by area is of uplift and cumulative_uplift, not of {}",
                                   to_string(outcome)));
  if (same_coefficients(first, second)) return by_evaluation(difference(first, second), plan, parallelism);
  const long count = std::min(draws, first.draws);
  std::vector<Eigen::MatrixXf> by_draw(plan.outcomes.size(), Eigen::MatrixXf(count, first.areas()));
  for_each_block(count, 4, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    for (long d = from; d < to; ++d) {
      const Eigen::MatrixXd path = propagate_one(first, d) - propagate_one(second, d);
      for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
        by_draw[o].row(d) =
            (plan.outcomes[o] == AreaOutcome::uplift ? Eigen::VectorXd(path.col(path.cols() - 1))
                                                     : Eigen::VectorXd(path.rowwise().sum()))
                .cast<float>()
                .transpose();
    }
  });
  std::vector<AreaContrast> contrasts;
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
    contrasts.push_back(summarised(plan.outcomes[o], by_draw[o], plan, parallelism));
  return contrasts;
}

}  // namespace spillway::scenarios
