// Fixed effects projected out of columns.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <vector>

namespace spillway {

/// Subtract the (weighted) projection on all dummies of `effects` from each column, in place.
///
/// One effect: group means, exact. Several: symmetric alternating projections accelerated by conjugate
/// gradients (Gaure 2013; Correia 2017), until the change of a column is at most 1e-12 of its norm.
///
/// @param columns  rows x variables, any units
/// @param effects  for each effect, row -> level, levels from 0
/// @param weight   analytic weights, > 0; empty: none
/// @throws NumericalError  no convergence in 10,000 sweeps (the effects are nearly collinear)
void absorb(Eigen::MatrixXd& columns, const std::vector<std::vector<std::int32_t>>& effects,
            const Eigen::VectorXd& weight);

/// Number of independent dummies of `effects`, exactly and in any order: the rank of all dummies together.
///
/// The two effects with most levels form a graph (levels are nodes, rows are edges): its spanning forest
/// gives their rank, levels less connected components. Every other row then closes a cycle, whose alternating
/// sum is a row of the remaining effects' dummies alone; their rank is found by elimination in integers
/// modulo 2^31 - 1, which a rank of zeros and ones does not notice. Time: rows, plus (rows that differ) x
/// rank^2.
double absorbed_degrees(const std::vector<std::vector<std::int32_t>>& effects);

/// Whether each level of `effect` lies inside one cluster.
enum class Nesting { nested, crossing };
Nesting nesting(const std::vector<std::int32_t>& effect, const std::vector<std::int32_t>& cluster);

}  // namespace spillway
