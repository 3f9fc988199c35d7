// A fixed walk through broken files of weights: each is read or refused in words, and none crashes the
// reader.
#include <doctest/doctest.h>

#include "engine/base/streams.hpp"
#include "tests/fuzz/read_weights.cpp"

TEST_CASE("bytes changed, cut, doubled or moved in files of weights give weights or an InputError") {
  const std::string whole[] = {"0 4 layer key\nA 1\nB\nB 2\nA C\nC 1\nB\nD 0\n\n",
                               "0 4 \"my layer\" key\nA B 0.5\nB A 1e3\nB C 2\nC B 1\nD D 0\n",
                               "from,to,weight\nA,B,1\nB,C,0.5\nC,D,2\n",
                               "4\n0 1\n1\n1 2\n0 2\n2 1\n1\n3 0\n"};
  const std::string bytes = "\",\n\r \t0149eE+-.ABCDZnaninf\xFF\xEF\xBB\xBF\x1f\x8b\x80";
  spillway::Stream stream(2, spillway::Purpose::diagnostics, 0);
  const auto below = [&](std::size_t count) {
    return static_cast<std::size_t>(stream.below(static_cast<std::uint32_t>(count)));
  };
  int survived = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = static_cast<char>(below(32)) + whole[below(4)];
    for (std::size_t change = 0; change <= below(4) && text.size() > 1; ++change) {
      const std::size_t at = below(text.size()), length = std::min(text.size() - at, 1 + below(12));
      switch (below(4)) {
        case 0:
          text[at] = bytes[below(bytes.size())];
          break;
        case 1:
          text.erase(at, length);
          break;
        case 2:
          text.insert(below(text.size()), text.substr(at, length));
          break;
        default:
          text.insert(at, 1, bytes[below(bytes.size())]);
          break;
      }
    }
    survived += LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == 0;
  }
  CHECK(survived == 4000);
}
