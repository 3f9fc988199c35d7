#include "engine/run/aggregate_quantiles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace spillway {

AggregateFigures aggregate_figures(const AggregateSeries& series, const std::vector<double>& levels,
                                   double better) {
  AggregateFigures figures{aggregate_quantiles(series, levels, {}), {}, {}};
  const auto draws =
      static_cast<float>(static_cast<long>(series.value.size()) / (series.groups * series.periods));
  const auto share = [&](const std::vector<long>& counts) {
    std::vector<float> shares;
    for (const long count : counts) shares.push_back(static_cast<float>(count) / draws);
    return shares;
  };
  figures.better = share(better > 0.0 ? figures.of.above : figures.of.below);
  figures.positive = share(figures.of.above);
  return figures;
}

void write_aggregate_quantiles(RunWriter& writer, const std::string& scenario, AreaOutcome outcome,
                               const Grouping& grouping, const AggregateFigures& figures,
                               const std::string& unit) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const std::string group =
      "/scenarios/" + scenario + "/aggregate/" + to_string(outcome) + "/" + grouping.name;
  const RowMajor value = figures.of.quantile, error = figures.of.error;
  const std::vector<long> shape = {static_cast<long>(value.rows()), static_cast<long>(value.cols())};
  writer.write({group + "/level", {"level"}, "1", "probability of the quantile"}, figures.of.levels.data(),
               {shape[0]});
  writer.write({group + "/quantile", {"level", "group"}, unit, "quantile of the draws, last period"},
               value.data(), shape);
  writer.write({group + "/monte_carlo_error",
                {"level", "group"},
                unit,
                "Monte Carlo standard error of the quantile (Maritz & Jarrett 1978)"},
               error.data(), shape);
  writer.write({group + "/probability_better",
                {"group"},
                "1",
                "share of draws on the better side of the counterfactual, last period"},
               figures.better.data(), {shape[1]});
  writer.write({group + "/probability_positive",
                {"group"},
                "1",
                "share of draws above the counterfactual, last period"},
               figures.positive.data(), {shape[1]});
}

std::string monte_carlo_sentence(const std::vector<const AggregateSeries*>& aggregates,
                                 const std::vector<double>& levels, long draws) {
  double largest = 0.0, median = 0.0;
  for (const AggregateSeries* series : aggregates) {
    largest = std::max(largest, largest_relative_error(*series, levels, {}));
    median = std::max(median, largest_relative_error(*series, {0.5}, {}));
  }
  return fmt::format(
      "Monte Carlo error with {} draws (Maritz & Jarrett 1978): at most {:.2g} % of a group's spread for "
      "medians, {:.2g} % for the quantiles {}; "
      "every aggregate quantile's stands in the file, and --until-mcse draws until a target is met",
      draws, 100.0 * median, 100.0 * largest, fmt::join(levels, ", "));
}

}  // namespace spillway
