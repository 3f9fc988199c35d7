#include "tools/studies/knowledge.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "scenarios/spread.hpp"
#include "tools/studies/stored_config.hpp"

namespace spillway::studies {

namespace {

/// What varies between draws: a column under its name, and the groups that it belongs to.
struct DrawColumn {
  std::string name;
  std::vector<std::string> groups;
  Eigen::VectorXd value;
};

bool varies(const Eigen::VectorXd& value) { return value.allFinite() && value.maxCoeff() > value.minCoeff(); }

/// A scenario's parameters; one that several scenarios share, draw by draw, is one column.
void add_parameters(const RunReader& reader, const std::string& scenario, std::vector<DrawColumn>& columns) {
  const StoredParameters parameters = reader.scenario_parameters(scenario);
  const std::string own = "parameters of " + scenario;
  for (std::size_t k = 0; k < parameters.names.size(); ++k) {
    const Eigen::VectorXd value = parameters.value.col(static_cast<Eigen::Index>(k));
    if (!varies(value)) continue;
    const auto same = std::find_if(columns.begin(), columns.end(), [&](const DrawColumn& one) {
      return one.value.size() == value.size() && one.value == value;
    });
    if (same == columns.end()) {
      columns.push_back({scenario + ": " + parameters.names[k], {own, "all parameters"}, value});
    } else {
      same->groups.push_back(own);
      if (same->name.find(": " + parameters.names[k]) != std::string::npos) same->name = parameters.names[k];
    }
  }
}

/// The estimate that drives a scenario in a role: of infrastructure the form that its spread takes
/// (structural, slx), and none where the lever moves no stock.
std::string driver(const RunReader& reader, const ScenarioConfig& scenario, const std::string& role,
                   const std::string& estimate) {
  if (role != "infrastructure") return estimate;
  const std::string at = "/scenarios/" + scenario.name;
  if (!scenarios::acts_through(scenario).stock) return "";
  return reader.has_attribute(at, "infrastructure_estimate")
             ? reader.attribute_as<std::string>(at, "infrastructure_estimate")
             : estimate;
}

/// Coefficients of the estimates that drive scenarios, in their draws.
void add_estimates(const RunReader& reader, const std::vector<std::string>& scenarios,
                   std::vector<DrawColumn>& columns) {
  const RunConfig config = stored_config(reader);
  const DrawSet draws = reader.draws();
  const auto replicate = reader.replicate_of_draw(scenarios.front());
  std::vector<std::string> used;
  for (const ScenarioConfig& scenario : config.scenarios) {
    if (std::find(scenarios.begin(), scenarios.end(), scenario.name) == scenarios.end()) continue;
    for (const auto& [role, named] : scenario.estimates) {
      const std::string estimate = driver(reader, scenario, role, named);
      if (!estimate.empty() && std::find(used.begin(), used.end(), estimate) == used.end())
        used.push_back(estimate);
    }
  }
  for (std::size_t k = 0; k < draws.parameter.size(); ++k) {
    const std::string& name = draws.parameter[k];
    const std::string estimate = name.substr(0, name.rfind('/'));
    if (std::find(used.begin(), used.end(), estimate) == used.end() ||
        name.substr(name.rfind('/') + 1).rfind("difference:", 0) == 0)
      continue;
    Eigen::VectorXd value(static_cast<Eigen::Index>(replicate.size()));
    for (std::size_t d = 0; d < replicate.size(); ++d)
      value[static_cast<Eigen::Index>(d)] = draws.value(static_cast<Eigen::Index>(k), replicate[d]);
    if (varies(value)) columns.push_back({name, {"estimates of " + estimate, "all estimates"}, value});
  }
}

std::string pounds(double value) { return fmt::format("GBP {}", short_number(value)); }

std::string sentence_of(const Knowledge& knowledge) {
  if (knowledge.zero_by_rule)
    return fmt::format(
        "national benefit is zero by rule in every draw, so no knowledge changes the choice ({}): it is "
        "worth "
        "nothing by rule, not by evidence",
        knowledge.chosen);
  if (!(knowledge.perfect.value > 0.0))
    return fmt::format("{} is best in every draw, so no knowledge changes the choice: it is worth nothing",
                       knowledge.chosen == "none" ? "to do nothing" : knowledge.chosen);
  std::string text = fmt::format(
      "on average {} is best (mean NPSV {}); to know everything before choosing is worth {}, the most that "
      "any "
      "research is worth to this choice",
      knowledge.chosen == "none" ? "to do nothing" : knowledge.chosen, pounds(knowledge.chosen_mean),
      pounds(knowledge.perfect.value));
  for (const char* kind : {"group", "parameter"}) {
    const auto most = std::find_if(knowledge.rows.begin(), knowledge.rows.end(),
                                   [&](const Knowledge::Row& row) { return row.kind == kind; });
    if (most != knowledge.rows.end() && most->worth.value > 2.0 * most->worth.standard_error)
      text += fmt::format("; of {}s most: {}, {}", kind, most->name, pounds(most->worth.value));
  }
  return text;
}

}  // namespace

std::optional<Knowledge> worth_of_knowledge(const RunReader& reader, std::vector<std::string>& notes) {
  Knowledge knowledge;
  std::vector<Eigen::VectorXd> values;
  std::vector<DrawColumn> columns;
  double benefits = 0.0;
  std::vector<int> replicates;
  for (const std::string& scenario : reader.scenarios()) {
    const auto appraised = reader.appraisals();
    if (std::find(appraised.begin(), appraised.end(), scenario) == appraised.end()) continue;
    const StoredAppraisal appraisal = reader.appraisal(scenario);
    const Eigen::VectorXd npsv = Eigen::Map<const Eigen::VectorXd>(
        appraisal.npsv.data(), static_cast<Eigen::Index>(appraisal.npsv.size()));
    const auto replicate = reader.replicate_of_draw(scenario);
    if (!npsv.allFinite() ||
        (!values.empty() && (values.front().size() != npsv.size() || replicate != replicates))) {
      notes.push_back(
          fmt::format("scenario '{}' is left out of the worth of knowledge (its draws are no pairs "
                      "with those of '{}', or have no NPSV)",
                      scenario, knowledge.options.empty() ? scenario : knowledge.options.front()));
      continue;
    }
    replicates = replicate;
    knowledge.options.push_back(scenario);
    values.push_back(npsv);
    for (const double one : appraisal.present_value_benefits) benefits = std::max(benefits, std::abs(one));
    add_parameters(reader, scenario, columns);
  }
  if (values.empty() || values.front().size() < 50) return std::nullopt;
  add_estimates(reader, knowledge.options, columns);

  knowledge.draws = values.front().size();
  Eigen::MatrixXd benefit =
      Eigen::MatrixXd::Zero(knowledge.draws, static_cast<Eigen::Index>(values.size()) + 1);
  for (std::size_t k = 0; k < values.size(); ++k) benefit.col(static_cast<Eigen::Index>(k) + 1) = values[k];
  Eigen::Index best = 0;
  knowledge.chosen_mean = benefit.colwise().mean().maxCoeff(&best);
  knowledge.chosen = best == 0 ? "none" : knowledge.options[static_cast<std::size_t>(best) - 1];
  knowledge.zero_by_rule = benefits == 0.0;
  knowledge.perfect = perfect_information(benefit);
  if (knowledge.perfect.value > 0.0) {
    std::vector<std::string> groups;
    for (const DrawColumn& column : columns) {
      knowledge.rows.push_back({"parameter", column.name, partial_information(benefit, column.value)});
      for (const std::string& group : column.groups)
        if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
    }
    for (const std::string& group : groups) {
      std::vector<const DrawColumn*> members;
      for (const DrawColumn& column : columns)
        if (std::find(column.groups.begin(), column.groups.end(), group) != column.groups.end())
          members.push_back(&column);
      Eigen::MatrixXd value(knowledge.draws, static_cast<Eigen::Index>(members.size()));
      for (std::size_t k = 0; k < members.size(); ++k)
        value.col(static_cast<Eigen::Index>(k)) = members[k]->value;
      knowledge.rows.push_back({"group", group, partial_information(benefit, value)});
    }
    std::stable_sort(knowledge.rows.begin(), knowledge.rows.end(),
                     [](const Knowledge::Row& a, const Knowledge::Row& b) {
                       return a.kind != b.kind ? a.kind < b.kind : a.worth.value > b.worth.value;
                     });
  }
  knowledge.sentence = sentence_of(knowledge);
  return knowledge;
}

TextTable knowledge_table(const Knowledge& knowledge) {
  TextTable table;
  table.title = fmt::format("worth of knowing before the choice among {} and none, GBP",
                            fmt::join(knowledge.options, ", "));
  table.header = {"known", "worth", "Monte Carlo error", "explained"};
  table.rows.push_back({"everything", short_number(knowledge.perfect.value),
                        short_number(knowledge.perfect.standard_error), ""});
  constexpr std::size_t most = 12;
  std::size_t parameters = 0;
  for (const Knowledge::Row& row : knowledge.rows) {
    if (row.kind == "parameter" && ++parameters > most) continue;
    table.rows.push_back({row.name, short_number(row.worth.value), short_number(row.worth.standard_error),
                          fmt::format("{:.3f}", row.worth.explained)});
  }
  if (parameters > most)
    table.rows.push_back(
        {fmt::format("... {} more parameters (--json has them)", parameters - most), "", "", ""});
  table.notes = {knowledge.sentence,
                 fmt::format("{} draws; by regression of NPSV on splines (Strong, Oakley & Brennan 2014); "
                             "explained: adjusted R2 of the best explained policy",
                             knowledge.draws)};
  return table;
}

nlohmann::ordered_json knowledge_json(const Knowledge& knowledge) {
  const auto worth = [](const InformationValue& value) {
    return nlohmann::ordered_json{
        {"worth", value.value}, {"monte_carlo_error", value.standard_error}, {"explained", value.explained}};
  };
  nlohmann::ordered_json rows = nlohmann::ordered_json::array();
  for (const Knowledge::Row& row : knowledge.rows) {
    nlohmann::ordered_json entry = {{"kind", row.kind}, {"name", row.name}};
    entry.update(worth(row.worth));
    rows.push_back(std::move(entry));
  }
  return {{"options", knowledge.options},
          {"chosen", knowledge.chosen},
          {"chosen_mean", knowledge.chosen_mean},
          {"unit", "GBP"},
          {"draws", knowledge.draws},
          {"zero_by_rule", knowledge.zero_by_rule},
          {"everything", worth(knowledge.perfect)},
          {"rows", rows},
          {"sentence", knowledge.sentence}};
}

void write_knowledge(RunWriter& writer, const Knowledge& knowledge) {
  TableColumn kind{"kind", "1", "everything, group or parameter", {}, {"everything"}},
      name{"name", "1", "what is known", {}, {"everything"}},
      worth{"worth", "GBP", "value of knowing it before the choice", {knowledge.perfect.value}, {}},
      error{
          "monte_carlo_error", "GBP", "standard error of the draws", {knowledge.perfect.standard_error}, {}},
      explained{"explained", "1", "adjusted R2 of the best explained policy", {1.0}, {}};
  for (const Knowledge::Row& row : knowledge.rows) {
    kind.texts.push_back(row.kind);
    name.texts.push_back(row.name);
    worth.numbers.push_back(row.worth.value);
    error.numbers.push_back(row.worth.standard_error);
    explained.numbers.push_back(row.worth.explained);
  }
  const std::string group = "/certain/knowledge";
  writer.write_table(group, "row", {kind, name, worth, error, explained});
  writer.write_attribute(group, "options", knowledge.options);
  writer.write_attribute(group, "chosen", knowledge.chosen);
  writer.write_attribute(group, "zero_by_rule", static_cast<std::int64_t>(knowledge.zero_by_rule ? 1 : 0));
  writer.write_attribute(group, "sentence", knowledge.sentence);
}

}  // namespace spillway::studies
