// Changes to a result file by another program: HDF5's own calls, nothing of the store.
#pragma once
#include <hdf5.h>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace spillway::test {

inline hid_t must(hid_t id) {
  if (id < 0) throw std::runtime_error("HDF5 refused an edit");
  return id;
}

/// One file open for writing; every call closes what it opens.
class Hdf5Edit {
 public:
  explicit Hdf5Edit(const std::filesystem::path& path)
      : file_(must(H5Fopen(path.c_str(), H5F_ACC_RDWR, H5P_DEFAULT))) {}
  ~Hdf5Edit() { H5Fclose(file_); }
  Hdf5Edit(const Hdf5Edit&) = delete;
  Hdf5Edit& operator=(const Hdf5Edit&) = delete;

  hid_t file() const { return file_; }
  void remove(const std::string& path) { must(H5Ldelete(file_, path.c_str(), H5P_DEFAULT)); }

  /// Put numbers of this shape where `path` was, all of one value; a missing place is made.
  void numbers(const std::string& path, const std::vector<hsize_t>& shape, double value = 0.5) {
    std::size_t count = 1;
    for (const hsize_t length : shape) count *= length;
    const std::vector<double> values(count, value);
    put(path, H5T_NATIVE_DOUBLE, shape, H5P_DEFAULT, values.data());
  }
  /// A shape that nothing is written for.
  void claim(const std::string& path, const std::vector<hsize_t>& shape) {
    put(path, H5T_NATIVE_DOUBLE, shape, H5P_DEFAULT, nullptr);
  }
  void texts(const std::string& path, const std::vector<std::string>& texts) {
    std::vector<const char*> pointers;
    for (const auto& text : texts) pointers.push_back(text.c_str());
    const hid_t type = text_type();
    put(path, type, {texts.size()}, H5P_DEFAULT, pointers.data());
    H5Tclose(type);
  }
  /// @param properties  of creation; closed here
  void put(const std::string& path, hid_t type, const std::vector<hsize_t>& shape, hid_t properties,
           const void* data) {
    if (H5Lexists(file_, path.c_str(), H5P_DEFAULT) > 0) remove(path);
    const hid_t links = must(H5Pcreate(H5P_LINK_CREATE));
    H5Pset_create_intermediate_group(links, 1);
    const hid_t space =
        must(shape.empty() ? H5Screate(H5S_SCALAR)
                           : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
    const hid_t made = must(H5Dcreate2(file_, path.c_str(), type, space, links, properties, H5P_DEFAULT));
    if (data != nullptr) must(H5Dwrite(made, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data));
    H5Dclose(made);
    H5Sclose(space);
    H5Pclose(links);
    if (properties != H5P_DEFAULT) H5Pclose(properties);
  }
  void text_attribute(const std::string& path, const std::string& name, const std::string& text) {
    const hid_t type = text_type();
    const char* pointer = text.c_str();
    attribute(path, name, type, {}, &pointer);
    H5Tclose(type);
  }
  void number_attribute(const std::string& path, const std::string& name, double value,
                        const std::vector<hsize_t>& shape = {}) {
    std::size_t count = 1;
    for (const hsize_t length : shape) count *= length;
    attribute(path, name, H5T_NATIVE_DOUBLE, shape, std::vector<double>(count, value).data());
  }
  void whole_attribute(const std::string& path, const std::string& name, long value) {
    attribute(path, name, H5T_NATIVE_LONG, {}, &value);
  }
  void remove_attribute(const std::string& path, const std::string& name) {
    must(H5Adelete_by_name(file_, path.c_str(), name.c_str(), H5P_DEFAULT));
  }
  static hid_t text_type() {
    const hid_t type = must(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, H5T_VARIABLE);
    H5Tset_cset(type, H5T_CSET_UTF8);
    return type;
  }

 private:
  void attribute(const std::string& path, const std::string& name, hid_t type,
                 const std::vector<hsize_t>& shape, const void* data) {
    const hid_t object = must(H5Oopen(file_, path.c_str(), H5P_DEFAULT));
    if (H5Aexists(object, name.c_str()) > 0) H5Adelete(object, name.c_str());
    const hid_t space =
        must(shape.empty() ? H5Screate(H5S_SCALAR)
                           : H5Screate_simple(static_cast<int>(shape.size()), shape.data(), nullptr));
    const hid_t made = must(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT));
    must(H5Awrite(made, type, data));
    H5Aclose(made);
    H5Sclose(space);
    H5Oclose(object);
  }
  hid_t file_;
};

}  // namespace spillway::test
