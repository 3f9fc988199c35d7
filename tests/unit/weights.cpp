#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"
#include "engine/weights/spatial_weights.hpp"

using namespace spillway;

namespace {

SpatialWeights::Matrix links(int areas, const std::vector<std::pair<int, int>>& pairs) {
  std::vector<Eigen::Triplet<double>> entries;
  for (const auto& [a, b] : pairs) {
    entries.emplace_back(a, b, 1.0);
    entries.emplace_back(b, a, 1.0);
  }
  SpatialWeights::Matrix matrix(areas, areas);
  matrix.setFromTriplets(entries.begin(), entries.end());
  return matrix;
}

/// Areas A0.. on a line, 1 km apart, the last `islands` of them 100 km away with no edges.
DataPack line_pack(int areas, int islands) {
  DataPack pack;
  pack.name = "line";
  pack.areas.rows = static_cast<std::size_t>(areas);
  Column code, x, y;
  code.name = "area_code";
  code.kind = ColumnKind::text;
  x.name = "easting";
  y.name = "northing";
  for (int i = 0; i < areas; ++i) {
    code.level.push_back(i);
    code.levels.push_back("A" + std::to_string(i));
    x.number.push_back(1000.0 * i + (i >= areas - islands ? 1e5 : 0.0));
    y.number.push_back(0.0);
    if (i + 1 < areas - islands) {
      pack.edges.push_back({i, i + 1, 3.0});
      pack.edges.push_back({i + 1, i, 3.0});
    }
  }
  pack.areas.columns = {code, x, y};
  return pack;
}

std::string message_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("the lag of three areas in a row is computed by hand") {
  const SpatialWeights w(links(3, {{0, 1}, {1, 2}}), true);
  Eigen::MatrixXd y(3, 2);
  y << 1, 10, 2, 20, 4, 40;
  const Eigen::MatrixXd lag = spatial_lag(w, y);
  Eigen::MatrixXd expected(3, 2);
  expected << 2, 20, 2.5, 25, 2, 20;
  CHECK(lag == expected);
}

TEST_CASE("rows of standardised weights sum to one, an island's to zero") {
  const SpatialWeights w(links(5, {{0, 1}, {0, 2}, {1, 2}, {0, 3}}), true);
  const Eigen::VectorXd sums = w.matrix() * Eigen::VectorXd::Ones(5);
  for (int i = 0; i < 4; ++i) CHECK(sums[i] == doctest::Approx(1.0).epsilon(1e-15));
  CHECK(sums[4] == 0.0);
  CHECK(w.islands() == std::vector<int>{4});
  CHECK(w.components() == 2);
  CHECK(w.component()[4] == 1);
}

TEST_CASE("a self-loop, a negative weight and a wrong shape are refused by name and value") {
  SpatialWeights::Matrix self(2, 2), negative(2, 2), oblong(2, 3);
  self.insert(1, 1) = 1.0;
  negative.insert(0, 1) = -2.0;
  CHECK(message_of([&] { SpatialWeights(self, true); }) ==
        "area 1 neighbours itself with weight 1 (drop the self-loop)");
  CHECK(message_of([&] { SpatialWeights(negative, true); }) ==
        "weight from area 0 to area 1 is -2 (needs to be positive and finite)");
  CHECK(message_of([&] { SpatialWeights(oblong, true); }) ==
        "spatial weights are 2 x 3 (need one row and one column per area)");
}

TEST_CASE("restricting weights standardises the rows again") {
  const SpatialWeights w(links(4, {{0, 1}, {0, 2}, {0, 3}, {1, 2}}), true);
  const SpatialWeights part = w.restricted({0, 1, 2});
  CHECK(part.matrix().coeff(0, 1) == doctest::Approx(0.5));
  CHECK(part.matrix().coeff(0, 2) == doctest::Approx(0.5));
}

TEST_CASE("contiguity is binary whatever weights the edges carry") {
  RunConfig config;
  const SpatialWeights w = build_weights(config, line_pack(4, 0));
  CHECK(w.matrix().coeff(1, 0) == 0.5);
  CHECK(w.matrix().coeff(0, 1) == 1.0);
  config.weights_kind = "file";
  config.row_standardise = false;
  CHECK(build_weights(config, line_pack(4, 0)).matrix().coeff(0, 1) == 3.0);
}

TEST_CASE("islands follow the policy that was asked for") {
  RunConfig config;
  const DataPack pack = line_pack(5, 1);
  CHECK(build_weights(config, pack).islands().size() == 1);
  config.islands = "error";
  CHECK(message_of([&] { build_weights(config, pack); }).rfind("1 areas have no neighbour: A4", 0) == 0);
  config.islands = "attach-nearest";
  const SpatialWeights attached = build_weights(config, pack);
  CHECK(attached.islands().empty());
  CHECK(attached.matrix().coeff(4, 3) == 1.0);
  CHECK(attached.matrix().coeff(3, 4) > 0.0);
}

TEST_CASE("nearest neighbours and distance bands agree with a search over all pairs") {
  DataPack pack = line_pack(300, 0);
  Stream stream(7, Purpose::diagnostics, 0);
  for (auto& column : pack.areas.columns)
    if (column.name != "area_code")
      for (double& v : column.number) v = 20000.0 * stream.uniform();
  const auto &x = pack.areas.numbers("easting"), &y = pack.areas.numbers("northing");
  RunConfig config;
  config.weights_kind = "knn";
  config.knn = 5;
  const SpatialWeights nearest = build_weights(config, pack);
  config.weights_kind = "distance_band";
  config.cutoff_km = 1.5;
  config.row_standardise = false;
  const SpatialWeights band = build_weights(config, pack);
  config.weights_kind = "inverse_distance";
  config.decay = 2.0;
  const SpatialWeights inverse = build_weights(config, pack);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::pair<double, int>> all;
    for (int j = 0; j < 300; ++j)
      if (j != i) all.emplace_back(std::hypot(x[i] - x[j], y[i] - y[j]), j);
    std::sort(all.begin(), all.end());
    for (std::size_t k = 0; k < all.size(); ++k) {
      const auto [distance, j] = all[k];
      CHECK((nearest.matrix().coeff(i, j) > 0.0) == (k < 5));
      CHECK(band.matrix().coeff(i, j) == (distance <= 1500.0 ? 1.0 : 0.0));
      if (distance <= 1500.0)
        CHECK(inverse.matrix().coeff(i, j) == doctest::Approx(1e6 / (distance * distance)).epsilon(1e-12));
    }
  }
}

TEST_CASE("workers never change a bit of the lag") {
  const DataPack pack = line_pack(9000, 1);
  const SpatialWeights w = build_weights(RunConfig{}, pack);
  Eigen::MatrixXd y(9000, 3);
  Stream stream(1, Purpose::diagnostics, 1);
  for (Eigen::Index k = 0; k < y.size(); ++k) y.data()[k] = stream.normal();
  const Eigen::MatrixXd serial = spatial_lag(w, y);
  for (const int workers : {2, 3, 8}) CHECK(spatial_lag(w, y, {workers}) == serial);
}
