#include "engine/estimate/iv/iv_design.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/collinearity.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"

namespace spillway {

namespace {

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

/// "model 'm', cell c": how every message of this file begins.
std::string place_of(const CrossSection& data) {
  return data.cell.empty() ? fmt::format("model '{}'", data.model)
                           : fmt::format("model '{}', cell {}", data.model, data.cell);
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
  Eigen::VectorXd size(all.cols());  // of the columns now: what is left of them is measured against it
  for (Eigen::Index j = 0; j < all.cols(); ++j) {
    const double squares = weight.size() ? weight.dot(all.col(j).cwiseAbs2()) : all.col(j).squaredNorm();
    size(j) = std::max(std::sqrt(squares), 1e-6 * std::sqrt(static_cast<double>(n)) * std::abs(mean(j)));
  }
  const double centred_y = weight.size() ? std::sqrt(weight.dot(all.col(c).cwiseAbs2())) : all.col(c).norm();
  design.y_mean = 0.0;
  if (design.constant == IvDesign::Constant::present) {
    design.y_mean = mean(c);
    design.s_mean = mean.segment(c + 1, k).transpose();
  } else {
    absorb(all, data.fixed_effects, weight);
  }
  if (weight.size()) all = design.root_weight.asDiagonal() * all;

  const bool with_constant = design.constant == IvDesign::Constant::present;
  const std::string effects = fmt::format("effects of {}", fmt::join(data.fixed_effect_names, ", ")),
                    beside = with_constant ? "the constant" : effects;
  const Eigen::MatrixXd gram = all.transpose() * all;
  const IndependentColumns of_controls = independent_columns(gram.topLeftCorner(c, c), size.head(c));
  const auto& kept = of_controls.kept;
  design.control_names = names_of(data.control_names, kept);
  for (const auto& dependent : of_controls.dropped)
    design.notes.push_back(
        fmt::format("{}: '{}' is dropped",
                    dependent.others.empty() && with_constant
                        ? fmt::format("control '{}' does not vary",
                                      data.control_names[static_cast<std::size_t>(dependent.column)])
                        : describe_dependence(dependent, data.control_names, "control", beside),
                    data.control_names[static_cast<std::size_t>(dependent.column)]));
  for (const auto& near : of_controls.near)
    design.notes.push_back(describe_near(near, data.control_names, "control", beside));
  design.controls = static_cast<Eigen::Index>(kept.size());
  design.w_mean.resize(design.controls);
  for (std::size_t j = 0; j < kept.size(); ++j) design.w_mean(static_cast<Eigen::Index>(j)) = mean(kept[j]);
  design.w.resize(n, design.controls + (with_constant ? 1 : 0));
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

  // With controls beside: which of them explain it is looked up among the columns before partialling out.
  const auto dependence = [&](const DependentColumn& dependent, const std::vector<std::string>& names,
                              Eigen::Index first, const std::string& role) {
    const std::string& name = names[static_cast<std::size_t>(dependent.column)];
    if (!dependent.others.empty())
      return describe_dependence(
          dependent, names, role,
          design.controls > (with_constant ? 1 : 0) ? fmt::format("the controls and {}", beside) : beside);
    if (!(std::sqrt(gram(first + dependent.column, first + dependent.column)) >
          kNothingLeft * size(first + dependent.column)))
      return with_constant ? fmt::format("{} '{}' does not vary", role, name)
                           : fmt::format("{} '{}' is explained by {}", role, name, effects);
    std::vector<Eigen::Index> columns = kept;
    columns.push_back(first + dependent.column);
    std::vector<std::string> with_names = names_of(data.control_names, kept);
    with_names.push_back(name);
    const IndependentColumns again = independent_columns(gram(columns, columns), size(columns));
    std::vector<std::string> by;
    if (!again.dropped.empty())
      for (const auto i : again.dropped.back().others) by.push_back(with_names[static_cast<std::size_t>(i)]);
    return by.empty() ? fmt::format("{} '{}' is explained by the controls", role, name)
                      : fmt::format("{} '{}' is explained by {} {}", role, name,
                                    by.size() == 1 ? "control" : "controls", quoted_list(by));
  };
  const Eigen::MatrixXd left = rest.transpose() * rest;
  const IndependentColumns of_s = independent_columns(left.block(1, 1, k, k), size.segment(c + 1, k));
  if (!of_s.dropped.empty())
    throw NumericalError(
        fmt::format("{}: {}; its coefficient is not identified", place_of(data),
                    dependence(of_s.dropped.front(), data.endogenous_names, c + 1, "endogenous regressor")));
  const IndependentColumns of_z =
      independent_columns(left.block(1 + k, 1 + k, l, l), size.segment(c + 1 + k, l));
  const auto& kept_z = of_z.kept;
  design.instrument_names = names_of(data.instrument_names, kept_z);
  for (const auto& dependent : of_z.dropped)
    design.notes.push_back(fmt::format("{}: '{}' is dropped",
                                       dependence(dependent, data.instrument_names, c + 1 + k, "instrument"),
                                       data.instrument_names[static_cast<std::size_t>(dependent.column)]));
  const std::string beside_all =
      design.controls > (with_constant ? 1 : 0) ? fmt::format("the controls and {}", beside) : beside;
  for (const auto& near : of_s.near)
    design.notes.push_back(describe_near(near, data.endogenous_names, "endogenous regressor", beside_all));
  for (const auto& near : of_z.near)
    design.notes.push_back(describe_near(near, data.instrument_names, "instrument", beside_all));
  design.s_size = size.segment(c + 1, k);
  design.z_size.resize(static_cast<Eigen::Index>(kept_z.size()));
  for (std::size_t j = 0; j < kept_z.size(); ++j)
    design.z_size(static_cast<Eigen::Index>(j)) = size(c + 1 + k + kept_z[j]);
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
  design.y_norm = std::hypot(centred_y, std::sqrt(static_cast<double>(n)) * mean(c));
  if (static_cast<double>(n) <= std::max(design.parameters(), design.all_instruments()))
    throw NumericalError(fmt::format("{}: {} rows for {} parameters (needs more rows than parameters)",
                                     place_of(data), n,
                                     std::max(design.parameters(), design.all_instruments())));
  return design;
}

void check_identified(const CrossSection& data, const IvDesign& design) {
  if (design.instruments >= design.endogenous) return;
  throw NumericalError(fmt::format(
      "model '{}', cell {}: {} instruments with variation for {} endogenous regressors (needs at least "
      "as many){}{}",
      data.model, data.cell, design.instruments, design.endogenous, design.notes.empty() ? "" : "; ",
      fmt::join(design.notes, "; ")));
}

}  // namespace spillway
