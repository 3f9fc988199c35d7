// Pounds of one year in pounds of another: price indices with their edition, and what a column of money is
// in.
#pragma once
#include <Eigen/Dense>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/config/run_config.hpp"
#include "engine/data/table.hpp"

namespace spillway {

/// A price index by calendar year, of one edition of one source.
struct Deflators {
  std::string name, edition, source;
  std::map<int, double> index;

  /// Pounds of year `to` for a pound of year `from`.
  /// @throws InputError  a year that the series does not hold, by name, with what to do
  double ratio(int from, int to) const;
};

/// Every series there is; the first is the default.
const std::vector<Deflators>& deflator_series();

/// The series that a run names, with the years that its configuration adds.
/// @throws InputError  an unknown series; a year added that the series holds already
Deflators deflators(const RunConfig& config);

/// What makes the pounds of a column pounds of the price base year.
struct Rebased {
  double factor = 1.0;
  std::string sentence;  ///< that says so; empty: nothing had to be done
};

/// How the pack's GVA became that of the price base year, the year before the first period: factor times
/// exp(periods y0), y0 the counterfactual growth of a period.
struct GvaBase {
  double factor = 1.0, periods = 0.0;

  Eigen::VectorXd applied(const Eigen::VectorXd& gva, const Eigen::VectorXd& growth) const;
};

/// Pounds that one of `unit` is: "GBP" and no unit 1, "GBP thousand" 1000, "GBP m" a million, "GBP bn",
/// "pence"; 0: another currency, a rate, or a word that is not known. In any case; "GBP" may be a pound sign.
double pounds_a_unit(const std::string& unit);

/// The factor of a column of money: its price_base is a year, a span "2013-2018" (amounts of each year's own
/// prices, taken as even over the years), or "current" (the pack's last period). Without one the column
/// counts as pounds of the base year, and the sentence says so.
/// @param last_period  of the pack's panel; none: "current" names no year
/// @throws InputError  a price base that names no year, or a year without a deflator; names the column
Rebased rebased(const Column& column, std::optional<int> last_period, const Deflators& deflators,
                int price_base_year);

}  // namespace spillway
