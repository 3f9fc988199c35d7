#include <cstdint>

#include "engine/base/lanes.hpp"
#include "engine/propagate/tile_kernels.hpp"

namespace spillway::kernels {
namespace {

using Draws = Lanes<float, kLanes>;

// Kernels take their arguments by value: lanes may alias anything, so that behind a reference every argument
// would be read again after every store.

/// States begin at a multiple of a batch's bytes.
SPILLWAY_INLINE Draws load(const float* from) {
  return Draws::load(static_cast<const float*>(__builtin_assume_aligned(from, 4 * kLanes)));
}
SPILLWAY_INLINE void store(float* to, const Draws& value) {
  value.store(static_cast<float*>(__builtin_assume_aligned(to, 4 * kLanes)));
}

/// expm1 by 2^n (p + 1) - 1, x = n ln 2 + r, p a Taylor series of expm1(r), |r| <= ln 2 / 2: the truncation
/// is below r^8/40320, so the relative error is below 2e-7. Arguments beyond +-87 are held there.
SPILLWAY_INLINE Draws expm1_lanes(const Draws& argument) {
  const Draws x = largest(Draws::all(-87.0f), least(Draws::all(87.0f), argument));
  constexpr float magic = 12582912.0f;  // 1.5 x 2^23: adding it rounds to an integer
  const Draws rounded = (x * 1.44269504f + magic) - magic;
  const auto n = value_as<std::int32_t>(rounded);
  const Draws r = (x - rounded * 0.693359375f) + rounded * 2.12194440e-4f;
  Draws p = r * (1.0f / 5040.0f) + (1.0f / 720.0f);
  p = p * r + (1.0f / 120.0f);
  p = p * r + (1.0f / 24.0f);
  p = p * r + (1.0f / 6.0f);
  p = p * r + 0.5f;
  p = p * r * r + r;
  const auto power = bits_as<float>((n + 127) << 23);
  return power * p + (power - 1.0f);
}

template <int kDegree, int kWeighted>
SPILLWAY_INLINE Draws neighbour_sum(const std::uint32_t* neighbour, const float* weight, int degree,
                                    const float* previous) {
  const int count = kDegree >= 0 ? kDegree : degree;
  if (count == 0) return Draws{};
  Draws sum = load(previous + neighbour[0]);
  if (kWeighted) sum = sum * weight[0];
  for (int k = 1; k < count; ++k) {
    const Draws value = load(previous + neighbour[k]);
    sum += kWeighted ? value * weight[k] : value;
  }
  return sum;
}

void mix_entries(const Mixing& of) {
  const Mixing mixing = of;
  for (int e = 0; e < mixing.entries; ++e) {
    const MixedEntry entry = mixing.entry[e];
    const float *share = mixing.share + entry.share * kLanes, *value = mixing.value + entry.value;
    Draws sum{};
    for (std::uint32_t k = 0; k < entry.shapes; ++k) sum += load(share + k * kLanes) * value[k];
    store(mixing.mixed + e * kLanes, sum);
  }
}

template <int kDegree, int kWeighted>
void rows(const TileRows tile, const Step step, const Segment segment) {
  const Draws phi = load(step.phi);
  const std::uint32_t* neighbour = tile.neighbour + segment.neighbour;
  const float* weight = kWeighted ? tile.neighbour_weight + segment.neighbour : nullptr;
  const ShapeEntry* entry = tile.entries + segment.entry;
  const MixedEntry* mix = tile.mixed_entries + segment.mix;
  const float* mixed = step.mixed + segment.mix * kLanes;
  const int degree = kDegree >= 0 ? kDegree : segment.degree;
  for (int r = segment.first; r < segment.last; ++r) {
    Draws lag = neighbour_sum<kDegree, kWeighted>(neighbour, weight, degree, step.previous);
    if (!kWeighted) lag = lag * tile.row_weight[r];
    Draws now = load(step.coefficient + tile.class_offset[r]) * lag + phi * load(step.previous + r * kLanes);
    for (int s = 0; s < segment.shapes; ++s)
      now += load(step.amplitude + entry[s].amplitude) * entry[s].value;
    for (int m = 0; m < segment.mixed; ++m)
      now += load(step.mix_amplitude + mix[m].amplitude) * load(mixed + m * kLanes);
    store(step.next + r * kLanes, now);
    neighbour += degree;
    if (kWeighted) weight += degree;
    entry += segment.shapes;
    mix += segment.mixed;
    mixed += segment.mixed * kLanes;
  }
}

void first_rows(const TileRows tile, const Step step, const Segment segment) {
  const ShapeEntry* entry = tile.entries + segment.entry;
  const MixedEntry* mix = tile.mixed_entries + segment.mix;
  const float* mixed = step.mixed + segment.mix * kLanes;
  for (int r = segment.first; r < segment.last; ++r) {
    Draws now{};
    for (int s = 0; s < segment.shapes; ++s)
      now += load(step.amplitude + entry[s].amplitude) * entry[s].value;
    for (int m = 0; m < segment.mixed; ++m)
      now += load(step.mix_amplitude + mix[m].amplitude) * load(mixed + m * kLanes);
    store(step.next + r * kLanes, now);
    entry += segment.shapes;
    mix += segment.mixed;
    mixed += segment.mixed * kLanes;
  }
}

void step_rows(const TileRows& tile, const Step& step) {
  if (step.previous == nullptr) {
    for (int k = 0; k < step.segments; ++k) first_rows(tile, step, tile.segments[k]);
    return;
  }
  for (int k = 0; k < step.segments; ++k) {
    const Segment& segment = tile.segments[k];
    if (segment.weighted) {
      rows<-1, 1>(tile, step, segment);
      continue;
    }
    switch (segment.degree) {
      case 0:
        rows<0, 0>(tile, step, segment);
        break;
      case 1:
        rows<1, 0>(tile, step, segment);
        break;
      case 2:
        rows<2, 0>(tile, step, segment);
        break;
      case 3:
        rows<3, 0>(tile, step, segment);
        break;
      case 4:
        rows<4, 0>(tile, step, segment);
        break;
      case 5:
        rows<5, 0>(tile, step, segment);
        break;
      case 6:
        rows<6, 0>(tile, step, segment);
        break;
      case 7:
        rows<7, 0>(tile, step, segment);
        break;
      case 8:
        rows<8, 0>(tile, step, segment);
        break;
      case 9:
        rows<9, 0>(tile, step, segment);
        break;
      case 10:
        rows<10, 0>(tile, step, segment);
        break;
      default:
        rows<-1, 0>(tile, step, segment);
    }
  }
  for (int k = 0; k < step.added_links; ++k) {
    const AddedRow& row = tile.added_links[k];
    Draws lag{};
    for (std::uint32_t at = row.first; at < row.last; ++at)
      lag += load(step.previous + tile.added_neighbour[at]) * tile.added_weight[at];
    float* now = step.next + row.row * kLanes;
    store(now, load(now) + load(step.added_coefficient + tile.class_offset[row.row]) * lag);
  }
}

template <int kSums, int kCumulative, int kPounds>
void gather_rows(const Gather gather) {
  for (int cell = 0; cell < gather.cells; ++cell) {
    Draws total{};
    for (int k = gather.cell_first[cell]; k < gather.cell_end[cell]; ++k) {
      const Draws now = load(gather.state + gather.visit[k]);
      if (kSums) total += now * gather.rate_weight[k];
      if (kCumulative) {
        const Draws sum = load(gather.cumulative + k * kLanes) + now;
        store(gather.cumulative + k * kLanes, sum);
        if (kPounds)
          store(gather.discounted + k * kLanes,
                load(gather.discounted + k * kLanes) + expm1_lanes(sum) * gather.pound_factor[k]);
      }
    }
    if (kSums) store(gather.cell_sum + cell * kLanes, total);
  }
}

void gather_all(const Gather& gather) {
  const int sums = gather.cell_sum != nullptr, cumulative = gather.cumulative != nullptr;
  const int pounds = gather.pound_factor != nullptr;
  if (sums) {
    if (pounds)
      gather_rows<1, 1, 1>(gather);
    else if (cumulative)
      gather_rows<1, 1, 0>(gather);
    else
      gather_rows<1, 0, 0>(gather);
  } else {
    if (pounds)
      gather_rows<0, 1, 1>(gather);
    else if (cumulative)
      gather_rows<0, 1, 0>(gather);
  }
}

SPILLWAY_INLINE Draws emitted(const Emit& emit, int k) {
  Draws value = load(emit.values + (emit.from_row != nullptr ? emit.from_row[k] : k * kLanes));
  if (emit.pound_factor != nullptr) value = expm1_lanes(value) * emit.pound_factor[k];
  return value;
}

void emit_rows(const Emit& of) {
  const Emit emit = of;
  if (emit.out != nullptr && emit.stride > kLanes) {  // rows of all draws: read when the last batch is there
    for (int k = 0; k < emit.rows; ++k) store_past_caches(emitted(emit, k), emit.out + k * emit.stride);
    pass_caches_end();
  } else if (emit.out != nullptr) {
    for (int k = 0; k < emit.rows; ++k) store(emit.out + k * emit.stride, emitted(emit, k));
  }
  for (int cell = 0; cell < emit.cells; ++cell) {
    Draws total{};
    for (int k = emit.cell_first[cell]; k < emit.cell_first[cell + 1]; ++k)
      total += emitted(emit, k) * emit.weight[k];
    store(emit.cell_sum + cell * kLanes, total);
  }
}

void merge_cells(const Merge& of) {
  const Merge merge = of;
  for (int k = 0; k < merge.entries;) {
    const std::uint32_t group = merge.entry[k].group;
    float* out = merge.out + group;  // a std::vector's: not on a lane's boundary
    if (merge.ahead != 0) {
      __builtin_prefetch(out + merge.ahead, 1, 2);
      __builtin_prefetch(out + merge.ahead + kLanes - 1, 1, 2);
    }
    Draws sum = Draws::load(out);
    for (; k < merge.entries && merge.entry[k].group == group; ++k)
      sum += load(merge.cell_sum + merge.entry[k].cell) * merge.entry[k].scale;
    sum.store(out);
  }
}

}  // namespace

const TileKernels SPILLWAY_OF_LEVEL(tile_kernels) = {mix_entries, step_rows, gather_all, emit_rows,
                                                     merge_cells};

}  // namespace spillway::kernels
