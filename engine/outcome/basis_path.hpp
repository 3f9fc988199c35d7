// The fast path: outcomes of all draws from exact recursions of a few draws everywhere and of all draws in a
// few areas.
#pragma once
#include <functional>
#include <memory>
#include <vector>

#include "engine/outcome/sampled_basis.hpp"
#include "engine/outcome/shared_work.hpp"

namespace spillway {

/// Draws of the snapshots (doubled in the second attempt) and of the check.
constexpr int kBasisDraws = 160, kCheckDraws = 32, kBasisAttempts = 2;
/// Every shape of a scenario's shocks has amplitudes of its own in each draw and is a direction that the
/// snapshots must span, beside what A makes of it. With more shapes than this no basis is tried: on a
/// scenario with drawn counterfactual growth (some 30 shapes) both attempts miss the tolerance and cost more
/// than the exact recursion.
constexpr int kMostBasisShapes = kBasisDraws / 20;
/// Largest accepted error of a checked draw over its area's size (see below).
constexpr double kBasisTolerance = 1e-5;

/// evaluate() by a sampled basis; arguments checked.
///
/// The matrix of one outcome, areas x draws, has a small numerical rank: draws differ by a few random
/// parameters, on which outcomes depend smoothly. The plain recursion, in double precision, of kBasisDraws
/// draws over all areas gives an orthonormal basis (rows scaled to unit root mean square, so that far areas
/// count as much as near ones); exact recursion of all draws over the areas that pivoting picks, with their
/// halos, gives each draw's coordinates by least squares. Areas that respond alike are gathered and keep the
/// few directions that they need together (local_basis.hpp); the product of the two gives all draws of an
/// area where its quantiles are taken. Nothing is assumed of the dynamics but that, so every lever and every
/// outcome, pounds too, takes the same way. Sources: Everson & Sirovich (1995), gappy proper orthogonal
/// decomposition; Chaturantabut & Sorensen (2010) and Drmac & Gugercin (2016), the choice of areas;
/// Quarteroni, Manzoni & Negri (2016), ch. 10.
///
/// A posteriori: 32 further draws, half of them the most extreme left, are computed by the plain recursion
/// and compared in every area and group. An area's error counts over the larger of the draw and the area's
/// size: its root mean square, or a hundredth of the root mean square over areas where that is more, but at
/// most a hundred times its own. The few areas that err by more than kBasisTolerance (256 at most) are done
/// again by exact recursion, so that their quantiles are exact. Such an error elsewhere, or a
/// basis of more than half its snapshots, doubles the snapshots; then it gives up. A draw counts as better
/// where it is so by more than the error.
///
/// A draw is computed as its unit (unit_dynamics.hpp) times its size wherever outcomes are linear in it, that
/// is, unless they are in pounds; so scenarios of the same unit dynamics share snapshots, bases and
/// coordinates, and each has its own check, groups and quantiles.
///
/// @param shared            where such a basis may be found and left; null: nowhere
/// @param aggregates_known  called once the check has passed, while areas are still summarised
/// @param ranks             share the work (sample_basis); groups are filled by draws, areas summarised by
///                          area groups, and both gathered on rank 0. Collective.
/// @return  whether `result` stands; not where the check fails or the rank is too large to pay
bool evaluate_basis(ScenarioOutcome& result, const Dynamics& dynamics, const OutcomePlan& plan,
                    Parallelism parallelism, const std::function<void()>& aggregates_known,
                    SharedWork* shared, Ranks& ranks);

/// A sampled basis whose check has passed at a scenario's sizes.
struct CheckedBasis {
  std::shared_ptr<const SampledBasis> basis;  ///< none: it does not stand. Without areas_of: nobody moves
  std::vector<double> size;                   ///< [draw]
  double typical = 0.0;                       ///< root mean square of them
  std::vector<int> repairs;                   ///< areas that it misses, to be recursed exactly
};
/// The basis that evaluate_basis() would use; arguments checked, no groupings.
CheckedBasis checked_basis(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism);

/// Coordinates of each draw of a block times its size.
void scale_block(const BasisCoordinates& coordinates, const std::vector<double>& size, long block,
                 float* out);

/// Bytes of working memory, besides the results.
double basis_bytes(const Dynamics& dynamics, const OutcomePlan& plan, int workers);

}  // namespace spillway
