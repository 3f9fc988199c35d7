#include "engine/store/manifest.hpp"

#include <cmath>
#include <map>
#include <utility>

#include "engine/store/crc32c.hpp"
#include "engine/store/hdf5_values.hpp"

namespace spillway {

StoredManifest read_manifest(const RunReader& reader, const std::string& group) {
  StoredManifest manifest;
  manifest.object = reader.texts(group + "/object");
  std::uint32_t own = texts_checksum(manifest.object);
  for (auto& [name, column] : {std::pair{"/data_crc32c", &manifest.data},
                               {"/attributes_crc32c", &manifest.attributes},
                               {"/bytes", &manifest.bytes}}) {
    for (const double value : reader.numbers(group + name).value) {
      if (!(std::abs(value) < 0x1p63)) return manifest;  // no whole number, whatever wrote it
      column->push_back(static_cast<std::int64_t>(value));
    }
    if (column->size() != manifest.object.size()) return manifest;
    own = crc32c(column->data(), column->size() * sizeof(std::int64_t), own);
  }
  manifest.whole = reader.attribute_as<std::int64_t>(group, "crc32c") == static_cast<std::int64_t>(own);
  return manifest;
}

bool manifests_account_for(const RunReader& reader, const std::vector<Extent>& values,
                           const std::vector<std::uint32_t>& sums) {
  std::map<std::pair<std::uint64_t, std::uint32_t>, long> expected;
  const auto expect = [&](std::uint64_t bytes, std::uint32_t sum) { ++expected[{bytes, sum}]; };
  for (const char* group : manifest_groups) {
    const StoredManifest manifest = read_manifest(reader, group);
    if (!manifest.whole) return false;
    for (std::size_t k = 0; k < manifest.object.size(); ++k)
      expect(static_cast<std::uint64_t>(manifest.bytes[k]), static_cast<std::uint32_t>(manifest.data[k]));
    for (const auto* column : {&manifest.data, &manifest.attributes, &manifest.bytes}) {
      const std::uint64_t bytes = column->size() * sizeof(std::int64_t);
      expect(bytes, crc32c(column->data(), bytes));
    }
  }
  for (std::size_t k = 0; k < values.size(); ++k) {
    const auto found = expected.find({values[k].bytes, sums[k]});
    if (found == expected.end() || found->second-- == 0) return false;
  }
  return true;
}

}  // namespace spillway
