// A result's headline and a few of its draws, written out for a program that is not ours: plain R on plain
// CSV.
#pragma once
#include <filesystem>
#include <string>

#include "engine/store/run_store.hpp"
#include "tools/studies/session.hpp"

namespace spillway::studies {

struct ReplicateOptions {
  std::filesystem::path script;  ///< the R script; its data go to a folder beside it, data_folder()
  std::string scenario;          ///< empty: every one
  long draws = 10;               ///< of each scenario, the first ones
};

/// `<stem>_data` beside the script.
std::filesystem::path data_folder(const std::filesystem::path& script);

/// What was written, for people.
struct Replication {
  std::filesystem::path script, data;
  std::vector<std::string> estimates;  ///< "model/estimator" that the script estimates again
  std::vector<std::string>
      left_out;  ///< estimates that drive a scenario and that the script does not make, and why
  long draws = 0;
  std::vector<std::string> scenarios;
};

/// Write the script and its data. The script reads the pack's own CSV files, estimates the headline of the
/// panel and the instruments' cell that drive the scenarios, propagates the shocks of the first draws (which
/// are data: they are the lever's), and compares with what the result holds; it needs R with Matrix and
/// nothing of ours.
///
/// @param session  of the run's own configuration: its estimates are made again
/// @param reader   the run
/// @throws InputError  the folder of data is there and not empty; no such scenario; the estimates are not
/// those of the result
/// @throws StoreError  a file cannot be written; nothing is left behind
Replication replicate(Session& session, const RunReader& reader, const ReplicateOptions& options);

std::string replication_text(const Replication& replication);

/// The script below its settings, the same for every result.
extern const char* const replicate_script;

}  // namespace spillway::studies
