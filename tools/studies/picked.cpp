#include "tools/studies/picked.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "tools/studies/estimate_table.hpp"
#include "tools/studies/json_number.hpp"
#include "tools/studies/result_tables.hpp"

namespace spillway::studies {

namespace {

std::string level_words(double level) { return fmt::format("{:g} %", 100.0 * level); }
std::string interval_words(const Interval& one, double scale) {
  return fmt::format("{} to {}", short_number(scale * one.low), short_number(scale * one.high));
}
nlohmann::ordered_json interval_json(const Interval& one) { return {number(one.low), number(one.high)}; }

template <typename Vector>
auto all_of(const Vector& values) {
  return std::vector<typename Vector::Scalar>(values.begin(), values.end());
}

}  // namespace

Eigen::MatrixXd last_period(const StoredAggregate& series) {
  Eigen::MatrixXd draws(series.draws, static_cast<Eigen::Index>(series.groups.size()));
  for (long d = 0; d < series.draws; ++d)
    for (std::size_t g = 0; g < series.groups.size(); ++g)
      draws(d, static_cast<Eigen::Index>(g)) =
          static_cast<double>(series.at(d, series.periods.size() - 1, g));
  return draws;
}

bool holds_its_estimate(const WinnerInference& winner) {
  return winner.hybrid.low <= winner.estimate && winner.estimate <= winner.hybrid.high;
}

Interval stated(const WinnerInference& winner) {
  if (holds_its_estimate(winner)) return winner.hybrid;
  return {std::min(winner.hybrid.low, winner.projection.low),
          std::max(winner.hybrid.high, winner.projection.high)};
}

std::vector<std::string> winner_words(const std::string& name, const WinnerInference& winner, double level,
                                      const std::string& stored) {
  const double scale = shown_as(stored);
  const std::string unit = unit_in_words(stored);
  if (!(winner.standard_error > 0.0))
    return {fmt::format("{} comes first with {} ({}) in every draw: nothing to correct", name,
                        short_number(scale * winner.estimate), unit)};
  if (!holds_its_estimate(winner))
    return {
        fmt::format("{} comes first with {} ({}), and what is right for having picked it leaves that figure "
                    "out ({}, hybrid: first and second are hardly apart, or draws have heavy tails). With "
                    "the projection joined to it, it is worth {} at {}; an interval that forgets the "
                    "picking says {}",
                    name, short_number(scale * winner.estimate), unit, interval_words(winner.hybrid, scale),
                    interval_words(stated(winner), scale), level_words(level),
                    interval_words(winner.naive, scale)),
        fmt::format("Whoever had come first: {} (projection); given that it did: {} (conditional)",
                    interval_words(winner.projection, scale), interval_words(winner.conditional, scale))};
  return {fmt::format("{} comes first with {} ({}). Picked because it came first, it is worth {} at {} "
                      "(hybrid), median-unbiased {}; "
                      "an interval that forgets the picking says {}",
                      name, short_number(scale * winner.estimate), unit, interval_words(winner.hybrid, scale),
                      level_words(level), short_number(scale * winner.hybrid_median),
                      interval_words(winner.naive, scale)),
          fmt::format("Whoever had come first: {} (projection); given that it did: {} (conditional)",
                      interval_words(winner.projection, scale), interval_words(winner.conditional, scale))};
}

nlohmann::ordered_json winner_json(const WinnerInference& winner, const std::string& name) {
  return {{"name", name},
          {"estimate", winner.estimate},
          {"standard_error", winner.standard_error},
          {"naive", interval_json(winner.naive)},
          {"hybrid", interval_json(winner.hybrid)},
          {"stated", interval_json(stated(winner))},
          {"hybrid_median", number(winner.hybrid_median)},
          {"projection", interval_json(winner.projection)},
          {"conditional", interval_json(winner.conditional)},
          {"conditional_median", number(winner.conditional_median)},
          {"given_first_between", {number(winner.lower), number(winner.upper)}}};
}

nlohmann::ordered_json bands_json(const Bands& bands) {
  return {{"tail", bands.tail},         {"critical", bands.critical},
          {"mean", all_of(bands.mean)}, {"standard_error", all_of(bands.standard_error)},
          {"low", all_of(bands.low)},   {"high", all_of(bands.high)},
          {"gains", bands.gains},       {"loses", bands.loses}};
}

}  // namespace spillway::studies
