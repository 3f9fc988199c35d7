// Overlapped time tiles: a set of core areas with the halo their recursion needs, laid out for the kernels.
//
// Period h of a core area needs its neighbours at h - 1, theirs at h - 2, and so on: rows at distance r from
// the core are computed for the periods up to H - r only, so the needed rows shrink like a trapezoid. A tile
// with all its draws of one batch stays in the second-level cache for the whole horizon; the price is that
// halos are computed more than once. Rows that no shock has reached yet are zero and left alone. Rows keep
// their neighbours in the order of W, so a draw has the same bits in whatever tile it is computed. Source:
// Strzodka, Shaheen, Pajak & Seidel (2011), "Cache accurate time skewing"; the overlapped variant.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/propagate/aligned_buffer.hpp"
#include "engine/propagate/dynamics.hpp"
#include "engine/propagate/tile_kernels.hpp"

namespace spillway {

inline constexpr long kLanes = kernels::kLanes;  ///< draws of one batch, for sizes

constexpr std::size_t kFewestMixed = 4;
constexpr double kMixedError = 1e-14;

/// What every tile of one Dynamics shares: single-precision rows, and which areas a shock can reach.
class TileSource {
 public:
  /// @param dynamics  checked; must outlive this object
  explicit TileSource(const Dynamics& dynamics);

  const Dynamics& dynamics() const noexcept { return dynamics_; }
  /// First period in which the area can move, 1..H; H + 1: it stays exactly zero.
  int reached(int area) const { return reached_[static_cast<std::size_t>(area)]; }
  const std::vector<std::int16_t>& reached() const noexcept { return reached_; }
  bool has_added_links() const noexcept { return has_added_links_; }
  /// The one weight of the area's row of W, or 0 where its weights differ.
  double uniform_weight(int area) const { return uniform_weight_[static_cast<std::size_t>(area)]; }
  const std::vector<std::int32_t>& shape_first() const noexcept { return shape_first_; }
  const std::vector<kernels::ShapeEntry>& shape_entries() const noexcept { return shape_entries_; }

  /// Shapes of the same areas (at least kFewestMixed) whose amplitudes keep their proportions over the
  /// horizon, in every draw to kMixedError of the largest: a draw's sum of them is made once, not in every
  /// period. The directions in which drawn growth is off are such.
  struct Mix {
    std::vector<int> shapes;
    std::vector<bool> of_area;
    std::uint32_t first_share;  ///< of its shapes, in the order of all mixes' shapes
  };
  const std::vector<Mix>& mixes() const noexcept { return mixes_; }

 private:
  void find_mixes();

  const Dynamics& dynamics_;
  bool has_added_links_ = false;
  std::vector<std::int16_t> reached_;
  std::vector<double> uniform_weight_;
  std::vector<std::int32_t> shape_first_;  ///< areas + 1 edges into shape_entries_
  std::vector<kernels::ShapeEntry> shape_entries_;
  std::vector<Mix> mixes_;
};

/// Cut all areas into compact tiles of at most `tile_areas`, neighbours together, by recursive bisection of
/// breadth-first orders from a far end of each part. Depends on W and `tile_areas` alone.
///
/// @return  tiles of area indices, together every area once
std::vector<std::vector<int>> cut_into_tiles(const SpatialWeights::Matrix& weights, int tile_areas);

/// One tile: its rows, and everything the kernels read of them.
class TimeTile {
 public:
  /// @param core  areas wanted, each once; those a shock never reaches are left out
  /// @param cell  area -> cell: core areas are visited cell by cell, so that sums over cells are cheap
  TimeTile(const TileSource& source, const std::vector<int>& core, const std::vector<std::int32_t>& cell);

  int core_rows() const noexcept { return static_cast<int>(visited_area_.size()); }
  int rows() const noexcept { return static_cast<int>(row_area_.size()); }
  /// Rows computed over all periods: the work of one batch.
  long row_periods() const noexcept { return row_periods_; }
  const std::vector<int>& visited_area() const noexcept {
    return visited_area_;
  }  ///< core areas in visiting order
  const std::vector<std::uint32_t>& visit() const noexcept { return visit_; }  ///< their offsets in a state
  const std::vector<std::int32_t>& cells() const noexcept {
    return cells_;
  }  ///< the cells, in visiting order
  const std::vector<std::int32_t>& cell_first() const noexcept { return cell_first_; }
  /// One past the last of each cell's visits that can have moved by a period (0-based); later ones are zero.
  const std::int32_t* cell_end(int period) const {
    return cell_end_.data() + static_cast<std::size_t>(period) * cells_.size();
  }

  /// With the segments that a period (0-based) computes: those still needed whose rows can have begun to
  /// move.
  kernels::TileRows view(int period) const noexcept;
  const std::vector<kernels::Segment>& segments(int period) const {
    return segments_[static_cast<std::size_t>(period)];
  }
  /// What a batch adds up once, before its first period, into `mixed`.
  kernels::Mixing mixing(const float* share, float* mixed) const noexcept;
  std::size_t mixed_entries() const noexcept { return mixed_entries_.size(); }
  /// Zero, before the first period, the rows of both states that are not computed from it on.
  void rest_late_rows(float* even, float* odd) const;
  int added_links_in(int period) const { return added_links_in_[static_cast<std::size_t>(period)]; }

 private:
  void lay_out(const TileSource& source, const std::vector<int>& ring_end, std::vector<int>& local);

  std::vector<int> row_area_, visited_area_;
  std::vector<std::uint32_t> visit_, neighbour_, class_offset_, added_neighbour_;
  std::vector<std::int32_t> cells_, cell_first_, cell_end_;
  std::vector<int> starts_;  ///< by row: the first period (0-based) that computes it
  std::vector<std::vector<kernels::Segment>> segments_;  ///< by period
  std::vector<kernels::Segment> late_;                   ///< not computed in the first period
  std::vector<kernels::ShapeEntry> entries_;
  std::vector<kernels::MixedEntry> mixed_entries_;
  std::vector<kernels::AddedRow> added_links_;
  std::vector<float> neighbour_weight_, row_weight_, added_weight_, mixed_value_;
  std::vector<int> added_links_in_;  ///< by period
  long row_periods_ = 0;
};

/// Coefficients of one batch of draws, in lanes.
class BatchCoefficients {
 public:
  explicit BatchCoefficients(const TileSource& source);

  /// Gather `count` draws (at most kLanes); the lanes left over repeat the last one.
  void pack(const long* draws, int count);

  const float* coefficient(int period) const;        ///< [class][lane] rho (1 - lambda)
  const float* added_coefficient(int period) const;  ///< [class][lane] rho lambda
  const float* phi() const { return phi_.data(); }
  const float* amplitude(int period) const;      ///< [shape][lane]
  const float* mix_amplitude(int period) const;  ///< [mix][lane]: the amplitude of the mix's first shape
  const float* share() const { return share_.data(); }  ///< [share][lane]: a mixed shape's over the first's

 private:
  const TileSource& source_;
  AlignedBuffer coefficient_, added_coefficient_, phi_, amplitude_, mix_amplitude_, share_;
};

}  // namespace spillway
