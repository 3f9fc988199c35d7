#include "engine/outcome/snapshots.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <mutex>
#include <numeric>

#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/outcome_plan.hpp"
#include "engine/outcome/plain_kernels.hpp"

namespace spillway {

namespace {

constexpr int kSnapshotTile = 4096, kPatchesOfTile = 8;
constexpr double kVaries =
    1e-6;  // a parameter varies over draws if its deviations are more than this share of it

/// What tells one draw from another: phi, and rho and lambda of every class in the last period, in sds; and
/// the path of each shape's amplitudes, in sds of the whole path.
Eigen::MatrixXf draw_features(const Dynamics& dynamics) {
  const int classes = dynamics.classes, shapes = dynamics.shapes(), horizon = dynamics.horizon;
  const Eigen::Index single = 1 + 2 * classes;
  Eigen::MatrixXd feature(single + shapes * horizon, dynamics.draws);
  for (long d = 0; d < dynamics.draws; ++d) {
    Eigen::Index k = 0;
    feature(k++, d) = dynamics.phi[static_cast<std::size_t>(d)];
    for (int c = 0; c < classes; ++c) feature(k++, d) = dynamics.rho_at(d, horizon - 1, c);
    for (int c = 0; c < classes; ++c) feature(k++, d) = dynamics.lambda_at(d, horizon - 1, c);
    for (int q = 0; q < shapes; ++q)
      for (int h = 0; h < horizon; ++h) feature(k++, d) = dynamics.amplitude_at(d, h, q);
  }
  const Eigen::VectorXd whole = feature.rowwise().norm();
  feature.colwise() -= feature.rowwise().mean().eval();
  const auto to_unit = [&](Eigen::Index first, Eigen::Index rows, double weight) {
    const double size = feature.middleRows(first, rows).norm();
    const bool varies = size > kVaries * whole.segment(first, rows).norm();
    feature.middleRows(first, rows) *= varies ? weight / size : 0.0;
  };
  for (Eigen::Index k = 0; k < single; ++k) to_unit(k, 1, 1.0);
  for (int q = 0; q < shapes; ++q) to_unit(single + q * horizon, horizon, 1.0);
  return feature.cast<float>();
}

}  // namespace

ChosenDraws choose_draws(const Dynamics& dynamics, int count, int more) {
  const Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> feature =
      draw_features(dynamics);
  Eigen::RowVectorXf distance = feature.colwise().squaredNorm();
  std::vector<char> taken(static_cast<std::size_t>(dynamics.draws), 0);
  const auto take = [&](std::vector<long>& into, long draw) {
    if (taken[static_cast<std::size_t>(draw)]) return;
    taken[static_cast<std::size_t>(draw)] = 1;
    into.push_back(draw);
    Eigen::RowVectorXf away = Eigen::RowVectorXf::Zero(distance.size());
    for (Eigen::Index k = 0; k < feature.rows(); ++k)
      away.array() += (feature.row(k).array() - feature(k, draw)).square();
    distance = distance.cwiseMin(away);
  };
  const auto fill = [&](std::vector<long>& into, int wanted, long offset) {
    for (int k = 0; k < wanted / 2; ++k) {
      Eigen::Index far = 0;
      distance.maxCoeff(&far);
      take(into, far);
    }
    for (int k = 0; static_cast<int>(into.size()) < wanted; ++k) {
      long draw = (offset + dynamics.draws * k / (wanted - wanted / 2)) % dynamics.draws;
      while (taken[static_cast<std::size_t>(draw)]) draw = (draw + 1) % dynamics.draws;
      take(into, draw);
    }
  };
  ChosenDraws chosen;
  fill(chosen.basis, static_cast<int>(std::min<long>(count, dynamics.draws / 2)), 0);
  fill(chosen.check, static_cast<int>(std::min<long>(more, dynamics.draws / 4)), 5);
  return chosen;
}

namespace {

constexpr long kTogether = kernels::kPlainDraws;

kernels::PlainMatrix plain(const SpatialWeights::Matrix& matrix) {
  return {matrix.outerIndexPtr(), matrix.innerIndexPtr(), matrix.valuePtr()};
}

/// The plain recursion in double precision, some draws side by side.
class PlainPass {
 public:
  /// @param weight  of areas in sums by cell; nullptr: no sums
  PlainPass(const TileSource& source, const AggregateCells& cells, const double* weight)
      : source_(source),
        dynamics_(source.dynamics()),
        cells_(cells),
        weight_(weight),
        now_(static_cast<std::size_t>(dynamics_.areas() * kTogether)),
        before_(now_.size()),
        cumulative_(now_.size()),
        coefficient_(static_cast<std::size_t>(dynamics_.classes * kTogether)),
        added_links_(coefficient_.size()),
        forced_(static_cast<std::size_t>(dynamics_.shapes() * kTogether)) {}

  /// Begin with u(0) = 0 of the draws from `begin` on; the last one fills up.
  void start(const std::vector<long>& draws, long begin) {
    for (long k = 0; k < kTogether; ++k) {
      draw_[k] = draws[static_cast<std::size_t>(std::min(begin + k, static_cast<long>(draws.size()) - 1))];
      phi_[k] = dynamics_.phi[static_cast<std::size_t>(draw_[k])];
    }
    std::fill(now_.begin(), now_.end(), 0.0);
    std::fill(before_.begin(), before_.end(), 0.0);
    std::fill(cumulative_.begin(), cumulative_.end(), 0.0);
  }

  /// From period h - 1 to h, 1..H.
  /// @param cell_sum  [cell][draw]: to which weight u is added
  void step(int period, double* cell_sum) {
    std::swap(now_, before_);
    for (long k = 0; k < kTogether; ++k) {
      for (int c = 0; c < dynamics_.classes; ++c) {
        const double rho = dynamics_.rho_at(draw_[k], period - 1, c),
                     lambda = dynamics_.lambda_at(draw_[k], period - 1, c);
        coefficient_[static_cast<std::size_t>(c * kTogether + k)] = rho * (1.0 - lambda);
        added_links_[static_cast<std::size_t>(c * kTogether + k)] = rho * lambda;
      }
      for (int q = 0; q < dynamics_.shapes(); ++q)
        forced_[static_cast<std::size_t>(q * kTogether + k)] =
            dynamics_.amplitude_at(draw_[k], period - 1, q);
    }
    kernels::plain_kernels().step(
        {dynamics_.areas(), period, source_.reached().data(), plain(dynamics_.weights->matrix()),
         source_.has_added_links() ? plain(dynamics_.added_links) : kernels::PlainMatrix{},
         dynamics_.row_class.data(), coefficient_.data(), added_links_.data(), phi_, dynamics_.shapes(),
         dynamics_.shape.data(), forced_.data(), before_.data(), now_.data(), cumulative_.data(),
         cells_.of_area.data(), weight_, cell_sum});
  }

  const double* state(int area) const { return now_.data() + area * kTogether; }
  const double* cumulative(int area) const { return cumulative_.data() + area * kTogether; }

 private:
  const TileSource& source_;
  const Dynamics& dynamics_;
  const AggregateCells& cells_;
  const double* weight_;
  long draw_[kTogether] = {};
  double phi_[kTogether] = {};
  std::vector<double> now_, before_, cumulative_, coefficient_, added_links_, forced_;
};

/// The working memory of one chunk of snapshots; chunks hand it on, so that none pays for fresh pages.
struct PlainWork {
  PlainPass pass;
  std::vector<double> present;  ///< [visited area][draw]: discounted pounds so far
};

class PlainWorkPool {
 public:
  PlainWorkPool(std::function<PlainPass()> make, std::size_t present)
      : make_(std::move(make)), present_(present) {}
  std::unique_ptr<PlainWork> take() {
    std::unique_ptr<PlainWork> work;
    {
      const std::lock_guard lock(mutex_);
      if (!idle_.empty()) {
        work = std::move(idle_.back());
        idle_.pop_back();
      }
    }
    if (!work) work = std::make_unique<PlainWork>(PlainWork{make_(), {}});
    work->present.assign(present_, 0.0);
    return work;
  }
  void give_back(std::unique_ptr<PlainWork> work) {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(work));
  }

 private:
  std::function<PlainPass()> make_;
  std::size_t present_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<PlainWork>> idle_;
};

/// Sums of cells, in double precision, into one period of the aggregates of one outcome.
class PlainSums {
 public:
  /// @param weight  [series][group]: group_weight()
  PlainSums(const AggregateCells& cells, const std::vector<std::vector<double>>& weight,
            std::vector<AggregateSeries>& series)
      : cells_(cells),
        weight_(weight),
        series_(series),
        sum_((cells.group.empty() ? 0 : cells.group[0].size()) * kTogether) {}

  void clear() { std::fill(sum_.begin(), sum_.end(), 0.0); }
  void add(int area, double weight, const double* value) {
    double* sum = sum_.data() + cells_.of_area[static_cast<std::size_t>(area)] * kTogether;
    for (long k = 0; k < kTogether; ++k) sum[k] += weight * value[k];
  }
  double* sums() { return sum_.data(); }
  void finish(std::size_t outcome, int period, long begin, long count) const {
    const std::size_t groupings = cells_.group.size();
    for (std::size_t g = 0; g < groupings; ++g) {
      AggregateSeries& one = series_[outcome * groupings + g];
      const std::vector<double>& weight = weight_[outcome * groupings + g];
      std::vector<double> total(static_cast<std::size_t>(one.groups * kTogether), 0.0);
      for (std::size_t cell = 0; cell < cells_.group[g].size(); ++cell)
        if (const auto group = cells_.group[g][cell]; group >= 0)
          for (long k = 0; k < kTogether; ++k)
            total[static_cast<std::size_t>(group * kTogether + k)] +=
                sum_[cell * kTogether + static_cast<std::size_t>(k)];
      auto kept = draw_period_group(one);
      for (long k = 0; k < count; ++k)
        for (long group = 0; group < one.groups; ++group)
          if (const double all = weight[static_cast<std::size_t>(group)]; all > 0.0)
            kept(begin + k, period, group) =
                static_cast<float>(total[static_cast<std::size_t>(group * kTogether + k)] / all);
    }
  }

 private:
  const AggregateCells& cells_;
  const std::vector<std::vector<double>>& weight_;
  std::vector<AggregateSeries>& series_;
  std::vector<double> sum_;
};

}  // namespace

Snapshots run_snapshots(const TileSource& source, const OutcomePlan& plan, const AggregateCells& cells,
                        const std::vector<long>& draws, Parallelism parallelism) {
  const Dynamics& dynamics = source.dynamics();
  const int horizon = dynamics.horizon;
  Snapshots result;
  for (const auto& tile : cut_into_tiles(dynamics.weights->matrix(), kSnapshotTile))
    for (const int area : tile)
      if (source.reached(area) <= horizon) result.areas.push_back(area);
  const long count = static_cast<long>(draws.size());
  const auto areas = static_cast<Eigen::Index>(result.areas.size());
  result.aggregates = empty_aggregates(plan, count, horizon);
  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) result.outcome.emplace_back(count, areas);
  const auto wants = [&](AreaOutcome outcome) {
    return std::find(plan.outcomes.begin(), plan.outcomes.end(), outcome) != plan.outcomes.end();
  };
  const bool discounted = wants(AreaOutcome::discounted_gva_uplift);
  std::vector<Eigen::VectorXd> pounds;  // of each period
  if (discounted || wants(AreaOutcome::gva_per_head_uplift))
    for (int h = 1; h <= horizon; ++h) pounds.push_back(pound_factor(plan, h));

  std::vector<std::vector<double>> group_weights;
  for (const AggregateSeries& one : result.aggregates)
    group_weights.push_back(
        group_weight(plan, one.outcome, plan.groupings[static_cast<std::size_t>(one.grouping)]));
  PlainWorkPool pool(
      [&] { return PlainPass(source, cells, plan.groupings.empty() ? nullptr : plan.rate_weight.data()); },
      discounted ? static_cast<std::size_t>(areas * kTogether) : 0);
  for_each_block(count, kTogether, parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    std::unique_ptr<PlainWork> work = pool.take();
    auto& [pass, present] = *work;
    pass.start(draws, begin);
    PlainSums sums(cells, group_weights, result.aggregates);
    for (int period = 1; period <= horizon; ++period) {
      sums.clear();
      pass.step(period, sums.sums());
      if (discounted)
        for (Eigen::Index i = 0; i < areas; ++i) {
          const double factor =
              plan.discount[static_cast<std::size_t>(period - 1)] *
              pounds[static_cast<std::size_t>(period - 1)][result.areas[static_cast<std::size_t>(i)]];
          const double* sum = pass.cumulative(result.areas[static_cast<std::size_t>(i)]);
          for (long k = 0; k < kTogether; ++k)
            present[static_cast<std::size_t>(i * kTogether + k)] += factor * std::expm1(sum[k]);
        }
      for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
        if (plan.outcomes[o] == AreaOutcome::uplift) sums.finish(o, period - 1, begin, end - begin);
    }
    for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
      const AreaOutcome outcome = plan.outcomes[o];
      const bool of_heads = in_pounds(outcome);
      const bool summed = !plan.groupings.empty() && outcome != AreaOutcome::uplift;  // that one by the step
      if (summed) sums.clear();
      for (Eigen::Index i = 0; i < areas; ++i) {
        const int area = result.areas[static_cast<std::size_t>(i)];
        double value[kTogether];
        const double* sum = pass.cumulative(area);
        for (long k = 0; k < kTogether; ++k)
          value[k] = outcome == AreaOutcome::uplift              ? pass.state(area)[k]
                     : outcome == AreaOutcome::cumulative_uplift ? sum[k]
                     : outcome == AreaOutcome::gva_per_head_uplift
                         ? pounds.back()[area] * std::expm1(sum[k])
                         : present[static_cast<std::size_t>(i * kTogether + k)];
        for (std::ptrdiff_t k = begin; k < end; ++k)
          result.outcome[o](k, i) = static_cast<float>(value[k - begin]);
        if (summed) sums.add(area, of_heads ? plan.head_weight[area] : plan.rate_weight[area], value);
      }
      if (summed) sums.finish(o, 0, begin, end - begin);
    }
    pool.give_back(std::move(work));
  });
  return result;
}

SampleAreas::SampleAreas(const TileSource& source, const OutcomePlan& plan, std::vector<int> areas)
    : plan_(plan), horizon_(source.dynamics().horizon) {
  const std::vector<std::int32_t> one_cell(static_cast<std::size_t>(source.dynamics().areas()), 0);
  for (std::size_t first = 0; first < areas.size(); first += kPatchesOfTile) {
    const std::vector<int> core(
        areas.begin() + static_cast<std::ptrdiff_t>(first),
        areas.begin() + static_cast<std::ptrdiff_t>(std::min(areas.size(), first + kPatchesOfTile)));
    tiles_.emplace_back(source, core, one_cell);
    factors_.emplace_back(tiles_.back(), plan, horizon_);
    areas_.insert(areas_.end(), tiles_.back().visited_area().begin(), tiles_.back().visited_area().end());
  }
}

long SampleAreas::row_periods() const {
  return std::accumulate(tiles_.begin(), tiles_.end(), 0L,
                         [](long sum, const TimeTile& tile) { return sum + tile.row_periods(); });
}

std::size_t SampleAreas::scratch() const {
  std::size_t most = 0;
  for (const auto& tile : tiles_)
    most = std::max(most,
                    recursion_scratch(tile) + static_cast<std::size_t>(tile.core_rows() * horizon_ * kLanes));
  return most;
}

void SampleAreas::run(const BatchCoefficients& coefficients, float* scratch, float* path,
                      float* outcomes) const {
  const std::size_t all = areas_.size() * kLanes;
  std::size_t at = 0;
  for (std::size_t t = 0; t < tiles_.size(); ++t) {
    const std::size_t size = static_cast<std::size_t>(tiles_[t].core_rows()) * kLanes;
    BatchSink sink;
    sink.stride = kLanes;
    for (std::size_t o = 0; o < plan_.outcomes.size(); ++o) sink.draws.push_back(outcomes + o * all + at);
    sink.path = scratch + recursion_scratch(tiles_[t]);
    run_batch(tiles_[t], factors_[t], plan_, horizon_, coefficients, scratch, sink);
    for (int h = 0; h < horizon_; ++h)
      std::copy_n(sink.path + static_cast<std::size_t>(h) * size, size,
                  path + static_cast<std::size_t>(h) * all + at);
    at += size;
  }
}

}  // namespace spillway
