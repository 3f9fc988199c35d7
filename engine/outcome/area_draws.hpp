// All draws of one outcome in every area, a block of draws at a time.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/outcome/sampled_basis.hpp"

namespace spillway {

/// A matrix draws x areas that is multiplied out where it is read: held as the sampled basis where that
/// stands (basis_path.hpp), so that England's 33,755 areas x 9,999 draws need some tens of megabytes; else
/// every draw.
class AreaDraws {
 public:
  static constexpr long kBlock = Coordinates::kBlock;

  /// Every draw, given: draws x areas.
  explicit AreaDraws(Eigen::MatrixXf dense);
  /// Of the first of `plan.outcomes`.
  /// @throws InputError  as evaluate(); or every draw has to be held and plan.memory_gb has no room for them
  AreaDraws(const Dynamics& dynamics, OutcomePlan plan, Parallelism parallelism, Path path = Path::automatic);

  long areas() const { return areas_; }
  long draws() const { return draws_; }
  long blocks() const { return (draws_ + kBlock - 1) / kBlock; }
  const std::string& path() const { return path_; }
  /// Draws k * kBlock and following: kBlock x areas, zeros where there are no more draws.
  void block(long k, Eigen::MatrixXf& out) const;
  /// What a draw of each area may be off by: kBasisTolerance of its size; zero where every draw is held.
  const Eigen::VectorXf& error() const { return error_; }

 private:
  struct Gathering {  ///< of areas that share a few modes
    LaneMatrix to_local, to_areas;
    std::vector<int> areas;
  };
  void hold_basis(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism);
  void hold_all(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism);

  long areas_ = 0, draws_ = 0;
  std::string path_ = "every draw held";
  std::vector<double> size_;  ///< [draw], of the basis' coordinates
  std::shared_ptr<const SampledBasis> basis_;
  std::vector<Gathering> gatherings_;
  long most_local_ = 0, most_areas_ = 0;
  Eigen::MatrixXf exact_;         ///< draws x exact_areas_
  std::vector<int> exact_areas_;  ///< whose draws are held
  Eigen::VectorXf error_;
};

}  // namespace spillway
