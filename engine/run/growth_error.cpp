#include "engine/run/growth_error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "engine/base/streams.hpp"
#include "engine/estimate/iv/spread_expansion.hpp"

namespace spillway {

namespace {

constexpr Eigen::Index kMostDirections = 8;

using Rows = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Type by region, numbered from 0: whose mean an area's own is shrunk towards.
std::vector<std::int32_t> shrinking_cells(const DataPack& pack, const std::vector<std::int32_t>& type) {
  Categories region;
  if (const Column* column = pack.areas.find("region_code")) region = categories(*column);
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> number;
  std::vector<std::int32_t> cell;
  for (std::size_t i = 0; i < type.size(); ++i) {
    const std::pair key{type[i], region.of_row.empty() ? 0 : region.of_row[i]};
    cell.push_back(number.emplace(key, static_cast<std::int32_t>(number.size())).first->second);
  }
  return cell;
}

/// Periods in which most areas were seen.
std::vector<Eigen::Index> periods_of(const Eigen::MatrixXd& seen) {
  std::vector<Eigen::Index> periods;
  for (Eigen::Index t = 0; t < seen.cols(); ++t)
    if (2 * seen.col(t).array().isFinite().count() > seen.rows()) periods.push_back(t);
  return periods;
}

/// 0: too few periods, or A is not stationary.
Eigen::Index directions_of(const LeverContext& context, std::size_t periods) {
  const double persistence =
      context.rho.rowwise().mean().cwiseAbs().maxCoeff() + std::abs(context.phi.mean());
  return periods < 4 || !(persistence < 1.0)
             ? 0
             : std::min(kMostDirections, static_cast<Eigen::Index>(periods) - 2);
}

/// Deviations of each area's periods from its mean; a missing value counts as the mean.
Rows deviations(const Eigen::MatrixXd& seen, const std::vector<Eigen::Index>& periods) {
  Rows y = Rows::Zero(seen.rows(), static_cast<Eigen::Index>(periods.size()));
  for (Eigen::Index i = 0; i < seen.rows(); ++i) {
    double sum = 0.0, there = 0.0;
    for (const Eigen::Index t : periods)
      if (std::isfinite(seen(i, t))) {
        sum += seen(i, t);
        there += 1.0;
      }
    for (Eigen::Index k = 0; k < y.cols(); ++k)
      if (const double value = seen(i, periods[static_cast<std::size_t>(k)]); std::isfinite(value))
        y(i, k) = value - sum / there;
  }
  return y;
}

}  // namespace

ShrunkMeans shrunk_means(const DataPack& pack, const std::vector<std::int32_t>& type,
                         const std::string& outcome) {
  const auto n = static_cast<Eigen::Index>(pack.areas.rows);
  const Eigen::MatrixXd& y = pack.panel.at(outcome).value;
  // Mean of each area's periods, and the pooled variance around it.
  Eigen::VectorXd mean = Eigen::VectorXd::Zero(n), count = Eigen::VectorXd::Zero(n);
  double within = 0.0, freedom = 0.0;
  for (Eigen::Index i = 0; i < n; ++i) {
    for (Eigen::Index t = 0; t < y.cols(); ++t)
      if (std::isfinite(y(i, t))) {
        mean[i] += y(i, t);
        count[i] += 1.0;
      }
    if (count[i] == 0.0) continue;
    mean[i] /= count[i];
    for (Eigen::Index t = 0; t < y.cols(); ++t)
      if (std::isfinite(y(i, t))) within += (y(i, t) - mean[i]) * (y(i, t) - mean[i]);
    freedom += count[i] - 1.0;
  }
  const double noise = freedom > 0.0 ? within / freedom : 0.0;
  const std::vector<std::int32_t> cell_of = shrinking_cells(pack, type);
  std::map<std::int32_t, std::pair<double, double>> cells;  // sum and number of area means
  const auto cell = [&](Eigen::Index i) { return cell_of[static_cast<std::size_t>(i)]; };
  for (Eigen::Index i = 0; i < n; ++i)
    if (count[i] > 0.0) {
      cells[cell(i)].first += mean[i];
      cells[cell(i)].second += 1.0;
    }
  double spread = 0.0, sampled = 0.0, areas = 0.0;
  for (Eigen::Index i = 0; i < n; ++i)
    if (count[i] > 0.0) {
      const auto& [sum, size] = cells[cell(i)];
      spread += (mean[i] - sum / size) * (mean[i] - sum / size);
      sampled += noise / count[i];
      areas += 1.0;
    }
  const double keep = spread > 0.0 ? std::max(0.0, 1.0 - sampled / spread) : 0.0;
  Eigen::VectorXd growth(n);
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto found = cells.find(cell(i));
    const double group = found == cells.end() ? 0.0 : found->second.first / found->second.second;
    growth[i] = count[i] > 0.0 ? group + keep * (mean[i] - group) : group;
  }
  return {std::move(growth), keep, areas};
}

GrowthError unsolved_growth_error(const LeverContext& context) {
  const Eigen::MatrixXd& seen = context.pack->panel.at(context.outcome).value;
  const Eigen::Index directions = directions_of(context, periods_of(seen).size());
  return {Eigen::MatrixXd::Zero(seen.rows(), directions), Eigen::MatrixXd::Zero(context.draws, directions)};
}

GrowthError growth_error(const LeverContext& context, std::uint64_t seed) {
  GrowthError error;
  const Eigen::MatrixXd& seen = context.pack->panel.at(context.outcome).value;
  const std::vector<Eigen::Index> periods = periods_of(seen);
  const Eigen::Index directions = directions_of(context, periods.size());
  if (directions == 0) return error;
  const Rows y = deviations(seen, periods);
  const Eigen::Index n = y.rows(), shocks = y.cols() - 1;
  const Eigen::VectorXd rho = context.rho.rowwise().mean();
  const double phi = context.phi.mean();
  Eigen::VectorXd rho_of_area = Eigen::VectorXd::Zero(n);
  for (Eigen::Index i = 0; i < n; ++i)
    if (const auto type = context.type[static_cast<std::size_t>(i)]; type >= 0) rho_of_area(i) = rho(type);

  const SpatialWeights& weights = *context.weights;
  const Rows before = y.leftCols(shocks);
  const Rows shock =
      y.rightCols(shocks) - phi * before - rho_of_area.asDiagonal() * Rows(weights.matrix() * before);
  // Helmert's contrasts: the k-th is what the first k periods have on average and the next has not.
  Rows contrast = Rows::Zero(n, directions);
  Eigen::VectorXd first = shock.col(0);
  for (Eigen::Index k = 1; k < shocks; ++k) {
    const double size = static_cast<double>(k), sign = ((k - 1) / directions) % 2 == 0 ? 1.0 : -1.0;
    contrast.col((k - 1) % directions) +=
        sign / std::sqrt(size * (size + 1.0)) * (first - size * shock.col(k));
    first += shock.col(k);
  }
  const double count = static_cast<double>(shocks);
  // Areas of no type are of one more, whose rho is 0.
  const Eigen::Index types = rho.size();
  SpreadPoint point{Eigen::VectorXd::Zero(types + 1), phi};
  point.rho.head(types) = rho;
  std::vector<std::int32_t> type = context.type;
  for (std::int32_t& one : type)
    if (one < 0) one = static_cast<std::int32_t>(types);
  const Rows off = SpreadExpansion(weights, std::move(type), std::move(point))
                       .solve(contrast / std::sqrt(count * (count - 1.0)), 1e-9);
  const double variance = off.squaredNorm() / static_cast<double>(n);

  // As the means themselves are shrunk, and what shrinking leaves open.
  const double kept = shrunk_means(*context.pack, context.type, context.outcome).kept;
  const std::vector<std::int32_t> cell = shrinking_cells(*context.pack, context.type);
  const Eigen::Index cells = 1 + *std::max_element(cell.begin(), cell.end());
  Rows mean = Rows::Zero(cells, directions);
  Eigen::VectorXd size = Eigen::VectorXd::Zero(cells);
  for (Eigen::Index i = 0; i < n; ++i) {
    mean.row(cell[static_cast<std::size_t>(i)]) += off.row(i);
    size(cell[static_cast<std::size_t>(i)]) += 1.0;
  }
  const double open = std::sqrt(kept * (1.0 - kept) * variance / static_cast<double>(directions));
  error.direction.resize(n, directions);
  constexpr std::uint32_t of_area = 1;  // a part of the stream that no draw uses
  for (Eigen::Index i = 0; i < n; ++i) {
    const auto g = cell[static_cast<std::size_t>(i)];
    Stream stream(seed, Purpose::process_noise, static_cast<std::uint64_t>(i), of_area);
    for (Eigen::Index k = 0; k < directions; ++k)
      error.direction(i, k) = kept * off(i, k) + (1.0 - kept) * mean(g, k) / size(g) + open * stream.normal();
  }
  error.move.resize(context.draws, directions);
  for (long d = 0; d < context.draws; ++d) {
    Stream stream(seed, Purpose::process_noise, static_cast<std::uint64_t>(d));
    double squares = 0.0;
    for (Eigen::Index k = 0; k < directions; ++k) error.move(d, k) = stream.normal();
    for (Eigen::Index k = 0; k < directions; ++k) {
      const double z = stream.normal();
      squares += z * z;
    }
    error.move.row(d) /= std::sqrt(squares / static_cast<double>(directions));
  }
  return error;
}

void add_growth_error(Policy& policy, const LeverContext& context, const GrowthError& error) {
  Dynamics& dynamics = policy.dynamics;
  const auto types = static_cast<int>(context.type_names.size());
  const Eigen::Index directions = error.direction.cols();
  if (dynamics.classes <= types || directions == 0) return;
  const Eigen::MatrixXd lag = context.weights->matrix() * error.direction;
  const Eigen::MatrixXd added_links = dynamics.added_links.size() > 0
                                          ? Eigen::MatrixXd(dynamics.added_links * error.direction - lag)
                                          : Eigen::MatrixXd();
  std::vector<Eigen::VectorXd> shapes;
  std::vector<Eigen::MatrixXd> amplitudes;  // draws x periods
  for (int c = types; c < dynamics.classes; ++c) {
    std::vector<Eigen::Index> rows;
    for (Eigen::Index i = 0; i < lag.rows(); ++i)
      if (dynamics.row_class[static_cast<std::size_t>(i)] == c) rows.push_back(i);
    if (rows.empty()) continue;
    const auto type = context.type[static_cast<std::size_t>(rows.front())];
    Eigen::MatrixXd by_w(dynamics.draws, dynamics.horizon), by_c = by_w;
    for (long d = 0; d < dynamics.draws; ++d)
      for (int h = 0; h < dynamics.horizon; ++h) {
        const double rho = dynamics.rho_at(d, h, c);
        by_w(d, h) = rho - context.rho(type, d);
        by_c(d, h) = rho * dynamics.lambda_at(d, h, c);
      }
    const auto add = [&](const Eigen::MatrixXd& through, const Eigen::MatrixXd& amplitude) {
      if (amplitude.isZero(0.0)) return;
      for (Eigen::Index k = 0; k < directions; ++k) {
        Eigen::VectorXd shape = Eigen::VectorXd::Zero(through.rows());
        for (const Eigen::Index i : rows) shape(i) = through(i, k);
        shapes.push_back(std::move(shape));
        amplitudes.emplace_back(error.move.col(k).asDiagonal() * amplitude);
      }
    };
    add(lag, by_w);
    if (added_links.size() > 0) add(added_links, by_c);
  }
  const auto had = static_cast<std::size_t>(dynamics.shapes()), all = had + shapes.size();
  std::vector<double> amplitude(static_cast<std::size_t>(dynamics.draws * dynamics.horizon) * all);
  for (long d = 0; d < dynamics.draws; ++d)
    for (int h = 0; h < dynamics.horizon; ++h) {
      double* at = amplitude.data() + static_cast<std::size_t>(d * dynamics.horizon + h) * all;
      for (std::size_t q = 0; q < had; ++q) at[q] = dynamics.amplitude_at(d, h, static_cast<int>(q));
      for (std::size_t q = 0; q < shapes.size(); ++q) at[had + q] = amplitudes[q](d, h);
    }
  dynamics.amplitude = std::move(amplitude);
  dynamics.shape.conservativeResize(Eigen::NoChange, static_cast<Eigen::Index>(all));
  for (std::size_t q = 0; q < shapes.size(); ++q)
    dynamics.shape.col(static_cast<Eigen::Index>(had + q)) = shapes[q];
  policy.reach.resize(all, Reach::own);
  policy.notes.push_back(fmt::format(
      "The counterfactual growth that this acts on is drawn: its standard error is {:.2g} {} in an area "
      "(root mean "
      "square over areas, from {} directions).",
      error.direction.norm() / std::sqrt(static_cast<double>(lag.rows())), context.outcome_unit, directions));
}

}  // namespace spillway
