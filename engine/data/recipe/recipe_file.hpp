// A recipe as plain values, as read from its TOML file. The language is described in recipe.hpp.
#pragma once
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/recipe/recipe_expression.hpp"

namespace spillway::recipe {

struct Source {
  std::string name, path, publisher, licence, vintage, sha256, note;
  std::vector<std::string> text;                         ///< columns read as text
  SheetFormat sheet;                                     ///< how the publisher laid the table out
  std::vector<std::string> missing = missing_markers();  ///< cells without a value
  long line = 0;
};

/// `name = expression`, or `new = old` where names are paired.
struct Assignment {
  std::string name;
  Expression expression;
  long line = 0;
};
struct NamePair {
  std::string name, from;
};

enum class Verb { filter, derive, join, longer, group, rename, keep, require, expect };
enum class Unmatched { fault, keep, drop };
enum class Outside { fault, drop };

/// One step of a table; the fields that its verb uses.
struct Step {
  Verb verb = Verb::filter;
  long line = 0;
  Expression condition;               ///< filter, require, expect
  std::vector<Assignment> derive;     ///< derive, group
  std::string table;                  ///< join
  std::vector<NamePair> by, columns;  ///< join: name = mine or new, from = theirs; longer, rename: columns
  Unmatched unmatched = Unmatched::fault;
  std::string period;              ///< longer
  std::vector<int> periods;        ///< longer
  std::vector<std::string> names;  ///< group, keep
  std::string message;             ///< require
  long rows = 0;                   ///< expect
};

struct TableRecipe {
  std::string name, from, area, period;
  std::vector<Step> steps;
  long line = 0;
};

struct OutputColumn {
  std::string name, unit, description, price_base;
  Expression is;
  long line = 0;
};

/// [areas], [panel], [edges] or [flows]: the table it comes from and the columns it reads.
struct Output {
  std::string table, key, period, from, to;  ///< key: [areas] key, [panel] area
  Expression weight;                         ///< edges, flows; no root: 1
  Outside outside = Outside::fault;
  std::vector<OutputColumn> columns;
  std::vector<std::string> count;
  bool any_codes = false;  ///< [areas]: codes need not be like each other
  long line = 0;
};

struct CarriedFile {
  std::string role, source;
  std::string lookup,
      from;  ///< of boundaries: the source and the geography that they are carried from; or empty
  long line = 0;
};

struct Recipe {
  std::string file;  ///< for messages
  std::string name, geography, description;
  std::vector<std::string> stands_in;
  double period_years = 1.0;  ///< 0: uneven
  std::vector<Source> sources;
  std::vector<TableRecipe> tables;
  Output areas;
  std::optional<Output> panel, edges, flows;
  std::vector<CarriedFile> files;
};

/// Read a recipe from its text; `file` is used in messages only. @throws InputError  every fault
Recipe parse_recipe(const std::string& text, const std::string& file);

/// Read a recipe. @throws InputError  every fault; StoreError  the file cannot be read
Recipe read_recipe(const std::filesystem::path& file);

}  // namespace spillway::recipe
