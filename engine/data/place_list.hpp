// A list of places: the areas of a programme, with what each counts or gets.
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// Areas of a pack that a file names.
struct PlaceList {
  std::vector<std::int32_t> area;  ///< row of the pack's areas, in the order of the file
  std::vector<double> weight;      ///< what each counts, >= 0; empty: the file has no such column
  std::vector<double> gbp;         ///< pounds of the whole programme that each gets, >= 0; empty: likewise
  InputFile file;                  ///< role "places"; the path as given

  /// As a column of these areas, NaN where an area is not listed: pounds, weights, or ones.
  Column as_column(const Table& areas) const;
};

/// The name of the column that a list becomes; its unit is "GBP", "weight" or "listed".
std::string column_of_list(const std::string& given);

/// Read a CSV file with a column `area_code` (or `code`) and, where wanted, `weight` or `gbp`; `name` and
/// `note` are for people.
///
/// @param given  the path as the configuration has it, kept for the provenance
/// @throws InputError  all faults with file and line: no such file, another column, a code that is no area of
/// `areas` or stands twice, a weight or amount that is missing, negative or infinite, nothing but zeros
PlaceList read_place_list(const std::filesystem::path& file, const std::string& given, const Table& areas);

/// Places of one's own that areas are gathered into, of a file: a column of texts, empty where an area is in
/// none.
struct PlaceGroups {
  Column place;
  InputFile file;  ///< role "places"; the path as given
};

/// The name of that column.
std::string column_of_places(const std::string& given);

/// Read a CSV file with a column `area_code` (or `code`): the code of an area, or the code or name of any
/// grouping of `areas`, which stands for all of its areas. `place` says which place they are of; without it
/// the whole file is one place, named after it. `weight`, `gbp`, `name` and `note` are not used here.
///
/// @throws InputError  all faults with file and line: no such file, another column, a code that is none or
/// several things, an area that is in two places
PlaceGroups read_place_groups(const std::filesystem::path& file, const std::string& given,
                              const Table& areas);

}  // namespace spillway
