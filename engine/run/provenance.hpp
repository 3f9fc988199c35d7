// Where a result comes from: what every file says under /run.
#pragma once
#include <string>

#include "engine/base/ranks.hpp"
#include "engine/config/run_config.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/store/run_record.hpp"

namespace spillway {

/// What tells two builds apart.
struct BuildIdentity {
  std::string version, git_commit;
};

/// Build, machine, configuration, seed and start of a job. What it read, see add_inputs(); when it ended, the
/// writer says with the stages' times.
RunRecord run_record(const RunConfig& config, const BuildIdentity& build, const std::string& started,
                     const Ranks& ranks);

/// The files of the pack with their checksums, and the truth of a synthetic one.
void add_inputs(RunRecord& record, const DataPack& pack);

}  // namespace spillway
