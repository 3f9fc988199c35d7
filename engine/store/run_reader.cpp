// The reader's frame: opening with its refusals, the tree, datasets and attributes by path, verification.
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <hdf5_hl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include "engine/base/text.hpp"
#include "engine/store/crc32c.hpp"
#include "engine/store/hdf5_values.hpp"
#include "engine/store/manifest.hpp"
#include "engine/store/raw_file.hpp"
#include "engine/store/run_reader_state.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

namespace {

std::string type_name(hid_t dataset) {
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose, "read a type");
  const std::size_t bits = 8 * H5Tget_size(type.get());
  switch (H5Tget_class(type.get())) {
    case H5T_FLOAT:
      return fmt::format("f{}", bits);
    case H5T_INTEGER:
      return fmt::format("{}{}", H5Tget_sign(type.get()) == H5T_SGN_NONE ? 'u' : 'i', bits);
    case H5T_STRING:
      return "text";
    default:
      return "other";
  }
}

std::vector<std::string> dimensions_of(hid_t dataset, const std::string& path, std::size_t rank) {
  std::vector<std::string> names(rank);
  if (H5DSis_scale(dataset) > 0 && rank == 1) {
    names[0] = path.substr(path.rfind('/') + 1);
    return names;
  }
  // The name that the scale carries, not its path: HDF5 would search the whole file for that.
  const auto keep = [](hid_t, unsigned, hid_t scale, void* data) -> herr_t {
    char name[512] = {};
    if (H5DSget_scale_name(scale, name, sizeof name) > 0) *static_cast<std::string*>(data) = name;
    return 1;
  };
  for (std::size_t axis = 0; axis < rank; ++axis) {
    std::string name;
    if (H5DSiterate_scales(dataset, static_cast<unsigned>(axis), nullptr, keep, &name) > 0)
      names[axis] = name;
  }
  return names;
}

std::string text_of(const std::vector<Attribute>& attributes, const std::string& name) {
  for (const auto& [key, value] : attributes)
    if (key == name && std::holds_alternative<std::string>(value)) return std::get<std::string>(value);
  return {};
}

/// CRC-32C of a dataset's values as they were given to the writer.
std::uint32_t data_checksum(hid_t dataset, const std::string& path) {
  const std::string action = fmt::format("read '{}'", path);
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose, action);
  const std::vector<hsize_t> dims = extent(dataset, path);
  const std::size_t element = H5Tget_size(type.get());
  if (H5Tget_class(type.get()) == H5T_STRING) return texts_checksum(get_texts(dataset, path));
  std::size_t row = element;
  for (std::size_t axis = 1; axis < dims.size(); ++axis) row *= dims[axis];
  if (dims.empty()) {
    std::vector<char> bytes(element);
    check_hdf5(H5Dread(dataset, type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), action);
    return crc32c(bytes.data(), bytes.size());
  }
  constexpr std::size_t piece = 8u << 20;
  const hsize_t rows = std::max<hsize_t>(1, piece / std::max<std::size_t>(1, row));
  std::vector<char> bytes(static_cast<std::size_t>(std::min(rows, dims[0])) * row);
  const Hdf5Handle file_space(H5Dget_space(dataset), H5Sclose, action);
  std::uint32_t sum = 0;
  for (hsize_t first = 0; first < dims[0]; first += rows) {
    std::vector<hsize_t> start(dims.size(), 0), size = dims;
    start[0] = first;
    size[0] = std::min(rows, dims[0] - first);
    const Hdf5Handle memory(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), H5Sclose,
                            action);
    check_hdf5(
        H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr),
        action);
    check_hdf5(H5Dread(dataset, type.get(), memory.get(), file_space.get(), H5P_DEFAULT, bytes.data()),
               action);
    sum = crc32c(bytes.data(), static_cast<std::size_t>(size[0]) * row, sum);
  }
  return sum;
}

}  // namespace

RunReader::RunReader(const std::filesystem::path& path, Unsealed unsealed)
    : RunReader(path, unsealed, false, false) {}

RunReader::RunReader(const std::filesystem::path& path, Unsealed unsealed, bool member, bool on_trial)
    : state_(std::make_unique<State>()) {
  state_->path = path;
  state_->unsealed = unsealed;
  state_->member = member;
  state_->on_trial = on_trial;
  open();
}

void RunReader::open() {
  quiet_hdf5();
  State& s = *state_;
  const std::string name = s.path.string();
  std::error_code none;
  if (!std::filesystem::exists(s.path, none))
    throw InputError(
        fmt::format("there is no result '{}' (check its path; `spillway run CONFIG --output {}` writes one)",
                    name, name));
  if (std::filesystem::is_directory(s.path, none))
    throw InputError(fmt::format("'{}' is a folder, not a result of 'spillway run'", name));
  if (!std::filesystem::is_regular_file(s.path, none))
    throw InputError(fmt::format("'{}' is a device or a pipe, not a result of 'spillway run'", name));
  s.opened = Descriptor(::open(s.path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!s.opened) throw StoreError(fmt::format("could not open '{}': {}", name, std::strerror(errno)));
  char first[8] = {};
  if (::pread(s.opened.get(), first, 8, 0) != 8 || std::memcmp(first, "\211HDF\r\n\032\n", 8) != 0)
    throw InputError(fmt::format("'{}' is not an HDF5 file (a result of 'spillway run' is one)", name));
  s.file_bytes = std::filesystem::file_size(s.path, none);
  // HDF5's own lock; a file system without locks has nobody to wait for.
  if (::flock(s.opened.get(), LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK)
    throw StoreError(
        fmt::format("could not open '{}': it is in use by another process, which has it open for "
                    "writing; nothing in it is changed, close it there and try again",
                    name));
  ::flock(s.opened.get(), LOCK_UN);
  s.sealed = read_seal(s.path);
  if (s.sealed.state == Seal::broken)
    throw StoreError(fmt::format(
        "could not open '{}': it is damaged (its structure is not what was written; values "
        "are not looked at){}; compute it again or fetch another copy",
        name,
        s.sealed.marked_open ? ", by another program that had it open for writing and did not close it"
                             : ""));
  if (s.sealed.state == Seal::absent && !s.on_trial) try_unsealed();
  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare a file");
  check_hdf5(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "prepare a file");
  const hid_t file = H5Fopen(s.path.c_str(), H5F_ACC_RDONLY, access.get());
  if (file < 0 && s.sealed.marked_open)
    throw StoreError(
        fmt::format("could not open '{}': it is in use by another process, or was left open by one that "
                    "died; close it there, or "
                    "clear the mark with 'h5clear -s {}'",
                    name, name));
  s.file =
      Hdf5Handle(file, H5Fclose, fmt::format("open '{}' (truncated, damaged, or still being written)", name));
  if (!s.exists("/run") || !has_attribute("/run", "format_version"))
    throw InputError(
        fmt::format("'{}' is an HDF5 file but not a result of 'spillway run' (it has no /run)", name));
  const std::string version = format_version();
  int major = 0, minor = 0, end = 0;
  if (version.size() > 12 || std::sscanf(version.c_str(), "%4d.%4d%n", &major, &minor, &end) != 2 ||
      end != static_cast<int>(version.size()) || major < 1 || minor < 0)
    s.refuse("/run", fmt::format("its format_version is '{}' (a result's is such as {}.{})",
                                 shown_text(version, 40), FormatVersion::major, FormatVersion::minor));
  if (major > FormatVersion::major)
    throw InputError(fmt::format("'{}' has format {}, this program reads up to {}.x; use a newer spillway",
                                 name, version, FormatVersion::major));
  if (!has_attribute("/run", "complete") || attribute_as<std::int64_t>("/run", "complete") != 1)
    throw InputError(fmt::format(
        "'{}' is not complete (its run was stopped while writing); run again with --resume", name));
  // Its seal is whole but for the mark of a program that died: whether that one wrote, the values' sums say.
  if (s.sealed.marked_open && s.sealed.state == Seal::whole && !verifies_by_seal({}))
    throw StoreError(
        fmt::format("could not open '{}': it is damaged (another program that had it open for writing "
                    "changed values and did not "
                    "close it); compute it again or fetch another copy",
                    name));
}

/// Nothing vouches for the structure of a file without a seal, and HDF5 1.10 crashes on a damaged one: a
/// process of its own reads all of it first. What matches its manifests then is whole; another program only
/// cut the seal off.
void RunReader::try_unsealed() const {
  const State& s = *state_;
  const std::string name = s.path.string();
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto seconds = static_cast<rlim_t>(10 + s.file_bytes / 10'000'000);
    const rlimit time{seconds, seconds}, none{0, 0};
    ::setrlimit(RLIMIT_CPU, &time);
    ::setrlimit(RLIMIT_CORE, &none);
    for (const int fault : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGXCPU}) std::signal(fault, SIG_DFL);
    int code = 2;
    try {
      RunReader trial(s.path, s.unsealed, s.member, true);
      code = trial.verify_contents().empty() ? 0 : 1;
    } catch (const std::exception&) {  // the caller meets it again
    }
    ::_exit(code);
  }
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (child < 0)
    throw StoreError(
        fmt::format("could not open '{}': it has no seal, and no process could be started to try it: {}",
                    name, std::strerror(errno)));
  if (!WIFEXITED(status))
    throw StoreError(
        fmt::format("could not open '{}': it is damaged (its seal is missing, and HDF5 ended by signal {} "
                    "when it read it); compute it again or fetch another copy",
                    name, WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0 && s.unsealed == Unsealed::refuse)
    throw StoreError(fmt::format(
        "could not open '{}': its seal is missing and it is not what was written (truncated, still being "
        "written, of an old version, or changed by another program); compute it again or fetch another "
        "copy, or have it tried all the same with --unsealed",
        name));
}

RunReader::RunReader(std::unique_ptr<State> state) : state_(std::move(state)) {}

RunReader::~RunReader() = default;
RunReader::RunReader(RunReader&&) noexcept = default;

const std::filesystem::path& RunReader::path() const noexcept { return state_->path; }

bool RunReader::has(const std::string& path) const { return state_->exists(path); }

bool RunReader::has_attribute(const std::string& path, const std::string& name) const {
  const Hdf5Handle object = state_->object(path);
  return spillway::has_attribute(object.get(), name, state_->named(path));
}

std::vector<Attribute> RunReader::attributes(const std::string& path) const {
  const Hdf5Handle object = state_->object(path);
  return get_attributes(object.get(), path);
}

AttributeValue RunReader::attribute(const std::string& path, const std::string& name) const {
  const Hdf5Handle object = state_->object(path);
  if (spillway::has_attribute(object.get(), name, state_->named(path)))
    return get_attribute(object.get(), name, path);
  throw InputError(fmt::format("'{}' in '{}' has no attribute '{}'", path, state_->path.string(), name));
}

std::string RunReader::format_version() const { return attribute_as<std::string>("/run", "format_version"); }

void RunReader::refuse_attribute(const std::string& path, const std::string& name) const {
  state_->refuse(path, fmt::format("its attribute '{}' is of another type than a result's", name));
}

std::vector<std::string> RunReader::members() const {
  return has("/members") ? children("/members") : std::vector<std::string>{};
}

RunReader RunReader::member(const std::string& name) const {
  const std::string group = "/members/" + name;
  if (!has(group)) throw InputError(fmt::format("'{}' has no member '{}'", state_->path.string(), name));
  if (const RunReader* linked = state_->linked_member(group))
    return RunReader(linked->path(), state_->unsealed, true, state_->on_trial);
  auto view = std::make_unique<State>();
  view->path = state_->path;
  view->unsealed = state_->unsealed;
  view->member = true;
  view->root = group;
  view->opened = open_to_read(state_->path);
  view->file_bytes = state_->file_bytes;
  view->file = Hdf5Handle(H5Freopen(state_->file.get()), H5Fclose, "open " + state_->named(group));
  return RunReader(std::move(view));
}

std::vector<std::string> RunReader::children(const std::string& group) const {
  std::vector<std::string> names;
  const Hdf5Handle object = state_->object(group);
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  if (H5Literate(object.get(), H5_INDEX_CRT_ORDER, H5_ITER_INC, &position, keep, &names) < 0) {
    names.clear();
    position = 0;
    check_hdf5(H5Literate(object.get(), H5_INDEX_NAME, H5_ITER_INC, &position, keep, &names),
               fmt::format("list '{}' in '{}'", group, state_->path.string()));
  }
  return names;
}

std::vector<StoredObject> RunReader::objects() const {
  std::vector<StoredObject> all;
  std::map<std::pair<unsigned long, haddr_t>, std::string> places;
  // Members of a merged file share what is the same in them, each at the same place below its own group.
  const auto in_member = [](const std::string& path) {
    constexpr std::string_view members = "/members/";
    const std::size_t at = path.starts_with(members) ? path.find('/', members.size()) : std::string::npos;
    return at == std::string::npos ? std::string() : path.substr(at);
  };
  const auto visit = [&](const auto& self, const std::string& path) -> void {
    StoredObject found;
    found.path = path;
    const Hdf5Handle object = state_->object(path);
    H5O_info_t info{};
    check_hdf5(H5Oget_info2(object.get(), &info, H5O_INFO_BASIC), "read " + state_->named(path));
    const auto [first, fresh] = places.try_emplace({info.fileno, info.addr}, path);
    if (!fresh && (in_member(path).empty() || in_member(path) != in_member(first->second)))
      state_->refuse(path, "the same object stands at another place of the file too");
    if (all.size() > most_objects)
      state_->refuse(path, fmt::format("the file holds more than {} groups and datasets", most_objects));
    found.group = H5Iget_type(object.get()) == H5I_GROUP;
    if (found.group) {
      all.push_back(found);
      for (const auto& name : children(path)) self(self, path == "/" ? "/" + name : path + "/" + name);
      return;
    }
    for (const hsize_t length : extent(object.get(), path)) found.shape.push_back(static_cast<long>(length));
    found.dimensions = dimensions_of(object.get(), path, found.shape.size());
    found.type = type_name(object.get());
    const auto attributes = get_attributes(object.get(), path);
    found.unit = text_of(attributes, "units");
    found.long_name = text_of(attributes, "long_name");
    found.position = found.long_name == position_name;
    found.bytes = H5Dget_storage_size(object.get());
    all.push_back(std::move(found));
  };
  visit(visit, "/");
  return all;
}

namespace {

std::string shape_text(const std::vector<long>& shape) {
  std::vector<std::string> lengths;
  for (const long length : shape)
    lengths.push_back(length == RunReader::any_length ? "any" : std::to_string(length));
  return fmt::format("[{}]", fmt::join(lengths, ", "));
}

std::vector<long> shape_of(hid_t dataset, const std::string& path) {
  const auto dims = extent(dataset, path);
  return {dims.begin(), dims.end()};
}

bool fits(const std::vector<long>& shape, const std::vector<long>& expected) {
  return std::equal(shape.begin(), shape.end(), expected.begin(), expected.end(),
                    [](long here, long there) { return there == RunReader::any_length || here == there; });
}

}  // namespace

NumberBlock RunReader::numbers(const std::string& path, const std::vector<long>& shape) const {
  {
    const Hdf5Handle dataset = state_->dataset(path);
    if (const auto found = shape_of(dataset.get(), path); !fits(found, shape))
      state_->refuse(path,
                     fmt::format("its shape is {} where {} belongs", shape_text(found), shape_text(shape)));
  }
  return numbers(path);
}

std::vector<std::string> RunReader::texts(const std::string& path, long count) const {
  const Hdf5Handle dataset = state_->dataset(path);
  if (const auto found = shape_of(dataset.get(), path); !fits(found, {count}))
    state_->refuse(path,
                   fmt::format("its shape is {} where {} belongs", shape_text(found), shape_text({count})));
  return get_texts(dataset.get(), path);
}

NumberBlock RunReader::numbers(const std::string& path) const {
  const Hdf5Handle dataset = state_->dataset(path);
  const Hdf5Handle type(H5Dget_type(dataset.get()), H5Tclose, "read " + state_->named(path));
  if (H5Tget_class(type.get()) == H5T_STRING) state_->refuse(path, "it holds texts, not numbers");
  NumberBlock block;
  block.shape = shape_of(dataset.get(), path);
  std::size_t count = 1;
  for (const long length : block.shape) count *= static_cast<std::size_t>(length);
  block.value.resize(count);
  if (count > 0)
    check_hdf5(H5Dread(dataset.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, block.value.data()),
               "read " + state_->named(path));
  return block;
}

std::vector<std::string> RunReader::texts(const std::string& path) const {
  return get_texts(state_->dataset(path).get(), path);
}

namespace {

/// Quantiles and shares of the turned figure: p5 of -x is minus p95 of x.
void turn_figure(std::vector<TableColumn>& columns, const std::string& figure) {
  std::map<std::string, TableColumn*> of;
  for (TableColumn& column : columns) {
    if (!column.name.starts_with(figure + "_")) continue;
    const std::string level = column.name.substr(figure.size() + 1);
    of[level] = &column;
    if (level != "above_zero")
      for (double& value : column.numbers) value = 0.0 - value;
    if (const std::size_t at = column.long_name.find("better "); at != std::string::npos) {
      const std::size_t end = column.long_name.find("positive", at);
      if (end != std::string::npos)
        column.long_name.replace(at, end + 8 - at, "below zero where the outcome falls");
    }
  }
  for (const auto& [low, high] : {std::pair("p5", "p95"), std::pair("p10", "p90")})
    if (of.contains(low) && of.contains(high)) std::swap(of[low]->numbers, of[high]->numbers);
  if (!of.contains("above_zero") || !of.contains("p5") || !of.contains("p95")) return;
  std::vector<double>& above = of["above_zero"]->numbers;
  for (std::size_t k = 0; k < above.size(); ++k)  // where nothing is spent no draw is on either side
    if (of["p5"]->numbers[k] != 0.0 || of["p95"]->numbers[k] != 0.0) above[k] = 1.0 - above[k];
}

}  // namespace

/// Before format 1.4 uplift a pound and of frontiers counted better as positive; it has the outcome's own
/// sign since.
void RunReader::turn_to_outcome(const std::string& group, std::vector<TableColumn>& columns) const {
  // <member>/appraisal/<name>/worth or /worth_of/<outcome>; <member>/sensitivity/<name>/frontier or /budgets
  const bool appraisal = group.find("/appraisal/") != std::string::npos;
  const std::string root = appraisal ? "/appraisal/" : "/sensitivity/";
  const std::size_t at = group.find(root);
  if (at == std::string::npos) return;
  const std::string member = group.substr(0, at), rest = group.substr(at + root.size());
  const std::size_t slash = rest.find('/');
  if (slash == std::string::npos) return;
  std::string scenario = rest.substr(0, slash);
  const std::string table = rest.substr(slash + 1), further = "worth_of/";
  if (appraisal && table.starts_with(further))
    scenario += "." + table.substr(further.size());
  else if (appraisal ? table != "worth" : table != "frontier" && table != "budgets")
    return;
  const std::string of = member + "/scenarios/" + scenario;
  if (!has(of) || !has_attribute(of, "better") || attribute_as<std::string>(of, "better") != "lower") return;
  const std::string version = attribute_as<std::string>(member + "/run", "format_version");
  int major = 0, minor = 0;
  if (std::sscanf(version.c_str(), "%4d.%4d", &major, &minor) != 2 || major > 1 || minor >= 4) return;
  for (const char* whose : {"target_uplift", "nation_uplift"})
    turn_figure(columns, appraisal ? std::string(whose) + "_per_100m" : whose);
}

std::vector<TableColumn> RunReader::table(const std::string& group) const {
  std::vector<TableColumn> columns;
  long rows = any_length;
  for (const auto& name : children(group)) {
    const std::string path = group + "/" + name;
    const Hdf5Handle object = state_->object(path);
    if (H5Iget_type(object.get()) != H5I_DATASET) continue;
    const auto attributes = get_attributes(object.get(), path);
    if (text_of(attributes, "long_name") == position_name) continue;
    const auto shape = shape_of(object.get(), path);
    if (rows == any_length && shape.size() == 1) rows = shape[0];
    if (!fits(shape, {rows}))
      state_->refuse(path, fmt::format("its shape is {} in a table of {} rows", shape_text(shape),
                                       rows == any_length ? 0 : rows));
    TableColumn column{name, text_of(attributes, "units"), text_of(attributes, "long_name"), {}, {}};
    if (type_name(object.get()) == "text")
      column.texts = get_texts(object.get(), path);
    else
      column.numbers = numbers(path).value;
    columns.push_back(std::move(column));
  }
  turn_to_outcome(group, columns);
  return columns;
}

/// A merged file's links to its members: each file is there, whole, and the one that was merged.
std::vector<Damage> RunReader::verify_linked(Parallelism parallelism) const {
  std::vector<Damage> damages;
  if (!has("/members")) return damages;
  for (const std::string& name : children("/members")) {
    const std::string group = "/members/" + name;
    try {
      if (!has_attribute(group, linked_file)) continue;
      if (state_->member) state_->refuse(group, "a member has members of its own in other files");
      const auto file = state_->member_file(attribute_as<std::string>(group, linked_file), group);
      const RunReader linked(file, Unsealed::refuse, true, state_->on_trial);
      for (const Damage& damage : linked.verify(parallelism))
        damages.push_back({group + (damage.object == "/" ? "" : damage.object),
                           fmt::format("in '{}': {}", file.string(), damage.what)});
      if (linked.state_->sealed.structure_sum !=
          static_cast<std::uint32_t>(attribute_as<std::int64_t>(group, linked_sum)))
        damages.push_back(
            {group,
             fmt::format(
                 "'{}' is not the file that was merged (it was computed or written again); merge again",
                 file.string())});
    } catch (const std::exception& error) {
      damages.push_back({group, error.what()});
    }
  }
  return damages;
}

bool RunReader::verifies_by_seal(Parallelism parallelism) const {
  if (state_->sealed.state != Seal::whole) return false;
  try {
    return manifests_account_for(*this, state_->sealed.values,
                                 sums_of_values(state_->path, state_->sealed.values, parallelism));
  } catch (const std::exception&) {  // which of them it is, the slow way finds out
    return false;
  }
}

std::vector<Damage> RunReader::verify(Parallelism parallelism) const {
  std::vector<Damage> damages = verify_linked(parallelism);
  if (verifies_by_seal(parallelism)) return damages;
  if (state_->sealed.state == Seal::absent)
    damages.push_back(
        {"/",
         "its seal is missing: the file ends early, or another program (h5repack) wrote it again; values are "
         "still held against their checksums, its structure cannot be"});
  for (Damage& damage : verify_contents()) damages.push_back(std::move(damage));
  return damages;
}

std::vector<Damage> RunReader::verify_contents() const {
  std::vector<Damage> damages;
  std::set<std::string> listed;
  for (const std::string group : manifest_groups) {
    try {
      const StoredManifest manifest = read_manifest(*this, group);
      if (!manifest.whole) {
        damages.push_back({group, "the list of checksums is itself damaged"});
        continue;
      }
      for (std::size_t k = 0; k < manifest.object.size(); ++k) {
        const std::string& path = manifest.object[k];
        listed.insert(path);
        try {
          const Hdf5Handle object = state_->object(path);
          std::uint32_t sum = 0;
          for (const auto& entry : get_attributes(object.get(), path))
            if (path != "/run" || entry.first != "complete") sum += attribute_checksum(entry);
          if (sum != static_cast<std::uint32_t>(manifest.attributes[k]))
            damages.push_back({path, "an attribute differs from what was written"});
          if (H5Iget_type(object.get()) == H5I_DATASET &&
              data_checksum(object.get(), path) != static_cast<std::uint32_t>(manifest.data[k]))
            damages.push_back(
                {path, fmt::format("its values ({} bytes) differ from what was written", manifest.bytes[k])});
        } catch (const std::exception& error) {
          damages.push_back({path, error.what()});
        }
      }
    } catch (const std::exception& error) {
      damages.push_back({group, error.what()});
    }
  }
  try {
    for (const auto& object : objects()) {
      const bool own = std::any_of(std::begin(manifest_groups), std::end(manifest_groups),
                                   [&](const std::string& m) { return object.path.rfind(m, 0) == 0; });
      if (!own && !listed.empty() && !listed.count(object.path))
        damages.push_back({object.path, "it is not in the list of what was written"});
    }
  } catch (const std::exception& error) {
    damages.push_back({"/", error.what()});
  }
  return damages;
}

std::vector<Damage> verify(const std::filesystem::path& path, Parallelism parallelism) {
  try {
    return RunReader(path, Unsealed::try_it).verify(parallelism);
  } catch (const InputError&) {
    throw;
  } catch (const std::exception& error) {
    return {{"/", error.what()}};
  }
}

}  // namespace spillway
