// Better buses for cold spots: new links to employment centres, and a smaller gap in rho. Its page is the
// text below.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/data/pack/coordinates.hpp"
#include "scenarios/allocation.hpp"
#include "scenarios/levers.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/places.hpp"
#include "scenarios/spending.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(Franchised buses link cold spots (the `cold_spot_share` of eligible areas with the fewest bus runs, or the lowest job-access
score) to employment centres within `reach_km`. Growth then reaches them from there too, not only from next door:

    W' = rownorm(W + omega C) = (1 - lambda) W + lambda C ,   lambda = omega / (1 + omega)      in the cold spots' rows

C's row holds the centres within reach, weighted by jobs over distance to the power `decay`, standardised. The equality is exact where W's row sums to one: the row of W + omega C
sums to 1 + omega. An island has no row in W and takes C's. A cold spot with no centre within reach keeps its row.

omega is given, or follows demand (`omega_from = "demand"`): service_change and fare_change move trips by
g = (1 + service_change)^frequency_elasticity (1 + fare_change)^fare_elasticity - 1, and omega = link_per_demand g.
Besides, the share `kappa` of the gap in rho to the reference type closes: rho' = rho + kappa (rho_reference - rho). Where a
draw's gap is negative, closing it lowers rho. Both phase in evenly over `phase_in_years`.

With y0 the counterfactual growth the policy adds (A' - A) y0 in every period: two shapes a treated class,
1_c o (W y0) with amplitude rho'_c (1 - lambda) - rho and 1_c o (C y0) with amplitude rho'_c lambda.

Public cost a year, net of fares: residents served x service_cost x (service_change - farebox_share ((1 + g)(1 + fare_change) - 1)),
phased in alike; and assessment_cost once for each combined authority (or for one, where the pack has none).
)";

const char* const left_out =
    R"(Time saved, congestion, emissions and health (transport appraisal's own lines), timetables and routes (a link is
a weight, not a service), people who drive instead, growth taken from the centres, agglomeration as such (elasticity 0.04 overall:
Graham, Gibbons & Martin 2009), depots and fleet (add them to service_cost: West Yorkshire GBP 85.5m depots, GBP 252m fleet).
)";

/// Job mass of each area, and the words for where it comes from.
std::pair<Eigen::VectorXd, std::string> job_mass(const LeverContext& context, const std::string& column) {
  const auto has = [&](const char* name) {
    return context.pack != nullptr && context.pack->areas.find(name) != nullptr;
  };
  if (!column.empty())
    return {area_numbers(context, column, "employment centres"), fmt::format("column '{}'", column)};
  if (has("jobs")) return {area_numbers(context, "jobs", "employment centres"), "column 'jobs'"};
  if (has("job_density"))
    return {area_numbers(context, "job_density", "employment centres").cwiseProduct(context.population),
            "column 'job_density' times population"};
  if (context.gva.size() == context.population.size()) return {context.gva, "GVA (the pack has no jobs)"};
  return {context.population, "population (the pack has neither jobs nor GVA)"};
}

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const std::vector<std::int32_t> eligible = parameters.texts.at("eligible") == "all"
                                                 ? areas_within(context, parameters)
                                                 : reached_by_change(context, parameters).areas;

  const auto jobs = job_mass(context, parameters.texts.at("centre_column"));
  const Eigen::VectorXd& mass = jobs.first;
  const std::vector<std::int32_t> least =
      lowest(all_areas(context), -mass, constant(parameters, "centre_share"));
  const double reach = 1000.0 * constant(parameters, "reach_km"), decay = constant(parameters, "decay");
  for (const char* axis : {"easting", "northing"})
    area_numbers(context, axis, "bus_franchising");  // all there
  const Coordinates at = coordinates_in_metres(context.pack->areas, "bus_franchising", reach);
  // Half a kilometre is the least distance: an LSOA's own radius, so that near centres do not take all the
  // weight.
  const auto pull = [&](std::int32_t from, std::int32_t to) {
    const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    const double distance = std::hypot(at.easting[a] - at.easting[b], at.northing[a] - at.northing[b]);
    return distance > reach || from == to ? 0.0
                                          : mass(to) / std::pow(std::max(distance, 500.0) / 1000.0, decay);
  };
  Eigen::VectorXd score;
  if (parameters.texts.at("cold_spot_score") == "job_access") {
    score = Eigen::VectorXd::Zero(context.population.size());
    for (const std::int32_t area : eligible)
      for (const std::int32_t centre : least) score(area) += pull(area, centre);
  } else {
    score = area_numbers(context, parameters.texts.at("bus_column"), "cold spots");
  }
  const std::vector<std::int32_t> cold = lowest(eligible, score, constant(parameters, "cold_spot_share"));

  std::vector<Eigen::Triplet<double, int>> entries;
  std::size_t unreached = 0;
  for (const std::int32_t area : cold) {
    const std::size_t before = entries.size();
    for (const std::int32_t centre : least)
      if (const double weight = pull(area, centre); weight > 0.0) entries.emplace_back(area, centre, weight);
    unreached += entries.size() == before;
  }
  SpatialWeights::Matrix links(context.population.size(), context.population.size());
  links.setFromTriplets(entries.begin(), entries.end());

  const Eigen::ArrayXd service = parameters["service_change"].array(),
                       fare = parameters["fare_change"].array();
  const Eigen::ArrayXd demand = (1.0 + service).pow(parameters["frequency_elasticity"].array()) *
                                    (1.0 + fare).pow(parameters["fare_elasticity"].array()) -
                                1.0;
  const bool by_demand = parameters.texts.at("omega_from") == "demand";
  const Eigen::VectorXd omega =
      by_demand ? Eigen::VectorXd((parameters["link_per_demand"].array() * demand).max(0.0).matrix())
                : parameters["omega"];
  const Eigen::MatrixXd phase =
      phased_in(parameters["phase_in_years"], context.horizon, context.period_years);
  builder.add_links(std::move(links), omega.asDiagonal() * phase);
  builder.close_gap(cold, parameters.texts.at("reference_type"), parameters["kappa"].asDiagonal() * phase);

  double people = 0.0;
  for (const std::int32_t area : cold) people += context.population(area);
  const Eigen::ArrayXd yearly =
      people * parameters["service_cost"].array() *
      (service - parameters["farebox_share"].array() * ((1.0 + demand) * (1.0 + fare) - 1.0));
  Eigen::MatrixXd cost = (yearly * context.period_years).matrix().asDiagonal() * phase;
  const double authorities = authorities_of(context, cold);
  cost.col(0) += authorities * parameters["assessment_cost"];
  builder.add_cost(cost);

  builder.note(fmt::format(
      "Cold spots: {} of {} eligible areas by {}, {:.0f} thousand residents; {} have no employment centre "
      "within {:g} km and keep their links.",
      cold.size(), eligible.size(),
      parameters.texts.at("cold_spot_score") == "job_access"
          ? "job access"
          : fmt::format("column '{}'", parameters.texts.at("bus_column")),
      people / 1e3, unreached, reach / 1000.0));
  builder.note(
      fmt::format("Employment centres: the {} areas with most jobs by {}.", least.size(), jobs.second));
  builder.note(
      fmt::format("Link strength omega: mean {:.3g}; net service cost GBP {:.1f}m a year when phased in; "
                  "assessment of {:g} "
                  "authorities.",
                  omega.mean(), yearly.mean() / 1e6, authorities));
  if (unreached == cold.size())
    builder.warn(fmt::format("No cold spot has an employment centre within {:g} km: no link is added.",
                             reach / 1000.0));
  if (by_demand && (demand < 0.0).any())
    builder.warn(fmt::format("Demand falls in {:.1f}% of the draws; there no link is added.",
                             100.0 * (demand < 0.0).cast<double>().mean()));
}
}  // namespace

LeverSource bus_franchising() {
  std::vector<ParameterSpec> parameters = {
      text("eligible", "which areas can be cold spots: those of the target, or all", "target",
           {"target", "all"}),
      text("reference_type", "area type whose rho the gap is measured to", "other"),
      text("cold_spot_score", "what makes a cold spot: few bus runs, or few jobs within reach", "bus_runs",
           {"bus_runs", "job_access"}),
      text("bus_column", "column of bus runs", "bus_runs"),
      share("cold_spot_share", "share of eligible areas that are cold spots", point(0.25, assumption)),
      text(
          "centre_column",
          "column of jobs; none: jobs, or job_density times population, or GVA, whichever the pack has first",
          ""),
      share("centre_share", "share of all areas, by jobs, that are employment centres",
            point(0.02, assumption)),
      number("reach_km", "km", "straight-line distance that a link can cover", point(15.0, assumption), 0.1,
             200.0),
      number("decay", "exponent", "of distance in the weight of a centre",
             point(1.0, "effective density's decay, Graham, Gibbons & Martin 2009 [S abstract]"), 0.0, 5.0),
      text("omega_from", "strength of the links from demand, or given", "demand", {"demand", "given"}),
      number("omega", "ratio", "weight of new links over old, where omega_from = \"given\"",
             point(0.10, assumption), 0.0, 100.0),
      number("link_per_demand", "ratio", "weight of new links per unit of growth in trips",
             point(1.0, assumption), 0.0, 100.0),
      number("service_change", "share", "change of bus mileage in cold spots",
             pert(0.10, 0.20, 0.40, assumption), -1.0, 10.0),
      number("frequency_elasticity", "ratio", "of trips to service",
             pert(0.16, 0.50, 1.0, "0.4-0.6, range 0.16-1.0 (parameters table [S])"), 0.0, 3.0),
      number("fare_change", "share", "change of fares", point(0.0, assumption), -0.99, 10.0),
      number("fare_elasticity", "ratio", "of trips to fares",
             pert(-0.6, -0.3, -0.1, "-0.3, range -0.6 to -0.1 (parameters table [S])"), -3.0, 0.0),
      share("kappa", "share of the gap in rho to the reference type that closes in cold spots",
            point(0.0, assumption + ": none unless asked")),
      number("phase_in_years", "years", "even ramp from nothing to full", pert(1.0, 3.0, 5.0, assumption),
             0.0, 50.0),
      number(
          "service_cost", "GBP a resident a year", "gross cost of today's service",
          point(134.0,
                "Greater Manchester GBP 390m in 2025/26 (routeone [S]) over 2.9m residents [K, unverified]"),
          0.0, 1e5),
      share("farebox_share", "share of that cost that fares pay",
            point(0.47, "Greater Manchester 2025/26 (routeone [S])")),
      number("assessment_cost", "GBP an authority", "once, in the first period",
             uniform(5e6, 7e6, "West Yorkshire (WYCA FAQ [S])"), 0.0, 1e9),
  };
  parameters = joined(target_parameters("areas that can be cold spots"), parameters);
  return {"bus_franchising",
          "link bus cold spots to employment centres, and close part of the gap in rho",
          mechanism,
          left_out,
          std::move(parameters),
          add,
          Changes::dynamics};
}

}  // namespace spillway::scenarios
