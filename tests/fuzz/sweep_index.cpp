// Any bytes as a sweep's index give one that is written so that it reads the same, or are refused in words.
#include "tools/studies/sweep_index.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace spillway::studies;
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    const SweepIndex index = parse_sweep_index(text, "index.json");
    if (parse_sweep_index(format_sweep_index(index), "index.json") != index) std::abort();
    for (const SweepMember& member : index.members) member.settings_text();
  } catch (const spillway::InputError&) {
  }
  return 0;
}
