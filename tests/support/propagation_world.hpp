// Worlds for propagation: planar-like contiguity, three area types, and levers of the forms that scenarios
// make.
#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "engine/base/streams.hpp"
#include "engine/outcome/outcome.hpp"

namespace spillway::test {

/// A ring: area i neighbours i - 1 and i + 1.
inline SpatialWeights ring(int areas) {
  std::vector<Eigen::Triplet<double>> links;
  for (int i = 0; i < areas; ++i) {
    links.emplace_back(i, (i + 1) % areas, 1.0);
    links.emplace_back(i, (i + areas - 1) % areas, 1.0);
  }
  SpatialWeights::Matrix matrix(areas, areas);
  matrix.setFromTriplets(links.begin(), links.end());
  return SpatialWeights(matrix, true);
}

/// Points of a clustered plane, each joined with its nearest ones both ways: mean degree near 5.8 for nearest
/// = 4, degrees from `nearest` up. `islands` areas at the end keep no neighbour. Areas are numbered by
/// strips, as codes by authority are: near, but not in a good order.
struct PlanarWorld {
  SpatialWeights weights;
  Eigen::VectorXd x, y;
};
inline PlanarWorld planar(int areas, std::uint64_t seed, int nearest = 4, int islands = 1) {
  PlanarWorld world;
  Stream stream(seed, Purpose::synthetic_world, 0);
  struct Point {
    double x, y;
  };
  std::vector<Point> points(static_cast<std::size_t>(areas)),
      towns(static_cast<std::size_t>(3 + areas / 500));
  for (auto& town : towns) town = {stream.uniform(), stream.uniform()};
  for (auto& point : points) {
    if (stream.uniform() < 0.5) {
      const auto& town = towns[stream.below(static_cast<std::uint32_t>(towns.size()))];
      point = {town.x + 0.03 * stream.normal(), town.y + 0.03 * stream.normal()};
    } else {
      point = {stream.uniform(), stream.uniform()};
    }
  }
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) {
    const int strip_a = static_cast<int>(a.x * 18.0), strip_b = static_cast<int>(b.x * 18.0);
    return strip_a != strip_b ? strip_a < strip_b : a.y < b.y;
  });
  const int side = std::max(1, static_cast<int>(std::sqrt(areas / 3.0)));
  const auto bucket_of = [&](double v) { return std::clamp(static_cast<int>(v * side), 0, side - 1); };
  std::vector<std::vector<int>> bucket(static_cast<std::size_t>(side * side));
  for (int i = 0; i < areas; ++i)
    bucket[static_cast<std::size_t>(bucket_of(points[static_cast<std::size_t>(i)].x) * side +
                                    bucket_of(points[static_cast<std::size_t>(i)].y))]
        .push_back(i);
  std::vector<Eigen::Triplet<double>> links;
  for (int i = 0; i < areas - islands; ++i) {
    const Point& here = points[static_cast<std::size_t>(i)];
    std::vector<std::pair<double, int>> found;
    for (int reach = 1; reach <= side; reach *= 2) {
      found.clear();
      for (int bx = std::max(0, bucket_of(here.x) - reach);
           bx <= std::min(side - 1, bucket_of(here.x) + reach); ++bx)
        for (int by = std::max(0, bucket_of(here.y) - reach);
             by <= std::min(side - 1, bucket_of(here.y) + reach); ++by)
          for (const int j : bucket[static_cast<std::size_t>(bx * side + by)]) {
            if (j == i || j >= areas - islands) continue;
            const Point& there = points[static_cast<std::size_t>(j)];
            found.emplace_back(std::hypot(here.x - there.x, here.y - there.y), j);
          }
      if (static_cast<int>(found.size()) >= nearest) break;
    }
    std::sort(found.begin(), found.end());
    for (int k = 0; k < std::min(nearest, static_cast<int>(found.size())); ++k) {
      links.emplace_back(i, found[static_cast<std::size_t>(k)].second, 1.0);
      links.emplace_back(found[static_cast<std::size_t>(k)].second, i, 1.0);
    }
  }
  SpatialWeights::Matrix matrix(areas, areas);
  matrix.setFromTriplets(links.begin(), links.end(), [](double, double b) { return b; });
  world.weights = SpatialWeights(matrix, true);
  world.x.resize(areas);
  world.y.resize(areas);
  for (int i = 0; i < areas; ++i) {
    world.x[i] = points[static_cast<std::size_t>(i)].x;
    world.y[i] = points[static_cast<std::size_t>(i)].y;
  }
  return world;
}

/// Types by square patches: 0 about 4 %, 1 about 6 %, 2 the rest.
inline std::vector<std::int32_t> patch_types(const PlanarWorld& world, std::uint64_t seed) {
  constexpr int side = 40;
  std::vector<std::int32_t> of_patch(side * side), type;
  Stream stream(seed, Purpose::synthetic_world, 1);
  for (auto& patch : of_patch) {
    const double u = stream.uniform();
    patch = u < 0.04 ? 0 : u < 0.10 ? 1 : 2;
  }
  for (Eigen::Index i = 0; i < world.x.size(); ++i) {
    const auto cut = [](double v) { return std::clamp(static_cast<int>(v * side), 0, side - 1); };
    type.push_back(of_patch[static_cast<std::size_t>(cut(world.x[i]) * side + cut(world.y[i]))]);
  }
  return type;
}

/// The forms of levers that scenarios make.
enum class LeverForm {
  ring_fence,   ///< two dense shapes (gain where doubly disadvantaged, loss elsewhere), spread over three
                ///< years
  wealth_fund,  ///< one sparse shape, a tapering profile with a random delay
  franchising,  ///< treated classes, lambda by period towards a matrix of added links, forcing from y0
};

/// Dynamics of a lever with every parameter random: rho and phi with the sds of the bootstrap at England's
/// size.
inline Dynamics lever_dynamics(const PlanarWorld& world, LeverForm form, long draws, int horizon,
                               std::uint64_t seed) {
  const long areas = world.weights.areas();
  const std::vector<std::int32_t> type = patch_types(world, seed);
  Dynamics dynamics;
  dynamics.weights = &world.weights;
  dynamics.row_class = type;
  dynamics.classes = 3;
  dynamics.draws = draws;
  dynamics.horizon = horizon;
  const bool franchising = form == LeverForm::franchising;
  const auto treated = [&](long i) { return type[static_cast<std::size_t>(i)] < 2 && world.x[i] < 0.5; };
  if (franchising) {
    dynamics.classes = 5;  // 3, 4: treated doubly disadvantaged, treated other deprived
    dynamics.coefficients_by_period = true;
    std::vector<Eigen::Triplet<double>> links;
    for (long i = 0; i < areas; ++i)
      if (treated(i)) {
        dynamics.row_class[static_cast<std::size_t>(i)] += 3;
        for (int k = 1; k <= 3; ++k) links.emplace_back(i, (i + 97 * k) % areas, 1.0 / 3.0);
      }
    dynamics.added_links = SpatialWeights::Matrix(areas, areas);
    dynamics.added_links.setFromTriplets(links.begin(), links.end());
  }
  const int shapes = form == LeverForm::ring_fence ? 2 : form == LeverForm::wealth_fund ? 1 : 3;
  dynamics.shape = Eigen::MatrixXd::Zero(areas, shapes);
  Stream place(seed, Purpose::synthetic_world, 2);
  for (long i = 0; i < areas; ++i) {
    const double size = std::exp(0.3 * place.normal());
    const auto kind = type[static_cast<std::size_t>(i)];
    if (form == LeverForm::ring_fence) dynamics.shape(i, kind == 0 ? 0 : 1) = kind == 0 ? 20.0 * size : -size;
    if (form == LeverForm::wealth_fund && kind == 0 && place.uniform() < 0.4) dynamics.shape(i, 0) = size;
    if (franchising && treated(i))
      for (int q = 0; q < 3; ++q) dynamics.shape(i, q) = 0.02 * size * place.normal();
  }
  for (long d = 0; d < draws; ++d) {
    Stream stream(seed, Purpose::scenario_parameters, static_cast<std::uint64_t>(d));
    const double rho[3] = {0.30 + 0.014 * stream.normal(), 0.36 + 0.012 * stream.normal(),
                           0.40 + 0.008 * stream.normal()};
    const double phi = 0.10 + 0.006 * stream.normal();
    const double beta = 0.004 * std::exp(0.5 * stream.normal());
    const double share = 0.05 + 0.15 * stream.uniform(), delay = 0.6 * stream.uniform(),
                 kept = 0.7 + 0.3 * stream.uniform();
    const double omega = 0.05 + 0.2 * stream.uniform(), kappa = 0.5 * stream.uniform();
    dynamics.phi.push_back(phi);
    for (int h = 0; h < (dynamics.coefficients_by_period ? horizon : 1); ++h) {
      const double phase = std::min(1.0, (h + 1) / 4.0);
      for (const double one : rho) dynamics.rho.push_back(one);
      if (!franchising) continue;
      for (int k = 0; k < 2; ++k) dynamics.rho.push_back(rho[k] + kappa * phase * (rho[2] - rho[k]));
      dynamics.lambda.insert(dynamics.lambda.end(), 3, 0.0);
      dynamics.lambda.insert(dynamics.lambda.end(), 2, omega * phase / (1.0 + omega));
    }
    for (int h = 0; h < horizon; ++h) {
      const double spent = h < 3 ? (h == 0 ? 1.0 - delay : 1.0) : h == 3 ? delay : 0.0;
      if (form == LeverForm::ring_fence) {
        dynamics.amplitude.push_back(beta * share * kept * spent);
        dynamics.amplitude.push_back(beta * share * spent);
      } else if (form == LeverForm::wealth_fund) {
        dynamics.amplitude.push_back(beta * (h == 0 ? 1.0 - delay : std::pow(kept, h)));
      } else {
        const double phase = std::min(1.0, (h + 1) / 4.0);
        dynamics.amplitude.push_back(phase * kappa * (rho[2] - rho[0]));
        dynamics.amplitude.push_back(phase * omega * rho[0]);
        dynamics.amplitude.push_back(phase * omega * kappa * (rho[2] - rho[1]));
      }
    }
  }
  return dynamics;
}

/// A plan with nation, region, authority and type; pounds where asked for.
inline OutcomePlan full_plan(const PlanarWorld& world, const Dynamics& dynamics,
                             std::vector<AreaOutcome> outcomes) {
  const long areas = world.weights.areas();
  OutcomePlan plan;
  plan.outcomes = std::move(outcomes);
  plan.quantiles = {0.05, 0.25, 0.5, 0.75, 0.95};
  plan.rate_weight.resize(areas);
  plan.head_weight.resize(areas);
  plan.gva_per_head.resize(areas);
  plan.growth.resize(areas);
  Grouping nation{"nation", {}, {"England"}}, region{"region", {}, {}}, lad{"lad", {}, {}},
      type{"area_type", {}, {}};
  const int side = std::max(2, static_cast<int>(std::sqrt(static_cast<double>(areas) / 110.0)));
  const auto cell = [&](long i, int cuts) {
    const auto cut = [&](double v) { return std::clamp(static_cast<int>(v * cuts), 0, cuts - 1); };
    return cut(world.x[i]) * cuts + cut(world.y[i]);
  };
  for (long i = 0; i < areas; ++i) {
    plan.rate_weight[i] = 1.0 + 0.5 * std::sin(static_cast<double>(i));
    plan.head_weight[i] = 1500.0 + 300.0 * std::cos(static_cast<double>(i));
    plan.gva_per_head[i] = 20000.0 + 8000.0 * std::sin(0.37 * static_cast<double>(i));
    plan.growth[i] = 0.015 + 0.005 * std::cos(0.11 * static_cast<double>(i));
    nation.of_area.push_back(0);
    region.of_area.push_back(cell(i, 3));
    lad.of_area.push_back(i % 1000 == 7 ? -1 : cell(i, side));
    type.of_area.push_back(dynamics.row_class[static_cast<std::size_t>(i)] % 3);
  }
  for (int k = 0; k < 9; ++k) region.groups.push_back("region " + std::to_string(k));
  for (int k = 0; k < side * side; ++k) lad.groups.push_back("authority " + std::to_string(k));
  type.groups = {"doubly disadvantaged", "other deprived", "other"};
  plan.groupings = {nation, region, lad, type};
  for (int h = 0; h < dynamics.horizon; ++h) plan.discount.push_back(std::pow(1.035, -h - 1));
  return plan;
}

}  // namespace spillway::test
