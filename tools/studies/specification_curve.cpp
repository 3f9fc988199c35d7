#include "tools/studies/specification_curve.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <optional>
#include <set>

#include "engine/base/statistics.hpp"
#include "engine/base/stop.hpp"
#include "engine/base/streams.hpp"
#include "engine/data/pack/coordinates.hpp"
#include "engine/estimate/words.hpp"
#include "engine/outcome/aggregate_block.hpp"
#include "engine/outcome/aggregate_polynomial.hpp"
#include "engine/run/aim.hpp"
#include "engine/run/packer.hpp"
#include "engine/run/structural_estimates.hpp"
#include "scenarios/appraisal.hpp"
#include "scenarios/lever.hpp"
#include "scenarios/rulebook.hpp"
#include "scenarios/spread.hpp"
#include "tools/studies/appraise.hpp"
#include "tools/studies/chosen.hpp"
#include "tools/studies/estimate_table.hpp"
#include "tools/studies/policy.hpp"

namespace spillway::studies {

namespace {

constexpr double nothing = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kInterrupted = "interrupted within the specification curve";
constexpr long kFewestDraws = 39;  // a 5 % quantile from fewer is an extreme

enum Axis {
  weights_axis,
  estimator_axis,
  own_lag_axis,
  proxy_axis,
  instruments_axis,
  iv_estimator_axis,
  horizon_axis,
  rulebook_axis
};

HeadlineValue headline_value(std::vector<double> draws, double better) {
  HeadlineValue value{nothing, nothing, nothing, nothing};
  if (draws.empty()) return value;
  const auto good = std::count_if(draws.begin(), draws.end(), [&](double x) { return better * x > 0.0; });
  value.better = static_cast<double>(good) / static_cast<double>(draws.size());
  value.p5 = quantile_in_place(draws, 0.05);
  value.p50 = quantile_in_place(draws, 0.50);
  value.p95 = quantile_in_place(draws, 0.95);
  return value;
}

/// The replicates that succeeded, alone. A row is shown from those there are, however many failed: what it is
/// worth the decision beside it says.
DrawSet of_success(const DrawSet& all) {
  const std::vector<int> good =
      all.successful(static_cast<int>(std::count(all.status.begin(), all.status.end(), 0)));
  return {all.parameter, all.value(Eigen::all, good), std::vector<std::uint8_t>(good.size(), 0)};
}

/// One way to make W: what the user reads, and the configuration that makes it.
struct WeightsChoice {
  std::string label;
  RunConfig config;
};

/// The median distance to the 12th nearest area over every 150th area, km, rounded up to half a kilometre.
double usual_reach_km(const DataPack& pack) {
  const Coordinates at = coordinates_in_metres(pack.areas, "speccurve");
  const auto &x = at.easting, &y = at.northing;
  const std::size_t step = std::max<std::size_t>(1, x.size() / 150),
                    rank = std::min<std::size_t>(12, x.size() - 1);
  std::vector<double> reach, distance(x.size());
  for (std::size_t i = 0; i < x.size(); i += step) {
    for (std::size_t j = 0; j < x.size(); ++j) distance[j] = std::hypot(x[i] - x[j], y[i] - y[j]);
    std::nth_element(distance.begin(), distance.begin() + static_cast<std::ptrdiff_t>(rank), distance.end());
    reach.push_back(distance[rank]);
  }
  std::sort(reach.begin(), reach.end());
  return std::ceil(reach[reach.size() / 2] / 500.0) / 2.0;
}

/// "contiguity", "knn:6", "configured", each also with ":size=COLUMN": neighbours count by it. Without, all
/// count alike, but for "configured", which is the run's own.
WeightsChoice weights_choice(const RunConfig& config, const std::string& all) {
  WeightsChoice choice{all, config};
  const std::string by = ":size=";
  const auto sized = all.find(by);
  const std::string text = all.substr(0, sized);
  if (sized != std::string::npos) {
    choice.config.weights_size = all.substr(sized + by.size());
    if (choice.config.weights_size.empty())
      throw InputError(fmt::format(
          "--weights '{}' names no column of sizes: write, for example, {}:size=population", all, text));
  } else if (text != "configured") {
    choice.config.weights_size.clear();
  }
  if (text == "configured") {
    choice.label =
        config.weights_kind == "knn"                ? fmt::format("knn:{}", config.knn)
        : config.weights_kind == "inverse_distance" ? fmt::format("inverse_distance:{:g}", config.cutoff_km)
        : config.weights_kind == "distance_band"    ? fmt::format("distance_band:{:g}", config.cutoff_km)
                                                    : config.weights_kind;
    if (!choice.config.weights_size.empty()) choice.label += by + choice.config.weights_size;
    return choice;
  }
  const auto colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  double number = nothing;
  if (colon != std::string::npos) {
    char* end = nullptr;
    const std::string rest = text.substr(colon + 1);
    number = std::strtod(rest.c_str(), &end);
    if (rest.empty() || *end != '\0' || !(number > 0.0))
      throw InputError(fmt::format("--weights '{}': '{}' is no number above 0", text, rest));
  }
  const std::vector<std::string> kinds = {"contiguity", "knn", "inverse_distance", "distance_band", "flows"};
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    const std::string near = nearest_word(kind, kinds);
    throw InputError(
        fmt::format("--weights '{}' is unknown{} (known: contiguity, knn:K, inverse_distance:KM, "
                    "distance_band:KM, flows)",
                    text, near.empty() ? "" : fmt::format(", did you mean '{}'?", near)));
  }
  const bool distance = kind == "inverse_distance" || kind == "distance_band";
  if ((distance || kind == "knn") != std::isfinite(number))
    throw InputError(distance || kind == "knn"
                         ? fmt::format("--weights '{0}' needs its {1}: {0}:{2}", kind,
                                       distance ? "reach in km" : "number of neighbours",
                                       distance ? "5" : "6")
                         : fmt::format("--weights '{}': {} takes no number", text, kind));
  choice.config.weights_kind = kind;
  choice.config.row_standardise = true;
  if (kind == "knn") choice.config.knn = static_cast<int>(number);
  if (distance) {
    choice.config.cutoff_km = number;
    if (config.islands == "keep-zero")
      choice.config.islands =
          "attach-nearest";  // a reach that suits towns leaves the country without neighbours
  }
  return choice;
}

std::vector<WeightsChoice> weights_choices(const RunConfig& config, const DataPack& pack,
                                           const CurveOptions& options) {
  std::vector<std::string> wanted = options.weights;
  if (wanted.empty()) {
    wanted = {"configured"};
    if (!pack.edges.empty()) wanted.push_back("contiguity");
    if (pack.areas.find("easting") && pack.areas.find("northing")) {
      try {
        const std::string inverse = fmt::format("inverse_distance:{:g}", usual_reach_km(pack));
        wanted.push_back("knn:6");
        wanted.push_back(inverse);
      } catch (const InputError&) {  // coordinates that are no metres: weights by distance are not among the
                                     // choices
      }
    }
  }
  std::vector<WeightsChoice> choices;
  for (const std::string& text : wanted) {
    WeightsChoice choice = weights_choice(config, text);
    const bool known = std::any_of(choices.begin(), choices.end(),
                                   [&](const WeightsChoice& other) { return other.label == choice.label; });
    if (!known) choices.push_back(std::move(choice));
  }
  return choices;
}

/// Draws of an estimate that offers no replicates, from its normal approximation: N(estimate, covariance).
class NormalDraws : public Resampled {
 public:
  explicit NormalDraws(const Estimate& estimate) : names_(estimate.names) {}
  const std::vector<std::string>& parameters() const override { return names_; }
  void evaluate(ReplicateBlock&) const override {
  }  // joint_bootstrap() never sees it: draws are made once, below

  /// Draw b depends on (seed, b) alone. Explosive ones have status 3, as in the bootstrap.
  static Replicates draws(const Estimate& estimate, long count, std::uint64_t seed) {
    const Eigen::LLT<Eigen::MatrixXd> root(estimate.covariance);
    const Eigen::Index size = estimate.coefficients.size(), previous = estimate.find("previous");
    Replicates made{
        Eigen::MatrixXd(size, count), {}, std::vector<std::uint8_t>(static_cast<std::size_t>(count), 0)};
    for (long b = 0; b < count; ++b) {
      Stream stream(seed, Purpose::sensitivity_design, static_cast<std::uint64_t>(b), 0x20000);
      Eigen::VectorXd z(size);
      for (Eigen::Index k = 0; k < size; ++k) z[k] = stream.normal();
      made.value.col(b) = estimate.coefficients + root.matrixL() * z;
      double lag = 0.0;
      for (Eigen::Index k = 0; k < size; ++k)
        if (estimate.names[static_cast<std::size_t>(k)].rfind("lag", 0) == 0)
          lag = std::max(lag, std::abs(made.value(k, b)));
      if (lag + (previous >= 0 ? std::abs(made.value(previous, b)) : 0.0) >= 1.0)
        made.status[static_cast<std::size_t>(b)] = 3;
    }
    return made;
  }

 private:
  std::vector<std::string> names_;
};

/// The model that plays a role in the scenario, and which of its estimators the run itself would take.
struct Role {
  const ModelConfig* model = nullptr;  ///< null: none
  std::string estimator;
};

Role role_of(const std::string& role, const ScenarioConfig& scenario, const RunConfig& config) {
  if (scenario.estimate_runs.count(role))
    throw InputError(
        fmt::format("scenario '{}' takes its {} estimate from another run, where only one specification is "
                    "kept (name an estimate of "
                    "this configuration in [scenario.estimates])",
                    scenario.name, role));
  const ModelKind kind = role == "spillover" ? ModelKind::spatial_lag_panel : ModelKind::iv;
  const auto named = scenario.estimates.find(role);
  for (const ModelConfig& model : config.models) {
    if (kind_of(model) != kind) continue;
    const auto& headline = common(model).headline;
    if (named == scenario.estimates.end()) return {&model, headline ? name_of(*headline) : ""};
    const auto slash = named->second.find('/');
    if (named->second.substr(0, slash) == common(model).name)
      return {&model, named->second.substr(slash + 1)};
  }
  return {};
}

/// A fit with its replicates, as a row or column of the grid.
struct Alternative {
  const ModelFits* model = nullptr;
  std::size_t fit = 0;
  std::string weights, own_lag;    ///< of a panel
  std::string proxy, instruments;  ///< of a cell
  std::size_t inputs = 0;          ///< which W
  enum class Is { alternative, configured } is = Is::alternative;

  const Fit& what() const { return model->fits[fit]; }
  const Estimate& estimate() const { return what().estimate; }
};

/// Serial correlation of the residuals, where it was tested.
std::optional<Test> serial_correlation(const Estimate& estimate) {
  const auto* found = std::get_if<PanelFindings>(&estimate.findings);
  return found ? found->r1 : std::nullopt;
}

bool has_own_lag(const Estimate& estimate) { return estimate.find("previous") >= 0; }

/// What the decision table says of one estimate.
void judge(const Estimate& estimate, Specification& row) {
  const auto say = [&](Standing standing, std::string reason) {
    row.standing = std::max(row.standing, standing);
    row.reasons.push_back(fmt::format("{}: {}", estimate.estimator, reason));
  };
  const Estimator estimator = *named<Estimator>(estimate.estimator);
  if (const Reason* why = estimate.decision.refusal()) say(Standing::refused, sentence(*why, estimator));
  if (const auto* iv = std::get_if<IvFindings>(&estimate.findings)) {
    if (iv->weak())
      say(Standing::caution,
          iv->effective_f && iv->effective_f_critical
              ? fmt::format("weak instruments (effective F {:.3g}, critical value {:.3g})", *iv->effective_f,
                            *iv->effective_f_critical)
          : iv->kleibergen_paap_f
              ? fmt::format("weak instruments (Kleibergen-Paap F {:.3g}, below 10)", *iv->kleibergen_paap_f)
              : std::string("the instruments' strength could not be computed"));
    return;
  }
  if (estimator == Estimator::ols) {
    say(Standing::shown, "no instruments: areas with more social infrastructure differ otherwise too");
    return;
  }
  if (row_of(estimator).use == Use::biased)
    say(Standing::shown, "biased in short panels, shown and decides nothing (docs/methods/method.md)");
  if (row_of(estimator).use == Use::shown)
    say(Standing::shown, "shown and decides nothing (docs/methods/method.md)");
  const auto r1 = serial_correlation(estimate);
  if (!r1 || !(r1->p < 0.05)) return;
  if (!has_own_lag(estimate))
    say(Standing::refused,
        fmt::format("no own lag and serially correlated residuals (r1 p = {:.2g}): rho is invalid", r1->p));
  else
    say(Standing::caution,
        fmt::format("serially correlated residuals (r1 p = {:.2g}): rho may be off by 0.03", r1->p));
}

/// The first `periods` of a series of every period.
AggregateSeries first_periods(const AggregateSeries& series, int periods) {
  AggregateSeries part = series;
  part.periods = periods;
  const long draws = static_cast<long>(series.value.size()) / (series.periods * series.groups);
  part.value.resize(static_cast<std::size_t>(draws * periods * series.groups));
  for (long d = 0; d < draws; ++d)
    std::copy_n(series.value.begin() + d * series.periods * series.groups, periods * series.groups,
                part.value.begin() + d * periods * series.groups);
  return part;
}

/// Builds the curve of one scenario.
void pack_row(Packer& pack, const Specification& row) {
  const auto& [choice, is, standing, reasons, draws, rho, phi, beta, value, distance] = row;
  for (const auto* texts : {&choice, &reasons}) {
    pack.count(texts->size());
    for (const std::string& text : *texts) pack.text(text);
  }
  pack.count(static_cast<std::size_t>(is));
  pack.count(static_cast<std::size_t>(standing));
  pack.count(static_cast<std::size_t>(draws));
  for (const double number : {rho, phi, beta}) pack.number(number);
  pack.count(value.size());
  pack.array(value.data(), value.size());
  pack.count(distance.size());
  for (const auto& one : distance) {
    pack.count(one.size());
    pack.array(one.data(), one.size());
  }
}

Specification unpack_row(Unpacker& unpack) {
  Specification row;
  for (auto* texts : {&row.choice, &row.reasons}) {
    texts->resize(unpack.count());
    for (std::string& text : *texts) text = unpack.text();
  }
  row.is = static_cast<Specification::Is>(unpack.count());
  row.standing = static_cast<Standing>(unpack.count());
  row.draws = static_cast<long>(unpack.count());
  for (double* number : {&row.rho, &row.phi, &row.beta}) *number = unpack.number();
  row.value.resize(unpack.count());
  unpack.array(row.value.data(), row.value.size());
  row.distance.resize(unpack.count());
  for (auto& one : row.distance) {
    one.resize(unpack.count());
    unpack.array(one.data(), one.size());
  }
  return row;
}

/// The rows of every cell, cell k being of rank k modulo their number, to every rank. Collective.
void share_rows(std::vector<std::vector<Specification>>& rows, Ranks& ranks) {
  if (ranks.size() == 1) return;
  const auto size = static_cast<std::size_t>(ranks.size());
  Packer pack;
  for (std::size_t k = static_cast<std::size_t>(ranks.rank()); k < rows.size(); k += size) {
    pack.count(rows[k].size());
    for (const Specification& row : rows[k]) pack_row(pack, row);
  }
  const auto all = ranks.all_gather(pack.bytes);
  for (std::size_t rank = 0; rank < size; ++rank) {
    Unpacker unpack(all[rank]);
    for (std::size_t k = rank; k < rows.size(); k += size) {
      rows[k].resize(unpack.count());
      for (Specification& row : rows[k]) row = unpack_row(unpack);
    }
  }
}

class CurveBuilder {
 public:
  CurveBuilder(Session& session, const ScenarioConfig& scenario, const CurveOptions& options)
      : session_(session),
        scenario_(scenario),
        config_(session.config()),
        hooks_(session.hooks()),
        options_(options),
        workers_(session.workers()) {
    config_.groupings = {"nation", "area_type"};
    config_.area_outcomes = {"uplift"};
    config_.quantiles = {0.5};
    config_.keep_draws_of.clear();
  }

  SpecificationCurve build() {
    spillover_ = role_of("spillover", scenario_, config_);
    infrastructure_ = role_of("infrastructure", scenario_, config_);
    if (!spillover_.model)
      throw InputError(fmt::format(
          "scenario '{}' needs a model of kind 'spatial_lag_panel', and the configuration has none",
          scenario_.name));
    set_horizons();
    set_rulebooks();
    {
      const StopScope stop(told_to_stop(), kInterrupted);
      stage("data", [&] { make_inputs_of_weights(); });
      stage("models", [&] { fit(); });
    }
    stage("draws", [&] {
      replicate(models_, config_, inputs_.front(), workers_,
                session_.units(scenario_.name, inputs_.front().pack.inputs));
      add_normal_draws();
    });
    const StopScope stop(told_to_stop(), kInterrupted);
    stage("scenario", [&] { scenario_rows(); });
    return std::move(curve_);
  }

 private:
  /// Several ranks must stop at the same place: between stages, where they ask each other.
  std::function<bool()> told_to_stop() const {
    return hooks_.ranks->size() == 1 ? hooks_.interrupted : nullptr;
  }

  template <typename Body>
  void stage(const std::string& name, Body body) {
    session_.stage(fmt::format("specification curve {}: {}", scenario_.name, name), body);
  }

  void set_horizons() {
    horizons_ = options_.horizons;
    if (horizons_.empty()) horizons_ = {(config_.horizon + 1) / 2, config_.horizon};
    for (const int h : horizons_)
      if (h < 1 || h > 200)
        throw InputError(fmt::format("--horizons has {} (needs periods from 1 to 200)", h));
    std::sort(horizons_.begin(), horizons_.end());
    horizons_.erase(std::unique(horizons_.begin(), horizons_.end()), horizons_.end());
    configured_horizon_ = config_.horizon;
    config_.horizon = horizons_.back();
  }

  void set_rulebooks() {
    rulebooks_ = options_.rulebooks;
    if (rulebooks_.empty())
      for (const auto& book : scenarios::rulebooks()) rulebooks_.push_back(book.name);
    for (const auto& name : rulebooks_) scenarios::rulebook(name);
  }

  void make_inputs_of_weights() {
    const DataPack pack = load_pack(config_);
    curve_.inputs = pack.inputs;
    curve_.truth = pack.truth;
    choices_ = weights_choices(config_, pack, options_);
    for (const WeightsChoice& choice : choices_) inputs_.push_back(make_inputs(choice.config, pack));
    for (std::size_t w = 0; w < choices_.size(); ++w)
      curve_.notes.push_back(
          fmt::format("weights {}: {}", choices_[w].label, describe(inputs_[w].weights, inputs_[w].pack)));
  }

  void fit() {
    // Panels: every W, with and without the own lag. Names that no configuration can have keep them apart.
    struct Wanted {
      ModelConfig model;
      std::size_t inputs;
      std::string weights, own_lag;
    };
    std::vector<Wanted> wanted;
    for (std::size_t w = 0; w < choices_.size(); ++w)
      for (const bool own_lag : {true, false}) {
        PanelModel model = std::get<PanelModel>(*spillover_.model);
        model.own_lag = own_lag;
        model.name += fmt::format("@{}", wanted.size());
        wanted.push_back({std::move(model), w, choices_[w].label, own_lag ? "in" : "out"});
      }
    const std::size_t panels = wanted.size();
    models_.resize(panels);
    for (std::size_t m = 0; m < panels; ++m)
      models_[m] =
          fit_model(wanted[m].model, choices_[wanted[m].inputs].config, inputs_[wanted[m].inputs], workers_);
    if (infrastructure_.model) add_cells();
    for (std::size_t m = 0; m < panels; ++m)
      for (std::size_t k = 0; k < models_[m].fits.size(); ++k) {
        const Estimate& estimate = models_[m].fits[k].estimate;
        // as_published has no own lag whatever the model says: once is enough.
        const bool published = estimate.estimator == "as_published";
        if (published && wanted[m].own_lag == "in") continue;
        Alternative one{nullptr, k,  wanted[m].weights, wanted[m].own_lag,
                        "",      "", wanted[m].inputs,  Alternative::Is::alternative};
        const bool same_lag =
            published || (wanted[m].own_lag == "in") == std::get<PanelModel>(*spillover_.model).own_lag;
        if (wanted[m].inputs == own_weights() && same_lag && estimate.estimator == spillover_.estimator)
          one.is = Alternative::Is::configured;
        panel_.push_back(one);
        panel_model_.push_back(m);
      }
    for (std::size_t k = 0; k < panel_.size(); ++k) panel_[k].model = &models_[panel_model_[k]];
    for (std::size_t k = 0; k < cells_.size(); ++k) cells_[k].model = &models_[cell_model_[k]];
    curve_.panel_fits = static_cast<long>(panel_.size());
    curve_.infrastructure_fits = static_cast<long>(cells_.size());
  }

  void add_normal_draws() {
    for (ModelFits& model : models_)
      for (std::size_t k = 0; k < model.fits.size(); ++k) {
        Fit& fit = model.fits[k];
        if (kind_of(model.config) != ModelKind::spatial_lag_panel || fit.resampled ||
            fit.estimate.coefficients.size() == 0 || !fit.estimate.coefficients.allFinite() ||
            !fit.estimate.covariance.allFinite())
          continue;
        fit.resampled = std::make_shared<NormalDraws>(fit.estimate);
        model.replicates[k] = NormalDraws::draws(fit.estimate, config_.replicates, config_.seed);
        approximated_.insert(fit.estimate.estimator);
      }
    for (const std::string& estimator : approximated_)
      curve_.notes.push_back(
          fmt::format("{} offers no replicates: its draws are from its normal approximation, independent of "
                      "the infrastructure estimate",
                      estimator));
  }

  /// The place of the configuration's own W among the choices, or none of them.
  std::size_t own_weights() const {
    const std::string own = weights_choice(config_, "configured").label;
    for (std::size_t w = 0; w < choices_.size(); ++w)
      if (choices_[w].label == own) return w;
    return choices_.size();
  }

  /// Each cell of model B becomes a model of its own, so that every cell is replicated.
  void add_cells() {
    ModelFits all = fit_model(*infrastructure_.model, config_, inputs_.front(), workers_);
    const IvModel& model = std::get<IvModel>(*infrastructure_.model);
    std::map<std::string, std::size_t> place;
    for (Fit& one : all.fits) {
      const auto [found, first] = place.try_emplace(one.estimate.cell, models_.size());
      if (first) {
        models_.emplace_back();
        IvModel cell = model;
        cell.name += fmt::format("@{}", models_.size());
        cell.headline_cell = one.estimate.cell;
        models_.back().config = std::move(cell);
      }
      one.estimate.model = models_[found->second].name();
      models_[found->second].fits.push_back(std::move(one));
    }
    const std::string own = headline_cell(model);
    for (const auto& [cell, m] : place)
      for (std::size_t k = 0; k < models_[m].fits.size(); ++k) {
        if (!models_[m].fits[k].resampled) continue;
        const auto colon = cell.find(':');
        Alternative one{nullptr,
                        k,
                        "",
                        "",
                        cell.substr(0, colon),
                        cell.substr(colon + 1),
                        0,
                        Alternative::Is::alternative};
        if (cell == own && models_[m].fits[k].estimate.estimator == infrastructure_.estimator)
          one.is = Alternative::Is::configured;
        cells_.push_back(one);
        cell_model_.push_back(m);
      }
  }

  /// Draws of one pair of estimates: those of the replicates in which neither failed.
  struct Pair {
    ScenarioConfig scenario;
    RunConfig config;
    LeverContext context;
    Policy policy;
  };
  /// @param form  the structural form of the pair; null where the scenario does not ask for one
  void prepare(const Alternative& panel, const Alternative* cell, const StructuralDraws* form, Pair& pair,
               double beta_factor = 1.0) const {
    pair.scenario = scenario_;
    pair.config = config_;
    std::vector<const Fit*> fits = {&panel.what()};
    std::vector<const Replicates*> replicates = {&panel.model->replicates[panel.fit]};
    pair.scenario.estimates["spillover"] = panel.estimate().model + "/" + panel.estimate().estimator;
    if (cell) {
      fits.push_back(&cell->what());
      replicates.push_back(&cell->model->replicates[cell->fit]);
      pair.scenario.estimates["infrastructure"] = cell->estimate().model + "/" + cell->estimate().estimator;
    }
    const bool structural = form != nullptr && form->why_not.empty();
    if (structural) {
      fits.push_back(&form->fit);
      replicates.push_back(&form->replicates);
    }
    const DrawSet all = draw_set(fits, replicates, std::vector<bool>(fits.size(), true));
    const DrawSet draws = of_success(all);
    const auto good = static_cast<int>(draws.status.size());
    if (good < kFewestDraws)
      throw InputError(fmt::format("{} of {} replicates succeeded (fewer than {})", good, all.status.size(),
                                   kFewestDraws));
    pair.config.draws = std::min(config_.draws, good);
    std::vector<ModelFits> models;  // only what lever_context() looks up
    for (const Alternative* one : {&panel, cell})
      if (one) {
        models.emplace_back();
        models.back().config = one->model->config;
        models.back().fits = one->model->fits;
      }
    if (form != nullptr)
      models.back().structural = {{structural ? form->fit.estimate.estimator : "",
                                   cell->estimate().estimator == "ols" ? "ols" : "2sls",
                                   pair.scenario.estimates["spillover"], form->why_not}};
    pair.context = lever_context(pair.scenario, pair.config, inputs_[panel.inputs], models, draws);
    pair.context.beta *= beta_factor;
    Parameters parameters = parameters_;
    parameters.value = parameters_.value.topRows(pair.context.draws);
    pair.policy = prepare_at(pair.scenario, pair.context, parameters);
    finish_policy(pair.policy, pair.context, config_);
  }

  /// Structural forms of every cell with A of one panel; none where the scenario asks for none.
  std::vector<StructuralDraws> forms_of(const Alternative& panel) const {
    if (!structural_ || panel.model->replicates[panel.fit].value.size() == 0) return {};
    return structural_->draws(panel.what(), panel.model->replicates[panel.fit], inputs_[panel.inputs],
                              workers_);
  }

  const StructuralDraws* form_of(const std::vector<StructuralDraws>& forms, const Alternative* cell) const {
    if (forms.empty() || !cell) return nullptr;
    const std::size_t place = formed_[static_cast<std::size_t>(cell - cells_.data())];
    return place < forms.size() ? &forms[place] : &stand_in_[static_cast<std::size_t>(cell - cells_.data())];
  }

  /// Cells that the lever takes with the centre's estimate have structural forms. Those that it refuses
  /// (their units, say) have their plain draws stand in: what is refused needs no form, and rows_of() makes
  /// the form of one that another estimate has the lever take.
  void choose_formed_cells(const Alternative& centre) {
    if (!structural_wanted() || centre.model->replicates[centre.fit].value.size() == 0) return;
    std::vector<StructuralStudy::Wanted> wanted;
    for (const Alternative& cell : cells_) {
      StructuralDraws plain{cell.what(), cell.model->replicates[cell.fit], ""};
      plain.fit.estimate.estimator = "structural";
      stand_in_.push_back(std::move(plain));
      formed_.push_back(wanted.size());
      try {
        Pair pair;
        prepare(centre, &cell, &stand_in_.back(), pair);
      } catch (const InputError&) {
        formed_.back() = cells_.size();
        continue;
      } catch (const NumericalError&) {
      }
      wanted.push_back({cell.model, cell.estimate().estimator});
      stand_in_.back() = {};
    }
    structural_.emplace(std::move(wanted), config_, inputs_.front());
  }
  bool structural_wanted() const {
    return !cells_.empty() && scenario_.spread == "propagated" && scenarios::acts_through(scenario_).stock;
  }

  bool is_stand_in(const StructuralDraws* form) const {
    return !stand_in_.empty() && form >= stand_in_.data() && form < stand_in_.data() + stand_in_.size();
  }

  const Alternative* configured(const std::vector<Alternative>& all) const {
    for (const Alternative& one : all)
      if (one.is == Alternative::Is::configured) return &one;
    return all.empty() ? nullptr : &all.front();
  }

  /// Whether the lever uses model B's estimate: doubling it changes the shocks.
  bool uses_infrastructure(const Alternative& panel, const std::vector<StructuralDraws>& forms) const {
    for (const Alternative& cell : cells_) {
      stop_if_asked();
      Pair once, twice;
      try {
        prepare(panel, &cell, form_of(forms, &cell), once);
        prepare(panel, &cell, form_of(forms, &cell), twice, 2.0);
      } catch (const InputError&) {
        continue;  // units that the lever refuses: another cell tells
      } catch (const NumericalError&) {
        continue;
      }
      return once.policy.dynamics.amplitude != twice.policy.dynamics.amplitude ||
             once.policy.dynamics.rho != twice.policy.dynamics.rho ||
             once.policy.dynamics.lambda != twice.policy.dynamics.lambda;
    }
    return !cells_.empty();
  }

  void scenario_rows() {
    curve_.scenario = scenario_.name;
    curve_.axes = {"weights",     "estimator",    "own_lag", "proxy",
                   "instruments", "iv_estimator", "horizon", "rulebook"};
    parameters_ =
        scenarios::sample_parameters(scenario_, scenarios::lever(scenario_.lever), config_, config_.draws);
    const Alternative* centre = configured(panel_);
    if (!centre)
      throw InputError(fmt::format("model '{}' has no estimator to vary", common(*spillover_.model).name));
    choose_formed_cells(*centre);
    const std::vector<StructuralDraws> centre_forms = forms_of(*centre);
    std::vector<const Alternative*> cells;
    if (!cells_.empty() && uses_infrastructure(*centre, centre_forms)) {
      for (const Alternative& cell : cells_) cells.push_back(&cell);
    } else {
      cells.push_back(configured(cells_));
      if (cells.front())
        curve_.notes.push_back(
            fmt::format("the lever does not use the estimate of '{}': proxy, instruments and its estimator "
                        "change nothing and stand "
                        "as configured",
                        common(*infrastructure_.model).name));
    }
    set_headlines(*centre, cells, centre_forms);
    const bool polynomial =
        std::all_of(polynomials_.begin(), polynomials_.end(), [](const auto& one) { return one != nullptr; });
    for (const Alternative& panel : panel_) {
      stop_if_asked();
      const std::vector<StructuralDraws> forms =
          &panel == centre ? std::vector<StructuralDraws>() : forms_of(panel);
      std::vector<std::vector<Specification>> rows(cells.size());
      const auto one = [&](std::ptrdiff_t k, Parallelism parallelism) {
        if (k % hooks_.ranks->size() != hooks_.ranks->rank()) return;  // another rank's
        stop_if_asked();
        const Alternative* cell = cells[static_cast<std::size_t>(k)];
        rows[static_cast<std::size_t>(k)] =
            rows_of(panel, cell, form_of(&panel == centre ? centre_forms : forms, cell), parallelism);
      };
      if (polynomial)
        for_each_block(static_cast<std::ptrdiff_t>(cells.size()), 1, workers_,
                       [&](std::ptrdiff_t k, std::ptrdiff_t) { one(k, {1}); });
      else
        for (std::size_t k = 0; k < cells.size(); ++k) one(static_cast<std::ptrdiff_t>(k), workers_);
      share_rows(rows, *hooks_.ranks);
      for (auto& part : rows)
        for (Specification& row : part) curve_.specifications.push_back(std::move(row));
    }
    for (std::size_t k = 0; k < curve_.headlines.size(); ++k) {
      curve_.tests.push_back(curve_test(curve_.specifications, k, Among::all));
      curve_.tests_of_standing.push_back(curve_test(curve_.specifications, k, Among::standing));
    }
    for (Specification& row : curve_.specifications) row.distance.clear();
  }

  /// Headlines, units and, for every W, the polynomial where the lever allows one; from the first pair that
  /// works.
  void set_headlines(const Alternative& centre, const std::vector<const Alternative*>& cells,
                     const std::vector<StructuralDraws>& forms) {
    Pair pair;
    bool ready = false;
    std::string why = "no pair of estimates";
    for (const Alternative* cell : cells) {
      if (ready) break;
      try {
        prepare(centre, cell, form_of(forms, cell), pair);
        ready = true;
      } catch (const InputError& error) {
        why = error.what();
      } catch (const NumericalError& error) {
        why = error.what();
      }
    }
    if (!ready)
      throw InputError(
          fmt::format("scenario '{}' cannot be built with any estimate: {}", scenario_.name, why));
    const OutcomePlan plan =
        scenario_plan(scenario_, pair.config, pair.context, pair.policy, hooks_.discount);
    areas_ = policy_areas(scenario_, plan);
    curve_.target = areas_.group;
    const Grouping types{"area_type", pair.context.type, pair.context.type_names};
    const auto& names = types.groups;
    const std::string aimed = aim_of(scenario_).type;
    curve_.rho_of = std::find(names.begin(), names.end(), aimed) != names.end() ? aimed : target_group(types);
    better_ = curve_.better = pair.context.better;
    const std::string unit =
        (pair.context.outcome_unit.empty() ? "1" : pair.context.outcome_unit) + ", summed over the horizon";
    curve_.headlines = {"uplift_nation", "uplift_" + curve_.target};
    curve_.units = {unit, unit};
    money_ = pair.policy.cost.size() > 0 && pair.policy.cost.cwiseAbs().maxCoeff() > 0.0;
    if (money_) {
      curve_.headlines.insert(curve_.headlines.end(), {"npsv_national", "npsv_local"});
      curve_.units.insert(curve_.units.end(), 2, fmt::format("GBP, {} prices", config_.price_base_year));
      for (const std::string& name : rulebooks_) {
        RunConfig under = config_;
        under.rulebook = name;
        settings_.push_back(scenarios::appraisal_settings(under, config_.draws));
        settings_.back().switching = scenarios::Switch::off;
      }
      curve_.notes.push_back(
          fmt::format("a rulebook changes NPSV alone: --headline npsv_national shows every edition's rows, "
                      "other headlines those of {}",
                      config_.rulebook));
    } else {
      curve_.notes.push_back(
          "the lever has no net public cost: there is no NPSV, and the rulebook changes nothing");
      rulebooks_ = {config_.rulebook};
    }
    for (std::size_t w = 0; w < inputs_.size(); ++w) {
      Dynamics like = pair.policy.dynamics;
      like.weights = &inputs_[w].weights;
      polynomials_.push_back(AggregatePolynomial::unsuitable(like, plan).empty()
                                 ? std::make_unique<AggregatePolynomial>(like, plan)
                                 : nullptr);
      if (polynomials_.back()) polynomials_.back()->evaluate(like, plan, workers_);
    }
    if (polynomials_.front() == nullptr)
      curve_.notes.push_back(fmt::format("every specification is propagated ({})",
                                         AggregatePolynomial::unsuitable(pair.policy.dynamics, plan)));
  }

  std::vector<Specification> rows_of(const Alternative& panel, const Alternative* cell,
                                     const StructuralDraws* form, Parallelism parallelism) const {
    Specification base;
    const Estimate& spillover = panel.estimate();
    base.choice = {panel.weights,
                   spillover.estimator,
                   panel.own_lag,
                   cell ? cell->proxy : "none",
                   cell ? cell->instruments : "none",
                   cell ? cell->estimate().estimator : "none",
                   "",
                   ""};
    const auto coefficient = [](const Estimate& estimate, Eigen::Index k) {
      return k >= 0 && k < estimate.coefficients.size() ? estimate.coefficients[k] : nothing;
    };
    const Eigen::Index own = spillover.find("lag:" + curve_.rho_of);
    base.rho = coefficient(spillover, own >= 0 ? own : spillover.find("lag"));
    base.phi = coefficient(spillover, spillover.find("previous"));
    base.beta = cell ? coefficient(cell->estimate(), 0) : nothing;
    base.value.assign(curve_.headlines.size(), {nothing, nothing, nothing, nothing});
    base.distance.resize(curve_.headlines.size());
    judge(spillover, base);
    if (!has_own_lag(spillover) && !serial_correlation(spillover))
      for (const Fit& beside :
           panel.model->fits) {  // an estimator without residuals of its own: the model's other fits tell
        const auto r1 = serial_correlation(beside.estimate);
        if (base.standing < Standing::refused && !has_own_lag(beside.estimate) && r1 && r1->p < 0.05) {
          base.standing = Standing::refused;
          base.reasons.push_back(
              fmt::format("{}: no own lag, and the residuals of {} are serially correlated (r1 p = {:.2g})",
                          spillover.estimator, beside.estimate.estimator, r1->p));
        }
      }
    if (cell) judge(cell->estimate(), base);
    Pair pair;
    std::optional<ScenarioOutcome> outcome;
    OutcomePlan plan;
    try {
      if (panel.model->replicates[panel.fit].value.size() == 0)
        throw InputError(fmt::format("{} has no replicates to draw from", spillover.estimator));
      prepare(panel, cell, form, pair);
      if (form != nullptr && is_stand_in(form)) {
        const StructuralStudy alone({{cell->model, cell->estimate().estimator}}, config_, inputs_.front());
        const std::vector<StructuralDraws> real =
            alone.draws(panel.what(), panel.model->replicates[panel.fit], inputs_[panel.inputs], parallelism);
        prepare(panel, cell, &real.front(), pair);
      }
      plan = scenario_plan(scenario_, pair.config, pair.context, pair.policy, hooks_.discount);
      const auto& polynomial = polynomials_[panel.inputs];
      outcome.emplace();
      if (polynomial)
        outcome->aggregates = polynomial->evaluate(pair.policy.dynamics, plan, parallelism);
      else
        *outcome = evaluate(pair.policy.dynamics, plan, parallelism, Path::exact);
      base.draws = pair.context.draws;
    } catch (const InputError& error) {
      base.standing = std::max(base.standing, Standing::impossible);
      base.reasons.push_back(error.what());
    } catch (const NumericalError& error) {
      base.standing = std::max(base.standing, Standing::impossible);
      base.reasons.push_back(error.what());
    }
    if (base.draws > 0 && base.draws < config_.draws)
      base.reasons.push_back(
          fmt::format("{} of {} draws: the other replicates failed", base.draws, config_.draws));
    std::vector<Specification> rows;
    for (const int horizon : horizons_)
      for (std::size_t book = 0; book < rulebooks_.size(); ++book) {
        Specification row = base;
        row.choice[horizon_axis] = std::to_string(horizon);
        row.choice[rulebook_axis] = rulebooks_[book];
        const bool own_cell = !cell || cell->is == Alternative::Is::configured;
        if (panel.is == Alternative::Is::configured && own_cell && horizon == configured_horizon_ &&
            rulebooks_[book] == config_.rulebook)
          row.is = Specification::Is::configured;
        if (base.draws > 0) {
          add_uplifts(*outcome, plan, horizon, row);
          if (book != shown_book())  // a rulebook changes money alone: counted once
            std::fill(row.distance.begin(), row.distance.end(), std::vector<float>());
          if (money_) add_money(pair, *outcome, plan, horizon, settings_[book], row);
        }
        rows.push_back(std::move(row));
      }
    return rows;
  }

  /// The rulebook under which headlines that are no money are shown and tested.
  std::size_t shown_book() const {
    const auto found = std::find(rulebooks_.begin(), rulebooks_.end(), config_.rulebook);
    return found == rulebooks_.end() ? 0 : static_cast<std::size_t>(found - rulebooks_.begin());
  }

  void add_uplifts(const ScenarioOutcome& outcome, const OutcomePlan& plan, int horizon,
                   Specification& row) const {
    bool acts = false;
    for (const AggregateSeries& series : outcome.aggregates) {
      const Grouping& of = plan.groupings[static_cast<std::size_t>(series.grouping)];
      const bool nation = of.name == "nation";
      if (!nation && of.name != areas_.grouping) continue;
      const long group =
          nation ? 0 : std::find(of.groups.begin(), of.groups.end(), areas_.group) - of.groups.begin();
      const std::size_t headline = nation ? 0 : 1;
      const Eigen::VectorXd sums = summed_over_periods(series, group, horizon);
      std::vector<double> draws(sums.begin(), sums.begin() + row.draws);
      row.distance[headline] = distances(draws);
      row.value[headline] = headline_value(std::move(draws), better_);
      acts = acts || !nation;
    }
    if (!acts)
      row.reasons.push_back("it acts on no area here, so there is no uplift of the areas it acts on");
  }

  void add_money(const Pair& pair, const ScenarioOutcome& outcome, const OutcomePlan& plan, int horizon,
                 scenarios::AppraisalSettings settings, Specification& row) const {
    try {
      Policy policy;
      // What a longer horizon holds is spent after this one: it stays a cost.
      const Eigen::MatrixXd &whole = pair.policy.cost, &later = pair.policy.later_cost;
      const Eigen::Index rest = whole.cols() - horizon;
      policy.cost = whole.leftCols(horizon);
      policy.later_cost = Eigen::MatrixXd::Zero(whole.rows(), rest + later.cols());
      policy.later_cost.leftCols(rest) = whole.rightCols(rest);
      if (later.size() > 0) policy.later_cost.rightCols(later.cols()) = later;
      policy.notes = pair.policy.notes;
      ScenarioOutcome part;
      for (const AggregateSeries& series : outcome.aggregates)
        part.aggregates.push_back(first_periods(series, horizon));
      for (auto& [name, values] : settings.values) values = values.head(row.draws).eval();
      const auto result = scenarios::appraise(
          scenario_inputs(scenario_.name, scenario_, pair.context, policy, part, plan), settings);
      const auto listed = [](const Eigen::VectorXd& values) {
        return std::vector<double>(values.data(), values.data() + values.size());
      };
      row.distance[2] = distances(listed(result.national.npsv));
      row.distance[3] = distances(listed(result.local.npsv));
      row.value[2] = headline_value(listed(result.national.npsv), 1.0);
      row.value[3] = headline_value(listed(result.local.npsv), 1.0);
    } catch (const InputError& error) {
      row.reasons.push_back(error.what());
    }
  }

  Session& session_;
  const ScenarioConfig& scenario_;
  RunConfig config_;  ///< keeps only what the headlines need; its horizon is the longest
  const RunHooks& hooks_;
  const CurveOptions& options_;
  Parallelism workers_;
  Role spillover_, infrastructure_;
  std::vector<int> horizons_;
  int configured_horizon_ = 0;
  std::vector<std::string> rulebooks_;
  std::vector<scenarios::AppraisalSettings> settings_;  ///< [rulebook]
  std::vector<WeightsChoice> choices_;
  std::vector<Inputs> inputs_;  ///< [W]
  std::vector<ModelFits> models_;
  std::vector<Alternative> panel_, cells_;
  std::vector<std::size_t> panel_model_, cell_model_;
  std::set<std::string> approximated_;  ///< estimators whose draws are normal ones
  Parameters parameters_;
  std::optional<StructuralStudy> structural_;  ///< where the scenario asks for structural forms
  std::vector<std::size_t> formed_;            ///< [cell] its form among structural_'s; beyond them: none
  std::vector<StructuralDraws> stand_in_;      ///< [cell] its plain draws, where it has none
  PolicyAreas areas_;                          ///< whom the second headline is for
  std::vector<std::unique_ptr<AggregatePolynomial>> polynomials_;  ///< [W], null: propagate
  bool money_ = false;
  double better_ = 1.0;
  SpecificationCurve curve_;
};

}  // namespace

std::string to_string(Standing standing) {
  switch (standing) {
    case Standing::accepted:
      return "accepted";
    case Standing::caution:
      return "caution";
    case Standing::shown:
      return "shown";
    case Standing::refused:
      return "refused";
    case Standing::impossible:
      return "impossible";
  }
  return {};
}

std::vector<std::size_t> SpecificationCurve::order() const {
  const std::string& headline = sorted_by;
  const auto found = std::find(headlines.begin(), headlines.end(), headline);
  if (found == headlines.end()) {
    const std::string near = nearest_word(headline, headlines);
    throw InputError(fmt::format("scenario '{}' has no headline '{}'{} (it has: {})", scenario, headline,
                                 near.empty() ? "" : fmt::format(", did you mean '{}'?", near),
                                 fmt::join(headlines, ", ")));
  }
  const auto k = static_cast<std::size_t>(found - headlines.begin());
  const bool money = headline.starts_with("npsv");
  std::string shown_book;  // a rulebook changes money alone: other headlines show one
  for (const Specification& one : specifications)
    if (shown_book.empty() || one.is == Specification::Is::configured) shown_book = one.choice[rulebook_axis];
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < specifications.size(); ++i)
    if (money || specifications[i].choice[rulebook_axis] == shown_book) order.push_back(i);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    const double x = specifications[a].value[k].p50, y = specifications[b].value[k].p50;
    if (std::isnan(x) || std::isnan(y)) return !std::isnan(x) && std::isnan(y);
    return x > y;
  });
  return order;
}

SpecificationCurve specification_curve(Session& session, const ScenarioConfig& scenario,
                                       const CurveOptions& options) {
  SpecificationCurve curve = CurveBuilder(session, scenario, options).build();
  curve.sorted_by = options.headline.empty() ? curve.headlines[1] : options.headline;
  curve.order();  // an unknown headline must not wait for the other scenarios
  return curve;
}

std::vector<SpecificationCurve> specification_curves(Session& session, const CurveOptions& options) {
  const auto scenarios = chosen_scenarios(session.config(), options.scenario, "whose headline could vary");
  session.units_belong_to({{"weights", fmt::format("{}", fmt::join(options.weights, ","))},
                           {"horizons", fmt::format("{}", fmt::join(options.horizons, ","))}});
  session.open();
  std::vector<PlannedStage> ahead;
  for (const ScenarioConfig* scenario : scenarios)
    for (const char* name : {"data", "models", "draws", "scenario"})
      ahead.push_back({fmt::format("specification curve {}: {}", scenario->name, name), 0.0, 0.0, ""});
  session.plan(ahead);
  std::vector<SpecificationCurve> curves;
  for (const ScenarioConfig* scenario : scenarios)
    curves.push_back(specification_curve(session, *scenario, options));
  session.keep(curves.front().inputs, curves.front().truth, [&](RunWriter& writer) {
    for (const SpecificationCurve& curve : curves) write_curve(writer, curve);
  });
  return curves;
}

}  // namespace spillway::studies
