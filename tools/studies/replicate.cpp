#include "tools/studies/replicate.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engine/base/files.hpp"
#include "engine/base/text.hpp"
#include "tools/studies/chosen.hpp"

namespace spillway::studies {

namespace {

namespace fs = std::filesystem;

/// A text as R writes it.
std::string r_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

std::string r_texts(const std::vector<std::string>& texts) {
  std::vector<std::string> quoted;
  for (const auto& text : texts) quoted.push_back(r_text(text));
  return texts.empty() ? "character()" : fmt::format("c({})", fmt::join(quoted, ", "));
}

/// A text in a CSV file that R alone reads: as it is, whatever a spreadsheet would make of it.
std::string csv_text(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string r_flag(bool flag) { return flag ? "TRUE" : "FALSE"; }

std::string code_of(const DataPack& pack, Eigen::Index row) {
  return csv_text(pack.areas.at("area_code").text(static_cast<std::size_t>(row)));
}

/// What the script can do with one estimate: its entry of `models`, or why there is none.
struct Entry {
  std::string r, why_not;
  std::vector<std::string> texts;  ///< columns of areas that are texts whatever they look like
};

Entry panel_entry(const PanelModel& model, const Estimate& estimate, const ModelFits& fits,
                  const RunConfig& config) {
  if (estimate.estimator != "corrected_score" && estimate.estimator != "within")
    return {{}, "only corrected_score and within are written out", {}};
  if (model.own_lags > 1) return {{}, "a second own lag is not written out", {}};
  if (!model.area_effects && estimate.find("(Intercept)") >= 0)
    return {{}, "an intercept is not written out", {}};
  if (model.missing == MissingOutcomes::impute && !(fits.panel && fits.panel->imputed == 0))
    return {{}, "filled outcomes are not written out", {}};
  const bool by_type = model.spatial_lag == SpatialLag::by_type;
  const std::string group = model.period_effects == PeriodEffects::by_type     ? config.area_type
                            : model.period_effects == PeriodEffects::by_region ? "region_code"
                                                                               : "";
  std::vector<std::string> covariates;
  for (const auto& name : estimate.names)
    if (!name.starts_with("lag:") && name != "lag" && name != "previous") covariates.push_back(name);
  Entry entry;
  entry.texts = {config.area_type, "region_code"};
  entry.r = fmt::format(
      "  list(kind = \"panel\", name = {}, estimator = {}, outcome = {}, terms = {},\n       spatial_lag = "
      "{}, type_column = {}, "
      "own_lag = {}, covariates = {}, area_effects = {}, period_effects = {}, period_group = {},\n       "
      "restrict_to = {}, drop_missing = {})",
      r_text(estimate.model), r_text(estimate.estimator), r_text(estimate.outcome), r_texts(estimate.names),
      r_flag(model.spatial_lag != SpatialLag::none), r_text(by_type ? config.area_type : ""),
      r_flag(model.own_lag), r_texts(covariates), r_flag(model.area_effects),
      r_flag(model.period_effects != PeriodEffects::none), r_text(group), r_text(model.restrict_to),
      r_flag(model.missing == MissingOutcomes::drop));
  return entry;
}

Entry iv_entry(const IvModel& model, const Estimate& estimate) {
  if (estimate.estimator != "2sls" && estimate.estimator != "ols")
    return {{}, "only 2sls and ols are written out", {}};
  if (!model.weights_column.empty()) return {{}, "analytic weights are not written out", {}};
  const std::string cell = estimate.cell.empty() ? headline_cell(model) : estimate.cell;
  const auto words = [](std::string_view text) {
    std::vector<std::string> found;
    while (!text.empty()) {
      const auto end = std::min(text.find('+'), text.size());
      found.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
  };
  const auto colon = std::min(cell.find(':'), cell.size());
  const auto endogenous = words(std::string_view(cell).substr(0, colon));
  const auto instruments = words(std::string_view(cell).substr(std::min(colon + 1, cell.size())));
  std::vector<std::string> controls;
  for (const auto& name : estimate.names)
    if (name != "(Intercept)" && std::find(endogenous.begin(), endogenous.end(), name) == endogenous.end())
      controls.push_back(name);
  Entry entry;
  entry.texts = model.fixed_effects;
  entry.r = fmt::format(
      "  list(kind = \"iv\", name = {}, estimator = {}, outcome = {}, endogenous = {},\n       instruments = "
      "{}, controls = {}, "
      "effects = {}, restrict_to = {})",
      r_text(estimate.model), r_text(estimate.estimator), r_text(estimate.outcome), r_texts(endogenous),
      r_texts(instruments), r_texts(controls), r_texts(model.fixed_effects), r_text(model.restrict_to));
  return entry;
}

/// The estimate of the result that this job has made again; they are the same bits, or this is not its pack.
const Estimate& made_again(const RunResult& result, const RunReader& reader, const std::string& name) {
  const Estimate held = reader.estimate(name);
  for (const ModelFits& model : result.models)
    if (model.name() == held.model)
      if (const Fit* fit = model.find(held.estimator)) {
        if (fit->estimate.names != held.names ||
            !(fit->estimate.coefficients.array() == held.coefficients.array()).all())
          throw InputError(fmt::format(
              "'{}' of '{}' is not what its pack '{}' gives now (the pack or the program has changed; "
              "name the run's own pack with --data)",
              name, reader.path().string(), result.inputs.pack.name));
        return fit->estimate;
      }
  throw InputError(fmt::format("'{}' has no estimate '{}'", reader.path().string(), name));
}

std::string weights_csv(const SpatialWeights::Matrix& weights, const DataPack& pack) {
  std::string text = "from,to,weight\n";
  for (int i = 0; i < weights.outerSize(); ++i)
    for (SpatialWeights::Matrix::InnerIterator it(weights, i); it; ++it)
      text += fmt::format("{},{},{}\n", code_of(pack, i), code_of(pack, it.col()), it.value());
  return text;
}

/// Areas of a scenario: class, weight in rates, groups, shapes of its shocks.
std::string areas_csv(const Dynamics& dynamics, const OutcomePlan& plan, const DataPack& pack) {
  std::string text = "area_code,class,weight";
  for (const Grouping& grouping : plan.groupings) text += "," + csv_text("group:" + grouping.name);
  for (int q = 0; q < dynamics.shapes(); ++q) text += fmt::format(",shape:{}", q + 1);
  for (long i = 0; i < dynamics.areas(); ++i) {
    const auto at = static_cast<std::size_t>(i);
    text += fmt::format("\n{},{},{}", code_of(pack, i), dynamics.row_class[at] + 1, plan.rate_weight[i]);
    for (const Grouping& grouping : plan.groupings)
      text += "," + (grouping.of_area[at] < 0
                         ? ""
                         : csv_text(grouping.groups[static_cast<std::size_t>(grouping.of_area[at])]));
    for (int q = 0; q < dynamics.shapes(); ++q) text += fmt::format(",{}", dynamics.shape(i, q));
  }
  return text + "\n";
}

std::string draws_csv(const Dynamics& dynamics, long draws) {
  std::string text = "draw,period,phi";
  for (const char* name : {"rho", "lambda"})
    for (int c = 0; c < dynamics.classes; ++c) text += fmt::format(",{}:{}", name, c + 1);
  for (int q = 0; q < dynamics.shapes(); ++q) text += fmt::format(",amplitude:{}", q + 1);
  text += "\n";
  for (long d = 0; d < draws; ++d)
    for (int h = 0; h < dynamics.horizon; ++h) {
      text += fmt::format("{},{},{}", d + 1, h + 1, dynamics.phi[static_cast<std::size_t>(d)]);
      for (int c = 0; c < dynamics.classes; ++c) text += fmt::format(",{}", dynamics.rho_at(d, h, c));
      for (int c = 0; c < dynamics.classes; ++c) text += fmt::format(",{}", dynamics.lambda_at(d, h, c));
      for (int q = 0; q < dynamics.shapes(); ++q) text += fmt::format(",{}", dynamics.amplitude_at(d, h, q));
      text += "\n";
    }
  return text;
}

/// What the result holds of these draws.
std::string expected_csv(const RunReader& reader, const std::string& scenario, long draws) {
  std::string text = "outcome,grouping,group,period,draw,value\n";
  for (const auto& outcome : reader.aggregate_outcomes(scenario)) {
    if (outcome != to_string(AreaOutcome::uplift) && outcome != to_string(AreaOutcome::cumulative_uplift))
      continue;
    for (const auto& grouping : reader.groupings(scenario, outcome)) {
      const StoredAggregate held = reader.aggregate(scenario, outcome, grouping, 0, draws);
      for (std::size_t g = 0; g < held.groups.size(); ++g)
        for (std::size_t h = 0; h < held.periods.size(); ++h)
          for (long d = 0; d < held.draws; ++d)
            text += fmt::format("{},{},{},{},{},{}\n", outcome, csv_text(grouping), csv_text(held.groups[g]),
                                held.periods[h], d + 1, held.at(d, h, g));
    }
  }
  return text;
}

/// A folder that gets its name when all of it is there.
class WholeFolder {
 public:
  explicit WholeFolder(fs::path final_path)
      : final_(std::move(final_path)), temporary_(temporary_beside(final_)) {
    std::error_code error;
    if (fs::exists(final_, error) && !(fs::is_directory(final_, error) && fs::is_empty(final_, error)))
      throw InputError(fmt::format(
          "'{}' is there already (the script's data go there: remove it, or give the script another name)",
          final_.string()));
    fs::remove_all(temporary_, error);
    if (!fs::create_directory(temporary_, error))
      throw StoreError(fmt::format("could not make '{}': {}", temporary_.string(), error.message()));
  }
  ~WholeFolder() {
    std::error_code error;
    if (!temporary_.empty()) fs::remove_all(temporary_, error);
  }
  WholeFolder(const WholeFolder&) = delete;
  WholeFolder& operator=(const WholeFolder&) = delete;

  const fs::path& path() const { return temporary_; }
  void give_name() {
    std::error_code error;
    fs::rename(temporary_, final_, error);
    if (error) throw StoreError(fmt::format("could not name '{}': {}", final_.string(), error.message()));
    temporary_.clear();
  }

 private:
  fs::path final_, temporary_;
};

bool plain_contiguity(const RunConfig& config, const Inputs& inputs) {
  return config.weights_kind == "contiguity" && config.weights_size.empty() && config.row_standardise &&
         (inputs.weights.islands().empty() || config.islands == "keep-zero");
}

}  // namespace

fs::path data_folder(const fs::path& script) {
  return script.parent_path() / (script.stem().string() + "_data");
}

Replication replicate(Session& session, const RunReader& reader, const ReplicateOptions& options) {
  const RunConfig& config = session.config();
  const auto chosen = chosen_scenarios(config, options.scenario, "to replicate");
  const fs::path folder = data_folder(options.script);
  WholeFolder data(folder);
  session.plan({{"write", 0.0, 0.0, ""}});
  const RunResult result = session.estimates();
  const DataPack& pack = result.inputs.pack;
  Replication replication{options.script, folder, {}, {}, options.draws, {}};

  session.stage("write", [&] {
    std::string models, estimates = "model,estimator,term,estimate,standard_error\n", names;
    std::set<std::string> seen;
    std::vector<std::string> texts = {"area_code"};
    for (const ScenarioConfig* scenario : chosen)
      for (const auto& [part, name] : scenario->estimates) {
        if (scenario->estimate_runs.contains(part)) {
          replication.left_out.push_back(fmt::format("{} (it is of another run)", name));
          continue;
        }
        if (!seen.insert(name).second) continue;
        const Estimate& estimate = made_again(result, reader, name);
        const auto fits =
            std::find_if(result.models.begin(), result.models.end(),
                         [&](const ModelFits& model) { return model.name() == estimate.model; });
        Entry entry{{}, "models of its kind are not written out", {}};
        if (const auto* panel = std::get_if<PanelModel>(&fits->config))
          entry = panel_entry(*panel, estimate, *fits, config);
        if (const auto* iv = std::get_if<IvModel>(&fits->config)) entry = iv_entry(*iv, estimate);
        if (entry.r.empty()) {
          replication.left_out.push_back(fmt::format("{} ({})", name, entry.why_not));
          continue;
        }
        replication.estimates.push_back(name);
        models += (models.empty() ? "" : ",\n") + entry.r;
        texts.insert(texts.end(), entry.texts.begin(), entry.texts.end());
        for (Eigen::Index k = 0; k < estimate.coefficients.size(); ++k)
          estimates += fmt::format("{},{},{},{},{}\n", csv_text(estimate.model), csv_text(estimate.estimator),
                                   csv_text(estimate.names[static_cast<std::size_t>(k)]),
                                   estimate.coefficients[k], estimate.standard_error(k));
      }
    write_file(data.path() / "estimates.csv", estimates);
    const bool from_edges = plain_contiguity(config, result.inputs);
    if (!from_edges)
      write_file(data.path() / "weights.csv", weights_csv(result.inputs.weights.matrix(), pack));
    if (pack.folder.empty()) write_pack(pack, data.path() / "pack", session.workers());
    for (std::size_t k = 0; k < chosen.size(); ++k) {
      const ScenarioConfig& scenario = *chosen[k];
      const LeverContext context =
          lever_context(scenario, config, result.inputs, result.models, result.draws);
      const Policy policy = session.hooks().prepare(scenario, config, context);
      const OutcomePlan plan = outcome_plan(config, context, session.hooks().discount);
      if (options.draws > policy.dynamics.draws)
        throw InputError(fmt::format("--draws is {} but '{}' has {} draws", options.draws, scenario.name,
                                     policy.dynamics.draws));
      const auto file = [&](const char* what) {
        return data.path() / fmt::format("scenario-{}-{}.csv", k + 1, what);
      };
      write_file(file("areas"), areas_csv(policy.dynamics, plan, pack));
      write_file(file("draws"), draws_csv(policy.dynamics, options.draws));
      write_file(file("expected"), expected_csv(reader, scenario.name, options.draws));
      if (!policy.dynamics.lambda.empty())
        write_file(file("detour"), weights_csv(policy.dynamics.added_links, pack));
      replication.scenarios.push_back(scenario.name);
    }
    const auto file_of = [&](const char* role) {
      return pack.folder.empty() ? std::string(role) + ".csv"
                                 : pack.file_with_role(role).lexically_relative(pack.folder).string();
    };
    std::sort(texts.begin(), texts.end());
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    const std::string head = fmt::format(
        "# Estimates the headline of '{}' again and propagates its first {} draws, by R and Matrix alone.\n"
        "#   Rscript {} [FOLDER OF THE PACK]\n"
        "# Written by spillway {} from the result of seed {}. The pack's CSV files, who neighbours whom and "
        "the types are read as they\n"
        "# are; what is taken as given stands in '{}': the shocks that each lever makes of its parameters, "
        "the draws of\n"
        "# rho, lambda and phi, and what the result holds, to compare with.\n\n"
        "settings <- list(data = {}, pack = {}, areas_file = {}, panel_file = {}, edges_file = {}, "
        "weights_file = {},\n"
        "                 row_standardise = {}, texts = {})\n"
        "models <- list(\n{})\nscenarios <- {}\n",
        shown_text(config.name), options.draws, options.script.filename().string(),
        session.options().build.version, config.seed, folder.filename().string(),
        r_text(folder.filename().string()),
        r_text(pack.folder.empty() ? "pack" : fs::absolute(pack.folder).lexically_normal().string()),
        r_text(file_of("areas")), r_text(file_of("panel")), r_text(file_of("edges")),
        r_text(from_edges ? "" : "weights.csv"), r_flag(config.row_standardise), r_texts(texts), models,
        r_texts(replication.scenarios));
    data.give_name();
    try {
      write_file(options.script, head + replicate_script);
    } catch (...) {
      std::error_code error;
      fs::remove_all(folder, error);
      throw;
    }
  });
  return replication;
}

std::string replication_text(const Replication& replication) {
  std::string text = fmt::format(
      "{}: estimates {} again and propagates {} draws of {}\n{}: what it takes as given\n",
      replication.script.string(),
      replication.estimates.empty() ? "nothing" : fmt::format("{}", fmt::join(replication.estimates, ", ")),
      replication.draws, fmt::join(replication.scenarios, ", "), replication.data.string());
  for (const auto& left : replication.left_out) text += fmt::format("not estimated again: {}\n", left);
  return text + fmt::format("run it: Rscript {}\n", replication.script.string());
}

}  // namespace spillway::studies
