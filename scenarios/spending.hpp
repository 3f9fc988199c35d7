// When money is spent, and how spending becomes a path of growth.
#pragma once
#include <Eigen/Dense>

#include "scenarios/lever.hpp"

namespace spillway::scenarios {

/// When the money of a fund is spent. One value a draw in each field.
struct SpendingPlan {
  Eigen::VectorXd start_years;  ///< years from the start of the first period to the first planned pound, >= 0
  Eigen::VectorXd years;        ///< length of the programme, years, > 0
  Eigen::VectorXd lag_years;    ///< delivery lag: everything happens this much later, >= 0
  Eigen::VectorXd underspend;   ///< share of the first year's money not spent in that year, [0, 1]
  Eigen::VectorXd carried_over;  ///< share of that underspend spent later; the rest goes back, [0, 1]
};

/// Share of the fund's total spent in each period: draws x periods. The plan is even: 1 / years a year. What
/// the first year leaves unspent is spread over the programme's later years, or over one year after it where
/// the programme is no longer than a year. What falls beyond the horizon is not counted.
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
/// @return       draws x periods
Eigen::MatrixXd phased_in(const Eigen::VectorXd& years, int horizon, double period_years);

enum class StockEffect { level, rate };

/// Growth that follows from a stock of social infrastructure: S(h) = (1 - depreciation)^n S(h-1) + spent(h).
///
/// Model B says: growth over `window_years` is beta higher per unit of S. level: the change of the stock
/// raises annual growth for one year, beta (S(h) - S(h-1)) / window_years, so that the sum over the horizon
/// is beta S(H) / window_years whatever the length of a period. rate: growth is higher as long as the stock
/// stands, beta S(h) / window_years a year, n years a period.
/// @return  draws x periods of S-terms without beta: (S(h) - S(h-1)) / window, or S(h) n / window
Eigen::MatrixXd stock_growth(const Eigen::MatrixXd& spent, const Eigen::VectorXd& depreciation,
                             StockEffect effect, double window_years, double period_years);

}  // namespace spillway::scenarios
