#include "engine/propagate/group_response.hpp"

#include <cmath>
#include <map>

#include <fmt/format.h>

#include "engine/base/error.hpp"

namespace spillway {

namespace {

using Powers = std::vector<int>;  ///< of each class's rho

/// Every way to share `degree` among the classes from `cls` on.
void add_monomials(Powers& powers, std::size_t cls, int degree, std::vector<Powers>& found) {
  if (cls + 1 == powers.size()) {
    powers[cls] = degree;
    found.push_back(powers);
    return;
  }
  for (int here = degree; here >= 0; --here) {
    powers[cls] = here;
    add_monomials(powers, cls + 1, degree - here, found);
  }
}

using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

/// Monomials of one degree with their vectors over areas (areas x shapes).
struct Degree {
  std::vector<Powers> monomials;
  std::map<Powers, std::size_t> place;
  std::vector<RowMajor> vectors;
};

double count_of(int classes, int horizon) {
  double count = 1.0;  // C(horizon - 1 + classes, classes)
  for (int k = 1; k <= classes; ++k) count *= static_cast<double>(horizon - 1 + k) / k;
  return count;
}

}  // namespace

GroupResponse::GroupResponse(const Dynamics& dynamics, const Eigen::MatrixXd& weight, Parallelism parallelism)
    : draws_(dynamics.draws), horizon_(dynamics.horizon), groups_(static_cast<int>(weight.cols())), shapes_(dynamics.shapes()) {
  constexpr double most = 20000.0;
  if (dynamics.coefficients_by_period || !dynamics.lambda.empty())
    throw InputError("group response: the policy changes rho or W over the horizon, and this is for shocks alone");
  if (weight.rows() != dynamics.areas())
    throw InputError(fmt::format("group response: weights of {} areas but the dynamics have {}", weight.rows(), dynamics.areas()));
  if (count_of(dynamics.classes, horizon_) > most)
    throw InputError(fmt::format("group response: {} classes over {} periods make {:.0f} coefficients (at most {:.0f}: shorten the horizon)",
                                 dynamics.classes, horizon_, count_of(dynamics.classes, horizon_), most));
  const auto classes = static_cast<std::size_t>(dynamics.classes);
  const auto& lag = dynamics.weights->matrix();
  const auto block = static_cast<std::size_t>(groups_ * shapes_);

  // Sums over groups of every coefficient, degree by degree: row i of the coefficient of rho^a is row i of W times that
  // of rho^(a - e_c), c the class of i.
  std::vector<Degree> degrees(static_cast<std::size_t>(horizon_));
  std::vector<std::vector<double>> sums(degrees.size());  // [degree][monomial][group][shape]
  for (std::size_t m = 0; m < degrees.size(); ++m) {
    Degree& degree = degrees[m];
    Powers powers(classes, 0);
    add_monomials(powers, 0, static_cast<int>(m), degree.monomials);
    for (std::size_t k = 0; k < degree.monomials.size(); ++k) degree.place[degree.monomials[k]] = k;
    degree.vectors.resize(degree.monomials.size());
    sums[m].resize(degree.monomials.size() * block);
    for_each_block(static_cast<std::ptrdiff_t>(degree.monomials.size()), 1, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      for (auto k = static_cast<std::size_t>(from); k < static_cast<std::size_t>(to); ++k) {
        RowMajor& vector = degree.vectors[k];
        if (m == 0) {
          vector = dynamics.shape;
        } else {
          std::vector<const RowMajor*> lower(classes, nullptr);
          for (std::size_t c = 0; c < classes; ++c) {
            Powers before = degree.monomials[k];
            if (before[c] == 0) continue;
            --before[c];
            lower[c] = &degrees[m - 1].vectors[degrees[m - 1].place.at(before)];
          }
          vector = RowMajor::Zero(dynamics.areas(), shapes_);
          for (Eigen::Index i = 0; i < vector.rows(); ++i) {
            const RowMajor* source = lower[static_cast<std::size_t>(dynamics.row_class[static_cast<std::size_t>(i)])];
            if (source == nullptr) continue;
            for (SpatialWeights::Matrix::InnerIterator it(lag, i); it; ++it)
              for (int q = 0; q < shapes_; ++q) vector(i, q) += it.value() * (*source)(it.col(), q);
          }
        }
        const Eigen::MatrixXd sum = weight.transpose() * vector;  // groups x shapes
        for (int g = 0; g < groups_; ++g)
          for (int q = 0; q < shapes_; ++q) sums[m][k * block + static_cast<std::size_t>(g * shapes_ + q)] = sum(g, q);
      }
    });
    if (m > 0) degrees[m - 1].vectors.clear();
  }

  value_.resize(static_cast<std::size_t>(draws_) * static_cast<std::size_t>(horizon_) * block);
  for_each_block(draws_, 64, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    std::vector<double> power(classes * static_cast<std::size_t>(horizon_)), by_degree(static_cast<std::size_t>(horizon_) * block);
    for (long d = from; d < to; ++d) {
      for (std::size_t c = 0; c < classes; ++c) {
        double rho = 1.0;
        for (int k = 0; k < horizon_; ++k) {
          power[c * static_cast<std::size_t>(horizon_) + static_cast<std::size_t>(k)] = rho;
          rho *= dynamics.rho_at(d, 0, static_cast<int>(c));
        }
      }
      std::fill(by_degree.begin(), by_degree.end(), 0.0);
      for (std::size_t m = 0; m < degrees.size(); ++m)
        for (std::size_t k = 0; k < degrees[m].monomials.size(); ++k) {
          double product = 1.0;
          for (std::size_t c = 0; c < classes; ++c)
            product *= power[c * static_cast<std::size_t>(horizon_) + static_cast<std::size_t>(degrees[m].monomials[k][c])];
          for (std::size_t b = 0; b < block; ++b) by_degree[m * block + b] += product * sums[m][k * block + b];
        }
      const double phi = dynamics.phi[static_cast<std::size_t>(d)];
      for (int k = 0; k < horizon_; ++k) {
        double* out = value_.data() + static_cast<std::size_t>(d * horizon_ + k) * block;
        std::fill(out, out + block, 0.0);
        double choose = 1.0, phis = 1.0;  // C(k, m) phi^(k - m) from m = k down
        for (int m = k; m >= 0; --m) {
          for (std::size_t b = 0; b < block; ++b) out[b] += choose * phis * by_degree[static_cast<std::size_t>(m) * block + b];
          choose *= static_cast<double>(m) / static_cast<double>(k - m + 1);
          phis *= phi;
        }
      }
    }
  });
}

std::vector<double> GroupResponse::uplift(const std::vector<double>& amplitude, Parallelism parallelism) const {
  const auto wanted = static_cast<std::size_t>(draws_) * static_cast<std::size_t>(horizon_ * shapes_);
  if (amplitude.size() != wanted)
    throw InputError(fmt::format("group response: {} amplitudes (needs {}: draws x periods x shapes)", amplitude.size(), wanted));
  std::vector<double> uplift(static_cast<std::size_t>(draws_) * static_cast<std::size_t>(horizon_ * groups_), 0.0);
  for_each_block(draws_, 256, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    for (long d = from; d < to; ++d)
      for (int h = 0; h < horizon_; ++h)
        for (int s = 0; s <= h; ++s) {
          const double* a = amplitude.data() + static_cast<std::size_t>((d * horizon_ + s) * shapes_);
          for (int g = 0; g < groups_; ++g) {
            double sum = 0.0;
            for (int q = 0; q < shapes_; ++q) sum += a[q] * at(d, h - s, g, q);
            uplift[static_cast<std::size_t>((d * horizon_ + h) * groups_ + g)] += sum;
          }
        }
  });
  return uplift;
}

}  // namespace spillway
