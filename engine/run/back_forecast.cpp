#include "engine/run/back_forecast.hpp"

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "engine/base/streams.hpp"

namespace spillway {

namespace {

// Parts of a draw's stream; values are part of the reproducibility promise.
enum Part : std::uint32_t { shocks = 0, means = 1, shrinking = 2 };

constexpr int shrinking_samples = 64;
constexpr double start_left = 1e-2;
constexpr int longest_burn_in = 60;

class Process {
 public:
  Process(const PanelData& past, const BackSpread& spread, const std::vector<std::int32_t>& group)
      : past_(past), group_(group), periods_(past.y.cols() - 1) {
    for (const auto g : group) groups_ = std::max(groups_, g + 1);
    residual_.resize(past.y.rows(), periods_);
    for (Eigen::Index t = 0; t < periods_; ++t)
      residual_.col(t) = past.y.col(t + 1) - step(past.y.col(t), spread.rho, spread.phi);
    residual_.colwise() -= residual_.rowwise().mean().eval();
    const double persistence =
        std::min(0.99, (spread.rho.size() ? spread.rho.cwiseAbs().maxCoeff() : 0.0) + std::abs(spread.phi));
    burn_in_ = persistence <= start_left
                   ? 1
                   : std::min(longest_burn_in,
                              static_cast<int>(std::ceil(std::log(start_left) / std::log(persistence))));
  }

  Eigen::Index periods() const { return periods_; }

  /// A z.
  Eigen::VectorXd step(const Eigen::VectorXd& z, const Eigen::VectorXd& rho, double phi) const {
    Eigen::VectorXd next = phi * z;
    if (rho.size() == 0) return next;
    const Eigen::VectorXd lag = past_.weights.matrix() * z;
    for (Eigen::Index i = 0; i < z.size(); ++i)
      next[i] += rho[past_.type[static_cast<std::size_t>(i)]] * lag[i];
    return next;
  }

  Eigen::VectorXd shock(Stream& stream, double scale) const {
    return scale * residual_.col(stream.below(static_cast<std::uint32_t>(periods_)));
  }

  /// Mean over as many periods as the past has, of the process from rest.
  Eigen::VectorXd simulated_mean(Stream& stream, double scale, const Eigen::VectorXd& rho, double phi) const {
    Eigen::VectorXd z = Eigen::VectorXd::Zero(past_.y.rows()), sum = z;
    for (Eigen::Index t = -burn_in_; t <= periods_; ++t) {
      z = step(z, rho, phi) + shock(stream, scale);
      if (t >= 0) sum += z;
    }
    return sum / static_cast<double>(periods_ + 1);
  }

  /// The mean of each area's group, one entry an area.
  Eigen::VectorXd group_mean(const Eigen::VectorXd& value) const {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(groups_), count = sum, mean(value.size());
    for (Eigen::Index i = 0; i < value.size(); ++i) {
      sum[group_[static_cast<std::size_t>(i)]] += value[i];
      count[group_[static_cast<std::size_t>(i)]] += 1.0;
    }
    for (Eigen::Index i = 0; i < value.size(); ++i) {
      const auto g = group_[static_cast<std::size_t>(i)];
      mean[i] = sum[g] / count[g];
    }
    return mean;
  }

 private:
  const PanelData& past_;
  const std::vector<std::int32_t>& group_;
  std::int32_t groups_ = 0;
  Eigen::Index periods_;
  Eigen::MatrixXd residual_;  // areas x regression periods, each area's mean 0
  int burn_in_ = 1;
};

}  // namespace

BackForecast back_forecast(const PanelData& past, const BackSpread& spread,
                           const std::vector<std::int32_t>& group, int ahead, const BackEffect* programme,
                           const std::vector<std::vector<int>>& sets, std::uint64_t seed,
                           Parallelism parallelism) {
  const Process process(past, spread, group);
  const Eigen::Index n = past.y.rows(), draws = spread.phi_draws.size();
  const auto freedom = static_cast<double>(process.periods() - 1);
  const double unbiased = std::sqrt((freedom + 1.0) / freedom);
  const Eigen::VectorXd mean = past.y.rowwise().mean(), of_group = process.group_mean(mean),
                        own = mean - of_group;

  double noise = 0.0;
  for (int k = 0; k < shrinking_samples; ++k) {
    Stream stream(seed, Purpose::backcast, static_cast<std::uint64_t>(k), shrinking);
    const Eigen::VectorXd error = process.simulated_mean(stream, unbiased, spread.rho, spread.phi);
    noise += (error - process.group_mean(error)).squaredNorm() / shrinking_samples;
  }
  BackForecast result;
  const double signal = own.squaredNorm();
  result.kept = signal > 0.0 ? std::max(0.0, 1.0 - noise / signal) : 0.0;
  result.mean = of_group + result.kept * own;
  const double left_out = (1.0 - result.kept) * std::sqrt(result.kept * signal / static_cast<double>(n));

  result.nothing.resize(draws, n);
  if (programme) result.added.resize(draws, n);
  result.path.assign(sets.size(), Eigen::MatrixXd(draws, ahead));
  if (programme) result.added_path = result.path;
  const auto keep_paths = [&](std::vector<Eigen::MatrixXd>& paths, Eigen::Index d, int h,
                              const Eigen::VectorXd& sum) {
    for (std::size_t s = 0; s < sets.size(); ++s) {
      double total = 0.0;
      for (const int i : sets[s]) total += sum[i];
      paths[s](d, h) = total / static_cast<double>(sets[s].size());
    }
  };
  for_each_block(draws, 1, parallelism, [&](std::ptrdiff_t d, std::ptrdiff_t) {
    Stream stream(seed, Purpose::backcast, static_cast<std::uint64_t>(d), shocks),
        normals(seed, Purpose::backcast, static_cast<std::uint64_t>(d), means);
    double chi2 = 0.0;
    for (int k = 0; k < static_cast<int>(freedom); ++k) {
      const double x = stream.normal();
      chi2 += x * x;
    }
    const double scale = unbiased * std::sqrt(freedom / chi2), phi = spread.phi_draws[d];
    const Eigen::VectorXd rho =
        spread.rho_draws.rows() ? Eigen::VectorXd(spread.rho_draws.col(d)) : Eigen::VectorXd();
    const Eigen::VectorXd error = process.simulated_mean(stream, scale, rho, phi),
                          shared = process.group_mean(error);
    Eigen::VectorXd m = result.mean - shared - result.kept * (error - shared);
    for (auto& value : m) value += left_out * normals.normal();
    Eigen::VectorXd z = past.y.col(past.y.cols() - 1) - m, sum = Eigen::VectorXd::Zero(n);
    for (int h = 0; h < ahead; ++h) {
      z = process.step(z, rho, phi) + process.shock(stream, scale);
      sum += m + z;
      keep_paths(result.path, d, h, sum);
    }
    result.nothing.row(d) = sum.cast<float>();
    if (!programme) return;
    Eigen::VectorXd u = Eigen::VectorXd::Zero(n);
    sum.setZero();
    for (int h = 0; h < ahead; ++h) {
      const Eigen::VectorXd direct = programme->effect[d] * programme->stock.col(h);
      u = programme->spread == BackEffect::Spread::propagated
              ? Eigen::VectorXd(process.step(u, rho, phi) + direct)
              : direct;
      sum += u;
      keep_paths(result.added_path, d, h, sum);
    }
    result.added.row(d) = sum.cast<float>();
  });
  return result;
}

ForecastScore score(std::vector<double>& draws, double observed) {
  std::sort(draws.begin(), draws.end());
  const auto count = static_cast<double>(draws.size());
  ForecastScore result{};
  result.observed = observed;
  double apart = 0.0, off = 0.0, below = 0.0;
  for (std::size_t k = 0; k < draws.size(); ++k) {
    const double x = draws[k];
    result.mean += x / count;
    off += std::abs(x - observed) / count;
    apart += (2.0 * static_cast<double>(k) - count + 1.0) * x;
    below += x < observed ? 1.0 : x == observed ? 0.5 : 0.0;
  }
  result.pit = below / count;
  result.crps = off - apart / (count * count);
  result.p5 = sorted_quantile(draws, 0.05);
  result.p25 = sorted_quantile(draws, 0.25);
  result.p50 = sorted_quantile(draws, 0.5);
  result.p75 = sorted_quantile(draws, 0.75);
  result.p95 = sorted_quantile(draws, 0.95);
  return result;
}

}  // namespace spillway
