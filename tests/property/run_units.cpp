// Units change no bits: replicates and scenarios computed in parts, stopped, kept and taken up again.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

#include "engine/base/error.hpp"
#include "engine/base/instruction_set.hpp"
#include "engine/run/graph.hpp"
#include "engine/run/outcome_bytes.hpp"
#include "engine/run/provenance.hpp"
#include "engine/run/units.hpp"
#include "tests/support/store_world.hpp"
#include "tests/support/thread_ranks.hpp"

using namespace spillway;

namespace {

class ClusterMeans : public Resampled {
 public:
  const std::vector<std::string>& parameters() const override { return names_; }
  void evaluate(ReplicateBlock& block) const override {
    for (long b = 0; b < block.count; ++b) {
      const Eigen::Map<const Eigen::VectorXd> w(block.weight + b * block.clusters, block.clusters);
      block.value(0, b) = w.dot(x_) / w.sum();
      block.value(1, b) = w.dot(x_.cwiseAbs2()) / w.sum();
      block.t(0, b) = block.value(0, b) / 3.0;
      block.status[static_cast<std::size_t>(b)] = (block.first + b) % 100 == 7 ? 2 : 0;
    }
  }

 private:
  Eigen::VectorXd x_ = Eigen::VectorXd::LinSpaced(20, -1.0, 2.0);
  std::vector<std::string> names_ = {"mean", "square"};
};

/// Two fits, one of them without replicates.
std::vector<Fit> fits() {
  std::vector<Fit> all(2);
  all[1].resampled = std::make_shared<ClusterMeans>();
  return all;
}

BootstrapPlan plan_of(long replicates, int workers) {
  BootstrapPlan plan;
  plan.clusters = 20;
  plan.replicates = replicates;
  plan.seed = 5;
  plan.parallelism = {workers};
  return plan;
}

bool equal(const std::vector<Replicates>& a, const std::vector<Replicates>& b) {
  const auto bits = [](const Eigen::MatrixXd& x, const Eigen::MatrixXd& y) {  // NaN equals itself
    return x.rows() == y.rows() && x.cols() == y.cols() &&
           std::memcmp(x.data(), y.data(), sizeof(double) * static_cast<std::size_t>(x.size())) == 0;
  };
  return a.size() == b.size() && a[0].value.size() == 0 && b[0].value.size() == 0 &&
         bits(a[1].value, b[1].value) && bits(a[1].t, b[1].t) && a[1].status == b[1].status;
}

const CheckpointKey key = {{"seed", "5"}};

}  // namespace

TEST_CASE("replicates in units are those of one go, kept or not, with any workers") {
  const test::Folder folder("units-same");
  const auto all = fits();
  const std::vector<const Fit*> pointers = {&all[0], &all[1]};
  for (const long replicates : {1L, 127L, 2'048L, 9'999L}) {
    const auto whole = joint_bootstrap(pointers, plan_of(replicates, 1));
    for (const int workers : {1, 2, 8}) {
      CHECK(equal(whole, bootstrap_in_units(pointers, plan_of(replicates, workers), {})));
      const auto kept = open_checkpoint(folder / ("r" + std::to_string(replicates)), key,
                                        Checkpoint::Start::fresh, Ranks::alone());
      UnitWork work;
      work.kept = kept.get();
      CHECK(equal(whole, bootstrap_in_units(pointers, plan_of(replicates, workers), work)));
      CHECK(static_cast<long>(kept->finished().size()) ==
            (replicates + replicates_per_unit - 1) / replicates_per_unit);
    }
  }
}

TEST_CASE("a unit of another length is refused, not read beyond its end") {
  const test::Folder folder("units-short");
  const auto all = fits();
  const auto kept = open_checkpoint(folder / "r", key, Checkpoint::Start::fresh, Ranks::alone());
  kept->save_numbers(0, {1.0, 2.0});
  UnitWork work;
  work.kept = kept.get();
  CHECK_THROWS_AS(bootstrap_in_units({&all[0], &all[1]}, plan_of(127, 1), work), StoreError);
}

TEST_CASE("a bootstrap that is stopped keeps whole units, and the rest gives the same bits") {
  const test::Folder folder("units-stop");
  const auto all = fits();
  const std::vector<const Fit*> pointers = {&all[0], &all[1]};
  const auto whole = joint_bootstrap(pointers, plan_of(20'000, 1));
  double before = -1.0;
  std::size_t kept_then = 0;
  for (int asked_in_all = 0;;) {
    const auto kept = open_checkpoint(folder / "run", key, Checkpoint::Start::resume, Ranks::alone());
    CHECK(kept->finished().size() == kept_then);
    UnitWork work;
    work.kept = kept.get();
    int asked = 0;
    work.interrupted = [&] { return ++asked > 3; };
    work.advance = [&](const Advance& step) { before = step.before; };
    try {
      const auto resumed = bootstrap_in_units(pointers, plan_of(20'000, 1 + asked_in_all % 3), work);
      CHECK(equal(whole, resumed));
      break;
    } catch (const Interrupted& stop) {
      kept_then = kept->finished().size();
      CHECK(std::string(stop.what()).find(std::to_string(kept_then) + " of 10 units of 2048 are kept") !=
            std::string::npos);
    }
    REQUIRE(++asked_in_all < 10);
  }
  CHECK(kept_then > 0);
  CHECK(before == static_cast<double>(kept_then * replicates_per_unit));
}

TEST_CASE("a scenario is computed once and then taken from the checkpoint") {
  const test::Folder folder("units-scenario");
  ScenarioOutcome outcome;
  outcome.report.path = "exact recursion";
  outcome.aggregates.resize(1);
  outcome.aggregates[0].value = {1.0F, 2.0F};
  int computed = 0;
  for (int call = 0; call < 2; ++call) {
    const auto kept = open_checkpoint(folder / "run", key, Checkpoint::Start::resume, Ranks::alone());
    UnitWork work;
    work.kept = kept.get();
    for (const std::size_t s : {std::size_t{0}, std::size_t{3}}) {
      const ScenarioTurn turn(s, 4, work);
      CHECK_FALSE(turn.shared());
      REQUIRE(turn.takes_part());
      ScenarioOutcome got;
      REQUIRE(turn.have(got, [&] {
        ++computed;
        got = outcome;
      }));
      CHECK(to_bytes(got) == to_bytes(outcome));
    }
  }
  CHECK(computed == 2);
  UnitWork stopped;
  stopped.interrupted = [] { return true; };
  CHECK_THROWS_AS(ScenarioTurn(1, 4, stopped).takes_part(), Interrupted);
}

TEST_CASE("ranks take scenarios in turns, and share those that are fewer than they are") {
  for (const int size : {2, 3})
    for (const std::size_t count : {std::size_t{1}, std::size_t{3}, std::size_t{5}}) {
      const std::size_t in_turns = count - count % static_cast<std::size_t>(size);
      std::vector<int> computed(count * static_cast<std::size_t>(size), 0);
      test::as_ranks(size, [&](Ranks& ranks) {
        UnitWork work;
        work.ranks = &ranks;
        for (std::size_t s = 0; s < count; ++s) {
          const ScenarioTurn turn(s, count, work);
          CHECK(turn.shared() == (s >= in_turns));
          CHECK(turn.team().size() == (turn.shared() ? size : 1));
          ScenarioOutcome got;
          if (!turn.takes_part()) continue;
          const bool here = turn.have(got, [&] {
            computed[s * static_cast<std::size_t>(size) + static_cast<std::size_t>(ranks.rank())] = 1;
            got.report.path = std::to_string(s);
          });
          CHECK(here == ranks.writes());
          if (here) CHECK(got.report.path == std::to_string(s));
        }
      });
      for (std::size_t s = 0; s < count; ++s) {
        const auto first = computed.begin() + static_cast<std::ptrdiff_t>(s) * size;
        CHECK(std::count(first, first + size, 1) == (s < in_turns ? 1 : size));
      }
    }
}

TEST_CASE("long runs keep units, short ones where they resume or are told to") {
  RunConfig config;
  CheckpointPlan plan;
  config.replicates = 1'000'000;
  CHECK(!keeps_units(config, plan));  // no place
  plan.result = "x.h5";
  CHECK(keeps_units(config, plan));
  config.replicates = static_cast<int>(long_bootstrap);
  CHECK(keeps_units(config, plan));
  config.replicates = 999;
  CHECK(!keeps_units(config, plan));
  config.scenarios.resize(many_scenarios);
  CHECK(keeps_units(config, plan));
  config.scenarios.clear();
  plan.keep = CheckpointPlan::Keep::always;
  CHECK(keeps_units(config, plan));
  plan.keep = CheckpointPlan::Keep::when_long;
  plan.start = Checkpoint::Start::resume;
  CHECK(keeps_units(config, plan));
  plan.keep = CheckpointPlan::Keep::never;
  config.replicates = 1'000'000;
  CHECK(!keeps_units(config, plan));
}

TEST_CASE("whatever changes a unit is in the key of the checkpoint, and the number of threads is not") {
  RunConfig config;
  config.text = "[run]\nthreads = 2\n[outcomes]\nhorizon = 5\n";
  config.seed = 7;
  config.replicates = 999;
  const std::vector<InputFile> inputs = {{"areas.csv", "areas", "abc", "", "", ""}};
  const auto key_of = [&](auto change) {
    RunConfig other = config;
    std::vector<InputFile> files = inputs;
    std::string version = "1 (c)";
    change(other, files, version);
    return checkpoint_key(other, files, version);
  };
  const CheckpointKey same = key_of([](auto&, auto&, auto&) {});
  CHECK(key_of([](auto& c, auto&, auto&) { c.text = "[run]\nthreads = 8\n[outcomes]\nhorizon = 5\n"; }) ==
        same);
  CHECK(key_of([](auto& c, auto&, auto&) { c.text.replace(c.text.find('5'), 1, "6"); }) != same);
  CHECK(key_of([](auto& c, auto&, auto&) { c.seed = 8; }) != same);
  CHECK(key_of([](auto& c, auto&, auto&) { c.replicates = 998; }) != same);
  CHECK(key_of([](auto&, auto& f, auto&) { f[0].sha256 = "abd"; }) != same);
  CHECK(key_of([](auto&, auto& f, auto&) { f[0].role = "panel"; }) != same);
  CHECK(key_of([](auto&, auto&, auto& v) { v = "1 (d)"; }) != same);
  CHECK(same.back() == CheckpointKey::value_type{"instruction set", to_string(instruction_set())});
}

TEST_CASE("a study's own options belong to its units: with another value they are not taken up") {
  const test::Folder folder("units-more");
  RunConfig config;
  RunHooks hooks;
  hooks.checkpoint.result = folder / "study.h5";
  hooks.checkpoint.keep = CheckpointPlan::Keep::always;
  hooks.checkpoint.more = {{"points", "3"}};
  UnitWork work;
  begin_units(work, config, {}, hooks)->save_numbers(0, {1.0});
  hooks.checkpoint.start = Checkpoint::Start::resume;
  CHECK(begin_units(work, config, {}, hooks)->finished() == std::vector<std::uint64_t>{0});
  hooks.checkpoint.more = {{"points", "4"}};
  CHECK_THROWS_WITH_AS(begin_units(work, config, {}, hooks),
                       doctest::Contains("points is '3' there and '4' here"), InputError);
}

TEST_CASE("a result says by what, from what and when it was made") {
  RunConfig config;
  config.name = "n";
  config.text = "text";
  config.seed = 7;
  config.threads = 0;
  RunRecord record = run_record(config, {"1.2", "c0ffee"}, "noon", Ranks::alone());
  DataPack pack;
  pack.inputs = {{"areas.csv", "areas", "abc", "", "", ""}};
  pack.truth = {{"rho", 0.3}};
  add_inputs(record, pack);
  CHECK(record.inputs.size() == 1);
  CHECK(record.truth == pack.truth);
  CHECK(record.name == "n");
  CHECK(record.config == "text");
  CHECK(record.seed == 7);
  CHECK(record.threads == worker_count({0}));
  CHECK(record.spillway_version == "1.2");
  CHECK(record.git_commit == "c0ffee");
  CHECK(record.started == "noon");
  CHECK(record.instruction_set == to_string(instruction_set()));
}
