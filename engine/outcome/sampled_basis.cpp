#include "engine/outcome/sampled_basis.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <set>

#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {

constexpr long kLanes = kernels::kLanes, kBlock = kernels::kExpandDraws;
constexpr Eigen::Index kGramAreas = 8192, kCandidates = 8192;  // evenly spread, enough to tell

/// Eigenvectors of a Gram matrix of snapshots, the tail below kTail left out.
struct Modes {
  Eigen::MatrixXd vectors;  ///< snapshots x modes
  Eigen::VectorXd sizes;    ///< singular values, falling
};
Modes leading_modes(const Eigen::MatrixXd& gram) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(gram);
  const Eigen::VectorXd values = solver.eigenvalues().cwiseMax(0.0).reverse();
  const double total = values.sum();
  Eigen::Index count = 0;
  for (double left = total; count < values.size() && left > kTail * kTail * total; ++count)
    left = values.tail(values.size() - count - 1).sum();
  count = std::max<Eigen::Index>(count, total > 0.0 ? 1 : 0);
  return {solver.eigenvectors().rowwise().reverse().leftCols(count), values.head(count).cwiseSqrt()};
}

Eigen::VectorXf root_mean_square(const Eigen::Ref<const Eigen::MatrixXf>& draws_by_area) {
  return (draws_by_area.colwise().norm() / std::sqrt(static_cast<float>(draws_by_area.rows()))).transpose();
}

Eigen::VectorXf inverse_or_zero(const Eigen::VectorXf& x) {
  return x.unaryExpr([](float v) { return v > 0.0f ? 1.0f / v : 0.0f; });
}

/// A basis of one outcome over areas, before its coordinates are known.
struct Rows {
  Eigen::VectorXf size;    ///< of each area
  Eigen::MatrixXf row;     ///< modes x areas, of outcomes over `size`
  LaneMatrix from_sample;  ///< modes x sampled areas: outcomes to coordinates
  int modes() const { return static_cast<int>(row.rows()); }
};

/// The root mean square of each area's snapshots; faint areas count as larger, within bounds, for nobody
/// reads a ten-millionth of the typical effect, but whether it is above zero must still be told.
Eigen::VectorXf area_sizes(const Eigen::Ref<const Eigen::MatrixXf>& snapshots) {
  const Eigen::VectorXf own = root_mean_square(snapshots);
  const float floor =
      own.size() > 0 ? kSizeFloor * own.norm() / std::sqrt(static_cast<float>(own.size())) : 0.0f;
  return own.cwiseMax(floor).cwiseMin(kFaint * own);
}

Rows make_rows(const Eigen::Ref<const Eigen::MatrixXf>& snapshots, Parallelism parallelism) {
  Rows basis;
  const Eigen::Index areas = snapshots.cols();
  basis.size = area_sizes(snapshots);
  const Eigen::VectorXf scale = inverse_or_zero(basis.size);
  const Eigen::Index step = std::max<Eigen::Index>(1, areas / kGramAreas), picked = (areas + step - 1) / step;
  Eigen::MatrixXd some(snapshots.rows(), picked);
  for (Eigen::Index k = 0; k < picked; ++k)
    some.col(k) = (snapshots.col(k * step) * scale[k * step]).cast<double>();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(snapshots.rows(), snapshots.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(some);
  const Modes modes = leading_modes(gram);
  const Eigen::MatrixXf to_row = (modes.sizes.cwiseInverse().asDiagonal() * modes.vectors.transpose() *
                                  std::sqrt(static_cast<double>(picked)))
                                     .cast<float>();
  basis.row.resize(to_row.rows(), areas);
  for_each_block(areas, 1024, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    basis.row.middleCols(first, last - first).noalias() =
        to_row *
        (snapshots.middleCols(first, last - first) * scale.segment(first, last - first).asDiagonal());
  });
  return basis;
}

/// Areas whose rows span the basis best: pivoted Gram-Schmidt on the rows.
std::set<int> pick_areas(const Eigen::MatrixXf& row, const std::vector<int>& areas) {
  std::set<int> picked;
  const Eigen::Index step = std::max<Eigen::Index>(1, row.cols() / kCandidates);
  Eigen::MatrixXf left(row.rows(), (row.cols() + step - 1) / step);
  for (Eigen::Index k = 0; k < left.cols(); ++k) left.col(k) = row.col(k * step);
  for (Eigen::Index k = 0; k < row.rows(); ++k) {
    Eigen::Index best = 0;
    const float size = left.colwise().squaredNorm().maxCoeff(&best);
    if (!(size > 0.0f)) break;
    picked.insert(areas[static_cast<std::size_t>(best * step)]);
    const Eigen::VectorXf direction = left.col(best) / std::sqrt(size);
    left.noalias() -= direction * (direction.transpose() * left).eval();
  }
  return picked;
}

/// From values in the sampled areas to one period of the aggregates of one outcome.
struct GroupMap {
  int modes;
  LaneMatrix from_sample;  ///< modes x sampled areas
  LaneMatrix to_groups;    ///< groups of all groupings x modes, padded
};

/// @param sample  snapshots x sampled areas;  @param groups  groups x snapshots
GroupMap make_map(const Eigen::MatrixXf& sample, const Eigen::MatrixXf& groups) {
  const Eigen::VectorXf scale = inverse_or_zero(root_mean_square(sample));
  const Eigen::MatrixXd scaled = (sample * scale.asDiagonal()).cast<double>();
  const Modes modes = leading_modes(scaled * scaled.transpose());
  const Eigen::MatrixXd from_sample = modes.sizes.array().square().inverse().matrix().asDiagonal() *
                                      modes.vectors.transpose() * scaled * scale.cast<double>().asDiagonal();
  Eigen::MatrixXd to_groups =
      Eigen::MatrixXd::Zero(groups.rows(), LaneMatrix(from_sample.cast<float>()).rows());
  to_groups.leftCols(modes.vectors.cols()) = groups.cast<double>() * modes.vectors;
  return {static_cast<int>(from_sample.rows()), LaneMatrix(from_sample.cast<float>()),
          LaneMatrix(to_groups.cast<float>())};
}

/// Every draw's coordinates, by exact recursion of all draws over the sampled areas.
void sample_all(SampledBasis& basis, std::vector<Rows>& rows, const TileSource& source,
                const OutcomePlan& plan, const SampleAreas& sample, Parallelism parallelism,
                const std::function<void()>& beside) {
  const Dynamics& dynamics = source.dynamics();
  const long basis_draws = basis.basis_draws;
  const auto points = static_cast<Eigen::Index>(sample.areas().size());
  const int horizon = dynamics.horizon;
  const std::size_t outcomes = plan.outcomes.size(), groupings = plan.groupings.size();
  const auto point_lanes = static_cast<std::size_t>(points * kLanes);
  using Lanes = Eigen::Map<const Eigen::MatrixXf>;  // lanes x sampled areas
  ScratchPool pool(sample.scratch() + point_lanes * (static_cast<std::size_t>(horizon) + outcomes));

  // What the sampled areas did in the snapshots, to learn how they tell the rest.
  std::vector<Eigen::MatrixXf> path(static_cast<std::size_t>(horizon), Eigen::MatrixXf(basis_draws, points));
  std::vector<Eigen::MatrixXf> last(outcomes, Eigen::MatrixXf(basis_draws, points));
  if (groupings > 0)
    for_each_block(
        (basis_draws + kLanes - 1) / kLanes, 1, parallelism, [&](std::ptrdiff_t batch, std::ptrdiff_t) {
          auto scratch = pool.borrow();
          float* values = scratch.data() + sample.scratch();
          BatchCoefficients coefficients(source);
          const long begin = batch * kLanes, lanes = std::min(kLanes, basis_draws - begin);
          coefficients.pack(basis.draws.data() + begin, static_cast<int>(lanes));
          sample.run(coefficients, scratch.data(), values,
                     values + point_lanes * static_cast<std::size_t>(horizon));
          for (std::size_t k = 0; k < static_cast<std::size_t>(horizon) + outcomes; ++k) {
            Eigen::MatrixXf& into =
                k < static_cast<std::size_t>(horizon) ? path[k] : last[k - static_cast<std::size_t>(horizon)];
            into.middleRows(begin, lanes) = Lanes(values + k * point_lanes, kLanes, points).topRows(lanes);
          }
        });

  struct Task {
    std::size_t outcome;
    int period;
    std::size_t values;  ///< which block of the sampled values
  };
  std::vector<Task> tasks;
  if (groupings > 0)
    for (std::size_t o = 0; o < outcomes; ++o) {
      if (plan.outcomes[o] == AreaOutcome::uplift)
        for (int h = 0; h < horizon; ++h) tasks.push_back({o, h, static_cast<std::size_t>(h)});
      else
        tasks.push_back({o, 0, static_cast<std::size_t>(horizon) + o});
    }
  std::vector<GroupMap> maps(tasks.size());
  basis.groups_of.resize(tasks.size());
  for_each_block(
      static_cast<std::ptrdiff_t>(tasks.size()) + 1, 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
        if (k == 0) return beside();
        const auto t = static_cast<std::size_t>(k - 1);
        const auto& values =
            tasks[t].values < path.size() ? path[tasks[t].values] : last[tasks[t].values - path.size()];
        maps[t] =
            make_map(values, basis.group_snapshots(plan, tasks[t].outcome, tasks[t].period, basis_draws));
        basis.groups_of[t] = {tasks[t].outcome,
                              tasks[t].period,
                              {maps[t].modes, maps[t].from_sample.rows(), dynamics.draws},
                              std::move(maps[t].to_groups)};
      });

  for (std::size_t o = 0; o < outcomes; ++o)
    basis.areas_of[o].coordinates = {rows[o].modes(), rows[o].from_sample.rows(), dynamics.draws};
  const std::size_t kinds = static_cast<std::size_t>(horizon) + outcomes;
  for_each_block(
      (dynamics.draws + kBlock - 1) / kBlock, 4, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t end) {
        auto scratch = pool.borrow();
        float* values = scratch.data() + sample.scratch();
        BatchCoefficients coefficients(source);
        AlignedBuffer sampled(
            kinds * static_cast<std::size_t>(points * kBlock));  // [kind of value][sampled area][draw]
        for (long block = first; block < end; ++block) {
          const long begin = block * kBlock;
          for (long at = 0; at < kBlock; at += kLanes) {
            long of_lane[kLanes];
            for (long k = 0; k < kLanes; ++k) of_lane[k] = std::min(begin + at + k, dynamics.draws - 1);
            coefficients.pack(of_lane, static_cast<int>(kLanes));
            sample.run(coefficients, scratch.data(), values,
                       values + point_lanes * static_cast<std::size_t>(horizon));
            for (std::size_t k = 0; k < kinds * static_cast<std::size_t>(points); ++k)
              std::copy_n(values + k * kLanes, kLanes, sampled.data() + k * kBlock + at);
          }
          const auto kind = [&](std::size_t k) {
            return sampled.data() + k * static_cast<std::size_t>(points * kBlock);
          };
          for (std::size_t o = 0; o < outcomes; ++o)
            rows[o].from_sample.product(1, kind(static_cast<std::size_t>(horizon) + o), 0,
                                        basis.areas_of[o].coordinates.block(block), 0);
          for (std::size_t t = 0; t < tasks.size(); ++t)
            maps[t].from_sample.product(1, kind(tasks[t].values), 0,
                                        basis.groups_of[t].coordinates.block(block), 0);
        }
      });
}

/// Root mean square over draws of each mode's coordinate; whole blocks tell enough.
Eigen::VectorXf mode_sizes(const Coordinates& coordinates) {
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(coordinates.modes());
  const long whole = std::max(1L, coordinates.draws() / kBlock);
  for (long block = 0; block < whole; ++block)
    squares += coordinates.matrix(block).colwise().squaredNorm().cast<double>().transpose();
  return (squares / static_cast<double>(whole * kBlock)).cwiseSqrt().cast<float>();
}

}  // namespace

LaneMatrix::LaneMatrix(const Eigen::MatrixXf& matrix)
    : rows_((matrix.rows() + kernels::kExpandRows - 1) / kernels::kExpandRows * kernels::kExpandRows),
      columns_(matrix.cols()),
      value_(static_cast<std::size_t>(rows_ * columns_), 0.0f) {
  for (Eigen::Index r = 0; r < matrix.rows(); ++r)
    for (Eigen::Index c = 0; c < columns_; ++c)
      value_[static_cast<std::size_t>(r * columns_ + c)] = matrix(r, c);
}

void LaneMatrix::product(long blocks, const float* in, long in_block, float* out, long out_block) const {
  for (long first = 0; first < rows_; first += kernels::kExpandRows)
    kernels::expand_kernel()({static_cast<int>(columns_), value_.data() + first * columns_, columns_, blocks,
                              in, in_block, out + first * kBlock, kBlock, out_block});
}

Coordinates::Coordinates(int modes, long padded, long draws)
    : modes_(modes), padded_(padded), draws_(draws), value_(static_cast<std::size_t>(blocks() * stride())) {}

Eigen::MatrixXf SampledBasis::group_snapshots(const OutcomePlan& plan, std::size_t outcome, int period,
                                              long count) const {
  const std::size_t groupings = plan.groupings.size();
  Eigen::Index rows = 0;
  for (std::size_t g = 0; g < groupings; ++g) rows += aggregates[outcome * groupings + g].groups;
  Eigen::MatrixXf groups(rows, count);
  Eigen::Index at = 0;
  for (std::size_t g = 0; g < groupings; ++g) {
    const AggregateSeries& series = aggregates[outcome * groupings + g];
    for (long d = 0; d < count; ++d)
      groups.col(d).segment(at, series.groups) = Eigen::Map<const Eigen::VectorXf>(
          series.value.data() + (d * series.periods + period) * series.groups, series.groups);
    at += series.groups;
  }
  return groups;
}

std::shared_ptr<const SampledBasis> sample_basis(Dynamics unit, const OutcomePlan& plan, int basis_draws,
                                                 int check_draws, double most_share, Parallelism parallelism,
                                                 const std::function<void()>& beside) {
  auto made = std::make_shared<SampledBasis>();
  SampledBasis& basis = *made;
  basis.of = std::move(unit);
  const Dynamics& dynamics = basis.of;
  const ChosenDraws chosen = choose_draws(dynamics, basis_draws, check_draws);
  basis.basis_draws = static_cast<long>(chosen.basis.size());
  if (basis.basis_draws < 1) return made;
  basis.draws = chosen.basis;
  basis.draws.insert(basis.draws.end(), chosen.check.begin(), chosen.check.end());
  const TileSource source(dynamics);
  Snapshots exact =
      run_snapshots(source, plan, aggregate_cells(plan, dynamics.areas()), basis.draws, parallelism);
  basis.areas = std::move(exact.areas);
  basis.aggregates = std::move(exact.aggregates);
  if (basis.areas.empty()) return made;

  const std::size_t outcomes = plan.outcomes.size();
  const auto most_modes =
      static_cast<int>(std::min<double>(kMostBasis, most_share * static_cast<double>(basis.basis_draws)));
  std::vector<Rows> rows(outcomes);
  std::vector<std::set<int>> picks(outcomes);
  for_each_block(static_cast<std::ptrdiff_t>(outcomes), 1, parallelism,
                 [&](std::ptrdiff_t k, std::ptrdiff_t) {
                   const auto o = static_cast<std::size_t>(k);
                   rows[o] = make_rows(exact.outcome[o].topRows(basis.basis_draws), parallelism);
                   if (rows[o].modes() <= most_modes) picks[o] = pick_areas(rows[o].row, basis.areas);
                   exact.outcome[o] = exact.outcome[o].bottomRows(basis.checks()).eval();
                 });
  basis.check = std::move(exact.outcome);
  std::set<int> picked;
  for (std::size_t o = 0; o < outcomes; ++o) {
    if (rows[o].modes() > most_modes) {
      basis.too_few = rows[o].modes() <= kMostBasis;
      return made;
    }
    picked.merge(picks[o]);
  }

  // Neighbouring picks share a tile: by their place in the locality order.
  std::vector<int> ordered;
  std::vector<Eigen::Index> place(static_cast<std::size_t>(dynamics.areas()), -1);
  for (std::size_t k = 0; k < basis.areas.size(); ++k) {
    place[static_cast<std::size_t>(basis.areas[k])] = static_cast<Eigen::Index>(k);
    if (picked.count(basis.areas[k]) > 0) ordered.push_back(basis.areas[k]);
  }
  const SampleAreas sample(source, plan, ordered);
  for (Rows& one : rows) {
    const auto points = static_cast<Eigen::Index>(sample.areas().size());
    Eigen::MatrixXd of_sample(points, one.modes());
    Eigen::VectorXd scale(points);
    for (Eigen::Index p = 0; p < points; ++p) {
      const Eigen::Index at = place[static_cast<std::size_t>(sample.areas()[static_cast<std::size_t>(p)])];
      of_sample.row(p) = one.row.col(at).cast<double>().transpose();
      scale[p] = one.size[at] > 0.0f ? 1.0 / one.size[at] : 0.0;
    }
    const Eigen::MatrixXd normal = of_sample.transpose() * of_sample;
    one.from_sample = LaneMatrix(
        (normal.ldlt().solve(Eigen::MatrixXd(of_sample.transpose())) * scale.asDiagonal()).cast<float>());
  }
  basis.areas_of.resize(outcomes);
  sample_all(basis, rows, source, plan, sample, parallelism, beside);
  for (std::size_t o = 0; o < outcomes; ++o) {
    basis.areas_of[o].local =
        local_bases(rows[o].row, mode_sizes(basis.areas_of[o].coordinates), kAreaTail, parallelism);
    basis.areas_of[o].size = std::move(rows[o].size);
  }
  return made;
}

}  // namespace spillway
