// Tables of the results in a merged file, one over all of them.
#pragma once
#include <functional>
#include <vector>

#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// The tables of one result; where `merged` holds several (a sweep's), those of every member joined by title,
/// the member's name and the values of its settings in front of each row. A member without the table is named
/// in the notes.
/// @throws InputError  no member has it; the first one's reason
std::vector<TextTable> tables_over_members(
    const RunReader& merged, const std::function<std::vector<TextTable>(const RunReader&)>& tables);

}  // namespace spillway::studies
