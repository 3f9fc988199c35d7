// Data packs at full size: 33,755 areas x 30 columns, 12 years of panel, 98,000 contiguities.
#include "engine/data/pack/data_pack.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/synthetic/synthetic.hpp"

using namespace spillway;

namespace {

/// The synthetic England on disk, written once and removed at exit.
const std::filesystem::path& pack_folder() {
  struct Folder {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / fmt::format("spillway-bench-{}", getpid());
    Folder() { write_pack(synthetic_england({}), path); }
    ~Folder() { std::filesystem::remove_all(path); }
  };
  static const Folder folder;
  return folder.path;
}

/// Question: is a pack of England's size read, checked and its checksums verified well within a second?
void read_full_pack(benchmark::State& state) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(pack_folder()))
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  for (auto _ : state) benchmark::DoNotOptimize(read_pack(pack_folder(), {static_cast<int>(state.range(0))}));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
BENCHMARK(read_full_pack)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// The plain serial reference: the same files line by line, cells cut at commas, each taken for a number; no
/// checks.
void plain_reading(benchmark::State& state) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(pack_folder()))
    bytes += entry.is_regular_file() ? entry.file_size() : 0;
  for (auto _ : state) {
    double sum = 0.0;
    for (const auto& entry : std::filesystem::directory_iterator(pack_folder())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line);)
        for (std::size_t at = 0; at != std::string::npos; at = line.find(',', at)) {
          if (line[at] == ',') ++at;
          sum += std::strtod(line.c_str() + at, nullptr);
        }
    }
    benchmark::DoNotOptimize(sum);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
BENCHMARK(plain_reading)->Unit(benchmark::kMillisecond);

/// Question: how long does the synthetic England take to make (`spillway synth` adds write_full_pack)?
void make_full_england(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(synthetic_england({}, {static_cast<int>(state.range(0))}));
}
BENCHMARK(make_full_england)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

void write_full_pack(benchmark::State& state) {
  const DataPack pack = synthetic_england({});
  const auto target = pack_folder() / "again";
  for (auto _ : state) {
    write_pack(pack, target, {static_cast<int>(state.range(0))});
    state.PauseTiming();
    std::filesystem::remove_all(target);
    state.ResumeTiming();
  }
}
BENCHMARK(write_full_pack)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime()
    ->UseRealTime();

/// Question: what does one world of a coverage run cost (2,000 areas, 100 authorities, geography kept)?
void one_small_world(benchmark::State& state) {
  SyntheticConfig config;
  config.areas = 2000;
  config.authorities = 100;
  const SyntheticGeography geography = synthetic_geography(config);
  std::uint64_t world = 0;
  for (auto _ : state) benchmark::DoNotOptimize(simulate_growth(geography, config, config.seed, world++));
}
BENCHMARK(one_small_world)->Unit(benchmark::kMillisecond);

}  // namespace
