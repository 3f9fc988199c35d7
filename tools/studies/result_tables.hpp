// Tables of a finished run.
#pragma once
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// The estimates of a run, a table a model and cell.
std::vector<TextTable> tables_of_estimates(const RunReader& reader);

/// Every outcome of every scenario by the groups of `grouping`, last period.
/// @throws InputError  a scenario has no such grouping; lists those it has
TextTable table_of_scenarios(const RunReader& reader, const std::string& grouping);

/// Areas and residents that each policy leaves better or worse off, by group.
/// @throws InputError  the result keeps nothing by area
TextTable table_of_winners(const RunReader& reader);

}  // namespace spillway::studies
