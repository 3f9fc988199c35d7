#include "engine/synthetic/synthetic_rates.hpp"

#include <fmt/format.h>

#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/base/streams.hpp"

namespace spillway {

namespace {

enum Part : std::uint32_t { own_change = 15 };

/// The world's replicate as that of a rate: worlds have fewer than 2^56.
std::uint64_t replicate_of(const SyntheticRate& rate, std::uint64_t replicate) {
  return replicate + (static_cast<std::uint64_t>(rate.number) << 56);
}

double rounded(double value, double parts) { return std::round(value * parts) / parts; }

/// The rate's process as that of growth; what is peculiar to growth (correlated errors, tails) is left out.
SyntheticConfig process_of(const SyntheticRate& rate, const SyntheticConfig& config) {
  SyntheticConfig process = config;
  process.rho_doubly_disadvantaged = rate.lag[0];
  process.rho_other_deprived = rate.lag[1];
  process.rho_other = rate.lag[2];
  process.phi = rate.previous;
  process.error_correlation_doubly_disadvantaged = process.error_correlation_other_deprived =
      process.error_correlation_other = 0.0;
  process.error_serial_correlation = process.region_shock_sd = 0.0;
  process.loading_doubly_disadvantaged = process.loading_other_deprived = process.loading_other = 1.0;
  process.tail_freedom = 0;
  process.error_sd = rate.error_sd;
  process.authority_shock_sd = rate.authority_sd;
  process.period_effect_sd = rate.period_sd;
  return process;
}

/// Level of the last year: what the areas' columns say, or of 5 to 95 by rank.
Eigen::VectorXd last_level(const SyntheticRate& rate, const Table& areas) {
  if (areas.find(rate.name) != nullptr) {
    const std::vector<double>& level = areas.numbers(rate.name);
    return Eigen::Map<const Eigen::VectorXd>(level.data(), static_cast<Eigen::Index>(level.size()));
  }
  const std::vector<double>& rank = areas.numbers("imd_rank");
  const auto n = static_cast<double>(rank.size());
  constexpr double middle = -1.9, steep = 0.8;  // mean near 20, as the published score's
  Eigen::VectorXd level(static_cast<Eigen::Index>(rank.size()));
  for (std::size_t a = 0; a < rank.size(); ++a)
    level[static_cast<Eigen::Index>(a)] = rounded(
        5.0 + 90.0 / (1.0 + std::exp(-middle - steep * normal_quantile((n + 0.5 - rank[a]) / n))), 1e3);
  return level;
}

}  // namespace

const std::array<SyntheticRate, 2>& synthetic_rates() {
  static const std::array<SyntheticRate, 2> rates = {{
      {"inactivity_rate",
       "share of working age",
       "share of working age a year",
       "economically inactive",
       1,
       {0.20, 0.22, 0.25},
       0.05,
       0.004,
       0.001,
       0.002,
       0.006,
       -3e-5},
      {"imd_score",
       "IMD score (higher = more deprived)",
       "IMD score (higher = more deprived)",
       "index of multiple deprivation; imd_rank is of its last year",
       2,
       {0.25, 0.20, 0.15},
       0.10,
       0.25,
       0.06,
       0.10,
       0.3,
       -2e-3},
  }};
  return rates;
}

double effect_of(const SyntheticRate& rate, const SyntheticConfig& config) {
  return config.strength == PolicyStrength::sharp ? 10.0 * rate.effect : rate.effect;
}

Eigen::MatrixXd simulate_rate_change(const SyntheticGeography& geography, const SyntheticConfig& config,
                                     const SyntheticRate& rate, const Eigen::VectorXd& social_infrastructure,
                                     std::uint64_t seed, std::uint64_t replicate, Parallelism parallelism) {
  const SyntheticConfig process = process_of(rate, config);
  const double window = synthetic_window(config);
  Eigen::VectorXd mean =
      long_run_response(geography, process, effect_of(rate, config) / window * social_infrastructure);
  Stream stream(seed, Purpose::synthetic_world, replicate_of(rate, replicate) + 1, own_change);
  for (double& one : mean) one += rate.idiosyncratic_sd / window * stream.normal();
  mean.array() -= mean.mean();
  return simulate_growth(geography, process, mean, seed, replicate_of(rate, replicate), parallelism);
}

void add_rates(const SyntheticGeography& geography, const SyntheticConfig& config,
               const Eigen::VectorXd& social_infrastructure, std::uint64_t seed, std::uint64_t replicate,
               Parallelism parallelism, DataPack& pack) {
  const int window = synthetic_window(config);
  const bool structural = config.policy_truth == PolicyTruth::structural;
  for (const SyntheticRate& rate : synthetic_rates()) {
    const Eigen::MatrixXd simulated =
        simulate_rate_change(geography, config, rate, social_infrastructure, seed, replicate, parallelism);
    const Eigen::Index years = simulated.cols() + 1;
    constexpr double parts = 1e9;
    Eigen::MatrixXd level(simulated.rows(), years), change(simulated.rows(), years);
    level.col(years - 1) = last_level(rate, pack.areas);
    change.col(0).setConstant(std::nan(""));
    Eigen::VectorXd decade = Eigen::VectorXd::Zero(simulated.rows());
    for (Eigen::Index t = years - 1; t > 0; --t) {
      change.col(t) = simulated.col(t - 1).unaryExpr([](double x) { return rounded(x, parts); });
      level.col(t - 1) = (level.col(t) - change.col(t)).unaryExpr([](double x) { return rounded(x, parts); });
      if (t >= years - window) decade += change.col(t);
    }
    Column column;
    column.name = rate.name + "_change_decade";
    column.unit = rate.unit;
    column.description = fmt::format("sum of {}_change over the last {} years", rate.name, window);
    for (const double sum : decade) column.number.push_back(rounded(sum, parts));
    pack.areas.columns.push_back(std::move(column));
    pack.panel.variables.push_back({rate.name, rate.unit, rate.description, std::move(level), ""});
    pack.panel.variables.push_back({rate.name + "_change", rate.change_unit,
                                    "since the year before; negative is better", std::move(change), ""});
    const auto& types = synthetic_type_names();
    for (std::size_t k = 0; k < types.size(); ++k)
      pack.truth.emplace_back(fmt::format("{}/lag:{}", rate.name, types[k]), rate.lag[k]);
    pack.truth.emplace_back(rate.name + "/previous", rate.previous);
    pack.truth.emplace_back(
        fmt::format("{}/{}", rate.name, structural ? "structural:grants_per_head" : "grants_per_head"),
        effect_of(rate, config) / (structural ? window : 1));
  }
}

}  // namespace spillway
