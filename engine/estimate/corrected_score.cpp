#include "engine/estimate/corrected_score.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/instruction_set.hpp"
#include "engine/estimate/corrected_score_kernel.hpp"

namespace spillway {

namespace {
constexpr std::ptrdiff_t kRowBlock = 4096;
constexpr int kMostDerivatives = 15;  ///< beside one value in 16 lanes; more regressors take several passes

ScoreKernels kernels(int lanes) {
  switch (instruction_set()) {
    case InstructionSet::v4: return score_kernels_v4(lanes);
    case InstructionSet::v3: return score_kernels_v3(lanes);
    case InstructionSet::v2: break;
  }
  return score_kernels_here(lanes);
}

int padded(int lanes) {
  for (const int width : {2, 4, 6, 8, 12})
    if (lanes <= width) return width;
  return 16;
}

/// q and its derivatives at theta, written into `score`.
class Evaluation {
 public:
  Evaluation(const TransformedPanel& panel, const SpatialWeights& weights, Parallelism parallelism)
      : panel_(panel), weights_(weights), parallelism_(parallelism) {}

  void run(const Eigen::VectorXd& theta, CorrectedScore& score) {
    const Eigen::Index n = panel_.areas;
    const int p = panel_.regressors(), equations = score.equations;
    score.residual = residuals(panel_, theta, parallelism_);
    score.area_q.assign(static_cast<std::size_t>(n * equations * (1 + p)), 0.0);
    score.cell_q.assign(static_cast<std::size_t>(panel_.periods * n * equations), 0.0);
    for (int first = 0; first < p; first += kMostDerivatives)
      pass(theta, first, std::min(kMostDerivatives, p - first), score);
    sum(score);
    ++score.evaluations;
  }

 private:
  void pass(const Eigen::VectorXd& theta, int first, int derivatives, CorrectedScore& score) {
    const Eigen::Index n = panel_.areas, periods = panel_.periods;
    const int p = panel_.regressors(), stride = panel_.stride(), equations = score.equations;
    const int lanes = padded(1 + derivatives);
    const ScoreKernels kernel = kernels(lanes);
    const double t_count = static_cast<double>(periods);
    const std::size_t size = static_cast<std::size_t>(n * lanes);
    e_.resize(size);
    for (auto& state : state_) state.resize(size);
    area_.assign(static_cast<std::size_t>(n * equations * lanes), 0.0);
    ScoreStep step;
    if (panel_.lags > 0) {
      step.row_start = weights_.matrix().outerIndexPtr();
      step.column = weights_.matrix().innerIndexPtr();
      step.weight = weights_.matrix().valuePtr();
    }
    step.type = panel_.type.data();
    step.rho = theta.data();
    step.lags = panel_.lags;
    step.own_lags = panel_.own_lags;
    for (int l = 0; l < panel_.own_lags; ++l) step.phi[l] = theta(panel_.lags + l);
    step.first_derivative = first;
    step.derivatives = derivatives;
    step.scale = -1.0 / (t_count - 2.0);
    step.e = e_.data();
    step.area_q = area_.data();
    for (Eigen::Index s = 0; s < periods; ++s) {
      const auto coefficient = [&](Eigen::Index m) {
        return (m <= periods - 2 - s ? 1.0 : 0.0) - static_cast<double>(periods - 1 - m) / (t_count * (t_count - 1.0));
      };
      double* z = state_[0].data();
      double* before = state_[1].data();
      double* next = state_[2].data();
      for_each_block(n, kRowBlock, parallelism_, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const double* tilde = panel_.tilde.data() + (s * n + i) * stride + first;
          double* e = e_.data() + i * lanes;
          e[0] = score.residual[static_cast<std::size_t>(s * n + i)];
          for (int d = 0; d < derivatives; ++d) e[1 + d] = -tilde[d];
          for (int l = 1 + derivatives; l < lanes; ++l) e[l] = 0.0;
          for (int l = 0; l < lanes; ++l) {
            z[i * lanes + l] = coefficient(periods - 2) * e[l];
            before[i * lanes + l] = 0.0;
          }
        }
      });
      for (Eigen::Index m = periods - 3; m >= 0; --m) {
        step.coefficient = coefficient(m);
        step.z = z;
        step.z_before = before;
        step.out = next;
        for_each_block(n, kRowBlock, parallelism_,
                       [&](std::ptrdiff_t begin, std::ptrdiff_t end) { kernel.step(step, begin, end); });
        std::swap(before, next);
        std::swap(z, before);
      }
      step.z = z;
      step.z_before = before;
      step.cell_q = first == 0 ? score.cell_q.data() + s * n * equations : nullptr;
      for_each_block(n, kRowBlock, parallelism_,
                     [&](std::ptrdiff_t begin, std::ptrdiff_t end) { kernel.finish(step, begin, end); });
    }
    for (Eigen::Index k = 0; k < n * equations; ++k) {
      double* out = score.area_q.data() + k * (1 + p);
      const double* in = area_.data() + k * lanes;
      out[0] = in[0];
      for (int d = 0; d < derivatives; ++d) out[1 + first + d] = in[1 + d];
    }
  }

  /// Totals over areas, in area order.
  void sum(CorrectedScore& score) const {
    const int p = panel_.regressors();
    score.q = Eigen::VectorXd::Zero(p);
    score.dq = Eigen::MatrixXd::Zero(p, p);
    for (Eigen::Index i = 0; i < panel_.areas; ++i)
      for (int e = 0; e < score.equations; ++e) {
        const double* q = score.area_q.data() + (i * score.equations + e) * (1 + p);
        const int row = score.row(e, panel_.type[static_cast<std::size_t>(i)]);
        score.q(row) += q[0];
        for (int d = 0; d < p; ++d) score.dq(row, d) += q[1 + d];
      }
  }

  const TransformedPanel& panel_;
  const SpatialWeights& weights_;
  Parallelism parallelism_;
  std::vector<double> e_, state_[3], area_;
};
}  // namespace

CorrectedScore corrected_score(const TransformedPanel& panel, const LeastSquares& within, const SpatialWeights& weights,
                               Parallelism parallelism) {
  CorrectedScore score;
  const int p = panel.regressors(), dynamic = panel.lags + panel.own_lags;
  score.lags = panel.lags;
  score.lag_equations = panel.lags > 0 ? 1 : 0;
  score.equations = score.lag_equations + panel.own_lags;
  score.coefficients = within.coefficients;
  if (panel.periods < 4) {
    score.status = CorrectedScore::Status::too_short;
    return score;
  }
  Evaluation evaluation(panel, weights, parallelism);
  const Eigen::VectorXd unit = within.cross.diagonal().cwiseSqrt().cwiseInverse();  // so units of x decide nothing
  constexpr int most_evaluations = 50;
  constexpr double largest_step = 0.3, tolerance = 1e-6;
  while (score.evaluations < most_evaluations) {
    evaluation.run(score.coefficients, score);
    score.jacobian = within.cross + score.dq;
    const Eigen::VectorXd gradient = within.target - within.cross * score.coefficients - score.q;
    const Eigen::FullPivLU<Eigen::MatrixXd> lu(unit.asDiagonal() * score.jacobian * unit.asDiagonal());
    if (!lu.isInvertible()) return score;
    Eigen::VectorXd step = unit.asDiagonal() * lu.solve(unit.asDiagonal() * gradient);
    if (!step.allFinite()) return score;
    const double size = dynamic > 0 ? step.head(dynamic).cwiseAbs().maxCoeff() : 0.0;
    if (size > largest_step) step *= largest_step / size;
    score.coefficients += step;
    if (dynamic > 0 && score.coefficients.head(dynamic).cwiseAbs().maxCoeff() > 3.0) return score;
    if (size < tolerance) {
      // The last step is so small that q moves along its derivative to within the square of it.
      score.q += score.dq * step;
      for (Eigen::Index k = 0; k < panel.areas * score.equations; ++k) {
        double* q = score.area_q.data() + k * (1 + p);
        for (int d = 0; d < p; ++d) q[0] += q[1 + d] * step(d);
      }
      score.residual = residuals(panel, score.coefficients, parallelism);
      score.status = CorrectedScore::Status::found;
      return score;
    }
  }
  return score;
}

}  // namespace spillway
