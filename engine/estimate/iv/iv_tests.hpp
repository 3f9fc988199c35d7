// Over-identification and endogeneity.
#pragma once
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/iv/iv_design.hpp"
#include "engine/estimate/iv/iv_moments.hpp"
#include "engine/estimate/iv/iv_strength.hpp"

namespace spillway {

/// hansen_j, endogeneity_c, durbin_wu_hausman: each with p and definition; NaN, with the reason in the
/// definition, where a statistic does not exist (just identified, fewer clusters than moments).
///
/// @param two_stage  2SLS beta;  @param found  receives what the decision reads
std::vector<Diagnostic> specification_tests(const IvDesign& design, const MomentCovariance& moments,
                                            const ReducedForm& form, const Eigen::VectorXd& two_stage,
                                            IvFindings& found);

}  // namespace spillway
