// HDF5 types, attributes and texts as plain values: shared by writer and reader. Included by
// engine/store/*.cpp alone.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/store/hdf5_handle.hpp"
#include "engine/store/run_record.hpp"

namespace spillway {

/// UTF-8 of variable length. Not fixed: netCDF-C 4.9.0 overruns its memory when it reads texts of fixed
/// length.
Hdf5Handle text_type();

/// Create `name` on `object`. Texts are of variable length, numbers f64 or i64.
void put_attribute(hid_t object, const std::string& name, const AttributeValue& value,
                   const std::string& path);

/// @throws StoreError  neither text nor number, or more than fits
AttributeValue get_attribute(hid_t object, const std::string& name, const std::string& path);
/// @param place  for messages. @throws StoreError  the file cannot be read
bool has_attribute(hid_t object, const std::string& name, const std::string& place);

/// Every attribute of `object` in the order written, those of dimension scales and checksums left out.
std::vector<Attribute> get_attributes(hid_t object, const std::string& path);

/// One number that stands for an attribute's name and value; an object's is the sum of its attributes', in
/// any order.
std::uint32_t attribute_checksum(const Attribute& attribute);

/// The long name of an axis that has no values but 0, 1, 2, ...
inline constexpr const char* position_name = "position along this axis, from 0";

/// Names that the dimension-scale convention keeps for itself.
bool is_scale_attribute(const std::string& name);

/// CRC-32C of texts, each with a NUL at its end.
std::uint32_t texts_checksum(const std::vector<std::string>& texts);

/// Fixed- or variable-length texts of a dataset. @throws StoreError  they are not texts or cannot be read
std::vector<std::string> get_texts(hid_t dataset, const std::string& path);

std::vector<hsize_t> extent(hid_t dataset, const std::string& path);

}  // namespace spillway
