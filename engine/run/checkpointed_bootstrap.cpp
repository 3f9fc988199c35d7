#include "engine/run/checkpointed_bootstrap.hpp"

#include <algorithm>
#include <future>

#include <fmt/format.h>

#include "engine/base/error.hpp"
#include "engine/base/instruction_set.hpp"

namespace spillway {

namespace {

/// Values, t and status of every replicated fit, replicate after replicate: columns [first, first + count).
std::vector<double> packed(const std::vector<Replicates>& all, long first, long count) {
  std::vector<double> numbers;
  for (const Replicates& part : all) {
    if (part.value.size() == 0) continue;
    const Eigen::Index rows = part.value.rows();
    numbers.insert(numbers.end(), part.value.data() + first * rows, part.value.data() + (first + count) * rows);
    numbers.insert(numbers.end(), part.t.data() + first * rows, part.t.data() + (first + count) * rows);
    numbers.insert(numbers.end(), part.status.begin() + first, part.status.begin() + first + count);
  }
  return numbers;
}

/// The inverse of packed(). @throws StoreError  the unit has another size
void unpack(const std::vector<double>& numbers, std::vector<Replicates>& all, long first, long count) {
  std::size_t expected = 0;
  for (const Replicates& part : all)
    if (part.value.size() > 0) expected += static_cast<std::size_t>(count * (2 * part.value.rows() + 1));
  if (numbers.size() != expected)
    throw StoreError(fmt::format("a unit of the checkpoint holds {} numbers, not {}; remove its folder or run without --resume",
                                 numbers.size(), expected));
  const double* at = numbers.data();
  for (Replicates& part : all) {
    if (part.value.size() == 0) continue;
    const Eigen::Index rows = part.value.rows();
    std::copy_n(at, count * rows, part.value.data() + first * rows);
    at += count * rows;
    std::copy_n(at, count * rows, part.t.data() + first * rows);
    at += count * rows;
    std::transform(at, at + count, part.status.begin() + first, [](double status) { return static_cast<std::uint8_t>(status); });
    at += count;
  }
}

/// Put the columns of `part` at `first` of `whole`.
void place(const std::vector<Replicates>& part, std::vector<Replicates>& whole, long first) {
  for (std::size_t k = 0; k < whole.size(); ++k) {
    if (whole[k].value.size() == 0) continue;
    whole[k].value.middleCols(first, part[k].value.cols()) = part[k].value;
    whole[k].t.middleCols(first, part[k].t.cols()) = part[k].t;
    std::copy(part[k].status.begin(), part[k].status.end(), whole[k].status.begin() + first);
  }
}

}  // namespace

bool keeps_units(const RunConfig& config, const CheckpointPlan& checkpoint) {
  return !checkpoint.result.empty() && (checkpoint.start == Checkpoint::Start::resume || config.replicates >= long_bootstrap);
}

std::string without_threads(const std::string& text) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t word = line.find_first_not_of(" \t");
    const bool threads = word != std::string::npos &&
                         (line.compare(word, 7, "threads") == 0 || line.compare(word, 19, "# --set run.threads") == 0);
    if (!threads) kept += line + "\n";
    at = end + 1;
  }
  return kept;
}

CheckpointKey checkpoint_key(const RunConfig& config, const std::vector<InputFile>& inputs, const std::string& version) {
  std::string data;
  for (const InputFile& input : inputs) data += fmt::format("{} {}\n", input.role, input.sha256);
  return {{"configuration", without_threads(config.text)},
          {"data", data},
          {"seed", std::to_string(config.seed)},
          {"replicates", std::to_string(config.replicates)},
          {"version", version},
          {"instruction set", to_string(instruction_set())}};
}

std::vector<Replicates> checkpointed_bootstrap(const std::vector<const Fit*>& fits, const BootstrapPlan& plan,
                                               const CheckpointKey& key, const CheckpointPlan& checkpoint) {
  Checkpoint kept(checkpoint.result, key, checkpoint.start);
  BootstrapPlan none = plan;
  none.replicates = 0;
  std::vector<Replicates> whole = joint_bootstrap(fits, none);
  for (std::size_t k = 0; k < fits.size(); ++k) {
    if (!fits[k]->resampled) continue;
    const auto rows = static_cast<Eigen::Index>(fits[k]->resampled->parameters().size());
    whole[k].value.resize(rows, plan.replicates);
    whole[k].t.resize(rows, plan.replicates);
    whole[k].status.assign(static_cast<std::size_t>(plan.replicates), 0);
  }
  const long units = (plan.replicates + replicates_per_unit - 1) / replicates_per_unit;
  const auto size_of = [&](long unit) { return std::min(replicates_per_unit, plan.replicates - unit * replicates_per_unit); };
  const auto has = [&](long unit) { return kept.has(static_cast<std::uint64_t>(unit)); };
  long before = 0;
  for (long unit = 0; unit < units; ++unit)
    if (has(unit)) {
      unpack(kept.load_numbers(static_cast<std::uint64_t>(unit)), whole, unit * replicates_per_unit, size_of(unit));
      before += size_of(unit);
    }
  long finished = before;

  // As many units at a time as keep every worker busy: a unit has 16 blocks. The disk works beside the next ones.
  const long wave = std::max(1, worker_count(plan.parallelism) / 4);
  std::future<void> saving;
  for (long unit = 0; unit < units;) {
    if (has(unit)) {
      ++unit;
      continue;
    }
    if (checkpoint.interrupted && checkpoint.interrupted()) {
      if (saving.valid()) saving.get();
      throw Interrupted(fmt::format("interrupted in the replicates: {} of {} units of {} are kept in '{}'", kept.finished().size(),
                                    units, replicates_per_unit, Checkpoint::folder_of(checkpoint.result).string()));
    }
    const long begin = unit;
    while (unit < units && unit - begin < wave && !has(unit)) ++unit;
    BootstrapPlan part = plan;
    part.first = plan.first + begin * replicates_per_unit;
    part.replicates = std::min(unit * replicates_per_unit, plan.replicates) - begin * replicates_per_unit;
    place(joint_bootstrap(fits, part), whole, begin * replicates_per_unit);
    if (saving.valid()) saving.get();
    saving = std::async(std::launch::async, [&kept, &whole, &size_of, begin, end = unit] {
      for (long done = begin; done < end; ++done)
        kept.save_numbers(static_cast<std::uint64_t>(done), packed(whole, done * replicates_per_unit, size_of(done)));
    });
    finished += part.replicates;
    if (checkpoint.advance)
      checkpoint.advance({"draws", static_cast<double>(finished), static_cast<double>(plan.replicates), "replicates", static_cast<double>(before)});
  }
  if (saving.valid()) saving.get();
  return whole;
}

void remove_checkpoint(const RunConfig& config, const CheckpointPlan& checkpoint) {
  if (!keeps_units(config, checkpoint)) return;
  const std::filesystem::path folder = Checkpoint::folder_of(checkpoint.result);
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (error) throw StoreError(fmt::format("could not remove '{}': {}", folder.string(), error.message()));
}

}  // namespace spillway
