// Commands that read a pack, a result or a catalogue and compute nothing that a run would keep.
#pragma once
#include <CLI/CLI.hpp>

namespace spillway::cli {

void add_catalogues(CLI::App& app);  ///< levers, funds, rulebooks, schema
void add_profiles(CLI::App& app);
void add_export(CLI::App& app);
void add_dossier(CLI::App& app);

}  // namespace spillway::cli
