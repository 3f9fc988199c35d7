#include "engine/outcome/basis_path.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>

#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/expand_kernels.hpp"
#include "engine/outcome/local_basis.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/snapshots.hpp"

namespace spillway {

namespace {

constexpr long kLanes = kernels::kLanes, kBlock = kernels::kExpandDraws;
constexpr double kTail = 5e-8;            // share of all areas' root mean square that the basis may leave out
constexpr double kAreaTail = 3e-7;        // share of a gathering's own that its leading modes may leave out
constexpr float kSizeFloor = 1e-2f;       // of the root mean square over areas: areas below it count as of this size,
constexpr float kFaint = 100.0f;          // but as no more than so many times their own
constexpr int kMostBasis = 160;           // beyond this sampling costs more than the recursion
constexpr double kGroupTolerance = 4e-5;  // sums that cancel round by as much on the exact path
constexpr float kRepairAbove = 1e-5f;     // areas that err by more are done exactly, if they are few
constexpr std::size_t kMostRepairs = 256;
constexpr Eigen::Index kGramAreas = 8192, kCandidates = 8192;  // evenly spread, enough to tell

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

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

/// A matrix whose product with draws in lanes the kernels take: rows padded with zeros to whole calls.
class LaneMatrix {
 public:
  LaneMatrix() = default;
  explicit LaneMatrix(const Eigen::MatrixXf& matrix)
      : rows_((matrix.rows() + kernels::kExpandRows - 1) / kernels::kExpandRows * kernels::kExpandRows), columns_(matrix.cols()),
        value_(static_cast<std::size_t>(rows_ * columns_), 0.0f) {
    for (Eigen::Index r = 0; r < matrix.rows(); ++r)
      for (Eigen::Index c = 0; c < columns_; ++c) value_[static_cast<std::size_t>(r * columns_ + c)] = matrix(r, c);
  }
  long rows() const { return rows_; }  ///< padded
  /// out[block][row][draw] = sum over columns of value x in[block][column][draw].
  void product(long blocks, const float* in, long in_block, float* out, long out_block) const {
    for (long first = 0; first < rows_; first += kernels::kExpandRows)
      kernels::expand_kernel()({static_cast<int>(columns_), value_.data() + first * columns_, columns_, blocks, in, in_block,
                                out + first * kBlock, kBlock, out_block});
  }

 private:
  long rows_ = 0, columns_ = 0;
  std::vector<float> value_;
};

/// The basis of one outcome over areas.
struct AreaBasis {
  Eigen::VectorXf size;         ///< of each area: what its errors count over (area_sizes)
  Eigen::MatrixXf row;          ///< modes x areas, of outcomes over `size`
  LaneMatrix from_sample;       ///< modes x sampled areas: outcomes to coordinates
  AlignedBuffer coordinates;    ///< [block][mode, padded][draw of the block]
  int modes() const { return static_cast<int>(row.rows()); }
  long block_stride() const { return from_sample.rows() * kBlock; }
  /// Coordinates of one block: draws x modes.
  Eigen::Map<const Eigen::MatrixXf> block(long k) const { return {coordinates.data() + k * block_stride(), kBlock, modes()}; }
};

/// The root mean square of each area's snapshots; faint areas count as larger, within bounds, for nobody reads a
/// ten-millionth of the typical effect, but whether it is above zero must still be told.
Eigen::VectorXf area_sizes(const Eigen::Ref<const Eigen::MatrixXf>& snapshots) {
  const Eigen::VectorXf own = root_mean_square(snapshots);
  const float floor = own.size() > 0 ? kSizeFloor * own.norm() / std::sqrt(static_cast<float>(own.size())) : 0.0f;
  return own.cwiseMax(floor).cwiseMin(kFaint * own);
}

AreaBasis make_basis(const Eigen::Ref<const Eigen::MatrixXf>& snapshots, Parallelism parallelism) {
  AreaBasis basis;
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
struct AggregateMap {
  LaneMatrix from_sample;  ///< modes x sampled areas
  LaneMatrix to_groups;    ///< groups of all groupings x modes, padded
};

/// @param sample  snapshots x sampled areas;  @param groups  groups x snapshots
AggregateMap make_map(const Eigen::MatrixXf& sample, const Eigen::MatrixXf& groups) {
  const Eigen::VectorXf scale = inverse_or_zero(root_mean_square(sample));
  const Eigen::MatrixXd scaled = (sample * scale.asDiagonal()).cast<double>();
  const Modes modes = leading_modes(scaled * scaled.transpose());
  const Eigen::MatrixXd from_sample = modes.sizes.array().square().inverse().matrix().asDiagonal() *
                                      modes.vectors.transpose() * scaled * scale.cast<double>().asDiagonal();
  Eigen::MatrixXd to_groups = Eigen::MatrixXd::Zero(groups.rows(), LaneMatrix(from_sample.cast<float>()).rows());
  to_groups.leftCols(modes.vectors.cols()) = groups.cast<double>() * modes.vectors;
  return {LaneMatrix(from_sample.cast<float>()), LaneMatrix(to_groups.cast<float>())};
}

struct Attempt {
  const Dynamics& dynamics;
  const OutcomePlan& plan;
  Parallelism parallelism;
  ScenarioOutcome& result;
  Snapshots exact;  ///< of the basis draws, then of the check draws
  long basis_draws = 0;
  std::vector<long> draws;  ///< all of them
  std::vector<AreaBasis> bases;
  std::vector<std::vector<LocalBasis>> local;  ///< [outcome]

  Eigen::MatrixXf group_snapshots(std::size_t outcome, int period, long count) const;
  void sample_all(const TileSource& source, const SampleAreas& sample);
  std::vector<float> area_errors() const;
  double group_error() const;
  std::vector<int> take_worst(std::vector<float>& errors) const;
  Eigen::MatrixXf check_coordinates(const AreaBasis& basis) const;
  void summarise();
};

/// Groups of all groupings x the first `count` exact draws.
Eigen::MatrixXf Attempt::group_snapshots(std::size_t outcome, int period, long count) const {
  const std::size_t groupings = plan.groupings.size();
  Eigen::Index rows = 0;
  for (std::size_t g = 0; g < groupings; ++g) rows += exact.aggregates[outcome * groupings + g].groups;
  Eigen::MatrixXf groups(rows, count);
  Eigen::Index at = 0;
  for (std::size_t g = 0; g < groupings; ++g) {
    const AggregateSeries& series = exact.aggregates[outcome * groupings + g];
    for (long d = 0; d < count; ++d)
      groups.col(d).segment(at, series.groups) = Eigen::Map<const Eigen::VectorXf>(
          series.value.data() + (d * series.periods + period) * series.groups, series.groups);
    at += series.groups;
  }
  return groups;
}

void Attempt::sample_all(const TileSource& source, const SampleAreas& sample) {
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
          coefficients.pack(draws.data() + begin, static_cast<int>(lanes));
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
  std::vector<AggregateMap> maps(tasks.size());
  for_each_block(static_cast<std::ptrdiff_t>(tasks.size()) + 1, 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    if (k == 0) {  // as late as can be: the snapshots are gone, and the scenario before may still be on its way to the disk
      result.areas = empty_summaries(dynamics, plan);
      result.aggregates = empty_aggregates(plan, dynamics.draws, dynamics.horizon);
      return;
    }
    const Task& task = tasks[static_cast<std::size_t>(k - 1)];
    const auto& values = task.values < path.size() ? path[task.values] : last[task.values - path.size()];
    maps[static_cast<std::size_t>(k - 1)] = make_map(values, group_snapshots(task.outcome, task.period, basis_draws));
  });

  const long blocks = (dynamics.draws + kBlock - 1) / kBlock;
  for (auto& basis : bases) basis.coordinates = AlignedBuffer(static_cast<std::size_t>(blocks * basis.block_stride()));
  const std::size_t kinds = static_cast<std::size_t>(horizon) + outcomes;
  long most_modes = 0, most_groups = 0;
  for (const auto& map : maps) {
    most_modes = std::max(most_modes, map.from_sample.rows());
    most_groups = std::max(most_groups, map.to_groups.rows());
  }
  for_each_block(blocks, 4, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t end) {
    auto scratch = pool.borrow();
    float* values = scratch.data() + sample.scratch();
    BatchCoefficients coefficients(source);
    AlignedBuffer sampled(kinds * static_cast<std::size_t>(points * kBlock));  // [kind of value][sampled area][draw]
    AlignedBuffer by_mode(static_cast<std::size_t>(most_modes * kBlock)), groups(static_cast<std::size_t>(most_groups * kBlock));
    for (long block = first; block < end; ++block) {
      const long begin = block * kBlock, count = std::min(kBlock, dynamics.draws - begin);
      for (long at = 0; at < kBlock; at += kLanes) {
        long of_lane[kLanes];
        for (long k = 0; k < kLanes; ++k) of_lane[k] = std::min(begin + at + k, dynamics.draws - 1);
        coefficients.pack(of_lane, static_cast<int>(kLanes));
        sample.run(coefficients, scratch.data(), values, values + point_lanes * static_cast<std::size_t>(horizon));
        for (std::size_t k = 0; k < kinds * static_cast<std::size_t>(points); ++k)
          std::copy_n(values + k * kLanes, kLanes, sampled.data() + k * kBlock + at);
      }
      const auto kind = [&](std::size_t k) { return sampled.data() + k * static_cast<std::size_t>(points * kBlock); };
      for (std::size_t o = 0; o < outcomes; ++o)
        bases[o].from_sample.product(1, kind(static_cast<std::size_t>(horizon) + o), 0,
                                     bases[o].coordinates.data() + block * bases[o].block_stride(), 0);
      for (std::size_t t = 0; t < tasks.size(); ++t) {
        maps[t].from_sample.product(1, kind(tasks[t].values), 0, by_mode.data(), 0);
        maps[t].to_groups.product(1, by_mode.data(), 0, groups.data(), 0);
        const float* group = groups.data();
        for (std::size_t g = 0; g < groupings; ++g) {
          AggregateSeries& series = result.aggregates[tasks[t].outcome * groupings + g];
          for (long d = 0; d < count; ++d) {
            float* to = series.value.data() + ((begin + d) * series.periods + tasks[t].period) * series.groups;
            for (long k = 0; k < series.groups; ++k) to[k] = group[k * kBlock + d];
          }
          group += series.groups * kBlock;
        }
      }
    }
  });
  for (const AreaBasis& basis : bases) {
    Eigen::VectorXd squares = Eigen::VectorXd::Zero(basis.modes());
    const long whole = std::max(1L, dynamics.draws / kBlock);  // whole blocks tell enough
    for (long block = 0; block < whole; ++block) squares += basis.block(block).colwise().squaredNorm().cast<double>().transpose();
    local.push_back(local_bases(basis.row, (squares / static_cast<double>(whole * kBlock)).cwiseSqrt().cast<float>(), kAreaTail,
                                parallelism));
  }
}

/// Coordinates of the check draws: modes x draws.
Eigen::MatrixXf Attempt::check_coordinates(const AreaBasis& basis) const {
  const auto checks = static_cast<long>(draws.size()) - basis_draws;
  Eigen::MatrixXf coordinates(basis.modes(), checks);
  for (long c = 0; c < checks; ++c) {
    const long draw = draws[static_cast<std::size_t>(basis_draws + c)];
    coordinates.col(c) = basis.block(draw / kBlock).row(draw % kBlock).transpose();
  }
  return coordinates;
}

/// By area, the largest error of the check draws in any outcome, over the larger of the draw and the area's
/// size.
std::vector<float> Attempt::area_errors() const {
  std::vector<float> worst(exact.areas.size(), 0.0f);
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
    const Eigen::MatrixXf coordinates = check_coordinates(bases[o]);
    const auto checks = coordinates.cols();
    for_each_block(static_cast<std::ptrdiff_t>(local[o].size()), 1, parallelism, [&](std::ptrdiff_t part, std::ptrdiff_t) {
      const LocalBasis& mine = local[o][static_cast<std::size_t>(part)];
      const Eigen::MatrixXf made = (mine.from_coordinates * coordinates).transpose() * mine.row;
      for (Eigen::Index k = 0; k < made.cols(); ++k) {
        const int area = mine.members[static_cast<std::size_t>(k)];
        const float size = bases[o].size[area];
        if (!(size > 0.0f)) continue;
        const Eigen::VectorXf want = exact.outcome[o].col(area).tail(checks) / size;
        const float error = ((made.col(k) - want).array() / want.array().abs().max(1.0f)).abs().maxCoeff();
        worst[static_cast<std::size_t>(area)] = std::max(worst[static_cast<std::size_t>(area)], error);
      }
    });
  }
  return worst;
}

/// Largest error of the check draws in any group and period, over the group's root mean square, or over a
/// twentieth of the largest group's where gains and losses of areas cancel.
double Attempt::group_error() const {
  double worst = 0.0;
  const auto checks = static_cast<long>(draws.size()) - basis_draws;
  const std::size_t groupings = plan.groupings.size();
  for (std::size_t o = 0; o < plan.outcomes.size() && groupings > 0; ++o)
    for (int period = 0; period < result.aggregates[o * groupings].periods; ++period) {
      const Eigen::MatrixXf groups = group_snapshots(o, period, static_cast<long>(draws.size()));
      const Eigen::VectorXf size = groups.rowwise().norm() / std::sqrt(static_cast<float>(groups.cols()));
      const Eigen::VectorXf bound = size.cwiseMax(0.05f * size.maxCoeff());
      Eigen::Index at = 0;
      for (std::size_t g = 0; g < groupings; ++g) {
        const AggregateSeries& series = result.aggregates[o * groupings + g];
        for (long c = 0; c < checks; ++c) {
          const long draw = draws[static_cast<std::size_t>(basis_draws + c)];
          const float* made = series.value.data() + (draw * series.periods + period) * series.groups;
          for (long k = 0; k < series.groups; ++k) {
            const float error = std::abs(made[k] - groups(at + k, basis_draws + c));
            if (error > 0.0f) worst = std::max(worst, static_cast<double>(error / bound[at + k]));
          }
        }
        at += series.groups;
      }
    }
  return worst;
}

/// Takes out the areas, at most kMostRepairs, whose checked draws err most and above kRepairAbove.
std::vector<int> Attempt::take_worst(std::vector<float>& errors) const {
  std::vector<int> bad;
  for (std::size_t k = 0; k < errors.size(); ++k)
    if (errors[k] > kRepairAbove) bad.push_back(static_cast<int>(k));
  std::stable_sort(bad.begin(), bad.end(), [&](int a, int b) {
    return errors[static_cast<std::size_t>(a)] > errors[static_cast<std::size_t>(b)];
  });
  bad.resize(std::min<std::size_t>(bad.size(), kMostRepairs));
  for (int& one : bad) {
    errors[static_cast<std::size_t>(one)] = 0.0f;
    one = exact.areas[static_cast<std::size_t>(one)];
  }
  return bad;
}

/// Mean and covariance of the coordinates over draws.
struct CoordinateMoments {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

CoordinateMoments moments_of(const AreaBasis& basis, long draws) {
  const Eigen::Index modes = basis.modes();
  CoordinateMoments moments{Eigen::VectorXd::Zero(modes), Eigen::MatrixXd::Zero(modes, modes)};
  const auto each = [&](const auto& visit) {
    for (long first = 0; first < draws; first += kBlock)
      visit(basis.block(first / kBlock).topRows(std::min(kBlock, draws - first)).template cast<double>().eval());
  };
  each([&](const Eigen::MatrixXd& block) { moments.mean += block.colwise().sum().transpose(); });
  moments.mean /= static_cast<double>(draws);
  each([&](const Eigen::MatrixXd& block) {
    const Eigen::MatrixXd away = block.rowwise() - moments.mean.transpose();
    moments.covariance.selfadjointView<Eigen::Lower>().rankUpdate(away.transpose());
  });
  moments.covariance = moments.covariance.selfadjointView<Eigen::Lower>();
  moments.covariance /= static_cast<double>(std::max(1L, draws - 1));
  return moments;
}

/// Draws in the order, give or take a thousandth of the range, of what the areas of a gathering do on average, so that
/// each of its areas has them nearly sorted: fills `order`, position -> draw, and moves the coordinates accordingly.
///
/// @param from, to  [block][mode, padded][draw of the block]; in `to`, zeros fill up the last block
void sort_draws(const LocalBasis& local, long modes_padded, long draws, const float* from, std::vector<int>& order, float* to) {
  constexpr int kBins = 1024;
  const Eigen::Index modes = local.row.rows();
  const long block_floats = modes_padded * kBlock, blocks = (draws + kBlock - 1) / kBlock;
  Eigen::RowVectorXf mean = Eigen::RowVectorXf::Zero(modes);
  for (Eigen::Index k = 0; k < local.row.cols(); ++k)
    mean += (local.row(0, k) < 0.0f ? -1.0f : 1.0f) * local.row.col(k).transpose();
  const LaneMatrix average{Eigen::MatrixXf(mean)};
  AlignedBuffer key(static_cast<std::size_t>(blocks * average.rows() * kBlock));
  average.product(blocks, from, block_floats, key.data(), average.rows() * kBlock);
  const auto key_of = [&](long d) { return key.data()[d / kBlock * average.rows() * kBlock + d % kBlock]; };
  float least = key_of(0), largest = least;
  for (long d = 1; d < draws; ++d) {
    least = std::min(least, key_of(d));
    largest = std::max(largest, key_of(d));
  }
  const float scale = largest > least ? static_cast<float>(kBins - 1) / (largest - least) : 0.0f;
  const auto bin_of = [&](long d) { return static_cast<std::size_t>(std::clamp((key_of(d) - least) * scale, 0.0f, static_cast<float>(kBins - 1))); };
  std::vector<int> next(kBins + 1, 0);
  for (long d = 0; d < draws; ++d) ++next[bin_of(d) + 1];
  for (int k = 0; k < kBins; ++k) next[static_cast<std::size_t>(k) + 1] += next[static_cast<std::size_t>(k)];
  order.resize(static_cast<std::size_t>(draws));
  for (long d = 0; d < draws; ++d) order[static_cast<std::size_t>(next[bin_of(d)]++)] = static_cast<int>(d);

  for (long block = 0; block < blocks; ++block) {
    const float* of_draw[kBlock];
    const long count = std::min(kBlock, draws - block * kBlock);
    for (long k = 0; k < count; ++k) {
      const long d = order[static_cast<std::size_t>(block * kBlock + k)];
      of_draw[k] = from + d / kBlock * block_floats + d % kBlock;
    }
    for (Eigen::Index mode = 0; mode < modes; ++mode) {
      float* into = to + block * block_floats + mode * kBlock;
      for (long k = 0; k < count; ++k) into[k] = of_draw[k][mode * kBlock];
      std::fill(into + count, into + kBlock, 0.0f);
    }
  }
}

void Attempt::summarise() {
  const long blocks = (dynamics.draws + kBlock - 1) / kBlock, stride = blocks * kBlock;
  const auto expand = kernels::expand_kernel();
  constexpr Eigen::Index rows = kernels::kExpandRows;
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
    const AreaBasis& basis = bases[o];
    AreaSummary& summary = result.areas[o];
    AreaMomentsPool moments_pool(plan.quantiles, dynamics.draws, plan.better);
    const CoordinateMoments spread = moments_of(basis, dynamics.draws);
    Eigen::Index most = rows;
    for (const LocalBasis& one : local[o]) most = std::max(most, one.row.rows() + rows);
    ScratchPool pool(static_cast<std::size_t>((rows + 2 * most) * stride + rows * most));
    for_each_block(static_cast<std::ptrdiff_t>(local[o].size()), 1, parallelism, [&](std::ptrdiff_t part, std::ptrdiff_t) {
      const LocalBasis& mine = local[o][static_cast<std::size_t>(part)];
      const Eigen::Index modes = mine.row.rows(), count = mine.row.cols();
      auto scratch = pool.borrow();
      auto moments = moments_pool.take();
      float* made = scratch.data();
      float* coordinates = made + rows * stride;
      float* unsorted = coordinates + most * stride;
      Eigen::Map<Eigen::MatrixXf> row(unsorted + most * stride, modes, rows);
      const LaneMatrix turn(mine.from_coordinates);
      const long local_stride = turn.rows() * kBlock;
      turn.product(blocks, basis.coordinates.data(), basis.block_stride(), unsorted, local_stride);
      std::vector<int> order;
      sort_draws(mine, turn.rows(), dynamics.draws, unsorted, order, coordinates);
      const Eigen::MatrixXd turned = mine.from_coordinates.cast<double>();
      const Eigen::VectorXd mean = turned * spread.mean;
      const Eigen::MatrixXd covariance = turned * spread.covariance * turned.transpose();
      for (Eigen::Index first = 0; first < count; first += rows) {
        const Eigen::Index here = std::min(rows, count - first);
        row.setZero();
        for (Eigen::Index k = 0; k < here; ++k)
          row.col(k) = mine.row.col(first + k) * basis.size[mine.members[static_cast<std::size_t>(first + k)]];
        expand({static_cast<int>(modes), row.data(), modes, blocks, coordinates, local_stride, made, stride, kBlock});
        for (Eigen::Index k = 0; k < here; ++k) {
          const Eigen::VectorXd weight = row.col(k).cast<double>();
          keep_ordered(summary, plan, exact.areas[static_cast<std::size_t>(mine.members[static_cast<std::size_t>(first + k)])],
                       made + k * stride, order.data(), weight.dot(mean),
                       std::sqrt(std::max(0.0, weight.dot(covariance * weight))),
                       static_cast<float>(kBasisTolerance) * basis.size[mine.members[static_cast<std::size_t>(first + k)]], *moments);
        }
      }
      moments_pool.give_back(std::move(moments));
    });
  }
}

}  // namespace

double basis_bytes(const Dynamics& dynamics, const OutcomePlan& plan, int workers) {
  const double areas = static_cast<double>(dynamics.areas()),
               outcomes = static_cast<double>(plan.outcomes.size());
  const double draws = static_cast<double>(dynamics.draws);
  return 4.0 * (outcomes * areas * (kBasisDraws + kCheckDraws + 2 * kMostBasis) +
                outcomes * draws * kMostBasis + workers * (kernels::kExpandRows * draws + 1e6));
}

bool evaluate_basis(ScenarioOutcome& result, const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism,
                    const std::function<void()>& aggregates_known) {
  const auto start = Clock::now();
  const AggregateCells cells = aggregate_cells(plan, dynamics.areas());
  const TileSource source(dynamics);
  for (int attempt = 0; attempt < kBasisAttempts; ++attempt) {
    result = {};
    Attempt one{dynamics, plan, parallelism, result, {}, 0, {}, {}, {}};
    const ChosenDraws chosen = choose_draws(dynamics, kBasisDraws << attempt, kCheckDraws);
    one.basis_draws = static_cast<long>(chosen.basis.size());
    if (one.basis_draws < 1) return false;
    one.draws = chosen.basis;
    one.draws.insert(one.draws.end(), chosen.check.begin(), chosen.check.end());
    one.exact = run_snapshots(source, plan, cells, one.draws, parallelism);
    if (one.exact.areas.empty()) result = empty_outcome(dynamics, plan);
    result.report.path = "sampled basis";
    if (one.exact.areas.empty()) return true;  // nobody is reached: zeros
    const std::size_t outcomes = plan.outcomes.size();
    one.bases.resize(outcomes);
    std::vector<std::set<int>> picks(outcomes);
    for_each_block(static_cast<std::ptrdiff_t>(outcomes), 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
      const auto o = static_cast<std::size_t>(k);
      one.bases[o] = make_basis(one.exact.outcome[o].topRows(one.basis_draws), parallelism);
      if (one.bases[o].modes() <= kMostBasis) picks[o] = pick_areas(one.bases[o].row, one.exact.areas);
      one.exact.outcome[o] = one.exact.outcome[o].bottomRows(static_cast<Eigen::Index>(chosen.check.size())).eval();
    });
    std::set<int> picked;
    for (std::size_t o = 0; o < outcomes; ++o) {
      if (one.bases[o].modes() > kMostBasis) return false;
      picked.merge(picks[o]);
    }

    // Neighbouring picks share a tile: by their place in the locality order.
    std::vector<int> ordered;
    std::vector<Eigen::Index> place(static_cast<std::size_t>(dynamics.areas()), -1);
    for (std::size_t k = 0; k < one.exact.areas.size(); ++k) {
      place[static_cast<std::size_t>(one.exact.areas[k])] = static_cast<Eigen::Index>(k);
      if (picked.count(one.exact.areas[k]) > 0) ordered.push_back(one.exact.areas[k]);
    }
    const SampleAreas sample(source, plan, ordered);
    for (auto& basis : one.bases) {
      const auto points = static_cast<Eigen::Index>(sample.areas().size());
      Eigen::MatrixXd rows(points, basis.modes());
      Eigen::VectorXd scale(points);
      for (Eigen::Index p = 0; p < points; ++p) {
        const Eigen::Index at = place[static_cast<std::size_t>(sample.areas()[static_cast<std::size_t>(p)])];
        rows.row(p) = basis.row.col(at).cast<double>().transpose();
        scale[p] = basis.size[at] > 0.0f ? 1.0 / basis.size[at] : 0.0;
      }
      const Eigen::MatrixXd normal = rows.transpose() * rows;
      basis.from_sample = LaneMatrix(
          (normal.ldlt().solve(Eigen::MatrixXd(rows.transpose())) * scale.asDiagonal()).cast<float>());
      result.report.basis_size = std::max(result.report.basis_size, basis.modes());
    }
    one.sample_all(source, sample);

    EvaluationReport& report = result.report;
    report.checked_draws = static_cast<long>(chosen.check.size());
    report.fallbacks = attempt;
    std::vector<float> errors = one.area_errors();
    std::vector<int> repairs = one.take_worst(errors);
    report.checked_error =
        errors.empty() ? 0.0 : static_cast<double>(*std::max_element(errors.begin(), errors.end()));
    if (!(report.checked_error <= kBasisTolerance) || !(one.group_error() <= kGroupTolerance)) continue;
    report.seconds_propagate = seconds_since(start);
    aggregates_known();
    const auto summarising = Clock::now();
    one.summarise();
    report.seconds_summarise = seconds_since(summarising);
    if (!repairs.empty()) {
      std::stable_sort(repairs.begin(), repairs.end(), [&](int a, int b) {
        return place[static_cast<std::size_t>(a)] < place[static_cast<std::size_t>(b)];
      });
      ExactTiles(source, plan, cells, static_cast<int>(repairs.size()), result)
          .run(repairs, nullptr, parallelism);
    }
    return true;
  }
  return false;
}

}  // namespace spillway
