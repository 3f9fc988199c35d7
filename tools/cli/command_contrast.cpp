// spillway contrast: two scenarios of one run against each other, draw by draw, in groups and in every area.
#include <fmt/format.h>

#include "engine/config/sweep_config.hpp"
#include "tools/cli/command.hpp"
<<<<<<< HEAD
#include "tools/cli/named_files.hpp"
#include "tools/cli/open_result.hpp"
#include "tools/studies/contrast.hpp"
=======
#include "tools/cli/open_result.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/policy.hpp"
>>>>>>> refs/h/store
#include "tools/studies/stored_config.hpp"

namespace spillway::cli {

namespace {

<<<<<<< HEAD
struct Flags : CommonFlags {
  ContrastOptions options;
};

/// The configuration of the run as far as the contrast needs it: groups are in the file.
RunConfig configuration_of(const RunReader& reader, const Flags& flags) {
  if (!flags.options.areas) {
    const RunRecord run = reader.run();
    RunConfig config;
    config.name = run.name;
    config.seed = run.seed;
    config.text = run.config;
    config.threads = flags.threads.value_or(0);
    return config;
  }
=======
struct Flags {
  std::string run, first, second, output, json, data;
  bool areas = false, quiet = false, unsealed = false;
  long area_draws = 1000;
  int threads = 0;
};

/// A less B in one group, or of one amount of money.
struct GroupContrast {
  std::string outcome, grouping, group, unit;
  double p5 = 0, p50 = 0, p95 = 0, first_better = 0, second_better = 0;
};

/// How often one is better in every type of area at once.
struct Dominance {
  std::string outcome;
  double first = 0, second = 0;
};

struct Contrast {
  std::string first, second;
  long draws = 0;
  std::vector<GroupContrast> groups;
  std::vector<Dominance> dominance;
  std::vector<scenarios::AreaContrast> areas;
  std::vector<double> levels;
  std::string area_unit;
};

bool lower_is_better(const RunReader& reader, const std::string& scenario) {
  const std::string group = "/scenarios/" + scenario;
  return reader.has_attribute(group, "better") &&
         reader.attribute_as<std::string>(group, "better") == "lower";
}

/// A's draws less B's: median with the 5 and 95 % quantiles, and how often A is better (ties count for
/// neither).
GroupContrast contrast_of(const std::string& outcome, const std::string& grouping, const std::string& group,
                          const std::string& unit, const Eigen::VectorXd& difference, double sign) {
  const WithInterval wide = percentile_interval(0.0, difference, 0.9),
                     middle = percentile_interval(0.0, difference, 1e-12);
  const auto share = [&](const auto& which) {
    return static_cast<double>(which.count()) / static_cast<double>(difference.size());
  };
  return {outcome,
          grouping,
          group,
          unit,
          wide.low,
          middle.low,
          wide.high,
          share((sign * difference).array() > 0.0),
          share((sign * difference).array() < 0.0)};
}

void check_names(const RunReader& reader, const Flags& flags) {
  const auto names = reader.scenarios();
  for (const auto& name : {flags.first, flags.second})
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      const std::string near = nearest_word(name, names);
      throw InputError(fmt::format("'{}' has no scenario '{}'{} (it has: {})", flags.run, name,
                                   near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                   fmt::join(names, ", ")));
    }
  if (reader.replicate_of_draw(flags.first) != reader.replicate_of_draw(flags.second))
    throw InputError(
        fmt::format("scenarios '{}' and '{}' use other replicates of the estimates, so their draws are no "
                    "pairs (run both on the same estimates)",
                    flags.first, flags.second));
  if (lower_is_better(reader, flags.first) != lower_is_better(reader, flags.second))
    throw InputError(
        fmt::format("of the outcome of '{}' more is better, of that of '{}' less (they move different "
                    "outcomes and have no contrast)",
                    flags.first, flags.second));
}

void contrast_groups(const RunReader& reader, Contrast& contrast) {
  const double sign = lower_is_better(reader, contrast.first) ? -1.0 : 1.0;
  const auto theirs = reader.aggregate_outcomes(contrast.second);
  for (const auto& outcome : reader.aggregate_outcomes(contrast.first)) {
    if (std::find(theirs.begin(), theirs.end(), outcome) == theirs.end()) continue;
    const auto other = reader.groupings(contrast.second, outcome);
    for (const std::string& grouping : reader.groupings(contrast.first, outcome)) {
      if (std::find(other.begin(), other.end(), grouping) == other.end()) continue;
      const StoredAggregate a = reader.aggregate(contrast.first, outcome, grouping),
                            b = reader.aggregate(contrast.second, outcome, grouping);
      if (a.groups != b.groups || a.draws != b.draws) continue;
      contrast.draws = a.draws;
      Eigen::Array<bool, Eigen::Dynamic, 1> first = Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(a.draws,
                                                                                                    true),
                                            second = first;
      for (std::size_t g = 0; g < a.groups.size(); ++g) {
        Eigen::VectorXd difference(a.draws);
        for (long d = 0; d < a.draws; ++d)
          difference[d] = static_cast<double>(a.at(d, a.periods.size() - 1, g)) -
                          static_cast<double>(b.at(d, b.periods.size() - 1, g));
        contrast.groups.push_back(contrast_of(outcome, grouping, a.groups[g], a.unit, difference, sign));
        first = first && (sign * difference).array() > 0.0;
        second = second && (sign * difference).array() < 0.0;
      }
      if (grouping == "area_type")
        contrast.dominance.push_back({outcome,
                                      static_cast<double>(first.count()) / static_cast<double>(a.draws),
                                      static_cast<double>(second.count()) / static_cast<double>(a.draws)});
    }
  }
  const auto appraised = reader.appraisals();
  const auto has = [&](const std::string& name) {
    return std::find(appraised.begin(), appraised.end(), name) != appraised.end();
  };
  if (has(contrast.first) && has(contrast.second)) {
    const auto a = reader.appraisal(contrast.first).npsv, b = reader.appraisal(contrast.second).npsv;
    if (a.size() != b.size())
      throw InputError(fmt::format("the appraisals of '{}' and '{}' have {} and {} draws, which are no pairs",
                                   contrast.first, contrast.second, a.size(), b.size()));
    const Eigen::VectorXd difference =
        Eigen::Map<const Eigen::VectorXd>(a.data(), static_cast<Eigen::Index>(a.size())) -
        Eigen::Map<const Eigen::VectorXd>(b.data(), static_cast<Eigen::Index>(b.size()));
    contrast.groups.push_back(contrast_of("npsv", "nation", "national", "GBP", difference, 1.0));
  }
}

const ScenarioConfig& scenario_named(const RunConfig& config, const std::string& name) {
  return *std::find_if(config.scenarios.begin(), config.scenarios.end(),
                       [&](const auto& one) { return one.name == name; });
}

/// Areas' draws are not in the file: the run's estimates and scenarios are made again (same bits) and
/// compared.
RunResult contrast_every_area(const RunReader& reader, const Flags& flags, Contrast& contrast) {
>>>>>>> refs/h/store
  std::vector<std::string> overrides;
  if (!flags.data.empty()) overrides.push_back("data.pack=" + toml_text(flags.data));
  RunConfig config = stored_config(reader, overrides);
  config.threads = flags.threads.value_or(0);
  return config;
}

void contrast_command(const Flags& flags) {
<<<<<<< HEAD
  if (flags.options.area_draws < 1)
    throw InputError(fmt::format("--area-draws is {} (needs 1 or more)", flags.options.area_draws));
  NamedFiles files;
  files.reads_result(flags.config);
  files.reads_pack(flags.data.empty() ? pack_of(flags.config) : std::filesystem::path(flags.data));
  files.writes("--output", flags.output);
  files.writes("--json", flags.json);
  files.writes("--log", flags.log);
  files.writes("--status", flags.status);
  files.check();
  const RunReader reader(flags.config, seal_needed(flags.unsealed));
  in_session(flags,
             {"contrast",
              StudyCommand::Ranks::one,
              StudyCommand::Output::on_request,
              StudyCommand::Levers::used,
              {}},
             configuration_of(reader, flags), [&](Session& session) {
               const Contrast result = contrast(session, reader, flags.options);
               show(
                   flags, contrast_text(result), [&] { return contrast_json(result); }, 1);
             });
=======
  if (flags.area_draws < 1)
    throw InputError(fmt::format("--area-draws is {} (needs 1 or more)", flags.area_draws));
  const RunReader reader(flags.run, seal_needed(flags.unsealed));
  check_names(reader, flags);
  Contrast contrast;
  contrast.first = flags.first;
  contrast.second = flags.second;
  contrast_groups(reader, contrast);
  std::optional<RunResult> result;
  if (flags.areas) result = contrast_every_area(reader, flags, contrast);
  std::string text = format_table(group_table(contrast), TableFormat::terminal) + "\n";
  for (const auto& area : contrast.areas)
    text += format_table(area_table(contrast, area, result->inputs), TableFormat::terminal) + "\n";
  if (!flags.output.empty()) write_contrast(flags, reader, contrast, result ? &*result : nullptr);
  if (!flags.json.empty())
    write_text(flags.json, json_of(contrast, result ? &*result : nullptr).dump(1) + "\n");
  if (flags.json != "-") fmt::print("{}", text);
>>>>>>> refs/h/store
}

}  // namespace

void add_contrast(CLI::App& app) {
  auto flags = std::make_shared<Flags>();
  CLI::App* command = app.add_subcommand(
      "contrast",
      "Two scenarios of one run against each other, draw by draw: which is better, how surely, and where");
<<<<<<< HEAD
  command->add_option("RUN", flags->config, "Result file")->required();
  command->add_option("A", flags->options.first, "A scenario of it")->required();
  command->add_option("B", flags->options.second, "Another")->required();
  command->add_flag("--areas", flags->options.areas,
=======
  command->add_option("RUN", flags->run, "Result file")->required();
  add_unsealed(*command, flags->unsealed);
  command->add_option("A", flags->first, "A scenario of it")->required();
  command->add_option("B", flags->second, "Another")->required();
  command->add_flag("--areas", flags->areas,
>>>>>>> refs/h/store
                    "Also every area: the run's estimates are made again from its own configuration (its "
                    "pack must be there)");
  command
      ->add_option("--area-draws", flags->options.area_draws,
                   "Draws by area where a scenario changes rho or W; contrasts of shocks alone use all")
      ->capture_default_str();
  command->add_option("--data", flags->data, "The run's data pack, where it has moved");
  add_threads_flag(*command, flags->threads);
  add_result_flags(*command, *flags, "Also keep the contrast in FILE (HDF5)");
  command->add_option("--json", flags->json,
                      "Also write the contrast to FILE as JSON; '-' writes to standard output");
  add_job_flags(*command, *flags);
  add_unsealed(*command, flags->unsealed);
  command->footer(
      "Examples:\n"
      "  spillway contrast results/england.h5 ring_fence_10 wealth_fund\n"
      "  spillway contrast results/england.h5 ring_fence_10 bus_franchising --areas --json contrast.json "
      "--output contrast.h5");
  command->callback([flags] { contrast_command(*flags); });
}

}  // namespace spillway::cli
