// Ranks as threads of one process: what MPI does between processes, for tests of what ranks share.
#pragma once
#include <algorithm>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include "engine/base/ranks.hpp"

namespace spillway::test {

/// What the threads of a team have in common.
class RankBoard {
 public:
  explicit RankBoard(int size) : size_(size), data_(static_cast<std::size_t>(size)) {}

  /// Waits for all.
  void meet() {
    std::unique_lock lock(guard_);
    if (const long round = round_; ++here_ == size_) {
      here_ = 0;
      ++round_;
      changed_.notify_all();
    } else {
      changed_.wait(lock, [&] { return round_ != round || broken_; });
    }
    if (broken_) throw std::runtime_error("another rank failed");
  }
  void break_up() {
    const std::lock_guard lock(guard_);
    broken_ = true;
    changed_.notify_all();
  }
  void*& data(int rank) { return data_[static_cast<std::size_t>(rank)]; }
  void put(int from, int to, std::span<const std::byte> bytes) {
    const std::lock_guard lock(guard_);
    mail_[{from, to}].emplace_back(bytes.begin(), bytes.end());
    changed_.notify_all();
  }
  void take(int from, int to, std::span<std::byte> bytes) {
    std::unique_lock lock(guard_);
    auto& box = mail_[{from, to}];
    changed_.wait(lock, [&] { return !box.empty() || broken_; });
    if (broken_) throw std::runtime_error("another rank failed");
    if (box.front().size() != bytes.size()) throw std::logic_error("a message of another size was expected");
    std::copy(box.front().begin(), box.front().end(), bytes.begin());
    box.pop_front();
  }

 private:
  int size_, here_ = 0;
  long round_ = 0;
  bool broken_ = false;
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<void*> data_;
  std::map<std::pair<int, int>, std::deque<std::vector<std::byte>>> mail_;
};

class ThreadRanks final : public Ranks {
 public:
  ThreadRanks(int rank, int size, RankBoard& board) : board_(board) {
    rank_ = rank;
    size_ = on_this_machine_ = size;
  }

 private:
  void spread(std::span<std::byte> whole, const std::vector<std::size_t>& edges) override {
    board_.data(rank_) = whole.data();
    board_.meet();
    for (int rank = 0; rank < size_; ++rank) {
      const std::size_t first = edges[static_cast<std::size_t>(rank)],
                        size = edges[static_cast<std::size_t>(rank) + 1] - first;
      if (rank != rank_ && size > 0)
        std::memcpy(whole.data() + first, static_cast<const std::byte*>(board_.data(rank)) + first, size);
    }
    board_.meet();
  }
  void largest(std::span<float> values) override {
    board_.data(rank_) = values.data();
    board_.meet();
    std::vector<float> most(values.begin(), values.end());
    for (int rank = 0; rank < size_; ++rank)
      for (std::size_t k = 0; k < most.size(); ++k)
        most[k] = std::max(most[k], static_cast<const float*>(board_.data(rank))[k]);
    board_.meet();
    std::copy(most.begin(), most.end(), values.begin());
    board_.meet();
  }
  void put(int to, std::span<const std::byte> bytes) override { board_.put(rank_, to, bytes); }
  void take(int from, std::span<std::byte> bytes) override { board_.take(from, rank_, bytes); }
  void swap(int to, std::span<const std::byte> out, int from, std::span<std::byte> in) override {
    put(to, out);
    take(from, in);
  }
  RankBoard& board_;
};

/// body() as each of `size` ranks at once. @throws what a rank threw
inline void as_ranks(int size, const std::function<void(Ranks&)>& body) {
  RankBoard board(size);
  std::vector<std::exception_ptr> thrown(static_cast<std::size_t>(size));
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank)
    threads.emplace_back([&, rank] {
      ThreadRanks ranks(rank, size, board);
      try {
        body(ranks);
      } catch (...) {
        thrown[static_cast<std::size_t>(rank)] = std::current_exception();
        board.break_up();
      }
    });
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& one : thrown)
    if (one) std::rethrow_exception(one);
}

}  // namespace spillway::test
