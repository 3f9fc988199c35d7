// Estimates without each cluster from the clusters' sums, against fits of a pack without that cluster's rows.
#include "engine/run/leave_one_out.hpp"

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>

#include "tests/support/shipped.hpp"

using namespace spillway;

namespace {

constexpr std::size_t kLad = 2, kGrowth = 16;  // columns of areas.csv

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream in(line);
  for (std::string cell; std::getline(in, cell, ',');) cells.push_back(cell);
  return cells;
}

/// The shipped pack with its areas changed or, where `change` is false, left out.
DataPack changed_pack(const std::function<bool(std::vector<std::string>&)>& change) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("spillway_leave_one_out_" + std::to_string(::getpid()));
  std::filesystem::remove_all(folder);
  std::filesystem::copy(test::shipped_folder() / "pack", folder);
  {  // without the checksums of the files that were
    std::ifstream in(test::shipped_folder() / "pack" / "pack.toml");
    std::ofstream out(folder / "pack.toml");
    for (std::string line; std::getline(in, line);)
      if (line.rfind("sha256", 0) != 0) out << line << '\n';
  }
  std::vector<std::string> gone;
  for (const std::string file : {"areas.csv", "panel.csv", "edges.csv"}) {
    std::ifstream in(test::shipped_folder() / "pack" / file);
    std::ofstream out(folder / file);
    std::string line;
    std::getline(in, line);
    out << line << '\n';
    while (std::getline(in, line)) {
      std::vector<std::string> cells = cells_of(line);
      if (file == "areas.csv") {
        if (!change(cells)) {
          gone.push_back(cells[0]);
          continue;
        }
        for (std::size_t k = 0; k < cells.size(); ++k) out << (k ? "," : "") << cells[k];
        out << '\n';
        continue;
      }
      const bool left = std::find(gone.begin(), gone.end(), cells[0]) != gone.end() ||
                        (file == "edges.csv" && std::find(gone.begin(), gone.end(), cells[1]) != gone.end());
      if (!left) out << line << '\n';
    }
  }
  DataPack pack = read_pack(folder);
  std::filesystem::remove_all(folder);
  return pack;
}

RunConfig config() {
  return parse_config(
      "[[model]]\nname = \"money\"\nkind = \"iv\"\noutcome = \"growth_decade\"\nendogenous = "
      "[\"grants_per_head\"]\ninstruments = [\"drug_crime_rate\", \"turnout\"]\ncontrols = "
      "[\"log_population\", \"job_density\"]\nestimators = [\"2sls\"]\nheadline = \"2sls\"\ncovariance = { "
      "kind = \"cluster\", by = \"lad_code\" }\n[bootstrap]\ncluster = \"lad_code\"\nreplicates = "
      "199\ndraws = 1\n");
}

Estimate fitted(const DataPack& pack, bool replicated) {
  const RunConfig run = config();
  const Inputs inputs = make_inputs(run, pack);
  std::vector<ModelFits> models = {fit_model(run.models.front(), run, inputs, {})};
  if (replicated) replicate(models, run, inputs, {});
  return test::estimate_of(models.front(), "2sls");
}

}  // namespace

TEST_CASE("without each authority: the fit of a pack that has not got it, and the jackknife of those") {
  const Estimate all = fitted(read_pack(test::shipped_folder() / "pack"), true);
  std::vector<double> without;
  std::vector<std::string> names;
  for (int lad = 1; lad <= 36; ++lad) {
    const std::string code = "S070000" + std::string(lad < 10 ? "0" : "") + std::to_string(lad);
    const Estimate one =
        fitted(changed_pack([&](std::vector<std::string>& cells) { return cells[kLad] != code; }), false);
    without.push_back(one.coefficients(one.find("grants_per_head")));
    if (without.size() > 1) CHECK(one.areas < all.areas);
  }
  const auto [low, high] = std::minmax_element(without.begin(), without.end());
  CHECK(all.diagnostic("without_one_low:grants_per_head") == doctest::Approx(*low).epsilon(1e-8));
  CHECK(all.diagnostic("without_one_high:grants_per_head") == doctest::Approx(*high).epsilon(1e-8));
  double mean = 0.0, square = 0.0;
  for (const double one : without) mean += one / 36.0;
  for (const double one : without) square += (one - mean) * (one - mean);
  CHECK(all.diagnostic("jackknife_se:grants_per_head") ==
        doctest::Approx(std::sqrt(35.0 / 36.0 * square)).epsilon(1e-8));
  bool told = false;
  for (const std::string& note : all.notes) told = told || note.rfind("without ", 0) == 0;
  CHECK(told);
}

TEST_CASE("partial leverage is each cluster's share of the squares of what the instruments predict") {
  const RunConfig run = config();
  const Inputs inputs = make_inputs(run, read_pack(test::shipped_folder() / "pack"));
  std::vector<ModelFits> models = {fit_model(run.models.front(), run, inputs, {})};
  replicate(models, run, inputs, {});
  const Estimate& estimate = test::estimate_of(models.front(), "2sls");
  // By least squares on the rows: what is left of the prediction once constant and controls are out.
  const CrossSection data = cross_section(std::get<IvModel>(run.models.front()), {"grants_per_head"},
                                          {"drug_crime_rate", "turnout"}, inputs.pack);
  const Eigen::Index n = data.y.size();
  Eigen::MatrixXd w(n, 3), z(n, 5);
  w << Eigen::VectorXd::Ones(n), data.controls;
  z << w, data.instruments;
  const Eigen::VectorXd predicted = z * z.householderQr().solve(data.endogenous.col(0)),
                        left = predicted - w * w.householderQr().solve(predicted);
  const Clusters clusters = clusters_by(inputs.pack.areas, "lad_code");
  Eigen::VectorXd share = Eigen::VectorXd::Zero(clusters.count());
  for (Eigen::Index i = 0; i < n; ++i)
    share(clusters.of_area[static_cast<std::size_t>(data.area[static_cast<std::size_t>(i)])]) +=
        left(i) * left(i) / left.squaredNorm();
  CHECK(estimate.diagnostic("partial_leverage:grants_per_head") ==
        doctest::Approx(share.maxCoeff()).epsilon(1e-8));
}

TEST_CASE("an authority that the estimate rests on is named in a warning") {
  const auto rests = [](const Estimate& estimate) {
    std::string found;
    for (const std::string& warning : estimate.warnings)
      if (warning.find(" rests on ") != std::string::npos) found = warning;
    return found;
  };
  CHECK(rests(fitted(read_pack(test::shipped_folder() / "pack"), true)).empty());
  // Its grants and its growth are made ten times those of any other.
  const Estimate bent = fitted(changed_pack([&](std::vector<std::string>& cells) {
                                 if (cells[kLad] == "S07000007") {
                                   cells[kGrowth] = std::to_string(std::stod(cells[kGrowth]) + 3.0);
                                   cells[kGrowth + 1] = std::to_string(std::stod(cells[kGrowth + 1]) + 900.0);
                                   cells[kGrowth + 4] = std::to_string(std::stod(cells[kGrowth + 4]) + 30.0);
                                 }
                                 return true;
                               }),
                               true);
  const std::string warning = rests(bent);
  CAPTURE(warning);
  CHECK(warning.find("grants_per_head rests on ") == 0);
}
