// A synthetic England with known truth: the embedded default, and the world of the recovery tests.
#pragma once
#include <cstdint>

#include "engine/data/data_pack.hpp"

namespace spillway {

/// What a synthetic England is made of. Defaults give the published marginals at full size.
struct SyntheticConfig {
  int areas = 33755;
  int authorities = 309;  ///< uneven sizes; fewer areas than 10 an authority lower it
  int regions = 9;
  int regression_periods = 10;     ///< T: two more years of GVA are made, one more growth rate
  std::uint64_t seed = 20241;
  double rho_doubly_disadvantaged = 0.36, rho_other_deprived = 0.40, rho_other = 0.42;  ///< spatial lag by type
  double phi = 0.10;               ///< own lag
  double error_correlation_doubly_disadvantaged = 0.5, error_correlation_other_deprived = 0.4,
         error_correlation_other = 0.3;  ///< SAR coefficient of the errors, by type
  double authority_shock_sd = 0.003;     ///< LAD x year shocks, growth a year
  double error_sd = 0.02;                ///< innovation sd, growth a year
  double beta = 0.004;  ///< growth over the decade (log points) per GBP a head of social infrastructure
};

/// Build the world; deterministic from the configuration, the same bits with any number of threads.
///
/// areas: area_code, area_name, lad_code, lad_name, region_code, region_name, combined_authority_code,
/// constituency_code, easting, northing (m), population, gva (GBP, last year), gva_per_head, area_type
/// ("doubly_disadvantaged", "other_deprived", "other"), imd_rank, cni_rank, growth_decade (log points),
/// grants_per_head, lottery_per_head, community_assets_per_1000 (the three proxies), drug_crime_rate, turnout,
/// log_population, job_density, inactivity_rate, employment_rate, bus_runs.
/// panel: gva (GBP m), growth (log difference), period = year; the first year has gva and no growth.
DataPack synthetic_england(const SyntheticConfig& config);

}  // namespace spillway
