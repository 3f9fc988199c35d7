// What places look like: the measures that the report opens with, by type of area, region and year, as far as
// a pack has them. Nothing is estimated here.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/pack/data_pack.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

struct ProfileOptions {
  std::string type;    ///< column of types; empty: area_type, where the pack has it
  std::string region;  ///< column of regions; empty: region_name or region_code, where the pack has one
  /// Measure -> column of the pack, where its name is not one that is known: {"inactivity", "econ_inactive"}.
  std::vector<std::pair<std::string, std::string>> columns;
};

/// One measure in one group of areas. Texts are empty where all are meant.
struct ProfileValue {
  std::string period, region, type;
  long areas = 0;       ///< with a value
  double weight = 0.0;  ///< that stands behind it: residents, or the number of areas
  /// Mean of the group by weight; the quartiles are of areas, each counted once. NaN where no area has a
  /// value.
  double mean = 0.0, lower_quartile = 0.0, median = 0.0, upper_quartile = 0.0;
};

struct ProfileMeasure {
  std::string name, title, column, unit, price_base;
  std::string weighted_by;  ///< "population", ...; empty: areas count alike
  std::string period;       ///< of the values by type and by region: a year, "1999 to 2022 (mean)", or empty
  std::vector<ProfileValue> by_type, by_region;  ///< by_region: each region, and each type in it
  std::vector<ProfileValue> by_period;  ///< each period, and each type in it; empty where there is one
};

/// A measure that the pack has no column for, and the public table that holds it.
struct MissingMeasure {
  std::string name, title, table;
  std::vector<std::string> columns;  ///< names that are looked for
};

struct Profiles {
  std::string pack, geography, type, region;
  long areas = 0;
  std::vector<std::pair<std::string, long>> types;  ///< by name, with the areas of each
  std::vector<ProfileMeasure> measures;
  std::vector<MissingMeasure> missing;
};

/// @throws InputError  a column of the options that is not there or holds no numbers, a measure that is not
/// known
Profiles profiles(const DataPack& pack, const ProfileOptions& options = {});

/// One table of all measures by type, then each by region and type and by year, then what is missing.
std::vector<TextTable> profile_tables(const Profiles& profiles);
/// One row a value, for programs.
TextTable profile_rows(const Profiles& profiles);
nlohmann::ordered_json profiles_json(const Profiles& profiles);

}  // namespace spillway::studies
