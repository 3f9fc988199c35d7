#include "engine/outcome/recursion.hpp"

#include <algorithm>

#include "engine/outcome/outcome_plan.hpp"

namespace spillway {

namespace {
constexpr std::size_t kRow = kernels::kLanes;  // floats of a row
}

TileFactors::TileFactors(const TimeTile& tile, const OutcomePlan& plan, int horizon) {
  const auto pick = [&](const Eigen::VectorXd& of_area, std::vector<float>& out) {
    if (of_area.size() == 0) return;
    for (const int area : tile.visited_area()) out.push_back(static_cast<float>(of_area[area]));
  };
  if (!plan.groupings.empty()) {
    pick(plan.rate_weight, rate_weight);
    pick(plan.head_weight, head_weight);
  }
  for (const auto outcome : plan.outcomes) {
    if (outcome == AreaOutcome::gva_per_head_uplift && last_pounds.empty())
      pick(pound_factor(plan, horizon), last_pounds);
    if (outcome == AreaOutcome::discounted_gva_uplift && discounted_pounds.empty())
      for (int h = 0; h < horizon; ++h)
        pick(plan.discount[static_cast<std::size_t>(h)] * pound_factor(plan, h + 1), discounted_pounds);
  }
}

std::size_t recursion_scratch(const TimeTile& tile) {
  const auto rows = static_cast<std::size_t>(tile.rows()), core = static_cast<std::size_t>(tile.core_rows());
  return (2 * rows + 2 * core + 2 * tile.cells().size() + tile.mixed_entries()) * kRow;
}

void run_batch(const TimeTile& tile, const TileFactors& factors, const OutcomePlan& plan, int horizon,
               const BatchCoefficients& coefficients, float* scratch, const BatchSink& sink) {
  const auto wants = [&](AreaOutcome outcome) {
    return std::find(plan.outcomes.begin(), plan.outcomes.end(), outcome) != plan.outcomes.end();
  };
  const bool sums = sink.sums != nullptr;
  const bool discounted = wants(AreaOutcome::discounted_gva_uplift);
  const bool cumulative =
      discounted || wants(AreaOutcome::cumulative_uplift) || wants(AreaOutcome::gva_per_head_uplift);
  const bool rate_sums = sums && (wants(AreaOutcome::uplift) || wants(AreaOutcome::cumulative_uplift));
  const auto rows = static_cast<std::size_t>(tile.rows()), core = static_cast<std::size_t>(tile.core_rows());
  const std::size_t cells = tile.cells().size();

  float* state[2] = {scratch, scratch + rows * kRow};
  float* cumulative_state = scratch + 2 * rows * kRow;
  float* discounted_state = cumulative_state + core * kRow;
  float* cell_sum = discounted_state + core * kRow;
  float* cell_total = cell_sum + cells * kRow;
  float* mixed = cell_total + cells * kRow;
  if (cumulative) std::fill_n(cumulative_state, core * kRow, 0.0f);
  if (discounted) std::fill_n(discounted_state, core * kRow, 0.0f);
  if (rate_sums) std::fill_n(cell_total, cells * kRow, 0.0f);

  const auto& kernels = kernels::tile_kernels();
  kernels.mix(tile.mixing(coefficients.share(), mixed));
  tile.rest_late_rows(state[0], state[1]);
  const float* now = nullptr;
  for (int period = 0; period < horizon; ++period) {
    float* next = state[period % 2];
    kernels.step(
        tile.view(period),
        {static_cast<int>(tile.segments(period).size()), tile.added_links_in(period),
         coefficients.coefficient(period), coefficients.added_coefficient(period), coefficients.phi(),
         coefficients.amplitude(period), coefficients.mix_amplitude(period), mixed, now, next});
    now = next;
    kernels.gather(
        {static_cast<int>(cells), tile.cell_first().data(), tile.cell_end(period), tile.visit().data(),
         factors.rate_weight.data(), now, cumulative ? cumulative_state : nullptr,
         discounted ? factors.discounted_pounds.data() + static_cast<std::size_t>(period) * core : nullptr,
         discounted_state, rate_sums ? cell_sum : nullptr});
    if (sink.path != nullptr)
      kernels.emit({static_cast<int>(core), tile.visit().data(), now, nullptr,
                    sink.path + static_cast<std::size_t>(period) * core * kRow, kernels::kLanes, 0, nullptr,
                    nullptr, nullptr});
    if (!rate_sums) continue;
    for (std::size_t k = 0; k < cells * kRow; ++k) cell_total[k] += cell_sum[k];
    for (std::size_t o = 0; o < plan.outcomes.size(); ++o)
      if (plan.outcomes[o] == AreaOutcome::uplift)
        sink.sums->add(*sink.tile_sums, sink.batch, o, period, cell_sum);
  }

  for (std::size_t o = 0; o < plan.outcomes.size(); ++o) {
    const AreaOutcome outcome = plan.outcomes[o];
    const bool pounds = in_pounds(outcome);
    kernels::Emit emit{static_cast<int>(core),
                       nullptr,
                       cumulative_state,
                       nullptr,
                       sink.draws.empty() ? nullptr : sink.draws[o],
                       sink.stride,
                       sums && pounds ? static_cast<int>(cells) : 0,
                       tile.cell_first().data(),
                       factors.head_weight.data(),
                       cell_sum};
    if (outcome == AreaOutcome::uplift) {
      emit.values = now;
      emit.from_row = tile.visit().data();
    }
    if (outcome == AreaOutcome::gva_per_head_uplift) emit.pound_factor = factors.last_pounds.data();
    if (outcome == AreaOutcome::discounted_gva_uplift) emit.values = discounted_state;
    kernels.emit(emit);
    if (!sums) continue;
    if (pounds) sink.sums->add(*sink.tile_sums, sink.batch, o, 0, cell_sum);
    if (outcome == AreaOutcome::cumulative_uplift)
      sink.sums->add(*sink.tile_sums, sink.batch, o, 0, cell_total);
  }
}

}  // namespace spillway
