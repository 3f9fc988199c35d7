#include "scenarios/funds.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "scenarios/channel.hpp"
#include "scenarios/parameter_specs.hpp"
#include "scenarios/price_year.hpp"

namespace spillway::scenarios {

const std::vector<Fund>& funds() {
  constexpr double unknown = -1.0;
  static const std::vector<Fund> all = {
      {"ukspf_2022_25_england",
       "UK Shared Prosperity Fund 2022-25",
       1.58e9,
       3.0,
       "cash",
       "England",
       2022,
       2025,
       {400.0, 700.0, 1500.0},
       unknown,
       0.0,
       0.0,
       "UK government launch: GBP 2.6bn of the UK as 400, 700 and 1,500m, England GBP 1.58bn "
       "(localgovernmentlawyer.co.uk, room151, 19 Apr 2022 [S]); England's profile is taken as the UK's [D]"},
      {"ukspf_2025_26_england",
       "UK Shared Prosperity Fund 2025-26",
       570.8e6,
       1.0,
       "cash",
       "England",
       2025,
       2026,
       {},
       0.26,
       0.0,
       0.0,
       "gov.uk, UKSPF 2025-26 allocations methodology [S]: the UK's GBP 902m of which 234m capital, "
       "England's "
       "capital share taken as the UK's [D]"},
      {"pride_in_place",
       "Pride in Place",
       0.0,
       10.0,
       "cash",
       "England",
       2026,
       2036,
       {},
       unknown,
       284.0,
       20e6,
       "284 English places of up to GBP 20m over ten years (244 + 40; gov.uk, 4 Feb 2026 [S]); the 95 places "
       "of "
       "GBP 1.5m are not in it; GBP 150,000 a place initially, first period 2026-27 to 2029-30 (prospectus, "
       "3 "
       "Dec 2025 [S]); the amounts by year are not in our source, so the money is even"},
      {"levelling_up_fund",
       "Levelling Up Fund",
       0.0,
       4.0,
       "cash",
       "UK",
       2021,
       2025,
       {},
       1.0,
       0.0,
       0.0,
       "UK GBP 4.8bn in three rounds of 1.7, 2.1 and 1.0bn, at least 0.8bn of it outside England, so England "
       "at "
       "most about 4.0bn (Commons Library CBP-9460; Hansard, 19 Jan 2023 [S]); years and capital share [K, "
       "unverified]"},
      {"local_growth_fund",
       "Local Growth Fund",
       0.0,
       3.0,
       "cash",
       "UK",
       2026,
       2029,
       {},
       unknown,
       0.0,
       0.0,
       "UK about GBP 1.5bn over three years, above 475m a year, 11 mayoral regions (gov.uk, methodology, 26 "
       "Nov "
       "2025 [S]); England's own figure is not published"},
      {"cwf_as_launched",
       "Community Wealth Fund",
       175e6,
       10.0,
       "cash",
       "England",
       2026,
       2036,
       {},
       unknown,
       0.0,
       0.0,
       "GBP 87.5m dormant assets and 87.5m Lottery, places of 5,000 to 15,000 residents, GBP 1 to 2.5m each "
       "over "
       "ten years (gov.uk response, 25 Sep 2025 [S])"},
      {"growth_mission_fund",
       "Growth Mission Fund",
       240e6,
       4.0,
       "cash",
       "England",
       2026,
       2030,
       {},
       1.0,
       0.0,
       0.0,
       "GBP 240m capital, 2026-27 to 2029-30 (Spending Review 2025 [S])"},
      {"new_deal_for_communities",
       "New Deal for Communities",
       0.0,
       10.0,
       "cash",
       "England",
       1999,
       2008,
       {},
       unknown,
       39.0,
       43.8e6,
       "GBP 1.71bn over 39 places, 43.8m each, nominal 1999 to 2008, mean 9,800 residents (NDC evaluation, "
       "in the "
       "report [S])"},
  };
  return all;
}

const std::vector<HelpProgramme>& help_programmes() {
  static const std::vector<HelpProgramme> all = {
      {"workwell", "WorkWell", 250000.0, 1036.0, 2026, "from autumn 2026",
       "WorkWell, England from autumn 2026: up to GBP 259m for 250,000 people (written statement, 20 Jan "
       "2026 [S])"},
      {"connect_to_work", "Connect to Work", 85000.0, 3976.0, 0, "not published",
       "Connect to Work: GBP 338m for 85,000 people (publicsectorexecutive [S])"},
      {"jobsplus", "JobsPlus", 700.0, 7286.0, 0, "pilots",
       "JobsPlus, pilots: GBP 5.1m for about 700 people, interim 18 % into work of 83 (IES [S])"},
  };
  return all;
}

const MoneyUnlessSaid& unless_said(const std::string& lever) {
  static const std::vector<std::pair<std::string, MoneyUnlessSaid>> all = {
      {"ukspf_ring_fence",
       {1.5e9, 3.0, 0.0,
        "assumption: the size of UKSPF's successor, the Local Growth Fund, for the whole UK (about GBP 1.5bn "
        "over "
        "three years; gov.uk, 26 Nov 2025 [S]), as England's own figure is not published"}},
      {"community_wealth_fund",
       {175e6, 10.0, 0.0, "assumption: as announced (gov.uk response, 25 Sep 2025 [S])"}},
      {"neighbourhood_renewal",
       {0.0, 10.0, 39.0,
        "assumption: 39 places, each up to GBP 20m over ten years as under Pride in Place (gov.uk, 4 Feb "
        "2026 "
        "[S])"}},
  };
  for (const auto& [name, money] : all)
    if (name == lever) return money;
  throw std::logic_error("no money for lever " + lever);
}

std::vector<std::string> fund_names() {
  std::vector<std::string> names;
  for (const Fund& fund : funds()) names.push_back(fund.name);
  names.push_back("custom");
  return names;
}

namespace {
const Fund* chosen(const Parameters& parameters) {
  const auto name = parameters.texts.find("fund");
  if (name == parameters.texts.end()) return nullptr;
  const auto found = std::find_if(funds().begin(), funds().end(),
                                  [&](const Fund& fund) { return fund.name == name->second; });
  return found == funds().end() ? nullptr : &*found;
}

bool has(const Parameters& parameters, const std::string& name) {
  return std::find(parameters.names.begin(), parameters.names.end(), name) != parameters.names.end();
}

/// Where an amount is said, and how much.
struct Said {
  std::string name, words;
  Eigen::VectorXd gbp;
};

std::vector<Said> amounts_said(const Parameters& parameters, double listed) {
  const Eigen::Index draws = parameters.value.rows();
  std::vector<Said> said;
  if (listed > 0.0)
    said.push_back({"target", "the list of places", Eigen::VectorXd::Constant(draws, listed)});
  if (const std::vector<double> profile = series_of(parameters, "profile"); !profile.empty())
    said.push_back(
        {"profile", "the profile",
         Eigen::VectorXd::Constant(draws, 1e6 * std::accumulate(profile.begin(), profile.end(), 0.0))});
  if (const Eigen::VectorXd amount = parameters["amount"]; amount.maxCoeff() > 0.0)
    said.push_back({"amount", "amount", amount});
  return said;
}

/// Before a package's budget. @throws as fund_amount
Eigen::VectorXd own_amount(const Parameters& parameters, const MoneyUnlessSaid& otherwise, double listed);
}  // namespace

Eigen::VectorXd of_budget(const Parameters& parameters) {
  return has(parameters, times_of_budget) ? parameters[times_of_budget]
                                          : Eigen::VectorXd::Ones(parameters.value.rows());
}

double fund_places(const Parameters& parameters, const MoneyUnlessSaid& otherwise) {
  const double places = constant(parameters, "places");
  if (places > 0.0) return places;
  const Fund* fund = chosen(parameters);
  return fund != nullptr && fund->places > 0.0 ? fund->places : otherwise.places;
}

Eigen::VectorXd fund_amount(const Parameters& parameters, const MoneyUnlessSaid& otherwise, double listed) {
  return own_amount(parameters, otherwise, listed).cwiseProduct(of_budget(parameters));
}

namespace {
Eigen::VectorXd own_amount(const Parameters& parameters, const MoneyUnlessSaid& otherwise, double listed) {
  const std::vector<Said> said = amounts_said(parameters, listed);
  for (std::size_t k = 1; k < said.size(); ++k)
    if ((said[k].gbp - said[0].gbp).cwiseAbs().maxCoeff() > 1e-6 * said[0].gbp.maxCoeff())
      throw refusal(
          said[k].name, fmt::format("{:g}", said[k].gbp.mean()),
          fmt::format("{} gives GBP {:.2f}m in all, {} GBP {:.2f}m; leave one of them out", said[0].words,
                      said[0].gbp.mean() / 1e6, said[k].words, said[k].gbp.mean() / 1e6));
  if (!said.empty()) return said[0].gbp;
  const Fund* fund = chosen(parameters);
  const bool by_place = has(parameters, "amount_per_place");
  const Eigen::Index draws = parameters.value.rows();
  if (fund == nullptr)
    return by_place ? Eigen::VectorXd(fund_places(parameters, otherwise) * parameters["amount_per_place"])
                    : Eigen::VectorXd::Constant(draws, otherwise.amount);
  const double gbp = fund->amount > 0.0 ? fund->amount
                     : by_place         ? fund->per_place * fund_places(parameters, otherwise)
                                        : fund->per_place * fund->places;
  if (gbp == 0.0)
    throw refusal("fund", fund->name,
                  fmt::format("has no sourced amount for England ({}); set amount in GBP, with its source",
                              fund->source));
  return Eigen::VectorXd::Constant(draws, gbp);
}
}  // namespace

Eigen::VectorXd fund_years(const Parameters& parameters, const MoneyUnlessSaid& otherwise) {
  const Eigen::VectorXd years = parameters["fund_years"];
  const Fund* fund = chosen(parameters);
  if (const std::vector<double> profile = series_of(parameters, "profile"); !profile.empty()) {
    const auto length = static_cast<double>(profile.size());
    if (years.maxCoeff() > 0.0 && (years.array() - length).abs().maxCoeff() > 1e-9)
      throw refusal("fund_years", fmt::format("{:g}", years.mean()),
                    fmt::format("the profile has {} years; leave one of them out", profile.size()));
    return Eigen::VectorXd::Constant(years.size(), length);
  }
  if (years.maxCoeff() > 0.0) {
    if (years.minCoeff() <= 0.0)
      throw refusal("fund_years", fmt::format("{:g}", years.minCoeff()),
                    "is 0 or less in a draw; a programme lasts longer than 0 years");
    return years;
  }
  return Eigen::VectorXd::Constant(years.size(), fund == nullptr ? otherwise.years : fund->years);
}

std::vector<double> profile_shares(const Parameters& parameters) {
  std::vector<double> shares;
  if (has(parameters, "fund_years")) {
    shares = series_of(parameters, "profile");
    const Fund* fund = chosen(parameters);
    if (shares.empty() && fund != nullptr && parameters["fund_years"].maxCoeff() == 0.0)
      shares = fund->profile;
  }
  const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
  for (double& share : shares) share /= sum;
  return sum > 0.0 ? shares : std::vector<double>{};
}

namespace {
/// Calendar year of the first year's money: the fund's own where the amount is the fund's; else the policy's.
int first_year_of_money(const Parameters& parameters, double listed) {
  const Fund* fund = chosen(parameters);
  return fund != nullptr && amounts_said(parameters, listed).empty() ? fund->first_year : 0;
}

/// The parameters with the prices that a fund's own amount has, where it stands.
PresetPrices in_prices(const LeverContext& context, const Parameters& parameters,
                       const MoneyUnlessSaid& otherwise, double listed) {
  const Fund* fund = chosen(parameters);
  if (fund == nullptr || !amounts_said(parameters, listed).empty())
    return with_preset_prices(context, parameters, "", {});
  return with_preset_prices(context, parameters, fund->price_year,
                            years_of_money(*fund, fund_years(parameters, otherwise).maxCoeff()));
}

std::vector<double> fund_prices(const LeverContext& context, const Parameters& parameters,
                                const MoneyUnlessSaid& otherwise, double listed) {
  return programme_prices(context, in_prices(context, parameters, otherwise, listed).parameters,
                          fund_years(parameters, otherwise).maxCoeff(),
                          first_year_of_money(parameters, listed));
}
}  // namespace

std::vector<int> years_of_money(const Fund& fund, double years) {
  std::vector<int> all;
  for (int y = 0; y < std::max(1, static_cast<int>(std::ceil(years))); ++y)
    all.push_back(fund.first_year + y);
  return all;
}

Eigen::VectorXd fund_price(const LeverContext& context, const Parameters& parameters,
                           const MoneyUnlessSaid& otherwise, double listed) {
  const Eigen::VectorXd years = fund_years(parameters, otherwise), zero = Eigen::VectorXd::Zero(years.size());
  const SpendingPlan on_time{zero,
                             years,
                             zero,
                             zero,
                             zero,
                             profile_shares(parameters),
                             fund_prices(context, parameters, otherwise, listed)};
  if (on_time.price.empty()) return Eigen::VectorXd::Ones(years.size());
  return spending_shares(on_time, 1, std::ceil(years.maxCoeff())).col(0);
}

Eigen::MatrixXd fund_delivered(const LeverContext& context, const Parameters& parameters,
                               const MoneyUnlessSaid& otherwise, double listed) {
  return delivered(context, parameters, fund_years(parameters, otherwise),
                   fund_prices(context, parameters, otherwise, listed));
}

Eigen::MatrixXd fund_delivered_later(const LeverContext& context, const Parameters& parameters,
                                     const MoneyUnlessSaid& otherwise, double listed) {
  return delivered_later(context, parameters, fund_years(parameters, otherwise),
                         fund_prices(context, parameters, otherwise, listed));
}

std::vector<ParameterSpec> fund_parameters(Distribution match_private) {
  return {
      text("fund",
           "a fund of docs/guide/levers.md (`spillway funds`): its amount, profile and length; custom: none",
           "custom", fund_names()),
      pounds("amount",
             "public money of the whole programme, in prices of price_year; 0: as profile or fund say",
             point(0.0, "see Funds"), 1e12, 1e4),
      price_year_parameter(as_preset),
      series("profile", "GBP m a year",
             "public money year by year from the start; none: the fund's, or even"),
      number("fund_years", "years", "length of the programme; 0: as profile or fund say",
             point(0.0, "see Funds"), 0.0, 50.0),
      number("match_public", "GBP per GBP",
             "money of other public bodies that each pound brings; a public cost",
             point(0.0, assumption + ": none unless given"), 0.0, 20.0),
      number("match_private", "GBP per GBP", "money of others that each pound brings; no public cost",
             std::move(match_private), 0.0, 20.0),
  };
}

Eigen::VectorXd with_match(const Parameters& parameters) {
  return (1.0 + parameters["match_public"].array() + parameters["match_private"].array()).matrix();
}

std::string fund_misfit(const Parameters& parameters, const MoneyUnlessSaid& otherwise, double residents) {
  constexpr double least = 45e6, most = 75e6;  // England has 57 million; the projections of a few decades fit
  if (!amounts_said(parameters, 0.0).empty() || (residents >= least && residents <= most)) return "";
  return fmt::format(
      "The fund's GBP {:.4g}m are for England's 57 million residents, and these areas have {:.3g} million: "
      "each "
      "resident gets {:.2g} times as much; set amount to what these areas would get.",
      fund_amount(parameters, otherwise).mean() / 1e6, residents / 1e6, 57e6 / residents);
}

void add_programme_cost(PolicyBuilder& builder, const Parameters& parameters,
                        const Eigen::MatrixXd& public_money) {
  const Fund* fund = chosen(parameters);
  const std::string capital =
      fund == nullptr || !(fund->capital_share >= 0.0)
          ? std::string()
          : fmt::format(
                " (of {} {:.0f} % is capital as published; appraisal.capital_share says it for the "
                "Exchequer's view)",
                fund->title, 100.0 * fund->capital_share);
  const auto part = [&](const Eigen::VectorXd& share) {
    return Eigen::MatrixXd(share.asDiagonal() * public_money);
  };
  builder.add_cost(public_money);
  builder.add_cost(part(parameters["match_public"]));
  const auto pounds = [&](const Eigen::VectorXd& share) { return part(share).rowwise().sum().mean() / 1e6; };
  builder.note(
      fmt::format("Money within the horizon, mean of the draws: GBP {:.1f}m of its own{}, "
                  "match of other "
                  "public bodies GBP {:.1f}m, private match GBP {:.1f}m (no public cost).",
                  public_money.rowwise().sum().mean() / 1e6, capital, pounds(parameters["match_public"]),
                  pounds(parameters["match_private"])));
}

void add_later_programme_cost(PolicyBuilder& builder, const Parameters& parameters,
                              const Eigen::MatrixXd& public_money) {
  builder.add_later_cost((1.0 + parameters["match_public"].array()).matrix().asDiagonal() * public_money);
}

void note_fund(PolicyBuilder& builder, const Parameters& parameters, const MoneyUnlessSaid& otherwise,
               const Reached& reached) {
  const Fund* fund = chosen(parameters);
  const bool said = !amounts_said(parameters, reached.gbp).empty();
  const PresetPrices priced = in_prices(builder.context(), parameters, otherwise, reached.gbp);
  const std::vector<double> shares = profile_shares(parameters);
  std::vector<std::string> percent;
  for (const double share : shares) percent.push_back(fmt::format("{:.0f}", 100.0 * share));
  builder.note(fmt::format(
      "Fund: {}, GBP {:.1f}m over {:g} years (means of the draws){}, extent {}, source: {}{}.",
      fund == nullptr ? "none named" : fund->title,
      fund_amount(parameters, otherwise, reached.gbp).mean() / 1e6, fund_years(parameters, otherwise).mean(),
      shares.empty() ? std::string() : fmt::format(", {} % of it year by year", fmt::join(percent, ", ")),
      fund == nullptr ? "England" : fund->extent,
      reached.gbp > 0.0 ? reached.name
      : said            ? std::string("the configuration")
      : fund == nullptr ? otherwise.source
                        : fund->source,
      !priced.why.empty() ? "; " + priced.why
      : priced.parameters.texts.at("price_year") == "base"
          ? fmt::format("; amounts are read as prices of {}", builder.context().price_base_year)
          : std::string()));
  if (std::string prices =
          price_year_note(builder.context(), priced.parameters, fund_years(parameters, otherwise).maxCoeff(),
                          first_year_of_money(parameters, reached.gbp));
      !prices.empty())
    builder.note(
        fmt::format("{} In all GBP {:.2f}m become GBP {:.2f}m (means of the draws).", prices,
                    fund_amount(parameters, otherwise, reached.gbp).mean() / 1e6,
                    fund_amount(parameters, otherwise, reached.gbp)
                            .cwiseProduct(fund_price(builder.context(), parameters, otherwise, reached.gbp))
                            .mean() /
                        1e6));
  if (fund == nullptr || fund->valid_until == 0) return;
  const double year = parameters["start"](0);
  if (year == 0.0) return;
  const int starts = static_cast<int>(year);
  if (starts >= fund->valid_until)
    builder.warn(fmt::format(
        "{} ended in {} and this policy starts in {}: the fund stands here for its size alone, or for a "
        "back-cast.",
        fund->title, fund->valid_until, starts));
}

}  // namespace spillway::scenarios
