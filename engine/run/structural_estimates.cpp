#include "engine/run/structural_estimates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

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

/// What moves from replicate to replicate of an estimate with these coefficients.
SpreadFreedom spread_freedom(const std::vector<std::string>& names) {
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return {has("lag") ? SpreadFreedom::Rho::common : SpreadFreedom::Rho::by_type,
          has("previous") ? SpreadFreedom::Phi::free : SpreadFreedom::Phi::fixed};
}

SpreadExpansion spread_of(const Estimate& spillover, const Inputs& inputs, Parallelism parallelism) {
  const auto point = spread_point(spillover.names, spillover.coefficients, inputs.types.names);
  if (!point || !point->rho.allFinite())
    throw NumericalError(fmt::format("'{}/{}' gives no lag of one period for every type", spillover.model,
                                     spillover.estimator));
  return {inputs.weights, inputs.types.of_row, *point, parallelism, spread_freedom(spillover.names)};
}

/// A structural form before it is fitted: model B's headline cell and the responses to A.
struct Ready {
  const IvModel* model;
  SpreadExpansion spread;
  StructuralData data;
  StructuralTerms terms;
};

Ready make_ready(const ModelFits& infrastructure, const Estimate& spillover, const RunConfig& config,
                 const Inputs& inputs, Parallelism parallelism) {
  const auto* iv = std::get_if<IvModel>(&infrastructure.config);
  if (!iv) throw NumericalError(fmt::format("'{}' is no model of instruments", infrastructure.name()));
  const auto [endogenous, instruments] = headline_names(*iv);
  Ready ready{iv,
              spread_of(spillover, inputs, parallelism),
              structural_data(*iv, endogenous, instruments, inputs.pack, years_a_period(config, inputs.pack)),
              {}};
  ready.terms = structural_terms(ready.data, ready.spread);
  return ready;
}

Fit fit_ready(const Ready& ready, const std::string& estimator, const RunConfig& config, const Inputs& inputs,
              Parallelism parallelism) {
  return fit_structural(ready.data, ready.terms, *ready.model,
                        fit_context(*ready.model, config, inputs, parallelism), ready.spread,
                        estimator == "ols");
}

/// Replicates without values yet.
Replicates empty_replicates(Eigen::Index parameters, long count) {
  Replicates made;
  made.value.setConstant(parameters, count, std::numeric_limits<double>::quiet_NaN());
  made.t.setConstant(parameters, count, std::numeric_limits<double>::quiet_NaN());
  made.status.assign(static_cast<std::size_t>(count), 0);
  return made;
}

/// Call body(first, counts of clusters, spread) for blocks of replicates of model A.
template <typename Body>
void for_each_spread(const Fit& spillover, const Replicates& of_spillover, Eigen::Index clusters,
                     std::uint64_t seed, const std::vector<std::string>& types, Parallelism parallelism,
                     const Body& body) {
  const auto& names = spillover.resampled->parameters();
  for_each_block(of_spillover.value.cols(), 128, parallelism, [&](std::ptrdiff_t first, std::ptrdiff_t last) {
    const long size = static_cast<long>(last - first);
    Eigen::MatrixXd counts(clusters, size), spread(static_cast<Eigen::Index>(types.size()) + 1, size);
    cluster_counts(counts, first, seed);
    for (long b = 0; b < size; ++b) {
      const auto point = spread_point(names, of_spillover.value.col(first + b), types);
      spread.col(b) << point->rho, point->phi;
    }
    body(first, counts, spread);
  });
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
  return fit_ready(make_ready(infrastructure, spillover, config, inputs, parallelism), estimator, config,
                   inputs, parallelism);
}

Replicates structural_replicates(const Fit& structural, const Fit& spillover, const Replicates& of_spillover,
                                 const RunConfig& config, const Inputs& inputs, Parallelism parallelism,
                                 Eigen::MatrixXd* reduced) {
  const auto count = static_cast<long>(of_spillover.value.cols());
  if (count == 0 || !structural.resampled) return {};
  Replicates made =
      empty_replicates(static_cast<Eigen::Index>(structural.resampled->parameters().size()), count);
  const Eigen::Index clusters = clusters_by(inputs.pack.areas, config.bootstrap_cluster).count();
  if (reduced != nullptr)
    reduced->setConstant(structural_moments(*structural.resampled), count,
                         std::numeric_limits<double>::quiet_NaN());
  for_each_spread(spillover, of_spillover, clusters, config.seed, inputs.types.names, parallelism,
                  [&](std::ptrdiff_t first, const Eigen::MatrixXd& counts, const Eigen::MatrixXd& spread) {
                    ReplicateBlock block;
                    block.first = static_cast<long>(first);
                    block.count = static_cast<long>(counts.cols());
                    block.weight = counts.data();
                    block.clusters = clusters;
                    block.spread = &spread;
                    if (reduced == nullptr) {
                      structural.resampled->evaluate(block);
                    } else {
                      Eigen::MatrixXd of_block;
                      evaluate_structural(*structural.resampled, block, of_block);
                      reduced->middleCols(first, counts.cols()) = of_block;
                    }
                    made.value.middleCols(first, counts.cols()) = block.value;
                    std::copy(block.status.begin(), block.status.end(), made.status.begin() + first);
                  });
  return made;
}

StructuralStudy::StructuralStudy(std::vector<Wanted> wanted, const RunConfig& config, const Inputs& inputs)
    : wanted_(std::move(wanted)), seed_(config.seed) {
  if (!config.bootstrap_cluster.empty()) joint_ = clusters_by(inputs.pack.areas, config.bootstrap_cluster);
  std::vector<const ModelFits*> seen;
  for (const Wanted& one : wanted_) {
    const auto place = static_cast<std::size_t>(std::find(seen.begin(), seen.end(), one.cell) - seen.begin());
    cell_.push_back(place);
    if (place < seen.size()) continue;
    seen.push_back(one.cell);
    Cell cell;
    try {
      const auto& model = std::get<IvModel>(one.cell->config);
      const auto [endogenous, instruments] = headline_names(model);
      cell.data =
          structural_data(model, endogenous, instruments, inputs.pack, years_a_period(config, inputs.pack));
    } catch (const InputError& error) {
      cell.why_not = error.what();
    }
    cells_.push_back(std::move(cell));
  }
}

std::vector<StructuralDraws> StructuralStudy::draws(const Fit& spillover, const Replicates& of_spillover,
                                                    const Inputs& inputs, Parallelism parallelism) const {
  std::vector<StructuralDraws> made(wanted_.size());
  for (std::size_t k = 0; k < made.size(); ++k) {
    made[k].fit.estimate.model = wanted_[k].cell->name();
    made[k].fit.estimate.estimator = wanted_[k].estimator == "ols" ? "structural_ols" : "structural";
    made[k].why_not = cells_[cell_[k]].why_not;
  }
  // Each column's responses once, whichever cells read it.
  std::vector<StructuralTerms> terms(cells_.size());
  std::optional<SpreadExpansion> spread;
  try {
    spread.emplace(spread_of(spillover.estimate, inputs, parallelism));
    std::vector<std::pair<std::string, int>> column;
    std::vector<Eigen::VectorXd> values;
    const auto place = [&](const std::string& name, int order, const auto& value) {
      const std::pair<std::string, int> wanted{name, order};
      const auto at =
          static_cast<std::size_t>(std::find(column.begin(), column.end(), wanted) - column.begin());
      if (at == column.size()) {
        column.push_back(wanted);
        values.emplace_back(value);
      }
      return at;
    };
    std::vector<std::vector<std::size_t>> read(cells_.size());
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      const StructuralData& data = cells_[c].data;
      if (!cells_[c].why_not.empty()) continue;
      read[c].push_back(place(data.rows.endogenous_names.front(), kRegressorOrder, data.regressor));
      for (Eigen::Index j = 0; j < data.instruments.cols(); ++j)
        read[c].push_back(place(data.rows.instrument_names[static_cast<std::size_t>(j)], kInstrumentOrder,
                                data.instruments.col(j)));
    }
    Eigen::MatrixXd all(inputs.weights.areas(), static_cast<Eigen::Index>(values.size()));
    std::vector<int> order;
    for (std::size_t k = 0; k < values.size(); ++k) {
      all.col(static_cast<Eigen::Index>(k)) = values[k];
      order.push_back(column[k].second);
    }
    const std::vector<Eigen::MatrixXd> made_terms = spread->terms(all, order);
    for (std::size_t c = 0; c < cells_.size(); ++c) {
      if (read[c].empty()) continue;
      terms[c].regressor = made_terms[read[c].front()];
      for (std::size_t j = 1; j < read[c].size(); ++j) terms[c].instruments.push_back(made_terms[read[c][j]]);
    }
  } catch (const NumericalError& error) {
    for (StructuralDraws& one : made)
      if (one.why_not.empty()) one.why_not = error.what();
    return made;
  }
  // Forms with the same rows share cross-products.
  std::vector<bool> taken(wanted_.size(), false);
  for (std::size_t lead = 0; lead < wanted_.size() && joint_.count() > 1; ++lead) {
    if (taken[lead] || !made[lead].why_not.empty()) continue;
    std::vector<StructuralCell> together;
    std::vector<std::size_t> member;
    for (std::size_t k = lead; k < wanted_.size(); ++k) {
      const StructuralData& data = cells_[cell_[k]].data;
      if (taken[k] || !made[k].why_not.empty() || data.rows.area != cells_[cell_[lead]].data.rows.area)
        continue;
      taken[k] = true;
      member.push_back(k);
      together.push_back({&data, &terms[cell_[k]], wanted_[k].estimator == "ols"});
    }
    const std::vector<DrawnForm> forms = structural_forms(together, joint_, *spread, parallelism);
    const StructuralForms* all = nullptr;
    for (std::size_t f = 0; f < forms.size(); ++f) {
      StructuralDraws& one = made[member[f]];
      one.why_not = forms[f].why_not;
      if (!forms[f].resampled) continue;
      one.fit.resampled = forms[f].resampled;
      one.fit.estimate.names = forms[f].resampled->parameters();
      all = forms[f].resampled->together().get();
      if (of_spillover.value.cols() > 0) one.replicates = empty_replicates(1, of_spillover.value.cols());
    }
    if (all == nullptr || of_spillover.value.cols() == 0) continue;
    for_each_spread(spillover, of_spillover, joint_.count(), seed_, inputs.types.names, parallelism,
                    [&](std::ptrdiff_t first, const Eigen::MatrixXd& counts, const Eigen::MatrixXd& moves) {
                      Eigen::MatrixXd value;
                      Eigen::Matrix<std::uint8_t, Eigen::Dynamic, Eigen::Dynamic> status;
                      all->evaluate(counts.data(), moves, value, status);
                      for (std::size_t f = 0; f < forms.size(); ++f) {
                        if (!forms[f].resampled) continue;
                        const auto row = static_cast<Eigen::Index>(forms[f].resampled->form());
                        Replicates& into = made[member[f]].replicates;
                        into.value.middleCols(first, counts.cols()) = value.row(row);
                        for (Eigen::Index r = 0; r < counts.cols(); ++r)
                          into.status[static_cast<std::size_t>(first + r)] = status(row, r);
                      }
                    });
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
void add_spillover_tests(ModelFits& model, const std::optional<Ready>& ready, const RunConfig& config,
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
    data = ready ? ready->data
                 : structural_data(*iv, names.first, names.second, inputs.pack,
                                   years_a_period(config, inputs.pack));
    return fit_slx(data, *iv, context, inputs.weights);
  });
  if (!model.find("slx")) return;
  const auto tested = [](Fit fit) {  // no scenario draws from it
    fit.resampled = nullptr;
    return fit;
  };
  attempt("spatial_lag_iv", [&] { return tested(fit_spatial_lag_iv(data, *iv, context, inputs.weights)); });
  if (!model.find("structural") || !ready) return;
  attempt("structural_lag",
          [&] { return tested(fit_structural_lag(data, ready->terms, *iv, context, inputs.weights)); });
  const double b = model.find("structural")->estimate.coefficients(0);
  model.spillover_verdict = spillover_verdict(model.find("slx")->estimate,
                                              implied_theta(data, ready->terms, *iv, inputs.weights, b));
  model.verdicts.push_back(model.spillover_verdict);
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
  const StructuralTerms response{
      spread_of(spillover, inputs, parallelism).solve(Eigen::MatrixXd(data.regressor)), {}};
  return spillover_answer(slx->estimate, implied_theta(data, response, *iv, inputs.weights,
                                                       structural->estimate.coefficients(0)));
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
    std::optional<Ready> ready;
    try {
      ready = make_ready(model, spillover->estimate, config, inputs, parallelism);
      Fit fit = fit_ready(*ready, estimator, config, inputs, parallelism);
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
    add_spillover_tests(model, ready, config, inputs, parallelism);
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
