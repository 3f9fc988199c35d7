// The expressions of recipes: hand-computed values, missing values, and every message.
#include "engine/data/recipe/recipe_expression.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>

using namespace spillway;
using namespace spillway::recipe;

namespace {

const double none = std::numeric_limits<double>::quiet_NaN();

/// Five rows: x 1 2 4 8 missing; z 0 3 missing 1 2; kind a b a "" b; year 2001 2002 2001 2002 2003; two word.
Table sample() {
  Table table;
  table.rows = 5;
  table.columns.resize(4);
  table.columns[0].name = "x";
  table.columns[0].number = {1, 2, 4, 8, none};
  table.columns[1].name = "z";
  table.columns[1].number = {0, 3, none, 1, 2};
  table.columns[2].name = "kind";
  table.columns[2].kind = ColumnKind::text;
  table.columns[2].levels = {"a", "b", ""};
  table.columns[2].level = {0, 1, 0, 2, 1};
  table.columns[3].name = "two words";
  table.columns[3].number = {5, 4, 3, 2, 1};
  return table;
}

Values run(const std::string& text, std::vector<std::string>* notes = nullptr) {
  const Table table = sample();
  ExpressionRows rows;
  rows.table = &table;
  rows.has_previous = true;
  rows.previous = {-1, 0, -1, 2, 3};
  std::vector<std::string> said;
  Values values = evaluate(Expression(text), rows, said);
  if (notes != nullptr) *notes = said;
  return values;
}

void check(const std::string& text, const std::vector<double>& expected) {
  CAPTURE(text);
  const Values values = run(text);
  REQUIRE(values.number.size() == expected.size());
  for (std::size_t row = 0; row < expected.size(); ++row) {
    CAPTURE(row);
    if (std::isnan(expected[row]))
      CHECK(std::isnan(values.number[row]));
    else
      CHECK(values.number[row] == doctest::Approx(expected[row]).epsilon(1e-14));
  }
}

void check_texts(const std::string& text, const std::vector<std::string>& expected) {
  CAPTURE(text);
  const Values values = run(text);
  REQUIRE(values.kind == ValueKind::text);
  for (std::size_t row = 0; row < expected.size(); ++row)
    CHECK(values.levels[static_cast<std::size_t>(values.level[row])] == expected[row]);
}

std::string message(const std::string& text) {
  try {
    run(text);
  } catch (const ExpressionError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("operators bind as in arithmetic, and powers before a leading minus") {
  check("1 + 2 * 3", {7, 7, 7, 7, 7});
  check("(1 + 2) * 3", {9, 9, 9, 9, 9});
  check("2 ^ 3 ^ 2", {512, 512, 512, 512, 512});
  check("-2 ^ 2", {-4, -4, -4, -4, -4});
  check("2 ^ -1", {0.5, 0.5, 0.5, 0.5, 0.5});
  check("8 / 4 / 2", {1, 1, 1, 1, 1});
  check("x - 1 - 1", {-1, 0, 2, 6, none});
  check("`two words` + x", {6, 6, 7, 10, none});
  check("1.5e1", {15, 15, 15, 15, 15});
}

TEST_CASE("arithmetic and comparison with a missing value are missing") {
  check("x + z", {1, 5, none, 9, none});
  check("x > 1", {0, 1, 1, 1, none});
  check("kind == 'a'", {1, 0, 1, none, 0});
  check("kind != 'a'", {0, 1, 0, none, 1});
  check("1 ^ x", {1, 1, 1, 1, none});
  check("is_missing(kind) or is_missing(x)", {0, 0, 0, 1, 1});
}

TEST_CASE("and, or and not follow Kleene") {
  check("x > 1 and z > 0", {0, 1, none, 1, none});
  check("x > 100 and z > 0", {0, 0, 0, 0, none});
  check("x > 0 or z > 0", {1, 1, 1, 1, 1});
  check("not (x > 1)", {1, 0, 0, 0, none});
  check("kind in ('a', 'c')", {1, 0, 1, none, 0});
  check("x in (1, 8)", {1, 0, 0, 1, none});
}

TEST_CASE("if and coalesce evaluate only the branch they take") {
  check("if(z > 0, x / z, missing)", {none, 2.0 / 3.0, none, 8, none});
  check("if(x > 2, 1, 0)", {0, 0, 1, 1, none});
  check("coalesce(x, log(z))", {1, 2, 4, 8, std::log(2.0)});
  check("coalesce(z, -1)", {0, 3, -1, 1, 2});
  check_texts("if(x > 2, 'big', 'small')", {"small", "small", "big", "big", ""});
  check_texts("coalesce(kind, 'none')", {"a", "b", "a", "none", "b"});
  check_texts("if(kind == 'a', kind, missing)", {"a", "", "a", "", ""});
}

TEST_CASE("functions of one value") {
  check("log(x)", {0, std::log(2.0), std::log(4.0), std::log(8.0), none});
  check("exp(z)", {1, std::exp(3.0), none, std::exp(1.0), std::exp(2.0)});
  check("sqrt(x) * sqrt(x)", {1, 2, 4, 8, none});
  check("abs(-x)", {1, 2, 4, 8, none});
  check("round(x / 3)", {0, 1, 1, 3, none});
}

TEST_CASE("previous is the same area's earlier period, or missing") {
  check("x - previous(x)", {none, 1, none, 4, none});
  check("previous(x, 2)", {none, none, none, none, 4});
  check_texts("previous(kind)", {"", "a", "", "a", ""});
  const Table table = sample();
  ExpressionRows rows;
  rows.table = &table;
  std::vector<std::string> notes;
  CHECK_THROWS_WITH_AS(
      evaluate(Expression("previous(x)"), rows, notes),
      "character 1, 'previous': the table does not say which columns are its area and period "
      "(area = ..., period = ...)",
      ExpressionError);
}

TEST_CASE("whole column functions leave missing values out and say so") {
  check("sum(x)", {15, 15, 15, 15, 15});
  check("mean(x)", {3.75, 3.75, 3.75, 3.75, 3.75});
  check("median(x)", {3, 3, 3, 3, 3});
  check("lowest(x) + highest(x)", {9, 9, 9, 9, 9});
  check("count(kind)", {4, 4, 4, 4, 4});
  check("sum(x, kind)", {5, 2, 5, none, 2});  // a row without a group has none
  check("count(x, kind)", {2, 1, 2, none, 1});
  check("sd(x)", {std::sqrt(28.75 / 3), std::sqrt(28.75 / 3), std::sqrt(28.75 / 3), std::sqrt(28.75 / 3),
                  std::sqrt(28.75 / 3)});  // deviations -2.75 -1.75 .25 4.25: squares sum to 28.75
  check("rank(-x)", {4, 3, 2, 1, none});
  check("rank(z > 0)", {1, 2, none, 2, 2});  // ties share the lowest rank
  check("decile(`two words`)", {10, 8, 6, 4, 2});
  std::vector<std::string> notes;
  run("mean(x) + sum(z)", &notes);
  REQUIRE(notes.size() == 2);
  CHECK(notes[0] == "1 missing value left out of mean()");
  notes.clear();
  run("sum(z, kind)", &notes);
  CHECK(std::find(notes.begin(), notes.end(), "1 row without a group has no sum()") != notes.end());
}

TEST_CASE("winsorising moves the tails to type-7 quantiles") {
  // Of 1 2 4 8 the quantile at 0.1 lies 0.3 of the way from 1 to 2, at 0.9 0.7 of the way from 4 to 8.
  check("winsorise(x, 0.1, 0.9)", {1.3, 2, 4, 6.8, none});
  check("winsorise(x, 0, 1)", {1, 2, 4, 8, none});
  check("winsorise(x, 0.5, 0.5, kind)", {2.5, 2, 2.5, none, none});
}

TEST_CASE("numbers that do not exist are faults, with their row and count") {
  CHECK(message("log(z)") ==
        "character 1, 'log': no finite result from 0 in row 1 (1 row in all); guard it, as in "
        "if(x > 0, log(x), missing)");
  CHECK(message("1 / (x - 2)") ==
        "character 3, '/': no finite result from 1 and 0 in row 2 (1 row in all); guard it, as in "
        "if(x > 0, log(x), missing)");
  CHECK(message("sqrt(-x)").find("(4 rows in all)") != std::string::npos);
  CHECK(message("0 / 0").find("no finite result from 0 and 0") != std::string::npos);
  CHECK(message("exp(x * 1000)").find("no finite result from 1000") != std::string::npos);
}

TEST_CASE("kinds that do not fit are faults") {
  CHECK(message("kind + 1") == "character 6, '+': argument 1 is text such as 'a' (needs a number)");
  CHECK(message("kind == 1") ==
        "character 6, '==': compares a text with a number (both must be texts, or both numbers)");
  CHECK(message("kind < 'b'") == "character 6, '<': texts have no order here; == and != compare them");
  CHECK(message("x and true") ==
        "character 3, 'and': argument 1 is a number (needs a truth value, such as x == 1)");
  CHECK(message("if(x > 1, 'a', 1)") ==
        "character 1, 'if': mixes texts with numbers (its values must be of one kind)");
  CHECK(message("winsorise(x, 0.9, 0.1)") ==
        "character 1, 'winsorise': quantiles 0.9 and 0.1 (need 0 <= low <= high <= 1)");
  CHECK(message("previous(x, 0.5)") ==
        "character 1, 'previous': 0.5 periods back (needs a whole number from 1 to 1000)");
  CHECK(message("log(x, 2)") == "character 1, 'log': 2 arguments given (takes 1)");
}

TEST_CASE("unknown names are answered with the nearest known one") {
  CHECK(message("kinds == 'a'") ==
        "character 1, 'kinds': no such column (did you mean 'kind'?); there are: x, z, kind, two words");
  CHECK(message("meen(x)").find("no such function (did you mean 'mean'?)") != std::string::npos);
}

TEST_CASE("text that is not an expression is refused with the character") {
  CHECK(message("1 +") == "character 4: the end stands where a value is expected");
  CHECK(message("x = 1") == "character 3: '=' does not compare; write '=='");
  CHECK(message("(x") == "character 3: the end stands where ')' is expected");
  CHECK(message("x y") == "character 3: 'y' is out of place; an operator or the end is expected");
  CHECK(message("'open") == "character 1: ' is opened and never closed");
  CHECK(message("x # 2") == "character 3: '#' has no meaning in an expression");
  CHECK(message("2019a").find("character 1: '2019a' is neither a number nor a name") == 0);
  CHECK(message("and") == "character 1: 'and' stands where a value is expected");
  CHECK(message(".") == "character 1: '.' is not a number");
  CHECK(message(std::string(1000, '(')).find("nested more than 200 deep") != std::string::npos);
  CHECK(message(std::string(1000, '-') + "x").find("nested more than 200 deep") != std::string::npos);
  std::string sum = "x";
  for (int k = 0; k < 5000; ++k) sum += "+x";
  CHECK(message(sum).find("at most 5000 are allowed") != std::string::npos);
}

TEST_CASE("texts are cut, replaced and read as numbers") {
  check_texts("upper(kind)", {"A", "B", "A", "", "B"});
  check_texts("lower('ÄB')", {"Äb", "Äb", "Äb", "Äb", "Äb"});  // letters beyond A to Z keep their case
  check_texts("trim('  a b ')", {"a b", "a b", "a b", "a b", "a b"});
  check_texts("substring('aéi€u', 2, 3)", {"éi€", "éi€", "éi€", "éi€", "éi€"});
  check_texts("substring(kind, 5, 3)", {"", "", "", "", ""});
  check_texts("replace('1,234,5', ',', '')", {"12345", "12345", "12345", "12345", "12345"});
  check_texts("replace('aaa', 'aa', 'b')", {"ba", "ba", "ba", "ba", "ba"});
  check("number(replace('£1,000', '£1,', '7'))", {7000, 7000, 7000, 7000, 7000});
  check("number('..')", {none, none, none, none, none});
  check("number(x)", {1, 2, 4, 8, none});
  check("number(if(kind == 'a', '3', ''))", {3, none, 3, none, none});
  CHECK(message("number(kind)") ==
        "character 1, 'number': 'a' in row 1 is not a number (4 rows in all); replace() takes out what is "
        "too much");
  CHECK(message("upper(x)") == "character 1, 'upper': argument 1 is a number (needs a text)");
  CHECK(message("replace(kind, '', 'x')") == "character 1, 'replace': the text to replace is empty");
  CHECK(message("replace(kind, kind, 'x')") == "character 1, 'replace': argument 2 must be a text in quotes");
  CHECK(message("substring(kind, 0, 1)") ==
        "character 1, 'substring': start 0 and length 1 (need whole numbers, the first character is 1)");
}

TEST_CASE("one value stands for a group: the first, the most common, the weighted mean") {
  check_texts("first(kind)", {"a", "a", "a", "a", "a"});
  check_texts("most_common(kind)", {"a", "a", "a", "a", "a"});  // a and b twice each: a stands first
  check_texts("first(kind, z > 0)", {"a", "b", "", "b", "b"});
  check("first(z, kind)", {0, 3, 0, none, 3});
  check("most_common(if(x > 1, 9, x))", {9, 9, 9, 9, 9});
  check("first(if(x > 100, x, missing))", {none, none, none, none, none});
  // Rows with both: 0 x 1, 3 x 2, 1 x 8 over 11.
  std::vector<std::string> notes;
  const Values mean = run("weighted_mean(z, x)", &notes);
  CHECK(mean.number[0] == doctest::Approx(14.0 / 11.0).epsilon(1e-15));
  CHECK(notes == std::vector<std::string>{"2 rows without a value or a weight left out of weighted_mean()"});
  check("weighted_mean(z, x, kind)", {0, 3, 0, none, 3});
  CHECK(message("weighted_mean(x, z - 1)") ==
        "character 1, 'weighted_mean': the weight in row 1 is -1 (needs 0 or more)");
  CHECK(message("weighted_mean(x, 0)") ==
        "character 1, 'weighted_mean': the weights of the group of row 1 sum to 0");
}
