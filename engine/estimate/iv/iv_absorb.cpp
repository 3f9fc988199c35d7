#include "engine/estimate/iv/iv_absorb.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

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

namespace {

/// Integers modulo a prime: exact elimination without growth.
constexpr std::int64_t kPrime = 2147483647;  // 2^31 - 1

std::int64_t inverse(std::int64_t value) {  // value^(p - 2)
  std::int64_t result = 1, power = value;
  for (std::int64_t e = kPrime - 2; e > 0; e >>= 1, power = power * power % kPrime)
    if (e & 1) result = result * power % kPrime;
  return result;
}

/// A linear form in the dummies of the effects after the second: column -> coefficient, none of them zero.
using Form = std::map<std::int32_t, std::int64_t>;

void add(Form& to, const Form& from, std::int64_t times) {
  for (const auto& [column, value] : from) {
    auto& sum = to[column];
    sum = (sum + times * value % kPrime + kPrime) % kPrime;
    if (sum == 0) to.erase(column);
  }
}

/// Rank of sparse rows, one at a time; `most` ends the work early.
class Elimination {
 public:
  bool add_row(Form row) {
    while (!row.empty()) {
      const auto [column, value] = *row.begin();
      const auto known = pivots_.find(column);
      if (known == pivots_.end()) {
        const std::int64_t scale = inverse(value);
        for (auto& [at, entry] : row) entry = entry * scale % kPrime;
        pivots_.emplace(column, std::move(row));
        return true;
      }
      add(row, known->second, kPrime - value);
    }
    return false;
  }
  std::size_t rank() const { return pivots_.size(); }

 private:
  std::map<std::int32_t, Form> pivots_;
};

}  // namespace

double absorbed_degrees(const std::vector<std::vector<std::int32_t>>& effects) {
  if (effects.empty() || effects[0].empty()) return 0.0;
  // Levels in use, numbered anew; most levels first, whatever the order asked for.
  std::vector<std::vector<std::int32_t>> all;
  std::vector<std::int32_t> levels;
  for (const auto& effect : effects) {
    std::vector<std::int32_t> number(static_cast<std::size_t>(level_count(effect)), -1), own;
    std::int32_t used = 0;
    for (const auto level : effect) {
      auto& known = number[static_cast<std::size_t>(level)];
      if (known < 0) known = used++;
      own.push_back(known);
    }
    all.push_back(std::move(own));
    levels.push_back(used);
  }
  std::vector<std::size_t> order(all.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return levels[a] > levels[b]; });
  if (all.size() == 1) return levels[0];

  // Rows that differ, each once.
  std::vector<std::vector<std::int32_t>> rows;
  {
    std::set<std::vector<std::int32_t>> seen;
    for (std::size_t i = 0; i < all[0].size(); ++i) {
      std::vector<std::int32_t> row;
      for (const auto f : order) row.push_back(all[f][i]);
      if (seen.insert(row).second) rows.push_back(std::move(row));
    }
  }
  const std::int32_t first = levels[order[0]], nodes = first + levels[order[1]];
  std::vector<std::int32_t> offset = {0, 0, 0};  // of an effect's dummies among those after the second
  for (std::size_t f = 2; f < order.size(); ++f) offset.push_back(offset.back() + levels[order[f]]);
  const auto rest_of = [&](const std::vector<std::int32_t>& row) {
    Form form;
    for (std::size_t f = 2; f < row.size(); ++f) form[offset[f] + row[f]] = 1;
    return form;
  };
  // Breadth-first forest: each node's own dummy as a form in the rest, so that its tree's rows vanish.
  std::vector<std::vector<std::int32_t>> edges(static_cast<std::size_t>(nodes));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    edges[static_cast<std::size_t>(rows[r][0])].push_back(static_cast<std::int32_t>(r));
    edges[static_cast<std::size_t>(first + rows[r][1])].push_back(static_cast<std::int32_t>(r));
  }
  std::vector<Form> form(static_cast<std::size_t>(nodes));
  std::vector<std::uint8_t> reached(static_cast<std::size_t>(nodes), 0), in_tree(rows.size(), 0);
  std::int32_t components = 0;
  for (std::int32_t start = 0; start < nodes; ++start) {
    if (reached[static_cast<std::size_t>(start)]) continue;
    ++components;
    reached[static_cast<std::size_t>(start)] = 1;
    std::vector<std::int32_t> queue = {start};
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const auto node = static_cast<std::size_t>(queue[head]);
      for (const auto r : edges[node]) {
        const auto& row = rows[static_cast<std::size_t>(r)];
        const std::int32_t other = queue[head] < first ? first + row[1] : row[0];
        if (reached[static_cast<std::size_t>(other)]) continue;
        reached[static_cast<std::size_t>(other)] = in_tree[static_cast<std::size_t>(r)] = 1;
        // other + node + rest = 0 along the row.
        Form& own = form[static_cast<std::size_t>(other)];
        add(own, form[node], kPrime - 1);
        add(own, rest_of(row), kPrime - 1);
        queue.push_back(other);
      }
    }
  }
  // A constant added to one effect and taken off another changes nothing: at most one less a further effect.
  std::size_t most = 0;
  for (std::size_t f = 2; f < order.size(); ++f) most += static_cast<std::size_t>(levels[order[f]] - 1);
  Elimination rest;
  for (std::size_t r = 0; r < rows.size() && rest.rank() < most; ++r) {
    if (in_tree[r]) continue;
    Form row = rest_of(rows[r]);
    add(row, form[static_cast<std::size_t>(rows[r][0])], 1);
    add(row, form[static_cast<std::size_t>(first + rows[r][1])], 1);
    rest.add_row(std::move(row));
  }
  return static_cast<double>(nodes - components) + static_cast<double>(rest.rank());
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
