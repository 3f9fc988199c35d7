// A data pack: what a run reads. Areas, panel, edges, and where each file came from.
#pragma once
#include <Eigen/Dense>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/parallel.hpp"
#include "engine/data/table.hpp"

namespace spillway {

/// A variable of the panel: areas x periods, NaN where missing; rows ordered as DataPack::areas.
struct PanelVariable {
  std::string name, unit, description;
  Eigen::MatrixXd value;
  std::string price_base;  ///< year of money variables, else empty
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

/// One file that was read, for the provenance. Role "source": a published table that the pack was built from
/// ([[source]] of the manifest); it is not in the pack's folder and its checksum is only recorded.
struct InputFile {
  std::string path, role, sha256, publisher, licence, vintage;
};

struct DataPack {
  std::string name, geography, description;
  std::filesystem::path folder;  ///< empty for the synthetic England built in memory
  double period_years = 1.0;     ///< years a period; 0: uneven
  Table areas;                   ///< one row an area; always has text column "area_code"
  Panel panel;                   ///< no variables where the pack has no panel file
  std::vector<Edge> edges;       ///< both directions of each contiguity, sorted by (from, to)
  std::vector<Edge> flows;       ///< role flows, directed
  std::vector<InputFile> inputs;
  std::vector<std::pair<std::string, double>> truth;  ///< parameters of a synthetic world: name -> value

  /// Path of the file with this role inside `folder`, or empty.
  std::filesystem::path file_with_role(const std::string& role) const;
};

/// Why `path` is no file inside `folder`, in words; "" where it is one.
std::string fault_of_path(const std::filesystem::path& folder, const std::string& path);

/// Read and validate a pack. Nothing is half-loaded: either the whole pack or every fault found. Areas keep
/// the order of their file.
///
/// @param folder  holds pack.toml and the files it names
/// @param parallelism  files, columns and blocks of rows are read side by side; the result does not depend on
/// it
/// @throws InputError  all faults, each as file:line: column: value: what; see docs/formats/data-packs.md
/// @throws StoreError  a file exists but cannot be read
DataPack read_pack(const std::filesystem::path& folder, Parallelism parallelism = {0});

/// Write a pack (pack.toml with checksums, areas.csv, panel.csv, edges.csv, flows.csv) into a new or empty
/// folder, whole or not at all: a temporary folder beside it is renamed at the end. read_pack gives the same
/// pack back.
///
/// Publisher, licence and vintage come from the entry of pack.inputs with the same role; entries with role
/// "source" become [[source]]; files with the roles gal, gwt, boundaries, lookup and deflator are copied from
/// pack.folder / path (or from `path`, where that is absolute) under their file name.
///
/// @throws InputError  the folder exists and is not empty, or validate() finds faults
/// @throws StoreError  the disk or a permission failed
void write_pack(const DataPack& pack, const std::filesystem::path& folder, Parallelism parallelism = {0});

/// Check what read_pack checks of a pack made in memory: shapes, codes unique, no infinite number, no gap in
/// an area's periods, edges sorted, both ways, between known areas. Faults name the table as their file.
std::vector<Fault> validate(const DataPack& pack);

}  // namespace spillway
