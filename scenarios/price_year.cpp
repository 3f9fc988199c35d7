#include "scenarios/price_year.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

namespace {

const std::string& word_of(const Parameters& parameters) { return parameters.texts.at("price_year"); }

double ratio(const LeverContext& context, const Parameters& parameters, int year) {
  try {
    return context.deflators.ratio(year, context.price_base_year);
  } catch (const InputError& missing) {
    throw refusal("price_year", word_of(parameters), missing.what());
  }
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

/// Mean over the years of a period of base-year pounds for a pound of each year.
double of_period(const LeverContext& context, const Parameters& parameters, long period) {
  const double from = static_cast<double>(period) * context.period_years, to = from + context.period_years;
  double sum = 0.0;
  for (double year = std::floor(from); year < to; year += 1.0) {
    const double part = std::min(to, year + 1.0) - std::max(from, year);
    if (part > 1e-9 * context.period_years)
      sum += part * ratio(context, parameters, context.first_year + static_cast<int>(year));
  }
  return sum / context.period_years;
}

}  // namespace

ParameterSpec price_year_parameter() {
  ParameterSpec spec = text(
      "price_year",
      "whose prices the amounts are in: base, the appraisal's price base year; cash, each year's money in "
      "that year's prices; or a year",
      "base");
  spec.unit = price_year_unit;
  return spec;
}

std::string price_year_word(const ParameterValue& value) {
  std::string word;
  if (const auto* text_ = std::get_if<std::string>(&value)) {
    word = *text_;
  } else if (const auto* number_ = std::get_if<Distribution>(&value)) {
    if (number_->kind != "point" || !number_->values.contains("value")) return "";
    word = fmt::format("{:g}", number_->values.at("value"));
  }
  const bool year = word.size() == 4 && word.find_first_not_of("0123456789") == std::string::npos;
  return year || word == "base" || word == "cash" ? word : "";
}

std::vector<double> programme_prices(const LeverContext& context, const Parameters& parameters, double years,
                                     int first) {
  const std::string& word = word_of(parameters);
  if (word == "base") return {};
  if (word != "cash") return {ratio(context, parameters, std::stoi(word))};
  const int from = first > 0 ? first : starts_in(context, parameters);
  std::vector<double> prices;
  for (int y = 0; y < std::max(1, static_cast<int>(std::ceil(years))); ++y)
    prices.push_back(ratio(context, parameters, from + y));
  return prices;
}

Eigen::MatrixXd in_base_year_pounds(const LeverContext& context, const Parameters& parameters,
                                    Eigen::MatrixXd pounds, int first) {
  const std::string& word = word_of(parameters);
  if (word == "base") return pounds;
  for (Eigen::Index h = 0; h < pounds.cols(); ++h) {
    if (word == "cash" && pounds.col(h).isZero(0.0)) continue;  // no money, no prices to know
    pounds.col(h) *= word == "cash" ? of_period(context, parameters, first + h)
                                    : ratio(context, parameters, std::stoi(word));
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
