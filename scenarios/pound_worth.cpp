#include "scenarios/pound_worth.hpp"

#include <algorithm>
#include <utility>
#include <vector>

namespace spillway::scenarios {

PoundWorth pound_worth(std::string part, const AppraisalInputs& inputs, const AppraisalResult& appraised,
                       const Eigen::VectorXd& target_uplift, const Eigen::VectorXd& nation_uplift) {
  PoundWorth worth;
  worth.part = std::move(part);
  worth.cost = appraised.present_value_costs;
  std::vector<Eigen::Index> cost_something;
  for (Eigen::Index d = 0; d < worth.cost.size(); ++d)
    if (worth.cost(d) > 0.0) cost_something.push_back(d);
  const auto a_pound = [&](const Eigen::VectorXd& what, double pounds) -> std::optional<Eigen::VectorXd> {
    if (what.size() == 0) return {};
    Eigen::VectorXd made(static_cast<Eigen::Index>(cost_something.size()));
    for (Eigen::Index k = 0; k < made.size(); ++k) {
      const Eigen::Index d = cost_something[static_cast<std::size_t>(k)];
      made(k) = pounds * what(d) / worth.cost(d);
    }
    return made;
  };
  constexpr double hundred_million = 1e8;
  worth.npsv = a_pound(appraised.npsv(), 1.0);
  worth.target_uplift = a_pound(target_uplift, hundred_million);
  worth.nation_uplift = a_pound(nation_uplift, hundred_million);

  const AppraisalGroup* target = inputs.local();
  const double residents = target == nullptr ? 0.0 : target->population;
  if (residents > 0.0) worth.cost_a_head = worth.cost / residents;
  if (const Eigen::VectorXd& gva = appraised.target.gva; gva.size() > 0) {
    worth.target_gva = a_pound(gva, 1.0);
    if (residents > 0.0) worth.gva_a_head = gva / residents;
  }
  return worth;
}

}  // namespace spillway::scenarios
