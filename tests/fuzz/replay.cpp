// The corpus of a fuzz target, replayed without a fuzzer: every file must be read or refused in words.
//
// With libFuzzer instead: cmake --preset asan && cmake --build build-asan --target fuzz_csv, then
//   build-asan/tests/fuzz_csv -dict=tests/fuzz/dictionaries/csv.dict -max_total_time=600 NEW
//   tests/fuzz/corpus/csv
// New files go to NEW; one that shows something goes into the corpus.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <vector>

#include "engine/data/read_bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int main(int count, char** arguments) {
  std::size_t files = 0;
  for (int k = 1; k < count; ++k) {
    std::vector<std::filesystem::path> corpus;
    for (const auto& entry : std::filesystem::directory_iterator(arguments[k]))
      corpus.push_back(entry.path());
    std::sort(corpus.begin(), corpus.end());
    for (const auto& file : corpus) {
      std::printf("%s\n", file.filename().c_str());
      std::fflush(stdout);  // the last name printed is the one that crashed
      const std::string bytes = spillway::read_bytes(file);
      // Every beginning of it as well, as a download that was cut short.
      for (std::size_t size = 0; size <= bytes.size(); size += std::max<std::size_t>(1, bytes.size() / 97))
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), size);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
      ++files;
    }
  }
  std::printf("%zu files replayed\n", files);
  return files > 0 ? 0 : 1;
}
