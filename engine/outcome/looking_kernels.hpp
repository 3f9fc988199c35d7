// The passes over a block of draws of many areas, or of many groups, of after_looking.cpp: 32 draws side by
// side. One variant for each instruction set; all give the same bits.
#pragma once
#include <cstdint>

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

constexpr int kLookDraws = 32;  ///< draws that stand together

/// Of areas, block[area][kLookDraws] holds draws x, z = (x - mean) scale are their scores; mean and scale
/// [kLookDraws].
struct LookKernels {
  /// Over areas: the sum of x, the sum of (x - mean)^2; [kLookDraws].
  void (*sum)(const float* block, long areas, double* sum);
  void (*squares)(const float* block, long areas, const float* mean, double* squares);
  /// Adds to sums[area][4] the sums over draws of x, x^2, z, z^2.
  void (*moments)(const float* block, long areas, const float* mean, const float* scale, double* sums);
  /// most[draw] = the largest |x - centre[area]| inverse[area]; adds to with[area] the sum over draws of
  /// (x - centre[area]) beside[draw].
  void (*reach)(const float* block, long areas, const float* centre, const float* inverse,
                const float* beside, float* most, double* with);
  /// x becomes z - centre[area], 0 where width[area] is 0.
  void (*deviate)(float* block, long areas, const float* mean, const float* scale, const float* centre,
                  const float* width);
  /// In each draw the first area with the largest x - value[draw] width[area], and that with the largest -x -
  /// value[draw] width[area].
  void (*extremes)(const float* block, long areas, const float* width, const float* value, std::int32_t* top,
                   std::int32_t* bottom);
  /// held[block * stride + draw] = (x - centre) inverse of one area's n draws, as the nearest whole number
  /// from -32767 to 32767; 0 where the last block has no draws.
  void (*hold)(const float* x, long n, float centre, float inverse, std::int16_t* held, long stride);
  /// out[area][draw] = centre[area] + step[area] held[area][draw]
  void (*widen)(const std::int16_t* held, long areas, const float* centre, const float* step, float* out);
  /// The sum of (a - b)^2 over n numbers.
  double (*squares_apart)(const double* a, const double* b, long n);
  /// Of groups, block[group][kLookDraws]: largest[group][draw] = the largest |x_group - x_other| inverse over
  /// the other groups, inverse[group * groups + other] of group < other.
  void (*apart)(const double* block, long groups, const double* inverse, double* largest);
  /// Of each chunk of kLookDraws draws, chunk k at draws + k * stride, the least and the largest.
  void (*ends)(const float* draws, long stride, long chunks, float* least, float* largest);
};

extern const LookKernels look_kernels_v2, look_kernels_v3, look_kernels_v4;

/// Those of instruction_set().
inline const LookKernels& look_kernels() { return SPILLWAY_AT_LEVEL(look_kernels); }

}  // namespace spillway::kernels
