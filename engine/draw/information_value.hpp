// What better knowledge would be worth to a choice that is made on draws.
#pragma once
#include <Eigen/Dense>

namespace spillway {

/// In the unit of the benefits.
struct InformationValue {
  double value = 0.0;
  double standard_error = 0.0;  ///< of the draws: Monte Carlo alone
  double explained = 0.0;       ///< largest adjusted R2 over options; 1 for perfect knowledge
};

/// Everything known before the choice: E[max over options] - max over options of E (expected value of perfect
/// information).
/// @param benefit  draws x options, one of them may be to do nothing
InformationValue perfect_information(const Eigen::MatrixXd& benefit);

/// These parameters alone known: E over them of [max over options of E(benefit | parameters)] - max of E
/// (expected value of partial perfect information).
///
/// E(benefit | parameters) by regression on the draws (Strong, Oakley & Brennan 2014, "Estimating
/// multiparameter partial expected value of perfect information from a probabilistic sensitivity analysis
/// sample: a nonparametric regression approach", Medical Decision Making 34): each option less the best one
/// on natural cubic splines of each parameter, five degrees of freedom (fewer where few values differ), and
/// the products of pairs, where draws are ten times the columns; its spread is that of the adjusted R2, so
/// that a parameter that says nothing is worth nothing but for luck. At most perfect_information().
/// Parameters that never vary are left out.
///
/// @param parameters  draws x parameters of the group
/// @throws InputError  other draws than the benefits', or fewer than 50
InformationValue partial_information(const Eigen::MatrixXd& benefit, const Eigen::MatrixXd& parameters);

}  // namespace spillway
