#include "tools/studies/winners.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "engine/base/few_draws.hpp"
#include "engine/outcome/sides.hpp"

namespace spillway::studies {

namespace {

std::string headline_of(const std::vector<std::string>& outcomes) {
  const auto found = std::find(outcomes.begin(), outcomes.end(), "cumulative_uplift");
  return found != outcomes.end() ? *found : outcomes.empty() ? std::string() : outcomes.front();
}

/// Groupings by name with each area's group, "" for none.
using Groupings = std::vector<std::pair<std::string, std::vector<std::string>>>;

Groupings groupings_of(const RunReader& reader, std::size_t areas) {
  const auto columns = reader.area_columns();
  const auto has = [&](const std::string& name) {
    return std::find(columns.begin(), columns.end(), name) != columns.end();
  };
  const std::string type = reader.attribute_as<std::string>("/areas", "type_column");
  Groupings all = {{"", std::vector<std::string>(areas, "All areas")}};
  if (has(type)) all.emplace_back("area_type", reader.area_texts(type));
  if (has("region_code")) all.emplace_back("region", reader.area_texts("region_code"));
  if (has(type) && has("combined_authority_code")) {
    const auto types = reader.area_texts(type), places = reader.area_texts("combined_authority_code");
    std::vector<std::string> both(areas);
    for (std::size_t i = 0; i < areas; ++i)
      if (!types[i].empty() && !places[i].empty()) both[i] = types[i] + ":" + places[i];
    all.emplace_back("area_type:combined_authority", std::move(both));
  }
  return all;
}

}  // namespace

std::vector<WinnersRow> winners_of(const RunReader& reader, bool& people) {
  const std::size_t areas = reader.area_texts("area_code").size();
  const Groupings groupings = groupings_of(reader, areas);
  const auto columns = reader.area_columns();
  people = std::find(columns.begin(), columns.end(), "population") != columns.end();
  const std::vector<double> residents = people ? reader.area_numbers("population") : std::vector<double>();
  std::vector<WinnersRow> rows;
  for (const std::string& scenario : reader.scenarios()) {
    const std::string outcome = headline_of(reader.area_outcomes(scenario));
    if (outcome.empty() && reader.kept() == Kept::full) continue;
    const StoredAreaSummary stored =
        reader.area_summary(scenario, outcome.empty() ? "cumulative_uplift" : outcome);
    const Eigen::VectorXf& chance = stored.summary.probability_better;
    const std::string draws = "/scenarios/" + scenario + "/replicate";
    const bool few = reader.has(draws) &&
                     reader.replicate_of_draw(scenario).size() < static_cast<std::size_t>(kFewestForBand);
    const double least = few ? std::numeric_limits<double>::infinity() : least_effect(stored.summary.mean);
    for (const auto& [grouping, of_area] : groupings) {
      std::map<std::string, WinnersRow> of_group;
      for (std::size_t i = 0; i < areas; ++i) {
        const auto at = static_cast<Eigen::Index>(i);
        const auto p = static_cast<double>(chance[at]);
        if (of_area[i].empty() || std::isnan(p)) continue;
        const auto side = static_cast<std::size_t>(side_of(p, stored.summary.mean[at], least));
        WinnersRow& row =
            of_group.try_emplace(of_area[i], WinnersRow{scenario, outcome, grouping, of_area[i], {}, {}})
                .first->second;
        row.areas[side] += 1.0;
        if (people && !std::isnan(residents[i])) row.residents[side] += residents[i];
      }
      for (auto& [group, row] : of_group) rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace spillway::studies
