#include "engine/estimate/iv/iv_moments.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/iv/iv_absorb.hpp"

namespace spillway {

RowClusters row_clusters(const CrossSection& data, const Clusters& areas) {
  RowClusters rows;
  rows.column = areas.column;
  std::vector<double> size(static_cast<std::size_t>(areas.count()), 0.0);
  for (const int area : data.area) {
    const std::int32_t cluster = areas.of_area.at(static_cast<std::size_t>(area));
    if (cluster < 0)
      throw InputError(
          fmt::format("model '{}': area {} of the pack has no cluster in column '{}' (give it a value)",
                      data.model, area + 1, areas.column));
    size[static_cast<std::size_t>(cluster)] += 1.0;
  }
  std::vector<std::int32_t> number(size.size(), -1);
  double squares = 0.0, largest = 0.0;
  for (std::size_t g = 0; g < size.size(); ++g)
    if (size[g] > 0) {
      number[g] = static_cast<std::int32_t>(rows.count++);
      squares += size[g] * size[g];
      largest = std::max(largest, size[g]);
    }
  const auto n = static_cast<double>(data.area.size());
  rows.effective = n * n / squares;
  rows.largest_share = largest / n;
  rows.of_row.reserve(data.area.size());
  for (const int area : data.area)
    rows.of_row.push_back(number[static_cast<std::size_t>(areas.of_area[static_cast<std::size_t>(area)])]);
  return rows;
}

MomentCovariance::MomentCovariance(const CrossSection& data, const CovarianceConfig& config,
                                   const FitContext& context)
    : config_(config), rows_(data.y.size()), parallelism_(context.parallelism) {
  const CovarianceKind kind = config.kind;
  const std::size_t wanted = kind == CovarianceKind::cluster ? 1 : kind == CovarianceKind::two_way ? 2 : 0;
  if (kind == CovarianceKind::score_cells || kind == CovarianceKind::driscoll_kraay)
    throw InputError(fmt::format("model '{}': covariance kind '{}' is not one of a cross-section", data.model,
                                 name_of(kind)));
  if (context.by.size() < wanted)
    throw InputError(fmt::format(
        "model '{}': covariance '{}' names {} cluster columns (needs {}; for example by = \"lad_code\")",
        data.model, name_of(kind), context.by.size(), wanted));
  if (kind == CovarianceKind::two_way && config.small_sample == SmallSample::cr3)
    throw InputError(fmt::format(
        "model '{}': small_sample 'cr3' is for one-way clusters (use cr1 with two_way)", data.model));
  for (std::size_t way = 0; way < wanted; ++way) {
    ways_.push_back(row_clusters(data, context.by[way]));
    if (ways_.back().count < 2)
      throw NumericalError(
          fmt::format("model '{}', cell {}: all rows are in one cluster of '{}' (a cluster covariance needs "
                      "at least two)",
                      data.model, data.cell, ways_.back().column));
  }
  if (wanted) {
    cell_.resize(static_cast<std::size_t>(rows_));
    way_of_cell_.resize(wanted);
    if (wanted == 1) {
      cell_ = ways_[0].of_row;
      cells_ = ways_[0].count;
      for (std::int32_t g = 0; g < cells_; ++g) way_of_cell_[0].push_back(g);
    } else {
      std::vector<std::vector<std::pair<std::int32_t, std::int32_t>>> seen(
          static_cast<std::size_t>(ways_[0].count));
      for (std::size_t i = 0; i < cell_.size(); ++i) {
        auto& list = seen[static_cast<std::size_t>(ways_[0].of_row[i])];
        const std::int32_t other = ways_[1].of_row[i];
        auto found =
            std::find_if(list.begin(), list.end(), [&](const auto& entry) { return entry.first == other; });
        if (found == list.end()) {
          list.emplace_back(other, static_cast<std::int32_t>(cells_++));
          way_of_cell_[0].push_back(ways_[0].of_row[i]);
          way_of_cell_[1].push_back(other);
          found = list.end() - 1;
        }
        cell_[i] = found->second;
      }
    }
    std::vector<std::vector<std::int32_t>> nested;
    for (const auto& effect : data.fixed_effects)
      if (std::any_of(ways_.begin(), ways_.end(),
                      [&](const auto& way) { return nesting(effect, way.of_row) == Nesting::nested; }))
        nested.push_back(effect);
    // One constant stays in the count, as in fixest's fixef.K = "nested".
    if (!nested.empty()) nested_effects_ = absorbed_degrees(nested) - 1.0;
  }
  if (kind == CovarianceKind::conley) {
    if (context.easting.size() == 0)
      throw InputError(fmt::format(
          "model '{}': covariance 'conley' needs easting and northing in the pack's areas", data.model));
    if (!(config.cutoff_km > 0))
      throw InputError(fmt::format("model '{}': conley cutoff_km is {} (needs a distance above 0 km)",
                                   data.model, config.cutoff_km));
    easting_.resize(rows_);
    northing_.resize(rows_);
    for (Eigen::Index i = 0; i < rows_; ++i) {
      easting_(i) = context.easting(data.area[static_cast<std::size_t>(i)]);
      northing_(i) = context.northing(data.area[static_cast<std::size_t>(i)]);
    }
    if (!easting_.allFinite() || !northing_.allFinite())
      throw InputError(fmt::format(
          "model '{}': covariance 'conley' needs coordinates of every area used (some are missing)",
          data.model));
  }
}

Eigen::Index MomentCovariance::clusters() const {
  Eigen::Index fewest = ways_.empty() ? 0 : ways_[0].count;
  for (const auto& way : ways_) fewest = std::min(fewest, way.count);
  return fewest;
}

double MomentCovariance::f_factor(double all_instruments) const {
  const auto n = static_cast<double>(rows_);
  if (!clustered()) return (n - all_instruments) / n;
  const auto g = static_cast<double>(clusters());
  return (n - all_instruments) / (n - 1.0) * (g - 1.0) / g;
}

double MomentCovariance::residual_df(double parameters) const {
  return clustered() ? static_cast<double>(clusters() - 1) : static_cast<double>(rows_) - parameters;
}

double MomentCovariance::small_sample_factor(double parameters) const {
  const auto n = static_cast<double>(rows_);
  const CovarianceKind kind = config_.kind;
  if (kind == CovarianceKind::hc1) return n / (n - parameters);
  if (kind == CovarianceKind::hc0 || kind == CovarianceKind::hc2 || kind == CovarianceKind::hc3 ||
      config_.small_sample == SmallSample::none)
    return 1.0;
  if (clustered()) {
    if (config_.small_sample == SmallSample::cr3) return 1.0;
    if (config_.small_sample == SmallSample::fixest) parameters -= nested_effects_;
    const auto g = static_cast<double>(clusters());
    return g / (g - 1.0) * (n - 1.0) / (n - parameters);
  }
  return n / (n - parameters);
}

Eigen::MatrixXd MomentCovariance::clustered_meat(const Eigen::MatrixXd& cell_sums,
                                                 Eigen::VectorXd& one_way_diagonal) const {
  if (ways_.size() == 1) return cell_sums.transpose() * cell_sums;
  Eigen::MatrixXd total = -(cell_sums.transpose() * cell_sums);
  one_way_diagonal = Eigen::VectorXd::Zero(cell_sums.cols());
  for (std::size_t way = 0; way < ways_.size(); ++way) {
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(ways_[way].count, cell_sums.cols());
    for (Eigen::Index c = 0; c < cells_; ++c)
      sums.row(way_of_cell_[way][static_cast<std::size_t>(c)]) += cell_sums.row(c);
    const Eigen::MatrixXd one = sums.transpose() * sums;
    one_way_diagonal += one.diagonal();
    total += one;
  }
  return total;
}

namespace {

/// Cut negative eigenvalues off, on the scale of `diagonal` (Cameron, Gelbach & Miller 2011).
void make_definite(Meat& meat, const Eigen::VectorXd& diagonal) {
  if (meat.value.rows() == 0) return;
  const Eigen::VectorXd scale = diagonal.cwiseMax(1e-300).cwiseSqrt();
  const Eigen::MatrixXd unit =
      scale.cwiseInverse().asDiagonal() * meat.value * scale.cwiseInverse().asDiagonal();
  Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> eigen(unit);
  if (eigen.eigenvalues()(0) >= -1e-12 * eigen.eigenvalues().tail(1)(0)) return;
  meat.definite = Meat::Definite::cut;
  const Eigen::MatrixXd root =
      eigen.eigenvectors() * eigen.eigenvalues().cwiseMax(0.0).cwiseSqrt().asDiagonal();
  meat.value = scale.asDiagonal() * (root * root.transpose()) * scale.asDiagonal();
}

}  // namespace

Meat MomentCovariance::of_scores(const Eigen::MatrixXd& scores) const {
  return meat(scores, Eigen::MatrixXd::Ones(rows_, 1));
}

Meat MomentCovariance::meat(const Eigen::MatrixXd& x, const Eigen::MatrixXd& e) const {
  const Eigen::Index lx = x.cols(), le = e.cols(), m = lx * le;
  Meat result;
  if (config_.kind == CovarianceKind::iid) {
    const Eigen::MatrixXd xx = x.transpose() * x, ee = e.transpose() * e / static_cast<double>(rows_);
    result.value.resize(m, m);
    for (Eigen::Index a = 0; a < le; ++a)
      for (Eigen::Index b = 0; b < le; ++b) result.value.block(a * lx, b * lx, lx, lx) = ee(a, b) * xx;
    return result;
  }
  if (clustered()) {
    // A row's products go to the m neighbouring sums of its cell: independent additions, where one column
    // after the other would wait for the sum it has just stored.
    Eigen::MatrixXd by_cell = Eigen::MatrixXd::Zero(m, cells_);
    for (Eigen::Index i = 0; i < rows_; ++i) {
      double* to = by_cell.data() + cell_[static_cast<std::size_t>(i)] * m;
      for (Eigen::Index a = 0; a < le; ++a) {
        const double by = e(i, a);
        for (Eigen::Index l = 0; l < lx; ++l) *to++ += x(i, l) * by;
      }
    }
    const Eigen::MatrixXd sums = by_cell.transpose();
    Eigen::VectorXd diagonal;
    result.value = clustered_meat(sums, diagonal);
    if (ways_.size() > 1) make_definite(result, diagonal);
    return result;
  }
  Eigen::MatrixXd scores(rows_, m);
  for (Eigen::Index a = 0; a < le; ++a)
    for (Eigen::Index l = 0; l < lx; ++l) scores.col(a * lx + l) = x.col(l).cwiseProduct(e.col(a));
  if (config_.kind == CovarianceKind::conley) {
    result.value =
        conley_sum(scores, easting_, northing_, config_.cutoff_km,
                   config_.kernel == ConleyKernel::uniform ? SpatialKernel::uniform : SpatialKernel::bartlett,
                   parallelism_);
    make_definite(result, scores.colwise().squaredNorm().transpose());
    return result;
  }
  result.value = scores.transpose() * scores;
  return result;
}

std::string MomentCovariance::describe() const {
  const CovarianceKind kind = config_.kind;
  const SmallSample small = config_.small_sample;
  std::string rule = "CR0: no small-sample factor";
  if (small == SmallSample::cr1 || small == SmallSample::stata)
    rule = fmt::format("{}: G/(G-1) (N-1)/(N-K){}", name_of(small),
                       ways_.size() > 1 ? ", G of the way with fewer clusters" : "");
  if (small == SmallSample::fixest)
    rule = fmt::format("fixest: G/(G-1) (N-1)/(N-K), K without effects nested in clusters{}",
                       ways_.size() > 1 ? ", G of the way with fewer clusters" : "");
  if (small == SmallSample::cr3)
    rule = "CR3: jackknife, (G-1)/G sum of squared changes when a cluster is left out";
  if (kind == CovarianceKind::cluster)
    return fmt::format("clusters {} ({}), {}", ways_[0].column, ways_[0].count, rule);
  if (kind == CovarianceKind::two_way)
    return fmt::format("two-way clusters {} ({}) x {} ({}), {}", ways_[0].column, ways_[0].count,
                       ways_[1].column, ways_[1].count, rule);
  const std::string plain = small == SmallSample::none ? "no small-sample factor" : "N/(N-K)";
  if (kind == CovarianceKind::conley)
    return fmt::format("Conley spatial HAC, {} kernel, cutoff {} km, {}", name_of(config_.kernel),
                       config_.cutoff_km, plain);
  if (kind == CovarianceKind::iid)
    return small == SmallSample::none ? "iid errors, s2 = RSS/N" : "iid errors, s2 = RSS/(N-K)";
  if (kind == CovarianceKind::hc1) return "heteroskedasticity-robust hc1: N/(N-K)";
  if (kind == CovarianceKind::hc0) return "heteroskedasticity-robust hc0: no small-sample factor";
  return fmt::format("heteroskedasticity-robust {}: leverages of the projected regressors", name_of(kind));
}

}  // namespace spillway
