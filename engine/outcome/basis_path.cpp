#include "engine/outcome/basis_path.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/gather_areas.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/sampled_basis.hpp"
#include "engine/propagate/unit_dynamics.hpp"

namespace spillway {

namespace {

constexpr long kBlock = BasisCoordinates::kBlock;
constexpr double kGroupTolerance = 4e-5;  // sums that cancel round by as much on the exact path
constexpr float kRepairAbove = 1e-5f;     // areas that err by more are done exactly, if they are few
constexpr std::size_t kMostRepairs = 256;

using Clock = std::chrono::steady_clock;
double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

/// A basis of the unit dynamics at a scenario's sizes.
struct Sized {
  const SampledBasis& basis;
  const std::vector<double>& size;  ///< [draw]
  double typical;                   ///< root mean square of them
  const OutcomePlan& plan;
  Parallelism parallelism;
  ScenarioOutcome& result;
  Ranks& ranks;

  Share blocks_of_rank() const { return ranks.share((basis.of.draws + kBlock - 1) / kBlock); }
  /// The draw whose groups come first in `result`: rank 0 has room for all, the others for theirs.
  long first_draw() const { return ranks.writes() ? 0 : blocks_of_rank().first * kBlock; }
  void fill_groups();
  void gather_groups();
  std::vector<float> area_errors() const;
  double group_error() const;
  std::vector<int> take_worst(std::vector<float>& errors) const;
  void summarise();
  std::vector<std::vector<int>> own_areas() const;

  long draw_of_check(long c) const { return basis.draws[static_cast<std::size_t>(basis.basis_draws + c)]; }
  double size_of(long draw) const { return size[static_cast<std::size_t>(draw)]; }
};

}  // namespace

void scale_block(const BasisCoordinates& coordinates, const std::vector<double>& size, long block,
                 float* out) {
  const long first = block * kBlock, count = std::min(kBlock, coordinates.draws() - first);
  float by[kBlock] = {};
  for (long d = 0; d < count; ++d) by[d] = static_cast<float>(size[static_cast<std::size_t>(first + d)]);
  const float* in = coordinates.block(block);
  for (long k = 0; k < coordinates.stride(); k += kBlock)
    for (long d = 0; d < kBlock; ++d) out[k + d] = in[k + d] * by[d];
}

namespace {

void Sized::fill_groups() {
  const std::size_t groupings = plan.groupings.size();
  const long draws = basis.of.draws, least = first_draw();
  const Share mine = blocks_of_rank();
  long most_floats = 0, most_groups = 0;
  for (const GroupBasis& one : basis.groups_of) {
    most_floats = std::max(most_floats, one.coordinates.stride());
    most_groups = std::max(most_groups, one.to_groups.rows());
  }
  for_each_block(mine.size(), 4, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    AlignedBuffer sized(static_cast<std::size_t>(most_floats)),
        groups(static_cast<std::size_t>(most_groups * kBlock));
    for (long block = mine.first + begin; block < mine.first + end; ++block) {
      const long first = block * kBlock, count = std::min(kBlock, draws - first);
      for (const GroupBasis& one : basis.groups_of) {
        scale_block(one.coordinates, size, block, sized.data());
        one.to_groups.product(1, sized.data(), 0, groups.data(), 0);
        const float* group = groups.data();
        for (std::size_t g = 0; g < groupings; ++g) {
          AggregateSeries& series = result.aggregates[one.outcome * groupings + g];
          for (long d = 0; d < count; ++d) {
            float* to = &draw_period_group(series)(first - least + d, one.period, 0);
            for (long k = 0; k < series.groups; ++k) to[k] = group[k * kBlock + d];
          }
          group += series.groups * kBlock;
        }
      }
    }
  });
}

/// The groups of every draw to rank 0.
void Sized::gather_groups() {
  if (ranks.size() == 1) return;
  const long draws = basis.of.draws;
  for (AggregateSeries& series : result.aggregates) {
    const long each = series.periods * series.groups;
    ranks.collect(series.value.data(), series.value.data(),
                  edges_of_shares(ranks, (draws + kBlock - 1) / kBlock, kBlock * each, draws * each));
  }
}

/// [outcome] areas in this rank's area groups.
std::vector<std::vector<int>> Sized::own_areas() const {
  std::vector<std::vector<int>> own(plan.outcomes.size());
  for (std::size_t o = 0; o < own.size(); ++o)
    for (const LocalBasis& part : basis.areas_of[o].local)
      for (const int member : part.members) own[o].push_back(basis.areas[static_cast<std::size_t>(member)]);
  return own;
}

/// By area, the largest error of the check draws in any outcome, over the larger of the draw and the area's
/// size.
std::vector<float> Sized::area_errors() const {
  std::vector<float> worst(basis.areas.size(), 0.0f);
  const long checks = basis.checks();
  Eigen::VectorXf share(checks);  // of a typical draw
  for (long c = 0; c < checks; ++c)
    share[c] = static_cast<float>(std::abs(size_of(draw_of_check(c))) / typical);
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
    const AreaBasis& one = basis.areas_of[o];
    Eigen::MatrixXf coordinates(one.coordinates.modes(), checks);
    for (long c = 0; c < checks; ++c) coordinates.col(c) = one.coordinates.draw(draw_of_check(c));
    for_each_block(
        static_cast<std::ptrdiff_t>(one.local.size()), 1, parallelism,
        [&](std::ptrdiff_t part, std::ptrdiff_t) {
          const LocalBasis& mine = one.local[static_cast<std::size_t>(part)];
          if (mine.members.empty()) return;  // another rank's
          const Eigen::MatrixXf made = (mine.from_coordinates * coordinates).transpose() * mine.row;
          for (Eigen::Index k = 0; k < made.cols(); ++k) {
            const int area = mine.members[static_cast<std::size_t>(k)];
            if (!(one.size[area] > 0.0f)) continue;
            const Eigen::VectorXf want = basis.check[o].col(area) / one.size[area];
            const float error = ((made.col(k) - want).array() * share.array() /
                                 (want.array().abs() * share.array()).max(1.0f))
                                    .abs()
                                    .maxCoeff();
            worst[static_cast<std::size_t>(area)] = std::max(worst[static_cast<std::size_t>(area)], error);
          }
        });
  }
  ranks.most(worst);
  return worst;
}

/// Largest error of the check draws in any group and period, over the group's root mean square, or over a
/// twentieth of the largest group's where gains and losses of areas cancel.
double Sized::group_error() const {
  double worst = 0.0;
  const std::size_t groupings = plan.groupings.size();
  for (const GroupBasis& one : basis.groups_of) {
    Eigen::MatrixXf groups =
        basis.group_snapshots(plan, one.outcome, one.period, static_cast<long>(basis.draws.size()));
    for (Eigen::Index d = 0; d < groups.cols(); ++d)
      groups.col(d) *= static_cast<float>(size_of(basis.draws[static_cast<std::size_t>(d)]));
    const Eigen::VectorXf own = groups.rowwise().norm() / std::sqrt(static_cast<float>(groups.cols()));
    const Eigen::VectorXf bound = own.cwiseMax(0.05f * own.maxCoeff());
    Eigen::Index at = 0;
    for (std::size_t g = 0; g < groupings; ++g) {
      const AggregateSeries& series = result.aggregates[one.outcome * groupings + g];
      for (long c = 0; c < basis.checks(); ++c) {
        const float* made = &draw_period_group(series)(draw_of_check(c), one.period, 0);
        for (long k = 0; k < series.groups; ++k) {
          const float error = std::abs(made[k] - groups(at + k, basis.basis_draws + c));
          if (error > 0.0f) worst = std::max(worst, static_cast<double>(error / bound[at + k]));
        }
      }
      at += series.groups;
    }
  }
  return worst;
}

/// Takes out the areas, at most kMostRepairs, whose checked draws err most and above kRepairAbove.
std::vector<int> Sized::take_worst(std::vector<float>& errors) const {
  std::vector<int> bad;
  for (std::size_t k = 0; k < errors.size(); ++k)
    if (errors[k] > kRepairAbove) bad.push_back(static_cast<int>(k));
  std::stable_sort(bad.begin(), bad.end(), [&](int a, int b) {
    return errors[static_cast<std::size_t>(a)] > errors[static_cast<std::size_t>(b)];
  });
  bad.resize(std::min<std::size_t>(bad.size(), kMostRepairs));
  for (int& one : bad) {
    errors[static_cast<std::size_t>(one)] = 0.0f;
    one = basis.areas[static_cast<std::size_t>(one)];
  }
  return bad;
}

/// Mean and covariance of the coordinates over draws.
struct CoordinateMoments {
  Eigen::VectorXd mean;
  Eigen::MatrixXd covariance;
};

CoordinateMoments moments_of(const BasisCoordinates& coordinates) {
  const Eigen::Index modes = coordinates.modes();
  const long draws = coordinates.draws();
  CoordinateMoments moments{Eigen::VectorXd::Zero(modes), Eigen::MatrixXd::Zero(modes, modes)};
  const auto each = [&](const auto& visit) {
    for (long first = 0; first < draws; first += kBlock)
      visit(coordinates.matrix(first / kBlock)
                .topRows(std::min(kBlock, draws - first))
                .template cast<double>()
                .eval());
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

/// Draws in the order, give or take a thousandth of the range, of what the areas of an area group do on
/// average, so that each of its areas has them nearly sorted: fills `order`, position -> draw, and moves the
/// coordinates accordingly.
///
/// @param from, to  [block][mode, padded][draw of the block]; in `to`, zeros fill up the last block
void sort_draws(const LocalBasis& local, long modes_padded, long draws, const float* from,
                std::vector<int>& order, float* to) {
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
  const auto bin_of = [&](long d) {
    return static_cast<std::size_t>(
        std::clamp((key_of(d) - least) * scale, 0.0f, static_cast<float>(kBins - 1)));
  };
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

void Sized::summarise() {
  const long draws = basis.of.draws, blocks = (draws + kBlock - 1) / kBlock, stride = blocks * kBlock;
  const auto expand = kernels::expand_kernel();
  constexpr Eigen::Index rows = kernels::kExpandRows;
  /// Of an outcome: what its area groups share.
  struct Shared {
    BasisCoordinates coordinates;
    CoordinateMoments spread;
    AreaMomentsPool moments;
    Shared(BasisCoordinates sized, const OutcomePlan& plan)
        : coordinates(std::move(sized)),
          spread(moments_of(coordinates)),
          moments(plan.quantiles, coordinates.draws(), plan.better) {}
  };
  std::vector<std::unique_ptr<Shared>> shared(plan.outcomes.size());
  for_each_block(static_cast<std::ptrdiff_t>(shared.size()), 1, parallelism,
                 [&](std::ptrdiff_t o, std::ptrdiff_t) {
                   const BasisCoordinates& units = basis.areas_of[static_cast<std::size_t>(o)].coordinates;
                   BasisCoordinates sized(units.modes(), units.stride() / kBlock, draws);
                   for (long block = 0; block < blocks; ++block)
                     scale_block(units, size, block, sized.block(block));
                   shared[static_cast<std::size_t>(o)] = std::make_unique<Shared>(std::move(sized), plan);
                 });
  // The area groups of all outcomes in one loop, so that workers wait for each other once.
  std::vector<std::pair<std::size_t, const LocalBasis*>> parts;
  Eigen::Index most = rows;
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
    for (const LocalBasis& part : basis.areas_of[o].local) {
      if (part.members.empty()) continue;  // another rank's
      parts.emplace_back(o, &part);
      most = std::max(most, part.row.rows() + rows);
    }
  ScratchPool pool(static_cast<std::size_t>((rows + 2 * most) * stride + rows * most));
  for_each_block(
      static_cast<std::ptrdiff_t>(parts.size()), 1, parallelism, [&](std::ptrdiff_t part, std::ptrdiff_t) {
        const auto& [o, area_group] = parts[static_cast<std::size_t>(part)];
        const LocalBasis& mine = *area_group;
        const AreaBasis& one = basis.areas_of[o];
        const BasisCoordinates& sized = shared[o]->coordinates;
        const CoordinateMoments& spread = shared[o]->spread;
        const Eigen::Index modes = mine.row.rows(), count = mine.row.cols();
        auto scratch = pool.borrow();
        auto moments = shared[o]->moments.take();
        float* made = scratch.data();
        float* coordinates = made + rows * stride;
        float* unsorted = coordinates + most * stride;
        Eigen::Map<Eigen::MatrixXf> row(unsorted + most * stride, modes, rows);
        const LaneMatrix turn(mine.from_coordinates);
        const long local_stride = turn.rows() * kBlock;
        turn.product(blocks, sized.data(), sized.stride(), unsorted, local_stride);
        std::vector<int> order;
        sort_draws(mine, turn.rows(), draws, unsorted, order, coordinates);
        const Eigen::MatrixXd turned = mine.from_coordinates.cast<double>();
        const Eigen::VectorXd mean = turned * spread.mean;
        const Eigen::MatrixXd covariance = turned * spread.covariance * turned.transpose();
        for (Eigen::Index first = 0; first < count; first += rows) {
          const Eigen::Index here = std::min(rows, count - first);
          row.setZero();
          for (Eigen::Index k = 0; k < here; ++k)
            row.col(k) =
                mine.row.col(first + k) * one.size[mine.members[static_cast<std::size_t>(first + k)]];
          expand({static_cast<int>(modes), row.data(), modes, blocks, coordinates, local_stride, made, stride,
                  kBlock});
          for (Eigen::Index k = 0; k < here; ++k) {
            const int member = mine.members[static_cast<std::size_t>(first + k)];
            const Eigen::VectorXd weight = row.col(k).cast<double>();
            keep_ordered(result.areas[o], plan, basis.areas[static_cast<std::size_t>(member)],
                         made + k * stride, order.data(), weight.dot(mean),
                         std::sqrt(std::max(0.0, weight.dot(covariance * weight))),
                         static_cast<float>(kBasisTolerance * typical) * one.size[member], *moments);
          }
        }
        shared[o]->moments.give_back(std::move(moments));
      });
}

}  // namespace

double basis_bytes(const Dynamics& dynamics, const OutcomePlan& plan, int workers) {
  const double areas = static_cast<double>(dynamics.areas()),
               outcomes = static_cast<double>(plan.outcomes.size());
  const double draws = static_cast<double>(dynamics.draws);
  double series = 0.0;  // coordinates of groups: outcomes and periods
  for (const AreaOutcome outcome : plan.outcomes)
    if (!plan.groupings.empty()) series += outcome == AreaOutcome::uplift ? dynamics.horizon : 1;
  return 4.0 * (outcomes * areas * (kBasisDraws + kCheckDraws + 2 * kMostBasis) +
                (outcomes + series) * draws * kMostBasis + workers * (kernels::kExpandRows * draws + 1e6));
}

namespace {

/// Sizes of a scenario's draws and the unit dynamics that they multiply. Pounds are not linear in the size:
/// there a draw's unit is the draw.
struct Units {
  UnitDynamics of;
  double typical;  ///< root mean square of the sizes

  Units(const Dynamics& dynamics, const OutcomePlan& plan)
      : of(std::none_of(plan.outcomes.begin(), plan.outcomes.end(), in_pounds)
               ? unit_dynamics(dynamics)
               : UnitDynamics{dynamics, std::vector<double>(static_cast<std::size_t>(dynamics.draws), 1.0)}) {
    double squares = 0.0;
    for (const double one : of.size) squares += one * one;
    typical = std::sqrt(squares / static_cast<double>(of.size.size()));
  }
};

/// Near areas next to each other, as the basis has them.
void sort_as_in(const SampledBasis& basis, long areas, std::vector<int>& some) {
  std::vector<std::size_t> place(static_cast<std::size_t>(areas), 0);
  for (std::size_t k = 0; k < basis.areas.size(); ++k) place[static_cast<std::size_t>(basis.areas[k])] = k;
  std::stable_sort(some.begin(), some.end(), [&](int a, int b) {
    return place[static_cast<std::size_t>(a)] < place[static_cast<std::size_t>(b)];
  });
}

double largest(const std::vector<float>& errors) {
  return errors.empty() ? 0.0 : static_cast<double>(*std::max_element(errors.begin(), errors.end()));
}

/// Modes may take this share of an attempt's snapshots, where another attempt can have more of them.
double most_share(const Dynamics& dynamics, int attempt) {
  const bool more = attempt + 1 < kBasisAttempts && dynamics.draws / 2 > kBasisDraws << attempt;
  return more ? 0.5 : 1.0;
}

}  // namespace

CheckedBasis checked_basis(const Dynamics& dynamics, const OutcomePlan& plan, Parallelism parallelism) {
  Units unit(dynamics, plan);
  for (int attempt = 0; attempt < kBasisAttempts; ++attempt) {
    CheckedBasis checked{sample_basis(unit.of.dynamics, plan, kBasisDraws << attempt, kCheckDraws,
                                      most_share(unit.of.dynamics, attempt), parallelism, [] {}),
                         unit.of.size,
                         unit.typical,
                         {}};
    const SampledBasis& basis = *checked.basis;
    if (basis.basis_draws < 1) return {};
    if (basis.too_few) continue;
    if (basis.areas.empty() || !(unit.typical > 0.0)) {
      auto nobody = std::make_shared<SampledBasis>();
      checked.basis = std::move(nobody);
      return checked;
    }
    if (basis.areas_of.empty()) return {};
    ScenarioOutcome unused;
    const Sized sized{basis, checked.size, unit.typical, plan, parallelism, unused, Ranks::alone()};
    std::vector<float> errors = sized.area_errors();
    checked.repairs = sized.take_worst(errors);
    if (!(largest(errors) <= kBasisTolerance)) continue;
    sort_as_in(basis, dynamics.areas(), checked.repairs);
    return checked;
  }
  return {};
}

bool evaluate_basis(ScenarioOutcome& result, const Dynamics& dynamics, const OutcomePlan& plan,
                    Parallelism parallelism, const std::function<void()>& aggregates_known,
                    SharedWork* shared, Ranks& ranks) {
  const auto start = Clock::now();
  Units unit(dynamics, plan);
  const std::vector<double>& size = unit.of.size;
  const double typical = unit.typical;
  for (int attempt = 0; attempt < kBasisAttempts; ++attempt) {
    result = {};
    const bool last = attempt + 1 == kBasisAttempts;
    const auto make_room =
        [&] {  // as late as can be: the scenario before may still be on its way to the disk
          result.areas = empty_summaries(dynamics, plan);
          const Share blocks = ranks.share((dynamics.draws + kBlock - 1) / kBlock);
          const long draws = ranks.writes() ? dynamics.draws
                                            : std::min(dynamics.draws, blocks.last * kBlock) -
                                                  std::min(dynamics.draws, blocks.first * kBlock);
          result.aggregates = shared == nullptr ? empty_aggregates(plan, draws, dynamics.horizon)
                                                : shared->room(plan, draws, dynamics.horizon);
        };
    const auto make = [&] {
      return sample_basis(last ? std::move(unit.of.dynamics) : unit.of.dynamics, plan, kBasisDraws << attempt,
                          kCheckDraws, most_share(unit.of.dynamics, attempt), parallelism, make_room, ranks);
    };
    const std::shared_ptr<const SampledBasis> basis =
        shared == nullptr ? make() : shared->get(unit.of.dynamics, plan, attempt, ranks.size(), make);
    if (basis->basis_draws < 1) return false;
    if (basis->too_few) continue;
    result.report.path = "sampled basis";
    if (basis->areas.empty() || !(typical > 0.0)) {  // nobody is reached: zeros
      const EvaluationReport report = result.report;
      result = empty_outcome(dynamics, plan);
      result.report = report;
      return true;
    }
    if (basis->areas_of.empty()) return false;
    for (const AreaBasis& one : basis->areas_of)
      result.report.basis_size = std::max(result.report.basis_size, one.coordinates.modes());
    if (result.areas.empty() && result.aggregates.empty()) make_room();
    Sized sized{*basis, size, typical, plan, parallelism, result, ranks};
    sized.fill_groups();
    sized.gather_groups();

    EvaluationReport& report = result.report;
    report.checked_draws = basis->checks();
    report.fallbacks = attempt;
    std::vector<float> errors = sized.area_errors();
    std::vector<int> repairs = sized.take_worst(errors);
    report.checked_error = largest(errors);
    const bool passes = report.checked_error <= kBasisTolerance &&
                        (!ranks.writes() || sized.group_error() <= kGroupTolerance);
    if (ranks.most(passes ? 0 : 1) > 0) continue;
    report.seconds_propagate = seconds_since(start);
    if (ranks.writes()) aggregates_known();
    if (!plan.areas) return true;
    const auto summarising = Clock::now();
    sized.summarise();
    gather_areas(result.areas, plan, sized.own_areas(), ranks);
    report.seconds_summarise = seconds_since(summarising);
    if (!repairs.empty()) {
      sort_as_in(*basis, dynamics.areas(), repairs);
      const Share share = ranks.share(static_cast<long>(repairs.size()));
      const std::vector<int> mine(repairs.begin() + share.first, repairs.begin() + share.last);
      const TileSource source(dynamics);
      ExactTiles(source, plan, aggregate_cells(plan, dynamics.areas()), static_cast<int>(mine.size()), result)
          .run(mine, nullptr, parallelism);
      gather_areas(result.areas, plan, std::vector(plan.outcomes.size(), mine), ranks);
    }
    return true;
  }
  return false;
}

}  // namespace spillway
