// `reproducible = true`: the same bits on every processor, with every C library.
#pragma once

namespace spillway {

/// From now on every result is computed in the one way that all processors share. Called once, before any
/// work; there is no way back.
///
/// - Kernels: x86-64-v2 (plain C++; nothing of ours is compiled with fused multiply-adds contracted).
/// - exp, log, pow, trigonometry and the rest of the C library's mathematics: exact_math.hpp. The linker
/// turns every call in the
///   program to them, Boost's and Eigen's too, into one of __wrap_exp and so on (CMakeLists.txt,
///   SPILLWAY_MATHEMATICS; tests/run/reproducible.sh fails on a function that is missing there).
/// - Boost.Math without promotion to long double: distributions.cpp.
/// - Eigen's products are blocked for one fixed cache, not for the processor's.
void make_reproducible();

/// Whether make_reproducible was called.
bool reproducible();

}  // namespace spillway
