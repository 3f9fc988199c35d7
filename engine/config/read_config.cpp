// The configuration as a whole: plain sections, and what must agree between sections.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <tuple>

#include "engine/base/constants.hpp"
#include "engine/base/files.hpp"
#include "engine/base/text.hpp"
#include "engine/config/config_parts.hpp"

namespace spillway {

namespace {

using Words = std::vector<std::string>;

/// The named section as a table of its own, empty where it is absent or no table.
const ConfigNode& section(const TableReader& root, const std::string& key) {
  static const ConfigNode none;
  const ConfigNode* node = root.table_at(key);
  return node ? *node : none;
}

void refuse_empty(const TableReader& reader, const std::string& key, const std::string& remedy) {
  if (const ConfigNode* node = reader.find(key);
      node && node->kind == ConfigNode::Kind::text && node->text.empty())
    reader.faults().missing(*node, reader.path(key), "is empty; " + remedy);
}

void read_run(const TableReader& root, RunConfig& config) {
  const TableReader reader(section(root, "run"), "run", root.faults(), keys_of("run"));
  if (const ConfigNode* node = reader.text("name", config.name); node && config.name.empty())
    refuse_empty(reader, "name", "name the run or leave the key out");
  else if (const std::string fault = node ? file_name_fault(config.name) : ""; !fault.empty())
    reader.faults().add(*node, reader.path("name"),
                        fault + "; expected a plain name, it names the result file");
  reader.seed("seed", config.seed);
  reader.integer("threads", config.threads, 0, 4096);
  reader.number("memory_gb", config.memory_gb, {0.0, 1e6});
  reader.flag("reproducible", config.reproducible);
}

void read_data(const TableReader& root, RunConfig& config) {
  const TableReader reader(section(root, "data"), "data", root.faults(), keys_of("data"));
  reader.text("pack", config.pack);
  if (const std::string fault = config.pack.empty() ? "" : path_fault(config.pack); !fault.empty())
    reader.faults().add(*reader.find("pack"), reader.path("pack"), fault + "; expected the name of a folder");
  refuse_empty(reader, "pack", "write \"synthetic\" or a folder with a pack.toml");
  reader.seed("synthetic_seed", config.synthetic_seed);
  reader.integer("synthetic_areas", config.synthetic_areas, 100, 10'000'000);
  reader.choice("policy_truth", config.synthetic_policy_truth, {"structural", "own"});
  reader.choice("strength", config.synthetic_strength, {"plausible", "sharp"});
  const TableReader areas(section(root, "areas"), "areas", root.faults(), keys_of("areas"));
  areas.text("type", config.area_type);
  refuse_empty(areas, "type", "name the column of types, for example \"area_type\"");
}

void read_weights(const TableReader& root, RunConfig& config) {
  const TableReader reader(section(root, "weights"), "weights", root.faults(), keys_of("weights"));
  const ConfigNode* given = reader.find("kind");
  const ConfigNode* kind =
      reader.choice("kind", config.weights_kind,
                    {"contiguity", "knn", "distance_band", "inverse_distance", "file", "flows"});
  reader.flag("row_standardise", config.row_standardise);
  reader.choice("islands", config.islands, {"error", "keep-zero", "attach-nearest"});
  reader.integer("k", config.knn, 1, 1000);
  reader.number("cutoff_km", config.cutoff_km, {0.0, infinity, Range::Ends::open});
  reader.number("decay", config.decay, {0.0, infinity, Range::Ends::open});
  if (const ConfigNode* path = reader.text("path", config.weights_path))
    config.weights_path_line = path->line;
  reader.choice("values", config.weights_values, {"weight", "distance", "binary"});
  reader.text("ids", config.weights_ids);
  reader.choice("unlisted", config.weights_unlisted, {"refuse", "islands"});
  reader.text("size", config.weights_size);
  if (const ConfigNode* size = reader.find("size"); size && !config.row_standardise)
    reader.faults().add(*size, reader.path("size"),
                        "weighs neighbours against each other, which needs row_standardise = true");
  if (given && !kind) return;
  const std::string& name = config.weights_kind;
  const bool distances = name == "distance_band" || name == "inverse_distance";
  if (distances && !reader.find("cutoff_km"))
    reader.faults().missing(
        *kind, reader.path("cutoff_km"),
        fmt::format("is missing: {} needs the largest distance in km; write, for example, "
                    "cutoff_km = 5",
                    name));
  if (name == "file" && config.weights_path.empty() &&
      !(reader.find("path") && !reader.find("path")->text.empty()))
    reader.faults().missing(*kind, reader.path("path"),
                            "is missing: kind file needs a file of the pack, edges.csv or a .gal or .gwt");
  const std::vector<std::tuple<std::string, std::string, bool>> uses = {
      {"k", "knn", name == "knn"},
      {"cutoff_km", "distance_band, inverse_distance", distances},
      {"decay", "inverse_distance, or a file with values = \"distance\"",
       name == "inverse_distance" || (name == "file" && config.weights_values == "distance")},
      {"path", "file", name == "file"},
      {"values", "file", name == "file"},
      {"ids", "file", name == "file"},
      {"unlisted", "file, contiguity", name == "file" || name == "contiguity"}};
  for (const auto& [key, users, used] : uses)
    if (const ConfigNode* node = reader.find(key); node && !used)
      reader.faults().add(*node, reader.path(key),
                          fmt::format("kind {} does not use it; remove it (it is for {})", name, users));
}

void read_bootstrap(const TableReader& root, RunConfig& config) {
  const TableReader reader(section(root, "bootstrap"), "bootstrap", root.faults(), keys_of("bootstrap"));
  reader.choice("scheme", config.bootstrap_scheme);
  reader.text("cluster", config.bootstrap_cluster);
  reader.choice("wild_weights", config.wild_weights, {"rademacher", "webb", "mammen"});
  const bool replicates =
      !reader.find("replicates") || reader.integer("replicates", config.replicates, 1, 100'000'000);
  const ConfigNode* draws = reader.integer("draws", config.draws, 1, 100'000'000);
  if (!reader.find("draws")) config.draws = config.replicates;
  if (draws && replicates && config.draws > config.replicates)
    reader.faults().add(
        *draws, reader.path("draws"),
        fmt::format("is more than the {0} replicates, and draw d uses the d-th successful replicate; "
                    "lower draws to {0} or raise replicates to {1}",
                    config.replicates, config.draws));

  // Clusters are never guessed: they decide how wide every interval is.
  if (!config.bootstrap_cluster.empty()) return;
  const ConfigNode* named = reader.find("cluster");
  if (named && named->kind != ConfigNode::Kind::text) return;
  std::string reason;
  if (root.find("bootstrap"))
    reason = "the bootstrap draws whole clusters";
  else if (!config.scenarios.empty())
    reason = "scenarios need joint draws, and the bootstrap draws whole clusters";
  for (const auto& each : config.models)
    if (const ModelCommon& model = common(each); reason.empty() && model.interval != IntervalKind::decided &&
                                                 model.interval != IntervalKind::normal &&
                                                 model.interval != IntervalKind::year_clusters)
      reason = fmt::format("the {} interval of model '{}' draws whole clusters", name_of(model.interval),
                           model.name);
  if (!reason.empty())
    reader.faults().missing(named ? *named : reader.table(), reader.path("cluster"),
                            fmt::format("is {}: {}; write cluster = \"lad_code\" in [bootstrap]",
                                        named ? "empty" : "missing", reason));
}

/// The grouping that other words of it stand for: "local authority", "area_type x region"; else the nearest.
std::string meant_grouping(const std::string& word, const Words& known) {
  const auto find = [&](const std::string& one) -> std::string {
    for (const auto& [said, meant] :
         {std::pair{"local_authority", "lad"}, std::pair{"authority", "lad"}, std::pair{"district", "lad"},
          std::pair{"council", "lad"}, std::pair{"england", "nation"}, std::pair{"country", "nation"},
          std::pair{"mayoral_authority", "combined_authority"}, std::pair{"type", "area_type"}})
      if (nearest_word(one, {said}) == said) return meant;
    return nearest_word(one, known);
  };
  for (const std::string_view mark : {" x ", " by ", "*", "/", "+", ","}) {
    const std::size_t at = word.find(mark);
    if (at == std::string::npos) continue;
    const std::string first = find(word.substr(0, at)), second = find(word.substr(at + mark.size()));
    return first.empty() || second.empty() || first == second ? "" : first + ":" + second;
  }
  return find(word);
}

/// One of the groupings, two of them crossed ("area_type:combined_authority"), or a list of places.
void read_groupings(const TableReader& reader, RunConfig& config) {
  const Words known = {"nation", "region", "combined_authority", "lad", "area_type"};
  Words read;
  if (!reader.texts("groupings", read)) return;
  const ConfigNode& node = *reader.find("groupings");
  bool good = true;
  for (const ConfigNode& child : node.children) {
    if (child.text.starts_with("list:")) {
      if (child.text.size() > 5) continue;
      reader.faults().add(child, reader.path("groupings"), "names no file; write \"list:places.csv\"");
      good = false;
      continue;
    }
    const auto colon = child.text.find(':');
    const Words parts = colon == std::string::npos
                            ? Words{child.text}
                            : Words{child.text.substr(0, colon), child.text.substr(colon + 1)};
    for (const std::string& part : parts) {
      std::string fault;
      if (std::find(known.begin(), known.end(), part) == known.end()) {
        const std::string near = meant_grouping(part, known);
        fault = fmt::format("is not one of {} (or a list of places, \"list:places.csv\"){}",
                            fmt::join(known, ", "),
                            near.empty() ? "" : fmt::format("; did you mean '{}'?", near));
        if (parts.size() > 1) fault = fmt::format("crosses '{}', which {}", part, fault);
      } else if (parts.size() > 1 && (part == "nation" || parts.front() == parts.back())) {
        fault =
            "crosses a grouping with itself or with the nation; cross two, for example "
            "\"area_type:combined_authority\"";
      }
      if (fault.empty()) continue;
      reader.faults().add(child, reader.path("groupings"), fault);
      good = false;
      break;
    }
  }
  if (good) config.groupings = std::move(read);
}

void read_outcomes(const TableReader& root, RunConfig& config) {
  std::vector<std::string> known = keys_of("outcomes");
  known.push_back("process_noise");  // withdrawn: read, so that its reason can be said, and offered nowhere
  const TableReader reader(section(root, "outcomes"), "outcomes", root.faults(), known);
  if (const ConfigNode* horizon = reader.find("horizon");
      horizon && horizon->kind == ConfigNode::Kind::integer && horizon->integer >= 1990 &&
      horizon->integer <= 2100)
    reader.faults().add(
        *horizon, reader.path("horizon"),
        "looks like a year; the horizon counts periods ahead of the last observed one, from 1 to 200 "
        "(write horizon = 10 for ten)");
  else
    reader.integer("horizon", config.horizon, 1, 200);
  reader.number("period_years", config.period_years, {0.0, 1000.0, Range::Ends::open});
  const Words outcomes = {"uplift", "cumulative_uplift", "gva_per_head_uplift", "discounted_gva_uplift",
                          "cumulative_uplift_split"};
  const ConfigNode* area = reader.texts("area", config.area_outcomes, outcomes);
  const auto has = [&](const char* name) {
    return std::find(config.area_outcomes.begin(), config.area_outcomes.end(), name) !=
           config.area_outcomes.end();
  };
  if (area && has("cumulative_uplift_split") && !has("cumulative_uplift"))
    reader.faults().add(*area, reader.path("area"),
                        "has the split of cumulative_uplift without cumulative_uplift; list both");
  if (area && config.area_outcomes.empty())
    reader.faults().add(*area, reader.path("area"),
                        fmt::format("is empty; choose from {}", fmt::join(outcomes, ", ")));
  const ConfigNode* quantiles = reader.numbers("quantiles", config.quantiles, {0.0, 1.0, Range::Ends::open});
  if (quantiles && config.quantiles.empty())
    reader.faults().add(*quantiles, reader.path("quantiles"),
                        "is empty; list at least one, for example [0.5]");
  for (std::size_t k = 1; quantiles && k < config.quantiles.size(); ++k)
    if (!(config.quantiles[k - 1] < config.quantiles[k]))
      reader.faults().add(*quantiles, reader.path("quantiles"),
                          fmt::format("{} follows {}; list them in ascending order, each once",
                                      config.quantiles[k], config.quantiles[k - 1]));
  read_groupings(reader, config);
  reader.texts("keep_draws_of", config.keep_draws_of);
  bool noise = false;
  reader.flag("process_noise", noise);
  if (noise)
    reader.faults().add(
        *reader.find("process_noise"), reader.path("process_noise"),
        "is withdrawn (it never had an effect): shocks to come cancel between a policy and its "
        "counterfactual "
        "where the policy adds shocks alone, and are left out where it changes W or rho; there the sampling "
        "error of counterfactual growth is drawn; leave it out");
  const TableReader counterfactual(section(root, "counterfactual"), "counterfactual", root.faults(),
                                   keys_of("counterfactual"));
  counterfactual.text("growth", config.counterfactual_growth);
  refuse_empty(counterfactual, "growth", "write \"shrunk_mean\" or a column of areas");
}

void read_store(const TableReader& root, RunConfig& config) {
  const TableReader reader(section(root, "store"), "store", root.faults(), keys_of("store"));
  const ConfigNode* keep = reader.choice("keep", config.keep, {"full", "groups", "summary"});
  if (keep && config.keep != "full" && !config.keep_draws_of.empty())
    reader.faults().add(
        *keep, reader.path("keep"),
        "leaves out what is by area, and outcomes.keep_draws_of asks for draws of areas; write "
        "keep = \"full\", or leave keep_draws_of out");
}

/// Years that are added to a series of deflators: [appraisal.deflators] 2025 = { value = ..., source = ... }.
void read_deflators(const TableReader& reader, RunConfig& config) {
  reader.choice("deflator_series", config.deflator_series, {"gdp-2025-12", "gva-england-2023"});
  const ConfigNode* years = reader.table_at("deflators");
  if (!years) return;
  for (const auto& child : years->children) {
    const std::string path = reader.path("deflators." + child.key);
    int year = 0;
    for (const char digit : child.key)
      year = digit >= '0' && digit <= '9' && year < 10000 ? 10 * year + (digit - '0') : 100000;
    if (year < 1900 || year > 2200) {
      reader.faults().missing(child, path, "is no year; write 2025 = { value = ..., source = \"...\" }");
      continue;
    }
    ParameterValue value;
    if (!read_parameter(child, path, reader.faults(), value)) continue;
    const auto* index = std::get_if<Distribution>(&value);
    if (!index || !index->values.contains("value") || !(index->values.at("value") > 0.0))
      reader.faults().missing(
          child, path,
          "is no index above 0; write { value = ..., source = \"...\" } on the base of the series");
    else if (index->source.empty())
      reader.faults().missing(child, path, "has no source; write { value = ..., source = \"...\" }");
    else
      config.deflators.emplace(year, *index);
  }
}

void read_appraisal(const TableReader& root, RunConfig& config) {
  const TableReader reader(section(root, "appraisal"), "appraisal", root.faults(), keys_of("appraisal"));
  reader.choice("rulebook", config.rulebook, {"green-book-2022", "green-book-2026"});
  reader.integer("price_base_year", config.price_base_year, 1990, 2100);
  reader.integer("discount_base_year", config.discount_base_year, 1990, 2100);
  reader.integer("appraisal_years", config.appraisal_years, 1, 500);
  reader.integer("first_year", config.first_year, 1990, 2100);
  read_deflators(reader, config);
  reader.choice("reference_option", config.reference_option, {"business_as_usual", "do_minimum"});
  reader.text("optimism_bias_class", config.optimism_bias_class);
  reader.number("capital_share", config.capital_share, {0.0, 1.0});
  if (!config.optimism_bias_class.empty() && !(config.capital_share > 0.0))
    reader.faults().missing(
        reader.table(), reader.path("optimism_bias_class"),
        "needs capital_share: the bias is of capital cost alone, and without one no cost is "
        "capital (write capital_share = 0.6, say)");
  reader.number("residual_persistence", config.residual_persistence, {0.0, 1.0});
  reader.flag("lower_rate", config.lower_rate);
  if (config.lower_rate && config.appraisal_years <= 50)
    reader.faults().missing(
        reader.table(), reader.path("lower_rate"),
        fmt::format("is for effects beyond 50 years and {} are appraised (leave it out, or raise "
                    "appraisal_years)",
                    config.appraisal_years));
  reader.flag("health_rate", config.health_rate);
  reader.choice("department", config.department, {"dft", "mhclg"});
  if (const ConfigNode* envelope = reader.numbers("envelope", config.envelope, {0.0, 1e12}))
    for (const double amount : config.envelope)
      if (amount >= 1e6) {  // a million times GBP 1m a year: pounds
        reader.faults().add(
            *envelope, reader.path("envelope"),
            fmt::format("holds {:g}: it is in GBP m a year; did you mean {:g}?", amount, amount / 1e6));
        break;
      }
  reader.text("income_column", config.income_column);
  if (config.income_column.starts_with("gva"))
    reader.faults().add(
        *reader.find("income_column"), reader.path("income_column"),
        "is output where people work, and weights go by what residents have to live on: disposable "
        "household income or small-area income, a column of areas");
  reader.flag("distributional_weights", config.distributional_weights);
  if (config.distributional_weights && config.income_column.empty())
    reader.faults().missing(reader.table(), reader.path("distributional_weights"),
                            "needs income_column: what residents have to live on (disposable household "
                            "income, a column of areas), "
                            "as output where people work says nothing of them");
  const ConfigNode* benefits = reader.table_at("benefits");
  if (!benefits) return;
  for (const auto& child : benefits->children) {
    const std::string path = reader.path("benefits." + child.key);
    ParameterValue value;
    if (!read_parameter(child, path, reader.faults(), value)) continue;
    const auto* distribution = std::get_if<Distribution>(&value);
    if (distribution && distribution->source.empty())
      reader.faults().add(
          child, path,
          "has no source; a line of benefits says where its value comes from: { value = ..., source = "
          "\"...\" }");
    config.benefits.emplace(child.key, std::move(value));
  }
}

/// A grid of cells without one that leads cannot feed draws.
void require_headline_cells(const ConfigNode& root, RunConfig& config, FaultList& faults) {
  if (config.bootstrap_cluster.empty()) return;
  for (std::size_t k = 0; k < config.models.size(); ++k) {
    const auto* iv = std::get_if<IvModel>(&config.models[k]);
    if (!iv || !iv->headline_cell.empty()) continue;
    const IvModel& model = *iv;
    const ConfigNode& table = root.find("model")->children[k];
    if (table.find("headline_cell") || (model.proxies.empty() && model.instrument_sets.empty())) continue;
    const Words set = model.instrument_sets.empty() ? model.instruments : model.instrument_sets.back();
    const Words rows = model.proxies.empty() ? model.endogenous : model.proxies;
    if (set.empty() || rows.empty()) continue;
    faults.missing(
        table, entry_path("model", table, k) + ".headline_cell",
        fmt::format("is missing; say which cell of the grid feeds the draws, for example \"{}:{}\"",
                    rows.front(), fmt::join(set, "+")));
  }
}

/// The place of every key below `node`, whose own path is `path`.
void note_places(const ConfigNode& node, const std::string& path, std::map<std::string, KeyPlace>& places) {
  for (std::size_t k = 0; k < node.children.size(); ++k) {
    const ConfigNode& child = node.children[k];
    if (node.kind == ConfigNode::Kind::table) {
      const std::string its = path.empty() ? child.key : path + "." + child.key;
      places[its] = {child.line, child.origin};
      note_places(child, its, places);
    } else if (child.kind == ConfigNode::Kind::table) {
      note_places(child, entry_path(path, child, k), places);
    } else if (child.kind == ConfigNode::Kind::text && child.line != node.line) {
      places.emplace(path + ":" + child.text, KeyPlace{child.line, child.origin});
    } else {
      note_places(child, path, places);  // a list of lists: the sets of instruments
    }
  }
}

}  // namespace

Fault fault_of_key(const RunConfig& config, const std::string& path, const std::string& value,
                   const std::string& what) {
  Fault fault{config.file.string(), 0, path, value, what};
  auto place = config.places.find(path + ":" + value);
  if (place == config.places.end()) place = config.places.find(path);
  if (place == config.places.end()) return fault;
  fault.line = place->second.line;
  if (!place->second.origin.empty()) fault.file = place->second.origin;
  return fault;
}

std::vector<const ConfigNode*> tables_of(const ConfigNode& root, const std::string& key, FaultList& faults) {
  std::vector<const ConfigNode*> tables;
  const ConfigNode* node = root.find(key);
  if (!node) return tables;
  if (node->kind != ConfigNode::Kind::list) {
    faults.missing(*node, key, fmt::format("is {}; write [[{}]], one for each", kind_in_words(*node), key));
    return tables;
  }
  for (const auto& child : node->children) {
    if (child.kind == ConfigNode::Kind::table)
      tables.push_back(&child);
    else
      faults.add(child, key,
                 fmt::format("is {} where a table is expected; write [[{}]]", kind_in_words(child), key));
  }
  return tables;
}

std::string entry_path(const std::string& section, const ConfigNode& entry, std::size_t k) {
  const ConfigNode* name = entry.find("name");
  return name && name->kind == ConfigNode::Kind::text && !name->text.empty()
             ? fmt::format("{}.{}", section, name->text)
             : fmt::format("{}[{}]", section, k + 1);
}

void read_name(const TableReader& reader, std::string& name, std::vector<std::string>& used) {
  const ConfigNode* node = reader.find("name");
  if (!node) {
    reader.faults().missing(reader.table(), reader.path("name"),
                            "is missing; results and --set address it by name");
    return;
  }
  if (!reader.text("name", name)) return;
  constexpr std::size_t longest = 100;
  if (name.size() > longest)
    return reader.faults().add(*node, reader.path("name"),
                               fmt::format("has {} letters; expected at most {}", name.size(), longest));
  const bool plain = !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char c) {
    return c < 128 && (std::isalnum(c) || c == '-' || c == '_');
  });
  if (!plain)
    reader.faults().add(
        *node, reader.path("name"),
        name.empty() ? "is empty; results and --set address it by name"
                     : "holds more than letters, digits, - and _; it names a group of the result file");
  else if (std::find(used.begin(), used.end(), name) != used.end())
    reader.faults().add(*node, reader.path("name"), "is used twice; rename one");
  used.push_back(name);
}

RunConfig parse_config(const std::string& text, const std::filesystem::path& file, const Words& overrides) {
  RunConfig config;
  config.file = file;
  config.text = text;
  FaultList faults(file.string());
  ConfigNode root = parse_toml(text, file);
  for (const auto& override_ : overrides) {
    apply_override(root, override_, faults.faults());
    if (!config.text.empty() && config.text.back() != '\n') config.text += '\n';
    config.text += override_comment(override_);
  }

  note_places(root, "", config.places);

  const TableReader reader(root, "", faults, keys_of(""));
  read_run(reader, config);
  read_data(reader, config);
  read_weights(reader, config);
  const std::vector<ModelEntry> models = read_models(root, faults);
  for (const ModelEntry& model : models) config.models.push_back(model.config);
  config.scenarios = read_scenarios(root, models, faults);
  read_correlations(root, config, faults);
  read_bootstrap(reader, config);
  read_outcomes(reader, config);
  read_store(reader, config);
  read_appraisal(reader, config);
  read_coverage(reader, models, config.coverage);
  read_backcast(reader, config);  // the study reads it again; its faults are everybody's
  require_headline_cells(root, config, faults);
  if (config.models.empty() && !root.find("model"))
    faults.missing(ConfigNode{}, "model",
                   "no model is defined; write at least one [[model]], `spillway init` writes an example");
  faults.raise();
  return config;
}

RunConfig read_config(const std::filesystem::path& file, const Words& overrides) {
  return parse_config(read_file(file, "configuration"), file, overrides);
}

}  // namespace spillway
