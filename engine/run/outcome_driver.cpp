#include "engine/run/outcome_driver.hpp"

namespace spillway {

OutcomeDriver outcome_driver(const std::vector<std::string>& provenance) {
  const std::string role = "infrastructure: ";
  for (const std::string& sentence : provenance) {
    if (!sentence.starts_with(role)) continue;
    const auto end = sentence.find(' ', role.size());
    return {sentence.substr(role.size(), end - role.size()), sentence.find(" of run '") != std::string::npos};
  }
  return {};
}

}  // namespace spillway
