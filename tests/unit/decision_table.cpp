// decide(), the decision table of docs/methods/method.md section 1.4, as a table: a row for every line of it,
// and rows just on either side of each threshold.
#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "engine/estimate/decision.hpp"
#include "engine/estimate/words.hpp"

using namespace spillway;
using Code = ReasonCode;
using Draws = Decision::Draws;

namespace {

/// A panel of 309 clusters and ten periods in which nothing is wrong.
PanelFindings sound() {
  PanelFindings f;
  f.periods = 10;
  f.phi = 0.2;
  f.dynamics = PanelFindings::Dynamics::some;
  f.stationary_root = 0.7;
  f.r1 = f.r2 = f.m2 = f.w1 = Test{0.3, 0.76};
  f.q2 = Test{0.4, 0.82};
  f.clusters = 309;
  f.areas_a_cluster = 109.0;
  f.effective_clusters = {{"lag:doubly_disadvantaged", 41.0}, {"lag:other", 200.0}, {"previous", 220.0}};
  f.replicates = {999, 0, 0, 999, 999};
  f.half_widths = {0.05, 0.06};
  f.first_coefficient = "lag:doubly_disadvantaged";
  f.equal_shocks = Test{10.0, 0.4};
  return f;
}

/// Shocks that clusters share and their groups do not.
PanelFindings::SharedShocks shared(double p = 1e-4, double share = 0.4) {
  PanelFindings::SharedShocks s;
  s.clusters = {{4.0, p}, share, "previous"};
  s.groups = PanelFindings::Between{{0.5, 1.0}, 0.2, "lag:other"};
  s.group_count = 9;
  s.column = "region_code";
  return s;
}

PanelRules rules() {
  PanelRules r;
  r.cluster_column = "lad_code";
  return r;
}

struct Row {
  const char* name;
  std::function<void(PanelFindings&, PanelRules&)> change;
  Standing standing;
  IntervalKind interval;
  Draws draws;
  std::vector<Code> reasons;  ///< those that must be there
  std::vector<Code> absent = {};
};

constexpr auto refused = Standing::refused, warned = Standing::stands_with_warnings,
               stands = Standing::stands;
constexpr auto pt = IntervalKind::percentile_t, cells = IntervalKind::score_cells,
               years = IntervalKind::year_clusters, normal = IntervalKind::normal;

}  // namespace

TEST_CASE("the decision table, line by line and on either side of every threshold") {
  const std::vector<Row> table = {
      {"nothing wrong", [](auto&, auto&) {}, stands, pt, Draws::pairs, {Code::cover},
       {Code::low_information, Code::few_cells}},
      // 50 clusters or more, every type on an effective 30 or more.
      {"50 clusters", [](auto& f, auto&) { f.clusters = 50; }, stands, pt, Draws::pairs, {}},
      {"49 clusters", [](auto& f, auto&) { f.clusters = 49; }, warned, cells, Draws::cells,
       {Code::few_cells, Code::cover}},
      {"effective 30", [](auto& f, auto&) { f.effective_clusters[0].clusters = 30.0; }, stands, pt, Draws::pairs, {}},
      {"effective just below 30", [](auto& f, auto&) { f.effective_clusters[0].clusters = 29.99; }, warned, cells,
       Draws::cells, {Code::few_cells, Code::draws_from_cells}, {Code::draws_too_narrow}},
      {"effective just below 30, T = 7",
       [](auto& f, auto&) { f.effective_clusters[0].clusters = 29.99, f.periods = 7; }, warned, pt, Draws::pairs,
       {Code::few_pairs, Code::draws_too_narrow}, {Code::draws_from_cells}},
      {"effective just below 30, r1 rejects",
       [](auto& f, auto&) { f.effective_clusters[0].clusters = 29.99, f.r1 = Test{-3.0, 0.01}; }, warned, cells,
       Draws::pairs, {Code::few_cells, Code::draws_too_narrow}, {Code::draws_from_cells}},
      {"the fewest of several decides, wherever it stands",
       [](auto& f, auto&) { f.effective_clusters[2].clusters = 12.0; }, warned, cells, Draws::cells,
       {Code::few_cells}},
      // Fewer, T >= 15: the wider.
      {"T = 15, years wider", [](auto& f, auto&) { f.clusters = 49, f.periods = 15; }, warned, years, Draws::cells,
       {Code::few_wider, Code::wider_of_two}},
      {"T = 15, cells wider", [](auto& f, auto&) { f.clusters = 49, f.periods = 15, f.half_widths = {0.07, 0.06}; },
       warned, cells, Draws::cells, {Code::few_wider, Code::wider_of_two}},
      {"T = 15, cells wider but void",
       [](auto& f, auto&) { f.clusters = 49, f.periods = 15, f.half_widths = {0.07, 0.06}, f.r1 = Test{-3.0, 0.01}; },
       warned, years, Draws::pairs, {Code::few_wider, Code::serially_correlated}},
      // Fewer, 8 <= T <= 14.
      {"T = 14", [](auto& f, auto&) { f.clusters = 49, f.periods = 14; }, warned, cells, Draws::cells,
       {Code::few_cells}},
      {"T = 8", [](auto& f, auto&) { f.clusters = 6, f.periods = 8; }, warned, cells, Draws::cells,
       {Code::few_cells}, {Code::low_information}},
      // Fewer, T <= 7.
      {"T = 7, 20 clusters", [](auto& f, auto&) { f.clusters = 20, f.periods = 7; }, warned, pt, Draws::pairs,
       {Code::few_pairs, Code::low_information, Code::draws_too_narrow}},
      {"T = 7, 19 clusters", [](auto& f, auto&) { f.clusters = 19, f.periods = 7; }, warned, pt, Draws::pairs,
       {Code::unreliable}, {Code::cover}},
      {"T = 4", [](auto& f, auto&) { f.periods = 4, f.q2.reset(), f.r2.reset(); }, stands, pt, Draws::pairs,
       {Code::low_information}, {Code::tests_missing}},
      {"T = 3", [](auto& f, auto&) { f.periods = 3, f.solution = PanelFindings::Root::too_short; }, refused,
       IntervalKind::decided, Draws::pairs, {Code::too_short}},
      // No root, or too many explosive replicates.
      {"no root", [](auto& f, auto&) { f.solution = PanelFindings::Root::not_found; }, refused,
       IntervalKind::decided, Draws::pairs, {Code::no_root}},
      {"root 0.999", [](auto& f, auto&) { f.stationary_root = 0.999; }, stands, pt, Draws::pairs, {}},
      {"root 1", [](auto& f, auto&) { f.stationary_root = 1.0; }, refused, pt, Draws::pairs, {Code::not_stationary}},
      {"root 1 without joint clusters",
       [](auto& f, auto&) { f.stationary_root = 1.0, f.clusters.reset(), f.replicates.reset(); }, refused, normal,
       Draws::none, {Code::not_stationary, Code::no_joint_clusters}},
      {"1 % explosive", [](auto& f, auto&) { f.replicates = {1000, 0, 10, 1000, 1000}; }, stands, pt, Draws::pairs,
       {}, {Code::explosive_some}},
      {"1.1 % explosive", [](auto& f, auto&) { f.replicates = {1000, 0, 11, 1000, 1000}; }, warned, pt, Draws::pairs,
       {Code::explosive_some}},
      {"10 % explosive", [](auto& f, auto&) { f.replicates = {1000, 0, 100, 1000, 1000}; }, warned, pt, Draws::pairs,
       {Code::explosive_some}, {Code::explosive_refused}},
      {"10.1 % explosive", [](auto& f, auto&) { f.replicates = {1000, 0, 101, 1000, 1000}; }, refused, pt,
       Draws::pairs, {Code::explosive_refused}, {Code::explosive_some}},
      {"one replicate failed", [](auto& f, auto&) { f.replicates->failed = 1; }, warned, pt, Draws::pairs,
       {Code::replicates_failed}},
      // r1 or Q2 rejects.
      {"r1 p = 0.05", [](auto& f, auto&) { f.r1 = Test{1.96, 0.05}; }, stands, pt, Draws::pairs, {},
       {Code::serially_correlated}},
      {"r1 p = 0.049", [](auto& f, auto&) { f.r1 = Test{1.97, 0.049}; }, warned, pt, Draws::pairs,
       {Code::serially_correlated}, {Code::measurement_error}},
      {"Q2 p = 0.05", [](auto& f, auto&) { f.q2 = Test{5.99, 0.05}; }, stands, pt, Draws::pairs, {},
       {Code::serially_correlated}},
      {"Q2 p = 0.049", [](auto& f, auto&) { f.q2 = Test{6.0, 0.049}; }, warned, pt, Draws::pairs,
       {Code::serially_correlated}},
      {"r1 rejects and phi < 0", [](auto& f, auto&) { f.r1 = Test{-4.0, 1e-4}, f.phi = -0.01; }, warned, pt,
       Draws::pairs, {Code::serially_correlated, Code::measurement_error}},
      {"Q2 alone rejects and phi < 0", [](auto& f, auto&) { f.q2 = Test{9.0, 0.01}, f.phi = -0.01; }, warned, pt,
       Draws::pairs, {Code::serially_correlated}, {Code::measurement_error}},
      {"r1 rejects where cells would be drawn",
       [](auto& f, auto&) { f.clusters = 30, f.r1 = Test{-3.0, 0.01}; }, warned, cells, Draws::pairs,
       {Code::cells_void, Code::serially_correlated}},
      {"second lags do not cure", [](auto& f, auto&) {
         f.second_lags = PanelFindings::SecondLags::present;
         f.r1 = Test{-3.0, 0.01};
       }, warned, pt, Draws::pairs, {Code::second_lags_meaning, Code::second_lags_not_cured},
       {Code::serially_correlated}},
      {"no own lag, r1 does not reject", [](auto& f, auto&) { f.phi.reset(); }, stands, pt, Draws::pairs,
       {Code::own_lag_off}},
      {"no own lag, r1 rejects", [](auto& f, auto&) { f.phi.reset(), f.r1 = Test{9.0, 1e-9}; }, warned, pt,
       Draws::pairs, {Code::own_lag_off_correlated}, {Code::serially_correlated}},
      // What is missing is refused or said, never fine.
      {"r1 missing", [](auto& f, auto&) { f.r1.reset(); }, refused, pt, Draws::pairs, {Code::tests_missing}},
      {"r1 missing, few clusters", [](auto& f, auto&) { f.r1.reset(), f.clusters = 30; }, refused, cells, Draws::pairs,
       {Code::tests_missing}},
      {"Q2 missing", [](auto& f, auto&) { f.q2.reset(); }, refused, pt, Draws::pairs, {Code::tests_missing}},
      {"Q2 missing without an own lag", [](auto& f, auto&) { f.q2.reset(), f.phi.reset(); }, stands, pt, Draws::pairs,
       {Code::own_lag_off}},
      {"root missing", [](auto& f, auto&) { f.stationary_root.reset(); }, refused, pt, Draws::pairs,
       {Code::root_missing}},
      {"no replicates", [](auto& f, auto&) { f.replicates.reset(); }, stands, normal, Draws::pairs,
       {Code::no_replicates}, {Code::cover}},
      {"39 usable", [](auto& f, auto&) { f.replicates->usable_t = 39; }, stands, pt, Draws::pairs, {}},
      {"38 usable", [](auto& f, auto&) { f.replicates->usable_t = 38; }, warned, normal, Draws::pairs,
       {Code::few_replicates}},
      {"no joint clusters", [](auto& f, auto&) { f.clusters.reset(), f.replicates.reset(); }, stands, normal,
       Draws::none, {Code::no_joint_clusters}},
      // Shocks that clusters share.
      {"shared shocks", [](auto& f, auto&) { f.shared = shared(); }, warned, cells, Draws::cells,
       {Code::shared_groups}, {Code::cover, Code::few_cells, Code::shared_periods}},
      {"shared shocks of single areas", [](auto& f, auto&) { f.shared = shared(), f.areas_a_cluster = 1.0; }, warned,
       cells, Draws::cells, {Code::shared_groups, Code::cover}},
      {"shared shocks of single areas, no regions", [](auto& f, auto&) {
         f.shared = shared(), f.shared->column.clear(), f.areas_a_cluster = 1.0;
       }, warned, cells, Draws::cells, {Code::shared_groups}, {Code::cover}},
      {"shared p = 0.05", [](auto& f, auto&) { f.shared = shared(0.05); }, stands, pt, Draws::pairs, {Code::cover},
       {Code::shared_groups}},
      {"shared p = 0.049", [](auto& f, auto&) { f.shared = shared(0.049); }, warned, cells, Draws::cells,
       {Code::shared_groups}},
      {"a tenth of the variance", [](auto& f, auto&) { f.shared = shared(1e-4, 0.10); }, stands, pt, Draws::pairs, {},
       {Code::shared_groups}},
      {"more than a tenth", [](auto& f, auto&) { f.shared = shared(1e-4, 0.101); }, warned, cells, Draws::cells,
       {Code::shared_groups}},
      {"groups share too, T = 15", [](auto& f, auto&) {
         f.shared = shared(), f.shared->groups = f.shared->clusters, f.periods = 15;
       }, warned, years, Draws::cells, {Code::shared_periods}, {Code::cover, Code::shared_groups}},
      {"groups share too, T = 14", [](auto& f, auto&) {
         f.shared = shared(), f.shared->groups = f.shared->clusters, f.periods = 14;
       }, warned, cells, Draws::cells, {Code::shared_groups}},
      {"no regions, T = 15", [](auto& f, auto&) { f.shared = shared(), f.shared->column.clear(), f.periods = 15; }, warned,
       years, Draws::cells, {Code::shared_periods}, {Code::cover, Code::shared_groups}},
      {"no regions, T = 14", [](auto& f, auto&) { f.shared = shared(), f.shared->column.clear(), f.periods = 14; }, warned,
       cells, Draws::cells, {Code::shared_groups}, {Code::shared_periods}},
      {"groups do not share, T = 15", [](auto& f, auto&) { f.shared = shared(), f.periods = 15; }, warned, cells,
       Draws::cells, {Code::shared_groups}, {Code::shared_periods}},
      {"groups that do not touch", [](auto& f, auto&) { f.shared = shared(), f.shared->groups.reset(), f.periods = 24; },
       warned, cells, Draws::cells, {Code::shared_groups}},
      {"shared shocks, r1 rejects", [](auto& f, auto&) { f.shared = shared(), f.r1 = Test{-3.0, 0.01}; }, warned,
       cells, Draws::pairs, {Code::shared_groups, Code::cells_void}},
      {"shared shocks, five periods", [](auto& f, auto&) { f.shared = shared(), f.periods = 5; }, warned, cells,
       Draws::cells, {Code::shared_groups}},
      {"shared shocks, standard errors elsewhere", [](auto& f, auto&) {
         f.shared = shared();
         f.standard_errors = {{"previous", 1.0, 1.0, 0.74}};
       }, warned, cells, Draws::cells, {}, {Code::cells_disagree}},
      {"shared shocks, percentile-t asked", [](auto& f, auto& r) { f.shared = shared(), r.asked = pt; }, warned, pt,
       Draws::pairs, {Code::shared_unheeded}, {Code::shared_groups}},
      {"shared shocks, years asked", [](auto& f, auto& r) { f.shared = shared(), r.asked = years; }, stands, years,
       Draws::pairs, {}, {Code::shared_unheeded}},
      {"shared shocks, normal by Conley asked", [](auto& f, auto& r) {
         f.shared = shared(), r.asked = normal, r.covariance = "conley";
       }, stands, normal, Draws::pairs, {}, {Code::shared_unheeded, Code::interval_elsewhere}},
      // The covariance of the table and the interval.
      {"covariance by cells of groups", [](auto& f, auto& r) {
         f.shared = shared(1.0, 0.0), f.shared->cells_asked = PanelFindings::SharedShocks::Asked::yes;
         r.covariance = "score_cells by region_code";
       }, stands, cells, Draws::cells, {Code::cells_of_groups},
       {Code::interval_elsewhere, Code::shared_groups, Code::shared_unheeded}},
      {"covariance by Conley", [](auto&, auto& r) { r.covariance = "conley"; }, stands, pt, Draws::pairs,
       {Code::interval_elsewhere}},
      {"covariance by Conley, shared shocks", [](auto& f, auto& r) { f.shared = shared(), r.covariance = "conley"; },
       warned, cells, Draws::cells, {Code::interval_elsewhere, Code::shared_groups}},
      {"covariance by cells of groups, percentile-t asked", [](auto& f, auto& r) {
         f.shared = shared(1.0, 0.0), f.shared->cells_asked = PanelFindings::SharedShocks::Asked::yes;
         r.covariance = "score_cells by region_code", r.asked = pt;
       }, stands, pt, Draws::pairs, {Code::interval_elsewhere}, {Code::shared_unheeded}},
      // Cover is said of worlds like these or not at all.
      {"intervals of 90 %", [](auto&, auto& r) { r.level = 0.9; }, stands, pt, Draws::pairs, {}, {Code::cover}},
      {"three areas a cluster", [](auto& f, auto&) { f.areas_a_cluster = 3.0; }, stands, pt, Draws::pairs, {},
       {Code::cover}},
      // Feedback, shocks, standard errors.
      {"lead p = 0.01", [](auto& f, auto&) { f.leads = {{"x", {2.6, 0.01}}}; }, stands, pt, Draws::pairs, {},
       {Code::feedback}},
      {"lead p = 0.009", [](auto& f, auto&) { f.leads = {{"x", {2.7, 0.009}}}; }, warned, pt, Draws::pairs,
       {Code::feedback}},
      {"shocks p = 0.05", [](auto& f, auto&) { f.equal_shocks = Test{30.0, 0.05}; }, stands, pt, Draws::pairs, {},
       {Code::unequal_shocks}},
      {"shocks p = 0.049", [](auto& f, auto&) { f.equal_shocks = Test{30.0, 0.049}; }, warned, pt, Draws::pairs,
       {Code::unequal_shocks}},
      {"shocks by type", [](auto& f, auto& r) {
         f.equal_shocks = Test{30.0, 0.001};
         r.period_effects = PeriodEffects::by_type;
       }, stands, pt, Draws::pairs, {}, {Code::unequal_shocks}},
      {"cells 25 % off", [](auto& f, auto&) { f.standard_errors = {{"previous", 1.0, 1.0, 1.25}}; }, stands, pt,
       Draws::pairs, {}, {Code::cells_disagree}},
      {"cells 26 % off", [](auto& f, auto&) { f.standard_errors = {{"previous", 1.0, 1.0, 0.74}}; }, warned, pt,
       Draws::pairs, {Code::cells_disagree}},
      {"cells 26 % off, void", [](auto& f, auto&) {
         f.standard_errors = {{"previous", 1.0, 1.0, 0.74}};
         f.r1 = Test{-3.0, 0.01};
       }, warned, pt, Draws::pairs, {}, {Code::cells_disagree}},
      {"table 1.25 times", [](auto& f, auto&) { f.standard_errors = {{"previous", 1.25, 1.0, 1.0}}; }, stands, pt,
       Draws::pairs, {}, {Code::joint_clusters_disagree}},
      {"table 1.26 times less", [](auto& f, auto&) { f.standard_errors = {{"previous", 1.0, 1.26, 1.26}}; }, warned, pt,
       Draws::pairs, {Code::joint_clusters_disagree}},
      {"... where cells are drawn, not the joint clusters",
       [](auto& f, auto&) { f.clusters = 49, f.standard_errors = {{"previous", 1.0, 1.26, 1.26}}; }, warned, cells,
       Draws::cells, {Code::few_cells}, {Code::joint_clusters_disagree}},
      // What is asked for by name.
      {"percentile asked, 50", [](auto& f, auto& r) { f.clusters = 50, r.asked = IntervalKind::percentile; }, stands,
       IntervalKind::percentile, Draws::pairs, {}},
      {"bca asked, 49", [](auto& f, auto& r) { f.clusters = 49, r.asked = IntervalKind::bca; }, warned,
       IntervalKind::bca, Draws::pairs, {Code::asked_with_few_clusters, Code::draws_too_narrow}},
      {"normal asked", [](auto&, auto& r) { r.asked = normal; }, stands, normal, Draws::pairs, {}},
      {"cells asked and void", [](auto& f, auto& r) {
         f.r1 = Test{-3.0, 0.01};
         r.asked = cells;
       }, warned, cells, Draws::pairs, {Code::cells_void}},
      {"years asked, few clusters", [](auto& f, auto& r) { f.clusters = 20, r.asked = years; }, stands, years,
       Draws::cells, {}},
      {"cell draws asked", [](auto&, auto& r) { r.asked = IntervalKind::cell_draws; }, stands,
       IntervalKind::cell_draws, Draws::cells, {Code::cover}},
      {"percentile-t asked, few clusters", [](auto& f, auto& r) { f.clusters = 20, r.asked = pt; }, warned, pt,
       Draws::pairs, {Code::asked_with_few_clusters}}};
  for (const Row& row : table) {
    CAPTURE(std::string(row.name));
    PanelFindings f = sound();
    PanelRules r = rules();
    row.change(f, r);
    if (f.replicates && draws_source(f, r) == Draws::cells) f.cells = 90;
    const Decision decision = decide(f, r);
    CHECK(decision.standing == row.standing);
    CHECK(name_of(decision.interval) == name_of(row.interval));
    CHECK(decision.draws == row.draws);
    CHECK((decision.refusal() != nullptr) == (row.standing == refused));
    for (const Code code : row.reasons)
      CHECK_MESSAGE(decision.find(code), "missing reason ", static_cast<int>(code));
    for (const Code code : row.absent)
      CHECK_MESSAGE(!decision.find(code), "reason too many ", static_cast<int>(code));
    for (const Reason& reason : decision.reasons)
      CHECK_FALSE(sentence(reason, Estimator::corrected_score).empty());
  }
}

TEST_CASE("reasons carry the numbers and the names that their sentences show") {
  PanelFindings f = sound();
  f.clusters = 100;
  f.effective_clusters[0].clusters = 16.0;
  const Decision few = decide(f, rules());
  REQUIRE(few.find(Code::few_cells));
  CHECK(sentence(*few.find(Code::few_cells), Estimator::corrected_score) ==
        "100 clusters by 'lad_code', but 'lag:doubly_disadvantaged' rests on an effective 16 of them (below "
        "30): "
        "intervals by cluster x period score cells");
  f.periods = 7;
  CHECK(sentence(*decide(f, rules()).find(Code::draws_too_narrow), Estimator::corrected_score) ==
        "scenario draws resample 100 clusters in pairs, and 'lag:doubly_disadvantaged' rests on an effective "
        "16 of "
        "them: bands of scenarios are narrower than the interval shown");
  f.periods = 20;
  f.r1 = Test{-3.0, 0.0123};
  const Decision correlated = decide(f, rules());
  CHECK(sentence(*correlated.find(Code::serially_correlated), Estimator::corrected_score)
            .find("(r1 p = 0.0123, Q2 p = 0.82): phi is not structural, rho may be off by 0.05") !=
        std::string::npos);
  f = sound();
  f.replicates = {1000, 0, 152, 1000, 1000};
  CHECK(sentence(*decide(f, rules()).refusal(), Estimator::corrected_score)
            .starts_with("refused: 15.2 % of replicates have |phi| + max |rho| >= 1 (more than 10 %)"));
  f.solution = PanelFindings::Root::too_short;
  f.periods = 3;
  CHECK(sentence(*decide(f, {}).refusal(), Estimator::half_panel_jackknife) ==
        "half-panel jackknife refused: 3 regression periods (needs at least 4, two a half)");
}

TEST_CASE("what the interval takes as independent is said, with what the brackets take") {
  PanelFindings f = sound();
  f.shared = shared();
  PanelRules r = rules();
  r.covariance = "conley";
  const Decision decision = decide(f, r);
  CHECK(sentence(*decision.find(Code::shared_groups), Estimator::corrected_score) ==
        "the 309 clusters by 'lad_code' share shocks (scores of neighbouring clusters correlate, p = 0.0001, "
        "most "
        "for 'own_lag'; pairs add up to 40 % to the clusters' variance): the interval takes 90 cells of "
        "region_code x period as independent; standard errors in brackets, and intervals of other estimators "
        "beside it, do not");
  CHECK(sentence(*decision.find(Code::interval_elsewhere), Estimator::corrected_score) ==
        "standard errors in brackets are of covariance conley; the interval rests on cells of region_code x "
        "period");
}

TEST_CASE("what is shown beside decides nothing and says what it is") {
  PanelFindings f = sound();
  CHECK(decide_shown(f, rules(), Estimator::within).find(Code::biased_interval));
  CHECK_FALSE(decide_shown(f, rules(), Estimator::pooled).find(Code::biased_interval));
  CHECK(decide_shown(f, rules(), Estimator::pooled).find(Code::pooled_bias));
  CHECK(decide_shown(f, rules(), Estimator::half_panel_jackknife).interval == IntervalKind::percentile);
  CHECK_FALSE(decide_shown(f, rules(), Estimator::half_panel_jackknife).find(Code::jackknife_few_clusters));
  f.clusters = 49;
  CHECK(decide_shown(f, rules(), Estimator::half_panel_jackknife).find(Code::jackknife_few_clusters));
  CHECK(decide_shown(f, rules(), Estimator::double_filter_iv).reasons.empty());
  f.dynamics = PanelFindings::Dynamics::none;
  CHECK_FALSE(decide_shown(f, rules(), Estimator::within).find(Code::biased_interval));
  f.replicates->failed = 2;
  CHECK(decide_shown(f, rules(), Estimator::within).find(Code::replicates_failed));
}

TEST_CASE("a p that is no number makes no test") {
  CHECK_FALSE(computed(1.0, std::numeric_limits<double>::quiet_NaN()));
  CHECK_FALSE(computed(std::numeric_limits<double>::infinity()));
  CHECK(computed(1.0, 0.3)->p == 0.3);
}

TEST_CASE("instruments are weak below the critical value, and where nothing says that they are strong") {
  const auto weak = [](std::optional<double> f, std::optional<double> critical, std::optional<double> kp) {
    IvFindings found;
    found.effective_f = f;
    found.effective_f_critical = critical;
    found.kleibergen_paap_f = kp;
    return found.weak();
  };
  CHECK(weak(23.0, 23.1, 40.0));
  CHECK_FALSE(weak(23.1, 23.1, 4.0));
  CHECK_FALSE(weak({}, {}, 10.1));
  CHECK(weak({}, {}, 10.0));
  CHECK(weak({}, {}, {}));
  CHECK(weak(50.0, {}, {}));
}

TEST_CASE("each test is listed under its own name, and imputed cells are told above 2 %") {
  PanelFindings found = sound();
  found.r2 = Test{1.5, 0.13};
  found.q2 = Test{4.0, 0.1};
  Estimate estimate;
  list_tests(found, estimate);
  const auto value_of = [&](const std::string& name) {
    for (const auto& one : estimate.diagnostics)
      if (one.name == name) return one.value;
    return -1.0;
  };
  CHECK(value_of("q2") == 4.0);
  CHECK(value_of("r2_z") == 1.5);
  CHECK(value_of("serial_correlation_z") == 0.3);
  for (const auto& [cells, told] : {std::pair{20L, false}, {21L, true}}) {
    found.imputed = {cells, 1000};
    Estimate other;
    say_of_imputed(found, other);
    CHECK(other.warnings.empty() != told);
    // What filling does to lags is said where there are lags.
    Estimate lagged;
    lagged.names = {"lag:other", "previous"};
    say_of_imputed(found, lagged);
    REQUIRE(lagged.warnings.empty() != told);
    if (!told) continue;
    CHECK(lagged.warnings.front().find("intervals held phi in") != std::string::npos);
    CHECK(other.warnings.front().find("rho") == std::string::npos);
  }
}
