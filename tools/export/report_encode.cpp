#include "tools/export/report_encode.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "engine/base/error.hpp"

namespace spillway {

static_assert(std::endian::native == std::endian::little, "the page reads little-endian arrays");

std::string base64(const void* bytes, std::size_t count) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto* in = static_cast<const std::uint8_t*>(bytes);
  std::string text;
  text.reserve((count + 2) / 3 * 4);
  for (std::size_t k = 0; k < count; k += 3) {
    const std::size_t left = std::min<std::size_t>(3, count - k);
    std::uint32_t block = static_cast<std::uint32_t>(in[k]) << 16;
    if (left > 1) block |= static_cast<std::uint32_t>(in[k + 1]) << 8;
    if (left > 2) block |= in[k + 2];
    text += digits[block >> 18];
    text += digits[block >> 12 & 63];
    text += left > 1 ? digits[block >> 6 & 63] : '=';
    text += left > 2 ? digits[block & 63] : '=';
  }
  return text;
}

std::uint16_t half_from(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000u);
  const std::uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<std::uint16_t>(sign | 0x7e00u);
  if (magnitude >= 0x477ff000u)
    return static_cast<std::uint16_t>(sign | 0x7c00u);  // 65,520 and more round to infinity
  // Below 2^-14 a half is a whole number of 2^-24.
  if (magnitude < 0x38800000u)
    return static_cast<std::uint16_t>(sign |
                                      static_cast<std::uint16_t>(std::nearbyint(std::fabs(value) * 0x1p24f)));
  const std::uint32_t odd = magnitude >> 13 & 1u;
  return static_cast<std::uint16_t>(sign | (magnitude - 0x38000000u + 0xfffu + odd) >> 13);
}

nlohmann::json encode_float(const std::vector<double>& values) {
  const std::vector<float> single(values.begin(), values.end());
  return {{"f32", base64(single.data(), single.size() * sizeof(float))}};
}

nlohmann::json encode_half(const std::vector<double>& values) {
  double largest = 0.0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
  const double scale = largest > 1e-300 ? largest / 32768.0 : 1.0;  // what is less is as good as 0
  std::vector<std::uint16_t> halves;
  halves.reserve(values.size());
  for (const double value : values) halves.push_back(half_from(static_cast<float>(value / scale)));
  return {{"half", base64(halves.data(), halves.size() * 2)}, {"scale", scale}};
}

nlohmann::json encode_fine(const std::vector<double>& values) {
  double largest = 0.0;
  for (const double value : values)
    if (std::isfinite(value)) largest = std::max(largest, std::fabs(value));
  const double scale = largest > 0.0 ? largest : 1.0;
  std::vector<std::uint8_t> planes(3 * values.size());
  for (std::size_t k = 0; k < values.size(); ++k) {
    std::uint32_t code = 0xffffffu;
    if (std::isfinite(values[k])) {
      // Rounded to 18 digits first: rounding may carry into the exponent.
      int exponent = 0;
      const double mantissa = std::frexp(std::fabs(values[k]) / scale, &exponent);
      auto digits = static_cast<std::uint32_t>(std::lround(std::ldexp(mantissa, 18)));
      if (digits == 1u << 18) {
        digits = 1u << 17;
        ++exponent;
      }
      const int stored = exponent - 1 + 63;  // the largest has exponent 1: stored 63
      code = stored < 1 || digits == 0 ? 0u
                                       : static_cast<std::uint32_t>(stored) << 17 | (digits - (1u << 17)) |
                                             (values[k] < 0.0 ? 0x800000u : 0u);
    }
    for (std::size_t plane = 0; plane < 3; ++plane)
      planes[plane * values.size() + k] = static_cast<std::uint8_t>(code >> (16 - 8 * plane));
  }
  return {{"f24", base64(planes.data(), planes.size())}, {"scale", scale}};
}

nlohmann::json encode_steps(const std::vector<double>& values, double low, double high) {
  const double step = (high - low) / 65534.0;
  std::vector<std::uint16_t> steps;
  steps.reserve(values.size());
  for (const double value : values)
    steps.push_back(std::isfinite(value)
                        ? static_cast<std::uint16_t>(std::lround((std::clamp(value, low, high) - low) / step))
                        : std::uint16_t{65535});
  return {{"u16", base64(steps.data(), steps.size() * 2)}, {"low", low}, {"step", step}};
}

nlohmann::json encode_column(const std::vector<double>& values) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    if (value != std::floor(value)) return encode_half(values);
    low = std::min(low, value);
    high = std::max(high, value);
  }
  if (!(high - low < 65535.0)) return encode_half(values);
  return encode_steps(values, low, low + 65534.0);
}

nlohmann::json encode_index(const std::vector<std::int32_t>& places) {
  std::vector<std::uint16_t> steps;
  steps.reserve(places.size());
  for (const std::int32_t place : places)
    steps.push_back(place < 0 ? std::uint16_t{65535} : static_cast<std::uint16_t>(place));
  return {{"u16", base64(steps.data(), steps.size() * 2)}, {"low", 0}, {"step", 1}};
}

nlohmann::json encode_texts(const std::vector<std::string>& texts) {
  nlohmann::json coded = nlohmann::json::array();
  std::string before;
  for (const std::string& text : texts) {
    // Only ASCII is shared: there bytes, characters and UTF-16 units count alike.
    std::size_t common = 0;
    while (common < 35 && common < text.size() && common < before.size() && text[common] == before[common] &&
           static_cast<unsigned char>(text[common]) < 0x80)
      ++common;
    coded.push_back("0123456789abcdefghijklmnopqrstuvwxyz"[common] + text.substr(common));
    before = text;
  }
  return coded;
}

void append_varint(std::vector<std::uint8_t>& bytes, std::uint64_t value) {
  for (; value >= 0x80u; value >>= 7) bytes.push_back(static_cast<std::uint8_t>(value | 0x80u));
  bytes.push_back(static_cast<std::uint8_t>(value));
}

void append_signed(std::vector<std::uint8_t>& bytes, std::int64_t value) {
  append_varint(bytes, static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

std::string packed_json(const nlohmann::json& value) {
  const std::string text = value.dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  uLongf size = compressBound(static_cast<uLong>(text.size()));
  std::string packed(size, '\0');
  if (compress2(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(text.data()),
                static_cast<uLong>(text.size()), 6) != Z_OK)
    throw StoreError("zlib could not compress the page's data");
  return base64(packed.data(), size);
}

}  // namespace spillway
