#include "tools/studies/group_spread.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "tools/studies/chosen.hpp"

namespace spillway::studies {

namespace {

GroupSpread of_draws(const StoredAggregate& series, const std::vector<double>& levels, double sign) {
  GroupSpread spread{series.unit, series.groups, {}, {}};
  for (std::size_t g = 0; g < series.groups.size(); ++g) {
    std::vector<double> draws;
    for (long d = 0; d < series.draws; ++d) draws.push_back(series.at(d, series.periods.size() - 1, g));
    const bool known =
        !draws.empty() && std::none_of(draws.begin(), draws.end(), [](double v) { return std::isnan(v); });
    const auto better = std::count_if(draws.begin(), draws.end(), [&](double v) { return sign * v > 0.0; });
    spread.better.push_back(known ? static_cast<double>(better) / static_cast<double>(draws.size())
                                  : std::nan(""));
    if (known) std::sort(draws.begin(), draws.end());
    spread.quantile.emplace_back();
    for (const double level : levels)
      spread.quantile.back().push_back(known ? sorted_quantile(draws, level) : std::nan(""));
  }
  return spread;
}

GroupSpread of_quantiles(const RunReader& reader, const std::string& place,
                         const std::vector<double>& levels) {
  GroupSpread spread{
      reader.attribute_as<std::string>(place + "/quantile", "units"), reader.texts(place + "/group"), {}, {}};
  if (spread.unit == "1") spread.unit.clear();
  const auto groups = static_cast<long>(spread.groups.size());
  const std::vector<double> kept = reader.numbers(place + "/level", {RunReader::any_length}).value;
  const NumberBlock values = reader.numbers(place + "/quantile", {static_cast<long>(kept.size()), groups});
  spread.better = reader.numbers(better_dataset(reader, place), {groups}).value;
  for (long g = 0; g < groups; ++g) {
    spread.quantile.emplace_back();
    for (const double level : levels) {
      const auto at =
          std::find_if(kept.begin(), kept.end(), [&](double one) { return std::abs(one - level) < 1e-9; });
      spread.quantile.back().push_back(
          at == kept.end() ? std::nan("")
                           : values.value[static_cast<std::size_t>((at - kept.begin()) * groups + g)]);
    }
  }
  return spread;
}

}  // namespace

std::string better_dataset(const RunReader& reader, const std::string& place) {
  const std::string better = place + "/probability_better";
  return reader.has(better) ? better : place + "/probability_positive";
}

GroupSpread group_spread(const RunReader& reader, const std::string& scenario, const std::string& outcome,
                         const std::string& grouping, const std::vector<double>& levels) {
  if (reader.kept() == Kept::summary && !reader.has_draws(scenario, outcome, grouping))
    return of_quantiles(reader, "/scenarios/" + scenario + "/aggregate/" + outcome + "/" + grouping, levels);
  return of_draws(reader.aggregate(scenario, outcome, grouping), levels,
                  lower_is_better(reader, scenario) ? -1.0 : 1.0);
}

}  // namespace spillway::studies
