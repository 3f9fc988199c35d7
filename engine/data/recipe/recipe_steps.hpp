// The steps of a recipe's tables: filter, derive, join, longer, group, ... applied to tables in memory.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/data/recipe/recipe_file.hpp"
#include "engine/data/table.hpp"

namespace spillway::recipe {

/// A table on its way, and which sources have flowed into it.
struct Working {
  Table table;
  std::set<std::string> sources;
};

/// What went wrong and what happened, with the recipe's file and lines.
struct Log {
  std::string file;
  std::vector<Fault>* faults = nullptr;
  std::vector<std::string>* summary = nullptr;

  void fault(long line, const std::string& column, const std::string& value, const std::string& what) const {
    faults->push_back({file, line, column, value, what});
  }
};

/// Rows of one kind that a step or a part of the pack faults: the first few are named, the others counted.
constexpr std::size_t shown_faults = 10;

/// Apply the steps of `recipe` to `start`, in order; stops at the first step that faults, because later ones
/// build on it. `tables` holds the sources and tables made before.
///
/// @return whether every step went through
bool apply_steps(const TableRecipe& recipe, const std::map<std::string, Working>& tables, Working& start,
                 const Log& log);

/// Evaluate on the rows of `table`; a failure is logged at `line` and gives false.
bool evaluate_column(const Expression& expression, const std::string& name, const ExpressionRows& rows,
                     long line, const Log& log, Column& column);

/// `count` with its noun: "1 row", "32,844 rows".
std::string counted(std::size_t count, const std::string& noun);

/// One text a row from the columns of a key, "" where a part is missing.
/// @throws InputError  no such column
std::vector<std::string> row_keys(const Table& table, const std::vector<std::string>& names);

}  // namespace spillway::recipe
