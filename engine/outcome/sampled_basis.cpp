#include "engine/outcome/sampled_basis.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <set>
#include <span>

#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/exact_path.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/plain_kernels.hpp"

namespace spillway {

namespace {

constexpr long kDrawsAtOnce = kernels::kExpandDraws;
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
Eigen::VectorXf area_sizes(const Eigen::VectorXf& own) {
  const float floor =
      own.size() > 0 ? kSizeFloor * own.norm() / std::sqrt(static_cast<float>(own.size())) : 0.0f;
  return own.cwiseMax(floor).cwiseMin(kFaint * own);
}

/// Which areas' snapshots tell the modes: evenly spread, every `step`th.
Eigen::Index gram_step(Eigen::Index areas) { return std::max<Eigen::Index>(1, areas / kGramAreas); }

/// From an area's scaled snapshots to its row: the leading modes of some areas' snapshots.
///
/// @param some   snapshots x every gram_step()th area
/// @param scale  of all areas
Eigen::MatrixXf make_to_row(const Eigen::MatrixXf& some, const Eigen::VectorXf& scale) {
  const Eigen::Index step = gram_step(scale.size());
  Eigen::MatrixXd scaled(some.rows(), some.cols());
  for (Eigen::Index k = 0; k < some.cols(); ++k)
    scaled.col(k) = (some.col(k) * scale[k * step]).cast<double>();
  Eigen::MatrixXd gram = Eigen::MatrixXd::Zero(some.rows(), some.rows());
  gram.selfadjointView<Eigen::Lower>().rankUpdate(scaled);
  const Modes modes = leading_modes(gram);
  return (modes.sizes.cwiseInverse().asDiagonal() * modes.vectors.transpose() *
          std::sqrt(static_cast<double>(some.cols())))
      .cast<float>();
}

/// The areas whose snapshots a rank holds: whole blocks of the product that makes rows.
struct AreaRange {
  Eigen::Index first, last;
  Eigen::Index size() const { return last - first; }
};
constexpr Eigen::Index kRowBlock = 1024;
AreaRange areas_of_rank(Eigen::Index areas, int rank, int ranks) {
  const Share blocks = share_of((areas + kRowBlock - 1) / kRowBlock, rank, ranks);
  return {std::min(areas, blocks.first * kRowBlock), std::min(areas, blocks.last * kRowBlock)};
}
/// Edges of the ranks' areas in an array of so many floats an area.
std::vector<std::size_t> area_edges(Eigen::Index areas, Eigen::Index each, const Ranks& ranks) {
  std::vector<std::size_t> edges(1, 0);
  for (int rank = 0; rank < ranks.size(); ++rank)
    edges.push_back(static_cast<std::size_t>(areas_of_rank(areas, rank, ranks.size()).last * each));
  return edges;
}

std::span<const std::byte> bytes_of(const float* data, Eigen::Index count) {
  return std::as_bytes(std::span(data, static_cast<std::size_t>(count)));
}

/// From some draws of every area to every draw of some areas.
///
/// @param snapshots  this rank's draws x areas; let go
/// @param draws      of the ranks, one after the other
Eigen::MatrixXf by_areas(Eigen::MatrixXf& snapshots, const std::vector<Share>& draws, Ranks& ranks) {
  if (ranks.size() == 1) return std::move(snapshots);
  const Eigen::Index areas = snapshots.cols();
  std::vector<std::span<const std::byte>> to;
  for (int rank = 0; rank < ranks.size(); ++rank) {
    const AreaRange range = areas_of_rank(areas, rank, ranks.size());
    to.push_back(
        bytes_of(snapshots.data() + range.first * snapshots.rows(), range.size() * snapshots.rows()));
  }
  const auto from = ranks.exchange(to);
  const AreaRange mine = areas_of_rank(areas, ranks.rank(), ranks.size());
  Eigen::MatrixXf all(draws.back().last, mine.size());
  for (int rank = 0; rank < ranks.size(); ++rank) {
    const Share& of = draws[static_cast<std::size_t>(rank)];
    if (of.size() == 0 || mine.size() == 0) continue;
    const bool own = rank == ranks.rank();
    const auto* values = own ? snapshots.data() + mine.first * snapshots.rows()
                             : reinterpret_cast<const float*>(from[static_cast<std::size_t>(rank)].data());
    all.middleRows(of.first, of.size()) = Eigen::Map<const Eigen::MatrixXf>(values, of.size(), mine.size());
  }
  snapshots.resize(0, 0);
  return all;
}

/// Aggregates of every rank's draws, one rank's after the other's.
std::vector<AggregateSeries> all_snapshots(std::vector<AggregateSeries> mine, const std::vector<Share>& draws,
                                           Ranks& ranks) {
  if (ranks.size() == 1) return mine;
  for (AggregateSeries& series : mine) {
    const auto each = static_cast<std::size_t>(series.periods * series.groups);
    std::vector<std::size_t> edges(1, 0);
    for (const Share& one : draws) edges.push_back(static_cast<std::size_t>(one.last) * each);
    std::vector<float> all(edges.back());
    std::copy(series.value.begin(), series.value.end(),
              all.begin() + static_cast<std::ptrdiff_t>(edges[static_cast<std::size_t>(ranks.rank())]));
    ranks.complete(all.data(), edges);
    series.value = std::move(all);
  }
  return mine;
}

/// Some things that each are one rank's to make, thing k that of rank k modulo their number: every rank gets
/// all.
std::vector<Eigen::MatrixXf> share_out(std::vector<Eigen::MatrixXf> mine, Ranks& ranks) {
  if (ranks.size() == 1) return mine;
  std::vector<float> numbers;  // small: sizes are exact
  for (std::size_t k = static_cast<std::size_t>(ranks.rank()); k < mine.size();
       k += static_cast<std::size_t>(ranks.size())) {
    numbers.push_back(static_cast<float>(mine[k].rows()));
    numbers.push_back(static_cast<float>(mine[k].cols()));
    numbers.insert(numbers.end(), mine[k].data(), mine[k].data() + mine[k].size());
  }
  const auto all = ranks.all_gather(std::as_bytes(std::span(numbers)));
  for (std::size_t rank = 0; rank < all.size(); ++rank) {
    const auto* at = reinterpret_cast<const float*>(all[rank].data());
    for (std::size_t k = rank; k < mine.size(); k += all.size()) {
      const auto rows = static_cast<Eigen::Index>(at[0]), columns = static_cast<Eigen::Index>(at[1]);
      mine[k] = Eigen::Map<const Eigen::MatrixXf>(at + 2, rows, columns);
      at += 2 + rows * columns;
    }
  }
  return mine;
}

std::size_t candidate_step(Eigen::Index areas) {
  return static_cast<std::size_t>(std::max<Eigen::Index>(1, areas / kCandidates));
}

/// Areas whose rows span the basis best, of every candidate_step()th: pivoted Gram-Schmidt on the rows.
/// @return  which of the candidates, a row
Eigen::MatrixXf pick_areas(const Eigen::MatrixXf& row) {
  std::vector<float> picked;
  const auto step = static_cast<Eigen::Index>(candidate_step(row.cols()));
  Eigen::MatrixXf left(row.rows(), (row.cols() + step - 1) / step);
  for (Eigen::Index k = 0; k < left.cols(); ++k) left.col(k) = row.col(k * step);
  for (Eigen::Index k = 0; k < row.rows(); ++k) {
    Eigen::Index best = 0;
    const float size = left.colwise().squaredNorm().maxCoeff(&best);
    if (!(size > 0.0f)) break;
    picked.push_back(static_cast<float>(best));
    const Eigen::VectorXf direction = left.col(best) / std::sqrt(size);
    left.noalias() -= direction * (direction.transpose() * left).eval();
  }
  return Eigen::Map<const Eigen::RowVectorXf>(picked.data(), static_cast<Eigen::Index>(picked.size()));
}

/// Bases of the outcomes over areas, and the areas to sample for each. The same bits for any number of ranks.
///
/// @param snapshots  [outcome] this rank's draws x areas; let go
/// @param draws      of the ranks, one after the other
/// @param check      set to the exact draws of the check, [outcome] draws x areas
/// @return  false: more modes than `most_modes`; then they alone are there
bool make_rows(std::vector<Eigen::MatrixXf>& snapshots, const std::vector<Share>& draws, long basis_draws,
               int most_modes, const std::vector<int>& areas, std::vector<Rows>& rows,
               std::vector<Eigen::MatrixXf>& check, std::set<int>& picked, Parallelism parallelism,
               Ranks& ranks) {
  const std::size_t outcomes = snapshots.size();
  const auto count = static_cast<Eigen::Index>(areas.size());
  const AreaRange mine = areas_of_rank(count, ranks.rank(), ranks.size());
  const auto is_mine = [&](std::size_t o) {
    return static_cast<int>(o % static_cast<std::size_t>(ranks.size())) == ranks.rank();
  };
  const auto each = [&](const std::function<void(std::size_t)>& body) {
    for_each_block(static_cast<std::ptrdiff_t>(outcomes), 1, parallelism,
                   [&](std::ptrdiff_t o, std::ptrdiff_t) { body(static_cast<std::size_t>(o)); });
  };
  std::vector<Eigen::MatrixXf> here, some(outcomes), to_row(outcomes);
  std::vector<Eigen::VectorXf> scale(outcomes);
  for (Eigen::MatrixXf& one : snapshots) here.push_back(by_areas(one, draws, ranks));

  const Eigen::Index step = gram_step(count);
  const auto some_of = [&](const AreaRange& range) {  // which of every step-th areas
    return AreaRange{(range.first + step - 1) / step, (range.last + step - 1) / step};
  };
  each([&](std::size_t o) {
    rows[o].size.resize(count);
    rows[o].size.segment(mine.first, mine.size()) = root_mean_square(here[o].topRows(basis_draws));
    const AreaRange range = some_of(mine);
    some[o].resize(basis_draws, range.size());
    for (Eigen::Index k = 0; k < range.size(); ++k)
      some[o].col(k) = here[o].col((range.first + k) * step - mine.first).head(basis_draws);
  });
  if (ranks.size() > 1) {
    for (Rows& one : rows) ranks.complete(one.size.data(), area_edges(count, 1, ranks));
    // The whole of an outcome's to the rank that finds its modes.
    std::vector<std::vector<float>> to(static_cast<std::size_t>(ranks.size()));
    for (std::size_t o = 0; o < outcomes; ++o) {
      auto& for_rank = to[o % to.size()];
      for_rank.insert(for_rank.end(), some[o].data(), some[o].data() + some[o].size());
    }
    const std::vector<float> own = to[static_cast<std::size_t>(ranks.rank())];
    std::vector<std::span<const std::byte>> spans;
    for (const auto& one : to) spans.push_back(std::as_bytes(std::span(one)));
    const auto from = ranks.exchange(spans);
    std::vector<const float*> at;
    for (std::size_t rank = 0; rank < from.size(); ++rank)
      at.push_back(static_cast<int>(rank) == ranks.rank()
                       ? own.data()
                       : reinterpret_cast<const float*>(from[rank].data()));
    for (std::size_t o = 0; o < outcomes; ++o) {
      if (!is_mine(o)) continue;
      some[o].resize(basis_draws, (count + step - 1) / step);
      for (int rank = 0; rank < ranks.size(); ++rank) {
        const AreaRange range = some_of(areas_of_rank(count, rank, ranks.size()));
        const float*& values = at[static_cast<std::size_t>(rank)];
        std::copy_n(values, basis_draws * range.size(), some[o].data() + range.first * basis_draws);
        values += basis_draws * range.size();
      }
    }
  }
  each([&](std::size_t o) {
    rows[o].size = area_sizes(rows[o].size);
    scale[o] = inverse_or_zero(rows[o].size);
    if (is_mine(o)) to_row[o] = make_to_row(some[o], scale[o]);
    some[o].resize(0, 0);
  });
  to_row = share_out(std::move(to_row), ranks);
  each([&](std::size_t o) {
    rows[o].row.resize(to_row[o].rows(), count);
    for_each_block(mine.size(), kRowBlock, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      rows[o].row.middleCols(mine.first + first, last - first).noalias() =
          to_row[o] * (here[o].topRows(basis_draws).middleCols(first, last - first) *
                       scale[o].segment(mine.first + first, last - first).asDiagonal());
    });
    const Eigen::Index checks = here[o].rows() - basis_draws;
    check[o].resize(checks, count);
    check[o].middleCols(mine.first, mine.size()) = here[o].bottomRows(checks);
    here[o].resize(0, 0);
  });
  if (ranks.size() > 1)
    for (std::size_t o = 0; o < outcomes; ++o) {
      ranks.complete(rows[o].row.data(), area_edges(count, rows[o].row.rows(), ranks));
      ranks.complete(check[o].data(), area_edges(count, check[o].rows(), ranks));
    }
  if (std::any_of(rows.begin(), rows.end(), [&](const Rows& one) { return one.modes() > most_modes; }))
    return false;
  std::vector<Eigen::MatrixXf> picks(outcomes);
  each([&](std::size_t o) {
    if (is_mine(o)) picks[o] = pick_areas(rows[o].row);
  });
  for (const Eigen::MatrixXf& one : share_out(std::move(picks), ranks))
    for (const float k : one.reshaped())
      picked.insert(areas[static_cast<std::size_t>(k) * candidate_step(count)]);
  return true;
}

/// From values in the sampled areas to one period of the aggregates of one outcome.
struct GroupMap {
  Eigen::MatrixXf from_sample;  ///< modes x sampled areas
  Eigen::MatrixXf to_groups;    ///< groups of all groupings x modes, padded
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
  return {from_sample.cast<float>(), to_groups.cast<float>()};
}

/// Every draw's coordinates, by exact recursion of all draws over the sampled areas: those of areas of all
/// draws, those of groups of this rank's.
void sample_all(SampledBasis& basis, std::vector<Rows>& rows, const TileSource& source,
                const OutcomePlan& plan, const SampleAreas& sample, Parallelism parallelism,
                const std::function<void()>& beside, Ranks& ranks) {
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
  std::vector<Eigen::MatrixXf> map_from_sample(tasks.size()), map_to_groups(tasks.size());
  for_each_block(
      static_cast<std::ptrdiff_t>(tasks.size()) + 1, 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
        if (k == 0) return beside();
        const auto t = static_cast<std::size_t>(k - 1);
        if (static_cast<int>(t % static_cast<std::size_t>(ranks.size())) != ranks.rank()) return;
        const auto& values =
            tasks[t].values < path.size() ? path[tasks[t].values] : last[tasks[t].values - path.size()];
        GroupMap made =
            make_map(values, basis.group_snapshots(plan, tasks[t].outcome, tasks[t].period, basis_draws));
        map_from_sample[t] = std::move(made.from_sample);
        map_to_groups[t] = std::move(made.to_groups);
      });
  map_from_sample = share_out(std::move(map_from_sample), ranks);
  map_to_groups = share_out(std::move(map_to_groups), ranks);
  std::vector<LaneMatrix> maps;
  for (std::size_t t = 0; t < tasks.size(); ++t) {
    maps.emplace_back(map_from_sample[t]);
    basis.groups_of.push_back({tasks[t].outcome,
                               tasks[t].period,
                               {static_cast<int>(map_from_sample[t].rows()), maps[t].rows(), dynamics.draws},
                               LaneMatrix(map_to_groups[t])});
  }

  for (std::size_t o = 0; o < outcomes; ++o)
    basis.areas_of[o].coordinates = {rows[o].modes(), rows[o].from_sample.rows(), dynamics.draws};
  const std::size_t kinds = static_cast<std::size_t>(horizon) + outcomes;
  const long blocks = (dynamics.draws + kDrawsAtOnce - 1) / kDrawsAtOnce;
  const Share mine = ranks.share(blocks);
  for_each_block(mine.size(), 4, parallelism, [&](std::ptrdiff_t first_of_mine, std::ptrdiff_t end_of_mine) {
    const long first = mine.first + first_of_mine, end = mine.first + end_of_mine;
    auto scratch = pool.borrow();
    float* values = scratch.data() + sample.scratch();
    BatchCoefficients coefficients(source);
    AlignedBuffer sampled(
        kinds * static_cast<std::size_t>(points * kDrawsAtOnce));  // [kind of value][sampled area][draw]
    for (long block = first; block < end; ++block) {
      const long begin = block * kDrawsAtOnce;
      for (long at = 0; at < kDrawsAtOnce; at += kLanes) {
        long of_lane[kLanes];
        for (long k = 0; k < kLanes; ++k) of_lane[k] = std::min(begin + at + k, dynamics.draws - 1);
        coefficients.pack(of_lane, static_cast<int>(kLanes));
        sample.run(coefficients, scratch.data(), values,
                   values + point_lanes * static_cast<std::size_t>(horizon));
        for (std::size_t k = 0; k < kinds * static_cast<std::size_t>(points); ++k)
          std::copy_n(values + k * kLanes, kLanes, sampled.data() + k * kDrawsAtOnce + at);
      }
      const auto kind = [&](std::size_t k) {
        return sampled.data() + k * static_cast<std::size_t>(points * kDrawsAtOnce);
      };
      for (std::size_t o = 0; o < outcomes; ++o)
        rows[o].from_sample.product(1, kind(static_cast<std::size_t>(horizon) + o), 0,
                                    basis.areas_of[o].coordinates.block(block), 0);
      for (std::size_t t = 0; t < tasks.size(); ++t)
        maps[t].product(1, kind(tasks[t].values), 0, basis.groups_of[t].coordinates.block(block), 0);
    }
  });
  for (AreaBasis& one : basis.areas_of)
    ranks.complete(one.coordinates.data(), edges_of_shares(ranks, blocks, one.coordinates.stride(),
                                                           blocks * one.coordinates.stride()));
}

/// Root mean square over draws of each mode's coordinate; whole blocks tell enough.
Eigen::VectorXf mode_sizes(const BasisCoordinates& coordinates) {
  Eigen::VectorXd squares = Eigen::VectorXd::Zero(coordinates.modes());
  const long whole = std::max(1L, coordinates.draws() / kDrawsAtOnce);
  for (long block = 0; block < whole; ++block)
    squares += coordinates.matrix(block).colwise().squaredNorm().cast<double>().transpose();
  return (squares / static_cast<double>(whole * kDrawsAtOnce)).cwiseSqrt().cast<float>();
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

void LaneMatrix::product(long first, long rows, long blocks, const float* in, long in_block, float* out,
                         long out_block) const {
  for (long row = 0; row < rows; row += kernels::kExpandRows)
    kernels::expand_kernel()({static_cast<int>(columns_), value_.data() + (first + row) * columns_, columns_,
                              blocks, in, in_block, out + row * kDrawsAtOnce, kDrawsAtOnce, out_block});
}

BasisCoordinates::BasisCoordinates(int modes, long padded, long draws)
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
      groups.col(d).segment(at, series.groups) =
          Eigen::Map<const Eigen::VectorXf>(&draw_period_group(series)(d, period, 0), series.groups);
    at += series.groups;
  }
  return groups;
}

std::shared_ptr<const SampledBasis> sample_basis(Dynamics unit, const OutcomePlan& plan, int basis_draws,
                                                 int check_draws, double most_share, Parallelism parallelism,
                                                 const std::function<void()>& beside, Ranks& ranks) {
  auto made = std::make_shared<SampledBasis>();
  SampledBasis& basis = *made;
  basis.ranks = ranks.size();
  basis.of = std::move(unit);
  const Dynamics& dynamics = basis.of;
  const ChosenDraws chosen = choose_draws(dynamics, basis_draws, check_draws);
  basis.basis_draws = static_cast<long>(chosen.basis.size());
  if (basis.basis_draws < 1) return made;
  basis.draws = chosen.basis;
  basis.draws.insert(basis.draws.end(), chosen.check.begin(), chosen.check.end());
  const TileSource source(dynamics);
  std::vector<Share> draws_of;  // by rank: whole passes of the recursion
  const long all_draws = static_cast<long>(basis.draws.size()), together = kernels::kPlainDraws;
  for (int rank = 0; rank < ranks.size(); ++rank) {
    const Share passes = share_of((all_draws + together - 1) / together, rank, ranks.size());
    draws_of.push_back(
        {std::min(all_draws, passes.first * together), std::min(all_draws, passes.last * together)});
  }
  const Share mine = draws_of[static_cast<std::size_t>(ranks.rank())];
  Snapshots exact =
      run_snapshots(source, plan, aggregate_cells(plan, dynamics.areas()),
                    {basis.draws.begin() + mine.first, basis.draws.begin() + mine.last}, parallelism);
  basis.areas = std::move(exact.areas);
  basis.aggregates = all_snapshots(std::move(exact.aggregates), draws_of, ranks);
  if (basis.areas.empty()) return made;

  const std::size_t outcomes = plan.outcomes.size();
  const auto most_modes =
      static_cast<int>(std::min<double>(kMostBasis, most_share * static_cast<double>(basis.basis_draws)));
  std::vector<Rows> rows(outcomes);
  basis.check.resize(outcomes);
  std::set<int> picked;
  if (!make_rows(exact.outcome, draws_of, basis.basis_draws, most_modes, basis.areas, rows, basis.check,
                 picked, parallelism, ranks)) {
    const auto first =
        std::find_if(rows.begin(), rows.end(), [&](const Rows& one) { return one.modes() > most_modes; });
    basis.too_few = first->modes() <= kMostBasis;
    return made;
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
  sample_all(basis, rows, source, plan, sample, parallelism, beside, ranks);
  for (std::size_t o = 0; o < outcomes; ++o) {
    basis.areas_of[o].local =
        local_bases(rows[o].row, mode_sizes(basis.areas_of[o].coordinates), kAreaTail, parallelism, ranks);
    basis.areas_of[o].size = std::move(rows[o].size);
  }
  return made;
}

}  // namespace spillway
