// Model B against Stata's ivreg2, R's ivreg, fixest, sandwich and ivreg2r, and Python's linearmodels.
#include <doctest/doctest.h>

#include "tests/support/iv_cases.hpp"
#include "tests/support/shared.hpp"

using namespace spillway;
using spillway::test::LargestDifference;

namespace {

std::string ours(const std::string& theirs) {
  return theirs == "_cons" || theirs == "const" ? "(Intercept)" : theirs;
}

void compare_coefficients(LargestDifference& difference, const Estimate& estimate,
                          const nlohmann::json& expected) {
  for (const auto& [name, value] : expected.items())
    difference.compare("coefficient " + name, test::coefficient(estimate, ours(name)), value);
}

void compare_errors(LargestDifference& difference, const Estimate& estimate, const nlohmann::json& expected) {
  for (const auto& [name, value] : expected.items())
    difference.compare("s.e. " + name, estimate.standard_error(estimate.find(ours(name))), value);
}

/// e() results of Stata's ivreg2 by name.
void compare_ivreg2(LargestDifference& difference, const Estimate& estimate, const nlohmann::json& e) {
  const std::vector<std::pair<const char*, const char*>> names = {
      {"cdf", "cragg_donald_f"},        {"widstat", "kleibergen_paap_f"},
      {"idstat", "kleibergen_paap_lm"}, {"j", "hansen_j"},
      {"estat", "endogeneity_c"},       {"arf", "anderson_rubin"},
      {"archi2", "anderson_rubin_chi2"}};
  for (const auto& [theirs, name] : names)
    if (e.contains(theirs) && e[theirs].get<double>() != 0.0)
      difference.compare(theirs, estimate.diagnostic(name), e[theirs]);
  const std::vector<std::pair<const char*, const char*>> p_names = {{"idp", "kleibergen_paap_lm"},
                                                                    {"jp", "hansen_j"},
                                                                    {"estatp", "endogeneity_c"},
                                                                    {"arfp", "anderson_rubin"},
                                                                    {"archi2p", "anderson_rubin_chi2"}};
  // A far tail magnifies the last digit of its statistic: p below 1e-6 is compared to 5e-5.
  for (const auto& [theirs, name] : p_names)
    if (e.contains(theirs) && e[theirs].get<double>() > 0.0)
      difference.compare(theirs, test::p_value(estimate, name), e[theirs],
                         e[theirs].get<double>() < 1e-6 ? 5e-5 : 0.0);
}

void compare_first_stage(LargestDifference& difference, const Estimate& estimate,
                         const nlohmann::json& first) {
  difference.compare("first-stage F", estimate.diagnostic("first_stage_f"), first["F"]);
  difference.compare("partial R2", estimate.diagnostic("partial_r2"), first["pr2"]);
}

}  // namespace

TEST_CASE("ivreg2's Card regression with two instruments: every e() result, iid and robust") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "iv_stata_card_overid";
  const auto expected = test::expected_of(folder);
  const DataPack pack = test::pack_of_csv(folder / "data.csv");
  IvModel model =
      test::iv_model("lwage", {"educ"}, {"nearc2", "nearc4"}, {"exper", "expersq", "black", "south"});
  LargestDifference difference("iv_stata_card_overid", 1e-6);
  const std::vector<std::tuple<const char*, const char*, const char*>> variants = {
      {"iid", "iid", "none"},
      {"iid_small", "iid", "cr1"},
      {"hc1", "hc0", "none"},
      {"hc1_small", "hc1", "cr1"}};
  for (const auto& [theirs, kind, small] : variants) {
    model.covariance.kind = *named<CovarianceKind>(kind);
    model.covariance.small_sample = *named<SmallSample>(small);
    const Estimate estimate = test::fit_case(pack, model)[0].estimate;
    compare_coefficients(difference, estimate, expected[theirs]["coef"]);
    compare_errors(difference, estimate, expected[theirs]["se"]);
    compare_ivreg2(difference, estimate, expected[theirs]["diagnostics"]);
    compare_first_stage(difference, estimate, expected[theirs]["first_stage"]["educ"]);
  }
}

TEST_CASE("ivreg2's weighted Card regression, robust and with two clusters") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "iv_stata_card_weighted_cluster";
  const auto expected = test::expected_of(folder);
  const DataPack pack = test::pack_of_csv(folder / "data.csv");
  IvModel model = test::iv_model("lwage", {"educ"}, {"nearc4"}, {"exper", "expersq", "black", "south"});
  model.weights_column = "weight";
  LargestDifference difference("iv_stata_card_weighted_cluster", 1e-6);
  const std::vector<std::tuple<const char*, const char*, const char*>> variants = {
      {"hc1", "hc0", "none"}, {"cl", "cluster", "none"}, {"cl_small", "cluster", "stata"}};
  for (const auto& [theirs, kind, small] : variants) {
    model.covariance.kind = *named<CovarianceKind>(kind);
    model.covariance.small_sample = *named<SmallSample>(small);
    model.covariance.by.clear();
    if (std::string(kind) == "cluster") model.covariance.by = {"smsa66"};
    const Estimate estimate = test::fit_case(pack, model)[0].estimate;
    compare_coefficients(difference, estimate, expected[theirs]["coef"]);
    compare_errors(difference, estimate, expected[theirs]["se"]);
    compare_ivreg2(difference, estimate, expected[theirs]["diagnostics"]);
    compare_first_stage(difference, estimate, expected[theirs]["first_stage"]["educ"]);
  }
}

TEST_CASE("ivreg2's simulated regression with 50 clusters") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "iv_stata_sim_cluster";
  const auto expected = test::expected_of(folder);
  const DataPack pack = test::pack_of_csv(folder / "data.csv");
  IvModel model = test::iv_model("y", {"endo1"}, {"z1", "z2"}, {"x1"});
  LargestDifference difference("iv_stata_sim_cluster", 1e-6);
  const std::vector<std::tuple<const char*, const char*, const char*>> variants = {
      {"iid", "iid", "none"},      {"iid_small", "iid", "cr1"}, {"hc1", "hc0", "none"},
      {"hc1_small", "hc1", "cr1"}, {"cl", "cluster", "none"},   {"cl_small", "cluster", "cr1"}};
  for (const auto& [theirs, kind, small] : variants) {
    model.covariance.kind = *named<CovarianceKind>(kind);
    model.covariance.small_sample = *named<SmallSample>(small);
    model.covariance.by.clear();
    if (std::string(kind) == "cluster") model.covariance.by = {"cluster_id"};
    const Estimate estimate = test::fit_case(pack, model)[0].estimate;
    compare_coefficients(difference, estimate, expected[theirs]["coef"]);
    compare_errors(difference, estimate, expected[theirs]["se"]);
    compare_ivreg2(difference, estimate, expected[theirs]["diagnostics"]);
    compare_first_stage(difference, estimate, expected[theirs]["first_stage"]["endo1"]);
  }
}

namespace {

/// What R's ivreg, sandwich and ivreg2r report of one data set.
void compare_r(LargestDifference& difference, const DataPack& pack, IvModel model, const std::string& cluster,
               const nlohmann::json& expected) {
  const std::string endogenous = model.endogenous[0];
  const auto fit = [&](const char* kind, const char* small) {
    model.covariance.kind = *named<CovarianceKind>(kind);
    model.covariance.small_sample = *named<SmallSample>(small);
    model.covariance.by.clear();
    if (std::string(kind) == "cluster") model.covariance.by = {cluster};
    return test::fit_case(pack, model)[0].estimate;
  };
  Estimate iid = fit("iid", "cr1");
  compare_coefficients(difference, iid, expected["coef"]);
  compare_errors(difference, iid, expected["se_iid_small"]);
  difference.compare("weak instruments F", iid.diagnostic("first_stage_f"),
                     expected["iid_diagnostics"]["weak_instruments_F"]);
  difference.compare("Wu-Hausman F", iid.diagnostic("durbin_wu_hausman"),
                     expected["iid_diagnostics"]["wu_hausman_F"]);
  difference.compare("Wu-Hausman p", test::p_value(iid, "durbin_wu_hausman"),
                     expected["iid_diagnostics"]["wu_hausman_p"]);
  difference.compare("Sargan", iid.diagnostic("hansen_j"), expected["iid_diagnostics"]["sargan"]);
  compare_errors(difference, fit("hc0", "none"), expected["se_HC0"]);
  compare_errors(difference, fit("hc1", "cr1"), expected["se_HC1"]);
  const std::vector<std::tuple<const char*, const char*>> variants = {
      {"ivreg2r_iid", "iid"}, {"ivreg2r_robust", "hc0"}, {"ivreg2r_cluster", "cluster"}};
  for (const auto& [name, kind] : variants) {
    if (!expected.contains(name)) continue;
    const auto& theirs = expected[name];
    const Estimate estimate = fit(kind, "none");
    compare_coefficients(difference, estimate, theirs["coef"]);
    compare_errors(difference, estimate, theirs["se"]);
    const auto& d = theirs["diagnostics"];
    difference.compare("J", estimate.diagnostic("hansen_j"), d["overid"]["stat"]);
    difference.compare("J p", test::p_value(estimate, "hansen_j"), d["overid"]["p"]);
    difference.compare("under-identification", estimate.diagnostic("kleibergen_paap_lm"),
                       d["underid"]["stat"]);
    difference.compare("under-identification p", test::p_value(estimate, "kleibergen_paap_lm"),
                       d["underid"]["p"]);
    difference.compare("Cragg-Donald F", estimate.diagnostic("cragg_donald_f"), d["weak_id"]["stat"]);
    if (d.contains("weak_id_robust"))
      difference.compare("Kleibergen-Paap F", estimate.diagnostic("kleibergen_paap_f"),
                         d["weak_id_robust"]["stat"]);
    difference.compare("Stock-Yogo 10 %", estimate.diagnostic("stock_yogo_size_10"),
                       d["weak_id_sy"]["critical_value"][0]);
    difference.compare("AR F", estimate.diagnostic("anderson_rubin"), d["anderson_rubin"]["f_stat"]);
    difference.compare("AR F p", test::p_value(estimate, "anderson_rubin"), d["anderson_rubin"]["f_p"]);
    difference.compare("AR chi2", estimate.diagnostic("anderson_rubin_chi2"),
                       d["anderson_rubin"]["chi2_stat"]);
    difference.compare("C", estimate.diagnostic("endogeneity_c"), d["endogeneity"]["stat"]);
    difference.compare("C p", test::p_value(estimate, "endogeneity_c"), d["endogeneity"]["p"]);
    difference.compare("first-stage F", estimate.diagnostic("first_stage_f"),
                       theirs["first_stage"][endogenous]["f_stat"]);
    difference.compare("first-stage F p", test::p_value(estimate, "first_stage_f"),
                       theirs["first_stage"][endogenous]["f_p"]);
    difference.compare("partial R2", estimate.diagnostic("partial_r2"),
                       theirs["first_stage"][endogenous]["partial_r2"]);
  }
  if (expected.contains("se_cluster_sandwich_HC0"))
    compare_errors(difference, fit("cluster", "none"), expected["se_cluster_sandwich_HC0"]);
}

}  // namespace

TEST_CASE("R's ivreg, sandwich and ivreg2r on Card's returns to schooling") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "iv_card_overid";
  LargestDifference difference("iv_card_overid", 1e-6);
  compare_r(difference, test::pack_of_csv(folder / "data.csv"),
            test::iv_model("lwage", {"educ"}, {"nearc2", "nearc4"}, {"exper", "expersq", "black", "south"}),
            "", test::expected_of(folder));
}

TEST_CASE("R's ivreg, sandwich and ivreg2r on cigarette demand, clustered by state") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "iv_cigarettes_sw";
  LargestDifference difference("iv_cigarettes_sw", 1e-6);
  compare_r(difference, test::pack_of_csv(folder / "data.csv"),
            test::iv_model("lpacks", {"rprice"}, {"tdiff", "rtax"}, {"rincome"}), "st",
            test::expected_of(folder));
}

TEST_CASE("linearmodels and ivreg2r on the synthetic growth model, 2SLS and two-step GMM") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "iv_synth_2000";
  const auto expected = test::expected_of(folder);
  const DataPack pack = test::pack_of_csv(folder / "data.csv");
  IvModel model =
      test::iv_model("growth", {"si"}, {"z1", "z2"}, {"c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"});
  model.estimators = {Estimator::two_stage, Estimator::gmm};
  LargestDifference difference("iv_synth_2000", 1e-6);
  const auto fit = [&](const char* kind, const char* small) {
    model.covariance.kind = *named<CovarianceKind>(kind);
    model.covariance.small_sample = *named<SmallSample>(small);
    model.covariance.by.clear();
    if (std::string(kind) == "cluster") model.covariance.by = {"lad"};
    return test::fit_case(pack, model);
  };
  const auto iid = fit("iid", "none");
  compare_coefficients(difference, iid[0].estimate, expected["coef"]);
  compare_errors(difference, iid[0].estimate, expected["se_unadjusted"]);
  difference.compare("partial R2", iid[0].estimate.diagnostic("partial_r2"),
                     expected["first_stage"]["si"]["partial.rsquared"]);
  difference.compare("Sargan", iid[0].estimate.diagnostic("hansen_j"), expected["sargan"]);
  // Durbin's statistic is (b_2sls - b_ols)^2 / (s^2 (1/s'P_z s - 1/s's)), 28.14051477207977 in exact
  // summation. linearmodels' two numbers are 5.8e-5 away: it projects the 2SLS residuals on the excluded
  // instruments alone, not on the controls too.
  difference.compare("Durbin, exact", iid[0].estimate.diagnostic("endogeneity_c"), 28.14051477207977);
  const CrossSection data = cross_section(model, model.endogenous, model.instruments, pack);
  const Eigen::Index n = data.y.size();
  Eigen::MatrixXd w(n, 9), x(n, 10), all(n, 12);
  w << data.controls, Eigen::VectorXd::Ones(n);
  x << data.endogenous, w;
  all << data.instruments, x;
  const auto explained = [](const Eigen::MatrixXd& on, const Eigen::VectorXd& v) {
    return (on * on.colPivHouseholderQr().solve(v)).squaredNorm();
  };
  const Eigen::VectorXd least = data.y - x * x.colPivHouseholderQr().solve(data.y),
                        two = data.y - x * iid[0].estimate.coefficients;
  const double theirs = explained(all, least) - explained(data.instruments, two);
  difference.compare("Durbin as linearmodels has it", theirs / (least.squaredNorm() / static_cast<double>(n)),
                     expected["durbin"]);
  difference.compare("Wu-Hausman as linearmodels has it",
                     theirs / ((least.squaredNorm() - theirs) / static_cast<double>(n - 11)),
                     expected["wu_hausman_F"]);
  const auto clustered = fit("cluster", "none");
  const Estimate& two_stage = clustered[0].estimate;
  compare_errors(difference, two_stage, expected["se_cluster"]);
  compare_errors(difference, two_stage, expected["ivreg2r_cluster"]["se_cluster"]);
  compare_errors(difference, fit("cluster", "cr1")[0].estimate, expected["se_cluster_debiased"]);
  const auto& r = expected["ivreg2r_cluster"];
  difference.compare("Kleibergen-Paap F", two_stage.diagnostic("kleibergen_paap_f"), r["kp_rk_wald_F"]);
  difference.compare("Cragg-Donald F", two_stage.diagnostic("cragg_donald_f"), r["cragg_donald_F"]);
  difference.compare("Kleibergen-Paap LM", two_stage.diagnostic("kleibergen_paap_lm"), r["kp_rk_LM"]);
  difference.compare("Hansen J", two_stage.diagnostic("hansen_j"), r["hansen_J"]);
  difference.compare("Hansen J p", test::p_value(two_stage, "hansen_j"), r["hansen_J_p"]);
  difference.compare("C", two_stage.diagnostic("endogeneity_c"), r["endog_C"]);
  difference.compare("C p", test::p_value(two_stage, "endogeneity_c"), r["endog_C_p"]);
  difference.compare("AR F", two_stage.diagnostic("anderson_rubin"), r["AR_F"]);
  compare_coefficients(difference, clustered[1].estimate, expected["gmm2step_cluster"]["coef"]);
  compare_errors(difference, clustered[1].estimate, expected["gmm2step_cluster"]["se"]);
}

TEST_CASE(
    "FixedEffectModels' and fixest's Kleibergen-Paap F with two endogenous regressors and absorbed effects") {
  SPILLWAY_NEEDS_SHARED(shared);
  const auto folder = shared / "reference" / "kp_fem_ftest";
  const auto expected = test::expected_of(folder);
  IvModel model = test::iv_model("Y", {"X1", "X2"}, {"Z1", "Z2"}, {});
  model.fixed_effects = {"id"};
  model.covariance.kind = CovarianceKind::hc0;
  LargestDifference difference("kp_fem_ftest", 1e-5);
  const Estimate estimate = test::fit_case(test::pack_of_csv(folder / "data.csv"), model)[0].estimate;
  difference.compare("Kleibergen-Paap F", estimate.diagnostic("kleibergen_paap_f"), expected["F_kp"]);
}
