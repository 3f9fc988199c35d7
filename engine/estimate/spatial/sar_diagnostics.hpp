// Is there spatial dependence, and of which kind? Tests on least-squares residuals.
#pragma once
#include <vector>

#include "engine/estimate/estimate.hpp"
#include "engine/estimate/spatial/sar_design.hpp"

namespace spillway {

/// moran_i (cross-sections only; Cliff & Ord 1981, normal approximation, two-sided), and the Lagrange
/// multiplier tests lm_error (Burridge 1980), lm_lag (Anselin 1988), lm_error_robust and lm_lag_robust
/// (Anselin, Bera, Florax & Yoon 1996), each chi2(1), of the least-squares fit without spatial terms. With
/// effects: within residuals, periods added up.
std::vector<Diagnostic> spatial_dependence_tests(const SarData& data, const SarDesign& design);

}  // namespace spillway
