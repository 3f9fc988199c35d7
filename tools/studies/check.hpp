// Whether a run would take a configuration: everything but the estimates is tried.
#pragma once
#include <string>

#include "engine/data/pack/data_pack.hpp"
#include "engine/run/rehearsal.hpp"

namespace spillway::studies {

/// Checks configurations one after another; data that follow each other are read once.
class ConfigCheck {
 public:
  /// @return  what a run would warn of
  /// @throws InputError  every fault that a run would find before or beside its estimates
  Rehearsal operator()(const RunConfig& config);

 private:
  std::string data_;  ///< the settings that `pack_` was read or made by
  DataPack pack_;
};

}  // namespace spillway::studies
