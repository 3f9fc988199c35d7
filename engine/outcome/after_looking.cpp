#include "engine/outcome/after_looking.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/base/distributions.hpp"
#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"
#include "engine/outcome/joint_bands.hpp"
#include "engine/outcome/looking_kernels.hpp"

namespace spillway {

namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
/// What differs by less of its size is equal: rounding of draws held as floats.
constexpr double kRounding = 1e-7;

/// log(P(Z > x + d) / P(Z > x)) for x >= 0, d >= 0, without loss however far out.
double log_tail_ratio(double x, double d) {
  if (d == kInfinity) return -kInfinity;
  const double far = 25.0;
  if (x + d < far) return std::log(std::erfc((x + d) * M_SQRT1_2) / std::erfc(x * M_SQRT1_2));
  // P(Z > x) = phi(x) / x (1 - 1/x^2 + 3/x^4 - ...); the next term is below 1e-7 of 1 at 25.
  const auto log_mills = [](double v) {
    const double s = 1.0 / (v * v);
    return -std::log(v) + std::log1p(-s * (1.0 - s * (3.0 - s * (15.0 - 105.0 * s))));
  };
  if (x >= far) return -d * (x + 0.5 * d) + log_mills(x + d) - log_mills(x);
  return -0.5 * (x + d) * (x + d) - 0.5 * std::log(2.0 * M_PI) + log_mills(x + d) -
         std::log(0.5 * std::erfc(x * M_SQRT1_2));
}

/// P(Y <= y) of a normal with that mean, truncated to [low, high]; low <= y <= high.
double truncated_cdf(double y, double mean, double sd, double low, double high) {
  const double a = (low - mean) / sd, b = (high - mean) / sd;
  if (a >= 0.0) {
    const double up_to = log_tail_ratio(a, (y - low) / sd), all = log_tail_ratio(a, (high - low) / sd);
    return std::expm1(up_to) / std::expm1(all);
  }
  if (b <= 0.0) return 1.0 - truncated_cdf(-y, -mean, sd, -high, -low);
  const double below = normal_cdf(a), above = normal_cdf(-b), z = (y - mean) / sd;
  const double inside = 1.0 - below - above;
  return z <= 0.0 ? (normal_cdf(z) - below) / inside : 1.0 - (normal_cdf(-z) - above) / inside;
}

/// The mean at which a falling function is `target`; infinite where it never is.
template <typename Function>
double mean_at(const Function& cdf, double target, double low, double high) {
  if (!(cdf(low) >= target)) return low;
  if (!(cdf(high) <= target)) return high;
  for (int step = 0; step < 200 && low < high; ++step) {
    const double middle = 0.5 * (low + high);
    if (middle == low || middle == high) break;
    (cdf(middle) > target ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

double quantile_of(std::vector<double> values, double level) { return quantile_in_place(values, level); }

void require(long draws, long count, const char* what) {
  if (draws < 2 || count < 1)
    throw InputError(
        draws < 2 ? fmt::format("what holds for several {} at once needs 2 draws at least, and there {} {}",
                                what, draws == 1 ? "is" : "are", draws)
                  : fmt::format("there are no {}, so nothing is told of them", what));
}

/// Which bands are clear of zero. @param error  of each mean, beside the draws
void judge(Bands& bands, double better, const Eigen::VectorXf* error) {
  for (Eigen::Index i = 0; i < bands.mean.size(); ++i) {
    const double off = error == nullptr ? 0.0 : static_cast<double>((*error)[i]);
    const bool above = bands.low[i] > off, below = bands.high[i] < -off;
    bands.gains.push_back(better > 0.0 ? above : below);
    bands.loses.push_back(better > 0.0 ? below : above);
  }
}
/// The same where each draw is judged by the others, by their mean and standard error without it: bands that
/// hold in a draw that they were not made of as often as they say.
/// @param most  max |t| of each draw, by moments that it is part of
double critical_by_others(std::vector<double> most, double level) {
  const auto n = static_cast<double>(most.size());
  if (n < 3.0) return quantile_of(std::move(most), level);
  for (double& t : most) {
    // The others' sum of squares, in variances of all; nothing is left of it where they do not differ.
    const double left = std::max(n - 1.0 - t * t * n / (n - 1.0), kRounding * n);
    t *= n / (n - 1.0) * std::sqrt((n - 2.0) / left);
  }
  std::sort(most.begin(), most.end());
  const double at = std::clamp(level * (n + 1.0) - 1.0, 0.0, n - 1.0), whole = std::floor(at);
  const auto below = static_cast<std::size_t>(whole), above = std::min(below + 1, most.size() - 1);
  return most[below] + (at - whole) * (most[above] - most[below]);
}
/// A quantile of max |t|, or by the others where draws are too few for bands by quantiles.
double critical_of(std::vector<double> most, double level, bool few) {
  return few ? critical_by_others(std::move(most), level) : quantile_of(std::move(most), level);
}
/// Bands by max |t|: what is said where draws are too few for quantiles.
void set_symmetric(Bands& bands) {
  bands.low = bands.mean - bands.critical * bands.standard_error;
  bands.high = bands.mean + bands.critical * bands.standard_error;
}
void set_tail(Bands& bands, double depth, long draws) { bands.tail = depth / static_cast<double>(draws + 1); }

/// Of what is larger better: ranks whose intervals [low, high] do not say otherwise.
RankSet ranks_of(const Eigen::VectorXd& low, const Eigen::VectorXd& high) {
  const Eigen::Index n = low.size();
  std::vector<double> lows(low.begin(), low.end()), highs(high.begin(), high.end());
  std::sort(lows.begin(), lows.end());
  std::sort(highs.begin(), highs.end());
  RankSet set{Eigen::VectorXi(n), Eigen::VectorXi(n)};
  for (Eigen::Index i = 0; i < n; ++i) {
    set.low[i] = 1 + static_cast<int>(lows.end() - std::upper_bound(lows.begin(), lows.end(), high[i]));
    set.high[i] =
        static_cast<int>(n - (std::lower_bound(highs.begin(), highs.end(), low[i]) - highs.begin()));
  }
  return set;
}

/// Back in the direction of the outcome where less is better.
void turn(WinnerInference& one) {
  one.estimate = -one.estimate;
  one.conditional_median = -one.conditional_median;
  one.hybrid_median = -one.hybrid_median;
  std::swap(one.lower, one.upper);
  one.lower = -one.lower;
  one.upper = -one.upper;
  for (Interval* interval : {&one.naive, &one.projection, &one.conditional, &one.hybrid})
    *interval = {-interval->high, -interval->low};
}

}  // namespace

WinnerInference winner_inference(const Eigen::VectorXd& estimate, const Eigen::VectorXd& variance,
                                 const Eigen::VectorXd& covariance, Eigen::Index winner,
                                 const std::array<double, 2>& projection, double level) {
  WinnerInference result;
  const double y = estimate[winner], own = variance[winner], sd = std::sqrt(own);
  result.winner = winner;
  result.estimate = result.conditional_median = result.hybrid_median = y;
  result.standard_error = sd;
  result.lower = -kInfinity;
  result.upper = kInfinity;
  result.naive = result.projection = result.conditional = result.hybrid = {y, y};
  if (!(sd > 0.0)) return result;
  // Given Z = X - (covariance / own) y, candidate k does not beat the winner where
  // (own - c_k) y >= own (Z_k - Z_winner): a bound on y from below or above.
  for (Eigen::Index k = 0; k < estimate.size(); ++k) {
    if (k == winner) continue;
    const double slope = 1.0 - covariance[k] / own;
    if (std::abs(slope) < 1e-9) continue;
    const double bound = y - (y - estimate[k]) / slope;
    if (slope > 0.0)
      result.lower = std::max(result.lower, bound);
    else
      result.upper = std::min(result.upper, bound);
  }
  result.lower = std::min(result.lower, y);
  result.upper = std::max(result.upper, y);
  const double alpha = 1.0 - level, beta = alpha / 10.0, half = normal_critical(level) * sd;
  result.naive = {y - half, y + half};
  result.projection = {y - projection[0] * sd, y + projection[0] * sd};

  const auto conditional = [&](double mean) {
    return truncated_cdf(y, mean, sd, result.lower, result.upper);
  };
  const auto unbiased = [&](double quantile) {
    const double target = 1.0 - quantile;
    // P(Y <= y) is 0 or 1 for every mean where y stands on a bound.
    if (y <= result.lower) return -kInfinity;
    if (y >= result.upper) return kInfinity;
    double low = y, high = y;
    for (double step = sd; !(conditional(low) >= target); step *= 2.0) {
      if (step > 1e12 * sd) return -kInfinity;
      low = y - step;
    }
    for (double step = sd; !(conditional(high) <= target); step *= 2.0) {
      if (step > 1e12 * sd) return kInfinity;
      high = y + step;
    }
    return mean_at(conditional, target, low, high);
  };
  result.conditional = {unbiased(alpha / 2.0), unbiased(1.0 - alpha / 2.0)};
  result.conditional_median = unbiased(0.5);

  const double reach = projection[1] * sd;
  const auto hybrid = [&](double mean) {
    const double low = std::max(result.lower, mean - reach), high = std::min(result.upper, mean + reach);
    if (y <= low) return 0.0;
    if (y >= high) return 1.0;
    return truncated_cdf(y, mean, sd, low, high);
  };
  const auto hybrid_unbiased = [&](double quantile) {
    return mean_at(hybrid, 1.0 - quantile, y - reach, y + reach);
  };
  const double part = (alpha - beta) / (1.0 - beta) / 2.0;
  result.hybrid = {hybrid_unbiased(part), hybrid_unbiased(1.0 - part)};
  result.hybrid_median = hybrid_unbiased(0.5);
  return result;
}

namespace {

/// @param few  draws are too few for bands by quantiles
WinnerInference winner_of(const Eigen::MatrixXd& draws, double better, double level, bool few) {
  require(draws.rows(), draws.cols(), "candidates");
  const double n = static_cast<double>(draws.rows());
  const Eigen::VectorXd mean = better * draws.colwise().mean().transpose();
  const Eigen::MatrixXd away = better * draws - mean.transpose().replicate(draws.rows(), 1);
  const Eigen::VectorXd variance = away.colwise().squaredNorm().transpose() / (n - 1.0);
  Eigen::Index winner = 0;
  mean.maxCoeff(&winner);
  const Eigen::VectorXd covariance = away.transpose() * away.col(winner) / (n - 1.0);
  std::vector<double> largest(static_cast<std::size_t>(draws.rows()), 0.0);
  for (Eigen::Index k = 0; k < mean.size(); ++k) {
    if (!(variance[k] > 0.0)) continue;
    const double scale = 1.0 / std::sqrt(variance[k]);
    for (Eigen::Index d = 0; d < draws.rows(); ++d)
      largest[static_cast<std::size_t>(d)] =
          std::max(largest[static_cast<std::size_t>(d)], std::abs(away(d, k)) * scale);
  }
  WinnerInference result = winner_inference(
      mean, variance, covariance, winner,
      {critical_of(largest, level, few), critical_of(largest, 1.0 - (1.0 - level) / 10.0, few)}, level);
  if (better < 0.0) turn(result);
  return result;
}

}  // namespace

WinnerInference winner_inference(const Eigen::MatrixXd& draws, double better, double level) {
  const Bands bands = infer_bands(draws, better, level);
  return winner_of(draws, better, level, !(bands.tail > 0.0));
}

Bands infer_bands(const Eigen::MatrixXd& draws, double better, double level) {
  require(draws.rows(), draws.cols(), "groups");
  Bands bands;
  bands.mean = draws.colwise().mean().transpose();
  const Eigen::MatrixXd away = draws.rowwise() - bands.mean.transpose();
  bands.standard_error =
      (away.colwise().squaredNorm().transpose() / static_cast<double>(draws.rows() - 1)).cwiseSqrt();
  Eigen::ArrayXd most = Eigen::ArrayXd::Zero(draws.rows());
  for (Eigen::Index i = 0; i < draws.cols(); ++i)
    if (bands.standard_error[i] > 0.0) most = most.max(away.col(i).array().abs() / bands.standard_error[i]);
  bands.critical = quantile_of({most.begin(), most.end()}, level);
  const long deepest = OuterRanks<double>::deepest(draws.rows(), level);
  OuterRanks<double> ranks(draws.rows(), deepest);
  Eigen::MatrixXd least(deepest, draws.cols()), largest(least);
  for (Eigen::Index i = 0; i < draws.cols(); ++i)
    if (bands.standard_error[i] > 0.0)
      ranks.add(draws.col(i).data(), OuterRanks<double>::kChunk, least.col(i).data(), largest.col(i).data());
  if (const double depth = ranks.depth(level); depth > 0.0) {
    set_tail(bands, depth, draws.rows());
    bands.low = bands.high = bands.mean;
    for (Eigen::Index i = 0; i < draws.cols(); ++i)
      if (bands.standard_error[i] > 0.0) {
        bands.low[i] = at_depth(least.col(i).data(), depth);
        bands.high[i] = at_depth(largest.col(i).data(), depth);
      }
  } else {
    bands.critical = critical_by_others({most.begin(), most.end()}, level);
    set_symmetric(bands);
  }
  judge(bands, better, nullptr);
  return bands;
}

GroupInference infer_groups(const Eigen::MatrixXd& draws, double better, double level,
                            Parallelism parallelism) {
  GroupInference result;
  const Bands& bands = result.bands = infer_bands(draws, better, level);
  const Eigen::Index n = draws.cols(), count = draws.rows();
  const double freedom = static_cast<double>(count - 1);
  result.draws = count;
  const bool few = !(bands.tail > 0.0);
  result.winner = winner_of(draws, better, level, few);
  const Eigen::MatrixXd away = draws.rowwise() - bands.mean.transpose();

  // Of each group the largest |difference| over its pairs, in standard errors of the pair.
  const kernels::LookKernels& kernel = kernels::look_kernels();
  Eigen::MatrixXd error = Eigen::MatrixXd::Zero(n, n), inverse = error, largest(count, n);
  const double size = draws.cwiseAbs().maxCoeff();
  for_each_block(n, 1, parallelism, [&](std::ptrdiff_t j, std::ptrdiff_t) {
    for (Eigen::Index k = j + 1; k < n; ++k) {
      const double sd =
          std::sqrt(kernel.squares_apart(away.col(j).data(), away.col(k).data(), count) / freedom);
      if (!(sd > kRounding * size)) continue;
      error(k, j) = sd;
      inverse(k, j) = 1.0 / sd;
    }
  });
  error.triangularView<Eigen::StrictlyUpper>() = error.transpose();
  constexpr long kDraws = kernels::kLookDraws;
  for_each_block((count + kDraws - 1) / kDraws, 8, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    Eigen::MatrixXd block(kDraws, n), of_block(kDraws, n);
    for (std::ptrdiff_t k = from; k < to; ++k) {
      const Eigen::Index first = k * kDraws, lanes = std::min<Eigen::Index>(kDraws, count - first);
      block.setZero();
      block.topRows(lanes) = away.middleRows(first, lanes);
      kernel.apart(block.data(), n, inverse.data(), of_block.data());
      largest.middleRows(first, lanes) = of_block.topRows(lanes);
    }
  });
  std::vector<double> over_all(static_cast<std::size_t>(count));
  for (Eigen::Index d = 0; d < count; ++d) over_all[static_cast<std::size_t>(d)] = largest.row(d).maxCoeff();
  result.critical_all = critical_of(std::move(over_all), level, few);
  for (RankSet* set : {&result.each, &result.all}) {
    set->low = Eigen::VectorXi::Ones(n);
    set->high = Eigen::VectorXi::Constant(n, static_cast<int>(n));
    for (Eigen::Index j = 0; j < n; ++j) {
      const double critical = set == &result.all
                                  ? result.critical_all
                                  : critical_of({largest.col(j).begin(), largest.col(j).end()}, level, few);
      for (Eigen::Index k = 0; k < n; ++k) {
        const double above = better * (bands.mean[k] - bands.mean[j]);
        const double least = std::max(critical * error(k, j), kRounding * size);
        if (above > least) ++set->low[j];
        if (-above > least) --set->high[j];
      }
    }
  }
  return result;
}

namespace {

constexpr long kAreasAtOnce = AreaDraws::kBlock;
static_assert(kAreasAtOnce == kernels::kLookDraws);
/// A fixed number of parts, so that sums do not depend on workers.
constexpr long kParts = 16;
using Lanes = std::array<float, static_cast<std::size_t>(kAreasAtOnce)>;
using Places = std::array<std::int32_t, static_cast<std::size_t>(kAreasAtOnce)>;

/// What makes scores of a block's draws: each draw less its mean over areas, over its standard deviation over
/// areas. Of draws that do not vary, and lanes that hold none, the scale is zero.
struct Scores {
  Lanes mean{}, scale{};
};
Scores scores_of(const float* block, long areas, long lanes, double better) {
  const kernels::LookKernels& kernel = kernels::look_kernels();
  std::array<double, static_cast<std::size_t>(kAreasAtOnce)> sum, squares;
  Scores scores;
  kernel.sum(block, areas, sum.data());
  for (std::size_t d = 0; d < scores.mean.size(); ++d)
    scores.mean[d] = static_cast<float>(sum[d] / static_cast<double>(areas));
  kernel.squares(block, areas, scores.mean.data(), squares.data());
  for (std::size_t d = 0; d < static_cast<std::size_t>(lanes); ++d) {
    const double sd = std::sqrt(squares[d] / static_cast<double>(areas));
    if (sd > kRounding * std::abs(static_cast<double>(scores.mean[d])))
      scores.scale[d] = static_cast<float>(better / sd);
  }
  return scores;
}

/// The largest |e_i - e_k| / (s_i + s_k) over pairs of areas, of block after block of draws, by Dinkelbach's
/// iteration: for a value below it max(e - value s) + max(-e - value s) is positive, and the ratio of the two
/// areas where these stand is a better one. It begins at the best of the pairs that stood there in blocks
/// before, and what it ends at does not depend on where it begins, but for the last bits.
class LargestRatio {
 public:
  explicit LargestRatio(const Eigen::VectorXf& width) : width_(width) {}

  /// @param e  [area][draw]; changes nothing
  Lanes of(const float* e, long lanes) {
    const kernels::LookKernels& kernel = kernels::look_kernels();
    Lanes value{};
    for (const auto& [one, other] : known_)
      for (std::size_t d = 0; d < static_cast<std::size_t>(lanes); ++d)
        value[d] = std::max(value[d], std::abs(ratio(e, one, other, d)));
    for (int round = 0; round < 50; ++round) {
      Places top, bottom;
      kernel.extremes(e, width_.size(), width_.data(), value.data(), top.data(), bottom.data());
      bool moved = false;
      for (std::size_t d = 0; d < static_cast<std::size_t>(lanes); ++d) {
        const float better = ratio(e, top[d], bottom[d], d);
        if (!(better > value[d])) continue;
        moved = moved || better > value[d] * (1.0F + 1e-6F);
        value[d] = better;
        remember(top[d], bottom[d]);
      }
      if (!moved) break;
    }
    return value;
  }

 private:
  float ratio(const float* e, std::int32_t one, std::int32_t other, std::size_t draw) const {
    const float scale = width_[one] + width_[other];
    return scale > 0.0F ? (e[one * kAreasAtOnce + static_cast<long>(draw)] -
                           e[other * kAreasAtOnce + static_cast<long>(draw)]) /
                              scale
                        : 0.0F;
  }
  void remember(std::int32_t one, std::int32_t other) {
    const std::pair<std::int32_t, std::int32_t> pair(std::min(one, other), std::max(one, other));
    if (std::find(known_.begin(), known_.end(), pair) != known_.end()) return;
    if (known_.size() < kMostKnown)
      known_.push_back(pair);
    else
      known_[next_++ % kMostKnown] = pair;
  }

  static constexpr std::size_t kMostKnown = 64;
  const Eigen::VectorXf& width_;
  std::vector<std::pair<std::int32_t, std::int32_t>> known_;
  std::size_t next_ = 0;
};

/// Bands by quantiles of every area that moves, in place of those by max |t|. What draws stand how far out is
/// seen in a thirty-second of the areas first: all of them together are no deeper than that, and the
/// outermost draws that have to be kept of each are so few.
void set_quantiles(Bands& bands, const AreaDraws& draws, double level, Parallelism parallelism) {
  const auto strips = static_cast<long>(draws.strips().size());
  const auto look = [&](long step, OuterRanks<float> seen, Eigen::MatrixXf* least, Eigen::MatrixXf* largest) {
    const long count = (strips + step - 1) / step, each = (count + kParts - 1) / kParts;
    std::vector<OuterRanks<float>> parts(static_cast<std::size_t>((count + each - 1) / each), seen);
    for_each_block(count, each, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      AlignedBuffer out(draws.strip_room());
      for (long k = first; k < last; ++k) {
        const AreaDraws::Strip& strip = draws.strips()[static_cast<std::size_t>(k * step)];
        draws.strip(strip, out.data());
        for (long column = strip.first; column < strip.first + strip.columns; ++column) {
          const int area = draws.columns()[static_cast<std::size_t>(column)];
          if (!(bands.standard_error[area] > 0.0)) continue;
          parts[static_cast<std::size_t>(first / each)].add(
              out.data() + (column - strip.first) * kAreasAtOnce, AreaDraws::kStripStride,
              least == nullptr ? nullptr : least->col(area).data(),
              largest == nullptr ? nullptr : largest->col(area).data());
        }
      }
    });
    for (const OuterRanks<float>& part : parts) seen.join(part);
    return seen;
  };
  long deepest = OuterRanks<float>::deepest(draws.draws(), level);
  if (constexpr long kStep = 32; strips > 2 * kStep) {
    const double depth = look(kStep, {draws.draws(), deepest}, nullptr, nullptr).depth(level);
    if (!(depth > 0.0)) return;
    deepest = std::min(deepest, static_cast<long>(depth) + 2);
  }
  Eigen::MatrixXf least(deepest, draws.areas()), largest(least);
  const double depth = look(1, {draws.draws(), deepest}, &least, &largest).depth(level);
  if (!(depth > 0.0)) return;
  set_tail(bands, depth, draws.draws());
  for (Eigen::Index i = 0; i < draws.areas(); ++i)
    if (bands.standard_error[i] > 0.0) {
      bands.low[i] = at_depth(least.col(i).data(), depth);
      bands.high[i] = at_depth(largest.col(i).data(), depth);
    }
}

/// A number of each column as one of each area.
Eigen::VectorXd by_area(const Eigen::VectorXd& of_column, const std::vector<int>& columns) {
  Eigen::VectorXd of_area(of_column.size());
  for (Eigen::Index k = 0; k < of_column.size(); ++k)
    of_area[columns[static_cast<std::size_t>(k)]] = of_column[k];
  return of_area;
}

}  // namespace

MapInference infer_map(const AreaDraws& draws, double better, double level, Parallelism parallelism) {
  require(draws.draws(), draws.areas(), "areas");
  const kernels::LookKernels& kernel = kernels::look_kernels();
  const Eigen::Index n = draws.areas();
  const long count = draws.draws(), blocks = draws.blocks(), each = (blocks + kParts - 1) / kParts;
  const auto parts = static_cast<std::size_t>((blocks + each - 1) / each);
  const double freedom = static_cast<double>(count - 1);
  const auto lanes_of = [&](long block) { return std::min(kAreasAtOnce, count - block * kAreasAtOnce); };
  const auto in_parts = [&](const auto& visit) {
    for_each_block(blocks, each, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
      AlignedBuffer block(draws.room());
      visit(static_cast<std::size_t>(first / each), first, last, block.data());
    });
  };

  // Moments of draws and of scores. Everything is by column of a block until the end.
  std::vector<Scores> scores(static_cast<std::size_t>(blocks));
  std::vector<Eigen::Array4Xd> sums(parts, Eigen::Array4Xd::Zero(4, n));
  in_parts([&](std::size_t part, long first, long last, float* block) {
    for (long k = first; k < last; ++k) {
      draws.block(k, block);
      Scores& made = scores[static_cast<std::size_t>(k)];
      made = scores_of(block, n, lanes_of(k), better);
      kernel.moments(block, n, made.mean.data(), made.scale.data(), sums[part].data());
    }
  });
  for (std::size_t part = 1; part < parts; ++part) sums[0] += sums[part];
  const auto moments = [&](Eigen::Index row, Eigen::VectorXd& mean, Eigen::VectorXd& error) {
    mean = sums[0].row(row).transpose() / static_cast<double>(count);
    error =
        ((sums[0].row(row + 1).transpose() - static_cast<double>(count) * mean.array().square()).max(0.0) /
         freedom)
            .sqrt();
    for (Eigen::Index i = 0; i < n; ++i)
      if (!(error[i] > kRounding * std::abs(mean[i]))) error[i] = 0.0;
  };
  Eigen::VectorXd average, deviation, score, spread;
  moments(0, average, deviation);
  moments(2, score, spread);
  sums.clear();
  Eigen::Index winner = 0;
  (better * average).maxCoeff(&winner);

  // The largest of each draw, and what goes with the winner.
  std::vector<double> largest(static_cast<std::size_t>(count)), range(largest);
  std::vector<Eigen::VectorXd> with(parts, Eigen::VectorXd::Zero(n));
  const Eigen::VectorXf mean = average.cast<float>(), centre = score.cast<float>(),
                        width = spread.cast<float>(),
                        inverse = deviation.unaryExpr([](double s) { return s > 0.0 ? 1.0 / s : 0.0; })
                                      .cast<float>();
  in_parts([&](std::size_t part, long first, long last, float* block) {
    LargestRatio largest_ratio(width);
    for (long k = first; k < last; ++k) {
      draws.block(k, block);
      const long lanes = lanes_of(k);
      const Scores& made = scores[static_cast<std::size_t>(k)];
      Lanes most, best{};
      for (long d = 0; d < lanes; ++d)
        best[static_cast<std::size_t>(d)] = block[winner * kAreasAtOnce + d] - mean[winner];
      kernel.reach(block, n, mean.data(), inverse.data(), best.data(), most.data(), with[part].data());
      kernel.deviate(block, n, made.mean.data(), made.scale.data(), centre.data(), width.data());
      const Lanes ratio = largest_ratio.of(block, lanes);
      for (long d = 0; d < lanes; ++d) {
        largest[static_cast<std::size_t>(k * kAreasAtOnce + d)] =
            static_cast<double>(most[static_cast<std::size_t>(d)]);
        range[static_cast<std::size_t>(k * kAreasAtOnce + d)] =
            static_cast<double>(ratio[static_cast<std::size_t>(d)]);
      }
    }
  });
  for (std::size_t part = 1; part < parts; ++part) with[0] += with[part];

  MapInference result;
  result.draws = count;
  Bands& bands = result.bands;
  bands.mean = by_area(average, draws.columns());
  bands.standard_error = by_area(deviation, draws.columns());
  bands.low = bands.high = bands.mean;
  set_quantiles(bands, draws, level, parallelism);
  const bool few = !(bands.tail > 0.0);
  bands.critical = critical_of(largest, level, few);
  if (few) set_symmetric(bands);
  judge(bands, better, &draws.error());
  result.critical_rank = critical_of(std::move(range), level, few);
  // The error of a held draw, in scores: over the root mean square of the areas' means and errors, which is
  // no more than that of a draw.
  const double typical = std::sqrt(
      (bands.standard_error.array().square() + (bands.mean.array() - bands.mean.mean()).square()).mean());
  score = by_area(score, draws.columns());
  Eigen::VectorXd half = result.critical_rank * by_area(spread, draws.columns());
  if (typical > 0.0) half += draws.error().cast<double>() / typical;
  half.array() += kRounding * score.array().abs();
  result.ranks = ranks_of(score - half, score + half);
  result.winner = winner_inference(
      better * bands.mean, bands.standard_error.cwiseAbs2(), by_area(with[0] / freedom, draws.columns()),
      draws.columns()[static_cast<std::size_t>(winner)],
      {bands.critical, critical_of(std::move(largest), 1.0 - (1.0 - level) / 10.0, few)}, level);
  if (better < 0.0) turn(result.winner);
  return result;
}

}  // namespace spillway
