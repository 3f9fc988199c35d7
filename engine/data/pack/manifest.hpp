// pack.toml: the manifest of a data pack as plain values.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/data/pack/data_pack.hpp"

namespace spillway {

/// One [[file]] or [[source]] of a manifest.
struct ManifestFile {
  InputFile input;
  long line = 0;
};

/// One [columns.NAME].
struct ManifestColumn {
  std::string unit, description, price_base;
  std::string kind;  ///< "number" | "text" | "" (inferred; a column with a unit holds numbers)
  long line = 0;
  std::string carry =
      {};  ///< "sum" | "mean" | "majority": how it goes to another vintage of areas; "": by its unit
  std::optional<std::vector<std::string>> missing = {};  ///< cells without a value; none: the pack's
};

struct Manifest {
  std::string name, geography, description;
  double period_years = 1.0;                        ///< 0: uneven
  std::optional<std::vector<std::string>> missing;  ///< cells without a value; none: missing_markers()
  /// Rows of the panel that are not there between an area's first and last.
  enum class Gaps { fault, missing } gaps = Gaps::fault;
  std::vector<ManifestFile> files;    ///< [[file]]: in the folder
  std::vector<ManifestFile> sources;  ///< [[source]]: what the pack was built from; not in the folder
  std::map<std::string, ManifestColumn> columns;
  std::vector<std::pair<std::string, double>> truth;
};

/// The roles that a file of a pack may have.
const std::vector<std::string>& known_roles();

/// Read a manifest. Unknown keys and roles, wrong types and missing keys are appended to `faults` with their
/// line and the nearest known word. `file` is used in messages only.
Manifest parse_manifest(const std::string& text, const std::string& file, std::vector<Fault>& faults);

/// The manifest as TOML; parse_manifest reads it back to the same values.
std::string format_manifest(const Manifest& manifest);

}  // namespace spillway
