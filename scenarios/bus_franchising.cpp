// Better buses for cold spots: new links to employment centres, and a smaller gap in rho. Its page is the
// text below.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/statistics.hpp"
#include "engine/data/pack/coordinates.hpp"
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
    R"(Franchised buses link cold spots (the `cold_spot_share` of eligible areas with the fewest bus runs, or the lowest job-access
score) to employment centres within `reach_km`: the `centre_share` of each region's areas (`centres_within`) with most jobs. Growth then reaches them from there too, not only from next door:

    W' = rownorm(W + omega C) = (1 - lambda) W + lambda C ,   lambda = omega / (1 + omega)      in the cold spots' rows

C's row holds the centres within reach, weighted by jobs over distance to the power `decay`, standardised. The equality is exact where W's row sums to one: the row of W + omega C
sums to 1 + omega. An island has no row in W and takes C's. A cold spot with no centre within reach keeps its row, and
nobody there is billed.

omega is given, or follows demand (`omega_from = "demand"`): service_change and fare_change move trips by
g = (1 + service_change)^frequency_elasticity (1 + fare_change)^fare_elasticity - 1, and omega = link_per_demand g.
Besides, the share `kappa` of the gap in rho to the reference type closes: rho' = rho + kappa (rho_reference - rho). Where a
draw's gap is negative, closing it lowers rho. Both phase in evenly over `phase_in_years`.

With y0 the counterfactual growth the policy adds (A' - A) y0 in every period: two shapes a treated class,
1_c o (W y0) with amplitude rho'_c (1 - lambda) - rho and 1_c o (C y0) with amplitude rho'_c lambda.

Beside that, and not in it, the access channel: jobs within `reach_today_km` before, the linked centres' beside them after, and
employment = ratio ^ access_elasticity, where the pack has jobs.

Public cost a year, net of fares: residents of linked cold spots x service_cost x (service_change - farebox_share ((1 + g)(1 + fare_change) - 1)),
phased in alike; and assessment_cost once for each transport authority that holds one: since the Bus Services Act 2025 every one
may franchise without consent.
)";

const char* const left_out =
    R"(Time saved, congestion, emissions and health (transport appraisal's own lines), timetables and routes (a link is
a weight, not a service), people who drive instead, growth taken from the centres, agglomeration as such (elasticity 0.04 overall:
Graham, Gibbons & Martin 2009), depots and fleet (add them to service_cost: West Yorkshire GBP 85.5m depots, GBP 252m fleet).
)";

/// Job mass of each area, where it comes from, and whether it stands in for jobs.
struct Jobs {
  Eigen::VectorXd mass;
  std::string words;
  bool stand_in = false;
};

Jobs job_mass(const LeverContext& context, const std::string& column) {
  const auto find = [&](const std::string& name) {
    return context.pack == nullptr ? nullptr : context.pack->areas.find(name);
  };
  if (!column.empty()) {
    const Column* given = find(column);
    const bool jobs = column.starts_with("jobs") || (given != nullptr && given->unit.starts_with("jobs"));
    return {area_numbers(context, column, "employment centres"), fmt::format("column '{}'", column), !jobs};
  }
  if (find("jobs") != nullptr) return {area_numbers(context, "jobs", "employment centres"), "column 'jobs'"};
  if (find("job_density") != nullptr)
    return {area_numbers(context, "job_density", "employment centres").cwiseProduct(context.population),
            "column 'job_density' times population"};
  if (context.gva.size() == context.population.size()) return {context.gva, "GVA", true};
  return {context.population, "population", true};
}

/// Areas by the group that employment centres are chosen within.
struct Within {
  std::vector<std::int32_t> of_area;  ///< area -> group
  std::vector<std::string> name;      ///< of each group, for people
  std::string word;                   ///< "region"
};

Within groups_of(const LeverContext& context, const std::string& key) {
  const Table* areas = context.pack == nullptr ? nullptr : &context.pack->areas;
  const Column* column = nullptr;
  for (const std::string& name : {key + "_code", key})
    if (column == nullptr && areas != nullptr) column = areas->find(name);
  if (column == nullptr && key != "region")
    throw refusal(
        "centres_within", key,
        fmt::format("the pack has no column '{0}_code' or '{0}'; name a grouping that it has", key));
  if (column == nullptr)
    return {std::vector<std::int32_t>(context.type.size(), 0),
            {"all areas"},
            "all areas together, as the pack has no regions"};
  const Categories groups = categories(*column);
  Within found{groups.of_row, groups.names, "each " + key};
  const Column* names = areas->find(key + "_name");
  if (names != nullptr && names->kind == ColumnKind::text)
    for (std::size_t i = 0; i < found.of_area.size(); ++i)
      found.name[static_cast<std::size_t>(found.of_area[i])] = names->text(i);
  for (std::string& name : found.name)
    if (name.empty()) name = "in none";
  return found;
}

/// The areas with most jobs in each group: its share of them, at least one, none without jobs; ascending.
std::vector<std::int32_t> centres_of(const Within& within, const Eigen::VectorXd& mass, double share) {
  std::vector<std::int32_t> centres;
  for (std::size_t g = 0; g < within.name.size(); ++g) {
    std::vector<std::int32_t> own;
    for (std::size_t i = 0; i < within.of_area.size(); ++i)
      if (within.of_area[i] == static_cast<std::int32_t>(g)) own.push_back(static_cast<std::int32_t>(i));
    if (own.empty()) continue;
    for (const std::int32_t area : lowest(std::move(own), -mass, share))
      if (mass(area) > 0.0) centres.push_back(area);
  }
  std::sort(centres.begin(), centres.end());
  return centres;
}

/// "North East 12, London 40": areas by group, groups without one left out.
std::string by_group(const Within& within, const std::vector<std::int32_t>& areas) {
  std::vector<std::size_t> count(within.name.size(), 0);
  for (const std::int32_t area : areas)
    ++count[static_cast<std::size_t>(within.of_area[static_cast<std::size_t>(area)])];
  std::vector<std::string> parts;
  for (std::size_t g = 0; g < count.size(); ++g)
    if (count[g] > 0) parts.push_back(fmt::format("{} {}", within.name[g], count[g]));
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

/// The first names (or codes) of areas, and how many more there are.
std::string named(const LeverContext& context, const std::vector<std::int32_t>& areas) {
  constexpr std::size_t shown = 5;
  const Table& table = context.pack->areas;
  const Column* column = table.find("area_name") ? table.find("area_name") : table.find("area_code");
  std::vector<std::string> names;
  for (std::size_t k = 0; k < std::min(shown, areas.size()); ++k)
    names.push_back(column == nullptr ? std::to_string(areas[k])
                                      : column->text(static_cast<std::size_t>(areas[k])));
  return fmt::format("{}{}", fmt::join(names, ", "),
                     areas.size() > shown ? fmt::format(" and {} more", areas.size() - shown) : "");
}

double people_of(const LeverContext& context, const std::vector<std::int32_t>& areas) {
  double people = 0.0;
  for (const std::int32_t area : areas) people += context.population(area);
  return people;
}

/// The access channel, beside the growth channel and not in it: jobs within reach of each linked cold spot
/// before and after, and what an elasticity makes of them for employment there.
template <class Distance, class WithinBox>
std::string access_note(const LeverContext& context, const Parameters& parameters,
                        const std::vector<std::int32_t>& linked, const Distance& distance,
                        const WithinBox& within_box, const Eigen::VectorXd& mass,
                        const std::vector<std::int32_t>& centres, double reach) {
  const double today = 1000.0 * constant(parameters, "reach_today_km");
  const double total = people_of(context, linked);
  std::vector<double> ratio;
  double before_sum = 0.0, after_sum = 0.0;
  for (const std::int32_t area : linked) {
    double before = 0.0, more = 0.0;
    for (Eigen::Index j = 0; j < mass.size(); ++j)
      if (within_box(area, static_cast<std::int32_t>(j), today) &&
          distance(area, static_cast<std::int32_t>(j)) <= today)
        before += mass(j);
    for (const std::int32_t centre : centres)
      if (const double metres = distance(area, centre); metres > today && metres <= reach)
        more += mass(centre);
    ratio.push_back(before > 0.0 ? (before + more) / before : 1.0);
    before_sum += context.population(area) * before;
    after_sum += context.population(area) * (before + more);
  }
  std::vector<double> log_ratio;
  for (const double one : ratio) log_ratio.push_back(std::log(one));
  // No ratio is below 1, so the gain rises with the elasticity: its quantiles are the gains at those of it.
  const Eigen::VectorXd drawn = parameters["access_elasticity"];
  std::vector<double> elasticity(drawn.begin(), drawn.end());
  const auto gain_at = [&](double level) {
    const double e = quantile_in_place(elasticity, level);
    double sum = 0.0;
    for (std::size_t k = 0; k < ratio.size(); ++k)
      sum += context.population(linked[k]) * std::expm1(e * log_ratio[k]);
    return 100.0 * sum / total;
  };
  const double low = gain_at(0.05), middle = gain_at(0.5), high = gain_at(0.95);
  return fmt::format(
      "Access to jobs, beside the growth and not in it: a resident of a linked cold spot reaches {:.0f} jobs "
      "within "
      "{:g} km today and {:.0f} with the links; employment there rises by {:.2f} % of its level when phased "
      "in (90 "
      "% of draws {:.2f} to {:.2f}).",
      before_sum / total, today / 1000.0, after_sum / total, middle, low, high);
}

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const LeverContext& context = builder.context();
  const std::vector<std::int32_t> eligible = parameters.texts.at("eligible") == "all"
                                                 ? areas_within(context, parameters)
                                                 : reached_by_change(context, parameters).areas;

  const Jobs jobs = job_mass(context, parameters.texts.at("centre_column"));
  const Eigen::VectorXd& mass = jobs.mass;
  const Within within = groups_of(context, parameters.texts.at("centres_within"));
  const std::vector<std::int32_t> centres = centres_of(within, mass, constant(parameters, "centre_share"));
  if (centres.empty())
    throw refusal("centre_column", parameters.texts.at("centre_column"),
                  fmt::format("{} is 0 everywhere; there is no employment centre to link to", jobs.words));
  const double reach = 1000.0 * constant(parameters, "reach_km"), decay = constant(parameters, "decay");
  for (const char* axis : {"easting", "northing"})
    area_numbers(context, axis, "bus_franchising");  // all there
  const Coordinates at = coordinates_in_metres(context.pack->areas, "bus_franchising", reach);
  // Half a kilometre is the least distance: an LSOA's own radius, so that near centres do not take all the
  // weight.
  const auto distance = [&](std::int32_t from, std::int32_t to) {
    const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    return std::hypot(at.easting[a] - at.easting[b], at.northing[a] - at.northing[b]);
  };
  /// No farther along either axis: most pairs are told apart without a root.
  const auto within_box = [&](std::int32_t from, std::int32_t to, double metres) {
    const auto a = static_cast<std::size_t>(from), b = static_cast<std::size_t>(to);
    return std::abs(at.easting[a] - at.easting[b]) <= metres &&
           std::abs(at.northing[a] - at.northing[b]) <= metres;
  };
  const auto pull = [&](std::int32_t from, std::int32_t to) {
    const double metres = distance(from, to);
    return metres > reach || from == to ? 0.0 : mass(to) / std::pow(std::max(metres, 500.0) / 1000.0, decay);
  };
  Eigen::VectorXd score;
  if (parameters.texts.at("cold_spot_score") == "job_access") {
    score = Eigen::VectorXd::Zero(context.population.size());
    for (const std::int32_t area : eligible)
      for (const std::int32_t centre : centres) score(area) += pull(area, centre);
  } else {
    score = area_numbers(context, parameters.texts.at("bus_column"), "cold spots");
  }
  const std::vector<std::int32_t> cold = lowest(eligible, score, constant(parameters, "cold_spot_share"));

  std::vector<Eigen::Triplet<double, int>> entries;
  std::vector<std::int32_t> linked, unlinked;
  for (const std::int32_t area : cold) {
    const std::size_t before = entries.size();
    for (const std::int32_t centre : centres)
      if (const double weight = pull(area, centre); weight > 0.0) entries.emplace_back(area, centre, weight);
    (entries.size() == before ? unlinked : linked).push_back(area);
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
  if (std::string when = start_note(context, parameters); !when.empty()) builder.note(std::move(when));
  const Eigen::MatrixXd phase = phased_in(parameters["phase_in_years"], parameters["start_years"],
                                          context.horizon, context.period_years);
  builder.add_links(std::move(links), omega.asDiagonal() * phase);
  builder.close_gap(linked, parameters.texts.at("reference_type"), parameters["kappa"].asDiagonal() * phase);

  const double people = people_of(context, linked);
  const Eigen::ArrayXd yearly =
      people * parameters["service_cost"].array() *
      (service - parameters["farebox_share"].array() * ((1.0 + demand) * (1.0 + fare) - 1.0));
  Eigen::MatrixXd cost = (yearly * context.period_years).matrix().asDiagonal() * phase;
  const Authorities authorities = authorities_of(context, linked);
  cost += (authorities.count * parameters["assessment_cost"]).asDiagonal() *
          once_at(parameters["start_years"], context.horizon, context.period_years);
  builder.add_cost(in_base_year_pounds(context, parameters, cost));
  note_prices(builder, parameters);

  builder.note(
      fmt::format("Cold spots: {} of {} eligible areas by {}; {} are linked to an employment centre within "
                  "{:g} km, their {:.0f} "
                  "thousand residents are billed ({}).",
                  cold.size(), eligible.size(),
                  parameters.texts.at("cold_spot_score") == "job_access"
                      ? "job access"
                      : fmt::format("column '{}'", parameters.texts.at("bus_column")),
                  linked.size(), reach / 1000.0, people / 1e3, by_group(within, linked)));
  builder.note(
      unlinked.empty()
          ? std::string("Every cold spot has a link.")
          : fmt::format("Without a link, where nothing changes and nobody is billed: {} cold spots with "
                        "{:.0f} thousand residents ({}): {}.",
                        unlinked.size(), people_of(context, unlinked) / 1e3, by_group(within, unlinked),
                        named(context, unlinked)));
  builder.note(
      fmt::format("Employment centres: the {} areas with most jobs by {}{}, the same share within {}: {}.",
                  centres.size(), jobs.words, jobs.stand_in ? ", a stand-in for jobs" : "", within.word,
                  by_group(within, centres)));
  builder.note(
      fmt::format("Link strength omega: mean {:.3g}; net service cost GBP {:.1f}m a year when phased in; "
                  "assessment of {:g} authorities ({}).",
                  omega.mean(), yearly.mean() / 1e6, authorities.count, authorities.words));
  if (jobs.stand_in)
    builder.warn(fmt::format(
        "Employment centres stand on {}, a stand-in for jobs; access to jobs is not computed without them.",
        jobs.words));
  else if (!linked.empty())
    builder.note(access_note(context, parameters, linked, distance, within_box, mass, centres, reach));
  if (linked.empty())
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
      text("centres_within",
           "grouping within which centres are chosen: region, travel_to_work_area, a transport authority's "
           "column",
           "region"),
      share("centre_share", "share of the areas of each group, by jobs, that are employment centres",
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
      number("reach_today_km", "km", "straight-line distance within which jobs count as within reach today",
             point(5.0, assumption), 0.0, 200.0),
      number(
          "access_elasticity", "ratio", "of employment to jobs within reach",
          pert(0.005, 0.010, 0.015,
               "10 % of bus travel time go with 0.1 to 0.3 % of employment (Johnson, Ercolani & Mackie 2017, "
               "highlights [S]); jobs within reach grow with the square of speed where they are spread "
               "evenly, "
               "so half of it [D]"),
          0.0, 1.0),
      share("kappa", "share of the gap in rho to the reference type that closes in linked cold spots",
            point(0.0, assumption + ": none unless asked")),
      price_year_parameter(),
      start_parameter(),
      number("start_years", "years", "from the start of the horizon to that of the ramp; or give start",
             point(0.0, assumption), 0.0, 200.0),
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
