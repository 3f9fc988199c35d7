// What is said to people of findings and decisions: the one place of model A's sentences, and of the list of
// diagnostics that tables, JSON and the result file show.
#pragma once
#include <string>
#include <vector>

#include "engine/estimate/decision.hpp"
#include "engine/estimate/estimate.hpp"

namespace spillway {

/// The field's word for a coefficient: "own_lag" for `previous`, which files and JSON keep.
std::string field_name(const std::string& coefficient);

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
/// @param freedom  of the denominator, in words, with the bracket closed
void list_shocks(const PanelFindings& findings, Eigen::Index restrictions, const std::string& freedom,
                 Estimate& estimate);
void list_shared(const PanelFindings& findings, Estimate& estimate);
void list_rivals(const PanelFindings& findings, Estimate& estimate);
/// Warnings where rival weights matter beside W, a note where none does.
void say_of_rivals(const PanelFindings& findings, Estimate& estimate);
void list_effective_clusters(const PanelFindings& findings, const std::string& column, Estimate& estimate);
void list_replicates(const PanelFindings& findings, Estimate& estimate);
void list_equal_rho(const PanelFindings& findings, Estimate& estimate);
void list_contrast(const PanelFindings::Contrast& contrast, const PanelFindings& findings,
                   Estimate& estimate);

// What model A's findings say of the report's claims: notes of the estimate.
void say_of_equal_rho(const PanelFindings& findings, Estimate& estimate);
void say_of_contrast(const PanelFindings::Contrast& contrast, Estimate& estimate);
/// "Growth spills over": coefficient k, a lag, by its own interval.
/// @param published  the specification as published, whose size could have been found or not; null: none
void say_of_spillover(Eigen::Index k, double standard_error, const Estimate* published, Estimate& estimate);
/// "Growth in these areas is less cyclical": loadings on common shocks. Not judged where the interval is as
/// wide as from 0 to 1: there the common shocks are nearly absorbed.
void say_of_cyclicity(const PanelFindings& findings, Estimate& estimate);
/// Why the published specification and this one differ in the gap between coefficients a and b.
void say_of_difference(const Estimate& published, Eigen::Index a, Eigen::Index b,
                       const PanelFindings& findings, Estimate& estimate);

/// How the test of equal rho was made, in words.
std::string how(const PanelFindings& findings, const std::string& interval_method);

}  // namespace spillway
