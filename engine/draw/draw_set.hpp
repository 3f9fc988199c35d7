// The joint draws of every estimate: one vector of parameters a replicate.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

namespace spillway {

struct DrawSet {
  std::vector<std::string> parameter;  ///< "model/estimator/coefficient"
  Eigen::MatrixXd value;               ///< parameters x replicates; NaN where that replicate failed
  std::vector<std::uint8_t> status;    ///< of each replicate: 0 fine; else the largest status of its parts

  /// Row of a parameter, or -1.
  Eigen::Index find(const std::string& name) const;
  /// The first `count` successful replicates, in order. @throws InputError  fewer than that succeeded.
  std::vector<int> successful(int count) const;
  /// As successful(), but where failures leave fewer than `count` it is those there are, as long as at most
  /// `most_failed` of all replicates failed: a handful of resamples without a solution takes a run a handful
  /// of draws, not its result. @throws NumericalError  more failed, and fewer than `count` are left
  std::vector<int> usable(int count) const;
  static constexpr double most_failed = 0.01;
  long failed() const;  ///< replicates that did
};

}  // namespace spillway
