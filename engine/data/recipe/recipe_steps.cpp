#include "engine/data/recipe/recipe_steps.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>
#include <utility>

#include "engine/data/csv.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/recipe/recipe_parse.hpp"

namespace spillway::recipe {
namespace {

constexpr char key_separator = '\x1f';  // ASCII unit separator: in no published code

/// A step that cannot be done; its message goes to the log with the step's line.
struct StepFailed {
  std::string column, value, what;
};

/// A step that needs what could not be made; the faults of that say it all.
struct StepFollows {};

Column picked(const Column& column, const std::vector<std::size_t>& rows) {
  Column result = column;
  if (column.kind == ColumnKind::text) {
    result.level.resize(rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k) result.level[k] = column.level[rows[k]];
  } else {
    result.number.resize(rows.size());
    for (std::size_t k = 0; k < rows.size(); ++k) result.number[k] = column.number[rows[k]];
  }
  return result;
}

void keep_rows(Table& table, const std::vector<std::size_t>& rows) {
  for (Column& column : table.columns) column = picked(column, rows);
  table.rows = rows.size();
}

const Column& column_of(const Table& table, const std::string& name) {
  try {
    return table.at(name);
  } catch (const InputError& error) {
    throw StepFailed{name, "", error.what()};
  }
}

void put(Table& table, Column column) {
  for (Column& each : table.columns) {
    if (each.name != column.name) continue;
    each = std::move(column);
    return;
  }
  table.columns.push_back(std::move(column));
}

std::vector<std::int32_t> groups_of(const std::vector<std::string>& keys) {
  std::unordered_map<std::string, std::int32_t> number_of;
  std::vector<std::int32_t> group;
  group.reserve(keys.size());
  for (const std::string& key : keys)
    group.push_back(number_of.try_emplace(key, static_cast<std::int32_t>(number_of.size())).first->second);
  return group;
}

std::string shown_key(std::string key) {
  std::replace(key.begin(), key.end(), key_separator, '/');
  return key;
}

class Steps {
 public:
  Steps(const TableRecipe& recipe, const std::map<std::string, Working>& tables, Working& work,
        const Log& log)
      : recipe_(recipe), tables_(tables), work_(work), table_(work.table), log_(log) {}

  bool apply() {
    for (const Step& step : recipe_.steps) {
      const std::size_t before = log_.faults->size();
      try {
        apply(step);
      } catch (const StepFailed& failed) {
        log_.fault(step.line, failed.column, failed.value, failed.what);
      } catch (const StepFollows&) {
        return false;
      }
      if (log_.faults->size() > before) return false;
    }
    return true;
  }

 private:
  void apply(const Step& step) {
    switch (step.verb) {
      case Verb::filter:
        return filter(step);
      case Verb::derive:
        return derive(step.derive, {});
      case Verb::join:
        return join(step);
      case Verb::longer:
        return longer(step);
      case Verb::group:
        return group(step);
      case Verb::rename:
        return rename(step);
      case Verb::keep:
        return keep(step);
      case Verb::require:
        return require(step);
      case Verb::expect:
        return expect(step);
    }
  }

  void say(long line, const std::string& what) const {
    log_.summary->push_back(fmt::format("table '{}', line {}: {}", recipe_.name, line, what));
  }

  /// Truth of a condition by row: 1, 0 or NaN.
  std::vector<double> truth(const Expression& condition, long line) {
    std::vector<std::string> notes;
    Values values;
    try {
      values = evaluate(condition, rows(), notes);
    } catch (const ExpressionError& error) {
      throw StepFailed{"", condition.text(), error.what()};
    }
    for (const std::string& note : notes) say(line, note);
    if (values.kind != ValueKind::truth)
      throw StepFailed{"", condition.text(), "not a condition; a truth value such as x > 0 is expected"};
    return std::move(values.number);
  }

  /// The rows as expressions see them, with each row's predecessor in time where the table names its panel.
  ExpressionRows rows() {
    ExpressionRows result;
    result.table = &table_;
    if (recipe_.area.empty() || table_.find(recipe_.area) == nullptr ||
        table_.find(recipe_.period) == nullptr)
      return result;
    result.previous = previous_rows();
    result.has_previous = true;
    return result;
  }

  std::vector<std::int64_t> previous_rows() const {
    const Column& period = column_of(table_, recipe_.period);
    if (period.kind != ColumnKind::number)
      throw StepFailed{recipe_.period, "", "periods are text; whole numbers such as years are expected"};
    std::vector<double> labels = period.number;
    if (std::any_of(labels.begin(), labels.end(), [](double label) { return std::isnan(label); }))
      throw StepFailed{recipe_.period, "", "a row has no period; previous() needs one in every row"};
    std::sort(labels.begin(), labels.end());
    labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
    const auto group = groups_of(row_keys(table_, {recipe_.area}));
    const auto place = [&](std::size_t row) {
      const auto at = std::lower_bound(labels.begin(), labels.end(), period.number[row]) - labels.begin();
      return static_cast<std::size_t>(group[row]) * labels.size() + static_cast<std::size_t>(at);
    };
    std::size_t areas = 0;
    for (const std::int32_t each : group) areas = std::max(areas, static_cast<std::size_t>(each) + 1);
    std::vector<std::int64_t> row_at(areas * labels.size(), -1);
    for (std::size_t row = 0; row < table_.rows; ++row) {
      std::int64_t& taken = row_at[place(row)];
      if (taken >= 0)
        throw StepFailed{
            recipe_.area, row_keys(table_, {recipe_.area})[row],
            fmt::format("two rows have period {}; each area has one row a period", period.number[row])};
      taken = static_cast<std::int64_t>(row);
    }
    std::vector<std::int64_t> previous(table_.rows, -1);
    for (std::size_t row = 0; row < table_.rows; ++row)
      if (place(row) % labels.size() > 0) previous[row] = row_at[place(row) - 1];
    return previous;
  }

  void filter(const Step& step) {
    const std::vector<double> holds = truth(step.condition, step.line);
    std::vector<std::size_t> kept;
    std::size_t missing = 0;
    for (std::size_t row = 0; row < holds.size(); ++row) {
      if (holds[row] == 1.0) kept.push_back(row);
      if (std::isnan(holds[row])) ++missing;
    }
    const std::size_t before = table_.rows;
    keep_rows(table_, kept);
    say(step.line,
        fmt::format("{} kept of {} where {}{}", counted(kept.size(), "row"), counted(before, "row"),
                    step.condition.text(),
                    missing == 0 ? "" : fmt::format(" ({} dropped because it is missing)", missing)));
  }

  void derive(const std::vector<Assignment>& assignments, const std::vector<std::int32_t>& group) {
    for (const Assignment& each : assignments) {
      ExpressionRows at = rows();
      at.group = group;
      Column column;
      if (!evaluate_column(each.expression, each.name, at, each.line, log_, column)) return;
      put(table_, std::move(column));
    }
  }

  void join(const Step& step) {
    const auto found = tables_.find(step.table);
    if (found == tables_.end()) throw StepFollows{};
    const Table& other = found->second.table;
    std::vector<std::string> mine, theirs;
    for (const NamePair& pair : step.by) {
      if (column_of(table_, pair.name).kind != column_of(other, pair.from).kind)
        throw StepFailed{pair.name, "",
                         fmt::format("holds text on one side of the join and numbers on the other ('{}' "
                                     "of '{}'); read both alike (source key `text`)",
                                     pair.from, step.table)};
      mine.push_back(pair.name);
      theirs.push_back(pair.from);
    }
    const std::vector<std::string> their_keys = row_keys(other, theirs), my_keys = row_keys(table_, mine);
    std::unordered_map<std::string, std::size_t> row_of;
    std::vector<std::string> twice;
    for (std::size_t row = 0; row < their_keys.size(); ++row) {
      if (their_keys[row].empty()) continue;
      if (!row_of.try_emplace(their_keys[row], row).second) twice.push_back(shown_key(their_keys[row]));
    }
    if (!twice.empty()) {
      each_fault(
          step, twice,
          fmt::format("the key stands more than once in '{}'; a join needs one row a key", step.table));
      return;
    }
    std::vector<std::int64_t> match(table_.rows, -1);
    std::vector<std::string> unmatched;
    for (std::size_t row = 0; row < table_.rows; ++row) {
      const auto at = row_of.find(my_keys[row]);
      if (at != row_of.end())
        match[row] = static_cast<std::int64_t>(at->second);
      else
        unmatched.push_back(shown_key(my_keys[row]));
    }
    std::string nearly;  // how the first that is written in another way is
    if (!unmatched.empty()) {
      const NearCodes near(their_keys);
      for (const std::string& key : unmatched)
        if (nearly.empty()) nearly = near.why(key);
    }
    if (!row_of.empty() && table_.rows > 0 && unmatched.size() == table_.rows)
      throw StepFailed{
          mine.front(), unmatched.front(),
          fmt::format(
              "no row of this table has a {} of '{}', which are such as '{}'{}", fmt::join(theirs, " and "),
              step.table, shown_key(first_key(their_keys)),
              nearly.empty() ? "; are they written alike, and of the same vintage and level?" : nearly)};
    if (step.unmatched == Unmatched::fault && !unmatched.empty()) {
      each_fault(
          step, unmatched,
          fmt::format("no row of '{}' has this {}{}", step.table, fmt::join(theirs, " and "),
                      nearly.empty() ? "; add it there, or say unmatched = \"keep\" or \"drop\"" : nearly));
      return;
    }
    add_columns(step, other, theirs, match);
    if (step.unmatched == Unmatched::drop) {
      std::vector<std::size_t> kept;
      for (std::size_t row = 0; row < match.size(); ++row)
        if (match[row] >= 0) kept.push_back(row);
      keep_rows(table_, kept);
    }
    work_.sources.insert(found->second.sources.begin(), found->second.sources.end());
    say(step.line,
        fmt::format("join with '{}' by {}: {} matched, {} {}{}", step.table, fmt::join(mine, " and "),
                    counted(match.size() - unmatched.size(), "row"), unmatched.size(),
                    step.unmatched == Unmatched::drop ? "without a match dropped" : "without a match",
                    nearly));
  }

  /// The first that is not empty.
  static const std::string& first_key(const std::vector<std::string>& keys) {
    return *std::find_if(keys.begin(), keys.end(), [](const std::string& key) { return !key.empty(); });
  }

  void add_columns(const Step& step, const Table& other, const std::vector<std::string>& keys,
                   const std::vector<std::int64_t>& match) {
    std::vector<NamePair> wanted = step.columns;
    if (wanted.empty())
      for (const Column& column : other.columns)
        if (std::find(keys.begin(), keys.end(), column.name) == keys.end())
          wanted.push_back({column.name, column.name});
    for (const NamePair& pair : wanted) {
      if (table_.find(pair.name) != nullptr)
        throw StepFailed{pair.name, "",
                         fmt::format("the column is on both sides of the join with '{}'; choose with "
                                     "columns = [\"new = {}\", ...]",
                                     step.table, pair.from)};
      const Column& from = column_of(other, pair.from);
      Column column;
      column.name = pair.name;
      column.kind = from.kind;
      column.not_numbers = from.not_numbers;
      if (from.kind == ColumnKind::number) {
        column.number.assign(match.size(), std::numeric_limits<double>::quiet_NaN());
        for (std::size_t row = 0; row < match.size(); ++row)
          if (match[row] >= 0) column.number[row] = from.number[static_cast<std::size_t>(match[row])];
      } else {
        column.levels = from.levels;
        auto empty = std::find(column.levels.begin(), column.levels.end(), "") - column.levels.begin();
        if (static_cast<std::size_t>(empty) == column.levels.size()) column.levels.emplace_back();
        column.level.assign(match.size(), static_cast<std::int32_t>(empty));
        for (std::size_t row = 0; row < match.size(); ++row)
          if (match[row] >= 0) column.level[row] = from.level[static_cast<std::size_t>(match[row])];
      }
      table_.columns.push_back(std::move(column));
    }
  }

  void longer(const Step& step) {
    std::vector<std::vector<const Column*>> wide;  // variable -> period -> column
    std::set<std::string> used;
    for (const NamePair& pair : step.columns) {
      wide.emplace_back();
      for (const int period : step.periods) {
        std::string name = pair.from;
        name.replace(name.find("{}"), 2, std::to_string(period));
        wide.back().push_back(&column_of(table_, name));
        if (wide.back().back()->kind != ColumnKind::number)
          throw StepFailed{name, "",
                           fmt::format("holds text; `longer` stacks columns of numbers: {}",
                                       to_string(faults_as_numbers(*wide.back().back()).front()))};
        used.insert(name);
      }
    }
    const std::size_t periods = step.periods.size(), before = table_.rows;
    std::vector<std::size_t> repeated;
    repeated.reserve(before * periods);
    for (std::size_t row = 0; row < before; ++row) repeated.insert(repeated.end(), periods, row);
    Table result;
    result.rows = repeated.size();
    for (const Column& column : table_.columns)
      if (used.count(column.name) == 0) result.columns.push_back(picked(column, repeated));
    Column period;
    period.name = step.period;
    for (std::size_t row = 0; row < before; ++row)
      for (const int each : step.periods) period.number.push_back(each);
    put(result, std::move(period));
    for (std::size_t k = 0; k < wide.size(); ++k) {
      Column column;
      column.name = step.columns[k].name;
      for (std::size_t row = 0; row < before; ++row)
        for (const Column* each : wide[k]) column.number.push_back(each->number[row]);
      put(result, std::move(column));
    }
    table_ = std::move(result);
    say(step.line, fmt::format("{} of {} periods each", counted(before, "row"), periods));
  }

  void group(const Step& step) {
    for (const std::string& name : step.names) column_of(table_, name);
    const std::vector<std::string> keys = row_keys(table_, step.names);
    const auto empty = static_cast<std::size_t>(std::count(keys.begin(), keys.end(), std::string{}));
    if (empty > 0)
      throw StepFailed{
          fmt::format("{}", fmt::join(step.names, " and ")), "",
          fmt::format("the key is missing in {}; filter them out, or coalesce() them into a group of "
                      "their own",
                      counted(empty, "row"))};
    const auto group = groups_of(keys);
    derive(step.derive, group);
    std::vector<std::size_t> first;
    for (std::size_t row = 0; row < group.size(); ++row)
      if (static_cast<std::size_t>(group[row]) == first.size()) first.push_back(row);
    std::vector<std::string> kept = step.names;
    for (const Assignment& each : step.derive) {
      kept.push_back(each.name);
      const Column* column = table_.find(each.name);
      if (column == nullptr) return;  // its expression has faulted
      for (std::size_t row = 0; row < group.size(); ++row) {
        const std::size_t of_group = first[static_cast<std::size_t>(group[row])];
        const bool same = column->kind == ColumnKind::text
                              ? column->level[row] == column->level[of_group]
                              : column->number[row] == column->number[of_group] ||
                                    (std::isnan(column->number[row]) && std::isnan(column->number[of_group]));
        if (!same)
          throw StepFailed{
              each.name, each.expression.text(),
              fmt::format("differs between rows of one group (row {}); a whole column function such as "
                          "sum() or mean() is expected",
                          row + 1)};
      }
    }
    const std::size_t before = table_.rows;
    keep_columns(kept);
    keep_rows(table_, first);
    say(step.line, fmt::format("{} in {} by {}", counted(before, "row"), counted(first.size(), "group"),
                               fmt::join(step.names, " and ")));
  }

  void keep_columns(const std::vector<std::string>& names) {
    std::vector<Column> kept;
    for (const std::string& name : names) kept.push_back(column_of(table_, name));
    table_.columns = std::move(kept);
  }

  void rename(const Step& step) {
    for (const NamePair& pair : step.columns) {
      column_of(table_, pair.from);
      if (pair.name != pair.from && table_.find(pair.name) != nullptr)
        throw StepFailed{pair.name, "",
                         fmt::format("the column is there already; '{}' needs another name", pair.from)};
      for (Column& column : table_.columns)
        if (column.name == pair.from) column.name = pair.name;
    }
  }

  void keep(const Step& step) { keep_columns(step.names); }

  void require(const Step& step) {
    const std::vector<double> holds = truth(step.condition, step.line);
    std::vector<std::string> rows;
    for (std::size_t row = 0; row < holds.size(); ++row)
      if (holds[row] != 1.0) rows.push_back(described_row(row));
    each_fault(step, rows, fmt::format("{}; {} is required", step.message, step.condition.text()));
  }

  void expect(const Step& step) {
    const std::vector<double> holds = truth(step.condition, step.line);
    const long found = static_cast<long>(std::count(holds.begin(), holds.end(), 1.0));
    if (found != step.rows)
      log_.fault(
          step.line, "", step.condition.text(),
          fmt::format("holds in {} of {}; {} are expected", found, counted(table_.rows, "row"), step.rows));
    else
      say(step.line, fmt::format("as expected, {} where {}", counted(static_cast<std::size_t>(found), "row"),
                                 step.condition.text()));
  }

  /// A row by its first cell, usually its code.
  std::string described_row(std::size_t row) const {
    if (table_.columns.empty()) return fmt::format("row {}", row + 1);
    return shown_key(row_keys(table_, {table_.columns.front().name})[row]);
  }

  void each_fault(const Step& step, const std::vector<std::string>& values, const std::string& what) const {
    std::string column;
    for (const NamePair& pair : step.by) column += (column.empty() ? "" : " and ") + pair.name;
    for (std::size_t k = 0; k < std::min(values.size(), shown_faults); ++k)
      log_.fault(step.line, column, values[k], what);
    if (values.size() > shown_faults)
      log_.fault(step.line, column, "",
                 fmt::format("and {} more of the kind above", values.size() - shown_faults));
  }

  const TableRecipe& recipe_;
  const std::map<std::string, Working>& tables_;
  Working& work_;
  Table& table_;
  const Log& log_;
};

}  // namespace

std::string counted(std::size_t count, const std::string& noun) {
  std::string digits = std::to_string(count);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return fmt::format("{} {}{}", digits, noun, count == 1 ? "" : "s");
}

std::vector<std::string> row_keys(const Table& table, const std::vector<std::string>& names) {
  std::vector<std::string> keys(table.rows);
  std::vector<char> whole(table.rows, 1);
  for (std::size_t k = 0; k < names.size(); ++k) {
    const Categories parts = categories(table.at(names[k]));
    for (std::size_t row = 0; row < table.rows; ++row) {
      const std::string& part = parts.names[static_cast<std::size_t>(parts.of_row[row])];
      if (part.empty()) whole[row] = 0;
      if (k > 0) keys[row] += key_separator;
      keys[row] += part;
    }
  }
  for (std::size_t row = 0; row < table.rows; ++row)
    if (whole[row] == 0) keys[row].clear();
  return keys;
}

bool evaluate_column(const Expression& expression, const std::string& name, const ExpressionRows& rows,
                     long line, const Log& log, Column& column) {
  std::vector<std::string> notes;
  try {
    column = to_column(name, evaluate(expression, rows, notes));
    if (expression.root()->kind == ExpressionNode::Kind::column)  // the same cells under another name
      column.not_numbers = rows.table->at(expression.root()->name).not_numbers;
  } catch (const ExpressionError& error) {
    log.fault(line, name, expression.text(), error.what());
    return false;
  }
  for (const std::string& note : notes)
    log.summary->push_back(fmt::format("column '{}', line {}: {}", name, line, note));
  return true;
}

bool apply_steps(const TableRecipe& recipe, const std::map<std::string, Working>& tables, Working& start,
                 const Log& log) {
  return Steps(recipe, tables, start, log).apply();
}

}  // namespace spillway::recipe
