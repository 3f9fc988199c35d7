// The studies' own arithmetic and sentences, on results small enough to check by eye: what is read from
// where, which side of a threshold says what, and what a session hands on.
#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "engine/base/error.hpp"
#include "engine/data/pack/scratch_folder.hpp"
#include "scenarios/lever.hpp"
#include "tests/support/store_world.hpp"
#include "tools/studies/conclude.hpp"
#include "tools/studies/coverage_output.hpp"
#include "tools/studies/curve_test.hpp"
#include "tools/studies/estimates_brief.hpp"
#include "tools/studies/knowledge.hpp"
#include "tools/studies/member_check.hpp"
#include "tools/studies/picked.hpp"
#include "tools/studies/plausibility.hpp"
#include "tools/studies/policy.hpp"
#include "tools/studies/reappraise.hpp"
#include "tools/studies/result_tables.hpp"
#include "tools/studies/session.hpp"
#include "tools/studies/specification_curve.hpp"
#include "tools/studies/summary.hpp"
#include "tools/studies/sweep.hpp"
#include "tools/studies/until_error.hpp"
#include "tools/studies/winners.hpp"

using namespace spillway;
using namespace spillway::studies;

namespace {

RunConfig smoke(std::vector<std::string> settings) {
  settings.push_back("data.synthetic_areas=600");
  settings.push_back("model.spillover.spatial_lag=\"common\"");  // no replicate of so small a world fails
  return read_config(std::filesystem::path(SPILLWAY_SOURCE_DIR) / "configs/smoke.toml", settings);
}

/// The first sentence that begins so.
std::string sentence_of(const std::vector<std::string>& sentences, const std::string& begin) {
  for (const auto& sentence : sentences)
    if (sentence.rfind(begin, 0) == 0) return sentence;
  FAIL("no sentence '" << begin << "'");
  return "";
}

bool holds(const std::string& text, const std::string& words) {
  return text.find(words) != std::string::npos;
}

/// `count` draws of which `positive` are above zero.
Eigen::VectorXd draws_with(long count, long positive) {
  Eigen::VectorXd draws = Eigen::VectorXd::Constant(count, -1.0);
  draws.head(positive).setConstant(1.0);
  return draws;
}

const char* const toy = R"(
[run]
name = "toy"
seed = 7
threads = 1
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = ["corrected_score"]
covariance = { kind = "cluster", by = "lad_code" }
)";

RunRecord toy_record() {
  RunRecord record = test::small_record();
  record.seed = 7;
  record.config = toy;
  return record;
}

/// A small result whose record is `change`d.
RunReader stored(const std::filesystem::path& path, const std::function<void(RunRecord&)>& change,
                 const std::function<void(RunWriter&)>& more = {}) {
  RunRecord record = toy_record();
  change(record);
  RunWriter writer(path);
  test::write_small_run(writer, record);
  if (more) more(writer);
  writer.commit();
  return RunReader(path);
}

/// Two groups, two years: the poor gain 100 and 200, the rest lose 40 and 20; 50 are spent a year.
scenarios::AppraisalInputs two_years(double gain = 1.0) {
  const auto constant = [](double first, double second) {
    Eigen::MatrixXd path(3, 2);
    path.col(0).setConstant(first);
    path.col(1).setConstant(second);
    return path;
  };
  scenarios::AppraisalInputs inputs;
  inputs.scenario = "two_years";
  inputs.groups = {{"poor", 1000.0, 10000.0, constant(100 * gain, 200 * gain)},
                   {"rest", 3000.0, 30000.0, constant(-40, -20)}};
  inputs.median_income = 25000.0;
  inputs.target = "poor";
  inputs.cost = constant(50, 50);
  return inputs;
}

}  // namespace

TEST_CASE("an interval that does not end says so, and is not an interval that is not offered") {
  Estimate estimate;
  constexpr double infinity = std::numeric_limits<double>::infinity();
  estimate.low = Eigen::Vector4d(0.001307, -infinity, NAN, -0.5);
  estimate.high = Eigen::Vector4d(infinity, infinity, NAN, 0.25);
  CHECK(studies::interval_words(estimate, 0) == "[0.00131, no bound]");
  CHECK(studies::interval_words(estimate, 1) == "(no bound)");
  CHECK(studies::interval_words(estimate, 2).empty());
  CHECK(studies::interval_words(estimate, 3) == "[-0.5, 0.25]");
  CHECK(studies::interval_words(estimate, 4).empty());
}

TEST_CASE("95 of 100 draws on one side support a sign, 94 lean, and nation and target are told apart") {
  ScenarioConfig scenario;
  scenario.name = "fund";
  scenario.lever = "community_wealth_fund";
  LeverContext context;
  context.outcome_unit = "log points a year";
  context.beta = Eigen::VectorXd::Constant(100, -1.0);  // less of an outcome where less is better
  context.better = -1.0;
  context.beta_name = "grants";
  // Draws have the outcome's own sign: that so many lie below zero is so much better.
  const auto said = [&](long target, long nation) {
    return what_to_conclude(scenario, context,
                            {"poor", -draws_with(100, target), -draws_with(100, nation), true, true, 0.5});
  };
  const std::pair<long, const char*> sides[] = {{95, "that it gets better is supported"},
                                                {94, "leans towards better"},
                                                {80, "leans towards better"},
                                                {79, "these data do not say"},
                                                {21, "these data do not say"},
                                                {20, "leans towards worse"},
                                                {6, "leans towards worse"},
                                                {5, "it gets worse"}};
  for (const auto& side : sides) {
    const long share = side.first;
    const char* const words = side.second;
    CAPTURE(share);
    const auto target = said(share, 50), nation = said(50, share);
    CHECK(holds(sentence_of(target, "Conclude: "), fmt::format("in {} % of draws", share)));
    CHECK(holds(sentence_of(target, "Conclude: "), words));
    CHECK(holds(sentence_of(target, "For all areas"), "better in 50 % of draws"));
    CHECK(holds(sentence_of(nation, "For all areas"), fmt::format("better in {} % of draws", share)));
    CHECK(holds(sentence_of(nation, "For all areas"), words));
  }
  CHECK(holds(sentence_of(said(50, 50), "The effect of a pound"), "needs in 100 % of draws"));
  // In the units of the tables beside: shares in percentage points, log points in percent, others as they
  // are.
  const auto hundredth = [&](const std::string& outcome_unit) {
    context.outcome_unit = outcome_unit;
    const Eigen::VectorXd draws = Eigen::VectorXd::Constant(100, -0.01);
    return sentence_of(what_to_conclude(scenario, context, {"poor", draws, draws, true, true, 0.5}),
                       "Conclude: ");
  };
  CHECK(holds(hundredth("log points a year"), "(90 % of draws: -1 to -1, % summed over the horizon)"));
  CHECK(holds(hundredth("share of residents 16-64"),
              "(90 % of draws: -1 to -1, percentage points summed over the horizon)"));
  CHECK(holds(hundredth("score"), "(90 % of draws: -0.01 to -0.01, score summed over the horizon)"));
  // Of few draws neither a share, a range nor a verdict.
  for (const long count : {1L, 3L, 38L}) {
    const Eigen::VectorXd draws = Eigen::VectorXd::Constant(count, -0.01);
    const auto few = what_to_conclude(scenario, context, {"poor", draws, draws, true, true, 0.5});
    CHECK(holds(sentence_of(few, "Conclude: "),
                fmt::format("better in {0} of {0} draw{1}: too few draws to conclude from (39 are needed)",
                            count, count == 1 ? "" : "s")));
    CHECK_FALSE(holds(sentence_of(few, "For all areas"), "supported"));
  }
}

TEST_CASE("log points and shares are told by the word, and what is in per cent stays so") {
  using studies::is_log, studies::is_share, studies::shown_as, studies::unit_in_words;
  for (const char* unit :
       {"log points", "log point a year", "growth, log points a year, summed over the horizon"})
    CHECK(is_log(unit));
  for (const char* unit : {"psychology score", "catalogue items", "backlog points", "jobs", ""})
    CHECK_FALSE(is_log(unit));
  for (const char* unit :
       {"share of working age a year", "proportion", "employment rate (share of working age)"})
    CHECK(is_share(unit));
  for (const char* unit : {"share of working age (%)", "share, per cent", "employment rate, percent", "jobs"})
    CHECK_FALSE(is_share(unit));
  CHECK(shown_as("psychology score") == 1.0);
  CHECK(unit_in_words("backlog points a year") == "backlog points a year");
  CHECK(unit_in_words("log points a year, summed over the horizon") == "%, summed over the horizon");
}

TEST_CASE("a scenario's cover is held against its own level, and the strength of instruments is no share") {
  const RunConfig config = smoke({});
  DesignSummary design;
  const auto add = [&](const char* quantity, const char* method, double bias, double cover) {
    ValueSummary value;
    value.model = "scenario fund", value.estimator = "propagated", value.quantity = quantity,
    value.method = method;
    value.truth = 0.0, value.worlds = value.intervals = 400;
    value.bias = {bias, 0.01}, value.sd = {1.5, 0.05}, value.cover = {cover, 0.012};
    design.values.push_back(value);
  };
  add(coverage_names::strength, "none", 2.75, 0.0);
  add("cumulative:nation", coverage_names::band_method, 0.0, 0.94);
  add("anderson_rubin:cumulative:nation", coverage_names::set_method, 0.0, 0.941);
  add("draws:cumulative:nation", coverage_names::draws_method, 0.0, 0.9);
  CoverageResult result;
  result.designs = {design};
  const std::string text = coverage_text(config, result, {});
  const auto line = [&](const std::string& words) {
    const std::size_t at = text.find(words);
    REQUIRE(at != std::string::npos);
    return text.substr(at, text.find('\n', at) - at);
  };
  CHECK(holds(text, "fund propagated: effective F 2.75 (0.01) on average, sd 1.5"));
  const std::string band = line(" cumulative:nation "), set = line("anderson_rubin:"),
                    draws = line("draws:cum");
  CHECK(holds(band, "90 %"));
  CHECK(holds(band, "*"));  // .94 of what is to be .90
  CHECK(holds(set, "94 %"));
  CHECK(!holds(set, "*"));
  CHECK(holds(draws, "94 %"));
  CHECK(holds(draws, "*"));
}

TEST_CASE("the largest of all specifications is held against the draws' own largest") {
  // Draws 1 to 99 of the first; the others' are zero, so the maximum of draw d is d.
  const auto of = [](studies::Standing standing, float t, float scale) {
    Specification one;
    one.standing = standing;
    one.distance.resize(1);
    one.distance[0].push_back(t);
    for (int d = 1; d < 100; ++d) one.distance[0].push_back(scale * static_cast<float>(d));
    return one;
  };
  std::vector<Specification> all = {
      of(studies::Standing::accepted, -97.0F, 1.0F), of(studies::Standing::refused, 99.0F, 0.0F),
      of(studies::Standing::caution, 50.0F, 0.0F), of(studies::Standing::accepted, 90.0F, 0.0F),
      of(studies::Standing::shown, 10.0F, 0.0F)};
  const CurveTest every = curve_test(all, 0, Among::all), stands = curve_test(all, 0, Among::standing);
  CHECK(every.tested == 5);
  CHECK(every.largest == 99.0);
  CHECK(every.p == doctest::Approx((1.0 + 1.0) / (99.0 + 1.0)));
  CHECK(every.adjusted == 2);  // 97 and 99; of 90 p is 11 / 100
  CHECK(stands.tested == 3);
  CHECK(stands.largest == 97.0);
  CHECK(stands.p == doctest::Approx((1.0 + 3.0) / 100.0));
  CHECK(stands.adjusted == 1);
  all[1].distance[0].pop_back();  // a specification with a failed replicate has other draws
  CHECK(curve_test(all, 0, Among::all).tested == 4);
}

TEST_CASE(
    "a return above three times the highest benchmark is not believed, and its years are the horizon's") {
  // 3, 5, 14.9 and 15.1 GBP for one; benchmarks are 3 to 5.
  using Verdict = Plausibility::Verdict;
  for (const auto& one : {std::pair{3.0, Verdict::plausible}, std::pair{5.0, Verdict::plausible},
                          std::pair{14.9, Verdict::plausible}, std::pair{15.1, Verdict::large},
                          std::pair{1.01, Verdict::plausible}, std::pair{0.99, Verdict::small}}) {
    const double each = one.first;
    const Verdict verdict = one.second;
    CAPTURE(each);
    const Plausibility found = plausibility(two_years(each / 3.0), 0.0);
    CHECK(found.p50 == doctest::Approx(each));
    CHECK(found.verdict == verdict);
    CHECK(holds(found.line, "of GVA over 2 years per GBP of public money"));
  }
}

TEST_CASE("a sweep takes a result of its member's configuration, seed, build and data, and of no other") {
  const test::Folder folder("member");
  std::ofstream(folder / "member.toml") << toy;
  std::ofstream(folder / "threads.toml")
      << std::string(toy).replace(std::string(toy).find("threads = 1"), 11, "threads = 9");
  MemberCheck check;
  const auto objection = [&](const std::string& config, const std::function<void(RunRecord&)>& change) {
    std::filesystem::remove(folder / "r.h5");
    return check.objection("b.h5", folder / config, stored(folder / "r.h5", change));
  };
  const auto same = [](RunRecord&) {};
  CHECK(objection("member.toml", same).empty());
  CHECK(objection("threads.toml", same).empty());
  CHECK(holds(objection("member.toml",
                        [](RunRecord& r) { r.config.replace(r.config.find("\"growth\""), 8, "\"income\""); }),
              "is the result of another configuration"));
  CHECK(objection("member.toml", [](RunRecord& r) { r.seed = 8; }) ==
        fmt::format("has seed 8, '{}' asks for 7; compute it again", (folder / "member.toml").string()));
  CHECK(holds(objection("member.toml", [](RunRecord& r) { r.spillway_version = "9"; }),
              "was computed by spillway 9 (abcdef012345), member b.h5 by 0.1.0 (abcdef012345)"));
  CHECK(holds(objection("member.toml", [](RunRecord& r) { r.git_commit = "c"; }),
              "was computed by spillway 0.1.0 (c)"));
  CHECK(holds(objection("member.toml", [](RunRecord& r) { r.inputs[0].sha256 = "00fe"; }),
              "was computed from another 'pack/areas.csv' (areas) than member b.h5"));
  CHECK(objection("member.toml", [](RunRecord& r) { r.instruction_set = "x86-64-v4"; }).empty());
  CHECK(check.instruction_sets() == std::set<std::string>{"x86-64-v2", "x86-64-v4"});
}

TEST_CASE("a session keeps and takes up units as it was told to, and stops when it was asked to") {
  const test::Folder folder("session");
  const RunConfig config = parse_config(toy);
  const auto options = [&](CheckpointPlan::Keep keep, Checkpoint::Start start) {
    SessionOptions made;
    made.study = "toy";
    made.build = {"1.2", "c0ffee"};
    made.units = folder / "toy";
    made.keep = keep;
    made.start = start;
    return made;
  };
  using Keep = CheckpointPlan::Keep;
  using Start = Checkpoint::Start;
  Session(config, options(Keep::always, Start::fresh)).units("part", {}).kept->save_numbers(4, {1.0});
  {
    Session again(config, options(Keep::when_long, Start::resume));
    const UnitWork work = again.units("part", {});
    REQUIRE(work.kept != nullptr);
    CHECK(work.kept->finished() == std::vector<std::uint64_t>{4});
    CHECK(again.units("other", {}).kept->finished().empty());
  }
  Session fresh(config, options(Keep::always, Start::fresh));
  CHECK(fresh.units("part", {}).kept->finished().empty());
  CHECK(Session(config, options(Keep::when_long, Start::fresh)).units("part", {}).kept == nullptr);
  CHECK(Session(config, options(Keep::never, Start::resume)).units("part", {}).kept == nullptr);

  SessionOptions stopped = options(Keep::never, Start::fresh);
  stopped.interrupted = [] { return true; };
  Session session(config, stopped);
  CHECK_THROWS_WITH_AS(session.stage("sums", [] {}), "interrupted before stage 'sums'", Interrupted);
  CHECK(session.units("part", {}).interrupted());
}

TEST_CASE("a session writes what was read, and the seconds of each stage beside its processors' seconds") {
  const test::Folder folder("session-kept");
  SessionOptions options;
  options.study = "toy";
  options.build = {"1.2", "c0ffee"};
  options.output = folder / "toy.h5";
  Session session(parse_config(toy), options);
  session.stage("waiting", [] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); });
  session.keep({{"sheet.csv", "sheet", "abc", "", "", ""}}, {{"rho", 0.3}}, [](RunWriter&) {});
  const RunRecord record = RunReader(options.output).run();
  REQUIRE(record.inputs.size() == 1);
  CHECK(record.inputs[0].sha256 == "abc");
  CHECK(record.truth == std::vector<std::pair<std::string, double>>{{"rho", 0.3}});
  CHECK(record.spillway_version == "1.2");
  REQUIRE(record.stages.size() == 1);
  CHECK(record.stages[0].stage == "waiting");
  CHECK(record.stages[0].seconds >= 0.06);
  CHECK(record.stages[0].core_seconds < 0.05);  // asleep
}

TEST_CASE("of two draws no area is better or worse off, over all areas and by type") {
  const test::Folder folder("winners");
  // Better off in 0, 25, 50 and 100 % of draws, which are two (attack/commands.py counts sides of 99).
  const RunReader reader = stored(folder / "r.h5", [](RunRecord&) {});
  bool people = false;
  const auto rows = winners_of(reader, people);
  CHECK(people);
  REQUIRE(rows.size() == 4);
  CHECK(rows[0].grouping.empty());
  CHECK(rows[0].outcome == "cumulative_uplift");
  CHECK(rows[0].areas == std::array{0.0, 0.0, 4.0});
  CHECK(rows[0].residents == std::array{0.0, 0.0, 1800.0 + 1500.0 + 1600.0 + 1700.0});
  for (std::size_t k = 1; k < 4; ++k) CHECK(rows[k].grouping == "area_type");
  CHECK(rows[2].group == "other");
  CHECK(rows[2].areas == std::array{0.0, 0.0, 2.0});
  CHECK(rows[2].residents == std::array{0.0, 0.0, 1500.0 + 1700.0});
}

TEST_CASE(
    "knowledge is worth what it changes in the choice, and nothing by rule where no draw has a benefit") {
  const test::Folder folder("knowledge");
  constexpr int draws = 60;
  // One policy is worth 3 or -1, turn and turn about; the other 0.25 in every draw; none is worth 0.
  const auto with = [&](const char* name, double benefit, double high, double low) {
    RunWriter writer(folder / name);
    writer.write_run(toy_record());
    writer.write_draws(test::small_draws());
    for (const auto& [scenario, up, down] :
         {std::tuple{"risky", high, low}, std::tuple{"sure", 0.25 * high, 0.25 * high}}) {
      writer.write_scenario(scenario, std::vector<int>(draws, 0), {{"lever", std::string("x")}});
      StoredAppraisal appraisal;
      appraisal.scenario = scenario;
      for (int d = 0; d < draws; ++d) appraisal.npsv.push_back(d % 2 == 0 ? up : down);
      appraisal.present_value_benefits.assign(draws, benefit);
      appraisal.present_value_costs.assign(draws, 1.0);
      appraisal.bcr.assign(draws, benefit);
      writer.write_appraisal(appraisal);
      writer.write_scenario_parameters(scenario, {{"share"}, {"1"}, Eigen::MatrixXd::Ones(draws, 1)});
    }
    writer.commit();
    return RunReader(folder / name);
  };
  std::vector<std::string> notes;
  const auto helps = worth_of_knowledge(with("helps.h5", 2.0, 3.0, -1.0), notes);
  REQUIRE(helps);
  CHECK(helps->options == std::vector<std::string>{"risky", "sure"});
  CHECK(helps->chosen == "risky");
  CHECK(helps->chosen_mean == doctest::Approx(1.0));
  // The best of each draw is 3 or 0.75: 1.875 on average.
  CHECK(helps->perfect.value == doctest::Approx(0.875));
  CHECK_FALSE(helps->zero_by_rule);
  const auto costs = worth_of_knowledge(with("costs.h5", -2.0, -1.0, -2.0), notes);
  REQUIRE(costs);
  CHECK(costs->chosen == "none");
  CHECK_FALSE(costs->zero_by_rule);
  CHECK(worth_of_knowledge(with("rule.h5", 0.0, -1.0, -2.0), notes)->zero_by_rule);
}

TEST_CASE("an appraisal's JSON has each figure under its own name, and places sum to the nation") {
  scenarios::AppraisalSettings settings;
  settings.appraisal_years = 2;
  settings.values["gva_welfare_share"] = Eigen::VectorXd::Constant(3, 0.5);
  Reappraisal one;
  one.result = scenarios::appraise(two_years(), settings);
  one.by = "region";
  one.places = {{"a", "A", 1000.0, 30.0, Eigen::VectorXd::Constant(3, 5.0)},
                {"b", "B", 3000.0, -10.0, Eigen::VectorXd::Constant(3, -1.0)}};
  const auto json = appraisal_json(one);
  const double v = 1.0 / 1.035, benefits = 0.5 * (100.0 + 200.0 * v), costs = 50.0 + 50.0 * v;
  CHECK(json["local"]["benefits"]["p50"].get<double>() == doctest::Approx(benefits));
  CHECK(json["local"]["npsv"]["p50"].get<double>() == doctest::Approx(benefits - costs));
  CHECK(json["local"]["probability_bcr_above_1"] == 1.0);  // the ratio is 1.49
  CHECK(json["local"]["probability_bcr_above_2"] == 0.0);
  const auto& nation = json["by_place"].back();
  CHECK(nation["code"] == "nation");
  CHECK(nation["population"] == 4000.0);
  CHECK(nation["received"] == 20.0);
  CHECK(nation["mean_gva"].get<double>() == doctest::Approx(4.0));
}

TEST_CASE("a further outcome is passed over where all are appraised, and refused where it is asked for") {
  const test::Folder folder("further");
  const RunReader reader(stored(
      folder / "r.h5", [](RunRecord&) {},
      [](RunWriter& writer) {
        writer.write_scenario("fund.jobs", {0}, {{"lever", std::string("x")}});
      }));
  CHECK_THROWS_WITH_AS(reappraise(reader, {.rulebook = "", .diff = "", .scenario = "fund.jobs", .by = ""}),
                       doctest::Contains("'fund.jobs' is a further outcome of scenario 'fund'"), InputError);
}

TEST_CASE(
    "draws are added until the error meets its target or the most are drawn, in the configured proportion") {
  const auto configured = [](const std::optional<Draws>& wanted) {
    const Draws draws = wanted.value_or(Draws{100, 50});
    RunConfig config = smoke({fmt::format("bootstrap.replicates={}", draws.replicates),
                              fmt::format("bootstrap.draws={}", draws.draws)});
    config.scenarios.resize(1);
    return config;
  };
  const UntilError met = until_error({1e3, 2048}, configured, {}),
                   missed = until_error({1e-9, 1024}, configured, {});
  CHECK(met.draws.replicates == 1024);
  CHECK(met.draws.draws == 512);
  CHECK(met.sentences.size() == 1);
  CHECK(missed.draws.replicates == 1024);
  REQUIRE(missed.sentences.size() == 2);
  CHECK(holds(missed.sentences[1], "the target is not met with 1024 replicates"));
}

TEST_CASE(
    "a specification's band is of its draws, and where less is better the draws below zero are the good "
    "ones") {
  const RunConfig config =
      smoke({"bootstrap.replicates=99", "bootstrap.draws=99", "model.spillover.better=\"lower\"",
             "model.social_infrastructure.better=\"lower\"", "outcomes.horizon=2"});
  SessionOptions options;
  options.study = "speccurve";
  Session session(config, options, policy_hooks(config));
  const SpecificationCurve curve =
      specification_curve(session, config.scenarios[0], {"", "", {"contiguity"}, {2}, {"green-book-2026"}});
  CHECK(curve.better == -1.0);
  long sure = 0, spread = 0;
  for (const Specification& one : curve.specifications) {
    if (one.draws == 0 || one.value.size() < 2) continue;
    const HeadlineValue& of = one.value[1];  // the target's uplift
    CHECK(of.p5 <= of.p50);
    CHECK(of.p50 <= of.p95);
    spread += of.p5 < of.p50;
    if (of.p5 > 0.0) CHECK(of.better <= 0.06);
    if (of.p95 < 0.0) CHECK(of.better >= 0.94);
    sure += of.p5 > 0.0 || of.p95 < 0.0;
  }
  CHECK(sure > 0);
  CHECK(spread > 0);
}

TEST_CASE(
    "the first words say what an interval says of a sign, and of a refused estimate that it is refused") {
  RunConfig config = parse_config(toy);
  config.horizon = 1;
  config.period_years = 1.0;
  ScenarioConfig scenario;
  scenario.name = "fence";
  scenario.lever = "ukspf_ring_fence";
  scenario.estimates = {{"spillover", "spillover/corrected_score"}};
  config.scenarios = {scenario};
  RunResult result;
  result.inputs.types.names = {"doubly_disadvantaged"};
  result.models.resize(1);
  result.models[0].config = config.models[0];
  result.models[0].fits.resize(1);
  const auto said = [&](double low, double high, bool refused) {
    Estimate& estimate = result.models[0].fits[0].estimate;
    estimate.model = "spillover";
    estimate.estimator = "corrected_score";
    estimate.names = {"lag:doubly_disadvantaged"};
    estimate.coefficients = Eigen::VectorXd::Constant(1, 0.5 * (low + high));
    estimate.low = Eigen::VectorXd::Constant(1, low);
    estimate.high = Eigen::VectorXd::Constant(1, high);
    estimate.refused = refused;
    return first_words(config, result, {});
  };
  CHECK(holds(said(0.1, 0.3, false), "lag:doubly_disadvantaged = 0.2 [0.1, 0.3], positive"));
  CHECK(holds(said(-0.3, -0.1, false), "[-0.3, -0.1], negative"));
  CHECK(holds(said(-0.1, 0.3, false), "[-0.1, 0.3], not told apart from zero"));
  CHECK(holds(said(0.1, 0.3, true), "[0.1, 0.3], refused by the decision table: see the warnings"));
}

TEST_CASE("a scenario whose spread is estimated rests on that form and on the strength of its instruments") {
  RunConfig config = parse_config(std::string(toy) + R"(
[[model]]
name = "infrastructure"
kind = "iv"
outcome = "growth_decade"
endogenous = ["grants_per_head"]
instruments = ["turnout"]
estimators = ["2sls"]
headline = "2sls"
covariance = { kind = "iid" }
)");
  config.horizon = 1;
  config.period_years = 1.0;
  ScenarioConfig scenario;
  scenario.name = "fund";
  scenario.lever = "community_wealth_fund";
  scenario.estimates = {{"infrastructure", "infrastructure/2sls"}};
  config.scenarios = {scenario};
  RunResult result;
  result.models.resize(1);
  result.models[0].config = config.models[1];
  for (const auto& [estimator, strength] : {std::pair{"2sls", 12.0}, std::pair{"slx", 150.0}}) {
    Fit fit;
    fit.estimate.model = "infrastructure";
    fit.estimate.estimator = estimator;
    fit.estimate.cell = "grants_per_head:turnout";
    fit.estimate.outcome = "growth_decade";
    fit.estimate.names = {"grants_per_head"};
    fit.estimate.coefficients = fit.estimate.low = fit.estimate.high = Eigen::VectorXd::Ones(1);
    IvFindings found;
    found.effective_f = strength;
    fit.estimate.findings = found;
    result.models[0].fits.push_back(fit);
  }
  const auto said = [&](const char* spread) {
    config.scenarios[0].spread = spread;
    return first_words(config, result, {});
  };
  CHECK(holds(said("none"), "social infrastructure (infrastructure/2sls)"));
  CHECK(holds(said("none"), "; effective F 12"));
  CHECK(holds(said("estimated"), "social infrastructure (infrastructure/slx)"));
  CHECK(holds(said("estimated"), "; effective F 150"));
}

TEST_CASE("a winner by a hair is not said to be worse than all that was estimated of it") {
  WinnerInference winner;
  winner.estimate = 0.03;
  winner.standard_error = 1.0;
  winner.naive = {-1.6, 1.7};
  winner.projection = {-2.0, 2.1};
  winner.conditional = {-90.0, -1.2};
  winner.hybrid = {-5.0, -1.3};  // what 0.025 standard errors of a lead make of heavy tails
  winner.hybrid_median = -4.0;
  CHECK_FALSE(holds_its_estimate(winner));
  CHECK(stated(winner).low == -5.0);
  CHECK(stated(winner).high == 2.1);
  const auto words = winner_words("fund", winner, 0.9, "log points");
  CHECK(words[0].find("it is worth -500 to 210 at 90 %") != std::string::npos);
  CHECK(words[0].find("median-unbiased") == std::string::npos);
  winner.hybrid = {-2.2, 1.5};
  CHECK(stated(winner).low == -2.2);
  CHECK(stated(winner).high == 1.5);
  CHECK(winner_words("fund", winner, 0.9, "log points")[0].find("median-unbiased -400") != std::string::npos);
}

TEST_CASE("a sweep's grid is checked, written and read again, and refuses what a run would refuse") {
  const std::filesystem::path source = SPILLWAY_SOURCE_DIR "/configs/smoke.toml";
  const ScratchFolder scratch;
  const std::filesystem::path folder = scratch.path() / "grid";
  const SweepPlan plan = plan_sweep(
      source.string(), {"run.seed=[3, 4]", "outcomes.horizon=[2, 3]", "data.synthetic_areas=600"}, folder);
  REQUIRE(plan.index.members.size() == 4);
  CHECK(plan.index.members[1].name == "0002");
  CHECK(plan.index.members[1].settings ==
        std::vector<std::string>{"run.seed=3", "outcomes.horizon=3", "data.synthetic_areas=600"});
  CHECK(plan.result_bytes > 4.0 * 10e3);
  for (std::size_t k = 0; k < 4; ++k) {
    const RunConfig config = parse_config(plan.texts[k], folder / plan.index.members[k].config);
    CHECK(config.seed == (k < 2 ? 3 : 4));
    CHECK(config.horizon == (k % 2 ? 3 : 2));
    CHECK(config.synthetic_areas == 600);
  }
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "0002.toml") << plan.texts[1];  // left by one that was killed
  std::ofstream(folder / "0004.toml") << "mine";
  CHECK_THROWS_WITH_AS(write_sweep(plan, folder), doctest::Contains("is there and not of this sweep"),
                       InputError);
  CHECK_FALSE(std::filesystem::exists(folder / "0001.toml"));
  std::filesystem::remove(folder / "0004.toml");
  write_sweep(plan, folder);
  write_sweep(plan, folder);  // the same once more
  const SweepIndex index = read_sweep(folder);
  REQUIRE(index.members.size() == 4);
  CHECK(index.config == source.string());
  CHECK(index.members[3].config == "0004.toml");
  CHECK(index.members[3].result == "0004.h5");
  CHECK(index.members[3].settings_text() ==
        R"(["run.seed=4","outcomes.horizon=3","data.synthetic_areas=600"])");
  CHECK_FALSE(finished(folder, index.members[0]));
  std::ofstream(folder / "0001.h5") << "no result";
  CHECK_FALSE(finished(folder, index.members[0]));

  const SweepPlan other = plan_sweep(source.string(), {"run.seed=[3, 5]"}, folder);
  CHECK_THROWS_WITH_AS(write_sweep(other, folder), doctest::Contains("holds another sweep"), InputError);
  CHECK_THROWS_WITH_AS(plan_sweep(source.string(), {"outcomes.horizon=[2, 0]"}, folder),
                       doctest::Contains(R"((member 0002: ["outcomes.horizon=0"]))"), InputError);

  // What waits in a folder is checked before the first member runs, and an index leads nowhere else.
  std::ofstream(folder / "0002.toml", std::ios::app) << "\n[outcomes]\n";
  CHECK_THROWS_AS(check_unfinished(folder, index), InputError);
  std::ofstream(folder / "index.json")
      << R"({"config": "x", "members": [{"name": "1", "config": "../1.toml", "result": "1.h5", "settings": []}]})";
  CHECK_THROWS_WITH_AS(read_sweep(folder), doctest::Contains("members.config"), InputError);
  const auto index_of = [&](const std::string& config, const std::string& result) {
    std::ofstream(folder / "index.json")
        << R"({"members": [{"name": "1", "config": "1.toml", "result": "1.h5", "settings": []}, {"name": "2", "config": ")"
        << config << R"(", "result": ")" << result << R"(", "settings": []}]})";
  };
  index_of("2.toml", "2.h5");
  CHECK(read_sweep(folder).members.size() == 2);
  for (const char* result :
       {"1.h5", "1.toml", "2.toml", "index.json"}) {  // would be replaced by the member's run
    index_of("2.toml", result);
    CHECK_THROWS_WITH_AS(read_sweep(folder), doctest::Contains("stands there twice"), InputError);
  }
  std::ofstream(folder / "index.json") << R"({"members": 3})";
  CHECK_THROWS_WITH_AS(read_sweep(folder), doctest::Contains("is damaged"), InputError);
}
