// Any text as a manifest gives a manifest or its faults; a manifest is written so that it reads the same.
#include "engine/data/pack/manifest.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::vector<spillway::Fault> faults;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const spillway::Manifest manifest = spillway::parse_manifest(text, "pack.toml", faults);
  if (!faults.empty()) return 0;
  const std::string written = spillway::format_manifest(manifest);
  if (spillway::format_manifest(spillway::parse_manifest(written, "pack.toml", faults)) != written ||
      !faults.empty())
    std::abort();
  return 0;
}
