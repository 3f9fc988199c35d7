// A back-cast: the programme's file, the scores, who is compared with whom, and worlds in which the programme
// acted with a known size or did nothing.
#include "engine/run/backcast.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <functional>
#include <set>

#include "engine/base/files.hpp"
#include "engine/synthetic/synthetic.hpp"

using namespace spillway;

namespace {

struct TemporaryFile {
  std::filesystem::path path;
  explicit TemporaryFile(const std::string& text) {
    path = std::filesystem::temp_directory_path() /
           fmt::format("spillway-backcast-{}-{}.csv", getpid(), ++count());
    write_file(path, text);
  }
  ~TemporaryFile() { std::filesystem::remove(path); }
  static int& count() {
    static int made = 0;
    return made;
  }
};

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

Column codes(const std::vector<std::string>& names) {
  Column column;
  column.name = "area_code";
  column.kind = ColumnKind::text;
  column.levels = names;
  for (std::size_t k = 0; k < names.size(); ++k) column.level.push_back(static_cast<std::int32_t>(k));
  return column;
}

/// A line of areas, each next to the one before and behind.
LikeAreas line(int count) {
  LikeAreas areas;
  areas.stratum.assign(static_cast<std::size_t>(count), 0);
  areas.touched.assign(static_cast<std::size_t>(count), 0);
  areas.feature.resize(count, 1);
  areas.neighbours.resize(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    areas.feature(i, 0) = i;
    for (const int j : {i - 1, i + 1})
      if (j >= 0 && j < count) areas.neighbours[static_cast<std::size_t>(i)].push_back(j);
  }
  return areas;
}

constexpr double effect = 4e-5;  // growth a year per GBP a head

std::string config_text(const std::string& backcast) {
  return fmt::format(R"([run]
seed = 7
[areas]
type = "area_type"
[[model]]
name = "spillover"
kind = "spatial_lag_panel"
outcome = "growth"
estimators = ["corrected_score"]
headline = "corrected_score"
covariance = {{ kind = "cluster", by = "lad_code" }}
[bootstrap]
cluster = "lad_code"
replicates = 199
draws = 189
[backcast]
placebos = 99
{}
)",
                     backcast);
}

BackcastConfig options_of(const std::string& text) {
  return backcast_config(parse_config(text), text, {}).value();
}

Backcast run(const std::string& text, const DataPack& pack, int workers = 2) {
  const auto stage = [](const std::string&, const std::function<void()>& body) { body(); };
  return backcast(backcast_setting(parse_config(text), options_of(text), pack), stage, {}, {workers});
}

/// Twelve patches of up to five areas of the type "other", GBP 300 a head in each of 2019 and 2020.
std::string lumpy_programme(const DataPack& pack) {
  const Categories type = categories(pack.areas.at("area_type"));
  const auto& people = pack.areas.numbers("population");
  const auto rows = static_cast<int>(pack.areas.rows);
  std::vector<std::vector<int>> near(pack.areas.rows);
  for (const Edge& edge : pack.edges) near[static_cast<std::size_t>(edge.from)].push_back(edge.to);
  std::vector<std::uint8_t> taken(pack.areas.rows, 0);
  std::string text = "code,year,gbp\n";
  const auto give = [&](int i) {
    const auto r = static_cast<std::size_t>(i);
    if (taken[r] || type.names[static_cast<std::size_t>(type.of_row[r])] != "other") return false;
    taken[r] = 1;
    for (const int year : {2019, 2020})
      text += fmt::format("{},{},{}\n", pack.areas.at("area_code").text(r), year, 300.0 * people[r]);
    return true;
  };
  for (int patch = 0; patch < 12; ++patch) {
    const int centre = rows / 24 + patch * rows / 12;
    int size = give(centre);
    for (const int j : near[static_cast<std::size_t>(centre)])
      if (size < 5) size += give(j);
  }
  return text;
}

DataPack world_of(std::uint64_t seed, const Programme& programme = {}, double size = 0.0) {
  SyntheticConfig world;
  world.areas = 2000;
  world.seed = seed;
  world.programme = programme;
  world.programme_effect = size;
  return synthetic_england(world);
}

}  // namespace

TEST_CASE("every fault of a programme's file is named with its line") {
  const TemporaryFile file("code,year,gbp\nA,2019,5\nA,2019,6\n,2019,1\nB,2019.5,1\nC,2019,-3\n");
  const std::string what = message_of([&] { read_programme(file.path); });
  CHECK(what.find(":3: column 'code': value 'A': stands twice for 2019") != std::string::npos);
  CHECK(what.find(":4: column 'code'") != std::string::npos);
  CHECK(what.find(":5: column 'year': value '2019.5': is no calendar year") != std::string::npos);
  CHECK(what.find(":6: column 'gbp': value '-3': is no amount") != std::string::npos);
  const TemporaryFile other("code,year,gbp\nA12,2019,5\n");
  const std::string unknown = message_of([&] {
    programme_money(read_programme(other.path), codes({"A13", "B1"}), {2018, 2019});
  });
  CHECK(unknown.find(":2: column 'code': value 'A12': is no area of the pack; did you mean 'A13'?") !=
        std::string::npos);
}

TEST_CASE("money belongs to the period that its year ends in, and money after the last is counted apart") {
  const TemporaryFile file("code,year,gbp\nA,2011,40\nA,2012,60\nB,2013,10\nB,2017,7\n");
  const ProgrammeMoney money =
      programme_money(read_programme(file.path), codes({"A", "B", "C"}), {2008, 2012, 2016});
  CHECK(money.gbp(0, 1) == 100.0);
  CHECK(money.gbp(1, 2) == 10.0);
  CHECK(money.gbp.sum() == 110.0);
  CHECK(money.after == 7.0);
  CHECK(money.start == 1);
  CHECK(money.places == std::vector<int>{0, 1});
  const Eigen::MatrixXd stock = stock_a_head(money, Eigen::Vector3d(50.0, 5.0, 1.0), codes({"A", "B", "C"}));
  CHECK(stock(0, 1) == 2.0);
  CHECK(stock(0, 2) == 2.0);  // it stands
  CHECK(stock(1, 1) == 0.0);
  CHECK(stock(1, 2) == 2.0);
  CHECK(message_of([&] {
          stock_a_head(money, Eigen::Vector3d(0.0, 5.0, 1.0), codes({"A", "B", "C"}));
        }).find("place 'A' of the programme has 0 residents") != std::string::npos);
}

TEST_CASE("CRPS, PIT and bands of a few draws, by hand") {
  std::vector<double> draws = {1.0, 0.0};
  const ForecastScore one = score(draws, 0.5);
  CHECK(one.crps == doctest::Approx(0.25));  // mean |x - y| = 0.5, half of mean |x - x'| = 0.25
  CHECK(one.pit == 0.5);
  CHECK(one.error() == 0.0);
  std::vector<double> four = {3.0, 1.0, 2.0, 4.0};
  const ForecastScore off = score(four, 5.0);
  CHECK(off.crps == doctest::Approx(2.5 - 0.625));
  CHECK(off.pit == 1.0);
  CHECK_FALSE(off.within_90());
  CHECK(off.p50 == 2.5);
}

TEST_CASE("a place is matched with near areas that had nothing and border on nothing that had") {
  LikeAreas areas = line(9);
  areas.stratum[5] = 1;
  areas.touched[0] = areas.touched[2] = 1;
  const Matched matched = match(areas, {3}, 2);
  // 2 and 4 are neighbours, 5 is of another kind: 1 and 6 are next, 1 the nearer
  CHECK(matched.with == std::vector<std::vector<int>>{{1, 6}});
  Eigen::VectorXd error = Eigen::VectorXd::Zero(9);
  error[3] = 10.0, error[1] = 1.0, error[6] = 3.0;
  const MatchedDifference difference = matched_difference(matched, {3}, error);
  CHECK(difference.mean == 8.0);
  CHECK(difference.places == 1);
  // A common shock drops out.
  CHECK(matched_difference(matched, {3}, error.array() + 5.0).mean == 8.0);
  areas.stratum.assign(9, 1);
  areas.stratum[3] = 0;
  CHECK(match(areas, {3}, 2).with == std::vector<std::vector<int>>{{}});
}

TEST_CASE("placebo programmes are as lumpy as the programme, and keep away from it") {
  LikeAreas areas = line(200);
  const std::vector<int> places = {10, 11, 12, 50, 51};
  for (const int i : places) {
    areas.touched[static_cast<std::size_t>(i)] = 1;
    for (const int j : areas.neighbours[static_cast<std::size_t>(i)])
      areas.touched[static_cast<std::size_t>(j)] = 1;
  }
  const auto patches = patches_of(areas, places);
  REQUIRE(patches.size() == 2);
  CHECK(patches[0].size() == 3);
  std::set<std::vector<int>> seen;
  for (std::uint64_t k = 0; k < 20; ++k) {
    const std::vector<int> placebo = placebo_places(areas, patches, 1, k);
    REQUIRE(placebo.size() == 5);
    for (const int i : placebo) CHECK_FALSE(areas.touched[static_cast<std::size_t>(i)]);
    CHECK(std::set<int>(placebo.begin(), placebo.end()).size() == 5);
    CHECK(std::abs(placebo[3] - placebo[4]) <= 2);  // side by side but for an edge of the room
    CHECK(placebo == placebo_places(areas, patches, 1, k));
    seen.insert(placebo);
  }
  CHECK(seen.size() > 15);
  areas.touched.assign(200, 1);
  CHECK(placebo_places(areas, patches, 1, 0).empty());
}

TEST_CASE(
    "a programme's pounds are cash of their years unless said, brought to the price base year by hand") {
  const DataPack pack = world_of(11);
  std::string rows = "code,year,gbp\n";
  for (int k = 0; k < 40; ++k) {  // of one type, apart
    const std::string code = pack.areas.at("area_code").text(static_cast<std::size_t>(k * 50));
    rows += fmt::format("{},2019,1000\n{},2020,500\n{},2022,0\n{},2026,70\n", code, code, code, code);
  }
  const TemporaryFile file(rows);
  const auto setting = [&](const std::string& more, const std::string& appraisal = "") {
    const std::string text = config_text(fmt::format("like = \"\"\nprogramme = \"{}\"\neffect = 1e-5\n{}",
                                                     file.path.string(), more)) +
                             appraisal;
    return backcast_setting(parse_config(text), options_of(text), pack);
  };
  constexpr double d2019 = 81.1085, d2020 = 85.2137, d2022 = 90.5005;  // December 2025, 2024 = 100
  const Eigen::Index first = setting("").money->places.front();
  const auto spent = [&](const BackcastSetting& one) {  // 2018 is the column before the start
    return std::pair{one.money->gbp(first, one.money->start), one.money->gbp(first, one.money->start + 1)};
  };
  const BackcastSetting cash = setting("");
  CHECK(spent(cash).first == doctest::Approx(1000.0 * 100.0 / d2019).epsilon(1e-12));
  CHECK(spent(cash).second == doctest::Approx(500.0 * 100.0 / d2020).epsilon(1e-12));
  CHECK(cash.money->after == doctest::Approx(40 * 70.0));  // not counted, so no deflator of 2026 is asked for
  const double people = pack.areas.numbers("population")[static_cast<std::size_t>(first)];
  const auto row = std::find(cash.panel.area.begin(), cash.panel.area.end(), static_cast<int>(first)) -
                   cash.panel.area.begin();
  CHECK(cash.effect->stock(row, 1) ==
        doctest::Approx((1000.0 * 100.0 / d2019 + 500.0 * 100.0 / d2020) / people).epsilon(1e-12));
  CHECK(cash.notes.front().find(
            "prices: the programme's GBP 60000, cash of 2019 to 2020, are GBP 72787 of 2024 (gdp-2025-12") ==
        0);
  CHECK(spent(setting("price_year = \"base\"\n")) == std::pair{1000.0, 500.0});
  CHECK(spent(setting("price_year = 2022\n")).second ==
        doctest::Approx(500.0 * 100.0 / d2022).epsilon(1e-12));
  CHECK(spent(setting("", "[appraisal]\nprice_base_year = 2022\n")).first ==
        doctest::Approx(1000.0 * d2022 / d2019).epsilon(1e-12));
  // A year that the series lacks is named, with the first line that has it.
  const std::string lacks =
      message_of([&] { setting("", "[appraisal]\ndeflator_series = \"gva-england-2023\"\n"); });
  CHECK(lacks.find("no deflator for 2024 (gva-england-2023 holds 1998 to 2023;") != std::string::npos);
  const TemporaryFile early("code,year,gbp\n" + pack.areas.at("area_code").text(0) + ",1988,10\n");
  const std::string text = config_text(fmt::format("programme = \"{}\"", early.path.string()));
  const std::string told = message_of([&] { backcast_setting(parse_config(text), options_of(text), pack); });
  CHECK(told.find(early.path.string() +
                  ":2: column 'year': value '1988': the programme's pounds are cash of "
                  "their years, and no deflator for 1988 (gdp-2025-12 holds 1990 to 2024; ") == 0);
  CHECK(told.find("backcast.price_year = \"base\" reads them as pounds of 2024") != std::string::npos);
  CHECK(message_of([&] { setting("price_year = \"nominal\"\n"); })
            .find("'backcast.price_year': value 'nominal': is no year of prices; expected \"cash\", \"base\" "
                  "or one "
                  "whole year, such as 2023") != std::string::npos);
  CHECK(message_of([&] { setting("price_year = 2031\n"); }).find("no deflator for 2031") !=
        std::string::npos);
}

TEST_CASE(
    "where a programme acted, the matched comparison finds its size and the forecast without it misses") {
  // Two worlds of one seed: their difference is what the programme did. Error of the comparison: sd of the
  // placebos (seed fixed; 2.5 of them allowed). Catches a stock that never reaches the forecast, donors that
  // had money, and a comparison that forgets the matches.
  const DataPack without = world_of(11);
  const TemporaryFile file(lumpy_programme(without));
  const DataPack with = world_of(11, read_programme(file.path), effect);
  const std::string text = config_text(fmt::format(
      "programme = \"{}\"\nprice_year = \"base\"\neffect = {{ value = {}, source = \"the truth\" }}",
      file.path.string(), effect));
  const Backcast result = run(text, with);
  REQUIRE(result.places.size() > 30);
  CHECK(result.last_seen == 2018);
  CHECK(result.start == 2019);
  CHECK(result.end == 2022);
  const Eigen::MatrixXd done = with.panel.at("growth").value - without.panel.at("growth").value;
  double truth = 0.0;
  for (const int i : result.places)
    truth += done.row(i).rightCols(4).sum() / static_cast<double>(result.places.size());
  CHECK(truth > 0.08);
  CHECK(std::abs(result.difference.mean - truth) < 2.5 * result.placebo_matched.sd);
  CHECK(result.low < truth);
  CHECK(truth < result.high);
  CHECK(result.p == doctest::Approx(0.01));
  const BackcastGroup& places = result.groups.front();
  CHECK(places.name == "places");
  CHECK(places.nothing.observed > places.nothing.p95);
  REQUIRE(places.with);
  CHECK(places.with->within_90());
  CHECK(places.with->crps < 0.5 * places.nothing.crps);
  REQUIRE(places.added);
  CHECK(std::abs(places.added->p50 - truth) < 0.15 * truth);  // A as estimated on seven years
  CHECK(places.by_area_with.crps < places.by_area.crps);
  // Like areas had nothing, and both forecasts say so.
  CHECK(std::abs(result.groups[1].added->p50) < 0.1 * truth);

  // The same bits with one worker; the file is among the inputs.
  const Backcast again = run(text, with, 1);
  CHECK(again.difference.mean == result.difference.mean);
  CHECK(again.groups.front().with->crps == places.with->crps);
  CHECK(again.placebo_matched.p95 == result.placebo_matched.p95);
}

TEST_CASE("where a programme did nothing, the comparison finds nothing more often than not") {
  // Twelve worlds, p from 99 placebos each. Were p uniform, three or more at or below 0.05 come by chance
  // once in 50; bands of 90 % hold 8 or more of 12 in 995 of 1,000.
  int small = 0, held = 0;
  double placebo_held = 0.0;
  for (std::uint64_t world = 1; world <= 12; ++world) {
    const DataPack pack = world_of(world);
    const TemporaryFile file(lumpy_programme(pack));
    const Backcast result = run(config_text(fmt::format("programme = \"{}\"", file.path.string())), pack);
    small += result.p <= 0.05;
    held += result.groups.front().nothing.within_90();
    placebo_held += result.placebo_within_90 / 12.0;
    CHECK(result.with.empty());
    CHECK_FALSE(result.groups.front().with);
  }
  CHECK(small <= 2);
  CHECK(held >= 8);
  CHECK(placebo_held > 0.75);
}

TEST_CASE("a study of placebos alone needs no programme, and what cannot be is refused") {
  const DataPack pack = world_of(3);
  const Backcast result = run(config_text("start = 2019\nplaces = 40\npatch = 4"), pack);
  CHECK(result.places.empty());
  CHECK(result.placebos.size() == 99);
  CHECK(result.groups.size() == 1);
  CHECK(result.groups.front().name == "all areas");
  CHECK(std::abs(result.placebo_matched.mean) < result.placebo_matched.sd);
  const auto refusal = [&](const std::string& keys) {
    return message_of([&] {
      const std::string text = config_text(keys);
      backcast_setting(parse_config(text), options_of(text), pack);
    });
  };
  CHECK(refusal("start = 2014\nplaces = 40").find("with 2 periods of 'growth' before it") !=
        std::string::npos);
  CHECK(refusal("start = 2030\nplaces = 40").find("is after the last period, 2022") != std::string::npos);
  CHECK(refusal("start = 2019\nplaces = 1500").find("is more than half of the 2000 areas") !=
        std::string::npos);
  CHECK(refusal("start = 2019\nplaces = 40\nlike = \"no_such\"").find("is no column of areas") !=
        std::string::npos);
  CHECK(refusal("start = 2019").find("backcast.places") != std::string::npos);
  CHECK(refusal("start = 2019\nplaces = 4\nmodel = \"other\"").find("names no [[model]] of kind") !=
        std::string::npos);
  CHECK(refusal("programme = \"none.csv\"\nstart = 2019").find("leave it out") != std::string::npos);
}
