// What is said to people of findings and decisions: the one place of model A's sentences, and of the list of
// diagnostics that tables, JSON and the result file show.
#pragma once
#include <string>
#include <vector>

#include "engine/estimate/decision.hpp"
#include "engine/estimate/estimate.hpp"

namespace spillway {

/// The sentence of one reason of an estimator.
std::string sentence(const Reason& reason, Estimator estimator);

/// Put a decision into an estimate: `refused`, and a sentence a reason among its warnings or notes.
void say(Decision decision, Estimator estimator, Estimate& estimate);

/// A warning where more than 2 % of the outcome was filled.
void say_of_imputed(const PanelFindings& findings, Estimate& estimate);

/// An estimator that has no estimate: the decision is made at the fit.
void refuse_fit(PanelFindings::Root solution, int evaluations, Estimator estimator, Estimate& estimate);

// Names and definitions of the contract, appended to the estimate's list from its findings.
void list_tests(const PanelFindings& findings, Estimate& estimate);
void list_shocks(const PanelFindings& findings, Eigen::Index restrictions, Estimate& estimate);
void list_effective_clusters(const PanelFindings& findings, const std::string& column, Estimate& estimate);
void list_replicates(const PanelFindings& findings, Estimate& estimate);
void list_equal_rho(const PanelFindings& findings, Estimate& estimate);
void list_contrast(const PanelFindings::Contrast& contrast, const PanelFindings& findings,
                   Estimate& estimate);

/// How the test of equal rho was made, in words.
std::string how(const PanelFindings& findings, const std::string& interval_method);

}  // namespace spillway
