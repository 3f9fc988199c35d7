#include "engine/estimate/panel/corrected_score.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/panel/corrected_score_kernel.hpp"

namespace spillway {

namespace {
constexpr std::ptrdiff_t kRowBlock = 4096;
constexpr int kMostLanes = 16;

/// From so many bytes on, working arrays of one kind are given back before those of another kind are filled:
/// at millions of areas they are the most that an estimate holds, below it fresh pages cost more than they
/// save.
constexpr std::size_t kLetGo = std::size_t{256} << 20;  // bytes

int padded(int lanes) { return (lanes + 3) / 4 * 4; }

template <typename T>
std::size_t bytes_of(const std::vector<T>& values) {
  return values.capacity() * sizeof(T);
}

template <typename... Vectors>
void let_go(Vectors&... vectors) {
  if ((bytes_of(vectors) + ...) >= kLetGo) ((vectors = Vectors()), ...);  // "= {}" would keep their room
}

/// q and its derivatives at theta, written into `score`.
class Evaluation {
 public:
  Evaluation(const TransformedPanel& panel, const SpatialWeights& weights, Parallelism parallelism)
      : panel_(panel), parallelism_(parallelism) {
    if (panel.lags > 0) {
      const auto& w = weights.matrix();
      recursion_.row_start = w.outerIndexPtr();
      recursion_.column = w.innerIndexPtr();
      recursion_.weight = w.valuePtr();
      weight_single_.assign(w.valuePtr(), w.valuePtr() + w.nonZeros());
      recursion_.weight_single = weight_single_.data();
    }
    recursion_.type = panel.type.data();
    recursion_.lags = panel.lags;
    recursion_.own_lags = panel.own_lags;
    recursion_.scale = -1.0 / (static_cast<double>(panel.periods) - 2.0);
  }

  /// score.q, and each area's part of it.
  void values(const Eigen::VectorXd& theta, CorrectedScore& score) {
    at(theta);
    area_value_.assign(static_cast<std::size_t>(panel_.areas * score.equations), 0.0);
    for (Eigen::Index first = 0; first < panel_.periods; first += kMostLanes)
      value_pass(theta, first, std::min<Eigen::Index>(kMostLanes, panel_.periods - first));
    score.q = Eigen::VectorXd::Zero(panel_.regressors());
    for (Eigen::Index i = 0; i < panel_.areas; ++i)
      for (int e = 0; e < score.equations; ++e)
        score.q(score.row(e, panel_.type[static_cast<std::size_t>(i)])) +=
            area_value_[static_cast<std::size_t>(i * score.equations + e)];
    ++score.evaluations;
  }

  /// score.residual, area_q and dq, after values() at the same theta; dq from every `stride`-th period,
  /// scaled up.
  void derivatives(const Eigen::VectorXd& theta, Eigen::Index stride, CorrectedScore& score) {
    at(theta);
    const int p = panel_.regressors();
    let_go(e_, state_[0], state_[1], state_[2]);
    residuals(panel_, theta, parallelism_, score.residual);
    score.area_q.assign(static_cast<std::size_t>(panel_.areas * score.equations * (1 + p)), 0.0);
    for (int first = 0; first < p; first += kMostLanes - 1)
      derivative_pass(first, std::min(kMostLanes - 1, p - first), stride, score);
    score.dq = Eigen::MatrixXd::Zero(p, p);
    for (Eigen::Index i = 0; i < panel_.areas; ++i)
      for (int e = 0; e < score.equations; ++e) {
        double* q = score.area_q.data() + (i * score.equations + e) * (1 + p);
        q[0] = area_value_[static_cast<std::size_t>(i * score.equations + e)];
        const int row = score.row(e, panel_.type[static_cast<std::size_t>(i)]);
        for (int d = 0; d < p; ++d) score.dq(row, d) += q[1 + d];
      }
    let_go(lane_q_, e_single_, state_single_[0], state_single_[1], state_single_[2]);
    const Eigen::Index used = (panel_.periods + stride - 1) / stride;
    score.dq *= static_cast<double>(panel_.periods) / static_cast<double>(used);
  }

  /// score.cell_q from score.residual: what the score of each area and period is off by on average.
  ///
  /// With k(s, m) the estimate of E[eps_is (W A_m eps_s)_i] (W left out for own lags), the mean of the score
  /// of period t is
  ///     -(1/T) sum_{s<t} k(s, t-1-s) - (1/T) sum_{u>t} k(t, u-1-t) + (1/T^2) sum_u sum_{s<u} k(s, u-1-s),
  /// whose sum over t is q. Demeaning shrinks e_s e_s' to (1 - 2/T) Omega_s + Omega_mean / T: undone here.
  void period_shares(const Eigen::VectorXd& theta, CorrectedScore& score) {
    at(theta);
    const Eigen::Index n = panel_.areas, periods = panel_.periods;
    const int equations = score.equations, lag_equations = score.lag_equations;
    const double T = static_cast<double>(periods);
    const auto wide = static_cast<std::size_t>(periods);
    score.cell_q.assign(static_cast<std::size_t>(n * equations) * wide, 0.0);
    e_.resize(static_cast<std::size_t>(n) * wide);
    for (auto& state : state_) state.assign(e_.size(), 0.0);
    for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (std::ptrdiff_t i = begin; i < end; ++i)
        for (Eigen::Index s = 0; s < periods; ++s)
          e_[static_cast<std::size_t>(i * periods + s)] = score.residual[static_cast<std::size_t>(s * n + i)];
    });
    double *z = state_[0].data(), *before = state_[1].data(), *next = state_[2].data();
    std::copy(e_.begin(), e_.end(), z);
    for (Eigen::Index m = 0; m <= periods - 2; ++m) {
      for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        std::vector<double> lag(wide, 0.0), lag_before(wide, 0.0), product(wide);
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const double* e = e_.data() + i * periods;
          const double *own = z + i * periods, *older = before + i * periods;
          const auto lag_of = [&](const double* state, std::vector<double>& out) {
            std::fill(out.begin(), out.end(), 0.0);
            for (int k = recursion_.row_start[i]; k < recursion_.row_start[i + 1]; ++k) {
              const double* other = state + static_cast<Eigen::Index>(recursion_.column[k]) * periods;
              for (std::size_t s = 0; s < wide; ++s) out[s] += recursion_.weight[k] * other[s];
            }
          };
          if (recursion_.row_start) lag_of(z, lag);
          if (recursion_.rho_2) lag_of(before, lag_before);
          for (int q = 0; q < equations; ++q) {
            const double* right = q < lag_equations                           ? lag.data()
                                  : q == lag_equations && panel_.own_lags > 0 ? own
                                  : q < lag_equations + panel_.own_lags       ? older
                                                                              : lag_before.data();
            double mean = 0.0;
            for (std::size_t s = 0; s < wide; ++s) mean += product[s] = e[s] * right[s];
            mean /= T;
            double common = 0.0;
            double* share = score.cell_q.data() + i * equations + q;
            for (Eigen::Index s = 0; s + 1 + m < periods; ++s) {
              const double part = (product[static_cast<std::size_t>(s)] - mean / (T - 1.0)) / (T - 2.0);
              share[s * n * equations] -= part;
              share[(s + 1 + m) * n * equations] -= part;
              common += part / T;
            }
            for (Eigen::Index t = 0; t < periods; ++t) share[t * n * equations] += common;
          }
          const double rho = recursion_.row_start ? recursion_.rho[recursion_.type[i]] : 0.0;
          const double rho_2 = recursion_.rho_2 ? recursion_.rho_2[recursion_.type[i]] : 0.0;
          for (std::size_t s = 0; s < wide; ++s)
            next[static_cast<std::size_t>(i * periods) + s] = rho * lag[s] + rho_2 * lag_before[s] +
                                                              recursion_.phi[0] * own[s] +
                                                              recursion_.phi[1] * older[s];
        }
      });
      std::swap(before, next);
      std::swap(z, before);
    }
  }

 private:
  void at(const Eigen::VectorXd& theta) {
    recursion_.rho = theta.data();
    for (int l = 0; l < panel_.own_lags; ++l) recursion_.phi[l] = theta(panel_.lags + l);
    if (panel_.second_lags > 0) recursion_.rho_2 = theta.data() + panel_.lags + panel_.own_lags;
  }

  double coefficient(Eigen::Index s, Eigen::Index m) const {
    const double periods = static_cast<double>(panel_.periods);
    return (m <= panel_.periods - 2 - s ? 1.0 : 0.0) -
           static_cast<double>(panel_.periods - 1 - m) / (periods * (periods - 1.0));
  }

  void value_pass(const Eigen::VectorXd& theta, Eigen::Index first, Eigen::Index count) {
    const Eigen::Index n = panel_.areas, periods = panel_.periods;
    const int lanes = padded(static_cast<int>(count)), p = panel_.regressors();
    const ScoreKernels kernel = SPILLWAY_AT_LEVEL(score_kernels)(lanes);
    e_.resize(static_cast<std::size_t>(n * lanes));
    for (auto& state : state_) state.resize(e_.size());
    double c[kMostLanes] = {};
    const auto set = [&](Eigen::Index m) {
      for (Eigen::Index l = 0; l < count; ++l) c[l] = coefficient(first + l, m);
    };
    ScoreValues step;
    step.coefficient = c;
    step.e = e_.data();
    step.q = area_value_.data();
    double *z = state_[0].data(), *before = state_[1].data(), *next = state_[2].data();
    set(periods - 2);
    for_each_block(n, 512, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (int l = 0; l < lanes; ++l)
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          double e = 0.0;
          if (l < count) {
            const double* row = panel_.row(first + l, i);
            e = row[p];
            for (int f = 0; f < p; ++f) e -= row[f] * theta(f);
          }
          e_[static_cast<std::size_t>(i * lanes + l)] = e;
          z[i * lanes + l] = c[l] * e;
        }
      std::fill(before + begin * lanes, before + end * lanes, 0.0);
    });
    for (Eigen::Index m = periods - 3; m >= 0; --m) {
      set(m);
      step.z = z;
      step.z_before = before;
      step.out = next;
      for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        kernel.value_step(recursion_, step, begin, end);
      });
      std::swap(before, next);
      std::swap(z, before);
    }
    step.z = z;
    step.z_before = before;
    for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      kernel.value_finish(recursion_, step, begin, end);
    });
  }

  void derivative_pass(int first, int count, Eigen::Index stride, CorrectedScore& score) {
    const Eigen::Index n = panel_.areas, periods = panel_.periods;
    const int p = panel_.regressors(), lanes = padded(1 + count), equations = score.equations;
    const ScoreKernels kernel = SPILLWAY_AT_LEVEL(score_kernels)(lanes);
    e_single_.resize(static_cast<std::size_t>(n * lanes));
    for (auto& state : state_single_) state.resize(e_single_.size());
    lane_q_.assign(static_cast<std::size_t>(n * equations * lanes), 0.0);
    ScoreDerivatives step;
    step.first = first;
    step.derivatives = count;
    step.e = e_single_.data();
    step.q = lane_q_.data();
    for (Eigen::Index s = 0; s < periods; s += stride) {
      float *z = state_single_[0].data(), *before = state_single_[1].data(), *next = state_single_[2].data();
      const float start = static_cast<float>(coefficient(s, periods - 2));
      for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const double* tilde = panel_.row(s, i) + first;
          float* e = e_single_.data() + i * lanes;
          e[0] = static_cast<float>(score.residual[static_cast<std::size_t>(s * n + i)]);
          for (int d = 0; d < count; ++d) e[1 + d] = -static_cast<float>(tilde[d]);
          for (int l = 1 + count; l < lanes; ++l) e[l] = 0.0f;
          for (int l = 0; l < lanes; ++l) {
            z[i * lanes + l] = start * e[l];
            before[i * lanes + l] = 0.0f;
          }
        }
      });
      for (Eigen::Index m = periods - 3; m >= 0; --m) {
        step.coefficient = static_cast<float>(coefficient(s, m));
        step.z = z;
        step.z_before = before;
        step.out = next;
        for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
          kernel.derivative_step(recursion_, step, begin, end);
        });
        std::swap(before, next);
        std::swap(z, before);
      }
      step.z = z;
      step.z_before = before;
      for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        kernel.derivative_finish(recursion_, step, begin, end);
      });
    }
    for (Eigen::Index k = 0; k < n * equations; ++k)
      for (int d = 0; d < count; ++d)
        score.area_q[static_cast<std::size_t>(k * (1 + p) + 1 + first + d)] =
            lane_q_[static_cast<std::size_t>(k * lanes + 1 + d)];
  }

  const TransformedPanel& panel_;
  Parallelism parallelism_;
  ScoreRecursion recursion_;
  std::vector<float> weight_single_, e_single_, state_single_[3];
  std::vector<double> e_, state_[3], lane_q_, area_value_;
};

/// Newton on scaled unknowns, so that units of x decide nothing; false: singular or not finite.
bool newton_step(const Eigen::MatrixXd& jacobian, const Eigen::VectorXd& gradient,
                 const Eigen::VectorXd& unit, Eigen::VectorXd& step) {
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(unit.asDiagonal() * jacobian * unit.asDiagonal());
  if (!lu.isInvertible()) return false;
  step = unit.asDiagonal() * lu.solve(unit.asDiagonal() * gradient);
  return step.allFinite();
}

/// Largest change of a dynamic coefficient; a larger one than 0.3 is cut to it.
double capped(Eigen::VectorXd& step, int dynamic) {
  constexpr double largest = 0.3;
  const double size = dynamic > 0 ? step.head(dynamic).cwiseAbs().maxCoeff() : 0.0;
  if (size > largest) step *= largest / size;
  return size;
}
}  // namespace

CorrectedScore corrected_score(const TransformedPanel& panel, const LeastSquares& within,
                               const SpatialWeights& weights, Parallelism parallelism) {
  CorrectedScore score;
  const int p = panel.regressors(), dynamic = panel.dynamic();
  score.lags = panel.lags;
  score.lag_equations = panel.lags > 0 ? 1 : 0;
  score.own_lags = panel.own_lags;
  score.equations = score.lag_equations + panel.own_lags + (panel.second_lags > 0 ? 1 : 0);
  score.coefficients = within.coefficients;
  if (panel.periods < 4) {
    score.status = CorrectedScore::Status::too_short;
    return score;
  }
  Evaluation evaluation(panel, weights, parallelism);
  const Eigen::VectorXd unit = within.cross.diagonal().cwiseSqrt().cwiseInverse();
  const auto gradient = [&] {
    return Eigen::VectorXd(within.target - within.cross * score.coefficients - score.q);
  };
  constexpr double near = 1e-5, tolerance = 1e-6, too_far = 3.0;
  constexpr int most_quick = 12, most = 50;

  // Towards the root on a cheap Jacobian, kept up by Broyden's updates in scaled unknowns.
  evaluation.values(score.coefficients, score);
  evaluation.derivatives(score.coefficients, 3, score);
  Eigen::MatrixXd jacobian = within.cross + score.dq;
  Eigen::VectorXd g = gradient(), step;
  bool settled = false;
  while (!settled && score.evaluations < most_quick && newton_step(jacobian, g, unit, step)) {
    const double size = capped(step, dynamic);
    score.coefficients += step;
    if (dynamic > 0 && score.coefficients.head(dynamic).cwiseAbs().maxCoeff() > too_far) break;
    evaluation.values(score.coefficients, score);
    settled = size < near;
    const Eigen::VectorXd moved = gradient() - g, scaled = step.cwiseQuotient(unit.cwiseAbs2());
    if (const double length = scaled.dot(step); length > 0.0)
      jacobian -= (moved + jacobian * step) * scaled.transpose() / length;
    g = gradient();
  }
  if (!settled) {
    score.coefficients = within.coefficients;
    evaluation.values(score.coefficients, score);
  }
  // The exact derivatives: one step where the quick way settled, Newton from the within estimate where not.
  while (score.evaluations < most) {
    evaluation.derivatives(score.coefficients, 1, score);
    score.jacobian = within.cross + score.dq;
    if (!newton_step(score.jacobian, gradient(), unit, step)) return score;
    const double size = capped(step, dynamic);
    score.coefficients += step;
    if (dynamic > 0 && score.coefficients.head(dynamic).cwiseAbs().maxCoeff() > too_far) return score;
    if (size < (settled ? near : tolerance)) {
      // The last step is so small that q moves along its derivative to within the square of it.
      score.q += score.dq * step;
      for (Eigen::Index k = 0; k < panel.areas * score.equations; ++k) {
        double* q = score.area_q.data() + k * (1 + p);
        for (int d = 0; d < p; ++d) q[0] += q[1 + d] * step(d);
      }
      residuals(panel, score.coefficients, parallelism, score.residual);
      evaluation.period_shares(score.coefficients, score);
      score.status = CorrectedScore::Status::found;
      return score;
    }
    evaluation.values(score.coefficients, score);
  }
  return score;
}

}  // namespace spillway
