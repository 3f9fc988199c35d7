// Any bytes as what a rank sends and a checkpoint keeps of a scenario: an outcome, or refused in words; and
// an outcome comes back from its own bytes, every bit of it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>

#include "engine/base/error.hpp"
#include "engine/run/outcome_bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto bytes =
        spillway::to_bytes(spillway::scenario_outcome_from_bytes(std::as_bytes(std::span(data, size))));
    if (spillway::to_bytes(spillway::scenario_outcome_from_bytes(bytes)) != bytes) std::abort();
  } catch (const spillway::StoreError&) {
  }
  return 0;
}
