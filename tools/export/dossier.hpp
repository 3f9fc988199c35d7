// The record of an analysis that HM Treasury's Aqua Book asks for: logs of assumptions, data and decisions,
// roles and sign-off, what was verified, and every number with its place in the result.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway {

struct DossierOptions {
  int sunset_years = 2;  ///< how long after its date an assumption or a vintage may be used unreviewed
};

/// One table of the dossier, which is also a CSV file of its name.
struct DossierTable {
  std::string file;  ///< "assumptions.csv"
  studies::TextTable table;
  bool to_fill_in = false;  ///< people write in it: only its first column is held against the result
};

/// A dossier holds nothing that is not in the result: the same result gives the same dossier.
struct Dossier {
  std::string title, introduction;
  std::vector<DossierTable> tables;
};

/// @throws StoreError  a dataset cannot be read
Dossier dossier_of(const RunReader& reader, const DossierOptions& options);

/// As a folder: README.md with all but the long tables, and a CSV file a table. Whole under its name or
/// absent.
/// @throws InputError  the folder is there and not empty; StoreError  it cannot be written
void write_dossier(const Dossier& dossier, const std::filesystem::path& folder);

/// Every cell of the folder that is not what the result gives, as "numbers.csv:12: column 'value': ...", and
/// files that are missing or of another shape.
/// @throws InputError  there is no such folder
std::vector<std::string> changed_cells(const Dossier& dossier, const std::filesystem::path& folder);

}  // namespace spillway
