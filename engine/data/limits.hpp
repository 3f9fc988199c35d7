// How large an input may be. Past a limit the file is refused by name, before memory is gone; all limits
// stand here.
#pragma once
#include <cstddef>
#include <cstdint>

namespace spillway::limits {

constexpr std::uint64_t file_bytes = 4ull << 30;      ///< a file as it lies on the disk
constexpr std::uint64_t expanded_bytes = 4ull << 30;  ///< a gzipped file, expanded
constexpr std::uint64_t expansion = 250;  ///< times its gzipped size; tables compress 3 to 40 times
constexpr std::uint64_t expansion_free = 64ull << 20;  ///< up to here any ratio will do
constexpr std::size_t line_bytes = 16u << 20;          ///< a row of a table
constexpr std::size_t cell_bytes = 1u << 20;
constexpr std::size_t columns = 16'384;  ///< as many as a sheet of a spreadsheet has
constexpr std::size_t rows = 100'000'000;
constexpr std::size_t cells = 300'000'000;  ///< 16 bytes of memory each while they are read
constexpr std::size_t links = 50'000'000;
constexpr std::size_t parts_of_an_area = 1'000;  ///< new areas that a lookup may split one into
constexpr std::size_t json_bytes = 1u << 30;     ///< boundaries and indices
/// Points of all rings of a boundary file. Those of an arc count as often as a ring names it: a few bytes of
/// TopoJSON can name a long arc a million times.
constexpr std::size_t shape_points = 50'000'000;
constexpr int json_depth = 64;  ///< GeoJSON needs 9

}  // namespace spillway::limits
