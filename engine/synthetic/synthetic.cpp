#include "engine/synthetic/synthetic.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "engine/base/streams.hpp"
#include "engine/synthetic/synthetic_rates.hpp"

namespace spillway {

namespace {

constexpr int last_year = 2022;

// Parts of a world's random numbers, beside those of synthetic_growth.cpp.
enum Part : std::uint32_t { economy = 11, ranks = 12, work = 14 };

double rounded(double value, double parts) { return std::round(value * parts) / parts; }

/// A column of texts from levels that are numbered already; levels in order of first appearance, as in a
/// file.
Column text_column(std::string name, const std::vector<std::int32_t>& level,
                   const std::vector<std::string>& levels, std::string description) {
  Column column;
  column.name = std::move(name);
  column.kind = ColumnKind::text;
  column.description = std::move(description);
  std::vector<std::int32_t> number(levels.size(), -1);
  column.level.reserve(level.size());
  for (const std::int32_t old : level) {
    auto& now = number[static_cast<std::size_t>(old)];
    if (now < 0) {
      now = static_cast<std::int32_t>(column.levels.size());
      column.levels.push_back(levels[static_cast<std::size_t>(old)]);
    }
    column.level.push_back(now);
  }
  return column;
}

Column number_column(std::string name, std::vector<double> number, std::string unit,
                     std::string description) {
  Column column;
  column.name = std::move(name);
  column.number = std::move(number);
  column.unit = std::move(unit);
  column.description = std::move(description);
  return column;
}

std::vector<double> to_vector(const Eigen::VectorXd& value) { return {value.begin(), value.end()}; }

/// Codes "S01000001", ...: shaped like the statistical office's, but with an S, which it does not use for
/// England.
std::vector<std::string> codes(const char* prefix, int count) {
  std::vector<std::string> result;
  for (int k = 1; k <= count; ++k) result.push_back(fmt::format("{}{:06}", prefix, k));
  return result;
}

/// 1 for the highest score.
std::vector<double> ranks_of(const std::vector<double>& score) {
  std::vector<std::int32_t> order(score.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    const double x = score[static_cast<std::size_t>(a)], y = score[static_cast<std::size_t>(b)];
    return x != y ? x > y : a < b;
  });
  std::vector<double> rank(score.size());
  for (std::size_t k = 0; k < order.size(); ++k)
    rank[static_cast<std::size_t>(order[k])] = static_cast<double>(k + 1);
  return rank;
}

/// Names of areas and authorities: "North East 03", "North East 03 017"; islands are named as such.
void name_places(const SyntheticGeography& geography, Table& areas) {
  std::vector<int> authorities_in(static_cast<std::size_t>(geography.regions), 0),
      areas_in(static_cast<std::size_t>(geography.authorities), 0);
  std::vector<std::string> authority_names(static_cast<std::size_t>(geography.authorities)), area_names;
  for (std::size_t a = 0; a < geography.areas(); ++a) {
    const auto g = static_cast<std::size_t>(geography.authority[a]);
    if (authority_names[g].empty())
      authority_names[g] =
          fmt::format("{} {:02}", geography.region_names[static_cast<std::size_t>(geography.region[a])],
                      ++authorities_in[static_cast<std::size_t>(geography.region[a])]);
    const bool island = geography.first[a] == geography.first[a + 1];
    area_names.push_back(
        fmt::format("{} {:03}{}", authority_names[g], ++areas_in[g], island ? " (island)" : ""));
  }
  std::vector<std::int32_t> own(geography.areas());
  std::iota(own.begin(), own.end(), 0);
  areas.columns.push_back(text_column("area_code", own, codes("S01", static_cast<int>(geography.areas())),
                                      "neighbourhood of the synthetic England"));
  areas.columns.push_back(text_column("area_name", own, area_names, ""));
  areas.columns.push_back(
      text_column("lad_code", geography.authority, codes("S07", geography.authorities), "local authority"));
  areas.columns.push_back(text_column("lad_name", geography.authority, authority_names, ""));
}

/// What people do in each area: work, output, buses; by type as in Breaking the cycle, chapter 1.
struct Economy {
  std::vector<double> gva_per_head, job_density, inactivity_rate, employment_rate, bus_runs;
};

Economy economy_of(const SyntheticGeography& geography, std::uint64_t seed, std::uint64_t replicate) {
  constexpr std::array<double, 3> output = {11500.0, 17000.0, 25500.0};  // GBP a head, median
  constexpr std::array<double, 3> jobs = {0.36, 0.55, 0.74};             // a resident of working age, median
  constexpr std::array<double, 3> inactive = {0.455, 0.37, 0.25};        // share of working age
  constexpr std::array<double, 3> unemployed = {0.07, 0.06, 0.03};
  constexpr std::array<double, 3> buses = {120.0, 320.0, 220.0};  // runs a week, median
  Stream stream(seed, Purpose::synthetic_world, replicate + 1, economy);
  Economy result;
  for (std::size_t a = 0; a < geography.areas(); ++a) {
    const auto type = static_cast<std::size_t>(geography.type[a]);
    const double central = geography.urban[a],
                 shared = stream.normal();  // places of work have both jobs and output
    result.gva_per_head.push_back(
        rounded(output[type] * std::exp(0.30 * shared + 0.25 * stream.normal() + 0.2 * central), 1.0));
    result.job_density.push_back(
        rounded(jobs[type] * std::exp(0.25 * shared + 0.2 * stream.normal() + 0.2 * central), 1e4));
    const double idle = std::clamp(inactive[type] + 0.04 * stream.normal(), 0.05, 0.8);
    result.inactivity_rate.push_back(rounded(idle, 1e4));
    result.employment_rate.push_back(
        rounded(1.0 - idle - unemployed[type] * std::exp(0.2 * stream.normal()), 1e4));
    result.bus_runs.push_back(
        std::round(buses[type] * (0.6 + 2.0 * central) * std::exp(0.5 * stream.normal())));
  }
  return result;
}

/// Change of the employment rate over the window per GBP a head of social infrastructure; nothing spreads.
double employment_effect(const SyntheticConfig& config) {
  return config.strength == PolicyStrength::sharp ? 4e-4 : 4e-5;
}

std::vector<double> employment_change(const Eigen::VectorXd& social_infrastructure, double effect,
                                      std::uint64_t seed, std::uint64_t replicate) {
  constexpr double mean = 0.015, sd = 0.01;
  Stream stream(seed, Purpose::synthetic_world, replicate + 1, work);
  const double usual = social_infrastructure.mean();
  std::vector<double> change;
  for (const double s : social_infrastructure)
    change.push_back(rounded(mean + effect * (s - usual) + sd * stream.normal(), 1e6));
  return change;
}

/// Ranks of two indices whose bottom deciles make the types: both, the first only.
void add_ranks(const SyntheticGeography& geography, std::uint64_t seed, std::uint64_t replicate,
               Table& areas) {
  Stream stream(seed, Purpose::synthetic_world, replicate + 1, ranks);
  std::vector<double> need(geography.areas());
  std::vector<std::pair<double, std::size_t>> others;
  for (std::size_t a = 0; a < need.size(); ++a) {
    need[a] = 0.5 * geography.deprivation[a] - geography.urban[a] + stream.normal();
    if (geography.type[a] == 0) need[a] += 1000.0;
    if (geography.type[a] == 1)
      need[a] -= 26.0;  // their deprivation is of another kind: outside the bottom decile
    if (geography.type[a] == 2) others.emplace_back(-need[a], a);
  }
  // Fill the rest of the bottom decile of community need with areas that are not deprived.
  std::sort(others.begin(), others.end());
  const auto decile = areas.rows / 10;
  auto filled = static_cast<std::size_t>(std::count(geography.type.begin(), geography.type.end(), 0));
  for (std::size_t k = 0; filled < decile && k < others.size(); ++k, ++filled)
    need[others[k].second] += 500.0;
  areas.columns.push_back(number_column("imd_rank", ranks_of(geography.deprivation), "rank",
                                        "index of multiple deprivation; 1 = most deprived"));
  areas.columns.push_back(
      number_column("cni_rank", ranks_of(need), "rank", "index of community need; 1 = greatest need"));
}

}  // namespace

DataPack synthetic_pack(const SyntheticGeography& geography, const SyntheticConfig& config,
                        std::uint64_t seed, std::uint64_t replicate, Parallelism parallelism) {
  const std::size_t n = geography.areas();
  const SyntheticCrossSection x = simulate_cross_section(geography, config, seed, replicate);
  Eigen::MatrixXd growth = simulate_growth(geography, config, x.mean_growth, seed, replicate, parallelism);
  const Economy people = economy_of(geography, seed, replicate);
  const int years = config.regression_periods + 2, window = synthetic_window(config);

  DataPack pack;
  pack.name = "synthetic-england";
  pack.geography = "synthetic";
  pack.description = fmt::format(
      "A synthetic England made by spillway from seed {}: {} areas, {} authorities, {} regions. No area in "
      "it exists; codes "
      "start with S. Its true parameters are under [truth].",
      seed, n, geography.authorities, geography.regions);
  pack.period_years = 1.0;

  const auto rows = static_cast<Eigen::Index>(n);
  for (int t = 0; t < years; ++t) pack.panel.periods.push_back(last_year - years + 1 + t);
  if (!config.programme.spend.empty()) {
    std::vector<std::int32_t> own(n);
    std::iota(own.begin(), own.end(), 0);
    const Column code = text_column("area_code", own, codes("S01", static_cast<int>(n)), "");
    const ProgrammeMoney money = programme_money(config.programme, code, pack.panel.periods);
    const Eigen::Map<const Eigen::VectorXd> population(geography.population.data(), rows);
    growth +=
        programme_response(geography, config, stock_a_head(money, population, code)).rightCols(years - 1);
  }

  // Panel: growth as simulated; levels of GVA backwards from the last year.
  Eigen::MatrixXd gva(rows, years), growth_panel(rows, years);
  std::vector<double> decade(n), output(n);
  for_each_block(rows, 4096, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    for (Eigen::Index a = from; a < to; ++a) {
      const auto r = static_cast<std::size_t>(a);
      output[r] = people.gva_per_head[r] * geography.population[r];
      double level = output[r] / 1e6;
      decade[r] = 0.0;
      growth_panel(a, 0) = std::nan("");
      for (int t = years - 1; t >= 0; --t) {
        gva(a, t) = rounded(level, 1e6);
        if (t == 0) break;
        growth_panel(a, t) = rounded(growth(a, t - 1), 1e9);
        if (t >= years - window) decade[r] += growth_panel(a, t);
        level *= std::exp(-growth_panel(a, t));
      }
      decade[r] = rounded(decade[r], 1e9);
    }
  });
  pack.panel.variables.push_back(
      {"gva", "GBP m", "gross value added, constant prices", std::move(gva), std::to_string(last_year)});
  pack.panel.variables.push_back(
      {"growth", "log points a year", "log difference of gva", std::move(growth_panel), ""});

  Table& areas = pack.areas;
  areas.rows = n;
  name_places(geography, areas);
  areas.columns.push_back(
      text_column("region_code", geography.region, codes("S12", geography.regions), "region"));
  areas.columns.push_back(text_column("region_name", geography.region, geography.region_names, ""));
  std::vector<std::string> combined = codes("S47", geography.combined_authorities);
  combined.push_back("");
  std::vector<std::int32_t> combined_of = geography.combined_authority;
  for (auto& c : combined_of)
    if (c < 0) c = geography.combined_authorities;
  areas.columns.push_back(
      text_column("combined_authority_code", combined_of, combined, "combined authority; empty: none"));
  areas.columns.push_back(text_column("constituency_code", geography.constituency,
                                      codes("S14", geography.constituencies), "parliamentary constituency"));
  areas.columns.push_back(number_column("easting", geography.easting, "m", ""));
  areas.columns.push_back(number_column("northing", geography.northing, "m", ""));
  areas.columns.push_back(number_column("population", geography.population, "people", "residents"));
  areas.columns.push_back(number_column("gva", output, "GBP", "gross value added, last year"));
  areas.columns.back().price_base = std::to_string(last_year);
  areas.columns.push_back(
      number_column("gva_per_head", people.gva_per_head, "GBP per head", "gva over population"));
  areas.columns.back().price_base = std::to_string(last_year);
  areas.columns.push_back(
      text_column("area_type", geography.type, synthetic_type_names(),
                  "bottom deciles of imd_rank and cni_rank: both, the first only, other"));
  add_ranks(geography, seed, replicate, areas);
  areas.columns.push_back(number_column("growth_decade", decade, "log points",
                                        fmt::format("sum of growth over the last {} years", window)));
  areas.columns.push_back(number_column("grants_per_head", to_vector(x.grants_per_head), "GBP per head",
                                        "proxy of social infrastructure"));
  areas.columns.push_back(number_column("lottery_per_head", to_vector(x.lottery_per_head), "GBP per head",
                                        "proxy of social infrastructure"));
  for (auto money = areas.columns.end() - 2; money != areas.columns.end(); ++money)
    money->price_base = std::to_string(last_year);
  areas.columns.push_back(number_column("community_assets_per_1000", to_vector(x.community_assets_per_1000),
                                        "per 1,000 residents", "proxy of social infrastructure"));
  areas.columns.push_back(number_column("drug_crime_rate", to_vector(x.drug_crime_rate),
                                        "per 1,000 residents a year", "instrument"));
  areas.columns.push_back(number_column("turnout", to_vector(x.turnout), "percent",
                                        "instrument; general election, by constituency"));
  areas.columns.push_back(number_column("industry_mix", to_vector(x.industry_mix), "log points",
                                        "growth over the decade that the mix of industries brings"));
  areas.columns.push_back(number_column("log_population", to_vector(x.log_population), "log people", ""));
  areas.columns.push_back(
      number_column("job_density", people.job_density, "jobs per resident of working age", ""));
  areas.columns.push_back(
      number_column("inactivity_rate", people.inactivity_rate, "share of working age", ""));
  areas.columns.push_back(
      number_column("employment_rate", people.employment_rate, "share of working age", ""));
  areas.columns.push_back(
      number_column("employment_change_decade",
                    employment_change(x.social_infrastructure, employment_effect(config), seed, replicate),
                    "employment rate (share of working age)",
                    fmt::format("change of employment_rate over {} years", window)));
  areas.columns.push_back(
      number_column("bus_runs", people.bus_runs, "runs a week", "public transport stopping in the area"));

  pack.edges.reserve(geography.neighbour.size());
  for (std::size_t a = 0; a < n; ++a)
    for (auto k = geography.first[a]; k < geography.first[a + 1]; ++k)
      pack.edges.push_back(
          {static_cast<std::int32_t>(a), geography.neighbour[static_cast<std::size_t>(k)], 1.0});

  const auto& types = synthetic_type_names();
  pack.truth = {{"spillover/lag:" + types[0], config.rho_doubly_disadvantaged},
                {"spillover/lag:" + types[1], config.rho_other_deprived},
                {"spillover/lag:" + types[2], config.rho_other},
                {"spillover/previous", config.phi},
                {"error/correlation:" + types[0], config.error_correlation_doubly_disadvantaged},
                {"error/correlation:" + types[1], config.error_correlation_other_deprived},
                {"error/correlation:" + types[2], config.error_correlation_other},
                {"error/sd", config.error_sd},
                {"error/authority_shock_sd", config.authority_shock_sd},
                {"error/serial_correlation", config.error_serial_correlation}};
  if (!config.programme.spend.empty())
    pack.truth.emplace_back("policy/programme_effect", config.programme_effect);
  const bool structural = config.policy_truth == PolicyTruth::structural;
  const std::array<const char*, 3> names = {"grants_per_head", "lottery_per_head",
                                            "community_assets_per_1000"};
  for (std::size_t k = 0; k < 3; ++k) {
    const double decade_effect = x.proxy_truth[static_cast<Eigen::Index>(k)];
    pack.truth.emplace_back(
        fmt::format("{}/{}", structural ? "structural" : "social_infrastructure", names[k]),
        structural ? decade_effect / window : decade_effect);
  }
  pack.truth.emplace_back("employment/grants_per_head", employment_effect(config));
  Eigen::VectorXd pound(rows);
  for (Eigen::Index a = 0; a < rows; ++a)
    pound[a] = geography.type[static_cast<std::size_t>(a)] == 0 ? config.beta / window : 0.0;
  const Eigen::VectorXd response = long_run_response(geography, config, pound);
  for (std::size_t k = 0; k < 3; ++k) {
    double sum = 0.0, count = 0.0;
    for (Eigen::Index a = 0; a < rows; ++a)
      if (geography.type[static_cast<std::size_t>(a)] == static_cast<std::int32_t>(k)) {
        sum += response[a];
        count += 1.0;
      }
    pack.truth.emplace_back("policy/response:" + types[k], count > 0.0 ? sum / count : 0.0);
  }
  add_rates(geography, config, x.social_infrastructure, seed, replicate, parallelism, pack);
  return pack;
}

DataPack synthetic_england(const SyntheticConfig& config, Parallelism parallelism) {
  return synthetic_pack(synthetic_geography(config), config, config.seed, 0, parallelism);
}

}  // namespace spillway
