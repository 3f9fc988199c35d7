#include "engine/store/merge_runs.hpp"

#include <map>

#include <hdf5_hl.h>

#include <fmt/format.h>

#include "engine/store/atomic_file.hpp"
#include "engine/store/crc32c.hpp"
#include "engine/store/hdf5_values.hpp"
#include "engine/store/run_store.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

namespace {

struct Sums {
  std::int64_t data = 0, attributes = 0, bytes = 0;
};
using Manifest = std::map<std::string, Sums>;

void refuse_damaged(const std::vector<MemberRun>& members) {
  std::vector<Fault> faults;
  for (const MemberRun& member : members) {
    Fault fault;
    fault.file = member.file.string();
    try {
      const auto damages = RunReader(member.file).verify();
      if (damages.empty()) continue;
      fault.what = fmt::format("is damaged: '{}': {} ({} objects in all); compute it again", damages.front().object,
                               damages.front().what, damages.size());
    } catch (const std::exception& error) {
      fault.what = error.what();
    }
    faults.push_back(std::move(fault));
  }
  if (!faults.empty()) throw InputError(faults);
}

/// Copies into one open file; every attribute that it writes itself is counted in the manifest.
class Merge {
 public:
  Merge(const std::filesystem::path& temporary) : name_(temporary.string()) {
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare a file");
    check_hdf5(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V110), "prepare a file");
    check_hdf5(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "prepare a file");
    const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "prepare a file");
    check_hdf5(H5Pset_obj_track_times(creation.get(), 0), "prepare a file");
    file_ = Hdf5Handle(H5Fcreate(name_.c_str(), H5F_ACC_EXCL, creation.get(), access.get()), H5Fclose,
                       fmt::format("create '{}'", name_));
    manifest_["/"];
  }

  Hdf5Handle group(const std::string& path) {
    const Hdf5Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "describe a group");
    check_hdf5(H5Pset_obj_track_times(properties.get(), 0), "describe a group");
    check_hdf5(H5Pset_link_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED), "describe a group");
    manifest_[path];
    return {H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose,
            fmt::format("create group '{}' in '{}'", path, name_)};
  }

  void attribute(hid_t object, const std::string& path, const Attribute& attribute) {
    put_attribute(object, attribute.first, attribute.second, path);
    Sums& sums = manifest_[path];
    sums.attributes = static_cast<std::uint32_t>(sums.attributes + attribute_checksum(attribute));
  }

  void config(const std::string& text) {
    dataset("/run/config", text_type().get(), std::vector<const char*>{text.c_str()});
    manifest_["/run/config"] = {texts_checksum({text}), 0, sizeof(char*)};
  }

  void copy(const MemberRun& member) {
    std::vector<std::string> children;
    std::vector<StoredObject> objects;
    const std::string prefix = "/members/" + member.name;
    {
      const RunReader reader(member.file);  // closed before the file is opened again to copy from
      children = reader.children("/");
      objects = reader.objects();
      for (const char* list : {"/manifest", "/run/manifest"}) take_manifest(reader, list, prefix);
    }
    const std::string action = fmt::format("copy '{}' to '{}'", member.file.string(), name_);
    const Hdf5Handle source(H5Fopen(member.file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, action);
    const Hdf5Handle own = group(prefix);
    for (const Attribute& one : member.attributes) attribute(own.get(), prefix, one);
    for (const std::string& child : children)
      if (child != "manifest")
        check_hdf5(H5Ocopy(source.get(), child.c_str(), own.get(), child.c_str(), H5P_DEFAULT, H5P_DEFAULT), action);
    check_hdf5(H5Ldelete(own.get(), "run/manifest", H5P_DEFAULT), action);
    attach_scales(objects, source.get(), own.get(), action);
  }

  /// Manifests, complete = 1, flush, close. @return where the file holds numbers
  std::vector<Extent> finish() {
    Manifest of_run, of_rest;
    for (const auto& [path, sums] : manifest_) (path.rfind("/run", 0) == 0 ? of_run : of_rest)[path] = sums;
    write_manifest("/run/manifest", of_run);
    write_manifest("/manifest", of_rest);
    const std::string action = fmt::format("finish '{}'", name_);
    {
      const Hdf5Handle run(H5Gopen2(file_.get(), "/run", H5P_DEFAULT), H5Gclose, action);
      put_attribute(run.get(), "complete", std::int64_t{1}, "/run");
    }
    check_hdf5(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL), action);
    check_hdf5(file_.close(), action);
    return extents_;
  }

 private:
  void take_manifest(const RunReader& reader, const std::string& list, const std::string& prefix) {
    const auto paths = reader.texts(list + "/object");
    const auto data = reader.numbers(list + "/data_crc32c").value, attributes = reader.numbers(list + "/attributes_crc32c").value,
               bytes = reader.numbers(list + "/bytes").value;
    for (std::size_t k = 0; k < paths.size(); ++k) {
      if (paths[k] == "/") continue;  // the member's own group has attributes of its own
      Sums sums{static_cast<std::int64_t>(data[k]), static_cast<std::int64_t>(attributes[k]), static_cast<std::int64_t>(bytes[k])};
      if (paths[k] == "/run")  // there it is left out of the sum
        sums.attributes = static_cast<std::uint32_t>(sums.attributes + attribute_checksum({"complete", std::int64_t{1}}));
      manifest_[prefix + paths[k]] = sums;
    }
  }

  /// H5Ocopy leaves references between datasets and their axes dangling: drop and make them anew.
  void attach_scales(const std::vector<StoredObject>& objects, hid_t source, hid_t target, const std::string& action) {
    std::vector<StoredObject> datasets;
    for (const StoredObject& object : objects)
      if (!object.group && object.path.rfind("/manifest", 0) != 0 && object.path.rfind("/run/manifest", 0) != 0)
        datasets.push_back(object);
    for (const StoredObject& one : datasets) {
      const Hdf5Handle copied(H5Dopen2(target, one.path.c_str() + 1, H5P_DEFAULT), H5Dclose, action);
      for (const char* name : {"DIMENSION_LIST", "REFERENCE_LIST"})
        if (H5Aexists(copied.get(), name) > 0) check_hdf5(H5Adelete(copied.get(), name), action);
    }
    const auto keep = [](hid_t, unsigned, hid_t scale, void* data) -> herr_t {
      char name[512] = {};
      if (H5Iget_name(scale, name, sizeof name) > 0) *static_cast<std::string*>(data) = name;
      return 1;
    };
    for (const StoredObject& one : datasets) {
      const Hdf5Handle original(H5Dopen2(source, one.path.c_str(), H5P_DEFAULT), H5Dclose, action);
      const Hdf5Handle copied(H5Dopen2(target, one.path.c_str() + 1, H5P_DEFAULT), H5Dclose, action);
      if (H5DSis_scale(original.get()) <= 0)
        for (unsigned axis = 0; axis < one.shape.size(); ++axis) {
          std::string name;
          if (H5DSiterate_scales(original.get(), axis, nullptr, keep, &name) <= 0 || name.empty()) continue;
          const Hdf5Handle scale(H5Dopen2(target, name.c_str() + 1, H5P_DEFAULT), H5Dclose, action);
          check_hdf5(H5DSattach_scale(copied.get(), scale.get(), axis), action);
        }
      const haddr_t offset = H5Dget_offset(copied.get());
      if (one.type != "text" && offset != HADDR_UNDEF) extents_.push_back({offset, H5Dget_storage_size(copied.get())});
    }
  }

  template <class T>
  void dataset(const std::string& path, hid_t type, const std::vector<T>& values) {
    const std::string action = fmt::format("write '{}' in '{}'", path, name_);
    const hsize_t count = values.size();
    const Hdf5Handle space(H5Screate_simple(1, &count, nullptr), H5Sclose, action);
    const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, action);
    check_hdf5(H5Pset_obj_track_times(properties.get(), 0), action);
    const Hdf5Handle made(H5Dcreate2(file_.get(), path.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
                          H5Dclose, action);
    check_hdf5(H5Dwrite(made.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), action);
  }

  void write_manifest(const std::string& path, const Manifest& entries) {
    std::vector<std::string> paths;
    std::vector<std::int64_t> data, attributes, bytes;
    for (const auto& [object, sums] : entries) {
      paths.push_back(object);
      data.push_back(sums.data);
      attributes.push_back(sums.attributes);
      bytes.push_back(sums.bytes);
    }
    std::uint32_t own = texts_checksum(paths);
    for (const auto* column : {&data, &attributes, &bytes}) own = crc32c(column->data(), column->size() * 8, own);
    const Hdf5Handle made(H5Gcreate2(file_.get(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose,
                          fmt::format("create group '{}' in '{}'", path, name_));
    std::vector<const char*> pointers;
    for (const auto& object : paths) pointers.push_back(object.c_str());
    dataset(path + "/object", text_type().get(), pointers);
    dataset(path + "/data_crc32c", H5T_NATIVE_INT64, data);
    dataset(path + "/attributes_crc32c", H5T_NATIVE_INT64, attributes);
    dataset(path + "/bytes", H5T_NATIVE_INT64, bytes);
    put_attribute(made.get(), "crc32c", static_cast<std::int64_t>(own), path);
  }

  std::string name_;
  Hdf5Handle file_;
  Manifest manifest_;
  std::vector<Extent> extents_;
};

}  // namespace

void merge_runs(const std::vector<MemberRun>& members, const std::filesystem::path& output, const std::vector<Attribute>& run) {
  quiet_hdf5();
  if (members.empty()) throw InputError("no member to merge (a sweep has at least one)");
  refuse_damaged(members);
  const std::filesystem::path temporary = temporary_beside(output);
  try {
    std::vector<Extent> extents;
    {
      Merge merge(temporary);
      {
        const Hdf5Handle group = merge.group("/run");
        merge.attribute(group.get(), "/run", {"format_version", fmt::format("{}.{}", FormatVersion::major, FormatVersion::minor)});
        const RunRecord first = RunReader(members.front().file).run();
        std::vector<Attribute> about = run;
        about.insert(about.end(), {{"name", output.stem().string()}, {"seed", static_cast<std::int64_t>(first.seed)},
                                   {"instruction_set", first.instruction_set}, {"threads", static_cast<std::int64_t>(first.threads)},
                                   {"host", first.host}, {"started", first.started}, {"finished", first.finished}});
        about.emplace_back("sealed", std::int64_t{1});
        for (const Attribute& one : about) merge.attribute(group.get(), "/run", one);
        merge.config(first.config);
        merge.group("/members");
      }
      for (const MemberRun& member : members) merge.copy(member);
      extents = merge.finish();
    }
    seal(temporary, extents);
    publish(temporary, output);
  } catch (...) {
    discard(temporary);
    throw;
  }
}

}  // namespace spillway
