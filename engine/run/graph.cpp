#include "engine/run/graph.hpp"

#include <fmt/format.h>
#include <tbb/flow_graph.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>

#include "engine/base/linux.hpp"
#include "engine/base/threads.hpp"
#include "engine/config/further_outcome.hpp"
#include "engine/outcome/shared_work.hpp"
#include "engine/run/aggregate_quantiles.hpp"
#include "engine/run/area_split.hpp"
#include "engine/run/earlier_run.hpp"
#include "engine/run/outcome_key.hpp"
#include "engine/run/rehearsal.hpp"
#include "engine/run/rival_weights.hpp"
#include "engine/run/units.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

namespace {

namespace flow = tbb::flow;

/// Times the stages of a run, and stops before one where a signal asks for it.
class StageWatch {
 public:
  explicit StageWatch(const RunHooks& hooks) : hooks_(hooks), watch_(hooks.progress) {}

  void time(const std::string& stage, const std::function<void()>& body) {
    // Several ranks must stop at the same place: between units, where they ask each other.
    if (hooks_.ranks->size() == 1 && hooks_.interrupted && hooks_.interrupted())
      throw Interrupted("interrupted before stage '" + stage + "'");
    watch_.time(stage, body);
  }
  const Stopwatch& watch() const { return watch_; }

 private:
  const RunHooks& hooks_;
  Stopwatch watch_;
};

/// A finished scenario on its way to the writer.
struct Finished {
  const ScenarioConfig* config;
  LeverContext context;
  Policy policy;
  std::optional<Policy> alone;  ///< the same money without spread, until the uplift is split
  OutcomePlan plan;
  ScenarioOutcome outcome;
  std::optional<Appraisal> appraisal;
  UpliftSplit split;
  std::optional<AreaSplit> area_split;
  std::optional<PoundReconciliation> pounds;
  std::string outcome_key;
  std::string taken_from;    ///< the earlier run's scenario that its outcome is; empty: it was made here
  bool split_taken = false;  ///< `split` is the earlier run's too
  std::atomic<bool> groups_written = false;  ///< the writer's: it needs the aggregates no more
};

/// Aggregates, two thirds of a file, can be written while areas are still summarised; then comes the rest.
struct ToWrite {
  std::shared_ptr<Finished> done;
  bool groups_alone;
};

/// Who neighbours whom, every pair once, for maps and readers without the pack. Left out where W links areas
/// to more than 40 others on average (all within a distance, flows): such a list says little and weighs much.
void write_links(RunWriter& writer, const SpatialWeights& weights) {
  const auto& matrix = weights.matrix();
  if (matrix.nonZeros() == 0 || matrix.nonZeros() > 40 * matrix.rows()) return;
  std::vector<std::pair<std::int32_t, std::int32_t>> pairs;
  for (int i = 0; i < matrix.rows(); ++i)
    for (SpatialWeights::Matrix::InnerIterator entry(matrix, i); entry; ++entry)
      if (entry.value() != 0.0 && entry.col() != i)
        pairs.push_back(std::minmax(static_cast<std::int32_t>(i), static_cast<std::int32_t>(entry.col())));
  std::sort(pairs.begin(), pairs.end());
  pairs.erase(std::unique(pairs.begin(), pairs.end()), pairs.end());
  std::vector<std::int32_t> rows;
  for (const auto& [first, second] : pairs) rows.insert(rows.end(), {first, second});
  writer.write({"/weights/neighbours",
                {"link", "end"},
                "1",
                "pairs of areas that W links, each once: rows of /areas, from 0"},
               rows.data(), {static_cast<long>(pairs.size()), 2});
}

void write_inputs(RunWriter& writer, const RunConfig& config, const RunResult& result,
                  const BuildIdentity& build, const std::string& started, const Ranks& ranks,
                  const EarlierRun* earlier) {
  RunRecord record = run_record(config, build, started, ranks);
  add_inputs(record, result.inputs.pack);
  record.more.emplace_back("keep", config.keep);
  if (earlier != nullptr) {
    record.more.emplace_back("reused_run", earlier->file().string());
    record.more.emplace_back("reused_sum", static_cast<std::int64_t>(earlier->sum()));
  }
  writer.write_run(record);
  const DataPack& pack = result.inputs.pack;
  const std::string weights = describe(result.inputs.weights, pack);
  if (kept_of(config.keep) == Kept::summary) {
    writer.write_world(pack, config.area_type);
    writer.write_attribute("/weights", "description", weights);
    return;
  }
  writer.write_areas(pack, config.area_type);
  writer.write_weights(result.inputs.weights, pack, weights);
  write_links(writer, result.inputs.weights);
}

void write_estimates(RunWriter& writer, const RunConfig& config, const RunResult& result) {
  for (const ModelFits& model : result.models) {
    std::vector<std::string> fits, forms;
    for (const Fit& fit : model.fits) {
      fits.push_back(place_of(fit, model));
      const auto* iv = std::get_if<IvModel>(&model.config);
      const bool grid = iv && !iv->proxies.empty();
      if (!grid || &fit == model.find(fit.estimate.estimator))
        writer.write_estimate(fit.estimate, RunWriter::Place::headline);
      if (grid) writer.write_estimate(fit.estimate, RunWriter::Place::grid);
    }
    for (const StructuralOf& form : model.structural) forms.push_back(line_of(form));
    const auto put = [&](const char* name, const std::vector<std::string>& texts) {
      if (!texts.empty()) writer.write_attribute("/estimates/" + model.name(), name, texts);
    };
    put(fits_attribute, fits);
    put(verdicts_attribute, model.verdicts);
    if (!model.spillover_verdict.empty())
      put(spillover_verdict_attribute, std::vector<std::string>{model.spillover_verdict});
    put(structural_attribute, forms);
  }
  if (!result.draws.parameter.empty() && kept_of(config.keep) != Kept::summary)
    writer.write_draws(result.draws);
}

std::string unit_of(AreaOutcome outcome, const LeverContext& context, int price_base_year) {
  switch (outcome) {
    case AreaOutcome::uplift:
      return context.outcome_unit.empty() ? "1" : context.outcome_unit;
    case AreaOutcome::cumulative_uplift:
      return (context.outcome_unit.empty() ? "1" : context.outcome_unit) + ", summed over the horizon";
    default:
      return fmt::format("GBP per resident, {} prices", price_base_year);
  }
}

/// Draws of the last period alone.
AggregateSeries last_period(const AggregateSeries& series) {
  AggregateSeries last{series.outcome, series.grouping, 1, series.groups, {}};
  const auto groups = static_cast<std::ptrdiff_t>(series.groups), step = groups * series.periods;
  last.value.reserve(series.value.size() / static_cast<std::size_t>(series.periods));
  for (auto draw = series.value.begin(); draw != series.value.end(); draw += step)
    last.value.insert(last.value.end(), draw + step - groups, draw + step);
  return last;
}

/// The draws of an aggregate, or as many of them as are kept.
void write_draws_of(RunWriter& writer, const RunConfig& config, const std::string& scenario,
                    const AggregateSeries& series, const Grouping& grouping, const std::string& unit) {
  const Kept kept = kept_of(config.keep);
  const bool leads = grouping.name == "nation" || grouping.name == "area_type";
  if (kept == Kept::summary && !leads) {
    const std::string group =
        fmt::format("/scenarios/{}/aggregate/{}/{}", scenario, to_string(series.outcome), grouping.name);
    writer.write({group + "/group", {"group"}, "1", "name of the group of areas"}, grouping.groups,
                 {static_cast<long>(grouping.groups.size())});
  } else if (kept == Kept::full || (kept == Kept::groups && grouping.groups.size() <= few_groups)) {
    writer.write_aggregate(scenario, series, grouping, config.horizon, unit);
  } else {
    writer.write_aggregate(scenario, last_period(series), grouping, config.horizon, unit);
  }
}

/// What is known of a scenario once its aggregates are: reads nothing that is still being computed.
/// @param earlier  the run that a taken outcome is of
void write_groups(RunWriter& writer, const RunConfig& config, Finished& done, const DrawSet& draws,
                  const EarlierRun* earlier) {
  const std::string& name = done.config->name;
  std::vector<int> replicate_of_draw = draws.usable(config.draws);
  replicate_of_draw.resize(static_cast<std::size_t>(done.context.draws));
  writer.write_scenario(name, replicate_of_draw);
  for (const AggregateSeries& series : done.outcome.aggregates) {
    const Grouping& grouping = done.plan.groupings[static_cast<std::size_t>(series.grouping)];
    const std::string unit = unit_of(series.outcome, done.context, config.price_base_year);
    write_draws_of(writer, config, name, series, grouping, unit);
    write_aggregate_quantiles(
        writer, name, series.outcome, grouping,
        done.taken_from.empty()
            ? aggregate_figures(series, config.quantiles, done.plan.better)
            : earlier->take_figures(done.taken_from, to_string(series.outcome), grouping.name),
        unit);
  }
  done.groups_written = true;
}

/// Where every area's cumulative uplift comes from.
void write_area_split(RunWriter& writer, const std::string& group, const AreaSplit& split,
                      const Finished& done, const std::string& unit) {
  std::vector<float> quantiles, means;
  for (const AreaSummary& part : split.part) {
    for (Eigen::Index k = 0; k < part.quantile.rows(); ++k)
      for (Eigen::Index i = 0; i < part.quantile.cols(); ++i) quantiles.push_back(part.quantile(k, i));
    means.insert(means.end(), part.mean.begin(), part.mean.end());
  }
  const long parts = static_cast<long>(split.part.size()),
             areas = static_cast<long>(split.part[0].mean.size()),
             levels = static_cast<long>(done.plan.quantiles.size());
  writer.write({group + "/level", {"level"}, "1", "level of the quantile"}, done.plan.quantiles.data(),
               {levels});
  writer.write({group + "/part", {"part"}, "1", "where uplift comes from"},
               std::vector<std::string>(AreaSplit::parts.begin(), AreaSplit::parts.end()), {parts});
  writer.write(
      {group + "/quantile",
       {"part", "level", "area"},
       unit,
       "quantile over draws of the area's cumulative uplift from its own shocks, funded neighbours, others"},
      quantiles.data(), {parts, levels, areas});
  writer.write({group + "/mean",
                {"part", "area"},
                unit,
                "mean over draws; over the parts they add up to the mean of the area's cumulative uplift"},
               means.data(), {parts, areas});
}

void write_scenario(RunWriter& writer, const RunConfig& config, Finished& done,
                    const ScenarioSummary& summary, const DrawSet& draws, const EarlierRun* earlier) {
  if (!done.groups_written) write_groups(writer, config, done, draws, earlier);
  const std::string& name = done.config->name;
  std::vector<Attribute> attributes = {
      {"lever", done.config->lever},
      {"path", summary.report.path},
      {"basis_size", static_cast<std::int64_t>(summary.report.basis_size)},
      {"checked_error", summary.report.checked_error},
      {"checked_draws", static_cast<std::int64_t>(summary.report.checked_draws)},
      {"fallbacks", static_cast<std::int64_t>(summary.report.fallbacks)},
      {"outcome", done.context.outcome},
      {"better", std::string(done.context.better > 0 ? "higher" : "lower")},
      {"outcome_is_gva_growth", static_cast<std::int64_t>(done.context.outcome_is_gva_growth)},
      {"spread", done.config->spread},
      {"effect_is", done.config->effect_is},
      {"gva_factor", done.context.gva_base.factor},
      {"gva_periods", done.context.gva_base.periods},
      {"provenance", done.context.provenance},
      {outcome_key_attribute, done.outcome_key},
      {"notes", done.policy.notes},
      {"warnings", done.policy.warnings}};
  if (is_further(*done.config)) {
    attributes.push_back({"outcome_of", policy_of(name)});
    attributes.push_back({"outcome_name", further_name(name)});
  }
  std::vector<std::string> sizes;
  std::vector<double> up_to;
  for (const auto& [size, factor] : done.policy.sizes) {
    sizes.push_back(size);
    up_to.push_back(factor);
  }
  if (!sizes.empty()) {
    attributes.push_back({"sizes", sizes});
    attributes.push_back({"sizes_up_to", up_to});
  } else if (!done.policy.unsized.empty()) {
    attributes.push_back({"unsized", done.policy.unsized});
  }
  if (!done.context.driver.estimate.empty()) {
    attributes.push_back({"infrastructure_estimate", done.context.driver.estimate});
    attributes.push_back(
        {"infrastructure_estimate_of", done.context.driver.other_run ? "another run" : "this run"});
  }
  if (!done.policy.beyond_support.empty())
    attributes.push_back(
        {"extrapolated",
         std::vector<std::string>{done.config->extrapolate, "the policy " + done.policy.beyond_support}});
  for (const auto& [key, value] : attributes) writer.write_attribute("/scenarios/" + name, key, value);
  StoredParameters parameters;
  parameters.names = done.policy.parameters.names;
  parameters.value = done.policy.parameters.value;
  writer.write_scenario_parameters(name, parameters);
  const Kept kept = kept_of(config.keep);
  if (done.policy.cost.size() > 0 && kept != Kept::summary) {
    const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> cost = done.policy.cost;
    writer.write({"/scenarios/" + name + "/cost",
                  {"draw", "period"},
                  "GBP",
                  "public cost a period, whole area, base-year prices"},
                 cost.data(), {static_cast<long>(cost.rows()), static_cast<long>(cost.cols())});
  }
  if (done.policy.later_cost.size() > 0 && kept != Kept::summary) {
    const Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> later =
        done.policy.later_cost;
    writer.write({"/scenarios/" + name + "/later_cost",
                  {"draw", "later_period"},
                  "GBP",
                  "public cost a period after the horizon, whole area, base-year prices"},
                 later.data(), {static_cast<long>(later.rows()), static_cast<long>(later.cols())});
  }
  if (kept == Kept::full)
    for (const AreaSummary& area : done.outcome.areas)
      writer.write_area_summary(name, area, done.plan.quantiles,
                                unit_of(area.outcome, done.context, config.price_base_year),
                                done.plan.keep_draws_of);
  for (const auto& of : done.split.groupings) {
    if (kept == Kept::summary) break;
    const std::string place = "/scenarios/" + name + "/split/" + of.grouping + "/value";
    std::vector<double> values;
    std::vector<std::string> parts;
    for (std::size_t p = 0; p < of.part.size(); ++p) {
      parts.push_back(UpliftSplit::parts[p]);
      for (Eigen::Index d = 0; d < of.part[p].rows(); ++d)
        for (Eigen::Index g = 0; g < of.part[p].cols(); ++g) values.push_back(of.part[p](d, g));
    }
    writer.write(
        {place,
         {"part", "draw", "group"},
         unit_of(AreaOutcome::cumulative_uplift, done.context, config.price_base_year),
         "cumulative uplift by where it comes from: own shocks, funded neighbours, others, their sum; "
         "none: the same money with spread = \"none\""},
        values.data(),
        {static_cast<long>(of.part.size()), static_cast<long>(of.part.front().rows()),
         static_cast<long>(of.groups.size())});
    writer.write_attribute(place, "parts", parts);
    writer.write_attribute(place, "groups", of.groups);
  }
  if (done.area_split)
    write_area_split(writer, "/scenarios/" + name + "/area_split", *done.area_split, done,
                     unit_of(AreaOutcome::cumulative_uplift, done.context, config.price_base_year));
  if (done.pounds) {
    std::vector<double> values;
    for (const auto* part :
         {&done.pounds->direct, &done.pounds->through, &done.pounds->unequal, &done.pounds->total})
      values.insert(values.end(), part->begin(), part->end());
    const std::string place = "/scenarios/" + name + "/pounds";
    writer.write(
        {place,
         {"part", "draw"},
         fmt::format("GBP a year, {} prices", config.price_base_year),
         "GVA of all areas after the horizon: direct, through neighbours, of that from unequal sizes, total"},
        values.data(), {4, static_cast<long>(values.size() / 4)});
    writer.write_attribute(
        place, "parts",
        std::vector<std::string>(PoundReconciliation::parts.begin(), PoundReconciliation::parts.end()));
    writer.write_attribute(place, "told", static_cast<std::int64_t>(done.pounds->told()));
  }
  if (done.appraisal && is_further(*done.config))
    writer.write_table(worth_place(name), "part", done.appraisal->stored.worth);
  else if (done.appraisal && !done.appraisal->stored.npsv.empty())
    writer.write_appraisal(done.appraisal->stored);
  if (kept == Kept::summary) return;
  TableColumn code{"area", "1", "code of the area, as in /areas/area_code", {}, {}};
  const Column& codes = done.context.pack->areas.at("area_code");
  for (std::size_t i = 0; i < done.context.pack->areas.rows; ++i) code.texts.push_back(codes.text(i));
  const auto by_area = [&](const std::string& table, const std::string& column, const std::string& unit,
                           const std::string& meaning, const Eigen::VectorXd& values) {
    if (values.size() > 0)
      writer.write_table("/scenarios/" + name + "/" + table, "area",
                         {code, {column, unit, meaning, {values.data(), values.data() + values.size()}, {}}});
  };
  by_area("transfer", "gbp_per_head", "GBP per resident", "mean gained (+) or lost (-) over the horizon",
          done.policy.transfer);
  for (const Grouping& own : done.plan.groupings)
    if (own.name == target_grouping) {
      Eigen::VectorXd acts(static_cast<Eigen::Index>(own.of_area.size()));
      for (std::size_t i = 0; i < own.of_area.size(); ++i)
        acts[static_cast<Eigen::Index>(i)] = own.of_area[i] == 0 ? 1.0 : 0.0;
      by_area(target_grouping, "acts_on", "1", "1: the policy acts on the area; 0: elsewhere", acts);
    }
  by_area("counterfactual", "growth", done.context.outcome_unit.empty() ? "1" : done.context.outcome_unit,
          "counterfactual of the propagated outcome a period, held constant", done.context.growth);
}

/// Free what nothing reads once the weights stand: panel variables of no model, whose names and units stay,
/// and the links, which W has. Of the synthetic England's millions of areas that is a sixth of the memory.
void let_go_of_unread(const RunConfig& config, DataPack& pack) {
  std::set<std::string> read;
  for (const ModelConfig& model : config.models) {
    read.insert(common(model).outcome);
    if (const auto* panel = std::get_if<PanelModel>(&model)) {
      read.insert(panel->covariates.begin(), panel->covariates.end());
      read.insert(panel->predetermined.begin(), panel->predetermined.end());
    } else if (const auto* sar = std::get_if<SarModel>(&model)) {
      read.insert(sar->covariates.begin(), sar->covariates.end());
    }
  }
  // An estimate of another run may be of any of them, and its outcome's means are the counterfactual growth.
  const bool alone = std::all_of(config.scenarios.begin(), config.scenarios.end(),
                                 [](const ScenarioConfig& one) { return one.estimate_runs.empty(); });
  for (PanelVariable& variable : pack.panel.variables)
    if (alone && !read.contains(variable.name)) variable.value.resize(0, 0);
  pack.edges = std::vector<Edge>();  // "= {}" would keep its room
}

/// Everything up to the draws, as nodes of `graph`; `source` starts it and the returned node fires when it is
/// done.
class EstimationNodes {
 public:
  EstimationNodes(flow::graph& graph, const RunConfig& config, RunResult& result, StageWatch& watch,
                  Parallelism parallelism, UnitWork& work, const EarlierRun* earlier,
                  const std::function<void()>& sizes_known)
      : load_(graph,
              [&](const flow::continue_msg&) { watch.time("data", [&] { pack_ = load_pack(config); }); }),
        weights_(graph,
                 [&, sizes_known](const flow::continue_msg&) {
                   watch.time("weights", [&] { result.inputs = make_inputs(config, std::move(pack_)); });
                   result.models.resize(config.models.size());
                   sizes_known();
                 }),
        replicate_(graph, [&, parallelism, earlier](const flow::continue_msg&) {
          if (earlier != nullptr)
            return watch.time("earlier estimates",
                              [&] { earlier->take_estimates(config, result.models, result.draws); });
          watch.time("draws", [&] {
            result.draws = replicate(result.models, config, result.inputs, parallelism, work);
          });
        }) {
    flow::make_edge(load_, weights_);
    for (std::size_t m = 0; m < config.models.size() && earlier == nullptr; ++m) {
      models_.push_back(std::make_unique<Node>(graph, [&, m, parallelism](const flow::continue_msg&) {
        watch.time("model " + common(config.models[m]).name, [&] {
          result.models[m] = fit_model(config.models[m], config, result.inputs, parallelism);
        });
      }));
      flow::make_edge(weights_, *models_.back());
      flow::make_edge(*models_.back(), replicate_);
    }
    if (models_.empty()) flow::make_edge(weights_, replicate_);
  }

  void start() { load_.try_put(flow::continue_msg{}); }
  flow::continue_node<flow::continue_msg>& done() { return replicate_; }

 private:
  using Node = flow::continue_node<flow::continue_msg>;
  DataPack pack_;
  Node load_, weights_, replicate_;
  std::vector<std::unique_ptr<Node>> models_;
};

/// Made after the nodes and so gone before them: where oneTBB itself fails on the way (it could not start a
/// thread), what has begun ends while its nodes still are.
class EndsBeforeNodes {
 public:
  explicit EndsBeforeNodes(flow::graph& graph) : graph_(graph) {}
  EndsBeforeNodes(const EndsBeforeNodes&) = delete;
  EndsBeforeNodes& operator=(const EndsBeforeNodes&) = delete;
  ~EndsBeforeNodes() {
    try {
      graph_.cancel();
      graph_.wait_for_all();
    } catch (...) {  // of nothing that the first exception did not say
    }
  }

 private:
  flow::graph& graph_;
};

/// What each rank of a run spent and said; numbers are in the order of `names`.
struct OfRanks {
  static constexpr std::array<const char*, 6> names = {"core_seconds", "peak_memory", "calls",
                                                       "messages",     "bytes_sent",  "bytes_received"};
  std::vector<std::array<double, names.size()>> of_rank;
};

/// Collective; rank 0 has it.
OfRanks of_ranks(Ranks& ranks) {
  const Ranks::Counts counts = ranks.counts();
  const std::array<double, OfRanks::names.size()> mine = {core_seconds(),    1e6 * peak_memory_mb(),
                                                          counts.calls,      counts.messages,
                                                          counts.bytes_sent, counts.bytes_received};
  OfRanks all;
  for (const std::vector<std::byte>& bytes : ranks.gather(std::as_bytes(std::span(mine))))
    std::memcpy(&all.of_rank.emplace_back(), bytes.data(), sizeof mine);
  return all;
}

void write_ranks(RunWriter& writer, const OfRanks& ranks) {
  constexpr std::array<const char*, OfRanks::names.size()> units = {"s", "byte", "1", "1", "byte", "byte"};
  constexpr std::array<const char*, OfRanks::names.size()> meanings = {
      "CPU time of the process",
      "peak resident memory",
      "exchanges with other ranks",
      "messages to other ranks, one for each that a call goes to",
      "bytes for other ranks, once for each that they are for",
      "bytes from other ranks"};
  for (std::size_t k = 0; k < OfRanks::names.size(); ++k) {
    std::vector<double> values;
    for (const auto& one : ranks.of_rank) values.push_back(one[k]);
    writer.write({std::string("/run/ranks/") + OfRanks::names[k], {"rank"}, units[k], meanings[k]},
                 values.data(), {static_cast<long>(values.size())});
  }
}

template <typename Body>
void in_arena(const RunConfig& config, Body body) {
  const int workers = worker_count({config.threads});
  allow_workers(workers);
  tbb::task_arena(workers).execute(body);
}

}  // namespace

std::shared_ptr<Checkpoint> begin_units(UnitWork& work, const RunConfig& config,
                                        const std::vector<InputFile>& inputs, const RunHooks& hooks) {
  work.ranks = hooks.ranks;
  work.interrupted = hooks.interrupted;
  work.advance = hooks.advance;
  CheckpointKey key = checkpoint_key(config, inputs, hooks.checkpoint.version);
  key.insert(key.end(), hooks.checkpoint.more.begin(), hooks.checkpoint.more.end());
  require_same(key, *work.ranks);
  if (!keeps_units(config, hooks.checkpoint)) return nullptr;
  std::shared_ptr<Checkpoint> kept =
      open_checkpoint(hooks.checkpoint.result, key, hooks.checkpoint.start, *work.ranks);
  work.kept = kept.get();
  return kept;
}

RunResult run_estimates(const RunConfig& config, const RunHooks& hooks) {
  RunResult result;
  StageWatch watch(hooks);
  in_arena(config, [&] {
    flow::graph graph;
    UnitWork work;
    EstimationNodes estimation(graph, config, result, watch, {worker_count({config.threads})}, work, nullptr,
                               [&] {
                                 require_rivals(config, result.inputs);
                                 rehearse_scenarios(config, result.inputs, hooks);
                                 result.kept = begin_units(work, config, result.inputs.pack.inputs, hooks);
                                 if (hooks.planned)
                                   hooks.planned(planned_stages(config, result.inputs, Job::estimates));
                               });
    const EndsBeforeNodes ends(graph);
    estimation.start();
    graph.wait_for_all();
    hold_weights_against_rivals(result.models, config, result.inputs, {worker_count({config.threads})});
  });
  result.stages = watch.watch().times();
  return result;
}

RunResult run_all(const RunConfig& config, const std::filesystem::path& output, const BuildIdentity& build,
                  const RunHooks& hooks) {
  RunResult result;
  StageWatch watch(hooks);
  const std::string started = utc_now();
  std::optional<RunWriter> writer;
  if (hooks.ranks->writes()) writer.emplace(output, hooks.store);
  in_arena(config, [&] {
    const Parallelism parallelism{worker_count({config.threads})};
    flow::graph graph;
    UnitWork work;
    EstimationNodes estimation(graph, config, result, watch, parallelism, work, hooks.earlier, [&] {
      if (hooks.earlier != nullptr) hooks.earlier->require_data(result.inputs.pack.inputs);
      require_rivals(config, result.inputs);
      // Before minutes of estimates scenarios are rehearsed; after none they come at once.
      Rehearsal rehearsal;
      if (hooks.earlier == nullptr)
        rehearsal = rehearse_scenarios(config, result.inputs, hooks);
      else if (hooks.check)
        hooks.check(config);
      result.kept = begin_units(work, config, result.inputs.pack.inputs, hooks);
      if (hooks.planned)
        hooks.planned(planned_stages(config, result.inputs, Job::everything, rehearsal.shapes));
      let_go_of_unread(config, result.inputs.pack);
    });

    // One writer. What precedes the scenarios in the file is written while the first of them is computed.
    result.scenarios.resize(config.scenarios.size());
    bool front_written = false;
    const auto write_front = [&] {
      if (front_written) return;
      front_written = true;
      watch.time("store estimates", [&] {
        write_inputs(*writer, config, result, build, started, *hooks.ranks, hooks.earlier);
        write_estimates(*writer, config, result);
      });
    };
    SharedWork shared;
    std::mutex of_files;  // an HDF5 library may serve one thread at a time
    // A scenario is computed while the one before is written, no more: a slow disk must not fill the memory.
    flow::queue_node<std::size_t> waiting(graph);
    flow::limiter_node<std::size_t> at_once(graph, 2);
    using Written = flow::multifunction_node<ToWrite, std::tuple<flow::continue_msg>>;
    const auto put_away = [&](const ToWrite& message) {
      const std::shared_ptr<Finished>& done = message.done;
      write_front();
      if (message.groups_alone)
        watch.time("store groups of " + done->config->name,
                   [&] { write_groups(*writer, config, *done, result.draws, hooks.earlier); });
      else
        watch.time("store " + done->config->name, [&] {
          const auto s = static_cast<std::size_t>(done->config - config.scenarios.data());
          write_scenario(*writer, config, *done, result.scenarios[s], result.draws, hooks.earlier);
          if (!done->outcome.aggregates.empty()) shared.give_room(std::move(done->outcome.aggregates));
        });
    };
    Written write(graph, flow::serial, [&](const ToWrite& message, Written::output_ports_type& written) {
      if (writer) {
        const std::lock_guard turn(of_files);
        // A wait in here takes on no other node's work, which might ask for the files.
        tbb::this_task_arena::isolate([&] { put_away(message); });
      }
      if (!message.groups_alone) std::get<0>(written).try_put({});
    });
    // Levers that differ by a size alone are of one kind; whether their dynamics are the same is found out
    // when both are known.
    const auto another_follows = [&](std::size_t s) {
      return std::any_of(
          config.scenarios.begin() + static_cast<std::ptrdiff_t>(s) + 1, config.scenarios.end(),
          [&](const ScenarioConfig& later) { return later.lever == config.scenarios[s].lever; });
    };
    const auto prepare = [&](std::size_t s) {
      const ScenarioConfig& mine = config.scenarios[s];
      auto made = std::make_shared<Finished>();
      made->config = &mine;
      {
        std::unique_lock reading(of_files, std::defer_lock);
        if (!mine.estimate_runs.empty()) reading.lock();
        made->context = lever_context(mine, config, result.inputs, result.models, result.draws);
      }
      made->policy = hooks.prepare(mine, config, made->context);
      if (std::string doubt = result.draws.doubt(); !doubt.empty())
        made->policy.warnings.push_back(std::move(doubt));
      made->plan = outcome_plan(config, made->context, hooks.discount);
      if (Grouping own = grouping_of_target(mine, made->policy); !own.groups.empty())
        made->plan.groupings.push_back(std::move(own));
      made->alone = policy_alone(mine, config, made->context, made->policy, hooks);
      made->outcome_key = outcome_key(made->policy, made->alone, made->plan);
      return made;
    };
    // A policy is made while the scenario before is evaluated, for that is mostly serial. Ranks, which must
    // ask each other in one order, do one thing after the other.
    const bool beside = hooks.ranks->size() == 1;
    const auto side_by_side = [&](const auto& first, const auto& second) {
      if (beside) return both(parallelism, first, second);
      first();
      second();
    };
    const bool splits_areas =
        std::count(config.area_outcomes.begin(), config.area_outcomes.end(), kAreaSplit) > 0;
    const auto settle = [&](Finished& done, Ranks& team, bool here) {
      ScenarioSummary& told =
          result.scenarios[static_cast<std::size_t>(done.config - config.scenarios.data())];
      ScenarioSummary summary;
      std::vector<ScenarioSummary::SplitLine> lines;
      side_by_side(
          [&] {
            if (!done.split_taken)
              done.split = uplift_split(done.policy, done.alone, done.plan, parallelism,
                                        done.outcome.aggregates, team);
            if (splits_areas && !done.area_split)
              done.area_split = area_split(done.policy, done.plan, parallelism, team);
            done.alone.reset();
            if (!here) return;
            for (const auto& of : done.split.groupings)
              if (of.grouping == "nation")
                done.pounds = reconcile_pounds(done.policy, done.plan, of.part[3].col(0));
            lines = split_lines(done.split, done.context.outcome_unit);
          },
          [&] {
            if (!here) return;
            summary = summarise(*done.config, done.context, done.policy, done.outcome, done.plan);
            if (!hooks.appraise) return;
            done.appraisal =
                hooks.appraise(*done.config, config, done.context, done.policy, done.outcome, done.plan);
            summary.appraisal = done.appraisal->lines;
            summary.doubt = done.appraisal->doubt;
          });
      if (!here) return;
      summary.split = std::move(lines);
      if (done.pounds) summary.nation_told = done.pounds->told();
      told = std::move(summary);
    };
    std::shared_ptr<Finished> next;  // its policy is made
    std::exception_ptr next_failed;  // or cannot be: said in its turn
    flow::function_node<std::size_t, ToWrite> scenario(graph, flow::serial, [&](std::size_t s) {
      std::shared_ptr<Finished> done;
      watch.time("scenario " + config.scenarios[s].name, [&] {
        const ScenarioTurn turn(s, config.scenarios.size(), work);
        if (!turn.takes_part()) return;
        if (next_failed) std::rethrow_exception(next_failed);
        done = next ? std::move(next) : prepare(s);
        next.reset();
        const std::string earlier =
            hooks.earlier != nullptr ? hooks.earlier->scenario_of(done->outcome_key) : "";
        bool taken = false;
        if (!earlier.empty()) {
          const std::lock_guard reading(of_files);
          taken = hooks.earlier->take_outcome(earlier, done->plan, done->context.draws, config.horizon,
                                              done->outcome);
          if (taken) {
            done->taken_from = earlier;
            if (auto split = hooks.earlier->take_split(earlier, done->plan, done->context.draws)) {
              done->split = std::move(*split);
              done->split_taken = true;
            }
            if (splits_areas) done->area_split = hooks.earlier->take_area_split(earlier);
          }
        }
        (taken ? result.taken : result.made).push_back(config.scenarios[s].name);
        bool here = false;
        const auto evaluated = [&] {
          here = turn.have(done->outcome, [&] {
            if (taken) return;
            shared.keep_next(another_follows(s));
            evaluate_into(
                done->outcome, done->policy.dynamics, done->plan, parallelism,
                [&] {
                  if (writer) write.try_put({done, true});
                },
                &shared, Path::automatic, turn.team());
          });
        };
        const auto prepared = [&] {
          if (!beside || s + 1 == config.scenarios.size()) return;
          try {
            next = prepare(s + 1);
          } catch (...) {
            next_failed = std::current_exception();
          }
        };
        side_by_side(evaluated, prepared);
        if (here || turn.shared()) settle(*done, turn.team(), here);
        // The next scenario begins at once: it finds the room of the aggregates where these are in the file.
        if (done->groups_written) shared.give_room(std::move(done->outcome.aggregates));
      });
      return ToWrite{done, false};
    });
    flow::continue_node<flow::continue_msg> begin(graph, [&](const flow::continue_msg&) {
      for (ModelFits& model : result.models) model.panel.reset();  // what is concluded of it is concluded
      for (std::size_t s = 0; s < config.scenarios.size(); ++s) waiting.try_put(s);
    });
    const EndsBeforeNodes ends(graph);
    flow::make_edge(estimation.done(), begin);
    flow::make_edge(waiting, at_once);
    flow::make_edge(at_once, scenario);
    flow::make_edge(scenario, write);
    flow::make_edge(flow::output_port<0>(write), at_once.decrementer());
    estimation.start();
    graph.wait_for_all();
    if (writer) write_front();
  });
  const OfRanks spent = of_ranks(*hooks.ranks);
  if (!writer) return result;
  const std::vector<StageCost> before_commit = watch.watch().costs();
  watch.time("store commit", [&] {
    if (hooks.ranks->size() > 1) write_ranks(*writer, spent);
    writer->write_stages(before_commit, utc_now());
    if (!result.taken.empty()) writer->write_attribute("/run", "reused_scenarios", result.taken);
    writer->commit();
  });
  if (result.kept) result.kept->remove();
  result.stages = watch.watch().times();
  result.file = output;
  return result;
}

std::string stage_table(const std::vector<StageTime>& stages) {
  std::string text = fmt::format("{:<34} {:>9} {:>9} {:>10}\n", "stage", "wall s", "core s", "peak MB");
  for (const StageTime& stage : stages)
    text += fmt::format("{:<34} {:>9.3f} {:>9.3f} {:>10.0f}\n", stage.stage, stage.seconds,
                        stage.core_seconds, stage.peak_memory_mb);
  return text;
}

}  // namespace spillway
