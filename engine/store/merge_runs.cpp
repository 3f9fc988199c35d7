#include "engine/store/merge_runs.hpp"

#include <fmt/format.h>
#include <hdf5_hl.h>

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <unordered_map>

#include "engine/base/files.hpp"
#include "engine/store/crc32c.hpp"
#include "engine/store/hdf5_values.hpp"
#include "engine/store/manifest.hpp"
#include "engine/store/raw_copy.hpp"
#include "engine/store/raw_file.hpp"
#include "engine/store/result_file.hpp"
#include "engine/store/run_store.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

namespace {

struct Sums {
  std::int64_t data = 0, attributes = 0, bytes = 0;
};
using Manifest = std::map<std::string, Sums>;

/// What reading a member's bytes says, before HDF5 looks at them.
struct MemberBytes {
  SealedFile sealed;
  std::vector<std::uint32_t> sums;
  std::string error;
};

std::vector<MemberBytes> read_bytes(const std::vector<MemberRun>& members, const MergeOptions& options) {
  std::vector<MemberBytes> read(members.size());
  for_each_block(std::ssize(members), 1, options.parallelism, [&](std::ptrdiff_t k, std::ptrdiff_t) {
    const auto at = static_cast<std::size_t>(k);
    if (options.interrupted && options.interrupted()) return;
    try {
      read[at].sealed = read_seal(members[at].file);
      read[at].sums = sums_of_values(members[at].file, read[at].sealed.values, {});
    } catch (const std::exception& error) {
      read[at].error = error.what();
    }
  });
  return read;
}

void stop_if_told(const MergeOptions& options, std::size_t done, std::size_t count, const char* what) {
  if (options.interrupted && options.interrupted())
    throw Interrupted(
        fmt::format("interrupted when {} of {} members were {}; nothing is written", done, count, what));
}

/// What is known of a member once it is verified.
struct VerifiedMember {
  std::uint32_t structure_sum = 0;
  std::vector<std::string> children;  ///< of its root, in its order
  std::vector<StoredManifest> manifests;
};

std::vector<VerifiedMember> refuse_faulty(const std::vector<MemberRun>& members,
                                          const MergeOptions& options) {
  const std::vector<MemberBytes> bytes = read_bytes(members, options);
  std::vector<Fault> faults;
  std::vector<VerifiedMember> verified(members.size());
  for (std::size_t k = 0; k < members.size(); ++k) {
    stop_if_told(options, k, members.size(), "verified");
    Fault fault;
    fault.file = members[k].file.string();
    try {
      const RunReader reader(members[k].file);
      if (bytes[k].sealed.state != Seal::whole || !bytes[k].error.empty() ||
          !manifests_account_for(reader, bytes[k].sealed.values, bytes[k].sums))
        if (const auto damages = reader.verify(); !damages.empty())
          fault.what = fmt::format("is damaged: '{}': {} ({} objects in all); compute it again",
                                   damages.front().object, damages.front().what, damages.size());
      if (fault.what.empty() && options.objection) fault.what = options.objection(members[k], reader);
      verified[k].children = reader.children("/");
      for (const char* list : manifest_groups) verified[k].manifests.push_back(read_manifest(reader, list));
    } catch (const std::exception& error) {
      fault.what = error.what();
    }
    verified[k].structure_sum = bytes[k].sealed.structure_sum;
    if (!fault.what.empty()) faults.push_back(std::move(fault));
  }
  if (!faults.empty()) throw InputError(faults);
  return verified;
}

/// HDF5 gives freed pieces of memory back and drops metadata that it needs again: a merge writes hundreds of
/// thousands of small objects, each once.
void keep_metadata(hid_t access) {
  check_hdf5(H5set_free_list_limits(-1, -1, -1, -1, -1, -1), "prepare a file");
  H5AC_cache_config_t cache;
  cache.version = H5AC__CURR_CACHE_CONFIG_VERSION;
  check_hdf5(H5Pget_mdc_config(access, &cache), "prepare a file");
  cache.set_initial_size = 1;
  cache.initial_size = cache.min_size = std::size_t{32} << 20;
  cache.max_size = std::size_t{64} << 20;
  cache.incr_mode = H5C_incr__off;
  cache.flash_incr_mode = H5C_flash_incr__off;
  cache.decr_mode = H5C_decr__off;
  check_hdf5(H5Pset_mdc_config(access, &cache), "prepare a file");
}

/// Where every object below a group lies, by its path from there.
using Addresses = std::map<std::string, haddr_t>;

void add_addresses(hid_t group, const std::string& prefix, const std::string& action, Addresses& found) {
  std::vector<std::string> names;
  const auto keep = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  hsize_t position = 0;
  check_hdf5(H5Literate(group, H5_INDEX_NAME, H5_ITER_NATIVE, &position, keep, &names), action);
  for (const std::string& name : names) {
    H5O_info_t info{};
    check_hdf5(H5Oget_info_by_name2(group, name.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT), action);
    const std::string path = prefix + "/" + name;
    found[path] = info.addr;
    if (info.type != H5O_TYPE_GROUP) continue;
    const Hdf5Handle child(H5Gopen2(group, name.c_str(), H5P_DEFAULT), H5Gclose, action);
    add_addresses(child.get(), path, action, found);
  }
}

/// One open file that members are put into; every attribute that it writes itself is counted in the manifest.
class Merge {
 public:
  explicit Merge(const std::filesystem::path& temporary) : name_(temporary.string()) {
    const Hdf5Handle access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "prepare a file");
    check_hdf5(H5Pset_libver_bounds(access.get(), H5F_LIBVER_V18, H5F_LIBVER_V110), "prepare a file");
    check_hdf5(H5Pset_fclose_degree(access.get(), H5F_CLOSE_STRONG), "prepare a file");
    keep_metadata(access.get());
    const Hdf5Handle creation(H5Pcreate(H5P_FILE_CREATE), H5Pclose, "prepare a file");
    check_hdf5(H5Pset_obj_track_times(creation.get(), 0), "prepare a file");
    file_.emplace(temporary, creation.get(), access.get());
    manifest_["/"];
  }

  Hdf5Handle group(const std::string& path) {
    const Hdf5Handle properties(H5Pcreate(H5P_GROUP_CREATE), H5Pclose, "describe a group");
    check_hdf5(H5Pset_obj_track_times(properties.get(), 0), "describe a group");
    check_hdf5(H5Pset_link_creation_order(properties.get(), H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED),
               "describe a group");
    manifest_[path];
    return {H5Gcreate2(file_->get(), path.c_str(), H5P_DEFAULT, properties.get(), H5P_DEFAULT), H5Gclose,
            fmt::format("create group '{}' in '{}'", path, name_)};
  }

  void attribute(hid_t object, const std::string& path, const Attribute& attribute) {
    put_attribute(object, attribute.first, attribute.second, path);
    Sums& sums = manifest_[path];
    sums.attributes = static_cast<std::uint32_t>(sums.attributes + attribute_checksum(attribute));
  }

  void config(const std::string& text) {
    const std::vector<Attribute> attributes = {
        {"units", std::string("1")}, {"long_name", std::string("configuration of the first member")}};
    dataset("/run/config", text_type().get(), std::vector<const char*>{text.c_str()}, attributes,
            Shape::scalar);
    Sums& sums = manifest_["/run/config"];
    sums = {texts_checksum({text}), 0, sizeof(char*)};
    for (const Attribute& one : attributes)
      sums.attributes = static_cast<std::uint32_t>(sums.attributes + attribute_checksum(one));
  }

  void copy(const MemberRun& member, const VerifiedMember& verified) {
    const std::string prefix = "/members/" + member.name;
    for (const StoredManifest& list : verified.manifests) take_manifest(list, prefix);
    const std::string action = fmt::format("copy '{}' to '{}'", member.file.string(), name_);
    const Hdf5Handle own = group(prefix);
    for (const Attribute& one : member.attributes) attribute(own.get(), prefix, one);
    std::vector<std::string> copied;
    std::map<std::string, std::string> elsewhere;  // what another member's copy holds already
    for (const std::string& child : verified.children) {
      if (child == "manifest") continue;
      const auto [first, fresh] = standing_.try_emplace(sums_below(verified, child), prefix + "/" + child);
      if (fresh || child == "run")
        copied.push_back(child);
      else
        elsewhere[child] = first->second;
    }
    const Hdf5Handle source(H5Fopen(member.file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose, action);
    const Descriptor opened = open_to_read(member.file);
    const RawFile bytes(opened.get(), member.file);
    const std::optional<RawCopy> raw = plan_raw_copy(bytes, addresses_of(source.get(), copied, action));
    const std::uint64_t at = raw ? file_->reserve(raw->bytes) : 0;
    if (raw) {
      const std::filesystem::path name = name_;
      raw->write(bytes, RawFile(file_->descriptor(), name), at);
      for (const Extent& extent : raw->values) extents_.push_back({at + extent.offset, extent.bytes});
    }
    for (const std::string& child : verified.children) {
      if (const auto found = elsewhere.find(child); found != elsewhere.end()) {
        check_hdf5(H5Lcreate_hard(file_->get(), found->second.c_str(), own.get(), child.c_str(), H5P_DEFAULT,
                                  H5P_DEFAULT),
                   action);
      } else if (const auto one = std::find(copied.begin(), copied.end(), child);
                 raw && one != copied.end()) {
        const Hdf5Handle object(
            H5Oopen_by_addr(file_->get(), at + raw->objects[static_cast<std::size_t>(one - copied.begin())]),
            H5Oclose, action);
        check_hdf5(H5Olink(object.get(), own.get(), child.c_str(), H5P_DEFAULT, H5P_DEFAULT), action);
        check_hdf5(H5Odecr_refcount(object.get()), action);  // its link in the member counted too
      }
    }
    if (!raw) copy_by_hdf5(source.get(), own.get(), copied, action);
    file_->check(action);
  }

  /// A group of its own for the member, as a copy has, whose children are links into its file.
  void link(const MemberRun& member, const VerifiedMember& verified) {
    const std::string prefix = "/members/" + member.name;
    const std::string target = link_target(member);
    const std::string action = fmt::format("link '{}' in '{}'", member.file.string(), name_);
    const Hdf5Handle own = group(prefix);
    for (const Attribute& one : member.attributes) attribute(own.get(), prefix, one);
    attribute(own.get(), prefix, {linked_file, target});
    attribute(own.get(), prefix, {linked_sum, static_cast<std::int64_t>(verified.structure_sum)});
    for (const std::string& child : verified.children)
      if (child != "manifest")
        check_hdf5(H5Lcreate_external(target.c_str(), ("/" + child).c_str(), own.get(), child.c_str(),
                                      H5P_DEFAULT, H5P_DEFAULT),
                   action);
  }

  /// Manifests, complete = 1, and its name.
  void publish(const std::filesystem::path& output) {
    Manifest of_run, of_rest;
    for (const auto& [path, sums] : manifest_) (path.rfind("/run", 0) == 0 ? of_run : of_rest)[path] = sums;
    write_manifest("/run/manifest", of_run);
    write_manifest("/manifest", of_rest);
    const std::string action = fmt::format("finish '{}'", name_);
    {
      const Hdf5Handle run(H5Gopen2(file_->get(), "/run", H5P_DEFAULT), H5Gclose, action);
      put_attribute(run.get(), "complete", std::int64_t{1}, "/run");
    }
    file_->publish(output, extents_, Existing::replace);
  }

 private:
  static std::vector<RawChild> addresses_of(hid_t source, const std::vector<std::string>& children,
                                            const std::string& action) {
    std::vector<RawChild> found;
    for (const std::string& child : children) {
      H5O_info_t info{};
      check_hdf5(H5Oget_info_by_name2(source, child.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT), action);
      found.push_back({info.addr, child == "run" ? "manifest" : ""});
    }
    return found;
  }

  void copy_by_hdf5(hid_t source, hid_t own, const std::vector<std::string>& children,
                    const std::string& action) {
    for (const std::string& child : children)
      check_hdf5(H5Ocopy(source, child.c_str(), own, child.c_str(), H5P_DEFAULT, H5P_DEFAULT), action);
    check_hdf5(H5Ldelete(own, "run/manifest", H5P_DEFAULT), action);
    point_to_copies(source, own, children, action);
  }

  /// The member's file as seen from the merged one, so that a folder with both may be moved.
  std::string link_target(const MemberRun& member) const {
    std::error_code error;
    const auto folder = std::filesystem::canonical(std::filesystem::absolute(name_).parent_path(), error);
    const auto file = std::filesystem::canonical(member.file, error);
    if (error)
      throw StoreError(
          fmt::format("could not find '{}' from '{}': {}", member.file.string(), name_, error.message()));
    const auto target = file.lexically_proximate(folder);
    if (target.is_absolute() || target.begin() == target.end() || *target.begin() == "..")
      throw InputError(
          fmt::format("'{}' is not in the folder of the merged file or below it (links lead to no other "
                      "place, so that the folder can be moved); write the merged file beside the "
                      "members' folder, or copy the members",
                      member.file.string()));
    return target.string();
  }

  void take_manifest(const StoredManifest& manifest, const std::string& prefix) {
    for (std::size_t k = 0; k < manifest.object.size(); ++k) {
      const std::string& path = manifest.object[k];
      if (path == "/") continue;  // the member's own group has attributes of its own
      Sums sums{manifest.data[k], manifest.attributes[k], manifest.bytes[k]};
      if (path == "/run")  // there it is left out of the sum
        sums.attributes =
            static_cast<std::uint32_t>(sums.attributes + attribute_checksum({"complete", std::int64_t{1}}));
      manifest_[prefix + path] = sums;
    }
  }

  /// Names, sums and lengths of every object below a child of a member's root. Members that agree in all of
  /// them (the areas of one pack, the estimates of one seed) share one copy, by a hard link: axes never leave
  /// such a group.
  static std::string sums_below(const VerifiedMember& member, const std::string& child) {
    const std::string group = "/" + child, below = group + "/";
    std::string text;
    for (const StoredManifest& list : member.manifests)
      for (std::size_t k = 0; k < list.object.size(); ++k)
        if (list.object[k] == group || list.object[k].starts_with(below))
          text += fmt::format("{} {:x} {:x} {}\n", list.object[k], list.data[k], list.attributes[k],
                              list.bytes[k]);
    return text;
  }

  /// H5Ocopy leaves the references between datasets and their axes as they were, which are places in the
  /// member's file (H5R_OBJECT of HDF5 1.x is an object's address): write them anew, to the copies. Attaching
  /// each axis again would rewrite an axis' list of users for every one of them.
  void point_to_copies(hid_t source, hid_t target, const std::vector<std::string>& children,
                       const std::string& action) {
    Addresses there, here;
    for (const std::string& child : children)
      for (const auto& [file, found] : {std::pair(source, &there), std::pair(target, &here)}) {
        const Hdf5Handle group(H5Gopen2(file, child.c_str(), H5P_DEFAULT), H5Gclose, action);
        add_addresses(group.get(), "/" + child, action, *found);
      }
    std::unordered_map<hobj_ref_t, hobj_ref_t> copy_of;
    for (const auto& [path, address] : here)
      if (const auto found = there.find(path); found != there.end()) copy_of[found->second] = address;
    const auto point = [&](hobj_ref_t& reference) {
      const auto found = copy_of.find(reference);
      if (found == copy_of.end())
        throw StoreError(fmt::format("could not {}: an axis of it is nowhere in it", action));
      reference = found->second;
    };
    struct User {  // an element of REFERENCE_LIST, as the dimension-scale convention has it
      hobj_ref_t dataset;
      unsigned dimension;
    };
    const Hdf5Handle axis_type(H5Tvlen_create(H5T_STD_REF_OBJ), H5Tclose, action);
    const Hdf5Handle user_type(H5Tcreate(H5T_COMPOUND, sizeof(User)), H5Tclose, action);
    check_hdf5(H5Tinsert(user_type.get(), "dataset", offsetof(User, dataset), H5T_STD_REF_OBJ), action);
    check_hdf5(H5Tinsert(user_type.get(), "dimension", offsetof(User, dimension), H5T_NATIVE_UINT), action);
    for (const auto& [path, address] : here) {
      const Hdf5Handle copy(H5Oopen(target, path.c_str() + 1, H5P_DEFAULT), H5Oclose, action);
      if (H5Iget_type(copy.get()) != H5I_DATASET) continue;
      const Hdf5Handle type(H5Dget_type(copy.get()), H5Tclose, action);
      const haddr_t offset = H5Dget_offset(copy.get());
      if (H5Tget_class(type.get()) != H5T_STRING && offset != HADDR_UNDEF)
        extents_.push_back({offset, H5Dget_storage_size(copy.get())});
      rewrite<hvl_t>(copy.get(), "DIMENSION_LIST", axis_type.get(), action, [&](hvl_t& axis) {
        for (std::size_t k = 0; k < axis.len; ++k) point(static_cast<hobj_ref_t*>(axis.p)[k]);
      });
      rewrite<User>(copy.get(), "REFERENCE_LIST", user_type.get(), action,
                    [&](User& user) { point(user.dataset); });
    }
  }

  /// Read an attribute, change each element, write it.
  template <class Element, class Change>
  void rewrite(hid_t object, const char* name, hid_t type, const std::string& action, const Change& change) {
    if (!has_attribute(object, name, action)) return;
    const Hdf5Handle held(H5Aopen(object, name, H5P_DEFAULT), H5Aclose, action);
    const Hdf5Handle space(H5Aget_space(held.get()), H5Sclose, action);
    std::vector<Element> elements(static_cast<std::size_t>(H5Sget_simple_extent_npoints(space.get())));
    check_hdf5(H5Aread(held.get(), type, elements.data()), action);
    for (Element& element : elements) change(element);
    check_hdf5(H5Awrite(held.get(), type, elements.data()), action);
    if (H5Tdetect_class(type, H5T_VLEN) > 0) H5Dvlen_reclaim(type, space.get(), H5P_DEFAULT, elements.data());
  }

  enum class Shape { scalar, list };
  template <class T>
  Hdf5Handle dataset(const std::string& path, hid_t type, const std::vector<T>& values,
                     const std::vector<Attribute>& attributes, Shape shape = Shape::list) {
    const std::string action = fmt::format("write '{}' in '{}'", path, name_);
    const hsize_t count = values.size();
    const Hdf5Handle space(
        shape == Shape::scalar ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &count, nullptr), H5Sclose,
        action);
    const Hdf5Handle properties(H5Pcreate(H5P_DATASET_CREATE), H5Pclose, action);
    check_hdf5(H5Pset_obj_track_times(properties.get(), 0), action);
    Hdf5Handle made(
        H5Dcreate2(file_->get(), path.c_str(), type, space.get(), H5P_DEFAULT, properties.get(), H5P_DEFAULT),
        H5Dclose, action);
    check_hdf5(H5Dwrite(made.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), action);
    for (const Attribute& one : attributes) put_attribute(made.get(), one.first, one.second, path);
    return made;
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
    for (const auto* numbers : {&data, &attributes, &bytes})
      own = crc32c(numbers->data(), numbers->size() * 8, own);
    const Hdf5Handle made(H5Gcreate2(file_->get(), path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                          H5Gclose, fmt::format("create group '{}' in '{}'", path, name_));
    std::vector<const char*> pointers;
    for (const auto& object : paths) pointers.push_back(object.c_str());
    const auto about = [](const char* unit, const char* long_name) {
      return std::vector<Attribute>{{"units", std::string(unit)}, {"long_name", std::string(long_name)}};
    };
    const Hdf5Handle axis =
        dataset(path + "/object", text_type().get(), pointers, about("1", "path of a group or dataset"));
    check_hdf5(H5DSset_scale(axis.get(), "object"), "make a dimension of '" + path + "/object'");
    const auto column = [&](const char* name, const std::vector<std::int64_t>& values,
                            const std::vector<Attribute>& attributes_of) {
      const Hdf5Handle written = dataset(path + name, H5T_NATIVE_INT64, values, attributes_of);
      check_hdf5(H5DSattach_scale(written.get(), axis.get(), 0),
                 fmt::format("attach a dimension to '{}{}'", path, name));
    };
    column("/data_crc32c", data, about("1", "CRC-32C of the values"));
    column("/attributes_crc32c", attributes,
           about("1", "sum over attributes, modulo 2^32, of their CRC-32C"));
    column("/bytes", bytes, about("byte", "size of the values before any compression"));
    put_attribute(made.get(), "crc32c", static_cast<std::int64_t>(own), path);
  }

  std::string name_;
  std::optional<ResultFile> file_;
  Manifest manifest_;
  std::vector<Extent> extents_;
  std::unordered_map<std::string, std::string>
      standing_;  ///< sums_below() of what was copied -> where it stands
};

}  // namespace

void merge_runs(const std::vector<MemberRun>& members, const std::filesystem::path& output,
                const std::vector<Attribute>& run, const MergeOptions& options) {
  quiet_hdf5();
  if (members.empty()) throw InputError("no member to merge (a sweep has at least one)");
  const std::vector<VerifiedMember> verified = refuse_faulty(members, options);
  check_target(output, Target::renamed);
  const std::filesystem::path final_path = link_target(output);
  Merge merge(temporary_beside(final_path));
  {
    const Hdf5Handle group = merge.group("/run");
    merge.attribute(group.get(), "/run",
                    {"format_version", fmt::format("{}.{}", FormatVersion::major, FormatVersion::minor)});
    const RunRecord first = RunReader(members.front().file).run();
    std::vector<Attribute> about = run;
    about.insert(about.end(), {{"name", output.stem().string()},
                               {"seed", static_cast<std::int64_t>(first.seed)},
                               {"instruction_set", first.instruction_set},
                               {"threads", static_cast<std::int64_t>(first.threads)},
                               {"host", first.host},
                               {"started", first.started},
                               {"finished", first.finished}});
    about.emplace_back("sealed", std::int64_t{1});
    for (const Attribute& one : about) merge.attribute(group.get(), "/run", one);
    merge.config(first.config);
    merge.group("/members");
  }
  for (std::size_t k = 0; k < members.size(); ++k) {
    stop_if_told(options, k, members.size(), "merged");
    if (options.how == MergeOptions::How::copy)
      merge.copy(members[k], verified[k]);
    else
      merge.link(members[k], verified[k]);
  }
  merge.publish(final_path);
}

}  // namespace spillway
