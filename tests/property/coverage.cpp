// Coverage runs promise the same bits with any number of threads and after a stop.
#include "engine/run/coverage.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>

#include "engine/store/run_store.hpp"

using namespace spillway;

namespace {

const char* small = R"(
[run]
name = "small"
seed = 5
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = ["corrected_score"]
headline = "corrected_score"
covariance = { kind = "cluster", by = "lad_code" }
[[model]]
name = "infrastructure"
kind = "iv"
outcome = "growth_decade"
endogenous = ["grants_per_head"]
instruments = ["drug_crime_rate", "turnout"]
controls = ["log_population"]
estimators = ["ols", "2sls"]
covariance = { kind = "cluster", by = "lad_code" }
[bootstrap]
cluster = "lad_code"
replicates = 59
[coverage]
worlds = 6
[[coverage.design]]
name = "a"
areas = 400
authorities = 20
periods = 6
[[coverage.design]]
name = "b"
areas = 400
authorities = 20
periods = 5
error_correlation = 0.4
models = ["spillover"]
)";

struct Folder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / fmt::format("spillway-coverage-{}", getpid());
  Folder() { std::filesystem::create_directories(path); }
  ~Folder() { std::filesystem::remove_all(path); }
};

RunConfig with_threads(int threads) {
  RunConfig config = parse_config(small);
  config.threads = threads;
  return config;
}

/// Every number that a result file holds of its worlds.
std::vector<double> numbers_of(const std::filesystem::path& file) {
  const RunReader reader(file);
  std::vector<double> all;
  for (const char* design : {"a", "b"})
    for (const char* part : {"estimate", "standard_error", "low", "high"}) {
      const NumberBlock block = reader.numbers(fmt::format("/coverage/worlds/{}/{}", design, part));
      CHECK(block.shape[0] == 6);
      all.insert(all.end(), block.value.begin(), block.value.end());
    }
  return all;
}

/// Equal, not a number included.
bool same_bits(const std::vector<double>& a, const std::vector<double>& b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(),
                                            [](double x, double y) { return x == y || (x != x && y != y); });
}

}  // namespace

TEST_CASE("threads, a stop and a resume never change a bit of a coverage run") {
  // Mutant: worlds keyed by their place in the queue of open ones instead of their number.
  const Folder folder;
  const BuildIdentity build{"test", "test"};
  const auto whole = folder.path / "whole.h5", many = folder.path / "many.h5",
             stopped = folder.path / "stopped.h5";
  const CoverageResult one = run_coverage(with_threads(1), whole, build, {}, Checkpoint::Start::fresh);
  run_coverage(with_threads(3), many, build, {}, Checkpoint::Start::fresh);
  CHECK(one.designs.size() == 2);
  CHECK(one.resumed == 0);

  std::atomic<int> asked{0};
  RunHooks hooks;
  hooks.interrupted = [&] { return ++asked > 8; };
  CHECK_THROWS_AS(run_coverage(with_threads(2), stopped, build, hooks, Checkpoint::Start::fresh),
                  Interrupted);
  CHECK_FALSE(std::filesystem::exists(stopped));
  const CoverageResult rest = run_coverage(with_threads(3), stopped, build, {}, Checkpoint::Start::resume);
  CHECK(rest.resumed == 6);  // asked eight times without a stop: before each world, and twice between designs
  CHECK_FALSE(std::filesystem::exists(Checkpoint::folder_of(stopped)));

  const auto expected = numbers_of(whole);
  CHECK(expected.size() > 100);
  CHECK(same_bits(numbers_of(many), expected));
  CHECK(same_bits(numbers_of(stopped), expected));
}

TEST_CASE("a checkpoint of another seed is refused by a resume") {
  const Folder folder;
  const auto file = folder.path / "other.h5";
  RunHooks hooks;
  int asked = 0;
  hooks.interrupted = [&] { return ++asked > 2; };
  CHECK_THROWS_AS(run_coverage(with_threads(1), file, {"test", "test"}, hooks, Checkpoint::Start::fresh),
                  Interrupted);
  RunConfig other = with_threads(1);
  other.seed = 6;
  CHECK_THROWS_AS(run_coverage(other, file, {"test", "test"}, {}, Checkpoint::Start::resume), InputError);
}

TEST_CASE("worlds of designs that differ in their errors alone share geography and random numbers") {
  const RunConfig config = with_threads(1);
  CoverageDesign a = config.coverage.designs[0], b = a;
  b.phi = 0.1;
  a.models = b.models = {"infrastructure"};
  const CoverageOutcome first = coverage_world(coverage_setting(config, a), 3),
                        again = coverage_world(coverage_setting(config, a), 3),
                        next = coverage_world(coverage_setting(config, a), 4),
                        other = coverage_world(coverage_setting(config, b), 3);
  CHECK(to_bytes(first) == to_bytes(again));
  CHECK(first.values[0].estimate != next.values[0].estimate);
  // The first stage does not see growth at all.
  const auto identified = [](const CoverageOutcome& outcome) {
    for (const CoverageTest& test : outcome.tests)
      if (test.test == "kleibergen_paap_lm") return test.p;
    return -1.0;
  };
  CHECK(identified(first) == identified(other));
  CHECK(identified(first) != identified(next));
}

TEST_CASE("a difference of two types comes with its own standard error, and all with both their ends") {
  const RunConfig config = with_threads(1);
  CoverageDesign design = config.coverage.designs[1];
  const CoverageOutcome world = coverage_world(coverage_setting(config, design), 2);
  const auto of = [&](const std::string& quantity) -> const CoverageValue& {
    for (const CoverageValue& value : world.values)
      if (value.estimator == "corrected_score" && value.quantity == quantity) return value;
    FAIL("no " << quantity);
    return world.values.front();
  };
  int differences = 0;
  for (const CoverageValue& value : world.values) {
    CHECK(value.low < value.high);
    const std::string prefix = "difference:";
    if (value.estimator != "corrected_score" || value.quantity.rfind(prefix, 0) != 0) continue;
    ++differences;
    const auto dash = value.quantity.find('-');
    const CoverageValue& a = of("lag:" + value.quantity.substr(prefix.size(), dash - prefix.size()));
    const CoverageValue& b = of("lag:" + value.quantity.substr(dash + 1));
    CHECK(value.estimate == doctest::Approx(a.estimate - b.estimate));
    CHECK(value.truth == doctest::Approx(a.truth - b.truth));
    // sd(a - b) is between |sd a - sd b| and sd a + sd b, whatever their correlation.
    CHECK(value.standard_error <= a.standard_error + b.standard_error);
    CHECK(value.standard_error >= std::abs(a.standard_error - b.standard_error));
    CHECK(value.low < value.estimate);
    CHECK(value.estimate < value.high);
  }
  CHECK(differences == 2);  // of the doubly disadvantaged and each other type
}
