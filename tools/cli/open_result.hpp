// `--unsealed` of the commands that read results.
#pragma once
#include <CLI/CLI.hpp>

#include "engine/store/run_store.hpp"

namespace spillway::cli {

inline void add_unsealed(CLI::App& command, bool& unsealed) {
  command.add_flag(
      "--unsealed", unsealed,
      "Try a result without its seal that is not what was written: one of an old version, or written "
      "again by another program; what is in it is still held against itself");
}

inline Unsealed seal_needed(bool unsealed) { return unsealed ? Unsealed::try_it : Unsealed::refuse; }

}  // namespace spillway::cli
