#include "engine/run/backcast.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <type_traits>

#include "engine/base/constants.hpp"
#include "engine/base/statistics.hpp"
#include "engine/base/streams.hpp"
#include "engine/draw/distribution.hpp"
#include "engine/policy/deflator_years.hpp"

namespace spillway {

namespace {

constexpr Eigen::Index fewest_before = 5;  // outcomes before the start: a lag, and four periods to fit

InputError at_key(const RunConfig& config, const std::string& key, const std::string& value,
                  const std::string& what) {
  return InputError(std::vector<Fault>{fault_of_key(config, "backcast." + key, value, what)});
}

/// The pack with its panel up to, and without, column `count`.
DataPack up_to(DataPack pack, Eigen::Index count) {
  pack.panel.periods.resize(static_cast<std::size_t>(count));
  for (PanelVariable& variable : pack.panel.variables) variable.value = variable.value.leftCols(count).eval();
  return pack;
}

const PanelModel& forecasting_model(const RunConfig& config, const std::string& name) {
  for (const ModelConfig& model : config.models)
    if (const auto* panel = std::get_if<PanelModel>(&model); panel && panel->name == name) return *panel;
  throw InputError(
      fmt::format("{}: no [[model]] of kind spatial_lag_panel to forecast with", config.file.string()));
}

void check_model(const RunConfig& config, const PanelModel& model) {
  const auto refuse = [&](const std::string& what) { throw at_key(config, "model", model.name, what); };
  if (!model.covariates.empty() || !model.predetermined.empty())
    refuse("has covariates, whose values after the start nobody knew before it; name a model without");
  if (model.own_lags != 1)
    refuse("has lags of two periods, which the forecast does not carry; name a model with one");
  if (!model.headline) refuse("has no headline; say which estimator forecasts");
  if (config.bootstrap_cluster.empty())
    throw InputError(
        fmt::format("{}: bootstrap.cluster is missing (bands come from replicates; name a column, "
                    "for example \"lad_code\")",
                    config.file.string()));
}

/// Strata and neighbours of the forecast areas, with the columns to match on.
void set_likeness(const RunConfig& config, const BackcastConfig& options, BackcastSetting& setting) {
  const Table& areas = setting.past.pack.areas;
  const auto n = static_cast<std::size_t>(setting.panel.y.rows());
  LikeAreas& like = setting.like;
  like.stratum.assign(n, 0);
  if (!options.like.empty()) {
    if (!areas.find(options.like))
      throw at_key(config, "like", options.like, "is no column of areas of the pack");
    const Categories all = categories(*areas.find(options.like));
    for (std::size_t r = 0; r < n; ++r) {
      const auto k = all.of_row[static_cast<std::size_t>(setting.panel.area[r])];
      like.stratum[r] = k < 0 || all.names[static_cast<std::size_t>(k)].empty() ? -1 : k;
    }
  }
  setting.match_on.resize(static_cast<Eigen::Index>(n), static_cast<Eigen::Index>(options.match_on.size()));
  for (std::size_t k = 0; k < options.match_on.size(); ++k) {
    if (!areas.find(options.match_on[k]))
      throw at_key(config, "match_on", options.match_on[k], "is no column of areas of the pack");
    const auto& value = areas.numbers(options.match_on[k]);
    for (std::size_t r = 0; r < n; ++r)
      setting.match_on(static_cast<Eigen::Index>(r), static_cast<Eigen::Index>(k)) =
          value[static_cast<std::size_t>(setting.panel.area[r])];
  }
  long unseen = 0, without = 0;
  for (std::size_t r = 0; r < n; ++r) {
    const auto row = static_cast<Eigen::Index>(r);
    if (!setting.observed.row(row).allFinite()) {
      like.stratum[r] = -1;
      ++unseen;
    } else if (setting.match_on.cols() > 0 && !setting.match_on.row(row).allFinite()) {
      like.stratum[r] = -1;
      ++without;
    }
  }
  if (unseen > 0)
    setting.notes.push_back(fmt::format(
        "{} areas have no outcome in some period from the start on: forecast, but compared with nothing",
        unseen));
  if (without > 0)
    setting.notes.push_back(fmt::format("{} areas lack a column of match_on: like no other", without));
  like.neighbours = neighbours_of(setting.panel.weights);
  like.touched.assign(n, 0);
}

/// Rows of the panel for the programme's places; what they touch.
void set_places(const BackcastConfig& options, BackcastSetting& setting) {
  std::map<int, int> row_of;
  for (std::size_t r = 0; r < setting.panel.area.size(); ++r)
    row_of[setting.panel.area[r]] = static_cast<int>(r);
  const ProgrammeMoney& money = *setting.money;
  long left_out = 0;
  for (const int area : money.places) {
    const auto found = row_of.find(area);
    if (found == row_of.end()) {
      ++left_out;
      continue;
    }
    // A place touches its neighbours whether it can be compared or not.
    const auto r = static_cast<std::size_t>(found->second);
    setting.like.touched[r] = 1;
    for (const int j : setting.like.neighbours[r]) setting.like.touched[static_cast<std::size_t>(j)] = 1;
    if (setting.like.stratum[r] < 0)
      ++left_out;
    else
      setting.places.push_back(found->second);
  }
  std::sort(setting.places.begin(), setting.places.end());
  if (left_out > 0)
    setting.notes.push_back(
        fmt::format("{} of {} places of the programme cannot be compared and are left out", left_out,
                    money.places.size()));
  if (setting.places.size() < 2)
    throw InputError(fmt::format(
        "{}: {} place(s) of the programme can be compared (needs two: the others are no areas of model '{}', "
        "were not observed throughout, or lack a column of match_on)",
        options.programme, setting.places.size(), setting.panel.model));
}

/// Placebos need room: like areas that nothing was done in or next to.
void check_room(const RunConfig& config, const BackcastSetting& setting) {
  std::map<std::int32_t, std::pair<long, long>> count;  // places, untouched
  for (const int i : setting.places) ++count[setting.like.stratum[static_cast<std::size_t>(i)]].first;
  for (std::size_t r = 0; r < setting.like.stratum.size(); ++r)
    if (!setting.like.touched[r] && setting.like.stratum[r] >= 0) ++count[setting.like.stratum[r]].second;
  long untouched = 0;
  for (const auto& [stratum, both] : count) {
    untouched += both.second;
    const std::string value = setting.options.like.empty()
                                  ? ""
                                  : categories(*setting.past.pack.areas.find(setting.options.like))
                                        .names[static_cast<std::size_t>(stratum)];
    if (both.second < 2 * both.first)
      throw at_key(
          config, "like", setting.options.like,
          fmt::format("leaves {} areas{} that neither had money nor border on a place that had, for {} "
                      "places; placebos need twice as many: name a coarser column, or \"\" for any area",
                      both.second, value.empty() ? "" : " of '" + value + "'", both.first));
  }
  if (!setting.money && untouched < 2L * setting.options.places)
    throw at_key(config, "places", std::to_string(setting.options.places),
                 fmt::format("is more than half of the {} areas that can be compared", untouched));
}

/// The programme's pounds up to `last` as pounds of the price base year; the sentence that says so.
/// @throws InputError  years without a deflator, all at once, each at the first line that has one
std::string in_base_year_pounds(const RunConfig& config, const BackcastConfig& options, int last,
                                Programme& programme) {
  if (options.price_year == "base")
    return fmt::format("prices: the programme's pounds count as pounds of {}", config.price_base_year);
  const Deflators series = deflators(config);
  if (options.price_year != "cash") {
    double factor = 0.0;
    try {
      factor = series.ratio(std::stoi(options.price_year), config.price_base_year);
    } catch (const InputError& missing) {
      throw at_key(config, "price_year", options.price_year, missing.what());
    }
    for (ProgrammeSpend& row : programme.spend) row.gbp *= factor;
    return fmt::format(
        "prices: the programme's pounds are of {}, brought to pounds of {} times {:.6g} ({}, {})",
        options.price_year, config.price_base_year, factor, series.name, series.edition);
  }
  const auto counts = [&](const ProgrammeSpend& row) { return row.gbp > 0.0 && row.year <= last; };
  std::vector<int> years = {config.price_base_year};
  for (const ProgrammeSpend& row : programme.spend)
    if (counts(row)) years.push_back(row.year);
  const std::vector<int> lacking = missing_years(series, years);
  if (!lacking.empty()) {
    std::string what;
    try {
      require_years(series, years);
    } catch (const InputError& missing) {
      what = missing.what();
    }
    const auto first = std::find_if(programme.spend.begin(), programme.spend.end(), [&](const auto& row) {
      return counts(row) && std::binary_search(lacking.begin(), lacking.end(), row.year);
    });
    if (first == programme.spend.end()) throw InputError("appraisal.price_base_year: " + what);
    throw InputError(fmt::format(
        "{}:{}: column 'year': value '{}': the programme's pounds are cash of their years, and {}; "
        "backcast.price_year = \"base\" reads them as pounds of {}",
        programme.file.string(), first->line, first->year, what, config.price_base_year));
  }
  double before = 0.0, after = 0.0;
  for (ProgrammeSpend& row : programme.spend) {
    if (!counts(row)) continue;
    before += row.gbp;
    row.gbp *= series.ratio(row.year, config.price_base_year);
    after += row.gbp;
  }
  std::sort(years.begin(), years.end());
  years.erase(std::unique(years.begin(), years.end()), years.end());
  std::erase_if(years, [&](int year) {
    return std::none_of(programme.spend.begin(), programme.spend.end(),
                        [&](const ProgrammeSpend& row) { return counts(row) && row.year == year; });
  });
  return fmt::format("prices: the programme's GBP {:.0f}, cash of {}, are GBP {:.0f} of {} ({}, {})", before,
                     years_in_words(years), after, config.price_base_year, series.name, series.edition);
}

}  // namespace

BackcastSetting backcast_setting(const RunConfig& config, const BackcastConfig& options, DataPack pack) {
  BackcastSetting setting;
  setting.options = options;
  const PanelModel model = forecasting_model(config, options.model);
  check_model(config, model);
  setting.config = config;
  setting.config.models = {model};
  setting.config.scenarios.clear();
  const Panel panel = pack.panel;
  const Eigen::MatrixXd outcome = panel.at(model.outcome).value;
  std::ptrdiff_t start = 0;
  if (!options.programme.empty()) {
    Programme programme = read_programme(options.programme);
    setting.notes.push_back(in_base_year_pounds(config, options, panel.periods.back(), programme));
    if (std::none_of(pack.inputs.begin(), pack.inputs.end(),
                     [&](const InputFile& file) { return file.path == options.programme; }))
      pack.inputs.push_back({options.programme, "programme", programme.sha256, "", "", ""});
    setting.money = programme_money(programme, pack.areas.at("area_code"), panel.periods);
    start = setting.money->start;
    if (setting.money->after > 0.0)
      setting.notes.push_back(
          fmt::format("GBP {:.0f} were spent after {}, the last period, and are not counted",
                      setting.money->after, panel.periods.back()));
  } else {
    const auto found = std::lower_bound(panel.periods.begin(), panel.periods.end(), options.start);
    if (found == panel.periods.end())
      throw at_key(config, "start", std::to_string(options.start),
                   fmt::format("is after the last period, {}", panel.periods.back()));
    start = found - panel.periods.begin();
  }
  // The outcome's own last period: what comes after it was not observed.
  Eigen::Index last = outcome.cols() - 1, first = 0;
  const auto seen = [&](Eigen::Index t) { return outcome.col(t).array().isFinite().any(); };
  while (last >= 0 && !seen(last)) --last;
  while (first < last && !seen(first)) ++first;
  if (start - first < fewest_before || start > last)
    throw InputError(fmt::format(
        "the {} starts in {}, with {} periods of '{}' before it and {} from it on (a forecast needs {} "
        "before "
        "and one after)",
        setting.money ? "programme" : "study of placebos", panel.periods[static_cast<std::size_t>(start)],
        std::max<std::ptrdiff_t>(0, start - first), model.outcome,
        std::max<std::ptrdiff_t>(0, last + 1 - start), fewest_before));
  setting.past = make_inputs(setting.config, up_to(std::move(pack), start));
  setting.panel = panel_data(model, setting.config, setting.past.pack, setting.past.weights);
  if (setting.panel.seen.size() > 0)
    throw InputError(fmt::format(
        "model '{}': a backcast goes on from every area's last values, and missing = \"drop_rows\" leaves "
        "gaps (use \"drop_areas\", or \"impute\" where outcomes alone are missing)",
        model.name));
  if (setting.panel.periods.back() != panel.periods[static_cast<std::size_t>(start - 1)])
    throw InputError(
        fmt::format("outcome '{}' is not seen in {}, the period before the start (a forecast goes "
                    "on from it)",
                    model.outcome, panel.periods[static_cast<std::size_t>(start - 1)]));
  setting.ahead.assign(panel.periods.begin() + start, panel.periods.begin() + last + 1);
  const auto n = setting.panel.y.rows();
  const auto ahead = static_cast<Eigen::Index>(setting.ahead.size());
  setting.observed.resize(n, ahead);
  for (Eigen::Index r = 0; r < n; ++r)
    setting.observed.row(r) =
        outcome.row(setting.panel.area[static_cast<std::size_t>(r)]).segment(start, ahead);
  set_likeness(config, options, setting);
  if (setting.money) set_places(options, setting);
  check_room(config, setting);
  if (setting.money && !options.effect.values.empty()) {
    const auto& people = setting.past.pack.areas.numbers("population");
    const Eigen::Map<const Eigen::VectorXd> population(people.data(),
                                                       static_cast<Eigen::Index>(people.size()));
    const Eigen::MatrixXd stock =
        stock_a_head(*setting.money, population, setting.past.pack.areas.at("area_code"));
    setting.effect.emplace();
    setting.effect->spread =
        options.spread == "none" ? BackEffect::Spread::none : BackEffect::Spread::propagated;
    setting.effect->stock.resize(n, ahead);
    for (Eigen::Index r = 0; r < n; ++r)
      setting.effect->stock.row(r) =
          stock.row(setting.panel.area[static_cast<std::size_t>(r)]).segment(start, ahead);
  }
  return setting;
}

namespace {

/// rho by type and phi of the estimate and of its draws; a model without a lag has zeros.
BackSpread spread_of(const PanelData& panel, const Estimate& estimate, const DrawSet& draws,
                     const std::vector<int>& chosen) {
  const std::string prefix = estimate.model + "/" + estimate.estimator + "/";
  const auto count = static_cast<Eigen::Index>(chosen.size());
  BackSpread spread;
  spread.phi_draws.setZero(count);
  const auto take = [&](const std::string& name, double& point, auto&& into) {
    const Eigen::Index k = estimate.find(name), row = draws.find(prefix + name);
    if (k < 0) return false;
    point = estimate.coefficients(k);
    for (Eigen::Index d = 0; d < count; ++d)
      into(d) = row < 0 ? point : draws.value(row, chosen[static_cast<std::size_t>(d)]);
    return true;
  };
  take("previous", spread.phi, [&](Eigen::Index d) -> double& { return spread.phi_draws[d]; });
  const auto types = static_cast<Eigen::Index>(std::max<std::size_t>(1, panel.type_names.size()));
  spread.rho.setZero(types);
  spread.rho_draws.setZero(types, count);
  bool lagged = false;
  for (Eigen::Index t = 0; t < types; ++t) {
    const auto draw = [&](Eigen::Index d) -> double& { return spread.rho_draws(t, d); };
    if (take("lag", spread.rho[t], draw)) {
      lagged = true;
    } else if (static_cast<std::size_t>(t) < panel.type_names.size()) {
      lagged = take("lag:" + panel.type_names[static_cast<std::size_t>(t)], spread.rho[t], draw) || lagged;
    }
  }
  if (!lagged) spread.rho.resize(0), spread.rho_draws.resize(0, count);
  return spread;
}

/// Type by region, numbered: whose mean an area's own is shrunk towards.
std::vector<std::int32_t> shrinking_groups(const Inputs& inputs, const PanelData& panel) {
  Categories region;
  if (const Column* column = inputs.pack.areas.find("region_code")) region = categories(*column);
  std::map<std::pair<std::int32_t, std::int32_t>, std::int32_t> number;
  std::vector<std::int32_t> group;
  for (const int area : panel.area) {
    const auto i = static_cast<std::size_t>(area);
    const std::pair key{inputs.types.of_row[i], region.of_row.empty() ? 0 : region.of_row[i]};
    group.push_back(number.emplace(key, static_cast<std::int32_t>(number.size())).first->second);
  }
  return group;
}

std::vector<double> mean_over(const Eigen::MatrixXf& draws, const std::vector<int>& rows) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(draws.rows());
  for (const int r : rows) sum += draws.col(r).cast<double>();
  sum /= static_cast<double>(rows.size());
  return {sum.begin(), sum.end()};
}

double mean_over(const Eigen::VectorXd& value, const std::vector<int>& rows) {
  double sum = 0.0;
  for (const int r : rows) sum += value[r];
  return sum / static_cast<double>(rows.size());
}

Eigen::MatrixXd bands(const Eigen::MatrixXd& path) {
  Eigen::MatrixXd result(path.cols(), 3);
  for (Eigen::Index h = 0; h < path.cols(); ++h) {
    std::vector<double> draws(path.col(h).begin(), path.col(h).end());
    std::sort(draws.begin(), draws.end());
    result.row(h) << sorted_quantile(draws, 0.05), sorted_quantile(draws, 0.5), sorted_quantile(draws, 0.95);
  }
  return result;
}

void count_pit(std::vector<long>& tenths, double pit) {
  tenths.resize(10, 0);
  ++tenths[static_cast<std::size_t>(std::min(9.0, std::floor(10.0 * pit)))];
}

BackcastGroup::ByArea by_area(const std::vector<ForecastScore>& scores, const std::vector<int>& rows) {
  BackcastGroup::ByArea result;
  const auto n = static_cast<double>(rows.size());
  for (const int r : rows) {
    const ForecastScore& one = scores[static_cast<std::size_t>(r)];
    result.within_90 += (one.within_90() ? 1.0 : 0.0) / n;
    result.within_50 += (one.within_50() ? 1.0 : 0.0) / n;
    result.absolute_error += std::abs(one.error()) / n;
    result.crps += one.crps / n;
    count_pit(result.pit, one.pit);
  }
  return result;
}

PlaceboSpread spread_over(std::vector<double> values) {
  PlaceboSpread result;
  const auto n = static_cast<double>(values.size());
  for (const double one : values) result.mean += one / n;
  for (const double one : values) result.sd += (one - result.mean) * (one - result.mean) / (n - 1.0);
  result.sd = std::sqrt(result.sd);
  std::sort(values.begin(), values.end());
  result.p5 = sorted_quantile(values, 0.05);
  result.p95 = sorted_quantile(values, 0.95);
  return result;
}

/// Sets of areas that groups stand for, places first where there are any.
std::vector<std::pair<std::string, std::vector<int>>> sets_of(const BackcastSetting& setting) {
  const LikeAreas& like = setting.like;
  std::vector<std::uint8_t> place(like.stratum.size(), 0);
  for (const int i : setting.places) place[static_cast<std::size_t>(i)] = 1;
  std::vector<int> neighbours, untouched, all;
  for (std::size_t r = 0; r < place.size(); ++r) {
    if (like.stratum[r] < 0) continue;
    all.push_back(static_cast<int>(r));
    if (like.touched[r] && !place[r]) neighbours.push_back(static_cast<int>(r));
    const bool alike =
        setting.places.empty() || std::any_of(setting.places.begin(), setting.places.end(), [&](int i) {
          return like.stratum[static_cast<std::size_t>(i)] == like.stratum[r];
        });
    if (!like.touched[r] && alike) untouched.push_back(static_cast<int>(r));
  }
  std::vector<std::pair<std::string, std::vector<int>>> sets;
  if (!setting.places.empty()) sets.emplace_back("places", setting.places);
  if (!setting.places.empty()) sets.emplace_back("like areas", untouched);
  if (!neighbours.empty()) sets.emplace_back("neighbours", neighbours);
  sets.emplace_back("all areas", all);
  return sets;
}

/// What a placebo's patches are like: the programme's, or so many of `patch` areas around random ones.
std::vector<std::vector<int>> placebo_patches(const BackcastSetting& setting, std::uint64_t number) {
  if (setting.money) return patches_of(setting.like, setting.places);
  constexpr std::uint32_t centres = 4;  // beside the parts of matched_comparison.cpp
  Stream stream(setting.config.seed, Purpose::backcast, number, centres);
  std::vector<int> room;
  for (std::size_t r = 0; r < setting.like.stratum.size(); ++r)
    if (setting.like.stratum[r] >= 0) room.push_back(static_cast<int>(r));
  std::vector<std::vector<int>> patches;
  for (int left = setting.options.places; left > 0; left -= setting.options.patch)
    patches.emplace_back(static_cast<std::size_t>(std::min(left, setting.options.patch)),
                         room[stream.below(static_cast<std::uint32_t>(room.size()))]);
  return patches;
}

void run_placebos(const BackcastSetting& setting, const BackForecast& forecast, const Eigen::VectorXd& total,
                  const Eigen::VectorXd& error, Parallelism parallelism, Ranks& ranks, Backcast& result) {
  const auto count = static_cast<std::ptrdiff_t>(setting.options.placebos);
  std::vector<Placebo> all(static_cast<std::size_t>(count));
  std::vector<std::uint8_t> found(all.size(), 0);
  const Share mine = ranks.share(count);
  for_each_block(mine.size(), 1, parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    const auto number = static_cast<std::uint64_t>(mine.first + k);
    const std::vector<int> places =
        placebo_places(setting.like, placebo_patches(setting, number), setting.config.seed, number);
    if (places.empty()) return;
    Placebo placebo;
    std::vector<double> draws = mean_over(forecast.nothing, places);
    placebo.forecast = score(draws, mean_over(total, places));
    placebo.matched = matched_difference(match(setting.like, places, setting.options.matches), places, error);
    all[number] = placebo;
    found[number] = placebo.matched.places > 1 ? 1 : 0;
  });
  static_assert(std::is_trivially_copyable_v<Placebo>);
  ranks.complete(all.data(), edges_of_shares(ranks, count, 1, count));
  ranks.complete(found.data(), edges_of_shares(ranks, count, 1, count));
  std::vector<double> errors, matched;
  for (std::size_t k = 0; k < all.size(); ++k) {
    if (found[k] == 0) {
      ++result.without_room;
      continue;
    }
    result.placebos.push_back(all[k]);
    errors.push_back(all[k].forecast.error());
    matched.push_back(all[k].matched.mean);
  }
  const auto n = static_cast<double>(result.placebos.size());
  if (n < 19.0)
    throw NumericalError(
        fmt::format("{} of {} placebo programmes found room and matches (needs 19: name a "
                    "coarser column in backcast.like)",
                    result.placebos.size(), count));
  result.placebo_error = spread_over(errors);
  result.placebo_matched = spread_over(matched);
  double as_much = 1.0;
  for (const Placebo& one : result.placebos) {
    result.placebo_within_90 += (one.forecast.within_90() ? 1.0 : 0.0) / n;
    result.placebo_crps += one.forecast.crps / n;
    result.pairs_reject += (std::abs(one.matched.mean) > 1.959964 * one.matched.pairs_error ? 1.0 : 0.0) / n;
    count_pit(result.placebo_pit, one.forecast.pit);
    as_much += std::abs(one.matched.mean) >= std::abs(result.difference.mean) ? 1.0 : 0.0;
  }
  result.p = as_much / (n + 1.0);
  result.low = result.difference.mean - result.placebo_matched.p95;
  result.high = result.difference.mean - result.placebo_matched.p5;
}

}  // namespace

Backcast backcast(BackcastSetting setting, const StageRunner& stage, const UnitWork& work,
                  Parallelism parallelism) {
  Backcast result;
  result.notes = setting.notes;
  result.outcome = setting.panel.outcome;
  result.unit = (setting.panel.outcome_unit.empty() ? "1" : setting.panel.outcome_unit) + ", summed";
  result.last_seen = setting.panel.periods.back();
  result.start = setting.ahead.front();
  result.end = setting.ahead.back();
  result.periods = setting.ahead;
  const PanelData& panel = setting.panel;
  const auto n = panel.y.rows();

  std::vector<ModelFits> models;
  DrawSet draws;
  const Fit* headline = nullptr;
  stage("model", [&] {
    models.push_back(fit_model(setting.config.models.front(), setting.config, setting.past, parallelism));
  });
  stage("draws", [&] {
    draws = replicate(models, setting.config, setting.past, parallelism, work);
    headline = models.front().headline();
    if (!headline)
      throw NumericalError(fmt::format(
          "model '{}': the headline '{}' is refused on the data up to {}, and no fallback stands (set "
          "headline_fallback, or a later start)",
          panel.model, name_of(*common(setting.config.models.front()).headline), result.last_seen));
  });
  const std::vector<int> chosen = draws.usable(setting.config.draws);
  result.model = headline->estimate.model;
  result.estimator = headline->estimate.estimator;
  result.draws = static_cast<long>(chosen.size());
  result.failed_replicates = draws.failed();
  for (const std::string& warning : headline->estimate.warnings) result.notes.push_back("model: " + warning);

  const auto sets = sets_of(setting);
  BackForecast forecast;
  stage("forecast", [&] {
    const double bytes =
        4.0 * static_cast<double>(n) * static_cast<double>(result.draws) * (setting.effect ? 2.0 : 1.0);
    if (setting.config.memory_gb > 0.0 && bytes > 1e9 * setting.config.memory_gb)
      throw InputError(
          fmt::format("run.memory_gb is {:g}, but the draws of every area's forecast take {:.2f} GB "
                      "(raise it, or lower bootstrap.draws)",
                      setting.config.memory_gb, 1e-9 * bytes));
    if (setting.effect)
      setting.effect->effect =
          sample({"backcast.effect"}, {setting.options.effect}, {}, result.draws, setting.config.seed).col(0);
    std::vector<std::vector<int>> rows;
    for (const auto& [name, set] : sets) rows.push_back(set);
    forecast =
        back_forecast(panel, spread_of(panel, headline->estimate, draws, chosen),
                      shrinking_groups(setting.past, panel), static_cast<int>(setting.ahead.size()),
                      setting.effect ? &*setting.effect : nullptr, rows, setting.config.seed, parallelism);
    result.kept = forecast.kept;
  });

  const Eigen::VectorXd total = setting.observed.rowwise().sum();
  Eigen::VectorXd error(n);
  stage("scores", [&] {
    result.nothing.resize(static_cast<std::size_t>(n));
    if (setting.effect) result.with.resize(static_cast<std::size_t>(n));
    for_each_block(n, 64, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
      for (std::ptrdiff_t r = from; r < to; ++r) {
        std::vector<double> value = mean_over(forecast.nothing, {static_cast<int>(r)});
        ForecastScore& one = result.nothing[static_cast<std::size_t>(r)];
        one = score(value, total[r]);
        error[r] = one.error();
        if (setting.effect) {
          const Eigen::VectorXd both =
              forecast.nothing.col(r).cast<double>() + forecast.added.col(r).cast<double>();
          value.assign(both.begin(), both.end());
          result.with[static_cast<std::size_t>(r)] = score(value, total[r]);
        }
      }
    });
    for (std::size_t s = 0; s < sets.size(); ++s) {
      const auto& [name, rows] = sets[s];
      BackcastGroup group;
      group.name = name;
      group.areas = static_cast<long>(rows.size());
      std::vector<double> value = mean_over(forecast.nothing, rows);
      const double happened = mean_over(total, rows);
      if (setting.effect) {
        std::vector<double> added = mean_over(forecast.added, rows), both = value;
        for (std::size_t d = 0; d < both.size(); ++d) both[d] += added[d];
        group.with = score(both, happened);
        group.with_path = bands(forecast.path[s] + forecast.added_path[s]);
        group.by_area_with = by_area(result.with, rows);
        double mean = 0.0;
        for (const double one : value) mean += one / static_cast<double>(value.size());
        group.added = score(added, happened - mean);
      }
      group.nothing = score(value, happened);
      group.path = bands(forecast.path[s]);
      group.by_area = by_area(result.nothing, rows);
      group.observed_path.resize(static_cast<Eigen::Index>(setting.ahead.size()));
      double sum = 0.0;
      for (Eigen::Index h = 0; h < group.observed_path.size(); ++h)
        group.observed_path[h] = sum += mean_over(Eigen::VectorXd(setting.observed.col(h)), rows);
      result.groups.push_back(std::move(group));
    }
  });

  stage("placebos", [&] {
    Eigen::MatrixXd feature(n, 2 + setting.match_on.cols());
    feature << forecast.mean, panel.y.rightCols(std::min<Eigen::Index>(3, panel.y.cols())).rowwise().mean(),
        setting.match_on;
    // What an area lacks is in no comparison, and must not spoil the spread of the rest.
    for (Eigen::Index r = 0; r < n; ++r)
      for (Eigen::Index k = 0; k < feature.cols(); ++k)
        if (!std::isfinite(feature(r, k))) feature(r, k) = 0.0;
    setting.like.feature = standardised(feature);
    if (setting.money) {
      result.matched = match(setting.like, setting.places, setting.options.matches);
      result.difference = matched_difference(result.matched, setting.places, error);
    }
    run_placebos(setting, forecast, total, error, parallelism, *work.ranks, result);
  });

  const Column& code = setting.past.pack.areas.at("area_code");
  result.place.assign(static_cast<std::size_t>(n), 0);
  result.gbp = Eigen::VectorXd::Zero(n);
  for (Eigen::Index r = 0; r < n; ++r) {
    const auto area = static_cast<std::size_t>(panel.area[static_cast<std::size_t>(r)]);
    result.code.push_back(code.text(area));
    if (setting.money) result.gbp[r] = setting.money->gbp.row(static_cast<Eigen::Index>(area)).sum();
  }
  for (const int i : setting.places) result.place[static_cast<std::size_t>(i)] = 1;
  result.places = setting.places;
  return result;
}

std::string describe_backcast(const BackcastSetting& setting) {
  std::string text;
  for (const std::string& line : setting.past.description) text += line + "\n";
  text += fmt::format(
      "back-cast '{}': model '{}' on {} areas, '{}' to {}; forecast {} periods, {} to {}; {} replicates, {} "
      "draws, seed {}\n",
      setting.config.name, setting.panel.model, setting.panel.y.rows(), setting.panel.outcome,
      setting.panel.periods.back(), setting.ahead.size(), setting.ahead.front(), setting.ahead.back(),
      setting.config.replicates, setting.config.draws, setting.config.seed);
  text += setting.money
              ? fmt::format(
                    "programme '{}': {} places, GBP {:.0f} in the periods ahead; {} placebo programmes of "
                    "as many places, {} matches a place\n",
                    setting.options.programme, setting.places.size(), setting.money->gbp.sum(),
                    setting.options.placebos, setting.options.matches)
              : fmt::format("no programme: {} placebo programmes of {} places, {} matches a place\n",
                            setting.options.placebos, setting.options.places, setting.options.matches);
  for (const std::string& note : setting.notes) text += note + "\n";
  return text;
}

}  // namespace spillway
