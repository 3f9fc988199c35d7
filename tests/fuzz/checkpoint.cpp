// Any bytes as a checkpoint's key and shard: the unit is there whole, is to be done again, or the key is
// refused.
#include "engine/store/checkpoint.hpp"

#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"

/// The bytes up to the first \xFF are key.json, the rest is the shard of unit 0.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto result =
      std::filesystem::temp_directory_path() / ("spillway-fuzz-checkpoint-" + std::to_string(::getpid()));
  const auto folder = spillway::Checkpoint::folder_of(result);
  std::filesystem::create_directories(folder);
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = all.find('\xFF');
  std::ofstream(folder / "key.json", std::ios::binary) << all.substr(0, end);
  if (end == std::string_view::npos)
    std::filesystem::remove(folder / "unit-0.shard");
  else
    std::ofstream(folder / "unit-0.shard", std::ios::binary) << all.substr(end + 1);
  const spillway::CheckpointKey key = {{"seed", "7"}, {"configuration", "a = 1\nb = 2\n"}};
  try {
    const spillway::Checkpoint checkpoint(result, key, spillway::Checkpoint::Start::resume);
    if (checkpoint.has(0) != (checkpoint.finished().size() == 1)) std::abort();
    if (checkpoint.has(0)) checkpoint.load_numbers(0);
  } catch (const spillway::InputError&) {
  } catch (const spillway::StoreError&) {
  }
  return 0;
}
