#include "engine/draw/distribution.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <numeric>

#include "engine/base/constants.hpp"
#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"
#include "engine/config/distribution_rules.hpp"
#include "engine/draw/correlation.hpp"
#include "engine/draw/score_quantile.hpp"

namespace spillway {

namespace {

constexpr double root_two = 1.41421356237309504880;

void require_valid(const std::string& name, const Distribution& distribution) {
  std::vector<Fault> found;
  for (const auto& what : faults(distribution)) {
    Fault fault;
    fault.line = distribution.line;
    fault.column = name;
    fault.what = what;
    found.push_back(std::move(fault));
  }
  if (!found.empty()) throw InputError(found);
}

/// FNV-1a, 32 bits: a key of a parameter's own, whatever its neighbours.
std::uint32_t hash32(const std::string& name) {
  std::uint32_t hash = 2166136261u;
  for (const unsigned char c : name) hash = (hash ^ c) * 16777619u;
  return hash;
}

double truncated_normal_mean(const Distribution& d) {
  const double centre = d.values.at("mean"), sd = d.values.at("sd");
  const double alpha = (value_or(d, "low", -HUGE_VAL) - centre) / sd,
               beta = (value_or(d, "high", HUGE_VAL) - centre) / sd;
  const auto density = [](double z) { return std::exp(-0.5 * z * z) / root_two_pi; };
  // The probability between, from the tail that holds it.
  const double between = alpha > 0.0 ? 0.5 * (std::erfc(alpha / root_two) - std::erfc(beta / root_two))
                                     : 0.5 * (std::erfc(-beta / root_two) - std::erfc(-alpha / root_two));
  return centre + sd * (density(alpha) - density(beta)) / between;
}

}  // namespace

std::vector<std::string> faults(const Distribution& distribution) {
  return distribution_faults(distribution);
}

double quantile(const Distribution& distribution, double u) {
  require_valid("distribution", distribution);
  if (!(u > 0.0 && u < 1.0))
    throw InputError(fmt::format("the level {} of a quantile is not between 0 and 1", u));
  return ScoreQuantile(distribution).at_level(u);
}

double mean(const Distribution& d) {
  require_valid("distribution", d);
  const auto number = [&](const char* key) { return d.values.at(key); };
  if (d.kind == "point") return number("value");
  if (d.kind == "uniform") return 0.5 * (number("low") + number("high"));
  if (d.kind == "triangular") return (number("low") + number("mode") + number("high")) / 3.0;
  if (d.kind == "pert") return (number("low") + 4.0 * number("mode") + number("high")) / 6.0;
  if (d.kind == "normal") return truncated_normal_mean(d);
  if (d.kind == "lognormal") return number("median") * std::exp(0.5 * number("sigma") * number("sigma"));
  if (d.kind == "beta") {
    const double low = value_or(d, "low", 0.0), high = value_or(d, "high", 1.0);
    return low + (high - low) * number("a") / (number("a") + number("b"));
  }
  if (d.kind == "discrete")
    return std::inner_product(d.support.begin(), d.support.end(), d.probabilities.begin(), 0.0) /
           std::accumulate(d.probabilities.begin(), d.probabilities.end(), 0.0);
  return std::accumulate(d.support.begin(), d.support.end(), 0.0) / static_cast<double>(d.support.size());
}

Eigen::MatrixXd sample(const std::vector<std::string>& names, const std::vector<Distribution>& distributions,
                       const Eigen::MatrixXd& correlation, long draws, std::uint64_t seed) {
  if (names.size() != distributions.size())
    throw InputError(fmt::format("{} parameters are named but {} distributions given", names.size(),
                                 distributions.size()));
  std::map<std::uint32_t, std::string> key_of;
  std::vector<ScoreQuantile> quantiles;
  for (std::size_t k = 0; k < names.size(); ++k) {
    require_valid(names[k], distributions[k]);
    if (const auto [it, fresh] = key_of.emplace(hash32(names[k]), names[k]); !fresh)
      throw InputError(fmt::format(
          "the parameters '{}' and '{}' would share their random numbers; rename one", it->second, names[k]));
    quantiles.emplace_back(distributions[k]);
  }
  const auto count = static_cast<Eigen::Index>(names.size());
  const bool copula = correlation.size() > 0;
  const Eigen::MatrixXd factor = copula ? correlation_factor(correlation, names) : Eigen::MatrixXd{};

  Eigen::MatrixXd score(draws, count);
  for (Eigen::Index k = 0; k < count; ++k) {
    if (!copula && quantiles[static_cast<std::size_t>(k)].constant()) continue;
    const std::uint32_t key = hash32(names[static_cast<std::size_t>(k)]);
    for (long d = 0; d < draws; ++d)
      score(d, k) = Stream(seed, Purpose::scenario_parameters, static_cast<std::uint64_t>(d), key).normal();
  }
  // Last parameter first: row k of the factor uses the scores of earlier parameters, which are then still
  // their own.
  for (Eigen::Index k = count - 1; copula && k >= 0; --k) {
    score.col(k) *= factor(k, k);
    for (Eigen::Index j = 0; j < k; ++j)
      if (factor(k, j) != 0.0) score.col(k) += factor(k, j) * score.col(j);
  }
  for (Eigen::Index k = 0; k < count; ++k) {
    const ScoreQuantile& at = quantiles[static_cast<std::size_t>(k)];
    for (long d = 0; d < draws; ++d) score(d, k) = at(at.constant() ? 0.0 : score(d, k));
  }
  return score;
}

}  // namespace spillway
