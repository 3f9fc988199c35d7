#include "engine/estimate/iv/iv_estimators.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/iv/iv_jackknife.hpp"

namespace spillway {

SymmetricSolve solve_symmetric(const Eigen::MatrixXd& matrix, const Eigen::MatrixXd& right) {
  SymmetricSolve solved;
  const Eigen::Index m = matrix.rows();
  if (m == 0) {
    solved.value = right;
    return solved;
  }
  if (!(matrix.diagonal().minCoeff() > 0) || !matrix.allFinite()) {
    solved.status = SymmetricSolve::Status::singular;
    return solved;
  }
  const Eigen::VectorXd scale = matrix.diagonal().cwiseSqrt().cwiseInverse();
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(scale.asDiagonal() * matrix * scale.asDiagonal());
  if (!(eigen.eigenvalues()(0) > 1e-12 * eigen.eigenvalues()(m - 1))) {
    solved.status = SymmetricSolve::Status::singular;
    return solved;
  }
  const Eigen::MatrixXd turned = eigen.eigenvectors().transpose() * (scale.asDiagonal() * right);
  solved.value = scale.asDiagonal() *
                 (eigen.eigenvectors() * (eigen.eigenvalues().cwiseInverse().asDiagonal() * turned));
  return solved;
}

namespace {

/// (k + p) x (k + p): coefficients on the centred columns from sums of [x^ u, w u].
Eigen::MatrixXd k_class_influence(const IvDesign& design, const Eigen::MatrixXd& bread) {
  const Eigen::Index k = design.endogenous, p = design.controls;
  Eigen::MatrixXd map = Eigen::MatrixXd::Zero(k + p, k + p);
  map.topLeftCorner(k, k) = bread;
  map.bottomRightCorner(p, p) = design.w_inverse;
  map.bottomLeftCorner(p, k) = -design.s_on_w * bread;
  return map;
}

Eigen::VectorXd leverages(const Eigen::MatrixXd& basis, const Eigen::MatrixXd& inverse_gram,
                          const IvDesign& design, const CrossSection& data) {
  Eigen::VectorXd h = ((basis * inverse_gram).array() * basis.array()).rowwise().sum();
  h += ((design.w * design.w_inverse).array() * design.w.array()).rowwise().sum().matrix();
  for (const auto& effect : data.fixed_effects) {  // exact for one effect
    Eigen::VectorXd total = Eigen::VectorXd::Zero(*std::max_element(effect.begin(), effect.end()) + 1);
    for (Eigen::Index i = 0; i < h.size(); ++i)
      total(effect[static_cast<std::size_t>(i)]) += design.root_weight(i) * design.root_weight(i);
    for (Eigen::Index i = 0; i < h.size(); ++i)
      h(i) += design.root_weight(i) * design.root_weight(i) / total(effect[static_cast<std::size_t>(i)]);
  }
  return h;
}

/// Squares of what each row adds to each coefficient (map times its instruments), summed by cluster.
ClusterSupport support_of(const Eigen::MatrixXd& map, const Eigen::MatrixXd& basis,
                          const MomentCovariance& moments) {
  ClusterSupport support;
  const CovarianceKind kind = moments.config().kind;
  if (map.rows() == 0) return support;
  if (!moments.clustered() && kind != CovarianceKind::hc0 && kind != CovarianceKind::hc1 &&
      kind != CovarianceKind::hc2 && kind != CovarianceKind::hc3)
    return support;
  const Eigen::MatrixXd squares = (map * basis.transpose()).cwiseAbs2();
  if (!moments.clustered()) {
    support = {effective_clusters(squares), "rows", static_cast<double>(basis.rows())};
    return support;
  }
  for (const auto& way : moments.ways()) {
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(squares.rows(), way.count);
    for (Eigen::Index i = 0; i < squares.cols(); ++i)
      sums.col(way.of_row[static_cast<std::size_t>(i)]) += squares.col(i);
    const Eigen::VectorXd effective = effective_clusters(sums);
    if (support.effective.size() == 0 || effective.minCoeff() < support.effective.minCoeff())
      support = {effective, way.column, static_cast<double>(way.count)};
  }
  return support;
}

}  // namespace

IvSolution fit_k_class(const IvDesign& design, const MomentCovariance& moments, const CrossSection& data,
                       const std::string& name, double kappa) {
  IvSolution solution;
  solution.estimator = name;
  solution.kappa = kappa;
  solution.j = std::numeric_limits<double>::quiet_NaN();
  const Eigen::Index k = design.endogenous;
  Eigen::MatrixXd projected = design.s, a = design.ss;
  Eigen::VectorXd b = design.sy;
  if (kappa != 0.0) {
    const Eigen::MatrixXd first_stage = design.zz.ldlt().solve(design.zs);
    projected = design.z * first_stage;
    a = (1.0 - kappa) * design.ss + kappa * (design.zs.transpose() * first_stage);
    b = (1.0 - kappa) * design.sy + kappa * (first_stage.transpose() * design.zy);
  }
  // Rank is judged by pivots, so regressors come to one size first: a share beside a population is no zero.
  const Eigen::VectorXd unit = exact_units(design.ss.diagonal());
  const Eigen::FullPivLU<Eigen::MatrixXd> lu(unit.asDiagonal() * a * unit.asDiagonal());
  const Eigen::MatrixXd bread = unit.asDiagonal() * lu.inverse() * unit.asDiagonal();
  if (k && !(lu.isInvertible() && bread.allFinite()))
    throw NumericalError(fmt::format(
        "model '{}', cell {}: {} is not identified (the instruments do not move the endogenous regressors)",
        data.model, data.cell, name));
  solution.beta = bread * b;
  solution.residual = design.y - design.s * solution.beta;
  solution.coefficients = design.raw(solution.beta, design.y_on_w - design.s_on_w * solution.beta);

  const double parameters = design.parameters();
  const auto& config = moments.config();
  Eigen::MatrixXd basis(design.rows, k + design.controls);
  basis << projected, design.w;
  const Eigen::MatrixXd map = design.raw_map() * k_class_influence(design, bread);
  solution.support = support_of(map, basis, moments);
  if (config.small_sample == SmallSample::cr3 && config.kind == CovarianceKind::cluster) {
    solution.covariance = jackknife_covariance(design, moments.ways()[0], kappa, solution);
    return solution;
  }
  Eigen::VectorXd residual = solution.residual;
  if (config.kind == CovarianceKind::hc2 || config.kind == CovarianceKind::hc3) {
    Eigen::ArrayXd kept =
        1.0 - leverages(projected,
                        (projected.transpose() * projected).ldlt().solve(Eigen::MatrixXd::Identity(k, k)),
                        design, data)
                  .array();
    // A row with a parameter of its own has no residual, and nothing to divide it by: it adds no score. The
    // parameter rests on one row and gets no standard error.
    if (const auto own = (kept < 1e-10).count(); own > 0) {
      residual = (kept < 1e-10).select(0.0, residual);
      kept = kept.max(1e-10);
      solution.notes.push_back(
          fmt::format("{} row(s) have leverage 1 (a parameter of their own): they add nothing to {}", own,
                      name_of(config.kind)));
    }
    residual.array() /= config.kind == CovarianceKind::hc2 ? Eigen::ArrayXd(kept.sqrt()) : kept;
    if (data.fixed_effects.size() > 1)
      solution.notes.push_back("leverages count each absorbed effect alone (exact for one effect)");
  }
  Meat meat = moments.meat(basis, residual);
  // Under iid errors ivreg2 and linearmodels have s2 A^-1 for LIML and Fuller, that is, A itself for x^'x^.
  if (config.kind == CovarianceKind::iid)
    meat.value.topLeftCorner(k, k) = residual.squaredNorm() / static_cast<double>(design.rows) * a;
  solution.definite = meat.definite;
  solution.covariance = moments.small_sample_factor(parameters) * (map * meat.value * map.transpose());
  return solution;
}

double liml_kappa(const IvDesign& design) {
  const Eigen::Index k = design.endogenous;
  Eigen::MatrixXd all(k + 1, k + 1), cross(design.instruments, k + 1);
  all << design.yy, design.sy.transpose(), design.sy, design.ss;
  cross << design.zy, design.zs;
  const Eigen::MatrixXd unexplained = all - cross.transpose() * design.zz.ldlt().solve(cross);
  const Eigen::VectorXd scale = all.diagonal().cwiseSqrt().cwiseInverse();
  Eigen::GeneralizedSelfAdjointEigenSolver<Eigen::MatrixXd> eigen(
      scale.asDiagonal() * all * scale.asDiagonal(), scale.asDiagonal() * unexplained * scale.asDiagonal(),
      Eigen::EigenvaluesOnly);
  return eigen.eigenvalues()(0);
}

IvSolution fit_gmm(const IvDesign& design, const MomentCovariance& moments, const std::string& name,
                   int most_steps) {
  IvSolution solution;
  solution.estimator = name;
  solution.kappa = std::numeric_limits<double>::quiet_NaN();
  const Eigen::Index k = design.endogenous, l = design.instruments, p = design.controls;
  const Eigen::MatrixXd first_stage = design.zz.ldlt().solve(design.zs);
  Eigen::VectorXd beta =
      (design.zs.transpose() * first_stage).ldlt().solve(first_stage.transpose() * design.zy);
  Eigen::MatrixXd instruments(design.rows, l + p);
  instruments << design.z, design.w;
  Eigen::MatrixXd weighted_zs, bread, s_wz, projector;
  Eigen::VectorXd shift = Eigen::VectorXd::Zero(p);
  solution.residual = design.y - design.s * beta;
  for (int step = 2; step <= most_steps; ++step) {
    const Meat meat = moments.meat(instruments, solution.residual);
    if (meat.definite == Meat::Definite::cut) solution.definite = meat.definite;
    SymmetricSolve solved = solve_symmetric(meat.value.topLeftCorner(l, l), Eigen::MatrixXd::Identity(l, l));
    if (solved.status == SymmetricSolve::Status::singular)
      throw NumericalError(
          fmt::format("{}: the covariance of the {} moments is singular (too few clusters for the "
                      "instruments; use fewer instruments or 2sls)",
                      name, l));
    weighted_zs = solved.value * design.zs;
    bread = (design.zs.transpose() * weighted_zs).ldlt().solve(Eigen::MatrixXd::Identity(k, k));
    projector = bread * weighted_zs.transpose();
    s_wz = meat.value.bottomLeftCorner(p, l) * solved.value;  // regression of w's moments on z's
    const Eigen::VectorXd next = projector * design.zy, moment = design.zy - design.zs * next;
    solution.j = moment.dot(solved.value * moment);
    solution.steps = step;
    // Weighted moments of w are not zero: w's coefficients take what the correlation with z's moments leaves.
    shift = design.w_inverse * (s_wz * moment);
    solution.residual = design.y - design.s * next + design.w * shift;
    const double moved = (next - beta).cwiseAbs().maxCoeff(), size = next.cwiseAbs().maxCoeff();
    beta = next;
    if (step > 2 && moved <= 1e-10 * size) break;
    if (step == most_steps && most_steps > 2)
      throw NumericalError(
          fmt::format("{} did not converge in {} steps (last change {:.2g}; use the two-step estimator)",
                      name, most_steps, moved));
  }
  solution.beta = beta;
  const Eigen::VectorXd gamma = design.y_on_w - design.s_on_w * beta - shift;
  solution.coefficients = design.raw(beta, gamma);
  Eigen::MatrixXd map = Eigen::MatrixXd::Zero(k + p, l + p);
  map.topLeftCorner(k, l) = projector;
  map.bottomLeftCorner(p, l) =
      -design.w_inverse * s_wz - (design.s_on_w - design.w_inverse * s_wz * design.zs) * projector;
  map.bottomRightCorner(p, p) = design.w_inverse;
  const Meat last = moments.meat(instruments, solution.residual);
  const Eigen::MatrixXd raw = design.raw_map() * map;
  solution.support = support_of(raw, instruments, moments);
  solution.covariance =
      moments.small_sample_factor(design.parameters()) * (raw * last.value * raw.transpose());
  return solution;
}

}  // namespace spillway
