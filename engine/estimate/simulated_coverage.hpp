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
    Cover{"within, normal", "main panel", any, rho, 0.00, 0.92}};

/// In per cent, of 20 to 49 clusters: the tables have 100.
struct Percent {
  int low, high;
};
inline constexpr Percent percentile_few_clusters = {86, 92};
inline constexpr Percent jackknife_few_clusters = {87, 91};
inline constexpr int few_pairs_cover = 92;

constexpr const Cover& cover(std::string_view of, Cover::Periods periods, Cover::Quantity quantity) {
  for (const Cover& one : covers)
    if (one.of == of && one.periods == periods && one.quantity == quantity) return one;
  return covers.front();
}

constexpr const Cover& biased() { return cover("within, normal", any, rho); }

/// "simulated cover of these 95 % intervals: ..." of an interval method of the corrected score.
inline std::string sentence(std::string_view method, int periods) {
  const auto range = [&](std::string_view of, Cover::Periods when, Cover::Quantity what) {
    const Cover& one = cover(of, when, what);
    return fmt::format("{:.2f} to {:.2f}", one.low, one.high);
  };
  if (method == "year_clusters_t")
    return fmt::format(
        "simulated cover of these 95 % intervals: {}; they are 8 to 23 % longer than an exact interval",
        range("corrected_score, year_clusters_t", eight_or_more, rho));
  if (method == "percentile_t") {
    const auto when = periods <= 7 ? up_to_seven : eight_or_more;
    return fmt::format("simulated cover of these 95 % intervals: rho {}, phi {}",
                       range("corrected_score, percentile_t", when, rho),
                       range("corrected_score, percentile_t", when, phi));
  }
  return fmt::format("simulated cover of these 95 % intervals: rho {}, phi {} (phi's is 8 to 18 % too long)",
                     range("corrected_score, score_cells", eight_or_more, rho),
                     range("corrected_score, score_cells", eight_or_more, phi));
}

}  // namespace spillway::simulated
