// The writer's frame: temporary file, groups, datasets with their dimensions, checksums, commit.
#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <set>
#include <string_view>

#include "engine/base/files.hpp"
#include "engine/base/linux.hpp"
#include "engine/store/crc32c.hpp"
#include "engine/store/direct_write.hpp"
#include "engine/store/hdf5_values.hpp"
#include "engine/store/packed_chunks.hpp"
#include "engine/store/result_file.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

namespace {

std::string group_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}
std::string leaf_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
std::string below(const std::string& group, const std::string& leaf) {
  return group == "/" ? "/" + leaf : group + "/" + leaf;
}

constexpr std::size_t large = 4u << 20;  // bytes from which a dataset is sent to the disk at once, or packed

}  // namespace

struct RunWriter::State {
  struct WrittenSums {
    std::uint32_t data = 0, attributes = 0;
    std::uint64_t bytes = 0;
  };

  std::filesystem::path final_path, temporary;
  StoreOptions options;
  std::optional<ResultFile> file;
  Hdf5Handle link_properties;
  std::set<std::string> groups{"/"};
  std::map<std::string, hsize_t> scales;        // path of a dimension scale -> its length
  std::map<std::string, WrittenSums> manifest;  // every group and dataset
  std::set<std::string> attribute_names;        // "path\nname"
  std::vector<Extent> extents;                  // where the file holds numbers
  std::vector<std::string> area_codes;

  std::string where(const std::string& path) const {
    return fmt::format("'{}' in '{}'", path, temporary.string());
  }

  void ensure_group(const std::string& path) {
    if (groups.count(path)) return;
    ensure_group(group_of(path));
    const Hdf5Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "describe a group");
    check_hdf5(H5Pset_obj_track_times(properties.get(), 0), "describe a group");
    check_hdf5(H5Pset_link_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
               "describe a group");
    check_hdf5(H5Pset_attr_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
               "describe a group");
    // Links and attributes stay in the group's header: turning them into an index doubles the time of an
    // estimate.
    check_hdf5(H5Pset_link_phase_change(properties.get(), 1'000, 0), "describe a group");
    check_hdf5(H5Pset_attr_phase_change(properties.get(), 1'000, 0), "describe a group");
    const Hdf5Handle group(
        H5Gcreate2(file->get(), path.c_str(), link_properties.get(), properties.get(), H5P_DEFAULT), H5Gclose,
        "create group " + where(path));
    groups.insert(path);
    manifest[path];
  }

  /// The dimension scale of an axis of `path` called `name`: in its group or one above, else a new one.
  std::string scale_of(const std::string& path, const std::string& name, hsize_t length) {
    for (std::string group = group_of(path);; group = group_of(group)) {
      const auto found = scales.find(below(group, name));
      if (found != scales.end()) {
        if (found->second == length) return found->first;
        if (group != group_of(path)) break;
        throw std::logic_error(fmt::format("axis '{}' of '{}' has length {}, its dimension '{}' {}", name,
                                           path, length, found->first, found->second));
      }
      if (group == "/") break;
    }
    const std::string made = below(group_of(path), name);
    write_dimension(made, length);
    return made;
  }

  Hdf5Handle dataset_properties() const {
    Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, "describe a dataset");
    check_hdf5(H5Pset_obj_track_times(properties.get(), 0), "describe a dataset");
    check_hdf5(H5Pset_attr_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
               "describe a dataset");
    check_hdf5(H5Pset_fill_time(properties.get(), H5D_FILL_TIME_NEVER), "describe a dataset");
    return properties;
  }

  void attribute(hid_t object, const std::string& path, const std::string& name,
                 const AttributeValue& value) {
    if (!attribute_names.insert(path + '\n' + name).second)
      throw std::logic_error(fmt::format("attribute '{}' of '{}' is written twice", name, path));
    put_attribute(object, name, value, path);
    manifest[path].attributes += attribute_checksum({name, value});
  }

  void write_dimension(const std::string& path, hsize_t length);
  void write(const Label& label, hid_t type, std::size_t element, const void* data,
             const std::vector<long>& shape, const WrittenSums& sums);
  template <class T>
  void write_numbers(const Label& label, hid_t type, const T* values, const std::vector<long>& shape) {
    std::uint64_t bytes = sizeof(T);
    for (const long length : shape) bytes *= static_cast<std::uint64_t>(length);
    write(label, type, sizeof(T), values, shape, {crc32c(values, bytes), 0, bytes});
  }
  void write_texts(const Label& label, const std::vector<std::string>& texts, const std::vector<long>& shape);
  void start_writeback();
  void write_manifest(const std::string& group, const std::vector<std::string>& paths);
};

void RunWriter::State::start_writeback() {
  check_hdf5(H5Fflush(file->get(), H5F_SCOPE_LOCAL), fmt::format("write '{}'", temporary.string()));
  // The disk works while the next values are computed, so that the last fsync finds little left to do.
  if (!begin_writeback(file->descriptor()))
    throw StoreError(fmt::format("could not write '{}': {}", temporary.string(), std::strerror(errno)));
}

void RunWriter::State::write_texts(const Label& label, const std::vector<std::string>& texts,
                                   const std::vector<long>& shape) {
  std::vector<const char*> pointers;
  pointers.reserve(texts.size());
  for (const auto& text : texts) pointers.push_back(text.c_str());
  write(label, text_type().get(), sizeof(char*), pointers.data(), shape,
        {texts_checksum(texts), 0, pointers.size() * sizeof(char*)});
}

void RunWriter::State::write(const Label& label, hid_t type, std::size_t element, const void* data,
                             const std::vector<long>& shape, const WrittenSums& sums) {
  quiet_hdf5();
  const Attempt attempt(*file);
  const std::string& path = label.path;
  if (path.size() < 2 || path[0] != '/' || path.back() == '/')
    throw std::logic_error(fmt::format("'{}' is not the path of a dataset", path));
  if (label.dimensions.size() != shape.size())
    throw std::logic_error(
        fmt::format("'{}' has {} axes and {} dimension names", path, shape.size(), label.dimensions.size()));
  ensure_group(group_of(path));
  std::vector<hsize_t> dims(shape.begin(), shape.end());
  const std::uint64_t bytes = sums.bytes;
  const bool real = H5Tget_class(type) == H5T_FLOAT;
  const bool coordinate = dims.size() == 1 && label.dimensions[0] == leaf_of(path);
  const Hdf5Handle properties = dataset_properties();
  if (H5Tget_class(type) == H5T_STRING)  // texts of variable length need the default
    check_hdf5(H5Pset_fill_time(properties.get(), H5D_FILL_TIME_IFSET), "describe a dataset");
  if (real && !coordinate) {
    const double fill = std::numeric_limits<double>::quiet_NaN();
    check_hdf5(H5Pset_fill_value(properties.get(), H5T_NATIVE_DOUBLE, &fill), "describe a dataset");
  }
  const bool packed = options.packing == Packing::gzip && real && dims.size() > 1 && bytes >= large;
  if (packed) set_packed_layout(properties.get(), dims, element, options.gzip_level);
  const bool direct = !packed && real && bytes >= large;
  if (direct) check_hdf5(H5Pset_alloc_time(properties.get(), H5D_ALLOC_TIME_EARLY), "describe a dataset");

  const Hdf5Handle space(dims.empty() ? H5Screate(H5S_SCALAR)
                                      : H5Screate_simple(static_cast<int>(dims.size()), dims.data(), nullptr),
                         H5Sclose, "describe " + where(path));
  const Hdf5Handle dataset(H5Dcreate2(file->get(), path.c_str(), type, space.get(), link_properties.get(),
                                      properties.get(), H5P_DEFAULT),
                           H5Dclose, "create " + where(path));
  if (packed)
    write_packed(dataset.get(), data, dims, element, options.gzip_level, options.parallelism,
                 "write " + where(path));
  else if (bytes > 0 && !(direct && H5Dget_offset(dataset.get()) != HADDR_UNDEF &&
                          write_direct(temporary, H5Dget_offset(dataset.get()), data, bytes))) {
    const Hdf5Handle transfer(H5Pcreate(H5P_DATASET_XFER), H5Pclose, "describe a transfer");
    // Texts are converted through a buffer that HDF5 clears each time: no larger than they need, nor than its
    // default.
    if (H5Tget_class(type) == H5T_STRING)
      check_hdf5(
          H5Pset_buffer(transfer.get(), std::clamp<std::size_t>(2 * bytes, 64, 1u << 20), nullptr, nullptr),
          "describe a transfer");
    check_hdf5(H5Dwrite(dataset.get(), type, H5S_ALL, H5S_ALL, transfer.get(), data), "write " + where(path));
  }
  if (!packed && bytes > 0 && H5Tget_class(type) != H5T_STRING) {
    const haddr_t offset = H5Dget_offset(dataset.get());
    if (offset != HADDR_UNDEF) extents.push_back({offset, bytes});
  }
  manifest[path].data = sums.data;
  manifest[path].bytes = bytes;

  if (real && !coordinate) {
    const Hdf5Handle scalar(H5Screate(H5S_SCALAR), H5Sclose, "describe " + where(path));
    const Hdf5Handle fill(
        H5Acreate2(dataset.get(), "_FillValue", type, scalar.get(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
        "create the fill value of " + where(path));
    const double value = std::numeric_limits<double>::quiet_NaN();
    check_hdf5(H5Awrite(fill.get(), H5T_NATIVE_DOUBLE, &value), "write the fill value of " + where(path));
  }
  if (!label.unit.empty()) attribute(dataset.get(), path, "units", label.unit);
  if (!label.long_name.empty()) attribute(dataset.get(), path, "long_name", label.long_name);
  if (coordinate) {
    check_hdf5(H5DSset_scale(dataset.get(), label.dimensions[0].c_str()),
               "make a dimension of " + where(path));
    scales[path] = dims[0];
  } else {
    for (std::size_t axis = 0; axis < dims.size(); ++axis) {
      const std::string scale_path = scale_of(path, label.dimensions[axis], dims[axis]);
      const Hdf5Handle scale(H5Dopen2(file->get(), scale_path.c_str(), H5P_DEFAULT), H5Dclose,
                             "open " + where(scale_path));
      check_hdf5(H5DSattach_scale(dataset.get(), scale.get(), static_cast<unsigned>(axis)),
                 "attach a dimension to " + where(path));
    }
  }
  if (bytes >= large) start_writeback();
  file->check("write " + where(path));
}

RunWriter::RunWriter(const std::filesystem::path& final_path, const StoreOptions& options)
    : state_(std::make_unique<State>()) {
  quiet_hdf5();
  State& s = *state_;
  s.final_path = link_target(final_path);
  s.options = options;
  s.temporary = temporary_beside(s.final_path);
  std::error_code none;
  const auto folder = final_path.has_parent_path() ? final_path.parent_path() : std::filesystem::path(".");
  if (!std::filesystem::is_directory(folder, none))
    throw StoreError(
        fmt::format("could not write '{}': there is no folder '{}'; create it or choose another --output",
                    final_path.string(), folder.string()));
  check_target(final_path, Target::renamed);
  if (options.existing == Existing::refuse && std::filesystem::exists(final_path, none))
    throw StoreError(
        fmt::format("could not write '{}': it exists already; choose another name or allow replacing it",
                    final_path.string()));

  const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare a file");
  // Version 2 of the object headers has checksums of its own for everything that is not a dataset's values.
  check_hdf5(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V110), "prepare a file");
  check_hdf5(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "prepare a file");
  // HDF5 clears its sieve of 64 kB for every dataset, however small; whole datasets need none.
  check_hdf5(H5Pset_sieve_buf_size(access.get(), 512), "prepare a file");
  check_hdf5(H5Pset_alignment(access.get(), large, kDirectAlignment), "prepare a file");
  const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "prepare a file");
  check_hdf5(H5Pset_obj_track_times(creation.get(), 0), "prepare a file");
  check_hdf5(H5Pset_link_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
             "prepare a file");
  check_hdf5(H5Pset_attr_creation_order(creation.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
             "prepare a file");
  s.link_properties = Hdf5Handle(H5Pcreate(H5P_LINK_CREATE), H5Pclose, "prepare a file");
  check_hdf5(H5Pset_char_encoding(s.link_properties.get(), H5T_CSET_UTF8), "prepare a file");
  s.manifest["/"];
  s.file.emplace(s.temporary, creation.get(), access.get());
  const Hdf5Handle root(H5Gopen2(s.file->get(), "/", H5P_DEFAULT), H5Gclose, "open " + s.where("/"));
  s.attribute(root.get(), "/", "title", std::string("Spillway run"));
  s.attribute(root.get(), "/", "Conventions", std::string("Spillway-1"));
}

RunWriter::~RunWriter() { quiet_hdf5(); }

const std::filesystem::path& RunWriter::final_path() const noexcept { return state_->final_path; }
const std::filesystem::path& RunWriter::temporary_path() const noexcept { return state_->temporary; }

void RunWriter::remember_areas(std::vector<std::string> codes) { state_->area_codes = std::move(codes); }

const std::vector<std::string>& RunWriter::area_codes(long areas) const {
  if (static_cast<long>(state_->area_codes.size()) != areas)
    throw std::logic_error(fmt::format("a summary of {} areas is written, but /areas holds {}", areas,
                                       state_->area_codes.size()));
  return state_->area_codes;
}

void RunWriter::write(const Label& label, const double* values, const std::vector<long>& shape) {
  quiet_hdf5();
  state_->write_numbers(label, H5T_NATIVE_DOUBLE, values, shape);
}
void RunWriter::write(const Label& label, const float* values, const std::vector<long>& shape) {
  quiet_hdf5();
  state_->write_numbers(label, H5T_NATIVE_FLOAT, values, shape);
}
void RunWriter::write(const Label& label, const std::uint8_t* values, const std::vector<long>& shape) {
  quiet_hdf5();
  state_->write_numbers(label, H5T_NATIVE_UINT8, values, shape);
}
void RunWriter::write(const Label& label, const std::int32_t* values, const std::vector<long>& shape) {
  quiet_hdf5();
  state_->write_numbers(label, H5T_NATIVE_INT32, values, shape);
}
void RunWriter::write(const Label& label, const std::int64_t* values, const std::vector<long>& shape) {
  quiet_hdf5();
  state_->write_numbers(label, H5T_NATIVE_INT64, values, shape);
}
void RunWriter::write(const Label& label, const std::vector<std::string>& texts,
                      const std::vector<long>& shape) {
  quiet_hdf5();
  state_->write_texts(label, texts, shape);
}

void RunWriter::State::write_dimension(const std::string& path, hsize_t length) {
  // Positions, not an axis without values as netCDF-4 has it: h5diff calls those not comparable.
  std::vector<std::int32_t> position(length);
  std::iota(position.begin(), position.end(), 0);
  write_numbers({path, {leaf_of(path)}, "1", position_name}, H5T_NATIVE_INT32, position.data(),
                {static_cast<long>(length)});
}

void RunWriter::write_dimension(const std::string& path, long length) {
  quiet_hdf5();
  state_->write_dimension(path, static_cast<hsize_t>(length));
}

void RunWriter::write_attribute(const std::string& path, const std::string& name,
                                const AttributeValue& value) {
  quiet_hdf5();
  State& s = *state_;
  const Attempt attempt(*s.file);
  if (!s.manifest.count(path)) s.ensure_group(path);
  const Hdf5Handle object(H5Oopen(s.file->get(), path.c_str(), H5P_DEFAULT), H5Oclose,
                          "open " + s.where(path));
  s.attribute(object.get(), path, name, value);
  s.file->check("write " + s.where(path));
}

void RunWriter::State::write_manifest(const std::string& group, const std::vector<std::string>& paths) {
  std::vector<std::int64_t> data, attributes, bytes;
  for (const auto& path : paths) {
    const WrittenSums& sums = manifest.at(path);
    data.push_back(sums.data);
    attributes.push_back(sums.attributes);
    bytes.push_back(static_cast<std::int64_t>(sums.bytes));
  }
  const long count = static_cast<long>(paths.size());
  write_texts({group + "/object", {"object"}, "1", "path of a group or dataset"}, paths, {count});
  write_numbers({group + "/data_crc32c",
                 {"object"},
                 "1",
                 "CRC-32C of the values: numbers as little-endian bytes, last "
                 "axis fastest; texts each with a NUL at its end"},
                H5T_NATIVE_INT64, data.data(), {count});
  write_numbers(
      {group + "/attributes_crc32c", {"object"}, "1", "sum over attributes, modulo 2^32, of their CRC-32C"},
      H5T_NATIVE_INT64, attributes.data(), {count});
  write_numbers({group + "/bytes", {"object"}, "byte", "size of the values before any compression"},
                H5T_NATIVE_INT64, bytes.data(), {count});
  const Hdf5Handle handle(H5Gopen2(file->get(), group.c_str(), H5P_DEFAULT), H5Gclose,
                          "open " + where(group));
  std::uint32_t own = texts_checksum(paths);
  for (const auto* column : {&data, &attributes, &bytes})
    own = crc32c(column->data(), column->size() * 8, own);
  put_attribute(handle.get(), "crc32c", static_cast<std::int64_t>(own), group);
}

void RunWriter::commit() {
  quiet_hdf5();
  State& s = *state_;
  // /run has a manifest of its own, for its times differ between equal runs and nothing else does.
  std::vector<std::string> of_run, of_rest;
  write_attribute("/run", "sealed", std::int64_t{1});
  for (const auto& [path, sums] : s.manifest)
    (path == "/run" || path.rfind("/run/", 0) == 0 ? of_run : of_rest).push_back(path);
  s.write_manifest("/run/manifest", of_run);
  s.write_manifest("/manifest", of_rest);
  {
    const Hdf5Handle run(H5Gopen2(s.file->get(), "/run", H5P_DEFAULT), H5Gclose, "open " + s.where("/run"));
    put_attribute(run.get(), "complete", std::int64_t{1}, "/run");
  }
  s.file->publish(s.final_path, s.extents, s.options.existing);
}

}  // namespace spillway
