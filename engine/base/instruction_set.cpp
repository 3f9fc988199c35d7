#include "engine/base/instruction_set.hpp"

#include <algorithm>
#include <atomic>

namespace spillway {

namespace {
std::atomic<int> limit_{4};

#if defined(__x86_64__)
int detected() {
  static const int level = [] {
    __builtin_cpu_init();
    const bool v3 =
        __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                    __builtin_cpu_supports("avx512cd");
    return v4 ? 4 : v3 ? 3 : 2;
  }();
  return level;
}
#elif defined(__aarch64__)
constexpr int detected() { return 3; }  // fused multiply-adds belong to the first 64-bit Arm
#else
constexpr int detected() { return 2; }
#endif
}  // namespace

InstructionSet instruction_set() { return static_cast<InstructionSet>(std::min(detected(), limit_.load())); }

void limit_instruction_set(InstructionSet limit) { limit_ = static_cast<int>(limit); }

std::string to_string([[maybe_unused]] InstructionSet level) {
#if defined(__x86_64__)
  return "x86-64-v" + std::to_string(static_cast<int>(level));
#elif defined(__aarch64__)
  return level == InstructionSet::v2 ? "aarch64" : "aarch64-fma";
#else
  return "plain C++";
#endif
}

}  // namespace spillway
