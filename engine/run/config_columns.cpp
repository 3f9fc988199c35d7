#include "engine/run/config_columns.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace spillway {

namespace {

/// Where a named column may be, and what it must hold.
enum class Needs { any_of_areas, numbers_of_areas, numbers_of_panel, numbers_of_either };

class ColumnCheck {
 public:
  ColumnCheck(const RunConfig& config, const DataPack& pack) : config_(config), pack_(pack) {
    for (const Column& column : pack.areas.columns) areas_.emplace(column.name, &column);
    for (const PanelVariable& variable : pack.panel.variables) panel_.emplace(variable.name, &variable);
  }

  void need(const std::string& key, const std::string& column, Needs needs) {
    need(key, column, column, needs);
  }
  /// @param said  what the configuration writes for it: "lad" for lad_code
  void need(const std::string& key, const std::string& said, const std::string& column, Needs needs) {
    if (column.empty()) return;
    const auto here = areas_.find(column);
    const bool in_areas = here != areas_.end(), in_panel = panel_.contains(column);
    const bool areas_count = needs != Needs::numbers_of_panel,
               panel_counts = needs == Needs::numbers_of_panel || needs == Needs::numbers_of_either;
    if (panel_counts && in_panel) return;
    if (areas_count && in_areas) {
      if (needs == Needs::any_of_areas || here->second->kind == ColumnKind::number) return;
      if (!here->second->not_numbers.empty()) {  // a few cells among numbers: they are what is wrong
        const auto cells = faults_as_numbers(*here->second);
        faults_.insert(faults_.end(), cells.begin(), cells.end());
        return;
      }
      const auto& texts = here->second->levels;
      return add(key, said,
                 fmt::format("holds text{} (needs numbers)",
                             texts.empty() ? "" : fmt::format(" such as '{}'", texts.front())));
    }
    const std::string table = !areas_count ? "the panel" : !panel_counts ? "areas" : "the pack";
    if (in_areas || in_panel)
      return add(
          key, said,
          fmt::format("is a column of {}; expected one of {}", in_areas ? "areas" : "the panel", table));
    add(key, said,
        fmt::format("{} of pack '{}' has no column '{}'{}", table == "the pack" ? "no table" : table,
                    pack_.name, column, suggestion(column, needs)));
  }
  void need(const std::string& key, const std::vector<std::string>& columns, Needs needs) {
    for (const std::string& column : columns) need(key, column, needs);
  }

  void need_area(const std::string& key, const std::string& wanted) {
    const auto code = areas_.find("area_code");
    if (code == areas_.end()) return;
    const auto& codes = code->second->levels;
    if (std::find(codes.begin(), codes.end(), wanted) != codes.end()) return;
    const auto name = areas_.find("area_name");
    std::string of;
    if (name != areas_.end())
      for (std::size_t i = 0; i < pack_.areas.rows && of.empty(); ++i)
        if (name->second->text(i) == wanted) of = code->second->text(i);
    add(key, wanted,
        fmt::format("is no area of the pack; {}",
                    of.empty() ? fmt::format("areas stand there by code, such as '{}'",
                                             codes.empty() ? std::string() : codes.front())
                               : fmt::format("did you mean '{}'?", of)));
  }

  void raise() {
    std::stable_sort(faults_.begin(), faults_.end(),
                     [](const Fault& a, const Fault& b) { return a.line < b.line; });
    if (!faults_.empty()) throw InputError(std::move(faults_));
  }

 private:
  void add(const std::string& key, const std::string& said, const std::string& what) {
    faults_.push_back(fault_of_key(config_, key, said, what));
  }

  /// The nearest of the columns that would do, or those that there are.
  std::string suggestion(const std::string& column, Needs needs) const {
    constexpr std::size_t most = 20;  // as many as are shown; the search takes its time
    if (faults_.size() >= most) return "";
    std::vector<std::string> known, fitting;  // texts may be numbers' columns misread: near ones are all told
    if (needs != Needs::numbers_of_panel)
      for (const auto& [name, one] : areas_) {
        known.push_back(name);
        if ((one->kind == ColumnKind::text) == (needs == Needs::any_of_areas)) fitting.push_back(name);
      }
    if (needs == Needs::numbers_of_panel || needs == Needs::numbers_of_either)
      for (const auto& [name, one] : panel_) {
        known.push_back(name);
        fitting.push_back(name);
      }
    const std::string near = nearest_word(column, known);
    if (!near.empty()) return fmt::format("; did you mean '{}'?", near);
    if (known.size() <= most) return fmt::format("; there are {}", fmt::join(known, ", "));
    const char* what = needs == Needs::any_of_areas ? "texts" : "numbers";
    return fitting.size() <= most
               ? fmt::format("; {} are in {}", what, fmt::join(fitting, ", "))
               : fmt::format("; {} of its columns hold {} (`spillway inspect PACK` names them)",
                             fitting.size(), what);
  }

  const RunConfig& config_;
  const DataPack& pack_;
  std::map<std::string, const Column*> areas_;
  std::map<std::string, const PanelVariable*> panel_;
  std::vector<Fault> faults_;
};

struct NeedColumns {
  ColumnCheck& check;

  std::string key(const ModelCommon& model, const char* name) const {
    return fmt::format("model.{}.{}", model.name, name);
  }
  void common_to_all(const ModelCommon& model, Needs outcome) const {
    check.need(key(model, "outcome"), model.outcome, outcome);
    check.need(key(model, "restrict_to"), model.restrict_to, Needs::numbers_of_areas);
    check.need(key(model, "covariance.by"), model.covariance.by, Needs::any_of_areas);
  }
  void operator()(const PanelModel& model) const {
    common_to_all(model, Needs::numbers_of_panel);
    check.need(key(model, "covariates"), model.covariates, Needs::numbers_of_either);
    check.need(key(model, "predetermined"), model.predetermined, Needs::numbers_of_either);
  }
  void operator()(const SarModel& model) const {
    common_to_all(model, Needs::numbers_of_either);
    check.need(key(model, "covariates"), model.covariates, Needs::numbers_of_either);
  }
  void operator()(const IvModel& model) const {
    constexpr Needs number = Needs::numbers_of_areas;
    common_to_all(model, number);
    check.need(key(model, "endogenous"), model.endogenous, number);
    check.need(key(model, "proxies"), model.proxies, number);
    check.need(key(model, "instruments"), model.instruments, number);
    for (const auto& set : model.instrument_sets) check.need(key(model, "instrument_sets"), set, number);
    check.need(key(model, "controls"), model.controls, number);
    check.need(key(model, "fixed_effects"), model.fixed_effects, Needs::any_of_areas);
    check.need(key(model, "weights_column"), model.weights_column, number);
  }
};

}  // namespace

void require_columns(const RunConfig& config, const DataPack& pack) {
  ColumnCheck check(config, pack);
  // What a default names is not demanded of a pack that has no such column: what reads it says so.
  const RunConfig defaults;
  if (config.area_type != defaults.area_type) check.need("areas.type", config.area_type, Needs::any_of_areas);
  check.need("bootstrap.cluster", config.bootstrap_cluster, Needs::any_of_areas);
  for (const ModelConfig& model : config.models) std::visit(NeedColumns{check}, model);
  if (config.scenarios.empty()) return check.raise();
  if (config.counterfactual_growth != "shrunk_mean")
    check.need("counterfactual.growth", config.counterfactual_growth, Needs::numbers_of_areas);
  if (config.distributional_weights)
    check.need("appraisal.income_column", config.income_column, Needs::numbers_of_areas);
  for (const std::string& area : config.keep_draws_of) check.need_area("outcomes.keep_draws_of", area);
  if (config.groupings == defaults.groupings) return check.raise();
  for (const std::string& grouping : config.groupings)
    if (!grouping.starts_with("list:"))
      for (std::size_t at = 0; at <= grouping.size();) {  // one, or two crossed: "area_type:lad"
        const std::size_t end = std::min(grouping.find(':', at), grouping.size());
        const std::string name = grouping.substr(at, end - at);
        at = end + 1;
        if (name == "nation" || name == "area_type") continue;
        const bool code = name == "region" || name == "lad" || name == "combined_authority";
        check.need("outcomes.groupings", name, code ? name + "_code" : name, Needs::any_of_areas);
      }
  check.raise();
}

}  // namespace spillway
