// What estimators find out besides their coefficients: numbers with a name and a type, from which the
// decision is made (decision.hpp) and, at the end, what people read is written (words.hpp). What was not
// computed is absent, never NaN.
#pragma once
#include <Eigen/Dense>
#include <cmath>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spillway {

/// A confidence set that may be empty, unbounded or disjoint: intervals in ascending order, ends may be
/// +-inf.
using ConfidenceSet = std::vector<std::pair<double, double>>;

/// A test statistic with its p. Made by computed(): a p that is no number makes no test.
struct Test {
  double value = 0.0, p = 1.0;
};

/// The test, or nothing where its p could not be computed.
inline std::optional<Test> computed(double value, double p) {
  return std::isfinite(p) ? std::optional<Test>({value, p}) : std::nullopt;
}
inline std::optional<double> computed(double value) {
  return std::isfinite(value) ? std::optional<double>(value) : std::nullopt;
}

struct PanelFindings {
  // ---- of the fit
  Eigen::Index periods = 0;  ///< T
  enum class Root {
    found,
    too_short,
    not_found
  } solution = Root::found;   ///< of the corrected equations; found for every other estimator
  int evaluations = 0;        ///< spent where none was found
  std::optional<double> phi;  ///< the own lag; absent: switched off
  enum class SecondLags { absent, present } second_lags = SecondLags::absent;
  std::optional<double> stationary_root;   ///< |phi| + max |rho|; absent: no dynamics
  std::optional<Test> r1, r2, q2, m2, w1;  ///< serial correlation of the residuals
  struct Lead {
    std::string covariate;
    Test test;
  };
  std::vector<Lead> leads;  ///< feedback from residuals to a covariate
  struct Effective {
    std::string coefficient;
    double clusters = 0.0;
  };
  std::vector<Effective> effective_clusters;  ///< of each dynamic coefficient; empty: no joint clusters
  std::optional<Eigen::Index> clusters;       ///< joint clusters with areas of this model; absent: none
  std::optional<Test> equal_shocks;           ///< types share every period effect
  struct Loading {
    std::string type;
    double value = 0.0, standard_error = 0.0, p = 1.0;
  };
  std::vector<Loading> loadings;  ///< on common shocks, against the reference type's
  std::string reference_type;

  struct Imputed {
    long cells = 0, all = 0;
  } imputed;  ///< outcome cells that were filled
  enum class Dynamics {
    none,
    some
  } dynamics = Dynamics::none;  ///< lags of the outcome or of W y among regressors

  // ---- of the replicates and the covariances behind the interval
  struct Replicated {
    long all = 0, failed = 0, explosive = 0;
    long usable_t = 0, usable_values = 0;  ///< finite, of the first parameter
    double explosive_share() const { return static_cast<double>(explosive) / static_cast<double>(all); }
  };
  std::optional<Replicated> replicates;  ///< absent: none were drawn
  Eigen::Index cells = 0;                ///< score cells that draws come from; 0: pairs
  struct HalfWidths {
    double cells = 0.0, years = 0.0;
  };
  std::optional<HalfWidths> half_widths;  ///< of the first coefficient
  std::string first_coefficient;
  struct StandardErrors {
    std::string coefficient;
    double table = 0.0, clusters = 0.0, cells = 0.0;
  };
  std::vector<StandardErrors> standard_errors;  ///< by each way; for 50 clusters or more

  // ---- of shocks that clusters share
  /// What same-period scores of different clusters have in common.
  struct Between {
    Test test;                ///< largest |z| over coefficients and kinds of pairs; p by Bonferroni
    double inflation = 0.0;   ///< largest, over the same: what pairs add to the clusters' own variance
    std::string coefficient;  ///< the one with the largest |z|
  };
  struct SharedShocks {
    Between clusters;               ///< between joint clusters: neighbours, and those of one group
    std::optional<Between> groups;  ///< between neighbouring groups; absent: no two of them touch
    Eigen::Index group_count = 0;
    std::string column;  ///< of the groups; empty: neighbouring clusters merged
    enum class Asked { no, yes } cells_asked = Asked::no;  ///< the model's covariance is cells of the groups
    std::string groups_name() const {
      return column.empty() ? std::to_string(group_count) + " groups of neighbouring clusters" : column;
    }
  };
  std::optional<SharedShocks> shared;  ///< absent: too few clusters to tell
  double areas_a_cluster = 0.0;        ///< mean; 0: no joint clusters

  /// Rival weights in one corrected score with the model's own (encompassing).
  struct Rival {
    std::string name;
    Test rival;                                      ///< Wald: the rival's coefficient is zero beside W's
    Test own;                                        ///< Wald: W's coefficients are zero beside the rival's
    double coefficient = 0.0, standard_error = 0.0;  ///< the rival's lag
    double moved = 0.0;                              ///< largest change of a rho once the rival is in
    std::string moved_name;
  };
  std::vector<Rival> rivals;

  // ---- of types against each other
  struct Contrast {
    std::string a, b;
    double difference = 0.0, standard_error = 0.0, low = 0.0, high = 0.0, p = 1.0;
    double ratio = 0.0, reference = 0.0;  ///< rho_a / rho_b; rho_b
    ConfidenceSet ratio_set;              ///< Fieller's
    std::string pair() const { return a + "-" + b; }
    /// Found with 80 % power at 5 %.
    double smallest_detectable() const { return 2.8 * standard_error; }
  };
  std::vector<Contrast> contrasts;
  struct EqualRho {
    Test test;
    enum class By { largest_t, years, covariance } by = By::covariance;
    double smallest_detectable = 0.0;  ///< the largest of the contrasts'
  };
  std::optional<EqualRho> equal_rho;
};

struct IvFindings {
  std::optional<double> kleibergen_paap_f, effective_f, effective_f_critical;
  std::optional<Test> kleibergen_paap_lm, hansen_j, durbin_wu_hausman, anderson_rubin;
  std::map<std::string, double> sanderson_windmeijer_f;  ///< of each endogenous regressor, where computed
  std::optional<ConfidenceSet> anderson_rubin_set, conditional_likelihood_set;

  /// Below the effective F's critical value or, where there is none, a Kleibergen-Paap F that is not above
  /// 10: one that was not computed is not strong.
  bool weak() const {
    if (effective_f && effective_f_critical) return *effective_f < *effective_f_critical;
    return !(kleibergen_paap_f && *kleibergen_paap_f > 10.0);
  }
};

}  // namespace spillway
