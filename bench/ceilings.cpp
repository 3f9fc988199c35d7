// Question: what can this machine do, here and now? Multiply-adds from registers, reads from each cache and
// from memory, and a new file written through the page cache and past it. bench/table divides every stage's
// counted work by these.
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <immintrin.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/base/instruction_set.hpp"

namespace {

using namespace spillway;

constexpr int kChains = 16;  // independent multiply-adds: latency 4, two a cycle, and some to spare
constexpr long kChainSteps = 4096;

/// The same loop for a vector type and an instruction set: kChains accumulators that the compiler cannot
/// foresee.
#define SPILLWAY_FMA_LOOP(name, isa, Vector, Element, set1, fmadd)                                       \
  __attribute__((target(isa))) long name(Element one) {                                                  \
    Vector factor = set1(one), sum[kChains];                                                             \
    for (int k = 0; k < kChains; ++k) sum[k] = set1(static_cast<Element>(k));                            \
    for (long step = 0; step < kChainSteps; ++step)                                                      \
      _Pragma("GCC unroll 16") for (int k = 0; k < kChains; ++k) sum[k] = fmadd(sum[k], factor, factor); \
    for (int k = 0; k < kChains; ++k) benchmark::DoNotOptimize(sum[k]);                                  \
    return 2L * kChains * kChainSteps * static_cast<long>(sizeof(Vector) / sizeof(Element));             \
  }
#define SPILLWAY_MULTIPLY_ADD_PS(a, b, c) _mm_add_ps(_mm_mul_ps(a, b), c)
#define SPILLWAY_MULTIPLY_ADD_PD(a, b, c) _mm_add_pd(_mm_mul_pd(a, b), c)
SPILLWAY_FMA_LOOP(fma_f32_v4, "avx512f", __m512, float, _mm512_set1_ps, _mm512_fmadd_ps)
SPILLWAY_FMA_LOOP(fma_f64_v4, "avx512f", __m512d, double, _mm512_set1_pd, _mm512_fmadd_pd)
SPILLWAY_FMA_LOOP(fma_f32_v3, "avx2,fma", __m256, float, _mm256_set1_ps, _mm256_fmadd_ps)
SPILLWAY_FMA_LOOP(fma_f64_v3, "avx2,fma", __m256d, double, _mm256_set1_pd, _mm256_fmadd_pd)
SPILLWAY_FMA_LOOP(fma_f32_v2, "sse4.2", __m128, float, _mm_set1_ps, SPILLWAY_MULTIPLY_ADD_PS)
SPILLWAY_FMA_LOOP(fma_f64_v2, "sse4.2", __m128d, double, _mm_set1_pd, SPILLWAY_MULTIPLY_ADD_PD)

/// Reads whole cache lines: eight loads in flight.
#define SPILLWAY_READ_LOOP(name, isa, Vector, load, either, zero)               \
  __attribute__((target(isa))) void name(const char* from, std::size_t bytes) { \
    Vector sum[8];                                                              \
    for (auto& one : sum) one = zero();                                         \
    for (std::size_t at = 0; at < bytes; at += 8 * sizeof(Vector))              \
      _Pragma("GCC unroll 8") for (std::size_t k = 0; k < 8; ++k) sum[k] =      \
          either(sum[k], load(reinterpret_cast<const Vector*>(from + at) + k)); \
    for (auto& one : sum) benchmark::DoNotOptimize(one);                        \
  }
SPILLWAY_READ_LOOP(read_v4, "avx512f", __m512i, _mm512_load_si512, _mm512_or_si512, _mm512_setzero_si512)
SPILLWAY_READ_LOOP(read_v3, "avx2", __m256i, _mm256_load_si256, _mm256_or_si256, _mm256_setzero_si256)
SPILLWAY_READ_LOOP(read_v2, "sse4.2", __m128i, _mm_load_si128, _mm_or_si128, _mm_setzero_si128)

void fma_f32(benchmark::State& state) {
  const auto level = instruction_set();
  long flops = 0;
  for (auto _ : state)
    flops += level == InstructionSet::v4   ? fma_f32_v4(0.5F)
             : level == InstructionSet::v3 ? fma_f32_v3(0.5F)
                                           : fma_f32_v2(0.5F);
  state.SetItemsProcessed(flops);
  state.SetLabel(to_string(level));
}

void fma_f64(benchmark::State& state) {
  const auto level = instruction_set();
  long flops = 0;
  for (auto _ : state)
    flops += level == InstructionSet::v4   ? fma_f64_v4(0.5)
             : level == InstructionSet::v3 ? fma_f64_v3(0.5)
                                           : fma_f64_v2(0.5);
  state.SetItemsProcessed(flops);
  state.SetLabel(to_string(level));
}

struct Free {
  void operator()(void* memory) const { std::free(memory); }
};
using Buffer = std::unique_ptr<char, Free>;

Buffer filled(std::size_t bytes) {
  Buffer buffer(static_cast<char*>(std::aligned_alloc(4096, bytes)));
  std::memset(buffer.get(), 1, bytes);
  return buffer;
}

/// @param kilobytes  of each thread's own buffer
void read(benchmark::State& state, std::size_t kilobytes) {
  const auto level = instruction_set();
  const std::size_t bytes = kilobytes * 1024;
  const Buffer buffer = filled(bytes);
  for (auto _ : state) {
    if (level == InstructionSet::v4)
      read_v4(buffer.get(), bytes);
    else if (level == InstructionSet::v3)
      read_v3(buffer.get(), bytes);
    else
      read_v2(buffer.get(), bytes);
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
}

enum class Way { page_cache, page_cache_and_fsync, direct };

/// A new file of 128 MB in the folder for temporary files, 4 MB a call; unlinked outside the time.
void write(benchmark::State& state, Way way) {
  constexpr std::size_t part = 4 << 20, parts = 32;
  const Buffer buffer = filled(part);
  const std::string path =
      (std::filesystem::temp_directory_path() / ("spillway-ceilings-" + std::to_string(getpid()))).string();
  for (auto _ : state) {
    const auto start = std::chrono::steady_clock::now();
    const int file =
        open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | (way == Way::direct ? O_DIRECT : 0), 0600);
    bool whole = file >= 0;
    for (std::size_t k = 0; whole && k < parts; ++k)
      whole = ::write(file, buffer.get(), part) == static_cast<ssize_t>(part);
    if (whole && way != Way::page_cache) whole = fsync(file) == 0;
    if (file >= 0) close(file);
    state.SetIterationTime(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    if (!whole) {
      state.SkipWithError("this folder does not take such a file");
      break;
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(part * parts));
}

BENCHMARK(fma_f32)->Threads(1)->Threads(2)->UseRealTime()->MinTime(0.1);
BENCHMARK(fma_f64)->Threads(1)->Threads(2)->UseRealTime()->MinTime(0.1);
BENCHMARK_CAPTURE(read, L1, 16)->Threads(1)->Threads(2)->UseRealTime()->MinTime(0.1);
BENCHMARK_CAPTURE(read, L2, 512)->Threads(1)->Threads(2)->UseRealTime()->MinTime(0.1);
BENCHMARK_CAPTURE(read, L3, 8 << 10)->Threads(1)->Threads(2)->UseRealTime()->MinTime(0.1);
BENCHMARK_CAPTURE(read, DRAM, 256 << 10)->Threads(1)->Threads(2)->UseRealTime()->MinTime(0.1);
BENCHMARK_CAPTURE(write, page_cache, Way::page_cache)->Iterations(2)->UseManualTime();
BENCHMARK_CAPTURE(write, page_cache_and_fsync, Way::page_cache_and_fsync)->Iterations(2)->UseManualTime();
BENCHMARK_CAPTURE(write, direct, Way::direct)->Iterations(2)->UseManualTime();

}  // namespace
