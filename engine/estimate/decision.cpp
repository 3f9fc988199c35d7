#include "engine/estimate/decision.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/constants.hpp"
#include "engine/estimate/simulated_coverage.hpp"

namespace spillway {

namespace {

using Code = ReasonCode;
using Weight = Reason::Weight;

/// Intervals whose cover was simulated, as docs/methods/coverage.md names them.
std::string simulated_method(IntervalKind kind) {
  switch (kind) {
    case IntervalKind::percentile_t:
    case IntervalKind::score_cells:
    case IntervalKind::cell_draws:
      return name_of(kind);
    case IntervalKind::year_clusters:
      return "year_clusters_t";
    default:
      return {};
  }
}

/// The coefficient that rests on the fewest effective clusters; no name and infinity: none was counted.
PanelFindings::Effective least_effective(const PanelFindings& found) {
  PanelFindings::Effective least{"", infinity};
  for (const auto& one : found.effective_clusters)
    if (one.clusters < least.clusters) least = one;
  return least;
}

bool rests_on_few(const PanelFindings& found, const PanelRules& rules) {
  return *found.clusters < rules.enough_clusters || least_effective(found).clusters < rules.enough_effective;
}

struct Deciding {
  const PanelFindings& found;
  const PanelRules& rules;
  Decision decision = {};

  void say(Weight weight, Code code, std::vector<double> numbers = {}, std::vector<std::string> names = {}) {
    decision.reasons.push_back({code, weight, std::move(numbers), std::move(names)});
  }
  double clusters() const { return static_cast<double>(*found.clusters); }
  double periods() const { return static_cast<double>(found.periods); }
  /// A test that was not computed rejects nothing here: decide() has refused before it gets this far.
  bool rejects(const std::optional<Test>& test) const { return test && test->p < rules.level_of_tests; }
  double p(const std::optional<Test>& test) const { return test ? test->p : 1.0; }

  void replicates();
  void residuals();
  void root();
  void interval();
  void asked(IntervalKind kind);
  void table();
  void shared(Independent level);
  void pairs(IntervalKind kind);
  void cells_void();
  std::string rests_on() const;
  void checks();
  Decision finish();
};

Decision Deciding::finish() {
  const auto weighs = [&](Weight weight) {
    return std::any_of(decision.reasons.begin(), decision.reasons.end(),
                       [&](const Reason& reason) { return reason.weight == weight; });
  };
  decision.standing = weighs(Weight::refuses) ? Standing::refused
                      : weighs(Weight::warns) ? Standing::stands_with_warnings
                                              : Standing::stands;
  return std::move(decision);
}

void Deciding::replicates() {
  if (!found.replicates) return;
  const auto& r = *found.replicates;
  if (r.failed > 0)
    say(Weight::warns, Code::replicates_failed, {static_cast<double>(r.failed), static_cast<double>(r.all)});
  const double share = r.explosive_share();
  if (share > rules.largest_explosive_share)
    say(Weight::refuses, Code::explosive_refused, {share, rules.largest_explosive_share});
  else if (share > rules.explosive_to_mention)
    // A small type's rho is noisy: its upper tail passing 1 says that the data are few, not that the interval
    // is wrong.
    say(Weight::warns, Code::explosive_some, {share});
}

void Deciding::residuals() {
  // Q2 needs r2, which five periods have and four have not.
  if (!found.r1 || (found.phi && found.periods > rules.shortest && !found.q2))
    say(Weight::refuses, Code::tests_missing);
  if (!found.phi) {
    if (rejects(found.r1))
      say(Weight::warns, Code::own_lag_off_correlated, {p(found.r1)});
    else if (found.r1)
      say(Weight::notes, Code::own_lag_off, {p(found.r1)});
    return;
  }
  const bool second = found.second_lags == PanelFindings::SecondLags::present;
  if (second) say(Weight::notes, Code::second_lags_meaning);
  if (rejects(found.r1) || rejects(found.q2)) {
    const double bias = found.periods < rules.years_from ? 0.03 : 0.05;
    say(Weight::warns, second ? Code::second_lags_not_cured : Code::serially_correlated,
        {p(found.r1), p(found.q2), bias});
    if (rejects(found.r1) && *found.phi < 0.0) say(Weight::warns, Code::measurement_error, {*found.phi});
  }
  for (const auto& lead : found.leads)
    if (lead.test.p < rules.level_of_leads)
      say(Weight::warns, Code::feedback, {lead.test.p}, {lead.covariate});
}

void Deciding::root() {
  if (found.periods <= rules.low_information) say(Weight::notes, Code::low_information, {periods()});
  if (!found.stationary_root)
    say(Weight::refuses, Code::root_missing);
  else if (*found.stationary_root >= 1.0)
    say(Weight::refuses, Code::not_stationary, {*found.stationary_root});
}

/// What the interval takes as independent, in words.
std::string Deciding::rests_on() const {
  switch (decision.independent) {
    case Independent::groups:
      return "cells of " + found.shared->groups_name() + " x period";
    case Independent::periods:
      return "periods";
    case Independent::clusters:
      break;
  }
  if (decision.interval == IntervalKind::year_clusters) return "periods";
  const bool cells = decision.interval == IntervalKind::score_cells;
  return (cells ? "cells of " : "clusters by ") + rules.cluster_column + (cells ? " x period" : "");
}

void Deciding::pairs(IntervalKind kind) {
  if (!found.replicates) {
    decision.interval = IntervalKind::normal;
    say(Weight::notes, Code::no_replicates);
    return;
  }
  const long usable =
      kind == IntervalKind::percentile_t ? found.replicates->usable_t : found.replicates->usable_values;
  if (usable >= rules.fewest_replicates) {
    decision.interval = kind;
    return;
  }
  say(Weight::warns, Code::few_replicates, {static_cast<double>(found.replicates->all)}, {name_of(kind)});
  decision.interval = IntervalKind::normal;
}

void Deciding::cells_void() {
  if (rejects(found.r1)) say(Weight::warns, Code::cells_void, {p(found.r1)});
}

void Deciding::asked(IntervalKind kind) {
  switch (kind) {
    case IntervalKind::percentile:
    case IntervalKind::percentile_t:
    case IntervalKind::bca:
      if (*found.clusters < rules.enough_clusters)
        say(Weight::warns, Code::asked_with_few_clusters, {clusters()}, {name_of(kind)});
      pairs(kind);
      break;
    case IntervalKind::cell_draws:
      pairs(IntervalKind::percentile);
      decision.interval = IntervalKind::cell_draws;
      cells_void();
      break;
    case IntervalKind::score_cells:
      decision.interval = kind;
      cells_void();
      break;
    default:
      decision.interval = kind;
  }
}

void Deciding::table() {
  const auto [weakest, effective] = least_effective(found);
  if (found.periods < rules.shortest) return;
  if (const Independent level = independent_level(found, rules); level != Independent::clusters)
    return shared(level);
  if (!rests_on_few(found, rules)) return pairs(IntervalKind::percentile_t);
  const std::vector<double> few = {clusters(), effective, periods()};
  const std::vector<std::string> names = {rules.cluster_column, weakest};
  if (found.periods >= rules.years_from) {
    say(Weight::warns, Code::few_wider, few, names);
    const PanelFindings::HalfWidths width = found.half_widths.value_or(PanelFindings::HalfWidths{});
    const bool cells = width.cells > width.years && !rejects(found.r1);
    decision.interval = cells ? IntervalKind::score_cells : IntervalKind::year_clusters;
    say(Weight::notes, Code::wider_of_two, {clusters(), width.cells, periods() - 1.0, width.years},
        {found.first_coefficient});
  } else if (found.periods >= rules.cells_from) {
    say(Weight::warns, Code::few_cells, few, names);
    decision.interval = IntervalKind::score_cells;
    cells_void();
  } else if (*found.clusters >= rules.fewest_clusters) {
    say(Weight::warns, Code::few_pairs, few, names);
    pairs(IntervalKind::percentile_t);
  } else {
    decision.reliable = Decision::Reliable::no;
    say(Weight::warns, Code::unreliable, few, names);
    pairs(IntervalKind::percentile_t);
  }
}

/// Clusters are not independent, or the model's covariance is of cells of their groups.
void Deciding::shared(Independent level) {
  const PanelFindings::SharedShocks& s = *found.shared;
  const double groups = static_cast<double>(s.group_count);
  decision.independent = level;
  if (s.cells_asked == PanelFindings::SharedShocks::Asked::yes) {
    decision.interval = IntervalKind::score_cells;
    say(Weight::notes, Code::cells_of_groups, {groups * periods()}, {s.groups_name()});
    return cells_void();
  }
  std::vector<double> numbers = {clusters(), s.clusters.test.p, s.clusters.inflation, groups,
                                 groups * periods()};
  const std::vector<std::string> names = {rules.cluster_column, s.groups_name(), s.clusters.coefficient};
  if (level == Independent::periods) {
    decision.interval = IntervalKind::year_clusters;
    if (s.column.empty()) return say(Weight::warns, Code::shared_periods, std::move(numbers), names);
    numbers.push_back(s.groups->test.p);
    return say(Weight::warns, Code::shared_periods, std::move(numbers), names);
  }
  decision.interval = IntervalKind::score_cells;
  say(Weight::warns, Code::shared_groups, std::move(numbers), names);
  cells_void();
}

void Deciding::interval() {
  if (rules.asked == IntervalKind::decided) {
    table();
  } else {
    asked(rules.asked);
    // A covariance of the user's own may allow for them.
    const bool own = rules.asked == IntervalKind::normal && !rules.covariance.empty();
    if (decision.interval != IntervalKind::year_clusters && !own &&
        independent_level(found, rules) != Independent::clusters &&
        found.shared->cells_asked == PanelFindings::SharedShocks::Asked::no)
      say(Weight::warns, Code::shared_unheeded,
          {clusters(), found.shared->clusters.test.p, found.shared->clusters.inflation},
          {rules.cluster_column, name_of(rules.asked)});
  }
  if (!rules.covariance.empty() &&
      (decision.independent == Independent::clusters ||
       found.shared->cells_asked == PanelFindings::SharedShocks::Asked::no) &&
      !(rules.asked == IntervalKind::normal))
    say(Weight::notes, Code::interval_elsewhere, {}, {rules.covariance, rests_on()});
  if (found.replicates) {
    if (found.cells > 0)
      say(Weight::notes, Code::draws_from_cells, {static_cast<double>(found.cells), clusters()});
    else if (rests_on_few(found, rules))
      say(Weight::warns, Code::draws_too_narrow, {clusters(), least_effective(found).clusters},
          {least_effective(found).coefficient});
  }
  // Of shared shocks, cells of regions alone were simulated.
  const bool shares = decision.independent != Independent::clusters,
             like = !shares || (decision.independent == Independent::groups &&
                                found.shared->cells_asked == PanelFindings::SharedShocks::Asked::no &&
                                !found.shared->column.empty());
  const simulated::World world = {like ? simulated_method(decision.interval) : "",
                                  static_cast<int>(found.periods), found.areas_a_cluster,
                                  shares ? simulated::Shocks::shared : simulated::Shocks::own};
  if (rules.level == 0.95 && decision.reliable == Decision::Reliable::yes &&
      !simulated::sentence(world).empty())
    say(Weight::notes, Code::cover, {periods(), found.areas_a_cluster, shares ? 1.0 : 0.0}, {world.method});
}

/// Cells as a check of pairs, and the joint clusters against the covariance that the table prints.
void Deciding::checks() {
  for (const auto& one : found.standard_errors) {
    if (decision.independent == Independent::clusters &&
        std::abs(one.cells / one.clusters - 1.0) > rules.largest_cells_gap && !rejects(found.r1))
      say(Weight::warns, Code::cells_disagree, {one.clusters, one.cells}, {one.coefficient});
    const double ratio = std::max(one.table, one.clusters) / std::min(one.table, one.clusters);
    if (ratio > rules.largest_ratio && decision.draws == Decision::Draws::pairs)
      say(Weight::warns, Code::joint_clusters_disagree, {one.table, one.clusters, ratio},
          {one.coefficient, rules.cluster_column});
  }
}

}  // namespace

const Reason* Decision::refusal() const {
  for (const Reason& reason : reasons)
    if (reason.weight == Reason::Weight::refuses) return &reason;
  return nullptr;
}

const Reason* Decision::find(ReasonCode code) const {
  for (const Reason& reason : reasons)
    if (reason.code == code) return &reason;
  return nullptr;
}

Independent independent_level(const PanelFindings& found, const PanelRules& rules) {
  if (!found.shared) return Independent::clusters;
  const PanelFindings::SharedShocks& s = *found.shared;
  if (s.cells_asked == PanelFindings::SharedShocks::Asked::yes) return Independent::groups;
  const auto left = [&](const PanelFindings::Between& between) {
    return between.test.p < rules.level_of_shared && between.inflation > rules.least_inflation;
  };
  if (!left(s.clusters)) return Independent::clusters;
  // Merged neighbours cut what a region shares in two. Fewer periods than that are no clusters: their groups'
  // cells stay the best there is.
  const bool cut = s.column.empty() || (s.groups && left(*s.groups));
  return cut && found.periods >= rules.years_from ? Independent::periods : Independent::groups;
}

Decision::Draws draws_source(const PanelFindings& found, const PanelRules& rules) {
  if (!found.clusters) return Decision::Draws::none;
  if (rules.asked == IntervalKind::cell_draws) return Decision::Draws::cells;
  const bool open = rules.asked == IntervalKind::decided || rules.asked == IntervalKind::score_cells ||
                    rules.asked == IntervalKind::year_clusters;
  // Cells need serially uncorrelated errors: where that was not tested they are not drawn.
  const bool hold = found.r1 && !(found.r1->p < rules.level_of_tests);
  const bool few = rests_on_few(found, rules) && found.periods >= rules.cells_from,
             shared = rules.asked == IntervalKind::decided &&
                      independent_level(found, rules) != Independent::clusters;
  return open && hold && (few || shared) ? Decision::Draws::cells : Decision::Draws::pairs;
}

Decision decide_shown(const PanelFindings& found, const PanelRules& rules, Estimator estimator) {
  Deciding d{found, rules};
  if (found.replicates && found.replicates->failed > 0)
    d.say(Weight::warns, Code::replicates_failed,
          {static_cast<double>(found.replicates->failed), static_cast<double>(found.replicates->all)});
  const bool dynamic = found.dynamics == PanelFindings::Dynamics::some;
  if (estimator == Estimator::half_panel_jackknife && found.replicates) {
    d.pairs(IntervalKind::percentile);
    if (*found.clusters < rules.enough_clusters)
      d.say(Weight::warns, Code::jackknife_few_clusters, {d.clusters()});
  } else if (estimator == Estimator::pooled && dynamic) {
    d.say(Weight::notes, Code::pooled_bias);
  } else if (row_of(estimator).use == Use::biased && dynamic) {
    d.say(Weight::notes, Code::biased_interval, {d.periods(), rules.level});
  }
  return d.finish();
}

Decision decide(const PanelFindings& found, const PanelRules& rules) {
  Deciding d{found, rules};
  d.decision.draws = draws_source(found, rules);
  if (found.solution == PanelFindings::Root::too_short) {
    d.say(Weight::refuses, Code::too_short, {d.periods()});
  } else if (found.solution == PanelFindings::Root::not_found) {
    d.say(Weight::refuses, Code::no_root, {static_cast<double>(found.evaluations)});
  } else {
    d.replicates();
    d.residuals();
    d.root();
    if (!found.clusters) {
      d.decision.interval = IntervalKind::normal;
      d.say(Weight::notes, Code::no_joint_clusters);
    } else {
      d.interval();
      d.checks();
    }
    if (found.equal_shocks && found.equal_shocks->p < rules.level_of_tests &&
        rules.period_effects == PeriodEffects::common)
      d.say(Weight::warns, Code::unequal_shocks, {found.equal_shocks->p});
  }
  return d.finish();
}

}  // namespace spillway
