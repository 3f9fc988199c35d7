#include "engine/base/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace spillway {

namespace {
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

std::string grouped(double amount) {
  std::string text = fmt::format("{:.0f}", amount);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > 0; at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}
}  // namespace

ProgressMeter::Stage& ProgressMeter::find(const std::string& stage, double now) {
  if (!any_) started_ = now;
  any_ = true;
  for (Stage& known : stages_)
    if (known.planned.stage == stage) return known;
  Stage fresh;
  fresh.planned.stage = stage;
  stages_.push_back(fresh);
  return stages_.back();
}

void ProgressMeter::plan(const std::vector<PlannedStage>& stages, double now) {
  for (const PlannedStage& planned : stages) {
    Stage& stage = find(planned.stage, now);
    stage.planned = planned;
    stage.in_plan = true;
  }
}

void ProgressMeter::begin(const std::string& stage, double now) {
  Stage& found = find(stage, now);
  found.begun = true;
  found.at = now;
}

void ProgressMeter::advance(const Advance& step, double now) {
  if (!find(step.stage, now).begun) begin(step.stage, now);
  find(step.stage, now).step = step;
}

void ProgressMeter::end(const std::string& stage, double now) {
  Stage& found = find(stage, now);
  if (found.ended) return;
  found.ended = true;
  found.seconds = now - found.at;
}

double ProgressMeter::rate_of(const Stage& stage, double now) const {
  const double took = stage.ended ? stage.seconds : now - stage.at;
  if (!stage.begun || took <= 0.0) return unknown;
  if (stage.step.done > stage.step.before) return (stage.step.done - stage.step.before) / took;
  if (stage.ended && stage.planned.amount > 0.0) return stage.planned.amount / took;
  return unknown;
}

ProgressStatus ProgressMeter::status(double now) const {
  ProgressStatus status;
  status.rate = unknown;
  status.remaining = unknown;
  if (!any_) return status;
  status.elapsed = now - started_;
  double planned = 1.0, taken = 1.0;
  for (const Stage& stage : stages_) {
    status.planned += stage.in_plan;
    status.finished += stage.ended && stage.in_plan;
    if (stage.in_plan && stage.ended && stage.planned.seconds > 0.0)
      planned += stage.planned.seconds, taken += stage.seconds;
    if (const double rate = rate_of(stage, now); std::isfinite(rate)) {
      status.rate = rate;
      status.rate_unit = stage.step.unit.empty() ? stage.planned.unit : stage.step.unit;
    }
    if (stage.begun && !stage.ended) {
      status.stage += (status.stage.empty() ? "" : ", ") + stage.planned.stage;
      if (stage.step.total > 0.0)
        status.done = stage.step.done, status.total = stage.step.total, status.unit = stage.step.unit;
    }
  }
  double remaining = 0.0;
  bool judged = false;
  for (const Stage& stage : stages_) {
    if (stage.ended) continue;
    const double own = rate_of(stage, now);
    if (stage.begun && stage.step.total > 0.0 && std::isfinite(own)) {
      remaining += (stage.step.total - stage.step.done) / own;
    } else if (stage.planned.seconds > 0.0) {
      remaining +=
          std::max(0.0, stage.planned.seconds * taken / planned - (stage.begun ? now - stage.at : 0.0));
    } else if (stage.planned.amount > 0.0) {
      if (!std::isfinite(status.rate) || status.rate_unit != stage.planned.unit)
        return status;  // nothing to judge this stage by
      remaining += stage.planned.amount / status.rate;
    } else {
      continue;
    }
    judged = true;
  }
  if (judged) status.remaining = remaining;
  return status;
}

std::string duration_words(double seconds) {
  if (!std::isfinite(seconds)) return "?";
  if (seconds < 10.0) return fmt::format("{:.0f} s", std::ceil(seconds));
  const auto whole = static_cast<long>(std::lround(seconds));
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return fmt::format("{} min {:02} s", whole / 60, whole % 60);
  return fmt::format("{} h {:02} min", whole / 3600, whole % 3600 / 60);
}

std::string amount_words(double amount) {
  if (amount >= 1e9) return fmt::format("{:.3g} billion", amount / 1e9);
  if (amount >= 1e6) return fmt::format("{:.3g} million", amount / 1e6);
  if (amount >= 100.0) return grouped(amount);
  return fmt::format("{:.3g}", amount);
}

}  // namespace spillway
