#include "tools/studies/plausibility.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/policy/target_grouping.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/words.hpp"

namespace spillway::studies {

const std::vector<Benchmark>& return_benchmarks() {
  static const std::vector<Benchmark> all = {
      {"Frontier for Local Trust 2021", 3.2, 3.2, "all benefits over ten years, commissioned by an advocate"},
      {"New Deal for Communities", 3.0, 5.0, "all benefits, its evaluation"}};
  return all;
}

Plausibility plausibility(const scenarios::AppraisalInputs& inputs, double moved) {
  Plausibility found;
  const scenarios::AppraisalGroup* target = inputs.local();
  if (!inputs.no_gva.empty() || target == nullptr) {
    found.line =
        "plausibility: not told, " +
        (inputs.no_gva.empty() ? std::string("the areas that it is for have no outcome") : inputs.no_gva);
    return found;
  }
  const Eigen::VectorXd spent = inputs.cost.rowwise().sum();
  const bool costs = spent.size() > 0 && spent.minCoeff() > 0.0;
  if (!costs && !(moved > 0.0)) {
    found.line = "plausibility: not told, no money is spent in areas or moved to them";
    return found;
  }
  const Eigen::VectorXd gained = target->gva.rowwise().sum();
  const Eigen::VectorXd each =
      costs ? Eigen::VectorXd(gained.cwiseQuotient(spent)) : Eigen::VectorXd(gained / moved);
  const scenarios::Percentiles middle = scenarios::percentiles(each);
  found.p10 = middle.p10;
  found.p50 = middle.p50;
  found.p90 = middle.p90;
  constexpr double times = 3.0;
  double low = return_benchmarks().front().low, high = return_benchmarks().front().high;
  std::vector<std::string> beside;
  for (const Benchmark& one : return_benchmarks()) {
    low = std::min(low, one.low);
    high = std::max(high, one.high);
    beside.push_back(fmt::format(
        "{} ({}: {})",
        one.low == one.high ? fmt::format("{:g}", one.low) : fmt::format("{:g} to {:g}", one.low, one.high),
        one.name, one.source));
  }
  found.verdict = found.p50 > times * high  ? Plausibility::Verdict::large
                  : found.p50 < low / times ? Plausibility::Verdict::small
                                            : Plausibility::Verdict::plausible;
  const std::string against = found.verdict == Plausibility::Verdict::large   ? "implausibly large against "
                              : found.verdict == Plausibility::Verdict::small ? "implausibly small against "
                                                                              : "beside ";
  const auto figure_with = [&](const auto& number) {
    return fmt::format("GBP {} of GVA over {:g} years per GBP {} [{}]", number(found.p50),
                       inputs.period_years * static_cast<double>(inputs.cost.cols()),
                       costs ? "of public money spent in them" : "moved to areas that gain",
                       each.size() < kFewestForBand
                           ? no_band_words(each.size())
                           : fmt::format("P10 {}, P90 {}", number(found.p10), number(found.p90)));
  };
  const std::string figure = figure_with(short_number);
  const std::string areas = areas_words(inputs.target);
  const std::string benchmarks = fmt::format("{}", fmt::join(beside, ", "));
  if (found.verdict != Plausibility::Verdict::plausible)
    found.doubt = fmt::format(
        "implausibly {}: {} in {}; such programmes are said to have returned GBP {:g} to {:g} of all "
        "benefits",
        found.verdict == Plausibility::Verdict::large ? "large" : "small", figure_with(said),
        areas_words(lower_case(plain_words(inputs.target))), low, high);
  found.line = found.verdict == Plausibility::Verdict::plausible
                   ? fmt::format("plausibility: in {} {}, {}{}", areas, figure, against, benchmarks)
                   : fmt::format(
                         "{}{}: in {} {}; below a third or above three times of the range a figure "
                         "says more of the assumptions than of the policy",
                         against, benchmarks, areas, figure);
  return found;
}

}  // namespace spillway::studies
