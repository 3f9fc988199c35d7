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
  /// The first `count` successful replicates, in order. @throws NumericalError  fewer than that succeeded
  std::vector<int> successful(int count) const;
  /// As successful(), but where failures leave fewer than `count` it is those there are.
  /// @throws NumericalError  more than `most_failed` of all replicates failed, whether or not as many as are
  /// wanted are left: failing goes with what is estimated (an explosive one has the largest lags), so more
  /// replicates are more of the same sample, cut off at one side
  std::vector<int> usable(int count) const;
  /// A warning for whatever rests on these draws where more than `mentioned` of all replicates failed: how
  /// many, of what, and what that does to bands. Else "".
  std::string doubt() const;
  static constexpr double mentioned = 0.01,
                          most_failed = 0.10;  ///< as the decision table's of explosive ones
  long failed() const;                         ///< replicates that did
};

}  // namespace spillway
