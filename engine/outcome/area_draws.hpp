// All draws of one outcome in every area, a block of draws at a time.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/outcome/outcome.hpp"
#include "engine/outcome/sampled_basis.hpp"

namespace spillway {

/// A matrix draws x areas that is multiplied out where it is read: held as the sampled basis where that
/// stands (basis_path.hpp), so that England's 33,755 areas x 9,999 draws need some tens of megabytes; else
/// every draw, in steps of a 65,534th of its area's range (0.7 GB).
class AreaDraws {
 public:
  static constexpr long kBlock = BasisCoordinates::kBlock;

  /// Every draw, given: draws x areas.
  explicit AreaDraws(Eigen::MatrixXf dense);
  /// Of the first of `plan.outcomes`.
  /// @throws InputError  as evaluate(); or every draw has to be held and plan.memory_gb has no room for them
  AreaDraws(const Dynamics& dynamics, OutcomePlan plan, Parallelism parallelism, Path path = Path::automatic);

  long areas() const { return areas_; }
  long draws() const { return draws_; }
  long blocks() const { return (draws_ + kBlock - 1) / kBlock; }
  const std::string& path() const { return path_; }
  /// The area of each column of a block: every area once.
  const std::vector<int>& columns() const { return columns_; }
  /// Floats that block() writes: some more than kBlock x areas.
  std::size_t room() const;
  /// Draws k * kBlock and following: out[column][draw], zeros where there are no more draws.
  void block(long k, float* out) const;
  /// Some columns whose draws are all made at once, few enough to stay in a processor's own memory.
  struct Strip {
    long first, columns;
    long group;  ///< of areas that share modes; -1: of none
    long row;    ///< the first column's among the group's areas
  };
  const std::vector<Strip>& strips() const { return strips_; }
  /// Floats that strip() writes.
  std::size_t strip_room() const {
    return static_cast<std::size_t>(blocks() * (kStripStride + most_local_ * kBlock));
  }
  static constexpr long kStripColumns = 32, kStripStride = kStripColumns * kBlock;
  /// Every draw of a strip's columns: out[block][column][draw], blocks kStripStride apart; what stands in the
  /// last block beyond the draws means nothing.
  void strip(const Strip& which, float* out) const;
  /// What a draw of each area may be off by: kBasisTolerance of its size, half a step where every draw is
  /// held; zero where they were given.
  const Eigen::VectorXf& error() const { return error_; }

 private:
  struct AreaGroup {  ///< of areas that share a few modes
    LaneMatrix to_local, to_areas;
    long areas;
  };
  void cut_into_strips();
  /// Whether there is one.
  bool hold_basis(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism);
  void hold_all(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism);

  long areas_ = 0, draws_ = 0;
  std::string path_ = "every draw held";
  std::vector<int> columns_;
  std::vector<Strip> strips_;
  BasisCoordinates coordinates_;        ///< of the sampled basis, times the size of each draw
  std::vector<AreaGroup> area_groups_;  ///< of the first columns
  long most_local_ = 0;
  Eigen::MatrixXf exact_;            ///< draws x exact_columns_
  std::vector<int> exact_columns_;   ///< whose draws are held as they are
  std::vector<std::int16_t> steps_;  ///< [block][column][draw]: draws in steps about the middle
  Eigen::VectorXf middle_, step_;    ///< of each column
  Eigen::VectorXf error_;
};

}  // namespace spillway
