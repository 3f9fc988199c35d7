#include "engine/run/structural_estimates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "engine/draw/resample.hpp"

namespace spillway {

namespace {

const ModelFits* model_named(const std::vector<ModelFits>& models, const std::string& name) {
  for (const ModelFits& model : models)
    if (model.name() == name) return &model;
  return nullptr;
}

const Fit* fit_named(const std::vector<ModelFits>& models, const std::string& reference,
                     const ModelFits** of = nullptr) {
  const auto slash = reference.find('/');
  const ModelFits* model = model_named(models, reference.substr(0, slash));
  if (of) *of = model;
  return model ? model->find(reference.substr(slash + 1)) : nullptr;
}

/// Endogenous regressors and instruments of the cell that feeds the draws.
std::pair<std::vector<std::string>, std::vector<std::string>> headline_names(const IvModel& model) {
  if (model.proxies.empty()) return {model.endogenous, model.instruments};
  const std::string cell = headline_cell(model);
  for (const auto& proxy : model.proxies)
    for (const auto& set : model.instrument_sets)
      if (cell_name({proxy}, set) == cell) return {{proxy}, set};
  return {{model.proxies.front()}, model.instrument_sets.back()};
}

}  // namespace

std::optional<SpreadPoint> spread_point(const std::vector<std::string>& names, const Eigen::VectorXd& values,
                                        const std::vector<std::string>& types) {
  const auto at = [&](const std::string& name) -> Eigen::Index {
    const auto found = std::find(names.begin(), names.end(), name);
    return found == names.end() ? -1 : found - names.begin();
  };
  if (at("previous_2") >= 0) return {};
  SpreadPoint point;
  point.rho.resize(static_cast<Eigen::Index>(types.size()));
  for (std::size_t t = 0; t < types.size(); ++t) {
    const Eigen::Index row = at("lag") >= 0 ? at("lag") : at("lag:" + types[t]);
    if (row < 0) return {};
    point.rho(static_cast<Eigen::Index>(t)) = values(row);
  }
  if (at("previous") >= 0) point.phi = values(at("previous"));
  return point;
}

Fit structural_fit(const ModelFits& infrastructure, const std::string& estimator, const Estimate& spillover,
                   const RunConfig& config, const Inputs& inputs, Parallelism parallelism) {
  const auto* iv = std::get_if<IvModel>(&infrastructure.config);
  if (!iv) throw NumericalError(fmt::format("'{}' is no model of instruments", infrastructure.name()));
  const IvModel& model = *iv;
  const auto point = spread_point(spillover.names, spillover.coefficients, inputs.types.names);
  if (!point || !point->rho.allFinite())
    throw NumericalError(fmt::format("'{}/{}' gives no lag of one period for every type", spillover.model,
                                     spillover.estimator));
  const auto [endogenous, instruments] = headline_names(model);
  const SpreadExpansion spread(inputs.weights, inputs.types.of_row, *point, parallelism);
  return fit_structural(
      structural_data(model, endogenous, instruments, inputs.pack, years_a_period(config, inputs.pack)),
      model, fit_context(model, config, inputs, parallelism), spread, estimator == "ols");
}

Replicates structural_replicates(const Fit& structural, const Fit& spillover, const Replicates& of_spillover,
                                 const RunConfig& config, const Inputs& inputs, Parallelism parallelism,
                                 Eigen::MatrixXd* reduced) {
  Replicates made;
  const auto count = static_cast<long>(of_spillover.value.cols());
  if (count == 0 || !structural.resampled) return made;
  const auto parameters = static_cast<Eigen::Index>(structural.resampled->parameters().size());
  made.value.resize(parameters, count);
  made.t.setConstant(parameters, count, std::numeric_limits<double>::quiet_NaN());
  made.status.assign(static_cast<std::size_t>(count), 0);
  const Eigen::Index clusters = clusters_by(inputs.pack.areas, config.bootstrap_cluster).count();
  const auto& names = spillover.resampled->parameters();
  const auto types = static_cast<Eigen::Index>(inputs.types.names.size());
  std::vector<Eigen::MatrixXd> reduced_of(static_cast<std::size_t>((count + 127) / 128));
  for_each_block(count, 128, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const long size = static_cast<long>(last - first);
    Eigen::MatrixXd counts(clusters, size), spread(types + 1, size);
    cluster_counts(counts, first, config.seed);
    for (long b = 0; b < size; ++b) {
      const auto point = spread_point(names, of_spillover.value.col(first + b), inputs.types.names);
      spread.col(b) << point->rho, point->phi;
    }
    ReplicateBlock block;
    block.first = static_cast<long>(first);
    block.count = size;
    block.weight = counts.data();
    block.clusters = clusters;
    block.spread = &spread;
    if (reduced)
      evaluate_structural(*structural.resampled, block, reduced_of[static_cast<std::size_t>(first / 128)]);
    else
      structural.resampled->evaluate(block);
    made.value.middleCols(first, size) = block.value;
    std::copy(block.status.begin(), block.status.end(), made.status.begin() + first);
  });
  if (reduced) {
    reduced->resize(reduced_of.front().rows(), count);
    for (std::size_t k = 0; k < reduced_of.size(); ++k)
      reduced->middleCols(static_cast<Eigen::Index>(128 * k), reduced_of[k].cols()) = reduced_of[k];
  }
  return made;
}

namespace {

/// Sanderson-Windmeijer F of the neighbours' regressor, where there is one.
std::optional<double> strength_of_neighbours(const Estimate& slx) {
  const auto* found = std::get_if<IvFindings>(&slx.findings);
  if (!found) return std::nullopt;
  const auto strength = found->sanderson_windmeijer_f.find(slx.names[1]);
  if (strength == found->sanderson_windmeijer_f.end() || !std::isfinite(strength->second))
    return std::nullopt;
  return strength->second;
}

}  // namespace

SpilloverAnswer spillover_answer(const Estimate& slx, double implied) {
  const double low = slx.low(1), high = slx.high(1);
  if (strength_of_neighbours(slx).value_or(0.0) < 10.0) return SpilloverAnswer::cannot_be_told;
  if (low > 0.0) return SpilloverAnswer::does;
  if (high < 0.0) return SpilloverAnswer::opposite;
  if (implied < low || implied > high) return SpilloverAnswer::does_not;
  return SpilloverAnswer::cannot_be_told;
}

std::string spillover_verdict(const Estimate& slx, double implied) {
  const std::optional<double> f = strength_of_neighbours(slx);
  const std::string figures = fmt::format(
      "theta {:.3g} [{:.3g}, {:.3g}], Sanderson-Windmeijer F {}; full propagation would make it {:.3g}",
      slx.coefficients(1), slx.low(1), slx.high(1), f ? fmt::format("{:.3g}", *f) : "not defined", implied);
  const auto sentence = [&](const char* words) {
    return fmt::format("does social infrastructure spill over? {} ({})", words, figures);
  };
  switch (spillover_answer(slx, implied)) {
    case SpilloverAnswer::does:
      return sentence("It does");
    case SpilloverAnswer::opposite:
      return sentence("It does, and what helps an area is followed by the opposite next door");
    case SpilloverAnswer::does_not:
      return sentence("It does not: none is not rejected, and full propagation is");
    case SpilloverAnswer::cannot_be_told:
      break;
  }
  return sentence(
      !f ? "It cannot be told: too few clusters to test whether the instruments move neighbours' apart "
           "from an area's own"
      : *f >= 10.0 ? "It cannot be told: neither none nor full propagation is rejected"
                   : "It cannot be told: the instruments do not move neighbours' apart from an area's "
                     "own");
}

namespace {

/// SLX, the structural form with W s beside it and the spatial-lag IV, with the verdict that SLX gives.
void add_spillover_tests(ModelFits& model, const Estimate& spillover, const RunConfig& config,
                         const Inputs& inputs, Parallelism parallelism) {
  const auto* iv = std::get_if<IvModel>(&model.config);
  if (!iv) return;
  const auto names = headline_names(*iv);
  const FitContext context = fit_context(*iv, config, inputs, parallelism);
  const auto attempt = [&](const std::string& name, const auto& fit) {
    try {
      model.fits.push_back(fit());
    } catch (const NumericalError& error) {
      model.verdicts.push_back(fmt::format("{}: not offered: {}", name, error.what()));
    } catch (const InputError& error) {
      model.verdicts.push_back(fmt::format("{}: not offered: {}", name, error.what()));
    }
  };
  StructuralData data;
  attempt("slx", [&] {
    data = structural_data(*iv, names.first, names.second, inputs.pack, years_a_period(config, inputs.pack));
    return fit_slx(data, *iv, context, inputs.weights);
  });
  if (!model.find("slx")) return;
  const auto tested = [](Fit fit) {  // no scenario draws from it
    fit.resampled = nullptr;
    return fit;
  };
  attempt("spatial_lag_iv", [&] { return tested(fit_spatial_lag_iv(data, *iv, context, inputs.weights)); });
  const auto point = spread_point(spillover.names, spillover.coefficients, inputs.types.names);
  if (!model.find("structural") || !point) return;
  const SpreadExpansion spread(inputs.weights, inputs.types.of_row, *point, parallelism);
  attempt("structural_lag", [&] { return tested(fit_structural_lag(data, *iv, context, spread)); });
  const double b = model.find("structural")->estimate.coefficients(0);
  model.verdicts.push_back(
      spillover_verdict(model.find("slx")->estimate, implied_theta(data, *iv, spread, b)));
}

}  // namespace

std::optional<SpilloverAnswer> spillover_answer(const ModelFits& model, const Estimate& spillover,
                                                const RunConfig& config, const Inputs& inputs,
                                                Parallelism parallelism) {
  const auto* iv = std::get_if<IvModel>(&model.config);
  const auto point = spread_point(spillover.names, spillover.coefficients, inputs.types.names);
  const Fit *slx = model.find("slx"), *structural = model.find("structural");
  if (!iv || !point || !slx || !structural) return {};
  const auto names = headline_names(*iv);
  const StructuralData data =
      structural_data(*iv, names.first, names.second, inputs.pack, years_a_period(config, inputs.pack));
  const SpreadExpansion spread(inputs.weights, inputs.types.of_row, *point, parallelism);
  return spillover_answer(slx->estimate,
                          implied_theta(data, *iv, spread, structural->estimate.coefficients(0)));
}

void add_structural(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                    Parallelism parallelism) {
  for (const ScenarioConfig& scenario : config.scenarios) {
    const auto b = scenario.estimates.find("infrastructure"), a = scenario.estimates.find("spillover");
    if (b == scenario.estimates.end() || a == scenario.estimates.end() ||
        scenario.estimate_runs.contains("infrastructure") || scenario.estimate_runs.contains("spillover"))
      continue;
    const ModelFits* of_plain = nullptr;
    const Fit *plain = fit_named(models, b->second, &of_plain), *spillover = fit_named(models, a->second);
    if (!plain || !spillover) continue;
    auto& model =
        *std::find_if(models.begin(), models.end(), [&](const ModelFits& one) { return &one == of_plain; });
    const std::string estimator = plain->estimate.estimator == "ols" ? "ols" : "2sls";
    if (structural_of(model, estimator, a->second)) continue;  // another scenario asked for it
    const bool first = std::none_of(model.structural.begin(), model.structural.end(),
                                    [&](const auto& one) { return one.estimator == estimator; });
    StructuralOf made{"", estimator, a->second, ""};
    try {
      Fit fit = structural_fit(model, estimator, spillover->estimate, config, inputs, parallelism);
      if (!first)
        fit.estimate.estimator += "@" + spillover->estimate.model + "." + spillover->estimate.estimator;
      made.name = fit.estimate.estimator;
      model.fits.push_back(std::move(fit));
    } catch (const NumericalError& error) {
      made.why_not = error.what();
    } catch (const InputError& error) {
      made.why_not = error.what();
    }
    if (!made.why_not.empty())
      model.verdicts.push_back(
          fmt::format("structural form with A of {}: not offered: {}", a->second, made.why_not));
    model.structural.push_back(std::move(made));
    if (estimator == "ols" || model.find("slx")) continue;
    add_spillover_tests(model, spillover->estimate, config, inputs, parallelism);
  }
}

void replicate_structural(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                          Parallelism parallelism) {
  for (ModelFits& model : models)
    for (const StructuralOf& one : model.structural) {
      const ModelFits* of = nullptr;
      const Fit* spillover = fit_named(models, one.spillover, &of);
      for (std::size_t k = 0; !one.name.empty() && k < model.fits.size(); ++k) {
        if (model.fits[k].estimate.estimator != one.name || !spillover->resampled) continue;
        Eigen::MatrixXd reduced;
        model.replicates[k] = structural_replicates(
            model.fits[k], *spillover, of->replicates[static_cast<std::size_t>(spillover - of->fits.data())],
            config, inputs, parallelism, &reduced);
        if (reduced.size() > 0 &&
            widen_weak_robust_sets(model.fits[k], reduced,
                                   clusters_by(inputs.pack.areas, config.bootstrap_cluster).count()))
          model.fits[k].estimate.notes.push_back(
              "the Anderson-Rubin and CLR sets count A's own uncertainty: their covariance is that of the "
              "joint "
              "replicates, each with its own A");
      }
    }
}

}  // namespace spillway
