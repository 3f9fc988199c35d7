// The kernels against the loops that they stand for, bit for bit, at every instruction set of this machine.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "engine/base/streams.hpp"
#include "engine/estimate/iv/spread_kernels.hpp"
#include "engine/outcome/expand_kernels.hpp"
#include "engine/outcome/plain_kernels.hpp"
#include "engine/outcome/select_kernels.hpp"
#include "engine/propagate/tile_kernels.hpp"

using namespace spillway;
using namespace spillway::kernels;

namespace {

template <class Body>
void at_every_level(const Body& body) {
  for (const auto level : {InstructionSet::v4, InstructionSet::v3, InstructionSet::v2}) {
    limit_instruction_set(level);
    CAPTURE(to_string(instruction_set()));
    body();
  }
  limit_instruction_set(InstructionSet::v4);
}

template <class Number>
std::vector<Number> normals(std::size_t count, std::uint64_t seed) {
  Stream stream(seed, Purpose::diagnostics, 0);
  std::vector<Number> values(count);
  for (Number& value : values) value = static_cast<Number>(stream.normal());
  return values;
}

/// Rows with ties, zeros of both signs and infinities among them.
std::vector<float> row_of(long n, std::uint64_t seed) {
  auto row = normals<float>(static_cast<std::size_t>(n), seed);
  for (std::size_t d = 0; d < row.size(); d += 5) row[d] = std::round(row[d]);
  if (n > 40) row[11] = std::numeric_limits<float>::infinity(), row[37] = -row[11];
  return row;
}

}  // namespace

TEST_CASE("an expansion is the sum of products in the order of modes, fused from v3 on") {
  constexpr int modes = 23;
  constexpr long stride = 25, blocks = 3, coordinate_stride = modes * kExpandDraws + 7;
  const auto rows = normals<float>(kExpandRows * stride, 1),
             coordinates = normals<float>(blocks * coordinate_stride, 2);
  at_every_level([&] {
    const bool fused = instruction_set() != InstructionSet::v2;
    constexpr long out_block = kExpandDraws + 4, out_row = blocks * out_block;
    std::vector<float> out(kExpandRows * out_row, 99.0f);
    expand_kernel()({modes, rows.data(), stride, blocks, coordinates.data(), coordinate_stride, out.data(),
                     out_row, out_block});
    for (long r = 0; r < kExpandRows; ++r)
      for (long block = 0; block < blocks; ++block)
        for (long d = 0; d < kExpandDraws; ++d) {
          float sum = 0.0f;
          for (long k = 0; k < modes; ++k) {
            const float a = rows[static_cast<std::size_t>(r * stride + k)];
            const float x =
                coordinates[static_cast<std::size_t>(block * coordinate_stride + k * kExpandDraws + d)];
            sum = fused ? std::fma(a, x, sum) : sum + a * x;
          }
          CHECK(out[static_cast<std::size_t>(r * out_row + block * out_block + d)] == sum);
        }
  });
}

TEST_CASE("brackets, bounds and order statistics of a row are those of plain loops") {
  const auto infinity = std::numeric_limits<float>::infinity();
  at_every_level([&] {
    const SelectKernels& kernels = select_kernels();
    for (const long n : {1L, 3L, 4L, 15L, 16L, 17L, 33L, 127L, 128L, 129L, 300L, 1001L}) {
      const std::vector<float> row = row_of(n, static_cast<std::uint64_t>(n));
      const float lows[] = {-1.0f, 0.0f, -0.3f, -infinity, 0.0f, 1.0f, 0.5f, infinity};
      const float highs[] = {-1.0f, 1.0f, 0.9f, infinity, -1.0f, 3.0f, 0.7f, infinity};
      const auto plain = [&](float low, float high) {
        std::vector<float> inside;
        for (const float x : row)
          if (x >= low && x <= high) inside.push_back(x);
        return inside;
      };
      const auto below = [&](float low) {
        return std::count_if(row.begin(), row.end(), [=](float x) { return x < low; });
      };
      const auto room = static_cast<std::size_t>(n + 16);
      for (int count = 1; count <= kMostBrackets; ++count) {
        Brackets wanted{};
        std::vector<std::vector<float>> found_inside(kMostBrackets, std::vector<float>(room));
        std::vector<float> spare(room);
        wanted.count = count;
        wanted.sign = count % 2 ? 1.0f : -1.0f;
        for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
          wanted.low[k] = lows[k];
          wanted.high[k] = highs[k];
          wanted.inside[k] = found_inside[k].data();
        }
        const BracketsFound found = kernels.brackets(row.data(), n, wanted, spare.data());
        CHECK(found.better ==
              std::count_if(row.begin(), row.end(), [&](float x) { return x * wanted.sign > 0.0f; }));
        for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
          const auto want = plain(lows[k], highs[k]);
          CHECK(found.bracket[k].below == below(lows[k]));
          REQUIRE(found.bracket[k].inside == static_cast<long>(want.size()));
          CHECK(std::equal(want.begin(), want.end(), found_inside[k].begin()));
        }
      }
      for (std::size_t k = 0; k < kMostBrackets; ++k) {
        std::vector<float> inside(room);
        const Bracket found = kernels.bracket(row.data(), n, lows[k], highs[k], inside.data());
        const auto want = plain(lows[k], highs[k]);
        CHECK(found.below == below(lows[k]));
        REQUIRE(found.inside == static_cast<long>(want.size()));
        CHECK(std::equal(want.begin(), want.end(), inside.begin()));
      }
      const long blocks = (n + kBoundsDraws - 1) / kBoundsDraws;
      std::vector<float> low(static_cast<std::size_t>(blocks)), high(low.size());
      kernels.bounds(row.data(), n, low.data(), high.data());
      for (long block = 0; block < blocks; ++block) {
        const auto [least, most] = std::minmax_element(row.begin() + block * kBoundsDraws,
                                                       row.begin() + std::min(n, (block + 1) * kBoundsDraws));
        CHECK(low[static_cast<std::size_t>(block)] == *least);
        CHECK(high[static_cast<std::size_t>(block)] == *most);
      }
      std::vector<float> sorted = row, values = row;
      std::sort(sorted.begin(), sorted.end());
      values.resize(room);
      for (const long rank : {0L, n / 3, n / 2, n - 1}) {
        const long next = std::min(rank + 1, n - 1);
        const Neighbours got = kernels.select(values.data(), n, rank, next);
        CHECK(got.at == sorted[static_cast<std::size_t>(rank)]);
        CHECK(got.next == sorted[static_cast<std::size_t>(next)]);
      }
    }
  });
}

TEST_CASE("moments of a row are sixteen running sums of doubles, then added") {
  at_every_level([&] {
    for (const long n : {1L, 15L, 16L, 17L, 1003L}) {
      const auto row = normals<float>(static_cast<std::size_t>(n), 5);
      double sum[16] = {}, squares[16] = {}, all = 0.0, all_squares = 0.0;
      for (std::size_t d = 0; d < row.size(); ++d) {
        const double away = row[d] - 0.25;
        sum[d % 16] += away;
        squares[d % 16] += away * away;
      }
      for (std::size_t lane = 0; lane < 16; ++lane) {
        all += sum[lane];
        all_squares += squares[lane];
      }
      const RowMoments got = select_kernels().moments(row.data(), n, 0.25);
      CHECK(got.sum == all);
      CHECK(got.squares == all_squares);
    }
  });
}

TEST_CASE("the plain recursion of draws side by side is that of one draw, to the bit") {
  constexpr long areas = 5, draws = kPlainDraws;
  constexpr int classes = 2, shapes = 2, cells = 2;
  // A ring with a chord; the added link leads to the area opposite; area 4 has no neighbour, area 3 is
  // reached late.
  const int first[] = {0, 2, 4, 7, 9, 9}, column[] = {1, 3, 0, 2, 1, 3, 0, 2, 0};
  const int added_first[] = {0, 1, 1, 2, 2, 2}, added_column[] = {2, 0};
  const double value[] = {0.5, 0.5, 0.25, 0.75, 0.3, 0.3, 0.4, 0.6, 0.4}, added_value[] = {0.7, 0.2};
  const std::int16_t reached[] = {0, 1, 2, 3, 1};
  const std::int32_t row_class[] = {0, 1, 0, 1, 1}, cell[] = {0, 1, 1, 0, 1};
  const auto coefficient = normals<double>(classes * draws, 1),
             added_links = normals<double>(classes * draws, 2), phi = normals<double>(draws, 3),
             forced = normals<double>(shapes * draws, 4), before = normals<double>(areas * draws, 5),
             weight = normals<double>(areas, 6);
  auto shape = normals<double>(shapes * areas, 7);
  shape[1] = 0.0;
  for (const bool sums : {true, false})
    at_every_level([&] {
      std::vector<double> now(areas * draws, 7.0), cumulative(areas * draws, 0.5), sum(cells * draws, 0.25);
      auto want_now = now, want_cumulative = cumulative, want_sum = sum;
      plain_kernels().step({areas,
                            2,
                            reached,
                            {first, column, value},
                            {added_first, added_column, added_value},
                            row_class,
                            coefficient.data(),
                            added_links.data(),
                            phi.data(),
                            shapes,
                            shape.data(),
                            forced.data(),
                            before.data(),
                            now.data(),
                            cumulative.data(),
                            cell,
                            sums ? weight.data() : nullptr,
                            sum.data()});
      const auto lag = [&](const int* edge, const int* to, const double* times, std::size_t i,
                           std::size_t d) {
        double total = 0.0;
        for (int k = edge[i]; k < edge[i + 1]; ++k)
          total += before[static_cast<std::size_t>(to[k] * draws) + d] * times[k];
        return total;
      };
      for (std::size_t i = 0; i < areas; ++i)
        for (std::size_t d = 0; d < draws; ++d) {
          if (reached[i] > 2) continue;
          const std::size_t at = i * draws + d, of_class = static_cast<std::size_t>(row_class[i] * draws) + d;
          double out = phi[d] * before[at];
          out += coefficient[of_class] * lag(first, column, value, i, d);
          out += added_links[of_class] * lag(added_first, added_column, added_value, i, d);
          for (std::size_t q = 0; q < shapes; ++q)
            if (shape[q * areas + i] != 0.0) out += forced[q * draws + d] * shape[q * areas + i];
          want_now[at] = out;
          want_cumulative[at] += out;
          if (sums) want_sum[static_cast<std::size_t>(cell[i] * draws) + d] += out * weight[i];
        }
      CHECK(now == want_now);
      CHECK(cumulative == want_cumulative);
      CHECK(sum == want_sum);
    });
}

TEST_CASE("pounds of an uplift are a factor times expm1, to 2e-7 and the same bits at every level") {
  constexpr std::size_t rows = 64;
  alignas(64) static float values[rows * kLanes], out[rows * kLanes];
  std::vector<float> factor(rows, 3.0f), first_level;
  for (std::size_t k = 0; k < rows * kLanes; ++k)
    values[k] = (static_cast<float>(k) - 512.0f) * (k % 3 == 0 ? 0.2f : k % 3 == 1 ? 1e-3f : 1e-6f);
  at_every_level([&] {
    Emit emit{};
    emit.rows = rows;
    emit.values = values;
    emit.pound_factor = factor.data();
    emit.out = out;
    emit.stride = kLanes;
    tile_kernels().emit(emit);
    for (std::size_t k = 0; k < rows * kLanes; ++k) {
      const double want = 3.0 * std::expm1(static_cast<double>(std::clamp(values[k], -87.0f, 87.0f)));
      CHECK(std::abs(out[k] - want) <= 3e-7 * std::abs(want));
    }
    if (first_level.empty()) first_level.assign(out, out + rows * kLanes);
    CHECK(std::equal(first_level.begin(), first_level.end(), out));
  });
}

TEST_CASE("draws are the same whether their rows stand side by side or far apart") {
  constexpr std::size_t rows = 40;
  constexpr std::int64_t apart = 3 * kLanes;
  alignas(64) static float values[rows * kLanes], out[rows * apart];
  const auto made = normals<float>(rows * kLanes, 3);
  std::copy(made.begin(), made.end(), values);
  at_every_level([&] {
    std::fill(out, out + rows * apart, 7.0f);
    Emit emit{};
    emit.rows = rows;
    emit.values = values;
    emit.out = out;
    emit.stride = apart;
    tile_kernels().emit(emit);
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t k = 0; k < apart; ++k)
        CHECK(out[r * apart + k] == (k < kLanes ? values[r * kLanes + k] : 7.0f));
  });
}

TEST_CASE(
    "cells join groups in the order of the entries, whether or not those of a group follow each other") {
  constexpr std::size_t cells = 3, groups = 2;
  alignas(64) static float cell_sum[cells * kLanes];
  const auto made = normals<float>(cells * kLanes, 4);
  std::copy(made.begin(), made.end(), cell_sum);
  const MergeEntry entries[] = {{0, kLanes, 0.3f},
                                {kLanes, kLanes, 1.7f},
                                {2 * kLanes, 0, 0.9f},
                                {0, 0, 0.1f},
                                {2 * kLanes, kLanes, 3.3f}};
  std::vector<float> want = normals<float>(groups * kLanes, 5);
  const std::vector<float> before = want;
  for (const MergeEntry& entry : entries)
    for (std::size_t k = 0; k < kLanes; ++k) want[entry.group + k] += cell_sum[entry.cell + k] * entry.scale;
  at_every_level([&] {
    std::vector<float> out = before;
    tile_kernels().merge({5, entries, cell_sum, out.data(), 0});
    CHECK(out == want);
  });
}

TEST_CASE("a substitution of columns side by side is that of each column, to the bit") {
  constexpr long areas = 5;
  const int first[] = {0, 2, 4, 7, 9, 9}, column[] = {1, 3, 0, 2, 1, 3, 0, 2, 0};
  const double value[] = {0.5, 0.5, 0.25, 0.75, 0.3, 0.3, 0.4, 0.6, 0.4}, factor[] = {0.4, -0.7};
  const std::int32_t type[] = {0, 1, 0, 1, 1};
  at_every_level([&] {
    for (const long columns : {2L, 4L, 8L}) {
      const auto x = normals<double>(static_cast<std::size_t>(areas * columns), 1),
                 right = normals<double>(x.size(), 2);
      std::vector<double> next(x.size(), 9.0), moved(static_cast<std::size_t>(columns), 0.25),
          largest = moved;
      const SpreadRows rows = columns == 2   ? spread_kernels().two
                              : columns == 4 ? spread_kernels().four
                                             : spread_kernels().eight;
      rows({first, column, value, type, factor, right.data(), x.data(), next.data()}, 1, areas, moved.data(),
           largest.data());
      for (long c = 0; c < columns; ++c) {
        double most_moved = 0.25, most = 0.25;
        for (long i = 1; i < areas; ++i) {
          const auto at = static_cast<std::size_t>(i * columns + c);
          double sum = 0.0;
          for (int k = first[i]; k < first[i + 1]; ++k)
            sum += value[k] * x[static_cast<std::size_t>(column[k] * columns + c)];
          const double now = right[at] + factor[type[i]] * sum;
          CHECK(next[at] == now);
          most_moved = std::max(most_moved, std::abs(now - x[at]));
          most = std::max(most, std::abs(now));
        }
        CHECK(next[static_cast<std::size_t>(c)] == 9.0);  // the row before the first
        CHECK(moved[static_cast<std::size_t>(c)] == most_moved);
        CHECK(largest[static_cast<std::size_t>(c)] == most);
      }
    }
  });
}
