// A recipe applied to published files: sources, tables, then the parts of the pack.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <unordered_map>

#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/recipe/recipe.hpp"
#include "engine/data/recipe/recipe_file.hpp"
#include "engine/data/recipe/recipe_steps.hpp"

namespace spillway {
namespace {

using namespace recipe;

bool is_table(const Source& source) {
  const std::string& path = source.path;
  const auto ends_with = [&](const std::string& end) {
    return path.size() >= end.size() && path.compare(path.size() - end.size(), end.size(), end) == 0;
  };
  return ends_with(".csv") || ends_with(".csv.gz");
}

class Builder {
 public:
  Builder(Recipe recipe, std::filesystem::path data, std::vector<std::string>& summary)
      : recipe_(std::move(recipe)),
        data_(std::move(data)),
        summary_(summary),
        log_{recipe_.file, &faults_, &summary} {}

  DataPack build() {
    for (const Source& source : recipe_.sources) read(source);
    for (const TableRecipe& table : recipe_.tables) make(table);
    build_areas();
    if (recipe_.panel) build_panel(*recipe_.panel);
    if (recipe_.edges) pack_.edges = links(*recipe_.edges, "edges", true);
    if (recipe_.flows) pack_.flows = links(*recipe_.flows, "flows", false);
    describe();
    if (faults_.empty()) faults_ = validate(pack_);
    if (!faults_.empty()) throw InputError(std::move(faults_));
    return std::move(pack_);
  }

 private:
  void read(const Source& source) {
    const std::filesystem::path file = data_ / source.path;
    const std::string bytes = read_bytes(file), digest = sha256(bytes);
    digests_[source.name] = digest;
    if (!source.sha256.empty() && source.sha256 != digest)
      log_.fault(source.line, "source.sha256", digest,
                 fmt::format("{} is not the file the recipe was written for; {} is expected", file.string(),
                             source.sha256));
    if (!is_table(source)) return;
    CsvExpectations expectations;
    for (const std::string& name : source.text) expectations.kinds[name] = ColumnKind::text;
    const std::size_t before = faults_.size();
    Working work;
    work.table = parse_csv(bytes, file.string(), faults_, expectations).table;
    for (const std::string& name : source.text)
      if (faults_.size() == before && work.table.find(name) == nullptr)
        log_.fault(source.line, "source.text", name, fmt::format("no such column in {}", file.string()));
    if (faults_.size() > before) return;
    work.sources.insert(source.name);
    summary_.push_back(
        fmt::format("source '{}': {} of {}", source.name, counted(work.table.rows, "row"), source.path));
    made_.emplace(source.name, std::move(work));
  }

  /// What `name` stands for, or nullptr where it could not be made: its own faults say why.
  const Working* made(const std::string& name, long line, const std::string& key) {
    const auto found = made_.find(name);
    if (found != made_.end()) return &found->second;
    if (faults_.empty()) log_.fault(line, key, name, "the source is not a table (.csv or .csv.gz)");
    return nullptr;
  }

  void make(const TableRecipe& table) {
    const Working* from = made(table.from, table.line, "table.from");
    if (from == nullptr) return;
    Working work = *from;
    if (apply_steps(table, made_, work, log_)) made_.emplace(table.name, std::move(work));
  }

  /// Evaluate the output columns; those of numbers must say their unit.
  std::vector<Column> outputs(const Output& output, const Table& table) {
    ExpressionRows rows;
    rows.table = &table;
    std::vector<Column> columns;
    for (const OutputColumn& each : output.columns) {
      Column column;
      if (!evaluate_column(each.is, each.name, rows, each.line, log_, column)) continue;
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

  const Column* key_column(const Table& table, const std::string& name, long line, const std::string& key) {
    const Column* column = table.find(name);
    if (column == nullptr || column->kind != ColumnKind::text) {
      log_.fault(line, key, name,
                 column == nullptr ? "no such column; the column of area codes is expected"
                                   : "the column holds numbers; area codes are text");
      return nullptr;
    }
    return column;
  }

  void build_areas() {
    const Output& output = recipe_.areas;
    const Working* work = made(output.table, output.line, "areas.table");
    if (work == nullptr) return;
    const Column* key = key_column(work->table, output.key, output.line, "areas.key");
    if (key == nullptr) return;
    for (std::size_t row = 0; row < work->table.rows; ++row) {
      const std::string& code = key->text(row);
      if (code.empty())
        log_.fault(output.line, output.key, "", fmt::format("row {} has no area code", row + 1));
      else if (!area_of_.emplace(code, static_cast<std::int32_t>(row)).second)
        log_.fault(output.line, output.key, code,
                   "the area stands more than once; one row an area is expected");
    }
    pack_.areas.rows = work->table.rows;
    Column code = *key;
    code.name = "area_code";
    pack_.areas.columns.push_back(std::move(code));
    for (Column& column : outputs(output, work->table)) pack_.areas.columns.push_back(std::move(column));
    note_input("areas.csv", "areas", work->sources);
    summary_.push_back(fmt::format("areas: {}, {}", counted(pack_.areas.rows, "area"),
                                   counted(pack_.areas.columns.size(), "column")));
    for (const Column& column : pack_.areas.columns)
      count_missing("areas", column.name, missing_in(column), pack_.areas.rows);
    for (const std::string& name : output.count) count_values(name);
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

  /// Rows of areas that the pack does not hold: a fault each, or left out and counted.
  bool inside(const Output& output, const std::string& part, const std::string& code,
              std::set<std::string>& left_out) {
    if (area_of_.count(code) > 0) return true;
    if (output.outside == Outside::drop)
      left_out.insert(code);
    else if (left_out.insert(code).second)
      log_.fault(output.line, part, code, "no such area in [areas]; outside = \"drop\" leaves such rows out");
    return false;
  }

  void build_panel(const Output& output) {
    const Working* work = made(output.table, output.line, "panel.table");
    if (work == nullptr) return;
    const Table& table = work->table;
    const Column* area = key_column(table, output.key, output.line, "panel.area");
    const Column* period = table.find(output.period);
    if (period == nullptr || period->kind != ColumnKind::number) {
      log_.fault(output.line, "panel.period", output.period, "no such column of whole numbers");
      return;
    }
    const std::vector<Column> columns = outputs(output, table);
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
    pack_.panel.periods.assign(periods.begin(), periods.end());
    const auto areas = static_cast<Eigen::Index>(pack_.areas.rows),
               T = static_cast<Eigen::Index>(periods.size());
    Eigen::Matrix<char, Eigen::Dynamic, Eigen::Dynamic> taken =
        Eigen::Matrix<char, Eigen::Dynamic, Eigen::Dynamic>::Zero(areas, T);
    for (const Column& column : columns) {
      if (column.kind == ColumnKind::text)
        log_.fault(output.line, column.name, "", "the panel column holds text; numbers are expected");
      pack_.panel.variables.push_back(
          {column.name, column.unit, column.description,
           Eigen::MatrixXd::Constant(areas, T, std::numeric_limits<double>::quiet_NaN()), column.price_base});
    }
    check_shared_names(output, columns);
    std::set<std::string> left_out;
    std::size_t kept = 0;
    for (std::size_t row = 0; row < table.rows; ++row) {
      if (!inside(output, "panel", area->text(row), left_out)) continue;
      const Eigen::Index i = area_of_.at(area->text(row));
      const auto place = std::lower_bound(pack_.panel.periods.begin(), pack_.panel.periods.end(),
                                          static_cast<int>(period->number[row]));
      const Eigen::Index t = place - pack_.panel.periods.begin();
      if (taken(i, t) != 0) {
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
    note_input("panel.csv", "panel", work->sources);
    summary_.push_back(fmt::format("panel: {} of {} areas x {} periods ({} to {})", counted(kept, "row"),
                                   areas, T, periods.empty() ? 0 : *periods.begin(),
                                   periods.empty() ? 0 : *periods.rbegin()));
    if (!left_out.empty())
      summary_.push_back(
          fmt::format("panel: {} outside the pack left out", counted(left_out.size(), "area")));
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
    const Working* work = made(output.table, output.line, part + ".table");
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
    std::set<std::string> left_out;
    std::size_t dropped = 0;
    for (std::size_t row = 0; row < table.rows; ++row) {
      const std::string &a = from->text(row), &b = to->text(row);
      const bool a_inside = inside(output, part, a, left_out), b_inside = inside(output, part, b, left_out);
      if (!a_inside || !b_inside) {
        ++dropped;
        continue;
      }
      const std::int32_t i = area_of_.at(a), j = area_of_.at(b);
      for (const auto& pair : {std::pair{i, j}, std::pair{j, i}}) {
        const auto [place, added] = pairs.emplace(pair, weight[row]);
        if (!added && (place->second != weight[row] || !both_ways))
          log_.fault(output.line, part, fmt::format("{} - {}", a, b),
                     fmt::format("the pair stands twice{}; one row a pair is expected",
                                 both_ways ? " with different weights" : ""));
        if (!both_ways || i == j || !added) break;  // a self-loop is left for validate() to name
      }
    }
    for (const auto& [pair, value] : pairs) result.push_back({pair.first, pair.second, value});
    note_input(part + ".csv", part, work->sources);
    summary_.push_back(fmt::format(
        "{}: {}{}; mean degree {:.2f}", part, counted(result.size(), "directed link"),
        dropped == 0 ? "" : fmt::format(", {} to areas outside the pack left out", counted(dropped, "row")),
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

  void describe() {
    pack_.name = recipe_.name;
    pack_.geography = recipe_.geography;
    pack_.period_years = recipe_.period_years;
    pack_.folder = data_;
    for (const CarriedFile& file : recipe_.files) {
      const auto source = std::find_if(recipe_.sources.begin(), recipe_.sources.end(),
                                       [&](const Source& each) { return each.name == file.source; });
      used_.insert(source->name);
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
  std::filesystem::path data_;
  std::vector<std::string>& summary_;
  std::vector<Fault> faults_;
  Log log_;
  std::map<std::string, std::string> digests_;  // by source
  std::map<std::string, Working> made_;
  std::set<std::string> used_;
  std::unordered_map<std::string, std::int32_t> area_of_;
  DataPack pack_;
};

}  // namespace

DataPack build_pack(const std::filesystem::path& recipe, const std::filesystem::path& data,
                    std::vector<std::string>& summary) {
  return Builder(read_recipe(recipe), data, summary).build();
}

}  // namespace spillway
