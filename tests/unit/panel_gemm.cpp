// multiply(): the hand-written product against a plain loop, at every instruction set of this machine.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "engine/base/instruction_set.hpp"
#include "engine/base/streams.hpp"
#include "engine/estimate/gemm.hpp"

using namespace spillway;

namespace {
std::vector<double> normals(long count, std::uint64_t seed) {
  Stream stream(seed, Purpose::diagnostics, 0);
  std::vector<double> values(static_cast<std::size_t>(count));
  for (double& value : values) value = stream.normal();
  return values;
}
}  // namespace

TEST_CASE("the product equals a plain loop at every instruction set and every ragged edge") {
  for (const auto level : {InstructionSet::v2, InstructionSet::v3, InstructionSet::v4}) {
    limit_instruction_set(level);
    for (const long rows : {1L, 4L, 11L, 12L, 24L, 53L})
      for (const long columns : {1L, 7L, 8L, 17L})
        for (const long inner : {0L, 1L, 30L}) {
          const auto a = normals(inner * rows, 1), b = normals(inner * columns, 2);
          std::vector<double> c(static_cast<std::size_t>(rows * columns), 99.0);
          multiply(a.data(), inner, rows, b.data(), columns, c.data());
          for (long j = 0; j < columns; ++j)
            for (long r = 0; r < rows; ++r) {
              double sum = 0.0;
              for (long k = 0; k < inner; ++k) sum += a[r * inner + k] * b[j * inner + k];
              CHECK(c[j * rows + r] == doctest::Approx(sum).epsilon(1e-12).scale(1.0));
            }
        }
  }
  limit_instruction_set(InstructionSet::v4);
}

TEST_CASE("a column of the product does not depend on its neighbours: same bits alone and in a block") {
  constexpr long rows = 37, inner = 101, columns = 19;
  const auto a = normals(inner * rows, 3), b = normals(inner * columns, 4);
  std::vector<double> together(rows * columns), alone(rows);
  multiply(a.data(), inner, rows, b.data(), columns, together.data());
  for (long j = 0; j < columns; ++j) {
    multiply(a.data(), inner, rows, b.data() + j * inner, 1, alone.data());
    for (long r = 0; r < rows; ++r) CHECK(alone[r] == together[j * rows + r]);
  }
}

TEST_CASE("a long sum, which the product takes in parts, has the bits of one chain of additions") {
  constexpr long most_rows = 53, inner = 2'500, columns = 9;
  const auto a = normals(inner * most_rows, 5), b = normals(inner * columns, 6);
  // With AVX-512 a panel has 24 rows: the last one here fills one, two and three vectors, whole and in part.
  for (const long rows : {29L, 32L, 37L, 40L, 45L, 53L})
    for (const auto level : {InstructionSet::v2, InstructionSet::v3, InstructionSet::v4}) {
      limit_instruction_set(level);
      const bool fused = instruction_set() != InstructionSet::v2;
      std::vector<double> c(static_cast<std::size_t>(rows * columns));
      multiply(a.data(), inner, rows, b.data(), columns, c.data());
      for (long j = 0; j < columns; ++j)
        for (long r = 0; r < rows; ++r) {
          double sum = 0.0;
          for (long k = 0; k < inner; ++k)
            sum = fused ? std::fma(a[r * inner + k], b[j * inner + k], sum)
                        : sum + a[r * inner + k] * b[j * inner + k];
          CHECK(c[j * rows + r] == sum);
        }
    }
  limit_instruction_set(InstructionSet::v4);
}
