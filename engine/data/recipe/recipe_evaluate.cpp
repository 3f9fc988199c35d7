// Evaluation of recipe expressions, a whole column at a time. `active` marks the rows whose value is wanted,
// so that the branch of an if() that is not taken cannot fault.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <unordered_map>
#include <utility>

#include "engine/base/constants.hpp"
#include "engine/base/error.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/recipe/recipe_columns.hpp"
#include "engine/data/recipe/recipe_expression.hpp"
#include "engine/data/recipe/recipe_parse.hpp"

namespace spillway::recipe {
namespace {

using Node = ExpressionNode;
using Active = std::vector<std::uint8_t>;

[[noreturn]] void fail(const Node& node, const std::string& what) {
  throw ExpressionError(fmt::format("character {}, '{}': {}", node.position + 1, node.name, what));
}

const char* name_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::number:
      return "number";
    case ValueKind::text:
      return "text";
    case ValueKind::truth:
      return "truth value";
    case ValueKind::missing:
      break;
  }
  return "missing";
}

Values numbers(ValueKind kind, std::size_t rows, double value = nan) {
  Values result;
  result.kind = kind;
  result.number.assign(rows, value);
  return result;
}

bool is_missing(const Values& values, std::size_t row) {
  if (values.kind == ValueKind::missing) return true;
  if (values.kind == ValueKind::text)
    return values.levels[static_cast<std::size_t>(values.level[row])].empty();
  return std::isnan(values.number[row]);
}

/// Texts collected row by row; each level is kept once.
class TextBuilder {
 public:
  explicit TextBuilder(std::size_t rows) {
    values_.kind = ValueKind::text;
    values_.level.assign(rows, level_of(""));
  }
  void set(std::size_t row, const std::string& text) { values_.level[row] = level_of(text); }
  Values take() { return std::move(values_); }

 private:
  std::int32_t level_of(const std::string& text) {
    const auto [place, added] = known_.try_emplace(text, static_cast<std::int32_t>(values_.levels.size()));
    if (added) values_.levels.push_back(text);
    return place->second;
  }
  Values values_;
  std::unordered_map<std::string, std::int32_t> known_;
};

std::string trimmed_text(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// Letters beyond ASCII keep their case: codes have none.
std::string upper_text(const std::string& text) {
  std::string result = text;
  for (char& c : result)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return result;
}
std::string lower_text(const std::string& text) {
  std::string result = text;
  for (char& c : result)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return result;
}

class Evaluator {
 public:
  Evaluator(const ExpressionRows& rows, std::vector<std::string>& notes) : rows_(rows), notes_(notes) {}

  Values evaluate(const Node& node, const Active& active) {
    switch (node.kind) {
      case Node::Kind::number:
        return numbers(ValueKind::number, count(), node.value);
      case Node::Kind::truth:
        return numbers(ValueKind::truth, count(), node.value);
      case Node::Kind::missing:
        return {};
      case Node::Kind::text:
        return literal(node);
      case Node::Kind::column:
        return column(node);
      case Node::Kind::operation:
        return operation(node, active);
      case Node::Kind::function:
        break;
    }
    return function(node, active);
  }

 private:
  std::size_t count() const { return rows_.table->rows; }
  Active everywhere() const { return Active(count(), 1); }

  Values literal(const Node& node) const {
    Values result;
    result.kind = ValueKind::text;
    result.levels = {node.name};
    result.level.assign(count(), 0);
    return result;
  }

  Values column(const Node& node) const {
    const Column* found = rows_.table->find(node.name);
    if (found == nullptr) {
      std::vector<std::string> names;
      for (const Column& each : rows_.table->columns) names.push_back(each.name);
      const std::string near = nearest_word(node.name, names);
      fail(node, fmt::format("no such column{}; there are: {}",
                             near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), some_of(names)));
    }
    Values result;
    result.kind = found->kind == ColumnKind::text ? ValueKind::text : ValueKind::number;
    result.number = found->number;
    result.level = found->level;
    result.levels = found->levels;
    return result;
  }

  /// Numbers or truth values of an argument; missing literals become missing numbers.
  Values numeric(const Node& parent, std::size_t argument, const Active& active) {
    Values values = evaluate(*parent.arguments[argument], active);
    if (values.kind == ValueKind::missing) return numbers(ValueKind::number, count());
    if (values.kind == ValueKind::text) {
      const Column* column = parent.arguments[argument]->kind == Node::Kind::column
                                 ? rows_.table->find(parent.arguments[argument]->name)
                                 : nullptr;
      if (column != nullptr && !column->not_numbers.empty())
        fail(parent, fmt::format("argument {} is text (needs a number): {}", argument + 1,
                                 to_string(column->not_numbers.front())));
      fail(parent, fmt::format("argument {} is text such as '{}' (needs a number)", argument + 1,
                               values.levels.empty() ? "" : values.levels.front()));
    }
    return values;
  }

  /// Texts of an argument.
  Values textual(const Node& parent, std::size_t argument, const Active& active) {
    Values values = evaluate(*parent.arguments[argument], active);
    if (values.kind == ValueKind::missing) return TextBuilder(count()).take();
    if (values.kind != ValueKind::text)
      fail(parent, fmt::format("argument {} is a {} (needs a text)", argument + 1, name_of(values.kind)));
    return values;
  }

  Values truth(const Node& parent, std::size_t argument, const Active& active) {
    Values values = evaluate(*parent.arguments[argument], active);
    if (values.kind == ValueKind::missing) return numbers(ValueKind::truth, count());
    if (values.kind != ValueKind::truth)
      fail(parent, fmt::format("argument {} is a {} (needs a truth value, such as x == 1)", argument + 1,
                               name_of(values.kind)));
    return values;
  }

  /// Refuse infinities and NaN made from numbers that were there.
  void check_finite(const Node& node, const Values& result, const std::vector<const Values*>& from,
                    const Active& active) const {
    std::size_t bad = 0, first = 0;
    for (std::size_t row = 0; row < count(); ++row) {
      if (active[row] == 0 || std::isfinite(result.number[row])) continue;
      if (std::any_of(from.begin(), from.end(),
                      [&](const Values* each) { return std::isnan(each->number[row]); }))
        continue;
      if (bad++ == 0) first = row;
    }
    if (bad == 0) return;
    std::vector<std::string> shown;
    for (const Values* each : from) shown.push_back(fmt::format("{}", each->number[first]));
    fail(node, fmt::format(
                   "no finite result from {} in row {} ({} row{} in all); guard it, as in if(x > 0, log(x), "
                   "missing)",
                   fmt::join(shown, " and "), first + 1, bad, bad == 1 ? "" : "s"));
  }

  Values mapped(const Node& node, const Active& active, const std::function<double(double)>& function) {
    const Values x = numeric(node, 0, active);
    Values result = numbers(ValueKind::number, count());
    for (std::size_t row = 0; row < count(); ++row)
      if (active[row] != 0) result.number[row] = function(x.number[row]);
    check_finite(node, result, {&x}, active);
    return result;
  }

  Values arithmetic(const Node& node, const Active& active) {
    const Values left = numeric(node, 0, active), right = numeric(node, 1, active);
    const char sign = node.name[0];
    Values result = numbers(ValueKind::number, count());
    for (std::size_t row = 0; row < count(); ++row) {
      const double a = left.number[row], b = right.number[row];
      if (std::isnan(a) || std::isnan(b)) continue;  // also where pow(1, NaN) would be 1
      result.number[row] = sign == '+'   ? a + b
                           : sign == '-' ? a - b
                           : sign == '*' ? a * b
                           : sign == '/' ? a / b
                                         : std::pow(a, b);
    }
    check_finite(node, result, {&left, &right}, active);
    return result;
  }

  Values comparison(const Node& node, const Values& left, const Values& right) const {
    Values result = numbers(ValueKind::truth, count());
    if (left.kind == ValueKind::missing || right.kind == ValueKind::missing) return result;
    const bool texts = left.kind == ValueKind::text;
    if (texts != (right.kind == ValueKind::text))
      fail(node, fmt::format("compares a {} with a {} (both must be texts, or both numbers)",
                             name_of(left.kind), name_of(right.kind)));
    if (texts && node.name != "==" && node.name != "!=" && node.name != "in")
      fail(node, "texts have no order here; == and != compare them");
    for (std::size_t row = 0; row < count(); ++row) {
      if (is_missing(left, row) || is_missing(right, row)) continue;
      int order = 0;
      if (texts) {
        order = left.levels[static_cast<std::size_t>(left.level[row])].compare(
            right.levels[static_cast<std::size_t>(right.level[row])]);
      } else {
        order = left.number[row] < right.number[row] ? -1 : left.number[row] > right.number[row] ? 1 : 0;
      }
      const bool holds = node.name == "!="   ? order != 0
                         : node.name == "<"  ? order < 0
                         : node.name == "<=" ? order <= 0
                         : node.name == ">"  ? order > 0
                         : node.name == ">=" ? order >= 0
                                             : order == 0;
      result.number[row] = holds ? 1.0 : 0.0;
    }
    return result;
  }

  Values membership(const Node& node, const Active& active) {
    const Values left = evaluate(*node.arguments[0], active);
    Values result = numbers(ValueKind::truth, count());
    for (std::size_t k = 1; k < node.arguments.size(); ++k) {
      const Values equal = comparison(node, left, evaluate(*node.arguments[k], active));
      for (std::size_t row = 0; row < count(); ++row)
        if (std::isnan(result.number[row]) || equal.number[row] == 1.0)
          result.number[row] = equal.number[row];
    }
    return result;
  }

  /// Kleene's `and` (decisive = 0) or `or` (decisive = 1).
  Values logic(const Node& node, const Active& active, double decisive) {
    const Values left = truth(node, 0, active);
    Active undecided = active;
    for (std::size_t row = 0; row < count(); ++row)
      if (left.number[row] == decisive) undecided[row] = 0;
    const Values right = truth(node, 1, undecided);
    Values result = numbers(ValueKind::truth, count());
    for (std::size_t row = 0; row < count(); ++row) {
      if (left.number[row] == decisive || right.number[row] == decisive)
        result.number[row] = decisive;
      else if (!std::isnan(left.number[row]) && !std::isnan(right.number[row]))
        result.number[row] = 1.0 - decisive;
    }
    return result;
  }

  Values operation(const Node& node, const Active& active) {
    if (node.name == "and") return logic(node, active, 0.0);
    if (node.name == "or") return logic(node, active, 1.0);
    if (node.name == "in") return membership(node, active);
    if (node.name == "not") {
      Values result = truth(node, 0, active);
      for (double& value : result.number) value = 1.0 - value;
      return result;
    }
    if (node.arguments.size() == 1) return mapped(node, active, [](double x) { return -x; });
    if (std::string("+-*/^").find(node.name) != std::string::npos) return arithmetic(node, active);
    return comparison(node, evaluate(*node.arguments[0], active), evaluate(*node.arguments[1], active));
  }

  /// The common kind of values that stand for each other.
  static ValueKind common_kind(const Node& node, const std::vector<Values>& values) {
    ValueKind kind = ValueKind::missing;
    for (const Values& each : values) {
      if (each.kind == ValueKind::missing || each.kind == kind) continue;
      if (kind == ValueKind::missing)
        kind = each.kind;
      else if (kind == ValueKind::text || each.kind == ValueKind::text)
        fail(node, "mixes texts with numbers (its values must be of one kind)");
      else
        kind = ValueKind::number;
    }
    return kind;
  }

  /// Row by row the value number `which[row]`; -1 is missing.
  Values chosen(const Node& node, const std::vector<Values>& values, const std::vector<int>& which) const {
    const ValueKind kind = common_kind(node, values);
    if (kind == ValueKind::missing) return {};
    const auto there = [&](std::size_t row) {
      return which[row] >= 0 && !is_missing(values[static_cast<std::size_t>(which[row])], row);
    };
    if (kind == ValueKind::text) {
      TextBuilder builder(count());
      for (std::size_t row = 0; row < count(); ++row) {
        if (!there(row)) continue;
        const Values& from = values[static_cast<std::size_t>(which[row])];
        builder.set(row, from.levels[static_cast<std::size_t>(from.level[row])]);
      }
      return builder.take();
    }
    Values result = numbers(kind, count());
    for (std::size_t row = 0; row < count(); ++row)
      if (there(row)) result.number[row] = values[static_cast<std::size_t>(which[row])].number[row];
    return result;
  }

  Values conditional(const Node& node, const Active& active) {
    const Values condition = truth(node, 0, active);
    Active yes = active, no = active;
    std::vector<int> which(count(), -1);
    for (std::size_t row = 0; row < count(); ++row) {
      if (condition.number[row] != 1.0) yes[row] = 0;
      if (condition.number[row] != 0.0) no[row] = 0;
      if (!std::isnan(condition.number[row])) which[row] = condition.number[row] == 1.0 ? 0 : 1;
    }
    std::vector<Values> branches;
    branches.push_back(evaluate(*node.arguments[1], yes));
    branches.push_back(evaluate(*node.arguments[2], no));
    return chosen(node, branches, which);
  }

  Values first_there(const Node& node, const Active& active) {
    Active wanted = active;
    std::vector<int> which(count(), -1);
    std::vector<Values> values;
    for (std::size_t k = 0; k < node.arguments.size(); ++k) {
      values.push_back(evaluate(*node.arguments[k], wanted));
      for (std::size_t row = 0; row < count(); ++row) {
        if (which[row] >= 0 || is_missing(values.back(), row)) continue;
        which[row] = static_cast<int>(k);
        wanted[row] = 0;
      }
    }
    return chosen(node, values, which);
  }

  /// A literal number among the arguments, for the parameters of a function.
  double constant(const Node& node, std::size_t argument) const {
    const Node& given = *node.arguments[argument];
    if (given.kind != Node::Kind::number)
      fail(node, fmt::format("argument {} must be a plain number", argument + 1));
    return given.value;
  }

  /// A literal text among the arguments.
  const std::string& literal_text(const Node& node, std::size_t argument) const {
    const Node& given = *node.arguments[argument];
    if (given.kind != Node::Kind::text)
      fail(node, fmt::format("argument {} must be a text in quotes", argument + 1));
    return given.name;
  }

  /// A text made of each text.
  Values retold(const Node& node, const Active& active,
                const std::function<std::string(const std::string&)>& function) {
    const Values x = textual(node, 0, active);
    TextBuilder builder(count());
    std::vector<std::string> made;
    for (const std::string& level : x.levels) made.push_back(function(level));
    for (std::size_t row = 0; row < count(); ++row)
      builder.set(row, made[static_cast<std::size_t>(x.level[row])]);
    return builder.take();
  }

  Values number_of(const Node& node, const Active& active) {
    Values x = evaluate(*node.arguments[0], active);
    if (x.kind != ValueKind::text) return numeric(node, 0, active);
    std::vector<double> value(x.levels.size(), nan);
    std::vector<std::uint8_t> good(x.levels.size(), 1);
    for (std::size_t level = 0; level < x.levels.size(); ++level)
      good[level] = number_of_cell(x.levels[level], value[level]);
    Values result = numbers(ValueKind::number, count());
    std::size_t bad = 0, first = 0;
    for (std::size_t row = 0; row < count(); ++row) {
      if (active[row] == 0) continue;
      const auto level = static_cast<std::size_t>(x.level[row]);
      result.number[row] = value[level];
      if (good[level] == 0 && bad++ == 0) first = row;
    }
    if (bad > 0)
      fail(node,
           fmt::format(
               "'{}' in row {} is not a number ({} row{} in all); replace() takes out what is too much",
               x.levels[static_cast<std::size_t>(x.level[first])], first + 1, bad, bad == 1 ? "" : "s"));
    return result;
  }

  /// substring(x, start, length): characters of UTF-8, the first is 1.
  Values part_of_text(const Node& node, const Active& active) {
    const double start = constant(node, 1), length = constant(node, 2);
    if (!(start >= 1.0 && start <= 1e6 && length >= 0.0 && length <= 1e6) || start != std::floor(start) ||
        length != std::floor(length))
      fail(node, fmt::format("start {} and length {} (need whole numbers, the first character is 1)", start,
                             length));
    return retold(node, active, [&](const std::string& text) {
      const auto is_first = [&](std::size_t at) {
        return (static_cast<unsigned char>(text[at]) & 0xC0u) != 0x80u;
      };
      std::string part;
      std::size_t character = 0;
      for (std::size_t at = 0; at < text.size(); ++at) {
        if (is_first(at)) ++character;
        if (character >= static_cast<std::size_t>(start) &&
            character < static_cast<std::size_t>(start) + static_cast<std::size_t>(length))
          part += text[at];
      }
      return part;
    });
  }

  Values replaced(const Node& node, const Active& active) {
    const std::string &from = literal_text(node, 1), &to = literal_text(node, 2);
    if (from.empty()) fail(node, "the text to replace is empty");
    return retold(node, active, [&](const std::string& text) {
      std::string result;
      std::size_t at = 0;
      for (std::size_t found; (found = text.find(from, at)) != std::string::npos; at = found + from.size())
        result.append(text, at, found - at).append(to);
      return result.append(text, at, std::string::npos);
    });
  }

  /// first() and most_common(): one value of each group, of numbers or texts; of equally common ones the
  /// first.
  Values representative(const Node& node) {
    Values x = evaluate(*node.arguments[0], everywhere());
    if (x.kind == ValueKind::missing) return x;
    const Groups by = groups(node, 1);
    const std::vector<std::int32_t>& group = by.of_row;
    const Categories values = categories(to_column("x", x));
    std::int32_t groups = 0;
    for (const std::int32_t each : group) groups = std::max(groups, each + 1);
    std::vector<std::int64_t> chosen_row(static_cast<std::size_t>(groups), -1);
    std::map<std::pair<std::int32_t, std::int32_t>, std::pair<std::size_t, std::size_t>>
        times;  // count, first row
    const bool by_count = node.name == "most_common";
    for (std::size_t row = 0; row < count(); ++row) {
      if (is_missing(x, row)) continue;
      auto& at = chosen_row[static_cast<std::size_t>(group[row])];
      if (at < 0) at = static_cast<std::int64_t>(row);
      if (by_count) ++times.try_emplace({group[row], values.of_row[row]}, 0, row).first->second.first;
    }
    if (by_count) {
      std::vector<std::pair<std::size_t, std::size_t>> best(static_cast<std::size_t>(groups), {0, 0});
      for (const auto& [key, counted] : times) {
        auto& leader = best[static_cast<std::size_t>(key.first)];
        if (counted.first > leader.first || (counted.first == leader.first && counted.second < leader.second))
          leader = counted;
      }
      for (std::size_t g = 0; g < best.size(); ++g)
        if (best[g].first > 0) chosen_row[g] = static_cast<std::int64_t>(best[g].second);
    }
    Values result = x;
    if (x.kind == ValueKind::text) result.levels.emplace_back();
    for (std::size_t row = 0; row < count(); ++row) {
      const auto at = by.has(row) ? chosen_row[static_cast<std::size_t>(group[row])] : -1;
      if (x.kind == ValueKind::text)
        result.level[row] = at < 0 ? static_cast<std::int32_t>(result.levels.size()) - 1
                                   : x.level[static_cast<std::size_t>(at)];
      else
        result.number[row] = at < 0 ? nan : x.number[static_cast<std::size_t>(at)];
    }
    return result;
  }

  Values weighted_mean(const Node& node) {
    const Active all = everywhere();
    const Values x = numeric(node, 0, all), weight = numeric(node, 1, all);
    const Groups by = groups(node, 2);
    const std::vector<std::int32_t>& group = by.of_row;
    std::int32_t groups = 0;
    for (const std::int32_t each : group) groups = std::max(groups, each + 1);
    std::vector<double> total(static_cast<std::size_t>(groups), 0.0), weights(total);
    std::vector<std::uint8_t> some(total.size(), 0);
    std::size_t left_out = 0;
    for (std::size_t row = 0; row < count(); ++row) {
      if (weight.number[row] < 0.0)
        fail(node, fmt::format("the weight in row {} is {} (needs 0 or more)", row + 1, weight.number[row]));
      if (std::isnan(x.number[row]) || std::isnan(weight.number[row])) {
        ++left_out;
        continue;
      }
      const auto g = static_cast<std::size_t>(group[row]);
      some[g] = 1;
      total[g] += weight.number[row] * x.number[row];
      weights[g] += weight.number[row];
    }
    if (left_out > 0)
      notes_.push_back(fmt::format("{} row{} without a value or a weight left out of weighted_mean()",
                                   left_out, left_out == 1 ? "" : "s"));
    Values result = numbers(ValueKind::number, count());
    for (std::size_t row = 0; row < count(); ++row) {
      const auto g = static_cast<std::size_t>(group[row]);
      if (some[g] == 0 || !by.has(row)) continue;
      if (weights[g] == 0.0) fail(node, fmt::format("the weights of the group of row {} sum to 0", row + 1));
      result.number[row] = total[g] / weights[g];
    }
    check_finite(node, result, {&result}, all);
    return result;
  }

  Values previous(const Node& node) {
    if (!rows_.has_previous)
      fail(node, "the table does not say which columns are its area and period (area = ..., period = ...)");
    const double steps = node.arguments.size() > 1 ? constant(node, 1) : 1.0;
    if (steps < 1.0 || steps > 1'000.0 || steps != std::floor(steps))
      fail(node, fmt::format("{} periods back (needs a whole number from 1 to 1000)", steps));
    std::vector<Values> value;
    value.push_back(evaluate(*node.arguments[0], everywhere()));
    if (value[0].kind == ValueKind::missing) return {};
    Values& from = value[0];
    Values result = from;
    if (from.kind == ValueKind::text) result.levels.push_back("");
    const auto none = static_cast<std::int32_t>(result.levels.size()) - 1;
    for (std::size_t row = 0; row < count(); ++row) {
      std::int64_t at = static_cast<std::int64_t>(row);
      for (int step = 0; step < static_cast<int>(steps) && at >= 0; ++step)
        at = rows_.previous[static_cast<std::size_t>(at)];
      if (from.kind == ValueKind::text)
        result.level[row] = at < 0 ? none : from.level[static_cast<std::size_t>(at)];
      else
        result.number[row] = at < 0 ? nan : from.number[static_cast<std::size_t>(at)];
    }
    return result;
  }

  /// Which group each row is in; a row whose text or number is missing is in none.
  struct Groups {
    std::vector<std::int32_t> of_row;
    std::vector<std::uint8_t> none;  ///< by row; empty: every row is in one
    bool has(std::size_t row) const { return none.empty() || none[row] == 0; }
  };
  Groups groups(const Node& node, std::size_t argument) {
    if (node.arguments.size() <= argument)
      return {rows_.group.empty() ? std::vector<std::int32_t>(count(), 0) : rows_.group, {}};
    if (!rows_.group.empty())
      fail(node, "a 'group' step groups by its own columns; leave the last argument out");
    const Values by = evaluate(*node.arguments[argument], everywhere());
    if (by.kind == ValueKind::missing) fail(node, "the last argument, the groups, is missing");
    Groups result;
    result.of_row = by.kind == ValueKind::text ? by.level : categories(to_column("by", by)).of_row;
    std::size_t without = 0;
    for (std::size_t row = 0; row < count(); ++row)
      if (is_missing(by, row)) {
        result.none.resize(count(), 0);
        result.none[row] = 1;
        ++without;
      }
    if (without > 0)
      notes_.push_back(fmt::format("{} row{} without a group {} no {}()", without, without == 1 ? "" : "s",
                                   without == 1 ? "has" : "have", node.name));
    return result;
  }

  Values whole_column(const Node& node, const WholeColumn& kind) {
    const Active all = everywhere();
    Values x;
    if (node.name == "count") {  // also of texts
      x = evaluate(*node.arguments[0], all);
      Values there = numbers(ValueKind::number, count());
      for (std::size_t row = 0; row < count(); ++row)
        if (!is_missing(x, row)) there.number[row] = 1.0;
      x = std::move(there);
    } else {
      x = numeric(node, 0, all);
    }
    std::vector<double> parameters;
    for (std::size_t k = 1; k <= kind.parameters; ++k) parameters.push_back(constant(node, k));
    if (kind.parameters == 2 &&
        !(parameters[0] >= 0.0 && parameters[0] <= parameters[1] && parameters[1] <= 1.0))
      fail(node,
           fmt::format("quantiles {} and {} (need 0 <= low <= high <= 1)", parameters[0], parameters[1]));
    const auto empty =
        std::count_if(x.number.begin(), x.number.end(), [](double v) { return std::isnan(v); });
    if (empty > 0 && node.name != "count")
      notes_.push_back(
          fmt::format("{} missing value{} left out of {}()", empty, empty == 1 ? "" : "s", node.name));
    Values result = numbers(ValueKind::number, count());
    const Groups by = groups(node, 1 + kind.parameters);
    for (std::size_t row = 0; row < count(); ++row)
      if (!by.has(row)) x.number[row] = nan;
    result.number = kind.apply(x.number, by.of_row, parameters);
    for (std::size_t row = 0; row < count(); ++row)
      if (!by.has(row)) result.number[row] = nan;
    check_finite(node, result, {&result}, all);
    return result;
  }

  void need_arguments(const Node& node, std::size_t least, std::size_t most) const {
    const std::size_t given = node.arguments.size();
    if (given >= least && given <= most) return;
    fail(node, fmt::format("{} argument{} given (takes {})", given, given == 1 ? "" : "s",
                           least == most ? fmt::format("{}", least)
                           : most > 50   ? fmt::format("{} or more", least)
                                         : fmt::format("{} to {}", least, most)));
  }

  Values function(const Node& node, const Active& active) {
    static const std::vector<std::pair<std::string, double (*)(double)>> by_row = {
        {"log", [](double x) { return std::log(x); }},
        {"exp", [](double x) { return std::exp(x); }},
        {"sqrt", [](double x) { return std::sqrt(x); }},
        {"abs", [](double x) { return std::abs(x); }},
        {"round", [](double x) { return std::round(x); }}};
    for (const auto& [name, call] : by_row) {
      if (node.name != name) continue;
      need_arguments(node, 1, 1);
      return mapped(node, active, call);
    }
    if (node.name == "if") {
      need_arguments(node, 3, 3);
      return conditional(node, active);
    }
    if (node.name == "coalesce") {
      need_arguments(node, 2, 100);
      return first_there(node, active);
    }
    if (node.name == "is_missing") {
      need_arguments(node, 1, 1);
      const Values x = evaluate(*node.arguments[0], active);
      Values result = numbers(ValueKind::truth, count());
      for (std::size_t row = 0; row < count(); ++row) result.number[row] = is_missing(x, row) ? 1.0 : 0.0;
      return result;
    }
    if (node.name == "number") {
      need_arguments(node, 1, 1);
      return number_of(node, active);
    }
    if (node.name == "substring") {
      need_arguments(node, 3, 3);
      return part_of_text(node, active);
    }
    if (node.name == "replace") {
      need_arguments(node, 3, 3);
      return replaced(node, active);
    }
    static const std::vector<std::pair<std::string, std::string (*)(const std::string&)>> by_text = {
        {"trim", trimmed_text}, {"upper", upper_text}, {"lower", lower_text}};
    for (const auto& [name, call] : by_text) {
      if (node.name != name) continue;
      need_arguments(node, 1, 1);
      return retold(node, active, call);
    }
    if (node.name == "first" || node.name == "most_common") {
      need_arguments(node, 1, 2);
      return representative(node);
    }
    if (node.name == "weighted_mean") {
      need_arguments(node, 2, 3);
      return weighted_mean(node);
    }
    if (node.name == "previous") {
      need_arguments(node, 1, 2);
      return previous(node);
    }
    if (const WholeColumn* kind = whole_column_function(node.name)) {
      need_arguments(node, 1 + kind->parameters, 2 + kind->parameters);
      return whole_column(node, *kind);
    }
    std::vector<std::string> known = {"if",      "coalesce",    "is_missing",   "previous", "number",
                                      "replace", "trim",        "upper",        "lower",    "substring",
                                      "first",   "most_common", "weighted_mean"};
    for (const auto& each : by_row) known.push_back(each.first);
    for (const std::string& each : whole_column_names()) known.push_back(each);
    const std::string near = nearest_word(node.name, known);
    fail(node,
         fmt::format("no such function{}; there are: {}",
                     near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near), fmt::join(known, ", ")));
  }

  const ExpressionRows& rows_;
  std::vector<std::string>& notes_;
};

}  // namespace

Values evaluate(const Expression& expression, const ExpressionRows& rows, std::vector<std::string>& notes) {
  Values values = Evaluator(rows, notes).evaluate(*expression.root(), Active(rows.table->rows, 1));
  if (values.kind == ValueKind::missing) values.number.assign(rows.table->rows, nan);
  return values;
}

Column to_column(const std::string& name, Values values) {
  Column column;
  column.name = name;
  if (values.kind == ValueKind::text) {
    column.kind = ColumnKind::text;
    column.level = std::move(values.level);
    column.levels = std::move(values.levels);
  } else {
    column.number = std::move(values.number);
  }
  return column;
}

}  // namespace spillway::recipe
