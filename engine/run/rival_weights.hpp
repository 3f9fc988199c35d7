// Rival weights of model A: which there are, and the headline held against them.
#pragma once
#include <string>
#include <utility>
#include <vector>

#include "engine/run/estimation.hpp"

namespace spillway {

/// The rivals that the model names or, where it names none, those that the pack allows cheaply: contiguity
/// (where W is something else), the second ring of W (neighbours' neighbours that are no neighbours), the six
/// nearest (where W is not by distance rank), W with neighbours by population. None by default where areas x
/// periods are so many that holding W against them would be felt.
/// @return  over the rows of the model's panel
/// @throws InputError  a rival that the pack has no columns for
std::vector<std::pair<std::string, SpatialWeights>> rival_weights(const PanelModel& model,
                                                                  const PanelData& data,
                                                                  const RunConfig& config,
                                                                  const Inputs& inputs);

/// The neighbours of neighbours that are no neighbours, all alike; rows standardised.
SpatialWeights second_ring(const SpatialWeights& weights);

/// Named rivals, made and forgotten: what `estimate` would refuse once all is estimated.
/// @throws InputError  rivals that the pack has no columns or links for, with the model's line
void require_rivals(const RunConfig& config, const Inputs& inputs);

/// Every headline that is a corrected score with one lag of each kind (hold_against_rivals).
void hold_weights_against_rivals(std::vector<ModelFits>& models, const RunConfig& config,
                                 const Inputs& inputs, Parallelism parallelism);

}  // namespace spillway
