#include "engine/estimate/panel/spatial_lag_panel.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/estimate/panel/panel_problem.hpp"

namespace spillway {

namespace {
const std::vector<std::string>& known_estimators() {
  static const std::vector<std::string> names = {"as_published",
                                                 "within",
                                                 "within_no_own_lag",
                                                 "pooled",
                                                 "corrected_score",
                                                 "corrected_score_no_own_lag",
                                                 "corrected_score_second_lags",
                                                 "half_panel_jackknife",
                                                 "double_filter_iv",
                                                 "arellano_bond",
                                                 "analytical"};
  return names;
}

Fit fit_one(PanelProblem& problem, const std::string& estimator) {
  PanelSpecification s = problem.specification();
  if (estimator == "as_published") {
    // The report's equation: W y of the year before by type of area, area effects, nothing else in time.
    if (s.lag != PanelSpecification::Lag::none) s.lag = PanelSpecification::Lag::by_type;
    s.own_lags = 0;
    s.area_effects = PanelSpecification::AreaEffects::removed;
    s.period_effects = PanelSpecification::PeriodEffects::none;
    return fit_within(problem, estimator, s);
  }
  if (estimator == "within") return fit_within(problem, estimator, s);
  if (estimator == "within_no_own_lag") {
    s.own_lags = 0;
    return fit_within(problem, estimator, s);
  }
  if (estimator == "pooled") {
    s.area_effects = PanelSpecification::AreaEffects::absent;
    return fit_within(problem, estimator, s);
  }
  if (estimator == "half_panel_jackknife") return fit_half_panel_jackknife(problem, s);
  if (estimator == "double_filter_iv") return fit_double_filter_iv(problem, s);
  if (estimator == "arellano_bond") return fit_arellano_bond(problem, s);
  if (estimator == "analytical") return fit_analytical(problem, s);
  if (estimator == "corrected_score_no_own_lag") s.own_lags = 0;
  return fit_corrected_score(problem, estimator, s);
}
}  // namespace

std::vector<Fit> fit_panel(const PanelData& data, const ModelConfig& model, const FitContext& context) {
  std::vector<std::string> wanted = {"as_published"};
  for (const auto& name : model.estimators) {
    if (std::find(known_estimators().begin(), known_estimators().end(), name) == known_estimators().end()) {
      const std::string nearest = nearest_word(name, known_estimators());
      throw InputError(fmt::format("model '{}': estimator '{}' is not one of model A's{}", model.name, name,
                                   nearest.empty() ? "" : fmt::format(" (did you mean '{}'?)", nearest)));
    }
    if (std::find(wanted.begin(), wanted.end(), name) == wanted.end()) wanted.push_back(name);
  }
  PanelProblem problem(data, model, context);
  std::vector<Fit> fits;
  for (const auto& name : wanted) {
    if (name != "corrected_score_second_lags") {
      fits.push_back(fit_one(problem, name));
      continue;
    }
    // One more initial period: its own cut of the data.
    ModelConfig longer = model;
    longer.own_lag = true;
    longer.own_lags = 2;
    PanelProblem second(data, longer, context);
    PanelSpecification s = second.specification();
    if (s.lag != PanelSpecification::Lag::none) s.second_lag = PanelSpecification::SecondLag::present;
    fits.push_back(fit_corrected_score(second, name, s));
  }
  return fits;
}

}  // namespace spillway
