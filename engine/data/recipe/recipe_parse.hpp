// The parsed form of a recipe's expressions; shared by the parser and the evaluator only.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace spillway::recipe {

/// One node: a literal, a column, an operator (named by its sign) or a function, with its arguments in order.
struct ExpressionNode {
  enum class Kind { number, text, truth, missing, column, operation, function };
  Kind kind = Kind::missing;
  std::string name;          ///< column, operator or function; the text of a text literal
  double value = 0.0;        ///< number; truth as 1 or 0
  std::size_t position = 0;  ///< 0-based character in the expression, for messages
  std::vector<std::unique_ptr<ExpressionNode>> arguments;
};

}  // namespace spillway::recipe
