// A programme like the New Deal for Communities: much money in few places. Its page is the text below.
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
    R"(`places` places of `residents_per_place` people, the neediest of the target type, each get `amount_per_place` over
`fund_years`, as the New Deal for Communities gave 39 places GBP 43.8m each over ten years and Pride in Place gives 284 up to
GBP 20m (`fund`). The amount may be said in all, too (`amount`, `profile`).

    spend_i(h) = places amount_per_place (1 + match) a_i (share spent in period h)

Through the stock of social infrastructure (`channel = "stock"`): S and d as in community_wealth_fund. As a flow of GVA
(`channel = "flow"`): E and d as in ukspf_ring_fence. The places are filled area by area in order of need, so a
place here is a number of people, not a drawn boundary. Public cost: places times amount_per_place and its public match, when
it is spent.
)";

const char* const left_out =
    R"(Housing and the physical fabric, which took a third and more of such programmes, people who move in or out, what
the 32 of 36 indicators that improved are worth (the appraisal's lines), learning between places.
The report's GBP 3 to 5 per GBP 1 is a benefit and not GVA: it belongs in the appraisal.
)";

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const MoneyUnlessSaid& otherwise = unless_said("neighbourhood_renewal");
  Reached aim = reached(context, parameters);
  if (!aim.listed)
    keep_areas(aim,
               neediest(context, aim.areas, parameters.texts.at("need_column"),
                        fund_places(parameters, otherwise) * constant(parameters, "residents_per_place")));
  const std::vector<std::int32_t>& funded = aim.areas;
  const Eigen::VectorXd gain = shares_of_reached(context, parameters, aim, "allocation", "need_column");
  const Eigen::MatrixXd public_money = fund_amount(parameters, otherwise, aim.gbp).asDiagonal() *
                                       fund_delivered(context, parameters, otherwise, aim.gbp);
  add_spending(builder, parameters, additionality(context, parameters), gain,
               with_match(parameters).asDiagonal() * public_money);
  add_programme_cost(builder, parameters, public_money);
  add_later_programme_cost(builder, parameters,
                           fund_amount(parameters, otherwise, aim.gbp).asDiagonal() *
                               fund_delivered_later(context, parameters, otherwise, aim.gbp));
  note_fund(builder, parameters, otherwise, aim);
  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));

  const double spent = public_money.rowwise().sum().mean();
  builder.add_transfer(gain * spent);
  double people = 0.0;
  for (const std::int32_t area : funded) people += context.population(area);
  builder.note(
      fmt::format("{}: {} areas of {} with {:.0f} thousand residents, GBP {:.1f}m of public money within "
                  "the horizon, GBP "
                  "{:.0f} a head.",
                  aim.listed ? std::string("All places of the list")
                             : fmt::format("{:g} places", fund_places(parameters, otherwise)),
                  funded.size(), aim.name, people / 1e3, spent / 1e6, spent / people));
  if (!aim.listed &&
      people < fund_places(parameters, otherwise) * constant(parameters, "residents_per_place"))
    builder.warn(
        fmt::format("The areas of {} hold fewer people than {:g} places need: all of them are funded.",
                    aim.name, fund_places(parameters, otherwise)));
}
}  // namespace

LeverSource neighbourhood_renewal() {
  std::vector<ParameterSpec> parameters = {
      number("places", "places", "how many places; 0: as the fund has", point(0.0, "see Funds"), 0.0,
             10000.0),
      pounds("amount_per_place", "public money for each place, where no amount, profile or fund says it",
             point(20e6, "Pride in Place: up to GBP 20m a place over ten years (gov.uk, 4 Feb 2026 [S])"),
             1e10, 1e4),
      number("residents_per_place", "residents", "size of a place",
             point(9800.0, "New Deal for Communities, mean (NDC evaluation, in the report [S])"), 100.0, 1e6),
      text("need_column", "column of need (or of weights, by_formula)", "imd_rank"),
      text("allocation", "how the money is shared among funded areas", "by_head",
           {"by_head", "by_need", "by_formula"}),
      channel_parameter("stock"),
  };
  parameters =
      joined(std::move(parameters), target_parameters("areas that are eligible; of a list, all are funded"));
  parameters =
      joined(fund_parameters(point(0.43, "New Deal for Communities: GBP 730m on GBP 1.71bn (report [S])")),
             parameters);
  parameters = joined(std::move(parameters), delivery_parameters(pert(0.0, 0.2, 0.5, assumption)));
  parameters = joined(joined(std::move(parameters), stock_parameters()), flow_parameters());
  return {"neighbourhood_renewal",
          "much money in few places, like the New Deal for Communities",
          mechanism,
          left_out,
          joined(std::move(parameters), net_of_deadweight(additionality_parameters())),
          add,
          Changes::nothing,
          UnderBudget::scaled};
}

}  // namespace spillway::scenarios
