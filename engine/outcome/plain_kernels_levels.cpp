#include "engine/base/lanes.hpp"
#include "engine/outcome/plain_kernels.hpp"

namespace spillway::kernels {
namespace {

using Draws = Lanes<double, static_cast<int>(kPlainDraws)>;

SPILLWAY_INLINE Draws lag_of(const PlainMatrix& matrix, long area, const double* before) {
  Draws lag{};
  for (int k = matrix.first[area]; k < matrix.first[area + 1]; ++k)
    lag += Draws::load(before + matrix.column[k] * kPlainDraws) * matrix.value[k];
  return lag;
}

void plain_step(const PlainStep& of) {
  const PlainStep step =
      of;  // lanes may alias anything: behind a reference it would be read again after every store
  const auto add = [](double* to, const Draws& x) { (Draws::load(to) + x).store(to); };
  for (long i = 0; i < step.areas; ++i) {
    if (step.reached[i] > step.period) continue;
    Draws out = Draws::load(step.phi) * Draws::load(step.before + i * kPlainDraws);
    const long cls = step.row_class[i] * kPlainDraws;
    out += Draws::load(step.coefficient + cls) * lag_of(step.weights, i, step.before);
    if (step.added_links.first != nullptr)
      out += Draws::load(step.added_coefficient + cls) * lag_of(step.added_links, i, step.before);
    for (int q = 0; q < step.shapes; ++q)
      if (const double shape = step.shape[q * step.areas + i]; shape != 0.0)
        out += Draws::load(step.forced + q * kPlainDraws) * shape;
    out.store(step.now + i * kPlainDraws);
    add(step.cumulative + i * kPlainDraws, out);
    if (step.weight != nullptr) add(step.cell_sum + step.cell[i] * kPlainDraws, out * step.weight[i]);
  }
}

}  // namespace

const PlainKernels SPILLWAY_OF_LEVEL(plain_kernels) = {plain_step};

}  // namespace spillway::kernels
