// Areas gathered by likeness, each area group with the few modes that its own draws need.
#pragma once
#include <Eigen/Dense>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/base/ranks.hpp"

namespace spillway {

/// Some hundred areas and the modes that span their draws: draw = size x row' (from_coordinates c).
struct LocalBasis {
  std::vector<int> members;          ///< columns of the basis
  Eigen::MatrixXf row;               ///< local modes x members
  Eigen::MatrixXf from_coordinates;  ///< local modes x modes
};

/// Split areas by the leading principal direction of their rows until an area group is small, then keep of
/// each the leading principal modes.
///
/// Areas that respond alike need few modes together, a third or so of what all areas need at once, and the
/// product that makes their draws costs as much as they need. Sources: Boley (1998), principal direction
/// divisive partitioning; Amsallem, Zahr & Farhat (2012), local reduced-order bases.
///
/// @param row   modes x areas: the outcome over the area's size
/// @param size  root mean square of each mode's coordinate over draws
/// @param tail  what an area group may leave out, root mean square over its areas and draws; one area at most
/// three
///              times as much
/// @param ranks  this rank's share of the area groups is made; the others are there, and empty
std::vector<LocalBasis> local_bases(const Eigen::MatrixXf& row, const Eigen::VectorXf& size, double tail,
                                    Parallelism parallelism, const Ranks& ranks = Ranks::alone());

}  // namespace spillway
