// When money is spent and how it becomes growth, by hand.
#include <doctest/doctest.h>

#include "scenarios/spending.hpp"

using namespace spillway::scenarios;

namespace {
SpendingPlan plan(double start, double years, double lag, double underspend, double carried) {
  const auto one = [](double v) { return Eigen::VectorXd::Constant(1, v); };
  return {one(start), one(years), one(lag), one(underspend), one(carried)};
}
void check_row(const Eigen::MatrixXd& found, std::initializer_list<double> expected) {
  Eigen::Index h = 0;
  REQUIRE(found.cols() == static_cast<Eigen::Index>(expected.size()));
  for (const double value : expected) CHECK(found(0, h++) == doctest::Approx(value).epsilon(1e-13));
}
}  // namespace

TEST_CASE("a programme of three years spends a third a year and then nothing") {
  check_row(spending_shares(plan(0, 3, 0, 0, 1), 5, 1.0), {1.0 / 3, 1.0 / 3, 1.0 / 3, 0, 0});
}
TEST_CASE("half of the first year unspent slips evenly into the years after it") {
  check_row(spending_shares(plan(0, 3, 0, 0.5, 1), 4, 1.0), {1.0 / 6, 5.0 / 12, 5.0 / 12, 0});
}
TEST_CASE("what is not carried over goes back") {
  check_row(spending_shares(plan(0, 3, 0, 0.6, 0.5), 4, 1.0), {0.4 / 3, 1.0 / 3 + 0.05, 1.0 / 3 + 0.05, 0});
}
TEST_CASE("a programme of one year spends what slips in the year after") {
  check_row(spending_shares(plan(0, 1, 0, 0.25, 1), 3, 1.0), {0.75, 0.25, 0});
}
TEST_CASE("a lag of half a year moves half of each year's money on") {
  check_row(spending_shares(plan(0, 2, 0.5, 0, 1), 4, 1.0), {0.25, 0.5, 0.25, 0});
}
TEST_CASE("periods of two years hold the money of their two years") {
  check_row(spending_shares(plan(1, 4, 0, 0, 1), 3, 2.0), {0.25, 0.5, 0.25});
}
TEST_CASE("money that falls beyond the horizon is not counted") {
  CHECK(spending_shares(plan(0, 10, 0, 0, 1), 4, 1.0).sum() == doctest::Approx(0.4).epsilon(1e-13));
}

TEST_CASE("a profile is spent year by year, late money like an even programme's") {
  SpendingPlan uneven = plan(0, 3, 0, 0, 1);
  uneven.profile = {0.2, 0.3, 0.5};
  check_row(spending_shares(uneven, 5, 1.0), {0.2, 0.3, 0.5, 0, 0});
  uneven.underspend.setConstant(0.5);  // a tenth of the whole slips evenly into the two years after
  check_row(spending_shares(uneven, 4, 1.0), {0.1, 0.35, 0.55, 0});
  uneven.underspend.setZero();
  uneven.start_years.setConstant(1.0);
  uneven.lag_years.setConstant(0.5);
  check_row(spending_shares(uneven, 5, 1.0), {0, 0.1, 0.25, 0.4, 0.25});
  check_row(spending_shares(uneven, 3, 2.0), {0.1, 0.65, 0.25});
}
TEST_CASE("an even profile is the even plan") {
  SpendingPlan even = plan(0.3, 4, 0.2, 0.4, 0.7), profiled = even;
  profiled.profile = {0.25, 0.25, 0.25, 0.25};
  CHECK(spending_shares(profiled, 7, 1.4).isApprox(spending_shares(even, 7, 1.4), 1e-14));
}
TEST_CASE("a ramp that starts later is the same ramp later; what comes once falls in its period") {
  const auto one = [](double v) { return Eigen::VectorXd::Constant(1, v); };
  check_row(phased_in(one(2), one(0), 4, 1.0), {0.25, 0.75, 1, 1});
  check_row(phased_in(one(2), one(1), 4, 1.0), {0, 0.25, 0.75, 1});
  check_row(phased_in(one(0), one(1.5), 3, 1.0), {0, 0.5, 1});
  check_row(once_at(one(2), 4, 1.0), {0, 0, 1, 0});
  check_row(once_at(one(3), 3, 2.0), {0, 1, 0});
  check_row(once_at(one(9), 3, 2.0), {0, 0, 0});
}

TEST_CASE("a flow without persistence lifts the level only while it lasts") {
  Eigen::MatrixXd spent(1, 4);
  spent << 5, 5, 0, 0;
  check_row(flow_growth(spent, Eigen::VectorXd::Zero(1), 1.0), {5, 0, -5, 0});
}
TEST_CASE("a flow with full persistence adds every pound's effect for good") {
  Eigen::MatrixXd spent(1, 4);
  spent << 5, 5, 0, 0;
  check_row(flow_growth(spent, Eigen::VectorXd::Ones(1), 1.0), {5, 5, 0, 0});
}
TEST_CASE("a flow's level effect falls by its persistence after spending stops") {
  Eigen::MatrixXd spent(1, 3);
  spent << 8, 0, 0;
  check_row(flow_growth(spent, Eigen::VectorXd::Constant(1, 0.75), 1.0), {8, -2, -1.5});
}
TEST_CASE("a flow ends at the same level whether periods are one year or two") {
  Eigen::MatrixXd yearly(1, 4), two_yearly(1, 2);
  yearly << 3, 3, 7, 7;
  two_yearly << 6, 14;
  for (const double p : {0.0, 0.6, 1.0}) {
    const Eigen::VectorXd persistence = Eigen::VectorXd::Constant(1, p);
    CHECK(flow_growth(yearly, persistence, 1.0).sum() ==
          doctest::Approx(flow_growth(two_yearly, persistence, 2.0).sum()).epsilon(1e-13));
  }
}

TEST_CASE("within the window a stock counts for every year that it stands, as level and as rate") {
  Eigen::MatrixXd spent(1, 3);
  spent << 100, 100, 0;
  // S = 100, 190, 171 at a depreciation of a tenth; none of it is as old as the window.
  const Eigen::VectorXd tenth = Eigen::VectorXd::Constant(1, 0.1);
  check_row(stock_years(spent, tenth, StockEffect::level, 10.0, 1.0), {100, 190, 171});
  check_row(stock_years(spent, tenth, StockEffect::rate, 10.0, 1.0), {100, 190, 171});
}
TEST_CASE("past the window the level of GVA stays where it is, and as a rate it goes on growing") {
  Eigen::MatrixXd spent(1, 4);
  spent << 100, 0, 0, 0;
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(1);
  check_row(stock_years(spent, none, StockEffect::level, 2.0, 1.0), {100, 100, 0, 0});
  check_row(stock_years(spent, none, StockEffect::rate, 2.0, 1.0), {100, 100, 100, 100});
}
TEST_CASE("periods of 4.2 years: a window of ten years ends within a period") {
  Eigen::MatrixXd spent(1, 4);
  spent << 10, 10, 10, 10;
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(1);
  // S = 10, 20, 30, 40; periods end at 4.2, 8.4, 12.6 and 16.8 years. Ten years back, the third reaches 2.6
  // years of S = 10 (26) and the fourth 1.6 years of 10 and 2.6 of 20 (68).
  check_row(stock_years(spent, none, StockEffect::level, 10.0, 4.2), {42, 84, 126 - 26, 168 - 68});
  check_row(stock_years(spent, none, StockEffect::rate, 10.0, 4.2), {42, 84, 126, 168});
}
TEST_CASE("a stock worn by a twentieth a year over a period of 4.2 years is worth what the power says") {
  Eigen::MatrixXd spent(1, 2);
  spent << 10, 0;
  // 0.95^4.2 = exp(4.2 ln 0.95) = 0.806193...; times 10 over 4.2 years.
  check_row(stock_years(spent, Eigen::VectorXd::Constant(1, 0.05), StockEffect::rate, 10.0, 4.2),
            {42, 42 * 0.8061932213951876});
}
