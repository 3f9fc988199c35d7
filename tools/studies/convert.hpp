// A data pack on another vintage of areas, by the lookup that ONS publishes.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/data/vintage/vintage.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// Names of files and columns; empty: see each.
struct ConvertOptions {
  std::string pack;        ///< folder
  std::string lookup;      ///< empty: the pack's own file of role lookup
  std::string to;          ///< geography of the result; empty: the other one of lsoa11 and lsoa21
  std::string areas;       ///< CSV of the new areas: population, centroids, texts such as area_type
  std::string boundaries;  ///< of the new areas; empty: what follows from the pack's own
  std::string adjacency;   ///< CSV of pairs; empty: what touches in `boundaries`, else the pack's links
  std::string weight = "population";             ///< column that weights means
  std::vector<std::string> sum, mean, majority;  ///< columns, by how they are carried
};

struct Conversion {
  std::string from;  ///< geography before
  DataPack pack;
  VintageReport report;
};

/// @param scratch  a folder for files that the new pack is to copy: it must last until the pack is written
/// @throws InputError  what `convert_vintage` refuses; a geography that does not say where to; no lookup;
/// areas
///                     or boundaries that know no area of the result
Conversion convert(const ConvertOptions& options, const std::filesystem::path& scratch);

/// How many areas, columns and links became what; what was guessed.
std::string conversion_text(const Conversion& conversion);
nlohmann::ordered_json conversion_json(const Conversion& conversion);

}  // namespace spillway::studies
