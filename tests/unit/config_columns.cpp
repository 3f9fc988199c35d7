// A configuration against a pack: everything that the pack lacks at once, each with the line that names it.
#include "engine/run/config_columns.hpp"

#include <doctest/doctest.h>

using namespace spillway;

namespace {

DataPack pack_with(const std::vector<std::string>& numbers, const std::vector<std::string>& texts,
                   const std::vector<std::string>& panel) {
  DataPack pack;
  pack.name = "small";
  for (const auto* names : {&numbers, &texts})
    for (const auto& name : *names) {
      Column column;
      column.name = name;
      column.kind = names == &texts ? ColumnKind::text : ColumnKind::number;
      if (names == &texts) column.levels = {"red"};
      pack.areas.columns.push_back(column);
    }
  for (const auto& name : panel) {
    PanelVariable variable;
    variable.name = name;
    pack.panel.variables.push_back(variable);
  }
  return pack;
}

const std::string text = R"([areas]
type = "typ"
[bootstrap]
cluster = "lad"
replicates = 99
[[model]]
name = "a"
kind = "spatial_lag_panel"
outcome = "income"
covariates = [
  "rain",
  "colour",
  "snow"]
covariance = { kind = "cluster", by = "ward" }
[[model]]
name = "b"
kind = "iv"
outcome = "decade"
endogenous = ["grants"]
instruments = ["growth"]
controls = ["colour"]
fixed_effects = ["colour"]
covariance = { kind = "cluster", by = "lad_code" }
[outcomes]
groupings = ["nation", "lad"]
)";

std::vector<std::string> faults(const std::vector<std::string>& overrides = {}) {
  const RunConfig config = parse_config(text, "run.toml", overrides);
  const DataPack pack =
      pack_with({"area_type", "decade", "grants", "rain"}, {"lad_code", "colour"}, {"growth"});
  std::vector<std::string> said;
  try {
    require_columns(config, pack);
  } catch (const InputError& error) {
    for (const Fault& fault : error.faults()) said.push_back(to_string(fault));
  }
  return said;
}

}  // namespace

TEST_CASE("every column that the pack lacks, with its line") {
  const std::vector<std::string> expected = {
      "run.toml:2: column 'areas.type': value 'typ': areas of pack 'small' has no column 'typ'; there are "
      "area_type, colour, decade, grants, lad_code, rain",
      "run.toml:4: column 'bootstrap.cluster': value 'lad': areas of pack 'small' has no column 'lad'; there "
      "are "
      "area_type, colour, decade, grants, lad_code, rain",
      "run.toml:9: column 'model.a.outcome': value 'income': the panel of pack 'small' has no column "
      "'income'; "
      "there are growth",
      "run.toml:12: column 'model.a.covariates': value 'colour': holds text such as 'red' (needs numbers)",
      "run.toml:13: column 'model.a.covariates': value 'snow': no table of pack 'small' has no column "
      "'snow'"};
  const auto said = faults();
  REQUIRE(said.size() == 8);
  for (std::size_t k = 0; k < 4; ++k) CHECK(said[k] == expected[k]);
  CHECK(said[4].find("run.toml:13: column 'model.a.covariates': value 'snow': ") == 0);
  CHECK(said[5].find("run.toml:14: column 'model.a.covariance.by': value 'ward': ") == 0);
  CHECK(
      said[6] ==
      "run.toml:20: column 'model.b.instruments': value 'growth': is a column of the panel; expected one of "
      "areas");
  CHECK(said[7] ==
        "run.toml:21: column 'model.b.controls': value 'colour': holds text such as 'red' (needs numbers)");
}

TEST_CASE("an override's fault names the override") {
  const auto said = faults({"areas.type=area_type", "model.a.outcome=gorwth"});
  CHECK(
      said.front() ==
      "--set model.a.outcome=gorwth: column 'model.a.outcome': value 'gorwth': the panel of pack 'small' has "
      "no column 'gorwth'; did you mean 'growth'?");
}
