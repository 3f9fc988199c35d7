#include "engine/weights/read_weights_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "engine/data/csv.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/links.hpp"

namespace spillway {

namespace {

constexpr std::size_t shown_length = 60;  // of a word in a message

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

bool whole_number(std::string_view word, long& value) {
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
  return status == std::errc() && end == word.data() + word.size();
}

bool any_number(std::string_view word, double& value) {
  if (word.starts_with('+')) word.remove_prefix(1);
  const auto [end, status] = std::from_chars(word.data(), word.data() + word.size(), value);
  return status == std::errc() && end == word.data() + word.size();
}

/// Formats that are not read, by the ends of their names.
std::string other_format(const std::string& name) {
  const std::vector<std::pair<std::string, std::string>> others = {
      {".swm", "ArcGIS's binary weights"},
      {".kwt", "kernel weights, which make every area its own neighbour"},
      {".gz", "gzipped; unpack it"},
      {".zip", "an archive; unpack it"},
      {".mtx", "a Matrix Market matrix"},
      {".mat", "a MATLAB or Excel matrix"},
      {".dat", "a matrix of Stata or of DL"},
      {".wk1", "a Lotus sheet"},
      {".dbf", "a dBase table"},
      {".xlsx", "a spreadsheet"},
      {".ods", "a spreadsheet"},
      {".rds", "an R object"},
      {".rdata", "an R object"},
      {".shp", "shapes, not weights"},
      {".gpkg", "shapes, not weights"}};
  for (const auto& [end, what] : others)
    if (lower(name).ends_with(end)) return what;
  return {};
}

/// The words of one line after the other; quotes hold blanks together.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {
    if (rest_.starts_with("\xEF\xBB\xBF")) rest_.remove_prefix(3);
  }
  bool next() {
    if (rest_.empty()) return false;
    const std::size_t end = std::min(rest_.find_first_of("\r\n"), rest_.size());
    cut(rest_.substr(0, end));
    const bool pair = rest_.substr(end).starts_with("\r\n");
    rest_.remove_prefix(std::min(rest_.size(), end + (pair ? 2 : 1)));
    ++line;
    return true;
  }
  /// The next line that is not blank.
  bool next_filled() {
    while (next())
      if (!words.empty()) return true;
    return false;
  }
  /// Read the line once more.
  Lines mark() const { return *this; }

  std::vector<std::string> words;
  long line = 0;

 private:
  void cut(std::string_view text) {
    words.clear();
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    const auto blank_at = [&](std::size_t at) -> std::size_t {  // bytes, of a no-break space too
      return blank(text[at]) ? 1 : text.substr(at).starts_with("\xC2\xA0") ? 2 : 0;
    };
    for (std::size_t at = 0; at < text.size();) {
      if (const std::size_t length = blank_at(at); length > 0) {
        at += length;
        continue;
      }
      std::size_t end = at + 1;
      if (text[at] == '"' && text.find('"', at + 1) != std::string_view::npos) {
        end = text.find('"', at + 1);
        std::string_view inside = text.substr(at + 1, end - at - 1);
        while (!inside.empty() && blank(inside.back())) inside.remove_suffix(1);  // fixed widths
        words.emplace_back(inside);
        at = end + 1;
        continue;
      }
      while (end < text.size() && blank_at(end) == 0) ++end;
      words.emplace_back(text.substr(at, end - at));
      at = end;
    }
  }
  std::string_view rest_;
};

/// A link as it stands in the file; `to` empty: the line says that `from` is listed.
struct RawLink {
  std::string from, to;
  std::optional<double> weight;  ///< none: GAL, or not a number
  long line = 0;
};

/// What a GAL or GWT says, before its ids are looked up.
struct RawFile {
  enum class Kind { gal, gwt } kind = Kind::gwt;
  std::optional<long> count;  ///< areas that the header promises
  std::string key;            ///< column that the header names
  long header_line = 0;
  std::vector<RawLink> listed;  ///< GAL: one an area, with its line
  std::vector<RawLink> links;
  std::vector<Fault> faults;
};

/// Ids of the file -> rows of the areas.
struct Ids {
  std::string what = "code";  ///< for messages: "code", "value of 'fid'", "number"
  std::unordered_map<std::string, int> row;
  int find(const std::string& id) const {
    const auto place = row.find(id);
    return place == row.end() ? -1 : place->second;
  }
};

Ids ids_of_column(const Column& column, const std::string& shown, std::vector<Fault>& faults) {
  Ids ids;
  if (column.name != "area_code") ids.what = fmt::format("value of '{}'", column.name);
  const std::size_t rows = column.kind == ColumnKind::number ? column.number.size() : column.level.size();
  for (std::size_t r = 0; r < rows; ++r) {
    std::string id;
    if (column.kind == ColumnKind::number)
      append_number(id, column.number[r]);
    else
      id = column.text(r);
    if (id.empty()) continue;
    if (!ids.row.emplace(id, static_cast<int>(r)).second)
      faults.push_back({shown, 0, "", id.substr(0, shown_length),
                        fmt::format("two areas have this {}; expected ids that tell areas apart", ids.what)});
  }
  return ids;
}

Ids ids_by_order(std::size_t areas, const RawFile& raw) {
  const auto zero = [](const RawLink& link) { return link.from == "0" || link.to == "0"; };
  const int first = std::any_of(raw.links.begin(), raw.links.end(), zero) ||
                            std::any_of(raw.listed.begin(), raw.listed.end(), zero)
                        ? 0
                        : 1;
  Ids ids;
  ids.what = fmt::format("number, {} to {}", first, static_cast<long>(areas) - 1 + first);
  for (std::size_t r = 0; r < areas; ++r)
    ids.row.emplace(std::to_string(static_cast<long>(r) + first), static_cast<int>(r));
  return ids;
}

/// Reads the lines of one GAL or GWT.
class Reader {
 public:
  Reader(std::string_view text, const std::string& shown, const Ids& ids, std::size_t areas)
      : lines_(text), shown_(shown), ids_(ids), areas_(static_cast<long>(areas)) {}

  RawFile read() {
    if (!lines_.next_filled()) {
      fault("", "", "the file is empty; expected a header, and areas with their neighbours");
      return std::move(raw_);
    }
    if (!header()) return std::move(raw_);
    if (lines_.words.size() == 3)
      links();
    else if (lines_.words.size() == 2)
      neighbours();
    else if (!lines_.words.empty())
      fault("", lines_.words[0],
            lines_.words.size() == 1 && lines_.words[0].find(';') != std::string::npos
                ? std::string("semicolons stand between its columns; expected commas")
                : fmt::format(
                      "{} words; expected GAL (an area and its number of neighbours) or GWT (from, to and "
                      "weight)",
                      lines_.words.size()));
    return std::move(raw_);
  }

 private:
  void fault(const std::string& column, const std::string& value, std::string what) {
    raw_.faults.push_back({shown_, lines_.line, column, value.substr(0, shown_length), std::move(what)});
  }

  /// Pass the header where there is one; false: nothing to read after it.
  bool header() {
    const auto& words = lines_.words;
    long count = 0;
    double ignored = 0.0;
    // "0 n ..." counts the areas, unless 0 is an area and n another of theirs.
    const bool counts =
        words.size() >= 2 && words[0] == "0" && whole_number(words[1], count) && count == areas_;
    const bool link = !counts && words.size() == 3 && ids_.find(words[0]) >= 0 && ids_.find(words[1]) >= 0 &&
                      any_number(words[2], ignored);
    const bool record =
        words.size() == 2 && !counts && ids_.find(words[0]) >= 0 && whole_number(words[1], count);
    if (link || record) return true;
    if (words.size() == 1 && whole_number(words[0], count) && count >= 0) {
      raw_.count = count;
    } else if (words.size() >= 2 && words[0] == "0" && whole_number(words[1], count) && count >= 0) {
      raw_.count = count;
      if (words.size() > 2) raw_.key = words.back();
    } else if (words.size() == 3 && lower(words[0]) == "from" && lower(words[1]) == "to") {
      // Titles, as a table has them.
    } else {
      return true;
    }
    raw_.header_line = lines_.line;
    return lines_.next_filled();
  }

  void links() {
    raw_.kind = RawFile::Kind::gwt;
    do {
      const auto& words = lines_.words;
      if (words.size() != 3) {
        fault("", words[0], fmt::format("{} words; expected from, to and weight", words.size()));
        continue;
      }
      RawLink link{words[0], words[1], {}, lines_.line};
      double weight = 0.0;
      if (any_number(words[2], weight) && std::isfinite(weight) && weight >= 0.0)
        link.weight = weight;
      else
        fault("weight", words[2],
              fmt::format("from '{}' to '{}'; expected a finite number, 0 or more", words[0], words[1]));
      raw_.links.push_back(std::move(link));
    } while (lines_.next_filled());
  }

  void neighbours() {
    raw_.kind = RawFile::Kind::gal;
    do {
      const auto words = lines_.words;
      long promised = 0;
      if (words.size() != 2 || !whole_number(words[1], promised) || promised < 0) {
        fault("", words[0], "expected an area and its number of neighbours");
        continue;
      }
      raw_.listed.push_back({words[0], "", {}, lines_.line});
      const Lines before = lines_.mark();
      const bool more = lines_.next();
      if (promised == 0) {  // an empty line, or none
        if (more && !lines_.words.empty()) lines_ = before;
        continue;
      }
      if (!more) {
        fault("", words[0], fmt::format("the file ends where {} neighbours were promised", promised));
        return;
      }
      if (static_cast<long>(lines_.words.size()) != promised)
        fault("", words[0],
              fmt::format("{} neighbours follow; expected {}, as line {} says", lines_.words.size(), promised,
                          before.line));
      for (const auto& word : lines_.words) raw_.links.push_back({words[0], word, {}, lines_.line});
    } while (lines_.next_filled());
  }

  Lines lines_;
  const std::string& shown_;
  const Ids& ids_;  ///< what may stand in the first line where that is no header
  long areas_;
  RawFile raw_;
};

std::string code_of(const DataPack& pack, std::size_t row) { return pack.areas.at("area_code").text(row); }

/// The column of the areas that holds every id of the file, or "".
std::string column_with(const std::unordered_set<std::string>& ids, const DataPack& pack) {
  for (const Column& column : pack.areas.columns) {
    std::vector<Fault> none;
    const Ids held = ids_of_column(column, "", none);
    if (none.empty() &&
        std::all_of(ids.begin(), ids.end(), [&](const auto& id) { return held.find(id) >= 0; }))
      return column.name;
  }
  return {};
}

/// What the file's ids stand for: as asked, else codes, else the column that the header names.
Ids resolve(const RawFile& raw, const Ids& codes, const DataPack& pack, const WeightsFileOptions& options,
            const std::string& shown, std::vector<Fault>& faults, std::vector<std::string>& notes) {
  if (options.ids == "order") {
    notes.push_back("its ids count the areas of areas.csv");
    return ids_by_order(pack.areas.rows, raw);
  }
  if (!options.ids.empty()) return ids_of_column(pack.areas.at(options.ids), shown, faults);
  std::unordered_set<std::string> ids;
  for (const auto& link : raw.links) ids.insert({link.from, link.to});
  for (const auto& link : raw.listed) ids.insert(link.from);
  const auto known = static_cast<std::size_t>(
      std::count_if(ids.begin(), ids.end(), [&](const auto& id) { return codes.find(id) >= 0; }));
  const auto named =
      std::find_if(pack.areas.columns.begin(), pack.areas.columns.end(), [&](const Column& column) {
        return lower(column.name) == lower(raw.key) && column.name != "area_code";
      });
  if (!raw.key.empty() && named != pack.areas.columns.end()) {
    std::vector<Fault> twice;
    Ids held = ids_of_column(*named, shown, twice);
    const auto hits = static_cast<std::size_t>(
        std::count_if(ids.begin(), ids.end(), [&](const auto& id) { return held.find(id) >= 0; }));
    const auto unlike =
        std::find_if(ids.begin(), ids.end(), [&](const auto& id) { return held.find(id) != codes.find(id); });
    const std::string says =
        fmt::format("the header says that its ids are those of column '{}'", named->name);
    if (hits > known && !twice.empty()) {
      faults.push_back({shown, raw.header_line, "", twice.front().value,
                        says + ", where two areas have this one; expected ids that tell areas apart"});
      return codes;
    }
    if (hits > known) {
      notes.push_back(fmt::format("its ids are those of column '{}', as its header says", named->name));
      return held;
    }
    if (hits == ids.size() && unlike != ids.end()) {
      faults.push_back(
          {shown, raw.header_line, "", unlike->substr(0, shown_length),
           fmt::format("{}, and all of them are codes as well, of other areas: set weights.ids = \"{}\" or "
                       "\"area_code\"",
                       says, named->name)});
      return codes;
    }
  }
  if (ids.empty() || 2 * known >= ids.size()) return codes;
  const std::string column = column_with(ids, pack);
  const bool numbers = std::all_of(ids.begin(), ids.end(), [&](const auto& id) {
    long value = 0;
    return whole_number(id, value) && value >= 0 && value <= static_cast<long>(pack.areas.rows);
  });
  std::vector<std::string> known_ids;
  for (std::size_t r = 0; r < pack.areas.rows; ++r) known_ids.push_back(code_of(pack, r));
  const NearCodes near(known_ids);
  const auto unlike =
      std::find_if(ids.begin(), ids.end(), [&](const auto& id) { return codes.find(id) < 0; });
  const auto alike = static_cast<std::size_t>(
      std::count_if(ids.begin(), ids.end(), [&](const auto& id) { return !near.why(id).empty(); }));
  if (column.empty() && 2 * (known + alike) > ids.size()) {
    const auto first =
        std::find_if(ids.begin(), ids.end(), [&](const auto& id) { return !near.why(id).empty(); });
    faults.push_back({shown, raw.header_line, "", first->substr(0, shown_length),
                      fmt::format("{} of {} ids are no area codes, but nearly{}", ids.size() - known,
                                  ids.size(), near.why(*first))});
    return codes;
  }
  const std::string remedy =
      !column.empty() ? fmt::format("column '{0}' of the areas holds them: set weights.ids = \"{0}\"", column)
      : numbers ? "they are numbers: where they count the areas in the order of areas.csv set weights.ids = "
                  "\"order\", else name the column that holds them"
                : "expected codes of areas.csv; weights.ids names another column that holds them";
  faults.push_back(
      {shown, raw.header_line, "", unlike->substr(0, shown_length),
       fmt::format("{} of {} ids are no area codes; {}", ids.size() - known, ids.size(), remedy)});
  return codes;
}

/// Links by row of the areas, with the line of each.
struct Links {
  std::vector<ListedLink> links;
  std::vector<std::uint8_t> listed;  ///< areas that the file has as a `from`
};

/// Areas that the file does not list, named; where `unlisted` says that they are islands, a note.
void check_listed(const std::vector<std::uint8_t>& listed, const DataPack& pack, const std::string& whole,
                  const std::string& each, const std::string& shown, long line,
                  const WeightsFileOptions& options, std::vector<Fault>& faults,
                  std::vector<std::string>& notes) {
  std::vector<std::string> missing;
  for (std::size_t r = 0; r < listed.size(); ++r)
    if (!listed[r]) missing.push_back(code_of(pack, r));
  if (missing.empty()) return;
  if (options.unlisted == "islands") {
    notes.push_back(
        fmt::format("{} areas are not listed and have no neighbour (weights.unlisted)", missing.size()));
    return;
  }
  const std::size_t named = std::min<std::size_t>(missing.size(), 10);
  faults.push_back(
      {shown, line, "", "",
       fmt::format("{}{} are listed; missing: {}{}; the file looks cut short, or {} (set weights.unlisted = "
                   "\"islands\" where all of them have no neighbour)",
                   whole, listed.size() - missing.size(),
                   fmt::join(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(named), ", "),
                   missing.size() > named ? fmt::format(" and {} more", missing.size() - named) : "", each)});
  // After the sentence, whose consequences they are.
  for (std::size_t m = named; m < missing.size(); ++m)
    faults.push_back({shown, line, "", missing[m], "the area is not listed"});
}

Links checked(const RawFile& raw, const Ids& ids, const DataPack& pack, const WeightsFileOptions& options,
              const std::string& shown, std::vector<Fault>& faults, std::vector<std::string>& notes) {
  Links result;
  result.listed.assign(pack.areas.rows, 0);
  const auto add = [&](long line, const std::string& value, std::string what) {
    faults.push_back({shown, line, "", value.substr(0, shown_length), std::move(what)});
  };
  std::vector<std::string> known;
  for (const auto& [id, row] : ids.row) known.push_back(id);
  const NearCodes near(known);
  std::set<std::string> strangers;
  const auto add_unknown = [&](long line, const std::string& id) {
    const std::string why = near.why(id);
    strangers.insert(id);
    add(line, id,
        "unknown area" + (why.empty() ? fmt::format("; expected a {} of areas.csv", ids.what) : why));
  };
  std::vector<long> first(pack.areas.rows, 0);
  for (const RawLink& area : raw.listed) {
    const int row = ids.find(area.from);
    if (row < 0) {
      add_unknown(area.line, area.from);
    } else if (long& line = first[static_cast<std::size_t>(row)]; line > 0) {
      add(area.line, area.from, fmt::format("the area is listed already in line {}", line));
    } else {
      line = area.line;
      result.listed[static_cast<std::size_t>(row)] = 1;
    }
  }
  const bool gal = raw.kind == RawFile::Kind::gal;
  for (const RawLink& link : raw.links) {
    const int from = ids.find(link.from), to = ids.find(link.to);
    if (from < 0 && !gal) add_unknown(link.line, link.from);
    if (to < 0) add_unknown(link.line, link.to);
    if (from >= 0 && !gal) result.listed[static_cast<std::size_t>(from)] = 1;
    if (from < 0 || to < 0) continue;
    if (from == to) {
      if (link.weight != 0.0)  // `id id 0` in a GWT says that the area is an island
        add(link.line, link.from,
            fmt::format("the area is its own neighbour{}; W has an empty diagonal: leave such lines out "
                        "(kernel weights have one for every area)",
                        link.weight ? fmt::format(" with weight {}", *link.weight) : ""));
      continue;
    }
    if (gal || link.weight)
      result.links.push_back({{from, to, link.weight.value_or(1.0)}, static_cast<std::int64_t>(link.line)});
  }
  const auto areas = static_cast<long>(pack.areas.rows);
  const std::string head = raw.count ? fmt::format("the header says {} areas, ", *raw.count) : "";
  const bool short_count =
      raw.count && (*raw.count != areas || (gal && *raw.count != static_cast<long>(raw.listed.size())));
  // Areas that stand there under another name are not missing.
  const auto missing =
      static_cast<std::size_t>(std::count(result.listed.begin(), result.listed.end(), std::uint8_t{0}));
  if (missing > 0 && strangers.size() >= missing && (!raw.count || *raw.count == areas)) return result;
  if (missing > 0 && (!short_count || *raw.count == areas))
    check_listed(
        result.listed, pack, head.empty() ? fmt::format("of {} areas ", areas) : head,
        gal ? "an area without neighbours has 0 of them" : "an area without neighbours has a line 'id id 0'",
        shown, raw.header_line, options, faults, notes);
  else if (short_count)
    add(raw.header_line, std::to_string(*raw.count),
        gal ? fmt::format("the header's number of areas; {} are listed and the pack has {}",
                          raw.listed.size(), areas)
            : fmt::format("the header's number of areas; the pack has {}", areas));
  return result;
}

/// A link listed twice.
void check_twice(std::vector<ListedLink>& links, const DataPack& pack, const std::string& shown,
                 std::vector<Fault>& faults) {
  std::stable_sort(links.begin(), links.end(), [](const ListedLink& a, const ListedLink& b) {
    return a.edge.from != b.edge.from ? a.edge.from < b.edge.from : a.edge.to < b.edge.to;
  });
  for (std::size_t k = 1; k < links.size(); ++k)
    if (links[k].edge.from == links[k - 1].edge.from && links[k].edge.to == links[k - 1].edge.to)
      faults.push_back(
          {shown, static_cast<long>(links[k].line), "",
           code_of(pack, static_cast<std::size_t>(links[k].edge.to)),
           fmt::format("the link from '{}' is listed already in line {}; expected each link once",
                       code_of(pack, static_cast<std::size_t>(links[k].edge.from)), links[k - 1].line)});
}

/// Pearson's correlation; 0 where one of both is constant.
double correlation(const std::vector<double>& a, const std::vector<double>& b) {
  const auto n = static_cast<double>(a.size());
  const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / n,
               mean_b = std::accumulate(b.begin(), b.end(), 0.0) / n;
  double ab = 0.0, aa = 0.0, bb = 0.0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    ab += (a[k] - mean_a) * (b[k] - mean_b);
    aa += (a[k] - mean_a) * (a[k] - mean_a);
    bb += (b[k] - mean_b) * (b[k] - mean_b);
  }
  return aa > 0.0 && bb > 0.0 ? ab / std::sqrt(aa * bb) : 0.0;
}

/// What makes the weights look like distances, in words; "" where nothing does. Where they grow with
/// distance, but not alone, as minutes and fares do, a note.
std::string look_of_distances(const std::vector<ListedLink>& links, const DataPack& pack,
                              std::vector<std::string>& notes) {
  if (links.size() < 3) return {};
  std::vector<double> weight, distance;
  const Column *x = pack.areas.find("easting"), *y = pack.areas.find("northing");
  if (x && y && x->kind == ColumnKind::number && y->kind == ColumnKind::number)
    for (const auto& link : links) {
      const auto a = static_cast<std::size_t>(link.edge.from), b = static_cast<std::size_t>(link.edge.to);
      const double apart = std::hypot(x->number[a] - x->number[b], y->number[a] - y->number[b]);
      if (!std::isfinite(apart)) continue;
      weight.push_back(link.edge.weight);
      distance.push_back(apart);
    }
  if (weight.size() >= 3) {
    // Degrees stretch one axis and chance can line up a few links, so the bound falls with their number.
    const double found = correlation(weight, distance), enough = weight.size() < 20 ? 0.999 : 0.8;
    constexpr double doubtful = 0.3;  // of weights proper: farther neighbours weigh less
    if (found < enough && found > doubtful && weight.size() >= 20)
      notes.push_back(
          fmt::format("its third column grows with distance (correlation {:.2f}) and is taken for "
                      "weights; where it holds minutes or fares say weights.values = \"distance\"",
                      found));
    if (found < enough) return {};
    return fmt::format("the weights grow with distance (correlation {:.2f} with the areas' own distances)",
                       found);
  }
  // Without coordinates: neighbours from the nearest to the farthest, at every area.
  std::vector<const ListedLink*> order;
  for (const auto& link : links) order.push_back(&link);
  std::stable_sort(order.begin(), order.end(),
                   [](const auto* a, const auto* b) { return a->line < b->line; });
  std::size_t long_runs = 0, length = 1;
  bool grows = false;
  for (std::size_t k = 1; k <= order.size(); ++k) {
    const bool same = k < order.size() && order[k]->edge.from == order[k - 1]->edge.from;
    if (same) {
      if (order[k]->edge.weight < order[k - 1]->edge.weight) return {};
      grows = grows || order[k]->edge.weight > order[k - 1]->edge.weight;
      ++length;
      continue;
    }
    long_runs += length >= 3 && grows;
    length = 1;
    grows = false;
  }
  if (long_runs < 5) return {};
  return "the weights grow along the neighbours of every area, as distances from the nearest to the farthest "
         "do";
}

/// Weights as options.values asks for them.
void apply_values(std::vector<ListedLink>& links, const DataPack& pack, const WeightsFileOptions& options,
                  bool weighted, const std::string& shown, std::vector<Fault>& faults,
                  std::vector<std::string>& notes) {
  if (!weighted) {
    if (options.values == "distance")
      faults.push_back({shown, 0, "", "",
                        "the file has no distances; weights.values = \"distance\" needs a "
                        "third column of them"});
    return;
  }
  if (options.values.empty()) {
    if (const std::string look = look_of_distances(links, pack, notes); !look.empty())
      faults.push_back(
          {shown, 0, "weight", "",
           look + ": GeoDa writes distances there; set weights.values = \"distance\" for weights of "
                  "1 / distance^decay, \"binary\" for neighbours that all weigh the same, or "
                  "\"weight\" where they are weights all the same"});
    else if (const Column* x = pack.areas.find("easting"); x == nullptr || x->kind != ColumnKind::number)
      if (std::any_of(links.begin(), links.end(), [&](const ListedLink& link) {
            return link.edge.weight > 1.0 && link.edge.weight != links.front().edge.weight;
          }))
        notes.push_back(
            "its third column is taken for weights; GeoDa writes distances there, and without easting and "
            "northing nothing tells (weights.values says)");
    return;
  }
  if (options.values == "weight") return;
  const bool binary = options.values == "binary";
  for (auto& link : links) {
    if (link.edge.weight == 0.0)
      faults.push_back(
          {shown, static_cast<long>(link.line), "weight", "0",
           fmt::format("from '{}' to '{}'; {}", code_of(pack, static_cast<std::size_t>(link.edge.from)),
                       code_of(pack, static_cast<std::size_t>(link.edge.to)),
                       binary ? "whether that is a neighbour is not clear under weights.values = \"binary\": "
                                "leave the line out, or give it a weight"
                              : "a distance of 0 has no inverse; expected one above 0")});
    link.edge.weight = binary ? 1.0 : std::pow(link.edge.weight, -options.decay);
  }
  notes.push_back(
      binary ? std::string("its neighbours all weigh the same (weights.values = \"binary\")")
             : fmt::format("weights are 1 / distance^{:g} of its distances, in their unit", options.decay));
}

WeightsFile finished(std::vector<ListedLink> links, bool weighted, const DataPack& pack,
                     const WeightsFileOptions& options, const std::string& shown, std::vector<Fault> faults,
                     std::vector<std::string> notes) {
  apply_values(links, pack, options, weighted, shown, faults, notes);
  std::stable_sort(faults.begin(), faults.end(),
                   [](const Fault& a, const Fault& b) { return a.line < b.line; });
  if (!faults.empty()) throw InputError(std::move(faults));
  WeightsFile result;
  const auto n = static_cast<Eigen::Index>(pack.areas.rows);
  std::vector<Eigen::Triplet<double>> entries;
  for (const auto& link : links) entries.emplace_back(link.edge.from, link.edge.to, link.edge.weight);
  result.matrix.resize(n, n);
  result.matrix.setFromTriplets(entries.begin(), entries.end());
  result.notes = std::move(notes);
  return result;
}

/// Links that end before the last areas do.
void check_tail(const std::vector<ListedLink>& links, const DataPack& pack, const std::string& shown,
                std::vector<Fault>& faults) {
  std::vector<Edge> edges;
  for (const auto& link : links) edges.push_back(link.edge);
  const std::size_t areas = pack.areas.rows, tail = unlinked_tail(edges, areas);
  if (tail == 0) return;
  faults.push_back(
      {shown, 0, "", "",
       fmt::format("no link of the last {} of {} areas, '{}' to '{}'; the file looks cut short (set "
                   "weights.unlisted = \"islands\" where all of them have no neighbour)",
                   tail, areas, code_of(pack, areas - tail), code_of(pack, areas - 1))});
}

std::vector<ListedLink> listed(const std::vector<Edge>& edges) {
  std::vector<ListedLink> links;
  for (const Edge& edge : edges) links.push_back({edge, 0});
  return links;
}

std::string name_of_edges(const DataPack& pack) {
  const auto file = pack.file_with_role("edges");
  return file.empty() ? "edges" : file.string();
}

WeightsFile read_list(std::string bytes, const std::string& shown, const DataPack& pack,
                      const WeightsFileOptions& options) {
  if (!options.ids.empty() && options.ids != "area_code")
    throw InputError(fmt::format("weights.ids is for .gal and .gwt; '{}' lists area codes", shown));
  std::vector<Fault> faults;
  CsvExpectations expected;
  expected.required = {"from", "to"};
  expected.kinds = {{"from", ColumnKind::text}, {"to", ColumnKind::text}, {"weight", ColumnKind::number}};
  expected.missing_in = {{"from", {}}, {"to", {}}};
  const std::size_t header = std::min(bytes.find_first_of("\r\n"), bytes.size());
  const std::string names = lower(bytes.substr(0, header));
  if (names.starts_with("from,to") || names.starts_with("\xEF\xBB\xBF"
                                                        "from,to"))
    bytes.replace(0, header, names);
  const CsvTable csv = parse_csv(std::move(bytes), shown, faults, expected);
  if (!faults.empty()) throw InputError(std::move(faults));
  const AreaIndex areas(pack.areas.at("area_code"));
  auto links = listed_links(csv, areas, shown, faults);
  const std::size_t lines = links.size();
  auto kept = listed(checked_links(std::move(links), areas.codes(), Listing::weights, shown, faults));
  std::vector<std::string> notes;
  if (lines > 0 && kept.size() == 2 * lines)
    notes.push_back("every pair stands once and counts both ways (directed weights: a .gwt)");
  if (options.unlisted != "islands") check_tail(kept, pack, shown, faults);
  return finished(std::move(kept), csv.table.find("weight") != nullptr, pack, options, shown,
                  std::move(faults), std::move(notes));
}

/// Why the bytes are no text of one of the three formats; "" where they may be.
std::string not_text(std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b")) return "gzipped; unpack it";
  if (bytes.starts_with("PK\x03\x04")) return "an archive or a spreadsheet";
  if (bytes.starts_with("%%MatrixMarket")) return "a Matrix Market matrix";
  if (bytes.starts_with("\xFF\xFE") || bytes.starts_with("\xFE\xFF")) return "UTF-16; save it as UTF-8";
  if (bytes.substr(0, 4096).find('\0') != std::string_view::npos) return "not text";
  return {};
}

}  // namespace

WeightsFile weights_of_edges(const DataPack& pack, const WeightsFileOptions& options) {
  return finished(listed(pack.edges), true, pack, options, name_of_edges(pack), {}, {});
}

void refuse_cut_edges(const DataPack& pack) {
  std::vector<Fault> faults;
  check_tail(listed(pack.edges), pack, name_of_edges(pack), faults);
  if (!faults.empty()) throw InputError(std::move(faults));
}

WeightsFile parse_weights_file(std::string bytes, const std::string& shown, const DataPack& pack,
                               const WeightsFileOptions& options) {
  std::string other = other_format(shown);
  if (other.empty()) other = not_text(bytes);
  if (!other.empty())
    throw InputError({Fault{shown, 0, "", "",
                            fmt::format("is {}; expected a .gal, a .gwt or a CSV with from, to and weight "
                                        "(GeoDa, PySAL and spdep write them)",
                                        other)}});
  const std::string_view first = std::string_view(bytes).substr(0, bytes.find_first_of("\r\n"));
  if (first.find(',') != std::string_view::npos) return read_list(std::move(bytes), shown, pack, options);

  std::vector<Fault> faults;
  std::vector<std::string> notes;
  const Ids codes = ids_of_column(pack.areas.at("area_code"), shown, faults);
  Ids asked = codes;
  if (options.ids == "order")
    for (std::size_t r = 0; r <= pack.areas.rows; ++r) asked.row.emplace(std::to_string(r), 0);
  else if (!options.ids.empty())
    asked = ids_of_column(pack.areas.at(options.ids), shown, faults);
  if (!faults.empty()) throw InputError(std::move(faults));
  const RawFile raw = Reader(bytes, shown, asked, pack.areas.rows).read();
  faults = raw.faults;
  if (!faults.empty() && raw.links.empty() && raw.listed.empty()) throw InputError(std::move(faults));
  Links links;
  const std::size_t before = faults.size();
  const Ids ids = resolve(raw, codes, pack, options, shown, faults, notes);
  // Where the ids are of another kind, that is the fault: what follows from it is not listed.
  if (faults.size() == before) {
    links = checked(raw, ids, pack, options, shown, faults, notes);
    check_twice(links.links, pack, shown, faults);
  }
  return finished(std::move(links.links), raw.kind == RawFile::Kind::gwt, pack, options, shown,
                  std::move(faults), std::move(notes));
}

}  // namespace spillway
