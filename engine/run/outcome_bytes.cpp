#include "engine/run/outcome_bytes.hpp"

#include "engine/run/packer.hpp"

namespace spillway {

namespace {

template <typename Matrix>
void pack_matrix(Packer& pack, const Matrix& matrix) {
  pack.count(static_cast<std::size_t>(matrix.rows()));
  pack.count(static_cast<std::size_t>(matrix.cols()));
  pack.array(matrix.data(), static_cast<std::size_t>(matrix.size()));
}

template <typename Matrix>
void unpack_matrix(Unpacker& unpack, Matrix& matrix) {
  const auto rows = static_cast<Eigen::Index>(unpack.count()),
             columns = static_cast<Eigen::Index>(unpack.count());
  const auto most =
      static_cast<Eigen::Index>(unpack.left() / sizeof(*matrix.data()));  // before memory is asked for
  const bool vector = Matrix::ColsAtCompileTime == 1;
  if (rows < 0 || columns < 0 || (vector && columns != 1) || (columns > 0 && rows > most / columns))
    throw StoreError("a unit holds no outcome of a scenario (run without --resume to start afresh)");
  matrix.resize(rows, columns);
  unpack.array(matrix.data(), static_cast<std::size_t>(matrix.size()));
}

}  // namespace

// The structured bindings name every member: one that is added later does not compile until it is packed too.

std::vector<std::byte> to_bytes(const ScenarioOutcome& outcome) {
  const auto& [areas, aggregates, report] = outcome;
  std::size_t size = 4096;
  for (const AreaSummary& area : areas)
    size +=
        4 * static_cast<std::size_t>(area.quantile.size() + 4 * area.mean.size() + area.draws.size()) + 128;
  for (const AggregateSeries& series : aggregates) size += 4 * series.value.size() + 64;
  Packer pack;
  pack.reserve(size);
  pack.count(areas.size());
  for (const AreaSummary& area : areas) {
    const auto& [which, quantile, mean, sd, better, positive, draws] = area;
    pack.count(static_cast<std::size_t>(which));
    pack_matrix(pack, quantile);
    for (const auto* vector : {&mean, &sd, &better, &positive}) pack_matrix(pack, *vector);
    pack_matrix(pack, draws);
  }
  pack.count(aggregates.size());
  for (const AggregateSeries& series : aggregates) {
    const auto& [which, grouping, periods, groups, value] = series;
    for (const auto number :
         {static_cast<std::size_t>(which), static_cast<std::size_t>(grouping),
          static_cast<std::size_t>(periods), static_cast<std::size_t>(groups), value.size()})
      pack.count(number);
    pack.array(value.data(), value.size());
  }
  const auto& [path, basis_size, checked_error, checked_draws, fallbacks, seconds_propagate,
               seconds_summarise] = report;
  pack.text(path);
  for (const auto number : {static_cast<std::size_t>(basis_size), static_cast<std::size_t>(checked_draws),
                            static_cast<std::size_t>(fallbacks)})
    pack.count(number);
  for (const double number : {checked_error, seconds_propagate, seconds_summarise}) pack.number(number);
  return std::move(pack.bytes);
}

ScenarioOutcome scenario_outcome_from_bytes(std::span<const std::byte> bytes) {
  Unpacker unpack(bytes);
  ScenarioOutcome outcome;
  for (std::size_t k = 0, count = unpack.count(); k < count; ++k) {
    AreaSummary area;
    area.outcome = static_cast<AreaOutcome>(unpack.count());
    unpack_matrix(unpack, area.quantile);
    for (auto* vector : {&area.mean, &area.sd, &area.probability_better, &area.probability_positive})
      unpack_matrix(unpack, *vector);
    unpack_matrix(unpack, area.draws);
    outcome.areas.push_back(std::move(area));
  }
  for (std::size_t k = 0, count = unpack.count(); k < count; ++k) {
    AggregateSeries series;
    series.outcome = static_cast<AreaOutcome>(unpack.count());
    series.grouping = static_cast<int>(unpack.count());
    series.periods = static_cast<int>(unpack.count());
    series.groups = static_cast<long>(unpack.count());
    const std::size_t size = unpack.count();
    if (size > unpack.left() / sizeof(float))
      throw StoreError("a unit holds no outcome of a scenario (run without --resume to start afresh)");
    series.value.resize(size);
    unpack.array(series.value.data(), size);
    outcome.aggregates.push_back(std::move(series));
  }
  outcome.report.path = unpack.text();
  outcome.report.basis_size = static_cast<int>(unpack.count());
  outcome.report.checked_draws = static_cast<long>(unpack.count());
  outcome.report.fallbacks = static_cast<long>(unpack.count());
  outcome.report.checked_error = unpack.number();
  outcome.report.seconds_propagate = unpack.number();
  outcome.report.seconds_summarise = unpack.number();
  if (unpack.left() > 0)
    throw StoreError(
        "a unit holds more than an outcome of a scenario (run without --resume to start afresh)");
  return outcome;
}

}  // namespace spillway
