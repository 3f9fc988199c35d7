// Weights that other programs wrote: GAL, GWT and lists of links, told by their content.
#pragma once
#include <string>
#include <vector>

#include "engine/weights/spatial_weights.hpp"

namespace spillway {

/// How the links of a file are to be read; the words are those of [weights].
struct WeightsFileOptions {
  std::string values;  ///< "" (weights, unless they look like distances) | weight | distance | binary
  std::string ids;     ///< "": area codes, or the column that the header names | order | a column
  std::string unlisted = "refuse";  ///< refuse | islands: areas that the file does not list
  double decay = 1.0;               ///< values = distance: the weight is distance^-decay
};

struct WeightsFile {
  SpatialWeights::Matrix matrix;   ///< areas x areas
  std::vector<std::string> notes;  ///< sentences: what was seen, what was made of it
};

/// Links of a .gal, a .gwt or a CSV with from, to [, weight], whatever the file is called.
///
/// GAL and GWT: the header may be missing, a number alone, or `0 n layer key` with blanks in the names; ids
/// may stand in quotes; in a GAL an area with 0 neighbours may have an empty line or none; in a GWT a line
/// `id id 0` says that an area has no neighbour.
/// @param bytes  the file
/// @param shown  its name in messages
/// @throws InputError  every fault with its line: counts that do not agree, areas not listed or listed twice,
///                     unknown ids, an area linked to itself, a link listed twice, weights that are no
///                     number, negative or infinite; distances where weights are due; a format that is not
///                     read
WeightsFile parse_weights_file(std::string bytes, const std::string& shown, const DataPack& pack,
                               const WeightsFileOptions& options = {});

/// The pack's own edges, which it has read and checked, as a file of weights.
/// @throws InputError  distances where weights are due
WeightsFile weights_of_edges(const DataPack& pack, const WeightsFileOptions& options = {});

/// Refuse links that end before the last areas do: three areas or more, and at least a twentieth of all, that
/// come last in areas.csv and have no link. A list of links cannot say that an area has none.
void refuse_cut_edges(const DataPack& pack);

}  // namespace spillway
