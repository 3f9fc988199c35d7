// [backcast] of a configuration: a past programme and what it is held against.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"

namespace spillway {

/// A past programme against what happened, for `spillway backcast`.
struct BackcastConfig {
  std::string programme;  ///< CSV of code, year, gbp; empty: nothing was done, a study of placebos alone
  std::string model;      ///< the spatial_lag_panel that forecasts; default the first
  std::string price_year = "cash";  ///< of the programme's pounds: cash (each year's own), base, or a year
  Distribution effect;  ///< outcome a period per GBP a head spent so far; without values: none is assumed
  std::string spread = "propagated";  ///< propagated | none: whether neighbours share in the effect
  int start = 0;                      ///< first period of a placebo study; a programme has its own
  int places = 0;                     ///< of each programme of a placebo study
  int patch = 1;                      ///< so many of them lie together
  std::string like;  ///< placebo and matched areas have a place's value in this column; empty:
                     ///< any. Default areas.type
  std::vector<std::string> match_on;  ///< columns of areas measured before the start, beside past growth
  int matches = 5;                    ///< untreated areas that a place is compared with
  int placebos = 199;
};

/// What the text of `config`, with the overrides that it was read with, says of a back-cast.
/// @param text, overrides  of the configuration, apart
/// @throws InputError  as parse_config
std::optional<BackcastConfig> backcast_config(const RunConfig& config, const std::string& text,
                                              const std::vector<std::string>& overrides);

}  // namespace spillway
