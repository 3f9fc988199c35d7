// The configuration that a result file holds, as its run read it.
#pragma once
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/store/run_store.hpp"

namespace spillway::studies {

/// A stored configuration's text as its author wrote it, and the overrides that were appended to it.
struct StoredText {
  std::string text;
  std::vector<std::string> overrides;
};
StoredText split_stored(const std::string& stored);

/// The run's configuration, its --set overrides applied, then `more` of them.
/// @throws InputError  this version does not read it, or `more` is at fault
RunConfig stored_config(const RunReader& reader, const std::vector<std::string>& more = {});

/// The configuration of a study of a run: the run's own where its estimates are made again (from `pack`, if
/// it has moved), else as far as the file alone is read: name, seed and text.
RunConfig config_of_study(const RunReader& reader, bool estimates_again, const std::string& pack,
                          int threads);

/// Whether a file is a result (HDF5) and no configuration; false: there is none. @throws StoreError  unread
bool is_result_file(const std::string& file);

}  // namespace spillway::studies
