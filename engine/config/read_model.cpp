// [[model]] to ModelConfig.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <type_traits>
#include <utility>

#include "engine/config/config_parts.hpp"

namespace spillway {

namespace {

using Words = std::vector<std::string>;

bool contains(const Words& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool listed(std::span<const std::string_view> words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool contains(const std::vector<Estimator>& list, Estimator one) {
  return std::find(list.begin(), list.end(), one) != list.end();
}

const ModelKindRow& row_of(ModelKind kind) {
  return *std::find_if(model_kinds.begin(), model_kinds.end(),
                       [&](const auto& row) { return row.id == kind; });
}

/// A key that this kind of model never reads would be ignored silently.
void refuse_foreign_keys(const TableReader& reader, ModelKind kind) {
  for (const auto& child : reader.table().children) {
    if (listed(catalogue::common_keys, child.key) || listed(row_of(kind).keys, child.key) ||
        !contains(keys_of("model"), child.key))
      continue;
    Words users;
    for (const ModelKindRow& row : model_kinds)
      if (listed(row.keys, child.key)) users.emplace_back(row.name);
    reader.faults().missing(child, reader.path(child.key),
                            fmt::format("a model of kind {} does not use it; remove it (it is for {})",
                                        name_of(kind), fmt::join(users, ", ")));
  }
}

void read_covariance(const TableReader& model, std::optional<ModelKind> kind, CovarianceConfig& covariance) {
  const ConfigNode* node = model.find("covariance");
  if (!node) {
    if (kind == ModelKind::spatial_autoregression) return;
    model.faults().missing(
        model.table(), model.path("covariance"),
        "is missing: standard errors need their clusters named; write covariance = { kind = "
        "\"cluster\", by = \"lad_code\" }");
    return;
  }
  if (!model.table_at("covariance")) return;
  const TableReader reader(*node, model.path("covariance"), model.faults(), keys_of("model.covariance"));
  if (!reader.find("kind"))
    reader.faults().missing(
        *node, reader.path("kind"),
        fmt::format("is missing; one of {}", fmt::join(names_of<CovarianceKind>(), ", ")));
  const bool kind_known = reader.choice("kind", covariance.kind) != nullptr;
  const ConfigNode* small_sample = reader.choice("small_sample", covariance.small_sample);
  reader.choice("kernel", covariance.kernel);
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

  const std::string name = name_of(covariance.kind);
  const std::size_t needed =
      covariance.kind == CovarianceKind::two_way                                                     ? 2
      : covariance.kind == CovarianceKind::cluster || covariance.kind == CovarianceKind::score_cells ? 1
                                                                                                     : 0;
  if (needed > 0 && !by)
    reader.faults().missing(*node, reader.path("by"),
                            needed == 2
                                ? "is missing: two_way needs two columns of areas; write by = [\"lad_code\", "
                                  "\"constituency_code\"]"
                                : fmt::format("is missing: {} needs its clusters named; write by = "
                                              "\"lad_code\"",
                                              name));
  else if (needed > 0 && covariance.by.size() != needed)
    reader.faults().add(*by, reader.path("by"),
                        fmt::format("names {} column{}; {} needs {}", covariance.by.size(),
                                    covariance.by.size() == 1 ? "" : "s", name,
                                    needed == 2 ? "two, for example [\"lad_code\", \"constituency_code\"]"
                                                : "one, for example \"lad_code\""));
  else if (needed == 0 && by)
    reader.faults().add(*by, reader.path("by"),
                        fmt::format("{} has no clusters; remove it or choose cluster or two_way", name));
  if ((covariance.kind == CovarianceKind::score_cells || covariance.kind == CovarianceKind::driscoll_kraay) &&
      kind == ModelKind::iv)
    reader.faults().add(
        *reader.find("kind"), reader.path("kind"),
        fmt::format("needs periods, which a model of kind {} has not; choose cluster or two_way",
                    name_of(*kind)));
  if (covariance.kind == CovarianceKind::conley && !reader.find("cutoff_km"))
    reader.faults().missing(
        *node, reader.path("cutoff_km"),
        "is missing: conley needs the kernel's cutoff in km; write, for example, cutoff_km = 20");
  for (const char* key : {"cutoff_km", "kernel"})
    if (covariance.kind != CovarianceKind::conley && reader.find(key) &&
        (cutoff_read || key == std::string("kernel")))
      reader.faults().add(*reader.find(key), reader.path(key),
                          fmt::format("{} does not use it; remove it or choose conley", name));
  if (covariance.kind != CovarianceKind::driscoll_kraay && reader.find("lags"))
    reader.faults().add(*reader.find("lags"), reader.path("lags"),
                        fmt::format("{} does not use it; remove it or choose driscoll_kraay", name));
  if (small_sample && covariance.small_sample == SmallSample::cr3 &&
      covariance.kind != CovarianceKind::cluster)
    reader.faults().add(*small_sample, reader.path("small_sample"),
                        fmt::format("cr3 (the jackknife) is for kind cluster, not {}; choose cr1", name));
}

void read_estimators(const TableReader& reader, ModelKind kind, ModelCommon& model) {
  using Listed = EstimatorRow::Listed;
  const std::vector<Estimator> known = estimators_of(kind);
  const Words words = names_of(known);
  Words asked;
  const ConfigNode* listed_node = reader.find("estimators");
  if (!listed_node) {
    for (const Estimator one : known)
      if (row_of(one).listed == Listed::usual || row_of(one).listed == Listed::leads)
        model.estimators.push_back(one);
  } else if (reader.texts("estimators", asked, words)) {
    model.estimators = estimators_named(asked);
  }
  if (listed_node && listed_node->kind == ConfigNode::Kind::list && listed_node->children.empty())
    reader.faults().add(*listed_node, reader.path("estimators"),
                        fmt::format("is empty; choose from {}", fmt::join(words, ", ")));
  const bool good = !model.estimators.empty();

  const std::vector<Estimator> offered = offered_by(kind, model);
  for (const auto& [key, target] :
       {std::pair{"headline", &model.headline}, std::pair{"headline_fallback", &model.headline_fallback}}) {
    std::string word;
    const ConfigNode* node = reader.text(key, word);
    if (!node) continue;
    const auto found = named<Estimator>(word);
    if (found && contains(known, *found)) *target = found;
    if (!good || (*target && contains(offered, **target))) continue;
    reader.faults().add(*node, reader.path(key),
                        *target
                            ? fmt::format("is not among this model's estimators ({}); add it to estimators",
                                          fmt::join(names_of(offered), ", "))
                            : fmt::format("is not an estimator of {}; {}", name_of(kind),
                                          suggestion(word, names_of(offered))));
  }
  if (reader.find("headline") || !good) return;
  for (const Estimator one : model.estimators)
    if (row_of(one).listed == Listed::leads) model.headline = one;
  if (model.headline) return;
  if (model.estimators.size() == 1)
    model.headline = model.estimators.front();
  else
    reader.faults().missing(reader.table(), reader.path("headline"),
                            fmt::format("is missing; say which of {} leads and feeds the draws",
                                        fmt::join(names_of(model.estimators), ", ")));
}

/// proxies x instrument_sets; the headline cell may list its instruments in any order.
void read_grid(const TableReader& reader, IvModel& model) {
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

  const bool only_ols = model.estimators == std::vector<Estimator>{Estimator::ols};
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
      model.proxies.empty() ? Words{fmt::format("{}", fmt::join(model.endogenous, "+"))} : model.proxies;
  if (const ConfigNode* node = reader.texts("lacks", model.lacks)) {
    const Words& regressors = model.proxies.empty() ? model.endogenous : model.proxies;
    for (const auto& lack : model.lacks)
      if (std::find(regressors.begin(), regressors.end(), lack) == regressors.end())
        faults.add(
            *node, reader.path("lacks"),
            fmt::format("names '{}', which is no regressor of this model; {}", lack, among_own(regressors)));
  }
  const auto columns =
      model.instrument_sets.empty() ? std::vector<Words>{model.instruments} : model.instrument_sets;
  Words cells;
  for (const auto& proxy : rows)
    for (const auto& set : columns) cells.push_back(cell_name({proxy}, set));
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
          model.headline_cell = cell_name({proxy}, set);
          return;
        }
  }
  faults.add(*node, reader.path("headline_cell"),
             fmt::format("is not a cell of this model's proxies and instrument_sets; {}", among_own(cells)));
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

/// What kinds of panels share.
template <typename Model>
void read_effects(const TableReader& reader, Model& model) {
  reader.texts("covariates", model.covariates);
  reader.flag("area_effects", model.area_effects);
  reader.choice("period_effects", model.period_effects);
  reader.choice("missing", model.missing);
}

/// What is wrong with the name of rival weights; empty: nothing.
std::string wrong_rival(const std::string& rival) {
  const std::string nearest = "nearest:", size = "size:";
  if (rival == "second_ring" || rival == "contiguity" ||
      (rival.starts_with(size) && rival.size() > size.size()))
    return {};
  if (rival.starts_with(nearest)) {
    const std::string count = rival.substr(nearest.size());
    const bool digits = !count.empty() && count.size() < 5 &&
                        std::all_of(count.begin(), count.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (digits && std::stoi(count) > 0) return {};
  }
  return fmt::format(
      "names '{}', which is no rival; choose among \"contiguity\", \"second_ring\", \"nearest:6\" (any "
      "number of neighbours) "
      "and \"size:population\" (any column of areas)",
      rival);
}

void read_own(const TableReader& reader, PanelModel& model) {
  read_effects(reader, model);
  reader.texts("predetermined", model.predetermined);
  reader.choice("spatial_lag", model.spatial_lag);
  reader.flag("own_lag", model.own_lag);
  reader.integer("own_lags", model.own_lags, 1, 2);
  std::vector<std::string> rivals;
  if (const ConfigNode* node = reader.texts("rival_weights", rivals)) {
    for (const auto& rival : rivals)
      if (const std::string wrong = wrong_rival(rival); !wrong.empty())
        reader.faults().add(*node, reader.path("rival_weights"), wrong);
    model.rival_weights = std::move(rivals);
  }
}

void read_own(const TableReader& reader, IvModel& model) {
  reader.texts("controls", model.controls);
  reader.texts("fixed_effects", model.fixed_effects);
  reader.text("weights_column", model.weights_column);
  reader.number("window_years", model.window_years, {0.0, 1000.0, Range::Ends::open});
  read_units(reader, model.endogenous_units);
}

void read_own(const TableReader& reader, SarModel& model) {
  read_effects(reader, model);
  reader.flag("durbin", model.durbin);
  reader.flag("spatial_error", model.spatial_error);
}

/// Intervals that a kind of model has no way to make are refused here, not at the run.
void check_interval(const TableReader& reader, const ConfigNode& node, ModelKind kind,
                    const ModelCommon& model) {
  const IntervalKind asked = model.interval;
  const bool of_iv = asked == IntervalKind::wre;
  const bool fits = kind == ModelKind::iv                       ? of_iv
                    : kind == ModelKind::spatial_autoregression ? asked == IntervalKind::normal
                                                                : !of_iv;
  if (!fits) {
    const char* instead =
        kind == ModelKind::iv
            ? "leave interval out: the interval is wre for 2sls by clusters, Student t elsewhere"
        : kind == ModelKind::spatial_autoregression ? "which is not resampled; choose normal"
                                                    : "choose percentile_t";
    reader.faults().add(node, reader.path("interval"),
                        fmt::format("is an interval of kind {}, not of {}; {}",
                                    of_iv ? "iv" : "spatial_lag_panel", name_of(kind), instead));
  } else if (of_iv && model.covariance.by.empty() && reader.table_at("covariance")) {
    reader.faults().add(
        node, reader.path("interval"),
        fmt::format("draws whole clusters, and covariance kind {} has none; choose cluster or "
                    "two_way, or leave interval out",
                    name_of(model.covariance.kind)));
  }
}

/// Covariances that an estimator cannot have are refused here, not at the run.
void refuse_covariance(const TableReader& reader, const char* key, const std::string& what) {
  const ConfigNode& node = *reader.find("covariance");
  reader.faults().missing(node, reader.path("covariance") + "." + key, what);
}

/// Standard errors of the likelihood come from the information matrix; the two-stage estimator is of a lag.
void check_estimators(const TableReader& reader, const SarModel& model) {
  const CovarianceKind kind = model.covariance.kind;
  for (const Estimator one : model.estimators) {
    const bool likelihood = one != Estimator::gs2sls && one != Estimator::gs2sls_wx;
    if (likelihood && kind != CovarianceKind::iid)
      return refuse_covariance(
          reader, "kind",
          fmt::format(
              "'{}' does not go with {}: its standard errors come from the information matrix, and under "
              "heteroskedasticity rho itself is inconsistent (Lin & Lee 2010); choose iid, or estimators = "
              "[\"gs2sls\"]",
              name_of(kind), name_of(one)));
    if (!likelihood && kind != CovarianceKind::iid && kind != CovarianceKind::hc0 &&
        kind != CovarianceKind::hc1 && kind != CovarianceKind::cluster)
      return refuse_covariance(reader, "kind",
                               fmt::format("'{}' is not offered for {}; choose iid, hc0, hc1 or cluster",
                                           name_of(kind), name_of(one)));
    if (!likelihood && model.covariance.small_sample == SmallSample::cr3)
      return refuse_covariance(reader, "small_sample",
                               fmt::format("'cr3' is not offered for {}; choose cr1", name_of(one)));
    if (!likelihood && model.spatial_error)
      return reader.faults().missing(
          *reader.find("spatial_error"), reader.path("spatial_error"),
          fmt::format("{} estimates the spatial lag; spatial_error = true needs qml", name_of(one)));
  }
}

/// Estimators whose influence is given cell by cell have no fit without a cluster; the corrected scores take
/// off what area effects bring.
void check_estimators(const TableReader& reader, const PanelModel& model) {
  for (const Estimator one : model.estimators)
    if (!model.area_effects &&
        (one == Estimator::corrected_score || one == Estimator::corrected_score_no_own_lag ||
         one == Estimator::corrected_score_second_lags))
      return reader.faults().missing(
          *reader.find("area_effects"), reader.path("area_effects"),
          fmt::format("without area effects there is no bias for {} to correct; use \"pooled\"",
                      name_of(one)));
  for (const Estimator one : model.estimators)
    if (model.covariance.small_sample == SmallSample::cr3 &&
        (one == Estimator::double_filter_iv || one == Estimator::arellano_bond ||
         one == Estimator::analytical))
      return refuse_covariance(reader, "small_sample",
                               fmt::format("'cr3' is not offered for {}; choose cr1", name_of(one)));
}

void check_estimators(const TableReader&, const IvModel&) {}

/// Whether the model names a coefficient so itself: two of one name would stand for each other in draws and
/// files.
bool names_own_coefficient(ModelKind kind, const std::string& name) {
  if (kind == ModelKind::spatial_lag_panel)
    return contains(Words{"lag", "lag_2", "previous", "previous_2", "own_lag"}, name) ||
           name.starts_with("lag:") || name.starts_with("lag_2:");
  return kind == ModelKind::spatial_autoregression &&
         (contains(Words{"rho", "lambda", "(Intercept)"}, name) || name.starts_with("lag_x:") ||
          name.starts_with("impact_"));
}

void check_covariates(const TableReader& reader, const std::string& outcome, std::optional<ModelKind> kind) {
  for (const char* key : {"covariates", "predetermined"}) {
    const ConfigNode* node = reader.find(key);
    if (!node) continue;
    for (const auto& child : node->children) {
      if (!outcome.empty() && child.text == outcome)
        reader.faults().missing(
            *node, reader.path(key),
            fmt::format("'{}' is also the outcome; its lags come from own_lag and spatial_lag", outcome));
      if (kind && names_own_coefficient(*kind, child.text))
        reader.faults().missing(*node, reader.path(key),
                                fmt::format("'{}' is the name of a coefficient of the model itself; call the "
                                            "column otherwise in the pack",
                                            child.text));
    }
  }
}

ModelEntry read_model(const ConfigNode& table, std::size_t k, FaultList& faults, Words& used) {
  const TableReader reader(table, entry_path("model", table, k), faults, keys_of("model"));
  ModelEntry entry;
  ModelKind kind = ModelKind::spatial_lag_panel;
  ModelCommon shared;
  shared.line = table.line;
  read_name(reader, shared.name, used);
  if (!reader.find("kind"))
    faults.missing(table, reader.path("kind"),
                   fmt::format("is missing; one of {}", fmt::join(names_of<ModelKind>(), ", ")));
  if (!reader.find("outcome"))
    faults.missing(table, reader.path("outcome"), "is missing; name the column that the model explains");
  entry.kind_known = reader.choice("kind", kind) != nullptr;
  reader.text("outcome", shared.outcome);
  reader.choice("better", shared.better);
  reader.number("level", shared.level, {0.5, 1.0, Range::Ends::open});
  const ConfigNode* interval = reader.choice("interval", shared.interval);
  reader.text("restrict_to", shared.restrict_to);
  read_covariance(reader, entry.kind_known ? std::optional(kind) : std::nullopt, shared.covariance);
  check_covariates(reader, shared.outcome, entry.kind_known ? std::optional(kind) : std::nullopt);
  if (entry.kind_known) {
    if (interval) check_interval(reader, *interval, kind, shared);
    refuse_foreign_keys(reader, kind);
    read_estimators(reader, kind, shared);
  }
  const auto finish = [&](auto model) {
    static_cast<ModelCommon&>(model) = shared;
    if (entry.kind_known) read_own(reader, model);
    if constexpr (std::is_same_v<decltype(model), IvModel>) read_grid(reader, model);
    if (entry.kind_known) check_estimators(reader, model);
    entry.config = std::move(model);
  };
  switch (kind) {
    case ModelKind::spatial_lag_panel:
      finish(PanelModel{});
      break;
    case ModelKind::iv:
      finish(IvModel{});
      break;
    case ModelKind::spatial_autoregression:
      finish(SarModel{});
      break;
  }
  return entry;
}

}  // namespace

std::vector<Estimator> offered_by(ModelKind kind, const ModelCommon& model) {
  std::vector<Estimator> list = model.estimators;
  if (!list.empty())
    for (const Estimator one : estimators_of(kind))
      if (row_of(one).listed == EstimatorRow::Listed::always && !contains(list, one)) list.push_back(one);
  return list;
}

std::string cell_name(const std::vector<std::string>& endogenous,
                      const std::vector<std::string>& instruments) {
  return fmt::format("{}:{}", fmt::join(endogenous, "+"), fmt::join(instruments, "+"));
}

std::string headline_cell(const IvModel& model) {
  if (!model.headline_cell.empty()) return model.headline_cell;
  return model.proxies.empty() ? cell_name(model.endogenous, model.instruments)
                               : cell_name({model.proxies.front()}, model.instrument_sets.back());
}

std::vector<ModelEntry> read_models(const ConfigNode& root, FaultList& faults) {
  std::vector<ModelEntry> models;
  Words used;
  for (const ConfigNode* table : tables_of(root, "model", faults))
    models.push_back(read_model(*table, models.size(), faults, used));
  return models;
}

}  // namespace spillway
