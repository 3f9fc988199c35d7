#include "engine/run/leave_one_out.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "engine/estimate/words.hpp"

namespace spillway {

LeaveOneOut leave_one_out(const Fit& fit, Eigen::Index clusters, Parallelism parallelism) {
  LeaveOneOut result;
  result.parameters = fit.resampled->parameters();
  const auto parameters = static_cast<Eigen::Index>(result.parameters.size());
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  result.value.setConstant(parameters, clusters, none);
  std::vector<std::uint8_t> status(static_cast<std::size_t>(clusters), 0);
  constexpr std::ptrdiff_t block = 128;
  for_each_block(clusters, block, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const auto count = static_cast<Eigen::Index>(last - first);
    Eigen::MatrixXd weight = Eigen::MatrixXd::Ones(clusters, count);
    for (Eigen::Index b = 0; b < count; ++b) weight(first + b, b) = 0.0;
    ReplicateBlock part;
    part.first = static_cast<long>(first);
    part.count = count;
    part.weight = weight.data();
    part.clusters = clusters;
    part.value.setConstant(parameters, count, none);
    part.t.setConstant(parameters, count, none);
    part.status.assign(static_cast<std::size_t>(count), 0);
    fit.resampled->refit(part);
    for (Eigen::Index b = 0; b < count; ++b) {
      status[static_cast<std::size_t>(first + b)] = part.status[static_cast<std::size_t>(b)];
      if (part.status[static_cast<std::size_t>(b)] == 0) result.value.col(first + b) = part.value.col(b);
    }
  });
  for (const auto one : status) result.failed += one != 0 ? 1 : 0;
  // A cluster without observations moves nothing: it is not one of those that the jackknife counts.
  Eigen::VectorXd full(parameters);
  for (Eigen::Index k = 0; k < parameters; ++k) {
    const Eigen::Index at = fit.estimate.find(result.parameters[static_cast<std::size_t>(k)]);
    full[k] = at < 0 ? none : fit.estimate.coefficients[at];
  }
  for (Eigen::Index g = 0; g < clusters; ++g) {
    bool moves = false;
    for (Eigen::Index k = 0; k < parameters; ++k)
      moves = moves || !(std::abs(result.value(k, g) - full[k]) <= 1e-12 * std::abs(full[k]));
    if (!moves) result.value.col(g).setConstant(none);
  }
  result.standard_error.setConstant(parameters, none);
  for (Eigen::Index k = 0; k < parameters && result.failed == 0; ++k) {
    double count = 0.0, sum = 0.0, square = 0.0;
    for (Eigen::Index g = 0; g < clusters; ++g)
      if (std::isfinite(result.value(k, g))) {
        count += 1.0;
        sum += result.value(k, g);
      }
    for (Eigen::Index g = 0; g < clusters; ++g)
      if (std::isfinite(result.value(k, g)))
        square += (result.value(k, g) - sum / count) * (result.value(k, g) - sum / count);
    if (count > 1.0) result.standard_error[k] = std::sqrt((count - 1.0) / count * square);
  }
  return result;
}

void tell_influence(Fit& fit, const LeaveOneOut& left_out, const std::string& column,
                    const std::vector<std::string>& label) {
  Estimate& estimate = fit.estimate;
  const Eigen::MatrixXd leverage = fit.resampled->partial_leverage();
  bool first = true;
  for (std::size_t k = 0; k < left_out.parameters.size(); ++k) {
    const std::string& name = left_out.parameters[k];
    const Eigen::Index at = estimate.find(name);
    if (at < 0) continue;  // a difference of two
    const auto row = static_cast<Eigen::Index>(k);
    const double with_all = estimate.coefficients[at];
    Eigen::Index low = -1, high = -1;
    for (Eigen::Index g = 0; g < left_out.value.cols(); ++g) {
      const double value = left_out.value(row, g);
      if (!std::isfinite(value)) continue;
      if (low < 0 || value < left_out.value(row, low)) low = g;
      if (high < 0 || value > left_out.value(row, high)) high = g;
    }
    if (low < 0) continue;
    const auto name_of_cluster = [&](Eigen::Index g) { return label[static_cast<std::size_t>(g)]; };
    estimate.diagnostics.push_back(
        {"jackknife_se:" + name,
         left_out.standard_error[row],
         {},
         fmt::format("CV3J, each cluster by {} left out in turn: sqrt((G-1)/G sum_g (b_(g) - mean)^2) "
                     "(MacKinnon, Nielsen & Webb 2023)",
                     column)});
    estimate.diagnostics.push_back(
        {"without_one_low:" + name,
         left_out.value(row, low),
         {},
         fmt::format("lowest estimate without one cluster by {}: {}", column, name_of_cluster(low))});
    estimate.diagnostics.push_back({"without_one_high:" + name,
                                    left_out.value(row, high),
                                    {},
                                    fmt::format("highest: {}", name_of_cluster(high))});
    if (leverage.rows() > row && leverage.row(row).allFinite()) {
      Eigen::Index highest = 0;
      const double share = leverage.row(row).maxCoeff(&highest);
      const double times = share * static_cast<double>((leverage.row(row).array() > 0.0).count());
      estimate.diagnostics.push_back(
          {"partial_leverage:" + name,
           share,
           {},
           fmt::format(
               "largest share of one cluster by {} in the squares of this regressor, all others taken "
               "out: {}, {:.1f} times an equal share (MacKinnon, Nielsen & Webb 2023)",
               column, name_of_cluster(highest), times)});
    }
    const bool down = with_all - left_out.value(row, low) > left_out.value(row, high) - with_all;
    const Eigen::Index most = down ? low : high;
    const double moved = std::abs(left_out.value(row, most) - with_all), error = estimate.standard_error(at);
    if (first)
      estimate.notes.push_back(
          fmt::format("without {} {} is {:.4g} ({:.4g} with all): no other cluster by {} moves it more{}",
                      name_of_cluster(most), field_name(name), left_out.value(row, most), with_all, column,
                      std::isfinite(left_out.standard_error[row])
                          ? fmt::format("; jackknife standard error {:.4g}, of this estimate {:.4g}",
                                        left_out.standard_error[row], error)
                          : ""));
    if (error > 0.0 && moved > error)
      estimate.warnings.push_back(fmt::format(
          "{} rests on {}: without it {:.4g}, with it {:.4g}, which is {:.1f} standard errors "
          "away",
          field_name(name), name_of_cluster(most), left_out.value(row, most), with_all, moved / error));
    first = false;
  }
  if (left_out.failed > 0)
    estimate.notes.push_back(fmt::format(
        "without one of {} clusters by {} it cannot be computed, so it has no jackknife standard error",
        left_out.failed, column));
}

}  // namespace spillway
