// The result of a run: one HDF5 file, complete under its final name or absent. Shows no HDF5 type.
// What stands where is in FORMAT.md.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/files.hpp"
#include "engine/base/parallel.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/draw/draw_set.hpp"
#include "engine/estimate/estimate.hpp"
#include "engine/outcome/outcome.hpp"
#include "engine/store/run_record.hpp"
#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// Large datasets of doubles and floats: as they are (fastest), or shuffled and deflated in parallel blocks.
enum class Packing { raw, gzip };

struct StoreOptions {
  Existing existing = Existing::replace;
  Packing packing = Packing::raw;
  int gzip_level = 1;       ///< 1..9
  Parallelism parallelism;  ///< of the compression
};

/// What a result holds of what its run computed (store.keep). Everything; or nothing by area, and of
/// groupings of many groups no draws before the last period; or besides neither areas nor replicates, and
/// draws of nation and area types alone.
enum class Kept { full, groups, summary };
/// @param keep  as in the configuration
Kept kept_of(const std::string& keep);
/// Up to so many groups the draws of a grouping are kept in every period, whatever is left out.
inline constexpr std::size_t few_groups = 40;

/// What a dataset is, beside its numbers.
struct Label {
  std::string path;  ///< "/draws/value"; groups above it are made as needed
  std::vector<std::string>
      dimensions;    ///< one name an axis. The axis of a dataset's own name makes it a coordinate;
                     ///< the others are looked up in its group and those above it; one that is
                     ///< nowhere, or there with another length, is numbered from 0 here
  std::string unit;  ///< "1" where it has none
  std::string long_name;
};

/// Writes one run's file under a temporary name beside the final one, and renames it when it is whole.
///
/// Not for several threads at a time, but any thread may call it in its turn. Every write goes straight from
/// the caller's memory to the file (one copy where the axes must be turned). Any StoreError leaves the writer
/// unusable and a former result of that name untouched; the destructor removes what was not committed.
class RunWriter {
 public:
  /// @param final_path  what the result will be called; its folder must exist
  /// @throws StoreError  no such folder, no permission, no space, or a result is there already and `existing`
  ///                     refuses; names path and reason
  explicit RunWriter(const std::filesystem::path& final_path, const StoreOptions& options = {});
  ~RunWriter();
  RunWriter(const RunWriter&) = delete;
  RunWriter& operator=(const RunWriter&) = delete;

  const std::filesystem::path& final_path() const noexcept;
  const std::filesystem::path& temporary_path() const noexcept;

  // Values of the run, each at its place in the format. Names become group names: one with '/' is an
  // InputError.

  void write_run(const RunRecord& record);
  /// Times and memory, once they are known; before commit().
  void write_stages(const std::vector<StageCost>& stages, const std::string& finished);
  /// Every column of the pack's areas, in its order. `area_type` is the column that the run used as type.
  void write_areas(const DataPack& pack, const std::string& area_type);
  /// What write_areas() says of the pack, without its columns.
  void write_world(const DataPack& pack, const std::string& area_type);
  void write_weights(const SpatialWeights& weights, const DataPack& pack, const std::string& description);
  /// At /estimates/<model>/<estimator>; cells of a grid that feed nothing go under
  /// /estimates/<model>/cells/<cell>/.
  enum class Place { headline, grid };
  void write_estimate(const Estimate& estimate, Place place = Place::headline);
  void write_draws(const DrawSet& draws);

  /// Opens /scenarios/<name>: which successful replicate each draw used, the lever, and what must be said.
  void write_scenario(const std::string& name, const std::vector<int>& replicate_of_draw,
                      const std::vector<Attribute>& attributes = {});
  void write_scenario_parameters(const std::string& name, const StoredParameters& parameters);
  /// After write_areas(), whose codes become the coordinate.
  /// @param unit  of the outcome
  /// @param kept  rows of the pack's areas whose draws `summary` holds; empty where it holds none
  void write_area_summary(const std::string& scenario, const AreaSummary& summary,
                          const std::vector<double>& levels, const std::string& unit,
                          const std::vector<int>& kept = {});
  /// @param horizon  periods ahead; a series of one period is that of the last
  void write_aggregate(const std::string& scenario, const AggregateSeries& series, const Grouping& grouping,
                       int horizon, const std::string& unit);
  void write_appraisal(const StoredAppraisal& appraisal);

  // Anything else, by label.

  void write_table(const std::string& group, const std::string& dimension,
                   const std::vector<TableColumn>& columns);
  void write(const Label& label, const double* values, const std::vector<long>& shape);
  void write(const Label& label, const float* values, const std::vector<long>& shape);
  void write(const Label& label, const std::uint8_t* values, const std::vector<long>& shape);
  void write(const Label& label, const std::int32_t* values, const std::vector<long>& shape);
  void write(const Label& label, const std::int64_t* values, const std::vector<long>& shape);
  /// Fixed-length UTF-8, padded with NUL to the longest.
  void write(const Label& label, const std::vector<std::string>& texts, const std::vector<long>& shape);
  /// An axis that has a length but no values of its own: 0, 1, 2, ...
  void write_dimension(const std::string& path, long length);
  /// On a group (made as needed) or dataset. @throws std::logic_error  that attribute has been written
  void write_attribute(const std::string& path, const std::string& name, const AttributeValue& value);

  /// Checksums, complete = 1, flush, close, fsync, rename, fsync of the folder.
  void commit();

 private:
  struct State;
  void remember_areas(std::vector<std::string> codes);
  const std::vector<std::string>& area_codes(long areas) const;
  std::unique_ptr<State> state_;
};

/// A damaged or missing object, in words.
struct Damage {
  std::string object, what;
};

/// Numbers of any type with their shape, as doubles.
struct NumberBlock {
  std::vector<long> shape;
  std::vector<double> value;  ///< last axis fastest
};

/// One entry of the file's tree.
struct StoredObject {
  std::string path;
  bool group = false;
  bool position = false;  ///< an axis without values of its own
  std::vector<long> shape;
  std::vector<std::string> dimensions;
  std::string type, unit, long_name;
  std::uint64_t bytes = 0;  ///< in the file
};

/// What to do with a file that has lost its seal and does not hold what its manifests say: other programs
/// (h5repack) write such files, and so do those who want to mislead.
enum class Unsealed { refuse, try_it };

/// Reads a result file. Whatever is in it: shapes, types, places and links are held against what a result
/// has, and against each other, before a value is used.
class RunReader {
 public:
  /// @throws InputError  no such file, not one of ours, not complete, or of a newer format; says which and
  /// what to do
  /// @throws StoreError  it exists but cannot be read: no permission, truncated, damaged, without its seal,
  /// in use by another process
  explicit RunReader(const std::filesystem::path& path, Unsealed unsealed = Unsealed::refuse);
  ~RunReader();
  RunReader(RunReader&&) noexcept;
  RunReader(const RunReader&) = delete;
  RunReader& operator=(const RunReader&) = delete;

  const std::filesystem::path& path() const noexcept;
  std::string format_version() const;

  RunRecord run() const;
  /// What its run was told to keep. Whatever is asked for and was left out is an InputError that says so.
  Kept kept() const;
  std::vector<std::string> area_columns() const;
  std::vector<std::string> area_texts(const std::string& column) const;
  std::vector<double> area_numbers(const std::string& column) const;
  std::vector<StoredEstimate> estimates() const;
  /// By "model/estimator". @throws InputError  none; names the nearest and lists those there are
  Estimate estimate(const std::string& name) const;
  DrawSet draws() const;
  /// Names of the results that a merged file holds or links, in their order; none: it is one result.
  std::vector<std::string> members() const;
  /// One of them, read as a result of its own while this reader lives. @throws InputError  there is none of
  /// that name
  RunReader member(const std::string& name) const;
  std::vector<std::string> scenarios() const;
  std::vector<Attribute> scenario_attributes(const std::string& scenario) const;
  std::vector<int> replicate_of_draw(const std::string& scenario) const;
  StoredParameters scenario_parameters(const std::string& scenario) const;
  std::vector<std::string> area_outcomes(const std::string& scenario) const;
  StoredAreaSummary area_summary(const std::string& scenario, const std::string& outcome) const;
  std::vector<std::string> aggregate_outcomes(const std::string& scenario) const;
  std::vector<std::string> groupings(const std::string& scenario, const std::string& outcome) const;
  /// Whether its draws are there, or their quantiles alone.
  bool has_draws(const std::string& scenario, const std::string& outcome, const std::string& grouping) const;
  /// @param first, count  draws to read; count < 0: all that follow
  StoredAggregate aggregate(const std::string& scenario, const std::string& outcome,
                            const std::string& grouping, long first = 0, long count = -1) const;
  std::vector<std::string> appraisals() const;
  StoredAppraisal appraisal(const std::string& scenario) const;

  // Anything else, by path.

  bool has(const std::string& path) const;
  bool has_attribute(const std::string& path, const std::string& name) const;
  std::vector<std::string> children(const std::string& group) const;  ///< in the order they were written
  std::vector<StoredObject> objects() const;                          ///< the whole tree, parents first
  NumberBlock numbers(const std::string& path) const;
  std::vector<std::string> texts(const std::string& path) const;
  /// Columns of one length, as this version means them (FORMAT.md, "Promise"). @throws StoreError  they are
  /// not of one length
  std::vector<TableColumn> table(const std::string& group) const;
  /// @param shape  what it must be; any_length where anything goes
  /// @throws StoreError  it is of another shape
  static constexpr long any_length = -1;
  NumberBlock numbers(const std::string& path, const std::vector<long>& shape) const;
  std::vector<std::string> texts(const std::string& path, long count) const;
  std::vector<Attribute> attributes(const std::string& path) const;  ///< in the order they were written
  /// @throws InputError  there is none of that name
  AttributeValue attribute(const std::string& path, const std::string& name) const;
  /// @throws InputError  there is none of that name; StoreError  it is of another type
  template <class T>
  T attribute_as(const std::string& path, const std::string& name) const {
    const AttributeValue value = attribute(path, name);
    const T* held = std::get_if<T>(&value);
    if (held == nullptr) refuse_attribute(path, name);
    return *held;
  }

  /// Every dataset and attribute read again and held against the checksums written with it; empty: whole. A
  /// merged file's linked members are verified too. (Damage to the structure or its texts is found when it is
  /// opened.)
  std::vector<Damage> verify(Parallelism parallelism = {}) const;

 private:
  struct State;
  RunReader(const std::filesystem::path& path, Unsealed unsealed, bool member, bool on_trial);
  explicit RunReader(std::unique_ptr<State> state);
  void open();
  /// @throws InputError  `what` was left out by store.keep
  void need_kept(Kept least, const std::string& what) const;
  [[noreturn]] void refuse_attribute(const std::string& path, const std::string& name) const;
  long areas() const;
  void turn_to_outcome(const std::string& group, std::vector<TableColumn>& columns) const;
  std::vector<Damage> verify_linked(Parallelism parallelism) const;
  std::vector<Damage> verify_contents() const;
  void try_unsealed() const;
  bool verifies_by_seal(Parallelism parallelism) const;
  std::unique_ptr<State> state_;
};

/// What is in a result, for people: the run, its tree with shapes, units and sizes, its headline numbers.
std::string inspect_text(const RunReader& reader);

/// Opens and verifies, a file without its seal as well. A file that does not open is one Damage of object
/// "/".
/// @throws InputError  no such file
std::vector<Damage> verify(const std::filesystem::path& path, Parallelism parallelism = {});

}  // namespace spillway
