// Laws of the store: equal runs give equal files, and packing changes no value whatever the workers.
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

void write_run(const std::filesystem::path& path, const RunRecord& record, const StoreOptions& options = {}) {
  RunWriter writer(path, options);
  test::write_small_run(writer, record);
  writer.commit();
}

/// 6 MB of noise in three axes whose first is no multiple of the chunks'.
std::vector<float> noise() {
  std::vector<float> values(1'499 * 10 * 100);
  std::uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(state >> 8) * 0x1p-24F;
  }
  return values;
}

void write_noise(const std::filesystem::path& path, const StoreOptions& options) {
  RunWriter writer(path, options);
  writer.write_run(test::small_record());
  writer.write({"/x/value", {"draw", "period", "group"}, "1", "noise"}, noise().data(), {1'499, 10, 100});
  writer.commit();
}

}  // namespace

TEST_CASE("two files of the same run are the same bytes") {
  const test::Folder folder("store-equal");
  write_run(folder / "a.h5", test::small_record());
  write_run(folder / "b.h5", test::small_record());
  CHECK(test::bytes_of(folder / "a.h5") == test::bytes_of(folder / "b.h5"));
}

TEST_CASE("other times, host and threads change /run alone") {
  const test::Folder folder("store-host");
  RunRecord other = test::small_record();
  other.host = "elsewhere";
  other.started = "2027-01-01T00:00:00Z";
  other.threads = 8;
  write_run(folder / "a.h5", test::small_record());
  write_run(folder / "b.h5", other);
  const auto h5diff = [&](const std::string& arguments) {
    return std::system(("h5diff " + arguments + " " + (folder / "a.h5").string() + " " +
                        (folder / "b.h5").string() + " > " + (folder / "out").string() + " 2>&1")
                           .c_str());
  };
  if (std::system("h5diff --version > /dev/null 2>&1") != 0) {
    std::puts("SKIPPED: needs hdf5-tools");
    return;
  }
  CHECK(h5diff("--exclude-path=/run") == 0);
  CHECK(test::bytes_of(folder / "out").empty());  // nothing even 'not comparable'
  CHECK(h5diff("") != 0);
}

TEST_CASE("packed values are the values, in the same bytes for any number of workers") {
  const test::Folder folder("store-packed");
  write_noise(folder / "raw.h5", {});
  const auto values = RunReader(folder / "raw.h5").numbers("/x/value");
  std::string first;
  for (const int workers : {1, 2, 7}) {
    StoreOptions options;
    options.packing = Packing::gzip;
    options.parallelism = {workers};
    write_noise(folder / "packed.h5", options);
    const RunReader reader(folder / "packed.h5");
    CHECK(reader.verify().empty());
    CHECK(reader.numbers("/x/value").value == values.value);
    const std::string bytes = test::bytes_of(folder / "packed.h5");
    if (first.empty()) first = bytes;
    CHECK(bytes == first);
  }
  CHECK(first.size() < std::filesystem::file_size(folder / "raw.h5"));
}
