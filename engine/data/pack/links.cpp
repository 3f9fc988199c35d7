#include "engine/data/pack/links.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/data/near_codes.hpp"

namespace spillway {

AreaIndex::AreaIndex(const Column& codes) : codes_(codes) {
  row_of_.reserve(codes.level.size());
  for (std::size_t r = 0; r < codes.level.size(); ++r)
    row_of_.try_emplace(codes.text(r), static_cast<std::int32_t>(r));
}

std::int32_t AreaIndex::row(std::string_view code) const {
  const auto place = row_of_.find(code);
  return place == row_of_.end() ? -1 : place->second;
}

std::vector<std::int32_t> AreaIndex::rows(const std::vector<std::string>& levels) const {
  std::vector<std::int32_t> result(levels.size());
  // Files usually keep the order of the areas: try the next area first.
  std::size_t next = 0;
  for (std::size_t k = 0; k < levels.size(); ++k) {
    if (next < codes_.level.size() && codes_.text(next) == levels[k] &&
        codes_.levels.size() == codes_.level.size())
      result[k] = static_cast<std::int32_t>(next);
    else
      result[k] = row(levels[k]);
    if (result[k] >= 0) next = static_cast<std::size_t>(result[k]) + 1;
  }
  return result;
}

std::vector<ListedLink> listed_links(const CsvTable& csv, const AreaIndex& areas, const std::string& file,
                                     std::vector<Fault>& faults) {
  const Column& from = csv.table.at("from");
  const Column& to = csv.table.at("to");
  const Column* weight = csv.table.find("weight");
  for (const Column& column : csv.table.columns)
    if (weight == nullptr && column.kind == ColumnKind::number)
      faults.push_back(
          {file, 1, column.name, "",
           "numbers of another name than 'weight' are not read, and every link would weigh 1; name "
           "the column 'weight', or leave it out"});
  const auto from_row = areas.rows(from.levels), to_row = areas.rows(to.levels);
  std::vector<ListedLink> links;
  links.reserve(csv.table.rows);
  const bool unknown = std::count(from_row.begin(), from_row.end(), -1) > 0 ||
                       std::count(to_row.begin(), to_row.end(), -1) > 0;
  const NearCodes near(unknown ? areas.codes().levels : std::vector<std::string>{});
  const auto no_area = [&](const std::string& code) {
    const std::string why = near.why(code);
    return "no such area" + (why.empty() ? "; expected a code of the areas file" : why);
  };
  for (std::size_t r = 0; r < csv.table.rows; ++r) {
    const std::int32_t a = from_row[static_cast<std::size_t>(from.level[r])];
    const std::int32_t b = to_row[static_cast<std::size_t>(to.level[r])];
    if (a < 0) faults.push_back({file, csv.line[r], "from", from.text(r), no_area(from.text(r))});
    if (b < 0) faults.push_back({file, csv.line[r], "to", to.text(r), no_area(to.text(r))});
    const double w = weight ? weight->number[r] : 1.0;
    if (a >= 0 && b >= 0) links.push_back({{a, b, w}, csv.line[r]});
  }
  return links;
}

namespace {

/// Links grouped by `from`, each group sorted by (to, line): the links of area a are [first[a], first[a +
/// 1]).
struct Grouped {
  std::vector<std::size_t> first;
  std::vector<ListedLink> links;
};

Grouped grouped(const std::vector<ListedLink>& links, std::size_t areas) {
  Grouped result;
  result.first.assign(areas + 1, 0);
  for (const auto& link : links) ++result.first[static_cast<std::size_t>(link.edge.from) + 1];
  for (std::size_t a = 0; a < areas; ++a) result.first[a + 1] += result.first[a];
  result.links.resize(links.size());
  auto place = result.first;
  for (const auto& link : links) result.links[place[static_cast<std::size_t>(link.edge.from)]++] = link;
  for (std::size_t a = 0; a < areas; ++a)
    std::sort(result.links.begin() + static_cast<std::ptrdiff_t>(result.first[a]),
              result.links.begin() + static_cast<std::ptrdiff_t>(result.first[a + 1]),
              [](const ListedLink& x, const ListedLink& y) {
                return x.edge.to != y.edge.to ? x.edge.to < y.edge.to : x.line < y.line;
              });
  return result;
}

bool listed(const Grouped& group, std::int32_t from, std::int32_t to) {
  const auto begin =
      group.links.begin() + static_cast<std::ptrdiff_t>(group.first[static_cast<std::size_t>(from)]);
  const auto end =
      group.links.begin() + static_cast<std::ptrdiff_t>(group.first[static_cast<std::size_t>(from) + 1]);
  return std::any_of(begin, end, [&](const ListedLink& link) { return link.edge.to == to; });
}

}  // namespace

std::vector<Edge> checked_links(std::vector<ListedLink> links, const Column& codes, Listing listing,
                                const std::string& file, std::vector<Fault>& faults) {
  std::vector<Fault> found;
  const auto code = [&](std::int32_t area) { return codes.text(static_cast<std::size_t>(area)); };
  const auto bad = [&](const ListedLink& link) {
    const Edge& edge = link.edge;
    if (listing != Listing::directed && edge.from == edge.to) {
      found.push_back({file, link.line, "to", code(edge.to),
                       "the area is linked to itself; expected links between two areas"});
      return true;
    }
    if (!(edge.weight >= 0.0) || !std::isfinite(edge.weight)) {
      found.push_back({file, link.line, "weight",
                       std::isnan(edge.weight) ? "" : fmt::format("{}", edge.weight),
                       std::isnan(edge.weight) ? "the weight is missing; expected 0 or more"
                                               : "the weight is negative or infinite; expected 0 or more"});
      return true;
    }
    return false;
  };
  links.erase(std::remove_if(links.begin(), links.end(), bad), links.end());

  Grouped group = grouped(links, codes.level.size());
  std::vector<Edge> edges;
  edges.reserve(links.size() * 2);
  std::size_t one_way = 0;
  std::vector<ListedLink> lacking;  // its reverse
  for (std::size_t k = 0; k < group.links.size(); ++k) {
    const ListedLink& link = group.links[k];
    if (k > 0 && group.links[k - 1].edge.from == link.edge.from &&
        group.links[k - 1].edge.to == link.edge.to) {
      found.push_back(
          {file, link.line, "to", code(link.edge.to),
           fmt::format("the link from '{}' is listed already{}; expected each link once",
                       code(link.edge.from),
                       link.line > 0 ? fmt::format(" in line {}", group.links[k - 1].line) : "")});
      continue;
    }
    edges.push_back(link.edge);
    if (listing != Listing::directed && !listed(group, link.edge.to, link.edge.from)) {
      lacking.push_back(link);
      ++one_way;
    }
  }
  const bool undirected =
      (listing == Listing::contiguity || listing == Listing::weights) && one_way == edges.size();
  if (undirected) {
    for (const auto& link : lacking)
      links.push_back({{link.edge.to, link.edge.from, link.edge.weight}, link.line});
    group = grouped(links, codes.level.size());
    edges.clear();
    for (const auto& link : group.links) edges.push_back(link.edge);
  } else {
    for (const auto& link : lacking)
      found.push_back(
          {file, link.line, "to", code(link.edge.to),
           fmt::format("'{}' is linked to it, but it is not linked back; expected every pair in both "
                       "directions, or every pair once{}",
                       code(link.edge.from),
                       listing == Listing::weights
                           ? " (weights of one direction, such as those of nearest "
                             "neighbours, go in a .gwt: the same three without commas)"
                           : "")});
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Fault& a, const Fault& b) { return a.line < b.line; });
  faults.insert(faults.end(), found.begin(), found.end());
  return edges;
}

std::size_t unlinked_tail(const std::vector<Edge>& edges, std::size_t areas) {
  if (edges.empty()) return 0;
  std::int32_t last = -1;
  for (const Edge& edge : edges) last = std::max({last, edge.from, edge.to});
  const std::size_t tail = areas - static_cast<std::size_t>(last + 1);
  return tail < 3 || 20 * tail < areas ? 0 : tail;
}

}  // namespace spillway
