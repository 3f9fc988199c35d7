#include "engine/estimate/iv/iv_absorb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "engine/base/error.hpp"

namespace spillway {

namespace {

struct Effect {
  const std::vector<std::int32_t>* level;
  Eigen::VectorXd total;  ///< weight of each level
};

std::int32_t level_count(const std::vector<std::int32_t>& effect) {
  return effect.empty() ? 0 : *std::max_element(effect.begin(), effect.end()) + 1;
}

void demean(Eigen::VectorXd& x, const Effect& effect, const Eigen::VectorXd& weight, Eigen::VectorXd& mean) {
  mean.setZero(effect.total.size());
  for (Eigen::Index i = 0; i < x.size(); ++i)
    mean((*effect.level)[static_cast<std::size_t>(i)]) += weight(i) * x(i);
  mean.array() /= effect.total.array().max(1e-300);
  for (Eigen::Index i = 0; i < x.size(); ++i) x(i) -= mean((*effect.level)[static_cast<std::size_t>(i)]);
}

}  // namespace

void absorb(Eigen::MatrixXd& columns, const std::vector<std::vector<std::int32_t>>& effects,
            const Eigen::VectorXd& weight) {
  if (effects.empty()) return;
  const Eigen::Index n = columns.rows();
  const Eigen::VectorXd w = weight.size() ? weight : Eigen::VectorXd::Ones(n);
  std::vector<Effect> all;
  for (const auto& levels : effects) {
    Effect effect{&levels, Eigen::VectorXd::Zero(level_count(levels))};
    for (Eigen::Index i = 0; i < n; ++i) effect.total(levels[static_cast<std::size_t>(i)]) += w(i);
    all.push_back(std::move(effect));
  }
  Eigen::VectorXd mean;
  const auto sweep = [&](Eigen::VectorXd& x) {  // forward and back, so that the operator is symmetric
    for (std::size_t f = 0; f < all.size(); ++f) demean(x, all[f], w, mean);
    for (std::size_t f = all.size(); f-- > 1;) demean(x, all[f - 1], w, mean);
  };
  for (Eigen::Index c = 0; c < columns.cols(); ++c) {
    Eigen::VectorXd x = columns.col(c);
    if (all.size() == 1) {
      demean(x, all[0], w, mean);
      columns.col(c) = x;
      continue;
    }
    const auto dot = [&](const Eigen::VectorXd& a, const Eigen::VectorXd& b) {
      return (w.array() * a.array() * b.array()).sum();
    };
    const double norm = std::sqrt(dot(x, x));
    Eigen::VectorXd swept = x;
    sweep(swept);
    Eigen::VectorXd residual = x - swept, direction = residual;
    double size = dot(residual, residual);
    constexpr int most = 10'000;
    int step = 0;
    for (; step < most && std::sqrt(size) > 1e-13 * norm; ++step) {
      swept = direction;
      sweep(swept);
      const Eigen::VectorXd moved = direction - swept;
      const double curvature = dot(direction, moved);
      if (!(curvature > 0)) break;
      const double length = size / curvature;
      x -= length * direction;
      residual -= length * moved;
      const double next = dot(residual, residual);
      direction = residual + (next / size) * direction;
      size = next;
    }
    if (step == most)
      throw NumericalError(
          fmt::format("absorbing {} fixed effects did not converge in {} sweeps (they are nearly collinear; "
                      "absorb fewer)",
                      effects.size(), most));
    sweep(x);  // leaves every group mean at rounding error
    columns.col(c) = x;
  }
}

double absorbed_degrees(const std::vector<std::vector<std::int32_t>>& effects) {
  if (effects.empty()) return 0.0;
  double degrees = 0.0;
  for (std::size_t f = 0; f < effects.size(); ++f) {
    const std::int32_t levels = level_count(effects[f]);
    std::vector<std::uint8_t> seen(static_cast<std::size_t>(levels), 0);
    for (const auto level : effects[f]) seen[static_cast<std::size_t>(level)] = 1;
    const auto used = static_cast<double>(std::count(seen.begin(), seen.end(), 1));
    if (f == 0) {
      degrees += used;
      continue;
    }
    // Components of the bipartite graph of levels: union-find.
    const std::int32_t first = level_count(effects[0]);
    std::vector<std::int32_t> parent(static_cast<std::size_t>(first + levels));
    std::iota(parent.begin(), parent.end(), 0);
    const auto root = [&](std::int32_t node) {
      while (parent[static_cast<std::size_t>(node)] != node) {
        auto& up = parent[static_cast<std::size_t>(node)];
        up = parent[static_cast<std::size_t>(up)];
        node = up;
      }
      return node;
    };
    std::vector<std::uint8_t> present(parent.size(), 0);
    for (std::size_t i = 0; i < effects[f].size(); ++i) {
      const std::int32_t a = root(effects[0][i]), b = root(first + effects[f][i]);
      present[static_cast<std::size_t>(effects[0][i])] =
          present[static_cast<std::size_t>(first + effects[f][i])] = 1;
      if (a != b) parent[static_cast<std::size_t>(b)] = a;
    }
    double components = 0.0;
    for (std::size_t node = 0; node < parent.size(); ++node)
      components += present[node] && parent[node] == static_cast<std::int32_t>(node);
    degrees += used - components;
  }
  return degrees;
}

Nesting nesting(const std::vector<std::int32_t>& effect, const std::vector<std::int32_t>& cluster) {
  std::vector<std::int32_t> owner(static_cast<std::size_t>(level_count(effect)), -1);
  for (std::size_t i = 0; i < effect.size(); ++i) {
    auto& found = owner[static_cast<std::size_t>(effect[i])];
    if (found < 0) found = cluster[i];
    if (found != cluster[i]) return Nesting::crossing;
  }
  return Nesting::nested;
}

}  // namespace spillway
