// Cutting model A's panel from a pack small enough to check by eye.
#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "engine/base/error.hpp"
#include "engine/estimate/model_data.hpp"
#include "engine/estimate/panel/refill.hpp"
#include "engine/estimate/panel/spatial_lag_panel.hpp"
#include "tests/support/panel_world.hpp"

using namespace spillway;

namespace {
constexpr double kGap = std::numeric_limits<double>::quiet_NaN();

PanelVariable variable(const std::string& name, const std::string& unit) {
  PanelVariable made;
  made.name = name;
  made.unit = unit;
  made.value.resize(4, 5);
  return made;
}

/// Four areas on a line a-b-c-d, periods 2000-2004; growth starts in 2001.
DataPack line_pack() {
  DataPack pack;
  pack.areas.rows = 4;
  Column code;
  code.name = "area_code";
  code.kind = ColumnKind::text;
  code.level = {0, 1, 2, 3};
  code.levels = {"a", "b", "c", "d"};
  Column type;
  type.name = "area_type";
  type.kind = ColumnKind::text;
  type.level = {0, 1, 0, 1};
  type.levels = {"deprived", "other"};
  Column hill;
  hill.name = "hill";
  hill.number = {1.0, 2.0, 3.0, 4.0};
  Column inside;
  inside.name = "inside";
  inside.number = {1.0, 1.0, 1.0, 0.0};
  pack.areas.columns = {code, type, hill, inside};
  pack.panel.periods = {2000, 2001, 2002, 2003, 2004};
  PanelVariable growth = variable("growth", "log points");
  growth.value << kGap, 1, 2, 3, 4, kGap, 2, 3, 4, 5, kGap, 3, 4, 5, 6, kGap, 4, 5, 6, 7;
  PanelVariable rain = variable("rain", "mm");
  rain.value << 1, 2, 1, 2, 1, 2, 2, 3, 1, 1, 5, 4, 4, 4, 1, 1, 1, 2, 2, 3;
  PanelVariable rate = variable("rate", "%");
  rate.value << 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5;
  pack.panel.variables = {growth, rain, rate};
  return pack;
}

SpatialWeights line_weights() {
  SpatialWeights::Matrix raw(4, 4);
  const std::vector<Eigen::Triplet<double>> entries = {{0, 1, 1.0}, {1, 0, 1.0}, {1, 2, 1.0},
                                                       {2, 1, 1.0}, {2, 3, 1.0}, {3, 2, 1.0}};
  raw.setFromTriplets(entries.begin(), entries.end());
  return SpatialWeights(raw, true);
}

PanelModel growth_model() {
  PanelModel model;
  model.name = "spillover";
  model.outcome = "growth";
  return model;
}
}  // namespace

TEST_CASE("periods without any outcome at the ends are cut off, the first seen one is the initial period") {
  const PanelData data = panel_data(growth_model(), {}, line_pack(), line_weights());
  CHECK(data.periods == std::vector<int>{2001, 2002, 2003, 2004});
  CHECK(data.y.cols() == 4);
  CHECK(data.y(2, 0) == 3.0);
  CHECK(data.type_names == std::vector<std::string>{"deprived", "other"});
  CHECK(data.type == std::vector<std::int32_t>{0, 1, 0, 1});
}

TEST_CASE("covariates cover the regression periods; what effects absorb is dropped and named") {
  PanelModel model = growth_model();
  model.covariates = {"rain", "hill", "rate"};
  model.predetermined = {};
  const PanelData data = panel_data(model, {}, line_pack(), line_weights());
  REQUIRE(data.x_names == std::vector<std::string>{"rain"});
  CHECK(data.x[0].cols() == 3);
  CHECK(data.x[0](2, 0) == 4.0);
  REQUIRE(data.notes.size() == 2);
  CHECK(data.notes[0] ==
        "covariate 'hill' does not change over time: not identified beside area effects, dropped");
  CHECK(data.notes[1] ==
        "covariate 'rate' is the same for every area: not identified beside period effects, dropped");
}

TEST_CASE("restrict_to keeps the rows asked for and standardises their weights again") {
  PanelModel model = growth_model();
  model.restrict_to = "inside";
  const PanelData data = panel_data(model, {}, line_pack(), line_weights());
  CHECK(data.area == std::vector<int>{0, 1, 2});
  CHECK(data.weights.areas() == 3);
  CHECK(data.weights.matrix().coeff(2, 1) == 1.0);
}

TEST_CASE("a missing outcome is refused with counts and codes, dropped, or imputed and counted") {
  DataPack pack = line_pack();
  pack.panel.variables[0].value(1, 3) = kGap;
  PanelModel model = growth_model();
  CHECK_THROWS_WITH_AS(
      panel_data(model, {}, pack, line_weights()),
      "model 'spillover': outcome 'growth' is missing in 1 of 16 cells (6.25 %) of 1 "
      "area(s) (b); every area is fitted over the same periods, and a spatial lag cannot "
      "use a neighbour that is not there: set missing = \"drop\" to leave those areas out, \"drop_rows\" for "
      "the rows alone, or \"impute\"",
      InputError);
  model.missing = MissingOutcomes::drop;
  const PanelData dropped = panel_data(model, {}, pack, line_weights());
  CHECK(dropped.area == std::vector<int>{0, 2, 3});
  CHECK(dropped.left_out.areas == 1);
  CHECK(dropped.left_out.rows == 3);
  CHECK(dropped.seen.size() == 0);
  REQUIRE(dropped.notes.size() == 1);
  CHECK(dropped.notes[0].rfind(
            "missing = \"drop\": 1 of 4 areas are left out with all their periods, 3 rows of "
            "which 1 miss a value (b): 'growth' is missing in 1 area(s); ",
            0) == 0);
  model.missing = MissingOutcomes::impute;
  const PanelData data = panel_data(model, {}, pack, line_weights());
  CHECK(data.imputed == 1);
  CHECK(data.y(1, 2) == doctest::Approx(4.0));  // the table is exactly area + period: residuals are zero
}

TEST_CASE("without lags a missing value takes its row, whatever variable misses it") {
  DataPack pack = line_pack();
  pack.panel.variables[0].value(1, 3) = kGap;  // growth of b in 2003
  pack.panel.variables[1].value(2, 2) = kGap;  // rain of c in 2002
  pack.panel.variables[1].value(3, 0) = kGap;  // of d in 2000, where nobody has growth
  for (int t = 1; t < 4; ++t) pack.panel.variables[0].value(0, t) = kGap;  // a has 2004 alone
  PanelModel model = growth_model();
  model.covariates = {"rain"};
  model.own_lag = false;
  model.spatial_lag = SpatialLag::none;
  CHECK_THROWS_WITH_AS(
      panel_data(model, {}, pack, {}),
      "model 'spillover': outcome 'growth' is missing in 4 of 16 cells (25.00 %) of 2 area(s) (a, "
      "b); a row without its outcome says nothing: set missing = \"drop\" to leave out what has none, "
      "\"drop_areas\" for whole areas",
      InputError);  // "impute" fills outcomes alone, and rain is missing too
  model.missing = MissingOutcomes::drop;
  const PanelData data = panel_data(model, {}, pack, {});
  CHECK(data.area == std::vector<int>{0, 1, 2, 3});
  Eigen::MatrixXd seen(4, 4);
  seen << 0, 0, 0, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1;
  CHECK(data.seen == seen);
  CHECK(data.left_out.rows == 5);
  CHECK(data.left_out.areas == 0);
  REQUIRE(data.notes.size() == 2);
  CHECK(data.notes[0] ==
        "missing = \"drop\": 5 of 16 rows (area and period) are left out: 'growth' is missing in 4, 'rain' "
        "in 1");
  CHECK(data.notes[1] == "1 area(s) have one row each: their own effect explains it, they add nothing else");
  model.missing = MissingOutcomes::drop_areas;
  const PanelData whole = panel_data(model, {}, pack, {});
  CHECK(whole.area == std::vector<int>{3});
  CHECK(whole.left_out.areas == 3);
  CHECK(whole.left_out.rows == 12);
}

TEST_CASE("without lags a year without an outcome is left out, and an area without a row named") {
  DataPack pack = line_pack();
  pack.panel.variables[0].value.col(2).setConstant(kGap);
  pack.panel.variables[0].value.row(3).setConstant(kGap);
  PanelModel model = growth_model();
  model.own_lag = false;
  model.spatial_lag = SpatialLag::none;
  model.missing = MissingOutcomes::drop_rows;
  const PanelData data = panel_data(model, {}, pack, {});
  CHECK(data.periods == std::vector<int>{2001, 2003, 2004});
  CHECK(data.area == std::vector<int>{0, 1, 2});
  CHECK(data.left_out.areas == 1);
  CHECK(data.left_out.rows == 3);
  REQUIRE(data.notes.size() == 2);
  CHECK(data.notes[0] == "period 2002 has no value of 'growth': left out");
  CHECK(data.notes[1] ==
        "missing = \"drop_rows\": 3 of 12 rows (area and period) are left out: 'growth' is missing in 3; 1 "
        "of 4 "
        "areas have no complete row (d)");
}

TEST_CASE("with lags a row needs its own past and every neighbour's: W is not standardised again") {
  DataPack pack = line_pack();
  pack.panel.variables[0].value(1, 3) =
      kGap;  // b in 2003: its rows of 2003 and 2004, and a's and c's of 2004
  PanelModel model = growth_model();
  model.missing = MissingOutcomes::drop_rows;
  const PanelData data = panel_data(model, {}, pack, line_weights());
  Eigen::MatrixXd seen(4, 3);
  seen << 1, 1, 0, 1, 0, 0, 1, 1, 0, 1, 1, 1;
  CHECK(data.seen == seen);
  CHECK(data.left_out.rows == 4);
  CHECK(data.spatial_lag(2, 0) == 3.0);  // the mean of b's 2 and d's 4 in 2001
  CHECK(data.notes[0] ==
        "missing = \"drop_rows\": 4 of 12 rows (area and period) are left out: 'growth' is missing in 1, its "
        "value "
        "of the period before in 1, a neighbour's value of the period before in 2; a row whose neighbours "
        "are not "
        "all there is left out, W is not standardised again");
  pack.panel.variables[0].value.row(1).setConstant(kGap);  // b is not there at all: d's rows alone are left
  const PanelData fewer = panel_data(model, {}, pack, line_weights());
  CHECK(fewer.area == std::vector<int>{3});
  CHECK(fewer.spatial_lag(0, 0) == 3.0);  // c's, though c has no row of its own
}

TEST_CASE("imputation adds half the neighbours' mean residual") {
  DataPack pack = line_pack();
  pack.panel.variables[0].value(1, 3) = kGap;
  // A bump of neighbour a in that year, large enough to see; a's own effects absorb part of it.
  pack.panel.variables[0].value(0, 3) += 1.2;
  PanelModel model = growth_model();
  model.missing = MissingOutcomes::impute;
  const double with_bump = panel_data(model, {}, pack, line_weights()).y(1, 2);
  const double without = [&] {
    SpatialWeights::Matrix none(4, 4);
    return panel_data(model, {}, pack, SpatialWeights(none, true)).y(1, 2);
  }();
  // Two-way residuals of a and c in that year by least squares on 15 cells differ from zero: the fill moves
  // by half their mean.
  CHECK(with_bump != doctest::Approx(without));
}

TEST_CASE("an outcome that nobody has is named with the nearest that exists") {
  PanelModel model = growth_model();
  model.outcome = "grwth";
  CHECK_THROWS_AS(panel_data(model, {}, line_pack(), line_weights()), InputError);
}

TEST_CASE("too few periods are counted and the need is stated") {
  DataPack pack = line_pack();
  pack.panel.periods = {2000, 2001, 2002};
  for (auto& each : pack.panel.variables) each.value = Eigen::MatrixXd(each.value.leftCols(3));
  CHECK_THROWS_WITH_AS(panel_data(growth_model(), {}, pack, line_weights()),
                       "model 'spillover': outcome 'growth' is seen in 2 period(s), 2001 to 2002 (needs at "
                       "least 3: 1 before the first "
                       "regression period and 2 to fit)",
                       InputError);
}

namespace {
/// A world of which one in seventeen cells of the regression periods is gone; what stands there is `value`.
struct Holed {
  DataPack pack;
  PanelData data;
  PanelModel model;
  FitContext context;
  Eigen::MatrixXd seen;  ///< n x T
};
Holed holed(const test::PanelWorld& world, double value, const std::vector<std::string>& estimators) {
  const test::World made = test::make_world(world);
  Holed holed{{}, made.data, test::world_model(estimators), made.context, {}};
  PanelData& data = holed.data;
  data.periods.clear();
  for (Eigen::Index t = 0; t < data.y.cols(); ++t) data.periods.push_back(static_cast<int>(t));
  data.area.resize(static_cast<std::size_t>(data.y.rows()));
  for (std::size_t i = 0; i < data.area.size(); ++i) data.area[i] = static_cast<int>(i);
  PanelVariable outcome;
  outcome.name = holed.model.outcome;
  outcome.value = data.y;
  holed.seen = Eigen::MatrixXd::Ones(data.y.rows(), data.y.cols() - 1);
  for (Eigen::Index i = 0, k = 0; i < data.y.rows(); ++i)
    for (Eigen::Index t = 1; t < data.y.cols(); ++t, ++k)
      if (k % 17 == 3) {
        outcome.value(i, t) = kGap;
        data.y(i, t) = value;
        holed.seen(i, t - 1) = 0.0;
        ++data.imputed;
      }
  holed.pack.panel.periods = data.periods;
  holed.pack.panel.variables = {outcome};
  return holed;
}

double within(const PanelData& data, const Holed& world) {
  return test::fit_named(fit_panel(data, world.model, world.context), "within").estimate.coefficients(0);
}
}  // namespace

TEST_CASE("filled outcomes say nothing: a static panel has the coefficients of the rows that are there") {
  Holed world = holed({.side = 12, .block = 3, .periods = 8, .beta = 0.5}, 0.0, {"within"});
  world.model.spatial_lag = SpatialLag::none;
  world.model.own_lag = false;
  PanelData& data = world.data;  // without lags there is no initial period
  data.y = Eigen::MatrixXd(data.y.rightCols(data.y.cols() - 1));
  data.periods.erase(data.periods.begin());
  PanelData rows = data;  // the same cells left out, another way
  rows.imputed = 0;
  rows.seen = world.seen;
  const double as_filled = within(data, world), of_rows = within(rows, world);
  refill(data, world.model, world.pack, world.context);
  CHECK(std::abs(as_filled - of_rows) > 1e-3);
  CHECK(within(data, world) == doctest::Approx(of_rows).epsilon(1e-8));
}

TEST_CASE("filled outcomes of a dynamic panel end at the same values wherever they begin") {
  const test::PanelWorld world = {.side = 16, .block = 4, .periods = 8};
  Holed zeros = holed(world, 0.0, {"corrected_score"}), twos = holed(world, 2.0, {"corrected_score"});
  const Eigen::MatrixXd before = zeros.data.y;
  refill(zeros.data, zeros.model, zeros.pack, zeros.context);
  refill(twos.data, twos.model, twos.pack, twos.context);
  CHECK((zeros.data.y - twos.data.y).cwiseAbs().maxCoeff() < 1e-6);
  CHECK((zeros.data.y - before).cwiseAbs().maxCoeff() > 0.1);
  // What was there stays.
  CHECK(((zeros.data.y - before).rightCols(8).array() * zeros.seen.array()).abs().maxCoeff() == 0.0);
  CHECK((zeros.data.y - before).col(0).cwiseAbs().maxCoeff() == 0.0);
}
