// Body of the plain recursion; each plain_kernels_<level>.cpp compiles it for its instruction set.
#pragma once
#include "engine/outcome/plain_kernels.hpp"

namespace spillway::kernels {
namespace {

#if defined(__AVX512F__)
constexpr int kDoubles = 8;
#elif defined(__AVX2__)
constexpr int kDoubles = 4;
#else
constexpr int kDoubles = 2;
#endif
typedef double Doubles __attribute__((vector_size(8 * kDoubles), may_alias, aligned(8)));
constexpr int kParts = static_cast<int>(kPlainDraws) / kDoubles;

inline Doubles& part(double* at, int p) { return *reinterpret_cast<Doubles*>(at + p * kDoubles); }
inline const Doubles& part(const double* at, int p) {
  return *reinterpret_cast<const Doubles*>(at + p * kDoubles);
}

inline void add_lag(const PlainMatrix& matrix, long area, const double* coefficient, const double* before,
                    Doubles* out) {
  Doubles lag[kParts] = {};
  for (int k = matrix.first[area]; k < matrix.first[area + 1]; ++k) {
    const double weight = matrix.value[k];
    const double* from = before + matrix.column[k] * kPlainDraws;
    for (int p = 0; p < kParts; ++p) lag[p] += part(from, p) * weight;
  }
  for (int p = 0; p < kParts; ++p) out[p] += part(coefficient, p) * lag[p];
}

void plain_step(const PlainStep& step) {
  for (long i = 0; i < step.areas; ++i) {
    if (step.reached[i] > step.period) continue;
    Doubles out[kParts];
    for (int p = 0; p < kParts; ++p) out[p] = part(step.phi, p) * part(step.before + i * kPlainDraws, p);
    const long cls = step.row_class[i] * kPlainDraws;
    add_lag(step.weights, i, step.coefficient + cls, step.before, out);
    if (step.detour.first != nullptr)
      add_lag(step.detour, i, step.detour_coefficient + cls, step.before, out);
    for (int q = 0; q < step.shapes; ++q)
      if (const double shape = step.shape[q * step.areas + i]; shape != 0.0)
        for (int p = 0; p < kParts; ++p) out[p] += part(step.forced + q * kPlainDraws, p) * shape;
    for (int p = 0; p < kParts; ++p) part(step.now + i * kPlainDraws, p) = out[p];
    for (int p = 0; p < kParts; ++p) part(step.cumulative + i * kPlainDraws, p) += out[p];
    if (step.weight == nullptr) continue;
    double* sum = step.cell_sum + step.cell[i] * kPlainDraws;
    for (int p = 0; p < kParts; ++p) part(sum, p) += out[p] * step.weight[i];
  }
}

}  // namespace
}  // namespace spillway::kernels
