// Which instruction set the fast kernels use on this machine.
#pragma once
#include <string>

namespace spillway {

/// v2: SSE4.2; on other processors than x86-64 vectors of 16 bytes without fused multiply-adds. v3: AVX2 +
/// FMA; on 64-bit Arm NEON with fused multiply-adds. v4: AVX-512 (F, BW, DQ, VL).
enum class InstructionSet { v2 = 2, v3 = 3, v4 = 4 };

/// The best level that this processor has, or a lower one asked for by limit_instruction_set.
InstructionSet instruction_set();

/// Use at most `limit` from now on (tests force the fallbacks; reproducible runs fix v2).
void limit_instruction_set(InstructionSet limit);

/// "x86-64-v2" and so on, "aarch64", "aarch64-fma": kept in the provenance of a run.
std::string to_string(InstructionSet level);

/// SPILLWAY_AT_LEVEL(name): of name_v2, name_v3 and name_v4 that of instruction_set(). Their definitions
/// stand in a file *_levels.cpp, which is compiled once for each.
#if defined(__x86_64__)
#define SPILLWAY_AT_LEVEL(name)                          \
  (instruction_set() == InstructionSet::v4   ? name##_v4 \
   : instruction_set() == InstructionSet::v3 ? name##_v3 \
                                             : name##_v2)
#elif defined(__aarch64__)
#define SPILLWAY_AT_LEVEL(name) (instruction_set() == InstructionSet::v3 ? name##_v3 : name##_v2)
#else
#define SPILLWAY_AT_LEVEL(name) (name##_v2)
#endif

}  // namespace spillway
