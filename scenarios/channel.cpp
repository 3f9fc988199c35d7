#include "scenarios/channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "scenarios/funds.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

Distribution ukspf_underspend() {
  return pert(
      0.20, 0.43, 0.65,
      "mode: of UKSPF's first year's GBP 429m 43 %, GBP 184m, was unspent (Observer, 5 Nov 2023 [S]; the "
      "report reads 429m as the underspend, it is the year's funding); range " +
          assumption);
}

ParameterSpec channel_parameter(const std::string& fallback) {
  return text("channel",
              "how a pound becomes growth: as a flow of GVA, or through the stock of social infrastructure",
              fallback, {"flow", "stock"});
}

ParameterSpec start_parameter() {
  return number("start", "calendar year", "when the policy starts; 0: with the horizon",
                point(0.0, "with the appraisal's first year"), 0.0, 2300.0);
}

std::string start_note(const LeverContext& context, const Parameters& parameters) {
  const double year = parameters["start"](0);
  if (year == 0.0) return "";
  const double years = parameters["start_years"](0), period = std::floor(years / context.period_years);
  if (period >= context.horizon)
    throw refusal(
        "start", fmt::format("{:g}", year),
        fmt::format("lies after the horizon of {} periods of {:g} years, which ends with {:g}; start "
                    "earlier or raise outcomes.horizon",
                    context.horizon, context.period_years,
                    year - years + context.horizon * context.period_years - 1.0));
  const double before = years - period * context.period_years;  // of its period, without the policy
  const std::string spread =
      before > 0.0 ? fmt::format(
                         " The period begins {:g} year{} earlier: tables by year spread its money over "
                         "all of its {:g} years.",
                         before, before == 1.0 ? "" : "s", context.period_years)
                   : "";
  return fmt::format("Starts in {:g}, in period {:g} of {}.{}", year, period + 1.0, context.horizon, spread);
}

std::vector<ParameterSpec> delivery_parameters(Distribution underspend) {
  return {
      start_parameter(),
      number("start_years", "years",
             "from the start of the horizon to the first planned pound; or give start",
             point(0.0, assumption), 0.0, 200.0),
      number("delivery_lag", "years", "everything happens this much later than planned",
             pert(0.0, 0.5, 2.0, assumption), 0.0, 20.0),
      share("underspend", "share of the first year's money not spent in that year", std::move(underspend)),
      share("carried_over", "share of that underspend spent later; the rest goes back and is no cost",
            point(1.0, assumption + ": money slips, it is not lost")),
  };
}

std::vector<ParameterSpec> flow_parameters() {
  return {
      number("gva_per_pound", "GBP of annual GVA per GBP",
             "by how much a pound of spending raises annual GVA",
             lognormal(
                 0.19, 0.8,
                 "median: jobs 0.74 + local income 0.50 per GBP 1 over ten years (Frontier for Local Trust "
                 "2021, commissioned by an advocate) over the 6.51 years that an effect of persistence 0.9 "
                 "weighs in ten [D]; spread " +
                     assumption + ", fat-tailed on purpose"),
             0.0, unbounded),
      share("persistence",
            "share of a pound's effect on annual GVA that is left a year later; 0: only while money flows; "
            "1: for good",
            pert(0.70, 0.90, 1.0, assumption)),
  };
}

std::vector<ParameterSpec> stock_parameters() {
  return {
      share("depreciation", "share of the stock of social infrastructure lost a year",
            pert(0.02, 0.05, 0.15, assumption)),
      text("effect",
           "level: a stock lifts growth for as long as the estimate's window, then the level stays higher; "
           "rate: "
           "growth stays higher while the stock stands",
           "level", {"level", "rate"}),
  };
}

namespace {

SpendingPlan spending_plan(const Parameters& parameters, const Eigen::VectorXd& years,
                           const std::vector<double>& price) {
  SpendingPlan plan;
  plan.price = price;
  plan.start_years = parameters["start_years"];
  plan.years = years;
  plan.lag_years = parameters["delivery_lag"];
  plan.underspend = parameters["underspend"];
  plan.carried_over = parameters["carried_over"];
  plan.profile = profile_shares(parameters);
  return plan;
}

}  // namespace

Eigen::MatrixXd delivered(const LeverContext& context, const Parameters& parameters,
                          const Eigen::VectorXd& years, const std::vector<double>& price) {
  start_note(context, parameters);  // after the horizon: refused
  return spending_shares(spending_plan(parameters, years, price), context.horizon, context.period_years);
}

Eigen::MatrixXd delivered_later(const LeverContext& context, const Parameters& parameters,
                                const Eigen::VectorXd& years, const std::vector<double>& price) {
  const SpendingPlan plan = spending_plan(parameters, years, price);
  // What slips out of a programme of a year or less is spent in the year after it.
  const double end = (plan.start_years + plan.lag_years + plan.years).maxCoeff() + 1.0;
  const int until = std::max(context.horizon, static_cast<int>(std::ceil(end / context.period_years)));
  return spending_shares(plan, until, context.period_years).rightCols(until - context.horizon);
}

double gva_growth_factor(const LeverContext& context) {
  if (context.outcome_is_gva_growth) return 1.0;
  const auto found = context.convert.find("gva_growth");
  if (found == context.convert.end())
    throw InputError(
        fmt::format("the shock is in log points of GVA but the propagated outcome is in '{}' (nothing is "
                    "converted silently): give [scenario.convert] gva_growth, units of the outcome per log "
                    "point of GVA, with its source",
                    context.outcome_unit));
  return found->second;
}

Eigen::MatrixXd first_round(const LeverContext& context, Eigen::MatrixXd growth) {
  if (context.effect_is == EffectIs::impact) return growth;
  for (Eigen::Index h = growth.cols() - 1; h > 0; --h)
    growth.col(h) -= context.phi.cwiseProduct(growth.col(h - 1));
  return growth;
}

PoundEffect flow_effect(const LeverContext& context, const Parameters& parameters,
                        const Eigen::MatrixXd& spent) {
  const double factor = gva_growth_factor(context);
  if (context.gva.size() != context.population.size())
    throw InputError(
        "spending works as a flow of GVA but the pack has no GVA by area (add a column gva in GBP, or let it "
        "work through social infrastructure: channel = \"stock\")");
  const Eigen::MatrixXd growth = flow_growth(spent, parameters["persistence"], context.period_years);
  return {context.gva, first_round(context, factor * (parameters["gva_per_pound"].asDiagonal() * growth))};
}

namespace {
/// Units of the estimate's regressor per GBP per head. @throws InputError  it is in another unit, and no
/// factor is given
double regressor_per_pound(const LeverContext& context) {
  if (context.beta_unit == "GBP per head") return context.stock_prices;
  const auto found = context.convert.find("gbp_per_head");
  if (found == context.convert.end())
    throw InputError(
        fmt::format("the estimate's regressor is in '{}' but spending is in GBP per head (nothing is "
                    "converted silently): give [scenario.convert] gbp_per_head, units of the regressor per "
                    "GBP per head, with its source",
                    context.beta_unit));
  return found->second;
}
}  // namespace

PoundEffect stock_effect(const LeverContext& context, const Parameters& parameters,
                         const Eigen::MatrixXd& spent) {
  if (context.beta.size() != context.draws)
    throw InputError(
        "spending works through social infrastructure but no estimate of its effect was given (name one in "
        "[scenario.estimates] infrastructure)");
  if (!(context.window_years > 0.0))
    throw InputError(fmt::format("window_years is {} (the years of growth that beta explains, above 0)",
                                 context.window_years));
  double factor = regressor_per_pound(context);
  // "log points a year" is what "log points" over a window become; any other pair of units needs a factor.
  const bool same_unit =
      context.beta_outcome_unit.empty() || context.outcome_unit.starts_with(context.beta_outcome_unit);
  const auto outcome = context.convert.find("outcome");
  if (outcome != context.convert.end())
    factor *= outcome->second;
  else if (!same_unit)
    throw InputError(fmt::format(
        "the estimate's outcome is in '{}' but the propagated outcome is in '{}' (nothing is "
        "converted silently): give [scenario.convert] outcome, units of the propagated outcome per "
        "unit of the estimate's, with its source",
        context.beta_outcome_unit, context.outcome_unit));
  const StockEffect effect = parameters.texts.at("effect") == "rate" ? StockEffect::rate : StockEffect::level;
  const Eigen::MatrixXd years =
      stock_years(spent, parameters["depreciation"], effect, context.window_years, context.period_years);
  if (context.beta_is == BetaIs::structural)
    return {context.population, factor / context.period_years * (context.beta.asDiagonal() * years)};
  const double each = factor / context.window_years;
  PoundEffect effect_{context.population, first_round(context, each * (context.beta.asDiagonal() * years))};
  if (context.theta.size() == context.draws)
    effect_.of_neighbours = each * (context.theta.asDiagonal() * years);
  return effect_;
}

PoundEffect pound_effect(const LeverContext& context, const Parameters& parameters,
                         const Eigen::MatrixXd& spent) {
  const auto channel = parameters.texts.find("channel");
  return channel != parameters.texts.end() && channel->second == "flow"
             ? flow_effect(context, parameters, spent)
             : stock_effect(context, parameters, spent);
}

void add_flow(PolicyBuilder& builder, const Parameters& parameters, const Additionality& net,
              const Eigen::VectorXd& gain, const Eigen::MatrixXd& spent) {
  const PoundEffect effect = flow_effect(builder.context(), parameters, spent);
  add_gain(builder, net, gain, effect.per, effect.amplitude);
}

void add_stock(PolicyBuilder& builder, const Parameters& parameters, const Additionality& net,
               const Eigen::VectorXd& gain, const Eigen::MatrixXd& spent) {
  const LeverContext& context = builder.context();
  const PoundEffect effect = stock_effect(context, parameters, spent);
  if (const double taken = parameters["deadweight"].mean(); taken > 0.0)
    builder.warn(
        fmt::format("A deadweight of {:.0f} % on average is taken off an effect that is net already: beta of "
                    "model B compares "
                    "places with and without the money.",
                    100.0 * taken));
  if (context.beta_is == BetaIs::own_growth && !context.rho.isZero(0.0))
    builder.warn(
        "beta of model B as it stands drives this scenario and its effect is propagated on top: where "
        "neighbours' social infrastructure moves together, beta holds part of what neighbours do already, "
        "and "
        "that part counts twice.");
  add_gain(builder, net, gain, effect.per, effect.amplitude, effect.of_neighbours);
  // What the estimate must have seen for this: the stock a head at its highest.
  const Eigen::RowVectorXd path = net.kept.transpose() *
                                  stock_path(spent, parameters["depreciation"], context.period_years) /
                                  static_cast<double>(context.draws);
  const double peak = regressor_per_pound(context) * path.maxCoeff();
  builder.add_stock((gain.array() == 0.0).select(0.0, peak * gain.array() / effect.per.array()).matrix());
}

void add_spending(PolicyBuilder& builder, const Parameters& parameters, const Additionality& net,
                  const Eigen::VectorXd& gain, const Eigen::MatrixXd& spent) {
  const auto channel = parameters.texts.find("channel");
  if (channel != parameters.texts.end() && channel->second == "flow")
    add_flow(builder, parameters, net, gain, spent);
  else
    add_stock(builder, parameters, net, gain, spent);
}

}  // namespace spillway::scenarios
