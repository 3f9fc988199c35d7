// [[model]] to ModelConfig.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "engine/config/config_parts.hpp"

namespace spillway {

namespace {

using Words = std::vector<std::string>;

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// What one kind of model can be asked for.
struct KindRules {
  Words keys;            ///< beyond those that every kind has
  Words estimators;      ///< all it knows
  Words usual;           ///< where none are listed
  std::string headline;  ///< where none is named and it is among the estimators
};

const std::map<std::string, KindRules>& kinds() {
  static const std::map<std::string, KindRules> rules = {
      {"spatial_lag_panel",
       {{"covariates", "predetermined", "area_effects", "period_effects", "spatial_lag", "own_lag",
         "own_lags", "missing"},
        {"as_published", "within", "within_no_own_lag", "half_panel_jackknife", "corrected_score",
         "corrected_score_no_own_lag", "corrected_score_second_lags", "double_filter_iv", "analytical",
         "arellano_bond", "pooled"},
        {"within", "half_panel_jackknife", "corrected_score"},
        "corrected_score"}},
      {"iv",
       {{"window_years", "endogenous", "instruments", "controls", "fixed_effects", "proxies",
         "instrument_sets", "headline_cell", "units", "weights_column"},
        {"ols", "2sls", "liml", "fuller", "gmm", "gmm_iterated"},
        {"ols", "2sls"},
        "2sls"}},
      {"spatial_autoregression",
       {{"covariates", "area_effects", "period_effects", "missing", "durbin", "spatial_error"},
        {"qml", "qml_exact", "qml_elhorst", "gs2sls", "gs2sls_wx"},
        {"qml"},
        "qml"}},
      {"cross_section",
       {{"covariates", "controls", "fixed_effects", "window_years", "weights_column", "units"},
        {"ols"},
        {"ols"},
        "ols"}},
  };
  return rules;
}

const Words common_keys = {"name",       "kind",     "outcome",           "better",
                           "estimators", "headline", "headline_fallback", "covariance",
                           "level",      "interval", "restrict_to"};

Words kind_names() {
  Words names;
  for (const auto& [name, rules] : kinds()) names.push_back(name);
  return names;
}

/// A key that this kind of model never reads would be ignored silently.
void refuse_foreign_keys(const TableReader& reader, const std::string& kind, const KindRules& rules) {
  for (const auto& child : reader.table().children) {
    if (contains(common_keys, child.key) || contains(rules.keys, child.key) ||
        !contains(keys_of("model"), child.key))
      continue;
    Words users;
    for (const auto& [name, other] : kinds())
      if (contains(other.keys, child.key)) users.push_back(name);
    reader.faults().missing(child, reader.path(child.key),
                            fmt::format("a model of kind {} does not use it; remove it (it is for {})", kind,
                                        fmt::join(users, ", ")));
  }
}

void read_covariance(const TableReader& model, const std::string& kind, CovarianceConfig& covariance) {
  const ConfigNode* node = model.find("covariance");
  if (!node) {
    if (kind == "spatial_autoregression") {
      covariance.kind = "iid";
      return;
    }
    model.faults().missing(
        model.table(), model.path("covariance"),
        "is missing: standard errors need their clusters named; write covariance = { kind = "
        "\"cluster\", by = \"lad_code\" }");
    return;
  }
  if (!model.table_at("covariance")) return;
  const TableReader reader(*node, model.path("covariance"), model.faults(), keys_of("model.covariance"));
  static const Words known = {
      "iid", "hc0", "hc1", "hc2", "hc3", "cluster", "two_way", "score_cells", "driscoll_kraay", "conley"};
  if (!reader.find("kind"))
    reader.faults().missing(*node, reader.path("kind"),
                            fmt::format("is missing; one of {}", fmt::join(known, ", ")));
  const bool kind_known = reader.choice("kind", covariance.kind, known) != nullptr;
  const ConfigNode* small_sample =
      reader.choice("small_sample", covariance.small_sample, {"none", "cr1", "fixest", "stata", "cr3"});
  reader.choice("kernel", covariance.kernel, {"bartlett", "uniform"});
  reader.integer("lags", covariance.lags, 0, 1000);
  const bool cutoff_read =
      reader.number("cutoff_km", covariance.cutoff_km,
                    {0.0, std::numeric_limits<double>::infinity(), Range::Ends::open}) != nullptr;
  const ConfigNode* by = reader.find("by");
  bool by_read = !by;
  if (by && by->kind == ConfigNode::Kind::text) {
    covariance.by = {by->text};
    by_read = true;
  } else if (by) {
    by_read = reader.texts("by", covariance.by) != nullptr;
  }
  if (!kind_known || !by_read) return;

  const std::size_t needed = covariance.kind == "two_way"                                       ? 2
                             : covariance.kind == "cluster" || covariance.kind == "score_cells" ? 1
                                                                                                : 0;
  if (needed > 0 && !by)
    reader.faults().missing(*node, reader.path("by"),
                            needed == 2
                                ? "is missing: two_way needs two columns of areas; write by = [\"lad_code\", "
                                  "\"constituency_code\"]"
                                : fmt::format("is missing: {} needs its clusters named; write by = "
                                              "\"lad_code\"",
                                              covariance.kind));
  else if (needed > 0 && covariance.by.size() != needed)
    reader.faults().add(*by, reader.path("by"),
                        fmt::format("names {} column{}; {} needs {}", covariance.by.size(),
                                    covariance.by.size() == 1 ? "" : "s", covariance.kind,
                                    needed == 2 ? "two, for example [\"lad_code\", \"constituency_code\"]"
                                                : "one, for example \"lad_code\""));
  else if (needed == 0 && by)
    reader.faults().add(
        *by, reader.path("by"),
        fmt::format("{} has no clusters; remove it or choose cluster or two_way", covariance.kind));
  if ((covariance.kind == "score_cells" || covariance.kind == "driscoll_kraay") &&
      kind != "spatial_lag_panel" && kind != "spatial_autoregression")
    reader.faults().add(
        *reader.find("kind"), reader.path("kind"),
        fmt::format("needs periods, which a model of kind {} has not; choose cluster or two_way", kind));
  if (covariance.kind == "conley" && !reader.find("cutoff_km"))
    reader.faults().missing(
        *node, reader.path("cutoff_km"),
        "is missing: conley needs the kernel's cutoff in km; write, for example, cutoff_km = 20");
  for (const char* key : {"cutoff_km", "kernel"})
    if (covariance.kind != "conley" && reader.find(key) && (cutoff_read || key == std::string("kernel")))
      reader.faults().add(*reader.find(key), reader.path(key),
                          fmt::format("{} does not use it; remove it or choose conley", covariance.kind));
  if (covariance.kind != "driscoll_kraay" && reader.find("lags"))
    reader.faults().add(
        *reader.find("lags"), reader.path("lags"),
        fmt::format("{} does not use it; remove it or choose driscoll_kraay", covariance.kind));
  if (small_sample && covariance.small_sample == "cr3" && covariance.kind != "cluster")
    reader.faults().add(
        *small_sample, reader.path("small_sample"),
        fmt::format("cr3 (the jackknife) is for kind cluster, not {}; choose cr1", covariance.kind));
}

void read_estimators(const TableReader& reader, const KindRules& rules, ModelConfig& model) {
  model.estimators = rules.usual;
  const ConfigNode* listed = reader.find("estimators");
  if (listed && !reader.texts("estimators", model.estimators, rules.estimators)) model.estimators.clear();
  if (listed && listed->kind == ConfigNode::Kind::list && listed->children.empty())
    reader.faults().add(*listed, reader.path("estimators"),
                        fmt::format("is empty; choose from {}", fmt::join(rules.estimators, ", ")));
  const bool good = !model.estimators.empty();

  Words offered = model.estimators;
  if (model.kind == "spatial_lag_panel" && !contains(offered, "as_published"))
    offered.push_back("as_published");
  for (const auto& [key, target] :
       {std::pair{"headline", &model.headline}, std::pair{"headline_fallback", &model.headline_fallback}}) {
    const ConfigNode* node = reader.text(key, *target);
    if (!node || !good || contains(offered, *target)) continue;
    reader.faults().add(
        *node, reader.path(key),
        contains(rules.estimators, *target)
            ? fmt::format("is not among this model's estimators ({}); add it to estimators",
                          fmt::join(offered, ", "))
            : fmt::format("is not an estimator of {}; {}", model.kind, suggestion(*target, offered)));
  }
  if (reader.find("headline") || !good) return;
  if (contains(model.estimators, rules.headline))
    model.headline = rules.headline;
  else if (model.estimators.size() == 1)
    model.headline = model.estimators.front();
  else
    reader.faults().missing(reader.table(), reader.path("headline"),
                            fmt::format("is missing; say which of {} leads and feeds the draws",
                                        fmt::join(model.estimators, ", ")));
}

std::string cell_name(const std::string& proxy, const Words& instruments) {
  return fmt::format("{}:{}", proxy, fmt::join(instruments, "+"));
}

/// proxies x instrument_sets; the headline cell may list its instruments in any order.
void read_grid(const TableReader& reader, ModelConfig& model) {
  FaultList& faults = reader.faults();
  bool good = true;
  const auto lists = [&](const char* key, Words& target) {
    if (reader.find(key) && !reader.texts(key, target)) good = false;
  };
  lists("endogenous", model.endogenous);
  lists("instruments", model.instruments);
  lists("proxies", model.proxies);
  if (const ConfigNode* sets = reader.find("instrument_sets")) {
    if (sets->kind != ConfigNode::Kind::list) {
      faults.add(
          *sets, reader.path("instrument_sets"),
          fmt::format("is {}; expected a list of lists, [[\"a\"], [\"a\", \"b\"]]", kind_in_words(*sets)));
      good = false;
    } else {
      for (const auto& child : sets->children) {
        Words set;
        if (!read_texts(child, reader.path("instrument_sets"), faults, set)) {
          good = false;
        } else if (set.empty()) {
          faults.add(child, reader.path("instrument_sets"), "holds an empty set; remove it");
          good = false;
        } else {
          model.instrument_sets.push_back(set);
        }
      }
    }
  }
  for (const auto& [one, many] :
       {std::pair{"endogenous", "proxies"}, std::pair{"instruments", "instrument_sets"}})
    if (reader.find(one) && reader.find(many)) {
      faults.missing(*reader.find(one), reader.path(one),
                     fmt::format("{} takes its place in each cell; remove one of the two", many));
      good = false;
    }
  if (!good) return;

  const bool only_ols = model.estimators == Words{"ols"};
  if (model.endogenous.empty() && model.proxies.empty())
    faults.missing(reader.table(), reader.path("endogenous"),
                   "is missing; name the regressor to be instrumented, or list several in proxies");
  if (model.instruments.empty() && model.instrument_sets.empty() && !only_ols)
    faults.missing(reader.table(), reader.path("instruments"),
                   "is missing; name the instruments, or list sets of them in instrument_sets");

  std::map<std::string, std::string> role = {{model.outcome, "outcome"}};
  const auto claim = [&](const Words& names, const std::string& what, const char* key) {
    for (const auto& name : names) {
      const auto [it, fresh] = role.emplace(name, what);
      if (!fresh && it->second != what)
        faults.missing(*reader.find(key), reader.path(key),
                       fmt::format("'{}' is also {}; a variable has one role in a model", name,
                                   it->second == "outcome" ? "the outcome" : "among the " + it->second));
    }
  };
  claim(model.endogenous, "endogenous", "endogenous");
  claim(model.proxies, "proxies", "proxies");
  claim(model.instruments, "instruments", "instruments");
  for (const auto& set : model.instrument_sets) claim(set, "instruments", "instrument_sets");
  claim(model.controls, "controls", "controls");

  const Words rows =
      model.proxies.empty() ? Words{fmt::format("{}", fmt::join(model.endogenous, ","))} : model.proxies;
  const auto columns =
      model.instrument_sets.empty() ? std::vector<Words>{model.instruments} : model.instrument_sets;
  Words cells;
  for (const auto& proxy : rows)
    for (const auto& set : columns) cells.push_back(cell_name(proxy, set));
  const ConfigNode* node = reader.text("headline_cell", model.headline_cell);
  if (!node) {
    if (!reader.find("headline_cell") && cells.size() == 1) model.headline_cell = cells.front();
    return;
  }
  const auto colon = model.headline_cell.find(':');
  std::multiset<std::string> wanted;
  if (colon != std::string::npos) {
    std::string word;
    for (const char c : model.headline_cell.substr(colon + 1) + "+") {
      if (c != '+')
        word += c;
      else
        wanted.insert(std::exchange(word, {}));
    }
    for (const auto& proxy : rows)
      for (const auto& set : columns)
        if (proxy == model.headline_cell.substr(0, colon) &&
            std::multiset<std::string>(set.begin(), set.end()) == wanted) {
          model.headline_cell = cell_name(proxy, set);
          return;
        }
  }
  faults.add(*node, reader.path("headline_cell"),
             fmt::format("is not a cell of this model; {}", suggestion(model.headline_cell, cells)));
}

void read_units(const TableReader& model, std::map<std::string, std::string>& units) {
  const ConfigNode* table = model.table_at("units");
  if (!table) return;
  for (const auto& child : table->children) {
    if (child.kind == ConfigNode::Kind::text && !child.text.empty())
      units[child.key] = child.text;
    else
      model.faults().add(child, model.path("units." + child.key),
                         "is not a unit; expected text such as \"GBP per head\"");
  }
}

ModelConfig read_model(const ConfigNode& table, std::size_t k, FaultList& faults, Words& used) {
  ModelConfig model;
  model.line = table.line;
  const TableReader reader(table, entry_path("model", table, k), faults, keys_of("model"));
  read_name(reader, model.name, used);
  if (!reader.find("kind"))
    faults.missing(table, reader.path("kind"),
                   fmt::format("is missing; one of {}", fmt::join(kind_names(), ", ")));
  if (!reader.find("outcome"))
    faults.missing(table, reader.path("outcome"), "is missing; name the column that the model explains");
  const bool kind_known = reader.choice("kind", model.kind, kind_names()) != nullptr;
  reader.text("outcome", model.outcome);
  reader.choice("better", model.better, {"higher", "lower"});
  reader.texts("covariates", model.covariates);
  reader.texts("predetermined", model.predetermined);
  reader.texts("controls", model.controls);
  reader.texts("fixed_effects", model.fixed_effects);
  reader.flag("area_effects", model.area_effects);
  reader.choice("period_effects", model.period_effects, {"none", "common", "by_type", "by_region"});
  reader.choice("spatial_lag", model.spatial_lag, {"none", "common", "by_type"});
  reader.flag("own_lag", model.own_lag);
  reader.integer("own_lags", model.own_lags, 1, 2);
  reader.choice("missing", model.missing, {"refuse", "impute", "drop"});
  reader.number("level", model.level, {0.5, 1.0, Range::Ends::open});
  const ConfigNode* interval = reader.choice(
      "interval", model.interval,
      {"normal", "percentile", "percentile_t", "bca", "wre", "score_cells", "year_clusters", "cell_draws"});
  const std::string interval_for =
      model.interval == "wre" ? "iv"
      : model.interval == "score_cells" || model.interval == "year_clusters" || model.interval == "cell_draws"
          ? "spatial_lag_panel"
          : model.kind;
  if (interval && kind_known && model.kind != interval_for)
    faults.add(
        *interval, reader.path("interval"),
        fmt::format("is an interval of kind {}, not of {}; choose percentile_t", interval_for, model.kind));
  reader.flag("durbin", model.durbin);
  reader.flag("spatial_error", model.spatial_error);
  reader.text("restrict_to", model.restrict_to);
  reader.text("weights_column", model.weights_column);
  reader.number("window_years", model.window_years, {0.0, 1000.0, Range::Ends::open});
  read_units(reader, model.endogenous_units);
  read_covariance(reader, model.kind, model.covariance);
  for (const auto& [key, names] :
       {std::pair{"covariates", &model.covariates}, std::pair{"predetermined", &model.predetermined}})
    if (contains(*names, model.outcome) && reader.find(key))
      faults.missing(
          *reader.find(key), reader.path(key),
          fmt::format("'{}' is also the outcome; its lags come from own_lag and spatial_lag", model.outcome));
  if (!kind_known) return model;
  const KindRules& rules = kinds().at(model.kind);
  refuse_foreign_keys(reader, model.kind, rules);
  read_estimators(reader, rules, model);
  if (model.kind == "iv") read_grid(reader, model);
  return model;
}

}  // namespace

std::vector<ModelConfig> read_models(const ConfigNode& root, FaultList& faults) {
  std::vector<ModelConfig> models;
  Words used;
  for (const ConfigNode* table : tables_of(root, "model", faults))
    models.push_back(read_model(*table, models.size(), faults, used));
  return models;
}

}  // namespace spillway
