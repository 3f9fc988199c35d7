// Statistics of wild bootstrap replicates, some side by side; one variant for each instruction set. All give
// the same bits.
#pragma once
#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

constexpr int kWildReplicates = 8;  ///< that stand together

/// What WildCluster::statistics() knows of a value b, and sums of replicates that stand together: value v of
/// the k-th of them at v kWildReplicates + k.
struct WildReplicates {
  long instruments, controls;  ///< l, p; m has 2 l + l (l + 1) / 2 values, k has l (l + 1) / 2 + l p
  bool instrumented;
  double shift;            ///< b - estimate
  const double* pi;        ///< l: first stage under the null
  const double* constant;  ///< C, by columns
  const double* totals;    ///< z'u, z's, z'z, z'w, w'u, w's, all multiplier-weighted
  const double* squares;   ///< A, upper triangle by columns
  const double* crosses;   ///< B, by columns
  double* work;            ///< l + p values
  double* moving;          ///< out: m
  double* fixed;           ///< out: k
  double* numerator;       ///< out, one value: the replicate's coefficient less b, times its d'd
  double* variance;        ///< out, one value: m'A m - 2 m'B k + k'C k
};

using WildStatistics = void (*)(const WildReplicates& of);
extern const WildStatistics wild_statistics_v2, wild_statistics_v3, wild_statistics_v4;

/// That of instruction_set().
inline WildStatistics wild_statistics() { return SPILLWAY_AT_LEVEL(wild_statistics); }

}  // namespace spillway::kernels
