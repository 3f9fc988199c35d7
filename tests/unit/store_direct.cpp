// Large arrays written past the page cache are what was given, to the last byte.
#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "engine/store/direct_write.hpp"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

std::string content(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string pattern(std::size_t bytes) {
  std::string text(bytes, '\0');
  std::uint32_t state = 12345;
  for (char& c : text) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return text;
}

}  // namespace

TEST_CASE("a direct write puts every byte where it belongs and nothing else") {
  const test::Folder folder("store-direct");
  const auto path = folder / "file";
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{4095}, std::size_t{4096},
                                  std::size_t{(8u << 20) + 4096}, std::size_t{(17u << 20) + 123}}) {
    const std::string before = pattern(3 * kDirectAlignment), data = pattern(bytes);
    std::ofstream(path, std::ios::binary | std::ios::trunc) << before;
    if (!write_direct(path, 2 * kDirectAlignment, data.data(), data.size())) {
      MESSAGE("this file system takes no direct writes: the usual way is taken");
      return;
    }
    const std::string got = content(path);
    CHECK(got.size() == std::max(before.size(), 2 * kDirectAlignment + bytes));
    CHECK(got.substr(0, 2 * kDirectAlignment) == before.substr(0, 2 * kDirectAlignment));
    CHECK(got.substr(2 * kDirectAlignment, bytes) == data);
    if (got.size() > 2 * kDirectAlignment + bytes)
      CHECK(got.substr(2 * kDirectAlignment + bytes) == before.substr(2 * kDirectAlignment + bytes));
  }
}

TEST_CASE("a direct write that cannot be says so and leaves the file alone") {
  const test::Folder folder("store-direct");
  const auto path = folder / "file";
  std::ofstream(path, std::ios::binary) << "as it was";
  const std::string data = pattern(8192);
  CHECK_FALSE(write_direct(path, 100, data.data(), data.size()));  // not on a block
  CHECK(content(path) == "as it was");
  CHECK_THROWS_AS(write_direct(folder / "absent", 0, data.data(), data.size()), StoreError);
  CHECK_FALSE(std::filesystem::exists(folder / "absent"));
}

TEST_CASE("a large dataset is read back as written and passes verification") {
  const test::Folder folder("store-direct");
  const auto path = folder / "run.h5";
  const long rows = 1201, columns = 1013;  // 4.9 MB of floats, no whole number of blocks
  std::vector<float> values(static_cast<std::size_t>(rows * columns));
  for (std::size_t k = 0; k < values.size(); ++k) values[k] = static_cast<float>(k) * 0.5f - 3.0f;
  {
    RunWriter writer(path);
    test::write_small_run(writer);
    writer.write({"/large/value", {"row", "column"}, "1", "a large array"}, values.data(), {rows, columns});
    writer.write({"/large/small", {"row"}, "1", "a small one after it"}, values.data(), {rows});
    writer.commit();
  }
  CHECK(verify(path).empty());
  const NumberBlock block = RunReader(path).numbers("/large/value");
  REQUIRE(block.value.size() == values.size());
  for (std::size_t k = 0; k < values.size(); k += 997)
    CHECK(block.value[k] == static_cast<double>(values[k]));
  CHECK(block.value.back() == static_cast<double>(values.back()));
}
