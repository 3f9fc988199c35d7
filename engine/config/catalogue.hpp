// The catalogue: every word that a configuration can choose by, with the value it stands for, what it means
// and, for an estimator, what may be asked of it. The configuration's reader, `spillway init`, the plan, the
// specification curve, the report page and the documents read these tables; no other place lists the words.
#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

/// One word of the configuration.
template <typename Id>
struct Word {
  Id id;
  std::string_view name;
  std::string_view help;  ///< one line
};

/// A word that was offered once, or is offered elsewhere, and what to write in its place.
struct Withdrawn {
  std::string_view name, remedy;
};

// ---- kinds of model

enum class ModelKind { spatial_lag_panel, iv, spatial_autoregression };

struct ModelKindRow {
  ModelKind id;
  std::string_view name, help;
  std::span<const std::string_view> keys;  ///< of [[model]], beyond those that every kind has
};

namespace catalogue {
inline constexpr std::string_view common_keys[] = {
    "name",       "kind",  "outcome",  "better",     "estimators", "headline", "headline_fallback",
    "covariance", "level", "interval", "restrict_to"};
inline constexpr std::string_view panel_keys[] = {"covariates",     "predetermined", "area_effects",
                                                  "period_effects", "spatial_lag",   "own_lag",
                                                  "own_lags",       "missing",       "rival_weights"};
inline constexpr std::string_view iv_keys[] = {
    "window_years", "endogenous",      "instruments",   "controls", "fixed_effects",   // one cell
    "proxies",      "instrument_sets", "headline_cell", "units",    "weights_column",  // a grid of them
    "lacks"};
inline constexpr std::string_view sar_keys[] = {"covariates", "area_effects", "period_effects",
                                                "missing",    "durbin",       "spatial_error"};
}  // namespace catalogue

inline constexpr std::array model_kinds = {
    ModelKindRow{ModelKind::iv, "iv", "what social infrastructure does, by instrumental variables or OLS",
                 catalogue::iv_keys},
    ModelKindRow{ModelKind::spatial_autoregression, "spatial_autoregression",
                 "a spatial lag of the same period, as cross-section or panel", catalogue::sar_keys},
    ModelKindRow{ModelKind::spatial_lag_panel, "spatial_lag_panel",
                 "how growth spills over from neighbours, by type of area", catalogue::panel_keys}};

// ---- estimators

enum class Estimator {
  as_published,
  within,
  within_no_own_lag,
  half_panel_jackknife,
  corrected_score,
  corrected_score_no_own_lag,
  corrected_score_second_lags,
  double_filter_iv,
  analytical,
  arellano_bond,
  pooled,
  ols,
  two_stage,
  liml,
  fuller,
  gmm,
  gmm_iterated,
  qml,
  qml_exact,
  qml_elhorst,
  gs2sls,
  gs2sls_wx
};

/// What an estimate may be used for.
enum class Use {
  may_lead,  ///< it may lead: the decision accepts it, warns of it or refuses it
  biased,    ///< shown, and biased by construction
  shown      ///< shown beside the headline; decides nothing
};

/// One estimator. A new one is a row here, its case where its kind's estimators are fitted (fit_panel,
/// fit_instrumental, fit_spatial_autoregression) and its own file.
struct EstimatorRow {
  Estimator id;
  std::string_view name;
  ModelKind kind;
  enum class Replicates { no, yes } replicates;  ///< whether it can be computed again from cluster weights
  Use use;
  enum class Listed {
    asked,
    usual,
    leads,
    always
  } listed;               ///< usual: where none are listed; leads: usual, and
                          ///< the headline; always: fitted without being asked
  std::string_view help;  ///< one line
};

namespace catalogue {
using Replicates = EstimatorRow::Replicates;
using Listed = EstimatorRow::Listed;
}  // namespace catalogue

inline constexpr std::array estimators = {
    EstimatorRow{Estimator::as_published, "as_published", ModelKind::spatial_lag_panel,
                 catalogue::Replicates::yes, Use::biased, catalogue::Listed::always,
                 "the report's: within, no own lag, no period effects; always added"},
    EstimatorRow{Estimator::within, "within", ModelKind::spatial_lag_panel, catalogue::Replicates::yes,
                 Use::biased, catalogue::Listed::usual,
                 "two-way within, all lags: how large the correction is"},
    EstimatorRow{Estimator::within_no_own_lag, "within_no_own_lag", ModelKind::spatial_lag_panel,
                 catalogue::Replicates::yes, Use::biased, catalogue::Listed::asked,
                 "within without the own lag"},
    EstimatorRow{Estimator::half_panel_jackknife, "half_panel_jackknife", ModelKind::spatial_lag_panel,
                 catalogue::Replicates::yes, Use::shown, catalogue::Listed::usual,
                 "2 theta - mean of the two half panels (Dhaene & Jochmans 2015): a check"},
    EstimatorRow{Estimator::corrected_score, "corrected_score", ModelKind::spatial_lag_panel,
                 catalogue::Replicates::yes, Use::may_lead, catalogue::Listed::leads,
                 "the within score with its bias taken off: the default"},
    EstimatorRow{Estimator::corrected_score_no_own_lag, "corrected_score_no_own_lag",
                 ModelKind::spatial_lag_panel, catalogue::Replicates::yes, Use::may_lead,
                 catalogue::Listed::asked, "the corrected score without the own lag"},
    EstimatorRow{Estimator::corrected_score_second_lags, "corrected_score_second_lags",
                 ModelKind::spatial_lag_panel, catalogue::Replicates::yes, Use::may_lead,
                 catalogue::Listed::asked,
                 "the corrected score with y and W y of two periods ago: for serially correlated residuals"},
    EstimatorRow{
        Estimator::double_filter_iv, "double_filter_iv", ModelKind::spatial_lag_panel,
        catalogue::Replicates::no, Use::may_lead, catalogue::Listed::asked,
        "forward-orthogonal equation, backward-demeaned lags as instruments: survives predetermined x"},
    EstimatorRow{Estimator::analytical, "analytical", ModelKind::spatial_lag_panel, catalogue::Replicates::no,
                 Use::shown, catalogue::Listed::asked,
                 "subtracts the estimated bias (Yu, de Jong & Lee 2008): a check"},
    EstimatorRow{Estimator::arellano_bond, "arellano_bond", ModelKind::spatial_lag_panel,
                 catalogue::Replicates::no, Use::may_lead, catalogue::Listed::asked,
                 "GMM in differences (Arellano & Bond 1991)"},
    EstimatorRow{Estimator::pooled, "pooled", ModelKind::spatial_lag_panel, catalogue::Replicates::yes,
                 Use::biased, catalogue::Listed::asked, "least squares without area effects"},
    EstimatorRow{Estimator::ols, "ols", ModelKind::iv, catalogue::Replicates::yes, Use::shown,
                 catalogue::Listed::usual, "least squares: no instruments"},
    EstimatorRow{Estimator::two_stage, "2sls", ModelKind::iv, catalogue::Replicates::yes, Use::may_lead,
                 catalogue::Listed::leads, "two-stage least squares"},
    EstimatorRow{Estimator::liml, "liml", ModelKind::iv, catalogue::Replicates::no, Use::may_lead,
                 catalogue::Listed::asked, "limited-information maximum likelihood"},
    EstimatorRow{Estimator::fuller, "fuller", ModelKind::iv, catalogue::Replicates::no, Use::may_lead,
                 catalogue::Listed::asked, "LIML's kappa less 1/(N - L) (Fuller 1977)"},
    EstimatorRow{Estimator::gmm, "gmm", ModelKind::iv, catalogue::Replicates::no, Use::may_lead,
                 catalogue::Listed::asked, "two-step efficient GMM"},
    EstimatorRow{Estimator::gmm_iterated, "gmm_iterated", ModelKind::iv, catalogue::Replicates::no,
                 Use::may_lead, catalogue::Listed::asked, "GMM iterated to convergence"},
    EstimatorRow{Estimator::qml, "qml", ModelKind::spatial_autoregression, catalogue::Replicates::no,
                 Use::may_lead, catalogue::Listed::leads,
                 "quasi-maximum likelihood (Lee 2004; Lee & Yu 2010), interpolated log-determinant"},
    EstimatorRow{Estimator::qml_exact, "qml_exact", ModelKind::spatial_autoregression,
                 catalogue::Replicates::no, Use::may_lead, catalogue::Listed::asked,
                 "the same with the exact log-determinant"},
    EstimatorRow{Estimator::qml_elhorst, "qml_elhorst", ModelKind::spatial_autoregression,
                 catalogue::Replicates::no, Use::may_lead, catalogue::Listed::asked,
                 "panels: Elhorst's (2003) likelihood, W applied after the effects are taken out"},
    EstimatorRow{Estimator::gs2sls, "gs2sls", ModelKind::spatial_autoregression, catalogue::Replicates::no,
                 Use::may_lead, catalogue::Listed::asked,
                 "generalised spatial two-stage least squares (Kelejian & Prucha 1998)"},
    EstimatorRow{Estimator::gs2sls_wx, "gs2sls_wx", ModelKind::spatial_autoregression,
                 catalogue::Replicates::no, Use::may_lead, catalogue::Listed::asked,
                 "the same with W X alone as instruments"}};

constexpr const EstimatorRow& row_of(Estimator id) { return estimators[static_cast<std::size_t>(id)]; }
constexpr bool in_order() {
  for (std::size_t k = 0; k < estimators.size(); ++k)
    if (estimators[k].id != static_cast<Estimator>(k)) return false;
  return true;
}
static_assert(in_order(), "rows of the catalogue of estimators stand in the order of their enumerators");

// ---- choices within a model

enum class Better { higher, lower };
enum class PeriodEffects { none, common, by_type, by_region };
enum class SpatialLag { none, common, by_type };
enum class MissingOutcomes { refuse, impute, drop, drop_rows, drop_areas };
enum class CovarianceKind { iid, hc0, hc1, hc2, hc3, cluster, two_way, score_cells, driscoll_kraay, conley };
enum class SmallSample { none, cr1, fixest, stata, cr3 };
enum class ConleyKernel { bartlett, uniform };
/// decided: the decision table's; it has no word.
enum class IntervalKind {
  decided,
  normal,
  percentile,
  percentile_t,
  bca,
  wre,
  score_cells,
  year_clusters,
  cell_draws
};
enum class BootstrapScheme { cluster_pairs };

inline constexpr std::array better_words = {Word<Better>{Better::higher, "higher", "more is good"},
                                            Word<Better>{Better::lower, "lower", "less is good"}};
inline constexpr std::array period_effects_words = {
    Word<PeriodEffects>{PeriodEffects::none, "none", "no period effects"},
    Word<PeriodEffects>{PeriodEffects::common, "common", "what every area shares in a period"},
    Word<PeriodEffects>{PeriodEffects::by_type, "by_type", "what areas of a type share in a period"},
    Word<PeriodEffects>{PeriodEffects::by_region, "by_region", "what areas of a region share in a period"}};
inline constexpr std::array spatial_lag_words = {
    Word<SpatialLag>{SpatialLag::none, "none", "neighbours are left out"},
    Word<SpatialLag>{SpatialLag::common, "common", "one rho for all areas"},
    Word<SpatialLag>{SpatialLag::by_type, "by_type", "a rho for each type of area"}};
inline constexpr std::array missing_words = {
    Word<MissingOutcomes>{MissingOutcomes::refuse, "refuse", "a missing value is an error"},
    Word<MissingOutcomes>{MissingOutcomes::impute, "impute",
                          "outcomes filled from area, period and neighbours; counted"},
    Word<MissingOutcomes>{MissingOutcomes::drop, "drop",
                          "without lags as drop_rows, with lags as drop_areas"},
    Word<MissingOutcomes>{MissingOutcomes::drop_rows, "drop_rows",
                          "area and period with a missing value are left out"},
    Word<MissingOutcomes>{MissingOutcomes::drop_areas, "drop_areas",
                          "areas with a missing value are left out whole"}};
inline constexpr std::array covariance_words = {
    Word<CovarianceKind>{CovarianceKind::iid, "iid", "equal variances, independent"},
    Word<CovarianceKind>{CovarianceKind::hc0, "hc0", "White's"},
    Word<CovarianceKind>{CovarianceKind::hc1, "hc1", "hc0 times N / (N - K)"},
    Word<CovarianceKind>{CovarianceKind::hc2, "hc2", "residuals over sqrt(1 - leverage)"},
    Word<CovarianceKind>{CovarianceKind::hc3, "hc3", "residuals over 1 - leverage"},
    Word<CovarianceKind>{CovarianceKind::cluster, "cluster", "clusters by one column of areas"},
    Word<CovarianceKind>{CovarianceKind::two_way, "two_way", "clusters by two columns of areas"},
    Word<CovarianceKind>{CovarianceKind::score_cells, "score_cells", "cells of cluster x period; panels"},
    Word<CovarianceKind>{CovarianceKind::driscoll_kraay, "driscoll_kraay",
                         "Bartlett lags over periods; panels"},
    Word<CovarianceKind>{CovarianceKind::conley, "conley", "a kernel over distance"}};
inline constexpr std::array small_sample_words = {
    Word<SmallSample>{SmallSample::none, "none", "no factor"},
    Word<SmallSample>{SmallSample::cr1, "cr1", "G/(G-1) (N-1)/(N-K)"},
    Word<SmallSample>{SmallSample::fixest, "fixest", "as R's fixest: nested effects are not counted"},
    Word<SmallSample>{SmallSample::stata, "stata", "as Stata's commands"},
    Word<SmallSample>{SmallSample::cr3, "cr3", "the jackknife over clusters; cluster only"}};
inline constexpr std::array kernel_words = {
    Word<ConleyKernel>{ConleyKernel::bartlett, "bartlett", "falls to zero at the cutoff"},
    Word<ConleyKernel>{ConleyKernel::uniform, "uniform", "one up to the cutoff"}};
inline constexpr std::array interval_words = {
    Word<IntervalKind>{IntervalKind::normal, "normal", "estimate +- z standard errors"},
    Word<IntervalKind>{IntervalKind::percentile, "percentile", "quantiles of replicates; panels"},
    Word<IntervalKind>{IntervalKind::percentile_t, "percentile_t", "studentised replicates; panels"},
    Word<IntervalKind>{IntervalKind::bca, "bca", "bias-corrected and accelerated (Efron 1987); panels"},
    Word<IntervalKind>{IntervalKind::wre, "wre",
                       "wild restricted efficient bootstrap, inverted; iv by clusters"},
    Word<IntervalKind>{IntervalKind::score_cells, "score_cells", "cells of cluster x period; panels"},
    Word<IntervalKind>{IntervalKind::year_clusters, "year_clusters", "years as clusters, t(T - 1); panels"},
    Word<IntervalKind>{IntervalKind::cell_draws, "cell_draws",
                       "quantiles of draws from score cells; panels"}};
inline constexpr std::array scheme_words = {Word<BootstrapScheme>{
    BootstrapScheme::cluster_pairs, "cluster_pairs", "whole clusters with all their areas and periods"}};

constexpr std::span<const ModelKindRow> words_of(ModelKind) { return model_kinds; }
constexpr std::span<const EstimatorRow> words_of(Estimator) { return estimators; }
constexpr std::span<const Word<Better>> words_of(Better) { return better_words; }
constexpr std::span<const Word<PeriodEffects>> words_of(PeriodEffects) { return period_effects_words; }
constexpr std::span<const Word<SpatialLag>> words_of(SpatialLag) { return spatial_lag_words; }
constexpr std::span<const Word<MissingOutcomes>> words_of(MissingOutcomes) { return missing_words; }
constexpr std::span<const Word<CovarianceKind>> words_of(CovarianceKind) { return covariance_words; }
constexpr std::span<const Word<SmallSample>> words_of(SmallSample) { return small_sample_words; }
constexpr std::span<const Word<ConleyKernel>> words_of(ConleyKernel) { return kernel_words; }
constexpr std::span<const Word<IntervalKind>> words_of(IntervalKind) { return interval_words; }
constexpr std::span<const Word<BootstrapScheme>> words_of(BootstrapScheme) { return scheme_words; }

// ---- words that are no longer offered, and what to write

inline constexpr std::array withdrawn_kinds = {
    Withdrawn{"cross_section",
              "is no kind of its own; write kind = \"iv\" with estimators = [\"ols\"] and the regressor in "
              "endogenous"}};
inline constexpr std::array withdrawn_schemes = {
    Withdrawn{"score_cells",
              "is an interval of one panel, not a scheme of joint draws; write scheme = "
              "\"cluster_pairs\" and interval = \"score_cells\" or \"cell_draws\" in that model"},
    Withdrawn{"wild_cluster",
              "is no scheme of joint draws; write \"cluster_pairs\": the p-values of ols by the wild "
              "cluster bootstrap come with kind = \"iv\" and clusters in covariance"},
    Withdrawn{
        "wre",
        "is the interval of 2sls, not a scheme of joint draws; write \"cluster_pairs\": it comes with kind "
        "= \"iv\" and clusters in covariance"},
    Withdrawn{"recursive_wild", "is not built; write \"cluster_pairs\""},
    Withdrawn{"spatial_block",
              "is not built; write \"cluster_pairs\" with the blocks as a column of areas in cluster"}};

template <typename Id>
constexpr std::span<const Withdrawn> withdrawn_of(Id) {
  return {};
}
constexpr std::span<const Withdrawn> withdrawn_of(ModelKind) { return withdrawn_kinds; }
constexpr std::span<const Withdrawn> withdrawn_of(BootstrapScheme) { return withdrawn_schemes; }

// ---- look-ups

/// The word of a value; empty where it has none (IntervalKind::decided).
template <typename Id>
std::string name_of(Id id) {
  for (const auto& word : words_of(id))
    if (word.id == id) return std::string(word.name);
  return {};
}
template <typename Id>
std::optional<Id> named(std::string_view name) {
  for (const auto& word : words_of(Id{}))
    if (word.name == name) return word.id;
  return {};
}
template <typename Id>
std::vector<std::string> names_of() {
  std::vector<std::string> names;
  for (const auto& word : words_of(Id{})) names.emplace_back(word.name);
  return names;
}
std::vector<std::string> names_of(const std::vector<Estimator>& list);
/// The values of words that stand in the catalogue. @throws InputError  one that does not
std::vector<Estimator> estimators_named(const std::vector<std::string>& names);
std::vector<Estimator> estimators_of(ModelKind kind);

}  // namespace spillway
