#include "engine/store/packed_chunks.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>

namespace spillway {

namespace {

std::size_t row_bytes(const std::vector<hsize_t>& dims, std::size_t element) {
  std::size_t bytes = element;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) bytes *= dims[axis];
  return bytes;
}

hsize_t rows_of_chunk(const std::vector<hsize_t>& dims, std::size_t element) {
  constexpr std::size_t target = 1u << 20;
  return std::clamp<hsize_t>(target / std::max<std::size_t>(1, row_bytes(dims, element)), 1, dims[0]);
}

/// First bytes of all elements, then second bytes, ...: HDF5's shuffle filter.
void shuffle(const unsigned char* from, std::size_t elements, std::size_t element, unsigned char* to) {
  for (std::size_t byte = 0; byte < element; ++byte)
    for (std::size_t k = 0; k < elements; ++k) to[byte * elements + k] = from[k * element + byte];
}

}  // namespace

void set_packed_layout(hid_t properties, const std::vector<hsize_t>& dims, std::size_t element, int level) {
  std::vector<hsize_t> chunk = dims;
  chunk[0] = rows_of_chunk(dims, element);
  check_hdf5(H5Pset_chunk(properties, static_cast<int>(chunk.size()), chunk.data()), "describe chunks");
  check_hdf5(H5Pset_shuffle(properties), "describe the shuffle filter");
  check_hdf5(H5Pset_deflate(properties, static_cast<unsigned>(level)), "describe the deflate filter");
}

void write_packed(hid_t dataset, const void* data, const std::vector<hsize_t>& dims, std::size_t element,
                  int level, Parallelism parallelism, const std::string& action) {
  const std::size_t row = row_bytes(dims, element);
  const hsize_t rows = rows_of_chunk(dims, element), chunks = (dims[0] + rows - 1) / rows;
  const std::size_t chunk_bytes = row * rows;
  const auto* values = static_cast<const unsigned char*>(data);
  // Batches bound the memory: a batch is deflated side by side, then written in order.
  const hsize_t batch = static_cast<hsize_t>(std::max(4, 4 * worker_count(parallelism)));
  std::vector<std::vector<unsigned char>> packed(batch);
  std::vector<int> status(batch);
  std::vector<hsize_t> offset(dims.size(), 0);
  for (hsize_t first = 0; first < chunks; first += batch) {
    const hsize_t count = std::min(batch, chunks - first);
    for_each_block(
        static_cast<std::ptrdiff_t>(count), 1, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
          std::vector<unsigned char> whole, shuffled(chunk_bytes);
          for (std::ptrdiff_t k = from; k < to; ++k) {
            const hsize_t start = (first + static_cast<hsize_t>(k)) * rows,
                          here = std::min(rows, dims[0] - start);
            const unsigned char* source = values + start * row;
            if (here < rows) {  // the last chunk is padded with zeros, which no reader sees
              whole.assign(chunk_bytes, 0);
              std::memcpy(whole.data(), source, here * row);
              source = whole.data();
            }
            shuffle(source, chunk_bytes / element, element, shuffled.data());
            auto& out = packed[static_cast<std::size_t>(k)];
            uLongf length = compressBound(static_cast<uLong>(chunk_bytes));
            out.resize(length);
            status[static_cast<std::size_t>(k)] =
                compress2(out.data(), &length, shuffled.data(), static_cast<uLong>(chunk_bytes), level);
            out.resize(length);
          }
        });
    for (hsize_t k = 0; k < count; ++k) {
      if (status[k] != Z_OK) throw StoreError(fmt::format("could not {}: zlib error {}", action, status[k]));
      offset[0] = (first + k) * rows;
      check_hdf5(H5Dwrite_chunk(dataset, H5P_DEFAULT, 0, offset.data(), packed[k].size(), packed[k].data()),
                 action);
    }
  }
}

}  // namespace spillway
