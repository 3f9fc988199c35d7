// Loops are whole or throw, whatever happens beside them.
#include "engine/base/parallel.hpp"

#include <doctest/doctest.h>
#include <tbb/flow_graph.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <thread>

#include "engine/base/error.hpp"
#include "engine/base/stop.hpp"

using namespace spillway;

TEST_CASE("a loop finishes whole although a neighbour in the task graph fails meanwhile") {
  constexpr int kBlocks = 200;
  std::atomic<bool> begun{false}, failed{false}, returned{false};
  std::atomic<int> done{0};
  tbb::task_arena arena(2);
  const auto run = [&] {
    tbb::flow::graph graph;
    tbb::flow::continue_node<tbb::flow::continue_msg> loop(graph, [&](const tbb::flow::continue_msg&) {
      for_each_block(kBlocks, 1, {2}, [&](std::ptrdiff_t, std::ptrdiff_t) {
        begun = true;
        // Until the neighbour has failed no more than half is done.
        for (int wait = 0; done >= kBlocks / 2 && !failed && wait < 5000; ++wait)
          std::this_thread::sleep_for(std::chrono::milliseconds(1));
        ++done;
      });
      returned = true;
    });
    tbb::flow::continue_node<tbb::flow::continue_msg> neighbour(graph, [&](const tbb::flow::continue_msg&) {
      while (!begun) std::this_thread::yield();
      failed = true;
      throw std::runtime_error("the disk is full");
    });
    neighbour.try_put({});
    loop.try_put({});
    graph.wait_for_all();
  };
  CHECK_THROWS_AS(arena.execute(run), std::runtime_error);
  CHECK(returned);
  CHECK(done == kBlocks);
}

TEST_CASE("what a loop's body throws reaches the caller") {
  CHECK_THROWS_WITH_AS(for_each_block(100, 1, {2},
                                      [](std::ptrdiff_t first, std::ptrdiff_t) {
                                        if (first == 57) throw std::runtime_error("block 57");
                                      }),
                       "block 57", std::runtime_error);
}

TEST_CASE("a loop ends within a block once its scope says so, and without a scope it is whole") {
  for (const int workers : {1, 2}) {
    std::atomic<int> done{0};
    const auto loop = [&] {
      for_each_block(1000, 1, {workers}, [&](std::ptrdiff_t, std::ptrdiff_t) { ++done; });
    };
    {
      const StopScope outer([] { return false; }, "outer");
      {
        const StopScope inner([&] { return done >= 10; }, "inner");
        CHECK_THROWS_WITH_AS(loop(), "inner", Interrupted);
        CHECK(done >= 10);
        CHECK(done < 10 + workers);
        CHECK_THROWS_WITH_AS(stop_if_asked(), "inner", Interrupted);
      }
      done = 0;
      loop();
      CHECK(done == 1000);
    }
    stop_if_asked();
  }
}
