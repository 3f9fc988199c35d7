// From a configuration to what every model and scenario reads: the pack, W and the types.
#pragma once
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/data/data_pack.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

struct Inputs {
  DataPack pack;
  SpatialWeights weights;
  Categories types;                    ///< of the configured column of areas
  std::vector<std::string> description;  ///< lines for people: areas, types, weights
};

/// The pack that `config` names: a folder, or the synthetic England built in memory.
/// @throws InputError  every fault of the pack
DataPack load_pack(const RunConfig& config);

/// The pack with its weights and types. @throws InputError  no such column of types; weights not to be had
Inputs make_inputs(const RunConfig& config, DataPack pack);

}  // namespace spillway
