// Tables of a finished run.
#pragma once
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// The estimates of a run, a table a model and cell.
std::vector<TextTable> tables_of_estimates(const RunReader& reader);

/// As the page and the spreadsheets show figures (percent for log points), or as the file holds them.
enum class Figures { shown, stored };

/// Every outcome of every scenario by the groups of `grouping`, last period.
/// @throws InputError  a scenario has no such grouping; lists those it has
TextTable table_of_scenarios(const RunReader& reader, const std::string& grouping, Figures figures);

/// Every outcome of every policy side by side, the nation and area types, on the same draws; then, where the
/// areas have such columns, what there is to say of jobs: rates, jobs per resident of working age, and
/// people.
std::vector<TextTable> tables_of_outcomes(const RunReader& reader);

/// What each appraised policy is worth: present values, then a pound of public cost and a head of the target
/// areas, of a package each of its levers alone too. @throws InputError  the result appraises nothing
std::vector<TextTable> tables_of_appraisal(const RunReader& reader);

/// Whether a unit is log points, which are shown in percent: "log points a year", and no "psychology score".
bool is_log(const std::string& unit);
/// Whether a unit is a share of people, which is shown in percentage points; one in per cent is so already.
bool is_share(const std::string& unit);

/// A hundred where tables and sentences show a unit in hundredths: shares as percentage points, log points as
/// percent; else one. And what they call it.
double shown_as(const std::string& unit);
std::string unit_shown(const std::string& unit);
/// The unit of figures that shown_as() has multiplied, whole: "log points a year, summed over the horizon" is
/// "%, summed over the horizon", "log points a year" is "% a year".
std::string unit_in_words(const std::string& unit);

/// Where every area's cumulative uplift comes from: mean, median and outermost quantiles of each part; the
/// means add up to the mean of the whole. @throws InputError  no scenario kept it, with what to do
TextTable table_of_area_split(const RunReader& reader);

/// Areas and residents that each policy leaves better or worse off, by group.
/// @throws InputError  the result keeps nothing by area
TextTable table_of_winners(const RunReader& reader);

}  // namespace spillway::studies
