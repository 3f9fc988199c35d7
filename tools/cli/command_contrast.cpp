// spillway contrast: two scenarios of one run against each other, draw by draw.
#include <algorithm>
#include <cstdio>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/draw/sensitivity_indices.hpp"
#include "engine/store/run_store.hpp"
#include "tools/cli/command.hpp"
#include "tools/cli/estimate_table.hpp"

namespace spillway::cli {

namespace {

bool lower_is_better(const RunReader& reader, const std::string& scenario) {
  for (const auto& [name, value] : reader.scenario_attributes(scenario))
    if (name == "better") return std::get<std::string>(value) == "lower";
  return false;
}

/// A's draws less B's: median with the 5 and 95 % quantiles, and how often A is better (ties count for neither).
std::vector<std::string> row_of(const std::string& what, const std::string& unit, const Eigen::VectorXd& difference, double sign) {
  const WithInterval wide = percentile_interval(0.0, difference, 0.9), middle = percentile_interval(0.0, difference, 1e-12);
  const double better = static_cast<double>(((sign * difference).array() > 0.0).count()) / static_cast<double>(difference.size());
  const double worse = static_cast<double>(((sign * difference).array() < 0.0).count()) / static_cast<double>(difference.size());
  return {what, short_number(wide.low), short_number(middle.low), short_number(wide.high), fmt::format("{:.3f}", better), fmt::format("{:.3f}", worse), unit};
}

void contrast(const std::string& file, const std::string& a, const std::string& b) {
  const RunReader reader(file);
  const auto names = reader.scenarios();
  for (const auto& name : {a, b})
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = nearest_word(name, names);
      throw InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", file, name, near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                   fmt::join(names, ", ")));
    }
  if (reader.replicate_of_draw(a) != reader.replicate_of_draw(b))
    throw InputError(fmt::format("scenarios '{}' and '{}' use other replicates of the estimates, so their draws are no pairs (run both on the same estimates)", a, b));
  const double sign = lower_is_better(reader, a) ? -1.0 : 1.0;
  if (lower_is_better(reader, a) != lower_is_better(reader, b))
    throw InputError(fmt::format("of the outcome of '{}' more is better, of that of '{}' less (they move different outcomes and have no contrast)", a, b));
  TextTable table;
  table.title = fmt::format("{} less {}, the same draw of both (last period)", a, b);
  table.header = {"outcome", "P5", "P50", "P95", "P(A better)", "P(B better)", "unit"};
  const auto theirs = reader.aggregate_outcomes(b);
  for (const auto& outcome : reader.aggregate_outcomes(a)) {
    if (std::find(theirs.begin(), theirs.end(), outcome) == theirs.end()) continue;
    for (const std::string grouping : {"nation", "area_type"}) {
      const auto known = reader.groupings(a, outcome);
      if (std::find(known.begin(), known.end(), grouping) == known.end()) continue;
      const StoredAggregate first = reader.aggregate(a, outcome, grouping), second = reader.aggregate(b, outcome, grouping);
      for (std::size_t g = 0; g < first.groups.size(); ++g) {
        Eigen::VectorXd difference(first.draws);
        for (long d = 0; d < first.draws; ++d)
          difference[d] = static_cast<double>(first.at(d, first.periods.size() - 1, g)) - static_cast<double>(second.at(d, second.periods.size() - 1, g));
        table.rows.push_back(row_of(outcome + " " + first.groups[g], first.unit, difference, sign));
      }
    }
  }
  const auto appraised = reader.appraisals();
  const auto has = [&](const std::string& name) { return std::find(appraised.begin(), appraised.end(), name) != appraised.end(); };
  if (has(a) && has(b)) {
    const auto first = reader.appraisal(a).npsv, second = reader.appraisal(b).npsv;
    const Eigen::VectorXd difference = Eigen::Map<const Eigen::VectorXd>(first.data(), static_cast<Eigen::Index>(first.size())) -
                                       Eigen::Map<const Eigen::VectorXd>(second.data(), static_cast<Eigen::Index>(second.size()));
    table.rows.push_back(row_of("npsv national", "GBP", difference, 1.0));
  }
  table.notes = {fmt::format("A is {}, B is {}; draws share estimates and, where names agree, parameters; ties are neither's", a, b)};
  fmt::print("{}\n", format_table(table, TableFormat::terminal));
}

}  // namespace

void add_contrast(CLI::App& app) {
  struct Flags {
    std::string run, first, second;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand("contrast", "Two scenarios of one run against each other, draw by draw: which is better, how surely");
  command->add_option("RUN", flags->run, "Result file")->required();
  command->add_option("A", flags->first, "A scenario of it")->required();
  command->add_option("B", flags->second, "Another")->required();
  command->footer("Example: spillway contrast results/england.h5 ring_fence_10 wealth_fund");
  command->callback([flags] { contrast(flags->run, flags->first, flags->second); });
}

}  // namespace spillway::cli
