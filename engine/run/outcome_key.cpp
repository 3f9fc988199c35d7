#include "engine/run/outcome_key.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/data/pack/checksum.hpp"

namespace spillway {

namespace {

/// Numbers as their bits; lists and texts with their length before them.
class KeyHash {
 public:
  template <typename T>
  void number(T value) {
    static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
    sum_.add(&value, sizeof value);
  }
  template <typename T>
  void array(const T* values, Eigen::Index size) {
    number(static_cast<std::int64_t>(size));
    sum_.add(values, static_cast<std::size_t>(size) * sizeof(T));
  }
  template <typename T>
  void list(const std::vector<T>& values) {
    array(values.data(), std::ssize(values));
  }
  void text(const std::string& value) { array(value.data(), std::ssize(value)); }
  void matrix(const Eigen::MatrixXd& values) {
    number(static_cast<std::int64_t>(values.rows()));
    array(values.data(), values.size());
  }
  void vector(const Eigen::VectorXd& values) { array(values.data(), values.size()); }
  void sparse(const SpatialWeights::Matrix& values) {
    number(static_cast<std::int64_t>(values.cols()));
    if (values.rows() == 0) return;
    array(values.outerIndexPtr(), values.outerSize() + 1);
    array(values.innerIndexPtr(), values.nonZeros());
    array(values.valuePtr(), values.nonZeros());
  }
  std::string text() { return sum_.text(); }

 private:
  Sha256 sum_;
};

// The structured bindings name every member: one that is added later does not compile until it is hashed too.

void add(KeyHash& key, const Dynamics& dynamics) {
  const auto& [weights, added_links, row_class, classes, draws, horizon, coefficients_by_period, rho, lambda,
               phi, shape, amplitude] = dynamics;
  key.sparse(weights->matrix());
  key.sparse(added_links);
  key.list(row_class);
  key.number(classes);
  key.number(draws);
  key.number(horizon);
  key.number(coefficients_by_period);
  for (const auto* numbers : {&rho, &lambda, &phi, &amplitude}) key.list(*numbers);
  key.matrix(shape);
}

void add(KeyHash& key, const OutcomePlan& plan) {
  const auto& [outcomes, quantiles, better, rate_weight, head_weight, gva_per_head, growth, discount,
               groupings, keep_draws_of, areas, memory_gb] = plan;
  key.list(outcomes);
  key.list(quantiles);
  key.number(better);
  for (const auto* by_area : {&rate_weight, &head_weight, &gva_per_head, &growth}) key.vector(*by_area);
  // Discounting is money's, but for the one outcome that is discounted.
  if (std::count(outcomes.begin(), outcomes.end(), AreaOutcome::discounted_gva_uplift) > 0)
    key.list(discount);
  key.number(groupings.size());
  for (const auto& [name, of_area, groups] : groupings) {
    key.text(name);
    key.list(of_area);
    key.number(groups.size());
    for (const std::string& group : groups) key.text(group);
  }
  key.list(keep_draws_of);
  key.number(areas);
  static_cast<void>(memory_gb);  // see outcome_key()
}

}  // namespace

std::optional<Policy> policy_alone(const ScenarioConfig& scenario, const RunConfig& config,
                                   const LeverContext& context, const Policy& policy, const RunHooks& hooks) {
  if (scenario.spread != "propagated" || policy.changes_dynamics) return {};
  return hooks.prepare(scenario, config, without_spread(context));
}

std::string outcome_key(const Policy& policy, const std::optional<Policy>& alone, const OutcomePlan& plan) {
  KeyHash key;
  const auto add_policy = [&](const Policy& one) {
    add(key, one.dynamics);
    key.list(one.funded);
    key.list(one.reach);
  };
  add_policy(policy);
  key.number(alone.has_value());
  if (alone) add_policy(*alone);
  add(key, plan);
  return key.text();
}

}  // namespace spillway
