// The two models of the synthetic England, run forward with known parameters.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/base/streams.hpp"
#include "engine/synthetic/synthetic.hpp"

namespace spillway {

namespace {

using Lanes =
    Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;  // areas x years, years together

constexpr std::ptrdiff_t areas_a_block = 1024;
constexpr int longest_window = 10;  // years
constexpr double start_left = 1e-3, solve_tolerance = 1e-10;

// Parts of a world's random numbers; years of innovations and shocks follow from `years` on.
enum Part : std::uint32_t {
  infrastructure = 1,
  crime = 2,
  votes = 3,
  proxies = 4,
  common = 5,
  industries = 13,
  years = 1000,
  shocks = 100000,
  region_years = 200000,
  tails = 300000
};

std::uint64_t world(std::uint64_t replicate) { return replicate + 1; }  // 0 is the geography

std::array<double, 3> lag_of(const SyntheticConfig& config) {
  return {config.rho_doubly_disadvantaged, config.rho_other_deprived, config.rho_other};
}

std::array<double, 3> error_correlation_of(const SyntheticConfig& config) {
  return {config.error_correlation_doubly_disadvantaged, config.error_correlation_other_deprived,
          config.error_correlation_other};
}

void check_process(const SyntheticConfig& config) {
  const auto refuse = [](const std::string& what) { throw InputError("synthetic England: " + what); };
  if (config.regression_periods < 3)
    refuse(fmt::format("{} regression periods (needs 3 or more)", config.regression_periods));
  for (std::size_t k = 0; k < 3; ++k) {
    const double persistence = std::abs(lag_of(config)[k]) + std::abs(config.phi),
                 a = error_correlation_of(config)[k];
    if (!(persistence < 1.0))
      refuse(fmt::format("|rho| + |phi| of {} is {} (needs less than 1, or growth never settles)",
                         synthetic_type_names()[k], persistence));
    if (!(std::abs(a) < 1.0))
      refuse(fmt::format("the error correlation of {} is {} (needs to lie between -1 and 1)",
                         synthetic_type_names()[k], a));
  }
  if (!(std::abs(config.error_serial_correlation) < 1.0))
    refuse(fmt::format("the serial correlation of the errors is {} (needs to lie between -1 and 1)",
                       config.error_serial_correlation));
  for (const double sd : {config.error_sd, config.authority_shock_sd, config.period_effect_sd})
    if (!(sd >= 0.0 && std::isfinite(sd)))
      refuse(fmt::format("a standard deviation is {} (needs 0 or more)", sd));
}

/// Years of burn-in until |rho| + |phi| to that power is below `start_left`.
int burn_in(const SyntheticConfig& config) {
  double persistence = std::abs(config.error_serial_correlation);
  for (const double rho : lag_of(config))
    persistence = std::max(persistence, std::abs(rho) + std::abs(config.phi));
  return persistence <= start_left
             ? 1
             : static_cast<int>(std::ceil(std::log(start_left) / std::log(persistence)));
}

/// out_i = mean over i's neighbours of in, by their size where they have one, all years at once; rows are
/// independent.
template <typename Row>
void for_each_lag(const SyntheticGeography& geography, const Lanes& in, Parallelism parallelism,
                  const Row& row) {
  for_each_block(static_cast<std::ptrdiff_t>(geography.areas()), areas_a_block, parallelism,
                 [&](std::ptrdiff_t from, std::ptrdiff_t to) {
                   Eigen::RowVectorXd sum(in.cols());
                   for (std::ptrdiff_t a = from; a < to; ++a) {
                     const auto begin = geography.first[static_cast<std::size_t>(a)],
                                end = geography.first[static_cast<std::size_t>(a) + 1];
                     sum.setZero();
                     double total = end - begin;
                     if (geography.size.empty()) {
                       for (auto k = begin; k < end; ++k)
                         sum += in.row(geography.neighbour[static_cast<std::size_t>(k)]);
                     } else {
                       total = 0.0;
                       for (auto k = begin; k < end; ++k) {
                         const std::int32_t j = geography.neighbour[static_cast<std::size_t>(k)];
                         const double size = geography.size[static_cast<std::size_t>(j)];
                         sum += size * in.row(j);
                         total += size;
                       }
                     }
                     if (end > begin) sum /= total;
                     row(a, sum);
                   }
                 });
}

/// The same of one year alone, whose values stand one after the other.
template <typename Row>
void for_each_lag_of_one(const SyntheticGeography& geography, const double* in, Parallelism parallelism,
                         const Row& row) {
  for_each_block(static_cast<std::ptrdiff_t>(geography.areas()), areas_a_block, parallelism,
                 [&](std::ptrdiff_t from, std::ptrdiff_t to) {
                   for (std::ptrdiff_t a = from; a < to; ++a) {
                     const auto begin = geography.first[static_cast<std::size_t>(a)],
                                end = geography.first[static_cast<std::size_t>(a) + 1];
                     double sum = 0.0, total = end - begin;
                     if (geography.size.empty()) {
                       for (auto k = begin; k < end; ++k)
                         sum += in[geography.neighbour[static_cast<std::size_t>(k)]];
                     } else {
                       total = 0.0;
                       for (auto k = begin; k < end; ++k) {
                         const std::int32_t j = geography.neighbour[static_cast<std::size_t>(k)];
                         const double size = geography.size[static_cast<std::size_t>(j)];
                         sum += size * in[j];
                         total += size;
                       }
                     }
                     row(a, end > begin ? sum / total : sum);
                   }
                 });
}

/// Solve e = eps + diag(correlation_type) W e by repeated substitution: the error falls by the largest
/// correlation each time, and the loop ends when no entry moved by more than the tolerance allows.
void correlate_over_space(const SyntheticGeography& geography, const SyntheticConfig& config, Lanes& e,
                          Parallelism parallelism) {
  const auto correlation = error_correlation_of(config);
  double largest = 0.0;
  for (const double a : correlation) largest = std::max(largest, std::abs(a));
  if (largest == 0.0) return;
  const Lanes eps = e;
  Lanes next(e.rows(), e.cols());
  std::vector<double> moved(static_cast<std::size_t>((e.rows() + areas_a_block - 1) / areas_a_block));
  const double enough = solve_tolerance * config.error_sd * (1.0 - largest);
  do {
    std::fill(moved.begin(), moved.end(), 0.0);
    for_each_lag(geography, e, parallelism, [&](std::ptrdiff_t a, const Eigen::RowVectorXd& lag) {
      const double rho = correlation[static_cast<std::size_t>(geography.type[static_cast<std::size_t>(a)])];
      next.row(a) = eps.row(a) + rho * lag;
      double& most = moved[static_cast<std::size_t>(a / areas_a_block)];
      most = std::max(most, (next.row(a) - e.row(a)).cwiseAbs().maxCoeff());
    });
    e.swap(next);
  } while (*std::max_element(moved.begin(), moved.end()) > enough);
}

/// Errors of every simulated year, areas x years.
Lanes errors(const SyntheticGeography& geography, const SyntheticConfig& config, int count,
             std::uint64_t seed, std::uint64_t replicate, Parallelism parallelism) {
  const auto n = static_cast<Eigen::Index>(geography.areas());
  Eigen::MatrixXd drawn(n, count), shock(geography.authorities, count);
  for_each_block(count, 1, parallelism, [&](std::ptrdiff_t t, std::ptrdiff_t) {
    Stream stream(seed, Purpose::synthetic_world, world(replicate), years + static_cast<std::uint32_t>(t));
    for (Eigen::Index a = 0; a < n; ++a)
      drawn(a, t) = config.error_sd * geography.error_scale[static_cast<std::size_t>(a)] * stream.normal();
    Stream local(seed, Purpose::synthetic_world, world(replicate), shocks + static_cast<std::uint32_t>(t));
    for (Eigen::Index g = 0; g < geography.authorities; ++g)
      shock(g, t) = config.authority_shock_sd * local.normal();
    if (config.tail_freedom > 0) {
      // A normal over the root of a chi-squared's mean is Student's t; scaled to variance one.
      Stream tail(seed, Purpose::synthetic_world, world(replicate), tails + static_cast<std::uint32_t>(t));
      const double freedom = config.tail_freedom;
      for (Eigen::Index a = 0; a < n; ++a) {
        double square = 0.0;
        for (int k = 0; k < config.tail_freedom; ++k) square += std::pow(tail.normal(), 2);
        drawn(a, t) *= std::sqrt((freedom - 2.0) / square);
      }
    }
  });
  Lanes e = drawn;
  correlate_over_space(geography, config, e, parallelism);
  const double r = config.error_serial_correlation, rest = std::sqrt(1.0 - r * r);
  Eigen::MatrixXd of_region(config.region_shock_sd > 0.0 ? geography.regions : 0, count);
  for (Eigen::Index t = 0; t < count && of_region.rows() > 0; ++t) {
    Stream regional(seed, Purpose::synthetic_world, world(replicate),
                    region_years + static_cast<std::uint32_t>(t));
    for (Eigen::Index g = 0; g < of_region.rows(); ++g)
      of_region(g, t) = config.region_shock_sd * regional.normal();
  }
  for (Eigen::Index a = 0; a < n; ++a) {
    e.row(a) += shock.row(geography.authority[static_cast<std::size_t>(a)]);
    if (of_region.rows() > 0) e.row(a) += of_region.row(geography.region[static_cast<std::size_t>(a)]);
    if (r != 0.0)
      for (Eigen::Index t = 1; t < count; ++t) e(a, t) = r * e(a, t - 1) + rest * e(a, t);
  }
  return e;
}

/// Common shocks of the years kept; their effect on the sum of growth over the window is 0 at the typical
/// persistence.
Eigen::VectorXd period_effects(const SyntheticConfig& config, std::uint64_t seed, std::uint64_t replicate) {
  Stream stream(seed, Purpose::synthetic_world, world(replicate), common);
  const int kept = config.regression_periods + 1, window = synthetic_window(config);
  const double persistence = config.rho_other + config.phi;
  Eigen::VectorXd tau = Eigen::VectorXd::Zero(kept);
  double weighted = 0.0, weights = 0.0;
  std::vector<double> weight(static_cast<std::size_t>(kept), 0.0);
  for (int t = kept - window; t < kept; ++t) {
    tau[t] = config.period_effect_sd * stream.normal();
    double& w = weight[static_cast<std::size_t>(t)];
    for (int later = t; later < kept; ++later) w = 1.0 + persistence * w;  // effect of tau_t on the sum
    weighted += w * tau[t];
    weights += w;
  }
  for (int t = kept - window; t < kept; ++t) tau[t] -= weighted / weights;
  return tau;
}

/// To 1 / `parts`, so that the digits in a file are few and the file holds the very number.
double rounded(double value, double parts) { return std::round(value * parts) / parts; }

double mean_of(const Eigen::VectorXd& value, const SyntheticGeography& geography, std::int32_t type) {
  double sum = 0.0, count = 0.0;
  for (std::size_t a = 0; a < geography.areas(); ++a)
    if (geography.type[a] == type) {
      sum += value[static_cast<Eigen::Index>(a)];
      count += 1.0;
    }
  return count > 0.0 ? sum / count : 0.0;
}

}  // namespace

Eigen::MatrixXd programme_response(const SyntheticGeography& geography, const SyntheticConfig& config,
                                   const Eigen::MatrixXd& stock) {
  Eigen::MatrixXd response = config.programme_effect * stock;
  if (config.policy_truth == PolicyTruth::own) return response;
  const auto rho = lag_of(config);
  for (Eigen::Index t = 1; t < stock.cols(); ++t) {
    const Eigen::VectorXd before = response.col(t - 1);
    for_each_lag_of_one(geography, before.data(), {1}, [&](std::ptrdiff_t a, double lag) {
      response(a, t) += rho[static_cast<std::size_t>(geography.type[static_cast<std::size_t>(a)])] * lag +
                        config.phi * before[a];
    });
  }
  return response;
}

int synthetic_window(const SyntheticConfig& config) {
  return std::min(longest_window, config.regression_periods + 1);
}

Eigen::MatrixXd simulate_growth(const SyntheticGeography& geography, const SyntheticConfig& config,
                                const Eigen::VectorXd& mean_growth, std::uint64_t seed,
                                std::uint64_t replicate, Parallelism parallelism) {
  check_process(config);
  if (mean_growth.size() != static_cast<Eigen::Index>(geography.areas()))
    throw InputError(fmt::format("mean_growth has {} rows but the geography has {} areas (needs one an area)",
                                 mean_growth.size(), geography.areas()));
  const int burn = burn_in(config), kept = config.regression_periods + 1;
  const Lanes e = errors(geography, config, burn + kept, seed, replicate, parallelism);
  const Eigen::VectorXd tau = period_effects(config, seed, replicate);
  const auto rho = lag_of(config);
  const std::array<double, 3> loading = {config.loading_doubly_disadvantaged, config.loading_other_deprived,
                                         config.loading_other};
  const auto n = static_cast<Eigen::Index>(geography.areas());
  Eigen::VectorXd z = Eigen::VectorXd::Zero(n), next(n);
  Eigen::MatrixXd growth(n, kept);
  for (int t = 0; t < burn + kept; ++t) {
    const double common_shock = t < burn ? 0.0 : tau[t - burn];
    for_each_lag_of_one(geography, z.data(), parallelism, [&](std::ptrdiff_t a, double lag) {
      const auto type = static_cast<std::size_t>(geography.type[static_cast<std::size_t>(a)]);
      next[a] = rho[type] * lag + config.phi * z[a] + loading[type] * common_shock + e(a, t);
    });
    z.swap(next);
    if (t >= burn) growth.col(t - burn) = mean_growth + z;
  }
  return growth;
}

Eigen::MatrixXd simulate_growth(const SyntheticGeography& geography, const SyntheticConfig& config,
                                std::uint64_t seed, std::uint64_t replicate) {
  return simulate_growth(geography, config,
                         simulate_cross_section(geography, config, seed, replicate).mean_growth, seed,
                         replicate);
}

std::string to_string(PolicyTruth truth) { return truth == PolicyTruth::own ? "own" : "structural"; }
std::string to_string(PolicyStrength strength) {
  return strength == PolicyStrength::sharp ? "sharp" : "plausible";
}

Eigen::VectorXd long_run_response(const SyntheticGeography& geography, const SyntheticConfig& config,
                                  const Eigen::VectorXd& shock) {
  if (config.policy_truth == PolicyTruth::own) return shock;
  const auto rho = lag_of(config);
  Eigen::VectorXd x = shock, next(x.size());
  double moved = 0.0;
  do {
    for_each_lag_of_one(geography, x.data(), {1}, [&](std::ptrdiff_t a, double lag) {
      const auto type = static_cast<std::size_t>(geography.type[static_cast<std::size_t>(a)]);
      next[a] = (shock[a] + rho[type] * lag) / (1.0 - config.phi);
    });
    moved = (next - x).cwiseAbs().maxCoeff();
    x.swap(next);
  } while (moved > 1e-14 * x.cwiseAbs().maxCoeff());
  return x;
}

SyntheticCrossSection simulate_cross_section(const SyntheticGeography& geography,
                                             const SyntheticConfig& config, std::uint64_t seed,
                                             std::uint64_t replicate) {
  check_process(config);
  // GBP a head: mean of social infrastructure, and what moves it.
  constexpr double mean_infrastructure = 100.0, per_crime = -3.0, per_turnout = 1.0,
                   per_log_population = -4.0;
  constexpr double unobserved_sd = 13.0, unobserved_authority_sd = 5.0;
  // How much less of it deprived areas have: at the default beta this gives 17 % growth over the decade in
  // doubly disadvantaged areas, 21 % in other deprived and 24 % on average (Breaking the cycle, chapter 1).
  constexpr std::array<double, 3> gap = {-15.2, -7.0, 0.0};
  constexpr double mean_decade_growth = 0.2182, growth_per_log_population = 0.02,
                   idiosyncratic_sd = 0.03;  // log points
  constexpr double mean_crime = 2.7, mean_turnout = 67.0, turnout_per_deprived_share = -15.0,
                   turnout_sd = 5.0;
  constexpr double lottery_share = 0.35, assets_per_pound = 0.012;   // of the other proxies
  constexpr std::array<double, 3> proxy_noise = {0.45, 0.55, 0.50};  // sd of the log

  const auto n = static_cast<Eigen::Index>(geography.areas());
  const auto row = [](Eigen::Index a) { return static_cast<std::size_t>(a); };
  SyntheticCrossSection x;
  x.log_population.resize(n);
  for (Eigen::Index a = 0; a < n; ++a)
    x.log_population[a] = rounded(std::log(geography.population[row(a)]), 1e9);
  const Eigen::VectorXd size = x.log_population.array() - x.log_population.mean();

  // Turnout: one value a constituency, lower where more areas are deprived.
  Stream voters(seed, Purpose::synthetic_world, world(replicate), votes);
  Eigen::VectorXd turnout = Eigen::VectorXd::Zero(geography.constituencies), members = turnout;
  for (Eigen::Index a = 0; a < n; ++a) {
    turnout[geography.constituency[row(a)]] += geography.type[row(a)] < 2;
    members[geography.constituency[row(a)]] += 1.0;
  }
  for (Eigen::Index c = 0; c < turnout.size(); ++c)
    turnout[c] = rounded(
        std::clamp(mean_turnout + turnout_per_deprived_share * turnout[c] / std::max(1.0, members[c]) +
                       turnout_sd * voters.normal(),
                   30.0, 95.0),
        100.0);
  x.turnout.resize(n);
  for (Eigen::Index a = 0; a < n; ++a) x.turnout[a] = turnout[geography.constituency[row(a)]];

  // Drug crime: its mean by type closes what turnout leaves of the gap, so that growth differs by type
  // through social infrastructure alone; skewed and clustered by authority within each type.
  Stream police(seed, Purpose::synthetic_world, world(replicate), crime);
  Eigen::VectorXd authority_crime(geography.authorities);
  for (auto& value : authority_crime) value = 0.25 * police.normal();
  const double turnout_elsewhere = mean_of(x.turnout, geography, 2),
               size_elsewhere = mean_of(size, geography, 2);
  std::array<double, 3> crime_mean{};
  for (std::int32_t type = 0; type < 3; ++type)
    crime_mean[static_cast<std::size_t>(type)] =
        std::max(0.5, mean_crime + (gap[static_cast<std::size_t>(type)] -
                                    per_turnout * (mean_of(x.turnout, geography, type) - turnout_elsewhere) -
                                    per_log_population * (mean_of(size, geography, type) - size_elsewhere)) /
                                       per_crime);
  x.drug_crime_rate.resize(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    constexpr double own_sd = 0.45, variance = 0.25 * 0.25 + own_sd * own_sd;
    const double noise =
        authority_crime[geography.authority[row(a)]] + own_sd * police.normal() - 0.5 * variance;
    x.drug_crime_rate[a] =
        rounded(crime_mean[static_cast<std::size_t>(geography.type[row(a)])] * std::exp(noise), 1000.0);
  }

  // Social infrastructure: the instruments, size, and an unobserved part that growth also depends on.
  Stream hidden(seed, Purpose::synthetic_world, world(replicate), infrastructure);
  Stream measured(seed, Purpose::synthetic_world, world(replicate), proxies);
  Eigen::VectorXd authority_part(geography.authorities);
  for (auto& value : authority_part) value = unobserved_authority_sd * hidden.normal();
  const double window = synthetic_window(config), strength = config.instrument_strength;
  Eigen::VectorXd index(n), unobserved(n), idiosyncratic(n);
  std::array<Eigen::VectorXd, 3> measure;
  for (auto& one : measure) one.resize(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    unobserved[a] = authority_part[geography.authority[row(a)]] + unobserved_sd * hidden.normal();
    index[a] = strength * per_crime * (x.drug_crime_rate[a] - mean_crime) +
               strength * per_turnout * (x.turnout[a] - turnout_elsewhere) + per_log_population * size[a] +
               unobserved[a];
    idiosyncratic[a] = idiosyncratic_sd * hidden.normal();
    // Noise with mean 1: a proxy measures s with error that no instrument knows of.
    for (std::size_t k = 0; k < 3; ++k)
      measure[k][a] = std::exp(proxy_noise[k] * measured.normal() - 0.5 * proxy_noise[k] * proxy_noise[k]);
  }
  const bool sharp = config.strength == PolicyStrength::sharp;
  if (sharp) {
    x.social_infrastructure = (mean_infrastructure + index.array()).cwiseMax(1.0);
  } else {
    // As grants really are: 99th percentile GBP 476 a head, maximum 5,952 (360Giving by LSOA).
    constexpr double median = 23.0, log_sd = 1.3;
    const double middle = index.mean(), sd = std::sqrt((index.array() - middle).square().mean());
    x.social_infrastructure = median * (log_sd / sd * (index.array() - middle)).exp();
    unobserved *= 4.0;  // GBP a head, about what a unit of the index is worth
  }
  const Eigen::VectorXd& s = x.social_infrastructure;
  // In the growth equation s stands as it is, so its level spreads too; what that makes of types is offset
  // below.
  const double usual = config.policy_truth == PolicyTruth::structural ? 0.0
                       : sharp                                        ? mean_infrastructure
                                                                      : s.mean();
  const Eigen::VectorXd effect =
      long_run_response(geography, config, config.beta * (s.array() - usual).matrix());
  x.industry_mix.resize(n);
  Stream industry(seed, Purpose::synthetic_world, world(replicate), industries);
  const bool through_infrastructure = sharp && config.policy_truth == PolicyTruth::own;
  constexpr double industry_sd = 0.01;
  constexpr std::array<double, 3> growth_gap = {-0.0608, -0.028, 0.0};  // log points over the decade
  std::array<double, 3> rest{};
  for (std::int32_t type = 0; type < 3; ++type)
    rest[static_cast<std::size_t>(type)] =
        growth_gap[static_cast<std::size_t>(type)] - mean_of(effect, geography, type);
  for (Eigen::Index a = 0; a < n; ++a)
    x.industry_mix[a] =
        rounded((through_infrastructure ? 0.0 : rest[static_cast<std::size_t>(geography.type[row(a)])]) +
                    industry_sd * industry.normal(),
                1e6);
  x.mean_growth.resize(n);
  x.grants_per_head.resize(n);
  x.lottery_per_head.resize(n);
  x.community_assets_per_1000.resize(n);
  for (Eigen::Index a = 0; a < n; ++a) {
    x.mean_growth[a] = (mean_decade_growth + effect[a] + growth_per_log_population * size[a] +
                        config.confounding * unobserved[a] + idiosyncratic[a]) /
                       window;
    if (!through_infrastructure) x.mean_growth[a] += x.industry_mix[a] / window;
    x.grants_per_head[a] = rounded(s[a] * measure[0][a], 100.0);
    x.lottery_per_head[a] = rounded(lottery_share * s[a] * measure[1][a], 100.0);
    x.community_assets_per_1000[a] = rounded(assets_per_pound * s[a] * measure[2][a], 1000.0);
  }
  x.proxy_truth.resize(3);
  x.proxy_truth << config.beta, config.beta / lottery_share, config.beta / assets_per_pound;
  return x;
}

}  // namespace spillway
