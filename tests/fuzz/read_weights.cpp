// Any bytes as a file of weights give weights or an InputError, never a crash; and weights that are read are
// those of areas, finite and without a diagonal. tests/fault/weights_bytes.cpp walks through a fixed set.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "engine/base/error.hpp"
#include "engine/weights/read_weights_file.hpp"

namespace {

/// Four areas A to D, keys 0 to 3, 1 km apart.
const spillway::DataPack& fuzz_pack() {
  static const spillway::DataPack pack = [] {
    spillway::DataPack made;
    made.areas.rows = 4;
    spillway::Column code, key, x, y;
    code.name = "area_code";
    code.kind = spillway::ColumnKind::text;
    key.name = "key";
    x.name = "easting";
    y.name = "northing";
    for (int i = 0; i < 4; ++i) {
      code.level.push_back(i);
      code.levels.push_back(std::string(1, static_cast<char>('A' + i)));
      key.number.push_back(i);
      x.number.push_back(1000.0 * i);
      y.number.push_back(0.0);
    }
    made.areas.columns = {code, key, x, y};
    return made;
  }();
  return pack;
}

}  // namespace

/// The first byte chooses how the rest is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  spillway::WeightsFileOptions options;
  const char* const values[] = {"", "weight", "distance", "binary"};
  const char* const ids[] = {"", "order", "key", "area_code"};
  options.values = values[data[0] & 3];
  options.ids = ids[(data[0] >> 2) & 3];
  if (data[0] & 16) options.unlisted = "islands";
  try {
    const auto file = spillway::parse_weights_file(
        std::string(reinterpret_cast<const char*>(data) + 1, size - 1), "w", fuzz_pack(), options);
    for (int i = 0; i < file.matrix.outerSize(); ++i)
      for (spillway::SpatialWeights::Matrix::InnerIterator it(file.matrix, i); it; ++it)
        if (it.col() == i || !std::isfinite(it.value()) || it.value() < 0.0) std::abort();
  } catch (const spillway::InputError& error) {
    if (error.faults().empty()) std::abort();
  }
  return 0;
}
