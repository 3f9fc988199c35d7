// The list of checksums in a result, /manifest and /run/manifest, as it is read back. Included by
// engine/store/*.cpp alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

inline constexpr const char* manifest_groups[] = {"/run/manifest", "/manifest"};

/// One manifest: an entry a group or dataset.
struct StoredManifest {
  std::vector<std::string> object;  ///< path
  std::vector<std::int64_t> data, attributes, bytes;
  bool whole = false;  ///< it matches its own checksum
};

/// @throws StoreError, InputError  it is not there or cannot be read
StoredManifest read_manifest(const RunReader& reader, const std::string& group);

/// Whether each extent of a sealed file has the length and sum of a dataset of its manifests (or of a
/// manifest's own column), none used twice. With a whole seal that proves the file, byte by byte, without
/// opening its datasets.
bool manifests_account_for(const RunReader& reader, const std::vector<Extent>& values,
                           const std::vector<std::uint32_t>& sums);

}  // namespace spillway
