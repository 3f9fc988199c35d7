// Simulated coverage figures that the product prints: one table, made from docs/methods/coverage.md, whose
// own tables `spillway coverage` makes. tests/unit/simulated_coverage.cpp reads that page and recomputes
// every row that names a table of it; a row without a table says where it comes from.
#pragma once
#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace spillway::simulated {

/// Least and largest share of worlds whose interval holds the truth, over designs, coefficients and types.
struct Cover {
  std::string_view of;      ///< estimator and interval, as the tables name them
  std::string_view tables;  ///< of docs/methods/coverage.md, separated by blanks; empty: not in its tables
  enum class Periods { any, up_to_seven, eight_or_more } periods;
  enum class Quantity { rho, phi } quantity;
  double low, high;
  /// Of the worlds: authorities of many areas each, or areas that are their own cluster.
  enum class Clusters { many_areas, single_areas } clusters = Clusters::many_areas;
};

using enum Cover::Periods;
using enum Cover::Quantity;

inline constexpr std::array covers = {
    Cover{"corrected_score, score_cells", "panel", eight_or_more, rho, 0.92, 0.98},
    Cover{"corrected_score, score_cells", "panel", eight_or_more, phi, 0.95, 0.98},
    Cover{"corrected_score, year_clusters_t", "intervals", eight_or_more, rho, 0.92, 0.97},
    Cover{"corrected_score, percentile_t", "panel", up_to_seven, rho, 0.89, 0.96},
    Cover{"corrected_score, percentile_t", "panel", up_to_seven, phi, 0.94, 0.97},
    // Worlds of 309 clusters and more, where every type rests on 30 or more: the tables' designs have fewer.
    Cover{"corrected_score, percentile_t", "", eight_or_more, rho, 0.93, 0.96},
    Cover{"corrected_score, percentile_t", "", eight_or_more, phi, 0.95, 0.97},
    // 296 areas that are their own cluster, types of 38, 44 and 214, T = 24 and 10, rho .3/.5/.4 or
    // -.03/-.1/0, 300 to 500 worlds each through these functions: errors independent, or an eighth regional
    // shocks and the rest SAR(.35) (configs/coverage-shared.toml), whatever interval the decision table chose
    // in each.
    Cover{"corrected_score, percentile_t", "", eight_or_more, rho, 0.94, 0.97, Cover::Clusters::single_areas},
    Cover{"corrected_score, percentile_t", "", eight_or_more, phi, 0.95, 0.95, Cover::Clusters::single_areas},
    Cover{"corrected_score, score_cells", "", eight_or_more, rho, 0.94, 0.97, Cover::Clusters::single_areas},
    Cover{"corrected_score, score_cells", "", eight_or_more, phi, 0.95, 0.95, Cover::Clusters::single_areas},
    Cover{"corrected_score, score_cells of region_code", "", eight_or_more, rho, 0.92, 0.97,
          Cover::Clusters::single_areas},
    Cover{"corrected_score, score_cells of region_code", "", eight_or_more, phi, 0.97, 0.97,
          Cover::Clusters::single_areas},
    Cover{"within, normal", "main panel", any, rho, 0.00, 0.92}};

/// In per cent, of 20 to 49 clusters: the tables have 100.
struct Percent {
  int low, high;
};
inline constexpr Percent percentile_few_clusters = {86, 92};
inline constexpr Percent jackknife_few_clusters = {87, 91};
inline constexpr int few_pairs_cover = 92;
/// Scenarios' 90 % bands that rest on draws of rho from pairs alone: the ring-fence at England's size.
inline constexpr Percent band_of_pairs = {85, 87};
/// Neighbours gone with areas that miss an outcome (2 % of outcomes, T = 10), and what rho loses, in per
/// cent.
struct LeftOut {
  int gone, bias;
};
inline constexpr LeftOut left_out = {20, 25};
/// 95 % intervals where a twentieth of the outcomes is filled: least of rho, and phi.
inline constexpr Percent filled_rho = {92, 95};
inline constexpr int filled_phi = 95;

constexpr const Cover& cover(std::string_view of, Cover::Periods periods, Cover::Quantity quantity) {
  for (const Cover& one : covers)
    if (one.of == of && one.periods == periods && one.quantity == quantity) return one;
  return covers.front();
}

constexpr const Cover& biased() { return cover("within, normal", any, rho); }

/// Whether clusters' shocks are their own or shared with others.
enum class Shocks { own, shared };

/// What must be alike for a figure to say something of the user's panel.
struct World {
  std::string method;            ///< of the interval: percentile_t, score_cells, cell_draws, year_clusters_t
  int periods = 0;               ///< T
  double areas_a_cluster = 0.0;  ///< mean
  Shocks shocks = Shocks::own;
};

/// Most areas a cluster, on average, of worlds of areas that are their own cluster.
inline constexpr double single_areas = 1.5;

/// "simulated cover of these 95 % intervals: ...", of worlds like this one; empty where none were simulated.
inline std::string sentence(const World& world) {
  constexpr double many = 6.5;  // the tables have 1, and 7 (the least, of the uneven) or more
  if (world.areas_a_cluster > single_areas && world.areas_a_cluster < many) return {};
  const auto clusters =
      world.areas_a_cluster <= single_areas ? Cover::Clusters::single_areas : Cover::Clusters::many_areas;
  const auto periods = world.periods <= 7 ? up_to_seven : eight_or_more;
  std::string of = "corrected_score, " + (world.method == "cell_draws" ? "score_cells" : world.method);
  if (world.shocks == Shocks::shared && world.method == "score_cells") of += " of region_code";
  const auto range = [&](Cover::Quantity quantity) -> std::string {
    for (const Cover& one : covers)
      if (one.of == of && one.quantity == quantity && one.clusters == clusters &&
          (one.periods == periods || one.periods == any))
        return fmt::format("{:.2f} to {:.2f}", one.low, one.high);
    return {};
  };
  const std::string of_rho = range(rho), of_phi = range(phi);
  if (of_rho.empty() || (world.shocks == Shocks::shared && world.method != "score_cells")) return {};
  const std::string text =
      fmt::format("simulated cover of these 95 % intervals{}: ",
                  clusters == Cover::Clusters::single_areas
                      ? world.shocks == Shocks::shared
                            ? ", in worlds of areas that are their own cluster and share shocks"
                            : ", in worlds of areas that are their own cluster"
                      : "");
  if (world.method == "year_clusters_t")
    return text + of_rho + "; they are 8 to 23 % longer than an exact interval";
  const bool long_phi = clusters == Cover::Clusters::many_areas && world.method != "percentile_t";
  return text +
         fmt::format("rho {}, phi {}{}", of_rho, of_phi, long_phi ? " (phi's is 8 to 18 % too long)" : "");
}

}  // namespace spillway::simulated
