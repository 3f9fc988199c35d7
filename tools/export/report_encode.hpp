// Numbers as short texts for the report page: little-endian arrays in base64, with how to read them back.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace spillway {

/// RFC 4648 with padding.
std::string base64(const void* bytes, std::size_t count);

/// IEEE 754 binary16 nearest to `value`, ties to even; beyond its range infinite, NaN stays NaN.
std::uint16_t half_from(float value);

/// {"f32": base64}: as float, NaN where missing.
nlohmann::json encode_float(const std::vector<double>& values);
/// {"half": base64, "scale": s}: value = half x s, about three significant digits over eleven orders of
/// magnitude below the largest.
nlohmann::json encode_half(const std::vector<double>& values);
/// {"f24": base64, "scale": s}: value = sign x (1 + mantissa / 2^17) x 2^(exponent - 63) x s; 1 bit, 6 and
/// 17, in three planes, highest byte first. Within 2^-18 (4e-6) of its own size over eighteen orders of
/// magnitude below the largest, 0 below that. All ones: missing.
nlohmann::json encode_fine(const std::vector<double>& values);
/// {"u16": base64, "low": l, "step": s}: value = l + s x integer, 65535 where missing: even steps between
/// `low` and `high`.
nlohmann::json encode_steps(const std::vector<double>& values, double low, double high);
/// {"u16": base64, "low": l, "step": 1} where every value is a whole number and they span less than 65,535;
/// else halves.
nlohmann::json encode_column(const std::vector<double>& values);
/// {"u16": base64, "low": 0, "step": 1} of places in a list, -1 for none. At most 65,534 places.
nlohmann::json encode_index(const std::vector<std::int32_t>& places);

/// Each text as what it adds to the one before: the number of UTF-16 units that both begin with, at most 35
/// and never within a character, as a digit of base 36, then the rest.
nlohmann::json encode_texts(const std::vector<std::string>& texts);

/// Unsigned LEB128, appended.
void append_varint(std::vector<std::uint8_t>& bytes, std::uint64_t value);
/// Signed, zigzag.
void append_signed(std::vector<std::uint8_t>& bytes, std::int64_t value);

/// A page's data: JSON, compressed (zlib, RFC 1950), in base64. Half the size of the JSON, and no text of it
/// can end a <script> element.
std::string packed_json(const nlohmann::json& value);

}  // namespace spillway
