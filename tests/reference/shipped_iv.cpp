// Model B on the shipped data against AER, sandwich, statsmodels, scipy and row-by-row numpy
// (tests/reference/shipped).
#include "engine/estimate/covariance/wild_cluster.hpp"
#include "engine/estimate/iv/instrumental.hpp"
#include "engine/estimate/iv/iv_weak_robust.hpp"
#include "tests/support/shipped.hpp"

using namespace spillway;
using namespace spillway::test;

namespace {

std::string iv_model(const std::string& estimators, const std::string& covariance,
                     const std::string& more = "", const std::string& endogenous = "\"grants_per_head\"",
                     const std::string& instruments = "\"drug_crime_rate\", \"turnout\"") {
  return "kind = \"iv\"\noutcome = \"growth_decade\"\nendogenous = [" + endogenous + "]\ninstruments = [" +
         instruments +
         "]\ncontrols = [\"log_population\", \"job_density\", \"inactivity_rate\"]\nestimators = [" +
         estimators + "]\ncovariance = { " + covariance + " }\n" + more + "\n";
}

const std::string lad = "kind = \"cluster\", by = \"lad_code\", small_sample = ";
const std::map<std::string, std::string>& covariances() {
  static const std::map<std::string, std::string> all = {
      {"iid", "kind = \"iid\", small_sample = \"cr1\""},
      {"hc0", "kind = \"hc0\""},
      {"hc1", "kind = \"hc1\""},
      {"hc2", "kind = \"hc2\""},
      {"hc3", "kind = \"hc3\""},
      {"lad_cr0", lad + "\"none\""},
      {"lad_cr1", lad + "\"cr1\""},
      {"lad_cr3", lad + "\"cr3\""},
      {"two_way_cr0",
       "kind = \"two_way\", by = [\"lad_code\", \"constituency_code\"], small_sample = \"none\""}};
  return all;
}

/// A peer's file entry: coefficients, and standard errors under each covariance it names.
void compare_all(Agreement& agreement, const std::string& estimator, const nlohmann::json& theirs,
                 const std::string& more = "") {
  for (const auto& [name, values] : theirs.items()) {
    if (!covariances().count(name)) continue;
    const Estimate estimate = estimate_of(
        fit_shipped(iv_model("\"" + estimator + "\"", covariances().at(name), more), 39), estimator);
    agreement.coefficients(estimate, theirs.at("coefficients"));
    agreement.errors(name, estimate, values);
  }
}

/// A confidence set, null where it is unbounded.
void compare_sets(Agreement& agreement, const std::string& what, const ConfidenceSet& ours,
                  const nlohmann::json& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t k = 0; k < ours.size(); ++k)
    for (const int end : {0, 1}) {
      const double value = end == 0 ? ours[k].first : ours[k].second;
      if (theirs[k][static_cast<std::size_t>(end)].is_null())
        CHECK(std::isinf(value));
      else
        agreement.number(what, value, theirs[k][static_cast<std::size_t>(end)]);
    }
}

}  // namespace

TEST_CASE(
    "OLS and 2SLS with nine covariances are R's lm and AER's ivreg with sandwich, weights and absorbed "
    "effects too") {
  const auto& theirs = shipped_values("iv.json");
  Agreement agreement("OLS and 2SLS by lm and ivreg", 1e-8);
  compare_all(agreement, "ols", theirs.at("ols"));
  compare_all(agreement, "2sls", theirs.at("two_stage"));
  compare_all(agreement, "2sls", theirs.at("weighted"), "weights_column = \"population\"");
  compare_all(agreement, "2sls", theirs.at("absorbed"), "fixed_effects = [\"region_code\"]");
}

TEST_CASE("OLS is statsmodels', HC0 to HC3 and clusters") {
  Agreement agreement("OLS by statsmodels", 1e-8);
  compare_all(agreement, "ols", shipped_values("weak_iv.json").at("statsmodels_ols"));
}

TEST_CASE("first-stage F, Wu-Hausman and Sargan are AER's diagnostics under three covariances") {
  const auto& theirs = shipped_values("iv.json");
  Agreement agreement("diagnostics by AER", 1e-7);
  for (const auto& [name, covariance] : std::map<std::string, std::string>{
           {"diagnostics_iid", "iid"}, {"diagnostics_hc1", "hc1"}, {"diagnostics_lad_cr1", "lad_cr1"}}) {
    const Estimate estimate =
        estimate_of(fit_shipped(iv_model("\"2sls\"", covariances().at(covariance)), 39), "2sls");
    agreement.number("first-stage F " + covariance, estimate.diagnostic("first_stage_f"),
                     theirs.at(name).at("weak_f"));
    agreement.number("Wu-Hausman " + covariance, estimate.diagnostic("durbin_wu_hausman"),
                     theirs.at(name).at("wu_hausman_f"));
    if (covariance != "iid")
      continue;  // AER's p has N - K degrees of freedom even under clusters; its Sargan is iid always
    agreement.number("Wu-Hausman p", p_value_of(estimate, "durbin_wu_hausman"),
                     theirs.at(name).at("wu_hausman_p"));
    agreement.number("Sargan", estimate.diagnostic("hansen_j"), theirs.at(name).at("sargan"));
    agreement.number("Sargan p", p_value_of(estimate, "hansen_j"), theirs.at(name).at("sargan_p"));
  }
}

TEST_CASE(
    "LIML and Fuller with one and two endogenous regressors have the textbook's estimates and ivreg2's "
    "errors") {
  const auto& theirs = shipped_values("weak_iv.json");
  Agreement agreement("LIML and Fuller", 1e-8);
  const auto compare = [&](const nlohmann::json& one, const std::string& endogenous,
                           const std::string& instruments) {
    const std::map<std::string, std::string> kinds = {{"iid", "kind = \"iid\", small_sample = \"none\""},
                                                      {"iid_small", covariances().at("iid")},
                                                      {"hc0", covariances().at("hc0")},
                                                      {"lad_cr0", covariances().at("lad_cr0")}};
    for (const auto& [kind, covariance] : kinds) {
      const ModelFits fits = fit_shipped(
          iv_model("\"liml\", \"fuller\"", covariance, "headline = \"liml\"", endogenous, instruments), 39);
      for (const std::string name : {"liml", "fuller"}) {
        agreement.coefficients(estimate_of(fits, name), one.at(name).at("coefficients"));
        agreement.errors(name + " " + kind, estimate_of(fits, name), one.at(name).at(kind));
      }
      agreement.number("kappa", estimate_of(fits, "liml").diagnostic("kappa"), one.at("liml_kappa"));
    }
  };
  compare(theirs.at("k_class"), "\"grants_per_head\"", "\"drug_crime_rate\", \"turnout\"");
  compare(theirs.at("k_class_pair"), "\"grants_per_head\", \"community_assets_per_1000\"",
          "\"drug_crime_rate\", \"turnout\", \"bus_runs\"");
}

TEST_CASE("two-step and iterated GMM are statsmodels' IVGMM, and the closed form under clusters") {
  const auto& theirs = shipped_values("weak_iv.json");
  Agreement agreement("GMM, closed form", 1e-8), loose("GMM by statsmodels' optimiser", 1e-6);
  for (const auto& [kind, covariance] :
       std::map<std::string, std::string>{{"hc0", "hc0"}, {"lad", "lad_cr0"}}) {
    const ModelFits fits = fit_shipped(
        iv_model("\"gmm\", \"gmm_iterated\"", covariances().at(covariance), "headline = \"gmm\""), 39);
    for (const auto& [ours, name] :
         std::map<std::string, std::string>{{"gmm", "two_step"}, {"gmm_iterated", "iterated"}}) {
      const auto& one = theirs.at("gmm").at(kind).at(name);
      agreement.coefficients(estimate_of(fits, ours), one.at("coefficients"));
      agreement.errors(ours + " " + kind, estimate_of(fits, ours), one.at("errors"));
      if (kind == "hc0")
        loose.coefficients(estimate_of(fits, ours),
                           theirs.at("statsmodels_gmm_hc0").at(name).at("coefficients"));
      if (ours == "gmm")
        agreement.number("J " + kind, estimate_of(fits, ours).diagnostic("hansen_j"), one.at("j"));
    }
  }
}

TEST_CASE("Kleibergen-Paap LM and F with one and two endogenous regressors follow the paper's matrices") {
  const auto& theirs = shipped_values("weak_iv.json");
  Agreement agreement("Kleibergen-Paap", 1e-8);
  for (const auto& [kind, covariance] :
       std::map<std::string, std::string>{{"iid", "iid"}, {"hc0", "hc0"}, {"lad", "lad_cr0"}}) {
    const auto compare = [&agreement, &of = kind](const Estimate& estimate, const nlohmann::json& one) {
      agreement.number("LM " + of, estimate.diagnostic("kleibergen_paap_lm"), one.at("lm"));
      agreement.number("LM p " + of, p_value_of(estimate, "kleibergen_paap_lm"), one.at("lm_p"));
      agreement.number("F " + of, estimate.diagnostic("kleibergen_paap_f"), one.at("wald_f"));
    };
    compare(estimate_of(fit_shipped(iv_model("\"liml\"", covariances().at(covariance)), 39), "liml"),
            theirs.at("kp").at(kind));
    compare(estimate_of(fit_shipped(iv_model("\"liml\"", covariances().at(covariance), "",
                                             "\"grants_per_head\", \"community_assets_per_1000\"",
                                             "\"drug_crime_rate\", \"turnout\", \"bus_runs\""),
                                    39),
                        "liml"),
            theirs.at("kp_pair").at(kind));
  }
  for (const auto& [kind, covariance] :
       std::map<std::string, std::string>{{"hc0", "hc0"}, {"lad", "lad_cr0"}}) {
    const Estimate estimate =
        estimate_of(fit_shipped(iv_model("\"liml\"", covariances().at(covariance)), 39), "liml");
    agreement.number("effective F", estimate.diagnostic("effective_f"),
                     theirs.at("effective_f").at(kind).at("effective_f"));
    agreement.number("its critical value", estimate.diagnostic("effective_f_critical"),
                     theirs.at("effective_f").at(kind).at("critical"));
  }
}

TEST_CASE(
    "Anderson-Rubin and conditional likelihood ratio, and their sets, also disjoint ones, are those of "
    "quadrature and root finding") {
  const auto& theirs = shipped_values("weak_iv.json");
  Agreement agreement("AR and CLR", 1e-6);
  const auto compare = [&](const nlohmann::json& all, const std::string& endogenous,
                           const std::string& instruments) {
    for (const auto& [kind, one] : all.items()) {
      const std::string covariance = kind == "lad" ? "lad_cr0" : kind;
      const RunConfig config =
          parse_config("[[model]]\nname = \"case\"\n" +
                       iv_model("\"liml\"", covariances().at(covariance), "", endogenous, instruments) +
                       "[bootstrap]\ncluster = \"lad_code\"\n");
      const DataPack pack = read_pack(shipped_folder() / "pack");
      const IvModel& model = std::get<IvModel>(config.models.front());
      const CrossSection data = cross_section(model, model.endogenous, model.instruments, pack);
      FitContext context;
      for (const auto& column : model.covariance.by) context.by.push_back(clusters_by(pack.areas, column));
      const IvDesign design = iv_design(data);
      const MomentCovariance moments(data, model.covariance, context);
      IvFindings found;
      const WeakRobust robust = weak_robust(design, moments, reduced_form(design, moments), 0.95, found);
      const auto value = [&](const std::string& name) {
        for (const auto& test : robust.diagnostics)
          if (test.name == name) return test;
        return Diagnostic{};
      };
      agreement.number("AR " + kind, value("anderson_rubin").value, one.at("ar_f"));
      agreement.number("AR p " + kind, value("anderson_rubin").p.value_or(NAN), one.at("ar_f_p"));
      agreement.number("AR chi2 " + kind, value("anderson_rubin_chi2").value, one.at("ar_chi2"));
      agreement.number("CLR " + kind, value("clr").value, one.at("clr"));
      // The tail beyond 1e-12 is quadrature noise in both.
      if (one.at("clr_p").get<double>() > 1e-12)
        agreement.number("CLR p " + kind, value("clr").p.value_or(NAN), one.at("clr_p"));
      compare_sets(agreement, "AR set " + kind, robust.anderson_rubin, one.at("ar_set"));
      compare_sets(agreement, "CLR set " + kind, robust.conditional_likelihood, one.at("clr_set"));
    }
  };
  compare(theirs.at("weak_robust"), "\"grants_per_head\"", "\"drug_crime_rate\", \"turnout\"");
  compare(theirs.at("weak_robust_three"), "\"grants_per_head\"",
          "\"drug_crime_rate\", \"turnout\", \"bus_runs\"");
  compare(theirs.at("weak_robust_bus_runs"), "\"community_assets_per_1000\"", "\"bus_runs\", \"easting\"");
}

TEST_CASE(
    "every sign vector of nine regions: the wild cluster bootstrap and WRE are numpy's refits, row by row") {
  const auto& theirs = shipped_values("wild.json");
  const RunConfig config = parse_config("[[model]]\nname = \"case\"\n" +
                                        iv_model("\"2sls\"", "kind = \"cluster\", by = \"region_code\"") +
                                        "[bootstrap]\ncluster = \"lad_code\"\n");
  const DataPack pack = read_pack(shipped_folder() / "pack");
  const IvModel& model = std::get<IvModel>(config.models.front());
  const CrossSection data = cross_section(model, model.endogenous, model.instruments, pack);
  FitContext context;
  context.by = {clusters_by(pack.areas, "region_code")};
  const IvDesign design = iv_design(data);
  const MomentCovariance moments(data, model.covariance, context);
  Agreement agreement("wild cluster bootstrap and WRE", 1e-7);
  for (const auto& [name, one] : theirs.items()) {
    const bool ols = name.rfind("ols", 0) == 0;
    const WildCluster wild(design, moments,
                           ols ? WildCluster::Regressor::exogenous : WildCluster::Regressor::instrumented,
                           WildWeights::rademacher, 1, 9999, {});
    CHECK(wild.plan().replicates == 512);
    const double b = std::stod(name.substr(name.rfind('_') + 1));
    const bool restricted = name.find("unrestricted") == std::string::npos;
    const WildTest test =
        wild.test(b, restricted ? WildCluster::Residuals::restricted : WildCluster::Residuals::unrestricted);
    agreement.number(name + " estimate", wild.estimate(), one.at("estimate"));
    agreement.number(name + " s.e.", wild.standard_error(), one.at("se"));
    agreement.number(name + " t", test.t, one.at("t"));
    CHECK(test.p_symmetric == doctest::Approx(one.at("p_symmetric").get<double>()).epsilon(1e-12));
    CHECK(test.p_equal_tail == doctest::Approx(one.at("p_equal_tail").get<double>()).epsilon(1e-12));
    const Eigen::VectorXd t = wild.statistics(restricted ? b : wild.estimate());
    std::vector<double> sorted(t.data(), t.data() + t.size());
    std::sort(sorted.begin(), sorted.end());
    const double levels[] = {0.025, 0.25, 0.75, 0.975};
    for (std::size_t q = 0; q < 4; ++q) {
      const double at = levels[q] * static_cast<double>(sorted.size() - 1);
      const auto low = static_cast<std::size_t>(at);
      agreement.number(name + " t*", sorted[low] + (at - std::floor(at)) * (sorted[low + 1] - sorted[low]),
                       one.at("quantiles")[q]);
    }
  }
}
