#include "scenarios/appraisal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/base/statistics.hpp"
#include "engine/draw/distribution.hpp"

namespace spillway::scenarios {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

double overlap(double a, double b, double c, double d) {
  return std::max(0.0, std::min(b, d) - std::max(a, c));
}

/// Amounts by period as amounts by year: what a period holds is spread evenly over its years. Years after the
/// last period continue its last year at `persistence` a year.
Eigen::MatrixXd by_year(const Eigen::MatrixXd& path, double period_years, int years, double persistence) {
  Eigen::MatrixXd yearly = Eigen::MatrixXd::Zero(path.rows(), years);
  const double end = static_cast<double>(path.cols()) * period_years;
  for (int k = 0; k < years; ++k) {
    for (Eigen::Index h = 0; h < path.cols(); ++h) {
      const double from = static_cast<double>(h) * period_years;
      const double part = overlap(k, k + 1.0, from, from + period_years);
      if (part > 0.0) yearly.col(k) += path.col(h) * (part / period_years);
    }
    const double after = overlap(k, k + 1.0, end, std::max(end, k + 1.0));
    if (after > 0.0 && persistence > 0.0)
      yearly.col(k) +=
          path.col(path.cols() - 1) / period_years * (after * std::pow(persistence, k + 1.0 - end));
  }
  return yearly;
}

/// Costs by year to the programme's last pound, and over `years` at least.
Eigen::MatrixXd with_later(const AppraisalInputs& inputs, int years) {
  Eigen::MatrixXd all(inputs.cost.rows(), inputs.cost.cols() + inputs.later_cost.cols());
  all.leftCols(inputs.cost.cols()) = inputs.cost;
  if (inputs.later_cost.size() > 0) all.rightCols(inputs.later_cost.cols()) = inputs.later_cost;
  const double end = static_cast<double>(all.cols()) * inputs.period_years;
  return by_year(all, inputs.period_years, std::max(years, static_cast<int>(std::ceil(end - 1e-9))), 0.0);
}

Eigen::VectorXd present_value(const Eigen::MatrixXd& yearly, const std::vector<double>& factors) {
  return yearly *
         Eigen::Map<const Eigen::VectorXd>(factors.data(), static_cast<Eigen::Index>(factors.size()));
}

std::vector<double> finite(const Eigen::VectorXd& draws) {
  std::vector<double> values;
  values.reserve(static_cast<std::size_t>(draws.size()));
  for (const double value : draws)
    if (std::isfinite(value)) values.push_back(value);
  return values;
}

/// Of the finite draws; no sort: a switching value takes some fifty medians.
double median(const Eigen::VectorXd& draws) {
  std::vector<double> values = finite(draws);
  return values.empty() ? nothing : quantile_in_place(values, 0.5);
}

/// Benefits of v GBP a GBP of cost, spread evenly over the `life` years from the year of the cost: yearly.
Eigen::MatrixXd per_pound(const Eigen::MatrixXd& cost, const Eigen::VectorXd& value,
                          const Eigen::VectorXd& life) {
  Eigen::MatrixXd benefit = Eigen::MatrixXd::Zero(cost.rows(), cost.cols());
  for (Eigen::Index d = 0; d < cost.rows(); ++d)
    for (Eigen::Index spent = 0; spent < cost.cols(); ++spent)
      for (Eigen::Index t = spent; t < cost.cols(); ++t) {
        const auto age = static_cast<double>(t - spent);
        if (age >= life(d)) break;
        benefit(d, t) += cost(d, spent) * value(d) * overlap(age, age + 1.0, 0.0, life(d)) / life(d);
      }
  return benefit;
}

/// One line as yearly streams, before discounting.
struct Stream {
  std::string name, source;
  Firmness firmness;
  Eigen::MatrixXd local, national, weighted;
  bool health = false;
};

AppraisalColumn column(std::string name, const std::vector<BenefitLine>& lines, const Eigen::VectorXd& costs,
                       Eigen::VectorXd BenefitLine::*part, const Rulebook& book, const ValueForMoney& words) {
  AppraisalColumn made;
  made.name = std::move(name);
  made.benefits = Eigen::VectorXd::Zero(costs.size());
  made.other = made.benefits;
  for (const BenefitLine& line : lines)
    (line.firmness == Firmness::initial ? made.benefits : made.other) += line.*part;
  made.npsv = made.benefits + made.other - costs;
  // Without a line of benefits 0 / B would read as a verdict, and it is none.
  const auto ratio = [&](const Eigen::VectorXd& benefits) -> Eigen::VectorXd {
    if (lines.empty()) return Eigen::VectorXd::Constant(costs.size(), nothing);
    return (costs.array() > 0.0).select(benefits.array() / costs.array(), nothing).matrix().eval();
  };
  made.initial_bcr = ratio(made.benefits);
  made.adjusted_bcr = ratio(made.benefits + made.other);
  const Eigen::Index exist = made.adjusted_bcr.array().isFinite().count();
  if (exist == 0) {
    made.bcr_above_one = made.bcr_above_two = nothing;
    return made;
  }
  const auto share_above = [&](double threshold) {
    return static_cast<double>((made.adjusted_bcr.array() > threshold).count()) / static_cast<double>(exist);
  };
  made.bcr_above_one = share_above(1.0);
  made.bcr_above_two = share_above(2.0);
  made.band = value_for_money_band(book, words, median(made.adjusted_bcr));
  made.band_share.assign(words.bands.size(), 0.0);
  const std::vector<double> thresholds = value_for_money_thresholds(book, words);
  for (Eigen::Index d = 0; d < costs.size(); ++d) {
    if (!std::isfinite(made.adjusted_bcr(d))) continue;
    std::size_t place = 0;
    for (const double threshold : thresholds) place += made.adjusted_bcr(d) >= threshold;
    made.band_share[place] += 1.0 / static_cast<double>(exist);
  }
  return made;
}

/// "1.2", or "1.2 (0.9 to 1.5)" where it is drawn.
std::string figure(const Eigen::VectorXd& draws) {
  const Percentiles p = percentiles(draws);
  return p.p10 == p.p90 ? fmt::format("{:.4g}", p.p50)
                        : fmt::format("{:.4g} ({:.4g} to {:.4g})", p.p50, p.p10, p.p90);
}

/// What departments spend and what comes back to the Exchequer, year by year.
Exchequer exchequer_view(const AppraisalSettings& settings, const Eigen::MatrixXd& all_cost,
                         const Eigen::MatrixXd& counted_cost, const Eigen::VectorXd& fiscal,
                         const Eigen::VectorXd& life, const Eigen::VectorXd& ame,
                         const Eigen::VectorXd& cashable, const std::vector<double>& factors) {
  Exchequer view;
  view.fiscal = settings.values.contains("fiscal_per_pound");
  view.split = settings.values.contains("ame_share");
  view.cashable_known = settings.values.contains("cashable_share");
  Eigen::MatrixXd back = Eigen::MatrixXd::Zero(all_cost.rows(), all_cost.cols());
  if (view.fiscal) {
    view.assumed = assumed_return(settings);
    back.leftCols(counted_cost.cols()) = per_pound(counted_cost, fiscal, life);
  }
  for (Eigen::Index k = 0; k < all_cost.cols(); ++k) {
    ExchequerYear year;
    year.year = settings.first_year + static_cast<int>(k);
    year.cdel = settings.capital_share * all_cost.col(k);
    year.rdel = all_cost.col(k) - year.cdel;
    year.ame_saved = ame.cwiseProduct(back.col(k));
    year.receipts = back.col(k) - year.ame_saved;
    year.cashable = cashable.cwiseProduct(back.col(k));
    if (!settings.envelope.empty()) {
      const auto at = static_cast<std::size_t>(k);
      const double room = at < settings.envelope.size() ? settings.envelope[at] : 0.0;
      view.within.push_back(static_cast<double>((year.spent().array() <= room).count()) /
                            static_cast<double>(all_cost.rows()));
    }
    view.years.push_back(std::move(year));
  }
  const Eigen::VectorXd spent = present_value(all_cost, factors), returned = present_value(back, factors);
  view.present_value_net = spent - returned;
  view.returned = (spent.array() > 0.0).select(returned.array() / spent.array(), nothing);
  return view;
}

void check(const AppraisalInputs& inputs, const AppraisalSettings& settings) {
  if (inputs.groups.empty() || inputs.cost.cols() < 1)
    throw InputError(fmt::format("appraisal of '{}': {} groups over {} periods (needs at least one of each)",
                                 inputs.scenario, inputs.groups.size(), inputs.cost.cols()));
  const auto fits = [&](const AppraisalGroup& group) {
    if (group.gva.rows() != inputs.cost.rows() || group.gva.cols() != inputs.cost.cols())
      throw InputError(fmt::format(
          "appraisal of '{}': group '{}' is {} x {} but costs are {} x {} (draws x periods)", inputs.scenario,
          group.name, group.gva.rows(), group.gva.cols(), inputs.cost.rows(), inputs.cost.cols()));
  };
  for (const AppraisalGroup& group : inputs.groups) fits(group);
  if (inputs.own) fits(*inputs.own);
  if (!(inputs.period_years > 0.0))
    throw InputError(fmt::format("appraisal of '{}': a period of {} years (must be above 0)", inputs.scenario,
                                 inputs.period_years));
  const auto share = [](const char* name, double value) {
    if (!(value >= 0.0 && value <= 1.0))
      throw InputError(fmt::format("appraisal: {} is {} (must be from 0 to 1)", name, value));
  };
  if (inputs.later_cost.size() > 0 && inputs.later_cost.rows() != inputs.cost.rows())
    throw InputError(fmt::format("appraisal of '{}': {} draws of later costs but {} of costs",
                                 inputs.scenario, inputs.later_cost.rows(), inputs.cost.rows()));
  share("capital_share", settings.capital_share);
  share("residual_persistence", settings.residual_persistence);
  if (settings.appraisal_years < 1)
    throw InputError(
        fmt::format("appraisal: {} appraisal years (must be 1 or more)", settings.appraisal_years));
  for (const auto& [name, values] : settings.values)
    if (values.size() != inputs.cost.rows())
      throw InputError(fmt::format("appraisal of '{}': '{}' has {} draws but costs have {}", inputs.scenario,
                                   name, values.size(), inputs.cost.rows()));
}

}  // namespace

std::string assumed_return(const AppraisalSettings& settings) {
  const auto given = [&](const char* key) {
    const auto source = settings.sources.find(key);
    return fmt::format("{} {} [{}]", key, figure(settings.values.at(key)),
                       source == settings.sources.end() ? "no source given" : source->second);
  };
  std::string words = "assumed, not estimated by this run: of each GBP spent within the horizon " +
                      given("fiscal_per_pound") + " comes back, over " +
                      (settings.values.contains("benefit_years")
                           ? given("benefit_years")
                           : std::string("benefit_years 10 [assumption of this program]"));
  for (const char* part : {"ame_share", "cashable_share"})
    if (settings.values.contains(part)) words += ", of it " + given(part);
  words += fmt::format(", counted to {}", settings.first_year + settings.appraisal_years - 1);
  return words + "; it is the same whether the policy's own jobs and output rise or fall";
}

const AppraisalGroup* AppraisalInputs::local() const {
  if (own) return &*own;
  const auto found = std::find_if(groups.begin(), groups.end(),
                                  [&](const AppraisalGroup& group) { return group.name == target; });
  return found == groups.end() ? nullptr : &*found;
}

Eigen::MatrixXd gva_gain(const Eigen::MatrixXd& uplift, double gva, double growth, double period_years) {
  Eigen::MatrixXd gain(uplift.rows(), uplift.cols());
  Eigen::VectorXd risen = Eigen::VectorXd::Zero(uplift.rows());
  for (Eigen::Index h = 0; h < uplift.cols(); ++h) {
    risen += uplift.col(h);
    const double level = gva * std::exp(growth * static_cast<double>(h + 1)) * period_years;
    for (Eigen::Index d = 0; d < uplift.rows(); ++d) gain(d, h) = level * std::expm1(risen(d));
  }
  return gain;
}

Eigen::VectorXd present_value_of_periods(const AppraisalSettings& settings, int periods,
                                         double period_years) {
  const std::vector<double> factors = discount_factors(
      rulebook(settings.rulebook), settings.discount_base_year, settings.first_year, settings.appraisal_years,
      settings.lower_rate == Switch::on ? DiscountSchedule::sensitivity : DiscountSchedule::standard);
  return present_value(by_year(Eigen::MatrixXd::Identity(periods, periods), period_years,
                               settings.appraisal_years, settings.residual_persistence),
                       factors);
}

Percentiles percentiles(const Eigen::VectorXd& draws) {
  std::vector<double> values = finite(draws);
  if (values.empty()) return {nothing, nothing, nothing};
  return {quantile_in_place(values, 0.1), quantile_in_place(values, 0.5), quantile_in_place(values, 0.9)};
}

std::optional<double> root(const std::function<double(double)>& f, double low, double high) {
  double at_low = f(low);
  const double at_high = f(high), width = high - low;
  if (at_high == 0.0 && at_low == 0.0) return std::nullopt;
  if (at_low == 0.0) return low;
  if (at_high == 0.0) return high;
  if (!(at_low * at_high < 0.0)) return std::nullopt;
  while (high - low > 1e-12 * width) {
    const double middle = 0.5 * (low + high);
    if (middle <= low || middle >= high) break;
    const double value = f(middle);
    if (value == 0.0) return middle;
    if (value * at_low < 0.0) {
      high = middle;
    } else {
      low = middle;
      at_low = value;
    }
  }
  return 0.5 * (low + high);
}

const std::vector<BenefitRule>& benefit_rules() {
  static const std::vector<BenefitRule> rules = {
      {"gva", "GBP", "GVA gained, times its welfare share", Firmness::initial, ""},
      {"jobs_per_pound", "GBP per GBP of public cost", "value of jobs (Frontier 2021: 0.74)",
       Firmness::adjusted, "gva"},
      {"local_income_per_pound", "GBP per GBP of public cost", "local income (Frontier 2021: 0.50)",
       Firmness::adjusted, "gva"},
      {"health_wellbeing_per_pound", "GBP per GBP of public cost",
       "health and wellbeing (Frontier 2021: 0.67)", Firmness::adjusted, "", true},
      {"crime_per_pound", "GBP per GBP of public cost", "crime avoided (Frontier 2021: 0.13)",
       Firmness::adjusted, ""},
      {"wellbeing_points", "points of life satisfaction",
       "of each resident of the target group, in every year appraised", Firmness::adjusted,
       "health_wellbeing_per_pound", true},
  };
  return rules;
}

AppraisalResult appraise(const AppraisalInputs& inputs, const AppraisalSettings& settings) {
  check(inputs, settings);
  const Rulebook& book = rulebook(settings.rulebook);
  const Eigen::Index draws = inputs.cost.rows();
  const int years = settings.appraisal_years;
  const AppraisalGroup* target = inputs.local();
  if (target == nullptr) {
    std::vector<std::string> names;
    for (const AppraisalGroup& group : inputs.groups) names.push_back(group.name);
    throw InputError(fmt::format("appraisal of '{}': no group '{}' (the groups are {})", inputs.scenario,
                                 inputs.target, fmt::join(names, ", ")));
  }
  const auto value = [&](const std::string& name, double otherwise) -> Eigen::VectorXd {
    const auto found = settings.values.find(name);
    return found == settings.values.end() ? Eigen::VectorXd::Constant(draws, otherwise) : found->second;
  };
  const auto source = [&](const std::string& name, const std::string& otherwise) {
    const auto found = settings.sources.find(name);
    return found == settings.sources.end() ? otherwise : found->second;
  };

  AppraisalResult result;
  result.scenario = inputs.scenario;
  result.settings = settings;
  result.not_monetised = inputs.not_monetised;
  result.target = {target->name, target->population, {}};

  // Weights of groups, and the weight of everyone in proportion to income: what nobody in particular loses.
  const bool count_gva = settings.gva == Switch::on && inputs.no_gva.empty();
  const bool weighted = settings.distributional_weights == Switch::on;
  double everyone = 1.0, target_weight = 1.0;
  if (weighted) {
    if (!(inputs.median_income > 0.0))
      throw InputError(fmt::format(
          "appraisal of '{}': distributional weights go by residents' income and there is none (set "
          "appraisal.income_column, for example disposable household income)",
          inputs.scenario));
    double income = 0.0;
    for (const AppraisalGroup& group : inputs.groups) income += group.population * group.income_per_head;
    everyone = 0.0;
    for (const AppraisalGroup& group : inputs.groups) {
      const double weight = distributional_weight(inputs.median_income, group.income_per_head,
                                                  rule(book, "distributional_elasticity"));
      result.weights[group.name] = weight;
      everyone += weight * group.population * group.income_per_head / income;
    }
    target_weight = distributional_weight(inputs.median_income, target->income_per_head,
                                          rule(book, "distributional_elasticity"));
  }

  // Costs, yearly; optimism bias on the part that is capital.
  const Eigen::MatrixXd plain_cost = by_year(inputs.cost, inputs.period_years, years, 0.0);
  const Eigen::MatrixXd all_cost = with_later(inputs, years);
  const double bias =
      settings.optimism_bias_class.empty() ? 0.0 : optimism_bias(book, settings.optimism_bias_class);
  const double horizon = static_cast<double>(inputs.cost.cols()) * inputs.period_years;
  // Money that is spent only after the horizon counts where the years appraised reach the horizon: otherwise
  // spending late would make a programme cheaper.
  const bool to_the_end = years >= horizon;
  const Eigen::MatrixXd cost = (to_the_end ? all_cost : plain_cost) * (1.0 + bias * settings.capital_share);

  const bool lower = settings.lower_rate == Switch::on, by_health = settings.health_rate == Switch::on;
  const auto factors_of = [&](Eigen::Index count, bool health) {
    return discount_factors(book, settings.discount_base_year, settings.first_year, static_cast<int>(count),
                            health ? (lower ? DiscountSchedule::health_sensitivity : DiscountSchedule::health)
                                   : (lower ? DiscountSchedule::sensitivity : DiscountSchedule::standard));
  };
  const std::vector<double> factors = factors_of(years, false),
                            health_factors = by_health ? factors_of(years, true) : factors;

  // Lines, yearly.
  std::vector<Stream> streams;
  const Eigen::VectorXd additional = value("gva_additional_share", 0.0);
  Eigen::MatrixXd whole_gva = Eigen::MatrixXd::Zero(draws, years);
  if (count_gva) {
    const Eigen::VectorXd welfare = value("gva_welfare_share", 1.0);
    Stream gva{"gva",
               source("gva_welfare_share", "assumption, 2026-11: GVA in full, an upper bound of welfare"),
               Firmness::initial,
               {},
               {},
               {},
               false};
    Eigen::MatrixXd by_weight = whole_gva;
    const auto gain_of = [&](const AppraisalGroup& group) -> Eigen::MatrixXd {
      return welfare.asDiagonal() *
             by_year(group.gva, inputs.period_years, years, settings.residual_persistence);
    };
    gva.local = gain_of(*target);
    result.target.gva = present_value(gva.local, factors);
    for (const AppraisalGroup& group : inputs.groups) {
      const Eigen::MatrixXd gain = gain_of(group);
      whole_gva += gain;
      result.places.push_back({group.name, group.population, present_value(gain, factors)});
      if (weighted) by_weight += result.weights.at(group.name) * gain;
    }
    gva.national = additional.asDiagonal() * whole_gva;
    // What is not additional to the nation is taken from everyone in proportion to income.
    if (weighted)
      gva.weighted = by_weight - everyone * ((1.0 - additional.array()).matrix().asDiagonal() * whole_gva);
    streams.push_back(std::move(gva));
  }
  for (const BenefitRule& known : benefit_rules()) {
    if (known.name == "gva" || !settings.values.contains(known.name)) continue;
    Stream stream{known.name, source(known.name, ""), known.firmness, {}, {}, {}, known.health};
    if (known.name == "wellbeing_points")
      stream.local = (value(known.name, 0.0).cwiseProduct(value("wellby_value", 0.0)) * target->population)
                         .replicate(1, years);
    else
      stream.local = per_pound(plain_cost, value(known.name, 0.0), value("benefit_years", 10.0));
    // Jobs and income of a place are as little additional to the nation as its GVA.
    stream.national =
        known.overlaps == "gva" ? Eigen::MatrixXd(additional.asDiagonal() * stream.local) : stream.local;
    if (weighted) stream.weighted = target_weight * stream.local;
    if (weighted && known.overlaps == "gva") stream.weighted -= everyone * (stream.local - stream.national);
    streams.push_back(std::move(stream));
  }

  result.present_value_costs = present_value(cost, factors_of(cost.cols(), false));
  result.financial_costs = all_cost.rowwise().sum();
  result.later_costs =
      inputs.later_cost.size() > 0 ? inputs.later_cost.rowwise().sum().eval() : Eigen::VectorXd::Zero(draws);
  result.costs_left_out = result.financial_costs - (to_the_end ? all_cost : plain_cost).rowwise().sum();
  for (const Stream& stream : streams) {
    const std::vector<double>& by = stream.health ? health_factors : factors;
    result.lines.push_back({stream.name, stream.source, stream.firmness, present_value(stream.local, by),
                            present_value(stream.national, by),
                            weighted ? present_value(stream.weighted, by) : Eigen::VectorXd()});
  }
  const ValueForMoney& words = value_for_money_of(settings.department);
  result.local = column("local", result.lines, result.present_value_costs, &BenefitLine::local, book, words);
  result.national =
      column("national", result.lines, result.present_value_costs, &BenefitLine::national, book, words);
  if (weighted)
    result.weighted = column("national, weighted", result.lines, result.present_value_costs,
                             &BenefitLine::weighted, book, words);
  result.exchequer = exchequer_view(settings, all_cost, plain_cost, value("fiscal_per_pound", 0.0),
                                    value("benefit_years", 10.0), value("ame_share", 0.0),
                                    value("cashable_share", 0.0), factors_of(all_cost.cols(), false));

  const Eigen::Index without = (result.present_value_costs.array() <= 0.0).count();
  if (result.lines.empty() && without < draws)
    result.bcr_reason = fmt::format("no line of benefits is counted ({}), so a ratio would be no verdict",
                                    inputs.no_gva.empty() ? "gva is off and no other line is on"
                                                          : inputs.no_gva + ", and no other line is on");
  else if (without == draws)
    result.bcr_reason =
        result.present_value_costs.isZero(0.0)
            ? "the present value of public cost is zero (budget-neutral), so a ratio to it does not exist"
            : "the present value of public cost is not above zero in any draw, so a ratio to it has no "
              "meaning";
  else if (without > 0)
    result.bcr_reason = fmt::format(
        "the present value of public cost is not above zero in {} of {} draws; ratios are of the others",
        without, draws);

  // Switching values of the national column, on the same draws.
  if (without < draws && !result.lines.empty() && settings.switching == Switch::on) {
    const Eigen::VectorXd benefits = result.present_value_benefits(), costs = result.present_value_costs;
    const Eigen::VectorXd full_gva = present_value(whole_gva, factors);
    const auto search = [&](std::string what, std::string threshold, double low, double high,
                            const std::function<double(double)>& f) {
      result.switching.push_back({std::move(what), std::move(threshold), root(f, low, high), low, high});
    };
    constexpr double widest = 1000.0;
    for (const double ratio : {1.0, 2.0}) {
      const std::string threshold = ratio == 1.0 ? "median NPSV = 0" : "median BCR = 2";
      search("factor on all benefits", threshold, 0.0, widest,
             [&](double x) { return median(x * benefits - ratio * costs); });
      search("factor on costs", threshold, 0.0, widest,
             [&](double x) { return median(benefits - ratio * x * costs); });
      // Without benefits only costs of nothing balance them, and a ratio to nothing does not exist.
      if (result.switching.back().value == 0.0) result.switching.back().value.reset();
      for (const BenefitLine& line : result.lines)
        if (result.lines.size() > 1)
          search(fmt::format("factor on line {}", line.name), threshold, 0.0, widest,
                 [&](double x) { return median(benefits + (x - 1.0) * line.national - ratio * costs); });
      if (count_gva)
        search("share of GVA additional to the nation", threshold, 0.0, 1.0, [&](double x) {
          return median(benefits + (x - additional.array()).matrix().cwiseProduct(full_gva) - ratio * costs);
        });
    }
    search("flat discount rate", "median NPSV = 0", 0.0, 1.0, [&](double rate) {
      std::vector<double> flat;
      for (Eigen::Index k = 0; k < cost.cols(); ++k)
        flat.push_back(std::pow(1.0 + rate,
                                -static_cast<double>(settings.first_year - settings.discount_base_year + k)));
      Eigen::VectorXd npsv = -present_value(cost, flat);
      flat.resize(static_cast<std::size_t>(years));
      for (const Stream& stream : streams) npsv += present_value(stream.national, flat);
      return median(npsv);
    });
  }

  result.notes.push_back(
      fmt::format("Rules: {} ({}){}.", book.title, book.name,
                  book.name == rulebook_in_force().name ? ", in force" : ", not the edition in force"));
  result.notes.push_back(
      fmt::format("Pounds of {}; discounted to {}; {} years from {}; reference option: {}.",
                  settings.price_base_year, settings.discount_base_year, years, settings.first_year,
                  settings.reference_option == "do_minimum" ? "do minimum" : "business as usual"));
  if (horizon > years)
    result.notes.push_back(
        fmt::format("The scenario runs for {:g} years; what comes after {} is left out.", horizon, years));
  else if (horizon < years)
    result.notes.push_back(
        settings.residual_persistence > 0.0
            ? fmt::format(
                  "After the scenario's {:g} years the last year's gain continues at {:g} of itself a year.",
                  horizon, settings.residual_persistence)
            : fmt::format("After the scenario's {:g} years nothing is counted (no residual effect).",
                          horizon));
  result.notes.push_back(settings.optimism_bias_class.empty()
                             ? std::string("No optimism bias class is set: none is added to costs.")
                             : fmt::format("Optimism bias: {} adds {:g}% to {:g}% of cost.",
                                           settings.optimism_bias_class, 100.0 * bias,
                                           100.0 * settings.capital_share));
  if (result.later_costs.maxCoeff() > 0.0)
    result.notes.push_back(fmt::format(
        "GBP {:.1f}m of the programme (mean of draws) is spent after the scenario's {:g} years: {}.",
        result.later_costs.mean() / 1e6, horizon,
        to_the_end ? "its cost is counted, what it brings is not (raise outcomes.horizon)"
                   : "like all that is spent after the years appraised it is in row J alone"));
  if (count_gva)
    result.notes.push_back(fmt::format(
        "Of GVA gained, {:.0f}% counts as additional to the nation ({}).", 100.0 * additional.mean(),
        source("gva_additional_share",
               "default: local GVA and jobs are not additional nationally without "
               "supply-side evidence, MHCLG's stance since 2016")));
  if (!inputs.no_gva.empty()) result.notes.push_back(fmt::format("GVA is not counted: {}.", inputs.no_gva));
  if (weighted)
    result.notes.push_back(
        fmt::format("Weights use residents' income, its median of GBP {:.0f} the reference; what is not "
                    "additional to the "
                    "nation is taken from everyone in proportion to income.",
                    inputs.median_income));
  if (lower) result.notes.push_back("Discounted at the lower rates of the sensitivity test beyond 50 years.");
  if (by_health) result.notes.push_back("Lines of health and wellbeing are discounted at the health rates.");
  for (const std::string& note : inputs.notes) result.notes.push_back(note);
  return result;
}

}  // namespace spillway::scenarios
