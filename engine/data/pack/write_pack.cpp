#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <system_error>

#include "engine/base/files.hpp"
#include "engine/base/partial_folder.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/data_pack.hpp"
#include "engine/data/pack/manifest.hpp"

namespace spillway {

namespace {

constexpr std::ptrdiff_t areas_a_block = 2048;

/// Rows of each area from its first to its last period with any value: a period between them that has none is
/// a row of empty cells, not a gap.
std::string format_panel(const Panel& panel, const Column& codes, Parallelism parallelism) {
  Table header;
  header.columns.resize(2);
  header.columns[0].name = "area_code";
  header.columns[1].name = "period";
  for (const auto& variable : panel.variables) {
    header.columns.emplace_back();
    header.columns.back().name = variable.name;
  }
  std::string text = format_csv(header);
  const auto areas = static_cast<std::ptrdiff_t>(codes.level.size());
  const auto width = static_cast<Eigen::Index>(panel.periods.size());
  std::vector<std::string> labels;
  for (const int period : panel.periods) labels.push_back(std::to_string(period));
  std::vector<std::string> parts(static_cast<std::size_t>((areas + areas_a_block - 1) / areas_a_block));
  const auto any = [&](Eigen::Index a, Eigen::Index t) {
    return std::any_of(panel.variables.begin(), panel.variables.end(),
                       [&](const PanelVariable& variable) { return !std::isnan(variable.value(a, t)); });
  };
  for_each_block(areas, areas_a_block, parallelism, [&](std::ptrdiff_t from, std::ptrdiff_t to) {
    std::string& part = parts[static_cast<std::size_t>(from / areas_a_block)];
    for (Eigen::Index a = from; a < to; ++a) {
      Eigen::Index first = 0, last = width - 1;
      while (first < width && !any(a, first)) ++first;
      while (last > first && !any(a, last)) --last;
      const std::string code = quoted_cell(codes.text(static_cast<std::size_t>(a)));
      for (Eigen::Index t = first; t <= last && t < width; ++t) {
        part += code;
        part += ',';
        part += labels[static_cast<std::size_t>(t)];
        for (const auto& variable : panel.variables) {
          part += ',';
          append_number(part, variable.value(a, t));
        }
        part += '\n';
      }
    }
  });
  for (const auto& part : parts) text += part;
  return text;
}

/// Links as CSV. A contiguity whose weights are the same both ways is written once a pair.
std::string format_links(const std::vector<Edge>& links, const Column& codes, bool directed) {
  const auto reverse_of = [&](const Edge& edge) {
    return std::lower_bound(
        links.begin(), links.end(), Edge{edge.to, edge.from, 0.0},
        [](const Edge& a, const Edge& b) { return a.from != b.from ? a.from < b.from : a.to < b.to; });
  };
  bool once = !directed, weighted = directed;
  for (const auto& edge : links) {
    weighted = weighted || edge.weight != 1.0;
    once = once && (edge.weight == 1.0 || reverse_of(edge)->weight == edge.weight);
  }
  std::string text = weighted ? "from,to,weight\n" : "from,to\n";
  for (const auto& edge : links) {
    if (once && edge.from > edge.to) continue;
    text += quoted_cell(codes.text(static_cast<std::size_t>(edge.from)));
    text += ',';
    text += quoted_cell(codes.text(static_cast<std::size_t>(edge.to)));
    if (weighted) {
      text += ',';
      append_number(text, edge.weight);
    }
    text += '\n';
  }
  return text;
}

/// One file to write: its name, its text, and how to make it.
struct Sheet {
  std::string path, role, text, digest;
  std::function<std::string()> make;
};

std::vector<Sheet> sheets_of(const DataPack& pack, Parallelism parallelism) {
  const Column& codes = pack.areas.at("area_code");
  std::vector<Sheet> sheets;
  if (!pack.panel.variables.empty())  // the largest first
    sheets.push_back({"panel.csv", "panel", "", "",
                      [&pack, &codes, parallelism] { return format_panel(pack.panel, codes, parallelism); }});
  sheets.push_back(
      {"areas.csv", "areas", "", "", [&pack, parallelism] { return format_csv(pack.areas, parallelism); }});
  if (!pack.edges.empty())
    sheets.push_back(
        {"edges.csv", "edges", "", "", [&pack, &codes] { return format_links(pack.edges, codes, false); }});
  if (!pack.flows.empty())
    sheets.push_back(
        {"flows.csv", "flows", "", "", [&pack, &codes] { return format_links(pack.flows, codes, true); }});
  return sheets;
}

bool is_copied(const std::string& role) {
  return role == "gal" || role == "gwt" || role == "boundaries" || role == "lookup" || role == "deflator";
}

Manifest manifest_of(const DataPack& pack) {
  Manifest manifest;
  manifest.name = pack.name;
  manifest.geography = pack.geography;
  manifest.description = pack.description;
  manifest.period_years = pack.period_years;
  manifest.truth = pack.truth;
  for (const auto& column : pack.areas.columns)
    if (column.kind == ColumnKind::text || !column.unit.empty() || !column.description.empty() ||
        !column.price_base.empty())
      manifest.columns[column.name] = {column.unit, column.description, column.price_base,
                                       column.kind == ColumnKind::text ? "text" : "number", 0};
  // A text that elsewhere stands for no value, such as Namibia's NA, is one here.
  for (const auto& column : pack.areas.columns)
    if (std::any_of(column.levels.begin(), column.levels.end(), [](const std::string& level) {
          return std::find(missing_markers().begin(), missing_markers().end(), level) !=
                 missing_markers().end();
        }))
      manifest.columns[column.name].missing.emplace();
  for (const auto& variable : pack.panel.variables) {
    auto& column = manifest.columns[variable.name];
    if (column.unit.empty()) column.unit = variable.unit;
    if (column.description.empty()) column.description = variable.description;
    if (column.price_base.empty()) column.price_base = variable.price_base;
  }
  for (const auto& input : pack.inputs)
    if (input.role == "source") manifest.sources.push_back({input, 0});
  return manifest;
}

}  // namespace

void write_pack(const DataPack& pack, const std::filesystem::path& folder, Parallelism parallelism) {
  std::error_code error;
  if (std::filesystem::exists(folder, error) &&
      !(std::filesystem::is_directory(folder, error) && std::filesystem::is_empty(folder, error)))
    throw InputError({Fault{folder.string(), 0, "", "",
                            "exists and is not an empty folder; expected a new name, so that no "
                            "pack is overwritten"}});
  if (auto faults = validate(pack); !faults.empty()) throw InputError(std::move(faults));

  PartialFolder partial(folder);
  std::vector<Sheet> sheets = sheets_of(pack, parallelism);
  for_each_block(static_cast<std::ptrdiff_t>(sheets.size()), 1, parallelism,
                 [&](std::ptrdiff_t k, std::ptrdiff_t) {
                   Sheet& sheet = sheets[static_cast<std::size_t>(k)];
                   sheet.text = sheet.make();
                   sheet.digest = sha256(sheet.text);
                   write_file(partial.path() / sheet.path, sheet.text);
                   sheet.text = {};
                 });

  Manifest manifest = manifest_of(pack);
  std::sort(sheets.begin(), sheets.end(), [](const Sheet& a, const Sheet& b) { return a.path < b.path; });
  for (const auto& sheet : sheets) {
    InputFile file{sheet.path, sheet.role, sheet.digest, "", "", ""};
    for (const auto& input : pack.inputs)
      if (input.role == sheet.role) {
        file.publisher = input.publisher;
        file.licence = input.licence;
        file.vintage = input.vintage;
      }
    manifest.files.push_back({file, 0});
  }
  for (const auto& input : pack.inputs) {
    if (!is_copied(input.role)) continue;
    InputFile file = input;
    file.path = std::filesystem::path(input.path).filename().string();
    const std::string bytes = read_bytes(pack.folder / input.path);
    file.sha256 = sha256(bytes);
    write_file(partial.path() / file.path, bytes);
    manifest.files.push_back({file, 0});
  }
  write_file(partial.path() / "pack.toml", format_manifest(manifest));
  partial.finish();
}

}  // namespace spillway
