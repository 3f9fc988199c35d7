// What is in a result, for people.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <xtensor/xadapt.hpp>
#include <xtensor/xview.hpp>

#include "engine/store/run_store.hpp"

namespace spillway {

namespace {

/// A file may say anything of a size: one that is none is not said.
std::string size_text(double bytes) {
  if (!std::isfinite(bytes) || bytes < 0.0) return "not said";
  if (bytes < 1e3) return fmt::format("{:.0f} B", bytes);
  if (bytes < 1e6) return fmt::format("{:.1f} kB", bytes / 1e3);
  if (bytes < 1e9) return fmt::format("{:.1f} MB", bytes / 1e6);
  return fmt::format("{:.2f} GB", bytes / 1e9);
}

std::string axes(const StoredObject& object) {
  if (object.shape.empty()) return "";
  std::vector<std::string> parts;
  for (std::size_t axis = 0; axis < object.shape.size(); ++axis)
    parts.push_back(fmt::format("{} {}", object.dimensions[axis], object.shape[axis]));
  return fmt::format(" [{}]", fmt::join(parts, ", "));
}

/// Type 7 of Hyndman & Fan (1996), as the summaries of areas.
double quantile_of(std::vector<float> values, double level) {
  const double position = level * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(position);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[static_cast<std::size_t>(below)];
  if (static_cast<std::size_t>(below) + 1 == values.size()) return low;
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  return low + (position - static_cast<double>(below)) * (high - low);
}

std::string headline_of_scenario(const RunReader& reader, const std::string& scenario) {
  std::string text;
  for (const auto& outcome : reader.aggregate_outcomes(scenario)) {
    const auto groupings = reader.groupings(scenario, outcome);
    if (std::find(groupings.begin(), groupings.end(), "nation") == groupings.end()) continue;
    const StoredAggregate nation = reader.aggregate(scenario, outcome, "nation");
    if (nation.draws == 0) continue;
    const std::array<std::size_t, 3> shape = {static_cast<std::size_t>(nation.draws), nation.periods.size(),
                                              nation.groups.size()};
    const auto value = xt::adapt(nation.value, shape);
    const auto last = xt::view(value, xt::all(), nation.periods.size() - 1, 0);
    const std::vector<float> draws(last.begin(), last.end());
    text += fmt::format(
        "  {}: {} of the nation, period {}: median {:.4g}, 5 % to 95 % {:.4g} to {:.4g} ({})\n", scenario,
        outcome, nation.periods.back(), quantile_of(draws, 0.5), quantile_of(draws, 0.05),
        quantile_of(draws, 0.95), nation.unit.empty() ? "no unit" : nation.unit);
  }
  return text;
}

std::string headline_of_estimates(const RunReader& reader) {
  std::string text;
  for (const auto& stored : reader.estimates()) {
    if (stored.in_grid) continue;
    const Estimate& e = stored.estimate;
    text += fmt::format("  {}/{}{}: {} observations, {} clusters\n", e.model, e.estimator,
                        e.refused ? " (refused as a headline)" : "", e.observations, e.clusters);
    for (std::size_t k = 0; k < e.names.size(); ++k) {
      const auto at = static_cast<Eigen::Index>(k);
      text += fmt::format("    {:<28} {:>12.6g}", e.names[k], e.coefficients(at));
      if (at < e.covariance.rows()) text += fmt::format("  se {:<12.6g}", e.standard_error(at));
      if (at < e.low.size() && !std::isnan(e.low(at)))
        text += fmt::format("  {:.0f} % [{:.6g}, {:.6g}]", 100.0 * e.level, e.low(at), e.high(at));
      text += '\n';
    }
    for (const auto& warning : e.warnings) text += fmt::format("    warning: {}\n", warning);
  }
  return text;
}

}  // namespace

std::string inspect_text(const RunReader& reader) {
  const RunRecord run = reader.run();
  std::error_code none;
  std::string text = fmt::format(
      "{}: run '{}', complete, format {}, {}\n", reader.path().string(), run.name, reader.format_version(),
      size_text(static_cast<double>(std::filesystem::file_size(reader.path(), none))));
  text += fmt::format("  seed {}, spillway {} ({}), {}, {} threads on {}\n", run.seed, run.spillway_version,
                      run.git_commit.empty() ? "no commit" : run.git_commit, run.instruction_set, run.threads,
                      run.host);
  if (const Kept kept = reader.kept(); kept != Kept::full)
    text += kept == Kept::groups ? "  kept: groups, nothing by area (store.keep)\n"
                                 : "  kept: a summary, quantiles of groups (store.keep)\n";
  text += fmt::format("  started {}, finished {}\n", run.started,
                      run.finished.empty() ? "not said" : run.finished);
  for (const auto& input : run.inputs)
    text += fmt::format("  input {} ({}){}\n", input.path, input.role.empty() ? "no role" : input.role,
                        input.sha256.empty() ? "" : ", sha256 " + input.sha256.substr(0, 16));
  if (!run.stages.empty()) {
    double seconds = 0.0, peak = 0.0;
    for (const auto& stage : run.stages) {
      seconds += stage.seconds;
      peak = std::max(peak, stage.peak_memory);
      text += fmt::format("  stage {:<28} {:>9.3f} s  peak {}\n", stage.stage, stage.seconds,
                          size_text(stage.peak_memory));
    }
    text += fmt::format("  stages in all {:.3f} s, peak memory {}\n", seconds, size_text(peak));
  }

  text += "\ncontents\n";
  const auto objects = reader.objects();
  std::map<std::string, long> coefficients;  // of each estimate's group: shown in one line
  for (const auto& object : objects)
    if (object.path.rfind("/estimates/", 0) == 0 && object.path.ends_with("/coefficient"))
      coefficients[object.path.substr(0, object.path.rfind('/'))] =
          object.shape.empty() ? 1 : object.shape[0];
  for (const auto& object : objects) {
    if (object.path == "/" || object.position || object.path.rfind("/manifest", 0) == 0 ||
        object.path.rfind("/run/manifest", 0) == 0 ||
        coefficients.count(object.path.substr(0, object.path.rfind('/'))) > 0)
      continue;
    const auto depth = static_cast<std::size_t>(std::count(object.path.begin(), object.path.end(), '/'));
    const std::string leaf = object.path.substr(object.path.rfind('/') + 1), indent(2 * depth, ' ');
    if (object.group) {
      const auto estimate = coefficients.find(object.path);
      text += estimate == coefficients.end()
                  ? fmt::format("{}{}/\n", indent, leaf)
                  : fmt::format("{}{}/  {} coefficients with covariance and diagnostics\n", indent, leaf,
                                estimate->second);
      continue;
    }
    text += fmt::format("{}{}{}  {}, {}{}\n", indent, leaf, axes(object), object.type,
                        size_text(static_cast<double>(object.bytes)),
                        object.unit.empty() || object.unit == "1" ? "" : ", " + object.unit);
  }

  const std::string estimates = headline_of_estimates(reader);
  if (!estimates.empty()) text += "\nestimates\n" + estimates;
  if (reader.has("/draws")) {
    const auto failed = reader.attribute_as<std::int64_t>("/draws", "failed");
    const auto replicates = reader.attribute_as<std::int64_t>("/draws", "replicates");
    text += fmt::format("\ndraws\n  {} replicates, {} failed\n", replicates, failed);
  }
  std::string scenarios;
  for (const auto& scenario : reader.scenarios()) scenarios += headline_of_scenario(reader, scenario);
  if (!scenarios.empty()) text += "\nscenarios\n" + scenarios;
  return text;
}

}  // namespace spillway
