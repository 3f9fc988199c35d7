// Which program this is. Compiled alone: the commit is looked at in every build.
#include SPILLWAY_COMMIT_HEADER

#include "tools/cli/command.hpp"

namespace spillway::cli {

BuildIdentity build_identity() { return {SPILLWAY_VERSION, SPILLWAY_GIT_COMMIT}; }

}  // namespace spillway::cli
