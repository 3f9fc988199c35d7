// When money is spent, and how spending becomes a path of growth.
#pragma once
#include <Eigen/Dense>
#include <vector>

#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// When the money of a fund is spent. One value a draw in each field.
struct SpendingPlan {
  Eigen::VectorXd start_years;  ///< years from the start of the first period to the first planned pound, >= 0
  Eigen::VectorXd years;        ///< length of the programme, years, > 0
  Eigen::VectorXd lag_years;    ///< delivery lag: everything happens this much later, >= 0
  Eigen::VectorXd underspend;   ///< share of the first year's money not spent in that year, [0, 1]
  Eigen::VectorXd carried_over;      ///< share of that underspend spent later; the rest goes back, [0, 1]
  std::vector<double> profile = {};  ///< share of the money planned for each year; empty: the same in each
  std::vector<double> price = {};    ///< base-year pounds for a pound planned for each year of the programme,
                                     ///< the last for all later ones; empty: 1
};

/// Share of the fund's total spent in each period: draws x periods; times the price of the year that it was
/// planned for, where the plan has prices. The plan is the profile, year by year and
/// even within each, or even throughout: 1 / years a year. What
/// the first year leaves unspent is spread over the programme's later years, or over one year after it where
/// the programme is no longer than a year. What falls beyond the horizon is in none.
Eigen::MatrixXd spending_shares(const SpendingPlan& plan, int horizon, double period_years);

/// Growth that follows from a flow of spending, a GBP a year at a time.
///
/// A pound of spending raises annual GVA by r; a year later the share `persistence` of that effect is left.
/// With E the effect on the level of annual GVA (in units of r times pounds), n years a period, s(h) the
/// pounds spent in period h and p the persistence,
///     E(h) = p^n E(h-1) + (s(h) / n) (1 - p^n) / (1 - p) ,     growth(h) = E(h) - E(h-1).
/// p = 0: GVA is higher only while the money flows, and falls back after; p = 1: every pound's effect stays,
/// so growth(h) = s(h).
/// @param spent        draws x periods, pounds or shares of a fund in each period
/// @param persistence  draws, share left a year later, [0, 1]
/// @return             draws x periods, change of the level effect
Eigen::MatrixXd flow_growth(const Eigen::MatrixXd& spent, const Eigen::VectorXd& persistence,
                            double period_years);

/// What holds of a policy that phases in evenly: the mean over each period of a ramp from 0 to 1.
/// @param years  draws, length of the ramp; 0: in full at once
/// @param start  draws, years from the start of the first period to that of the ramp, >= 0
/// @return       draws x periods
Eigen::MatrixXd phased_in(const Eigen::VectorXd& years, const Eigen::VectorXd& start, int horizon,
                          double period_years);

/// 1 in the period in which each draw starts, else 0: draws x periods.
Eigen::MatrixXd once_at(const Eigen::VectorXd& start, int horizon, double period_years);

enum class StockEffect { level, rate };

/// The stock that spending builds: S(h) = (1 - depreciation)^n S(h-1) + spent(h), constant within a period.
/// @return  draws x periods, in the unit of `spent`
Eigen::MatrixXd stock_path(const Eigen::MatrixXd& spent, const Eigen::VectorXd& depreciation,
                           double period_years);

/// What a stock of social infrastructure adds to growth, in years of stock:
/// S(h) = (1 - depreciation)^n S(h-1) + spent(h) within period h, 0 before the start.
///
/// Model B says: growth over a window of w years is beta higher per unit of S. level: a stock lifts growth
/// for as long as the window, then the level stays higher; rate: growth stays higher while the stock stands.
/// With t_h = h n the end of period h and S(v) the stock at v years,
///     level:  term(h) = integral of S(v) - S(v - w) over t_{h-1} < v < t_h
///     rate:   term(h) = integral of S(v)            over t_{h-1} < v < t_h = n S(h)
/// so that beta / w times the term is growth in the period, for periods and windows of any length.
/// @param spent  draws x periods, pounds a head in each period
/// @return       draws x periods, pounds a head times years
Eigen::MatrixXd stock_years(const Eigen::MatrixXd& spent, const Eigen::VectorXd& depreciation,
                            StockEffect effect, double window_years, double period_years);

}  // namespace spillway::scenarios
