// Commands that read a pack or a result and compute nothing that a run would keep.
#pragma once
#include <CLI/CLI.hpp>

namespace spillway::cli {

void add_profiles(CLI::App& app);
void add_export(CLI::App& app);
void add_dossier(CLI::App& app);

}  // namespace spillway::cli
