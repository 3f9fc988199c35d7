// Parallel loops whose results never depend on the number of workers. oneTBB is in the .cpp alone.
#pragma once
#include <cstddef>
#include <functional>

namespace spillway {

/// How many workers a call may use; 0: every core. It changes speed, never results.
struct Parallelism {
  int workers = 1;
};

/// Call body(first, last) once for each block of [0, count).
///
/// Block edges depend on `count` and `block` alone, so anything summed per
/// block and then in block order is the same bit for bit with any `workers`.
/// If bodies throw, one of their exceptions reaches the caller.
void for_each_block(std::ptrdiff_t count, std::ptrdiff_t block, Parallelism parallelism,
                    const std::function<void(std::ptrdiff_t, std::ptrdiff_t)>& body);

/// Call the two functions, side by side where workers allow.
void both(Parallelism parallelism, const std::function<void()>& first, const std::function<void()>& second);

/// The number of workers that `parallelism` stands for on this machine.
int worker_count(Parallelism parallelism);

}  // namespace spillway
