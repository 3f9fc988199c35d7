// A pack on another vintage of areas (2011 to 2021 codes and back), by the lookup that ONS publishes.
#pragma once
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// Which new areas each old area's ground went to.
struct AreaLookup {
  std::string from, to;  ///< geographies: "lsoa11", "lsoa21"
  std::vector<std::pair<std::string, std::string>>
      pairs;                                    ///< old code, new code; each once, in the order of the file
  std::map<std::string, std::string> new_name;  ///< new code -> name, where the lookup has names
  InputFile file;                               ///< for the provenance; path as given
};

/// Read a lookup: a CSV (or .csv.gz) with the columns `<from>cd` and `<to>cd` in any case, as LSOA11CD and
/// LSOA21CD in ONS's file; `<to>nm` gives names; other columns are not needed (what changed is seen from the
/// pairs).
/// @throws InputError  no such columns (those there are named), an empty code, a pair listed twice
AreaLookup read_lookup(const std::filesystem::path& file, const std::string& from, const std::string& to);

/// How a column's values go from old areas to new ones. Shares are those of the old area's weight that the
/// new one gets.
enum class Carry {
  sum,   ///< totals (residents, pounds): divided by shares and added; the total over all areas is kept
  mean,  ///< rates, scores, shares: mean over the parts of a new area, weighted by `population` times share
  majority,   ///< texts, codes, flags: the value that most of the weight has
  logarithm,  ///< log_X beside a column X: the logarithm of what X became
};
std::string to_string(Carry carry);
/// @throws InputError  not sum, mean or majority
Carry carry_named(const std::string& name);

struct VintageOptions {
  std::map<std::string, Carry>
      carry;  ///< of columns and panel variables, before the manifest's `carry` and the default
  /// What is known of the new areas: `area_code` and any of `population`, `easting`, `northing`, and columns
  /// of texts that the pack has, such as `area_type`. Population divides split areas; without it they are
  /// divided equally. Texts take the place of carried ones.
  std::optional<Table> new_areas;
  /// Contiguity of the new areas, pairs of codes, in place of what follows from the old one's.
  std::optional<std::vector<std::pair<std::string, std::string>>> new_links;
  std::string new_links_from;         ///< where they come from, for people: "adjacency.csv"
  std::string weight = "population";  ///< column of the pack that weights means
  InputFile boundaries;  ///< of the new areas, in place of the pack's own; no path: those stay behind
};

/// How one column went.
struct CarriedColumn {
  std::string name, why;  ///< why: "manifest", "asked for", "unit 'residents'", ...
  Carry carry = Carry::mean;
  bool panel = false;
  double before = 0.0, after = 0.0;  ///< totals of a summed column, over all periods; missing values left out
};

struct VintageReport {
  long old_areas = 0, new_areas = 0;
  long unchanged = 0;                         ///< one old area is one new area
  long split_old = 0, split_new = 0;          ///< old areas cut, and the new areas that they became
  long merged_old = 0, merged_new = 0;        ///< old areas joined, and the new areas that they became
  long irregular_old = 0, irregular_new = 0;  ///< ground that went several ways at once
  long beyond = 0;                            ///< new areas that also hold ground outside the pack
  long links_before = 0, links_after = 0;
  long links_guessed = 0;  ///< of links_after: between areas of which only a part is known to touch
  std::vector<CarriedColumn> columns;
  std::vector<std::string> notes;  ///< sentences: how splits were divided, what could not be carried
};

/// The pack on the lookup's new areas, ordered by code. Both directions of a lookup serve (see read_lookup).
///
/// Areas whose ground went to one place keep their values, unchanged ones bit for bit. Links: those given,
/// else two new areas are linked where old areas of theirs were, and where they come from the same old area;
/// a split area's parts so keep all of their parent's links, which is more than they have on the ground:
/// those links are counted as guesses. Flows are divided by the shares of both ends and added: their total is
/// kept. Files of the old areas (gal, gwt, boundaries where `options` has none of the new) and the truth of a
/// synthetic world stay behind.
///
/// @param manifest_carry  `carry` of the pack's manifest, by column
/// @throws InputError  areas of the pack that the lookup lacks (all named); `weight` no column of numbers
/// above 0; columns that look like counts where nothing says how they go (all named); coordinates given in
/// another unit; new
///                     areas without a population where others have one; a rule for a column that is not
///                     there, or that its kind cannot follow
DataPack convert_vintage(const DataPack& pack, const AreaLookup& lookup, const VintageOptions& options,
                         const std::map<std::string, Carry>& manifest_carry, VintageReport& report);

/// `carry` of each column of a pack's manifest that states one.
std::map<std::string, Carry> manifest_carry(const std::filesystem::path& pack_folder);

}  // namespace spillway
