#include "engine/base/lanes.hpp"
#include "engine/estimate/iv/spread_kernels.hpp"

namespace spillway::kernels {
namespace {

template <int kColumns>
void rows(const SpreadStep& step, long begin, long end, double* moved, double* largest_of) {
  using Columns = Lanes<double, kColumns>;
  const auto size_of = [](const Columns& x) { return largest(x, Columns{} - x); };
  Columns change = Columns::load(moved), size = Columns::load(largest_of);
  for (long i = begin; i < end; ++i) {
    Columns sum{};
    for (int k = step.first[i]; k < step.first[i + 1]; ++k)
      sum += Columns::load(step.x + static_cast<std::int64_t>(step.column[k]) * kColumns) * step.value[k];
    const Columns now = Columns::load(step.right + i * kColumns) + sum * step.factor[step.type[i]];
    now.store(step.next + i * kColumns);
    change = largest(size_of(now - Columns::load(step.x + i * kColumns)), change);
    size = largest(size_of(now), size);
  }
  change.store(moved);
  size.store(largest_of);
}

}  // namespace

const SpreadKernels SPILLWAY_OF_LEVEL(spread_kernels) = {rows<2>, rows<4>, rows<8>};

}  // namespace spillway::kernels
