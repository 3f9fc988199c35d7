// Laws of the fast paths on generated worlds: they agree with the plain recursion, and nothing but the
// numbers that define a draw changes its bits.
#include <doctest/doctest.h>

#include <cmath>
#include <numeric>

#include "engine/base/instruction_set.hpp"
#include "engine/base/streams.hpp"
#include "engine/outcome/basis_path.hpp"
#include "engine/outcome/cost_model.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/shared_work.hpp"
#include "engine/outcome/snapshots.hpp"
#include "engine/propagate/time_tile.hpp"
#include "engine/propagate/unit_dynamics.hpp"
#include "tests/support/propagation_world.hpp"
#include "tests/support/thread_ranks.hpp"

using namespace spillway;
using test::LeverForm;

namespace {

const std::vector<AreaOutcome> kAll = {AreaOutcome::uplift, AreaOutcome::cumulative_uplift,
                                       AreaOutcome::gva_per_head_uplift, AreaOutcome::discounted_gva_uplift};

/// Largest error of an area's quantiles, mean and sd over its root mean square, or over `floor` of the root
/// mean square over areas where that is more.
double area_error(const AreaSummary& got, const AreaSummary& want, double floor = 0.0) {
  double worst = 0.0;
  const double least = floor * std::sqrt((want.mean.cwiseAbs2() + want.sd.cwiseAbs2()).cast<double>().mean());
  for (Eigen::Index i = 0; i < want.mean.size(); ++i) {
    const double scale =
        std::max(least, std::hypot(static_cast<double>(want.mean[i]), static_cast<double>(want.sd[i])));
    double error = std::max(std::abs(got.mean[i] - want.mean[i]), std::abs(got.sd[i] - want.sd[i]));
    for (Eigen::Index k = 0; k < want.quantile.rows(); ++k)
      error = std::max(error, static_cast<double>(std::abs(got.quantile(k, i) - want.quantile(k, i))));
    if (scale == 0.0) {
      CHECK(error == 0.0);
      continue;
    }
    worst = std::max(worst, error / scale);
  }
  return worst;
}

/// Largest error of a group's draws over the root mean square of the series. Gains and losses of areas cancel
/// in the groups of a ring-fence, their rounding does not: hence the wider bounds below.
double aggregate_error(const AggregateSeries& got, const AggregateSeries& want) {
  double worst = 0.0, squares = 0.0;
  REQUIRE(got.value.size() == want.value.size());
  for (std::size_t k = 0; k < want.value.size(); ++k) {
    worst = std::max(worst, static_cast<double>(std::abs(got.value[k] - want.value[k])));
    squares += static_cast<double>(want.value[k]) * want.value[k];
  }
  return squares == 0.0 ? worst : worst / std::sqrt(squares / static_cast<double>(want.value.size()));
}

bool same_bits(const ScenarioOutcome& a, const ScenarioOutcome& b) {
  for (std::size_t o = 0; o < a.areas.size(); ++o) {
    const AreaSummary &one = a.areas[o], &two = b.areas[o];
    if (one.quantile != two.quantile || one.mean != two.mean || one.sd != two.sd ||
        one.probability_better != two.probability_better ||
        one.probability_positive != two.probability_positive || one.draws != two.draws)
      return false;
  }
  for (std::size_t s = 0; s < a.aggregates.size(); ++s)
    if (a.aggregates[s].value != b.aggregates[s].value) return false;
  return true;
}

}  // namespace

TEST_CASE("exact recursion agrees with the plain recursion for every form of lever") {
  const auto world = test::planar(700, 3);
  for (const auto form : {LeverForm::ring_fence, LeverForm::wealth_fund, LeverForm::franchising}) {
    const Dynamics dynamics =
        test::lever_dynamics(world, form, 101, 10, 5);  // 101: the last batch is not whole
    OutcomePlan plan = test::full_plan(world, dynamics, kAll);
    plan.keep_draws_of = {0, 345, 699};
    const ScenarioOutcome want = evaluate_reference(dynamics, plan);
    const ScenarioOutcome got = evaluate(dynamics, plan, {2}, Path::exact);
    CHECK(got.report.path == "exact recursion");
    for (std::size_t o = 0; o < kAll.size(); ++o) {
      CHECK(area_error(got.areas[o], want.areas[o]) < 5e-6);
      CHECK((got.areas[o].probability_better - want.areas[o].probability_better).cwiseAbs().maxCoeff() <
            0.011);
      CHECK((got.areas[o].draws - want.areas[o].draws).cwiseAbs().maxCoeff() <=
            5e-6 * want.areas[o].draws.cwiseAbs().maxCoeff());
    }
    for (std::size_t s = 0; s < want.aggregates.size(); ++s)
      CHECK(aggregate_error(got.aggregates[s], want.aggregates[s]) < 2e-5);
  }
}

TEST_CASE(
    "rows that no shock has reached yet are left alone in every batch, and the recursion is that of all "
    "rows") {
  const auto world = test::planar(900, 4);
  constexpr int horizon = 14;
  Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 101, horizon, 6);
  dynamics.shape.setZero();
  dynamics.shape.topRows(6).setConstant(0.01);
  const OutcomePlan plan = test::full_plan(world, dynamics, kAll);
  const ScenarioOutcome want = evaluate_reference(dynamics, plan),
                        got = evaluate(dynamics, plan, {2}, Path::exact);
  for (std::size_t o = 0; o < kAll.size(); ++o) CHECK(area_error(got.areas[o], want.areas[o]) < 5e-6);
  for (std::size_t s = 0; s < want.aggregates.size(); ++s)
    CHECK(aggregate_error(got.aggregates[s], want.aggregates[s]) < 2e-5);
  const TileSource source(dynamics);
  std::vector<int> all(900);
  std::iota(all.begin(), all.end(), 0);
  long row_periods = 0, late = 0;
  for (const int area : all) {
    const int reached = source.reached(area);
    if (reached > horizon) continue;
    row_periods += horizon - (reached - 1) / 2 * 2;  // from the pair of periods on in which it begins to move
    late += reached > 2;
  }
  CHECK(late > 100);
  CHECK(TimeTile(source, all, std::vector<std::int32_t>(900, 0)).row_periods() == row_periods);
}

TEST_CASE("shapes whose amplitudes keep their proportions are added up once a draw, to the plain recursion") {
  const auto world = test::planar(700, 3);
  constexpr int horizon = 10, directions = 5, shapes = 2 * directions + 1;
  Dynamics dynamics = test::lever_dynamics(world, LeverForm::franchising, 101, horizon, 5);
  Stream stream(7, Purpose::diagnostics, 0);
  dynamics.shape = Eigen::MatrixXd::Zero(700, shapes);
  for (Eigen::Index i = 0; i < 700; i += 3)
    for (int q = 0; q < shapes; ++q) dynamics.shape(i, q) = 0.01 * stream.normal();
  dynamics.amplitude.assign(static_cast<std::size_t>(dynamics.draws * horizon * shapes), 0.0);
  for (long d = 0; d < dynamics.draws; ++d) {
    double move[directions], size[2][horizon];
    for (double& one : move) one = stream.normal();
    for (auto& through : size)
      for (double& one : through) one = d == 17 ? 0.0 : stream.normal();  // a draw in which nothing moves
    for (int h = 0; h < horizon; ++h) {
      double* at = dynamics.amplitude.data() + (d * horizon + h) * shapes;
      for (int k = 0; k < directions; ++k) {
        at[k] = move[k] * size[0][h];
        at[directions + k] = move[k] * size[1][h];
      }
      at[shapes - 1] = stream.normal();
    }
  }
  const TileSource source(dynamics);
  REQUIRE(source.mixes().size() == 2);
  CHECK(source.mixes()[0].shapes == std::vector<int>{0, 1, 2, 3, 4});
  CHECK(source.mixes()[1].shapes == std::vector<int>{5, 6, 7, 8, 9});
  const OutcomePlan plan = test::full_plan(world, dynamics, kAll);
  const ScenarioOutcome want = evaluate_reference(dynamics, plan),
                        got = evaluate(dynamics, plan, {2}, Path::exact);
  for (std::size_t o = 0; o < kAll.size(); ++o) CHECK(area_error(got.areas[o], want.areas[o]) < 5e-6);
  for (std::size_t s = 0; s < want.aggregates.size(); ++s)
    CHECK(aggregate_error(got.aggregates[s], want.aggregates[s]) < 2e-5);
  CHECK(same_bits(got, evaluate(dynamics, plan, {1}, Path::exact)));
  for (const auto level : {InstructionSet::v3, InstructionSet::v2}) {
    limit_instruction_set(level);
    CHECK(same_bits(got, evaluate(dynamics, plan, {2}, Path::exact)));
  }
  limit_instruction_set(InstructionSet::v4);
  // A shape that is off its proportion in one period of one draw, by a hundred-millionth, stands alone.
  dynamics.amplitude[static_cast<std::size_t>((50 * horizon + 4) * shapes + 2)] *= 1.0 + 1e-8;
  const TileSource off(dynamics);
  REQUIRE(off.mixes().size() == 2);
  CHECK(off.mixes()[0].shapes == std::vector<int>{0, 1, 3, 4});
}

TEST_CASE("workers and instruction sets never change a bit of the exact recursion") {
  const auto world = test::planar(900, 4);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::franchising, 77, 8, 6);
  const OutcomePlan plan = test::full_plan(world, dynamics, kAll);
  const ScenarioOutcome serial = evaluate(dynamics, plan, {1}, Path::exact);
  for (const int workers : {2, 3, 8})
    CHECK(same_bits(evaluate(dynamics, plan, {workers}, Path::exact), serial));
  for (const auto level : {InstructionSet::v2, InstructionSet::v3}) {
    limit_instruction_set(level);
    CHECK(same_bits(evaluate(dynamics, plan, {2}, Path::exact), serial));
  }
  limit_instruction_set(InstructionSet::v4);
}

/// What rank 0 of a team has; each rank its own workers.
ScenarioOutcome by_ranks(int ranks, int workers, const Dynamics& dynamics, const OutcomePlan& plan, Path path,
                         std::vector<Ranks::Counts>* counts = nullptr) {
  ScenarioOutcome result;
  std::vector<Ranks::Counts> all(static_cast<std::size_t>(ranks));
  test::as_ranks(ranks, [&](Ranks& team) {
    ScenarioOutcome mine = evaluate(dynamics, plan, {workers}, path, team);
    all[static_cast<std::size_t>(team.rank())] = team.counts();
    if (team.writes()) result = std::move(mine);
  });
  if (counts != nullptr) *counts = all;
  return result;
}

TEST_CASE("ranks that share a scenario change no bit of it on the sampled basis") {
  const auto world = test::planar(1300, 8);  // four area groups: of five ranks one has none
  for (const auto form : {LeverForm::ring_fence, LeverForm::franchising}) {
    const Dynamics dynamics = test::lever_dynamics(world, form, 801, 5, 9);
    OutcomePlan plan = test::full_plan(
        world, dynamics,
        {AreaOutcome::uplift, AreaOutcome::cumulative_uplift, AreaOutcome::discounted_gva_uplift});
    plan.keep_draws_of = {12, 800, 1299};
    const ScenarioOutcome want = evaluate(dynamics, plan, {2}, Path::basis);
    if (form == LeverForm::ring_fence) REQUIRE(want.report.path == "sampled basis");
    for (const int ranks : {2, 5}) {
      std::vector<Ranks::Counts> counts;
      const ScenarioOutcome got = by_ranks(ranks, ranks == 2 ? 2 : 1, dynamics, plan, Path::basis, &counts);
      CHECK(same_bits(got, want));
      CHECK(got.report.path == want.report.path);
      CHECK(got.report.checked_error == want.report.checked_error);
      CHECK(got.report.basis_size == want.report.basis_size);
      CHECK(got.report.fallbacks == want.report.fallbacks);
      double sent = 0.0, received = 0.0;
      for (const Ranks::Counts& one : counts) {
        CHECK(one.bytes_sent > 0.0);
        sent += one.bytes_sent;
        received += one.bytes_received;
      }
      CHECK(sent == received);  // every byte that is said is heard
    }
  }
}

TEST_CASE("ranks share the tiles of an exact recursion, sums added in the order of tiles") {
  const auto world = test::planar(900, 4);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 333, 7, 6);
  OutcomePlan plan = test::full_plan(world, dynamics, kAll);
  plan.memory_gb = 0.0246;  // some hundred areas a tile
  REQUIRE(exact_tile_areas(dynamics, plan, 1) < 200);
  const ScenarioOutcome want = evaluate(dynamics, plan, {1}, Path::exact);
  for (const int ranks : {2, 3, 7}) CHECK(same_bits(by_ranks(ranks, 1, dynamics, plan, Path::exact), want));
  plan.areas = false;  // aggregates alone
  const ScenarioOutcome groups = by_ranks(3, 1, dynamics, plan, Path::exact);
  for (std::size_t s = 0; s < want.aggregates.size(); ++s)
    CHECK(groups.aggregates[s].value == want.aggregates[s].value);
}

TEST_CASE("a small memory budget changes tiles but not an area's draws") {
  const auto world = test::planar(900, 4);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, 640, 10, 6);
  OutcomePlan plan =
      test::full_plan(world, dynamics, {AreaOutcome::uplift, AreaOutcome::discounted_gva_uplift});
  const ScenarioOutcome roomy = evaluate(dynamics, plan, {2}, Path::exact);
  plan.memory_gb = 0.0068;
  const ScenarioOutcome tight = evaluate(dynamics, plan, {2}, Path::exact);
  for (std::size_t o = 0; o < 2; ++o) {
    CHECK(tight.areas[o].quantile == roomy.areas[o].quantile);
    CHECK(tight.areas[o].mean == roomy.areas[o].mean);
    CHECK(tight.areas[o].sd == roomy.areas[o].sd);
  }
  for (std::size_t s = 0; s < roomy.aggregates.size(); ++s)
    CHECK(aggregate_error(tight.aggregates[s], roomy.aggregates[s]) < 4e-5);
  plan.memory_gb = 0.001;
  CHECK_THROWS_WITH(
      evaluate(dynamics, plan, {1}, Path::exact),
      "outcomes: memory of 0.001 GB has no room for the draws of 16 areas with 1 workers (needs 0.003 GB; "
      "lower the draws or raise the memory)");
}

TEST_CASE("snapshots are the plain recursion of chosen draws, to the same bits on every instruction set") {
  const auto world = test::planar(700, 3);
  for (const auto form : {LeverForm::ring_fence, LeverForm::wealth_fund, LeverForm::franchising}) {
    const Dynamics dynamics = test::lever_dynamics(world, form, 400, 7, 5);
    const OutcomePlan plan = test::full_plan(world, dynamics, kAll);
    const std::vector<long> draws = {399, 0,  17, 254, 255, 256, 3,  90,  91, 92,
                                     93,  94, 95, 96,  97,  98,  99, 100, 5};
    const TileSource source(dynamics);
    const Snapshots got = run_snapshots(source, plan, aggregate_cells(plan, 700), draws, {2});
    for (std::size_t k = 0; k < draws.size(); ++k) {
      const Eigen::MatrixXd path = propagate_one(dynamics, draws[k]);
      const Eigen::VectorXd cumulative = path.rowwise().sum();
      double last = 0.0, sum = 0.0;
      for (std::size_t i = 0; i < got.areas.size(); ++i) {
        const int area = got.areas[i];
        const auto at = static_cast<Eigen::Index>(i), draw = static_cast<Eigen::Index>(k);
        last = std::max(last, std::abs(got.outcome[0](draw, at) - path(area, 6)));
        sum = std::max(sum, std::abs(got.outcome[1](draw, at) - cumulative[area]));
      }
      CHECK(last <= 1e-7 * path.col(6).cwiseAbs().maxCoeff());
      CHECK(sum <= 1e-7 * cumulative.cwiseAbs().maxCoeff());
    }
    for (const auto level : {InstructionSet::v2, InstructionSet::v3}) {
      limit_instruction_set(level);
      const Snapshots other = run_snapshots(source, plan, aggregate_cells(plan, 700), draws, {3});
      for (std::size_t o = 0; o < kAll.size(); ++o) CHECK(other.outcome[o] == got.outcome[o]);
      for (std::size_t s = 0; s < got.aggregates.size(); ++s)
        CHECK(other.aggregates[s].value == got.aggregates[s].value);
    }
    limit_instruction_set(InstructionSet::v4);
  }
}

TEST_CASE("the sampled basis agrees with exact recursion and says how well") {
  const auto world = test::planar(2500, 8);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, 1610, 10, 9);
  OutcomePlan plan =
      test::full_plan(world, dynamics, {AreaOutcome::uplift, AreaOutcome::discounted_gva_uplift});
  plan.keep_draws_of = {12, 1800};
  const ScenarioOutcome exact = evaluate(dynamics, plan, {2}, Path::exact);
  const ScenarioOutcome basis = evaluate(dynamics, plan, {2}, Path::basis);
  REQUIRE(basis.report.path == "sampled basis");
  CHECK(basis.report.checked_draws == 32);
  CHECK(basis.report.checked_error <= 1e-5);
  for (std::size_t o = 0; o < 2; ++o) {
    // Draws that were not checked, too: twice the bound of those that were.
    CHECK(area_error(basis.areas[o], exact.areas[o], 0.01) < 2e-5);
    for (Eigen::Index k = 0; k < 2; ++k)
      CHECK((basis.areas[o].draws.col(k) - exact.areas[o].draws.col(k)).cwiseAbs().maxCoeff() <=
            2e-5 * exact.areas[o].draws.col(k).cwiseAbs().maxCoeff());
  }
  for (std::size_t s = 0; s < exact.aggregates.size(); ++s)
    CHECK(aggregate_error(basis.aggregates[s], exact.aggregates[s]) < 1e-4);
  for (const int workers : {1, 3, 8})
    CHECK(same_bits(evaluate(dynamics, plan, {workers}, Path::basis), basis));
  for (const auto level : {InstructionSet::v2, InstructionSet::v3}) {
    limit_instruction_set(level);
    const ScenarioOutcome other = evaluate(dynamics, plan, {2}, Path::basis);
    for (std::size_t o = 0; o < 2; ++o) CHECK(area_error(other.areas[o], basis.areas[o], 0.01) < 1e-5);
  }
  limit_instruction_set(InstructionSet::v4);
}

TEST_CASE(
    "aggregates are final where they stay once the caller is told, on the sampled basis before areas are "
    "summarised") {
  const auto world = test::planar(2500, 8);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::ring_fence, 1610, 10, 9);
  const OutcomePlan plan =
      test::full_plan(world, dynamics, {AreaOutcome::uplift, AreaOutcome::cumulative_uplift});
  for (const Path path : {Path::basis, Path::exact}) {
    ScenarioOutcome result;
    int told = 0;
    std::vector<AggregateSeries> then;
    const AggregateSeries* place = nullptr;
    float summarised = 0.0f;
    evaluate_into(
        result, dynamics, plan, {2},
        [&] {
          ++told;
          then = result.aggregates;
          place = result.aggregates.data();
          summarised = result.areas[0].quantile.cwiseAbs().maxCoeff();
        },
        nullptr, path);
    REQUIRE(told == 1);
    CHECK(place == result.aggregates.data());
    CHECK((summarised == 0.0f) == (path == Path::basis));
    REQUIRE(then.size() == result.aggregates.size());
    for (std::size_t s = 0; s < then.size(); ++s) CHECK(then[s].value == result.aggregates[s].value);
  }
}

/// The same policy, of another size in every draw.
Dynamics resized(Dynamics dynamics, const std::function<double(long)>& factor) {
  const std::size_t path = dynamics.amplitude.size() / static_cast<std::size_t>(dynamics.draws);
  for (std::size_t k = 0; k < dynamics.amplitude.size(); ++k)
    dynamics.amplitude[k] *= factor(static_cast<long>(k / path));
  return dynamics;
}

TEST_CASE("the unit of a draw is its path over its largest amplitude, the same bits whatever its size") {
  const auto world = test::planar(600, 4);
  for (const LeverForm form : {LeverForm::ring_fence, LeverForm::wealth_fund, LeverForm::franchising}) {
    const Dynamics dynamics = test::lever_dynamics(world, form, 500, 10, 9);
    const UnitDynamics unit = unit_dynamics(dynamics);
    const auto shapes = static_cast<std::size_t>(dynamics.shapes()),
               path = static_cast<std::size_t>(dynamics.horizon) * shapes;
    const Eigen::RowVectorXd weight = dynamics.shape.colwise().norm() / std::sqrt(600.0);
    for (std::size_t d = 0; d < 500; ++d) {
      double largest = 0.0;
      for (std::size_t k = 0; k < path; ++k) {
        const double by = weight(static_cast<Eigen::Index>(k % shapes)),
                     moves = unit.dynamics.amplitude[d * path + k] * by;
        largest = std::max(largest, moves);
        CHECK(std::abs(moves * unit.size[d] - dynamics.amplitude[d * path + k] * by) <=
              0.51 * kUnitGrid * std::abs(unit.size[d]));
      }
      CHECK(largest == (unit.size[d] == 0.0 ? 0.0 : doctest::Approx(1.0).epsilon(1e-12)));
    }
    const UnitDynamics other = unit_dynamics(
        resized(dynamics, [](long d) { return d % 7 == 0 ? -0.3 : 0.1 + static_cast<double>(d) / 3.0; }));
    CHECK(same(unit.dynamics, other.dynamics));
    Dynamics later = dynamics;
    later.rho[3] *= 1.0 + 1e-15;
    CHECK_FALSE(same(unit.dynamics, unit_dynamics(later).dynamics));
  }
}

TEST_CASE("the exact recursion takes the room of the scenario before and nothing of its numbers") {
  const auto world = test::planar(600, 8);
  const Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 200, 6, 9);
  const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::uplift});
  ScenarioOutcome before = evaluate(dynamics, plan, {2}, Path::exact);
  const float* room = before.aggregates.front().value.data();
  SharedWork shared;
  shared.give_room(std::move(before.aggregates));
  ScenarioOutcome outcome;
  evaluate_into(
      outcome, dynamics, plan, {2}, [] {}, &shared, Path::exact);
  CHECK(outcome.aggregates.front().value.data() == room);
  CHECK(same_bits(outcome, evaluate(dynamics, plan, {2}, Path::exact)));
}

TEST_CASE(
    "a scenario of the same policy at other sizes takes the basis of the one before, to the bits it has "
    "alone") {
  const auto world = test::planar(2500, 8);
  const Dynamics first = test::lever_dynamics(world, LeverForm::ring_fence, 1610, 10, 9);
  const Dynamics second =
      resized(first, [](long d) { return d % 5 == 0 ? -0.7 : 0.3 + static_cast<double>(d % 97) / 30.0; });
  Dynamics third = second;
  for (double& rho : third.rho) rho *= 0.9;
  const OutcomePlan plan =
      test::full_plan(world, first, {AreaOutcome::uplift, AreaOutcome::cumulative_uplift});
  SharedWork shared;
  const auto with_shared = [&](const Dynamics& dynamics, const OutcomePlan& wanted, bool another) {
    ScenarioOutcome outcome;
    shared.keep_next(another);
    evaluate_into(
        outcome, dynamics, wanted, {2}, [] {}, &shared, Path::basis);
    REQUIRE(outcome.report.path == "sampled basis");
    return outcome;
  };
  with_shared(first, plan, true);
  CHECK(shared.found() == 0);
  const ScenarioOutcome found = with_shared(second, plan, true);
  CHECK(shared.found() == 1);
  CHECK(same_bits(found, evaluate(second, plan, {2}, Path::basis)));
  const ScenarioOutcome exact = evaluate(second, plan, {2}, Path::exact);
  for (std::size_t o = 0; o < 2; ++o) {
    CHECK(area_error(found.areas[o], exact.areas[o], 0.01) < 2e-5);
    CHECK((found.areas[o].probability_better - exact.areas[o].probability_better).cwiseAbs().maxCoeff() <=
          2e-3f);
  }
  for (std::size_t s = 0; s < exact.aggregates.size(); ++s)
    CHECK(aggregate_error(found.aggregates[s], exact.aggregates[s]) < 1e-4);
  OutcomePlan fewer = plan;  // other quantiles: the same basis
  fewer.quantiles = {0.5};
  with_shared(second, fewer, true);
  CHECK(shared.found() == 2);
  OutcomePlan other = plan;  // other weights of groups: another basis
  other.rate_weight[3] += 1.0;
  with_shared(second, other, true);
  CHECK(shared.found() == 2);
  const ScenarioOutcome changed = with_shared(third, other, false);  // another rho: another basis
  CHECK(shared.found() == 2);
  CHECK(same_bits(changed, evaluate(third, other, {2}, Path::basis)));
  with_shared(third, other, false);  // nothing was kept
  CHECK(shared.found() == 2);

  // Room with other numbers in it, or of another shape, changes nothing.
  auto used = found.aggregates;
  for (AggregateSeries& series : used) std::fill(series.value.begin(), series.value.end(), 7.0f);
  const float* place = used[0].value.data();
  shared.give_room(std::move(used));
  const ScenarioOutcome roomy = with_shared(second, plan, false);
  CHECK(roomy.aggregates[0].value.data() == place);
  CHECK(same_bits(roomy, found));
  used = found.aggregates;
  used[0].value.pop_back();
  shared.give_room(std::move(used));
  CHECK(same_bits(with_shared(second, plan, false), found));

  // Pounds are not linear in a policy's size: those of twice the policy are not twice those of it.
  const OutcomePlan pounds =
      test::full_plan(world, first, {AreaOutcome::uplift, AreaOutcome::gva_per_head_uplift});
  with_shared(first, pounds, true);
  const ScenarioOutcome twice = with_shared(resized(first, [](long) { return 2.0; }), pounds, true);
  CHECK(shared.found() == 2);
  CHECK(area_error(twice.areas[1],
                   evaluate(resized(first, [](long) { return 2.0; }), pounds, {2}, Path::exact).areas[1],
                   0.01) < 2e-5);
}

TEST_CASE("on the sampled basis the faintest area still has its sign and its size") {
  // Effects fall by rho over a degree a step, away from a few areas, over many orders of magnitude; in a
  // third of the draws the shock comes too late to reach the farthest.
  const auto world = test::planar(900, 4);
  Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 1610, 10, 9);
  dynamics.shape.setZero();
  for (Eigen::Index i = 0; i < 3; ++i) dynamics.shape(i, 0) = 1.0 + 0.1 * static_cast<double>(i);
  const int shapes = dynamics.shapes();
  for (long d = 0; d < dynamics.draws; d += 3)
    for (int h = 0; h < 5; ++h)
      for (int q = 0; q < shapes; ++q)
        dynamics.amplitude[static_cast<std::size_t>((d * 10 + h) * shapes + q)] = 0.0;
  const OutcomePlan plan =
      test::full_plan(world, dynamics, {AreaOutcome::uplift, AreaOutcome::cumulative_uplift});
  const ScenarioOutcome exact = evaluate(dynamics, plan, {2}, Path::exact);
  const ScenarioOutcome basis = evaluate(dynamics, plan, {2}, Path::basis);
  REQUIRE(basis.report.path == "sampled basis");
  for (std::size_t o = 0; o < 2; ++o) {
    const AreaSummary &got = basis.areas[o], &want = exact.areas[o];
    const Eigen::VectorXf size = (want.mean.cwiseAbs2() + want.sd.cwiseAbs2()).cwiseSqrt();
    long faint = 0, partly = 0;
    for (Eigen::Index i = 0; i < size.size(); ++i) {
      if (size[i] == 0.0f) continue;
      faint += size[i] < 1e-4f * size.maxCoeff();
      partly += want.probability_better[i] < 0.7f;
      CHECK(std::abs(got.probability_better[i] - want.probability_better[i]) <= 2e-3f);
      CHECK((got.quantile.col(i) - want.quantile.col(i)).cwiseAbs().maxCoeff() <= 2e-3f * size[i]);
    }
    CHECK(faint > 30);
    CHECK(partly > 30);
  }
}

TEST_CASE("a policy that reaches nobody is exactly zero on every path") {
  const auto world = test::planar(900, 4);
  Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 1610, 10, 9);
  dynamics.shape.setZero();
  const OutcomePlan plan =
      test::full_plan(world, dynamics, {AreaOutcome::uplift, AreaOutcome::cumulative_uplift});
  const ScenarioOutcome basis = evaluate(dynamics, plan, {2}, Path::basis);
  CHECK(basis.report.checked_error == 0.0);
  CHECK(same_bits(basis, evaluate(dynamics, plan, {2}, Path::exact)));
  CHECK(basis.areas[0].quantile.isZero(0.0f));
}

TEST_CASE("a scenario whose rank is too large falls back to exact recursion, to the same bits") {
  const auto world = test::planar(600, 8);
  Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 1600, 6, 9);
  Stream stream(4, Purpose::diagnostics, 0);
  dynamics.shape = Eigen::MatrixXd::NullaryExpr(600, 60, [&] { return stream.normal(); });
  dynamics.amplitude.resize(1600 * 6 * 60);
  for (auto& value : dynamics.amplitude) value = stream.normal();  // 360 independent shocks
  const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::uplift});
  const ScenarioOutcome tried = evaluate(dynamics, plan, {2}, Path::basis);
  CHECK(tried.report.path == "exact recursion");
  CHECK(tried.report.fallbacks == 2);
  CHECK(same_bits(tried, evaluate(dynamics, plan, {2}, Path::exact)));
}

TEST_CASE("a basis that takes more than half of its snapshots is left for one of twice as many") {
  const auto world = test::planar(600, 8);
  Dynamics dynamics = test::lever_dynamics(world, LeverForm::wealth_fund, 1600, 6, 9);
  Stream stream(4, Purpose::diagnostics, 1);
  const long classes = dynamics.classes;
  for (long d = 1; d < dynamics.draws; ++d) {  // one rho and phi: the rank is that of the shocks
    for (long c = 0; c < classes; ++c)
      dynamics.rho[static_cast<std::size_t>(d * classes + c)] = dynamics.rho[static_cast<std::size_t>(c)];
    dynamics.phi[static_cast<std::size_t>(d)] = dynamics.phi[0];
  }
  for (const int shapes : {10, 15}) {  // 60 and 90 independent shocks; 160 snapshots at first
    dynamics.shape = Eigen::MatrixXd::NullaryExpr(600, shapes, [&] { return stream.normal(); });
    dynamics.amplitude.resize(static_cast<std::size_t>(1600 * 6 * shapes));
    for (auto& value : dynamics.amplitude) value = stream.normal();
    const OutcomePlan plan = test::full_plan(world, dynamics, {AreaOutcome::uplift});
    const ScenarioOutcome basis = evaluate(dynamics, plan, {2}, Path::basis);
    CHECK(basis.report.path == "sampled basis");
    CHECK(basis.report.basis_size == 6 * shapes);
    CHECK(basis.report.fallbacks == (shapes == 10 ? 0 : 1));
  }
}

TEST_CASE("the plan names the path that is then taken") {
  const auto world = test::planar(2500, 8);
  const Dynamics many = test::lever_dynamics(world, LeverForm::ring_fence, 9999, 10, 9);
  const Dynamics few = test::lever_dynamics(world, LeverForm::ring_fence, 200, 10, 9);
  OutcomePlan plan = test::full_plan(world, many, {AreaOutcome::uplift, AreaOutcome::discounted_gva_uplift});
  CHECK(estimate_cost(many, plan, 2).path == Path::basis);
  CHECK(describe_plan(many, plan, {2}).starts_with("sampled basis"));
  CHECK(estimate_cost(few, plan, 2).path == Path::exact);
  CHECK(describe_plan(few, plan, {2}).starts_with("exact recursion"));
  plan.memory_gb = 0.02;
  CHECK(estimate_cost(many, plan, 2).path == Path::exact);
  plan.memory_gb = 0.0;
  for (const int shapes :
       {kMostBasisShapes, kMostBasisShapes + 1}) {  // each a direction that snapshots must span
    Dynamics forced = many;
    forced.shape.setOnes(2500, shapes);
    CHECK(estimate_cost(forced, plan, 2).path == (shapes == kMostBasisShapes ? Path::basis : Path::exact));
  }
}
