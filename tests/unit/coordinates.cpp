// Coordinates are metres, are made metres, or are refused: never taken for them.
#include "engine/data/pack/coordinates.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <array>
#include <utility>

#include "engine/base/error.hpp"
#include "engine/weights/spatial_weights.hpp"
#include "tests/support/pack_columns.hpp"

using namespace spillway;
using test::missing, test::numbers;

namespace {

/// Sixteen areas on a grid, `step` apart, from `east` and `north` on.
Table grid(double east, double north, double step, const std::string& unit = "") {
  Table areas;
  areas.rows = 16;
  std::vector<double> x, y;
  for (int i = 0; i < 16; ++i) {
    x.push_back(east + step * (i % 4));
    y.push_back(north + step * (i / 4));
  }
  areas.columns = {numbers("easting", x, unit), numbers("northing", y, unit)};
  return areas;
}

std::string refused(const Table& areas, double reach = 0.0) {
  try {
    coordinates_in_metres(areas, "weights", reach);
  } catch (const InputError& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("metres are kept to the bit, kilometres, feet and miles are converted") {
  for (const std::string unit : {"", "m", "metres", "Metre", "m (EPSG:27700)"})
    CHECK(coordinates_in_metres(grid(400000, 300000, 1000, unit), "weights").easting[1] == 401000.0);
  CHECK(coordinates_in_metres(grid(400, 300, 1, "km"), "weights").northing[4] == 301000.0);
  CHECK(coordinates_in_metres(grid(0, 0, 1000, "feet"), "weights").northing[4] == 304.8);
  CHECK(coordinates_in_metres(grid(200, 100, 1, "miles"), "weights").easting[1] ==
        doctest::Approx(323478.144));
}

TEST_CASE("degrees are refused, stated or seen") {
  CHECK(
      refused(grid(-1.5, 54, 0.01, "degrees")) ==
      "easting and northing have unit 'degrees', and weights needs metres: project them to metres, such as "
      "the "
      "British National Grid or UTM, and write unit = \"m\" under [columns.easting] and [columns.northing]");
  for (const std::string unit : {"degree", "deg", "\xC2\xB0", "decimal degrees", "WGS84", "EPSG:4326"})
    CHECK(refused(grid(-1.5, 54, 0.01, unit)).find("needs metres") != std::string::npos);
  for (const std::string unit : {"", "m"})
    CHECK(refused(grid(-1.5, 54, 0.01, unit))
              .rfind("easting goes from -1.5 to -1.47 and northing from 54 to 54.03: these are degrees", 0) ==
          0);
}

TEST_CASE("numbers that cannot be metres are refused") {
  CHECK(refused(grid(400, 300, 1)).find("the 16 areas would lie 1.1 m apart, all within 4.24 m") == 0);
  CHECK(refused(grid(400000, 300000, 1e8)).find("further than around the earth") != std::string::npos);
  CHECK(refused(grid(400000, 300000, 100, "m"), 50000.0)
            .find("all areas lie within 424 m, and weights reaches 50 km") == 0);
  CHECK(refused(grid(400000, 300000, 100, "m"), 20000.0) == "no error");
  CHECK(refused(grid(400, 300, 1, "furlongs")) ==
        "easting and northing have unit 'furlongs' (weights needs m, km, feet or miles)");
  Table mixed = grid(400, 300, 1, "km");
  mixed.columns[1].unit = "m";
  CHECK(refused(mixed) == "easting has unit 'km' and northing 'm' (weights needs one for both)");
  mixed.columns.pop_back();
  CHECK(refused(mixed) == "weights needs columns easting and northing of the areas, in metres");
  Table sparse = grid(400000, 300000, 1000);  // an area without a place is the user's matter
  sparse.columns[0].number[3] = missing;
  CHECK(refused(sparse) == "no error");
}

TEST_CASE("an area with easting and northing swapped is refused by name, wrong digits are told") {
  // Two authorities of eight; E7 belongs to the first.
  Table areas = grid(400000, 300000, 1000);
  std::vector<std::string> codes, authorities;
  for (int i = 0; i < 16; ++i) {
    codes.push_back("E0000" + std::to_string(10 + i));
    authorities.push_back(i < 8 ? "L1" : "L2");
  }
  areas.columns.push_back(test::texts("area_code", codes));
  areas.columns.push_back(test::texts("lad_code", authorities));
  CHECK(refused(areas) == "no error");
  CHECK(misplaced_line(areas) == "");
  Table swapped = areas;
  std::swap(swapped.columns[0].number[7], swapped.columns[1].number[7]);
  CHECK(
      refused(swapped) ==
      "area 'E000017' stands 143 km from the middle of its authority 'L1', three quarters of whose areas lie "
      "within 1.35 km; at easting 403000, northing 301000 it would stand among them: its easting and "
      "northing "
      "are swapped, and weights needs the right ones (swap them back)");
  Table typed = areas;
  typed.columns[0].number[7] = 430000;
  CHECK(refused(typed) == "no error");
  CHECK(misplaced_line(typed).rfind(
            "coordinates: area 'E000017' stands 28.5 km from the middle of its authority 'L1'", 0) == 0);
  swapped.columns.pop_back();  // without authorities all areas together say where it should be
  CHECK(refused(swapped).find("its easting and northing are swapped") != std::string::npos);
}

TEST_CASE(
    "a slip of scale is told in words of the unit that is stated, and never about a grid's own origin") {
  Table areas = grid(400, 300, 1, "km");
  std::vector<std::string> codes;
  for (int i = 0; i < 16; ++i) codes.push_back("E0000" + std::to_string(10 + i));
  areas.columns.push_back(test::texts("area_code", codes));
  areas.columns[0].number[5] *= 1000.0;
  areas.columns[1].number[5] *= 1000.0;
  CHECK(refused(areas).find("it is 1000 times too large beside the others") != std::string::npos);
  // A town's own grid with a village twenty kilometres out: a hundredth of its place lies in the town.
  Table town = grid(-1500, -1500, 1000);
  town.columns[0].number[15] = town.columns[1].number[15] = 20000;
  CHECK(refused(town) == "no error");
}

TEST_CASE("degrees times a power of ten are refused") {
  for (const double times : {1e3, 1e5, 1e6, 1e7}) {
    Table areas = grid(-1.5 * times, 54 * times, 0.01 * times);
    std::vector<std::string> codes;
    for (int i = 0; i < 16; ++i) codes.push_back("E010000" + std::to_string(10 + i));
    areas.columns.push_back(test::texts("area_code", codes));
    CHECK(refused(areas).find(fmt::format("these are degrees times {:.0f}", times)) != std::string::npos);
    std::swap(areas.columns[0].number, areas.columns[1].number);
    CHECK(refused(areas).find("these are degrees times") != std::string::npos);
  }
}

TEST_CASE(
    "degrees times a power of ten outside the British Isles are refused, or what they would be is said") {
  // Longitude and latitude of London, Paris, Corsica, Reykjavik, Chicago, Sydney, Singapore, Nairobi, Delhi,
  // in whichever order.
  for (const auto& [longitude, latitude] : std::vector<std::pair<double, double>>{{-0.1278, 51.5074},
                                                                                  {2.35, 48.85},
                                                                                  {9.1, 42.0},
                                                                                  {-21.9, 64.1},
                                                                                  {-87.6, 41.9},
                                                                                  {151.2, -33.9},
                                                                                  {103.8, 1.35},
                                                                                  {36.8, -1.3},
                                                                                  {77.2, 28.6}})
    for (const double times : {1e6, 1e7}) {
      CHECK(refused(grid(longitude * times, latitude * times, 0.01 * times))
                .find("degrees times a million would") != std::string::npos);
      CHECK(refused(grid(longitude * times, latitude * times, 0.01 * times, "m")) != "no error");
      CHECK(refused(grid(latitude * times, longitude * times, 0.01 * times)) != "no error");
    }
  CHECK(refused(grid(235, 4885, 30)).find("these look like degrees times 100,") != std::string::npos);
  CHECK(refused(grid(4885, 235, 30)) != "no error");
  CHECK(refused(grid(23.5, 488.5, 3)).find("would lie 3.2 m apart") != std::string::npos);  // times ten
  CHECK(refused(grid(2350, 48850, 300, "m")) == "no error");                                // said
  // What metres have too is told from nothing: the reader is asked.
  Table paris = grid(235000, 4885000, 1000);
  paris.columns.push_back(test::texts("area_code", std::vector<std::string>(16, "75")));
  CHECK(refused(paris) == "no error");
  CHECK(assumed_unit_line(paris).find(
            "as degrees times 100000 they would lie about latitude 48.9, longitude 2.4") !=
        std::string::npos);
  // Grids of other countries: UTM, Lambert-93, RD, LV95, Gauss-Krueger with its zone in front, Web Mercator,
  // a grid of its own.
  for (const auto& [east, north] : std::vector<std::pair<double, double>>{{600000, 5800000},
                                                                          {650000, 6860000},
                                                                          {120000, 480000},
                                                                          {2680000, 1250000},
                                                                          {32500000, 5800000},
                                                                          {20500000, 4400000},
                                                                          {39500000, 3400000},
                                                                          {-8237000, 4970000},
                                                                          {334000, 6250000},
                                                                          {0, 0}})
    CHECK(refused(grid(east, north, 1000)) == "no error");
}

TEST_CASE("metres near a grid's origin are metres, and degrees are spoken of only where they could be") {
  const auto over = [](double west, double east, double south, double north, int side,
                       const std::string& prefix = "") {
    std::vector<double> x, y;
    std::vector<std::string> codes;
    for (int i = 0; i < side * side; ++i) {
      x.push_back(west + (east - west) * (i % side) / (side - 1));
      y.push_back(south + (north - south) * (i / side) / (side - 1));
      codes.push_back(prefix.empty() ? "zone " + std::to_string(i) : prefix + std::to_string(100 + i));
    }
    Table areas;
    areas.rows = x.size();
    areas.columns = {test::numbers("easting", x, ""), test::numbers("northing", y, ""),
                     test::texts("area_code", codes)};
    return areas;
  };
  // West Cornwall in the National Grid, Jersey (EPSG:3109), Singapore (SVY21), West Cork in the Irish Grid.
  for (const auto& [west, east, south, north] :
       std::vector<std::array<double, 4>>{{148e3, 179e3, 27e3, 45e3},
                                          {33e3, 48e3, 64e3, 72e3},
                                          {9e3, 45e3, 27e3, 47e3},
                                          {87e3, 149e3, 30e3, 62e3}}) {
    const Table areas = over(west, east, south, north, 8);
    const double from = west;
    CAPTURE(from);
    CHECK(refused(areas) == "no error");
    CHECK(assumed_unit_line(areas).find("no unit is stated, so they count as metres") != std::string::npos);
    CHECK(assumed_unit_line(areas).find("as degrees") == std::string::npos);
    CHECK(refused(over(west, east, south, north, 8, "E01000")) == "no error");
  }
  // Wales in the National Grid, in few and in many zones.
  for (const int side : {8, 60})
    CHECK(assumed_unit_line(over(180e3, 350e3, 160e3, 395e3, side)).find("as degrees") == std::string::npos);
  // About Paris, times a thousand and ten thousand; Singapore times 100,000.
  CHECK(assumed_unit_line(over(2.2e3, 2.5e3, 48.7e3, 49e3, 5))
            .find("as degrees times 1000 they would lie about latitude 48.9, longitude 2.4") !=
        std::string::npos);
  CHECK(assumed_unit_line(over(2.2e4, 2.5e4, 48.7e4, 49e4, 5)).find("as degrees times 10000 they") !=
        std::string::npos);
  CHECK(assumed_unit_line(over(103.6e5, 104e5, 1.2e5, 1.5e5, 5)).find("as degrees times 100000 they") !=
        std::string::npos);
}

TEST_CASE("every kind of weights by distance reads them so") {
  DataPack pack;
  pack.name = "grid";
  pack.areas = grid(-1.5, 54, 0.01);
  std::vector<std::string> codes;
  for (int i = 0; i < 16; ++i) codes.push_back("E" + std::to_string(i));
  pack.areas.columns.push_back(test::texts("area_code", codes));
  for (int i = 1; i < 15; ++i) {  // E15 is an island
    pack.edges.push_back({i - 1, i, 1.0});
    pack.edges.push_back({i, i - 1, 1.0});
  }
  RunConfig config;
  config.cutoff_km = 2.0;
  for (const std::string kind : {"knn", "distance_band", "inverse_distance"}) {
    config.weights_kind = kind;
    CHECK_THROWS_WITH_AS(build_weights(config, pack), doctest::Contains("these are degrees"), InputError);
  }
  config.weights_kind = "contiguity";
  CHECK(build_weights(config, pack).islands().size() == 1);  // nobody asks how far it is
  config.islands = "attach-nearest";
  CHECK_THROWS_WITH_AS(build_weights(config, pack), doctest::Contains("these are degrees"), InputError);
  DataPack kilometres = pack, metres = pack;
  const Table km = grid(400, 300, 1, "km"), m = grid(400000, 300000, 1000, "m");
  for (int c = 0; c < 2; ++c) {
    kilometres.areas.columns[static_cast<std::size_t>(c)] = km.columns[static_cast<std::size_t>(c)];
    metres.areas.columns[static_cast<std::size_t>(c)] = m.columns[static_cast<std::size_t>(c)];
  }
  config.weights_kind = "distance_band";
  config.cutoff_km = 1.0;
  const Eigen::MatrixXd in_km(build_weights(config, kilometres).matrix()),
      in_m(build_weights(config, metres).matrix());
  CHECK(in_km == in_m);
  CHECK((in_m.array() > 0.0).count() == 48);  // 24 pairs of a 4 x 4 grid
}
