// The store: the aggregates of one scenario, written, flushed and renamed.
#include <benchmark/benchmark.h>

#include <filesystem>

#include "engine/store/run_store.hpp"

namespace {

using namespace spillway;

/// Question: how far from the disk's own speed is one scenario's largest dataset (9,999 draws x 10 periods x
/// 309 authorities, 124 MB), fsync and rename included?
void aggregates_of_a_scenario(benchmark::State& state) {
  const auto folder = std::filesystem::temp_directory_path() / "spillway_bench_store";
  std::filesystem::create_directories(folder);
  AggregateSeries series;
  series.periods = 10;
  series.groups = 309;
  series.value.assign(static_cast<std::size_t>(9'999) * 10 * 309, 0.5F);
  Grouping grouping;
  grouping.name = "lad";
  for (int g = 0; g < 309; ++g) grouping.groups.push_back("L" + std::to_string(g));
  for (auto _ : state) {
    RunWriter writer(folder / "run.h5");
    writer.write_scenario("s", std::vector<int>(9'999, 0), {});
    writer.write_aggregate("s", series, grouping, 10, "1");
    writer.commit();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(series.value.size()) * 4);
  std::filesystem::remove_all(folder);
}
BENCHMARK(aggregates_of_a_scenario)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
