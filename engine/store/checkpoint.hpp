// Units of finished work on disk, so that a killed run goes on where it was. One file a unit, whole or
// absent.
#pragma once
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace spillway {

/// What a checkpoint belongs to, in named parts: {"configuration", text without threads}, {"data", SHA-256},
/// {"seed", "20241"}, {"version", ...}. Number of threads and ranks are not part of it: they change no bits.
using CheckpointKey = std::vector<std::pair<std::string, std::string>>;

/// "seed is '7' there and '8' here"; of texts of many lines the first line that differs.
std::string difference(const std::string& name, const std::string& there, const std::string& here);

/// Which units are finished, and their bytes. A folder `<result>.checkpoint` holds key.json and one shard
/// file a unit, each written to a temporary name, synced and renamed: kill -9 loses at most the units in
/// work.
///
/// save() may be called by several threads, and by several processes for different units of the same key.
class Checkpoint {
 public:
  enum class Start {
    fresh,   ///< discard what is there
    resume,  ///< go on from a matching checkpoint; start afresh where there is none
  };

  /// @throws InputError  resume, and the checkpoint there is of another key; names each part that differs,
  /// with both
  ///                     values (for texts of many lines: the first line that differs)
  /// @throws StoreError  the folder cannot be made or read
  Checkpoint(const std::filesystem::path& result, const CheckpointKey& key, Start start);

  /// The checkpoint that another process has opened with this key, whose finished units are these: looks at
  /// nothing and removes nothing.
  Checkpoint(const std::filesystem::path& result, const CheckpointKey& key,
             std::vector<std::uint64_t> finished);

  static std::filesystem::path folder_of(const std::filesystem::path& result);

  bool has(std::uint64_t unit) const;
  std::vector<std::uint64_t> finished() const;  ///< ascending
  /// Shards that were truncated, damaged or of another unit when it was opened: removed, their units to be
  /// done again.
  long damaged() const noexcept { return damaged_; }

  /// The bytes that save() was given. @throws StoreError  the shard has gone or is damaged
  std::vector<std::byte> load(std::uint64_t unit) const;
  std::vector<double> load_numbers(std::uint64_t unit) const;

  /// Keep a finished unit: atomic and synced. @throws StoreError  no space, no permission; what was saved
  /// stays
  void save(std::uint64_t unit, const std::vector<std::byte>& bytes);
  void save_numbers(std::uint64_t unit, const std::vector<double>& numbers);

  /// The result is whole: remove the folder. Where that fails, standard error says so: the result stands.
  void remove();

 private:
  std::filesystem::path shard(std::uint64_t unit) const;
  void write_shard(std::uint64_t unit, const void* data, std::size_t bytes);
  std::optional<std::vector<std::byte>> read_shard(std::uint64_t unit) const;

  std::filesystem::path folder_;
  std::uint32_t key_sum_ = 0;
  long damaged_ = 0;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> finished_;  // ascending
};

}  // namespace spillway
