#include "engine/policy/prices.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <map>
#include <utility>

#include "engine/policy/deflator_years.hpp"

namespace spillway {

namespace {

std::map<int, double> from_year(int first, const std::vector<double>& values) {
  std::map<int, double> index;
  for (const double value : values) index.emplace(first++, value);
  return index;
}

std::optional<int> year_in(const std::string& text) {
  int year = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), year);
  if (error != std::errc() || end != text.data() + text.size() || year < 1000 || year > 9999) return {};
  return year;
}

bool is_one_of(const std::string& word, const std::vector<std::string>& words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

/// A unit's words in lower case: what stands between spaces and marks, "gbp" apart from what is joined to it;
/// "per" for a stroke that is not between figures ("2022/23").
std::vector<std::string> words_of_unit(const std::string& unit) {
  std::string text;
  const auto figure = [&](std::size_t at) {
    return at < unit.size() && std::isdigit(static_cast<unsigned char>(unit[at])) != 0;
  };
  for (std::size_t k = 0; k < unit.size(); ++k) {
    const char c = unit[k];
    if (unit.compare(k, 2, "\xC2\xA3") == 0)
      text += " gbp ", ++k;
    else if (c == '/')
      text += k > 0 && figure(k - 1) && figure(k + 1) ? " " : " per ";
    else if (std::string(" \t()[],;:-").find(c) != std::string::npos)
      text += ' ';
    else if (c != '\'' && c != '.')
      text += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  for (std::size_t at = text.find("gbp"); at != std::string::npos; at = text.find("gbp", at + 5))
    text.replace(at, 3, " gbp ");
  std::vector<std::string> words;
  std::string word;
  for (const char c : text + ' ') {
    if (c != ' ')
      word += c;
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  }
  return words;
}

}  // namespace

double pounds_a_unit(const std::string& unit) {
  static const std::map<std::string, double> scales = {
      {"pence", 0.01},   {"p", 0.01},        {"k", 1e3},       {"000", 1e3},     {"000s", 1e3},
      {"thousand", 1e3}, {"thousands", 1e3}, {"m", 1e6},       {"mn", 1e6},      {"million", 1e6},
      {"millions", 1e6}, {"bn", 1e9},        {"billion", 1e9}, {"billions", 1e9}};
  // Which prices the pounds are in, a column's price_base says; a year is what GVA is of.
  static const std::vector<std::string> of_prices = {
      "prices",   "price", "current", "constant", "nominal", "real",    "terms",
      "base",     "basic", "cash",    "chained",  "volume",  "volumes", "measure",
      "measures", "at",    "in",      "of",       "the",     "annual",  "pa"};
  const std::vector<std::string> words = words_of_unit(unit);
  if (words.empty()) return 1.0;
  bool pounds = false;
  std::optional<double> scale;
  for (std::size_t k = 0; k < words.size(); ++k) {
    const std::string& word = words[k];
    if (is_one_of(word, {"gbp", "pound", "pounds", "sterling"})) {
      pounds = true;
    } else if (const auto found = scales.find(word); found != scales.end()) {
      if (scale && *scale != found->second) return 0.0;
      scale = found->second;
    } else if (word == "per" || word == "a") {
      if (k + 1 == words.size() || !is_one_of(words[k + 1], {"year", "yr", "annum"})) return 0.0;
      ++k;
    } else if (const std::optional<int> year = year_in(word); year && *year >= 1900 && *year < 2100) {
      if (k + 1 < words.size() && words[k + 1] == fmt::format("{:02}", (*year + 1) % 100)) ++k;  // 2022/23
    } else if (!is_one_of(word, of_prices)) {
      return 0.0;
    }
  }
  return pounds || scale == 0.01 ? scale.value_or(1.0) : 0.0;
}

std::string years_in_words(const std::vector<int>& years) {
  std::vector<std::string> runs;
  for (std::size_t k = 0; k < years.size();) {
    std::size_t last = k;
    while (last + 1 < years.size() && years[last + 1] == years[last] + 1) ++last;
    runs.push_back(last == k ? std::to_string(years[k]) : fmt::format("{} to {}", years[k], years[last]));
    k = last + 1;
  }
  if (runs.size() < 2) return runs.empty() ? "" : runs[0];
  const std::string final = runs.back();
  runs.pop_back();
  return fmt::format("{} and {}", fmt::join(runs, ", "), final);
}

std::vector<int> missing_years(const Deflators& deflators, std::vector<int> years) {
  std::sort(years.begin(), years.end());
  years.erase(std::unique(years.begin(), years.end()), years.end());
  std::erase_if(years, [&](int year) { return deflators.index.contains(year); });
  return years;
}

void require_years(const Deflators& deflators, const std::vector<int>& years) {
  const auto& [name, edition, source, index] = deflators;
  const std::vector<int> lacking = missing_years(deflators, years);
  if (lacking.empty()) return;
  std::vector<int> held;
  for (const auto& [year, value] : index) held.push_back(year);
  const bool one = lacking.size() == 1;
  throw InputError(fmt::format(
      "no deflator{} for {} ({} holds {}; give the amount in pounds of one of these years, or add {} with "
      "{} source, on a scale where {} is {:g}: [appraisal.deflators] {} = {{ value = ..., source = \"...\" "
      "}})",
      one ? "" : "s", years_in_words(lacking), name, years_in_words(held), one ? "the year" : "the years",
      one ? "its" : "their", index.rbegin()->first, index.rbegin()->second, lacking.front()));
}

double Deflators::ratio(int from, int to) const {
  require_years(*this, {from, to});
  return index.at(to) / index.at(from);
}

const std::vector<Deflators>& deflator_series() {
  static const std::vector<Deflators> all = {
      {"gdp-2025-12", "December 2025 quarterly national accounts, calendar years, 2024 = 100",
       "HM Treasury, GDP deflators at market prices, as the tables of the R package greenbook 0.1.1 have "
       "them "
       "[S]",
       from_year(1990, {42.7537, 45.6203, 47.1096, 48.5208, 49.4168, 50.7097, 52.8097, 52.8303, 53.5326,
                        54.2793, 54.8102, 55.7479, 56.911,  58.266,  59.8584, 61.5718, 63.4682, 64.7322,
                        66.89,   68.217,  69.1217, 70.834,  71.9294, 73.4795, 74.6524, 75.1536, 76.4554,
                        77.6367, 79.1606, 81.1085, 85.2137, 85.6358, 90.5005, 96.2507, 100.0})},
      {"gva-england-2023", "regional accounts, 1998 to 2023, 2022 = 100",
       "ONS, GVA of England's local authorities in current prices over chained volumes of 2022, summed over "
       "296 authorities [D]",
       from_year(1998, {61.8964, 62.3519, 62.5296, 63.6446, 65.3513, 66.9518, 68.5103, 70.2947, 71.8495,
                        73.4352, 76.0991, 78.6610, 78.7043, 79.4491, 80.6391, 82.2673, 83.4285, 84.6989,
                        86.2588, 87.5616, 88.8722, 90.8650, 95.9152, 95.0514, 100.0,   108.5230})},
  };
  return all;
}

Deflators deflators(const RunConfig& config) {
  const auto& all = deflator_series();
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Deflators& one) { return one.name == config.deflator_series; });
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const Deflators& one : all) names.push_back(one.name);
    throw InputError(fmt::format("no series of deflators '{}' (there are {})", config.deflator_series,
                                 fmt::join(names, ", ")));
  }
  Deflators chosen = *found;
  for (const auto& [year, added] : config.deflators) {
    if (!chosen.index.emplace(year, added.values.at("value")).second)
      throw InputError({fault_of_key(
          config, fmt::format("appraisal.deflators.{}", year), fmt::format("{:g}", added.values.at("value")),
          fmt::format("is in {} already, as {:g}; leave it out", chosen.name, found->index.at(year)))});
    chosen.source += fmt::format("; {}: {}", year, added.source);
  }
  return chosen;
}

Eigen::VectorXd GvaBase::applied(const Eigen::VectorXd& gva, const Eigen::VectorXd& growth) const {
  if (periods == 0.0) return factor * gva;
  return factor * gva.cwiseProduct((periods * growth.array()).exp().matrix());
}

Rebased rebased(const Column& column, std::optional<int> last_period, const Deflators& deflators,
                int price_base_year) {
  if (column.price_base.empty())
    return {1.0, fmt::format("prices: column '{}' names no price base and counts as pounds of {}",
                             column.name, price_base_year)};
  std::optional<int> first, last;
  if (column.price_base == "current") {
    first = last = last_period;
  } else if (const auto dash = column.price_base.find('-'); dash != std::string::npos) {
    first = year_in(column.price_base.substr(0, dash));
    last = year_in(column.price_base.substr(dash + 1));
  } else {
    first = last = year_in(column.price_base);
  }
  if (!first || !last || *last < *first)
    throw InputError(fmt::format(
        "column '{}' has the price base '{}', which names no year{} (write \"2022\", or \"2013-2018\" for "
        "amounts of several years' own prices)",
        column.name, column.price_base,
        column.price_base == "current" ? " where the pack has no panel" : ""));
  Rebased made{0.0, ""};
  try {
    std::vector<int> years = {price_base_year};
    for (int year = *first; year <= *last; ++year) years.push_back(year);
    require_years(deflators, years);
    for (int year = *first; year <= *last; ++year)
      made.factor += deflators.ratio(year, price_base_year) / static_cast<double>(*last - *first + 1);
  } catch (const InputError& missing) {
    throw InputError(fmt::format(
        "column '{}' in prices of {}: {}{}", column.name, column.price_base, missing.what(),
        column.price_base == "current"
            ? "; where the pack is older than its recipe, which may name the years: build it again"
            : ""));
  }
  if (*first != price_base_year || *last != price_base_year)
    made.sentence =
        fmt::format("prices: '{}' from pounds of {} to pounds of {}, times {:.6g} ({}, {})", column.name,
                    *first == *last ? std::to_string(*first) : fmt::format("{} to {}", *first, *last),
                    price_base_year, made.factor, deflators.name, deflators.edition);
  else
    made.factor = 1.0;
  return made;
}

}  // namespace spillway
