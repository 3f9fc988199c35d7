// The file driver that HDF5 writes results through: it remembers the first error of the operating system and
// tells HDF5 of none. Included by engine/store/*.cpp alone.
#pragma once
#include <hdf5.h>

#include <cstdint>

namespace spillway {

/// An open file that HDF5 writes, and the first errno that writing, truncating or reading back met; 0: none.
///
/// Why HDF5 is not told: what it does after a failed write is not to be relied on. Version 1.10 drops what it
/// held back for a dataset, and crashes within H5Ocopy.
struct Hdf5Output {
  int descriptor = -1;
  int error = 0;
  void* open_file = nullptr;  ///< the driver's own

  /// So many bytes at the end of the open file, which HDF5 leaves alone from now on.
  /// @return  where they begin, a multiple of 8
  std::uint64_t reserve(std::uint64_t bytes);
};

/// Let files of this access list be written to `output`, which must live as long as they are open. The name
/// that they are created with is for messages alone.
/// @throws StoreError  HDF5 does not take the driver
void set_output(hid_t access, Hdf5Output& output);

}  // namespace spillway
