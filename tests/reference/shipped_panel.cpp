// Model A on the shipped data against plm, sandwich, spdep, boot, and dense numpy (tests/reference/shipped).
#include <sstream>

#include "engine/estimate/panel/encompassing.hpp"
#include "engine/run/rival_weights.hpp"
#include "tests/support/shipped.hpp"

using namespace spillway;
using namespace spillway::test;

namespace {

std::string panel_model(const std::string& covariance, const std::string& more) {
  return "kind = \"spatial_lag_panel\"\noutcome = \"growth\"\ncovariates = [\"gva\"]\ncovariance = { " +
         covariance + " }\n" + more + "\n";
}

/// Least squares with effects under every covariance of plm, sandwich and the plain-matrix Conley of
/// scripts/panel.R.
void effects_case(const std::string& name, const std::string& period_effects) {
  const auto& theirs = shipped_values("panel.json").at(name);
  Agreement agreement("panel with effects, " + name, 1e-8);
  const auto fit = [&](const std::string& covariance) {
    return estimate_of(
        fit_shipped(panel_model(
            covariance,
            "estimators = [\"within\"]\nheadline = \"within\"\nperiod_effects = \"" + period_effects + "\"")),
        "within");
  };
  const Estimate iid = fit("kind = \"iid\"");
  agreement.coefficients(iid, theirs.at("coefficients"));
  agreement.number("rss", iid.diagnostic("residual_sum_of_squares"), theirs.at("rss"));
  agreement.number("Pesaran's CD", iid.diagnostic("pesaran_cd"), theirs.at("pesaran_cd"));
  agreement.number("Moran's I", iid.diagnostic("morans_i"), theirs.at("morans_i"));
  agreement.errors("iid", iid, theirs.at("iid"));
  for (const std::string kind : {"hc0", "hc1", "hc2", "hc3"})
    agreement.errors(kind, fit("kind = \"" + kind + "\""), theirs.at(kind));
  agreement.errors("plm white1", fit("kind = \"hc0\""), theirs.at("plm_white1"));
  const std::string area = "kind = \"cluster\", by = \"area_code\", small_sample = ",
                    lad = "kind = \"cluster\", by = \"lad_code\", small_sample = ";
  agreement.errors("plm arellano", fit(area + "\"none\""), theirs.at("plm_arellano_area"));
  agreement.errors("plm arellano sss", fit(area + "\"cr1\""), theirs.at("plm_arellano_area_sss"));
  agreement.errors("cr0", fit(lad + "\"none\""), theirs.at("lad_cr0"));
  agreement.errors("cr1", fit(lad + "\"cr1\""), theirs.at("lad_cr1"));
  agreement.errors("cr3", fit(lad + "\"cr3\""), theirs.at("lad_cr3"));
  agreement.errors(
      "two-way",
      fit("kind = \"two_way\", by = [\"lad_code\", \"constituency_code\"], small_sample = \"none\""),
      theirs.at("two_way_cr0"));
  for (const std::string lags : {"2", "4"})
    agreement.errors("Driscoll-Kraay " + lags,
                     fit("kind = \"driscoll_kraay\", lags = " + lags + ", small_sample = \"none\""),
                     theirs.at("driscoll_kraay_" + lags));
  for (const std::string kernel : {"bartlett", "uniform"})
    agreement.errors("Conley " + kernel,
                     fit("kind = \"conley\", cutoff_km = 30, kernel = \"" + kernel + "\""),
                     theirs.at("conley_" + kernel + "_30km"));
}

/// A CSV of numbers with a header, areas of text not allowed.
Eigen::MatrixXd numbers(const std::filesystem::path& file, std::vector<std::string>& header) {
  std::ifstream in(file);
  REQUIRE_MESSAGE(in.good(), file.string());
  std::vector<std::vector<double>> rows;
  std::string line, cell;
  for (bool first = true; std::getline(in, line); first = false) {
    std::istringstream cells(line);
    if (!first) rows.emplace_back();
    while (std::getline(cells, cell, ','))
      if (first)
        header.push_back(cell);
      else
        rows.back().push_back(std::stod(cell));
  }
  Eigen::MatrixXd value(rows.size(), header.size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < header.size(); ++c) value(r, c) = rows[r][c];
  return value;
}

}  // namespace

namespace {
/// The shipped pack with the holes of scripts/unbalanced.R and its second covariate.
DataPack with_holes() {
  DataPack pack = read_pack(shipped_folder() / "pack");
  Eigen::MatrixXd *growth = nullptr, *gva = nullptr;
  for (auto& variable : pack.panel.variables) (variable.name == "growth" ? growth : gva) = &variable.value;
  const Eigen::Index n = growth->rows(), periods = growth->cols();
  PanelVariable x2;
  x2.name = "x2";
  x2.value.resize(n, periods);
  for (Eigen::Index i = 0; i < n; ++i)
    for (Eigen::Index t = 0; t < periods; ++t) {
      if ((3 * i + 7 * t) % 11 == 0 || (i % 2 == 0 && t == 5) || (i % 23 == 5 && t != 1 + i % 10) ||
          i == 100 || (t == periods - 1 && i != 7))
        (*growth)(i, t) = NAN;
      if ((5 * i + 2 * t) % 17 == 0) (*gva)(i, t) = NAN;
      x2.value(i, t) = static_cast<double>((37 * i + 101 * t + (i * t) % 13) % 97) / 97.0;
    }
  pack.panel.variables.push_back(std::move(x2));
  return pack;
}

ModelFits fit_with_holes(const std::string& model) {
  const RunConfig config =
      parse_config("[[model]]\nname = \"case\"\nkind = \"spatial_lag_panel\"\noutcome = \"growth\"\n" +
                   model + "\n[bootstrap]\ncluster = \"lad_code\"\nreplicates = 199\ndraws = 1\n");
  static const DataPack pack = with_holes();
  return fit_model(config.models.front(), config, make_inputs(config, pack), {});
}

/// One specification on an unbalanced panel under every covariance that R's programs or plain matrices give.
void unbalanced_case(const std::string& name, const std::string& estimator, const std::string& model) {
  const auto& theirs = shipped_values("unbalanced.json").at(name);
  Agreement agreement("unbalanced panel, " + name, 1e-9);
  const auto fit = [&](const std::string& covariance) {
    return estimate_of(fit_with_holes(model + "\nestimators = [\"" + estimator + "\"]\nheadline = \"" +
                                      estimator + "\"\ncovariance = { " + covariance + " }"),
                       estimator);
  };
  const Estimate iid = fit("kind = \"iid\"");
  CHECK(iid.observations == theirs.at("rows").get<long>());
  CHECK(iid.areas == theirs.at("areas").get<long>());
  agreement.coefficients(iid, theirs.at("coefficients"));
  agreement.number("rss", iid.diagnostic("residual_sum_of_squares"), theirs.at("rss"));
  agreement.errors("iid", iid, theirs.at("iid"));
  for (const std::string kind : {"hc0", "hc1", "hc2", "hc3"})
    agreement.errors(kind, fit("kind = \"" + kind + "\""), theirs.at(kind));
  const std::string lad = "kind = \"cluster\", by = \"lad_code\", small_sample = ";
  agreement.errors("cr0", fit(lad + "\"none\""), theirs.at("lad_cr0"));
  agreement.errors("cr1", fit(lad + "\"cr1\""), theirs.at("lad_cr1"));
  agreement.errors("fixest", fit(lad + "\"fixest\""), theirs.at("lad_fixest"));
  if (theirs.contains("lad_cr3")) agreement.errors("cr3", fit(lad + "\"cr3\""), theirs.at("lad_cr3"));
  agreement.errors("by area", fit("kind = \"cluster\", by = \"area_code\", small_sample = \"none\""),
                   theirs.at("area_cr0"));
  agreement.errors(
      "two-way",
      fit("kind = \"two_way\", by = [\"lad_code\", \"constituency_code\"], small_sample = \"none\""),
      theirs.at("two_way_cr0"));
  agreement.errors("Driscoll-Kraay", fit("kind = \"driscoll_kraay\", lags = 2, small_sample = \"none\""),
                   theirs.at("driscoll_kraay_2"));
  if (!theirs.contains("plm")) return;
  agreement.coefficients(iid, theirs.at("plm").at("coefficients"));
  agreement.errors("plm", iid, theirs.at("plm").at("iid"));
}

const std::string kStatic =
    "own_lag = false\nspatial_lag = \"none\"\nmissing = \"drop\"\ncovariates = [\"gva\", \"x2\"]";
}  // namespace

TEST_CASE("rows with holes, area and period effects: dummies in R and plm, thirteen covariances") {
  unbalanced_case("two_way", "within", kStatic + "\nperiod_effects = \"common\"");
}

TEST_CASE("rows with holes, area effects alone") {
  unbalanced_case("area", "within", kStatic + "\nperiod_effects = \"none\"");
}

TEST_CASE("rows with holes, area and region x period effects") {
  unbalanced_case("region", "within", kStatic + "\nperiod_effects = \"by_region\"");
}

TEST_CASE("rows with holes, period effects alone") {
  unbalanced_case("period", "pooled", kStatic + "\nperiod_effects = \"common\"");
}

TEST_CASE("rows with holes, no effects: R's lm, its constant too") {
  const auto& theirs = shipped_values("unbalanced.json").at("pooled");
  Agreement agreement("unbalanced panel, pooled", 1e-9);
  const auto fit = [&](const std::string& kind) {
    return estimate_of(
        fit_with_holes(kStatic +
                       "\nperiod_effects = \"none\"\narea_effects = false\nestimators = [\"pooled\"]\n"
                       "headline = \"pooled\"\ncovariance = { kind = \"" +
                       kind + "\" }"),
        "pooled");
  };
  agreement.coefficients(fit("iid"), theirs.at("coefficients"));
  agreement.errors("iid", fit("iid"), theirs.at("iid"));
  agreement.errors("hc0", fit("hc0"), theirs.at("hc0"));
}

TEST_CASE("lags by rows: a row needs its own past and every neighbour's") {
  const std::string rows = "missing = \"drop_rows\"\ncovariates = [\"gva\"]\nperiod_effects = \"common\"";
  unbalanced_case("dynamic", "within", rows + "\nspatial_lag = \"common\"");
  unbalanced_case("own_lag", "within", rows + "\nspatial_lag = \"none\"");
}

TEST_CASE("Arellano-Bond on rows with holes is the dense one with period dummies") {
  for (const auto& [name, lag] : {std::pair{"own_lag", "none"}, std::pair{"spatial", "common"}}) {
    const auto& theirs = shipped_values("unbalanced_gmm.json").at(name);
    Agreement agreement(std::string("unbalanced Arellano-Bond, ") + name, 1e-9);
    const ModelFits fits = fit_with_holes(
        std::string("missing = \"drop_rows\"\ncovariates = [\"gva\"]\nestimators = [\"arellano_bond\"]\n"
                    "headline = \"arellano_bond\"\ncovariance = { kind = \"cluster\", by = \"area_code\", "
                    "small_sample = \"none\" }\nspatial_lag = \"") +
        lag + "\"");
    const Estimate& estimate = estimate_of(fits, "arellano_bond");
    CHECK(estimate.observations == theirs.at("rows").get<long>());
    agreement.coefficients(estimate, theirs.at("coefficients"));
    agreement.errors("robust", estimate, theirs.at("area_cr0"));
  }
}

TEST_CASE(
    "area and period effects: coefficients, sixteen covariances, CD and Moran's I are those of plm, sandwich "
    "and spdep") {
  effects_case("two_way", "common");
}

TEST_CASE("area effects alone: the same agreement") { effects_case("one_way", "none"); }

TEST_CASE("pooled least squares with period effects is R's lm with sandwich's covariances") {
  const auto& theirs = shipped_values("panel.json").at("pooled");
  Agreement agreement("pooled panel", 1e-8);
  const auto fit = [&](const std::string& covariance) {
    return estimate_of(
        fit_shipped(panel_model(covariance, "estimators = [\"pooled\"]\nheadline = \"pooled\"")), "pooled");
  };
  const Estimate iid = fit("kind = \"iid\"");
  agreement.coefficients(iid, theirs.at("coefficients"));
  agreement.errors("iid", iid, theirs.at("iid"));
  agreement.errors("hc0", fit("kind = \"hc0\""), theirs.at("hc0"));
  agreement.errors("cr0", fit("kind = \"cluster\", by = \"lad_code\", small_sample = \"none\""),
                   theirs.at("lad_cr0"));
}

TEST_CASE("Arellano-Bond is plm's one-step pgmm with collapsed instruments, robust errors too") {
  const auto& theirs = shipped_values("panel.json").at("arellano_bond");
  const std::map<std::string, std::string> ours = {{"lag(y, 1)", "previous"}, {"x", "gva"}};
  Agreement agreement("Arellano-Bond", 1e-7);
  const ModelFits fits = fit_shipped(panel_model(
      "kind = \"cluster\", by = \"area_code\", small_sample = \"none\"",
      "spatial_lag = \"common\"\nestimators = [\"arellano_bond\"]\nheadline = \"arellano_bond\""));
  const Estimate& estimate = estimate_of(fits, "arellano_bond");
  agreement.coefficients(estimate, theirs.at("coefficients"), ours);
  agreement.errors("robust", estimate, theirs.at("area_cr0"), ours);
}

TEST_CASE("the corrected score, its errors, its replicates and boot's BCa intervals from them") {
  const auto& theirs = shipped_values("corrected_score.json");
  ModelFits fits = fit_shipped(panel_model(
      "kind = \"cluster\", by = \"lad_code\", small_sample = \"none\"",
      "interval = \"bca\"\nestimators = [\"within\", \"corrected_score\"]\nheadline = \"corrected_score\""));
  {
    Agreement agreement("corrected score", 1e-8);
    agreement.coefficients(estimate_of(fits, "within"), theirs.at("within"));
    agreement.coefficients(estimate_of(fits, "corrected_score"), theirs.at("coefficients"));
    agreement.errors("cr0", estimate_of(fits, "corrected_score"), theirs.at("lad_cr0"));
    for (const auto& [name, value] : theirs.at("q_at_root").items())
      if (name != "gva")
        agreement.number("q " + name, estimate_of(fits, "corrected_score").diagnostic("score_bias:" + name),
                         value);
  }
  // Replicates under the counts of authorities that numpy drew.
  std::vector<std::string> lads, names;
  const Eigen::MatrixXd counts = numbers(shipped_folder() / "values/counts.csv", lads);
  const Eigen::MatrixXd expected = numbers(shipped_folder() / "values/replicates.csv", names);
  const RunConfig config = parse_config("[[model]]\nname = \"case\"\n" +
                                        panel_model("kind = \"iid\"", "estimators = [\"within\"]") +
                                        "[bootstrap]\ncluster = \"lad_code\"\n");
  const Inputs inputs = make_inputs(config, read_pack(shipped_folder() / "pack"));
  FitContext context;
  context.joint = clusters_by(inputs.pack.areas, "lad_code");
  context.by = {context.joint};
  Eigen::MatrixXd weight = Eigen::MatrixXd::Zero(context.joint.count(), counts.rows());
  for (std::size_t g = 0; g < lads.size(); ++g) {
    const auto at = std::find(context.joint.names.begin(), context.joint.names.end(), lads[g]) -
                    context.joint.names.begin();
    REQUIRE(at < context.joint.count());
    weight.row(at) = counts.col(static_cast<Eigen::Index>(g)).transpose();
  }
  std::vector<Replicates> replicates(fits.fits.size());
  for (std::size_t f = 0; f < fits.fits.size(); ++f) {
    const Fit& fit = fits.fits[f];
    if (fit.estimate.estimator != "corrected_score") continue;
    ReplicateBlock block;
    block.count = counts.rows();
    block.weight = weight.data();
    block.clusters = weight.rows();
    block.value.resize(static_cast<Eigen::Index>(fit.resampled->parameters().size()), block.count);
    block.t = block.value;
    block.status.assign(static_cast<std::size_t>(block.count), 0);
    fit.resampled->evaluate(block);
    Agreement agreement("replicates of the corrected score", 1e-7);
    for (std::size_t k = 0; k < names.size(); ++k)
      for (long b = 0; b < block.count; ++b)
        agreement.number(names[k], block.value(fit.estimate.find(names[k]), b),
                         expected(b, static_cast<Eigen::Index>(k)));
    replicates[f] = {block.value, block.t, block.status};
  }
  conclude_panel(fits.fits, *fits.panel, std::get<PanelModel>(fits.config), context, replicates);
  const Estimate& estimate = estimate_of(fits, "corrected_score");
  CHECK(estimate.interval_method == "bca");
  Agreement agreement("BCa intervals by boot", 1e-6);
  for (const auto& [name, ends] : shipped_values("bootstrap.json").at("bca").items()) {
    agreement.number(name + " low", estimate.low(estimate.find(name)), ends[0]);
    agreement.number(name + " high", estimate.high(estimate.find(name)), ends[1]);
  }
}

TEST_CASE("W against rival weights is dense numpy's corrected score with both lags") {
  const RunConfig config = parse_config("[[model]]\nname = \"case\"\n" +
                                        panel_model("kind = \"cluster\", by = \"lad_code\"",
                                                    "estimators = [\"corrected_score\"]\nheadline = "
                                                    "\"corrected_score\"\nrival_weights = "
                                                    "[\"second_ring\", \"nearest:6\"]") +
                                        "[bootstrap]\ncluster = \"lad_code\"\nreplicates = 99\ndraws = 1\n");
  const Inputs inputs = make_inputs(config, read_pack(shipped_folder() / "pack"));
  const auto& model = std::get<PanelModel>(config.models.front());
  std::vector<ModelFits> models = {fit_model(model, config, inputs, {})};
  const FitContext context = fit_context(model, config, inputs, {});
  const auto& theirs = shipped_values("encompassing.json");
  Agreement agreement("two sets of weights by numpy", 1e-6);
  for (const auto& [name, weights] : rival_weights(model, *models.front().panel, config, inputs)) {
    const Encompassing fit = encompass(*models.front().panel, model, weights, context.parallelism);
    REQUIRE(fit.status == Encompassing::Status::found);
    for (const auto& [of, value] : theirs.at(name).at("coefficients").items()) {
      const auto at = std::find(fit.names.begin(), fit.names.end(), of) - fit.names.begin();
      REQUIRE(at < fit.coefficients.size());
      agreement.number(name + " " + of, fit.coefficients(at), value, 1e-3);
    }
  }
  // By authority, whatever the product finds between them: the script knows no other way.
  Estimate estimate = estimate_of(models.front(), "corrected_score");
  std::get<PanelFindings>(estimate.findings).shared.reset();
  hold_against_rivals(*models.front().panel, model, context,
                      rival_weights(model, *models.front().panel, config, inputs), estimate);
  const auto& rivals = std::get<PanelFindings>(estimate.findings).rivals;
  REQUIRE(rivals.size() == 2);
  for (const auto& one : rivals) {
    agreement.number(one.name + " rival", one.rival.value, theirs.at(one.name).at("rival_wald"));
    agreement.number(one.name + " own", one.own.value, theirs.at(one.name).at("own_wald"));
    agreement.number(one.name + " error", one.standard_error, theirs.at(one.name).at("rival_error"));
  }
}

TEST_CASE("rivals: the second ring of a path, and names that are none") {
  // 0 - 1 - 2 - 3: neighbours of neighbours that are no neighbours.
  std::vector<Eigen::Triplet<double>> links;
  for (int i = 0; i < 3; ++i) links.emplace_back(i, i + 1, 1.0), links.emplace_back(i + 1, i, 1.0);
  SpatialWeights::Matrix path(4, 4);
  path.setFromTriplets(links.begin(), links.end());
  Eigen::MatrixXd ring = Eigen::MatrixXd::Zero(4, 4);
  ring(0, 2) = ring(1, 3) = ring(2, 0) = ring(3, 1) = 1.0;
  CHECK(Eigen::MatrixXd(second_ring({path, true}).matrix()) == ring);
  CHECK_THROWS_WITH_AS(
      parse_config("[[model]]\nname = \"case\"\n" +
                   panel_model("kind = \"cluster\", by = \"lad_code\"",
                               "estimators = [\"within\"]\nrival_weights = [\"nearest:0\"]")),
      doctest::Contains("names 'nearest:0', which is no rival; choose among"), InputError);
}
