#include "engine/run/estimation.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <limits>
#include <set>

#include "engine/data/pack/coordinates.hpp"
#include "engine/draw/resample.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"
#include "engine/estimate/covariance/require_clusters.hpp"
#include "engine/estimate/iv/instrumental.hpp"
#include "engine/estimate/iv/iv_verdicts.hpp"
#include "engine/estimate/panel/refill.hpp"
#include "engine/estimate/spatial/spatial_autoregression.hpp"
#include "engine/run/growth_error.hpp"
#include "engine/run/leave_one_out.hpp"
#include "engine/run/structural_estimates.hpp"

namespace spillway {

namespace {

/// Standard deviation of a replicated coefficient by its interquartile range (2SLS may have no variance).
double robust_sd(const Eigen::MatrixXd& value, const std::vector<std::uint8_t>& status, Eigen::Index row) {
  std::vector<double> draws;
  for (Eigen::Index b = 0; b < value.cols(); ++b)
    if (status[static_cast<std::size_t>(b)] == 0) draws.push_back(value(row, b));
  if (draws.size() < 4) return std::numeric_limits<double>::quiet_NaN();
  std::sort(draws.begin(), draws.end());
  return (draws[draws.size() * 3 / 4] - draws[draws.size() / 4]) / 1.349;
}

/// Where the joint clusters differ from the model's own, say by how much the draws are wider or narrower than
/// the headline standard error, and warn above 1.25.
void compare_standard_errors(Fit& fit, const Replicates& replicates, const ModelCommon& model,
                             const std::string& joint) {
  if (replicates.value.size() == 0 || (model.covariance.by.size() == 1 && model.covariance.by[0] == joint))
    return;
  const std::string& name = fit.resampled->parameters().front();
  const Eigen::Index k = fit.estimate.find(name);
  const double drawn = robust_sd(replicates.value, replicates.status, 0),
               headline = fit.estimate.standard_error(k);
  if (std::isnan(headline)) return;  // a warning of the estimate says why
  const double ratio = std::max(drawn / headline, headline / drawn);
  const std::string sentence = fmt::format(
      "'{}': the joint draws (clusters by {}) have standard error {:.4g}, the headline ({} by {}) {:.4g}: "
      "ratio {:.2f}",
      name, joint, drawn, name_of(model.covariance.kind), fmt::join(model.covariance.by, " x "), headline,
      ratio);
  if (ratio > 1.25)
    fit.estimate.warnings.push_back(sentence + "; scenario bands and this interval differ in width");
  else
    fit.estimate.notes.push_back(sentence);
}

/// Romano-Wolf p of beta = 0 over the proxies, one family for each set of instruments: a diagnostic of every
/// cell's 2SLS and a sentence for each family. Weak instruments are not its business: the sentence says where
/// the Anderson-Rubin test is.
void adjust_over_proxies(ModelFits& model, const IvModel& iv, const RunConfig& config, const Inputs& inputs) {
  constexpr long most = 1999;
  const Eigen::Index clusters = clusters_by(inputs.pack.areas, config.bootstrap_cluster).count();
  constexpr Eigen::Index enough = 20;
  if (clusters < enough) {
    model.verdicts.push_back(
        fmt::format("Romano-Wolf over the proxies: not offered: {} clusters by {} (needs {}: pairs of fewer "
                    "reject too often)",
                    clusters, config.bootstrap_cluster, enough));
    return;
  }
  const Eigen::MatrixXd counts =
      cluster_counts(clusters, 0, std::min<long>(most, config.replicates), config.seed);
  for (const auto& instruments : iv.instrument_sets) {
    std::vector<std::size_t> place;
    std::vector<std::string> names;
    std::vector<Fit> family;
    for (const auto& proxy : iv.proxies)
      for (std::size_t k = 0; k < model.fits.size(); ++k)
        if (model.fits[k].estimate.estimator == "2sls" &&
            model.fits[k].estimate.cell == cell_name({proxy}, instruments) && model.fits[k].resampled) {
          place.push_back(k);
          names.push_back(proxy);
          family.push_back(model.fits[k]);
        }
    if (family.size() < 2) continue;
    const std::string of =
        fmt::format("Romano-Wolf over {} proxies ({})", family.size(), fmt::join(instruments, "+"));
    std::vector<double> p;
    try {
      p = romano_wolf(family, counts);
    } catch (const NumericalError& error) {
      model.verdicts.push_back(fmt::format("{}: not offered: {}", of, error.what()));
      continue;
    }
    std::vector<std::string> parts;
    double ar = std::numeric_limits<double>::quiet_NaN();
    for (std::size_t k = 0; k < place.size(); ++k) {
      Estimate& estimate = model.fits[place[k]].estimate;
      estimate.diagnostics.push_back({"romano_wolf", estimate.coefficients(0), p[k],
                                      fmt::format("p of beta = 0 adjusted over the {} proxies with these "
                                                  "instruments: Romano & Wolf (2005) step-down, {} pairs "
                                                  "replicates by {}; not robust to weak instruments",
                                                  family.size(), counts.cols(), config.bootstrap_cluster)});
      const auto* found = std::get_if<IvFindings>(&estimate.findings);
      if (found && found->anderson_rubin) ar = found->anderson_rubin->p;
      parts.push_back(fmt::format("{} p = {:.3g}", names[k], p[k]));
    }
    const long rejected = std::count_if(p.begin(), p.end(), [](double one) { return one < 0.05; });
    model.verdicts.push_back(
        fmt::format("{}: beta = 0 rejected for {} of {} at 5 % ({}); with weak instruments read the "
                    "Anderson-Rubin test{}, which is one test "
                    "for all proxies with the same instruments and needs no adjustment",
                    of, rejected, family.size(), fmt::join(parts, ", "),
                    std::isnan(ar) ? "" : fmt::format(" (p = {:.3g})", ar)));
  }
}

/// Names of the joint clusters: those of lad_name for lad_code, codes where the pack has none.
std::vector<std::string> cluster_names(const Table& areas, const Clusters& clusters) {
  std::vector<std::string> names = clusters.names;
  const std::string code = "_code";
  if (clusters.column.size() <= code.size() || !clusters.column.ends_with(code)) return names;
  const Column* named = areas.find(clusters.column.substr(0, clusters.column.size() - code.size()) + "_name");
  if (named == nullptr) return names;
  for (std::size_t i = areas.rows; i-- > 0;)
    if (const auto g = clusters.of_area[i]; g >= 0 && !named->text(i).empty())
      names[static_cast<std::size_t>(g)] = named->text(i);
  return names;
}

/// What each headline would be without each cluster.
void tell_influence_of_clusters(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                                Parallelism parallelism) {
  const Clusters clusters = clusters_by(inputs.pack.areas, config.bootstrap_cluster);
  if (clusters.count() > kMostLeftOut) return;
  const std::vector<std::string> names = cluster_names(inputs.pack.areas, clusters);
  for (ModelFits& model : models) {
    const Fit* headline = model.headline();
    for (Fit& fit : model.fits)
      if (&fit == headline && fit.resampled && !fit.resampled->needs_spread())
        tell_influence(fit, leave_one_out(fit, clusters.count(), parallelism), clusters.column, names);
  }
}

/// Whether a failed replicate of `fit` fails the draw: it drives a scenario or, in a run without any, it is a
/// headline.
bool drives_draws(const ModelFits& model, const Fit& fit, const RunConfig& config) {
  if (config.scenarios.empty()) return &fit == model.headline();
  const std::string name = fit.estimate.model + "/" + fit.estimate.estimator;
  for (const ScenarioConfig& scenario : config.scenarios)
    for (const auto& [role, estimate] : scenario.estimates) {
      if (scenario.estimate_runs.count(role)) continue;
      if (estimate == name) return true;
      if (role != "infrastructure" || estimate.substr(0, estimate.find('/')) != fit.estimate.model) continue;
      if (scenario.spread == "estimated" && fit.estimate.estimator == "slx") return true;
      const auto a = scenario.estimates.find("spillover");
      for (const StructuralOf& one : model.structural)
        if (scenario.spread == "propagated" && one.name == fit.estimate.estimator &&
            a != scenario.estimates.end() && one.spillover == a->second)
          return true;
    }
  return false;
}

/// Groups of clusters that may share shocks: those of a covariance of cells, else the pack's regions; none
/// where they are not coarser than the clusters or an area has none.
Clusters coarser_groups(const ModelCommon& model, const FitContext& context, const Table& areas) {
  if (model.covariance.kind == CovarianceKind::score_cells &&
      context.by.front().count() < context.joint.count())
    return context.by.front();
  const Column* region = areas.find("region_code");
  if (region == nullptr || region->kind != ColumnKind::text) return {};
  for (std::size_t row = 0; row < areas.rows; ++row)
    if (region->text(row).empty()) return {};
  Clusters groups = clusters_by(areas, "region_code");
  constexpr Eigen::Index fewest = 4;
  return groups.count() >= fewest && 2 * groups.count() <= context.joint.count() ? groups : Clusters{};
}

}  // namespace

FitContext fit_context(const ModelCommon& model, const RunConfig& config, const Inputs& inputs,
                       Parallelism parallelism) {
  FitContext context;
  if (!config.bootstrap_cluster.empty())
    context.joint = clusters_by(inputs.pack.areas, config.bootstrap_cluster);
  for (const auto& column : model.covariance.by) context.by.push_back(clusters_by(inputs.pack.areas, column));
  if (context.joint.count() > 0) context.groups = coarser_groups(model, context, inputs.pack.areas);
  const Table& areas = inputs.pack.areas;
  if (model.covariance.kind == CovarianceKind::conley && areas.find("easting") && areas.find("northing")) {
    const Coordinates at =
        coordinates_in_metres(areas, fmt::format("model '{}': covariance 'conley'", model.name),
                              1000.0 * model.covariance.cutoff_km);
    const auto n = static_cast<Eigen::Index>(areas.rows);
    context.easting = Eigen::Map<const Eigen::VectorXd>(at.easting.data(), n);
    context.northing = Eigen::Map<const Eigen::VectorXd>(at.northing.data(), n);
    const double across = std::hypot(context.easting.maxCoeff() - context.easting.minCoeff(),
                                     context.northing.maxCoeff() - context.northing.minCoeff());
    if (1000.0 * model.covariance.cutoff_km > across)
      throw InputError(fmt::format(
          "model '{}': covariance 'conley' reaches {:g} km, and all areas lie within {:.3g} km: no two areas "
          "would count as independent and the standard errors shrink towards 0 (choose a shorter cutoff_km, "
          "or "
          "state the coordinates' unit where it is not metres)",
          model.name, model.covariance.cutoff_km, across / 1000.0));
  }
  context.seed = config.seed;
  context.replicates = config.replicates;
  context.wild_weights = config.wild_weights;
  context.parallelism = parallelism;
  return context;
}

const StructuralOf* structural_of(const ModelFits& model, const std::string& estimator,
                                  const std::string& spillover) {
  for (const StructuralOf& one : model.structural)
    if (one.estimator == estimator && one.spillover == spillover) return &one;
  return nullptr;
}

const Fit* ModelFits::find(const std::string& estimator) const {
  const auto* iv = std::get_if<IvModel>(&config);
  const std::string cell = iv ? headline_cell(*iv) : "";
  for (const Fit& fit : fits)
    if (fit.estimate.estimator == estimator && (!iv || fit.estimate.cell == cell)) return &fit;
  return nullptr;
}

const Fit* ModelFits::headline() const {
  for (const auto& one : {common(config).headline, common(config).headline_fallback}) {
    if (!one) continue;
    const Fit* fit = find(name_of(*one));
    if (fit && !fit->estimate.refused) return fit;
  }
  return nullptr;
}

namespace {

void fit_one(const PanelModel& model, const RunConfig& config, const Inputs& inputs,
             const FitContext& context, ModelFits& result) {
  result.panel = panel_data(model, config, inputs.pack, inputs.weights);
  refill(*result.panel, model, inputs.pack, context);
  result.fits = fit_panel(*result.panel, model, context);
}

void fit_one(const SarModel& model, const RunConfig& config, const Inputs& inputs, const FitContext& context,
             ModelFits& result) {
  const SarData data = sar_data(model, config, inputs.pack, inputs.weights);
  // Without areas left out the model's W is the run's, and so is its log-determinant.
  const bool whole = data.areas() == inputs.weights.areas() && data.weights.matrix().nonZeros() > 0;
  result.fits = fit_spatial_autoregression(
      data, model, context, whole ? inputs.determinant->of(inputs.weights, context.parallelism) : nullptr);
}

struct Cell {
  std::vector<std::string> endogenous, instruments;
};

std::vector<Cell> cells_of(const IvModel& model) {
  if (model.proxies.empty()) return {{model.endogenous, model.instruments}};
  std::vector<Cell> cells;
  for (const auto& proxy : model.proxies)
    for (const auto& set : model.instrument_sets) cells.push_back({{proxy}, set});
  return cells;
}

/// Fits of a cell; failed ones, and the failure, where its numbers fail.
struct CellFits {
  std::vector<Fit> fits;
  std::exception_ptr failure;
};

CellFits fit_cell(const CrossSection& data, const IvModel& model, const FitContext& context) {
  CellFits made;
  try {
    made.fits = fit_instrumental(data, model, context);
  } catch (const NumericalError& error) {
    // One cell of a grid does not take the others with it.
    made.failure = std::current_exception();
    made.fits.clear();
    for (const Estimator one : model.estimators)
      made.fits.push_back(
          failed_fit(model.name, name_of(ModelKind::iv), name_of(one), model.outcome, error.what()));
  }
  return made;
}

void fit_one(const IvModel& model, const RunConfig&, const Inputs& inputs, const FitContext& context,
             ModelFits& result) {
  const std::vector<Cell> cells = cells_of(model);
  std::vector<CrossSection> data(cells.size());
  for_each_block(static_cast<std::ptrdiff_t>(cells.size()), 1, context.parallelism,
                 [&](std::ptrdiff_t k, std::ptrdiff_t) {
                   const Cell& cell = cells[static_cast<std::size_t>(k)];
                   data[static_cast<std::size_t>(k)] =
                       cross_section(model, cell.endogenous, cell.instruments, inputs.pack);
                 });
  // OLS of a proxy knows no instruments: one fit serves all of its cells that have the same rows.
  IvModel plain = model, rest = model;
  plain.estimators = {Estimator::ols};
  std::erase(rest.estimators, Estimator::ols);
  const bool apart = !rest.estimators.empty() && rest.estimators.size() < model.estimators.size();
  std::vector<std::size_t> lead(cells.size());
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const auto same = [&](std::size_t other) {
      return cells[other].endogenous == cells[k].endogenous && data[other].area == data[k].area &&
             data[other].notes == data[k].notes;
    };
    while (!same(lead[k])) ++lead[k];
  }
  const auto count = static_cast<std::ptrdiff_t>(cells.size());
  std::vector<CellFits> fits(cells.size()), of_proxy(cells.size());
  for_each_block(apart ? 2 * count : count, 1, context.parallelism, [&](std::ptrdiff_t task, std::ptrdiff_t) {
    const auto k = static_cast<std::size_t>(task % count);
    if (task < count) {
      fits[k] = fit_cell(data[k], apart ? rest : model, context);
    } else if (lead[k] == k) {
      CrossSection alone = data[k];
      alone.instruments.resize(Eigen::NoChange, 0);
      alone.instrument_names.clear();
      of_proxy[k] = fit_cell(alone, plain, context);
    }
  });
  for (std::size_t k = 0; apart && k < cells.size(); ++k) {
    const auto at = std::find(model.estimators.begin(), model.estimators.end(), Estimator::ols);
    const CellFits& ols = of_proxy[lead[k]];
    if (fits[k].failure || ols.failure)
      fits[k] = fit_cell(data[k], model, context);  // says of each estimator what fails
    else
      fits[k].fits.insert(fits[k].fits.begin() + (at - model.estimators.begin()), ols.fits.front());
  }
  if (std::all_of(fits.begin(), fits.end(), [](const CellFits& one) { return one.failure != nullptr; }))
    std::rethrow_exception(fits.front().failure);
  for (std::size_t k = 0; k < cells.size(); ++k)
    for (Fit& fit : fits[k].fits) {
      fit.estimate.cell = cell_name(cells[k].endogenous, cells[k].instruments);
      result.fits.push_back(std::move(fit));
    }
  result.verdicts = iv_verdicts(result.fits, model);
}

/// Rows of the pack's areas that a model uses, in any of its cells.
std::vector<int> cut_one(const PanelModel& model, const RunConfig& config, const Inputs& inputs) {
  return panel_data(model, config, inputs.pack, inputs.weights).area;
}
std::vector<int> cut_one(const SarModel& model, const RunConfig& config, const Inputs& inputs) {
  const SarData data = sar_data(model, config, inputs.pack, inputs.weights);
  require_links(data);
  return data.area;
}
std::vector<int> cut_one(const IvModel& model, const RunConfig&, const Inputs& inputs) {
  std::set<int> rows;
  for (const Cell& cell : cells_of(model)) {
    const CrossSection data = cross_section(model, cell.endogenous, cell.instruments, inputs.pack);
    rows.insert(data.area.begin(), data.area.end());
  }
  return {rows.begin(), rows.end()};
}

/// Areas that the model uses stand somewhere. @throws InputError  all that do not
void require_coordinates(const std::string& model, const FitContext& context, const Table& areas,
                         const std::vector<int>& rows) {
  std::vector<Fault> faults;
  for (const int row : rows)
    if (!std::isfinite(context.easting(row)) || !std::isfinite(context.northing(row)))
      faults.push_back({"", 0, "easting", "",
                        fmt::format("area '{}' has no easting or no northing, and model '{}': covariance "
                                    "'conley' needs both; give it some, or leave the area out",
                                    areas.at("area_code").text(static_cast<std::size_t>(row)), model)});
  if (!faults.empty()) throw InputError(std::move(faults));
}

/// Areas that the model uses are all in a cluster, and somewhere where standard errors go by distance; what
/// it leaves out need not be.
void require_clusters(const ModelConfig& model, const RunConfig& config, const Inputs& inputs,
                      const FitContext& context) {
  std::vector<const Clusters*> lacking;
  for (const Clusters& by : context.by) lacking.push_back(&by);
  lacking.push_back(&context.joint);
  std::erase_if(lacking, [](const Clusters* one) {
    return std::find(one->of_area.begin(), one->of_area.end(), -1) == one->of_area.end();
  });
  const bool nowhere =
      context.easting.size() > 0 && !(context.easting.allFinite() && context.northing.allFinite());
  if (lacking.empty() && !nowhere) return;
  const std::vector<int> rows =
      std::visit([&](const auto& one) { return cut_one(one, config, inputs); }, model);
  if (nowhere) require_coordinates(common(model).name, context, inputs.pack.areas, rows);
  for (const Clusters* one : lacking) require_clusters(*one, inputs.pack.areas, rows);
}

}  // namespace

void cut_data(const ModelConfig& model, const RunConfig& config, const Inputs& inputs) {
  const FitContext context = fit_context(common(model), config, inputs, {1});
  std::visit([&](const auto& one) { cut_one(one, config, inputs); }, model);
  require_clusters(model, config, inputs, context);
}

ModelFits fit_model(const ModelConfig& model, const RunConfig& config, const Inputs& inputs,
                    Parallelism parallelism) {
  ModelFits result;
  result.config = model;
  const FitContext context = fit_context(common(model), config, inputs, parallelism);
  require_clusters(model, config, inputs, context);
  std::visit([&](const auto& one) { fit_one(one, config, inputs, context, result); }, model);
  return result;
}

DrawSet replicate(std::vector<ModelFits>& models, const RunConfig& config, const Inputs& inputs,
                  Parallelism parallelism, const UnitWork& work) {
  DrawSet draws;
  add_structural(models, config, inputs, parallelism);
  for (ModelFits& model : models) model.replicates.assign(model.fits.size(), Replicates{});
  if (!config.bootstrap_cluster.empty()) {
    std::vector<const Fit*> fits;
    std::vector<std::pair<std::size_t, std::size_t>> place;
    for (std::size_t m = 0; m < models.size(); ++m)
      for (std::size_t k = 0; k < models[m].fits.size(); ++k) {
        const Fit& fit = models[m].fits[k];
        const bool wanted =
            kind_of(models[m].config) != ModelKind::iv || &fit == models[m].find(fit.estimate.estimator);
        if (!fit.resampled || fit.resampled->needs_spread() || !wanted) continue;
        fits.push_back(&fit);
        place.emplace_back(m, k);
      }
    BootstrapPlan plan;
    plan.clusters = clusters_by(inputs.pack.areas, config.bootstrap_cluster).count();
    plan.replicates = config.replicates;
    plan.seed = config.seed;
    plan.parallelism = parallelism;
    auto replicates = work.kept || work.ranks->size() > 1 ? bootstrap_in_units(fits, plan, work)
                                                          : joint_bootstrap(fits, plan);
    for (std::size_t k = 0; k < fits.size(); ++k)
      models[place[k].first].replicates[place[k].second] = std::move(replicates[k]);
  }
  for (ModelFits& model : models)
    if (const auto* panel = std::get_if<PanelModel>(&model.config); panel && model.panel)
      conclude_panel(model.fits, *model.panel, *panel, fit_context(*panel, config, inputs, parallelism),
                     model.replicates);
  if (!config.bootstrap_cluster.empty()) replicate_structural(models, config, inputs, parallelism);
  for (ModelFits& model : models)  // conclude_panel says the same of panels
    for (std::size_t k = 0; !model.panel && k < model.fits.size(); ++k)
      compare_standard_errors(model.fits[k], model.replicates[k], common(model.config),
                              config.bootstrap_cluster);
  for (ModelFits& model : models)
    if (const auto* iv = std::get_if<IvModel>(&model.config);
        iv && !config.bootstrap_cluster.empty() && iv->proxies.size() > 1)
      adjust_over_proxies(model, *iv, config, inputs);
  if (!config.bootstrap_cluster.empty()) tell_influence_of_clusters(models, config, inputs, parallelism);
  std::vector<const Fit*> kept;
  std::vector<const Replicates*> kept_replicates;
  std::vector<bool> decides;
  for (const ModelFits& model : models)
    for (std::size_t k = 0; k < model.fits.size(); ++k)
      if (model.replicates[k].value.size() > 0) {
        kept.push_back(&model.fits[k]);
        kept_replicates.push_back(&model.replicates[k]);
        decides.push_back(drives_draws(model, model.fits[k], config));
      }
  if (!kept.empty()) draws = draw_set(kept, kept_replicates, decides);
  return draws;
}

Eigen::VectorXd counterfactual_growth(const RunConfig& config, const Inputs& inputs,
                                      const std::string& outcome, std::string& line) {
  const auto n = static_cast<Eigen::Index>(inputs.pack.areas.rows);
  if (config.counterfactual_growth != "shrunk_mean") {
    const auto& values = inputs.pack.areas.numbers(config.counterfactual_growth);
    for (Eigen::Index i = 0; i < n; ++i)
      if (!std::isfinite(values[static_cast<std::size_t>(i)]))
        throw InputError(
            fmt::format("counterfactual column '{}' has no value for area '{}' (every area needs one)",
                        config.counterfactual_growth,
                        inputs.pack.areas.at("area_code").text(static_cast<std::size_t>(i))));
    line = fmt::format("counterfactual growth: column '{}' of the pack, held constant",
                       config.counterfactual_growth);
    return Eigen::Map<const Eigen::VectorXd>(values.data(), n);
  }
  const ShrunkMeans means = shrunk_means(inputs.pack, inputs.types.of_row, outcome);
  line = fmt::format(
      "counterfactual growth: each area's mean of '{}' over {:.0f} areas' periods, shrunk towards its "
      "type-by-region mean "
      "({:.0f} % of its own deviation kept), held constant; mean {:.4g} a period",
      outcome, means.areas, 100.0 * means.kept, means.growth.mean());
  return means.growth;
}

}  // namespace spillway
