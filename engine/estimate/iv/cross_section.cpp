// Model B's rows, cut from a pack.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "engine/base/error.hpp"
#include "engine/estimate/model_data.hpp"

namespace spillway {

namespace {

/// Which variable keeps a row out, counted by the first one missing.
struct Gap {
  std::string name;
  long rows = 0;
};

void need_number(const Table& areas, const std::string& name, const char* role, const std::string& model,
                 std::vector<Fault>& faults) {
  try {
    const Column& column = areas.at(name);
    if (column.kind == ColumnKind::number) return;
    if (!column.not_numbers.empty()) {
      for (Fault fault : column.not_numbers) {
        fault.what +=
            fmt::format("; model '{}': {} must hold numbers{}", model, role,
                        std::string(role) == "control" ? " (absorb texts under fixed_effects)" : "");
        faults.push_back(std::move(fault));
      }
      return;
    }
    Fault fault;
    fault.column = name;
    fault.what = fmt::format("model '{}': {} holds texts; {}", model, role,
                             std::string(role) == "control"
                                 ? "a control must hold numbers (absorb a text column under fixed_effects)"
                                 : "it must hold numbers");
    faults.push_back(std::move(fault));
  } catch (const InputError& error) {
    for (const auto& fault : error.faults()) faults.push_back(fault);
  }
}

}  // namespace

CrossSection cross_section(const IvModel& model, const std::vector<std::string>& endogenous,
                           const std::vector<std::string>& instruments, const DataPack& pack) {
  const Table& areas = pack.areas;
  const std::vector<std::string>& controls = model.controls;
  std::vector<Fault> faults;
  need_number(areas, model.outcome, "outcome", model.name, faults);
  for (const auto& name : endogenous) need_number(areas, name, "endogenous regressor", model.name, faults);
  for (const auto& name : instruments) need_number(areas, name, "instrument", model.name, faults);
  for (const auto& name : controls) need_number(areas, name, "control", model.name, faults);
  if (!model.weights_column.empty()) need_number(areas, model.weights_column, "weight", model.name, faults);
  if (!model.restrict_to.empty()) need_number(areas, model.restrict_to, "restriction", model.name, faults);
  std::vector<Categories> effects;
  for (const auto& name : model.fixed_effects) {
    try {
      effects.push_back(categories(areas.at(name)));
    } catch (const InputError& error) {
      for (const auto& fault : error.faults()) faults.push_back(fault);
    }
  }
  if (!faults.empty()) throw InputError(std::move(faults));

  std::vector<const std::vector<double>*> columns = {&areas.numbers(model.outcome)};
  std::vector<Gap> gaps = {{model.outcome, 0}};
  for (const std::vector<std::string>* list :
       std::initializer_list<const std::vector<std::string>*>{&endogenous, &instruments, &controls})
    for (const auto& name : *list) {
      columns.push_back(&areas.numbers(name));
      gaps.push_back({name, 0});
    }
  const std::vector<double>* weight =
      model.weights_column.empty() ? nullptr : &areas.numbers(model.weights_column);
  const std::vector<double>* keep = model.restrict_to.empty() ? nullptr : &areas.numbers(model.restrict_to);
  const auto effect_missing = [&](std::size_t f, std::size_t row) {
    const Column& column = areas.at(model.fixed_effects[f]);
    return column.kind == ColumnKind::text ? column.text(row).empty() : !std::isfinite(column.number[row]);
  };

  CrossSection data;
  data.model = model.name;
  data.outcome = model.outcome;
  data.outcome_unit = areas.at(model.outcome).unit;
  data.cell = fmt::format("{}:{}", fmt::join(endogenous, "+"), fmt::join(instruments, "+"));
  if (endogenous.empty()) data.cell.clear();
  data.endogenous_names = endogenous;
  data.instrument_names = instruments;
  data.control_names = controls;
  data.fixed_effect_names = model.fixed_effects;
  long restricted = 0, unweighted = 0, without_effect = 0;
  for (std::size_t row = 0; row < areas.rows; ++row) {
    if (keep && !(std::isfinite((*keep)[row]) && (*keep)[row] != 0.0)) {
      ++restricted;
      continue;
    }
    std::size_t gap = columns.size();
    for (std::size_t c = 0; c < columns.size() && gap == columns.size(); ++c)
      if (!std::isfinite((*columns[c])[row])) gap = c;
    if (gap < columns.size()) {
      ++gaps[gap].rows;
      continue;
    }
    bool complete = true;
    for (std::size_t f = 0; f < effects.size(); ++f) complete = complete && !effect_missing(f, row);
    if (!complete) {
      ++without_effect;
      continue;
    }
    if (weight && !((*weight)[row] > 0.0 && std::isfinite((*weight)[row]))) {
      ++unweighted;
      continue;
    }
    data.area.push_back(static_cast<int>(row));
  }
  if (restricted)
    data.notes.push_back(
        fmt::format("{} of {} areas lie outside {}", restricted, areas.rows, model.restrict_to));
  for (const auto& gap : gaps)
    if (gap.rows)
      data.notes.push_back(
          fmt::format("{} of {} areas are left out because {} is missing", gap.rows, areas.rows, gap.name));
  if (without_effect)
    data.notes.push_back(fmt::format("{} of {} areas are left out because a fixed effect is missing",
                                     without_effect, areas.rows));
  if (unweighted)
    data.notes.push_back(fmt::format("{} of {} areas are left out because {} is not above 0", unweighted,
                                     areas.rows, model.weights_column));
  if (data.area.empty())
    throw InputError(fmt::format("model '{}', cell {}: no area has every variable ({})", model.name,
                                 data.cell, fmt::join(data.notes, "; ")));

  const auto n = static_cast<Eigen::Index>(data.area.size());
  std::size_t next = 0;
  const auto take = [&](Eigen::Ref<Eigen::VectorXd> to) {
    const auto& from = *columns[next++];
    for (Eigen::Index i = 0; i < n; ++i)
      to(i) = from[static_cast<std::size_t>(data.area[static_cast<std::size_t>(i)])];
  };
  data.y.resize(n);
  take(data.y);
  data.endogenous.resize(n, static_cast<Eigen::Index>(endogenous.size()));
  data.instruments.resize(n, static_cast<Eigen::Index>(instruments.size()));
  data.controls.resize(n, static_cast<Eigen::Index>(controls.size()));
  for (auto* block : {&data.endogenous, &data.instruments, &data.controls})
    for (Eigen::Index j = 0; j < block->cols(); ++j) take(block->col(j));
  if (weight) {
    data.weight.resize(n);
    for (Eigen::Index i = 0; i < n; ++i)
      data.weight(i) = (*weight)[static_cast<std::size_t>(data.area[static_cast<std::size_t>(i)])];
  }
  for (const auto& effect : effects) {
    std::vector<std::int32_t> levels, number(effect.names.size(), -1);
    levels.reserve(data.area.size());
    std::int32_t used = 0;
    for (const int area : data.area) {
      auto& level = number[static_cast<std::size_t>(effect.of_row[static_cast<std::size_t>(area)])];
      if (level < 0) level = used++;
      levels.push_back(level);
    }
    data.fixed_effects.push_back(std::move(levels));
  }
  return data;
}

}  // namespace spillway
