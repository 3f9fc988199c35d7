// Draws of areas held as a basis, and what bands and ranks of them are in cases with known answers.
#include "engine/outcome/after_looking.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/base/instruction_set.hpp"
#include "engine/base/statistics.hpp"
#include "engine/base/streams.hpp"
#include "tests/support/propagation_world.hpp"

using namespace spillway;
using test::LeverForm;

namespace {

/// Areas x draws, with the last block's empty lanes.
Eigen::MatrixXd held(const AreaDraws& draws) {
  Eigen::MatrixXd all(draws.areas(), draws.blocks() * AreaDraws::kBlock);
  AlignedBuffer block(draws.room());
  for (long k = 0; k < draws.blocks(); ++k) {
    draws.block(k, block.data());
    for (long column = 0; column < draws.areas(); ++column)
      for (long lane = 0; lane < AreaDraws::kBlock; ++lane)
        all(draws.columns()[static_cast<std::size_t>(column)], k * AreaDraws::kBlock + lane) =
            static_cast<double>(block.data()[column * AreaDraws::kBlock + lane]);
  }
  return all;
}

struct PlainBands {
  double tail = 0.0;
  Eigen::VectorXd low, high;
};

/// Bands by quantiles of rows x draws by their definition: k is the largest for which the share of draws that
/// are outside the band from the k-th least to the k-th largest of the *other* draws, in any row, is allowed;
/// then on towards the next k by what is left of that share.
PlainBands plain_bands(const Eigen::MatrixXd& x, const Eigen::VectorXd& error, double level) {
  const Eigen::Index rows = x.rows(), draws = x.cols();
  const double allowed = (1.0 - level + 1e-12) * static_cast<double>(draws);
  std::vector<std::vector<double>> sorted;
  for (Eigen::Index i = 0; i < rows; ++i) {
    sorted.emplace_back(x.row(i).begin(), x.row(i).end());
    std::sort(sorted.back().begin(), sorted.back().end());
  }
  const auto left_out = [&](long k) {
    double count = 0.0;
    for (Eigen::Index d = 0; d < draws; ++d) {
      bool out = false;
      for (Eigen::Index i = 0; i < rows && !out; ++i) {
        if (!(error[i] > 0.0)) continue;
        const long beneath = (x.row(i).array() <= x(i, d)).count() - 1,
                   above = (x.row(i).array() >= x(i, d)).count() - 1;
        out = beneath < k || above < k;
      }
      count += out;
    }
    return count;
  };
  PlainBands bands{0.0, x.rowwise().mean(), x.rowwise().mean()};
  long k = 0;
  while (2 * (k + 1) <= draws && left_out(k + 1) <= allowed) ++k;
  if (k == 0) return bands;
  const double here = left_out(k), next = left_out(k + 1),
               depth = std::min(static_cast<double>(k) + (allowed - here) / (next - here), 0.5 * allowed),
               part = depth - std::floor(depth);
  const auto at = static_cast<std::size_t>(depth);
  bands.tail = depth / static_cast<double>(draws + 1);
  for (Eigen::Index i = 0; i < rows; ++i) {
    if (!(error[i] > 0.0)) continue;
    const auto& of = sorted[static_cast<std::size_t>(i)];
    bands.low[i] = of[at - 1] + part * (of[at] - of[at - 1]);
    const std::size_t from = of.size() - at;
    bands.high[i] = of[from] + part * (of[from - 1] - of[from]);
  }
  return bands;
}

struct PlainMap {
  double critical, critical_rank;
  Eigen::VectorXd mean, standard_error;
  std::vector<int> low, high;  ///< ranks
};

/// infer_map() of areas x draws by its definition, in double precision, over every pair.
PlainMap plain_map(const Eigen::MatrixXd& x, double better, double level) {
  const Eigen::Index areas = x.rows(), draws = x.cols();
  const auto moments = [&](const Eigen::MatrixXd& of, Eigen::VectorXd& mean, Eigen::VectorXd& error) {
    mean = of.rowwise().mean();
    error = ((of.colwise() - mean).rowwise().squaredNorm() / static_cast<double>(draws - 1)).cwiseSqrt();
    for (Eigen::Index i = 0; i < areas; ++i)
      if (!(error[i] > 1e-7 * std::abs(mean[i]))) error[i] = 0.0;
  };
  Eigen::MatrixXd z = x.rowwise() - x.colwise().mean();
  for (Eigen::Index d = 0; d < draws; ++d) {
    const double sd = std::sqrt(z.col(d).squaredNorm() / static_cast<double>(areas));
    z.col(d) *= sd > 1e-7 * std::abs(x.col(d).mean()) ? better / sd : 0.0;
  }
  PlainMap map;
  Eigen::VectorXd score, spread;
  moments(x, map.mean, map.standard_error);
  moments(z, score, spread);
  std::vector<double> largest, range;
  for (Eigen::Index d = 0; d < draws; ++d) {
    double most = 0.0, widest = 0.0;
    for (Eigen::Index i = 0; i < areas; ++i) {
      if (map.standard_error[i] > 0.0)
        most = std::max(most, std::abs(x(i, d) - map.mean[i]) / map.standard_error[i]);
      const auto e = [&](Eigen::Index area) { return spread[area] > 0.0 ? z(area, d) - score[area] : 0.0; };
      for (Eigen::Index k = 0; k < i; ++k)
        if (spread[i] + spread[k] > 0.0)
          widest = std::max(widest, std::abs(e(i) - e(k)) / (spread[i] + spread[k]));
    }
    largest.push_back(most);
    range.push_back(widest);
  }
  map.critical = quantile_in_place(largest, level);
  map.critical_rank = quantile_in_place(range, level);
  for (Eigen::Index i = 0; i < areas; ++i) {
    int above = 0, below = 0;
    for (Eigen::Index k = 0; k < areas; ++k) {
      const double apart = score[k] - score[i], least = map.critical_rank * (spread[i] + spread[k]) +
                                                        1e-7 * (std::abs(score[i]) + std::abs(score[k]));
      above += apart > least;
      below += -apart > least;
    }
    map.low.push_back(1 + above);
    map.high.push_back(static_cast<int>(areas) - below);
  }
  return map;
}

}  // namespace

TEST_CASE("areas' draws are those of the recursion, on either path") {
  const test::PlanarWorld world = test::planar(700, 5);
  for (const LeverForm form : {LeverForm::ring_fence, LeverForm::wealth_fund})
    for (const Path path : {Path::exact, Path::basis}) {
      const Dynamics dynamics = test::lever_dynamics(world, form, 700, 6, 21);
      const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::cumulative_uplift});
      const AreaDraws draws(dynamics, plan, {2}, path);
      CHECK(draws.path() == (path == Path::exact ? "every draw held" : "sampled basis"));
      REQUIRE(draws.areas() == 700);
      REQUIRE(draws.draws() == 700);
      const Eigen::MatrixXd got = held(draws);
      CHECK(got.rightCols(got.cols() - 700).isZero(0.0));
      Eigen::MatrixXd right(700, 700);
      for (long d = 0; d < 700; ++d) right.col(d) = propagate_one(dynamics, d).rowwise().sum();
      const Eigen::VectorXd size = (right.rowwise().squaredNorm() / 700.0).cwiseSqrt();
      const double floor = 0.01 * std::sqrt(size.squaredNorm() / 700.0);
      double worst = 0.0;
      for (Eigen::Index i = 0; i < 700; ++i)
        for (Eigen::Index d = 0; d < 700; ++d) {
          // Held in steps, a draw may be off by half of one beside what the recursion in floats is off by.
          const double off = path == Path::exact ? static_cast<double>(draws.error()[i]) : 0.0;
          worst = std::max(worst, (std::abs(got(i, d) - right(i, d)) - off) /
                                      std::max({size[i], floor, std::abs(right(i, d))}));
        }
      CHECK(worst < (path == Path::exact ? 1e-6 : 3e-5));
      if (path == Path::exact)
        for (Eigen::Index i = 0; i < 700; ++i)
          CHECK(static_cast<double>(draws.error()[i]) <
                1e-5 * (right.row(i).maxCoeff() - right.row(i).minCoeff()) +
                    3e-7 * right.row(i).cwiseAbs().maxCoeff() + 1e-30);
    }
}

TEST_CASE("a map is what its definition gives over every pair, with any instruction set and any workers") {
  // Areas that share factors, of very different variances; one that stands still, two that are equal, a draw
  // in which nothing varies; the last block is not whole.
  constexpr Eigen::Index areas = 90, count = 1100;
  Eigen::MatrixXf draws(count, areas);
  Stream stream(11, Purpose::coverage_world, 0);
  for (Eigen::Index d = 0; d < count; ++d) {
    const double one = stream.normal(), other = stream.normal();
    for (Eigen::Index i = 0; i < areas; ++i) {
      const double at = static_cast<double>(i), scale = std::exp(0.05 * at - 2.0);
      draws(d, i) = static_cast<float>(std::sin(at) + scale * (one + std::cos(at) * other + stream.normal()));
    }
    draws(d, 7) = 0.25F;
    draws(d, 8) = draws(d, 9);
  }
  draws.row(500).setConstant(0.3F);
  const InstructionSet best = instruction_set();
  for (const double better : {1.0, -1.0}) {
    const PlainMap right = plain_map(draws.transpose().cast<double>(), better, 0.9);
    const MapInference map = infer_map(AreaDraws(draws), better, 0.9, {2});
    CHECK(map.bands.critical == doctest::Approx(right.critical).epsilon(1e-6));
    CHECK(map.critical_rank == doctest::Approx(right.critical_rank).epsilon(3e-6));
    CHECK((map.bands.mean - right.mean).cwiseAbs().maxCoeff() < 1e-6);
    CHECK((map.bands.standard_error - right.standard_error).cwiseAbs().maxCoeff() < 1e-6);
    const PlainBands bands = plain_bands(draws.transpose().cast<double>(), right.standard_error, 0.9);
    CHECK(map.bands.tail > 0.0);
    CHECK(map.bands.tail == doctest::Approx(bands.tail).epsilon(1e-9));
    CHECK((map.bands.low - bands.low).cwiseAbs().maxCoeff() < 1e-6);
    CHECK((map.bands.high - bands.high).cwiseAbs().maxCoeff() < 1e-6);
    for (Eigen::Index i = 0; i < areas; ++i) {
      CHECK(map.ranks.low[i] == right.low[static_cast<std::size_t>(i)]);
      CHECK(map.ranks.high[i] == right.high[static_cast<std::size_t>(i)]);
    }
    for (const InstructionSet level : {InstructionSet::v2, InstructionSet::v3}) {
      limit_instruction_set(level);
      const MapInference same = infer_map(AreaDraws(draws), better, 0.9, {1});
      limit_instruction_set(best);
      CHECK(same.bands.low == map.bands.low);
      CHECK(same.critical_rank == map.critical_rank);
      CHECK(same.ranks.high == map.ranks.high);
      CHECK(same.winner.hybrid.low == map.winner.hybrid.low);
    }
  }
}

TEST_CASE("bands cut off the same share of every row, and so few draws that all rows hold at once") {
  // Skewed draws, ties and a row that stands still; whole and broken last chunks, few and many draws kept.
  for (const auto& one : {std::pair<Eigen::Index, double>{96, 0.5}, {131, 0.8}, {640, 0.9}}) {
    const Eigen::Index count = one.first;
    const double level = one.second;
    Eigen::MatrixXd draws(count, 7);
    Stream stream(14, Purpose::coverage_world, static_cast<std::uint64_t>(count));
    for (Eigen::Index d = 0; d < count; ++d) {
      const double shared = stream.normal();
      for (Eigen::Index i = 0; i < 7; ++i)
        draws(d, i) = std::exp(0.2 * static_cast<double>(i) * (shared + 0.2 * stream.normal())) - 0.5;
      draws(d, 3) = std::round(4.0 * draws(d, 3));  // many are equal
      draws(d, 0) = 0.25;
    }
    CAPTURE(count);
    const Bands bands = infer_bands(draws, 1.0, level);
    const PlainBands right = plain_bands(draws.transpose(), bands.standard_error, level);
    CHECK(bands.tail > 0.0);
    CHECK(bands.tail == doctest::Approx(right.tail).epsilon(1e-9));
    CHECK((bands.low - right.low).cwiseAbs().maxCoeff() < 1e-12);
    CHECK((bands.high - right.high).cwiseAbs().maxCoeff() < 1e-12);
    CHECK(bands.low[0] == 0.25);
    CHECK(bands.high[0] == 0.25);
  }
  // One row: its own quantiles. More rows than draws can tell apart: mean -+ c standard errors, and no tail.
  Eigen::MatrixXd one(999, 1), many(40, 60);
  Stream stream(15, Purpose::coverage_world, 0);
  for (double& x : one.reshaped()) x = std::exp(stream.normal());
  for (double& x : many.reshaped()) x = stream.normal();
  const Bands single = infer_bands(one, 1.0, 0.9), few = infer_bands(many, 1.0, 0.9);
  std::vector<double> sorted(one.reshaped().begin(), one.reshaped().end());
  std::sort(sorted.begin(), sorted.end());
  CHECK(single.low[0] == doctest::Approx(sorted[48] + 0.95 * (sorted[49] - sorted[48])).epsilon(1e-9));
  CHECK(single.high[0] == doctest::Approx(sorted[950] + 0.95 * (sorted[949] - sorted[950])).epsilon(1e-9));
  CHECK(few.tail == 0.0);
  CHECK(few.low[5] == few.mean[5] - few.critical * few.standard_error[5]);
}

TEST_CASE("a league's pairs are those of plain differences, with any instruction set") {
  constexpr Eigen::Index groups = 21, count = 317;
  Eigen::MatrixXd draws(count, groups);
  Stream stream(12, Purpose::coverage_world, 0);
  for (Eigen::Index d = 0; d < count; ++d) {
    const double shared = stream.normal();
    for (Eigen::Index i = 0; i < groups; ++i)
      draws(d, i) = 0.1 * static_cast<double>(i) + shared + 0.3 * stream.normal();
    draws(d, 4) = draws(d, 3);
  }
  const Eigen::MatrixXd away = draws.rowwise() - draws.colwise().mean();
  // Of each group the largest over its pairs in each draw, and of all.
  Eigen::MatrixXd of_group = Eigen::MatrixXd::Zero(count, groups), sd = Eigen::MatrixXd::Zero(groups, groups);
  for (Eigen::Index j = 0; j < groups; ++j)
    for (Eigen::Index k = 0; k < groups; ++k) {
      const Eigen::ArrayXd apart = away.col(j) - away.col(k);
      sd(j, k) = std::sqrt(apart.square().sum() / static_cast<double>(count - 1));
      if (sd(j, k) > 1e-9) of_group.col(j) = of_group.col(j).array().max(apart.abs() / sd(j, k)).matrix();
    }
  std::vector<double> most;
  for (Eigen::Index d = 0; d < count; ++d) most.push_back(of_group.row(d).maxCoeff());
  const double right = quantile_in_place(most, 0.95);
  const InstructionSet best = instruction_set();
  const GroupInference league = infer_groups(draws, 1.0, 0.95, {2});
  CHECK(league.critical_all == doctest::Approx(right).epsilon(1e-12));
  const Eigen::VectorXd mean = draws.colwise().mean();
  for (Eigen::Index j = 0; j < groups; ++j) {
    std::vector<double> own(of_group.col(j).begin(), of_group.col(j).end());
    const double critical = quantile_in_place(own, 0.95);
    int low = 1, high = groups;
    for (Eigen::Index k = 0; k < groups; ++k) {
      const double above = mean[k] - mean[j], least = std::max(critical * sd(j, k), 1e-6);
      low += above > least;
      high -= -above > least;
    }
    CHECK(league.each.low[j] == low);
    CHECK(league.each.high[j] == high);
  }
  for (const InstructionSet level : {InstructionSet::v2, InstructionSet::v3}) {
    limit_instruction_set(level);
    const GroupInference same = infer_groups(draws, 1.0, 0.95, {1});
    limit_instruction_set(best);
    CHECK(same.critical_all == league.critical_all);
    CHECK(same.each.low == league.each.low);
    CHECK(same.each.high == league.each.high);
  }
}

TEST_CASE("bands and ranks of a map are the same on either path and for any workers") {
  const test::PlanarWorld world = test::planar(700, 6);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, 700, 6, 22);
  const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::uplift});
  const AreaDraws exact(dynamics, plan, {2}, Path::exact), basis(dynamics, plan, {2}, Path::basis);
  const MapInference one = infer_map(basis, 1.0, 0.9, {1}), two = infer_map(basis, 1.0, 0.9, {2}),
                     right = infer_map(exact, 1.0, 0.9, {2});
  CHECK(one.bands.low == two.bands.low);
  CHECK(one.bands.tail > 0.0);
  CHECK(std::abs(one.bands.tail / right.bands.tail - 1.0) < 1e-2);
  CHECK(one.ranks.low == two.ranks.low);
  CHECK(one.ranks.high == two.ranks.high);
  CHECK(one.winner.hybrid.low == two.winner.hybrid.low);
  CHECK(std::abs(one.bands.critical / right.bands.critical - 1.0) < 1e-3);
  CHECK(std::abs(one.critical_rank / right.critical_rank - 1.0) < 1e-3);
  CHECK((one.ranks.low - right.ranks.low).cwiseAbs().maxCoeff() <= 7);  // a hundredth of the places
}

TEST_CASE("ranks that no draw doubts are certain, and what moves all areas together is no doubt") {
  // x_i = a g_i with a = 3 -+ 1: in every draw the order is that of g; two areas are equal, ten stand still.
  Eigen::MatrixXf draws(200, 40);
  Stream stream(5, Purpose::coverage_world, 0);
  for (Eigen::Index d = 0; d < draws.rows(); ++d) {
    const double a = 3.0 + std::clamp(stream.normal(), -2.5, 2.5);
    for (Eigen::Index i = 0; i < 30; ++i)
      draws(d, i) = static_cast<float>(a * static_cast<double>(i == 1 ? 1 : 1 + i));
    draws.row(d).tail(10).setZero();
  }
  const MapInference map = infer_map(AreaDraws(draws), 1.0, 0.95, {1});
  for (Eigen::Index i = 2; i < 30; ++i) {
    CHECK(map.ranks.low[i] == 30 - i);
    CHECK(map.ranks.high[i] == 30 - i);
  }
  for (const Eigen::Index i : {0, 1}) {
    CHECK(map.ranks.low[i] == 29);
    CHECK(map.ranks.high[i] == 30);
  }
  for (Eigen::Index i = 30; i < 40; ++i) {
    CHECK(map.ranks.low[i] == 31);
    CHECK(map.ranks.high[i] == 40);
    CHECK(map.bands.low[i] == 0.0);
    CHECK(map.bands.gains[static_cast<std::size_t>(i)] == 0);
  }
  // All share one factor, so the band of all is the band of one: c is the quantile of |t| and not of many.
  std::vector<double> t;
  for (Eigen::Index d = 0; d < 200; ++d)
    t.push_back(std::abs(static_cast<double>(draws(d, 0)) - map.bands.mean[0]) / map.bands.standard_error[0]);
  CHECK(map.bands.critical == doctest::Approx(quantile_in_place(t, 0.95)).epsilon(1e-5));
  // Where less is better, first is last.
  const MapInference less = infer_map(AreaDraws(draws), -1.0, 0.95, {1});
  CHECK(less.ranks.low[29] == 40);
  CHECK(less.ranks.high[30] == 10);
  CHECK(less.bands.loses[29] == map.bands.gains[29]);
  CHECK_THROWS_AS(infer_map(AreaDraws(Eigen::MatrixXf(1, 3)), 1.0, 0.9, {1}), InputError);
}

TEST_CASE("a winner far ahead needs no correction, one level with another is cut to the projection") {
  Eigen::VectorXd estimate(3), variance = Eigen::VectorXd::Ones(3), covariance(3);
  covariance << 1.0, 0.0, 0.0;
  estimate << 40.0, 0.0, 1.0;
  const WinnerInference clear = winner_inference(estimate, variance, covariance, 0, {2.1, 2.9}, 0.9);
  CHECK(clear.conditional.low == doctest::Approx(clear.naive.low).epsilon(1e-9));
  CHECK(clear.conditional.high == doctest::Approx(clear.naive.high).epsilon(1e-9));
  CHECK(clear.conditional_median == doctest::Approx(40.0).epsilon(1e-9));
  // A hundredth more error in each tail of the rest: (0.1 - 0.01) / 0.99 in place of 0.1.
  CHECK(std::abs(clear.hybrid.low - clear.naive.low) < 0.06);
  estimate << 1.0, 1.0, 0.0;  // a tie: every mean would put the winner on its bound
  const WinnerInference tie = winner_inference(estimate, variance, covariance, 0, {2.1, 2.9}, 0.9);
  CHECK(tie.conditional.low == -INFINITY);
  CHECK(tie.hybrid.low >= 1.0 - 2.9);
  CHECK(tie.hybrid.high <= 1.0 + 2.9);
  CHECK(tie.hybrid_median <= 1.0);
  variance[0] = covariance[0] = 0.0;  // known: nothing to correct
  const WinnerInference known = winner_inference(estimate, variance, covariance, 0, {2.1, 2.9}, 0.9);
  CHECK(known.hybrid.low == 1.0);
  CHECK(known.hybrid.high == 1.0);
}
