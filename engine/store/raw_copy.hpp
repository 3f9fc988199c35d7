// Groups of a result copied as the bytes they are, with the addresses in them moved. HDF5's own copy takes
// every object and text apart and puts it together again, some 100 us a dataset. Included by
// engine/store/*.cpp alone.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "engine/store/raw_file.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

/// A group of the root.
struct RawChild {
  std::uint64_t address = 0;  ///< of its header
  std::string omitted;        ///< a child of it that is left out
};

/// Everything below some children of a result's root, as pieces that may stand anywhere. Addresses count from
/// the beginning of the copy.
struct RawCopy {
  struct Address {
    std::uint64_t at;      ///< in the piece
    std::uint64_t target;  ///< in the copy
  };
  struct Piece {
    std::uint64_t from = 0, bytes = 0, to = 0;  ///< to: in the copy, a multiple of 8
    std::vector<unsigned char> held;            ///< empty: copied as they are in the file
    std::vector<Address> addresses;
    bool summed = false;  ///< its last four bytes are its checksum
  };
  std::vector<Piece> pieces;           ///< in the order in which they stand
  std::uint64_t bytes = 0;             ///< of the copy
  std::vector<std::uint64_t> objects;  ///< where each child's header is
  std::vector<Extent> values;          ///< of numeric datasets

  /// @param at  where in `target` the copy stands
  /// @throws StoreError  names file and reason
  void write(const RawFile& source, const RawFile& target, std::uint64_t at) const;
};

/// @return  nothing where the file holds a structure that results are not written with (packed values have an
///          index; other programs have heaps and trees): then HDF5 must copy it
/// @throws StoreError  the file cannot be read
std::optional<RawCopy> plan_raw_copy(const RawFile& file, const std::vector<RawChild>& children);

}  // namespace spillway
