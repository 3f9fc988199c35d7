#include "scenarios/price_year.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/policy/deflator_years.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

namespace {

const std::string& word_of(const Parameters& parameters) { return parameters.texts.at("price_year"); }

/// @throws InputError  years without a deflator, all at once; of cash what else can be said
void require(const LeverContext& context, const Parameters& parameters, std::vector<int> years) {
  try {
    years.push_back(context.price_base_year);
    require_years(context.deflators, years);
  } catch (const InputError& missing) {
    throw refusal("price_year", word_of(parameters),
                  word_of(parameters) != "cash"
                      ? std::string(missing.what())
                      : fmt::format("{}; price_year = \"base\" reads the amounts as pounds of {}",
                                    missing.what(), context.price_base_year));
  }
}

double ratio(const LeverContext& context, const Parameters& parameters, int year) {
  require(context, parameters, {year});
  return context.deflators.ratio(year, context.price_base_year);
}

/// The calendar year in which a policy's first year of money begins. @throws InputError  as programme_prices
int starts_in(const LeverContext& context, const Parameters& parameters) {
  const Eigen::VectorXd years = parameters["start_years"];
  if (years.minCoeff() != years.maxCoeff() || years(0) != std::floor(years(0)))
    throw refusal("price_year", word_of(parameters),
                  fmt::format("start_years is {:g}{}, so the years of the money are not known; give start, a "
                              "calendar year, or the year whose prices the amounts are in",
                              years(0),
                              years.minCoeff() == years.maxCoeff()
                                  ? std::string(", within a year")
                                  : fmt::format(" to {:g} over the draws", years.maxCoeff())));
  return context.first_year + static_cast<int>(years(0));
}

/// The calendar years of a period, each with its part of it.
template <typename EachYear>
void for_years_of_period(const LeverContext& context, long period, const EachYear& each) {
  const double from = static_cast<double>(period) * context.period_years, to = from + context.period_years;
  for (double year = std::floor(from); year < to; year += 1.0) {
    const double part = std::min(to, year + 1.0) - std::max(from, year);
    if (part > 1e-9 * context.period_years)
      each(context.first_year + static_cast<int>(year), part / context.period_years);
  }
}

}  // namespace

ParameterSpec price_year_parameter(const std::string& fallback) {
  ParameterSpec spec = text(
      "price_year",
      std::string("whose prices the amounts are in: base, the appraisal's price base year; cash, each "
                  "year's money in that year's prices; or a year") +
          (fallback == as_preset ? "; preset, as the preset's own where its figures stand, else base" : ""),
      fallback);
  spec.unit = price_year_unit;
  return spec;
}

std::vector<std::string> price_year_words(const ParameterSpec& spec) {
  std::vector<std::string> words = {"base", "cash"};
  if (const auto* fallback = std::get_if<std::string>(&spec.fallback); fallback && *fallback == as_preset)
    words.insert(words.begin(), as_preset);
  return words;
}

std::string price_year_word(const ParameterSpec& spec, const ParameterValue& value) {
  std::string word;
  if (const auto* text_ = std::get_if<std::string>(&value)) {
    word = *text_;
  } else if (const auto* number_ = std::get_if<Distribution>(&value)) {
    if (number_->kind != "point" || !number_->values.contains("value")) return "";
    word = fmt::format("{:g}", number_->values.at("value"));
  }
  const bool year = word.size() == 4 && word.find_first_not_of("0123456789") == std::string::npos;
  const std::vector<std::string> words = price_year_words(spec);
  return year || std::find(words.begin(), words.end(), word) != words.end() ? word : "";
}

PresetPrices with_preset_prices(const LeverContext& context, Parameters parameters, const std::string& word,
                                const std::vector<int>& years) {
  PresetPrices made{std::move(parameters), ""};
  std::string& now = made.parameters.texts.at("price_year");
  if (now != as_preset) return made;
  now = "base";
  if (word.empty()) return made;
  const std::vector<int> lacking = missing_years(context.deflators, years);
  if (!years.empty() && lacking.empty() &&
      missing_years(context.deflators, {context.price_base_year}).empty())
    now = word;
  else
    made.why = years.empty()
                   ? fmt::format("the year of its prices is not published, and it counts as pounds of {}",
                                 context.price_base_year)
                   : fmt::format(
                         "its amount is cash of {}, and counts as pounds of {}: {} has no deflator for "
                         "{} ([appraisal.deflators] adds them)",
                         years_in_words(years), context.price_base_year, context.deflators.name,
                         years_in_words(lacking));
  return made;
}

std::vector<double> programme_prices(const LeverContext& context, const Parameters& parameters, double years,
                                     int first) {
  const std::string& word = word_of(parameters);
  if (word == "base") return {};
  if (word != "cash") return {ratio(context, parameters, std::stoi(word))};
  const int from = first > 0 ? first : starts_in(context, parameters);
  std::vector<int> each;
  for (int y = 0; y < std::max(1, static_cast<int>(std::ceil(years))); ++y) each.push_back(from + y);
  require(context, parameters, each);
  std::vector<double> prices;
  for (const int year : each) prices.push_back(context.deflators.ratio(year, context.price_base_year));
  return prices;
}

Eigen::MatrixXd in_base_year_pounds(const LeverContext& context, const Parameters& parameters,
                                    Eigen::MatrixXd pounds, int first) {
  const std::string& word = word_of(parameters);
  if (word == "base") return pounds;
  if (word != "cash") return pounds * ratio(context, parameters, std::stoi(word));
  const auto spends = [&](Eigen::Index h) { return !pounds.col(h).isZero(0.0); };  // else no prices to know
  std::vector<int> years;
  for (Eigen::Index h = 0; h < pounds.cols(); ++h)
    if (spends(h)) for_years_of_period(context, first + h, [&](int year, double) { years.push_back(year); });
  require(context, parameters, years);
  for (Eigen::Index h = 0; h < pounds.cols(); ++h) {
    if (!spends(h)) continue;
    double mean = 0.0;
    for_years_of_period(context, first + h, [&](int year, double part) {
      mean += part * context.deflators.ratio(year, context.price_base_year);
    });
    pounds.col(h) *= mean;
  }
  return pounds;
}

std::string price_year_note(const LeverContext& context, const Parameters& parameters, double years,
                            int first) {
  const std::string& word = word_of(parameters);
  if (word == "base") return "";
  const std::string series = fmt::format("{}, {}", context.deflators.name, context.deflators.edition);
  if (word != "cash")
    return fmt::format("Prices: amounts are pounds of {}, brought to pounds of {} times {:.6g} ({}).", word,
                       context.price_base_year, ratio(context, parameters, std::stoi(word)), series);
  if (first < 0)
    return fmt::format("Prices: amounts are cash, each year's brought from its prices to pounds of {} ({}).",
                       context.price_base_year, series);
  const int from = first > 0 ? first : starts_in(context, parameters);
  const std::vector<double> prices = programme_prices(context, parameters, years, first);
  std::vector<std::string> factors;
  for (const double price : prices) factors.push_back(fmt::format("{:.6g}", price));
  std::string listed = factors.front();
  for (std::size_t y = 1; y < factors.size(); ++y) listed += ", " + factors[y];
  return fmt::format(
      "Prices: amounts are cash of {}{}, each year's money brought to pounds of {} times {} ({}); money that "
      "is spent later than planned keeps its worth.",
      from, prices.size() > 1 ? fmt::format(" to {}", from + static_cast<int>(prices.size()) - 1) : "",
      context.price_base_year, listed, series);
}

void note_prices(PolicyBuilder& builder, const Parameters& parameters) {
  if (std::string prices = price_year_note(builder.context(), parameters, 0.0, -1); !prices.empty())
    builder.note(std::move(prices));
}

}  // namespace spillway::scenarios
