// The processes that share one run. MPI stands in ranks.cpp alone, and there only in a build with
// SPILLWAY_MPI.
#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace spillway {

/// The processes (ranks) of one run: each reads the whole input and computes a slice of the work. A build
/// without MPI, or a process that no launcher started, is a team of one, for which every call is a copy or
/// nothing.
///
/// Calls marked collective must be made by every rank, in the same order; at any time one thread of a rank
/// may be in one. A rank that dies takes the team with it (the launcher says which): nothing here waits for
/// it or tries again.
class Ranks {
 public:
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

  /// The largest of the ranks' values. Collective: also the way to wait for all.
  int most(int mine);
  /// The sum of the ranks' values. Collective.
  long total(long mine);
  /// Every rank's bytes, by rank. Collective.
  std::vector<std::vector<std::byte>> all_gather(std::span<const std::byte> mine);
  /// Every rank's bytes on rank 0, by rank; nothing on the others. Collective.
  std::vector<std::vector<std::byte>> gather(std::span<const std::byte> mine);

  /// Bytes from one rank to another: blocking, in order.
  void send(int to, std::span<const std::byte> bytes);
  std::vector<std::byte> receive(int from);

  /// Leave in good order, once. Collective.
  void leave();
  /// End every rank of the team with this exit code; a team of one returns.
  void end_all(int code);

 private:
  Ranks() = default;
  int rank_ = 0, size_ = 1, on_this_machine_ = 1;
};

/// The part of [0, count) that is a rank's: contiguous, in the order of ranks, sizes at most 1 apart.
struct Share {
  long first = 0, last = 0;
};
Share share_of(long count, int rank, int ranks);

}  // namespace spillway
