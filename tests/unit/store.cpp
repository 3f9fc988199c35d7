// The store: what is written is what is read, exactly.
#include <doctest/doctest.h>

#include <cstring>

#include "engine/base/error.hpp"
#include "engine/store/crc32c.hpp"
#include "tests/support/hdf5_edit.hpp"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

bool same(double a, double b) {
  return std::memcmp(&a, &b, sizeof a) == 0 || (std::isnan(a) && std::isnan(b));
}

template <class A, class B>
bool same(const A& a, const B& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return false;
  for (Eigen::Index j = 0; j < a.cols(); ++j)
    for (Eigen::Index i = 0; i < a.rows(); ++i)
      if (!same(static_cast<double>(a(i, j)), static_cast<double>(b(i, j)))) return false;
  return true;
}

void check_equal(const Estimate& a, const Estimate& b) {
  CHECK(a.model == b.model);
  CHECK(a.kind == b.kind);
  CHECK(a.estimator == b.estimator);
  CHECK(a.outcome == b.outcome);
  CHECK(a.outcome_unit == b.outcome_unit);
  CHECK(a.cell == b.cell);
  CHECK(a.names == b.names);
  CHECK(same(a.coefficients, b.coefficients));
  CHECK(same(a.covariance, b.covariance));
  CHECK(same(a.low, b.low));
  CHECK(same(a.high, b.high));
  CHECK(a.interval_method == b.interval_method);
  CHECK(a.level == b.level);
  CHECK(a.observations == b.observations);
  CHECK(a.areas == b.areas);
  CHECK(a.clusters == b.clusters);
  CHECK(a.echo == b.echo);
  REQUIRE(a.diagnostics.size() == b.diagnostics.size());
  for (std::size_t k = 0; k < a.diagnostics.size(); ++k) {
    CHECK(a.diagnostics[k].name == b.diagnostics[k].name);
    CHECK(same(a.diagnostics[k].value, b.diagnostics[k].value));
    CHECK(a.diagnostics[k].p == b.diagnostics[k].p);
    CHECK(a.diagnostics[k].definition == b.diagnostics[k].definition);
  }
  CHECK(a.has_anderson_rubin_set == b.has_anderson_rubin_set);
  CHECK(a.anderson_rubin_set == b.anderson_rubin_set);
  CHECK(a.warnings == b.warnings);
  CHECK(a.notes == b.notes);
  CHECK(a.refused == b.refused);
}

struct Written {
  test::Folder folder{"store-unit"};
  std::filesystem::path path = folder / "run.h5";
  Written() {
    RunWriter writer(path);
    test::write_small_run(writer);
    writer.commit();
  }
};

}  // namespace

TEST_CASE("the checksum is CRC-32C of RFC 3720, by instruction and by table") {
  CHECK(crc32c("123456789", 9) == 0xE3069283u);
  CHECK(crc32c_by_table("123456789", 9) == 0xE3069283u);
  const std::vector<unsigned char> zeros(32, 0);
  CHECK(crc32c(zeros.data(), 32) == 0x8A9136AAu);  // RFC 3720, B.4
  // In pieces, as a reader sums it.
  CHECK(crc32c("6789", 4, crc32c("12345", 5)) == 0xE3069283u);
}

TEST_CASE("a run comes back as it was written") {
  const Written written;
  const RunReader reader(written.path);
  const RunRecord expected = test::small_record(), record = reader.run();
  CHECK(reader.format_version() == "1.4");
  CHECK(record.name == expected.name);
  CHECK(record.seed == expected.seed);
  CHECK(record.spillway_version == expected.spillway_version);
  CHECK(record.git_commit == expected.git_commit);
  CHECK(record.instruction_set == expected.instruction_set);
  CHECK(record.host == expected.host);
  CHECK(record.started == expected.started);
  CHECK(record.finished == "2026-11-24T18:00:01Z");
  CHECK(record.threads == 2);
  CHECK(record.config == expected.config);
  REQUIRE(record.inputs.size() == 2);
  CHECK(record.inputs[0].path == "pack/areas.csv");
  CHECK(record.inputs[0].sha256 == "00ff");
  CHECK(record.inputs[0].publisher == "ONS");
  CHECK(record.inputs[1].role == "edges");
  CHECK(record.truth == expected.truth);
  REQUIRE(record.stages.size() == 2);
  CHECK(record.stages[1].stage == "draws");
  CHECK(record.stages[1].seconds == 0.5);
  CHECK(record.stages[1].peak_memory == 2e6);
  CHECK(record.stages[1].core_seconds == 0.75);
  CHECK(reader.texts("/run/inputs") ==
        std::vector<std::string>{"pack/areas.csv", "00ff", "pack/edges.csv", ""});
}

TEST_CASE("areas come back by column, code first, with units and empty cells") {
  const Written written;
  const RunReader reader(written.path);
  CHECK(reader.area_columns() ==
        std::vector<std::string>{"area_code", "population", "area_name", "area_type", "easting"});
  CHECK(reader.area_texts("area_code") == std::vector<std::string>{"E01", "E02", "E03", "E04"});
  CHECK(reader.area_texts("area_name") == std::vector<std::string>{"Ärea", "", "Two", "Two"});
  CHECK(reader.area_numbers("population") == std::vector<double>{1500, 1600, 1700, 1800});
  CHECK(std::isnan(reader.area_numbers("easting")[3]));
  CHECK(std::get<std::string>(reader.attribute("/areas/population", "units")) == "residents");
  CHECK(std::get<std::string>(reader.attribute("/areas", "type_column")) == "area_type");
}

TEST_CASE("the summary of weights names its island") {
  const Written written;
  const RunReader reader(written.path);
  CHECK(reader.texts("/weights/island") == std::vector<std::string>{"E04"});
  CHECK(std::get<std::int64_t>(reader.attribute("/weights", "links")) == 4);
  CHECK(std::get<std::int64_t>(reader.attribute("/weights", "components")) == 2);
  CHECK(reader.numbers("/weights/component").value == std::vector<double>{0, 0, 0, 1});
}

TEST_CASE("estimates come back whole: diagnostics, unbounded sets, warnings, grid cells") {
  const Written written;
  const RunReader reader(written.path);
  const auto estimates = reader.estimates();
  REQUIRE(estimates.size() == 3);
  check_equal(estimates[0].estimate, test::small_estimate("spillover", "corrected_score"));
  CHECK(estimates[0].group == "/estimates/spillover/corrected_score");
  CHECK(!estimates[1].in_grid);
  CHECK(estimates[2].in_grid);
  CHECK(estimates[2].group == "/estimates/iv/cells/lottery:turnout/2sls");
  CHECK(estimates[2].estimate.cell == "lottery:turnout");
  check_equal(reader.estimate("iv/2sls"), estimates[1].estimate);
  CHECK_THROWS_WITH_AS(
      reader.estimate("iv/2sl"),
      doctest::Contains(
          "holds no estimate 'iv/2sl' (did you mean 'iv/2sls'?); it holds: spillover/corrected_score, "
          "iv/2sls"),
      InputError);
}

TEST_CASE("a plain estimate without covariance, intervals or sets comes back without them") {
  const test::Folder folder("store-plain");
  Estimate plain = test::small_estimate("m", "e");
  plain.covariance.resize(0, 0);
  plain.low.resize(0);
  plain.high.resize(0);
  plain.diagnostics.clear();
  plain.has_anderson_rubin_set = false;
  plain.anderson_rubin_set.clear();
  plain.warnings.clear();
  plain.notes.clear();
  Estimate empty_set = test::small_estimate("m", "empty_set");
  empty_set.anderson_rubin_set.clear();
  RunWriter writer(folder / "run.h5");
  writer.write_run(test::small_record());
  writer.write_estimate(plain);
  writer.write_estimate(empty_set);
  writer.commit();
  const RunReader reader(folder / "run.h5");
  check_equal(reader.estimate("m/e"), plain);
  check_equal(reader.estimate("m/empty_set"), empty_set);
}

TEST_CASE("draws keep their order of replicate and parameter, failures included") {
  const Written written;
  const DrawSet expected = test::small_draws(), draws = RunReader(written.path).draws();
  CHECK(draws.parameter == expected.parameter);
  CHECK(same(draws.value, expected.value));
  CHECK(draws.status == expected.status);
  const NumberBlock block = RunReader(written.path).numbers("/draws/value");
  CHECK(block.shape == std::vector<long>{3, 2});
  CHECK(block.value[1] == 1.0);  // replicate 0, parameter 1
}

TEST_CASE("a scenario's parameters, areas and aggregates come back on their axes") {
  const Written written;
  const RunReader reader(written.path);
  CHECK(reader.scenarios() == std::vector<std::string>{"ring_fence"});
  CHECK(reader.replicate_of_draw("ring_fence") == std::vector<int>{0, 2});
  CHECK(std::get<std::string>(reader.scenario_attributes("ring_fence")[0].second) == "ukspf_ring_fence");
  CHECK(std::get<std::vector<std::string>>(reader.scenario_attributes("ring_fence")[2].second).empty());
  CHECK(reader.numbers("/scenarios/ring_fence/cost").shape == std::vector<long>{2, 3});
  const auto parameters = reader.scenario_parameters("ring_fence");
  CHECK(parameters.names == std::vector<std::string>{"share", "lag_years"});
  CHECK(parameters.units == std::vector<std::string>{"1", "years"});
  CHECK(parameters.value(1, 0) == 0.2);

  CHECK(reader.area_outcomes("ring_fence") == std::vector<std::string>{"uplift", "cumulative_uplift"});
  const auto stored = reader.area_summary("ring_fence", "uplift");
  const auto expected = test::small_summary(AreaOutcome::uplift);
  CHECK(stored.levels == std::vector<double>{0.05, 0.5, 0.95});
  CHECK(stored.unit == "log points a year");
  CHECK(same(stored.summary.quantile, expected.quantile));
  CHECK(same(stored.summary.mean, expected.mean));
  CHECK(same(stored.summary.sd, expected.sd));
  CHECK(same(stored.summary.probability_better, expected.probability_better));
  CHECK(same(stored.summary.probability_positive, expected.probability_positive));
  CHECK(same(stored.summary.draws, expected.draws));
  CHECK(stored.kept_areas == std::vector<std::string>{"E04", "E02"});
  const NumberBlock quantile = reader.numbers("/scenarios/ring_fence/area/uplift/quantile");
  CHECK(quantile.shape == std::vector<long>{3, 4});
  CHECK(quantile.value[1] == 2.0);  // level 0, area 1
  CHECK(reader.area_summary("ring_fence", "cumulative_uplift").kept_areas.empty());

  const auto aggregate = reader.aggregate("ring_fence", "uplift", "area_type");
  CHECK(aggregate.groups == test::small_grouping().groups);
  CHECK(aggregate.periods == std::vector<int>{1, 2});
  CHECK(aggregate.unit == "log points a year");
  CHECK(aggregate.value == test::small_series().value);
  CHECK(aggregate.at(1, 0, 2) == 8.0F / 8.0F);
  const auto second = reader.aggregate("ring_fence", "uplift", "area_type", 1, 1);
  CHECK(second.value == std::vector<float>(aggregate.value.begin() + 6, aggregate.value.end()));
  CHECK_THROWS_AS(reader.aggregate("ring_fence", "uplift", "area_type", 1, 2), InputError);
  CHECK_THROWS_WITH_AS(reader.aggregate("ring_fence", "uplift", "moon"),
                       doctest::Contains("has no '/scenarios/ring_fence/aggregate/uplift/moon/group'"),
                       InputError);
}

TEST_CASE("a series of one period is that of the last") {
  const test::Folder folder("store-last");
  AggregateSeries series = test::small_series();
  series.outcome = AreaOutcome::cumulative_uplift;
  series.periods = 1;
  RunWriter writer(folder / "run.h5");
  writer.write_run(test::small_record());
  writer.write_scenario("s", {0, 1, 2, 3}, {});
  writer.write_aggregate("s", series, test::small_grouping(), 10, "log points");
  writer.commit();
  const auto stored = RunReader(folder / "run.h5").aggregate("s", "cumulative_uplift", "area_type");
  CHECK(stored.periods == std::vector<int>{10});
  CHECK(stored.draws == 4);
}

TEST_CASE("the appraisal and generic tables come back") {
  const Written written;
  const RunReader reader(written.path);
  CHECK(reader.appraisals() == std::vector<std::string>{"ring_fence"});
  const auto appraisal = reader.appraisal("ring_fence");
  CHECK(appraisal.npsv == std::vector<double>{2.0, 5.0});
  CHECK(appraisal.bcr[0] == 3.0);
  CHECK(std::isnan(appraisal.bcr[1]));
  CHECK(std::get<std::int64_t>(appraisal.attributes[1].second) == 2024);
  const auto table = reader.table("/sensitivity/morris");
  REQUIRE(table.size() == 2);
  CHECK(table[0].texts == std::vector<std::string>{"a", "b"});
  CHECK(table[1].name == "mu_star");
  CHECK(table[1].unit == "GBP");
  CHECK(table[1].numbers == std::vector<double>{1.5, 2.5});
}

TEST_CASE("every dataset has a unit, a long name and a name for each axis") {
  const Written written;
  for (const auto& object : RunReader(written.path).objects()) {
    if (object.group) continue;
    INFO(object.path);
    CHECK(!object.unit.empty());
    CHECK(!object.long_name.empty());
    CHECK(object.dimensions.size() == object.shape.size());
    for (const auto& dimension : object.dimensions) CHECK(!dimension.empty());
  }
}

TEST_CASE("a fresh file verifies") {
  const Written written;
  for (const auto& damage : RunReader(written.path).verify())
    FAIL_CHECK(damage.object << ": " << damage.what);
}

TEST_CASE("a name that is not one step of a path is refused") {
  const test::Folder folder("store-name");
  RunWriter writer(folder / "run.h5");
  CHECK_THROWS_WITH_AS(writer.write_scenario("a/b", {0}, {}),
                       doctest::Contains("the scenario name 'a/b' cannot be stored"), InputError);
}

TEST_CASE("inspection shows the run, the tree with units, and the headline numbers") {
  const Written written;
  const std::string text = inspect_text(RunReader(written.path));
  for (const char* line :
       {"run 'small', complete, format 1.4", "seed 18446744073709551557, spillway 0.1.0 (abcdef012345)",
        "stage draws                            0.500 s  peak 2.0 MB",
        "        quantile [level 3, area 4]  f32, 48 B, log points a year",
        "    value [replicate 3, parameter 2]  f64, 48 B, unit of the parameter",
        "      corrected_score/  3 coefficients with covariance and diagnostics",
        "  spillover/corrected_score (refused as a headline): 40 observations, 2 clusters",
        "    lag:other                             0.4  se 0.2           95 % [0.1, 0.7]",
        "    warning: few clusters", "  3 replicates, 1 failed"}) {
    INFO(text);
    CHECK(text.find(line) != std::string::npos);
  }
}

TEST_CASE("inspection says that a size is none where a file has no number for it") {
  const test::Folder folder("store-sizes");
  RunWriter writer(folder / "run.h5");
  writer.write_run(test::small_record());
  writer.write_stages({{"data", 0.25, std::nan("")}, {"draws", 0.5, -1e300}}, "2026-11-24T18:00:01Z");
  writer.commit();
  const std::string text = inspect_text(RunReader(folder / "run.h5"));
  CHECK(text.find("stage data                             0.250 s  peak not said") != std::string::npos);
  CHECK(text.find("stage draws                            0.500 s  peak not said") != std::string::npos);
}

TEST_CASE("inspection sums up the nation's last period") {
  const test::Folder folder("store-nation");
  AggregateSeries series;
  series.periods = 2;
  series.groups = 1;
  for (int draw = 0; draw < 5; ++draw)
    series.value.insert(series.value.end(), {-1.0F, static_cast<float>(4 - draw)});
  RunWriter writer(folder / "run.h5");
  writer.write_run(test::small_record());
  writer.write_scenario("s", {0, 1, 2, 3, 4}, {});
  writer.write_aggregate("s", series, {"nation", {0}, {"England"}}, 2, "log points a year");
  writer.commit();
  // Draws 0..4 of period 2: median 2, 5 % at position 0.2, 95 % at 3.8.
  CHECK(
      inspect_text(RunReader(folder / "run.h5"))
          .find("s: uplift of the nation, period 2: median 2, 5 % to 95 % 0.2 to 3.8 (log points a year)") !=
      std::string::npos);
}

TEST_CASE("numbers that a file keeps in another file are refused") {
  const test::Folder folder("store-outside");
  {
    RunWriter writer(folder / "run.h5");
    test::write_small_run(writer);
    writer.commit();
  }
  std::ofstream(folder / "secret.txt") << "abc";
  {
    test::Hdf5Edit file(folder / "run.h5");
    const hid_t properties = test::must(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_external(properties, (folder / "secret.txt").c_str(), 0, 3);
    file.put("/draws/status", H5T_NATIVE_UINT8, {3}, properties, nullptr);
  }
  const RunReader reader(folder / "run.h5", Unsealed::try_it);
  CHECK_THROWS_WITH_AS(reader.draws(), doctest::Contains("its values are in another file"), StoreError);
}
