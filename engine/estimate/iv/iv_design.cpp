#include "engine/estimate/iv/iv_design.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"

namespace spillway {

namespace {

/// Columns with less than this share of their variation left after the columns before them count as
/// collinear.
constexpr double collinear = 1e-10;

/// Cholesky in order with dropping: which columns of the Gram matrix are independent of those before them.
std::vector<Eigen::Index> independent(const Eigen::MatrixXd& gram, const Eigen::VectorXd& size) {
  const Eigen::Index m = gram.rows();
  std::vector<Eigen::Index> kept;
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(m, m);  // row j: scaled coordinates of column j
  for (Eigen::Index j = 0; j < m; ++j) {
    if (!(size(j) > 0)) continue;
    Eigen::VectorXd coordinates = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(kept.size()));
    double left = gram(j, j) / (size(j) * size(j));
    for (std::size_t a = 0; a < kept.size(); ++a) {
      const Eigen::Index i = kept[a], q = static_cast<Eigen::Index>(a);
      const double dot = gram(i, j) / (size(i) * size(j));
      coordinates(q) = (dot - factor.row(i).head(q).dot(coordinates.head(q))) / factor(i, q);
      left -= coordinates(q) * coordinates(q);
    }
    if (left <= collinear) continue;
    const auto q = static_cast<Eigen::Index>(kept.size());
    factor.row(j).head(q) = coordinates;
    factor(j, q) = std::sqrt(left);
    kept.push_back(j);
  }
  return kept;
}

Eigen::MatrixXd columns_of(const Eigen::MatrixXd& from, const std::vector<Eigen::Index>& kept) {
  Eigen::MatrixXd to(from.rows(), static_cast<Eigen::Index>(kept.size()));
  for (std::size_t j = 0; j < kept.size(); ++j) to.col(static_cast<Eigen::Index>(j)) = from.col(kept[j]);
  return to;
}

std::vector<std::string> names_of(const std::vector<std::string>& from,
                                  const std::vector<Eigen::Index>& kept) {
  std::vector<std::string> to;
  for (const auto j : kept) to.push_back(from[static_cast<std::size_t>(j)]);
  return to;
}

void say_dropped(const std::vector<std::string>& all, const std::vector<std::string>& kept,
                 const std::string& role, const std::string& why, std::vector<std::string>& notes) {
  std::vector<std::string> dropped;
  std::size_t next = 0;
  for (const auto& name : all) {
    if (next < kept.size() && kept[next] == name)
      ++next;
    else
      dropped.push_back(name);
  }
  if (!dropped.empty())
    notes.push_back(fmt::format("dropped {} {} ({})", role, fmt::join(dropped, ", "), why));
}

/// (X'X)^-1 by scaled Cholesky.
Eigen::MatrixXd inverse_gram(const Eigen::MatrixXd& gram) {
  if (gram.rows() == 0) return gram;
  const Eigen::VectorXd scale = gram.diagonal().cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd unit = scale.asDiagonal() * gram * scale.asDiagonal();
  const Eigen::MatrixXd inverse = unit.llt().solve(Eigen::MatrixXd::Identity(gram.rows(), gram.rows()));
  return scale.asDiagonal() * inverse * scale.asDiagonal();
}

}  // namespace

std::vector<std::string> IvDesign::names() const {
  std::vector<std::string> all = endogenous_names;
  all.insert(all.end(), control_names.begin(), control_names.end());
  return all;
}

Eigen::MatrixXd IvDesign::raw_map() const {
  Eigen::MatrixXd map = Eigen::MatrixXd::Identity(coefficients(), coefficients());
  if (constant == Constant::present) {
    const Eigen::Index last = coefficients() - 1;
    map.row(last).head(endogenous) = -s_mean.transpose();
    map.row(last).segment(endogenous, controls - 1) = -w_mean.transpose();
  }
  return map;
}

Eigen::VectorXd IvDesign::raw(const Eigen::VectorXd& beta, const Eigen::VectorXd& gamma) const {
  Eigen::VectorXd centred(coefficients());
  centred << beta, gamma;
  Eigen::VectorXd value = raw_map() * centred;
  if (constant == Constant::present) value(coefficients() - 1) += y_mean;
  return value;
}

IvDesign iv_design(const CrossSection& data) {
  IvDesign design;
  const Eigen::Index n = data.y.size(), k = data.endogenous.cols(), l = data.instruments.cols(),
                     c = data.controls.cols();
  design.rows = n;
  design.constant = data.fixed_effects.empty() ? IvDesign::Constant::present : IvDesign::Constant::absorbed;
  design.effects = absorbed_degrees(data.fixed_effects);
  design.endogenous_names = data.endogenous_names;

  // One block [controls | y | s | z]: centred or absorbed, then weighted.
  Eigen::MatrixXd all(n, c + 1 + k + l);
  all << data.controls, data.y, data.endogenous, data.instruments;
  Eigen::VectorXd weight;
  design.root_weight = Eigen::VectorXd::Ones(n);
  if (data.weight.size()) {
    weight = data.weight * (static_cast<double>(n) / data.weight.sum());
    design.root_weight = weight.cwiseSqrt();
  }
  const Eigen::RowVectorXd mean = weight.size()
                                      ? Eigen::RowVectorXd(weight.transpose() * all / static_cast<double>(n))
                                      : Eigen::RowVectorXd(all.colwise().mean());
  all.rowwise() -= mean;
  const auto norms = [&] {
    return weight.size()
               ? Eigen::VectorXd(
                     (all.array().square().colwise() * weight.array()).colwise().sum().sqrt().transpose())
               : Eigen::VectorXd(all.colwise().norm().transpose());
  };
  Eigen::VectorXd size = norms();  // of the centred columns: what "left over" is measured against
  for (Eigen::Index j = 0; j < all.cols(); ++j)
    if (size(j) <= 1e-12 * std::sqrt(static_cast<double>(n)) * std::abs(mean(j)))
      size(j) = 0.0;  // a constant
  design.y_mean = 0.0;
  if (design.constant == IvDesign::Constant::present) {
    design.y_mean = mean(c);
    design.s_mean = mean.segment(c + 1, k).transpose();
  } else {
    absorb(all, data.fixed_effects, weight);
  }
  if (weight.size()) all = design.root_weight.asDiagonal() * all;

  const Eigen::MatrixXd gram = all.transpose() * all;
  const auto kept = independent(gram.topLeftCorner(c, c), size.head(c));
  design.control_names = names_of(data.control_names, kept);
  say_dropped(data.control_names, design.control_names, "control",
              design.constant == IvDesign::Constant::present
                  ? "constant, or a linear combination of the controls before it"
                  : "constant within the absorbed effects, or a linear combination of the controls before it",
              design.notes);
  design.controls = static_cast<Eigen::Index>(kept.size());
  design.w_mean.resize(design.controls);
  for (std::size_t j = 0; j < kept.size(); ++j) design.w_mean(static_cast<Eigen::Index>(j)) = mean(kept[j]);
  design.w.resize(n, design.controls + (design.constant == IvDesign::Constant::present ? 1 : 0));
  design.w.leftCols(design.controls) = columns_of(all.leftCols(c), kept);
  if (design.constant == IvDesign::Constant::present) {
    design.w.col(design.controls) = design.root_weight;
    design.control_names.push_back("(Intercept)");
    ++design.controls;
  }

  // Partial out; where controls are nearly collinear (a variance inflation above 1,000) a second pass removes
  // what rounding left.
  Eigen::MatrixXd rest = all.rightCols(1 + k + l);
  const Eigen::MatrixXd controls_gram = design.w.transpose() * design.w;
  design.w_inverse = inverse_gram(controls_gram);
  Eigen::MatrixXd on_w = design.w_inverse * (design.w.transpose() * rest);
  rest.noalias() -= design.w * on_w;
  if (design.controls &&
      controls_gram.diagonal().cwiseProduct(design.w_inverse.diagonal()).maxCoeff() > 1e3) {
    const Eigen::MatrixXd again = design.w_inverse * (design.w.transpose() * rest);
    rest.noalias() -= design.w * again;
    on_w += again;
  }

  const Eigen::MatrixXd left = rest.transpose() * rest;
  const auto kept_s = independent(left.block(1, 1, k, k), size.segment(c + 1, k));
  if (static_cast<Eigen::Index>(kept_s.size()) < k) {
    std::vector<std::string> notes;
    say_dropped(data.endogenous_names, names_of(data.endogenous_names, kept_s), "", "", notes);
    throw NumericalError(
        fmt::format("model '{}', cell {}: among endogenous regressors {} one has no variation left (it is a "
                    "combination of the "
                    "controls, the fixed effects or the regressors before it; kept: {})",
                    data.model, data.cell, fmt::join(data.endogenous_names, ", "),
                    fmt::join(names_of(data.endogenous_names, kept_s), ", ")));
  }
  const auto kept_z = independent(left.block(1 + k, 1 + k, l, l), size.segment(c + 1 + k, l));
  design.instrument_names = names_of(data.instrument_names, kept_z);
  say_dropped(
      data.instrument_names, design.instrument_names, "instrument",
      "no variation left: a combination of the controls, the fixed effects or the instruments before it",
      design.notes);
  design.endogenous = k;
  design.instruments = static_cast<Eigen::Index>(kept_z.size());
  design.y = rest.col(0);
  design.s = rest.middleCols(1, k);
  design.z = columns_of(rest.rightCols(l), kept_z);
  design.y_on_w = on_w.col(0);
  design.s_on_w = on_w.middleCols(1, k);
  design.z_on_w = columns_of(on_w.rightCols(l), kept_z);
  design.zz = design.z.transpose() * design.z;
  design.zs = design.z.transpose() * design.s;
  design.ss = left.block(1, 1, k, k);
  design.zy = design.z.transpose() * design.y;
  design.sy = left.block(1, 0, k, 1);
  design.yy = left(0, 0);
  if (static_cast<double>(n) <= std::max(design.parameters(), design.all_instruments()))
    throw NumericalError(
        fmt::format("model '{}', cell {}: {} rows for {} parameters (needs more rows than parameters)",
                    data.model, data.cell, n, std::max(design.parameters(), design.all_instruments())));
  return design;
}

}  // namespace spillway
