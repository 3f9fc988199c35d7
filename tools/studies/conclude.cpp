#include "tools/studies/conclude.hpp"

#include <fmt/format.h>

#include "engine/base/few_draws.hpp"
#include "engine/draw/sensitivity_indices.hpp"
#include "engine/run/aim.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/result_tables.hpp"

namespace spillway::studies {

namespace {

constexpr double supported = 0.95, leaning = 0.80;

double share_above_zero(const Eigen::VectorXd& draws) {
  return static_cast<double>((draws.array() > 0.0).count()) /
         static_cast<double>(std::max<Eigen::Index>(draws.size(), 1));
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100.0 * share); }

/// @param scale  what the tables show the unit times
std::string range(const Eigen::VectorXd& draws, double scale) {
  const WithInterval wide = percentile_interval(0.0, scale * draws, 0.9);
  return fmt::format("{} to {}", short_number(wide.low), short_number(wide.high));
}

std::string verdict_of(double better) {
  if (better >= supported) return "given this model and these assumptions that it gets better is supported";
  if (1.0 - better >= supported) return "given this model and these assumptions it gets worse";
  if (better >= leaning) return "it leans towards better, and that is not established";
  if (1.0 - better >= leaning) return "it leans towards worse, and that is not established";
  return "whether it gets better or worse these data do not say";
}

/// Whether the lever turns money into growth through model B's beta.
bool through_stock(const ScenarioConfig& scenario) { return scenarios::acts_through(scenario).stock; }

bool has_parameter(const ScenarioConfig& scenario, const std::string& name) {
  const scenarios::Lever& lever = scenarios::lever(scenario.lever);
  return std::any_of(lever.parameters.begin(), lever.parameters.end(),
                     [&](const auto& one) { return one.name == name; });
}

}  // namespace

std::vector<std::string> what_to_conclude(const ScenarioConfig& scenario, const LeverContext& context,
                                          const Evidence& evidence) {
  std::vector<std::string> say;
  const bool moves = !evidence.target_uplift.isZero(0.0) || !evidence.nation_uplift.isZero(0.0);
  if (!moves) {
    say.push_back("Conclude: as configured the policy moves nothing, in any draw.");
    return say;
  }
  // Of few draws neither a share nor a verdict: how many they are.
  const auto draws = static_cast<long>(evidence.target_uplift.size());
  const bool few = draws < kFewestForBand;
  const auto in_draws = [&](double share) {
    return few ? fmt::format("{:.0f} of {} draw{}", share * static_cast<double>(draws), draws,
                             draws == 1 ? "" : "s")
               : percent(share) + " of draws";
  };
  const auto verdict = [&](double better) {
    return few ? fmt::format("too few draws to conclude from ({} are needed)", kFewestForBand)
               : verdict_of(better);
  };
  const double target = share_above_zero(context.better * evidence.target_uplift),
               nation = share_above_zero(context.better * evidence.nation_uplift);
  const double scale = shown_as(context.outcome_unit);
  const std::string unit = context.outcome_unit.empty()
                               ? ""
                               : ", " + unit_shown(context.outcome_unit) + " summed over the horizon";
  say.push_back(fmt::format(
      "Conclude: for {} the outcome gets better in {}{}: {}.", evidence.target, in_draws(target),
      few ? "" : fmt::format(" (90 % of draws: {}{})", range(evidence.target_uplift, scale), unit),
      verdict(target)));
  say.push_back(
      fmt::format("For all areas together it gets better in {}{}: {}.", in_draws(nation),
                  few ? "" : fmt::format(" (90 % of draws: {})", range(evidence.nation_uplift, scale)),
                  evidence.nation_told ? verdict(nation) : "not told by this model"));
  if (through_stock(scenario) && context.beta.size() > 0) {
    const Eigen::VectorXd helpful = context.better * context.beta;
    const double right = share_above_zero(helpful);
    say.push_back(fmt::format(
        "The effect of a pound rests on {}, whose sign is the one the policy needs in {}: {}.",
        context.beta_name, in_draws(right),
        few                  ? verdict(right)
        : right >= supported ? "its sign is supported, its size is as wide as its draws"
                             : "the data do not establish that money helps, so neither does this scenario"));
    say.push_back(
        "How strong its instruments are stands with the estimate (first-stage and effective F, "
        "Anderson-Rubin set): where they are weak, the draws too are a poor guide.");
  }
  if (has_parameter(scenario, "gva_per_pound") && !through_stock(scenario))
    say.push_back(
        "How much a pound brings is an assumption with its source, not an estimate of this run: its spread "
        "is what the assumption says.");
  const auto& types = context.type_names;
  const auto type = std::find(types.begin(), types.end(), aim_of(scenario).type);
  if (type != types.end() && scenario.spread == "propagated") {
    const double spreads = share_above_zero(context.rho.row(type - types.begin()).transpose());
    // Whether that establishes it, the estimate's own interval and warnings say, and nothing else does.
    say.push_back(fmt::format(
        "Spillover into these areas is positive in {}{}; what that establishes stands with the "
        "estimate: its own "
        "interval, and its warnings.",
        in_draws(spreads),
        !few && 1.0 - spreads >= supported ? " (what helps an area is followed by the opposite next door)"
                                           : ""));
  }
  std::string against =
      "Do not conclude: that single areas are ranked (areas show where the model sends effects; the Office "
      "for National Statistics advises "
      "against comparing single LSOAs, so read types, authorities and regions first); that draws hold every "
      "doubt (the form of the "
      "models, the weights and the counterfactual are fixed in them)";
  if (!evidence.pounds)
    against +=
        "; that the net present value is a verdict (no GVA is counted here, so it holds costs and no benefit "
        "of growth)";
  else if (evidence.additional_share == 0.0)
    against +=
        "; that a national value of minus the cost, or of zero where the policy costs nothing, is a verdict "
        "(by default no local GVA counts as additional to the nation: set "
        "gva_additional_share, with its source, to count some)";
  say.push_back(against + ".");
  return say;
}

}  // namespace spillway::studies
