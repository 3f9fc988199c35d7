#include "scenarios/places.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "scenarios/allocation.hpp"

namespace spillway::scenarios {

std::vector<std::int32_t> neediest(const LeverContext& context, std::vector<std::int32_t> areas,
                                   const std::string& need_column, double residents) {
  const Eigen::VectorXd need = need_score(context, need_column);
  std::stable_sort(areas.begin(), areas.end(),
                   [&](std::int32_t a, std::int32_t b) { return need(a) > need(b); });
  double people = 0.0;
  std::size_t count = 0;
  while (count < areas.size() && people < residents) people += context.population(areas[count++]);
  areas.resize(count);
  std::sort(areas.begin(), areas.end());
  return areas;
}

std::vector<std::int32_t> lowest(std::vector<std::int32_t> areas, const Eigen::VectorXd& score,
                                 double share) {
  std::stable_sort(areas.begin(), areas.end(),
                   [&](std::int32_t a, std::int32_t b) { return score(a) < score(b); });
  areas.resize(std::max<std::size_t>(
      1, static_cast<std::size_t>(std::llround(share * static_cast<double>(areas.size())))));
  std::sort(areas.begin(), areas.end());
  return areas;
}

std::vector<std::uint8_t> within_authorities(const LeverContext& context,
                                             const std::vector<std::string>& wanted) {
  std::vector<std::uint8_t> inside(context.type.size(), wanted.empty() ? 1 : 0);
  if (wanted.empty()) return inside;
  if (context.pack == nullptr)
    throw InputError("combined_authorities are named but there is no pack to find them in");
  std::set<std::string> known;
  std::set<std::string> missing(wanted.begin(), wanted.end());
  for (const char* name : {"combined_authority_code", "combined_authority_name"}) {
    const Column* column = context.pack->areas.find(name);
    if (column == nullptr || column->kind != ColumnKind::text) continue;
    known.insert(column->levels.begin(), column->levels.end());
    for (std::size_t i = 0; i < inside.size(); ++i)
      if (std::find(wanted.begin(), wanted.end(), column->text(i)) != wanted.end()) {
        inside[i] = 1;
        missing.erase(column->text(i));
      }
  }
  known.erase("");
  if (!missing.empty()) {
    const std::vector<std::string> words(known.begin(), known.end());
    const std::string near = nearest_word(*missing.begin(), words);
    throw InputError(fmt::format("no combined authority '{}' in the pack{} (it has {})", *missing.begin(),
                                 near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                                 words.empty() ? "none" : fmt::format("{}", fmt::join(words, ", "))));
  }
  return inside;
}

double authorities_of(const LeverContext& context, const std::vector<std::int32_t>& areas) {
  const Column* column =
      context.pack == nullptr ? nullptr : context.pack->areas.find("combined_authority_code");
  if (column == nullptr || column->kind != ColumnKind::text) return 1.0;
  std::set<std::string> found;
  for (const std::int32_t area : areas) found.insert(column->text(static_cast<std::size_t>(area)));
  found.erase("");
  return std::max(1.0, static_cast<double>(found.size()));
}

}  // namespace spillway::scenarios
