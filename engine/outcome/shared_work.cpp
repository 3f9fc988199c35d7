#include "engine/outcome/shared_work.hpp"

#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/sampled_basis.hpp"
#include "engine/propagate/unit_dynamics.hpp"

namespace spillway {

namespace {

/// Whether two plans ask for the same of a basis: quantiles and what is better may differ.
bool same_basis(const OutcomePlan& one, const OutcomePlan& other) {
  const auto same_values = [](const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
    return a.size() == b.size() && a == b;
  };
  const auto same_groups = [](const Grouping& a, const Grouping& b) {
    return a.groups.size() == b.groups.size() && a.of_area == b.of_area;
  };
  return one.outcomes == other.outcomes && same_values(one.rate_weight, other.rate_weight) &&
         same_values(one.head_weight, other.head_weight) &&
         same_values(one.gva_per_head, other.gva_per_head) && same_values(one.growth, other.growth) &&
         one.discount == other.discount &&
         std::equal(one.groupings.begin(), one.groupings.end(), other.groupings.begin(),
                    other.groupings.end(), same_groups);
}

}  // namespace

std::shared_ptr<const SampledBasis> SharedWork::get(
    const Dynamics& unit, const OutcomePlan& plan, int attempt, int ranks,
    const std::function<std::shared_ptr<const SampledBasis>()>& make) {
  if (basis_ != nullptr && attempt_ == attempt && basis_->ranks == ranks && same_basis(*plan_, plan) &&
      same(basis_->of, unit)) {
    ++found_;
    const auto basis = basis_;
    if (!keep_) basis_.reset();
    return basis;
  }
  basis_.reset();  // before its successor is made: one at a time
  auto basis = make();
  if (keep_) {
    basis_ = basis;
    attempt_ = attempt;
    plan_ = std::make_unique<const OutcomePlan>(plan);
  }
  return basis;
}

void SharedWork::give_room(std::vector<AggregateSeries> aggregates) {
  const std::lock_guard lock(mutex_);
  room_ = std::move(aggregates);
}

std::vector<AggregateSeries> SharedWork::room(const OutcomePlan& plan, long draws, int horizon) {
  std::vector<AggregateSeries> aggregates;
  {
    const std::lock_guard lock(mutex_);
    aggregates.swap(room_);
  }
  const std::size_t groupings = plan.groupings.size();
  bool fits = aggregates.size() == plan.outcomes.size() * groupings;
  for (std::size_t k = 0; fits && k < aggregates.size(); ++k) {
    AggregateSeries& series = aggregates[k];
    const AreaOutcome outcome = plan.outcomes[k / groupings];
    const long periods = outcome == AreaOutcome::uplift ? horizon : 1;
    fits = series.outcome == outcome && series.periods == periods &&
           series.groups == static_cast<long>(plan.groupings[k % groupings].groups.size()) &&
           static_cast<long>(series.value.size()) == draws * periods * series.groups;
  }
  if (fits) return aggregates;
  aggregates.clear();
  return empty_aggregates(plan, draws, horizon);
}

}  // namespace spillway
