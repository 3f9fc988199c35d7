// What a result file may hold. Every object is held against it before a value is read.
#include "engine/store/run_reader_state.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "engine/store/hdf5_values.hpp"

namespace spillway {

namespace {

constexpr std::uint64_t most_inflation = 1'032;  // of deflate: a bit for 258 bytes

/// @return  whether a * b fits
bool multiply(std::uint64_t& a, std::uint64_t b) {
  if (b != 0 && a > std::numeric_limits<std::int64_t>::max() / b) return false;
  a *= b;
  return true;
}

/// "" or why no result has such a type.
std::string fault_of_type(hid_t type) {
  const std::size_t bytes = H5Tget_size(type);
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
    case H5T_FLOAT:
      return bytes <= 8 ? ""
                        : fmt::format("its numbers have {} bytes each (a result's have at most 8)", bytes);
    case H5T_STRING:
      return "";
    default:
      return "its values are neither numbers nor texts";
  }
}

/// "" or which filter it is that results do not use.
std::string fault_of_filters(hid_t properties) {
  const int filters = H5Pget_nfilters(properties);
  for (int k = 0; k < filters; ++k) {
    unsigned flags = 0;
    std::size_t values = 0;
    char name[64] = {};
    const H5Z_filter_t filter = H5Pget_filter2(properties, static_cast<unsigned>(k), &flags, &values, nullptr,
                                               sizeof name, name, nullptr);
    if (filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_DEFLATE)
      return fmt::format("it is packed by filter {} (a result's are shuffle and deflate)", filter);
  }
  return "";
}

}  // namespace

std::string RunReader::State::named(const std::string& where) const {
  return fmt::format("'{}' in '{}'", where, path.string());
}

void RunReader::State::refuse(const std::string& where, const std::string& why) const {
  throw StoreError(
      fmt::format("could not read {}: {}; the file is damaged or was changed by another program, compute it "
                  "again or fetch "
                  "another copy",
                  named(where), why));
}

std::pair<const RunReader::State*, std::string> RunReader::State::locate(const std::string& where) const {
  constexpr std::string_view all = "/members/";
  const std::pair<const State*, std::string> here{this, where};
  if (where.rfind(all, 0) != 0) return here;
  const std::size_t slash = where.find('/', all.size());
  if (slash == std::string::npos) return here;  // the member's own group
  const RunReader* found = linked_member(where.substr(0, slash));
  if (found == nullptr) return here;
  return {found->state_.get(), where.substr(slash)};
}

RunReader* RunReader::State::linked_member(const std::string& group) const {
  auto found = members.find(group);
  if (found == members.end()) {
    std::unique_ptr<RunReader> reader;
    if (stands(group)) {
      const Hdf5Handle own = checked(group);
      if (spillway::has_attribute(own.get(), linked_file, named(group))) {
        const AttributeValue name = get_attribute(own.get(), linked_file, group);
        const std::string* target = std::get_if<std::string>(&name);
        if (target == nullptr) refuse(group, fmt::format("its attribute '{}' is no text", linked_file));
        if (member) refuse(group, "a member has members of its own in other files");
        try {
          reader.reset(new RunReader(member_file(*target, group), unsealed, true, on_trial));
        } catch (const InputError& error) {  // nobody named this file here
          throw StoreError(fmt::format("could not read {}: {}", named(group), error.what()));
        }
      }
    }
    found = members.emplace(group, std::move(reader)).first;
  }
  return found->second.get();
}

std::filesystem::path RunReader::State::member_file(const std::string& name, const std::string& group) const {
  namespace fs = std::filesystem;
  const fs::path relative(name), folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  std::error_code error;
  const fs::path home = fs::canonical(folder, error),
                 real = error ? fs::path() : fs::weakly_canonical(folder / relative, error);
  const auto [at, rest] = std::mismatch(home.begin(), home.end(), real.begin(), real.end());
  if (name.empty() || relative.is_absolute() || error || at != home.end() || rest == real.end())
    refuse(group, fmt::format("it links '{}', which is not in the folder of the merged file", name));
  return folder / relative;
}

bool RunReader::State::stands(const std::string& where) const {
  quiet_hdf5();
  const auto [state, path_there] = locate(where);
  if (state != this) return state->stands(path_there);
  if (where == "/") return true;
  for (std::size_t slash = where.find('/', 1);; slash = where.find('/', slash + 1)) {
    const std::string part = where.substr(0, slash), action = "read " + named(part);
    const htri_t there = H5Lexists(file.get(), part.c_str(), H5P_DEFAULT);
    check_hdf5(there, action);  // what cannot be read is not what is absent
    if (there == 0) return false;
    if (slash == std::string::npos) return true;
    // Nothing beyond a link that is not followed, nor in a dataset.
    H5L_info_t link{};
    check_hdf5(H5Lget_info(file.get(), part.c_str(), &link, H5P_DEFAULT), action);
    if (link.type != H5L_TYPE_HARD) return false;
    H5O_info_t object{};
    check_hdf5(H5Oget_info_by_name2(file.get(), part.c_str(), &object, H5O_INFO_BASIC, H5P_DEFAULT), action);
    if (object.type != H5O_TYPE_GROUP) return false;
  }
}

Hdf5Handle RunReader::State::object(const std::string& where) const {
  quiet_hdf5();
  const auto [state, path_there] = locate(below_root(where));
  return state->checked(path_there);
}

Hdf5Handle RunReader::State::dataset(const std::string& where) const {
  Hdf5Handle found = object(where);
  if (H5Iget_type(found.get()) != H5I_DATASET) refuse(where, "it is a group (a dataset is expected)");
  return found;
}

Hdf5Handle RunReader::State::checked(const std::string& where) const {
  if (!stands(where)) throw InputError(fmt::format("'{}' has no '{}'", path.string(), where));
  if (std::count(where.begin(), where.end(), '/') > deepest)
    refuse(where.substr(0, 80) + "...", fmt::format("its groups are nested more than {} deep", deepest));
  if (where != "/") {
    H5L_info_t link{};
    if (H5Lget_info(file.get(), where.c_str(), &link, H5P_DEFAULT) < 0 || link.type != H5L_TYPE_HARD)
      refuse(where, "it is a link to something else, which results do not have");
  }
  Hdf5Handle found(H5Oopen(file.get(), where.c_str(), H5P_DEFAULT), H5Oclose, "open " + named(where));
  switch (H5Iget_type(found.get())) {
    case H5I_GROUP:
      break;
    case H5I_DATASET:
      check_dataset(found.get(), where);
      break;
    default:
      refuse(where, "it is neither a group nor a dataset");
  }
  return found;
}

void RunReader::State::check_dataset(hid_t dataset, const std::string& where) const {
  const std::string action = "read " + named(where);
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose, action),
      properties(H5Dget_create_plist(dataset), H5Pclose, action),
      space(H5Dget_space(dataset), H5Sclose, action);
  if (H5Pget_external_count(properties.get()) != 0)
    refuse(where, "its values are in another file, which a result's never are");
  if (const std::string fault = fault_of_type(type.get()); !fault.empty()) refuse(where, fault);
  if (const std::string fault = fault_of_filters(properties.get()); !fault.empty()) refuse(where, fault);
  const H5S_class_t shape = H5Sget_simple_extent_type(space.get());
  if (shape != H5S_SIMPLE && shape != H5S_SCALAR) refuse(where, "it has no shape");

  const bool texts = H5Tget_class(type.get()) == H5T_STRING,
             variable = texts && H5Tis_variable_str(type.get()) > 0;
  const std::vector<hsize_t> dims = extent(dataset, where);
  std::uint64_t count = 1;
  bool fits = true;
  for (const hsize_t length : dims) fits = fits && multiply(count, length);
  std::uint64_t bytes = count;
  fits = fits && multiply(bytes, variable ? 16 : H5Tget_size(type.get()));
  const std::uint64_t stored = H5Dget_storage_size(dataset);
  const auto absent = [&] {
    refuse(where, fmt::format("it has {} values, and the file holds {} bytes of them",
                              fits ? std::to_string(count) : "more than 2^63", stored));
  };
  if (!fits || stored > file_bytes || (bytes > 0 && stored == 0)) absent();
  switch (H5Pget_layout(properties.get())) {
    case H5D_COMPACT:
    case H5D_CONTIGUOUS:
      if (stored < bytes) absent();
      break;
    case H5D_CHUNKED: {
      if (bytes / most_inflation > stored) absent();
      std::vector<hsize_t> chunk(dims.size());
      if (H5Pget_chunk(properties.get(), static_cast<int>(chunk.size()), chunk.data()) < 0) absent();
      std::uint64_t chunks = 1, chunk_bytes = H5Tget_size(type.get());
      for (std::size_t axis = 0; axis < dims.size(); ++axis) {
        fits = fits && multiply(chunk_bytes, chunk[axis]);
        chunks *= (dims[axis] + chunk[axis] - 1) / chunk[axis];  // no more than values
      }
      hsize_t there = 0;
      if (!fits || chunk_bytes / most_inflation > stored ||
          H5Dget_num_chunks(dataset, space.get(), &there) < 0 || there != chunks)
        absent();
      break;
    }
    default:
      refuse(where, "its values are put together from other datasets, which a result's never are");
  }
  if (variable && bytes > 0) check_texts(dataset, where, count);
}

void RunReader::State::check_texts(hid_t dataset, const std::string& where, std::uint64_t count) const {
  // Each text's length and place stand in 16 bytes; a heap holds the texts. Many may point at one of them:
  // more than the file is long is not what was written.
  const haddr_t offset = H5Dget_offset(dataset);
  if (offset == HADDR_UNDEF) return;  // packed or within the header: read in small pieces
  std::vector<unsigned char> places(16 * std::min<std::uint64_t>(count, 4'096));
  std::uint64_t length = 0;
  for (std::uint64_t first = 0; first < count; first += places.size() / 16) {
    const auto bytes = static_cast<std::size_t>(std::min<std::uint64_t>(places.size(), 16 * (count - first)));
    ssize_t got = 0;
    do got = ::pread(opened.get(), places.data(), bytes, static_cast<off_t>(offset + 16 * first));
    while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(bytes)) refuse(where, "it is not whole");
    for (std::size_t at = 0; at < bytes; at += 16) {
      std::uint32_t one = 0;
      std::memcpy(&one, &places[at], sizeof one);
      length += one;
    }
  }
  if (length > file_bytes) refuse(where, "its texts are longer than the file");
}

}  // namespace spillway
