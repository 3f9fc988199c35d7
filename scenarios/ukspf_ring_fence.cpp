// A share of a fund reserved for doubly disadvantaged areas. Its page is the text below.
#include <fmt/format.h>

#include "scenarios/allocation.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/funds.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(A share of a fund is reserved for doubly disadvantaged areas. The fund gets no bigger: by default what these areas gain,
everyone in the fund loses, and the losers are named.

With c_i the area's share of the fund as it is shared today (`fund_allocation`), a_i its share of the reserved money
(`allocation`, zero outside the target areas), theta the reserved share and F(h) what the fund spends in period h,

    top_slice:  transfer_i(h) = theta F(h) (a_i - c_i)
    minimum:    transfer_i(h) = max(0, theta - c_target) F(h) (a_i - o_i),   o = c outside the target areas, sum 1

top_slice takes theta off the top and shares the rest as today; minimum only tops the target areas up to theta.
The transfers sum to zero over areas. F(h) follows the delivery: it starts late by `delivery_lag`, and `underspend`
of the first year's money slips into later years.

As a flow (`channel = "flow"`) a pound raises annual GVA by r = gva_per_pound, of which the share `persistence` is
left a year later:

    E_i(h) = p^n E_i(h-1) + r net transfer_i(h)/n (1 - p^n)/(1 - p) ,   g_i(h) = (E_i(h) - E_i(h-1)) / GVA_i

with n the years a period and net what additionality leaves; a pound withdrawn costs what a pound given brings,
but for `relative_return`. Through the stock (`channel = "stock"`) the same money works like community_wealth_fund.
Match (`match_public`, `match_private`) comes and goes with the money. Public cost: zero where budget-neutral, else what is
spent and its public match.
)";

const char* const left_out =
    R"(The administration of the ring-fence, what authorities do to shield the losers, differences in
capacity to spend (use `underspend`), any effect of the money other than on growth.
)";

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const MoneyUnlessSaid& otherwise = unless_said("ukspf_ring_fence");
  const Reached aim = reached(context, parameters);
  refuse_pounds(parameters, aim, "what it reserves is a share of a fund");
  const std::vector<std::int32_t>& target = aim.areas;
  const Eigen::VectorXd gain = shares_of_reached(context, parameters, aim, "allocation", "allocation_column");
  Eigen::VectorXd today = allocation_shares(
      context, {parameters.texts.at("fund_allocation"), parameters.texts.at("fund_allocation_column")},
      all_areas(context));
  double held = 0.0;
  for (const std::int32_t area : target) held += today(area);
  Eigen::VectorXd extra = parameters["share"];
  if (parameters.texts.at("rule") == "minimum") {
    extra = (extra.array() - held).cwiseMax(0.0).matrix();
    for (const std::int32_t area : target) today(area) = 0.0;
    if (!(today.sum() > 0.0))
      throw InputError(
          "rule = \"minimum\": the fund reaches no area outside the target areas (nobody is left to pay)");
    today /= today.sum();
  }
  const bool neutral = parameters.flags.at("budget_neutral");
  const Eigen::VectorXd moved = neutral ? Eigen::VectorXd(gain - today) : gain;
  const Eigen::VectorXd amount = fund_amount(parameters, otherwise);
  const Eigen::MatrixXd shares = fund_delivered(context, parameters, otherwise);
  const Eigen::MatrixXd own = extra.cwiseProduct(amount).asDiagonal() * shares;
  const Eigen::MatrixXd spent = with_match(parameters).asDiagonal() * own;

  const Additionality net = additionality(context, parameters);
  const Eigen::VectorXd relative = parameters["relative_return"];
  if (relative.minCoeff() == 1.0 && relative.maxCoeff() == 1.0) {
    add_spending(builder, parameters, net, moved, spent);
  } else {
    add_spending(builder, parameters, net, moved.cwiseMax(0.0), relative.asDiagonal() * spent);
    add_spending(builder, parameters, net, moved.cwiseMin(0.0), spent);
  }
  if (!neutral) {
    add_programme_cost(builder, parameters, own);
    add_later_programme_cost(
        builder, parameters,
        extra.cwiseProduct(amount).asDiagonal() * fund_delivered_later(context, parameters, otherwise));
  }

  const Eigen::VectorXd pounds = moved * own.rowwise().sum().mean();
  builder.add_transfer(pounds);
  note_fund(builder, parameters, otherwise, aim);
  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));
  if (std::string misfit = fund_misfit(parameters, otherwise, context.population.sum()); !misfit.empty())
    builder.warn(std::move(misfit));
  builder.note(fmt::format("Target areas: {} of {}, {:.1f}% of the fund today; reserved on average {:.1f}%.",
                           target.size(), aim.name, 100.0 * held, 100.0 * parameters["share"].mean()));
  if (parameters.texts.at("rule") == "minimum" && extra.isZero(0.0))
    builder.warn(
        fmt::format("The minimum share binds in no draw: the target areas hold {:.1f}% of the fund already.",
                    100.0 * held));
  builder.note(neutral ? "Budget-neutral: the public cost is zero, so a benefit-cost ratio does not exist."
                       : "Not budget-neutral: the reserved money is additional public cost.");
  for (std::string& sentence : gainers_and_losers(context, pounds)) builder.note(std::move(sentence));
}
}  // namespace

LeverSource ukspf_ring_fence() {
  std::vector<ParameterSpec> parameters = {
      share("share", "theta: share of the fund reserved for the target areas",
            pert(0.05, 0.10, 0.20, assumption + ": the report proposes a minimum and gives no share")),
      text("rule", "top_slice: theta off the top, the rest as today; minimum: top up to theta", "top_slice",
           {"top_slice", "minimum"}),
      flag("budget_neutral", "what the target areas gain, the fund's areas lose; else it is new money", true),
      text("allocation", "how the reserved money is shared", "by_head", {"by_head", "by_need", "by_formula"}),
      text("allocation_column", "column of need or weights for it", "imd_rank"),
      text("fund_allocation", "how the fund is shared today", "by_head",
           {"by_head", "by_need", "by_formula"}),
      text("fund_allocation_column", "column of need or weights for it", "imd_rank"),
      channel_parameter("flow"),
      number("relative_return", "ratio", "growth per pound gained in target areas over growth per pound lost",
             point(1.0, assumption), 0.0, 100.0),
  };
  parameters = joined(std::move(parameters), target_parameters("areas that the money is reserved for"));
  parameters =
      joined(joined(joined(fund_parameters(point(0.0, assumption + ": none unless given")), parameters),
                    delivery_parameters(ukspf_underspend())),
             joined(joined(flow_parameters(), stock_parameters()), additionality_parameters()));
  return {"ukspf_ring_fence",
          "reserve a share of a fund for doubly disadvantaged areas, budget-neutral by default",
          mechanism,
          left_out,
          std::move(parameters),
          add,
          Changes::nothing,
          UnderBudget::scaled};
}

}  // namespace spillway::scenarios
