// The headline of a scenario under every reasonable choice of its estimates, horizon and rulebook.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/studies/curve_test.hpp"
#include "tools/studies/session.hpp"

namespace spillway::studies {

/// What a curve varies beside the estimators and cells that the configuration lists.
struct CurveOptions {
  std::string scenario;  ///< empty: every one
  std::string headline;  ///< what rows are sorted by; empty: the target type's uplift
  /// "contiguity", "knn:6", "inverse_distance:5", "distance_band:5" (km), or "configured", each also with
  /// ":size=COLUMN" (neighbours count by it); empty: the
  /// configuration's, and of contiguity, six nearest neighbours and inverse distance those that the pack
  /// allows.
  std::vector<std::string> weights;
  std::vector<int> horizons;           ///< periods; empty: the configuration's and half of it
  std::vector<std::string> rulebooks;  ///< empty: every edition
};

/// What the decision table says of a specification: it stands; it stands with a caution; it is shown but
/// decides nothing; it is refused; it has no draws, or the lever cannot use it.
enum class Standing { accepted, caution, shown, refused, impossible };
std::string to_string(Standing standing);

/// Quantiles of one headline over the draws of one specification; NaN where it has none.
struct HeadlineValue {
  double p5, p50, p95;
  double better;  ///< share of draws on the good side of zero
};

/// One cell of the grid of choices.
struct Specification {
  std::vector<std::string> choice;                                 ///< one an axis
  enum class Is { alternative, configured } is = Is::alternative;  ///< configured: what `spillway run` does
  Standing standing = Standing::accepted;
  std::vector<std::string> reasons;  ///< sentences, unless accepted
  long draws = 0;                    ///< successful ones used
  double rho = 0.0, phi = 0.0,
         beta = 0.0;                 ///< point estimates: rho of the target type; NaN where there is none
  std::vector<HeadlineValue> value;  ///< one a headline
  std::vector<std::vector<float>> distance;  ///< one a headline (curve_test.hpp); empty once they are tested
};

struct SpecificationCurve {
  std::string rho_of;            ///< the area type whose rho each row has
  std::string scenario, target;  ///< target: the area type that the second headline is for, or "target"
  std::vector<std::string>
      axes;  ///< weights, estimator, own_lag, proxy, instruments, iv_estimator, horizon, rulebook
  std::vector<std::string> headlines, units;
  std::vector<CurveTest> tests, tests_of_standing;  ///< one a headline
  std::vector<Specification> specifications;        ///< in the order of the grid, the last axis fastest
  std::vector<std::string> notes;
  double better = 1.0;  ///< +1: more uplift is good; -1: less is
  long panel_fits = 0, infrastructure_fits = 0;
  std::string sorted_by;                              ///< a headline
  std::vector<InputFile> inputs;                      ///< files of the pack
  std::vector<std::pair<std::string, double>> truth;  ///< of a synthetic pack

  /// Rows for `sorted_by`: those that differ in something it depends on, by falling median; impossible ones
  /// last.
  /// @throws InputError  no such headline; names the nearest
  std::vector<std::size_t> order() const;
};

/// Every specification of one scenario. Data, weights, fits and replicates are made once each and shared; so
/// are the scenario's parameters, so that rows differ by their choices alone and not by luck.
///
/// Where the lever moves shocks alone, group means come from AggregatePolynomial; else every specification is
/// propagated.
/// @throws InputError  the scenario takes estimates of another run; unknown weights, rulebook or horizon; no
/// model
SpecificationCurve specification_curve(Session& session, const ScenarioConfig& scenario,
                                       const CurveOptions& options);

/// The curve of every chosen scenario; kept in the session's result, where it has one.
/// @throws InputError  no such scenario or headline; as specification_curve
std::vector<SpecificationCurve> specification_curves(Session& session, const CurveOptions& options);

/// Tables for people. @param rows  most rows of the first one, evenly spaced by rank
std::string curve_text(const SpecificationCurve& curve, int rows);
nlohmann::ordered_json curve_json(const SpecificationCurve& curve);
/// Every row of every curve; columns that a scenario lacks are empty.
std::string curves_csv(const std::vector<SpecificationCurve>& curves);
/// At /specification_curve/<scenario>, one table.
void write_curve(RunWriter& writer, const SpecificationCurve& curve);

}  // namespace spillway::studies
