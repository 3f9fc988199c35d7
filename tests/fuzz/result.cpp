// Any bytes as a result file, its seal not asked for: what is in it is read, or refused in words.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/base/error.hpp"
#include "tests/support/read_all.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto file =
      std::filesystem::temp_directory_path() / ("spillway-fuzz-result-" + std::to_string(::getpid()));
  std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(data), static_cast<long>(size));
  try {
    spillway::test::read_all(spillway::RunReader(file, spillway::Unsealed::try_it));
  } catch (const spillway::InputError&) {
  } catch (const spillway::StoreError&) {
  }
  return 0;
}
