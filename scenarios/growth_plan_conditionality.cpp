// Plans that must say how growth reaches the poorest places. Its page is the text below.
#include <fmt/format.h>

#include "scenarios/allocation.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/places.hpp"
#include "scenarios/price_year.hpp"
#include "scenarios/spending.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(Funding is conditional on a Local Growth Plan, a Local Skills Plan, or both, that say how growth next door reaches
doubly disadvantaged areas. Where plans are kept they close a share of the gap in rho to the reference type:

    kappa  = 1 - (1 - compliance kappa_growth_plan)(1 - compliance kappa_skills_plan)
    rho'_i = rho_i + kappa phase(h) (rho_reference - rho_i)       for target areas of the authorities concerned

The policy adds (A' - A) y0 in every period and lets shocks travel with rho'. Where a draw's gap is negative, closing it
lowers rho. No money moves. Public cost: `plan_cost` a year for each authority and plan.
)";

const char* const left_out =
    R"(What the plans would direct money to, the wait until a plan exists, authorities outside combined authorities where
`plans_of = "combined_authorities"`, any effect on areas that are not of the target type. Nobody has measured kappa: its default is an assumption to
be varied.
)";

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  std::vector<std::int32_t> target = reached_by_change(context, parameters).areas;
  const Column* authority =
      context.pack == nullptr ? nullptr : context.pack->areas.find("combined_authority_code");
  const bool anywhere = parameters.texts.at("plans_of") == "everywhere";
  if (!anywhere && (authority == nullptr || authority->kind != ColumnKind::text))
    throw refusal("plans_of", "combined_authorities",
                  "the pack has no text column 'combined_authority_code'; set plans_of = \"everywhere\"");
  if (!anywhere)
    std::erase_if(target,
                  [&](std::int32_t area) { return authority->text(static_cast<std::size_t>(area)).empty(); });
  if (target.empty())
    throw refusal("plans_of", "combined_authorities",
                  "no target area lies in a combined authority; the lever would reach nobody");

  const bool growth = parameters.flags.at("growth_plans"), skills = parameters.flags.at("skills_plans");
  const Eigen::ArrayXd kept = parameters["compliance"].array();
  Eigen::ArrayXd open = Eigen::ArrayXd::Ones(context.draws);
  if (growth) open *= 1.0 - kept * parameters["kappa_growth_plan"].array();
  if (skills) open *= 1.0 - kept * parameters["kappa_skills_plan"].array();
  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));
  const Eigen::MatrixXd phase = phased_in(parameters["phase_in_years"], parameters["start_years"],
                                          context.horizon, context.period_years);
  builder.close_gap(target, parameters.texts.at("reference_type"),
                    (1.0 - open).matrix().asDiagonal() * phase);

  const Authorities authorities = authorities_of(context, target);
  const double plans = authorities.count * (static_cast<double>(growth) + static_cast<double>(skills));
  builder.add_cost(
      in_base_year_pounds(context, parameters,
                          (plans * context.period_years * parameters["plan_cost"]).asDiagonal() *
                              phased_in(Eigen::VectorXd::Zero(context.draws), parameters["start_years"],
                                        context.horizon, context.period_years)));
  note_prices(builder, parameters);
  builder.note(fmt::format(
      "Plans bind {} areas in {:g} authorities ({}); the gap closes by {:.1f}% on average when phased in.",
      target.size(), authorities.count, authorities.words, 100.0 * (1.0 - open.mean())));
}
}  // namespace

LeverSource growth_plan_conditionality() {
  std::vector<ParameterSpec> parameters = {
      flag("growth_plans", "Local Growth Plans are a condition", true),
      flag("skills_plans", "Local Skills Plans are a condition", true),
      share("kappa_growth_plan", "share of the gap in rho that a growth plan closes",
            pert(0.0, 0.05, 0.15, assumption + ", unmeasured")),
      share("kappa_skills_plan", "share of the gap in rho that a skills plan closes",
            pert(0.0, 0.05, 0.15, assumption + ", unmeasured")),
      share("compliance", "share of the plans that are kept", pert(0.5, 0.8, 1.0, assumption)),
      price_year_parameter(),
      start_parameter(),
      number("start_years", "years", "from the start of the horizon to that of the ramp; or give start",
             point(0.0, assumption), 0.0, 200.0),
      number("phase_in_years", "years", "even ramp from nothing to full", pert(2.0, 4.0, 6.0, assumption),
             0.0, 50.0),
      number("plan_cost", "GBP a year", "of one plan of one authority", point(0.5e6, assumption), 0.0, 1e9),
      text("plans_of", "whose plans bind: of combined authorities alone, or everywhere",
           "combined_authorities", {"combined_authorities", "everywhere"}),
      text("reference_type", "area type whose rho the gap is measured to", "other"),
  };
  parameters = joined(std::move(parameters), target_parameters("areas whose gap closes"));
  return {"growth_plan_conditionality",
          "plans that must say how growth reaches doubly disadvantaged areas",
          mechanism,
          left_out,
          std::move(parameters),
          add,
          Changes::dynamics};
}

}  // namespace spillway::scenarios
