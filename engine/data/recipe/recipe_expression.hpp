// The expressions of a recipe: one value a row of a table, from its columns.
//
// Values are numbers, texts or truth values; any of them may be missing (an empty cell).
//
//   literals     3.5   'text' or "text"   true false   missing
//   columns      name  or `any name`
//   arithmetic   + - * / ^ (right-associative, binds tighter than a leading minus)
//   comparison   == != < <= > >=   (texts: == and != only)   x in ('a', 'b')
//   logic        and or not
//   row by row   if(condition, then, else)   coalesce(a, b, ...)   is_missing(x)   log exp sqrt abs round
//   texts        number('12') (a text as a plain number; markers of missing values are missing)
//                replace(x, 'from', 'to')   trim(x)   upper(x)   lower(x) (of A to Z)
//                substring(x, start, length) (characters, the first is 1)
//   over time    previous(x) or previous(x, k): the same area one or k periods of the table earlier; needs
//                `area` and `period` of the table; missing where that area has no such row
//   whole column rank(x) (1 = lowest, ties share the lowest rank)   decile(x) (1..10, 1 = the lowest tenth)
//                sum mean median lowest highest sd count   winsorise(x, low, high) (quantiles, type 7 of
//                Hyndman & Fan 1996)   weighted_mean(x, weight)   first(x)   most_common(x) (numbers or
//                texts; of equally common ones the first); each takes a last argument `by`: within the rows
//                that share that value
//
// Missing: arithmetic and comparison with a missing value give missing; `and`, `or` follow Kleene (false and
// missing is false); if() on a missing condition gives missing; coalesce() takes the first that is there;
// whole column functions leave missing values out, and the summary says how many. Nothing is ever filled by
// itself. A logarithm of a number that is not positive, a division by zero or an overflow is a fault, not a
// NaN. The branches of if() and coalesce() are evaluated only where they are taken, so `if(d > 0, n / d,
// missing)` is safe; whole column functions always look at every row, also inside if().
#pragma once
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/data/table.hpp"

namespace spillway::recipe {

/// What is wrong with an expression; `what()` names the place in it.
class ExpressionError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class ValueKind { number, text, truth, missing };

/// One value a row. Numbers and truth values (1, 0): NaN is missing. Texts as in Column: level "" is missing.
struct Values {
  ValueKind kind = ValueKind::missing;
  std::vector<double> number;
  std::vector<std::int32_t> level;
  std::vector<std::string> levels;
};

struct ExpressionNode;

/// A parsed expression; immutable, cheap to copy.
class Expression {
 public:
  /// @throws ExpressionError  the text does not follow the grammar: character, what stands there, what is
  /// expected
  explicit Expression(std::string text);
  Expression() = default;

  const std::string& text() const noexcept { return text_; }
  const ExpressionNode* root() const noexcept { return root_.get(); }

 private:
  std::string text_;
  std::shared_ptr<const ExpressionNode> root_;
};

/// The rows an expression looks at.
struct ExpressionRows {
  const Table* table = nullptr;
  std::vector<std::int32_t> group;  ///< row -> group of whole column functions without `by`; empty: one group
  std::vector<std::int64_t> previous;  ///< row -> row of the same area one period earlier, -1 none
  bool has_previous = false;           ///< `previous` is known: the table names its area and period
};

/// Evaluate on every row. Sentences about values that whole column functions left out are added to `notes`.
///
/// @throws ExpressionError  an unknown column or function, a wrong kind of argument, a result that is not
/// finite
///                          (with the first row and the number of rows)
Values evaluate(const Expression& expression, const ExpressionRows& rows, std::vector<std::string>& notes);

/// Values as a column: truth values become 1 and 0, a result that is missing everywhere a number.
Column to_column(const std::string& name, Values values);

}  // namespace spillway::recipe
