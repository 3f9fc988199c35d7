#include "scenarios/spending.hpp"

#include <algorithm>
#include <cmath>

namespace spillway::scenarios {

namespace {
/// Length of the overlap of [a, b) and [c, d).
double overlap(double a, double b, double c, double d) {
  return std::max(0.0, std::min(b, d) - std::max(a, c));
}
}  // namespace

Eigen::MatrixXd spending_shares(const SpendingPlan& plan, int horizon, double period_years) {
  const Eigen::Index draws = plan.years.size();
  Eigen::MatrixXd share(draws, horizon);
  for (Eigen::Index d = 0; d < draws; ++d) {
    const double begin = plan.start_years(d) + plan.lag_years(d), years = plan.years(d),
                 planned = 1.0 / years;
    const double first_end = begin + std::min(1.0, years), end = begin + years;
    const double first = plan.profile.empty() ? planned * std::min(1.0, years) : plan.profile.front();
    const auto price = [&](std::size_t y) {
      return plan.price.empty() ? 1.0 : plan.price[std::min(y, plan.price.size() - 1)];
    };
    // The first year's money, what slips, and the stretch of time over which what slips is spent.
    const double slips = first * plan.underspend(d);
    const double late_end = years > 1.0 ? end : first_end + 1.0;
    const double late_rate = price(0) * slips * plan.carried_over(d) / (late_end - first_end);
    for (int h = 0; h < horizon; ++h) {
      const double from = h * period_years, to = (h + 1) * period_years;
      const double late = late_rate * overlap(from, to, first_end, late_end);
      if (plan.profile.empty() && plan.price.empty()) {
        share(d, h) = planned * (1.0 - plan.underspend(d)) * overlap(from, to, begin, first_end) +
                      planned * overlap(from, to, first_end, end) + late;
        continue;
      }
      share(d, h) = late;
      for (std::size_t y = 0; static_cast<double>(y) < years; ++y) {
        const double year = begin + static_cast<double>(y);
        share(d, h) += price(y) * (plan.profile.empty() ? planned : plan.profile[y]) *
                       (y == 0 ? 1.0 - plan.underspend(d) : 1.0) *
                       overlap(from, to, year, std::min(year + 1.0, end));
      }
    }
  }
  return share;
}

Eigen::MatrixXd flow_growth(const Eigen::MatrixXd& spent, const Eigen::VectorXd& persistence,
                            double period_years) {
  Eigen::MatrixXd growth(spent.rows(), spent.cols());
  for (Eigen::Index d = 0; d < spent.rows(); ++d) {
    const double p = persistence(d), kept = std::pow(p, period_years);
    const double years = p < 1.0 ? (1.0 - kept) / (1.0 - p) : period_years;
    double effect = 0.0;
    for (Eigen::Index h = 0; h < spent.cols(); ++h) {
      const double next = kept * effect + spent(d, h) / period_years * years;
      growth(d, h) = next - effect;
      effect = next;
    }
  }
  return growth;
}

Eigen::MatrixXd phased_in(const Eigen::VectorXd& years, const Eigen::VectorXd& start, int horizon,
                          double period_years) {
  Eigen::MatrixXd phase(years.size(), horizon);
  for (Eigen::Index d = 0; d < years.size(); ++d)
    for (int h = 0; h < horizon; ++h) {
      const double from = std::max(0.0, h * period_years - start(d)),
                   to = std::max(0.0, (h + 1) * period_years - start(d)), full = years(d);
      const double a = std::min(from, full), b = std::min(to, full);
      phase(d, h) =
          ((full > 0.0 ? (b * b - a * a) / (2.0 * full) : 0.0) + (to - from) - (b - a)) / period_years;
    }
  return phase;
}

Eigen::MatrixXd once_at(const Eigen::VectorXd& start, int horizon, double period_years) {
  Eigen::MatrixXd once = Eigen::MatrixXd::Zero(start.size(), horizon);
  for (Eigen::Index d = 0; d < start.size(); ++d)
    if (const auto period = static_cast<Eigen::Index>(start(d) / period_years); period < horizon)
      once(d, period) = 1.0;
  return once;
}

Eigen::MatrixXd stock_path(const Eigen::MatrixXd& spent, const Eigen::VectorXd& depreciation,
                           double period_years) {
  Eigen::MatrixXd path(spent.rows(), spent.cols());
  for (Eigen::Index d = 0; d < spent.rows(); ++d) {
    const double kept = std::pow(1.0 - depreciation(d), period_years);
    double stock = 0.0;
    for (Eigen::Index h = 0; h < spent.cols(); ++h) path(d, h) = stock = kept * stock + spent(d, h);
  }
  return path;
}

Eigen::MatrixXd stock_years(const Eigen::MatrixXd& spent, const Eigen::VectorXd& depreciation,
                            StockEffect effect, double window_years, double period_years) {
  const Eigen::Index periods = spent.cols();
  Eigen::MatrixXd term(spent.rows(), periods);
  Eigen::VectorXd until(periods + 1);  // integral of S to the end of each period
  // Integral of S from 0 to t: S is constant within a period, so it is linear there.
  const auto integral = [&](double t) {
    if (t <= 0.0) return 0.0;
    const auto whole = std::min(periods - 1, static_cast<Eigen::Index>(t / period_years));
    const double rest = t / period_years - static_cast<double>(whole);
    return until(whole) + rest * (until(whole + 1) - until(whole));
  };
  const Eigen::MatrixXd path = stock_path(spent, depreciation, period_years);
  for (Eigen::Index d = 0; d < spent.rows(); ++d) {
    until(0) = 0.0;
    for (Eigen::Index h = 0; h < periods; ++h) {
      const double stock = path(d, h);
      until(h + 1) = until(h) + period_years * stock;
      const double end = static_cast<double>(h + 1) * period_years;
      term(d, h) = period_years * stock;
      if (effect == StockEffect::level)
        term(d, h) -= integral(end - window_years) - integral(end - period_years - window_years);
    }
  }
  return term;
}

}  // namespace spillway::scenarios
