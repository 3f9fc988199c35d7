#include "engine/data/pack/population.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/coordinates.hpp"

namespace spillway {

namespace {

constexpr std::size_t enough_populated = 10;  // from here on a pack is not a sketch of a few areas
constexpr double fewest_residents = 10.0;  // residents in half of the areas, of any list of places there is
constexpr double residents_in_thousands = 500.0;  // of most authorities there are, in thousands
constexpr double fewest_a_square_km =
    0.5;  // of the ground round all areas: Greenland and deserts alone have fewer

/// Levels of British areas and the residents that half of them have at the least: far below what each was
/// drawn to have (ONS, Scottish Government and NISRA, census geographies), and above that in thousands.
struct BritishLevel {
  const char* name;
  std::vector<const char*> entities;
  double at_least;
};
const std::vector<BritishLevel>& british_levels() {
  static const std::vector<BritishLevel> all = {
      {"output areas, drawn for 100 residents or more", {"E00", "W00", "N00"}, 5.0},
      {"LSOAs, drawn for 1,000 to 3,000 residents", {"E01", "W01"}, 20.0},
      {"data zones, drawn for 500 to 1,000 residents", {"S01", "N20"}, 20.0},
      {"MSOAs, drawn for 5,000 to 15,000 residents", {"E02", "W02"}, 100.0},
      {"authorities, few of which have less than 20,000 residents",
       {"E06", "E07", "E08", "E09", "W06", "S12", "N09"},
       1000.0},
      {"constituencies, few of which have less than 50,000 residents", {"E14", "W07", "S14", "N05"}, 1000.0}};
  return all;
}

const BritishLevel* british_level_of(const std::string& code) {
  if (code.size() != 9 || code.find_first_not_of("0123456789", 1) != std::string::npos) return nullptr;
  for (const BritishLevel& level : british_levels())
    for (const char* entity : level.entities)
      if (code.starts_with(entity)) return &level;
  return nullptr;
}

struct People {
  std::size_t areas = 0, fractions = 0, thousandths = 0;
  double median = 0.0, most = 0.0, total = 0.0;
  explicit People(const std::vector<double>& values) {
    std::vector<double> positive;
    for (const double value : values) {
      if (!(value > 0.0) || !std::isfinite(value)) continue;
      positive.push_back(value);
      if (value != std::floor(value)) ++fractions;
      if (std::abs(1000.0 * value - std::round(1000.0 * value)) < 1e-3) ++thousandths;
      most = std::max(most, value);
      total += value;
    }
    areas = positive.size();
    if (areas > 0) median = quantile_in_place(positive, 0.5);
  }
  bool in_fractions() const { return 2 * fractions > areas; }
  /// A thousandth is one resident: cells of a grid that somebody modelled have more decimals.
  bool counted_in_thousands() const { return thousandths == areas; }
};

const char* const residents_wanted =
    "write numbers of residents: multiply thousands by 1000, in a recipe { is = \"... * 1000\" }";

}  // namespace

std::string fault_of_population_unit(const std::string& unit) {
  const std::string text = lower_case(unit);
  bool other = text == "k" || text == "m" || text == "mn" || text == "h";
  for (const char* word : {"thousand", "hundred", "million", "milliers", "tausend", "tsd", "mio", "000",
                           "per ", "/", "%", "share", "log"})
    other = other || text.find(word) != std::string::npos;
  if (other)
    return "population is read as a number of residents; write it so, with unit = \"residents\", or call the "
           "column otherwise";
  return {};
}

std::vector<Fault> population_faults(const Column& population, const Column& codes, const std::string& file,
                                     const std::vector<std::int64_t>& line) {
  std::vector<Fault> faults;
  const auto& values = population.number;
  const auto fault = [&](std::size_t row, std::string what) {
    faults.push_back(
        {file, static_cast<long>(line[row]), "population", fmt::format("{}", values[row]), std::move(what)});
  };
  for (std::size_t r = 0; r < values.size(); ++r)
    if (values[r] < 0.0) fault(r, "a number of residents is 0 or more; expected one, or an empty cell");
  const People people(values);
  if (!faults.empty() || people.areas < enough_populated) return faults;
  std::size_t first = 0;  // row with a value
  while (!(values[first] > 0.0)) ++first;
  const std::string half =
      fmt::format("half of the {} areas have {:.3g} or fewer", people.areas, people.median);
  if (people.most < 1.0)
    fault(first,
          fmt::format("no area has a whole resident (the most is {:.3g}); expected numbers of residents, not "
                      "shares, thousands or millions",
                      people.most));
  else if (population.unit.empty() && people.median < fewest_residents)
    fault(first, fmt::format("{} residents: they look like thousands; {}, or say unit = \"residents\" under "
                             "[columns.population] where they are",
                             half, residents_wanted));
  else if (population.unit.empty() && people.in_fractions() && people.counted_in_thousands() &&
           people.median < residents_in_thousands)
    fault(first, fmt::format(
                     "{} of {} areas have a fraction of a resident, and {}: they look like thousands; {}, or "
                     "say unit = \"residents\" under [columns.population] where they are",
                     people.fractions, people.areas, half, residents_wanted));
  if (!faults.empty()) return faults;
  for (const BritishLevel& level : british_levels()) {
    std::vector<double> of_level;
    std::size_t one = values.size();
    for (std::size_t r = 0; r < values.size(); ++r)
      if (values[r] > 0.0 && british_level_of(codes.text(r)) == &level) {
        of_level.push_back(values[r]);
        one = std::min(one, r);
      }
    if (of_level.size() < enough_populated) continue;
    const double median = quantile_in_place(of_level, 0.5);
    if (median < level.at_least)
      fault(one,
            fmt::format("half of the {} codes such as '{}' have {:.4g} residents or fewer, and they are {}: "
                        "thousands? {}",
                        of_level.size(), codes.text(one), median, level.name, residents_wanted));
  }
  return faults;
}

std::string doubtful_population_line(const Table& areas) {
  const Column* population = areas.find("population");
  if (population == nullptr || population->kind != ColumnKind::number) return {};
  const People people(population->number);
  if (people.areas < enough_populated) return {};
  const bool stated = !population->unit.empty();
  const double ground = square_km_around(areas);
  const bool empty_land = ground > 0.0 && people.total < fewest_a_square_km * ground;
  if (people.median >= (stated ? fewest_residents : residents_in_thousands) && !empty_land) return {};
  return fmt::format(
      "warning: population: half of the {} areas have {:.3g} residents or fewer{}{}: if these are thousands, "
      "pounds a head are a thousand times too large{}",
      people.areas, people.median,
      people.in_fractions() ? fmt::format(", and {} a fraction of a resident", people.fractions) : "",
      empty_land ? fmt::format(", {:.4g} in all on {:.3g} square km", people.total, ground) : "",
      stated ? "" : " (unit = \"residents\" under [columns.population] says that they are not)");
}

}  // namespace spillway
