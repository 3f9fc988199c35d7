#include "tools/studies/estimate_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"
#include "engine/estimate/confidence_set.hpp"
#include "engine/estimate/words.hpp"

namespace spillway::studies {

namespace {

/// Display width: UTF-8 continuation bytes take no column.
std::size_t width(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

}  // namespace

std::string short_number(double value) {
  if (std::isnan(value)) return "";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  if (value != 0.0 && (std::abs(value) >= 1e6 || std::abs(value) < 1e-4)) return fmt::format("{:.3e}", value);
  if (std::abs(value) >= 1000) return fmt::format("{:.0f}", value);
  return fmt::format("{:.4g}", value);
}

TableFormat table_format(const std::string& name) {
  if (name == "terminal" || name == "text") return TableFormat::terminal;
  if (name == "csv") return TableFormat::csv;
  if (name == "latex") return TableFormat::latex;
  if (name == "markdown") return TableFormat::markdown;
  throw InputError(fmt::format("--format is '{}' (known: terminal, csv, latex, markdown, json)", name));
}

TablePick table_pick(const std::vector<std::string>& columns, const std::vector<std::string>& rows) {
  TablePick pick{columns, {}};
  for (const std::string& row : rows) {
    const std::size_t equals = row.find('=');
    if (equals == std::string::npos || equals == 0)
      throw InputError(fmt::format("--rows is '{}' (write --rows COLUMN=WORD, or COLUMN=WORD,WORD)", row));
    std::vector<std::string> words;
    for (std::size_t at = equals + 1; at <= row.size();) {
      const std::size_t end = std::min(row.find(',', at), row.size());
      words.push_back(row.substr(at, end - at));
      at = end + 1;
    }
    pick.rows.emplace_back(row.substr(0, equals), std::move(words));
  }
  return pick;
}

namespace {

/// Adds the words that are not there yet.
void add_words(std::vector<std::string>& known, const std::vector<std::string>& more) {
  for (const std::string& one : more)
    if (std::find(known.begin(), known.end(), one) == known.end()) known.push_back(one);
}

InputError nothing_named(const char* flag, const std::string& what, const std::string& word,
                         const std::vector<std::string>& known) {
  const std::string near = nearest_word(word, known);
  constexpr std::size_t most = 20;
  return InputError(fmt::format("{}: {} '{}'{}", flag, what, word,
                                !near.empty()          ? fmt::format("; did you mean '{}'?", near)
                                : known.size() <= most ? fmt::format("; there are {}", fmt::join(known, ", "))
                                                       : ""));
}

}  // namespace

std::vector<TextTable> picked(std::vector<TextTable> tables, const TablePick& pick) {
  const auto place = [](const TextTable& table, const std::string& column) {
    return std::find(table.header.begin(), table.header.end(), column) - table.header.begin();
  };
  const auto has = [&](const TextTable& table, const std::string& column) {
    return place(table, column) < std::ssize(table.header);
  };
  std::vector<std::string> headers;
  for (const TextTable& table : tables) add_words(headers, table.header);
  const auto require = [&](const char* flag, const std::string& column) {
    if (std::find(headers.begin(), headers.end(), column) == headers.end())
      throw nothing_named(flag, "no column", column, headers);
  };
  for (const auto& [column, words] : pick.rows) {
    require("--rows", column);
    std::erase_if(tables, [&, &column = column](const TextTable& table) { return !has(table, column); });
    std::vector<std::string> known;
    for (const TextTable& table : tables)
      for (const auto& row : table.rows)
        add_words(known, {row[static_cast<std::size_t>(place(table, column))]});
    for (const std::string& word : words)
      if (std::find(known.begin(), known.end(), word) == known.end())
        throw nothing_named("--rows", fmt::format("no row where '{}' is", column), word, known);
    for (TextTable& table : tables) {
      const auto at = static_cast<std::size_t>(place(table, column));
      TextTable kept = table;
      kept.rows.clear();
      kept.definitions.clear();
      for (std::size_t r = 0; r < table.rows.size(); ++r) {
        if (std::find(words.begin(), words.end(), table.rows[r][at]) == words.end()) continue;
        kept.rows.push_back(table.rows[r]);
        if (r < table.definitions.size()) kept.definitions.push_back(table.definitions[r]);
      }
      table = std::move(kept);
    }
    std::erase_if(tables, [](const TextTable& table) { return table.rows.empty(); });
  }
  if (pick.columns.empty()) return tables;
  for (const std::string& column : pick.columns) require("--columns", column);
  std::erase_if(tables, [&](const TextTable& table) {
    return std::none_of(pick.columns.begin(), pick.columns.end(),
                        [&](const std::string& column) { return has(table, column); });
  });
  for (TextTable& table : tables) {
    TextTable kept = table;
    kept.header.clear();
    for (auto& row : kept.rows) row.clear();
    for (const std::string& column : pick.columns) {
      if (!has(table, column)) continue;
      const auto at = static_cast<std::size_t>(place(table, column));
      kept.header.push_back(column);
      for (std::size_t r = 0; r < table.rows.size(); ++r)
        kept.rows[r].push_back(at < table.rows[r].size() ? table.rows[r][at] : "");
    }
    table = std::move(kept);
  }
  return tables;
}

std::string described_table(const TextTable& table) {
  constexpr std::size_t widest = 100;
  std::string text = table.title + "\n";
  for (const auto& row : table.rows) {
    std::vector<std::string> facts;
    for (std::size_t k = 1; k + 1 < row.size(); ++k)
      if (!row[k].empty() && row[k] != row[k - 1])
        facts.push_back(k < 3 && row.size() > 3 ? row[k] : table.header[k] + " " + row[k]);
    text += fmt::format("\n  {}   ({})\n", row.front(), fmt::join(facts, "; "));
    std::string line = "     ";
    const std::string& words = row.back();
    for (std::size_t at = 0; at < words.size();) {
      const std::size_t end = std::min(words.find(' ', at), words.size());
      if (width(line) + end - at + 1 > widest) {
        text += line + "\n";
        line = "     ";
      }
      line += " " + words.substr(at, end - at);
      at = end + 1;
    }
    text += line + "\n";
  }
  for (const auto& note : table.notes) text += "\n" + note + "\n";
  return text;
}

std::string format_table(const TextTable& table, TableFormat format) {
  std::string out;
  const std::size_t columns = table.header.size();
  if (format == TableFormat::csv) {
    const auto line = [&](const std::vector<std::string>& cells) {
      for (std::size_t k = 0; k < columns; ++k)
        out += (k ? "," : "") + csv_cell(k < cells.size() ? cells[k] : "");
    };
    line(table.header);
    out += table.definitions.empty() ? "\n" : ",definition\n";
    for (std::size_t r = 0; r < table.rows.size(); ++r) {
      line(table.rows[r]);
      if (!table.definitions.empty())
        out += "," + csv_cell(r < table.definitions.size() ? table.definitions[r] : "");
      out += '\n';
    }
    return out;
  }
  if (format == TableFormat::markdown) {
    const auto line = [&](const std::vector<std::string>& cells) {
      out += '|';
      for (std::size_t k = 0; k < columns; ++k)
        out += " " + markdown_cell(k < cells.size() ? cells[k] : "") + " |";
      out += '\n';
    };
    out += "**" + markdown_cell(table.title) + "**\n\n";
    line(table.header);
    out += '|';
    for (std::size_t k = 0; k < columns; ++k) out += k ? " ---: |" : " :--- |";
    out += '\n';
    for (const auto& row : table.rows) line(row);
    out += '\n';
    for (const auto& note : table.notes) out += "- " + markdown_cell(note) + "\n";
    return out;
  }
  if (format == TableFormat::latex) {
    out += "\\begin{table}\n\\caption{" + latex_text(table.title) + "}\n\\begin{tabular}{l" +
           std::string(columns - 1, 'r') + "}\n\\hline\n";
    const auto line = [&](const std::vector<std::string>& cells) {
      for (std::size_t k = 0; k < columns; ++k)
        out += (k ? " & " : "") + latex_text(k < cells.size() ? cells[k] : "");
      out += " \\\\\n";
    };
    line(table.header);
    out += "\\hline\n";
    for (const auto& row : table.rows) line(row);
    out += "\\hline\n\\end{tabular}\n";
    for (const auto& note : table.notes) out += "\\par\\footnotesize " + latex_text(note) + "\n";
    return out + "\\end{table}\n";
  }
  constexpr std::size_t longest_cell = 200;
  const auto cell_of = [](const std::vector<std::string>& cells, std::size_t k) {
    return k < cells.size() ? shown_text(cells[k], longest_cell) : "";
  };
  std::vector<std::size_t> widths(columns, 0);
  for (std::size_t k = 0; k < columns; ++k) {
    widths[k] = width(cell_of(table.header, k));
    for (const auto& row : table.rows) widths[k] = std::max(widths[k], width(cell_of(row, k)));
  }
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string text;
    for (std::size_t k = 0; k < columns; ++k) {
      const std::string cell = cell_of(cells, k);
      const std::string pad(widths[k] - std::min(widths[k], width(cell)), ' ');
      text += k ? "  " + pad + cell : cell + pad;
    }
    while (!text.empty() && text.back() == ' ') text.pop_back();
    out += text + '\n';
  };
  std::size_t total = 2 * (columns - 1);
  for (const auto w : widths) total += w;
  out += terminal_text(table.title) + '\n' + std::string(total, '-') + '\n';
  line(table.header);
  out += std::string(total, '-') + '\n';
  for (const auto& row : table.rows) line(row);
  out += std::string(total, '-') + '\n';
  for (const auto& note : table.notes) out += terminal_text(note) + '\n';
  return out;
}

TextTable estimate_table(const std::string& title, const std::vector<const Estimate*>& estimates) {
  TextTable table;
  table.title = title;
  table.header = {""};
  std::vector<std::string> coefficients, diagnostics;
  const auto remember = [](std::vector<std::string>& names, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  for (const Estimate* estimate : estimates) {
    table.header.push_back(estimate->estimator + (estimate->refused ? " (refused)" : ""));
    for (const auto& name : estimate->names) remember(coefficients, name);
    for (const auto& diagnostic : estimate->diagnostics)
      // A p-value that stands beside its statistic needs no row of its own.
      if (diagnostic.name != "serial_correlation_p" && diagnostic.name != "equal_rho_p")
        remember(diagnostics, diagnostic.name);
  }
  const auto definition_of = [&](const std::string& name) {
    for (const Estimate* estimate : estimates)
      for (const Diagnostic& one : estimate->diagnostics)
        if (one.name == name && !one.definition.empty()) return one.definition;
    return std::string();
  };
  const auto row = [&](const std::string& name, const auto& cell, const std::string& definition) {
    std::vector<std::string> cells = {name};
    bool any = false;
    for (const Estimate* estimate : estimates) {
      cells.push_back(cell(*estimate));
      any = any || !cells.back().empty();
    }
    if (!any) return;
    table.rows.push_back(cells);
    table.definitions.push_back(definition);
  };
  for (const auto& name : coefficients) {
    row(
        field_name(name),
        [&](const Estimate& e) {
          const auto k = e.find(name);
          return k < 0 ? std::string() : short_number(e.coefficients[k]);
        },
        "estimate");
    row(
        "",
        [&](const Estimate& e) {
          const auto k = e.find(name);
          if (k < 0) return std::string();
          const double se = e.standard_error(k);
          return std::isnan(se) ? std::string("(none)") : fmt::format("({})", short_number(se));
        },
        "standard error of " + field_name(name));
    row(
        "",
        [&](const Estimate& e) {
          const auto k = e.find(name);
          if (k < 0 || k >= e.low.size() || (std::isnan(e.low[k]) && std::isnan(e.high[k])))
            return std::string();
          const bool below = std::isinf(e.low[k]), above = std::isinf(e.high[k]);
          if (below && above) return std::string("no bound");
          return fmt::format("[{}, {}]", below ? "no bound" : short_number(e.low[k]),
                             above ? "no bound" : short_number(e.high[k]));
        },
        "interval of " + field_name(name));
  }
  row(
      "interval", [](const Estimate& e) { return e.interval_method; }, "how the intervals are made");
  row(
      "observations", [](const Estimate& e) { return std::to_string(e.observations); }, "");
  row(
      "areas", [](const Estimate& e) { return std::to_string(e.areas); }, "");
  row(
      "clusters",
      [](const Estimate& e) { return e.clusters > 0 ? std::to_string(e.clusters) : std::string(); },
      "fewest of any way");
  const std::string effects = "effects:";
  for (const auto& name : diagnostics)
    if (name.rfind(effects, 0) == 0)
      row(
          name.substr(effects.size()) + " effects",
          [&](const Estimate& e) {
            return e.diagnostic(name) > 0.0 ? std::string("yes") : std::string("no");
          },
          "whether they are taken out");
  for (const auto& name : diagnostics)
    if (name.rfind(effects, 0) != 0)
      row(
          name,
          [&](const Estimate& e) {
            for (const Diagnostic& diagnostic : e.diagnostics)
              if (diagnostic.name == name && !std::isnan(diagnostic.value))
                return diagnostic.p ? fmt::format("{} (p {})", short_number(diagnostic.value),
                                                  short_number(*diagnostic.p))
                                    : short_number(diagnostic.value);
            return std::string();
          },
          definition_of(name));
  row(
      "anderson_rubin_set",
      [](const Estimate& e) {
        return e.has_anderson_rubin_set ? describe(e.anderson_rubin_set) : std::string();
      },
      "values of the coefficient that the Anderson-Rubin test does not reject");
  table.notes.push_back(fmt::format("(standard error), [{:g} % interval]",
                                    estimates.empty() ? 95.0 : 100.0 * estimates.front()->level));
  for (const auto& name : diagnostics)
    if (const std::string definition = definition_of(name);
        name.rfind(effects, 0) != 0 && !definition.empty())
      table.notes.push_back(name + ": " + definition);
  return table;
}

}  // namespace spillway::studies
