// Numbers of JSON.
#pragma once
#include <cmath>
#include <nlohmann/json.hpp>

namespace spillway::studies {

/// null where it is not finite: JSON has neither NaN nor infinity.
inline nlohmann::ordered_json number(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

}  // namespace spillway::studies
