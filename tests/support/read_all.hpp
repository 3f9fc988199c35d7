// Everything of a result file, read as the commands ask for it.
#pragma once
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"

namespace spillway::test {

/// Everything that there is to read of a result, as the commands ask for it. @return what was read, in words
inline std::string read_all(const RunReader& reader) {
  std::string text = inspect_text(reader);
  reader.run();
  for (const auto& column : reader.area_columns()) {
    bool numbers = false;
    for (const auto& object : reader.objects())
      if (object.path == "/areas/" + column) numbers = object.type != "text";
    if (numbers)
      for (const double value : reader.area_numbers(column)) text += std::to_string(value);
    else
      for (const auto& one : reader.area_texts(column)) text += one;
  }
  for (const auto& stored : reader.estimates())
    for (std::size_t k = 0; k < stored.estimate.names.size(); ++k)
      text += stored.estimate.names[k] +
              std::to_string(stored.estimate.coefficients[static_cast<Eigen::Index>(k)]);
  const DrawSet draws = reader.draws();
  for (std::size_t r = 0; r < draws.status.size(); ++r)
    for (std::size_t p = 0; p < draws.parameter.size(); ++p)
      text += std::to_string(draws.value(static_cast<Eigen::Index>(p), static_cast<Eigen::Index>(r)));
  for (const auto& scenario : reader.scenarios()) {
    reader.scenario_attributes(scenario);
    for (const int replicate : reader.replicate_of_draw(scenario))
      if (!draws.status.empty()) text += std::to_string(draws.status.at(static_cast<std::size_t>(replicate)));
    const StoredParameters parameters = reader.scenario_parameters(scenario);
    for (std::size_t k = 0; k < parameters.names.size(); ++k)
      for (Eigen::Index d = 0; d < parameters.value.rows(); ++d)
        text += std::to_string(parameters.value(d, static_cast<Eigen::Index>(k)));
    for (const auto& outcome : reader.area_outcomes(scenario)) {
      const StoredAreaSummary stored = reader.area_summary(scenario, outcome);
      const AreaSummary& s = stored.summary;
      for (Eigen::Index a = 0; a < s.mean.size(); ++a) {
        text += std::to_string(s.mean[a]) + std::to_string(s.sd[a]) +
                std::to_string(s.probability_better[a]) + std::to_string(s.probability_positive[a]);
        for (std::size_t l = 0; l < stored.levels.size(); ++l)
          text += std::to_string(s.quantile(static_cast<Eigen::Index>(l), a));
      }
    }
    for (const auto& outcome : reader.aggregate_outcomes(scenario))
      for (const auto& grouping : reader.groupings(scenario, outcome)) {
        const StoredAggregate stored = reader.aggregate(scenario, outcome, grouping);
        for (long d = 0; d < stored.draws; ++d)
          for (std::size_t p = 0; p < stored.periods.size(); ++p)
            for (std::size_t g = 0; g < stored.groups.size(); ++g) text += std::to_string(stored.at(d, p, g));
      }
    reader.numbers("/scenarios/" + scenario + "/cost", {RunReader::any_length, RunReader::any_length});
  }
  for (const auto& scenario : reader.appraisals()) {
    const StoredAppraisal a = reader.appraisal(scenario);
    for (std::size_t d = 0; d < a.npsv.size(); ++d)
      text += std::to_string(a.npsv[d] + a.present_value_benefits.at(d) + a.present_value_costs.at(d));
  }
  for (const char* group : {"/sensitivity/morris", "/inputs", "/run/stages"})
    if (reader.has(group))
      for (const auto& column : reader.table(group)) text += column.name;
  return text;
}

}  // namespace spillway::test
