// The coverage figures that the product prints are those of docs/methods/coverage.md's tables.
#include "engine/estimate/simulated_coverage.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <vector>

using namespace spillway::simulated;

namespace {

struct Line {
  std::string table, design, of, rho, phi;
};

std::vector<Line> page() {
  std::ifstream file(std::string(SPILLWAY_SOURCE_DIR) + "/docs/methods/coverage.md");
  REQUIRE(file);
  std::vector<Line> lines;
  std::string text, table;
  int row = 0;
  while (std::getline(file, text)) {
    if (text.starts_with("<!-- table ")) table = text.substr(11, text.find(' ', 11) - 11), row = 0;
    if (text.starts_with("<!-- end")) table.clear();
    if (table.empty() || !text.starts_with("|") || ++row < 3) continue;
    std::vector<std::string> cells;
    std::stringstream parts(text.substr(1));
    for (std::string cell; std::getline(parts, cell, '|');) {
      const auto first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
      cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
    }
    if (cells.size() >= 7) lines.push_back({table, cells[0], cells[1], cells[4], cells[6]});
  }
  return lines;
}

int periods_of(const std::string& design) {
  const auto at = design.find("_t");
  return at == std::string::npos ? 10 : std::atoi(design.c_str() + at + 2);
}

}  // namespace

TEST_CASE("every printed range of cover is the least and the largest of the page's tables") {
  const auto lines = page();
  REQUIRE(lines.size() > 100);
  for (const Cover& one : covers) {
    if (one.tables.empty()) continue;
    CAPTURE(std::string(one.of));
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (const Line& line : lines) {
      const bool in = (" " + std::string(one.tables) + " ").find(" " + line.table + " ") != std::string::npos;
      const bool when = one.periods == any || (periods_of(line.design) <= 7) == (one.periods == up_to_seven);
      if (!in || !when || line.of != one.of) continue;
      std::stringstream cells(one.quantity == rho ? line.rho : line.phi);
      for (std::string cell; std::getline(cells, cell, '/');)
        if (const auto digit = cell.find_first_of("01."); digit != std::string::npos) {
          low = std::min(low, std::atof(cell.c_str() + digit));
          high = std::max(high, std::atof(cell.c_str() + digit));
        }
    }
    REQUIRE(low <= high);
    CHECK(one.low == doctest::Approx(std::round(100.0 * low) / 100.0).epsilon(1e-9));
    CHECK(one.high == doctest::Approx(std::round(100.0 * high) / 100.0).epsilon(1e-9));
  }
}

TEST_CASE("the sentence of an interval shows its own range") {
  const auto sentence = [](const char* method, int periods) {
    return spillway::simulated::sentence({method, periods, 100.0, Shocks::own});
  };
  CHECK(sentence("percentile_t", 7).find("rho 0.89 to 0.96, phi 0.94 to 0.97") != std::string::npos);
  CHECK(sentence("percentile_t", 8).find("rho 0.93 to 0.96, phi 0.95 to 0.97") != std::string::npos);
  CHECK(sentence("score_cells", 10).find("rho 0.92 to 0.98, phi 0.95 to 0.98") != std::string::npos);
  CHECK(sentence("year_clusters_t", 20).find(": 0.92 to 0.97;") != std::string::npos);
  CHECK(sentence("cell_draws", 10) == sentence("score_cells", 10));
}

TEST_CASE("what is said of filled cells and of the ring-fence's band stands on the page") {
  std::ifstream file(std::string(SPILLWAY_SOURCE_DIR) + "/docs/methods/coverage.md");
  std::stringstream all;
  all << file.rdbuf();
  const std::string text = all.str();
  const auto stands = [&](const std::string& words) { return text.find(words) != std::string::npos; };
  // The decision table's cover of rho, by type, and of phi.
  CHECK(stands("| missing_t10 | - | .945 / .920 / .950 | .950 |"));
  CHECK(filled_rho.low == 92);
  CHECK(filled_rho.high == 95);
  CHECK(filled_phi == 95);
}
