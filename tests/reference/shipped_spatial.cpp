// Spatial autoregressions on the shipped data against spatialreg, spdep, and dense numpy
// (tests/reference/shipped).
#include "tests/support/shipped.hpp"

using namespace spillway;
using namespace spillway::test;

namespace {

std::string cross_section(const std::string& estimator, const std::string& more = "",
                          const std::string& covariance = "kind = \"iid\"") {
  return "kind = \"spatial_autoregression\"\noutcome = \"growth_decade\"\ncovariates = [\"log_population\", "
         "\"job_density\", \"inactivity_rate\"]\n"
         "estimators = [\"" +
         estimator + "\"]\nheadline = \"" + estimator + "\"\ncovariance = { " + covariance + " }\n" + more +
         "\n";
}

const std::map<std::string, std::string>& durbin_names() {
  static const std::map<std::string, std::string> names = {{"lag.log_population", "lag_x:log_population"},
                                                           {"lag.job_density", "lag_x:job_density"},
                                                           {"lag.inactivity_rate", "lag_x:inactivity_rate"},
                                                           {"Rho", "rho"}};
  return names;
}

void likelihood_case(const std::string& name, const std::string& first, const std::string& more) {
  const auto& theirs = shipped_values("spatial.json");
  for (const std::string estimator : {"qml", "qml_exact"}) {
    // spatialreg maximises a level, flat at its top: rho is good to 1e-8, what depends on it steeply to 1e-6.
    Agreement agreement("spatial " + name + ", " + estimator, 1e-6);
    const Estimate estimate = estimate_of(fit_shipped(cross_section(estimator, more)), estimator);
    const auto& one = theirs.at(name);
    agreement.number(first, estimate.coefficients(0), one.at("first"));
    agreement.number("s.e. " + first, estimate.standard_error(0), one.at("first_se"));
    agreement.coefficients(estimate, one.at("coefficients"), durbin_names());
    agreement.errors("information", estimate, one.at("errors"), durbin_names());
    agreement.number("sigma2", estimate.diagnostic("sigma2"), one.at("sigma2"));
    agreement.number("log-likelihood", estimate.diagnostic("log_likelihood"), one.at("log_likelihood"));
    if (!theirs.contains(name + "_impacts")) continue;
    for (const auto& [kind, values] : theirs.at(name + "_impacts").items())
      for (const auto& [covariate, value] : values.items())
        agreement.number("impact", estimate.coefficients(estimate.find("impact_" + kind + ":" + covariate)),
                         value);
    for (const auto& [kind, values] : theirs.at(name + "_impact_errors").items())
      for (const auto& [covariate, value] : values.items())
        agreement.number("s.e. of impact",
                         estimate.standard_error(estimate.find("impact_" + kind + ":" + covariate)), value);
  }
}

}  // namespace

TEST_CASE("spatial lag, Durbin and error models with their impacts are spatialreg's") {
  likelihood_case("lag", "rho", "");
  likelihood_case("durbin", "rho", "durbin = true");
  likelihood_case("error", "lambda", "spatial_error = true");
}

TEST_CASE("two-stage estimates are spatialreg's stsls, iid and robust, and the tests are spdep's") {
  const auto& theirs = shipped_values("spatial.json");
  Agreement agreement("stsls and LM tests", 1e-8);
  const auto compare = [&](const Estimate& estimate, const nlohmann::json& one) {
    agreement.coefficients(estimate, one.at("coefficients"), durbin_names());
    agreement.errors("", estimate, one.at("errors"), durbin_names());
  };
  const Estimate two = estimate_of(fit_shipped(cross_section("gs2sls")), "gs2sls");
  compare(two, theirs.at("stsls"));
  agreement.number("sigma2", two.diagnostic("sigma2"), theirs.at("stsls").at("sigma2"));
  compare(estimate_of(fit_shipped(cross_section("gs2sls_wx")), "gs2sls_wx"), theirs.at("stsls_wx"));
  compare(estimate_of(fit_shipped(cross_section("gs2sls", "", "kind = \"hc0\"")), "gs2sls"),
          theirs.at("stsls_hc0"));
  const auto& tests = theirs.at("tests");
  for (const auto& [theirs_name, ours] : std::map<std::string, std::string>{{"LMerr", "lm_error"},
                                                                            {"LMlag", "lm_lag"},
                                                                            {"RLMerr", "lm_error_robust"},
                                                                            {"RLMlag", "lm_lag_robust"},
                                                                            {"moran_i", "moran_i"}})
    agreement.number(ours, two.diagnostic(ours), tests.at(theirs_name));
  Agreement p("p of Moran's I", 1e-6);
  p.number("p", p_value_of(two, "moran_i"), tests.at("moran_p"));
}

TEST_CASE("spatial lag panels with area and period effects are the dense quasi-likelihood, impacts too") {
  for (const auto& [name, effects] :
       std::map<std::string, std::string>{{"area_effects", "none"}, {"area_and_period_effects", "common"}}) {
    const auto& theirs = shipped_values("sar_panel.json").at(name);
    Agreement agreement("spatial lag panel, " + name, 1e-7);
    const Estimate estimate =
        estimate_of(fit_shipped("kind = \"spatial_autoregression\"\noutcome = \"growth\"\ncovariates = "
                                "[\"gva\"]\nestimators = [\"qml\"]\n"
                                "headline = \"qml\"\ncovariance = { kind = \"iid\" }\nperiod_effects = \"" +
                                effects + "\"\n"),
                    "qml");
    for (const auto& [theirs_name, ours] :
         std::map<std::string, std::string>{{"rho", "rho"},
                                            {"gva", "gva"},
                                            {"impact_direct", "impact_direct:gva"},
                                            {"impact_indirect", "impact_indirect:gva"},
                                            {"impact_total", "impact_total:gva"}}) {
      agreement.number(ours, estimate.coefficients(estimate.find(ours)), theirs.at(theirs_name));
      agreement.number("s.e. " + ours, estimate.standard_error(estimate.find(ours)),
                       theirs.at(theirs_name + "_se"));
    }
    agreement.number("sigma2", estimate.diagnostic("sigma2"), theirs.at("sigma2"));
    agreement.number("log-likelihood", estimate.diagnostic("log_likelihood"), theirs.at("log_likelihood"));
  }
}
