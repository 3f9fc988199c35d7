// The columns that a configuration names against those that the pack has.
#pragma once
#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// Every column that the configuration names is in the pack, and holds numbers where it must.
/// @throws InputError  all that are not, each with the file and line where it is named and the nearest column
void require_columns(const RunConfig& config, const DataPack& pack);

}  // namespace spillway
