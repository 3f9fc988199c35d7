// Any bytes as a pack's boundaries, a result's numbers and its texts, as the page and the map layer take
// them: shapes and short texts, or an InputError.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.hpp"
#include "tools/export/area_shapes.hpp"
#include "tools/export/report_encode.hpp"

namespace {

void check_shapes(const std::string& bytes) {
  static const std::vector<std::string> codes = {"A", "B", "C", "D"};
  try {
    const auto page = spillway::report_shapes(bytes, "boundaries", codes);
    if (!page.is_null() && page.at("drawn").get<std::size_t>() > codes.size()) std::abort();
    spillway::packed_json(page);
    const auto shapes = spillway::area_shapes(bytes, "boundaries", codes);
    for (const auto& area : shapes.areas)
      for (const auto& polygon : area)
        for (const auto& ring : polygon)
          if (ring.size() < 4 || ring.front() != ring.back()) std::abort();
  } catch (const spillway::InputError&) {
  }
}

/// A scale by which the page multiplies gives numbers.
void check_scale(const nlohmann::json& coded) {
  if (coded.contains("scale") &&
      !(coded["scale"].get<double>() > 0.0 && std::isfinite(coded["scale"].get<double>())))
    std::abort();
}

}  // namespace

/// The bytes up to the first \xFF are boundaries; the rest is read as numbers and as lines.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(all.find('\xFF'), size);
  check_shapes(std::string(all.substr(0, end)));
  if (end + 1 >= size) return 0;
  const std::string_view rest = all.substr(end + 1);
  std::vector<double> numbers(rest.size() / sizeof(double));
  if (!numbers.empty()) std::memcpy(numbers.data(), rest.data(), numbers.size() * sizeof(double));
  for (const auto& coded : {spillway::encode_float(numbers), spillway::encode_half(numbers),
                            spillway::encode_fine(numbers), spillway::encode_column(numbers)})
    check_scale(coded);
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < rest.size();) {
    const std::size_t next = std::min(rest.find('\n', at), rest.size());
    lines.emplace_back(rest.substr(at, next - at));
    at = next + 1;
  }
  spillway::packed_json(spillway::encode_texts(lines));
  return 0;
}
