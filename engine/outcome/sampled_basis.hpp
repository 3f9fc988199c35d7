// What all draws of one unit dynamics have in common: bases of areas and groups, and every draw's coordinates
// in them.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "engine/outcome/expand_kernels.hpp"
#include "engine/outcome/local_basis.hpp"
#include "engine/outcome/snapshots.hpp"

namespace spillway {

constexpr double kTail = 5e-8;      // share of all areas' root mean square that the basis may leave out
constexpr double kAreaTail = 4e-7;  // share of an area group's own that its leading modes may leave out
constexpr float kSizeFloor =
    1e-2f;                        // of the root mean square over areas: areas below it count as of this size,
constexpr float kFaint = 100.0f;  // but as no more than so many times their own
constexpr int kMostBasis = 160;   // beyond this sampling costs more than the recursion

/// A matrix whose product with draws in lanes the kernels take: rows padded with zeros to whole calls.
class LaneMatrix {
 public:
  LaneMatrix() = default;
  explicit LaneMatrix(const Eigen::MatrixXf& matrix);
  long rows() const { return rows_; }  ///< padded
  /// out[block][row][draw] = sum over columns of value x in[block][column][draw].
  void product(long blocks, const float* in, long in_block, float* out, long out_block) const {
    product(0, rows_, blocks, in, in_block, out, out_block);
  }
  /// Of rows from `first`, a multiple of kernels::kExpandRows; as many as make whole calls.
  void product(long first, long rows, long blocks, const float* in, long in_block, float* out,
               long out_block) const;

 private:
  long rows_ = 0, columns_ = 0;
  std::vector<float> value_;
};

/// All draws' coordinates in some modes, draws in lanes: [block][mode, padded][draw of the block].
class BasisCoordinates {
 public:
  static constexpr long kBlock = kernels::kExpandDraws;
  BasisCoordinates() = default;
  BasisCoordinates(int modes, long padded, long draws);
  int modes() const { return modes_; }
  long draws() const { return draws_; }
  long blocks() const { return (draws_ + kBlock - 1) / kBlock; }
  long stride() const { return padded_ * kBlock; }  ///< of a block
  float* data() { return value_.data(); }
  const float* data() const { return value_.data(); }
  float* block(long k) { return value_.data() + k * stride(); }
  const float* block(long k) const { return value_.data() + k * stride(); }
  /// Draws x modes of one block.
  Eigen::Map<const Eigen::MatrixXf> matrix(long k) const { return {block(k), kBlock, modes_}; }
  /// One draw's.
  Eigen::VectorXf draw(long d) const { return matrix(d / kBlock).row(d % kBlock).transpose(); }

 private:
  int modes_ = 0;
  long padded_ = 0, draws_ = 0;
  AlignedBuffer value_;
};

/// One outcome over areas.
struct AreaBasis {
  Eigen::VectorXf size;           ///< of each area: what its errors count over (area_sizes)
  BasisCoordinates coordinates;   ///< of all draws
  std::vector<LocalBasis> local;  ///< areas by area groups: rows are of outcomes over `size`
};

/// One period of the aggregates of one outcome.
struct GroupBasis {
  std::size_t outcome;
  int period;
  BasisCoordinates coordinates;
  LaneMatrix to_groups;  ///< groups of all groupings, one after the other, x modes, padded
};

/// The sampled basis of one unit dynamics (basis_path.hpp says how it works): of use to every scenario that
/// has them.
struct SampledBasis {
  Dynamics of;
  std::vector<long> draws;  ///< of the snapshots: those of the basis, then those of the check
  long basis_draws = 0;
  std::vector<int> areas;              ///< those that ever move, tile by tile: the columns of every basis
  std::vector<Eigen::MatrixXf> check;  ///< [outcome] exact draws of the check x areas
  std::vector<AggregateSeries> aggregates;  ///< exact ones of `draws`
  std::vector<AreaBasis> areas_of;    ///< none: the rank is too large to pay, or there are too few draws
  std::vector<GroupBasis> groups_of;  ///< outcome by outcome, period by period
  bool too_few = false;  ///< snapshots: more modes than `most_share` of them, and nothing further was made
  int ranks = 1;         ///< that made it: each has the area groups and the groups' draws of its own share

  long checks() const { return static_cast<long>(draws.size()) - basis_draws; }
  /// Exact aggregates of one outcome and period: groups of all groupings x the first `count` of `draws`.
  Eigen::MatrixXf group_snapshots(const OutcomePlan& plan, std::size_t outcome, int period, long count) const;
};

/// @param basis_draws  snapshots that make the basis
/// @param check_draws  further ones that test it
/// @param most_share   of the snapshots that modes may take: a basis near its snapshots' number misses some
/// @param beside       done beside the few tasks after the snapshots, once those are gone from memory, if it
/// comes to them
/// @param ranks        share the work: snapshots by draws, rows by areas, coordinates by draws, area groups.
///                     Collective.
std::shared_ptr<const SampledBasis> sample_basis(Dynamics unit, const OutcomePlan& plan, int basis_draws,
                                                 int check_draws, double most_share, Parallelism parallelism,
                                                 const std::function<void()>& beside,
                                                 Ranks& ranks = Ranks::alone());

}  // namespace spillway
