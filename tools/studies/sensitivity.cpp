#include "tools/studies/sensitivity.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/data/pack/checksum.hpp"
#include "engine/draw/morris.hpp"
#include "engine/draw/shapley.hpp"
#include "engine/outcome/monte_carlo_error.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

namespace {

std::string interval_text(const WithInterval& value) {
  return fmt::format("{} [{}, {}]", short_number(value.estimate), short_number(value.low),
                     short_number(value.high));
}

void add_interval(std::vector<TableColumn>& columns, const std::string& name, const std::string& unit,
                  const std::string& meaning, const std::vector<WithInterval>& values) {
  TableColumn estimate{name, unit, meaning, {}, {}},
      low{name + "_low", unit, meaning + ", lower end of the 95 % interval", {}, {}},
      high{name + "_high", unit, meaning + ", upper end of the 95 % interval", {}, {}};
  for (const WithInterval& value : values) {
    estimate.numbers.push_back(value.estimate);
    low.numbers.push_back(value.low);
    high.numbers.push_back(value.high);
  }
  columns.insert(columns.end(), {std::move(estimate), std::move(low), std::move(high)});
}

/// Which inputs vary: all, the lever's, or the estimates'.
std::vector<int> chosen_inputs(const SensitivityModel& model, const std::string& which,
                               const std::string& scenario) {
  std::vector<int> chosen;
  for (std::size_t k = 0; k < model.inputs().size(); ++k)
    if (which == "all" || (which == "lever") == (model.inputs()[k].origin == SensitivityInput::Origin::lever))
      chosen.push_back(static_cast<int>(k));
  if (chosen.empty())
    throw InputError(
        fmt::format("scenario '{}' has no uncertain inputs among '{}' (give a parameter a distribution, or "
                    "use --inputs all)",
                    scenario, which));
  return chosen;
}

/// Shares of the variance of one output that come from the estimates and from the policy's assumptions, and
/// what the luck of the run's draws adds to it for a median: the squared Monte Carlo error, from the design's
/// own joint draws.
///
/// @param joint  the output at the rows of the design that are joint draws of all inputs
std::string error_budget(const Sensitivity& analysis, const std::string& output,
                         const ShapleyEffects& effects, const Eigen::VectorXd& joint, int draws) {
  double estimates = 0.0;
  for (std::size_t k = 0; k < analysis.inputs.size(); ++k)
    if (analysis.inputs[k].origin == SensitivityInput::Origin::estimate)
      estimates += effects.effect[k].estimate;
  const double percent = 100.0 * std::clamp(estimates, 0.0, 1.0);  // the sum is noisy where it is near an end
  std::vector<float> sorted(joint.data(), joint.data() + joint.size());
  sort_floats(sorted);
  const double count = static_cast<double>(joint.size());
  const double error = QuantileErrors(static_cast<long>(joint.size()), {0.5}).errors(sorted.data())[0] *
                       std::sqrt(count / draws);
  return fmt::format(
      "error budget of {}: about {:.0f} % of the variance is sampling error of the estimates, {:.0f} % the "
      "policy's assumptions; Monte Carlo "
      "error of the median of {} draws would add {:.2g} %",
      output, percent, 100.0 - percent, draws, 100.0 * error * error / effects.variance);
}

/// The middle value of every input, then each input at each level with the others at their middle.
Eigen::MatrixXd one_at_a_time(std::size_t inputs, const std::vector<double>& levels) {
  const auto count = static_cast<Eigen::Index>(inputs), steps = static_cast<Eigen::Index>(levels.size());
  Eigen::MatrixXd u = Eigen::MatrixXd::Constant(1 + count * steps, count, 0.5);
  for (Eigen::Index k = 0; k < count; ++k)
    for (Eigen::Index s = 0; s < steps; ++s) u(1 + k * steps + s, k) = levels[static_cast<std::size_t>(s)];
  return u;
}

/// One design, evaluated once, and what it says of every output that varies.
class Analyst {
 public:
  Analyst(const SensitivityModel& model, Sensitivity& analysis, std::vector<int> chosen,
          const SensitivityOptions& options, const RunConfig& config, const RunHooks& hooks, Checkpoint* kept,
          std::uint64_t first_unit)
      : hooks_(hooks),
        kept_(kept),
        first_unit_(first_unit),
        model_(model),
        analysis_(analysis),
        chosen_(std::move(chosen)),
        options_(options),
        config_(config),
        intervals_{500, 0.95, config.seed} {
    analysis_.outputs = model.outputs();
    analysis_.units = model.output_units();
    for (const int k : chosen_) analysis_.inputs.push_back(model.inputs()[static_cast<std::size_t>(k)]);
    for (const auto& input : analysis_.inputs) names_.push_back(input.name);
    correlation_ = model.correlation()(chosen_, chosen_);
  }

  void sobol() {
    require_independent(correlation_, names_);
    const int d = static_cast<int>(names_.size());
    evaluate(saltelli_design(options_.rows, d, config_.seed));
    each_output([&](const Eigen::VectorXd& output, SensitivityFindings& findings) {
      const SobolIndices indices = sobol_indices(output, d, intervals_);
      add_interval(findings.columns, "total", "1", "share of the variance that the input takes part in",
                   indices.total);
      add_interval(findings.columns, "first", "1", "share of the variance that the input explains alone",
                   indices.first);
    });
  }

  void morris() {
    require_independent(correlation_, names_);
    const MorrisDesign design =
        morris_design(options_.trajectories, static_cast<int>(names_.size()), 8, config_.seed);
    evaluate(design.point);
    each_output([&](const Eigen::VectorXd& output, SensitivityFindings& findings) {
      const MorrisEffects effects = morris_effects(design, output, intervals_);
      add_interval(findings.columns, "mu_star", findings.unit,
                   "mean absolute effect of the input's whole range of probability", effects.mean_absolute);
      findings.columns.push_back({"mu", findings.unit, "mean effect", effects.mean, {}});
      findings.columns.push_back({"sigma",
                                  findings.unit,
                                  "standard deviation of the effects: curvature and interaction",
                                  effects.sd,
                                  {}});
    });
  }

  void shapley() {
    const ShapleyDesign design = shapley_design(options_.rows, correlation_, names_, config_.seed);
    evaluate(design.point);
    each_output([&](const Eigen::VectorXd& output, SensitivityFindings& findings) {
      const ShapleyEffects effects = shapley_effects(design, output, intervals_);
      add_interval(findings.columns, "shapley", "1",
                   "share of the variance owed to the input; shares sum to 1", effects.effect);
      const Eigen::Index step = static_cast<Eigen::Index>(names_.size()) + 1;
      const Eigen::VectorXd joint = output(Eigen::seqN(0, output.size() / step, step));
      analysis_.notes.push_back(error_budget(analysis_, findings.output, effects, joint, config_.draws));
    });
  }

  void tornado() {
    evaluate(one_at_a_time(names_.size(), {0.05, 0.95}));
    each_output([&](const Eigen::VectorXd& output, SensitivityFindings& findings) {
      TableColumn from{"from", "1", "5 % quantile of the input", {}, {}},
          to{"to", "1", "95 % quantile of the input", {}, {}},
          low{"at_low", findings.unit, "output with the input at its 5 % quantile", {}, {}},
          high{"at_high", findings.unit, "output with the input at its 95 % quantile", {}, {}},
          middle{"at_median", findings.unit, "output with every input at its median", {}, {}};
      for (std::size_t k = 0; k < names_.size(); ++k) {
        from.numbers.push_back(analysis_.inputs[k].at(0.05));
        to.numbers.push_back(analysis_.inputs[k].at(0.95));
        low.numbers.push_back(output[static_cast<Eigen::Index>(1 + 2 * k)]);
        high.numbers.push_back(output[static_cast<Eigen::Index>(2 + 2 * k)]);
        middle.numbers.push_back(output[0]);
      }
      findings.columns = {low, high, middle, from, to};
    });
    analysis_.notes.push_back(
        "one input moves at a time: dependence between inputs, and their interaction, are left out");
  }

  void one_at_a_time_curves() {
    const std::vector<double> levels = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};
    evaluate(one_at_a_time(names_.size(), levels));
    each_output([&](const Eigen::VectorXd& output, SensitivityFindings& findings) {
      for (std::size_t s = 0; s < levels.size(); ++s) {
        TableColumn column{fmt::format("at_{:.0f}_percent", 100.0 * levels[s]),
                           findings.unit,
                           fmt::format("output with the input at its {:.0f} % quantile", 100.0 * levels[s]),
                           {},
                           {}};
        for (std::size_t k = 0; k < names_.size(); ++k)
          column.numbers.push_back(output[static_cast<Eigen::Index>(1 + k * levels.size() + s)]);
        findings.columns.push_back(std::move(column));
      }
    });
    analysis_.notes.push_back(
        "one input moves at a time: dependence between inputs, and their interaction, are left out");
  }

 private:
  void evaluate(const Eigen::MatrixXd& u) {
    const Eigen::MatrixXd values = model_.values(u, chosen_);
    PointUnits units;
    const auto number = [this](long batch) { return first_unit_ + static_cast<std::uint64_t>(batch); };
    if (kept_) {
      units.kept = [&](long batch) {
        return kept_->has(number(batch)) ? std::optional(kept_->load_numbers(number(batch))) : std::nullopt;
      };
      units.keep = [&](long batch, const std::vector<double>& outputs) {
        kept_->save_numbers(number(batch), outputs);
      };
    }
    units.ranks = hooks_.ranks;
    units.interrupted = hooks_.interrupted;
    units.done = [&](Eigen::Index done) {
      if (hooks_.advance)
        hooks_.advance({"sensitivity " + analysis_.scenario, static_cast<double>(done),
                        static_cast<double>(values.rows()), "points"});
    };
    analysis_.result = model_.evaluate(values, {worker_count({config_.threads})}, units);
    const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> design =
        values(Eigen::all, chosen_);
    analysis_.design = design;
    analysis_.hash = sha256({reinterpret_cast<const char*>(design.data()),
                             static_cast<std::size_t>(design.size()) * sizeof(double)});
  }

  template <typename Body>
  void each_output(Body body) {
    for (std::size_t k = 0; k < analysis_.outputs.size(); ++k) {
      const Eigen::VectorXd output = analysis_.result.col(static_cast<Eigen::Index>(k));
      if (output.maxCoeff() - output.minCoeff() <= 1e-12 * output.cwiseAbs().maxCoeff()) {
        analysis_.notes.push_back(fmt::format("{} is {} whatever the inputs: nothing to share out",
                                              analysis_.outputs[k], short_number(output[0])));
        continue;
      }
      SensitivityFindings findings{analysis_.outputs[k], analysis_.units[k], {}};
      body(output, findings);
      analysis_.findings.push_back(std::move(findings));
    }
  }

  const RunHooks& hooks_;
  Checkpoint* kept_;          ///< null: nothing is kept
  std::uint64_t first_unit_;  ///< of this scenario's batches
  const SensitivityModel& model_;
  Sensitivity& analysis_;
  std::vector<int> chosen_;
  const SensitivityOptions& options_;
  const RunConfig& config_;
  IndexBootstrap intervals_;
  std::vector<std::string> names_;
  Eigen::MatrixXd correlation_;
};

/// Batches of points stand behind a run's own units in its checkpoint, a million for each scenario.
std::uint64_t first_batch(const ScenarioConfig& scenario, const RunConfig& config) {
  return 2'000'000'000 + 1'000'000 * static_cast<std::uint64_t>(&scenario - config.scenarios.data());
}

Sensitivity analyse(const ScenarioConfig& scenario, const RunConfig& config, const RunResult& result,
                    const RunHooks& hooks, const SensitivityOptions& options) {
  const LeverContext context = lever_context(scenario, config, result.inputs, result.models, result.draws);
  const SensitivityModel model(scenario, config, context, hooks.discount);
  const bool independent = options.method == "sobol" || options.method == "morris";
  const std::string which = !options.inputs.empty() ? options.inputs : independent ? "lever" : "all";
  Sensitivity analysis;
  analysis.scenario = scenario.name;
  analysis.method = options.method;
  analysis.notes = model.notes();
  if (which != "all")
    analysis.notes.push_back(which == "lever" ? "the estimates are held at their medians: they are "
                                                "dependent, and their share is for --method shapley"
                                              : "the lever's parameters are held at their medians");
  Analyst analyst(model, analysis, chosen_inputs(model, which, scenario.name), options, config, hooks,
                  result.kept.get(), first_batch(scenario, config));
  if (options.method == "sobol") analyst.sobol();
  if (options.method == "morris") analyst.morris();
  if (options.method == "shapley") analyst.shapley();
  if (options.method == "tornado") analyst.tornado();
  if (options.method == "one_at_a_time") analyst.one_at_a_time_curves();
  return analysis;
}

}  // namespace

std::string sensitivity_text(const Sensitivity& analysis) {
  std::string text;
  for (const SensitivityFindings& findings : analysis.findings) {
    TextTable table;
    table.title = fmt::format("scenario {}: {} of {} ({})", analysis.scenario, analysis.method,
                              findings.output, findings.unit);
    table.header = {"input", "median [5 %, 95 %]", "unit"};
    // A column with its interval is one column of the table.
    std::vector<std::size_t> shown;
    for (std::size_t c = 0; c < findings.columns.size(); ++c)
      if (!findings.columns[c].name.ends_with("_low") && !findings.columns[c].name.ends_with("_high"))
        shown.push_back(c);
    if (analysis.method == "tornado") shown = {0, 1};
    for (const std::size_t c : shown) table.header.push_back(findings.columns[c].name);
    std::vector<std::size_t> order(analysis.inputs.size());
    for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
    const auto size = [&](std::size_t k) {
      const auto& columns = findings.columns;
      if (analysis.method == "tornado") return std::abs(columns[1].numbers[k] - columns[0].numbers[k]);
      if (analysis.method == "one_at_a_time")
        return std::abs(columns.back().numbers[k] - columns.front().numbers[k]);
      return columns.front().numbers[k];
    };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return size(a) > size(b); });
    for (const std::size_t k : order) {
      const SensitivityInput& input = analysis.inputs[k];
      std::vector<std::string> row = {
          input.name, interval_text({input.at(0.5), input.at(0.05), input.at(0.95)}), input.unit};
      for (const std::size_t c : shown) {
        const auto& columns = findings.columns;
        const bool with_interval = c + 2 < columns.size() && columns[c + 1].name == columns[c].name + "_low";
        row.push_back(with_interval ? interval_text({columns[c].numbers[k], columns[c + 1].numbers[k],
                                                     columns[c + 2].numbers[k]})
                                    : short_number(columns[c].numbers[k]));
      }
      table.rows.push_back(std::move(row));
    }
    text += format_table(table, TableFormat::terminal) + "\n";
  }
  text += fmt::format("{} evaluations of '{}'; design SHA-256 {}\n", analysis.design.rows(),
                      analysis.scenario, analysis.hash);
  for (const std::string& note : analysis.notes) text += "note: " + note + "\n";
  return text + "\n";
}

nlohmann::ordered_json sensitivity_json(const Sensitivity& analysis) {
  nlohmann::ordered_json inputs = nlohmann::ordered_json::array(), outputs = nlohmann::ordered_json::array();
  for (const auto& input : analysis.inputs)
    inputs.push_back({{"name", input.name},
                      {"unit", input.unit},
                      {"distribution", input.words},
                      {"origin", input.origin == SensitivityInput::Origin::lever ? "lever" : "estimate"},
                      {"p5", input.at(0.05)},
                      {"p50", input.at(0.5)},
                      {"p95", input.at(0.95)}});
  for (const SensitivityFindings& findings : analysis.findings) {
    nlohmann::ordered_json entry = {{"name", findings.output}, {"unit", findings.unit}};
    for (const TableColumn& column : findings.columns) entry[column.name] = column.numbers;
    outputs.push_back(std::move(entry));
  }
  return {
      {"scenario", analysis.scenario},  {"method", analysis.method}, {"evaluations", analysis.design.rows()},
      {"design_sha256", analysis.hash}, {"inputs", inputs},          {"outputs", outputs},
      {"notes", analysis.notes}};
}

void write_sensitivity(RunWriter& writer, const Sensitivity& analysis) {
  using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const std::string group = "/sensitivity/" + analysis.scenario + "/" + analysis.method;
  TableColumn names{"input", "1", "input that varies", {}, {}};
  std::vector<std::string> words;
  for (const auto& input : analysis.inputs) {
    names.texts.push_back(input.name);
    words.push_back(fmt::format("{}: {} ({})", input.name, input.words, input.unit));
  }
  for (const SensitivityFindings& findings : analysis.findings) {
    std::vector<TableColumn> columns = {names};
    columns.insert(columns.end(), findings.columns.begin(), findings.columns.end());
    writer.write_table(group + "/" + findings.output, "input", columns);
  }
  writer.write_attribute(group, "distributions", words);
  writer.write_attribute(group, "design_sha256", analysis.hash);
  writer.write_attribute(group, "notes", analysis.notes);
  const RowMajor design = analysis.design, result = analysis.result;
  const std::string folder = group + "/design";
  writer.write({folder + "/input", {"input"}, "1", "columns of value"}, names.texts,
               {static_cast<long>(design.cols())});
  writer.write({folder + "/output", {"output"}, "1", "columns of result"}, analysis.outputs,
               {static_cast<long>(result.cols())});
  writer.write({folder + "/value",
                {"point", "input"},
                "1",
                "the design, in the inputs' units; its row-major bytes have design_sha256"},
               design.data(), {static_cast<long>(design.rows()), static_cast<long>(design.cols())});
  writer.write(
      {folder + "/result", {"point", "output"}, "1", "the outputs at each point, in the outputs' units"},
      result.data(), {static_cast<long>(result.rows()), static_cast<long>(result.cols())});
  writer.write_attribute(folder, "output_units", analysis.units);
}

std::vector<Sensitivity> sensitivity(Session& session, const SensitivityOptions& options) {
  const RunConfig& config = session.config();
  const auto scenarios = chosen_scenarios(config, options.scenario, "to analyse");
  session.units_belong_to({{"method", options.method},
                           {"inputs", options.inputs},
                           {"rows", std::to_string(options.rows)},
                           {"trajectories", std::to_string(options.trajectories)}});
  std::vector<PlannedStage> ahead;
  for (const ScenarioConfig* scenario : scenarios)
    ahead.push_back({"sensitivity " + scenario->name, 0.0, 0.0, "points"});
  session.plan(ahead);
  const RunResult result = session.estimates();
  std::vector<Sensitivity> analyses;
  for (const ScenarioConfig* scenario : scenarios)
    session.stage("sensitivity " + scenario->name,
                  [&] { analyses.push_back(analyse(*scenario, config, result, session.hooks(), options)); });
  session.keep(result.inputs.pack, [&](RunWriter& writer) {
    for (const Sensitivity& analysis : analyses) write_sensitivity(writer, analysis);
  });
  return analyses;
}

}  // namespace spillway::studies
