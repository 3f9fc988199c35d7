#include "engine/store/hdf5_values.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "engine/store/crc32c.hpp"

namespace spillway {

namespace {
std::string at(const char* verb, const std::string& name, const std::string& path) {
  return fmt::format("{} attribute '{}' of '{}'", verb, name, path);
}

Hdf5Handle scalar_or_list(std::size_t count, bool scalar) {
  const hsize_t dims = count;
  return {scalar       ? H5Screate(H5S_SCALAR)
          : count == 0 ? H5Screate(H5S_NULL)
                       : H5Screate_simple(1, &dims, nullptr),
          H5Sclose, "describe an attribute"};
}

void put(hid_t object, const std::string& name, const std::string& path, hid_t type, hid_t space,
         const void* data) {
  // No data: an empty list.
  const Hdf5Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose, at("create", name, path));
  if (data != nullptr) check_hdf5(H5Awrite(attribute.get(), type, data), at("write", name, path));
}

std::vector<std::string> texts_of(hid_t attribute, hid_t type, std::size_t count, const std::string& action) {
  std::vector<std::string> texts(count);
  if (H5Tis_variable_str(type) > 0) {
    const Hdf5Handle space(H5Aget_space(attribute), H5Sclose, action);
    const Hdf5Handle memory = text_type();
    std::vector<char*> pointers(count, nullptr);
    check_hdf5(H5Aread(attribute, memory.get(), pointers.data()), action);
    for (std::size_t k = 0; k < count; ++k)
      if (pointers[k]) texts[k] = pointers[k];
    H5Dvlen_reclaim(memory.get(), space.get(), H5P_DEFAULT, pointers.data());
    return texts;
  }
  const std::size_t length = H5Tget_size(type);
  std::vector<char> bytes(count * length);
  check_hdf5(H5Aread(attribute, type, bytes.data()), action);
  for (std::size_t k = 0; k < count; ++k)
    texts[k].assign(&bytes[k * length], strnlen(&bytes[k * length], length));
  return texts;
}

AttributeValue get(hid_t attribute, const std::string& action) {
  const Hdf5Handle type(H5Aget_type(attribute), H5Tclose, action);
  const Hdf5Handle space(H5Aget_space(attribute), H5Sclose, action);
  const hssize_t points = H5Sget_simple_extent_npoints(space.get());
  if (points < 0) throw_hdf5(action);
  constexpr hssize_t most = 1 << 20;  // an attribute is short; tables are datasets
  if (points > most || H5Tget_size(type.get()) > static_cast<std::size_t>(most))
    throw StoreError(fmt::format("could not {}: it is longer than any of a result", action));
  const auto count = static_cast<std::size_t>(points);
  const H5S_class_t extent_class = H5Sget_simple_extent_type(space.get());
  const bool scalar = extent_class == H5S_SCALAR;
  if (extent_class == H5S_NULL) {  // an empty list
    if (H5Tget_class(type.get()) == H5T_STRING) return std::vector<std::string>{};
    return std::vector<double>{};
  }
  switch (H5Tget_class(type.get())) {
    case H5T_STRING: {
      auto texts = texts_of(attribute, type.get(), count, action);
      if (scalar) return texts.at(0);
      return texts;
    }
    case H5T_INTEGER:
      if (scalar) {
        std::int64_t value = 0;
        check_hdf5(H5Aread(attribute, H5T_NATIVE_INT64, &value), action);
        return value;
      }
      [[fallthrough]];
    case H5T_FLOAT: {
      if (H5Tget_size(type.get()) > sizeof(double))
        throw StoreError(fmt::format("could not {}: its numbers have more than 8 bytes", action));
      std::vector<double> values(count);
      check_hdf5(H5Aread(attribute, H5T_NATIVE_DOUBLE, values.data()), action);
      if (scalar) return values.at(0);
      return values;
    }
    default:
      throw StoreError(fmt::format("could not {}: neither text nor number", action));
  }
}
}  // namespace

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "make a text type");
  check_hdf5(H5Tset_size(type.get(), H5T_VARIABLE), "make a text type");
  check_hdf5(H5Tset_cset(type.get(), H5T_CSET_UTF8), "make a text type");
  return type;
}

void put_attribute(hid_t object, const std::string& name, const AttributeValue& value,
                   const std::string& path) {
  struct Put {
    hid_t object;
    const std::string &name, &path;
    void operator()(const std::string& text) const {
      const Hdf5Handle type = text_type(), space = scalar_or_list(1, true);
      const char* pointer = text.c_str();
      put(object, name, path, type.get(), space.get(), &pointer);
    }
    void operator()(double number) const {
      put(object, name, path, H5T_NATIVE_DOUBLE, scalar_or_list(1, true).get(), &number);
    }
    void operator()(std::int64_t number) const {
      put(object, name, path, H5T_NATIVE_INT64, scalar_or_list(1, true).get(), &number);
    }
    void operator()(const std::vector<std::string>& texts) const {
      const Hdf5Handle type = text_type(), space = scalar_or_list(texts.size(), false);
      std::vector<const char*> pointers;
      for (const auto& text : texts) pointers.push_back(text.c_str());
      put(object, name, path, type.get(), space.get(), texts.empty() ? nullptr : pointers.data());
    }
    void operator()(const std::vector<double>& numbers) const {
      put(object, name, path, H5T_NATIVE_DOUBLE, scalar_or_list(numbers.size(), false).get(),
          numbers.empty() ? nullptr : numbers.data());
    }
  };
  std::visit(Put{object, name, path}, value);
}

bool is_scale_attribute(const std::string& name) {
  static const std::vector<std::string> names = {"CLASS", "NAME", "DIMENSION_LIST", "REFERENCE_LIST",
                                                 "_FillValue"};
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool has_attribute(hid_t object, const std::string& name, const std::string& place) {
  const htri_t there = H5Aexists(object, name.c_str());
  check_hdf5(there, fmt::format("read attribute '{}' of {}", name, place));
  return there > 0;
}

AttributeValue get_attribute(hid_t object, const std::string& name, const std::string& path) {
  const Hdf5Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, at("open", name, path));
  return get(attribute.get(), at("read", name, path));
}

std::vector<Attribute> get_attributes(hid_t object, const std::string& path) {
  struct Found {
    std::vector<std::string> names;
  } found;
  const auto keep = [](hid_t, const char* name, const H5A_info_t*, void* data) -> herr_t {
    static_cast<Found*>(data)->names.emplace_back(name);
    return 0;
  };
  const std::string action = fmt::format("read the attributes of '{}'", path);
  hsize_t position = 0;
  if (H5Aiterate2(object, H5_INDEX_CRT_ORDER, H5_ITER_INC, &position, keep, &found) < 0) {
    found.names.clear();
    position = 0;
    check_hdf5(H5Aiterate2(object, H5_INDEX_NAME, H5_ITER_INC, &position, keep, &found), action);
  }
  std::vector<Attribute> attributes;
  for (const auto& name : found.names) {
    if (is_scale_attribute(name)) continue;
    attributes.emplace_back(name, get_attribute(object, name, path));
  }
  return attributes;
}

std::uint32_t attribute_checksum(const Attribute& attribute) {
  std::uint32_t sum = crc32c(attribute.first.c_str(), attribute.first.size() + 1);
  struct Add {
    std::uint32_t& sum;
    void operator()(const std::string& text) const { sum = crc32c(text.c_str(), text.size() + 1, sum); }
    void operator()(double number) const { sum = crc32c(&number, sizeof number, sum); }
    void operator()(std::int64_t number) const { sum = crc32c(&number, sizeof number, sum); }
    void operator()(const std::vector<std::string>& texts) const {
      for (const auto& text : texts) (*this)(text);
    }
    void operator()(const std::vector<double>& numbers) const {
      for (const double number : numbers) (*this)(number);
    }
  };
  std::visit(Add{sum}, attribute.second);
  return sum;
}

std::uint32_t texts_checksum(const std::vector<std::string>& texts) {
  std::uint32_t sum = 0;
  for (const auto& text : texts) sum = crc32c(text.c_str(), text.size() + 1, sum);
  return sum;
}

std::vector<hsize_t> extent(hid_t dataset, const std::string& path) {
  const std::string action = fmt::format("read the shape of '{}'", path);
  const Hdf5Handle space(H5Dget_space(dataset), H5Sclose, action);
  const int rank = H5Sget_simple_extent_ndims(space.get());
  if (rank < 0) throw_hdf5(action);
  std::vector<hsize_t> dims(static_cast<std::size_t>(rank));
  if (rank > 0 && H5Sget_simple_extent_dims(space.get(), dims.data(), nullptr) < 0) throw_hdf5(action);
  return dims;
}

std::vector<std::string> get_texts(hid_t dataset, const std::string& path) {
  const std::string action = fmt::format("read '{}'", path);
  const Hdf5Handle type(H5Dget_type(dataset), H5Tclose, action);
  if (H5Tget_class(type.get()) != H5T_STRING)
    throw StoreError(fmt::format("could not {}: it holds numbers, not texts", action));
  std::size_t count = 1;
  for (const hsize_t length : extent(dataset, path)) count *= length;
  std::vector<std::string> texts(count);
  if (count == 0) return texts;
  const bool variable = H5Tis_variable_str(type.get()) > 0;
  const Hdf5Handle memory = variable ? text_type() : Hdf5Handle(H5Tcopy(type.get()), H5Tclose, action),
                   all(H5Dget_space(dataset), H5Sclose, action);
  const std::size_t length = variable ? sizeof(char*) : H5Tget_size(type.get());
  std::vector<char> bytes(count * length);
  check_hdf5(H5Dread(dataset, memory.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, bytes.data()), action);
  for (std::size_t k = 0; k < count; ++k) {
    const char* one = &bytes[k * length];
    if (!variable)
      texts[k].assign(one, strnlen(one, length));
    else if (const char* text = *reinterpret_cast<char* const*>(one))
      texts[k] = text;
  }
  if (variable) H5Dvlen_reclaim(memory.get(), all.get(), H5P_DEFAULT, bytes.data());
  return texts;
}

}  // namespace spillway
