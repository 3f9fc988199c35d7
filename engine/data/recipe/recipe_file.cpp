// TOML -> Recipe. Every fault is collected with the line where it stands; unknown keys name the nearest known
// one.
#include "engine/data/recipe/recipe_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <set>

#include "engine/base/files.hpp"
#include "engine/config/config_tree.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/encoding.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/recipe/recipe_keys.hpp"

namespace spillway::recipe {
namespace {

class Reader {
 public:
  explicit Reader(std::string file) { recipe_.file = std::move(file); }

  Recipe read(const toml::table& root) {
    if (!root.contains("pack") && (root.contains("run") || root.contains("model")))
      throw InputError(
          std::vector<Fault>{{recipe_.file, 1, "", "",
                              "is the configuration of a run; expected a recipe, as in configs/packs "
                              "(`spillway run` takes this file)"}});
    Keys keys = keys_of(root, "");
    section(keys, "pack", [&](const toml::table& table) { read_pack(table); });
    keys.each_table("source", [&](const toml::table& table) { read_source(table); });
    keys.each_table("table", [&](const toml::table& table) { read_table(table); });
    section(keys, "areas", [&](const toml::table& table) { recipe_.areas = read_areas(table); });
    optional(keys, "panel", recipe_.panel, [&](const toml::table& table) { return read_panel(table); });
    optional(keys, "edges", recipe_.edges,
             [&](const toml::table& table) { return read_links(table, "edges."); });
    optional(keys, "flows", recipe_.flows,
             [&](const toml::table& table) { return read_links(table, "flows."); });
    keys.each_table("file", [&](const toml::table& table) { read_file(table); });
    keys.finish();
    check_names();
    if (!faults_.empty()) throw InputError(std::move(faults_));
    return std::move(recipe_);
  }

 private:
  Keys keys_of(const toml::table& table, const std::string& place) {
    return {table, place, recipe_.file, faults_};
  }

  void section(Keys& keys, const std::string& key, const std::function<void(const toml::table&)>& body) {
    const toml::node* node = keys.required(key);
    if (node == nullptr) return;
    if (const toml::table* table = node->as_table())
      body(*table);
    else
      keys.fault(node, key, "", "a table is expected");
  }

  void optional(Keys& keys, const std::string& key, std::optional<Output>& output,
                const std::function<Output(const toml::table&)>& body) {
    if (keys.find(key) != nullptr)
      section(keys, key, [&](const toml::table& table) { output = body(table); });
  }

  void read_pack(const toml::table& table) {
    Keys keys = keys_of(table, "pack.");
    recipe_.name = keys.required_text("name");
    recipe_.geography = keys.required_text("geography");
    recipe_.description = trimmed(keys.required_text("description"));
    recipe_.stands_in = keys.texts("stands_in");
    if (const toml::node* node = keys.required("period_years")) {
      const double years = node->is_number() ? node->value<double>().value_or(0.0) : 0.0;
      const bool uneven = node->value_exact<std::string>().value_or("") == "uneven";
      if (!uneven && !(years > 0.0 && std::isfinite(years)))
        keys.fault(node, "period_years", "", "a number of years above 0, or \"uneven\", is expected");
      recipe_.period_years = uneven ? 0.0 : years;
    }
    keys.finish();
  }

  void read_source(const toml::table& table) {
    Keys keys = keys_of(table, "source.");
    Source source;
    source.line = line_of(table);
    source.name = keys.required_text("name");
    source.path = keys.required_text("path");
    source.publisher = keys.required_text("publisher");
    source.licence = keys.required_text("licence");
    source.vintage = keys.required_text("vintage");
    source.sha256 = keys.text("sha256");
    source.note = trimmed(keys.text("note"));
    source.text = keys.texts("text");
    read_sheet(keys, source);
    const std::filesystem::path path(source.path);
    if (path.is_absolute() || std::find(path.begin(), path.end(), "..") != path.end())
      keys.fault(table.get("path"), "path", source.path, "leads outside --data; a path below it is expected");
    keys.finish();
    recipe_.sources.push_back(std::move(source));
  }

  static void read_sheet(Keys& keys, Source& source) {
    SheetFormat& sheet = source.sheet;
    if (const toml::node* node = keys.find("delimiter")) {
      const std::string given = keys.as_text(node, "delimiter");
      const std::map<std::string, char> names = {
          {"comma", ','}, {"semicolon", ';'}, {"tab", '\t'}, {"pipe", '|'}, {"\t", '\t'}};
      const auto name = names.find(given);
      const bool one = given.size() == 1 && given[0] > ' ' && given[0] < '\x7f' && given[0] != '"';
      if (name != names.end() || one)
        sheet.delimiter = name != names.end() ? name->second : given[0];
      else if (node->is_string())
        keys.fault(node, "delimiter", given, "one character is expected, or comma, semicolon, tab or pipe");
    }
    if (const toml::node* node = keys.find("encoding")) {
      sheet.encoding = keys.as_text(node, "encoding");
      sheet.encoding = lower_case(sheet.encoding);
      const auto& known = known_encodings();
      if (node->is_string() && std::find(known.begin(), known.end(), sheet.encoding) == known.end())
        keys.fault(node, "encoding", sheet.encoding,
                   fmt::format("unknown; one of {} is expected", fmt::join(known, ", ")));
    }
    if (const toml::node* node = keys.find("skip_rows")) {
      const auto rows = node->value_exact<std::int64_t>();
      if (!rows || *rows < 0 || *rows > 1'000'000)
        keys.fault(node, "skip_rows", "", "a whole number of rows above the header is expected");
      else
        sheet.skip_rows = static_cast<std::size_t>(*rows);
    }
    sheet.header = keys.text("header");
    if (const toml::node* node = keys.find("until")) sheet.until = keys.as_text(node, "until");
    if (const toml::node* node = keys.find("thousands")) {
      sheet.thousands = keys.as_text(node, "thousands");
      if (sheet.thousands.find_first_of("0123456789+-\"") != std::string::npos)
        keys.fault(node, "thousands", sheet.thousands, "a sign such as ',' or ' ' is expected");
    }
    if (const toml::node* node = keys.find("decimal")) {
      const std::string sign = keys.as_text(node, "decimal");
      if (node->is_string() && sign != "." && sign != ",")
        keys.fault(node, "decimal", sign, "unknown; '.' or ',' is expected");
      else if (!sign.empty())
        sheet.decimal = sign[0];
      if (!sheet.thousands.empty() && sheet.thousands[0] == sheet.decimal)
        keys.fault(node, "decimal", sign, "stands between thousands as well; two signs are expected");
    } else if (sheet.thousands == ".") {
      sheet.decimal = ',';
    }
    if (const toml::node* node = keys.find("percent")) {
      const bool share = node->value_exact<std::string>().value_or("") == "share";
      if (!share && !node->is_boolean())
        keys.fault(node, "percent", "", "true (12.3% is 12.3) or \"share\" (12.3% is 0.123) is expected");
      sheet.percent = share                                       ? Percent::share
                      : node->value_exact<bool>().value_or(false) ? Percent::percent
                                                                  : Percent::text;
    }
    if (keys.find("missing") != nullptr) source.missing = keys.texts("missing");
  }

  void read_table(const toml::table& table) {
    Keys keys = keys_of(table, "table.");
    TableRecipe result;
    result.line = line_of(table);
    result.name = keys.required_text("name");
    result.from = keys.required_text("from");
    result.area = keys.text("area");
    result.period = keys.text("period");
    if (result.area.empty() != result.period.empty())
      keys.fault(nullptr, result.area.empty() ? "area" : "period", "",
                 "missing; area and period go together");
    keys.each_table("steps", [&](const toml::table& step) { read_step(step, result.name, result.steps); });
    keys.finish();
    recipe_.tables.push_back(std::move(result));
  }

  void read_step(const toml::table& table, const std::string& of, std::vector<Step>& steps) {
    static const std::vector<std::pair<std::string, Verb>> verbs = {
        {"filter", Verb::filter}, {"join", Verb::join}, {"longer", Verb::longer},   {"group", Verb::group},
        {"rename", Verb::rename}, {"keep", Verb::keep}, {"require", Verb::require}, {"expect", Verb::expect},
        {"derive", Verb::derive}};  // last: a group has a derive of its own
    Keys keys = keys_of(table, fmt::format("table '{}' step ", of));
    Step step;
    step.line = line_of(table);
    const auto verb = std::find_if(verbs.begin(), verbs.end(),
                                   [&](const auto& each) { return table.contains(each.first); });
    if (verb == verbs.end()) {
      std::vector<std::string> names;
      for (const auto& each : verbs) names.push_back(each.first);
      const std::string key = table.empty() ? "" : std::string(table.begin()->first.str());
      keys.fault(nullptr, key, "",
                 fmt::format("no verb in this step; one of {} is expected", fmt::join(names, ", ")));
      return;
    }
    step.verb = verb->second;
    const std::string& word = verb->first;
    switch (step.verb) {
      case Verb::filter:
        step.condition = keys.as_expression(keys.required(word), word);
        break;
      case Verb::derive:
        step.derive = keys.assignments(word);
        break;
      case Verb::join:
        step.table = keys.required_text(word);
        step.by = keys.pairs(keys.required("by"), "by");
        step.columns = keys.pairs(keys.find("columns"), "columns");
        step.unmatched = keys.choice<Unmatched>(
            "unmatched", {{"fault", Unmatched::fault}, {"keep", Unmatched::keep}, {"drop", Unmatched::drop}});
        break;
      case Verb::longer:
        read_longer(keys, step);
        break;
      case Verb::group:
        step.names = keys.texts(word);
        step.derive = keys.assignments("derive");
        break;
      case Verb::rename:
        step.columns = keys.pairs(keys.required(word), word);
        break;
      case Verb::keep:
        step.names = keys.texts(word);
        break;
      case Verb::require:
        step.condition = keys.as_expression(keys.required(word), word);
        step.message = keys.required_text("message");
        break;
      case Verb::expect: {
        step.condition = keys.as_expression(keys.required(word), word);
        const toml::node* rows = keys.required("rows");
        if (rows != nullptr && !rows->is_integer())
          keys.fault(rows, "rows", "", "a whole number is expected");
        if (rows != nullptr) step.rows = static_cast<long>(rows->value<std::int64_t>().value_or(0));
        break;
      }
    }
    keys.finish();
    steps.push_back(std::move(step));
  }

  static void read_longer(Keys& keys, Step& step) {
    step.columns = keys.pairs(keys.required("longer"), "longer");
    for (const NamePair& pair : step.columns)
      if (pair.from.find("{}") == std::string::npos)
        keys.fault(nullptr, "longer", pair.from,
                   "no {} where the period stands; 'score = score_{}' is expected");
    step.period = keys.required_text("period");
    const toml::node* periods = keys.required("periods");
    if (periods == nullptr) return;
    const toml::array* list = periods->as_array();
    if (list == nullptr || list->empty()) {
      keys.fault(periods, "periods", "", "a list of whole numbers is expected");
      return;
    }
    for (const toml::node& each : *list) {
      const auto value = each.value_exact<std::int64_t>();
      if (!value || *value < -100'000 || *value > 100'000)
        keys.fault(&each, "periods", "", "a whole number such as a year is expected");
      else
        step.periods.push_back(static_cast<int>(*value));
    }
  }

  void read_columns(Keys& keys, const std::string& place, Output& output) {
    const toml::node* node = keys.required("columns");
    if (node == nullptr) return;
    const toml::table* columns = node->as_table();
    if (columns == nullptr) {
      keys.fault(node, "columns", "", "a table of columns is expected");
      return;
    }
    for (const auto& [key, value] : *columns) {
      OutputColumn column;
      column.name = std::string(key.str());
      column.line = line_of(value);
      const toml::table* table = value.as_table();
      if (table == nullptr) {
        keys.fault(&value, "columns." + column.name, "",
                   "{ is = \"expression\", unit = \"...\" } is expected");
        continue;
      }
      Keys inside = keys_of(*table, place + column.name + ".");
      column.is = inside.as_expression(inside.required("is"), "is");
      column.unit = inside.text("unit");
      column.description = trimmed(inside.text("description"));
      column.price_base = inside.text("price_base");
      if (column.unit.find("GBP") != std::string::npos && column.price_base.empty())
        inside.fault(nullptr, "price_base", "", "missing; money needs its price base year, or \"current\"");
      inside.finish();
      output.columns.push_back(std::move(column));
    }
    // toml++ keeps keys in alphabetical order; the file's own order is the author's.
    std::stable_sort(output.columns.begin(), output.columns.end(),
                     [](const OutputColumn& a, const OutputColumn& b) { return a.line < b.line; });
  }

  Output read_areas(const toml::table& table) {
    Keys keys = keys_of(table, "areas.");
    Output output;
    output.line = line_of(table);
    output.table = keys.required_text("table");
    output.key = keys.required_text("key");
    output.count = keys.texts("count");
    read_columns(keys, "areas.columns.", output);
    if (const toml::node* node = keys.find("codes")) {
      output.any_codes = node->value_exact<std::string>().value_or("") == "any";
      if (!output.any_codes)
        keys.fault(node, "codes", "", "\"any\" is expected: codes that need not be alike");
    }
    for (const std::string& name : output.count) {
      const auto same = [&](const OutputColumn& column) { return column.name == name; };
      if (std::none_of(output.columns.begin(), output.columns.end(), same))
        keys.fault(table.get("count"), "count", name, "no such column; one of [areas.columns] is expected");
    }
    keys.finish();
    return output;
  }

  Outside read_outside(Keys& keys) {
    return keys.choice<Outside>("outside", {{"fault", Outside::fault}, {"drop", Outside::drop}});
  }

  Output read_panel(const toml::table& table) {
    Keys keys = keys_of(table, "panel.");
    Output output;
    output.line = line_of(table);
    output.table = keys.required_text("table");
    output.key = keys.required_text("area");
    output.period = keys.required_text("period");
    output.outside = read_outside(keys);
    read_columns(keys, "panel.columns.", output);
    keys.finish();
    return output;
  }

  Output read_links(const toml::table& table, const std::string& place) {
    Keys keys = keys_of(table, place);
    Output output;
    output.line = line_of(table);
    output.table = keys.required_text("table");
    output.from = keys.required_text("from");
    output.to = keys.required_text("to");
    output.weight =
        keys.as_expression(place == "flows." ? keys.required("weight") : keys.find("weight"), "weight");
    output.outside = read_outside(keys);
    keys.finish();
    return output;
  }

  void read_file(const toml::table& table) {
    Keys keys = keys_of(table, "file.");
    CarriedFile file;
    file.line = line_of(table);
    file.role = keys.required_text("role");
    file.source = keys.required_text("source");
    file.lookup = keys.text("lookup");
    file.from = keys.text("from");
    if (file.lookup.empty() != file.from.empty())
      keys.fault(nullptr, file.lookup.empty() ? "lookup" : "from", "",
                 "missing; lookup and from go together");
    if (!file.lookup.empty() && file.role != "boundaries")
      keys.fault(table.get("lookup"), "lookup", file.lookup,
                 fmt::format("carries boundaries from other areas; role '{}' goes into the pack as it is",
                             file.role));
    if (!file.from.empty() && file.from == recipe_.geography)
      keys.fault(table.get("from"), "from", file.from,
                 "is the geography of the pack itself; that of the boundaries is expected");
    keys.finish();
    recipe_.files.push_back(std::move(file));
  }

  void refer(const std::string& name, const std::vector<std::string>& known, long line,
             const std::string& key) {
    if (name.empty() || std::find(known.begin(), known.end(), name) != known.end()) return;
    const std::string near = nearest_word(name, known);
    faults_.push_back(
        {recipe_.file, line, key, name,
         near.empty() ? fmt::format("no such source or earlier table; there are {}", fmt::join(known, ", "))
                      : fmt::format("no such source or earlier table; did you mean '{}'?", near)});
  }

  /// Sources and tables share one space of names, each known only below where it is made.
  void check_names() {
    std::vector<std::string> sources, known;
    const auto add = [&](const std::string& name, long line, const char* key) {
      if (name.empty()) return;
      if (std::find(known.begin(), known.end(), name) != known.end())
        faults_.push_back(
            {recipe_.file, line, key, name, "the name is used twice; each source and table has its own"});
      known.push_back(name);
    };
    for (const Source& source : recipe_.sources) add(source.name, source.line, "source.name");
    sources = known;
    for (const TableRecipe& table : recipe_.tables) {
      refer(table.from, known, table.line, "table.from");
      for (const Step& step : table.steps) refer(step.table, known, step.line, "join");
      add(table.name, table.line, "table.name");
    }
    refer(recipe_.areas.table, known, recipe_.areas.line, "areas.table");
    if (recipe_.panel) refer(recipe_.panel->table, known, recipe_.panel->line, "panel.table");
    if (recipe_.edges) refer(recipe_.edges->table, known, recipe_.edges->line, "edges.table");
    if (recipe_.flows) refer(recipe_.flows->table, known, recipe_.flows->line, "flows.table");
    for (const CarriedFile& file : recipe_.files) {
      refer(file.source, sources, file.line, "file.source");
      refer(file.lookup, sources, file.line, "file.lookup");
    }
  }

  Recipe recipe_;
  std::vector<Fault> faults_;
};

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& name) {
  refuse_deep_toml(text, name);
  try {
    const toml::table root = toml::parse(text, name);
    return Reader(name).read(root);
  } catch (const toml::parse_error& error) {
    throw InputError(std::vector<Fault>{{name, static_cast<long>(error.source().begin.line), "", "",
                                         fmt::format("not TOML: {}", error.description())}});
  }
}

Recipe read_recipe(const std::filesystem::path& file) {
  return parse_recipe(read_file(file, "recipe"), file.string());
}

}  // namespace spillway::recipe
