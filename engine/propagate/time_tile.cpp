#include "engine/propagate/time_tile.hpp"

#include <algorithm>
#include <map>
#include <numeric>
#include <utility>

namespace spillway {

namespace {

using Matrix = SpatialWeights::Matrix;
constexpr std::uint32_t kRow = kernels::kLanes;  // floats of a row
constexpr int kPeriodsOfStage = 2;  // rows that begin to move in these many periods stand together

template <typename Visit>
void each_neighbour(const Matrix& matrix, int row, const Visit& visit) {
  if (matrix.rows() == 0) return;
  for (Matrix::InnerIterator it(matrix, row); it; ++it)
    if (it.value() != 0.0) visit(static_cast<int>(it.col()), it.value());
}

}  // namespace

TileSource::TileSource(const Dynamics& dynamics) : dynamics_(dynamics) {
  const int areas = static_cast<int>(dynamics.areas());
  const Matrix& weights = dynamics.weights->matrix();
  has_added_links_ = !dynamics.lambda.empty() && dynamics.added_links.nonZeros() > 0;

  find_mixes();
  std::vector<bool> is_mixed(static_cast<std::size_t>(dynamics.shapes()), false);
  for (const Mix& mix : mixes_)
    for (const int q : mix.shapes) is_mixed[static_cast<std::size_t>(q)] = true;
  shape_first_.assign(static_cast<std::size_t>(areas) + 1, 0);
  uniform_weight_.assign(static_cast<std::size_t>(areas), 0.0);
  reached_.assign(static_cast<std::size_t>(areas), static_cast<std::int16_t>(dynamics.horizon + 1));
  for (int i = 0; i < areas; ++i) {
    for (int q = 0; q < dynamics.shapes(); ++q)
      if (dynamics.shape(i, q) != 0.0) {
        if (!is_mixed[static_cast<std::size_t>(q)])
          shape_entries_.push_back(
              {static_cast<std::uint32_t>(q) * kRow, static_cast<float>(dynamics.shape(i, q))});
        reached_[static_cast<std::size_t>(i)] = 1;
      }
    shape_first_[static_cast<std::size_t>(i) + 1] = static_cast<std::int32_t>(shape_entries_.size());
    double one = 0.0;
    bool uniform = true;
    each_neighbour(weights, i, [&](int, double weight) {
      // Row-standardised contiguity: 1/degree, give or take the last bit.
      if (one == 0.0) one = weight;
      uniform = uniform && std::abs(weight - one) <= 4e-16 * std::abs(one);
    });
    uniform_weight_[static_cast<std::size_t>(i)] = uniform ? one : 0.0;
  }
  for (int period = 2; period <= dynamics.horizon; ++period) {
    bool grew = false;
    for (int i = 0; i < areas; ++i) {
      auto& mine = reached_[static_cast<std::size_t>(i)];
      if (mine <= period) continue;
      const auto look = [&](int j, double) {
        if (reached_[static_cast<std::size_t>(j)] < period) mine = static_cast<std::int16_t>(period);
      };
      each_neighbour(weights, i, look);
      if (has_added_links_) each_neighbour(dynamics.added_links, i, look);
      grew = grew || mine == period;
    }
    if (!grew) break;
  }
}

namespace {

/// Where a draw's amplitude of a shape is largest over the horizon.
int largest_period(const Dynamics& dynamics, long draw, int q) {
  int at = 0;
  for (int h = 1; h < dynamics.horizon; ++h)
    if (std::abs(dynamics.amplitude_at(draw, h, q)) > std::abs(dynamics.amplitude_at(draw, at, q))) at = h;
  return at;
}

/// Whether `q` has, in every draw, a multiple of the amplitudes of `first`.
bool in_proportion(const Dynamics& dynamics, int first, int q) {
  for (long d = 0; d < dynamics.draws; ++d) {
    const int at = largest_period(dynamics, d, first);
    const double base = dynamics.amplitude_at(d, at, first), there = dynamics.amplitude_at(d, at, q);
    for (int h = 0; h < dynamics.horizon; ++h)
      if (!(std::abs(dynamics.amplitude_at(d, h, q) * base - there * dynamics.amplitude_at(d, h, first)) <=
            kMixedError * std::abs(base * there)))
        return false;
    if (base == 0.0 && dynamics.amplitude_at(d, largest_period(dynamics, d, q), q) != 0.0) return false;
  }
  return true;
}

}  // namespace

void TileSource::find_mixes() {
  const auto areas = dynamics_.areas();
  std::map<std::vector<bool>, std::vector<std::vector<int>>> alike;  // areas -> shapes in proportion
  for (int q = 0; q < dynamics_.shapes(); ++q) {
    std::vector<bool> of_area(static_cast<std::size_t>(areas));
    for (long i = 0; i < areas; ++i) of_area[static_cast<std::size_t>(i)] = dynamics_.shape(i, q) != 0.0;
    auto& sets = alike[std::move(of_area)];
    const auto set = std::find_if(sets.begin(), sets.end(), [&](const std::vector<int>& one) {
      return in_proportion(dynamics_, one.front(), q);
    });
    if (set != sets.end())
      set->push_back(q);
    else
      sets.push_back({q});
  }
  std::uint32_t share = 0;
  for (const auto& [of_area, sets] : alike)
    for (const std::vector<int>& shapes : sets)
      if (shapes.size() >= kFewestMixed) {
        mixes_.push_back({shapes, of_area, share});
        share += static_cast<std::uint32_t>(shapes.size());
      }
}

namespace {

/// Cuts order[first, last) into `tiles` compact parts, in place; appends them to `out`.
class Bisection {
 public:
  Bisection(const Matrix& weights, std::vector<std::vector<int>>& out)
      : weights_(weights), out_(out), label_(static_cast<std::size_t>(weights.rows()), 0) {}

  void cut(std::vector<int> areas, int tiles) {
    if (areas.empty()) return;
    if (tiles == 1) {
      out_.push_back(std::move(areas));
      return;
    }
    areas = breadth_first(areas);
    const int left = tiles / 2;
    const auto middle = areas.begin() + static_cast<std::ptrdiff_t>(areas.size()) * left / tiles;
    const std::vector<int> first(areas.begin(), middle), second(middle, areas.end());
    areas = {};
    cut(first, left);
    cut(second, tiles - left);
  }

 private:
  /// Breadth-first order from a far end, one connected part after the other.
  std::vector<int> breadth_first(const std::vector<int>& areas) {
    const int fresh = next_label_, seen = next_label_ + 1, done = next_label_ + 2;
    next_label_ += 3;
    for (const int area : areas) label_[static_cast<std::size_t>(area)] = fresh;
    std::vector<int> found;
    found.reserve(areas.size());
    const auto flood = [&](int start, int from, int to) {
      std::size_t at = found.size();
      found.push_back(start);
      label_[static_cast<std::size_t>(start)] = to;
      for (; at < found.size(); ++at)
        each_neighbour(weights_, found[at], [&](int j, double) {
          if (label_[static_cast<std::size_t>(j)] != from) return;
          label_[static_cast<std::size_t>(j)] = to;
          found.push_back(j);
        });
    };
    for (const int area : areas) {
      if (label_[static_cast<std::size_t>(area)] != fresh) continue;
      const std::size_t begin = found.size();
      flood(area, fresh, seen);
      const int far = found.back();
      found.resize(begin);
      flood(far, seen, done);
    }
    // One-way links (nearest neighbours) may leave areas behind; they follow in their own order.
    for (const int area : areas)
      if (label_[static_cast<std::size_t>(area)] != done) found.push_back(area);
    return found;
  }

  const Matrix& weights_;
  std::vector<std::vector<int>>& out_;
  std::vector<int> label_;
  int next_label_ = 1;
};

}  // namespace

std::vector<std::vector<int>> cut_into_tiles(const Matrix& weights, int tile_areas) {
  const int areas = static_cast<int>(weights.rows());
  std::vector<int> all(static_cast<std::size_t>(areas));
  std::iota(all.begin(), all.end(), 0);
  std::vector<std::vector<int>> tiles;
  Bisection(weights, tiles).cut(std::move(all), std::max(1, (areas + tile_areas - 1) / tile_areas));
  return tiles;
}

TimeTile::TimeTile(const TileSource& source, const std::vector<int>& core,
                   const std::vector<std::int32_t>& cell) {
  const Dynamics& dynamics = source.dynamics();
  const Matrix& weights = dynamics.weights->matrix();
  const int horizon = dynamics.horizon;

  // Rings: row_area_ grows by distance from the core; an area joins ring r if it can move by period H - r.
  std::vector<int> local(static_cast<std::size_t>(dynamics.areas()), -1), ring_end;
  const auto join = [&](int area, int ring) {
    if (local[static_cast<std::size_t>(area)] >= 0 || source.reached(area) > horizon - ring) return;
    local[static_cast<std::size_t>(area)] = static_cast<int>(row_area_.size());
    row_area_.push_back(area);
  };
  for (const int area : core) join(area, 0);
  ring_end.push_back(rows());
  for (int ring = 1; ring < horizon; ++ring) {
    const int first = ring == 1 ? 0 : ring_end[static_cast<std::size_t>(ring) - 2], last = rows();
    for (int r = first; r < last; ++r) {
      const auto look = [&](int j, double) { join(j, ring); };
      each_neighbour(weights, row_area_[static_cast<std::size_t>(r)], look);
      if (source.has_added_links())
        each_neighbour(dynamics.added_links, row_area_[static_cast<std::size_t>(r)], look);
    }
    ring_end.push_back(rows());
  }
  lay_out(source, ring_end, local);

  // Visiting order of the core: by cell, then by when a row begins to move, then by row.
  const int core_count = ring_end[0];
  std::vector<int> order(static_cast<std::size_t>(core_count));
  std::iota(order.begin(), order.end(), 0);
  const auto cell_of = [&](int row) {
    return cell[static_cast<std::size_t>(row_area_[static_cast<std::size_t>(row)])];
  };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    return std::pair(cell_of(a), starts_[static_cast<std::size_t>(a)]) <
           std::pair(cell_of(b), starts_[static_cast<std::size_t>(b)]);
  });
  for (const int row : order) {
    if (cells_.empty() || cells_.back() != cell_of(row)) {
      cells_.push_back(cell_of(row));
      cell_first_.push_back(static_cast<std::int32_t>(visit_.size()));
    }
    visit_.push_back(static_cast<std::uint32_t>(row) * kRow);
    visited_area_.push_back(row_area_[static_cast<std::size_t>(row)]);
  }
  cell_first_.push_back(core_count);
  for (int period = 0; period < horizon; ++period)
    for (std::size_t k = 0; k < cells_.size(); ++k)
      cell_end_.push_back(static_cast<std::int32_t>(
          std::partition_point(order.begin() + cell_first_[k], order.begin() + cell_first_[k + 1],
                               [&](int row) { return starts_[static_cast<std::size_t>(row)] <= period; }) -
          order.begin()));
}

void TimeTile::lay_out(const TileSource& source, const std::vector<int>& ring_end, std::vector<int>& local) {
  const Dynamics& dynamics = source.dynamics();
  const Matrix& weights = dynamics.weights->matrix();
  const int horizon = dynamics.horizon;
  struct Form {
    int stage, degree, weighted, shapes, mixed;
    auto operator<=>(const Form&) const = default;
  };
  // Neighbours that never move are left out: they would add exact zeros.
  std::vector<Form> form(row_area_.size());
  for (std::size_t r = 0; r < row_area_.size(); ++r) {
    const int area = row_area_[r];
    int degree = 0;
    each_neighbour(weights, area, [&](int j, double) { degree += local[static_cast<std::size_t>(j)] >= 0; });
    const int shapes = source.shape_first()[static_cast<std::size_t>(area) + 1] -
                       source.shape_first()[static_cast<std::size_t>(area)];
    form[r] = {
        (source.reached(area) - 1) / kPeriodsOfStage, degree,
        degree > 0 && source.uniform_weight(area) == 0.0, shapes,
        static_cast<int>(std::count_if(source.mixes().begin(), source.mixes().end(), [&](const auto& mix) {
          return mix.of_area[static_cast<std::size_t>(area)];
        }))};
  }
  // Rows of one form together, within windows small enough to keep neighbours near; never across rings.
  constexpr int window = 512;
  std::vector<int> order(row_area_.size());
  std::iota(order.begin(), order.end(), 0);
  std::vector<std::size_t> edges;
  for (std::size_t ring = 0, first = 0; ring < ring_end.size(); ++ring) {
    const auto last = static_cast<std::size_t>(ring_end[ring]);
    for (; first < last; first = std::min(last, first + window)) {
      const auto end = std::min(last, first + window);
      std::stable_sort(order.begin() + static_cast<std::ptrdiff_t>(first),
                       order.begin() + static_cast<std::ptrdiff_t>(end), [&](int a, int b) {
                         return form[static_cast<std::size_t>(a)] < form[static_cast<std::size_t>(b)];
                       });
      edges.push_back(end);
    }
  }
  std::vector<int> area(row_area_.size());
  std::vector<Form> sorted(row_area_.size());
  for (std::size_t r = 0; r < order.size(); ++r) {
    area[r] = row_area_[static_cast<std::size_t>(order[r])];
    sorted[r] = form[static_cast<std::size_t>(order[r])];
    local[static_cast<std::size_t>(area[r])] = static_cast<int>(r);
  }
  row_area_ = std::move(area);

  std::vector<kernels::Segment> segments;
  std::size_t edge = 0;
  for (std::size_t r = 0; r < row_area_.size(); ++r) {
    const int i = row_area_[r];
    starts_.push_back(sorted[r].stage * kPeriodsOfStage);
    const bool fresh = r == 0 || r == edges[edge];
    if (r > 0 && r == edges[edge]) ++edge;
    if (fresh || sorted[r] != sorted[r - 1])
      segments.push_back(
          {static_cast<std::int32_t>(r), static_cast<std::int32_t>(r), sorted[r].degree, sorted[r].weighted,
           sorted[r].shapes, sorted[r].mixed, static_cast<std::uint32_t>(neighbour_.size()),
           static_cast<std::uint32_t>(entries_.size()), static_cast<std::uint32_t>(mixed_entries_.size())});
    segments.back().last = static_cast<std::int32_t>(r) + 1;
    each_neighbour(weights, i, [&](int j, double weight) {
      const int row = local[static_cast<std::size_t>(j)];
      if (row < 0) return;
      neighbour_.push_back(static_cast<std::uint32_t>(row) * kRow);
      neighbour_weight_.push_back(static_cast<float>(weight));
    });
    row_weight_.push_back(static_cast<float>(source.uniform_weight(i)));
    class_offset_.push_back(static_cast<std::uint32_t>(dynamics.row_class[static_cast<std::size_t>(i)]) *
                            kRow);
    for (auto e = source.shape_first()[static_cast<std::size_t>(i)];
         e < source.shape_first()[static_cast<std::size_t>(i) + 1]; ++e)
      entries_.push_back(source.shape_entries()[static_cast<std::size_t>(e)]);
    for (std::size_t m = 0; m < source.mixes().size(); ++m) {
      const TileSource::Mix& mix = source.mixes()[m];
      if (!mix.of_area[static_cast<std::size_t>(i)]) continue;
      mixed_entries_.push_back({static_cast<std::uint32_t>(m) * kRow, mix.first_share,
                                static_cast<std::uint32_t>(mix.shapes.size()),
                                static_cast<std::uint32_t>(mixed_value_.size())});
      for (const int q : mix.shapes) mixed_value_.push_back(static_cast<float>(dynamics.shape(i, q)));
    }
    if (source.has_added_links()) {
      const auto first = static_cast<std::uint32_t>(added_neighbour_.size());
      each_neighbour(dynamics.added_links, i, [&](int j, double weight) {
        const int row = local[static_cast<std::size_t>(j)];
        if (row < 0) return;
        added_neighbour_.push_back(static_cast<std::uint32_t>(row) * kRow);
        added_weight_.push_back(static_cast<float>(weight));
      });
      if (added_neighbour_.size() > first)
        added_links_.push_back(
            {static_cast<std::int32_t>(r), first, static_cast<std::uint32_t>(added_neighbour_.size())});
    }
  }

  // Period h (0-based) computes the rows at distance at most H - 1 - h that can have begun to move.
  segments_.resize(static_cast<std::size_t>(horizon));
  for (int period = 0; period < horizon; ++period) {
    const int needed = ring_end[static_cast<std::size_t>(horizon - 1 - period)];
    for (const kernels::Segment& one : segments)
      if (one.first < needed && starts_[static_cast<std::size_t>(one.first)] <= period) {
        segments_[static_cast<std::size_t>(period)].push_back(one);
        row_periods_ += one.last - one.first;
      }
    added_links_in_.push_back(
        static_cast<int>(std::partition_point(added_links_.begin(), added_links_.end(),
                                              [&](const auto& d) { return d.row < needed; }) -
                         added_links_.begin()));
  }
  for (const kernels::Segment& one : segments)
    if (starts_[static_cast<std::size_t>(one.first)] > 0) late_.push_back(one);
}

kernels::TileRows TimeTile::view(int period) const noexcept {
  return {segments(period).data(), neighbour_.data(),   neighbour_weight_.data(), row_weight_.data(),
          class_offset_.data(),    entries_.data(),     mixed_entries_.data(),    added_links_.data(),
          added_neighbour_.data(), added_weight_.data()};
}

kernels::Mixing TimeTile::mixing(const float* share, float* mixed) const noexcept {
  return {static_cast<int>(mixed_entries_.size()), mixed_entries_.data(), mixed_value_.data(), share, mixed};
}

void TimeTile::rest_late_rows(float* even, float* odd) const {
  for (const kernels::Segment& one : late_) {
    const auto first = static_cast<std::size_t>(one.first) * kRow,
               count = static_cast<std::size_t>(one.last - one.first) * kRow;
    std::fill_n(even + first, count, 0.0f);
    std::fill_n(odd + first, count, 0.0f);
  }
}

BatchCoefficients::BatchCoefficients(const TileSource& source) : source_(source) {
  const Dynamics& dynamics = source.dynamics();
  const auto classes = static_cast<std::size_t>(dynamics.classes) * kRow *
                       static_cast<std::size_t>(dynamics.coefficients_by_period ? dynamics.horizon : 1);
  coefficient_ = AlignedBuffer(classes);
  added_coefficient_ = AlignedBuffer(classes);
  phi_ = AlignedBuffer(kRow);
  amplitude_ = AlignedBuffer(static_cast<std::size_t>(dynamics.horizon * dynamics.shapes()) * kRow);
  std::size_t shares = 0;
  for (const TileSource::Mix& mix : source.mixes()) shares += mix.shapes.size();
  share_ = AlignedBuffer(shares * kRow);
  mix_amplitude_ = AlignedBuffer(static_cast<std::size_t>(dynamics.horizon) * source.mixes().size() * kRow);
}

void BatchCoefficients::pack(const long* draws, int count) {
  const Dynamics& dynamics = source_.dynamics();
  const int periods = dynamics.coefficients_by_period ? dynamics.horizon : 1;
  for (std::uint32_t lane = 0; lane < kRow; ++lane) {
    const long draw = draws[std::min(static_cast<int>(lane), count - 1)];
    for (int h = 0; h < periods; ++h)
      for (int c = 0; c < dynamics.classes; ++c) {
        const double rho = dynamics.rho_at(draw, h, c);
        const double lambda =
            source_.has_added_links() || !dynamics.lambda.empty() ? dynamics.lambda_at(draw, h, c) : 0.0;
        const std::size_t at = static_cast<std::size_t>(h * dynamics.classes + c) * kRow + lane;
        coefficient_.data()[at] = static_cast<float>(rho * (1.0 - lambda));
        added_coefficient_.data()[at] = static_cast<float>(rho * lambda);
      }
    phi_.data()[lane] = static_cast<float>(dynamics.phi[static_cast<std::size_t>(draw)]);
    const int forced = dynamics.horizon * dynamics.shapes();
    const double* amplitude =
        dynamics.amplitude.data() + static_cast<std::size_t>(draw) * static_cast<std::size_t>(forced);
    for (int k = 0; k < forced; ++k)
      amplitude_.data()[static_cast<std::size_t>(k) * kRow + lane] = static_cast<float>(amplitude[k]);
    for (std::size_t m = 0; m < source_.mixes().size(); ++m) {
      const TileSource::Mix& mix = source_.mixes()[m];
      const int first = mix.shapes.front(), at = largest_period(dynamics, draw, first);
      const double base = dynamics.amplitude_at(draw, at, first);
      for (std::size_t k = 0; k < mix.shapes.size(); ++k)
        share_.data()[(mix.first_share + k) * kRow + lane] =
            static_cast<float>(base == 0.0 ? 0.0 : dynamics.amplitude_at(draw, at, mix.shapes[k]) / base);
      for (int h = 0; h < dynamics.horizon; ++h)
        mix_amplitude_.data()[(static_cast<std::size_t>(h) * source_.mixes().size() + m) * kRow + lane] =
            static_cast<float>(dynamics.amplitude_at(draw, h, first));
    }
  }
}

const float* BatchCoefficients::coefficient(int period) const {
  const Dynamics& dynamics = source_.dynamics();
  return coefficient_.data() +
         (dynamics.coefficients_by_period ? static_cast<std::size_t>(period * dynamics.classes) * kRow : 0);
}

const float* BatchCoefficients::added_coefficient(int period) const {
  return added_coefficient_.data() + (coefficient(period) - coefficient_.data());
}

const float* BatchCoefficients::amplitude(int period) const {
  return amplitude_.data() + static_cast<std::size_t>(period * source_.dynamics().shapes()) * kRow;
}

const float* BatchCoefficients::mix_amplitude(int period) const {
  return mix_amplitude_.data() + static_cast<std::size_t>(period) * source_.mixes().size() * kRow;
}

}  // namespace spillway
