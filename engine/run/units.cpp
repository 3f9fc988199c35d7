#include "engine/run/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <future>

#include "engine/base/error.hpp"
#include "engine/base/instruction_set.hpp"
#include "engine/run/outcome_bytes.hpp"
#include "engine/run/packer.hpp"

namespace spillway {

namespace {

constexpr std::uint64_t first_scenario_unit = 1'000'000'000;  // replicates' units are numbered from 0
constexpr long replicates_per_block = 128;                    // joint_bootstrap()'s

/// Values, t and status of every replicated fit, replicate after replicate: columns [first, first + count).
void append_packed(const std::vector<Replicates>& all, long first, long count, std::vector<double>& numbers) {
  for (const Replicates& part : all) {
    if (part.value.size() == 0) continue;
    const Eigen::Index rows = part.value.rows();
    numbers.insert(numbers.end(), part.value.data() + first * rows,
                   part.value.data() + (first + count) * rows);
    numbers.insert(numbers.end(), part.t.data() + first * rows, part.t.data() + (first + count) * rows);
    numbers.insert(numbers.end(), part.status.begin() + first, part.status.begin() + first + count);
  }
}

std::size_t packed_size(const std::vector<Replicates>& all, long count) {
  std::size_t size = 0;
  for (const Replicates& part : all)
    if (part.value.size() > 0) size += static_cast<std::size_t>(count * (2 * part.value.rows() + 1));
  return size;
}

/// The inverse of append_packed(). @return  behind the last number used
const double* unpack(const double* at, std::vector<Replicates>& all, long first, long count) {
  for (Replicates& part : all) {
    if (part.value.size() == 0) continue;
    const Eigen::Index rows = part.value.rows();
    std::copy_n(at, count * rows, part.value.data() + first * rows);
    at += count * rows;
    std::copy_n(at, count * rows, part.t.data() + first * rows);
    at += count * rows;
    std::transform(at, at + count, part.status.begin() + first,
                   [](double status) { return static_cast<std::uint8_t>(status); });
    at += count;
  }
  return at;
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

std::vector<Replicates> room_for(const std::vector<const Fit*>& fits, const BootstrapPlan& plan) {
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
  return whole;
}

/// Replicates of one unit: fixed where units are kept, else a rank's slice, of whole blocks.
long unit_size(const BootstrapPlan& plan, const UnitWork& work) {
  if (work.kept) return replicates_per_unit;
  const long blocks = (plan.replicates + replicates_per_block - 1) / replicates_per_block,
             ranks = work.ranks->size();
  return std::max<long>(1, (blocks + ranks - 1) / ranks) * replicates_per_block;
}

bool told_to_stop(const UnitWork& work) { return work.interrupted && work.interrupted(); }

}  // namespace

bool keeps_units(const RunConfig& config, const CheckpointPlan& checkpoint) {
  return !checkpoint.result.empty() && checkpoint.keep != CheckpointPlan::Keep::never &&
         (checkpoint.start == Checkpoint::Start::resume || checkpoint.keep == CheckpointPlan::Keep::always ||
          config.replicates >= long_bootstrap ||
          static_cast<long>(config.scenarios.size()) >= many_scenarios);
}

std::string without_threads(const std::string& text) {
  std::string kept;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    const std::size_t word = line.find_first_not_of(" \t");
    const bool threads = word != std::string::npos && (line.compare(word, 7, "threads") == 0 ||
                                                       line.compare(word, 19, "# --set run.threads") == 0);
    if (!threads) kept += line + "\n";
    at = end + 1;
  }
  return kept;
}

CheckpointKey checkpoint_key(const RunConfig& config, const std::vector<InputFile>& inputs,
                             const std::string& version) {
  std::string data;
  for (const InputFile& input : inputs) data += fmt::format("{} {}\n", input.role, input.sha256);
  return {{"configuration", without_threads(config.text)},
          {"data", data},
          {"seed", std::to_string(config.seed)},
          {"replicates", std::to_string(config.replicates)},
          {"version", version},
          {"instruction set", to_string(instruction_set())}};
}

void require_same(const CheckpointKey& key, Ranks& ranks) {
  if (ranks.size() == 1) return;
  Packer pack;
  pack.text(ranks.name());
  for (const auto& [name, value] : key) {
    pack.text(name);
    pack.text(value);
  }
  for (const auto& bytes : ranks.all_gather(pack.bytes)) {
    Unpacker unpack(bytes);
    const std::string who = unpack.text();
    for (const auto& [name, value] : key)
      if (unpack.text() != name || unpack.text() != value)
        throw InputError(
            fmt::format("{} and {} differ in the {} (every rank must run the same build on the same files)",
                        ranks.name(), who, name));
  }
}

std::unique_ptr<Checkpoint> open_checkpoint(const std::filesystem::path& result, const CheckpointKey& key,
                                            Checkpoint::Start start, Ranks& ranks) {
  std::unique_ptr<Checkpoint> kept;
  std::vector<std::uint64_t> finished;
  if (ranks.writes()) {
    kept = std::make_unique<Checkpoint>(result, key, start);
    finished = kept->finished();
  }
  if (ranks.size() == 1) return kept;
  const auto all = ranks.all_gather(std::as_bytes(std::span(finished)));
  if (!kept) {
    finished.resize(all.front().size() / sizeof(std::uint64_t));
    if (!finished.empty()) std::memcpy(finished.data(), all.front().data(), all.front().size());
    kept = std::make_unique<Checkpoint>(result, key, std::move(finished));
  }
  return kept;
}

std::vector<Replicates> bootstrap_in_units(const std::vector<const Fit*>& fits, const BootstrapPlan& plan,
                                           const UnitWork& work) {
  Checkpoint* kept = work.kept;
  Ranks& ranks = *work.ranks;
  std::vector<Replicates> whole = room_for(fits, plan);
  const long each = unit_size(plan, work), units = (plan.replicates + each - 1) / each;
  const auto size_of = [&](long unit) { return std::min(each, plan.replicates - unit * each); };
  std::vector<long> open;
  long before = 0;
  for (long unit = 0; unit < units; ++unit) {
    const auto number = static_cast<std::uint64_t>(unit);
    if (!kept || !kept->has(number)) {
      open.push_back(unit);
      continue;
    }
    const std::vector<double> numbers = kept->load_numbers(number);
    if (numbers.size() != packed_size(whole, size_of(unit)))
      throw StoreError(fmt::format(
          "unit {} of the checkpoint holds {} numbers, not {}; remove its folder or run without --resume",
          unit, numbers.size(), packed_size(whole, size_of(unit))));
    unpack(numbers.data(), whole, unit * each, size_of(unit));
    before += size_of(unit);
  }
  const auto open_of = [&](int rank) {
    const Share share = share_of(static_cast<long>(open.size()), rank, ranks.size());
    return std::vector<long>(open.begin() + share.first, open.begin() + share.last);
  };
  const std::vector<long> mine = open_of(ranks.rank());

  // As many units at a time as keep every worker busy: a unit has 16 blocks. The disk works beside the next
  // ones.
  const auto wave = static_cast<std::size_t>(std::max(1, worker_count(plan.parallelism) / 4));
  enum State { done, busy, stop };
  std::future<void> saving;
  double finished = 0.0;
  for (std::size_t next = 0;;) {
    const int state = ranks.most(told_to_stop(work) ? stop : next < mine.size() ? busy : done);
    if (state == done) break;
    if (state == stop) {
      if (saving.valid()) saving.get();
      const long here = ranks.total(static_cast<long>(next)) + units - static_cast<long>(open.size());
      throw Interrupted(
          kept
              ? fmt::format("interrupted in the replicates: {} of {} units of {} are kept", here, units, each)
              : std::string("interrupted in the replicates; nothing is kept of a run this short"));
    }
    if (next == mine.size()) continue;
    const std::size_t begin = next++;
    while (next < mine.size() && next - begin < wave && mine[next] == mine[next - 1] + 1) ++next;
    const long from = mine[begin] * each;
    BootstrapPlan part = plan;
    part.first = plan.first + from;
    part.replicates = mine[next - 1] * each + size_of(mine[next - 1]) - from;
    place(joint_bootstrap(fits, part), whole, from);
    if (saving.valid()) saving.get();
    if (kept)
      saving = std::async(std::launch::async, [kept, &whole, &mine, &size_of, begin, end = next, each] {
        for (std::size_t k = begin; k < end; ++k) {
          std::vector<double> numbers;
          append_packed(whole, mine[k] * each, size_of(mine[k]), numbers);
          kept->save_numbers(static_cast<std::uint64_t>(mine[k]), numbers);
        }
      });
    finished += static_cast<double>(part.replicates) * static_cast<double>(open.size()) /
                static_cast<double>(mine.size());
    if (work.advance)  // the other ranks are about as far
      work.advance({"draws",
                    std::min(static_cast<double>(before) + finished, static_cast<double>(plan.replicates)),
                    static_cast<double>(plan.replicates), "replicates", static_cast<double>(before)});
  }
  if (saving.valid()) saving.get();
  if (ranks.size() == 1) return whole;

  std::vector<double> numbers;
  for (const long unit : mine) append_packed(whole, unit * each, size_of(unit), numbers);
  const auto all = ranks.all_gather(std::as_bytes(std::span(numbers)));
  for (int rank = 0; rank < ranks.size(); ++rank) {
    if (rank == ranks.rank()) continue;
    const auto& bytes = all[static_cast<std::size_t>(rank)];
    numbers.resize(bytes.size() / sizeof(double));
    if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), bytes.size());
    const double* at = numbers.data();
    for (const long unit : open_of(rank)) at = unpack(at, whole, unit * each, size_of(unit));
  }
  return whole;
}

ScenarioTurn::ScenarioTurn(std::size_t s, std::size_t count, const UnitWork& work)
    : s_(s),
      work_(work),
      shared_(work.ranks->size() > 1 && s >= count - count % static_cast<std::size_t>(work.ranks->size())),
      turn_(static_cast<int>(s % static_cast<std::size_t>(work.ranks->size()))) {}

bool ScenarioTurn::takes_part() const {
  Ranks& ranks = *work_.ranks;
  if ((turn_ == 0 || shared_) && ranks.most(told_to_stop(work_) ? 1 : 0) > 0)
    throw Interrupted(fmt::format("interrupted before scenario {}{}", s_ + 1,
                                  work_.kept ? "; those before it are kept" : ""));
  return shared_ || ranks.writes() || ranks.rank() == turn_;
}

bool ScenarioTurn::have(ScenarioOutcome& outcome, const std::function<void()>& compute) const {
  Ranks& ranks = *work_.ranks;
  const std::uint64_t unit = first_scenario_unit + s_;
  if (work_.kept && work_.kept->has(unit)) {
    if (ranks.writes()) outcome = scenario_outcome_from_bytes(work_.kept->load(unit));
    return ranks.writes();
  }
  if (shared_) {
    compute();
    if (ranks.writes() && work_.kept) work_.kept->save(unit, to_bytes(outcome));
    return ranks.writes();
  }
  if (ranks.rank() != turn_) {
    outcome = scenario_outcome_from_bytes(ranks.receive(turn_));
    return true;
  }
  compute();
  if (!work_.kept && turn_ == 0) return true;
  const std::vector<std::byte> bytes = to_bytes(outcome);
  if (work_.kept) work_.kept->save(unit, bytes);
  if (turn_ != 0) ranks.send(0, bytes);
  return turn_ == 0;
}

}  // namespace spillway
