// What a run foretells of its size, memory and time, and that it holds no more than two scenarios at a time.
#include <doctest/doctest.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "engine/run/graph.hpp"
#include "engine/run/rehearsal.hpp"
#include "tests/support/store_world.hpp"
#include "tools/studies/policy.hpp"

using namespace spillway;

namespace {

RunConfig smoke(std::vector<std::string> settings) {
  settings.push_back("data.synthetic_areas=600");
  settings.push_back("model.spillover.spatial_lag=\"common\"");  // no replicate of so small a world fails
  return read_config(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs/smoke.toml", settings);
}

/// The number that stands in `text` after `words`, from `at` on; `at` moves behind it.
double number_after(const std::string& text, const std::string& words, std::size_t& at) {
  at = text.find(words, at);
  REQUIRE_MESSAGE(at != std::string::npos, words);
  at += words.size();
  return std::strtod(text.c_str() + at, nullptr);
}
double number_after(const std::string& text, const std::string& words) {
  std::size_t at = 0;
  return number_after(text, words, at);
}

}  // namespace

TEST_CASE("columns of areas count in the result's size by their kind, where the result keeps areas") {
  for (const char* keep : {"full", "groups", "summary"}) {
    CAPTURE(keep);
    const RunConfig config = smoke({fmt::format("store.keep=\"{}\"", keep)});
    DataPack pack = load_pack(config);
    const double areas = static_cast<double>(pack.areas.rows),
                 plain = result_bytes(config, make_inputs(config, pack));
    const double kept = std::string(keep) == "summary" ? 0.0 : 1.0;
    pack.areas.columns.push_back(test::number_column("more", "1", std::vector<double>(pack.areas.rows, 1.0)));
    const double with_numbers = result_bytes(config, make_inputs(config, pack));
    CHECK(with_numbers - plain == kept * 8.0 * areas);
    // A text: a reference of 16, and in HDF5's heap 16 and its bytes in steps of 8.
    pack.areas.columns.push_back(
        test::text_column("words", std::vector<std::string>(pack.areas.rows, "nine long")));
    CHECK(result_bytes(config, make_inputs(config, pack)) - with_numbers ==
          kept * (16.0 + 16.0 + 16.0) * areas);
  }
}

TEST_CASE("time and memory that are foretold are those of the scenarios and what stands beside them") {
  const RunConfig config =
      smoke({"run.threads=2", "outcomes.horizon=100", "bootstrap.replicates=9999", "bootstrap.draws=9999"});
  const Inputs inputs = make_inputs(config, load_pack(config));
  const RunHooks hooks = studies::policy_hooks(config);
  const std::string text = describe_plan(config, hooks);
  const double seconds = 0.1 + 0.4 * 600.0 / 33755.0;
  double scenarios = 0.0, largest = 0.0;
  for (const PlannedStage& stage :
       planned_stages(config, inputs, Job::everything, rehearse(config, inputs, hooks).shapes))
    if (stage.stage.rfind("scenario ", 0) == 0) scenarios += stage.seconds;
  REQUIRE(scenarios > 0.3);
  CHECK(std::abs(number_after(text, "time about ") - (seconds + scenarios)) <= 0.051);
  std::size_t at = 0;
  for (const ScenarioConfig& scenario : config.scenarios) {
    at = text.find("-> scenario " + scenario.name, at);
    REQUIRE(at != std::string::npos);
    const std::string line = text.substr(at, text.find('\n', at) - at);
    const auto before = [&](const char* words) {
      const auto end = line.find(words);
      REQUIRE_MESSAGE(end != std::string::npos, line);
      return std::strtod(line.c_str() + line.rfind(' ', end - 1), nullptr);
    };
    // One is computed while the results of another are written.
    largest = std::max(largest, before(" MB working") + 2.0 * before(" MB results"));
  }
  REQUIRE(largest > 20.0);
  CHECK(std::abs(number_after(text, "memory about ") - (standing_bytes(600.0) / 1e6 + largest)) <= 2.5);
}

TEST_CASE("a third scenario waits while one is written and another computed") {
  const test::Folder folder("graph-two");
  RunConfig config = smoke({"bootstrap.replicates=99", "bootstrap.draws=99", "run.threads=2"});
  for (const char* more : {"fourth", "fifth", "sixth"}) {
    config.scenarios.push_back(config.scenarios[0]);
    config.scenarios.back().name = more;
  }
  // In the order in which stages begin and end; a slow disk is one that takes its time over every scenario.
  std::vector<std::string> events;
  RunHooks hooks = studies::policy_hooks(config);
  hooks.progress = [&](const std::string& stage, const std::string& detail) {
    events.push_back((detail.empty() ? "begin " : "end ") + stage);
    if (detail.empty() && stage.rfind("store ", 0) == 0)
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
  };
  run_all(config, folder / "run.h5", {"1", "c"}, hooks);
  const auto when = [&](const std::string& event) {
    const auto found = std::find(events.begin(), events.end(), event);
    REQUIRE_MESSAGE(found != events.end(), event);
    return found - events.begin();
  };
  for (std::size_t s = 2; s < config.scenarios.size(); ++s)
    CHECK_MESSAGE(when("begin scenario " + config.scenarios[s].name) >
                      when("end store " + config.scenarios[s - 2].name),
                  config.scenarios[s].name);
}
