#include "engine/run/earlier_run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/store/seal.hpp"

namespace spillway {

namespace {

constexpr const char* without = "leave --reuse out to make everything afresh";

std::string model_group(const std::string& model) { return "/estimates/" + model; }

/// What the words on the screen and the file read of an instrumental estimate's findings, from what the file
/// says of it.
void restore_findings(const RunReader& reader, const std::string& group, Estimate& estimate) {
  const auto find = [&](const std::string& name) {
    return std::find_if(estimate.diagnostics.begin(), estimate.diagnostics.end(),
                        [&](const Diagnostic& one) { return one.name == name; });
  };
  const auto number = [&](const std::string& name) {
    const auto at = find(name);
    return at == estimate.diagnostics.end() ? std::nullopt : computed(at->value);
  };
  const auto test = [&](const std::string& name) {
    const auto at = find(name);
    return at == estimate.diagnostics.end() || !at->p ? std::nullopt : computed(at->value, *at->p);
  };
  const bool sets = reader.has_attribute(group, "clr_intervals");
  if (find("kleibergen_paap_f") == estimate.diagnostics.end() && !sets) return;
  IvFindings found;
  found.kleibergen_paap_f = number("kleibergen_paap_f");
  found.effective_f = number("effective_f");
  found.effective_f_critical = number("effective_f_critical");
  found.kleibergen_paap_lm = test("kleibergen_paap_lm");
  found.hansen_j = test("hansen_j");
  found.durbin_wu_hausman = test("durbin_wu_hausman");
  found.anderson_rubin = test("anderson_rubin");
  if (estimate.has_anderson_rubin_set) found.anderson_rubin_set = estimate.anderson_rubin_set;
  if (sets) {
    found.conditional_likelihood_set.emplace();
    if (reader.has(group + "/clr_set")) {
      const auto ends = reader.numbers(group + "/clr_set", {RunReader::any_length, 2}).value;
      for (std::size_t k = 0; k + 1 < ends.size(); k += 2)
        found.conditional_likelihood_set->emplace_back(ends[k], ends[k + 1]);
    }
  }
  estimate.findings = std::move(found);
}

/// The inverse of line_of().
StructuralOf structural_from(const std::string& line) {
  std::vector<std::string> parts(1);
  for (const char c : line)
    if (c == '\t' && parts.size() < 4)
      parts.emplace_back();
    else
      parts.back() += c;
  parts.resize(4);
  return {parts[0], parts[1], parts[2], parts[3]};
}

std::vector<std::string> texts_of(const RunReader& reader, const std::string& group, const char* name) {
  return reader.has_attribute(group, name) ? reader.attribute_as<std::vector<std::string>>(group, name)
                                           : std::vector<std::string>{};
}

const InputFile* with_path(const std::vector<InputFile>& files, const InputFile& one) {
  const auto at = std::find_if(files.begin(), files.end(), [&](const InputFile& other) {
    return other.path == one.path && other.role == one.role;
  });
  return at == files.end() ? nullptr : &*at;
}

/// Whether no model reads it: a list of places, or a result whose estimates drive a scenario.
bool of_scenarios(const InputFile& file) { return file.role == "places" || file.role == "result"; }

}  // namespace

std::string place_of(const Fit& fit, const ModelFits& model) {
  const auto* iv = std::get_if<IvModel>(&model.config);
  return iv && !iv->proxies.empty() ? fmt::format("cells/{}/{}", fit.estimate.cell, fit.estimate.estimator)
                                    : fit.estimate.estimator;
}

std::string line_of(const StructuralOf& form) {
  return fmt::format("{}\t{}\t{}\t{}", form.name, form.estimator, form.spillover, form.why_not);
}

EarlierRun::EarlierRun(const std::filesystem::path& file, Parallelism parallelism)
    : reader_(file), record_(reader_.run()) {
  if (const std::vector<Damage> damages = reader_.verify(parallelism); !damages.empty())
    throw InputError(fmt::format("--reuse: '{}' is damaged: '{}': {}; {}", file.string(),
                                 damages.front().object, damages.front().what, without));
  if (reader_.kept() == Kept::summary)
    throw InputError(
        fmt::format("--reuse: '{}' left its draws out (its run kept store.keep = \"summary\"); {}",
                    file.string(), without));
  if (reader_.has("/members") || !reader_.has("/estimates"))
    throw InputError(fmt::format("--reuse: '{}' is no result of `spillway run` with estimates; {}",
                                 file.string(), without));
  sum_ = read_seal(file).structure_sum;
  if (reader_.kept() != Kept::full) return;
  for (const std::string& scenario : reader_.scenarios())
    if (const std::string group = "/scenarios/" + scenario;
        reader_.has_attribute(group, outcome_key_attribute))
      scenario_of_[reader_.attribute_as<std::string>(group, outcome_key_attribute)] = scenario;
}

void EarlierRun::require(const CheckpointKey& here, const CheckpointKey& there) const {
  for (std::size_t k = 0; k < here.size(); ++k)
    if (here[k].second != there[k].second)
      throw InputError(fmt::format("--reuse: '{}' has other estimates: {}, so nothing of it can be taken; {}",
                                   file().string(),
                                   difference(here[k].first, there[k].second, here[k].second), without));
}

void EarlierRun::require_data(const std::vector<InputFile>& inputs) const {
  const auto refuse = [&](const InputFile& one, const std::string& what) {
    throw InputError(
        fmt::format("--reuse: '{}' was made from other data: '{}' {}, so nothing of it can be taken; {}",
                    file().string(), one.path, what, without));
  };
  for (const InputFile& one : inputs) {
    const InputFile* there = with_path(record_.inputs, one);
    if (there == nullptr && !of_scenarios(one)) refuse(one, "was not read there");
    if (there != nullptr && there->sha256 != one.sha256)
      refuse(one, fmt::format("has the SHA-256 {} there and {} here", there->sha256.substr(0, 12),
                              one.sha256.substr(0, 12)));
  }
  for (const InputFile& one : record_.inputs)
    if (with_path(inputs, one) == nullptr && !of_scenarios(one)) refuse(one, "is not read here");
}

void EarlierRun::take_estimates(const RunConfig& config, std::vector<ModelFits>& models,
                                DrawSet& draws) const {
  models.assign(config.models.size(), {});
  for (std::size_t m = 0; m < models.size(); ++m) {
    ModelFits& model = models[m];
    model.config = config.models[m];
    const std::string group = model_group(model.name());
    for (const std::string& place : texts_of(reader_, group, fits_attribute)) {
      Fit fit;
      fit.estimate = reader_.estimate(model.name() + "/" + place);
      restore_findings(reader_, group + "/" + place, fit.estimate);
      model.fits.push_back(std::move(fit));
    }
    model.verdicts = texts_of(reader_, group, verdicts_attribute);
    if (const auto one = texts_of(reader_, group, spillover_verdict_attribute); !one.empty())
      model.spillover_verdict = one.front();
    for (const std::string& line : texts_of(reader_, group, structural_attribute))
      model.structural.push_back(structural_from(line));
    model.replicates.resize(model.fits.size());
  }
  draws = reader_.has("/draws/value") ? reader_.draws() : DrawSet{};
}

std::string EarlierRun::scenario_of(const std::string& outcome_key) const {
  const auto found = scenario_of_.find(outcome_key);
  return found == scenario_of_.end() ? "" : found->second;
}

bool EarlierRun::take_outcome(const std::string& scenario, const OutcomePlan& plan, long draws, int horizon,
                              ScenarioOutcome& outcome) const {
  const std::string group = "/scenarios/" + scenario;
  ScenarioOutcome taken;
  for (const AreaOutcome one : plan.outcomes)
    for (std::size_t g = 0; g < plan.groupings.size(); ++g) {
      if (plan.groupings[g].groups.empty()) return false;
      if (!reader_.has_draws(scenario, to_string(one), plan.groupings[g].name)) return false;
      StoredAggregate stored = reader_.aggregate(scenario, to_string(one), plan.groupings[g].name);
      AggregateSeries series;
      series.outcome = one;
      series.grouping = static_cast<int>(g);
      series.periods = one == AreaOutcome::uplift ? horizon : 1;
      series.groups = std::ssize(plan.groupings[g].groups);
      if (stored.draws != draws || std::ssize(stored.periods) != series.periods ||
          stored.groups != plan.groupings[g].groups)
        return false;
      series.value = std::move(stored.value);
      taken.aggregates.push_back(std::move(series));
    }
  for (const AreaOutcome one : plan.outcomes) {
    if (!reader_.has(group + "/area/" + to_string(one) + "/mean")) return false;
    StoredAreaSummary stored = reader_.area_summary(scenario, to_string(one));
    if (stored.levels != plan.quantiles || stored.kept_areas.size() != plan.keep_draws_of.size())
      return false;
    taken.areas.push_back(std::move(stored.summary));
  }
  taken.report.path = reader_.attribute_as<std::string>(group, "path");
  taken.report.basis_size = static_cast<int>(reader_.attribute_as<std::int64_t>(group, "basis_size"));
  taken.report.checked_error = reader_.attribute_as<double>(group, "checked_error");
  taken.report.checked_draws = reader_.attribute_as<std::int64_t>(group, "checked_draws");
  taken.report.fallbacks = reader_.attribute_as<std::int64_t>(group, "fallbacks");
  outcome = std::move(taken);
  return true;
}

std::optional<UpliftSplit> EarlierRun::take_split(const std::string& scenario, const OutcomePlan& plan,
                                                  long draws) const {
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  UpliftSplit split;
  for (const Grouping& grouping : plan.groupings) {
    if (grouping.groups.size() > UpliftSplit::most_groups) continue;
    const std::string place = fmt::format("/scenarios/{}/split/{}/value", scenario, grouping.name);
    if (!reader_.has(place) || texts_of(reader_, place, "groups") != grouping.groups) return {};
    const auto parts = std::ssize(texts_of(reader_, place, "parts")), groups = std::ssize(grouping.groups);
    if (parts < std::ssize(UpliftSplit::parts) - 1 || parts > std::ssize(UpliftSplit::parts)) return {};
    const NumberBlock stored = reader_.numbers(place, {parts, draws, groups});
    UpliftSplit::OfGrouping of{grouping.name, grouping.groups, {}};
    for (long p = 0; p < parts; ++p)
      of.part.emplace_back(Eigen::Map<const Rows>(stored.value.data() + p * draws * groups, draws, groups));
    split.groupings.push_back(std::move(of));
  }
  return split;
}

AggregateFigures EarlierRun::take_figures(const std::string& scenario, const std::string& outcome,
                                          const std::string& grouping) const {
  using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const std::string group = fmt::format("/scenarios/{}/aggregate/{}/{}/", scenario, outcome, grouping);
  AggregateFigures figures;
  figures.of.levels = reader_.numbers(group + "level", {RunReader::any_length}).value;
  const long groups = std::ssize(reader_.texts(group + "group", RunReader::any_length));
  const auto table = [&](const char* name) -> Eigen::MatrixXd {
    const NumberBlock stored = reader_.numbers(group + name, {std::ssize(figures.of.levels), groups});
    return Eigen::Map<const Rows>(stored.value.data(), std::ssize(figures.of.levels), groups);
  };
  const auto shares = [&](const char* name) {
    const NumberBlock stored = reader_.numbers(group + name, {groups});
    return std::vector<float>(stored.value.begin(), stored.value.end());
  };
  figures.of.quantile = table("quantile");
  figures.of.error = table("monte_carlo_error");
  figures.better = shares("probability_better");
  figures.positive = shares("probability_positive");
  return figures;
}

std::optional<AreaSplit> EarlierRun::take_area_split(const std::string& scenario) const {
  const std::string group = "/scenarios/" + scenario + "/area_split";
  if (!reader_.has(group + "/quantile")) return {};
  const NumberBlock quantile = reader_.numbers(group + "/quantile"), mean = reader_.numbers(group + "/mean");
  AreaSplit split;
  const auto parts = static_cast<long>(split.part.size());
  if (quantile.shape.size() != 3 || quantile.shape[0] != parts ||
      mean.shape != std::vector<long>{parts, quantile.shape[2]})
    return {};
  const long levels = quantile.shape[1], areas = quantile.shape[2];
  for (long p = 0; p < parts; ++p) {
    AreaSummary& part = split.part[static_cast<std::size_t>(p)];
    part.outcome = AreaOutcome::cumulative_uplift;
    part.quantile = Eigen::Map<const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>>(
                        quantile.value.data() + p * levels * areas, levels, areas)
                        .cast<float>();
    part.mean = Eigen::Map<const Eigen::VectorXd>(mean.value.data() + p * areas, areas).cast<float>();
  }
  return split;
}

}  // namespace spillway
