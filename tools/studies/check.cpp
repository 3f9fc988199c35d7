#include "tools/studies/check.hpp"

#include <fmt/format.h>

#include "engine/run/config_columns.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::studies {

Rehearsal ConfigCheck::operator()(const RunConfig& config) {
  const RunHooks hooks = policy_hooks(config);
  const std::string data =
      config.pack != "synthetic"
          ? config.pack
          : fmt::format("synthetic\n{} {} {} {}", config.synthetic_areas, config.synthetic_seed,
                        config.synthetic_policy_truth, config.synthetic_strength);
  if (data == data_) {
    require_columns(config, pack_);
  } else {
    data_.clear();
    pack_ = load_pack(config);
    data_ = data;
  }
  return rehearse(config, make_inputs(config, pack_), hooks);
}

}  // namespace spillway::studies
