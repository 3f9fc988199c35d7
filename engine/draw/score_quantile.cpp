#include "engine/draw/score_quantile.hpp"

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <numeric>

#include "engine/base/constants.hpp"
#include "engine/config/distribution_rules.hpp"

namespace spillway {

namespace {

// long double would cost three times as much for digits that the result does not keep.
using InDouble = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

constexpr double root_half = 0.70710678118654752440;
constexpr double reach = 5.0;
constexpr int intervals = 192;
constexpr double step = 2.0 * reach / intervals;

double normal_below(double z) { return 0.5 * std::erfc(-z * root_half); }

/// The score with probability p below it; p at most a half, so that no digit is lost.
double lower_score(double p) { return -boost::math::erfc_inv(2.0 * p, InDouble{}) / root_half; }

/// Quantile of beta(a, b) on [0, 1], from the nearer tail.
double beta_quantile(double a, double b, double u, double v) {
  return u <= 0.5 ? boost::math::ibeta_inv(a, b, u, InDouble{})
                  : 1.0 - boost::math::ibeta_inv(b, a, v, InDouble{});
}

/// Quantile of beta(a, b) at z = -k step, with its derivatives in z.
struct TailNode {
  int k;
  double x, first, second;
};

/// Nodes from the median down the lower tail. Each starts from the Taylor series of log x at the node before
/// it and is improved by Halley's steps on log F = log Phi(z), nearly linear in log x: one or two evaluations
/// of F each, where a root finder that knows nothing of the neighbours takes ten.
std::vector<TailNode> tail_nodes(double a, double b) {
  const double log_beta = std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
  std::vector<TailNode> nodes;
  double w = std::log(boost::math::ibeta_inv(a, b, 0.5, InDouble{}));
  for (int k = 0; k <= intervals / 2; ++k) {
    const double z = -k * step, target = normal_below(z);
    double x = 0.0, density = 0.0, curve = 0.0;  // density = x f(x); curve = d log(x f) / d log x
    for (int pass = 0; pass < 20; ++pass) {
      x = std::exp(w);
      density = std::exp(a * w + (b - 1.0) * std::log1p(-x) - log_beta);
      curve = a - (b - 1.0) * x / (1.0 - x);
      if (k == 0) break;
      const double below = boost::math::ibeta(a, b, x, InDouble{});
      const double slope = density / below, gap = std::log(below / target);
      const double move = -gap / slope / (1.0 - 0.5 * gap * (curve - slope) / slope);
      w += move;
      // Halley's error is of the order of the cube of its step.
      if (!(std::abs(move) > 1e-5)) break;
    }
    if (k > 0) {
      x = std::exp(w);
      density = std::exp(a * w + (b - 1.0) * std::log1p(-x) - log_beta);
      curve = a - (b - 1.0) * x / (1.0 - x);
    }
    // w' = phi(z) / (x f) and w'' = w' (-z - w' curve), by differentiating F(exp w(z)) = Phi(z).
    const double first = std::exp(-0.5 * z * z) / root_two_pi / density,
                 second = first * (-z - first * curve);
    nodes.push_back({k, x, x * first, x * (second + first * first)});
    w += -step * first + 0.5 * step * step * second;
  }
  return nodes;
}

}  // namespace

ScoreQuantile::ScoreQuantile(const Distribution& d) {
  const auto number = [&](const char* key) { return d.values.at(key); };
  if (d.kind == "point") {
    a_ = number("value");
  } else if (d.kind == "uniform") {
    kind_ = Kind::uniform;
    low_ = number("low"), high_ = number("high");
  } else if (d.kind == "triangular") {
    kind_ = Kind::triangular;
    low_ = number("low"), high_ = number("high"), a_ = number("mode");
  } else if (d.kind == "pert") {
    kind_ = Kind::beta;
    low_ = number("low"), high_ = number("high");
    a_ = 1.0 + 4.0 * (number("mode") - low_) / (high_ - low_);
    b_ = 1.0 + 4.0 * (high_ - number("mode")) / (high_ - low_);
  } else if (d.kind == "beta") {
    kind_ = Kind::beta;
    low_ = value_or(d, "low", 0.0), high_ = value_or(d, "high", 1.0);
    a_ = number("a"), b_ = number("b");
  } else if (d.kind == "normal") {
    kind_ = Kind::normal;
    a_ = number("mean"), b_ = number("sd");
    low_ = value_or(d, "low", -infinity), high_ = value_or(d, "high", infinity);
    at_low_ = {normal_below((low_ - a_) / b_), normal_below((a_ - low_) / b_)};
    at_high_ = {normal_below((high_ - a_) / b_), normal_below((a_ - high_) / b_)};
  } else if (d.kind == "lognormal") {
    kind_ = Kind::lognormal;
    a_ = number("median"), b_ = number("sigma");
  } else {  // discrete, empirical
    kind_ = Kind::step;
    std::vector<std::size_t> order(d.support.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t i, std::size_t j) {
      return d.support[i] != d.support[j] ? d.support[i] < d.support[j] : i < j;
    });
    double sum = 0.0;
    for (const std::size_t k : order) {
      sum += d.kind == "discrete" ? d.probabilities[k] : 1.0;
      if (d.kind == "discrete" && d.probabilities[k] == 0.0) continue;
      support_.push_back(d.support[k]);
      cumulative_.push_back(sum);
    }
    for (double& c : cumulative_) c /= sum;
  }
  if (kind_ == Kind::beta) tabulate();
}

void ScoreQuantile::tabulate() {
  const double range = high_ - low_;
  std::vector<Node> table(intervals + 1);
  const auto store = [&](int k, double x, double first, double second) {
    table[static_cast<std::size_t>(k)] = {low_ + range * x, range * step * first,
                                          0.5 * range * step * step * second};
    return std::isfinite(first) && std::isfinite(second);
  };
  bool finite = true;
  for (const TailNode& node : tail_nodes(a_, b_))
    finite = finite && store(intervals / 2 - node.k, node.x, node.first, node.second);
  for (const TailNode& node : tail_nodes(b_, a_))  // the upper tail, mirrored: x(z) = 1 - x_mirror(-z)
    finite = finite && store(intervals / 2 + node.k, 1.0 - node.x, node.first, -node.second);
  if (!finite) return;
  table_ = std::move(table);
  for (int k = 0; k < intervals; k += 8) {
    const double z = -reach + (k + 0.5) * step;
    if (std::abs((*this)(z)-exact(z)) <= 1e-11 * range) continue;
    table_.clear();
    return;
  }
}

double ScoreQuantile::operator()(double z) const {
  if (table_.empty() || !(std::abs(z) < reach)) return exact(z);
  const double at = (z + reach) / step;
  const auto k = std::min(static_cast<std::size_t>(at), static_cast<std::size_t>(intervals - 1));
  const double t = at - static_cast<double>(k);
  const Node &l = table_[k], &r = table_[k + 1];
  // Quintic through both ends' value, slope and curvature, as a power series in t from the left end.
  const double rise = r.value - (l.value + l.first + l.second), slope = r.first - (l.first + 2.0 * l.second),
               bend = r.second - l.second;
  const double c3 = 10.0 * rise - 4.0 * slope + bend, c4 = -15.0 * rise + 7.0 * slope - 2.0 * bend,
               c5 = 6.0 * rise - 3.0 * slope + bend;
  const double x = l.value + t * (l.first + t * (l.second + t * (c3 + t * (c4 + t * c5))));
  return std::clamp(x, low_, high_);
}

double ScoreQuantile::exact(double z) const {
  return by_score() ? from_score(z) : from_tails(normal_below(z), normal_below(-z));
}

double ScoreQuantile::at_level(double u) const {
  if (!by_score()) return from_tails(u, 1.0 - u);
  return from_score(u <= 0.5 ? lower_score(u) : -lower_score(1.0 - u));
}

double ScoreQuantile::from_score(double z) const {
  return kind_ == Kind::lognormal ? a_ * std::exp(b_ * z) : std::clamp(a_ + b_ * z, low_, high_);
}

double ScoreQuantile::from_tails(double u, double v) const {
  const double range = high_ - low_;
  switch (kind_) {
    case Kind::point:
      return a_;
    case Kind::uniform:
      return std::clamp(low_ + range * u, low_, high_);
    case Kind::triangular: {
      const double left = a_ - low_, right = high_ - a_;
      return u * range <= left ? low_ + std::sqrt(u * range * left) : high_ - std::sqrt(v * range * right);
    }
    case Kind::beta:
      return std::clamp(low_ + range * beta_quantile(a_, b_, u, v), low_, high_);
    case Kind::normal: {
      // From the tail that holds the range, so that a range far from the mean keeps its digits.
      const double p = at_low_.below * v + at_high_.below * u, q = at_low_.above * v + at_high_.above * u;
      const double score = p <= 0.5 ? lower_score(p) : -lower_score(q);
      return std::clamp(a_ + b_ * score, low_, high_);
    }
    case Kind::step: {
      // A level that is a cumulative probability but for rounding belongs to its own value.
      const auto at = std::lower_bound(cumulative_.begin(), cumulative_.end(), u - 1e-13);
      return support_[std::min(static_cast<std::size_t>(at - cumulative_.begin()), support_.size() - 1)];
    }
    case Kind::lognormal:
      break;
  }
  return from_score(u <= 0.5 ? lower_score(u) : -lower_score(v));
}

}  // namespace spillway
