#include "engine/store/checkpoint.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/base/files.hpp"
#include "engine/base/text.hpp"
#include "engine/store/checkpoint_folder.hpp"
#include "engine/store/crc32c.hpp"

namespace spillway {

namespace {

/// At the head of every shard; the bytes of the unit follow.
struct ShardHeader {
  char magic[8] = {'s', 'p', 'w', 's', 'h', 'r', 'd', '1'};
  std::uint64_t unit = 0, bytes = 0;
  std::uint32_t key_sum = 0, data_sum = 0;
};

constexpr std::string_view key_name = "key.json", prefix = "unit-", suffix = ".shard";

/// The unit that a file of this name keeps.
std::optional<std::uint64_t> unit_of(std::string_view name) {
  if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size())
    return std::nullopt;
  const std::string number(name.substr(prefix.size(), name.size() - prefix.size() - suffix.size()));
  if (number.size() > 18 || number.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return std::stoull(number);
}

/// Whether a checkpoint has written the file, or begun to.
bool is_ours(const std::string& name) {
  constexpr std::string_view beside = ".tmp-";  // and the number of the process
  const std::size_t at = name.find(beside);
  if (at != std::string::npos &&
      (at + beside.size() == name.size() ||
       name.find_first_not_of("0123456789", at + beside.size()) != std::string::npos))
    return false;
  const std::string whole = name.substr(0, at);
  return whole == key_name || unit_of(whole);
}

/// What is in a checkpoint's folder. @throws StoreError  it cannot be listed
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) files.push_back(entry.path());
  if (error && error != std::errc::no_such_file_or_directory)
    throw StoreError(fmt::format("could not list '{}': {}", folder.string(), error.message()));
  std::sort(files.begin(), files.end());
  return files;
}

/// Somebody else's folder of this name is no checkpoint to be discarded.
void refuse_other_files(const std::filesystem::path& folder) {
  for (const auto& file : files_in(folder))
    if (!is_ours(file.filename().string()))
      throw InputError(fmt::format(
          "'{}' is where this run keeps its units, and it holds '{}', which no run has put there; "
          "move that away or choose another --output",
          folder.string(), shown_text(file.filename().string())));
}

std::uint32_t sum_of(const CheckpointKey& key) {
  std::uint32_t sum = 0;
  for (const auto& [name, value] : key) {
    sum = crc32c(name.c_str(), name.size() + 1, sum);
    sum = crc32c(value.c_str(), value.size() + 1, sum);
  }
  return sum;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

CheckpointKey read_key(const std::filesystem::path& file) {
  const std::string text = read_file(file, "checkpoint's key");
  CheckpointKey key;
  try {
    for (const auto& part : nlohmann::json::parse(text)) key.emplace_back(part.at("name"), part.at("value"));
  } catch (const nlohmann::json::exception&) {
    throw InputError(fmt::format(
        "the checkpoint's key '{}' is damaged; remove its folder or run without --resume", file.string()));
  }
  return key;
}

void refuse_other_key(const CheckpointKey& there, const CheckpointKey& here,
                      const std::filesystem::path& folder) {
  std::string differences;
  const auto value_in = [](const CheckpointKey& key, const std::string& name) -> const std::string* {
    for (const auto& part : key)
      if (part.first == name) return &part.second;
    return nullptr;
  };
  const auto add = [&](const std::string& text) { differences += (differences.empty() ? "" : "; ") + text; };
  for (const auto& [name, value] : here) {
    const std::string* old = value_in(there, name);
    if (old == nullptr)
      add(fmt::format("{} was not recorded there", name));
    else if (*old != value)
      add(difference(name, *old, value));
  }
  for (const auto& [name, value] : there)
    if (value_in(here, name) == nullptr) add(fmt::format("{} is recorded there alone", name));
  if (!differences.empty())
    throw InputError(
        fmt::format("the checkpoint '{}' is of another run: {}; use the same, or run without --resume to "
                    "start afresh",
                    folder.string(), differences));
}

}  // namespace

std::string difference(const std::string& name, const std::string& there, const std::string& here) {
  const auto old_lines = lines_of(there), new_lines = lines_of(here);
  if (old_lines.size() <= 1 && new_lines.size() <= 1)
    return fmt::format("{} is '{}' there and '{}' here", name, there, here);
  std::size_t line = 0;
  while (line < old_lines.size() && line < new_lines.size() && old_lines[line] == new_lines[line]) ++line;
  const auto text = [&](const std::vector<std::string>& lines) {
    return line < lines.size() ? "'" + lines[line] + "'" : std::string("nothing");
  };
  return fmt::format("line {} of the {} is {} there and {} here", line + 1, name, text(old_lines),
                     text(new_lines));
}

std::error_code discard_checkpoint(const std::filesystem::path& folder) {
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    if (std::filesystem::is_symlink(std::filesystem::symlink_status(folder, error)))
      std::filesystem::remove(folder, error);  // it leads nowhere
    return {};
  }
  std::vector<std::filesystem::path> ours;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (is_ours(entry.path().filename().string())) ours.push_back(entry.path());
  if (error) return error;
  for (const auto& file : ours)
    if (!std::filesystem::remove(file, error) && error) return error;
  std::filesystem::remove(folder, error);
  return error;
}

std::filesystem::path Checkpoint::folder_of(const std::filesystem::path& result) {
  return std::filesystem::path(result.string() + ".checkpoint");
}

Checkpoint::Checkpoint(const std::filesystem::path& result, const CheckpointKey& key, Start start)
    : folder_(folder_of(result)), key_sum_(sum_of(key)) {
  namespace fs = std::filesystem;
  const fs::path key_file = folder_ / key_name;
  std::error_code error;
  if (start == Start::fresh) {
    refuse_other_files(folder_);
    error = discard_checkpoint(folder_);
  }
  if (error) throw StoreError(fmt::format("could not remove '{}': {}", folder_.string(), error.message()));
  fs::create_directories(folder_, error);
  if (error) throw StoreError(fmt::format("could not make '{}': {}", folder_.string(), error.message()));
  if (fs::exists(key_file, error)) {
    refuse_other_key(read_key(key_file), key, folder_);
  } else {
    nlohmann::ordered_json parts = nlohmann::ordered_json::array();
    for (const auto& [name, value] : key) parts.push_back({{"name", name}, {"value", value}});
    write_file(key_file, parts.dump(1) + "\n");
  }
  std::vector<fs::path> bad;
  for (const auto& file : files_in(folder_)) {
    const auto unit = unit_of(file.filename().string());
    if (unit && read_shard(*unit))
      finished_.push_back(*unit);
    else if (unit)
      bad.push_back(file);
  }
  for (const auto& path : bad) fs::remove(path, error);
  damaged_ = static_cast<long>(bad.size());
  std::sort(finished_.begin(), finished_.end());
}

Checkpoint::Checkpoint(const std::filesystem::path& result, const CheckpointKey& key,
                       std::vector<std::uint64_t> finished)
    : folder_(folder_of(result)), key_sum_(sum_of(key)), finished_(std::move(finished)) {
  std::sort(finished_.begin(), finished_.end());
}

std::filesystem::path Checkpoint::shard(std::uint64_t unit) const {
  return folder_ / fmt::format("{}{}{}", prefix, unit, suffix);
}

bool Checkpoint::has(std::uint64_t unit) const {
  const std::lock_guard lock(mutex_);
  return std::binary_search(finished_.begin(), finished_.end(), unit);
}

std::vector<std::uint64_t> Checkpoint::finished() const {
  const std::lock_guard lock(mutex_);
  return finished_;
}

std::optional<std::vector<std::byte>> Checkpoint::read_shard(std::uint64_t unit) const {
  if (!unusual_kind(shard(unit)).empty()) return std::nullopt;  // a pipe would be waited for
  std::ifstream in(shard(unit), std::ios::binary | std::ios::ate);
  if (!in) return std::nullopt;
  const auto size = static_cast<std::uint64_t>(in.tellg());
  in.seekg(0);
  const ShardHeader expected;
  ShardHeader header;
  if (size < sizeof header || !in.read(reinterpret_cast<char*>(&header), sizeof header)) return std::nullopt;
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) != 0 || header.unit != unit ||
      header.key_sum != key_sum_ || header.bytes != size - sizeof header)
    return std::nullopt;
  std::vector<std::byte> bytes(header.bytes);
  if (!bytes.empty() &&
      !in.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size())))
    return std::nullopt;
  if (crc32c(bytes.data(), bytes.size()) != header.data_sum) return std::nullopt;
  return bytes;
}

std::vector<std::byte> Checkpoint::load(std::uint64_t unit) const {
  auto bytes = read_shard(unit);
  if (!bytes)
    throw StoreError(
        fmt::format("unit {} of the checkpoint '{}' is missing or damaged; resume again to redo it", unit,
                    folder_.string()));
  return *std::move(bytes);
}

std::vector<double> Checkpoint::load_numbers(std::uint64_t unit) const {
  const auto bytes = load(unit);
  std::vector<double> numbers(bytes.size() / sizeof(double));
  if (!numbers.empty()) std::memcpy(numbers.data(), bytes.data(), numbers.size() * sizeof(double));
  return numbers;
}

void Checkpoint::write_shard(std::uint64_t unit, const void* data, std::size_t size) {
  ShardHeader header;
  header.unit = unit;
  header.bytes = size;
  header.key_sum = key_sum_;
  header.data_sum = crc32c(data, size);
  write_file(shard(unit), {{reinterpret_cast<const char*>(&header), sizeof header},
                           {static_cast<const char*>(data), size}});
  const std::lock_guard lock(mutex_);
  const auto at = std::lower_bound(finished_.begin(), finished_.end(), unit);
  if (at == finished_.end() || *at != unit) finished_.insert(at, unit);
}

void Checkpoint::save(std::uint64_t unit, const std::vector<std::byte>& bytes) {
  write_shard(unit, bytes.data(), bytes.size());
}

void Checkpoint::save_numbers(std::uint64_t unit, const std::vector<double>& numbers) {
  write_shard(unit, numbers.data(), numbers.size() * sizeof(double));
}

void Checkpoint::remove() {
  const std::error_code error = discard_checkpoint(folder_);
  if (error)
    fmt::print(
        stderr,
        "spillway: the result is whole, but what was kept beside it could not be removed: {}: {} (remove it "
        "by hand)\n",
        folder_.string(), error.message());
  const std::lock_guard lock(mutex_);
  finished_.clear();
}

}  // namespace spillway
