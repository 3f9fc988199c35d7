// What every estimator returns: coefficients, covariance, interval, diagnostics, and words for people.
#pragma once
#include <Eigen/Dense>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "engine/estimate/decision.hpp"
#include "engine/estimate/findings.hpp"

namespace spillway {

/// A statistic with its p-value and, beside it, its definition: names alone are quarrelled over.
struct Diagnostic {
  std::string name;              ///< as in the contract: "kleibergen_paap_f", "serial_correlation_z", ...
  double value = 0.0;            ///< NaN: not applicable
  std::optional<double> p = {};  ///< written as <name>_p
  std::string definition = {};   ///< one line: formula, convention, source
};

struct Estimate {
  std::string model, kind, estimator;  ///< kind as in the configuration
  std::string outcome, outcome_unit;
  std::string cell;                ///< iv grids: "proxy:instrument+instrument"
  std::vector<std::string> names;  ///< of coefficients, as in the contract
  Eigen::VectorXd coefficients;
  Eigen::MatrixXd covariance;
  Eigen::VectorXd low, high;    ///< interval of each coefficient; NaN: none is offered
  std::string interval_method;  ///< percentile_t | percentile | normal | wre_equal_tail | score_cells |
                                ///< score_cells of GROUPS | year_clusters_t | none
  double level = 0.95;
  long observations = 0, areas = 0, clusters = 0;
  std::string echo;                     ///< one line: estimator, scheme, clusters, weights, B, seed
  std::vector<Diagnostic> diagnostics;  ///< what is shown; the stages read `findings`
  /// What the estimator found out, and the decision on it; none in an estimate read from a file.
  std::variant<std::monostate, PanelFindings, IvFindings> findings;
  Decision decision;
  ConfidenceSet anderson_rubin_set;  ///< iv only
  bool has_anderson_rubin_set = false;
  std::vector<std::string> warnings;  ///< sentences a reader must not miss
  std::vector<std::string> notes;     ///< sentences that explain
  bool refused = false;  ///< the decision table refuses this estimate as a headline; warnings say why

  /// NaN where there is no covariance.
  double standard_error(Eigen::Index k) const {
    return k < covariance.rows() ? std::sqrt(covariance(k, k)) : std::numeric_limits<double>::quiet_NaN();
  }
  /// Index of a coefficient by name, or -1.
  Eigen::Index find(const std::string& name) const;
  /// Value of a diagnostic by name, or NaN: for tables. No branch may hang on it.
  double diagnostic(const std::string& name) const;
};

/// Counts of clusters for a block of replicates, and what comes back for each.
struct ReplicateBlock {
  long first = 0, count = 0;       ///< replicate numbers [first, first + count)
  const double* weight = nullptr;  ///< clusters x count, column-major: times cluster g enters replicate b
  Eigen::Index clusters = 0;
  /// (types + 1) x count: rho by type and phi of the same replicates, for estimates that need them
  const Eigen::MatrixXd* spread = nullptr;
  // out, sized by the caller: parameters x count
  Eigen::MatrixXd value;  ///< estimates
  Eigen::MatrixXd t;      ///< (value - estimate) / its replicate standard error; NaN where not offered
  std::vector<std::uint8_t>
      status;  ///< 0: fine; 1: singular; 2: did not converge; 3: explosive (no stationary root)
};

/// An estimator that can be computed again from cluster weights alone, from sufficient statistics.
///
/// Clusters are those of the joint bootstrap over the whole pack; a cluster without observations of this
/// model contributes nothing. evaluate() is const and safe to call from several threads.
class Resampled {
 public:
  virtual ~Resampled() = default;
  /// Names of what evaluate() returns, as coefficients of `estimate`.
  virtual const std::vector<std::string>& parameters() const = 0;
  virtual void evaluate(ReplicateBlock& block) const = 0;
  /// As evaluate(), from the clusters' weights also where replicates are drawn in another way.
  virtual void refit(ReplicateBlock& block) const { evaluate(block); }
  /// Share of each cluster in the squares of each parameter's regressor, all others taken out: parameters x
  /// clusters, rows sum to 1 (partial leverage, MacKinnon, Nielsen & Webb 2023); empty: not known.
  virtual Eigen::MatrixXd partial_leverage() const { return {}; }
  /// Whether evaluate() reads `spread`: such an estimate is replicated after the model that gives it.
  virtual bool needs_spread() const { return false; }
};

/// One estimator fitted: its estimate, and how to replicate it (null where it offers no pairs bootstrap).
struct Fit {
  Estimate estimate;
  std::shared_ptr<const Resampled> resampled;
};

}  // namespace spillway
