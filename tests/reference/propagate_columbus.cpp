// propagate_columbus: ten years of y <- diag(rho_type) W y on Columbus, computed by R.
#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/propagation_world.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;

namespace {

std::vector<std::vector<double>> read_csv(const std::filesystem::path& file) {
  std::ifstream in(file);
  REQUIRE(in.good());
  std::vector<std::vector<double>> rows;
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    std::istringstream cells(line);
    std::string cell;
    rows.emplace_back();
    while (std::getline(cells, cell, ',')) rows.back().push_back(std::stod(cell));
  }
  return rows;
}

}  // namespace

TEST_CASE("Columbus: R's recursion and quantiles") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "propagate_columbus";
  const auto expected = nlohmann::json::parse(std::ifstream(folder / "expected.json"));
  const auto links = read_csv(folder / "w.csv"), types = read_csv(folder / "areas.csv"),
             rho = read_csv(folder / "rho.csv"), start = read_csv(folder / "y0.csv");
  const int areas = static_cast<int>(types.size());
  const long draws = static_cast<long>(rho.size());
  std::vector<Eigen::Triplet<double>> triplets;
  for (const auto& link : links)
    triplets.emplace_back(static_cast<int>(link[0]) - 1, static_cast<int>(link[1]) - 1, link[2]);
  SpatialWeights::Matrix matrix(areas, areas);
  matrix.setFromTriplets(triplets.begin(), triplets.end());
  const SpatialWeights weights(matrix, true);

  // y0 is u(1) and h years on are u(h + 1). Every area and draw has its own start: one shape for each draw.
  for (const auto& [key, quantiles] : expected["expected"]["quantiles"].items()) {
    const int years = std::stoi(key.substr(1));
    Dynamics dynamics;
    dynamics.weights = &weights;
    dynamics.classes = 3;
    for (const auto& type : types) dynamics.row_class.push_back(static_cast<std::int32_t>(type[1]));
    dynamics.draws = draws;
    dynamics.horizon = years + 1;
    dynamics.phi.assign(static_cast<std::size_t>(draws), 0.0);
    dynamics.shape.resize(areas, draws);
    dynamics.amplitude.assign(static_cast<std::size_t>(draws * dynamics.horizon * draws), 0.0);
    for (long d = 0; d < draws; ++d) {
      for (const double value : rho[static_cast<std::size_t>(d)]) dynamics.rho.push_back(value);
      for (int i = 0; i < areas; ++i)
        dynamics.shape(i, d) = start[static_cast<std::size_t>(i)][static_cast<std::size_t>(d)];
      dynamics.amplitude[static_cast<std::size_t>(d * dynamics.horizon * draws + d)] = 1.0;
    }
    OutcomePlan plan;
    plan.outcomes = {AreaOutcome::uplift};
    plan.quantiles = {0.05, 0.25, 0.5, 0.75, 0.95};
    const ScenarioOutcome fast = evaluate(dynamics, plan, {2}, Path::exact);

    Eigen::MatrixXd last(areas, draws);
    for (long d = 0; d < draws; ++d) last.col(d) = propagate_one(dynamics, d).col(years);
    if (years == 10)
      for (long d = 0; d < draws; ++d)
        CHECK(last.col(d).sum() ==
              doctest::Approx(
                  expected["expected"]["sum_y10_by_draw"][static_cast<std::size_t>(d)].get<double>())
                  .epsilon(1e-10));
    for (int i = 0; i < areas; ++i) {
      std::vector<double> row(static_cast<std::size_t>(draws));
      for (long d = 0; d < draws; ++d) row[static_cast<std::size_t>(d)] = last(i, d);
      const double scale = last.row(i).norm() / std::sqrt(static_cast<double>(draws));
      std::sort(row.begin(), row.end());
      for (std::size_t k = 0; k < plan.quantiles.size(); ++k) {
        const double want = quantiles[k][static_cast<std::size_t>(i)].get<double>();
        const double position = plan.quantiles[k] * static_cast<double>(draws - 1);
        const auto rank = static_cast<std::size_t>(position);
        const double ours = row[rank] + (position - static_cast<double>(rank)) * (row[rank + 1] - row[rank]);
        CHECK(ours == doctest::Approx(want).epsilon(1e-10));
        CHECK(std::abs(fast.areas[0].quantile(static_cast<Eigen::Index>(k), i) - want) < 1e-5 * scale);
      }
    }
  }
}
