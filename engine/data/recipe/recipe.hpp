// Recipes: how `spillway pack` makes a data pack from published tables. One TOML file says everything that
// was done to the numbers; docs/guide/real-data.md explains it with examples, configs/packs/ holds five real
// ones.
//
// clang-format off
//   [pack]      name, geography ("lsoa11", "lad23", ...), period_years (a number or "uneven"), description;
//               stands_in = ["...", ...]: what stands in for what, kept in the manifest
//   [[source]]  a published file: name, path (below --data; gzipped or not), publisher, licence, vintage;
//               optional sha256 (verified), note, text = [columns of codes that look like numbers];
//               how the publisher laid it out (SheetFormat): delimiter, encoding, skip_rows, header, until,
//               thousands, decimal, percent (true: 12.3% is 12.3, "share": 0.123), missing = [marks]
//   [[table]]   name, from (a source or an earlier table), steps = [...]; optional area and period, the
//               columns that previous() goes by
//   [areas]     table, key (its column of area codes), [areas.columns]; optional count = [columns whose
//               values the summary counts], codes = "any" (codes that are not like each other are kept)
//   [panel]     table, area, period, [panel.columns]; optional outside
//   [edges]     table, from, to; optional weight (default 1), outside: contiguity, a pair counts both ways
//   [flows]     table, from, to, weight; optional outside: directed
//   [[file]]    role ("boundaries", "lookup", ...), source: a file that goes into the pack as it is; of boundaries
//               also lookup (a source) and from (their geography): carried to the pack's areas, whole ones alone
//
// An output column is `name = { is = "expression", unit = "...", description = "...", price_base = "2022" }`.
// Columns of numbers need a unit, units of money (GBP) a price_base ("current" where prices are each year's
// own). `outside = "drop"` leaves out, and counts, panel rows and edges of areas that are not in [areas]; the
// default "fault" refuses them.
//
// Steps, in order, one verb each:
//   { filter = "condition" }
//               rows where it holds; where it is missing the row goes, counted
//   { derive = ["name = expression", ...] }
//               adds or replaces columns, one after the other
//   { join = "table", by = ["key", "mine = theirs"], columns = ["name", "new = old"], unmatched = "fault" }
//               columns of the one row with the same key (all, where `columns` is left out); rows without a
//               match: fault | keep (missing) | drop
//   { longer = ["score = score_{}"], period = "year", periods = [2010, 2015] }
//               wide to long: {} is replaced by each period; other columns repeat
//   { group = ["key"], derive = ["name = sum(x)"] }
//               one row a group: its key and these whole column functions
//   { rename = ["new = old"] }, { keep = ["name", ...] }
//   { require = "condition", message = "..." }
//               a row where it does not hold, or is missing, is a fault
//   { expect = "condition", rows = 1468 }
//               the number of rows where it holds, exactly
// clang-format on
//
// Expressions: engine/data/recipe/recipe_expression.hpp.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// Build a pack as `recipe` says from the published files below `data`.
///
/// @param summary  appended: rows read, kept and left out at each step, missing values, counts of area types
/// @param scratch  folder for boundaries that are carried from other areas, until the pack is written; empty:
/// none are
///                 made
/// @throws InputError  all faults of the recipe (keys, expressions, names); where it has none, all faults of
///                     the data against it (unmatched keys, duplicate rows, expectations that do not hold),
///                     each with the recipe's line
/// @throws StoreError  a file cannot be read
DataPack build_pack(const std::filesystem::path& recipe, const std::filesystem::path& data,
                    std::vector<std::string>& summary, const std::filesystem::path& scratch = {});

}  // namespace spillway
