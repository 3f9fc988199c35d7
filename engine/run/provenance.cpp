#include "engine/run/provenance.hpp"

#include <unistd.h>

#include "engine/base/instruction_set.hpp"
#include "engine/base/parallel.hpp"

namespace spillway {

RunRecord run_record(const RunConfig& config, const BuildIdentity& build, const std::string& started,
                     const Ranks& ranks) {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  RunRecord record;
  record.name = config.name;
  record.seed = config.seed;
  record.spillway_version = build.version;
  record.git_commit = build.git_commit;
  record.instruction_set = to_string(instruction_set());
  record.host = host;
  record.started = started;
  record.threads = worker_count({config.threads});
  record.config = config.text;
  record.more = {{"ranks", static_cast<std::int64_t>(ranks.size())}};
  return record;
}

void add_inputs(RunRecord& record, const DataPack& pack) {
  record.inputs = pack.inputs;
  record.truth = pack.truth;
}

}  // namespace spillway
