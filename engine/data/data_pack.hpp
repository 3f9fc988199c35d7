// A data pack: what a run reads. Areas, panel, edges, and where each file came from.
#pragma once
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <Eigen/Dense>

#include "engine/base/error.hpp"
#include "engine/data/table.hpp"

namespace spillway {

/// A variable of the panel: areas x periods, NaN where missing; rows ordered as DataPack::areas.
struct PanelVariable {
  std::string name, unit, description;
  Eigen::MatrixXd value;
};

/// Named variables on one grid of areas x periods (the union of the periods in the file, ascending).
struct Panel {
  std::vector<int> periods;  ///< labels, for example years
  std::vector<PanelVariable> variables;

  const PanelVariable* find(const std::string& name) const;
  /// @throws InputError  no such variable; names the nearest and lists those there are.
  const PanelVariable& at(const std::string& name) const;
};

/// A directed link between two areas, by row of DataPack::areas.
struct Edge {
  std::int32_t from = 0, to = 0;
  double weight = 1.0;
};

/// One file that was read, for the provenance.
struct InputFile {
  std::string path, role, sha256, publisher, licence, vintage;
};

struct DataPack {
  std::string name, geography, description;
  std::filesystem::path folder;    ///< empty for the synthetic England built in memory
  double period_years = 1.0;       ///< years a period; 0: uneven
  Table areas;                     ///< one row an area; always has text column "area_code"
  Panel panel;                     ///< no variables where the pack has no panel file
  std::vector<Edge> edges;         ///< both directions of each contiguity, sorted by (from, to)
  std::vector<Edge> flows;         ///< role flows, directed
  std::vector<InputFile> inputs;
  std::vector<std::pair<std::string, double>> truth;  ///< parameters of a synthetic world: name -> value

  /// Path of the file with this role inside `folder`, or empty.
  std::filesystem::path file_with_role(const std::string& role) const;
};

/// Read and validate a pack. Nothing is half-loaded: either the whole pack or every fault found.
///
/// @param folder  holds pack.toml and the files it names
/// @throws InputError  all faults, each as file:line: column: value: what; see docs/data-packs.md
/// @throws StoreError  a file exists but cannot be read
DataPack read_pack(const std::filesystem::path& folder);

/// Write a pack (pack.toml with checksums, areas.csv, panel.csv, edges.csv) into a new or empty folder, whole
/// or not at all: a temporary folder beside it is renamed at the end.
///
/// @throws InputError  the folder exists and is not empty
/// @throws StoreError  the disk or a permission failed
void write_pack(const DataPack& pack, const std::filesystem::path& folder);

/// Check what read_pack checks of a pack made in memory (finite, unique codes, symmetric edges, ...).
std::vector<Fault> validate(const DataPack& pack);

}  // namespace spillway
