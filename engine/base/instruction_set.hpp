// Which instruction set the fast kernels use on this machine.
#pragma once
#include <string>

namespace spillway {

/// v2: SSE4.2 (plain C++, on other processors than x86-64 too, where it is the only one), v3: AVX2 + FMA,
/// v4: AVX-512 (F, BW, DQ, VL).
enum class InstructionSet { v2 = 2, v3 = 3, v4 = 4 };

/// The best level that this processor has, or a lower one asked for by limit_instruction_set.
InstructionSet instruction_set();

/// Use at most `limit` from now on (tests force the fallbacks; reproducible runs fix v2).
void limit_instruction_set(InstructionSet limit);

/// "x86-64-v2" and so on, "aarch64": kept in the provenance of a run.
std::string to_string(InstructionSet level);

}  // namespace spillway
