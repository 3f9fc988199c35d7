// Model B with neighbours on the shipped data against dense numpy (tests/reference/shipped).
#include "engine/estimate/iv/structural.hpp"
#include "engine/run/structural_estimates.hpp"
#include "tests/support/shipped.hpp"

using namespace spillway;
using namespace spillway::test;

namespace {

struct Case {
  RunConfig config;
  Inputs inputs;
  StructuralData data;
  FitContext context;
  SpreadPoint point;

  explicit Case(const std::string& covariance) {
    config = parse_config(
        "[[model]]\nname = \"case\"\nkind = \"iv\"\noutcome = \"growth_decade\"\nendogenous = "
        "[\"grants_per_head\"]\ninstruments = [\"drug_crime_rate\", \"turnout\"]\ncontrols = "
        "[\"log_population\", \"job_density\", \"inactivity_rate\"]\nestimators = [\"2sls\"]\ncovariance = "
        "{ " +
        covariance + " }\n[bootstrap]\ncluster = \"lad_code\"\nreplicates = 39\ndraws = 1\n");
    static const DataPack pack = read_pack(shipped_folder() / "pack");
    inputs = make_inputs(config, pack);
    data = structural_data(model(), {"grants_per_head"}, {"drug_crime_rate", "turnout"}, inputs.pack, 1.0);
    context = fit_context(model(), config, inputs, {});
    const std::map<std::string, double> rho = {
        {"doubly_disadvantaged", 0.3}, {"other_deprived", 0.35}, {"other", 0.4}};
    point.rho.resize(static_cast<Eigen::Index>(inputs.types.names.size()));
    for (std::size_t t = 0; t < inputs.types.names.size(); ++t)
      point.rho(static_cast<Eigen::Index>(t)) = rho.at(inputs.types.names[t]);
    point.phi = 0.1;
  }
  const IvModel& model() const { return std::get<IvModel>(config.models.front()); }
  SpreadExpansion spread() const { return {inputs.weights, inputs.types.of_row, point}; }
};

/// Coefficients and standard errors of the endogenous regressors.
void compare(Agreement& agreement, const Fit& fit, const nlohmann::json& theirs, const char* kind) {
  agreement.coefficients(fit.estimate, theirs.at("coefficients"));
  agreement.errors(kind, fit.estimate, theirs.at(kind));
}

void compare_strength(Agreement& agreement, const Fit& fit, const nlohmann::json& theirs) {
  for (const auto& [name, value] : theirs.items())
    agreement.number("SW F of " + name, fit.estimate.diagnostic("sanderson_windmeijer_f:" + name), value);
}

}  // namespace

TEST_CASE("structural form, W s beside it, SLX and spatial-lag IV are numpy's from the rows") {
  const auto& theirs = shipped_values("spillover_iv.json");
  Agreement agreement("model B with neighbours by numpy", 1e-8);
  for (const auto& [kind, name, strength] :
       {std::tuple{"kind = \"hc0\"", "hc0", "hc0"},
        std::tuple{"kind = \"cluster\", by = \"lad_code\", small_sample = \"cr1\"", "lad_cr1", "lad"}}) {
    const Case one(kind);
    const SpreadExpansion spread = one.spread();
    compare(agreement, fit_structural(one.data, one.model(), one.context, spread, false),
            theirs.at("structural"), name);
    compare(agreement,
            fit_structural_lag(one.data, structural_terms(one.data, spread), one.model(), one.context,
                               one.inputs.weights),
            theirs.at("structural_lag"), name);
    const Fit slx = fit_slx(one.data, one.model(), one.context, one.inputs.weights),
              lag = fit_spatial_lag_iv(one.data, one.model(), one.context, one.inputs.weights);
    compare(agreement, slx, theirs.at("slx"), name);
    compare(agreement, lag, theirs.at("spatial_lag_iv"), name);
    compare_strength(agreement, slx, theirs.at("sw_slx").at(strength));
    compare_strength(agreement, lag, theirs.at("sw_spatial_lag_iv").at(strength));
  }
}

TEST_CASE("the verdict follows the interval, the strength and what full propagation would give") {
  Estimate slx;
  slx.names = {"s", "W s"};
  slx.coefficients = Eigen::Vector2d(1.0, 0.5);
  slx.low = Eigen::Vector2d(0.5, 0.1);
  slx.high = Eigen::Vector2d(1.5, 0.9);
  IvFindings findings;
  findings.sanderson_windmeijer_f["W s"] = 25.0;
  slx.findings = findings;
  const auto says = [&](const char* words, double implied) {
    CHECK_MESSAGE(spillover_verdict(slx, implied).find(words) != std::string::npos,
                  spillover_verdict(slx, implied));
  };
  says("It does (theta 0.5 [0.1, 0.9]", 0.5);
  slx.low(1) = -0.1;
  says("cannot be told: neither none nor full propagation is rejected", 0.5);
  slx.high(1) = 0.3;
  says("It does not: none is not rejected, and full propagation is", 0.5);
  slx.high(1) = -0.05;
  says("the opposite next door", 0.5);
  findings.sanderson_windmeijer_f["W s"] = 4.0;
  slx.findings = findings;
  says("cannot be told: the instruments do not move", 0.5);
}
