// Several funds become one: what administration and bidding no longer cost is spent on places. Its page is
// the text below.
#include <fmt/format.h>

#include "scenarios/allocation.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/price_year.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(Small funds with their own rules, bids and reports become one. Of the `amount_a_year` that they spend, the share
`administration_share` goes on running and bidding for them; consolidation saves the share `saved_share` of that, phased in over
`phase_in_years`, and the saving is spent in the target areas:

    spend_i(h) = amount_a_year n administration_share saved_share phase(h) a_i

with n the years a period and a_i the allocation. It becomes growth as a flow of GVA or through the stock
(`channel`), as in ukspf_ring_fence. Public cost: `transition_cost` once; the saving itself is not new money.
)";

const char* const left_out =
    R"(Better choices that longer and larger settlements allow, funds that lose a purpose they were made for, who ran
the bids and what else they do, the administration of the one fund beyond the share that stays.
)";

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const Reached aim = reached(context, parameters);
  refuse_pounds(parameters, aim, "what it spends is what consolidation saves");
  const std::vector<std::int32_t>& target = aim.areas;
  const Eigen::VectorXd gain = shares_of_reached(context, parameters, aim, "allocation", "allocation_column");
  const Eigen::VectorXd saving = parameters["amount_a_year"]
                                     .cwiseProduct(parameters["administration_share"])
                                     .cwiseProduct(parameters["saved_share"]);
  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));
  const Eigen::MatrixXd phase = phased_in(parameters["phase_in_years"], parameters["start_years"],
                                          context.horizon, context.period_years);
  const Eigen::MatrixXd spent =
      in_base_year_pounds(context, parameters, (context.period_years * saving).asDiagonal() * phase);
  add_spending(builder, parameters, additionality(context, parameters), gain, spent);
  builder.add_cost(
      in_base_year_pounds(context, parameters,
                          parameters["transition_cost"].asDiagonal() *
                              once_at(parameters["start_years"], context.horizon, context.period_years)));
  note_prices(builder, parameters);
  builder.add_transfer(gain * spent.rowwise().sum().mean());
  builder.note(
      fmt::format("Saved when phased in: GBP {:.2f}m a year on average, spent in {} areas of {}; those "
                  "who run and bid for "
                  "the funds lose it.",
                  saving.mean() / 1e6, target.size(), aim.name));
}
}  // namespace

LeverSource fund_consolidation() {
  std::vector<ParameterSpec> parameters = {
      number("amount_a_year", "GBP a year", "what the funds that become one spend",
             point(475e6,
                   "assumption: the Local Growth Fund, UK above GBP 475m a year (gov.uk, 26 Nov 2025 [S]); "
                   "England's own figure and which funds else are not published"),
             0.0, 1e12),
      share("administration_share", "share of it that running and bidding cost",
            pert(0.03, 0.05, 0.10, assumption)),
      share("saved_share", "share of that which consolidation saves", pert(0.10, 0.25, 0.50, assumption)),
      price_year_parameter(),
      start_parameter(),
      number("start_years", "years", "from the start of the horizon to that of the ramp; or give start",
             point(0.0, assumption), 0.0, 200.0),
      number("phase_in_years", "years", "even ramp from nothing to full", pert(1.0, 2.0, 4.0, assumption),
             0.0, 50.0),
      number("transition_cost", "GBP", "once, in the first period", uniform(1e6, 5e6, assumption), 0.0, 1e10),
      text("allocation", "how the saving is shared", "by_head", {"by_head", "by_need", "by_formula"}),
      text("allocation_column", "column of need or weights for it", "imd_rank"),
      channel_parameter("flow"),
  };
  parameters = joined(std::move(parameters), target_parameters("areas where the saving is spent"));
  parameters = joined(joined(std::move(parameters), flow_parameters()), stock_parameters());
  return {"fund_consolidation",
          "several funds become one, and what that saves is spent in doubly disadvantaged areas",
          mechanism,
          left_out,
          joined(std::move(parameters), additionality_parameters()),
          add};
}

}  // namespace spillway::scenarios
