#include "engine/base/parallel.hpp"

#include <fmt/format.h>
#include <tbb/blocked_range.h>
#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/parallel_invoke.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/stop.hpp"
#include "engine/base/threads.hpp"

namespace spillway {

namespace {

/// Start `wanted` threads at once and let them end. @return  how many did start
int startable_threads(int wanted) {
  std::mutex guard;
  std::condition_variable all_there;
  bool go = false;
  std::vector<std::thread> threads;
  try {
    for (int k = 0; k < wanted; ++k)
      threads.emplace_back([&] {
        std::unique_lock lock(guard);
        all_there.wait(lock, [&] { return go; });
      });
  } catch (const std::exception&) {
    // std::system_error or no memory for its stack: as many as there are
  }
  {
    const std::lock_guard lock(guard);
    go = true;
  }
  all_there.notify_all();
  for (std::thread& thread : threads) thread.join();
  return static_cast<int>(threads.size());
}

}  // namespace

void allow_workers(int workers) {
  // Two more: one writes checkpoints, one shows progress.
  constexpr int beside = 2;
  static std::mutex guard;
  static int started = 1;
  static std::unique_ptr<tbb::global_control> allowance;
  const std::lock_guard lock(guard);
  if (workers > started) {
    if (const int able = startable_threads(workers - 1 + beside); able < workers - 1 + beside)
      throw StoreError(fmt::format(
          "could not start {} threads, only {} (lower --threads, or raise the limits on processes "
          "and memory: ulimit -u, ulimit -v)",
          workers, std::max(1, able + 1 - beside)));
    started = workers;
  }
  // oneTBB starts no more threads than cores unless told; a run may ask for more (to show that results do not
  // depend on it), so the allowance grows to the largest number asked for.
  const auto wanted = static_cast<std::size_t>(workers);
  if (wanted > tbb::global_control::active_value(tbb::global_control::max_allowed_parallelism))
    allowance = std::make_unique<tbb::global_control>(tbb::global_control::max_allowed_parallelism, wanted);
}

int worker_count(Parallelism parallelism) {
  return parallelism.workers > 0 ? parallelism.workers : std::max(1, tbb::info::default_concurrency());
}

namespace {

/// Inside an arena of the wanted size already (the task graph's), nest in it; otherwise make one.
template <typename Body>
void in_arena_of(int workers, const Body& body) {
  if (tbb::this_task_arena::current_thread_index() != tbb::task_arena::not_initialized &&
      tbb::this_task_arena::max_concurrency() == workers)
    return body();
  allow_workers(workers);
  tbb::task_arena(workers).execute(body);
}

}  // namespace

void for_each_block(std::ptrdiff_t count, std::ptrdiff_t block, Parallelism parallelism,
                    const std::function<void(std::ptrdiff_t, std::ptrdiff_t)>& body) {
  if (count <= 0) return;
  const std::ptrdiff_t blocks = (count + block - 1) / block;
  const auto one = [&](std::ptrdiff_t k) {
    stop_if_asked();
    body(k * block, std::min(count, (k + 1) * block));
  };
  const int workers = worker_count(parallelism);
  if (workers == 1 || blocks == 1) {
    for (std::ptrdiff_t k = 0; k < blocks; ++k) one(k);
    return;
  }
  // A context of its own: where something beside it fails and cancels the task graph, this loop still
  // finishes, so that nobody mistakes a part of its results for the whole. What its own bodies throw ends it.
  tbb::task_group_context whole(tbb::task_group_context::isolated);
  in_arena_of(workers, [&] {
    tbb::parallel_for(
        tbb::blocked_range<std::ptrdiff_t>(0, blocks, 1),
        [&](const auto& range) {
          for (auto k = range.begin(); k != range.end(); ++k) one(k);
        },
        tbb::simple_partitioner{}, whole);
  });
}

void both(Parallelism parallelism, const std::function<void()>& first, const std::function<void()>& second) {
  if (worker_count(parallelism) == 1) {
    first();
    second();
    return;
  }
  tbb::task_group_context whole(tbb::task_group_context::isolated);
  in_arena_of(worker_count(parallelism), [&] { tbb::parallel_invoke(first, second, whole); });
}

}  // namespace spillway
