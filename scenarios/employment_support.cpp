// Help into work for people in doubly disadvantaged areas. Its page is the text below.
#include <fmt/format.h>

#include <algorithm>

#include "scenarios/allocation.hpp"
#include "scenarios/channel.hpp"
#include "scenarios/funds.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/price_year.hpp"
#include "scenarios/spending.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(Supported employment in the manner of WorkWell or JobsPlus: `places_a_year` in the target areas, of which `uptake` are
filled and `job_entry` of those enter work; or the people that a named `programme` helps (WorkWell, Connect to Work, JobsPlus). Additionality takes off who would have found work anyway and whom it displaces.

    entries(h) = places_a_year n uptake job_entry          while the programme runs
    J_i(h)     = p^n J_i(h-1) + net a_i entries(h)/n (1 - p^n)/(1 - p)          additional jobs held, p = retention
    employment rate:  g_i(h) = (J_i(h) - J_i(h-1)) / working_age_i
    GVA:              g_i(h) = relative_productivity (J_i(h) - J_i(h-1)) / employed_i

n is the years a period. The report's overriding objective is participation in work, so the change of the employment rate
is always printed; it is what propagates where the outcome is an employment rate (or `convert.employment_rate` is given). Where
the outcome is GVA growth, additional jobs raise GVA in proportion to jobs, at a productivity below the area's mean.
Public cost: places filled times cost_per_place.
)";

const char* const left_out =
    R"(Earnings and health of those who enter work, benefits no longer paid (the appraisal's Exchequer view), the quality
and hours of jobs, commuting (a job is counted where its holder lives), that few vacancies may bind. Trials of such
programmes differ widely: the defaults are assumptions to be replaced by the programme's own evaluation.
)";

/// Residents of working age: the named column, else the pack's population_16_64, else a share of the
/// population. @throws InputError  more than all residents, or hardly any: another unit
Eigen::VectorXd working_age(const LeverContext& context, const Parameters& parameters) {
  std::string column = parameters.texts.at("working_age_column");
  if (column.empty() && context.pack != nullptr && context.pack->areas.find("population_16_64") != nullptr)
    column = "population_16_64";
  if (column.empty()) return context.population * constant(parameters, "working_age_share");
  Eigen::VectorXd able = area_numbers(context, column, "employment_support");
  const double all = able.sum(), residents = context.population.sum();
  if (all > residents || all < 0.05 * residents)
    throw InputError(
        fmt::format("column '{}' adds up to {:.4g} of {:.4g} residents (working age is a part of them: are "
                    "both numbers of people, not shares or thousands?)",
                    column, all, residents));
  return able;
}

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const Reached aim = reached(context, parameters);
  refuse_pounds(parameters, aim, "what it shares out is places, at a cost for each");
  const std::vector<std::int32_t>& target = aim.areas;
  const Eigen::VectorXd gain = shares_of_reached(context, parameters, aim, "allocation", "allocation_column");
  const Eigen::VectorXd years = parameters["programme_years"];
  const auto named =
      std::find_if(help_programmes().begin(), help_programmes().end(),
                   [&](const HelpProgramme& one) { return one.name == parameters.texts.at("programme"); });
  const bool known = named != help_programmes().end();
  const Eigen::VectorXd cost_per_place =
      known ? Eigen::VectorXd::Constant(context.draws, named->cost_per_place) : parameters["cost_per_place"];
  // A programme's figure counts people helped, so none of its places stands empty.
  const Eigen::VectorXd filled =
      of_budget(parameters)
          .cwiseProduct(known ? Eigen::VectorXd::Constant(context.draws, named->places)
                              : Eigen::VectorXd(parameters["places_a_year"].cwiseProduct(years).cwiseProduct(
                                    parameters["uptake"])));
  const Eigen::MatrixXd people = filled.asDiagonal() * delivered(context, parameters, years);
  const Eigen::MatrixXd jobs = flow_growth(parameters["job_entry"].asDiagonal() * people,
                                           parameters["retention"], context.period_years);
  const Additionality net = additionality(context, parameters);
  const Eigen::VectorXd able = working_age(context, parameters);

  const std::string& chosen = parameters.texts.at("outcome");
  const bool gva = chosen == "gva" || (chosen == "by_unit" && context.outcome_is_gva_growth);
  if (gva) {
    const double factor = gva_growth_factor(context);
    const Eigen::VectorXd rate =
        area_numbers(context, parameters.texts.at("employment_rate_column"), "employment_support");
    if (rate.minCoeff() < 0.0 || rate.maxCoeff() > 1.0)
      throw InputError(
          fmt::format("column '{}' goes from {:g} to {:g} (an employment rate is a share from 0 to 1)",
                      parameters.texts.at("employment_rate_column"), rate.minCoeff(), rate.maxCoeff()));
    add_gain(builder, net, gain, able.cwiseProduct(rate),
             first_round(context, factor * (parameters["relative_productivity"].asDiagonal() * jobs)));
  } else {
    const auto found = context.convert.find("employment_rate");
    if (found == context.convert.end() && !context.outcome_unit.starts_with("employment rate"))
      throw InputError(fmt::format(
          "the shock is in employment rate (share of working age) but the propagated outcome is in '{}' "
          "(nothing is converted silently): give [scenario.convert] employment_rate, units of the outcome "
          "per "
          "unit of the rate, with its source",
          context.outcome_unit));
    add_gain(builder, net, gain, able,
             first_round(context, (found == context.convert.end() ? 1.0 : found->second) * jobs));
  }
  std::vector<int> year_of_prices;
  if (known && named->price_year > 0) year_of_prices.push_back(named->price_year);
  const PresetPrices priced = with_preset_prices(
      context, parameters,
      known ? year_of_prices.empty() ? "cash" : std::to_string(named->price_year) : std::string(),
      year_of_prices);
  const Eigen::MatrixXd cost =
      in_base_year_pounds(context, priced.parameters, cost_per_place.asDiagonal() * people);
  builder.add_cost(cost);
  builder.add_later_cost(in_base_year_pounds(
      context, priced.parameters,
      cost_per_place.cwiseProduct(filled).asDiagonal() * delivered_later(context, parameters, years),
      context.horizon));
  note_prices(builder, priced.parameters);
  builder.add_transfer(gain * cost.rowwise().sum().mean());

  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));
  if (known)
    builder.note(fmt::format("Programme: {:.0f} people helped at GBP {:.0f} each; {}{}{}.", named->places,
                             named->cost_per_place, named->source, priced.why.empty() ? "" : "; ",
                             priced.why));
  double residents = 0.0;
  for (const std::int32_t area : target) residents += able(area);
  const Eigen::VectorXd held = jobs.rowwise().sum().cwiseProduct(net.kept);
  builder.note(
      fmt::format("Additional jobs held at the end of the horizon, before displacement: {:.0f} on average, "
                  "{:.3f} percentage points "
                  "on the employment rate of {:.0f} thousand residents of working age in {} areas.",
                  held.mean(), 100.0 * held.mean() / residents, residents / 1e3, target.size()));
}
}  // namespace

LeverSource employment_support() {
  std::vector<std::string> names;
  for (const HelpProgramme& one : help_programmes()) names.push_back(one.name);
  names.emplace_back("custom");
  std::vector<ParameterSpec> parameters = {
      text("programme",
           "a programme of published size, whose people and cost stand in place of places_a_year, uptake and "
           "cost_per_place; custom: none",
           "custom", names),
      number("places_a_year", "places", "in all target areas together", point(10000.0, assumption), 0.0, 1e7),
      number("programme_years", "years", "length of the programme", point(5.0, assumption), 0.25, 50.0),
      share("uptake", "share of places filled", pert(0.6, 0.8, 0.95, assumption)),
      share("job_entry", "share of participants who enter work", pert(0.15, 0.30, 0.45, assumption)),
      share("retention", "share of additional jobs still held a year later",
            pert(0.5, 0.7, 0.85, assumption)),
      number(
          "cost_per_place", "GBP", "public cost of a filled place",
          pert(800.0, 1500.0, 4000.0,
               assumption + "; WorkWell's pilots GBP 64m for 59,000 people, about GBP 1,100 [K, unverified]"),
          0.0, 1e6),
      share("relative_productivity", "GVA of an additional job over the area's mean",
            pert(0.3, 0.6, 0.9, assumption)),
      price_year_parameter(as_preset),
      text("outcome",
           "what the shock is in; by_unit: GVA where the outcome is GVA growth, else the employment rate",
           "by_unit", {"by_unit", "employment_rate", "gva"}),
      text("employment_rate_column", "column of employment rates (shares), for GVA", "employment_rate"),
      text("working_age_column",
           "column of residents of working age; none: population_16_64, or a share of the population", ""),
      share("working_age_share", "share of residents of working age, where no column says",
            point(0.565, "1.3m of 2.3m in doubly disadvantaged areas (report [S], [D])")),
      text("allocation", "how places are shared", "by_head", {"by_head", "by_need", "by_formula"}),
      text("allocation_column", "column of need or weights for it", "imd_rank"),
  };
  parameters = joined(std::move(parameters), target_parameters("areas that are eligible"));
  parameters = joined(std::move(parameters), delivery_parameters(pert(0.0, 0.2, 0.5, assumption)));
  std::vector<ParameterSpec> additional = additionality_parameters();
  for (ParameterSpec& spec : additional)
    if (spec.name == "deadweight")
      spec.fallback = pert(0.4, 0.6, 0.8, assumption + ": most who enter work would have");
  return {"employment_support",
          "help into work for people in doubly disadvantaged areas",
          mechanism,
          left_out,
          joined(std::move(parameters), additional),
          add,
          Changes::nothing,
          UnderBudget::scaled};
}

}  // namespace spillway::scenarios
