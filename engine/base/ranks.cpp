#include "engine/base/ranks.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <stdexcept>

#include "engine/base/error.hpp"

#ifdef SPILLWAY_MPI
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>
#endif

namespace spillway {

namespace {

std::vector<std::byte> copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

[[noreturn]] void nobody() { throw std::logic_error("a team of one has nobody to exchange bytes with"); }

}  // namespace

Ranks& Ranks::alone() {
  class One final : public Ranks {};
  static One one;
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

std::vector<std::size_t> edges_of_shares(const Ranks& ranks, long count, long block, long total) {
  std::vector<std::size_t> edges;
  for (int rank = 0; rank < ranks.size(); ++rank)
    edges.push_back(
        static_cast<std::size_t>(std::min(total, share_of(count, rank, ranks.size()).first * block)));
  edges.push_back(static_cast<std::size_t>(total));
  return edges;
}

void Ranks::spread(std::span<std::byte>, const std::vector<std::size_t>&) { nobody(); }
void Ranks::largest(std::span<float>) { nobody(); }
void Ranks::put(int, std::span<const std::byte>) { nobody(); }
void Ranks::take(int, std::span<std::byte>) { nobody(); }
void Ranks::swap(int, std::span<const std::byte>, int, std::span<std::byte>) { nobody(); }

void Ranks::count(double messages, double sent, double received) {
  calls_ += 1;
  messages_ += messages;
  sent_ += sent;
  received_ += received;
}

std::vector<std::size_t> Ranks::in_bytes(std::vector<std::size_t> edges, std::size_t each) {
  for (std::size_t& edge : edges) edge *= each;
  return edges;
}

void Ranks::complete_bytes(std::span<std::byte> whole, const std::vector<std::size_t>& edges) {
  if (size_ == 1) return;
  const auto at = static_cast<std::size_t>(rank_);
  const double mine = static_cast<double>(edges[at + 1] - edges[at]);
  spread(whole, edges);
  count(size_ - 1, mine * (size_ - 1), static_cast<double>(whole.size()) - mine);
}

void Ranks::collect_bytes(std::byte* whole, const std::byte* mine, const std::vector<std::size_t>& edges) {
  const auto part = [&](int rank) {
    const auto at = static_cast<std::size_t>(rank);
    return edges[at + 1] - edges[at];
  };
  if (rank_ != 0) {
    put(0, {mine, part(rank_)});
    return count(1, static_cast<double>(part(rank_)), 0);
  }
  for (int from = 1; from < size_; ++from) {
    take(from, {whole + edges[static_cast<std::size_t>(from)], part(from)});
    count(0, 0, static_cast<double>(part(from)));
  }
}

int Ranks::most(int mine) {
  std::vector<int> all(static_cast<std::size_t>(size_), mine);
  complete(all.data(), edges_of_shares(*this, size_, 1, size_));
  return *std::max_element(all.begin(), all.end());
}

void Ranks::most(std::span<float> values) {
  if (size_ == 1) return;
  largest(values);
  const double bytes = static_cast<double>(values.size_bytes());
  count(size_ - 1, bytes * (size_ - 1), bytes * (size_ - 1));
}

long Ranks::total(long mine) {
  std::vector<long> all(static_cast<std::size_t>(size_), mine);
  complete(all.data(), edges_of_shares(*this, size_, 1, size_));
  return std::accumulate(all.begin(), all.end(), 0L);
}

std::vector<std::vector<std::byte>> Ranks::all_gather(std::span<const std::byte> mine) {
  if (size_ == 1) return {copy_of(mine)};
  std::vector<std::uint64_t> sizes(static_cast<std::size_t>(size_), mine.size());
  complete(sizes.data(), edges_of_shares(*this, size_, 1, size_));
  std::vector<std::size_t> edges(1, 0);
  for (const std::uint64_t size : sizes) edges.push_back(edges.back() + size);
  std::vector<std::byte> whole(edges.back());
  std::copy(mine.begin(), mine.end(),
            whole.begin() + static_cast<std::ptrdiff_t>(edges[static_cast<std::size_t>(rank_)]));
  complete(whole.data(), edges);
  std::vector<std::vector<std::byte>> all;
  for (std::size_t rank = 0; rank < sizes.size(); ++rank)
    all.emplace_back(whole.begin() + static_cast<std::ptrdiff_t>(edges[rank]),
                     whole.begin() + static_cast<std::ptrdiff_t>(edges[rank + 1]));
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

std::vector<std::vector<std::byte>> Ranks::exchange(const std::vector<std::span<const std::byte>>& to) {
  std::vector<std::vector<std::byte>> from(to.size());
  double sent = 0, received = 0;
  for (int step = 1; step < size_; ++step) {
    const int next = (rank_ + step) % size_, last = (rank_ + size_ - step) % size_;
    const auto& out = to[static_cast<std::size_t>(next)];
    auto& in = from[static_cast<std::size_t>(last)];
    std::uint64_t size_out = out.size(), size_in = 0;
    swap(next, std::as_bytes(std::span(&size_out, 1)), last, std::as_writable_bytes(std::span(&size_in, 1)));
    in.resize(size_in);
    swap(next, out, last, in);
    sent += static_cast<double>(sizeof size_out + out.size());
    received += static_cast<double>(sizeof size_in + in.size());
  }
  if (size_ > 1) count(2.0 * (size_ - 1), sent, received);
  return from;
}

void Ranks::send(int to, std::span<const std::byte> bytes) {
  const std::uint64_t size = bytes.size();
  put(to, std::as_bytes(std::span(&size, 1)));
  put(to, bytes);
  count(2, static_cast<double>(sizeof size + bytes.size()), 0);
}

std::vector<std::byte> Ranks::receive(int from) {
  std::uint64_t size = 0;
  take(from, std::as_writable_bytes(std::span(&size, 1)));
  std::vector<std::byte> bytes(size);
  take(from, bytes);
  count(0, 0, static_cast<double>(sizeof size + size));
  return bytes;
}

#ifdef SPILLWAY_MPI

namespace {

constexpr std::size_t kPiece = std::size_t{1} << 30;  // MPI counts are ints

/// Body(pointer, count) for each piece of a buffer, in order.
template <typename Bytes, typename Body>
void in_pieces(Bytes* data, std::size_t size, Body body) {
  for (std::size_t at = 0; at < size; at += kPiece)
    body(data + at, static_cast<int>(std::min(kPiece, size - at)));
}

class MpiRanks final : public Ranks {
 public:
  MpiRanks() {
    int granted = MPI_THREAD_SINGLE;
    // Calls come from whichever thread the task graph runs a stage on, one at a time.
    MPI_Init_thread(nullptr, nullptr, MPI_THREAD_SERIALIZED, &granted);
    if (granted < MPI_THREAD_SERIALIZED)
      throw StoreError(
          "the MPI library grants no calls from threads (needs MPI_THREAD_SERIALIZED; use another build of "
          "it)");
    MPI_Comm_rank(MPI_COMM_WORLD, &rank_);
    MPI_Comm_size(MPI_COMM_WORLD, &size_);
    MPI_Comm machine;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &machine);
    MPI_Comm_size(machine, &on_this_machine_);
    MPI_Comm_free(&machine);
  }

  void leave() override {
    int begun = 0, ended = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (begun && !ended) MPI_Finalize();
  }

  void end_all(int code) override {
    if (size_ > 1) MPI_Abort(MPI_COMM_WORLD, code);
  }

 private:
  void spread(std::span<std::byte> whole, const std::vector<std::size_t>& edges) override {
    if (whole.size() > kPiece) {
      for (int root = 0; root < size_; ++root) {
        const auto at = static_cast<std::size_t>(root);
        in_pieces(whole.data() + edges[at], edges[at + 1] - edges[at], [&](std::byte* data, int count) {
          MPI_Bcast(data, count, MPI_BYTE, root, MPI_COMM_WORLD);
        });
      }
      return;
    }
    std::vector<int> counts, places;
    for (std::size_t at = 0; at + 1 < edges.size(); ++at) {
      counts.push_back(static_cast<int>(edges[at + 1] - edges[at]));
      places.push_back(static_cast<int>(edges[at]));
    }
    MPI_Allgatherv(MPI_IN_PLACE, 0, MPI_BYTE, whole.data(), counts.data(), places.data(), MPI_BYTE,
                   MPI_COMM_WORLD);
  }

  void largest(std::span<float> values) override {
    in_pieces(values.data(), values.size(), [](float* data, int count) {
      MPI_Allreduce(MPI_IN_PLACE, data, count, MPI_FLOAT, MPI_MAX, MPI_COMM_WORLD);
    });
  }

  void put(int to, std::span<const std::byte> bytes) override {
    in_pieces(bytes.data(), bytes.size(), [&](const std::byte* data, int count) {
      MPI_Send(data, count, MPI_BYTE, to, 0, MPI_COMM_WORLD);
    });
  }

  void take(int from, std::span<std::byte> bytes) override {
    in_pieces(bytes.data(), bytes.size(), [&](std::byte* data, int count) {
      MPI_Recv(data, count, MPI_BYTE, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    });
  }

  void swap(int to, std::span<const std::byte> out, int from, std::span<std::byte> in) override {
    std::vector<MPI_Request> open;
    in_pieces(in.data(), in.size(), [&](std::byte* data, int count) {
      MPI_Irecv(data, count, MPI_BYTE, from, 0, MPI_COMM_WORLD, &open.emplace_back());
    });
    in_pieces(out.data(), out.size(), [&](const std::byte* data, int count) {
      MPI_Isend(data, count, MPI_BYTE, to, 0, MPI_COMM_WORLD, &open.emplace_back());
    });
    MPI_Waitall(static_cast<int>(open.size()), open.data(), MPI_STATUSES_IGNORE);
  }
};

}  // namespace

bool Ranks::available() noexcept { return true; }

Ranks& Ranks::joined() {
  static MpiRanks team;
  return team;
}

#else

bool Ranks::available() noexcept { return false; }
Ranks& Ranks::joined() { return alone(); }

#endif

}  // namespace spillway
