#include "engine/draw/morris.hpp"

#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"

namespace spillway {

namespace {
constexpr std::uint32_t kTrajectory = 0x10001;  ///< part of Purpose::sensitivity_design
}

MorrisDesign morris_design(long trajectories, int inputs, int levels, std::uint64_t seed) {
  if (inputs < 1) throw InputError("a sensitivity analysis of no inputs (needs at least one that varies)");
  if (trajectories < 2)
    throw InputError(fmt::format(
        "Morris screening with {} trajectories (needs 2 or more; 20 to 100 are usual)", trajectories));
  if (levels < 2 || levels % 2 != 0)
    throw InputError(fmt::format("a Morris grid of {} levels (needs an even number, 2 or more)", levels));
  MorrisDesign design;
  design.inputs = inputs;
  design.point.resize(trajectories * (inputs + 1), inputs);
  for (long t = 0; t < trajectories; ++t) {
    Stream stream(seed, Purpose::sensitivity_design, static_cast<std::uint64_t>(t), kTrajectory);
    Eigen::RowVectorXd at(inputs);
    std::vector<double> step(static_cast<std::size_t>(inputs));
    for (int k = 0; k < inputs; ++k) {
      const double low = (stream.below(static_cast<std::uint32_t>(levels / 2)) + 0.5) / levels;
      const bool up = stream.below(2) == 0;
      at[k] = up ? low : low + 0.5;
      step[static_cast<std::size_t>(k)] = up ? 0.5 : -0.5;
    }
    std::vector<int> order(static_cast<std::size_t>(inputs));
    std::iota(order.begin(), order.end(), 0);
    for (std::size_t k = order.size(); k > 1; --k)
      std::swap(order[k - 1], order[stream.below(static_cast<std::uint32_t>(k))]);
    design.point.row(t * (inputs + 1)) = at;
    for (int s = 0; s < inputs; ++s) {
      const int moved = order[static_cast<std::size_t>(s)];
      at[moved] += step[static_cast<std::size_t>(moved)];
      design.point.row(t * (inputs + 1) + s + 1) = at;
      design.moved.push_back(moved);
    }
  }
  return design;
}

MorrisEffects morris_effects(const MorrisDesign& design, const Eigen::VectorXd& output,
                             const IndexBootstrap& bootstrap) {
  check_output(output, design.point.rows());
  const int d = design.inputs;
  const Eigen::Index trajectories = design.point.rows() / (d + 1);
  Eigen::MatrixXd effect(trajectories, d);
  for (Eigen::Index t = 0; t < trajectories; ++t)
    for (int s = 0; s < d; ++s) {
      const int moved = design.moved[static_cast<std::size_t>(t * d + s)];
      const Eigen::Index row = t * (d + 1) + s;
      effect(t, moved) =
          (output[row + 1] - output[row]) / (design.point(row + 1, moved) - design.point(row, moved));
    }
  const Eigen::MatrixXd replicates = resampled_means(effect.cwiseAbs(), bootstrap);
  MorrisEffects result;
  for (int k = 0; k < d; ++k) {
    const double mean = effect.col(k).mean();
    result.mean.push_back(mean);
    result.mean_absolute.push_back(
        percentile_interval(effect.col(k).cwiseAbs().mean(), replicates.col(k), bootstrap.level));
    result.sd.push_back(
        std::sqrt((effect.col(k).array() - mean).square().sum() / static_cast<double>(trajectories - 1)));
  }
  return result;
}

}  // namespace spillway
