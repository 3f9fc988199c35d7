#include "engine/estimate/collinearity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/estimate/near_fit.hpp"

namespace spillway {

double column_size(double count, double sum, double squares) {
  const double about_mean = count > 0.0 ? squares - sum * sum / count : 0.0;
  return std::max(std::sqrt(std::max(0.0, about_mean)), 1e-6 * std::sqrt(squares));
}

double column_size(const Eigen::Ref<const Eigen::VectorXd>& column) {
  if (column.size() == 0) return 0.0;
  return std::max((column.array() - column.mean()).matrix().norm(), 1e-6 * column.norm());
}

bool fits_exactly(double residual_norm, double outcome_left, double outcome_norm) {
  return residual_norm <= kNothingLeft * outcome_left || residual_norm <= 1e-13 * outcome_norm;
}

double printed_unit(const Eigen::Ref<const Eigen::VectorXd>& values) {
  double sum = 0.0, count = 0.0, squares = 0.0;
  for (const double v : values)
    if (std::isfinite(v)) {
      sum += v;
      count += 1.0;
    }
  for (const double v : values)
    if (std::isfinite(v)) squares += (v - sum / count) * (v - sum / count);
  const double spread = count > 1.0 ? std::sqrt(squares / (count - 1.0)) : 0.0;
  if (!(spread > 0.0) || !std::isfinite(spread)) return 0.0;
  for (int power = static_cast<int>(std::floor(std::log10(spread / 20.0))), tried = 0; tried < 10;
       --power, ++tried) {
    const double unit = std::pow(10.0, power);
    const auto whole = [&](double v) {
      const double in_units = v / unit;
      return !std::isfinite(v) ||
             std::abs(in_units - std::round(in_units)) <= 1e-6 + 1e-15 * std::abs(in_units);
    };
    if (std::all_of(values.begin(), values.end(), whole)) return unit;
  }
  return 0.0;
}

namespace {
constexpr double kMostOfDigits = 0.01;  // of the outcome's squares, that its last digits may be
}

void tell_near_fit(double squares, double before, double largest, double unit, Estimate& estimate) {
  const double share = before > 0.0 ? squares / before : 1.0;
  // Where effects alone leave little more than a digit, regressors have made up nothing.
  const bool printed = share < kMostOfDigits && unit > 0.0 && largest > 0.0 && largest <= 0.75 * unit;
  if (!(share < kCopyShare) && !printed) return;
  estimate.warnings.push_back(fmt::format(
      "the regressors make up '{}' but for its last digits (1 - r2 = {:.1e}{}): is it a copy of one of them, "
      "rounded, or a sum of them? Standard errors and tests are of those digits",
      estimate.outcome, share,
      printed ? fmt::format(", every residual within its last digit, {:g}", unit) : std::string()));
}

IndependentColumns independent_columns(const Eigen::MatrixXd& gram, const Eigen::VectorXd& size) {
  // Cholesky in order, on the scale of what is left of each column: row k of `factor` holds the coordinates
  // of the k-th kept column.
  const Eigen::Index m = gram.rows();
  IndependentColumns result;
  auto& kept = result.kept;
  Eigen::MatrixXd factor = Eigen::MatrixXd::Zero(m, m);
  const Eigen::VectorXd left = gram.diagonal().cwiseMax(0.0).cwiseSqrt();
  for (Eigen::Index j = 0; j < m; ++j) {
    if (!(left(j) > kNothingLeft * size(j))) {
      result.dropped.push_back({j, {}});
      continue;
    }
    const auto count = static_cast<Eigen::Index>(kept.size());
    Eigen::VectorXd coordinates = Eigen::VectorXd::Zero(count);
    double pivot = 1.0;
    for (Eigen::Index a = 0; a < count; ++a) {
      const Eigen::Index i = kept[static_cast<std::size_t>(a)];
      const double correlation = gram(i, j) / (left(i) * left(j));
      coordinates(a) = (correlation - factor.row(a).head(a).dot(coordinates.head(a))) / factor(a, a);
      pivot -= coordinates(a) * coordinates(a);
    }
    // The combination itself: those whose part in it is more than rounding.
    const auto combination = [&] {
      const Eigen::VectorXd weight =
          factor.topLeftCorner(count, count).transpose().triangularView<Eigen::Upper>().solve(coordinates);
      DependentColumn dependent{j, {}};
      for (Eigen::Index a = 0; a < count; ++a)
        if (std::abs(weight(a)) > 1e-4) dependent.others.push_back(kept[static_cast<std::size_t>(a)]);
      return dependent;
    };
    if (pivot > kCollinearShare && std::sqrt(pivot) * left(j) > kRoundingShare * size(j)) {
      if (pivot < kCopyShare) result.near.push_back(combination());
      factor.row(count).head(count) = coordinates;
      factor(count, count) = std::sqrt(pivot);
      kept.push_back(j);
      continue;
    }
    result.dropped.push_back(combination());
  }
  return result;
}

Eigen::VectorXd exact_units(const Eigen::VectorXd& squares) {
  Eigen::VectorXd unit = Eigen::VectorXd::Ones(squares.size());
  double low = INFINITY, high = -INFINITY;
  for (Eigen::Index j = 0; j < squares.size(); ++j) {
    if (!(squares(j) > 0.0) || !std::isfinite(squares(j))) continue;
    const double power = std::round(0.5 * std::log2(squares(j)));
    low = std::min(low, power), high = std::max(high, power);
    unit(j) = std::exp2(-power);
  }
  // Norms within a factor of 4096 of each other: no judgement of rank minds, and pivots keep their order.
  if (high - low <= 12.0) unit.setOnes();
  return unit;
}

std::string quoted_list(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t k = 0; k < names.size(); ++k)
    text += (k == 0 ? "'" : k + 1 == names.size() ? " and '" : ", '") + names[k] + "'";
  return text;
}

std::string describe_dependence(const DependentColumn& dependent, const std::vector<std::string>& names,
                                const std::string& role, const std::string& beside) {
  const auto name = [&](Eigen::Index column) { return names[static_cast<std::size_t>(column)]; };
  if (dependent.others.empty())
    return fmt::format("{} '{}' {}", role, name(dependent.column),
                       beside.empty() ? "does not vary" : fmt::format("is explained by {}", beside));
  std::vector<std::string> set;
  for (const auto column : dependent.others) set.push_back(name(column));
  set.push_back(name(dependent.column));
  return fmt::format("{}s {} are collinear{}", role, quoted_list(set),
                     beside.empty() ? "" : fmt::format(" beside {}", beside));
}

std::string describe_near(const DependentColumn& near, const std::vector<std::string>& names,
                          const std::string& role, const std::string& beside) {
  return describe_dependence(near, names, role, beside) +
         " but for their last digits: what is told apart by them is rounding or noise (leave one out)";
}

void remove_means(AreaMeans area, const std::vector<std::int32_t>& group, Eigen::Index groups,
                  Eigen::Ref<Eigen::MatrixXd> value) {
  if (area == AreaMeans::removed) value.colwise() -= value.rowwise().mean().eval();
  if (group.empty()) return;
  Eigen::MatrixXd mean = Eigen::MatrixXd::Zero(groups, value.cols());
  Eigen::VectorXd size = Eigen::VectorXd::Zero(groups);
  for (Eigen::Index i = 0; i < value.rows(); ++i) {
    const auto own = group[static_cast<std::size_t>(i)];
    mean.row(own) += value.row(i);
    size[own] += 1.0;
  }
  mean.array().colwise() /= size.array().max(1.0);
  for (Eigen::Index i = 0; i < value.rows(); ++i)
    value.row(i) -= mean.row(group[static_cast<std::size_t>(i)]);
}

std::vector<std::size_t> identified_covariates(const std::vector<Eigen::MatrixXd>& x,
                                               const std::vector<std::string>& names, AreaMeans area,
                                               const std::vector<std::int32_t>& group, Eigen::Index groups,
                                               const std::string& beside, std::vector<std::string>& notes) {
  const auto p = static_cast<Eigen::Index>(x.size());
  if (p == 0) return {};
  const Eigen::Index rows = x[0].size();
  Eigen::MatrixXd left(rows, p);
  Eigen::VectorXd size(p);
  for (Eigen::Index j = 0; j < p; ++j) {
    Eigen::MatrixXd value = x[static_cast<std::size_t>(j)];
    const Eigen::Map<const Eigen::VectorXd> flat(value.data(), rows);
    size(j) = column_size(flat);
    if (area == AreaMeans::kept && group.empty())
      value.array() -= value.mean();
    else
      remove_means(area, group, groups, value);
    left.col(j) = flat;
  }
  return noted_independent(left, size, names, beside, notes);
}

std::vector<std::size_t> noted_independent(const Eigen::MatrixXd& left, const Eigen::VectorXd& size,
                                           const std::vector<std::string>& names, const std::string& beside,
                                           std::vector<std::string>& notes) {
  const IndependentColumns found = independent_columns(left.transpose() * left, size);
  for (const auto& dependent : found.dropped)
    notes.push_back(fmt::format("{}: '{}' is not identified, dropped",
                                describe_dependence(dependent, names, "covariate", beside),
                                names[static_cast<std::size_t>(dependent.column)]));
  for (const auto& near : found.near) notes.push_back(describe_near(near, names, "covariate", beside));
  std::vector<std::size_t> kept;
  for (const auto j : found.kept) kept.push_back(static_cast<std::size_t>(j));
  return kept;
}

}  // namespace spillway
