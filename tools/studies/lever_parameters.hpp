// A lever's parameters as catalogues, schema and starting configurations show them.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::studies {

/// The parameters of a lever's own page: a package's parts have pages of their own.
inline std::vector<scenarios::ParameterSpec> own_parameters(const scenarios::Lever& lever) {
  std::vector<scenarios::ParameterSpec> own = lever.parameters;
  std::erase_if(own, [](const scenarios::ParameterSpec& spec) { return !spec.part.empty(); });
  return own;
}

/// The value that stands where nothing is said.
inline nlohmann::ordered_json fallback_json(const scenarios::ParameterSpec& spec) {
  using Json = nlohmann::ordered_json;
  struct Show {
    Json operator()(const Distribution& v) const {
      return v.kind == "point" && v.values.contains("value") ? Json(v.values.at("value"))
                                                             : Json(scenarios::describe(v));
    }
    Json operator()(const std::string& v) const { return v; }
    Json operator()(bool v) const { return v; }
    Json operator()(const std::vector<std::string>& v) const { return v; }
    Json operator()(const std::vector<double>& v) const { return v; }
  };
  return std::visit(Show{}, spec.fallback);
}

inline std::string as_text(const nlohmann::ordered_json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

}  // namespace spillway::studies
