// A recipe applied to published files: sources, tables, then the parts of the pack.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/base/files.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/csv_layout.hpp"
#include "engine/data/encoding.hpp"
#include "engine/data/limits.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/links.hpp"
#include "engine/data/recipe/recipe.hpp"
#include "engine/data/recipe/recipe_file.hpp"
#include "engine/data/recipe/recipe_steps.hpp"
#include "engine/data/vintage/carry_boundaries.hpp"

namespace spillway {
namespace {

using namespace recipe;

/// The names that some part of the recipe reads as a table.
std::set<std::string> tables_read(const Recipe& recipe) {
  std::set<std::string> names;
  for (const TableRecipe& table : recipe.tables) {
    names.insert(table.from);
    for (const Step& step : table.steps) names.insert(step.table);
  }
  names.insert(recipe.areas.table);
  for (const auto* output : {&recipe.panel, &recipe.edges, &recipe.flows})
    if (*output) names.insert((*output)->table);
  return names;
}

class Builder {
 public:
  Builder(Recipe recipe, std::filesystem::path data, std::filesystem::path scratch,
          std::vector<std::string>& summary)
      : recipe_(std::move(recipe)),
        data_(std::move(data)),
        scratch_(std::move(scratch)),
        summary_(summary),
        log_{recipe_.file, &faults_, &summary} {}

  DataPack build() {
    const std::set<std::string> tables = tables_read(recipe_);
    for (const Source& source : recipe_.sources) read(source, tables.count(source.name) > 0);
    for (const TableRecipe& table : recipe_.tables) make(table);
    build_areas();
    if (recipe_.panel) build_panel(*recipe_.panel);
    if (recipe_.edges) {
      pack_.edges = links(*recipe_.edges, "edges", true);
      if (const std::size_t tail = unlinked_tail(pack_.edges, pack_.areas.rows); tail > 0 && faults_.empty())
        log_.fault(
            recipe_.edges->line, "edges", "",
            fmt::format("no link of the last {} of {} areas, '{}' to '{}'; the table looks cut short, and a "
                        "run would refuse it",
                        tail, pack_.areas.rows, pack_.areas.at("area_code").text(pack_.areas.rows - tail),
                        pack_.areas.at("area_code").text(pack_.areas.rows - 1)));
    }
    if (recipe_.flows) pack_.flows = links(*recipe_.flows, "flows", false);
    describe();
    if (faults_.empty()) faults_ = validate(pack_);
    if (!faults_.empty()) throw InputError(std::move(faults_));
    return std::move(pack_);
  }

 private:
  void read(const Source& source, bool as_table) {
    const std::filesystem::path file = data_ / source.path;
    const std::string bytes = read_bytes(file), digest = sha256(bytes);
    digests_[source.name] = digest;
    if (!source.sha256.empty() && source.sha256 != digest)
      log_.fault(source.line, "source.sha256", digest,
                 fmt::format("{} is not the file the recipe was written for; {} is expected", file.string(),
                             source.sha256));
    if (!as_table) return;
    CsvExpectations expectations;
    expectations.sheet = source.sheet;
    expectations.missing = source.missing;
    for (const std::string& name : source.text) expectations.kinds[name] = ColumnKind::text;
    const std::size_t before = faults_.size();
    Working work;
    CsvTable csv = parse_csv(bytes, file.string(), faults_, expectations);
    work.table = std::move(csv.table);
    for (const std::string& name : source.text)
      if (faults_.size() == before && work.table.find(name) == nullptr)
        log_.fault(source.line, "source.text", name, no_such_column(name, work.table, file.string()));
    if (faults_.size() > before) return;
    work.sources.insert(source.name);
    summary_.push_back(
        fmt::format("source '{}': {} of {}", source.name, counted(work.table.rows, "row"), source.path));
    for (const std::string& note : csv.notes)
      summary_.push_back(fmt::format("source '{}': {}", source.name, note));
    for (const Column& column : work.table.columns) {
      const auto marks = csv.marks.find(column.name);
      if (marks == csv.marks.end()) continue;
      std::vector<std::string> each;
      for (const auto& [mark, cells] : marks->second) each.push_back(fmt::format("{} '{}'", cells, mark));
      summary_.push_back(fmt::format("source '{}': '{}': {} read as missing", source.name, column.name,
                                     fmt::join(each, " and ")));
    }
    lines_.emplace(source.name, std::move(csv.line));
    made_.emplace(source.name, std::move(work));
  }

  /// What `name` stands for, or nullptr where it could not be made: its own faults say why.
  const Working* made(const std::string& name) const {
    const auto found = made_.find(name);
    return found != made_.end() ? &found->second : nullptr;
  }

  void make(const TableRecipe& table) {
    const Working* from = made(table.from);
    if (from == nullptr) return;
    Working work = *from;
    if (apply_steps(table, made_, work, log_)) made_.emplace(table.name, std::move(work));
  }

  /// A column of the pack that must hold numbers and holds texts: its cells that are none, by their file and
  /// line.
  void fault_texts(const OutputColumn& output, const Column& column) {
    for (Fault fault : column.not_numbers) {
      const std::size_t remedy = std::min(fault.what.find(';'), fault.what.size());
      fault.what.insert(remedy, fmt::format(", and '{}' needs numbers", column.name));
      faults_.push_back(std::move(fault));
    }
    if (!column.not_numbers.empty()) return;
    const auto some = std::find_if(column.levels.begin(), column.levels.end(),
                                   [](const std::string& level) { return !level.empty(); });
    log_.fault(
        output.line, column.name, some == column.levels.end() ? "" : shown_cell(*some),
        fmt::format("text, and '{}' needs numbers; number({}) makes them", column.name, output.is.text()));
  }

  /// Evaluate the output columns; those of numbers must say their unit.
  /// @param numbers  names that must hold numbers; null: every name
  std::vector<Column> outputs(const Output& output, const Table& table,
                              const std::set<std::string>* numbers) {
    ExpressionRows rows;
    rows.table = &table;
    std::vector<Column> columns;
    for (const OutputColumn& each : output.columns) {
      Column column;
      if (!evaluate_column(each.is, each.name, rows, each.line, log_, column)) continue;
      if (column.kind == ColumnKind::text &&
          (numbers == nullptr || numbers->count(each.name) > 0 || !each.unit.empty())) {
        fault_texts(each, column);
        continue;
      }
      if (column.kind == ColumnKind::number && each.unit.empty())
        log_.fault(each.line, each.name, each.is.text(),
                   "a column of numbers without a unit; unit = \"...\" is expected "
                   "(\"1\" for a pure number)");
      column.unit = each.unit;
      column.description = each.description;
      column.price_base = each.price_base;
      columns.push_back(std::move(column));
    }
    return columns;
  }

  static std::string no_such_column(const std::string& name, const Table& table, const std::string& file) {
    std::vector<std::string> names;
    for (const Column& each : table.columns) names.push_back(each.name);
    const std::string near = nearest_word(name, names);
    return fmt::format("no such column in {}{}; there are: {}", file,
                       near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), some_of(names));
  }

  const Column* key_column(const Table& table, const std::string& name, long line, const std::string& key) {
    const Column* column = table.find(name);
    if (column != nullptr && column->kind != ColumnKind::text && table.rows == 0) {
      log_.fault(line, key, name, "its table has no rows: a header alone, or a filter that keeps none");
      return nullptr;
    }
    if (column == nullptr || column->kind != ColumnKind::text) {
      std::vector<std::string> names;
      for (const Column& each : table.columns) names.push_back(each.name);
      const std::string near = nearest_word(name, names);
      log_.fault(
          line, key, name,
          column == nullptr
              ? fmt::format("no such column{}; there are: {}",
                            near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), some_of(names))
              : fmt::format("the column holds numbers; area codes are text: say text = [\"{}\"] in its "
                            "[[source]]",
                            name));
      return nullptr;
    }
    return column;
  }

  void build_areas() {
    const Output& output = recipe_.areas;
    const Working* work = made(output.table);
    if (work == nullptr) return;
    const Column* key = key_column(work->table, output.key, output.line, "areas.key");
    if (key == nullptr) return;
    const std::size_t before = faults_.size();
    std::size_t empty = 0, twice = 0, formulas = 0;
    for (std::size_t row = 0; row < work->table.rows; ++row) {
      const std::string& code = key->text(row);
      if (code.empty()) {
        if (++empty <= shown_faults) fault_row(output, row, "", "the row has no area code");
      } else if (code.starts_with("=\"")) {
        if (formulas++ == 0)
          fault_row(output, row, code,
                    fmt::format("a spreadsheet's formula round the code; take it off in a step: {{ derive = "
                                "[\"{0} = replace(replace({0}, '=\\\"', ''), '\\\"', '')\"] }}",
                                output.key));
      } else if (!area_of_.emplace(code, static_cast<std::int32_t>(row)).second) {
        if (++twice <= shown_faults)
          fault_row(output, row, code, "the area stands more than once; one row an area is expected");
      }
    }
    if (empty > shown_faults || twice > shown_faults)
      log_.fault(output.line, output.key, "",
                 fmt::format("in all {} have no area code and {} repeat an area", counted(empty, "row"),
                             counted(twice, "row")));
    if (work->table.rows == 0)
      log_.fault(output.line, "areas.table", output.table, "has no rows; one row an area is expected");
    if (!output.any_codes) check_codes_alike(output, *work, *key);
    areas_whole_ = faults_.size() == before;
    pack_.areas.rows = work->table.rows;
    Column code = *key;
    code.name = "area_code";
    pack_.areas.columns.push_back(std::move(code));
    static const std::set<std::string> numbers = {"population", "easting", "northing"};
    for (Column& column : outputs(output, work->table, &numbers))
      pack_.areas.columns.push_back(std::move(column));
    note_input("areas.csv", "areas", work->sources);
    summary_.push_back(fmt::format("areas: {}, {}", counted(pack_.areas.rows, "area"),
                                   counted(pack_.areas.columns.size(), "column")));
    for (const Column& column : pack_.areas.columns)
      count_missing("areas", column.name, missing_in(column), pack_.areas.rows);
    for (const std::string& name : output.count) count_values(name);
  }

  /// A fault of one row of a table, with its line where the table is a source as it is.
  void fault_row(const Output& output, std::size_t row, const std::string& value, const std::string& what) {
    for (const Source& source : recipe_.sources)
      if (source.name == output.table)
        if (const auto lines = lines_.find(source.name);
            lines != lines_.end() && row < lines->second.size()) {
          faults_.push_back({(data_ / source.path).string(), static_cast<long>(lines->second[row]),
                             output.key, value, what});
          return;
        }
    log_.fault(output.line, output.key, value,
               value.empty() ? fmt::format("row {}: {}", row + 1, what) : what);
  }

  /// Length of codes that are digits with zeros before them, most of one length; 0: they are not so written.
  static std::size_t padded_width(const Column& key) {
    std::map<std::size_t, std::size_t> lengths;
    bool padded = false;
    for (const std::string& code : key.levels) {
      if (code.empty() || code.find_first_not_of("0123456789") != std::string::npos) continue;
      ++lengths[code.size()];
      padded = padded || (code.size() > 1 && code[0] == '0');
    }
    if (!padded) return 0;
    return std::max_element(lengths.begin(), lengths.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

  /// Length of codes that are digits, when nearly all are of one length and it is 2 or more; 0: they are not.
  static std::size_t digits_width(const Column& key) {
    std::map<std::size_t, std::size_t> lengths;
    std::size_t digits = 0;
    for (const std::string& code : key.levels)
      if (!code.empty() && code.find_first_not_of("0123456789") == std::string::npos)
        ++digits, ++lengths[code.size()];
    for (const auto& [length, codes] : lengths)
      if (length >= 2 && codes * 10 >= digits * 9) return length;
    return 0;
  }

  /// Whether a code is one of the list's digits with capitals in some places, as Corsica's 2A and 2B004 among
  /// France's: as long as they are, and its first a digit. A note is not so written.
  static bool digits_and_capitals(const std::string& code, std::size_t width) {
    return width > 0 && code.size() == width && code[0] >= '0' && code[0] <= '9' &&
           std::all_of(code.begin(), code.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
  }

  /// Notes, totals and whole countries are no areas: codes that are unlike nearly all others are faults.
  void check_codes_alike(const Output& output, const Working& work, const Column& key) {
    const std::size_t width = padded_width(key), digits = digits_width(key);
    const auto kind_of = [&](const std::string& code) {
      const std::string kind = digits_and_capitals(code, digits) ? "9" : kind_of_code(code);
      return kind == "9" && width > 0 && code.size() < width ? std::string("9 without its zeros") : kind;
    };
    std::map<std::string, std::size_t> kinds;
    for (const std::int32_t level : key.level) ++kinds[kind_of(key.levels[static_cast<std::size_t>(level)])];
    kinds.erase("");
    const auto usual = std::max_element(kinds.begin(), kinds.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
    if (usual == kinds.end() || usual->first.find('9') == std::string::npos) return;
    std::size_t all = 0;
    for (const auto& [kind, codes] : kinds) all += codes;
    const std::size_t odd = all - usual->second;
    if (odd == 0 || odd * 3 > usual->second || odd > std::max<std::size_t>(20, all / 100)) return;
    std::string example;
    std::vector<std::string> strange;
    for (std::size_t row = 0; row < work.table.rows; ++row) {
      const std::string& code = key.text(row);
      if (code.empty()) continue;
      if (kind_of(code) != usual->first)
        strange.push_back(code);
      else if (example.empty())
        example = code;
    }
    for (std::size_t k = 0; k < std::min(strange.size(), shown_faults); ++k) {
      Fault fault{
          recipe_.file, output.line, output.key, shown_cell(strange[k]),
          fmt::format(
              "not like the other {} ({}), so no area; leave it out with until = \"...\" in [[source]] "
              "or a filter, or say codes = \"any\" in [areas]",
              counted(usual->second, "code"), example)};
      place_in_source(work, output.key, strange[k], fault);
      faults_.push_back(std::move(fault));
    }
    if (strange.size() > shown_faults)
      log_.fault(output.line, output.key, "",
                 fmt::format("and {} more of the kind above", strange.size() - shown_faults));
  }

  /// The file and line where a text of a column came from, where a source has it under that name.
  void place_in_source(const Working& work, const std::string& column, const std::string& text,
                       Fault& fault) const {
    for (const Source& source : recipe_.sources) {
      const auto made = made_.find(source.name);
      if (work.sources.count(source.name) == 0 || made == made_.end()) continue;
      const Column* found = made->second.table.find(column);
      if (found == nullptr || found->kind != ColumnKind::text) continue;
      for (std::size_t row = 0; row < made->second.table.rows; ++row) {
        if (found->text(row) != text) continue;
        fault.file = (data_ / source.path).string();
        fault.line = static_cast<long>(lines_.at(source.name)[row]);
        return;
      }
    }
  }

  static std::size_t missing_in(const Column& column) {
    if (column.kind == ColumnKind::number)
      return static_cast<std::size_t>(
          std::count_if(column.number.begin(), column.number.end(), [](double v) { return std::isnan(v); }));
    return static_cast<std::size_t>(std::count_if(
        column.level.begin(), column.level.end(),
        [&](std::int32_t level) { return column.levels[static_cast<std::size_t>(level)].empty(); }));
  }

  void count_missing(const std::string& part, const std::string& column, std::size_t missing,
                     std::size_t of) {
    if (missing > 0)
      summary_.push_back(fmt::format("{}: '{}' is missing in {} of {}", part, column, missing, of));
  }

  void count_values(const std::string& name) {
    const Column* column = pack_.areas.find(name);
    if (column == nullptr) return;
    const Categories values = categories(*column);
    std::vector<std::size_t> count(values.names.size(), 0);
    for (const std::int32_t each : values.of_row) ++count[static_cast<std::size_t>(each)];
    std::map<std::string, std::size_t> sorted;
    for (std::size_t k = 0; k < count.size(); ++k)
      if (count[k] > 0) sorted[values.names[k].empty() ? "(missing)" : values.names[k]] = count[k];
    for (const auto& [value, areas] : sorted)
      summary_.push_back(fmt::format("{}: {} = {}", name, value, counted(areas, "area")));
  }

  /// Codes of one part of the pack, told apart by whether [areas] holds them.
  struct Seen {
    std::set<std::string> inside, outside;
    std::vector<std::string> order;  ///< of the outside ones
  };

  bool inside(const std::string& code, Seen& seen) const {
    if (area_of_.count(code) > 0) {
      if (seen.inside.empty()) seen.inside.insert(code);
      return true;
    }
    if (seen.outside.insert(code).second) seen.order.push_back(code);
    return false;
  }

  /// Areas that the pack does not hold are faults, or left out and counted. Where [areas] itself has faults
  /// they follow from those and are not said.
  void fault_outside(const Output& output, const std::string& part, const Seen& seen) {
    if (output.outside == Outside::drop || !areas_whole_ || seen.outside.empty()) return;
    const NearCodes near(pack_.areas.at("area_code").levels);
    if (seen.inside.empty() && seen.order.size() > 3) {
      const std::string why = near.why(seen.order.front());
      log_.fault(output.line, part, seen.order.front(),
                 fmt::format("none of the {} is in [areas], which has codes such as {}{}",
                             counted(seen.order.size(), "code"), pack_.areas.at("area_code").text(0),
                             why.empty() ? "; is it another vintage or level of areas?" : why));
      return;
    }
    const std::size_t shown = std::min(seen.order.size(), shown_faults);
    for (std::size_t k = 0; k < shown; ++k) {
      const std::string why = near.why(seen.order[k]);
      log_.fault(
          output.line, part, seen.order[k],
          "no such area in [areas]" + (why.empty() ? "; outside = \"drop\" leaves such rows out" : why));
    }
    if (seen.order.size() > shown)
      log_.fault(output.line, part, "",
                 fmt::format("and {} more codes are not in [areas]", seen.order.size() - shown));
  }

  /// Of codes left out, the first that is an area's but for how it is written: "; '1': ...", or "".
  std::string nearly_inside(const Seen& seen) const {
    if (!areas_whole_) return {};  // whose faults come first
    const NearCodes near(pack_.areas.at("area_code").levels);
    for (const std::string& code : seen.order)
      if (const std::string why = near.why(code); !why.empty())
        return fmt::format("; one is nearly in it, '{}'{}", code, why);
    return {};
  }

  void build_panel(const Output& output) {
    const Working* work = made(output.table);
    if (work == nullptr) return;
    const Table& table = work->table;
    const Column* area = key_column(table, output.key, output.line, "panel.area");
    const Column* period = table.find(output.period);
    if (period == nullptr || period->kind != ColumnKind::number) {
      const std::string cell =
          period == nullptr || period->not_numbers.empty() ? "" : to_string(period->not_numbers.front());
      log_.fault(output.line, "panel.period", output.period,
                 cell.empty()
                     ? "no such column of whole numbers"
                     : fmt::format("periods are whole numbers: {} (of '2018-19' number(substring(x, 1, 4)) "
                                   "makes 2018)",
                                   cell));
      return;
    }
    const std::vector<Column> columns = outputs(output, table, nullptr);
    if (area == nullptr) return;
    std::set<int> periods;
    for (std::size_t row = 0; row < table.rows; ++row) {
      const double label = period->number[row];
      if (!(std::abs(label) <= 1e6) || label != std::floor(label)) {
        log_.fault(output.line, "panel.period", fmt::format("{}", label),
                   fmt::format("row {}: not a whole number", row + 1));
        return;
      }
      periods.insert(static_cast<int>(label));
    }
    // 20,000 to 80,000 are the days from 1900 that a spreadsheet stores for dates of 1954 to 2119.
    if (!periods.empty() && *periods.begin() >= 20'000 && *periods.rbegin() <= 80'000) {
      log_.fault(output.line, "panel.period", std::to_string(*periods.begin()),
                 "looks like a spreadsheet's number of a day, not a period; write the year, in the sheet "
                 "=YEAR(...)");
      return;
    }
    pack_.panel.periods.assign(periods.begin(), periods.end());
    const auto areas = static_cast<Eigen::Index>(pack_.areas.rows),
               T = static_cast<Eigen::Index>(periods.size());
    Eigen::Matrix<char, Eigen::Dynamic, Eigen::Dynamic> taken =
        Eigen::Matrix<char, Eigen::Dynamic, Eigen::Dynamic>::Zero(areas, T);
    for (const Column& column : columns) {
      pack_.panel.variables.push_back(
          {column.name, column.unit, column.description,
           Eigen::MatrixXd::Constant(areas, T, std::numeric_limits<double>::quiet_NaN()), column.price_base});
    }
    check_shared_names(output, columns);
    Seen seen;
    std::size_t kept = 0, twice = 0;
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (!inside(area->text(row), seen)) continue;
      const Eigen::Index i = area_of_.at(area->text(row));
      const auto place = std::lower_bound(pack_.panel.periods.begin(), pack_.panel.periods.end(),
                                          static_cast<int>(period->number[row]));
      const Eigen::Index t = place - pack_.panel.periods.begin();
      if (taken(i, t) != 0) {
        if (++twice <= shown_faults)
          log_.fault(output.line, "panel", area->text(row),
                     fmt::format("period {} stands more than once", *place));
        continue;
      }
      taken(i, t) = 1;
      ++kept;
      for (std::size_t k = 0; k < columns.size(); ++k)
        if (columns[k].kind == ColumnKind::number)
          pack_.panel.variables[k].value(i, t) = columns[k].number[row];
    }
    if (twice > shown_faults)
      log_.fault(output.line, "panel", "",
                 fmt::format("in all {} repeat an area and period", counted(twice, "row")));
    fault_outside(output, "panel", seen);
    note_input("panel.csv", "panel", work->sources);
    summary_.push_back(fmt::format("panel: {} of {} areas x {} periods ({} to {})", counted(kept, "row"),
                                   areas, T, periods.empty() ? 0 : *periods.begin(),
                                   periods.empty() ? 0 : *periods.rbegin()));
    if (!seen.outside.empty())
      summary_.push_back(fmt::format("panel: {} outside the pack left out{}",
                                     counted(seen.outside.size(), "area"), nearly_inside(seen)));
    for (const PanelVariable& variable : pack_.panel.variables) {
      const auto missing = static_cast<std::size_t>(variable.value.array().isNaN().count());
      count_missing("panel", variable.name, missing, static_cast<std::size_t>(areas * T));
    }
  }

  /// A manifest describes each name once: where areas and panel share one, they must mean the same.
  void check_shared_names(const Output& output, const std::vector<Column>& columns) {
    for (const Column& column : columns) {
      const Column* same = pack_.areas.find(column.name);
      if (same != nullptr && (same->unit != column.unit || same->price_base != column.price_base ||
                              same->description != column.description))
        log_.fault(
            output.line, column.name, column.unit,
            "[areas] has a column of this name with another unit, price base or description; the manifest "
            "describes a name once");
    }
  }

  std::vector<Edge> links(const Output& output, const std::string& part, bool both_ways) {
    std::vector<Edge> result;
    const Working* work = made(output.table);
    if (work == nullptr) return result;
    const Table& table = work->table;
    const Column* from = key_column(table, output.from, output.line, part + ".from");
    const Column* to = key_column(table, output.to, output.line, part + ".to");
    std::vector<double> weight(table.rows, 1.0);
    if (output.weight.root() != nullptr) {
      ExpressionRows rows;
      rows.table = &table;
      Column column;
      if (!evaluate_column(output.weight, part + ".weight", rows, output.line, log_, column)) return result;
      if (column.kind != ColumnKind::number) {
        log_.fault(output.line, part + ".weight", output.weight.text(),
                   "the weight is text; a number is expected");
        return result;
      }
      weight = std::move(column.number);
    }
    if (from == nullptr || to == nullptr) return result;
    std::map<std::pair<std::int32_t, std::int32_t>, double> pairs;
    if (table.rows > limits::links) {
      log_.fault(output.line, part, "",
                 fmt::format("{}; at most {} links are read", counted(table.rows, "row"), limits::links));
      return result;
    }
    Seen seen;
    std::size_t dropped = 0, twice = 0;
    for (std::size_t row = 0; row < table.rows; ++row) {
      const std::string &a = from->text(row), &b = to->text(row);
      const bool a_inside = inside(a, seen), b_inside = inside(b, seen);
      if (!a_inside || !b_inside) {
        ++dropped;
        continue;
      }
      const std::int32_t i = area_of_.at(a), j = area_of_.at(b);
      for (const auto& pair : {std::pair{i, j}, std::pair{j, i}}) {
        const auto [place, added] = pairs.emplace(pair, weight[row]);
        if (!added && (place->second != weight[row] || !both_ways) && ++twice <= shown_faults)
          log_.fault(output.line, part, fmt::format("{} - {}", a, b),
                     fmt::format("the pair stands twice{}; one row a pair is expected",
                                 both_ways ? " with different weights" : ""));
        if (!both_ways || i == j || !added) break;  // a self-loop is left for validate() to name
      }
    }
    if (twice > shown_faults)
      log_.fault(output.line, part, "", fmt::format("in all {} repeat a pair", counted(twice, "row")));
    const std::size_t before = faults_.size();
    fault_outside(output, part, seen);
    if (areas_whole_ && dropped > 0 && dropped == table.rows && faults_.size() == before)
      log_.fault(output.line, part, "",
                 fmt::format("none of its {} links two areas of [areas]{}", counted(dropped, "row"),
                             nearly_inside(seen)));
    for (const auto& [pair, value] : pairs) result.push_back({pair.first, pair.second, value});
    note_input(part + ".csv", part, work->sources);
    summary_.push_back(fmt::format(
        "{}: {}{}; mean degree {:.2f}", part, counted(result.size(), "directed link"),
        dropped == 0 ? ""
                     : fmt::format(", {} to areas outside the pack left out{}", counted(dropped, "row"),
                                   nearly_inside(seen)),
        pack_.areas.rows == 0 ? 0.0
                              : static_cast<double>(result.size()) / static_cast<double>(pack_.areas.rows)));
    return result;
  }

  /// The line of provenance of one file of the pack: the sources that flowed into it.
  void note_input(const std::string& path, const std::string& role, const std::set<std::string>& sources) {
    std::vector<std::string> publishers, licences, vintages;
    const auto add = [](std::vector<std::string>& list, const std::string& word) {
      if (std::find(list.begin(), list.end(), word) == list.end()) list.push_back(word);
    };
    for (const Source& source : recipe_.sources) {
      if (sources.count(source.name) == 0) continue;
      used_.insert(source.name);
      add(publishers, source.publisher);
      add(licences, source.licence);
      add(vintages, source.vintage);
    }
    pack_.inputs.push_back({path, role, "", fmt::format("{}", fmt::join(publishers, "; ")),
                            fmt::format("{}", fmt::join(licences, "; ")),
                            fmt::format("{}", fmt::join(vintages, "; "))});
  }

  /// Boundaries of other areas, carried by a lookup into a file of the scratch folder.
  void carry_file(const CarriedFile& file, const Source& source) {
    const auto table = std::find_if(recipe_.sources.begin(), recipe_.sources.end(),
                                    [&](const Source& each) { return each.name == file.lookup; });
    used_.insert(file.lookup);
    if (scratch_.empty()) return;
    try {
      const AreaLookup lookup = read_lookup(data_ / table->path, file.from, recipe_.geography);
      std::set<std::string> codes;
      for (const auto& [from, to] : lookup.pairs) codes.insert(from);
      const std::filesystem::path path = data_ / source.path;
      const CarriedBoundaries carried = carry_boundaries(read_bytes(path), path.string(), codes, lookup);
      if (carried.text.empty()) {
        log_.fault(file.line, "file.lookup", file.lookup,
                   fmt::format("no area of {} is made of whole areas of {}", table->path, source.path));
        return;
      }
      const std::filesystem::path made = scratch_ / (file.role + "_" + recipe_.geography + carried.suffix);
      write_file(made, carried.text);
      pack_.inputs.push_back({made.string(), file.role, sha256(carried.text), source.publisher,
                              source.licence,
                              fmt::format("{}; carried to {}", source.vintage, recipe_.geography)});
      summary_.push_back(
          fmt::format("{}: {} by {}: {}", file.role, source.path, table->path, in_words(carried)));
    } catch (const InputError& error) {
      faults_.insert(faults_.end(), error.faults().begin(), error.faults().end());
    }
  }

  void describe() {
    pack_.name = recipe_.name;
    pack_.geography = recipe_.geography;
    pack_.period_years = recipe_.period_years;
    pack_.folder = data_;
    for (const CarriedFile& file : recipe_.files) {
      const auto source = std::find_if(recipe_.sources.begin(), recipe_.sources.end(),
                                       [&](const Source& each) { return each.name == file.source; });
      used_.insert(source->name);
      if (!file.lookup.empty()) {
        carry_file(file, *source);
        continue;
      }
      pack_.inputs.push_back({source->path, file.role, digests_[source->name], source->publisher,
                              source->licence, source->vintage});
      summary_.push_back(fmt::format("{}: {} as it is", file.role, source->path));
    }
    std::string text = recipe_.description;
    if (!recipe_.stands_in.empty()) text += "\n\nWhat stands in for what:";
    for (const std::string& each : recipe_.stands_in) text += "\n- " + each;
    text += "\n\nBuilt from:";
    for (const Source& source : recipe_.sources) {
      text +=
          fmt::format("\n- {}: {}; {}; {}", source.path, source.publisher, source.licence, source.vintage);
      if (!source.note.empty()) text += "; " + source.note;
      pack_.inputs.push_back(
          {source.path, "source", digests_[source.name], source.publisher, source.licence, source.vintage});
      if (used_.count(source.name) == 0)
        summary_.push_back(fmt::format("source '{}' is not used by any part of the pack", source.name));
    }
    pack_.description = text;
  }

  Recipe recipe_;
  std::filesystem::path data_, scratch_;
  std::vector<std::string>& summary_;
  std::vector<Fault> faults_;
  Log log_;
  std::map<std::string, std::string> digests_;  // by source
  std::map<std::string, Working> made_;
  std::map<std::string, std::vector<std::int64_t>> lines_;  // of each source's rows
  std::set<std::string> used_;
  std::unordered_map<std::string, std::int32_t> area_of_;
  bool areas_whole_ = false;  // every row of the areas has a code of its own
  DataPack pack_;
};

}  // namespace

DataPack build_pack(const std::filesystem::path& recipe, const std::filesystem::path& data,
                    std::vector<std::string>& summary, const std::filesystem::path& scratch) {
  return Builder(read_recipe(recipe), data, scratch, summary).build();
}

}  // namespace spillway
