// A column of a result as a table holds it.
#pragma once
#include "engine/data/table.hpp"
#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// Texts become levels in the order of their first row.
Column column_of(const TableColumn& stored);

}  // namespace spillway::studies
