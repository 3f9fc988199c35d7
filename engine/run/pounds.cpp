#include "engine/run/pounds.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"

namespace spillway {

namespace {

double median_of(const Eigen::VectorXd& draws) {
  std::vector<double> values(draws.begin(), draws.end());
  std::sort(values.begin(), values.end());
  return sorted_quantile(values, 0.5);
}

std::string in_millions(const Eigen::VectorXd& draws) {
  std::vector<double> values(draws.begin(), draws.end());
  std::sort(values.begin(), values.end());
  return fmt::format("{:+.4g} [{:+.3g}, {:+.3g}]", 1e-6 * sorted_quantile(values, 0.5),
                     1e-6 * sorted_quantile(values, 0.05), 1e-6 * sorted_quantile(values, 0.95));
}

}  // namespace

bool PoundReconciliation::told() const {
  return !zero_sum && std::abs(median_of(unequal)) <= 0.1 * std::abs(median_of(total));
}

std::vector<std::string> PoundReconciliation::lines() const {
  std::vector<std::string> all = {
      fmt::format("GVA of all areas after the horizon, GBP m a year: direct {} | through neighbours {} | of "
                  "that, from unequal "
                  "sizes {} | total {}",
                  in_millions(direct), in_millions(through), in_millions(unequal), in_millions(total))};
  if (!told())
    all.push_back(
        fmt::format("the nation's GVA is not told by this model: {}; model A spreads growth rates, and a "
                    "neighbour ten times as "
                    "large gets ten times the pounds",
                    zero_sum ? "the money is a transfer, and what it adds up to rests on who neighbours whom"
                             : fmt::format("{:.0f} % of the total comes from areas' unequal sizes alone",
                                           100.0 * std::abs(median_of(unequal) / median_of(total)))));
  return all;
}

std::optional<PoundReconciliation> reconcile_pounds(const Policy& policy, const OutcomePlan& plan,
                                                    const Eigen::VectorXd& nation) {
  const Dynamics& dynamics = policy.dynamics;
  const bool spreads =
      std::any_of(dynamics.rho.begin(), dynamics.rho.end(), [](double rho) { return rho != 0.0; });
  if (plan.gva_per_head.size() == 0 || policy.changes_dynamics || !spreads || nation.size() != dynamics.draws)
    return {};
  const Eigen::VectorXd gva = plan.gva_per_head.cwiseProduct(plan.head_weight);
  const double all = gva.sum();
  const Eigen::VectorXd pounds = dynamics.shape.transpose() * gva;  // of a unit of each shape
  Eigen::VectorXd share = Eigen::VectorXd::Zero(dynamics.classes);  // GVA of each class that has neighbours
  const SpatialWeights::Matrix& w = dynamics.weights->matrix();
  for (Eigen::Index i = 0; i < gva.size(); ++i) {
    double row = 0.0;
    for (SpatialWeights::Matrix::InnerIterator entry(w, i); entry; ++entry) row += entry.value();
    share(dynamics.row_class[static_cast<std::size_t>(i)]) += row * gva(i) / all;
  }
  PoundReconciliation made;
  made.direct.resize(dynamics.draws);
  made.unequal.resize(dynamics.draws);
  made.total = all * nation;
  for (long d = 0; d < dynamics.draws; ++d) {
    double rho = 0.0;
    for (int c = 0; c < dynamics.classes; ++c) rho += share(c) * dynamics.rho_at(d, 0, c);
    const double phi = dynamics.phi[static_cast<std::size_t>(d)];
    double own = 0.0, in_proportion = 0.0, direct = 0.0, proportional = 0.0;
    for (int h = 0; h < dynamics.horizon; ++h) {
      double shock = 0.0;
      for (int q = 0; q < dynamics.shapes(); ++q) shock += pounds(q) * dynamics.amplitude_at(d, h, q);
      own = phi * own + shock;
      in_proportion = (rho + phi) * in_proportion + shock;
      direct += own;
      proportional += in_proportion;
    }
    made.direct(d) = direct;
    made.unequal(d) = made.total(d) - proportional;
  }
  made.through = made.total - made.direct;
  if (policy.transfer.size() == plan.head_weight.size()) {
    const Eigen::VectorXd moved = policy.transfer.cwiseProduct(plan.head_weight);
    const double size = moved.cwiseAbs().sum();
    made.zero_sum = size > 0.0 && std::abs(moved.sum()) <= 1e-9 * size;
  }
  return made;
}

}  // namespace spillway
