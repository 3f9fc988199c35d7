#include "tools/studies/profiles.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "engine/base/statistics.hpp"
#include "engine/config/config_tree.hpp"

namespace spillway::studies {

namespace {

enum class By { residents, working_age, areas };
/// Which period of a series stands for it; index: totals of the panel, the first period 100.
enum class Over { last, mean, index };

/// A measure: the columns that hold it, by name; `_2019` behind a name is that year's.
struct Measure {
  const char *name, *title;
  std::vector<std::string> columns;
  By by;
  Over over;
  const char* table;  ///< the public table that would fill it
};

const std::vector<Measure>& measures() {
  static const std::vector<Measure> all = {
      {"growth",
       "Growth of output, mean of areas",
       {"growth", "gva_growth"},
       By::areas,
       Over::mean,
       "ONS, UK small area gross value added (GVA) estimates (LSOA, yearly)"},
      {"output_index",
       "Output in all, first period = 100",
       {"gva"},
       By::areas,
       Over::index,
       "ONS, UK small area gross value added (GVA) estimates (LSOA, yearly)"},
      {"output_per_head",
       "Output (GVA) per resident",
       {"gva_per_head"},
       By::residents,
       Over::last,
       "ONS, UK small area gross value added (GVA) estimates (LSOA, yearly)"},
      {"income_growth",
       "Growth of household income, mean of areas",
       {"income_growth"},
       By::areas,
       Over::mean,
       "ONS, regional gross disposable household income (local authorities, yearly)"},
      {"income_index",
       "Household income in all, first period = 100",
       {"gdhi"},
       By::areas,
       Over::index,
       "ONS, regional gross disposable household income (local authorities, yearly)"},
      {"income_per_head",
       "Household income per resident",
       {"gdhi_per_head", "income_per_head"},
       By::residents,
       Over::last,
       "ONS, regional gross disposable household income (local authorities, yearly)"},
      {"productivity",
       "Output per hour worked",
       {"gva_per_hour"},
       By::areas,
       Over::last,
       "ONS, subregional productivity (local authorities, yearly)"},
      {"job_density",
       "Jobs per resident of working age",
       {"job_density", "jobs_per_resident"},
       By::working_age,
       Over::last,
       "ONS, Business Register and Employment Survey (Nomis; jobs by LSOA), over mid-year residents of 16 to "
       "64"},
      {"employment",
       "Residents in work, of working age",
       {"employment_rate"},
       By::working_age,
       Over::last,
       "ONS, Census 2021 TS066 economic activity status (LSOA)"},
      {"inactivity",
       "Economically inactive, of working age",
       {"inactivity_rate", "inactivity"},
       By::working_age,
       Over::last,
       "ONS, Census 2021 TS066 economic activity status (LSOA)"},
      {"ill_health",
       "Out of work through ill health",
       {"ill_health_rate", "long_term_sick"},
       By::working_age,
       Over::last,
       "ONS, Census 2021 TS066 economic activity status, long-term sick or disabled (LSOA)"},
      {"benefits",
       "On working-age benefits",
       {"benefits_rate", "benefit_rate"},
       By::working_age,
       Over::last,
       "DWP, Stat-Xplore, benefit combinations of working age (LSOA, quarterly)"},
      {"employment_deprivation",
       "Kept out of work (employment domain)",
       {"employment_deprivation"},
       By::residents,
       Over::last,
       "MHCLG, English Indices of Deprivation 2025, file 5 scores (LSOA)"},
      {"income_deprivation",
       "On low income (income domain)",
       {"income_deprivation"},
       By::residents,
       Over::last,
       "MHCLG, English Indices of Deprivation 2025, file 5 scores (LSOA)"},
      {"deprivation",
       "Score of the Index of Multiple Deprivation",
       {"imd_score"},
       By::residents,
       Over::last,
       "MHCLG, English Indices of Deprivation 2025, file 5 scores (LSOA)"},
      {"occupations",
       "Managers and professionals, of those in work",
       {"professional_share", "managers_professionals"},
       By::working_age,
       Over::last,
       "ONS, Census 2021 TS063 occupation (LSOA)"},
      {"part_time",
       "Part-time, of those in work",
       {"part_time_share", "part_time"},
       By::working_age,
       Over::last,
       "ONS, Census 2021 TS059 hours worked (LSOA)"},
      {"turnover",
       "Residents who moved in within a year",
       {"population_turnover", "turnover"},
       By::residents,
       Over::last,
       "ONS, Census 2021 TS019 migrant indicator (LSOA)"},
      {"internet",
       "Least engaged with the internet",
       {"internet_least_engaged", "internet"},
       By::residents,
       Over::last,
       "Geographic Data Service (CDRC), Internet User Classification (LSOA)"},
      {"life_expectancy",
       "Life expectancy at birth",
       {"life_expectancy"},
       By::residents,
       Over::last,
       "ONS and OHID (Fingertips, Local Health), life expectancy at birth (MSOA)"},
      {"crime",
       "Drug offences",
       {"drug_crime_rate"},
       By::residents,
       Over::last,
       "police.uk, street-level crime (LSOA, monthly)"},
      {"turnout",
       "Turnout at a general election",
       {"turnout"},
       By::residents,
       Over::last,
       "House of Commons Library, general election results (constituency)"},
      {"grants",
       "Grants, all years",
       {"grants_per_head"},
       By::residents,
       Over::last,
       "360Giving GrantNav, grants by recipient's place"},
      {"lottery",
       "Lottery grants, all years",
       {"lottery_per_head"},
       By::residents,
       Over::last,
       "360Giving GrantNav, National Lottery Community Fund"},
      {"assets",
       "Community-owned assets",
       {"community_assets_per_1000"},
       By::residents,
       Over::last,
       "none in the open; OCSI's Community Needs Index holds a score (civic_assets_lack) on request"},
      {"assets_lack",
       "Lack of civic assets (Community Needs Index)",
       {"civic_assets_lack"},
       By::residents,
       Over::last,
       "OCSI / Local Trust, Community Needs Index 2023 (LSOA; on request, not openly licensed)"},
      {"buses",
       "Public transport runs a week",
       {"bus_runs"},
       By::areas,
       Over::last,
       "ITS Leeds from public timetables (Bus Open Data Service), runs by LSOA"},
  };
  return all;
}

/// A column as values by period: one with the label "", where the pack says none.
struct Series {
  std::string unit, price_base, column;
  std::vector<std::string> periods;
  std::vector<const double*> value;  ///< by period, one number an area
};

bool numbers_in(const Table& table, const std::string& name) {
  const Column* column = table.find(name);
  return column != nullptr && column->kind == ColumnKind::number;
}

void add_panel(Series& series, const PanelVariable& variable, const Panel& panel) {
  series.unit = variable.unit, series.price_base = variable.price_base;
  for (Eigen::Index t = 0; t < variable.value.cols(); ++t) {
    if (variable.value.col(t).array().isNaN().all()) continue;
    series.periods.push_back(std::to_string(panel.periods[static_cast<std::size_t>(t)]));
    series.value.push_back(variable.value.col(t).data());
  }
}

/// The pack's values of a column: of its panel, else its areas' with the years that names end in.
Series series_of(const DataPack& pack, const std::string& name) {
  Series series;
  series.column = name;
  if (const PanelVariable* variable = pack.panel.find(name)) add_panel(series, *variable, pack.panel);
  if (!series.value.empty()) return series;
  std::map<std::string, const Column*> years;
  for (const Column& column : pack.areas.columns) {
    const std::string& full = column.name;
    if (column.kind != ColumnKind::number || !full.starts_with(name) || full.size() != name.size() + 5 ||
        full[name.size()] != '_')
      continue;
    const std::string year = full.substr(name.size() + 1);
    if (std::all_of(year.begin(), year.end(), [](char c) { return c >= '0' && c <= '9'; }))
      years[year] = &column;
  }
  // A column without a year is of no stated one; beside columns with years it stands alone.
  if (numbers_in(pack.areas, name)) years = {{"", pack.areas.find(name)}};
  for (const auto& [year, column] : years) {
    series.unit = column->unit, series.price_base = column->price_base;
    series.periods.push_back(year);
    series.value.push_back(column->number.data());
  }
  return series;
}

/// Areas by group: no group is -1.
struct Groups {
  std::string column;
  std::vector<std::string> names;
  std::vector<int> of_area;
};

Groups groups_of(const Table& areas, const std::string& column) {
  Groups groups;
  groups.column = column;
  groups.of_area.assign(areas.rows, -1);
  if (column.empty()) return groups;
  const Categories categories = spillway::categories(areas.at(column));
  std::map<std::string, int> place;
  for (const std::int32_t k : categories.of_row)
    if (const std::string& name = categories.names[static_cast<std::size_t>(k)]; !name.empty())
      place[name] = 0;
  for (auto& [name, k] : place) {
    k = static_cast<int>(groups.names.size());
    groups.names.push_back(name);
  }
  for (std::size_t i = 0; i < areas.rows; ++i)
    if (const std::string& name = categories.names[static_cast<std::size_t>(categories.of_row[i])];
        !name.empty())
      groups.of_area[i] = place.at(name);
  return groups;
}

struct World {
  const DataPack* pack = nullptr;
  Groups types, regions;
};

/// The measure over areas that `in` lets through.
template <typename In>
ProfileValue value_of(const double* values, const std::vector<double>* weights, std::size_t areas,
                      const In& in) {
  ProfileValue result;
  std::vector<double> there;
  double sum = 0.0;
  for (std::size_t i = 0; i < areas; ++i) {
    if (!in(i) || std::isnan(values[i])) continue;
    there.push_back(values[i]);
    const double weight = weights == nullptr ? 1.0 : (*weights)[i];
    if (std::isnan(weight)) continue;
    sum += weight * values[i];
    result.weight += weight;
  }
  result.areas = static_cast<long>(there.size());
  result.mean = result.weight > 0.0 ? sum / result.weight : std::numeric_limits<double>::quiet_NaN();
  std::sort(there.begin(), there.end());
  result.lower_quartile = sorted_quantile(there, 0.25);
  result.median = sorted_quantile(there, 0.5);
  result.upper_quartile = sorted_quantile(there, 0.75);
  return result;
}

/// All areas of a region (-1: of all regions), then each type's.
void append(std::vector<ProfileValue>& to, const World& world, const double* values,
            const std::vector<double>* weights, const std::string& period, int region) {
  for (int type = -1; type < static_cast<int>(world.types.names.size()); ++type) {
    ProfileValue value = value_of(values, weights, world.pack->areas.rows, [&](std::size_t i) {
      return (region < 0 || world.regions.of_area[i] == region) &&
             (type < 0 || world.types.of_area[i] == type);
    });
    value.period = period;
    if (region >= 0) value.region = world.regions.names[static_cast<std::size_t>(region)];
    if (type >= 0) value.type = world.types.names[static_cast<std::size_t>(type)];
    to.push_back(std::move(value));
  }
}

/// Totals as an index: each area's value over its first, 100 there, and that first value as its weight, so
/// that a mean is the index of the group's total. Areas without a value in each period, or with a first one
/// that is not above 0, have none.
struct Index {
  Series series;
  std::vector<double> first;
  std::vector<std::vector<double>> value;

  Index(const Series& totals, std::size_t areas)
      : series(totals), first(totals.value.front(), totals.value.front() + areas) {
    value.resize(totals.value.size(), std::vector<double>(areas, std::numeric_limits<double>::quiet_NaN()));
    for (std::size_t i = 0; i < areas; ++i) {
      const bool whole =
          first[i] > 0.0 && std::none_of(totals.value.begin(), totals.value.end(),
                                         [i](const double* values) { return std::isnan(values[i]); });
      for (std::size_t t = 0; whole && t < value.size(); ++t)
        value[t][i] = 100.0 * totals.value[t][i] / first[i];
    }
    for (std::size_t t = 0; t < value.size(); ++t) series.value[t] = value[t].data();
    series.unit = "first period = 100";
  }
};

/// @param first  weights of an index, in place of the measure's
ProfileMeasure measured(const World& world, const Measure& measure, const Series& series,
                        const std::vector<double>* first = nullptr) {
  const Table& areas = world.pack->areas;
  ProfileMeasure result;
  result.name = measure.name, result.title = measure.title;
  result.column = series.column, result.unit = series.unit, result.price_base = series.price_base;
  if (measure.by == By::working_age && numbers_in(areas, "population_16_64"))
    result.weighted_by = "population_16_64";
  else if (measure.by != By::areas && numbers_in(areas, "population"))
    result.weighted_by = "population";
  const std::vector<double>* weights = first != nullptr             ? first
                                       : result.weighted_by.empty() ? nullptr
                                                                    : &areas.find(result.weighted_by)->number;
  if (first != nullptr) result.weighted_by = fmt::format("{} of {}", series.column, series.periods.front());

  // The mean of an area's own periods, where that stands for the series.
  std::vector<double> means;
  const double* shown = series.value.back();
  result.period = series.periods.back();
  if (measure.over == Over::mean && series.value.size() > 1) {
    means.assign(areas.rows, std::numeric_limits<double>::quiet_NaN());
    for (std::size_t i = 0; i < areas.rows; ++i) {
      double sum = 0.0;
      long count = 0;
      for (const double* values : series.value)
        if (!std::isnan(values[i])) sum += values[i], ++count;
      if (count > 0) means[i] = sum / static_cast<double>(count);
    }
    shown = means.data();
    result.period = fmt::format("{} to {} (mean)", series.periods.front(), series.periods.back());
  }
  append(result.by_type, world, shown, weights, result.period, -1);
  for (int region = 0; region < static_cast<int>(world.regions.names.size()); ++region)
    append(result.by_region, world, shown, weights, result.period, region);
  if (series.value.size() > 1)
    for (std::size_t t = 0; t < series.value.size(); ++t)
      append(result.by_period, world, series.value[t], weights, series.periods[t], -1);
  return result;
}

std::vector<std::string> measure_names() {
  std::vector<std::string> names;
  for (const Measure& measure : measures()) names.emplace_back(measure.name);
  return names;
}

/// What the options say of columns. @throws InputError  a measure that is not known
std::map<std::string, std::string> chosen_columns(const ProfileOptions& options) {
  std::map<std::string, std::string> chosen;
  const std::vector<std::string> names = measure_names();
  for (const auto& [measure, column] : options.columns) {
    if (std::find(names.begin(), names.end(), measure) == names.end()) {
      const std::string near = nearest_word(measure, names);
      throw InputError(fmt::format("measure '{}' is not known ({})", measure,
                                   near.empty() ? fmt::format("there are {}", fmt::join(names, ", "))
                                                : fmt::format("did you mean '{}'?", near)));
    }
    if (!chosen.emplace(measure, column).second)
      throw InputError(fmt::format("measure '{}' has two columns ('{}' and '{}'); name one", measure,
                                   chosen[measure], column));
  }
  return chosen;
}

std::string cell(double value) { return std::isnan(value) ? "" : short_number(value); }
std::string full(double value) { return std::isnan(value) ? "" : fmt::format("{}", value); }

std::string described(const ProfileMeasure& measure) {
  std::string text = measure.unit;
  if (!measure.price_base.empty())
    text += measure.price_base == "current" ? ", current prices" : ", prices of " + measure.price_base;
  return text;
}

/// Of a measure in a table of its own: "Title (unit; column 'x'; 2025; mean by population)".
std::string headed(const ProfileMeasure& measure, const std::string& period) {
  std::string text = fmt::format("{} ({}; column '{}'", measure.title, described(measure), measure.column);
  if (!period.empty()) text += "; " + period;
  return text + (measure.weighted_by.empty() ? "; areas count alike)"
                                             : fmt::format("; mean by {})", measure.weighted_by));
}

std::vector<std::string> header_of(const Profiles& profiles, const std::string& first) {
  std::vector<std::string> header = {first, "all areas"};
  for (const auto& [type, areas] : profiles.types) header.push_back(type);
  return header;
}

/// Values as rows of one mean a type; they come in runs of all areas and then each type.
TextTable means(const Profiles& profiles, const ProfileMeasure& measure,
                const std::vector<ProfileValue>& values, const std::string& first,
                std::string ProfileValue::*row, const std::string& period) {
  TextTable table;
  table.title = headed(measure, period);
  table.header = header_of(profiles, first);
  for (std::size_t k = 0; k < values.size();) {
    std::vector<std::string> line = {values[k].*row};
    for (std::size_t type = 0; type <= profiles.types.size(); ++type) line.push_back(cell(values[k++].mean));
    table.rows.push_back(std::move(line));
  }
  return table;
}

}  // namespace

Profiles profiles(const DataPack& pack, const ProfileOptions& options) {
  const auto chosen = chosen_columns(options);
  World world;
  world.pack = &pack;
  const auto one_of = [&](const std::string& asked, std::initializer_list<const char*> usual) {
    if (!asked.empty()) return asked;
    for (const char* name : usual)
      if (pack.areas.find(name) != nullptr) return std::string(name);
    return std::string();
  };
  world.types = groups_of(pack.areas, one_of(options.type, {"area_type"}));
  world.regions = groups_of(pack.areas, one_of(options.region, {"region_name", "region_code"}));

  Profiles result;
  result.pack = pack.name, result.geography = pack.geography;
  result.type = world.types.column, result.region = world.regions.column;
  result.areas = static_cast<long>(pack.areas.rows);
  for (std::size_t k = 0; k < world.types.names.size(); ++k)
    result.types.emplace_back(
        world.types.names[k],
        std::count(world.types.of_area.begin(), world.types.of_area.end(), static_cast<int>(k)));
  for (const Measure& measure : measures()) {
    Series series;
    if (const auto asked = chosen.find(measure.name); asked != chosen.end()) {
      series = series_of(pack, asked->second);
      if (series.value.empty()) {
        pack.areas.numbers(asked->second);  // says what is wrong with it
        throw InputError(fmt::format("column '{}' has no value in any area", asked->second));
      }
    }
    for (std::size_t k = 0; k < measure.columns.size() && series.value.empty(); ++k)
      series = series_of(pack, measure.columns[k]);
    if (measure.over == Over::index && series.value.size() < 2) {
      if (chosen.contains(measure.name))
        throw InputError(fmt::format(
            "column '{}' has one period (an index needs a variable of the panel with two or more)",
            series.column));
      series.value.clear();
    }
    if (measure.over == Over::index && !series.value.empty()) {
      const Index index(series, pack.areas.rows);
      result.measures.push_back(measured(world, measure, index.series, &index.first));
      continue;
    }
    if (series.value.empty())
      result.missing.push_back({measure.name, measure.title, measure.table, measure.columns});
    else
      result.measures.push_back(measured(world, measure, series));
  }
  return result;
}

std::vector<TextTable> profile_tables(const Profiles& profiles) {
  std::vector<TextTable> tables;
  TextTable first;
  first.title = fmt::format("{}: {} areas ({}){}", profiles.pack, profiles.areas, profiles.geography,
                            profiles.type.empty() ? "" : fmt::format(", by {}", profiles.type));
  first.header = header_of(profiles, "measure");
  first.header.insert(first.header.end(), {"unit", "period"});
  std::vector<std::string> count = {"Areas", std::to_string(profiles.areas)};
  for (const auto& [type, areas] : profiles.types) count.push_back(std::to_string(areas));
  count.insert(count.end(), {"areas", ""});
  first.rows.push_back(std::move(count));
  for (const ProfileMeasure& measure : profiles.measures) {
    std::vector<std::string> line = {measure.title};
    for (const ProfileValue& value : measure.by_type) line.push_back(cell(value.mean));
    line.insert(line.end(), {described(measure), measure.period});
    first.rows.push_back(std::move(line));
  }
  first.notes.push_back(
      "means by residents (of working age, where a rate is theirs); growth, productivity and buses: areas "
      "count alike");
  tables.push_back(std::move(first));
  for (const ProfileMeasure& measure : profiles.measures) {
    if (!measure.by_region.empty())
      tables.push_back(
          means(profiles, measure, measure.by_region, "region", &ProfileValue::region, measure.period));
    if (!measure.by_period.empty())
      tables.push_back(means(profiles, measure, measure.by_period, "period", &ProfileValue::period, ""));
  }
  if (!profiles.missing.empty()) {
    TextTable missing;
    missing.title = "not in this pack";
    missing.header = {"measure", "name", "columns looked for", "the public table that would fill it"};
    for (const MissingMeasure& each : profiles.missing)
      missing.rows.push_back(
          {each.title, each.name, fmt::format("{}", fmt::join(each.columns, ", ")), each.table});
    tables.push_back(std::move(missing));
  }
  return tables;
}

TextTable profile_rows(const Profiles& profiles) {
  TextTable table;
  table.header = {"measure",     "title",  "column",         "unit",   "price_base",
                  "weighted_by", "period", "region",         "type",   "areas",
                  "weight",      "mean",   "lower_quartile", "median", "upper_quartile"};
  for (const ProfileMeasure& measure : profiles.measures)
    for (const auto* values : {&measure.by_type, &measure.by_region, &measure.by_period})
      for (const ProfileValue& value : *values)
        table.rows.push_back({measure.name, measure.title, measure.column, measure.unit, measure.price_base,
                              measure.weighted_by, value.period, value.region, value.type,
                              std::to_string(value.areas), full(value.weight), full(value.mean),
                              full(value.lower_quartile), full(value.median), full(value.upper_quartile)});
  return table;
}

nlohmann::ordered_json profiles_json(const Profiles& profiles) {
  using json = nlohmann::ordered_json;
  const auto values_json = [](const std::vector<ProfileValue>& values) {
    json list = json::array();
    for (const ProfileValue& value : values)
      list.push_back({{"period", value.period},
                      {"region", value.region},
                      {"type", value.type},
                      {"areas", value.areas},
                      {"weight", value.weight},
                      {"mean", value.mean},
                      {"lower_quartile", value.lower_quartile},
                      {"median", value.median},
                      {"upper_quartile", value.upper_quartile}});
    return list;
  };
  json types = json::array(), measures = json::array(), missing = json::array();
  for (const auto& [type, areas] : profiles.types) types.push_back({{"type", type}, {"areas", areas}});
  for (const ProfileMeasure& measure : profiles.measures)
    measures.push_back({{"name", measure.name},
                        {"title", measure.title},
                        {"column", measure.column},
                        {"unit", measure.unit},
                        {"price_base", measure.price_base},
                        {"weighted_by", measure.weighted_by},
                        {"period", measure.period},
                        {"by_type", values_json(measure.by_type)},
                        {"by_region", values_json(measure.by_region)},
                        {"by_period", values_json(measure.by_period)}});
  for (const MissingMeasure& each : profiles.missing)
    missing.push_back(
        {{"name", each.name}, {"title", each.title}, {"columns", each.columns}, {"table", each.table}});
  return {{"pack", profiles.pack},     {"geography", profiles.geography},
          {"areas", profiles.areas},   {"type", profiles.type},
          {"region", profiles.region}, {"types", types},
          {"measures", measures},      {"missing", missing}};
}

}  // namespace spillway::studies
