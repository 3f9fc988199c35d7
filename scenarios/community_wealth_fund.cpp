// The Community Wealth Fund: a stock of social infrastructure built with new money. Its page is the text
// below.
#include <fmt/format.h>

#include "scenarios/allocation.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/funds.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/places.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(A fund of new money builds social infrastructure in doubly disadvantaged areas: in all of them (`eligible = "all"`), or in
the neediest places until `places` times `residents_per_place` residents are reached (`eligible = "places"`).

    spend_i(h) = factor F (1 + match) a_i (share of the programme spent in period h) ,  a_i the allocation, sum 1
    S_i(h)     = (1 - delta)^n S_i(h-1) + net spend_i(h) / population_i                    GBP per head
    L_i(t)     = (beta / w) integral_0^t S_i(v) - S_i(v - w) dv                            effect = "level"
    L_i(t)     = (beta / w) integral_0^t S_i(v) dv                                         effect = "rate"
    g_i(h)     = L_i(t_h) - L_i(t_{h-1})

beta is model B's effect of a GBP per head on growth over the window of w years; its draws carry the uncertainty of the
estimate. n is the years a period, t_h = h n, and S is constant within a period. level: a stock lifts growth for as long as
the estimate's window, then the level stays higher. rate: growth stays higher while the stock stands. Until the window has
passed both are the same. With spread = "propagated" b / n of the structural form takes the place of beta / w, and what an
area gains reaches its neighbours through A; docs/methods/method.md, section 5, has the other readings.
Match of other public bodies and of private ones builds stock too. Public cost: factor F and its public match, when it is spent.
)";

const char* const left_out =
    R"(What social infrastructure is worth beyond growth (wellbeing, health, crime: the appraisal's lines), the
opportunity cost of private match and of Lottery money, learning between places, limits to how much a small place can absorb.
beta comes from differences between places; that new money brings the same is the assumption of the lever.
)";

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const MoneyUnlessSaid& otherwise = unless_said("community_wealth_fund");
  Reached aim = reached(context, parameters);
  if (parameters.texts.at("eligible") == "places") {
    refuse_pounds(parameters, aim, "eligible = \"places\" funds the neediest of the areas only");
    keep_areas(aim, neediest(context, aim.areas, parameters.texts.at("need_column"),
                             constant(parameters, "places") * constant(parameters, "residents_per_place")));
  }
  const std::vector<std::int32_t>& funded = aim.areas;
  const Eigen::VectorXd gain = shares_of_reached(context, parameters, aim, "allocation", "need_column");
  const Eigen::VectorXd amount =
      parameters["factor"].cwiseProduct(fund_amount(parameters, otherwise, aim.gbp));
  const Eigen::MatrixXd public_money =
      amount.asDiagonal() * fund_delivered(context, parameters, otherwise, aim.gbp);
  add_stock(builder, parameters, additionality(context, parameters), gain,
            with_match(parameters).asDiagonal() * public_money);
  add_programme_cost(builder, parameters, public_money);
  add_later_programme_cost(
      builder, parameters,
      amount.asDiagonal() * fund_delivered_later(context, parameters, otherwise, aim.gbp));

  const double spent = public_money.rowwise().sum().mean();
  builder.add_transfer(gain * spent);
  double people = 0.0;
  for (const std::int32_t area : funded) people += context.population(area);
  note_fund(builder, parameters, otherwise, aim);
  if (std::string misfit = fund_misfit(parameters, otherwise, context.population.sum());
      aim.gbp == 0.0 && !misfit.empty())
    builder.warn(std::move(misfit));
  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));
  builder.note(fmt::format(
      "Funded: {} areas of {} with {:.0f} thousand residents, GBP {:.2f} a head over the horizon (factor "
      "{:g}).",
      funded.size(), aim.name, people / 1e3, spent / people, parameters["factor"].mean()));
  builder.note(fmt::format("Works through model B: beta over a window of {:g} years, effect = {}.",
                           context.window_years, parameters.texts.at("effect")));
}
}  // namespace

LeverSource community_wealth_fund() {
  std::vector<ParameterSpec> parameters = {
      number("factor", "ratio", "scales the fund; 1: as it is", point(1.0, "the fund as announced"), 0.0,
             100.0),
      text("eligible", "all eligible areas, or the neediest places", "all", {"all", "places"}),
      number("places", "places", "neighbourhoods funded where eligible = \"places\"",
             point(100.0, "70 to 175 follow from GBP 1m to 2.5m a place and GBP 175m [D]"), 1.0, 100000.0),
      number("residents_per_place", "residents", "size of a place",
             point(10000.0, "5,000 to 15,000 (gov.uk response, 25 Sep 2025 [S])"), 100.0, 1e6),
      text("allocation", "how the fund is shared among funded areas", "by_head",
           {"by_head", "by_need", "by_formula"}),
      text("need_column", "column of need (or of weights, by_formula)", "imd_rank"),
  };
  parameters = joined(std::move(parameters), target_parameters("areas that are eligible"));
  parameters = joined(
      joined(fund_parameters(pert(
                 0.0, 0.2, 0.43,
                 "high: New Deal for Communities levered GBP 730m on GBP 1.71bn (report [S]); low and mode " +
                     assumption)),
             parameters),
      delivery_parameters(ukspf_underspend()));
  parameters = joined(joined(std::move(parameters), stock_parameters()),
                      net_of_deadweight(additionality_parameters()));
  return {"community_wealth_fund",
          "build social infrastructure in doubly disadvantaged areas with a fund of new money",
          mechanism,
          left_out,
          std::move(parameters),
          add,
          Changes::nothing,
          UnderBudget::scaled};
}

}  // namespace spillway::scenarios
