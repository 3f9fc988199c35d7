// Compression outside HDF5's lock: blocks are shuffled and deflated by several workers and written as they
// are. Included by engine/store/*.cpp alone.
#pragma once
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/store/hdf5_handle.hpp"

namespace spillway {

/// Chunks of a dataset to be packed: whole along every axis but the first, about 1 MB each; shuffle and
/// deflate.
void set_packed_layout(hid_t properties, const std::vector<hsize_t>& dims, std::size_t element, int level);

/// Write the whole of a dataset made with set_packed_layout. The same bytes for any number of workers.
///
/// @param data  the values, last axis fastest
/// @throws StoreError  the disk failed
void write_packed(hid_t dataset, const void* data, const std::vector<hsize_t>& dims, std::size_t element,
                  int level, Parallelism parallelism, const std::string& action);

}  // namespace spillway
