// The processes that share one run. MPI stands in ranks.cpp alone, and there only in a build with
// SPILLWAY_MPI.
#pragma once
#include <atomic>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace spillway {

/// The part of [0, count) that is a rank's: contiguous, in the order of ranks, sizes at most 1 apart.
struct Share {
  long first = 0, last = 0;
  long size() const { return last - first; }
};
Share share_of(long count, int rank, int ranks);

/// The processes (ranks) of one run: each reads the whole input and computes a slice of the work. A build
/// without MPI, or a process that no launcher started, is a team of one, for which every call is a copy or
/// nothing.
///
/// Calls marked collective must be made by every rank, in the same order; at any time one thread of a rank
/// may be in one. A rank that dies takes the team with it (the launcher says which): nothing here waits for
/// it or tries again.
class Ranks {
 public:
  virtual ~Ranks() = default;
  Ranks(const Ranks&) = delete;
  Ranks& operator=(const Ranks&) = delete;

  /// The team of one.
  static Ranks& alone();
  /// The processes that mpirun or srun started; joined on the first call, which is collective.
  /// @throws StoreError  the MPI library grants no calls from a threaded program
  static Ranks& joined();
  /// Whether this build can have more ranks than one.
  static bool available() noexcept;

  int rank() const noexcept { return rank_; }
  int size() const noexcept { return size_; }
  /// Of this team, the ranks on this rank's machine.
  int on_this_machine() const noexcept { return on_this_machine_; }
  /// Rank 0 writes the result and speaks.
  bool writes() const noexcept { return rank_ == 0; }
  std::string name() const;  ///< "rank 1 of 4 on host n2"
  /// This rank's part of [0, count).
  Share share(long count) const { return share_of(count, rank_, size_); }

  /// The largest of the ranks' values. Collective: also the way to wait for all.
  int most(int mine);
  /// Of each value the largest that a rank has. Collective.
  void most(std::span<float> values);
  /// The sum of the ranks' values. Collective.
  long total(long mine);
  /// Every rank's bytes, by rank. Collective.
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> mine);
  /// Every rank's bytes on rank 0, by rank; nothing on the others. Collective.
  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine);
  /// One part for each rank; what the others had for this one, by rank, its own left empty. Collective.
  std::vector<std::vector<std::byte>> exchange(const std::vector<std::span<const std::byte>>& to);

  /// An array of which each rank has made a part, [edges[rank], edges[rank + 1]): every rank gets all of it.
  /// Collective.
  template <typename T>
  void complete(T* whole, const std::vector<std::size_t>& edges) {
    complete_bytes({reinterpret_cast<std::byte*>(whole), edges.back() * sizeof(T)},
                   in_bytes(edges, sizeof(T)));
  }
  /// The same on rank 0 alone, where `whole` has room for all. Collective.
  /// @param mine  this rank's part; not looked at on rank 0
  template <typename T>
  void collect(T* whole, const T* mine, const std::vector<std::size_t>& edges) {
    collect_bytes(reinterpret_cast<std::byte*>(whole), reinterpret_cast<const std::byte*>(mine),
                  in_bytes(edges, sizeof(T)));
  }

  /// Bytes from one rank to another: blocking, in order.
  void send(int to, std::span<const std::byte> bytes);
  std::vector<std::byte> receive(int from);

  /// What this rank has said and heard so far. A byte counts once for every rank that it is for, a message
  /// once for every other rank that a call goes to; how a library passes them on is its own affair.
  struct Counts {
    double calls = 0, messages = 0, bytes_sent = 0, bytes_received = 0;
    Counts operator-(const Counts& before) const {
      return {calls - before.calls, messages - before.messages, bytes_sent - before.bytes_sent,
              bytes_received - before.bytes_received};
    }
  };
  /// From any thread.
  Counts counts() const { return {calls_, messages_, sent_, received_}; }

  /// Leave in good order, once. Collective.
  virtual void leave() {}
  /// End every rank of the team with this exit code; a team of one returns.
  virtual void end_all(int /*code*/) {}

 protected:
  Ranks() = default;
  int rank_ = 0, size_ = 1, on_this_machine_ = 1;

 private:
  // What carries the bytes; never called in a team of one.
  /// Every part to every rank.
  virtual void spread(std::span<std::byte> whole, const std::vector<std::size_t>& edges);
  virtual void largest(std::span<float> values);
  virtual void put(int to, std::span<const std::byte> bytes);
  virtual void take(int from, std::span<std::byte> bytes);
  /// put() and take() at once: neither waits for the other.
  virtual void swap(int to, std::span<const std::byte> out, int from, std::span<std::byte> in);

  static std::vector<std::size_t> in_bytes(std::vector<std::size_t> edges, std::size_t each);
  void complete_bytes(std::span<std::byte> whole, const std::vector<std::size_t>& edges);
  void collect_bytes(std::byte* whole, const std::byte* mine, const std::vector<std::size_t>& edges);
  void count(double messages, double sent, double received);
  std::atomic<double> calls_ = 0, messages_ = 0, sent_ = 0, received_ = 0;
};

/// The edges of the ranks' shares of [0, count), each of `block` elements of a whole of `total`, as
/// complete() wants them.
std::vector<std::size_t> edges_of_shares(const Ranks& ranks, long count, long block, long total);

}  // namespace spillway
