// Any bytes as a pack give a pack or an InputError, never a crash; what was read can be written and read
// again. tests/fault/pack_bytes.cpp feeds the same function with a fixed set of broken packs.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/data/csv.hpp"
#include "engine/data/pack/data_pack.hpp"

namespace {

/// Folders of this process, made once.
const std::filesystem::path& fuzz_folder() {
  static const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("spillway-fuzz-" + std::to_string(::getpid()));
  return folder;
}

}  // namespace

/// The bytes up to each \xFF are one file: pack.toml, areas.csv, panel.csv, edges.csv.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  std::filesystem::create_directories(fuzz_folder());
  for (const char* name : {"pack.toml", "areas.csv", "panel.csv", "edges.csv"}) {
    const std::size_t end = rest.find('\xFF');
    std::ofstream(fuzz_folder() / name, std::ios::binary) << rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  const auto again = fuzz_folder() / "again";
  std::filesystem::remove_all(again);
  try {
    const spillway::DataPack pack = spillway::read_pack(fuzz_folder(), {1});
    if (!spillway::validate(pack).empty()) return 0;  // a period without any value cannot be written
    spillway::write_pack(pack, again, {1});
    const spillway::DataPack read = spillway::read_pack(again, {1});
    if (spillway::format_csv(read.areas) != spillway::format_csv(pack.areas)) std::abort();
  } catch (const spillway::InputError&) {
  }
  return 0;
}
