// From a configuration to what every model and scenario reads: the pack, W and the types.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/estimate/spatial/log_determinant.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// log|I - rho W|, set up when a model first asks for it and then shared by every fit on that W (0.4 s at
/// 33,000 areas). of() may be called from several threads.
class SharedDeterminant {
 public:
  std::shared_ptr<const LogDeterminant> of(const SpatialWeights& weights, Parallelism parallelism);

 private:
  std::mutex mutex_;
  std::shared_ptr<const LogDeterminant> made_;
};

struct Inputs {
  DataPack pack;
  SpatialWeights weights;
  Categories types;                      ///< of the configured column of areas
  std::vector<std::string> description;  ///< lines for people: areas, types, weights
  std::shared_ptr<SharedDeterminant> determinant =
      std::make_shared<SharedDeterminant>();  ///< one for all copies of this value
};

/// The pack that `config` names: a folder, or the synthetic England built in memory.
/// @throws InputError  every fault of the pack; every column that the configuration names and the pack lacks
DataPack load_pack(const RunConfig& config);

/// The pack with its weights and types. @throws InputError  no such column of types; weights not to be had
Inputs make_inputs(const RunConfig& config, DataPack pack);

/// Years a period ahead: the pack's own, or the configuration's where the pack's periods are uneven.
/// @throws InputError  neither is known, or they differ
double years_a_period(const RunConfig& config, const DataPack& pack);

}  // namespace spillway
