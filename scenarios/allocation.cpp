#include "scenarios/allocation.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

Eigen::VectorXd area_numbers(const LeverContext& context, const std::string& column,
                             const std::string& purpose) {
  if (context.pack == nullptr)
    throw InputError(
        fmt::format("{} needs the column '{}' of a data pack, and there is no pack", purpose, column));
  const std::vector<double>& values = context.pack->areas.numbers(column);
  const auto missing = std::find_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); });
  if (missing != values.end()) {
    const Column* code = context.pack->areas.find("area_code");
    const auto row = static_cast<std::size_t>(missing - values.begin());
    throw InputError(fmt::format(
        "{}: column '{}' has no value for {} of {} areas, the first {} (needs one for each)", purpose, column,
        std::count_if(values.begin(), values.end(), [](double v) { return !std::isfinite(v); }),
        values.size(), code == nullptr ? std::to_string(row) : code->text(row)));
  }
  return Eigen::Map<const Eigen::VectorXd>(values.data(), static_cast<Eigen::Index>(values.size()));
}

Eigen::VectorXd need_score(const LeverContext& context, const std::string& column) {
  const Eigen::VectorXd values = area_numbers(context, column, "allocation by need");
  if (column.size() >= 4 && column.compare(column.size() - 4, 4, "rank") == 0) {
    if (values.minCoeff() < 1.0)
      throw InputError(
          fmt::format("allocation by need: column '{}' has the rank {} (ranks start at 1, the most in need)",
                      column, values.minCoeff()));
    return (1.0 - (values.array() - 0.5) / values.maxCoeff()).matrix();
  }
  if (values.minCoeff() < 0.0)
    throw InputError(
        fmt::format("allocation by need: column '{}' has the value {} (need must be 0 or more, higher = "
                    "more; a rank column's name ends in 'rank')",
                    column, values.minCoeff()));
  return values;
}

std::vector<std::int32_t> all_areas(const LeverContext& context) {
  std::vector<std::int32_t> areas(context.type.size());
  std::iota(areas.begin(), areas.end(), 0);
  return areas;
}

Eigen::VectorXd allocation_shares(const LeverContext& context, const AllocationRule& rule,
                                  const std::vector<std::int32_t>& areas) {
  Eigen::VectorXd weight;
  if (rule.rule == "by_head") {
    weight = context.population;
  } else if (rule.rule == "by_need") {
    weight = context.population.cwiseProduct(need_score(context, rule.column));
  } else {
    weight = area_numbers(context, rule.column, "allocation by formula");
    if (weight.minCoeff() < 0.0)
      throw InputError(
          fmt::format("allocation by formula: column '{}' has the weight {} (weights must be 0 or more)",
                      rule.column, weight.minCoeff()));
  }
  Eigen::VectorXd share = Eigen::VectorXd::Zero(weight.size());
  for (const std::int32_t area : areas)
    if (context.population(area) > 0.0) share(area) = weight(area);
  const double total = share.sum();
  if (!(total > 0.0) || !std::isfinite(total))
    throw InputError(fmt::format("allocation {}: the weights of {} areas sum to {} (must be above 0)",
                                 rule.rule, areas.size(), total));
  return share / total;
}

Eigen::VectorXd shares_of_reached(const LeverContext& context, const Parameters& parameters,
                                  const Reached& reached, const std::string& rule,
                                  const std::string& column) {
  const std::string& word = parameters.texts.at(rule);
  if (reached.weight.size() == 0)
    return allocation_shares(context, {word, parameters.texts.at(column)}, reached.areas);
  if (word != "by_head")
    throw refusal(rule, word,
                  "the list of places says already how the money is shared; leave one of them out");
  return reached.weight / reached.weight.sum();
}

std::vector<std::string> gainers_and_losers(const LeverContext& context, const Eigen::VectorXd& pounds) {
  constexpr std::size_t shown = 5;
  std::vector<std::string> sentences;
  const double gained = pounds.cwiseMax(0.0).sum(), lost = -pounds.cwiseMin(0.0).sum();
  if (!(gained > 0.0)) return {"No money moves between areas."};
  const auto heads = [&](auto sign) {
    double people = 0.0;
    for (Eigen::Index i = 0; i < pounds.size(); ++i)
      if (sign(pounds(i))) people += context.population(i);
    return people;
  };
  const double gaining = heads([](double v) { return v > 0.0; }),
               losing = heads([](double v) { return v < 0.0; });
  sentences.push_back(
      fmt::format("Gain: GBP {:.1f}m over the horizon for {:.0f} thousand residents, GBP {:.2f} a head.",
                  gained / 1e6, gaining / 1e3, gained / gaining));
  if (!(lost > 0.0)) return sentences;
  sentences.push_back(
      fmt::format("Lose: GBP {:.1f}m, GBP {:.2f} a head for the {:.0f} thousand residents of the other areas "
                  "of the fund.",
                  lost / 1e6, lost / losing, losing / 1e3));
  const Column* code = context.pack == nullptr ? nullptr : context.pack->areas.find("lad_code");
  if (code == nullptr) return sentences;
  const Column* name = context.pack->areas.find("lad_name");
  const Categories authorities = categories(*code);
  std::vector<double> net(authorities.names.size(), 0.0);
  std::vector<std::string> label = authorities.names;
  for (std::size_t i = 0; i < authorities.of_row.size(); ++i) {
    const auto authority = static_cast<std::size_t>(authorities.of_row[i]);
    net[authority] += pounds(static_cast<Eigen::Index>(i));
    if (name != nullptr && name->kind == ColumnKind::text) label[authority] = name->text(i);
  }
  std::vector<std::size_t> order(net.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return net[a] < net[b]; });
  const auto listed = [&](bool losers) {
    std::vector<std::string> parts;
    for (std::size_t k = 0; k < std::min(shown, order.size()); ++k) {
      const std::size_t authority = losers ? order[k] : order[order.size() - 1 - k];
      if (losers ? net[authority] < 0.0 : net[authority] > 0.0)
        parts.push_back(fmt::format("{} (GBP {:+.2f}m)", label[authority], net[authority] / 1e6));
    }
    return fmt::format("{}", fmt::join(parts, ", "));
  };
  const auto count = std::count_if(net.begin(), net.end(), [](double v) { return v < 0.0; });
  sentences.push_back(
      fmt::format("Local authorities that lose most, net of what their own areas gain: {}; {} of {} lose.",
                  listed(true), count, net.size()));
  sentences.push_back(fmt::format("Local authorities that gain most: {}.", listed(false)));
  return sentences;
}

}  // namespace spillway::scenarios
