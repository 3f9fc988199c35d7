// A fixed walk through broken packs: every one is read or refused in words, and none crashes the reader.
#include <doctest/doctest.h>

#include "engine/base/streams.hpp"
#include "tests/fuzz/read_pack.cpp"

TEST_CASE("bytes changed, cut, doubled or moved in a whole pack give a pack or an InputError") {
  const std::string whole =
      "[pack]\nname = \"tiny\"\nperiod_years = 1\n[[file]]\npath = \"areas.csv\"\nrole = \"areas\"\n"
      "[[file]]\npath = \"panel.csv\"\nrole = \"panel\"\n[[file]]\npath = \"edges.csv\"\nrole = \"edges\"\n"
      "[columns.population]\nunit = \"people\"\n[truth]\nrho = 0.4\n\xFF"
      "area_code,name,population\nA,\"one, 1\",1000\nB,two,1500\nC,,2000\n\xFF"
      "area_code,period,gva\nA,2010,1\nA,2011,2\nB,2010,4\nB,2011,5\nC,2011,7.5\n\xFF"
      "from,to,weight\nA,B,1\nB,C,0.5\n";
  const std::string bytes = "\",\n\r=[]#.-+eE019 \tnaNAinf\xFF\xEF\xBB\xBF\x1f\x8b\x80";
  spillway::Stream stream(1, spillway::Purpose::diagnostics, 0);
  const auto below = [&](std::size_t count) {
    return static_cast<std::size_t>(stream.below(static_cast<std::uint32_t>(count)));
  };
  int survived = 0;
  for (int round = 0; round < 400; ++round) {
    std::string text = whole;
    for (std::size_t change = 0; change <= below(4); ++change) {
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
      if (text.empty()) text = whole;
    }
    survived += LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()) == 0;
  }
  std::filesystem::remove_all(fuzz_folder());
  CHECK(survived == 400);
}
