#include "engine/run/area_split.hpp"

#include <algorithm>

namespace spillway {

namespace {

/// Shapes and their amplitudes, gathered one by one.
class Shocks {
 public:
  explicit Shocks(const Dynamics& like) : like_(like) {}

  /// @param amplitude  draws x periods
  void add(Eigen::VectorXd shape, Eigen::MatrixXd amplitude) {
    if (shape.isZero(0.0) || amplitude.isZero(0.0)) return;
    shapes_.push_back(std::move(shape));
    amplitudes_.push_back(std::move(amplitude));
  }

  /// At least one, which may be empty.
  void put(Dynamics& dynamics) const {
    const auto count = std::max<std::size_t>(1, shapes_.size());
    dynamics.shape.setZero(like_.areas(), static_cast<Eigen::Index>(count));
    dynamics.amplitude.assign(
        static_cast<std::size_t>(like_.draws) * static_cast<std::size_t>(like_.horizon) * count, 0.0);
    for (std::size_t q = 0; q < shapes_.size(); ++q) {
      dynamics.shape.col(static_cast<Eigen::Index>(q)) = shapes_[q];
      for (long d = 0; d < like_.draws; ++d)
        for (int h = 0; h < like_.horizon; ++h)
          dynamics.amplitude[static_cast<std::size_t>(d * like_.horizon + h) * count + q] =
              amplitudes_[q](d, h);
    }
  }

 private:
  const Dynamics& like_;
  std::vector<Eigen::VectorXd> shapes_;
  std::vector<Eigen::MatrixXd> amplitudes_;
};

/// draws x periods of one shape.
Eigen::MatrixXd amplitude_of(const Dynamics& dynamics, int q) {
  Eigen::MatrixXd values(dynamics.draws, dynamics.horizon);
  for (long d = 0; d < dynamics.draws; ++d)
    for (int h = 0; h < dynamics.horizon; ++h) values(d, h) = dynamics.amplitude_at(d, h, q);
  return values;
}

/// What areas send on of their own shocks of one shape: rho ((1 - lambda) W + lambda C) o, a class at a time.
void add_sent_on(const Dynamics& dynamics, const Eigen::VectorXd& shape, const Eigen::MatrixXd& amplitude,
                 Shocks& shocks) {
  if (shape.isZero(0.0)) return;
  Eigen::MatrixXd own = Eigen::MatrixXd::Zero(dynamics.draws, dynamics.horizon);  // o(h-1)
  for (long d = 0; d < dynamics.draws; ++d)
    for (int h = 1; h < dynamics.horizon; ++h)
      own(d, h) = dynamics.phi[static_cast<std::size_t>(d)] * own(d, h - 1) + amplitude(d, h - 1);
  const Eigen::VectorXd near = dynamics.weights->matrix() * shape;
  const Eigen::VectorXd far =
      dynamics.added_links.size() > 0 ? Eigen::VectorXd(dynamics.added_links * shape) : Eigen::VectorXd();
  for (int c = 0; c < dynamics.classes; ++c) {
    const auto of_class = [&](const Eigen::VectorXd& values) {
      Eigen::VectorXd kept = values;
      for (Eigen::Index i = 0; i < kept.size(); ++i)
        if (dynamics.row_class[static_cast<std::size_t>(i)] != c) kept(i) = 0.0;
      return kept;
    };
    Eigen::MatrixXd by_near = own, by_far = own;
    for (long d = 0; d < dynamics.draws; ++d)
      for (int h = 0; h < dynamics.horizon; ++h) {
        const double rho = dynamics.rho_at(d, h, c), lambda = dynamics.lambda_at(d, h, c);
        by_near(d, h) *= rho * (1.0 - lambda);
        by_far(d, h) *= rho * lambda;
      }
    shocks.add(of_class(near), std::move(by_near));
    if (far.size() > 0) shocks.add(of_class(far), std::move(by_far));
  }
}

}  // namespace

Dynamics dynamics_of(const Policy& policy, SplitPart part) {
  Dynamics dynamics = policy.dynamics;
  Shocks shocks(policy.dynamics);
  const bool spreads =
      std::any_of(dynamics.rho.begin(), dynamics.rho.end(), [](double r) { return r != 0.0; });
  for (int q = 0; q < dynamics.shapes(); ++q) {
    const Reach reach = policy.reach.empty() ? Reach::own : policy.reach[static_cast<std::size_t>(q)];
    const Eigen::MatrixXd amplitude = amplitude_of(policy.dynamics, q);
    Eigen::VectorXd shape = policy.dynamics.shape.col(q);
    if (part == SplitPart::own) {
      if (reach == Reach::own) shocks.add(std::move(shape), amplitude);
      continue;
    }
    if (reach != Reach::own) {
      const bool funded = !spreads && reach == Reach::from_funded;
      if (funded == (part == SplitPart::from_funded)) shocks.add(std::move(shape), amplitude);
      continue;
    }
    for (Eigen::Index i = 0; i < shape.size(); ++i) {
      const bool funded = !policy.funded.empty() && policy.funded[static_cast<std::size_t>(i)] != 0;
      if (funded != (part == SplitPart::from_funded)) shape(i) = 0.0;
    }
    add_sent_on(policy.dynamics, shape, amplitude, shocks);
  }
  if (part == SplitPart::own) {
    std::fill(dynamics.rho.begin(), dynamics.rho.end(), 0.0);
    dynamics.lambda.clear();
    dynamics.added_links = {};
  }
  shocks.put(dynamics);
  return dynamics;
}

AreaSplit area_split(const Policy& policy, const OutcomePlan& plan, Parallelism parallelism, Ranks& ranks) {
  OutcomePlan alone = plan;
  alone.areas = true;
  alone.outcomes = {AreaOutcome::cumulative_uplift};
  alone.groupings.clear();
  alone.keep_draws_of.clear();
  AreaSplit split;
  for (std::size_t p = 0; p < split.part.size(); ++p)
    split.part[p] = std::move(
        evaluate(dynamics_of(policy, static_cast<SplitPart>(p)), alone, parallelism, Path::automatic, ranks)
            .areas.front());
  return split;
}

}  // namespace spillway
