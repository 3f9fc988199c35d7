// Question: what do five exact quantiles, mean, sd and P(better) of one area's 9,999 draws cost, beside
// sorting them and beside std::nth_element on shrinking ranges?
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cmath>

#include "engine/base/instruction_set.hpp"
#include "engine/base/streams.hpp"
#include "engine/outcome/area_moments.hpp"

using namespace spillway;

namespace {

constexpr long kDraws = 9'999;
constexpr int kRows = 256;
const std::vector<double> kQuantiles = {0.05, 0.25, 0.5, 0.75, 0.95};

/// Rows like neighbouring areas': one long-tailed parameter, and a little of others.
const std::vector<float>& rows() {
  static const std::vector<float> made = [] {
    Stream stream(1, Purpose::diagnostics, 0);
    std::vector<double> size(kDraws), other(kDraws);
    for (auto& x : size) x = std::exp(0.5 * stream.normal());
    for (auto& x : other) x = stream.normal();
    std::vector<float> all(static_cast<std::size_t>(kRows) * kDraws);
    for (std::size_t i = 0; i < kRows; ++i) {
      const double gain = 1.0 + 0.2 * stream.normal(), mix = 0.05 * stream.normal();
      for (std::size_t d = 0; d < kDraws; ++d)
        all[i * kDraws + d] = static_cast<float>(gain * size[d] + mix * other[d]);
    }
    return all;
  }();
  return made;
}

void brackets(benchmark::State& state) {
  limit_instruction_set(static_cast<InstructionSet>(state.range(0)));
  AreaMoments moments(kQuantiles, kDraws, 1.0);
  float quantile[5];
  std::size_t row = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(moments.summarise(rows().data() + row * kDraws, quantile));
    row = (row + 1) % kRows;
  }
  state.SetLabel(to_string(instruction_set()));
  state.counters["misses"] = static_cast<double>(moments.misses()) / static_cast<double>(state.iterations());
  limit_instruction_set(InstructionSet::v4);
}

template <typename Find>
void copied(benchmark::State& state, const Find& find) {
  std::vector<float> work(kDraws);
  std::size_t row = 0;
  for (auto _ : state) {
    std::copy_n(rows().data() + row * kDraws, kDraws, work.begin());
    find(work);
    benchmark::DoNotOptimize(work.data());
    row = (row + 1) % kRows;
  }
}

void sorting(benchmark::State& state) {
  copied(state, [](std::vector<float>& work) { std::sort(work.begin(), work.end()); });
}

void nth_element(benchmark::State& state) {
  copied(state, [](std::vector<float>& work) {
    auto first = work.begin();
    for (const double p : kQuantiles) {
      const auto at = work.begin() + static_cast<std::ptrdiff_t>(p * (kDraws - 1));
      std::nth_element(first, at, work.end());
      first = at;
    }
  });
}

}  // namespace

BENCHMARK(brackets)->Arg(4)->Arg(3)->Arg(2)->Unit(benchmark::kMicrosecond);
BENCHMARK(nth_element)->Unit(benchmark::kMicrosecond);
BENCHMARK(sorting)->Unit(benchmark::kMicrosecond);
