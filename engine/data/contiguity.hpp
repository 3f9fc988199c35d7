// Which areas touch: from their boundaries, or from a published list of pairs.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace spillway {

/// Pairs of codes, each once.
using CodePairs = std::vector<std::pair<std::string, std::string>>;

/// Areas of GeoJSON or TopoJSON (plain or gzipped) that share a point of their boundaries. Shapes that were
/// simplified one by one no longer share points: those of a TopoJSON do.
/// @param codes  areas that count; the others are left out
/// @param lacking  which of them have no shape, in words; their pairs are missing
/// @throws InputError  not GeoJSON or TopoJSON, no property holds the codes, or an area's shape is no
///                     Polygon or MultiPolygon (named)
CodePairs contiguity_of(const std::string& bytes, const std::string& file,
                        const std::vector<std::string>& codes, std::string& lacking);

/// Pairs of a CSV with the columns from, to, or two columns whose names begin with `<geography>cd`.
/// @throws InputError  no such columns (those there are named)
CodePairs read_adjacency(const std::string& file, const std::string& geography);

}  // namespace spillway
