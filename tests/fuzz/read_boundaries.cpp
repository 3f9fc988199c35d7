// Any bytes as boundaries and as a lookup give pairs of areas and of codes, and the boundaries of other
// areas, or an InputError, never a crash.
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/data/contiguity.hpp"
#include "engine/data/vintage/carry_boundaries.hpp"
#include "engine/data/vintage/vintage.hpp"

/// The bytes up to the first \xFF are boundaries, the rest is a lookup from lsoa11 to lsoa21.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(all.find('\xFF'), all.size());
  std::string lacking;
  try {
    for (const auto& [a, b] : spillway::contiguity_of(std::string(all.substr(0, end)), "boundaries",
                                                      {"A", "B", "C", "D"}, lacking))
      if (a == b) std::abort();
  } catch (const spillway::InputError&) {
  }
  try {
    spillway::AreaLookup lookup;
    lookup.from = "lsoa11", lookup.to = "lsoa21";
    lookup.pairs = {{"A", "A"}, {"B", "E"}, {"C", "E"}, {"D", "F"}, {"D", "G"}};
    const auto carried = spillway::carry_boundaries(std::string(all.substr(0, end)), "boundaries",
                                                    {"A", "B", "C", "D"}, lookup);
    if (carried.kept + carried.joined + carried.without != 4) std::abort();
    if (!carried.text.empty())
      spillway::contiguity_of(carried.text, "carried", {"A", "E", "F", "G"}, lacking);
  } catch (const spillway::InputError&) {
  }
  if (end + 1 >= all.size()) return 0;
  static const auto file =
      std::filesystem::temp_directory_path() / ("spillway-fuzz-lookup-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary) << all.substr(end + 1);
  try {
    for (const auto& [from, to] : spillway::read_lookup(file, "lsoa11", "lsoa21").pairs)
      if (from.empty() || to.empty()) std::abort();
  } catch (const spillway::InputError&) {
  }
  return 0;
}
