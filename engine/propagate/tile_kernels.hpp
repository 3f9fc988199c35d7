// The inner loops of the exact recursion, one variant for each instruction set. Plain pointers: no Eigen
// here.
//
// Lanes are draws: row r of a state holds the same area in kLanes draws, side by side. Each variant evaluates
// the same expressions in the same order and never contracts them into fused multiply-adds, so all give the
// same bits.
#pragma once
#include <cstdint>

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

constexpr int kLanes = 16;  ///< draws of one batch: a cache line of floats

/// Rows first..last-1 of a tile that share one form, so that their loops have no surprises for the processor.
struct Segment {
  std::int32_t first, last;
  std::int32_t degree;      ///< neighbours of each row
  std::int32_t weighted;    ///< 1: a weight for each neighbour; 0: one weight for the whole row
  std::int32_t shapes;      ///< shape entries of each row
  std::int32_t mixed;       ///< mixed entries of each row
  std::uint32_t neighbour;  ///< where the segment's neighbours start
  std::uint32_t entry;      ///< where the segment's shape entries start
  std::uint32_t mix;        ///< where the segment's mixed entries start
};

/// shape_iq of a row: which amplitude, times what.
struct ShapeEntry {
  std::uint32_t amplitude;  ///< q kLanes
  float value;
};

/// A row's shapes of one mix, whose amplitudes keep their proportions over the horizon: added up once a
/// batch.
struct MixedEntry {
  std::uint32_t amplitude;      ///< mix x kLanes
  std::uint32_t share, shapes;  ///< the first of the mix's shares, and how many shapes it has
  std::uint32_t value;          ///< where the row's values of these shapes start
};

/// A row of C: rows of the matrix of added links that are not empty, in row order.
struct AddedRow {
  std::int32_t row;
  std::uint32_t first, last;  ///< into added_neighbour and added_weight
};

/// The rows of a tile as the kernels read them. Offsets are in floats: local row x kLanes.
struct TileRows {
  const Segment* segments;
  const std::uint32_t* neighbour;     ///< segment by segment, row by row
  const float* neighbour_weight;      ///< likewise; read where the segment is weighted
  const float* row_weight;            ///< by row: the one weight of an unweighted row
  const std::uint32_t* class_offset;  ///< by row: class x kLanes
  const ShapeEntry* entries;
  const MixedEntry* mixed_entries;
  const AddedRow* added_links;
  const std::uint32_t* added_neighbour;
  const float* added_weight;
};

/// One period of one batch: next = rho (1 - lambda) W previous + rho lambda C previous + phi previous +
/// forcing.
struct Step {
  int segments;                    ///< how many lead the list: the rows still needed
  int added_links;                 ///< likewise
  const float* coefficient;        ///< [class][lane] rho (1 - lambda)
  const float* added_coefficient;  ///< [class][lane] rho lambda
  const float* phi;                ///< [lane]
  const float* amplitude;          ///< [shape][lane]
  const float* mix_amplitude;      ///< [mix][lane]
  const float* mixed;              ///< [mixed entry][lane]
  const float* previous;           ///< [row][lane]; nullptr in the first period: u(0) = 0
  float* next;                     ///< [row][lane]
};

/// The sums of mixed entries in one batch: mixed[entry] = sum over its shapes of share x value.
struct Mixing {
  int entries;
  const MixedEntry* entry;
  const float* value;
  const float* share;  ///< [share][lane]
  float* mixed;        ///< [entry][lane]
};

/// What is gathered over the core rows of a tile after each period, in the order `visit`.
struct Gather {
  int cells;
  const std::int32_t* cell_first;  ///< of each cell: its first place in visit
  const std::int32_t* cell_end;    ///< one past the last place that is gathered: what follows is still zero
  const std::uint32_t* visit;      ///< local row x kLanes
  const float* rate_weight;        ///< by visited row
  const float* state;              ///< u of this period
  float* cumulative;               ///< [visited row][lane]; nullptr: not wanted
  const float* pound_factor;       ///< by visited row: discount GVA_0 exp(h y0); nullptr: not wanted
  float* discounted;               ///< [visited row][lane]
  float* cell_sum;                 ///< [cell][lane]; nullptr: not wanted
};

/// The last period's draws of one outcome: copied, or turned into pounds, to [visited row][draw].
struct Emit {
  int rows;
  const std::uint32_t* from_row;  ///< offsets into `values`; nullptr: row by row
  const float* values;            ///< [row][lane]
  const float* pound_factor;      ///< nullptr: as it is; else factor expm1(value)
  float* out;                     ///< first lane of the batch in the first row; nullptr: not wanted
  std::int64_t stride;            ///< floats from one row to the next
  int cells;                      ///< 0: no sums
  const std::int32_t* cell_first;
  const float* weight;
  float* cell_sum;
};

/// A cell's sum joins a group's: out[group] += scale cell_sum[cell], in the order of the entries; those of a
/// group follow each other, so that its sum is read and written once.
struct MergeEntry {
  std::uint32_t cell, group;  ///< offsets: index x kLanes
  float scale;
};
struct Merge {
  int entries;
  const MergeEntry* entry;
  const float* cell_sum;
  float* out;
  std::int64_t ahead;  ///< floats from `out` to the groups of the next period, fetched meanwhile; 0: none
};

struct TileKernels {
  void (*mix)(const Mixing&);
  void (*step)(const TileRows&, const Step&);
  void (*gather)(const Gather&);
  void (*emit)(const Emit&);
  void (*merge)(const Merge&);
};

extern const TileKernels tile_kernels_v2, tile_kernels_v3, tile_kernels_v4;

/// Those of instruction_set().
inline const TileKernels& tile_kernels() { return SPILLWAY_AT_LEVEL(tile_kernels); }

}  // namespace spillway::kernels
