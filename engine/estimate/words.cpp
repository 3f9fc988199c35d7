#include "engine/estimate/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/distributions.hpp"
#include "engine/estimate/confidence_set.hpp"
#include "engine/estimate/panel/panel_decision.hpp"
#include "engine/estimate/simulated_coverage.hpp"

namespace spillway {

namespace {

std::string few_clusters(const Reason& reason) {
  const double clusters = reason.numbers[0], effective = reason.numbers[1];
  const PanelRules rules;
  return clusters < static_cast<double>(rules.enough_clusters)
             ? fmt::format("{} clusters by '{}' (below {})", clusters, reason.names[0], rules.enough_clusters)
             : fmt::format(
                   "{} clusters by '{}', but '{}' rests on an effective {:.0f} of them (below {:.0f})",
                   clusters, reason.names[0], reason.names[1], effective, rules.enough_effective);
}

std::string short_name(Estimator estimator) {
  switch (estimator) {
    case Estimator::half_panel_jackknife:
      return "half-panel jackknife";
    case Estimator::arellano_bond:
    case Estimator::double_filter_iv:
      return name_of(estimator);
    default:
      return "corrected score";
  }
}

}  // namespace

std::string field_name(const std::string& coefficient) {
  return coefficient == "previous" ? "own_lag" : coefficient == "previous_2" ? "own_lag_2" : coefficient;
}

std::string sentence(const Reason& reason, Estimator estimator) {
  const auto number = [&](std::size_t k) { return reason.numbers.at(k); };
  const auto name = [&](std::size_t k) -> const std::string& { return reason.names.at(k); };
  switch (reason.code) {
    case ReasonCode::too_short:
      return fmt::format("{} refused: {} regression periods (needs at least 4{})", short_name(estimator),
                         number(0), estimator == Estimator::half_panel_jackknife ? ", two a half" : "");
    case ReasonCode::no_root:
      return fmt::format(
          "corrected score refused: the corrected equations have no root within reach of the within estimate "
          "after {} evaluations; read the half-panel jackknife and double_filter_iv instead",
          number(0));
    case ReasonCode::tests_missing:
      return "refused: r1 or Q2 could not be computed, so serial correlation of the residuals is not ruled "
             "out; "
             "read double_filter_iv";
    case ReasonCode::root_missing:
      return "refused: |phi| + max |rho| could not be computed, so a unit root is not ruled out; read the "
             "half-panel jackknife and double_filter_iv";
    case ReasonCode::replicates_failed:
      return fmt::format("{} of {} replicates failed (singular); intervals and draws use the rest", number(0),
                         number(1));
    case ReasonCode::explosive_refused:
      return fmt::format(
          "refused: {:.1f} % of replicates have |phi| + max |rho| >= 1 (more than {:.0f} %): the "
          "panel is too close to a unit root for this estimator; read the half-panel jackknife and "
          "double_filter_iv",
          100.0 * number(0), 100.0 * number(1));
    case ReasonCode::explosive_some:
      return fmt::format(
          "{:.1f} % of replicates have |phi| + max |rho| >= 1: these data do not rule a unit root "
          "out, and draws of that kind grow over a scenario's horizon: read medians and quantiles, "
          "not means",
          100.0 * number(0));
    case ReasonCode::own_lag_off_correlated:
      return fmt::format(
          "own lag switched off and residuals are serially correlated (r1 p = {:.3g}): estimates of "
          "rho are invalid; set own_lag = true",
          number(0));
    case ReasonCode::own_lag_off:
      return fmt::format("own lag switched off; r1 does not reject (p = {:.3g})", number(0));
    case ReasonCode::second_lags_meaning:
      return "second lags take up serial correlation of the errors: rho is the coefficient of the "
             "neighbours' last "
             "period, 'own_lag' and 'own_lag_2' mix the own lag with that correlation and neither is phi; "
             "no "
             "scenario is run on them";
    case ReasonCode::serially_correlated:
    case ReasonCode::second_lags_not_cured:
      return fmt::format(
          "residuals are serially correlated (r1 p = {:.3g}, Q2 p = {:.3g}): phi is not structural, "
          "rho may be off by {:.2f}, score-cell intervals are void; {} and run scenarios also with "
          "phi = 0",
          number(0), number(1), number(2),
          reason.code == ReasonCode::second_lags_not_cured
              ? "the second lags have not cured it: read double_filter_iv beside it"
              : "add \"corrected_score_second_lags\" to estimators (it is right where errors are "
                "AR(1)), read double_filter_iv beside it");
    case ReasonCode::measurement_error:
      return fmt::format(
          "phi = {:.3f} is negative with serially correlated residuals: the mark of measurement "
          "error in a small-area outcome; aggregate to larger areas or average years and run again; "
          "nothing is claimed about phi",
          number(0));
    case ReasonCode::feedback:
      return fmt::format(
          "covariate '{}' responds to past residuals (lead test p = {:.3g}): drop or lag it, or list "
          "it under predetermined and read double_filter_iv",
          name(0), number(0));
    case ReasonCode::no_joint_clusters:
      return "no joint clusters: normal intervals from the covariance";
    case ReasonCode::low_information:
      return fmt::format("low information: {} regression periods", number(0));
    case ReasonCode::not_stationary:
      return fmt::format(
          "refused: |phi| + max |rho| = {:.3f} at the estimate (needs to be below 1: no stationary "
          "root); read the half-panel jackknife and double_filter_iv",
          number(0));
    case ReasonCode::asked_with_few_clusters:
      return fmt::format("interval = \"{}\" asked for with {} clusters: below 50 it covers too little",
                         name(0), number(0));
    case ReasonCode::few_wider:
      return few_clusters(reason) + ": intervals by score cells or year clusters, whichever is wider";
    case ReasonCode::few_cells:
      return few_clusters(reason) + ": intervals by cluster x period score cells";
    case ReasonCode::few_pairs:
      return fmt::format("{} and {} periods: percentile-t covers about {} % instead of 95 %",
                         few_clusters(reason), number(2), simulated::few_pairs_cover);
    case ReasonCode::unreliable:
      return fmt::format("interval unreliable: {} and {} periods (needs 20 clusters or 8 periods)",
                         few_clusters(reason), number(2));
    case ReasonCode::no_replicates:
      return "no replicates were drawn: normal intervals on the joint clusters";
    case ReasonCode::few_replicates:
      return fmt::format("fewer than 39 usable replicates of {}: no {} interval, the normal one is shown",
                         number(0), name(0));
    case ReasonCode::cells_void:
      return fmt::format("score cells are void: r1 rejects (p = {:.3g})", number(0));
    case ReasonCode::wider_of_two:
      return fmt::format(
          "{} clusters: half-width of '{}' by score cells {:.4f}, by year clusters t({}) {:.4f}; the "
          "wider is shown",
          number(0), name(0), number(1), number(2), number(3));
    case ReasonCode::draws_from_cells:
      return fmt::format(
          "scenario draws of this model come from its {} score cells (random signs), not from pairs "
          "of {} clusters; they are drawn apart from other models'",
          number(0), number(1));
    case ReasonCode::draws_too_narrow:
      if (number(0) >= static_cast<double>(PanelRules{}.enough_clusters))
        return fmt::format(
            "scenario draws resample {} clusters in pairs, and '{}' rests on an effective {:.0f} of them: "
            "bands of scenarios are narrower than the interval shown",
            number(0), name(0), number(1));
      return fmt::format(
          "scenario draws resample {} clusters in pairs: their bands are too narrow (percentiles "
          "cover {} to {} % instead of 95 %)",
          number(0), simulated::percentile_few_clusters.low, simulated::percentile_few_clusters.high);
    case ReasonCode::cover:
      return simulated::sentence({name(0), static_cast<int>(number(0)), number(1),
                                  number(2) > 0.0 ? simulated::Shocks::shared : simulated::Shocks::own});
    case ReasonCode::shared_groups:
      return fmt::format(
          "the {:.0f} clusters by '{}' share shocks (scores of neighbouring clusters correlate, p = {:.2g}, "
          "most for '{}'; pairs add up to {:.0f} % to the clusters' variance): the interval takes {:.0f} "
          "cells "
          "of {} x period as independent; standard errors in brackets, and intervals of other estimators "
          "beside it, do not",
          number(0), name(0), number(1), field_name(name(2)), 100.0 * number(2), number(4), name(1));
    case ReasonCode::shared_periods:
      return fmt::format(
          "the {:.0f} clusters by '{}' share shocks (p = {:.2g}, most for '{}'; pairs add up to {:.0f} % to "
          "the clusters' variance), and {}: the interval takes periods as independent; standard errors in "
          "brackets, and intervals of other estimators beside it, do not",
          number(0), name(0), number(1), field_name(name(2)), 100.0 * number(2),
          reason.numbers.size() > 5
              ? fmt::format("so do neighbouring groups of {} (p = {:.2g})", name(1), number(5))
              : std::string(
                    "no column of regions says which ('region_code' among the areas' columns is sharper)"));
    case ReasonCode::shared_unheeded:
      return fmt::format(
          "the {:.0f} clusters by '{}' share shocks (scores of neighbouring clusters correlate, p = {:.2g}; "
          "pairs add up to {:.0f} % to the clusters' variance), but interval = \"{}\" takes them as "
          "independent: it is too short; leave interval out and the decision table chooses",
          number(0), name(0), number(1), 100.0 * number(2), name(1));
    case ReasonCode::cells_of_groups:
      return fmt::format("the interval rests on {:.0f} cells of {} x period, as the model's covariance asks",
                         number(0), name(0));
    case ReasonCode::interval_elsewhere:
      return fmt::format("standard errors in brackets are of covariance {}; the interval rests on {}",
                         name(0), name(1));
    case ReasonCode::cells_disagree:
      return fmt::format(
          "'{}': standard error {:.4g} by clusters, {:.4g} by cluster x period cells (more than 25 % "
          "apart)",
          name(0), number(0), number(1));
    case ReasonCode::joint_clusters_disagree:
      return fmt::format(
          "'{}': standard error {:.4g} by the model's covariance, {:.4g} by the joint clusters '{}' "
          "(ratio {:.2f}, above 1.25): scenario bands use the joint clusters",
          name(0), number(0), number(1), name(1), number(2));
    case ReasonCode::unequal_shocks:
      return fmt::format(
          "types do not share their period effects (equal_shocks_wald p = {:.3g}): common period "
          "effects push the difference into rho by type; set period_effects = \"by_type\" and read "
          "both",
          number(0));
    case ReasonCode::biased_interval:
      return fmt::format(
          "the interval of rho and phi is around a biased estimate: with area effects and T = {} "
          "intervals of this estimator covered the truth in {:.0f} to {:.0f} % of simulated worlds, "
          "not {:.0f} %",
          number(0), 100.0 * simulated::biased().low, 100.0 * simulated::biased().high, 100.0 * number(1));
    case ReasonCode::pooled_bias:
      return "pooled: lags pick up whatever makes areas permanently different; rho and phi are biased "
             "upwards where "
             "that matters";
    case ReasonCode::jackknife_few_clusters:
      return fmt::format(
          "its interval resamples {} clusters in pairs and is too short (simulated cover {:.2f} to "
          "{:.2f}); the corrected score's rests on cells",
          number(0), 0.01 * simulated::jackknife_few_clusters.low,
          0.01 * simulated::jackknife_few_clusters.high);
  }
  return {};
}

void say_of_imputed(const PanelFindings& found, Estimate& estimate) {
  const auto has = [&](std::string_view begin) {
    return std::any_of(estimate.names.begin(), estimate.names.end(),
                       [&](const std::string& name) { return name.starts_with(begin); });
  };
  const double share =
      100.0 * static_cast<double>(found.imputed.cells) / static_cast<double>(found.imputed.all);
  if (found.imputed.cells == 0 || share <= 2.0) return;
  estimate.warnings.push_back(fmt::format(
      "{} outcome cells ({:.1f} %) are filled in, above 2 %{}", found.imputed.cells, share,
      has("lag") || has("previous")
          ? fmt::format(
                " (with 5 % filled, 95 % intervals held phi in {} % of simulated worlds, rho in {} to {} %)",
                simulated::filled_phi, simulated::filled_rho.low, simulated::filled_rho.high)
          : ""));
}

void say(Decision decision, Estimator estimator, Estimate& estimate) {
  estimate.refused = decision.standing == Standing::refused;
  for (const Reason& reason : decision.reasons)
    (reason.weight == Reason::Weight::notes ? estimate.notes : estimate.warnings)
        .push_back(sentence(reason, estimator));
  estimate.decision = std::move(decision);
}

void refuse_fit(PanelFindings::Root solution, int evaluations, Estimator estimator, Estimate& estimate) {
  PanelFindings& found = std::get<PanelFindings>(estimate.findings);
  found.solution = solution;
  found.evaluations = evaluations;
  say(decide(found, {}), estimator, estimate);
}

void list_tests(const PanelFindings& found, Estimate& estimate) {
  auto& list = estimate.diagnostics;
  const auto add = [&](const char* name, const std::optional<Test>& test, const char* definition) {
    if (test) list.push_back({name, test->value, test->p, definition});
  };
  add("serial_correlation_z", found.r1,
      "r1: serial correlation of the residuals at lag 1, free of what demeaning puts there");
  if (found.r1) list.push_back({"serial_correlation_p", found.r1->p, {}, "p of serial_correlation_z"});
  add("r2_z", found.r2, "as r1, at lag 2");
  add("m2_z", found.m2, "Arellano & Bond's m2 on differenced residuals; weak here, r1 decides");
  add("w1_z", found.w1, "residuals against the neighbours' of the period before");
  for (const auto& lead : found.leads)
    list.push_back(
        {"lead_z:" + lead.covariate, lead.test.value, lead.test.p,
         "residuals against this regressor one period later: feedback means it is not strictly exogenous"});
  add("q2", found.q2, "Wald test of r1 and r2 together, chi2(2)");
}

void list_shocks(const PanelFindings& found, Eigen::Index restrictions, const std::string& freedom,
                 Estimate& estimate) {
  if (found.equal_shocks)
    estimate.diagnostics.push_back(
        {"equal_shocks_wald", found.equal_shocks->value, found.equal_shocks->p,
         fmt::format("Wald test that types share every period effect (equal loadings on common shocks), {} "
                     "restrictions, variances pooled over periods; p from F({}, {}",
                     restrictions, restrictions, freedom)});
  for (const auto& one : found.loadings) {
    estimate.diagnostics.push_back(
        {"loading:" + one.type, one.value, one.p,
         fmt::format(
             "period effects of this type on those of '{}': 1 = equal cyclicity; p against 1, clusters x "
             "periods, t of loading_freedom",
             found.reference_type)});
    estimate.diagnostics.push_back(
        {"loading_se:" + one.type, one.standard_error, {}, "standard error of the loading"});
  }
}

void list_shared(const PanelFindings& found, Estimate& estimate) {
  if (!found.shared) return;
  const PanelFindings::SharedShocks& shared = *found.shared;
  estimate.diagnostics.push_back(
      {"between_clusters_z", shared.clusters.test.value, shared.clusters.test.p,
       fmt::format(
           "shocks that clusters share: sum over pairs of neighbouring clusters{} of products of their "
           "scores in the same period, over its error if clusters were independent; the largest of "
           "the dynamic coefficients' ({}), p by Bonferroni",
           shared.column.empty() ? "" : " (and of clusters of one " + shared.column + ")",
           shared.clusters.coefficient)});
  estimate.diagnostics.push_back({"between_clusters_share",
                                  shared.clusters.inflation,
                                  {},
                                  "what those pairs add to the clusters' own variance, the largest"});
  if (shared.groups)
    estimate.diagnostics.push_back({"between_groups_z", shared.groups->test.value, shared.groups->test.p,
                                    "the same between neighbouring groups: " + shared.groups_name()});
}

void list_rivals(const PanelFindings& found, Estimate& estimate) {
  for (const auto& one : found.rivals) {
    estimate.diagnostics.push_back(
        {"rival_weights:" + one.name, one.rival.value, one.rival.p,
         "Wald test that the lag by these rival weights is zero beside W's, in the corrected score of both"});
    estimate.diagnostics.push_back({"rival_lag:" + one.name, one.coefficient, {}, "that lag's coefficient"});
    estimate.diagnostics.push_back({"own_weights_beside:" + one.name, one.own.value, one.own.p,
                                    "Wald test that the lags by W are zero beside the rival's"});
    estimate.diagnostics.push_back({"moved_by:" + one.name,
                                    one.moved,
                                    {},
                                    "largest change of a rho when the rival is left out: " + one.moved_name});
  }
}

void say_of_rivals(const PanelFindings& found, Estimate& estimate) {
  if (found.rivals.empty()) return;
  const double level = PanelRules().level_of_tests / static_cast<double>(found.rivals.size());
  std::string held;
  bool any = false;
  for (const auto& one : found.rivals) {
    held += fmt::format("{}'{}' p = {:.2g}", held.empty() ? "" : ", ", one.name, one.rival.p);
    if (!(one.rival.p < level)) continue;
    any = true;
    const bool own = one.own.p < level;
    const Eigen::Index at = estimate.find(one.moved_name);
    const double here = at < 0 ? 0.0 : estimate.coefficients(at);
    estimate.warnings.push_back(fmt::format(
        "W may be wrong: beside it the lag by '{}' is {:.3f} ({:.3f}), p = {:.2g}, and {} (p = {:.2g}); "
        "with both in, {} is {:.3f} instead of {:.3f}, {:.1f} of its standard errors away",
        one.name, one.coefficient, one.standard_error, one.rival.p,
        own ? "W's lags still matter" : "W's lags no longer matter", one.own.p, one.moved_name,
        here - one.moved, here, at < 0 ? 0.0 : std::abs(one.moved) / estimate.standard_error(at)));
  }
  if (!any)
    estimate.notes.push_back("no rival weights matter beside W (" + held + "; " +
                             (found.rivals.size() > 1 ? "level shared among them, " : "") +
                             "which is not a proof that W is right)");
}

void list_effective_clusters(const PanelFindings& found, const std::string& column, Estimate& estimate) {
  for (const auto& one : found.effective_clusters)
    estimate.diagnostics.push_back(
        {"effective_clusters:" + one.coefficient,
         one.clusters,
         {},
         fmt::format(
             "equal clusters by '{}' that carry this coefficient (Carter, Schnepel & Steigerwald 2017)",
             column)});
}

void list_replicates(const PanelFindings& found, Estimate& estimate) {
  if (!found.replicates) return;
  estimate.diagnostics.push_back({"replicates_failed",
                                  static_cast<double>(found.replicates->failed),
                                  {},
                                  "replicates that were singular or did not converge"});
  estimate.diagnostics.push_back({"replicates_explosive",
                                  static_cast<double>(found.replicates->explosive),
                                  {},
                                  "replicates with |phi| + max |rho| >= 1"});
}

std::string how(const PanelFindings& found, const std::string& interval_method) {
  const auto count = static_cast<Eigen::Index>(found.contrasts.size());
  switch (found.equal_rho->by) {
    case PanelFindings::EqualRho::By::largest_t:
      return "largest |t| of the contrasts against its percentile-t replicates";
    case PanelFindings::EqualRho::By::years:
      return fmt::format("Wald test on year clusters, Hotelling's F({}, {})", count, found.periods - count);
    case PanelFindings::EqualRho::By::covariance:
      break;
  }
  return fmt::format("Wald test on the covariance behind the interval ({}), chi2({})", interval_method,
                     count);
}

void list_equal_rho(const PanelFindings& found, Estimate& estimate) {
  estimate.diagnostics.push_back({"equal_rho_test", found.equal_rho->test.value, found.equal_rho->test.p,
                                  "rho is the same in all types: " + how(found, estimate.interval_method) +
                                      "; this one decides, not equal_rho_wald"});
}

void list_contrast(const PanelFindings::Contrast& one, const PanelFindings& found, Estimate& estimate) {
  using By = PanelFindings::EqualRho::By;
  const By by = found.equal_rho->by;
  const bool years = estimate.decision.interval == IntervalKind::year_clusters;
  auto& list = estimate.diagnostics;
  list.push_back({"difference:" + one.pair(), one.difference, one.p,
                  by == By::largest_t ? std::string("rho difference; p by percentile-t, equal-tailed")
                  : years             ? fmt::format("rho difference; p by t({})", found.periods - 1)
                                      : std::string("rho difference; p normal")});
  list.push_back({"difference_low:" + one.pair(), one.low, {}, "lower end of its interval"});
  list.push_back({"difference_high:" + one.pair(), one.high, {}, "upper end of its interval"});
  list.push_back({"smallest_detectable:" + one.pair(),
                  one.smallest_detectable(),
                  {},
                  "2.8 standard errors: found with 80 % power at 5 %"});
  list.push_back({"ratio:" + one.pair(),
                  one.ratio,
                  {},
                  fmt::format("rho ratio; Fieller set {}", describe(one.ratio_set))});
}

namespace {
/// "other" of "lag:other".
std::string type_of(const std::string& name) { return name.substr(name.find(':') + 1); }
}  // namespace

void say_of_equal_rho(const PanelFindings& findings, Estimate& estimate) {
  const auto& test = *findings.equal_rho;
  estimate.notes.push_back(fmt::format(
      "rho the same in all types: {} (p = {:.3g}; {}); differences below {:.3f} would be missed more often "
      "than one time in five",
      test.test.p < 1.0 - estimate.level ? "rejected" : "not rejected, which is not a finding of equality",
      test.test.p, how(findings, estimate.interval_method), test.smallest_detectable));
}

void say_of_contrast(const PanelFindings::Contrast& one, Estimate& estimate) {
  estimate.notes.push_back(
      fmt::format("rho {} - {}: {:+.4f} [{:+.4f}, {:+.4f}], p = {:.3g}; the smallest difference these data "
                  "find with 80 % power is {:.3f}; ratio {:.3f}, Fieller set {}",
                  one.a, one.b, one.difference, one.low, one.high, one.p, one.smallest_detectable(),
                  one.ratio, describe(one.ratio_set)));
  if (one.a != "doubly_disadvantaged" || one.b != "other") return;
  const bool positive = one.reference > 0.0;
  const Verdict verdict =
      positive ? verdict_on_gap(one.low, one.high, one.reference) : Verdict::not_detectable;
  const std::string why =
      !positive ? "rho of the other areas is not above zero, so a tenth of it means nothing"
      : verdict == Verdict::supported ? "the interval lies below zero and holds a gap of 10 %"
      : verdict == Verdict::not_detectable
          ? fmt::format("the interval holds both zero and a gap of 10 % ({:+.3f})", -0.1 * one.reference)
          : fmt::format("the interval does not hold a gap of 10 % ({:+.3f})", -0.1 * one.reference);
  estimate.notes.push_back(
      fmt::format("claim 'spillovers into doubly disadvantaged areas are about 10 % lower': {}: {}",
                  to_string(verdict), why));
}

void say_of_spillover(Eigen::Index k, double standard_error, const Estimate* published, Estimate& estimate) {
  const std::string& name = estimate.names[static_cast<std::size_t>(k)];
  const Eigen::Index theirs = published ? published->find(name) : -1;
  const double size = theirs >= 0 ? published->coefficients(theirs) : estimate.coefficients(k);
  const Verdict verdict = verdict_on_sign(estimate.low(k), estimate.high(k), standard_error, size);
  estimate.notes.push_back(
      fmt::format("claim 'growth spills over, rho > 0 in {}': {}: {:.3f} [{:.3f}, {:.3f}]{}{}",
                  name == "lag" ? "all areas" : type_of(name), to_string(verdict), estimate.coefficients(k),
                  estimate.low(k), estimate.high(k),
                  verdict == Verdict::not_detectable
                      ? fmt::format("; only {:.3f} or more would be found", 2.8 * standard_error)
                      : "",
                  estimate.refused ? "; the estimate is refused, and with it this verdict" : ""));
}

void say_of_cyclicity(const PanelFindings& findings, Estimate& estimate) {
  for (const auto& one : findings.loadings) {
    const double se = one.standard_error,
                 half = student_critical(estimate.level, estimate.diagnostic("loading_freedom:" + one.type)) *
                        se;
    const std::string figures =
        fmt::format("loading on the common shocks {:.2f} [{:.2f}, {:.2f}] of that of '{}' areas", one.value,
                    one.value - half, one.value + half, findings.reference_type);
    const std::string claim = fmt::format("claim 'growth in {} areas is less cyclical'", one.type);
    if (!(half < 0.5)) {
      estimate.notes.push_back(
          fmt::format("{}: not judged: the common shocks are nearly absorbed, so the interval is as wide as "
                      "from 0 to 1 ({})",
                      claim, figures));
      continue;
    }
    const Verdict verdict = verdict_on_loading(one.value - half, one.value + half, se);
    estimate.notes.push_back(
        fmt::format("{}: {}: {}, p = {:.3g}; a loading of {:.2f} would be found with 80 % power{}", claim,
                    to_string(verdict), figures, one.p, 1.0 - 2.8 * se,
                    one.value + half < 0.0 ? "; they move against the others, which is not "
                                             "less of the same cycle"
                                           : ""));
  }
}

void say_of_difference(const Estimate& published, Eigen::Index a, Eigen::Index b,
                       const PanelFindings& findings, Estimate& estimate) {
  if (estimate.coefficients.hasNaN()) return;
  const std::string name_a = estimate.names[static_cast<std::size_t>(a)],
                    name_b = estimate.names[static_cast<std::size_t>(b)];
  const Eigen::Index pa = published.find(name_a), pb = published.find(name_b);
  if (pa < 0 || pb < 0) return;
  const auto& phi = findings.phi;
  estimate.notes.push_back(
      fmt::format("why the published specification and this one differ: as published rho is {:.3f} ({}) and "
                  "{:.3f} ({}), a gap of {:+.3f}, here {:.3f} and "
                  "{:.3f}, a gap of {:+.3f}; the published one {} and keeps the bias that area effects bring "
                  "at T = {}, which grows with each type's own "
                  "residual spatial correlation and so makes gaps where there are none",
                  published.coefficients(pa), type_of(name_a), published.coefficients(pb), type_of(name_b),
                  published.coefficients(pa) - published.coefficients(pb), estimate.coefficients(a),
                  estimate.coefficients(b), estimate.coefficients(a) - estimate.coefficients(b),
                  phi ? fmt::format("leaves out period effects and the own lag (phi = {:.3f})", *phi)
                      : "leaves out period effects",
                  findings.periods));
}

}  // namespace spillway
