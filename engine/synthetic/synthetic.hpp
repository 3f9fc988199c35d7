// A synthetic England with known truth: the embedded default, and the world of the recovery tests.
#pragma once
#include <Eigen/Dense>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/data/programme.hpp"

namespace spillway {

/// Whose mean growth social infrastructure s moves: its own area's alone, or everybody's through A, as in the
/// growth equation: mean growth = (I - A)^-1 b s + ...
enum class PolicyTruth { own, structural };

/// How strongly. plausible: a pound of s brings a doubly disadvantaged area some GBP 2 to 8 of GVA over ten
/// years, and s is spread as widely as grants really are; it may well be undetectable. sharp: fifty times as
/// strong, on an s that is spread evenly, so that a wrong mode visibly fails.
enum class PolicyStrength { plausible, sharp };

std::string to_string(PolicyTruth truth);
std::string to_string(PolicyStrength strength);

/// What a synthetic England is made of. Defaults give the published marginals at full size.
struct SyntheticConfig {
  int areas = 33755;
  int authorities = 309;  ///< uneven sizes; fewer areas than 10 an authority lower it
  int regions = 9;
  int regression_periods = 10;  ///< T: two more years of GVA are made, one more growth rate
  std::uint64_t seed = 20241;
  double rho_doubly_disadvantaged = 0.36, rho_other_deprived = 0.40,
         rho_other = 0.42;  ///< spatial lag by type
  double phi = 0.10;        ///< own lag
  double error_correlation_doubly_disadvantaged = 0.5, error_correlation_other_deprived = 0.4,
         error_correlation_other = 0.3;  ///< SAR coefficient of the errors, by type
  double authority_shock_sd = 0.003;     ///< LAD x year shocks, growth a year
  double error_sd = 0.02;                ///< innovation sd, growth a year
  bool size_weights = false;             ///< neighbours count by their population in W; else all alike
  PolicyTruth policy_truth = PolicyTruth::structural;
  PolicyStrength strength = PolicyStrength::plausible;
  double beta = plausible_beta;     ///< growth over the decade (log points) per GBP a head of social
                                    ///< infrastructure, before neighbours share in it
  double heteroskedasticity = 0.3;  ///< sd over areas of the log innovation sd; 0: equal variances
  double error_serial_correlation =
      0.0;  ///< AR(1) coefficient of the errors over years, (-1, 1); their variance stays
  double period_effect_sd = 0.01;  ///< common shocks tau_t, growth a year
  double region_shock_sd = 0.0;    ///< region x year shocks, growth a year
  int tail_freedom = 0;            ///< of innovations: Student's t scaled to their variance, > 4; 0: normal
  double doubly_disadvantaged_share = 0.04, deprived_share = 0.10;  ///< of areas; the second has both types
  double loading_doubly_disadvantaged = 1.0, loading_other_deprived = 1.0,
         loading_other = 1.0;  ///< on tau_t, by type
  double confounding =
      plausible_confounding;  ///< growth over the decade per GBP a head of the unobserved part of social
                              ///< infrastructure: what makes OLS biased (downwards where negative)
  double instrument_strength = 1.0;  ///< times the effects of drug crime and turnout on social infrastructure
  Programme programme;               ///< money that areas got in the years of the panel; without rows: none
  double programme_effect = 0.0;     ///< growth a year per GBP a head spent so far, from the year of spending
                                     ///< on; neighbours share in it where policy_truth is structural

  static constexpr double plausible_beta = 8e-5, sharp_beta = 0.004, plausible_confounding = -3e-5,
                          sharp_confounding = -0.0015;
  /// Set the strength with its usual beta and confounding.
  void be(PolicyStrength how) {
    const bool sharp = how == PolicyStrength::sharp;
    strength = how;
    beta = sharp ? sharp_beta : plausible_beta;
    confounding = sharp ? sharp_confounding : plausible_confounding;
  }
};

/// Build the world; deterministic from the configuration, the same bits with any number of threads.
///
/// areas: area_code, area_name, lad_code, lad_name, region_code, region_name, combined_authority_code,
/// constituency_code, easting, northing (m), population, gva (GBP, last year), gva_per_head, area_type
/// ("doubly_disadvantaged", "other_deprived", "other"), imd_rank, cni_rank, growth_decade (log points),
/// grants_per_head, lottery_per_head, community_assets_per_1000 (the three proxies), drug_crime_rate,
/// turnout, log_population, job_density, inactivity_rate, employment_rate, bus_runs. panel: gva (GBP m),
/// growth (log difference), period = year; the first year has gva and no growth. Further outcomes, in both:
/// synthetic_rates.hpp.
///
/// What makes growth differ by type beyond social infrastructure is in the column industry_mix, which counts
/// one for one: with it among the controls the instruments are valid though their means differ by type.
/// (Where the truth is own and the strength sharp, growth differs by type through social infrastructure alone
/// and industry_mix does nothing.) The published growth by type holds at the usual beta. truth:
/// "spillover/lag:<type>", "spillover/previous", "error/..." as configured; "social_infrastructure/<proxy>",
/// what model B as it stands estimates, where the truth is own; "structural/<proxy>", b a year, where it is
/// structural; "policy/response:<type>", long-run growth a year by type for a pound a head in every doubly
/// disadvantaged area.
/// @throws InputError  fewer than 50 areas or 1 authority, not 1 to 9 regions, fewer than 3 regression
/// periods, a spatial
///                     or serial coefficient outside its range, rho + phi of a type of 1 or more; names the
///                     value
DataPack synthetic_england(const SyntheticConfig& config, Parallelism parallelism = {0});

/// The fixed part of a synthetic England; rows are areas, in the order of the pack (region, authority,
/// place).
struct SyntheticGeography {
  std::vector<double> easting, northing;  ///< m
  std::vector<double> urban;              ///< 1 in the middle of a town, 0 in the country
  std::vector<double> coast;              ///< distance to the coast, km
  std::vector<double> population;         ///< people
  std::vector<double> error_scale;        ///< innovation sd of the area / error_sd, mean square 1
  std::vector<double> deprivation;        ///< index without unit; higher is worse
  std::vector<std::int32_t> region, authority, constituency;
  std::vector<std::int32_t> combined_authority;  ///< -1: none
  std::vector<std::int32_t> type;                ///< 0 doubly disadvantaged, 1 other deprived, 2 other
  int regions = 0, authorities = 0, constituencies = 0, combined_authorities = 0;
  std::vector<std::string> region_names;
  std::vector<std::int32_t> first,
      neighbour;             ///< neighbours of i: neighbour[first[i] .. first[i + 1]), ascending
  std::vector<double> size;  ///< by which areas count as neighbours; empty: all alike

  std::size_t areas() const { return easting.size(); }
};

/// Names of the types, in the order of their numbers.
const std::vector<std::string>& synthetic_type_names();

/// Make the geography of `config`: its areas, authorities, regions, heteroskedasticity and seed.
SyntheticGeography synthetic_geography(const SyntheticConfig& config);

/// Long-run growth for a steady shock a period: (I - A)^-1 shock where the truth is structural, else the
/// shock.
Eigen::VectorXd long_run_response(const SyntheticGeography& geography, const SyntheticConfig& config,
                                  const Eigen::VectorXd& shock);

/// Growth that a stock of money adds, areas x years: u_t = A u_{t-1} + effect stock_t where the truth is
/// structural, else effect stock_t. @param stock  areas x years, GBP a head
Eigen::MatrixXd programme_response(const SyntheticGeography& geography, const SyntheticConfig& config,
                                   const Eigen::MatrixXd& stock);

/// What model B sees of one world, one entry an area, and what it does not see.
struct SyntheticCrossSection {
  Eigen::VectorXd drug_crime_rate;  ///< per 1,000 residents a year
  Eigen::VectorXd turnout;          ///< percent, the same within a constituency
  Eigen::VectorXd log_population;
  Eigen::VectorXd grants_per_head, lottery_per_head;  ///< GBP: noisy scalings of social infrastructure
  Eigen::VectorXd community_assets_per_1000;          ///< likewise
  Eigen::VectorXd social_infrastructure;              ///< not observed, GBP a head
  Eigen::VectorXd industry_mix;                       ///< log points over the decade
  Eigen::VectorXd mean_growth;  ///< not observed: steady-state growth a year, log points
  Eigen::VectorXd
      proxy_truth;  ///< effect of one unit of each proxy on growth over the window: grants, lottery, assets
};

/// Draw the cross-section of world `replicate` on a geography.
SyntheticCrossSection simulate_cross_section(const SyntheticGeography& geography,
                                             const SyntheticConfig& config, std::uint64_t seed,
                                             std::uint64_t replicate = 0);

/// Growth of world `replicate`: model A forward from its steady state, areas x (regression_periods + 1).
///
///     y_t = m + z_t,  z_t = diag(rho_type) W z_{t-1} + phi z_{t-1} + tau_t + e_t
///     e_t = (I - diag(error_correlation_type) W)^-1 eps_t + authority x year shock
///
/// so mu = (I - diag(rho_type) W - phi I) m. The burn-in lasts until what is left of the start is below 1e-3;
/// the solve ends below 1e-10 of error_sd. tau is 0 before the window, and its effect on growth over the
/// window adds up to 0.
/// @param mean_growth  m, one entry an area, log points a year
/// @throws InputError  as synthetic_england
Eigen::MatrixXd simulate_growth(const SyntheticGeography& geography, const SyntheticConfig& config,
                                const Eigen::VectorXd& mean_growth, std::uint64_t seed,
                                std::uint64_t replicate = 0, Parallelism parallelism = {1});

/// As above, with the mean growth of simulate_cross_section for the same seed and replicate.
Eigen::MatrixXd simulate_growth(const SyntheticGeography& geography, const SyntheticConfig& config,
                                std::uint64_t seed, std::uint64_t replicate = 0);

/// Years of growth in growth_decade: 10, or every year there is.
int synthetic_window(const SyntheticConfig& config);

/// World `replicate` on a geography as a whole pack; synthetic_england(config) is its replicate 0 at
/// config.seed.
DataPack synthetic_pack(const SyntheticGeography& geography, const SyntheticConfig& config,
                        std::uint64_t seed, std::uint64_t replicate = 0, Parallelism parallelism = {0});

}  // namespace spillway
