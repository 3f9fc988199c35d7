#include "engine/run/ranks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "engine/base/error.hpp"

#ifdef SPILLWAY_MPI
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#endif

namespace spillway {

namespace {

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

#ifdef SPILLWAY_MPI
constexpr std::size_t kPiece = std::size_t{1} << 30;  // MPI counts are ints

/// Body(pointer, count) for each piece of a buffer, in order.
template <typename Bytes, typename Body>
void in_pieces(Bytes* data, std::size_t size, Body body) {
  for (std::size_t at = 0; at < size; at += kPiece)
    body(data + at, static_cast<int>(std::min(kPiece, size - at)));
}
#endif

}  // namespace

Ranks& Ranks::alone() {
  static Ranks one;
  return one;
}

std::string Ranks::name() const {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return fmt::format("rank {} of {} on host {}", rank_, size_, host);
}

Share share_of(long count, int rank, int ranks) {
  const long each = count / ranks, more = count % ranks;
  return {each * rank + std::min<long>(rank, more), each * (rank + 1) + std::min<long>(rank + 1, more)};
}

#ifdef SPILLWAY_MPI

bool Ranks::available() noexcept { return true; }

Ranks& Ranks::joined() {
  static Ranks team = [] {
    Ranks made;
    int granted = MPI_THREAD_SINGLE;
    // Calls come from whichever thread the task graph runs a stage on, one at a time.
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &granted);
    if (granted < MPI_THREAD_SERIALIZED)
      throw StoreError(
          "the MPI library grants no calls from threads (needs MPI_THREAD_SERIALIZED; use another build of "
          "it)");
    MPI_Comm_rank(MPI_COMM_WORLD, &made.rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &made.size_);
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &made.on_this_machine_);
    MPI_Comm_free(&machine);
    return made;
  }();
  return team;
}

int Ranks::most(int mine) {
  int all = mine;
  if (size_ > 1) MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD);
  return all;
}

long Ranks::total(long mine) {
  long all = mine;
  if (size_ > 1) MPI_Allreduce(&mine, &all, 1, MPI_LONG, MPI_SUM, MPI_COMM_WORLD);
  return all;
}

std::vector<std::vector<std::byte>> Ranks::all_gather(std::span<const std::byte> mine) {
  std::vector<std::vector<std::byte>> all(static_cast<std::size_t>(size_));
  all[static_cast<std::size_t>(rank_)] = copy_of(mine);
  for (int root = 0; size_ > 1 && root < size_; ++root) {
    auto& part = all[static_cast<std::size_t>(root)];
    unsigned long long bytes = part.size();
    MPI_Bcast(&bytes, 1, MPI_UNSIGNED_LONG_LONG, root, MPI_COMM_WORLD);
    part.resize(bytes);
    in_pieces(part.data(), part.size(),
              [&](std::byte* at, int count) { MPI_Bcast(at, count, MPI_BYTE, root, MPI_COMM_WORLD); });
  }
  return all;
}

std::vector<std::vector<std::byte>> Ranks::gather(std::span<const std::byte> mine) {
  if (rank_ != 0) {
    send(0, mine);
    return {};
  }
  std::vector<std::vector<std::byte>> all{copy_of(mine)};
  for (int from = 1; from < size_; ++from) all.push_back(receive(from));
  return all;
}

void Ranks::send(int to, std::span<const std::byte> bytes) {
  const unsigned long long size = bytes.size();
  MPI_Send(&size, 1, MPI_UNSIGNED_LONG_LONG, to, 0, MPI_COMM_WORLD);
  in_pieces(bytes.data(), bytes.size(),
            [&](const std::byte* at, int count) { MPI_Send(at, count, MPI_BYTE, to, 0, MPI_COMM_WORLD); });
}

std::vector<std::byte> Ranks::receive(int from) {
  unsigned long long size = 0;
  MPI_Recv(&size, 1, MPI_UNSIGNED_LONG_LONG, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  std::vector<std::byte> bytes(size);
  in_pieces(bytes.data(), bytes.size(), [&](std::byte* at, int count) {
    MPI_Recv(at, count, MPI_BYTE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  });
  return bytes;
}

void Ranks::leave() {
  int begun = 0, ended = 0;
  MPI_Initialized(&begun);
  MPI_Finalized(&ended);
  if (begun && !ended) MPI_Finalize();
}

void Ranks::end_all(int code) {
  if (size_ > 1) MPI_Abort(MPI_COMM_WORLD, code);
}

#else

bool Ranks::available() noexcept { return false; }
Ranks& Ranks::joined() { return alone(); }
int Ranks::most(int mine) { return mine; }
long Ranks::total(long mine) { return mine; }
std::vector<std::vector<std::byte>> Ranks::all_gather(std::span<const std::byte> mine) {
  return {copy_of(mine)};
}
std::vector<std::vector<std::byte>> Ranks::gather(std::span<const std::byte> mine) { return {copy_of(mine)}; }
void Ranks::send(int, std::span<const std::byte>) {
  throw std::logic_error("a team of one has nobody to send to");
}
std::vector<std::byte> Ranks::receive(int) {
  throw std::logic_error("a team of one has nobody to receive from");
}
void Ranks::leave() {}
void Ranks::end_all(int) {}

#endif

}  // namespace spillway
