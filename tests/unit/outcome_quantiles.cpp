// Order statistics by brackets are those of sorting, bit for bit, whatever the draws look like.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "engine/base/instruction_set.hpp"
#include "engine/base/streams.hpp"
#include "engine/outcome/area_moments.hpp"

using namespace spillway;

namespace {

const std::vector<double> kQuantiles = {0.5, 0.05, 0.25, 0.75, 0.95, 0.001, 0.999};

float sorted_quantile(std::vector<float> row, double p) {
  std::sort(row.begin(), row.end());
  const double position = p * static_cast<double>(row.size() - 1);
  const auto rank = static_cast<std::size_t>(position);
  const double between = position - static_cast<double>(rank), low = row[rank];
  if (between == 0.0) return row[rank];
  return static_cast<float>(low + between * (row[std::min(row.size() - 1, rank + 1)] - low));
}

/// Rows of very different laws, one after the other, so that the brackets of one mislead for the next.
std::vector<float> row_of(int kind, long draws, Stream& stream) {
  std::vector<float> row;
  for (long d = 0; d < draws; ++d) {
    const double z = stream.normal();
    double x = z;
    if (kind == 1) x = -std::exp(2.0 * z);                              // long tail to the left
    if (kind == 2) x = std::round(z);                                   // many ties
    if (kind == 3) x = 7.0;                                             // all equal
    if (kind == 4) x = stream.uniform() < 0.5 ? -1.0 : 1.0 + 1e-7 * z;  // two atoms
    if (kind == 5) x = 1.0 / z;                                         // no mean
    if (kind == 6) x = 1e-30 * z;
    if (kind == 7) x = 1000.0 + 1e-4 * z;          // neighbours a float's last bit apart
    if (kind == 8) x = d == draws / 2 ? 1e30 : z;  // one enormous draw
    if (kind == 9) x = z < 0.0 ? 0.0 : z;          // half of it zero
    row.push_back(static_cast<float>(x));
  }
  return row;
}

}  // namespace

TEST_CASE("quantiles, mean and sd are those of sorting and summing, on every instruction set") {
  for (const auto level : {InstructionSet::v4, InstructionSet::v3, InstructionSet::v2}) {
    limit_instruction_set(level);
    for (const long draws : {1L, 2L, 15L, 16L, 17L, 100L, 1003L, 9999L}) {
      AreaMoments moments(kQuantiles, draws, -1.0);
      Stream stream(11, Purpose::diagnostics, static_cast<std::uint64_t>(draws));
      for (int pass = 0; pass < 3; ++pass)
        for (int kind = 0; kind < 10; ++kind) {
          const std::vector<float> row = row_of(kind, draws, stream);
          float quantile[7];
          const auto got = moments.summarise(row.data(), quantile);
          for (std::size_t k = 0; k < kQuantiles.size(); ++k)
            CHECK(quantile[k] == sorted_quantile(row, kQuantiles[k]));
          double sum = 0.0, squares = 0.0, better = 0.0;
          for (const float x : row) {
            sum += x;
            better += x < 0.0f;
          }
          const double mean = sum / static_cast<double>(draws);
          for (const float x : row) squares += (x - mean) * (x - mean);
          const double sd = draws > 1 ? std::sqrt(squares / static_cast<double>(draws - 1)) : 0.0;
          CHECK(std::abs(got.mean - mean) <= 1e-6 * std::hypot(mean, sd));
          CHECK(got.sd == doctest::Approx(sd).epsilon(1e-6));
          CHECK(got.better == doctest::Approx(better / static_cast<double>(draws)));
        }
    }
  }
  limit_instruction_set(InstructionSet::v4);
}

TEST_CASE("rows that are sorted, nearly, backwards or not at all have the same quantiles by blocks") {
  for (const auto level : {InstructionSet::v4, InstructionSet::v3, InstructionSet::v2})
    for (const long draws : {1L, 17L, 127L, 128L, 129L, 1003L, 9999L})
      for (const double better : {1.0, -1.0}) {
        limit_instruction_set(level);
        AreaMoments plain(kQuantiles, draws, better), ordered(kQuantiles, draws, better);
        Stream stream(13, Purpose::diagnostics, static_cast<std::uint64_t>(draws));
        for (int kind = 0; kind < 40; ++kind) {
          std::vector<float> row = row_of(kind % 10, draws, stream);
          if (kind >= 10) std::sort(row.begin(), row.end());
          if (kind >= 20) std::reverse(row.begin(), row.end());
          if (kind >= 30)
            for (std::size_t d = 1; d < row.size(); d += 3) std::swap(row[d], row[d - 1]);
          float want[7], got[7];
          const auto expected = plain.summarise(row.data(), want);
          const auto found = ordered.summarise_ordered(row.data(), expected.mean, expected.sd, 0.0f, got);
          for (std::size_t k = 0; k < kQuantiles.size(); ++k) CHECK(got[k] == want[k]);
          CHECK(found.better == expected.better);
          CHECK(found.positive == expected.positive);
          double clearly = 0.0, above = 0.0, positive = 0.0;
          for (const float x : row) {
            clearly += static_cast<float>(better) * x > 0.25f;
            above += x > 0.25f;
            positive += x > 0.0f;
          }
          CHECK(expected.positive == doctest::Approx(positive / static_cast<double>(draws)));
          const auto beyond = ordered.summarise_ordered(row.data(), expected.mean, expected.sd, 0.25f, got);
          CHECK(beyond.better == doctest::Approx(clearly / static_cast<double>(draws)));
          CHECK(beyond.positive == doctest::Approx(above / static_cast<double>(draws)));
        }
      }
  limit_instruction_set(InstructionSet::v4);
}

TEST_CASE("moments have the same bits on every instruction set") {
  Stream stream(12, Purpose::diagnostics, 0);
  const std::vector<float> row = row_of(1, 9999, stream);
  AreaMoments::Result result[3];
  float quantile[7];
  for (const auto level : {InstructionSet::v2, InstructionSet::v3, InstructionSet::v4}) {
    limit_instruction_set(level);
    result[static_cast<int>(level) - 2] = AreaMoments(kQuantiles, 9999, 1.0).summarise(row.data(), quantile);
  }
  CHECK(std::memcmp(&result[0], &result[1], sizeof result[0]) == 0);
  CHECK(std::memcmp(&result[0], &result[2], sizeof result[0]) == 0);
}
