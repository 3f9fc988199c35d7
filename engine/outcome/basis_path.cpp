#include "engine/outcome/basis_path.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <set>

#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/expand_kernels.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/snapshots.hpp"

namespace spillway {

namespace {

constexpr long kLanes = kernels::kLanes, kBlock = kernels::kExpandDraws;
constexpr double kTail = 3e-8;            // share of all areas' root mean square that the basis may leave out
constexpr double kAreaTail = 1.5e-6;      // share of one area's own that its leading modes may leave out
constexpr int kMostBasis = 128;           // beyond this the product costs more than the recursion
constexpr int kModesStep = 4;             // areas are gathered by the modes they need, in steps of so many
constexpr double kGroupTolerance = 4e-5;  // sums that cancel round by as much on the exact path
constexpr float kRepairAbove = 5e-6f;     // areas that err by more are done exactly, if they are few
constexpr std::size_t kMostRepairs = 64;
constexpr Eigen::Index kGramAreas = 16384;

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

Eigen::VectorXf root_mean_square(const Eigen::MatrixXf& draws_by_area) {
  return (draws_by_area.colwise().norm() / std::sqrt(static_cast<float>(draws_by_area.rows()))).transpose();
}

Eigen::VectorXf inverse_or_zero(const Eigen::VectorXf& x) {
  return x.unaryExpr([](float v) { return v > 0.0f ? 1.0f / v : 0.0f; });
}

/// The basis of one outcome over areas.
struct AreaBasis {
  Eigen::VectorXf size;         ///< root mean square of each area's snapshots
  Eigen::MatrixXf row;          ///< modes x areas, of outcomes over `size`
  Eigen::MatrixXf from_sample;  ///< sampled areas x modes: outcomes to coordinates
  AlignedBuffer coordinates;    ///< [block][mode][draw of the block]
  int modes() const { return static_cast<int>(row.rows()); }
};

AreaBasis make_basis(const Eigen::MatrixXf& snapshots, Parallelism parallelism) {
  AreaBasis basis;
  const Eigen::Index areas = snapshots.cols();
  basis.size = root_mean_square(snapshots);
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
void pick_areas(const Eigen::MatrixXf& row, const std::vector<int>& areas, std::set<int>& picked) {
  Eigen::MatrixXf left = row;
  for (Eigen::Index k = 0; k < row.rows(); ++k) {
    Eigen::Index best = 0;
    const float size = left.colwise().squaredNorm().maxCoeff(&best);
    if (!(size > 0.0f)) break;
    picked.insert(areas[static_cast<std::size_t>(best)]);
    const Eigen::VectorXf direction = left.col(best) / std::sqrt(size);
    left.noalias() -= direction * (direction.transpose() * left).eval();
  }
}

/// From values in the sampled areas to one period of the aggregates of one outcome.
struct AggregateMap {
  Eigen::MatrixXf from_sample;  ///< sampled areas x modes
  Eigen::MatrixXf to_groups;    ///< groups of all groupings x modes
};

/// @param sample  snapshots x sampled areas;  @param groups  groups x snapshots
AggregateMap make_map(const Eigen::MatrixXf& sample, const Eigen::MatrixXf& groups) {
  const Eigen::VectorXf scale = inverse_or_zero(root_mean_square(sample));
  const Eigen::MatrixXd scaled = (sample * scale.asDiagonal()).cast<double>();
  const Modes modes = leading_modes(scaled * scaled.transpose());
  AggregateMap map;
  map.from_sample = (scale.cast<double>().asDiagonal() * scaled.transpose() * modes.vectors *
                     modes.sizes.array().square().inverse().matrix().asDiagonal())
                        .cast<float>();
  map.to_groups = (groups.cast<double>() * modes.vectors).cast<float>();
  return map;
}

struct Attempt {
  const Dynamics& dynamics;
  const OutcomePlan& plan;
  Parallelism parallelism;
  ScenarioOutcome result;
  Snapshots exact;  ///< of the basis draws, then of the check draws
  long basis_draws = 0;
  std::vector<long> draws;  ///< all of them
  std::vector<AreaBasis> bases;

  Eigen::MatrixXf group_snapshots(std::size_t outcome, int period, long count) const;
  void sample_all(const TileSource& source, const SampleAreas& sample);
  std::vector<float> area_errors() const;
  double group_error() const;
  std::vector<int> take_worst(std::vector<float>& errors) const;
  std::vector<int> modes_needed(const AreaBasis& basis) const;
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
  for_each_block(
      static_cast<std::ptrdiff_t>(tasks.size()), 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
        const Task& task = tasks[static_cast<std::size_t>(k)];
        const auto& values = task.values < path.size() ? path[task.values] : last[task.values - path.size()];
        maps[static_cast<std::size_t>(k)] =
            make_map(values, group_snapshots(task.outcome, task.period, basis_draws));
      });

  const long blocks = (dynamics.draws + kBlock - 1) / kBlock;
  for (auto& basis : bases)
    basis.coordinates = AlignedBuffer(static_cast<std::size_t>(blocks * kBlock * basis.modes()));
  for_each_block(blocks, 4, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t end) {
    auto scratch = pool.borrow();
    float* values = scratch.data() + sample.scratch();
    BatchCoefficients coefficients(source);
    for (long begin = first * kBlock; begin < end * kBlock; begin += kLanes) {
      long of_lane[kLanes];
      const long count = std::clamp(dynamics.draws - begin, 0L, kLanes);
      for (long k = 0; k < kLanes; ++k) of_lane[k] = std::min(begin + k, dynamics.draws - 1);
      coefficients.pack(of_lane, static_cast<int>(kLanes));
      sample.run(coefficients, scratch.data(), values,
                 values + point_lanes * static_cast<std::size_t>(horizon));
      for (std::size_t o = 0; o < outcomes; ++o) {
        AreaBasis& basis = bases[o];
        const Eigen::MatrixXf lanes_by_mode =
            Lanes(values + (static_cast<std::size_t>(horizon) + o) * point_lanes, kLanes, points) *
            basis.from_sample;
        float* block = basis.coordinates.data() + begin / kBlock * kBlock * basis.modes() + begin % kBlock;
        for (int k = 0; k < basis.modes(); ++k)
          std::copy_n(lanes_by_mode.col(k).data(), kLanes, block + k * kBlock);
      }
      for (std::size_t t = 0; t < tasks.size(); ++t) {
        const Eigen::MatrixXf coordinates =
            (Lanes(values + tasks[t].values * point_lanes, kLanes, points) * maps[t].from_sample).transpose();
        const Eigen::MatrixXf groups = maps[t].to_groups * coordinates;
        Eigen::Index at = 0;
        for (std::size_t g = 0; g < groupings; ++g) {
          AggregateSeries& series = result.aggregates[tasks[t].outcome * groupings + g];
          for (long lane = 0; lane < count; ++lane)
            std::copy_n(
                groups.col(lane).data() + at, series.groups,
                series.value.data() + ((begin + lane) * series.periods + tasks[t].period) * series.groups);
          at += series.groups;
        }
      }
    }
  });
}

/// By area, the largest error of the check draws in any outcome, over the larger of the draw and the area's
/// root mean square.
std::vector<float> Attempt::area_errors() const {
  std::vector<float> worst(exact.areas.size(), 0.0f);
  const auto checks = static_cast<long>(draws.size()) - basis_draws;
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
    const AreaBasis& basis = bases[o];
    Eigen::MatrixXf coordinates(basis.modes(), checks);
    for (long c = 0; c < checks; ++c) {
      const long draw = draws[static_cast<std::size_t>(basis_draws + c)];
      for (int k = 0; k < basis.modes(); ++k)
        coordinates(k, c) =
            basis.coordinates.data()[draw / kBlock * kBlock * basis.modes() + k * kBlock + draw % kBlock];
    }
    const Eigen::VectorXf scale = inverse_or_zero(basis.size);
    for_each_block(basis.row.cols(), 1024, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      const Eigen::Index count = last - first;
      const Eigen::MatrixXf made = coordinates.transpose() * basis.row.middleCols(first, count);
      const Eigen::MatrixXf want = exact.outcome[o].bottomRows(checks).middleCols(first, count) *
                                   scale.segment(first, count).asDiagonal();
      const Eigen::VectorXf errors =
          ((made - want).array() / want.array().abs().max(1.0f)).abs().colwise().maxCoeff().transpose();
      for (Eigen::Index k = 0; k < count; ++k) {
        float& mine = worst[static_cast<std::size_t>(first + k)];
        mine = std::max(mine, errors[k]);
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

/// Modes are ordered by what they mean to all areas; most areas need only the first of them.
std::vector<int> Attempt::modes_needed(const AreaBasis& basis) const {
  Eigen::VectorXf size = Eigen::VectorXf::Zero(basis.modes());  // mean square of each coordinate
  const long blocks = dynamics.draws / kBlock;                  // whole ones tell enough
  for (long block = 0; block < blocks; ++block)
    for (int k = 0; k < basis.modes(); ++k)
      size[k] += Eigen::Map<const Eigen::VectorXf>(
                     basis.coordinates.data() + (block * basis.modes() + k) * kBlock, kBlock)
                     .squaredNorm();
  size /= static_cast<float>(std::max(1L, blocks * kBlock));
  std::vector<int> needed;
  for (Eigen::Index i = 0; i < basis.row.cols(); ++i) {
    int modes = basis.modes();
    float left = 0.0f;
    for (; modes > 1; --modes) {
      left += basis.row(modes - 1, i) * basis.row(modes - 1, i) * size[modes - 1];
      if (left > static_cast<float>(kAreaTail * kAreaTail)) break;
    }
    needed.push_back(blocks > 0 ? std::min(basis.modes(), (modes + kModesStep - 1) / kModesStep * kModesStep)
                                : basis.modes());
  }
  return needed;
}

void Attempt::summarise() {
  const long blocks = (dynamics.draws + kBlock - 1) / kBlock, stride = blocks * kBlock;
  const auto expand = kernels::expand_kernel();
  constexpr int rows = kernels::kExpandRows;
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
    const AreaBasis& basis = bases[o];
    AreaSummary& summary = result.areas[o];
    AreaMomentsPool moments_pool(plan.quantiles, dynamics.draws, plan.better);
    const std::vector<int> needed = modes_needed(basis);
    std::vector<int> order(exact.areas.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
      return needed[static_cast<std::size_t>(a)] < needed[static_cast<std::size_t>(b)];
    });
    ScratchPool pool(static_cast<std::size_t>(rows * stride + rows * basis.modes()));
    for_each_block(static_cast<std::ptrdiff_t>(exact.areas.size()), 16 * rows, parallelism,
                   [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
                     auto scratch = pool.borrow();
                     auto moments = moments_pool.take();
                     float* made = scratch.data();
                     Eigen::Map<Eigen::MatrixXf> row(made + rows * stride, basis.modes(), rows);
                     for (std::ptrdiff_t first = begin; first < end; first += rows) {
                       const std::ptrdiff_t count = std::min<std::ptrdiff_t>(rows, end - first);
                       row.setZero();
                       for (std::ptrdiff_t k = 0; k < count; ++k) {
                         const int at = order[static_cast<std::size_t>(first + k)];
                         row.col(k) = basis.row.col(at) * basis.size[at];
                       }
                       const int last = order[static_cast<std::size_t>(first + count - 1)];
                       expand({needed[static_cast<std::size_t>(last)], basis.modes(), blocks, row.data(),
                               basis.coordinates.data(), made});
                       for (std::ptrdiff_t k = 0; k < count; ++k) {
                         const int at = order[static_cast<std::size_t>(first + k)];
                         keep(summary, plan, exact.areas[static_cast<std::size_t>(at)], made + k * stride,
                              *moments);
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

std::optional<ScenarioOutcome> evaluate_basis(const Dynamics& dynamics, const OutcomePlan& plan,
                                              Parallelism parallelism) {
  const auto start = Clock::now();
  const AggregateCells cells = aggregate_cells(plan, dynamics.areas());
  const TileSource source(dynamics);
  for (int attempt = 0; attempt < kBasisAttempts; ++attempt) {
    Attempt one{dynamics, plan, parallelism, empty_outcome(dynamics, plan), {}, 0, {}, {}};
    const ChosenDraws chosen = choose_draws(dynamics, kBasisDraws << attempt, kCheckDraws);
    one.basis_draws = static_cast<long>(chosen.basis.size());
    if (one.basis_draws < 1) return std::nullopt;
    one.draws = chosen.basis;
    one.draws.insert(one.draws.end(), chosen.check.begin(), chosen.check.end());
    one.exact = run_snapshots(source, plan, cells, one.draws, parallelism);
    std::set<int> picked;
    bool pays = true;
    for (const auto& outcome : one.exact.outcome) {
      one.bases.push_back(make_basis(outcome.topRows(one.basis_draws), parallelism));
      pays = pays && one.bases.back().modes() <= kMostBasis;
      if (!pays) break;
      pick_areas(one.bases.back().row, one.exact.areas, picked);
    }
    if (!pays) return std::nullopt;

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
      basis.from_sample = (scale.asDiagonal() * rows *
                           normal.ldlt().solve(Eigen::MatrixXd::Identity(normal.rows(), normal.cols())))
                              .cast<float>();
      one.result.report.basis_size = std::max(one.result.report.basis_size, basis.modes());
    }
    one.sample_all(source, sample);
    EvaluationReport& report = one.result.report;
    report.path = "sampled basis";
    report.checked_draws = static_cast<long>(chosen.check.size());
    report.fallbacks = attempt;
    std::vector<float> errors = one.area_errors();
    std::vector<int> repairs = one.take_worst(errors);
    report.checked_error =
        errors.empty() ? 0.0 : static_cast<double>(*std::max_element(errors.begin(), errors.end()));
    if (!(report.checked_error <= kBasisTolerance) || !(one.group_error() <= kGroupTolerance)) continue;
    report.seconds_propagate = seconds_since(start);
    const auto summarising = Clock::now();
    one.summarise();
    report.seconds_summarise = seconds_since(summarising);
    if (!repairs.empty()) {
      std::stable_sort(repairs.begin(), repairs.end(), [&](int a, int b) {
        return place[static_cast<std::size_t>(a)] < place[static_cast<std::size_t>(b)];
      });
      ExactTiles(source, plan, cells, static_cast<int>(repairs.size()), one.result)
          .run(repairs, nullptr, parallelism);
    }
    return std::move(one.result);
  }
  return std::nullopt;
}

}  // namespace spillway
