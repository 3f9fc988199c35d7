#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/synthetic/synthetic.hpp"
#include "engine/synthetic/synthetic_places.hpp"

namespace spillway {

namespace {

using synthetic::Place;
using Pairs = std::vector<std::pair<std::int32_t, std::int32_t>>;

constexpr double mean_degree = 5.8;  // LSOAs of England: 5.9
constexpr double constituencies_an_area = 533.0 / 33755.0;
constexpr double combined_authority_share = 0.60;

// Parts of the geography's random numbers; values are part of the reproducibility promise.
enum Part : std::uint32_t { shapes = 2, deprivation = 3, residents = 4, scales = 5, combined = 6 };

void check_size(const SyntheticConfig& config) {
  const auto refuse = [](const std::string& what) { throw InputError("synthetic England: " + what); };
  if (config.areas < 50) refuse(fmt::format("{} areas (needs 50 or more)", config.areas));
  if (config.authorities < 1) refuse(fmt::format("{} authorities (needs 1 or more)", config.authorities));
  if (config.regions < 1 || config.regions > static_cast<int>(synthetic::region_centres().size()))
    refuse(fmt::format("{} regions (needs 1 to {})", config.regions, synthetic::region_centres().size()));
}

/// Whole numbers in proportion to `sizes` that add up to `total`, each at least 1 (largest remainders).
std::vector<int> quotas(const std::vector<double>& sizes, int total) {
  const double all = std::accumulate(sizes.begin(), sizes.end(), 0.0);
  std::vector<int> result(sizes.size());
  std::vector<std::pair<double, std::size_t>> remainder;
  int left = total;
  for (std::size_t k = 0; k < sizes.size(); ++k) {
    const double share = sizes[k] / all * total;
    result[k] = std::max(1, static_cast<int>(share));
    left -= result[k];
    remainder.emplace_back(result[k] - share, k);
  }
  std::sort(remainder.begin(), remainder.end());
  for (std::size_t k = 0; left > 0; k = (k + 1) % remainder.size(), --left) ++result[remainder[k].second];
  for (std::size_t k = remainder.size(); left<0; k = k> 1 ? k - 1 : remainder.size()) {
    int& quota = result[remainder[k - 1].second];
    if (quota > 1) {
      --quota;
      ++left;
    }
  }
  return result;
}

/// Neighbour lists of pairs, ascending.
void list_neighbours(std::size_t areas, const Pairs& pairs, std::vector<std::int32_t>& first,
                     std::vector<std::int32_t>& neighbour) {
  first.assign(areas + 1, 0);
  for (const auto& [a, b] : pairs) {
    ++first[static_cast<std::size_t>(a) + 1];
    ++first[static_cast<std::size_t>(b) + 1];
  }
  std::partial_sum(first.begin(), first.end(), first.begin());
  neighbour.resize(static_cast<std::size_t>(first.back()));
  auto place = first;
  for (const auto& [a, b] : pairs) {
    neighbour[static_cast<std::size_t>(place[static_cast<std::size_t>(a)]++)] = b;
    neighbour[static_cast<std::size_t>(place[static_cast<std::size_t>(b)]++)] = a;
  }
  for (std::size_t a = 0; a < areas; ++a)
    std::sort(neighbour.begin() + first[a], neighbour.begin() + first[a + 1]);
}

/// Partition of the places: labels by place, and the order of the pack.
struct Territory {
  std::vector<std::int32_t> authority, constituency;
  std::vector<std::int32_t> order;  // position in the pack -> place
  std::vector<std::int32_t> region_of_authority;
  int constituencies = 0;
};

Territory divided(const SyntheticConfig& config, const std::vector<Place>& places, int authorities,
                  int regions) {
  Stream stream(config.seed, Purpose::synthetic_world, 0, shapes);
  const std::size_t n = places.size();
  Territory territory;
  territory.authority.resize(n);
  territory.constituency.resize(n);
  std::vector<std::int32_t> index(n);
  std::iota(index.begin(), index.end(), 0);
  const auto region_begin = synthetic::cut(places, index, 0, n, regions, 0.12, stream);
  std::vector<double> sizes;
  for (int r = 0; r < regions; ++r)
    sizes.push_back(static_cast<double>(region_begin[static_cast<std::size_t>(r) + 1] -
                                        region_begin[static_cast<std::size_t>(r)]));
  const std::vector<int> authorities_of = quotas(sizes, authorities);
  constexpr std::size_t leaf = 8;  // areas that follow each other in the pack lie together
  for (std::size_t r = 0; r < static_cast<std::size_t>(regions); ++r) {
    const auto begins =
        synthetic::cut(places, index, region_begin[r], region_begin[r + 1], authorities_of[r], 0.22, stream);
    for (std::size_t k = 0; k + 1 < begins.size(); ++k) {
      const auto authority = static_cast<std::int32_t>(territory.region_of_authority.size());
      territory.region_of_authority.push_back(static_cast<std::int32_t>(r));
      const auto leaves = static_cast<int>((begins[k + 1] - begins[k] + leaf - 1) / leaf);
      synthetic::cut(places, index, begins[k], begins[k + 1], leaves, 0.0, stream);
      for (std::size_t p = begins[k]; p < begins[k + 1]; ++p)
        territory.authority[static_cast<std::size_t>(index[p])] = authority;
    }
    // Constituencies: cut anew in groups of two or three authorities, so that many lie in two authorities.
    std::vector<std::int32_t> again(index);
    for (std::size_t k = 0; k + 1 < begins.size();) {
      const std::size_t rest = begins.size() - 1 - k, group = rest <= 3 ? rest : 2;
      const std::size_t begin = begins[k], end = begins[k + group];
      const auto before = static_cast<int>(std::lround(static_cast<double>(begin) * constituencies_an_area));
      const auto after = static_cast<int>(std::lround(static_cast<double>(end) * constituencies_an_area));
      const auto seats = synthetic::cut(places, again, begin, end, std::max(1, after - before), 0.03, stream);
      for (std::size_t s = 0; s + 1 < seats.size(); ++s, ++territory.constituencies)
        for (std::size_t p = seats[s]; p < seats[s + 1]; ++p)
          territory.constituency[static_cast<std::size_t>(again[p])] = territory.constituencies;
      k += group;
    }
  }
  territory.order = std::move(index);
  return territory;
}

/// Give parts of an authority that do not touch its main part to the neighbour they touch most.
void join_up(std::vector<std::int32_t>& authority, const std::vector<std::int32_t>& first,
             const std::vector<std::int32_t>& neighbour, int authorities) {
  const std::size_t n = authority.size();
  for (int round = 0; round < 4; ++round) {
    std::vector<std::int32_t> component(n, -1), size;
    std::vector<std::int32_t> largest(static_cast<std::size_t>(authorities), -1);
    for (std::size_t start = 0; start < n; ++start) {
      if (component[start] >= 0) continue;
      const auto id = static_cast<std::int32_t>(size.size());
      size.push_back(0);
      std::vector<std::size_t> stack = {start};
      component[start] = id;
      while (!stack.empty()) {
        const std::size_t a = stack.back();
        stack.pop_back();
        ++size[static_cast<std::size_t>(id)];
        for (auto k = first[a]; k < first[a + 1]; ++k) {
          const auto b = static_cast<std::size_t>(neighbour[static_cast<std::size_t>(k)]);
          if (component[b] >= 0 || authority[b] != authority[a]) continue;
          component[b] = id;
          stack.push_back(b);
        }
      }
      auto& best = largest[static_cast<std::size_t>(authority[start])];
      if (best < 0 || size[static_cast<std::size_t>(id)] > size[static_cast<std::size_t>(best)]) best = id;
    }
    bool moved = false;
    const std::vector<std::int32_t> before = authority;
    for (std::size_t a = 0; a < n; ++a) {
      if (component[a] == largest[static_cast<std::size_t>(before[a])]) continue;
      std::vector<std::pair<int, std::int32_t>> votes;
      for (auto k = first[a]; k < first[a + 1]; ++k) {
        const auto other = before[static_cast<std::size_t>(neighbour[static_cast<std::size_t>(k)])];
        if (other == before[a]) continue;
        const auto vote =
            std::find_if(votes.begin(), votes.end(), [&](const auto& v) { return v.second == other; });
        if (vote == votes.end())
          votes.emplace_back(-1, other);
        else
          --vote->first;
      }
      if (votes.empty()) continue;
      authority[a] = std::min_element(votes.begin(), votes.end())->second;
      moved = true;
    }
    if (!moved) return;
  }
}

std::vector<std::string> names_of_regions(const SyntheticGeography& geography) {
  // Each region takes the name of a centre near it, nearest pairs first.
  const auto& centres = synthetic::region_centres();
  const auto regions = static_cast<std::size_t>(geography.regions);
  std::vector<double> x(regions), y(regions), size(regions);
  for (std::size_t a = 0; a < geography.areas(); ++a) {
    const auto r = static_cast<std::size_t>(geography.region[a]);
    x[r] += geography.easting[a];
    y[r] += geography.northing[a];
    size[r] += 1.0;
  }
  std::vector<std::tuple<double, std::size_t, std::size_t>> distances;
  for (std::size_t r = 0; r < regions; ++r)
    for (std::size_t c = 0; c < centres.size(); ++c)
      distances.emplace_back(
          std::hypot(x[r] / size[r] - centres[c].point.x, y[r] / size[r] - centres[c].point.y), r, c);
  std::sort(distances.begin(), distances.end());
  std::vector<std::string> names(regions);
  std::vector<std::uint8_t> used(centres.size(), 0);
  for (const auto& [distance, r, c] : distances)
    if (names[r].empty() && !used[c]) {
      names[r] = centres[c].name;
      used[c] = 1;
    }
  return names;
}

/// Runs of authorities within regions as combined authorities, until about 60 % of the areas have one.
void combine_authorities(const SyntheticConfig& config, const std::vector<std::int32_t>& region_of_authority,
                         SyntheticGeography& geography) {
  Stream stream(config.seed, Purpose::synthetic_world, 0, combined);
  std::vector<double> size(region_of_authority.size(), 0.0),
      region_size(static_cast<std::size_t>(geography.regions), 0.0);
  for (std::size_t a = 0; a < geography.areas(); ++a) {
    size[static_cast<std::size_t>(geography.authority[a])] += 1.0;
    region_size[static_cast<std::size_t>(geography.region[a])] += 1.0;
  }
  const auto largest = static_cast<std::int32_t>(std::max_element(region_size.begin(), region_size.end()) -
                                                 region_size.begin());
  // One region as a whole, like London; of each other one a run, so that the wanted share is reached.
  const double n = static_cast<double>(geography.areas()),
               whole = region_size[static_cast<std::size_t>(largest)];
  const double share = geography.regions == 1 ? combined_authority_share
                                              : (combined_authority_share * n - whole) / (n - whole);
  std::vector<std::int32_t> of_authority(region_of_authority.size(), -1);
  int count = 0;
  for (std::int32_t r = 0; r < geography.regions; ++r) {
    const bool all = r == largest && geography.regions > 1;
    const double wanted = (all ? 1.0 : share) * region_size[static_cast<std::size_t>(r)];
    // A region in four has two of them.
    const int runs = all || stream.uniform() > 0.25 ? 1 : 2;
    double taken = 0.0;
    for (std::size_t k = 0; k < of_authority.size(); ++k) {
      if (region_of_authority[k] != r || (!all && taken + 0.5 * size[k] > wanted)) continue;
      const int run = runs == 2 && taken > 0.5 * wanted ? 1 : 0;
      of_authority[k] = count + run;
      taken += size[k];
    }
    count += runs;
  }
  // Numbers without gaps, in case a run is empty in a small world.
  std::vector<std::int32_t> number(static_cast<std::size_t>(count), -1);
  geography.combined_authorities = 0;
  for (auto& c : of_authority) {
    if (c < 0) continue;
    auto& k = number[static_cast<std::size_t>(c)];
    if (k < 0) k = geography.combined_authorities++;
    c = k;
  }
  geography.combined_authority.resize(geography.areas());
  for (std::size_t a = 0; a < geography.areas(); ++a)
    geography.combined_authority[a] = of_authority[static_cast<std::size_t>(geography.authority[a])];
}

/// White noise averaged three times with the neighbours, scaled to sd 1.
std::vector<double> smooth_noise(const SyntheticGeography& geography, Stream& stream) {
  const std::size_t n = geography.areas();
  std::vector<double> value(n), next(n);
  for (auto& v : value) v = stream.normal();
  for (int round = 0; round < 3; ++round) {
    for (std::size_t a = 0; a < n; ++a) {
      double sum = value[a];
      for (auto k = geography.first[a]; k < geography.first[a + 1]; ++k)
        sum += value[static_cast<std::size_t>(geography.neighbour[static_cast<std::size_t>(k)])];
      next[a] = sum / (1 + geography.first[a + 1] - geography.first[a]);
    }
    value.swap(next);
  }
  double square = 0.0;
  for (const double v : value) square += v * v;
  for (auto& v : value) v /= std::sqrt(square / static_cast<double>(n));
  return value;
}

/// The `count` areas with the highest score get `type`; areas that have one already keep it.
void mark_highest(const std::vector<double>& score, std::size_t count, std::int32_t type,
                  std::vector<std::int32_t>& types) {
  std::vector<std::int32_t> order;
  for (std::size_t a = 0; a < score.size(); ++a)
    if (types[a] == 2) order.push_back(static_cast<std::int32_t>(a));
  const auto place = [&](std::int32_t a) { return score[static_cast<std::size_t>(a)]; };
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return place(a) != place(b) ? place(a) > place(b) : a < b;
  });
  for (std::size_t k = 0; k < std::min(count, order.size()); ++k)
    types[static_cast<std::size_t>(order[k])] = type;
}

/// Doubly disadvantaged areas on the edges of towns and by the sea, other deprived ones in the middle of
/// towns.
void deprive(const SyntheticConfig& config, const std::vector<double>& town_radius,
             SyntheticGeography& geography) {
  Stream stream(config.seed, Purpose::synthetic_world, 0, deprivation);
  const std::size_t n = geography.areas();
  const auto outer = smooth_noise(geography, stream), inner = smooth_noise(geography, stream);
  std::vector<double> edge_score(n), inner_score(n);
  geography.deprivation.resize(n);
  for (std::size_t a = 0; a < n; ++a) {
    const double on_edge = std::exp(-std::pow((town_radius[a] - 0.9) / 0.2, 2)),
                 by_sea = std::exp(-geography.coast[a] / 2.5);
    edge_score[a] = 1.3 * on_edge + 1.3 * by_sea + 1.2 * outer[a] + 0.3 * stream.normal();
    inner_score[a] = 1.3 * geography.urban[a] + 1.2 * inner[a] + 0.3 * stream.normal();
  }
  geography.type.assign(n, 2);
  const auto doubly =
      static_cast<std::size_t>(std::lround(config.doubly_disadvantaged_share * static_cast<double>(n)));
  const auto deprived =
      static_cast<std::size_t>(config.deprived_share * static_cast<double>(n));  // what a bottom decile holds
  mark_highest(edge_score, doubly, 0, geography.type);
  mark_highest(inner_score, deprived - doubly, 1, geography.type);
  constexpr double apart = 40.0;  // both deprived types rank below every other area
  for (std::size_t a = 0; a < n; ++a)
    geography.deprivation[a] =
        (geography.type[a] < 2 ? apart : 0.0) + edge_score[a] + inner_score[a] + 0.8 * stream.normal();
}

}  // namespace

const std::vector<std::string>& synthetic_type_names() {
  static const std::vector<std::string> names = {"doubly_disadvantaged", "other_deprived", "other"};
  return names;
}

SyntheticGeography synthetic_geography(const SyntheticConfig& config) {
  check_size(config);
  const auto n = static_cast<std::size_t>(config.areas);
  const int authorities = std::clamp(config.authorities, 1, config.areas / 10);
  const int regions = std::min(config.regions, authorities);

  // The first places become islands: off the south-west and the north-east coast, with no neighbour.
  std::vector<Place> places = synthetic::scatter(config.areas, config.seed);
  std::vector<std::int32_t> islands;
  const std::vector<synthetic::Point> offshore = {{91'000, 11'500}, {447'000, 640'000}};
  const std::size_t wanted = config.areas >= 10'000 ? 2 : config.areas >= 500 ? 1 : 0;
  for (std::size_t k = 0; k < wanted; ++k) {
    islands.push_back(static_cast<std::int32_t>(n - 1 - k));  // places in the country come last
    places[n - 1 - k] = {offshore[k], 9.0};
  }
  const Pairs pairs = synthetic::contiguity(places, islands, mean_degree);
  std::vector<std::int32_t> first, neighbour;
  list_neighbours(n, pairs, first, neighbour);
  Territory territory = divided(config, places, authorities, regions);
  join_up(territory.authority, first, neighbour, authorities);
  std::stable_sort(territory.order.begin(), territory.order.end(), [&](std::int32_t a, std::int32_t b) {
    return territory.authority[static_cast<std::size_t>(a)] <
           territory.authority[static_cast<std::size_t>(b)];
  });

  SyntheticGeography geography;
  geography.regions = regions;
  geography.authorities = authorities;
  geography.constituencies = territory.constituencies;
  std::vector<std::int32_t> position(n);
  std::vector<double> town_radius;
  for (std::size_t k = 0; k < n; ++k) {
    const auto p = static_cast<std::size_t>(territory.order[k]);
    position[p] = static_cast<std::int32_t>(k);
    geography.easting.push_back(places[p].point.x);
    geography.northing.push_back(places[p].point.y);
    town_radius.push_back(places[p].town_radius);
    geography.urban.push_back(std::exp(-2.0 * places[p].town_radius * places[p].town_radius));
    geography.coast.push_back(synthetic::coast_km(places[p].point));
    geography.authority.push_back(territory.authority[p]);
    geography.region.push_back(
        territory.region_of_authority[static_cast<std::size_t>(territory.authority[p])]);
    geography.constituency.push_back(territory.constituency[p]);
  }
  Pairs moved;
  for (const auto& [a, b] : pairs)
    moved.emplace_back(position[static_cast<std::size_t>(a)], position[static_cast<std::size_t>(b)]);
  list_neighbours(n, moved, geography.first, geography.neighbour);
  geography.region_names = names_of_regions(geography);
  combine_authorities(config, territory.region_of_authority, geography);
  deprive(config, town_radius, geography);

  Stream people(config.seed, Purpose::synthetic_world, 0, residents),
      scale(config.seed, Purpose::synthetic_world, 0, scales);
  double square = 0.0;
  for (std::size_t a = 0; a < n; ++a) {
    // 1,000 to 3,000 residents, 1,675 on average: 1,000 and a lognormal part with mean 676, cut at 2,000.
    geography.population.push_back(
        std::round(1000.0 + std::min(2000.0, 676.0 * std::exp(0.45 * people.normal() - 0.5 * 0.45 * 0.45))));
    geography.error_scale.push_back(std::exp(config.heteroskedasticity * scale.normal()));
    square += geography.error_scale.back() * geography.error_scale.back();
  }
  for (auto& s : geography.error_scale) s /= std::sqrt(square / static_cast<double>(n));
  if (config.size_weights) geography.size = geography.population;
  return geography;
}

}  // namespace spillway
