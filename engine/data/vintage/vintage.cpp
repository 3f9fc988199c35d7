#include "engine/data/vintage/vintage.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "engine/base/constants.hpp"
#include "engine/base/files.hpp"
#include "engine/data/csv.hpp"
#include "engine/data/limits.hpp"
#include "engine/data/near_codes.hpp"
#include "engine/data/pack/checksum.hpp"
#include "engine/data/pack/links.hpp"
#include "engine/data/pack/manifest.hpp"

namespace spillway {

namespace {

const Column* column_in_any_case(const Table& table, const std::string& name) {
  for (const Column& column : table.columns)
    if (lower_case(column.name) == name) return &column;
  return nullptr;
}

/// Least and largest finite value.
struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  explicit Extent(const std::vector<double>& values) {
    for (const double value : values)
      if (std::isfinite(value)) {
        low = std::min(low, value);
        high = std::max(high, value);
      }
  }
};

/// A part of an old area: the row it went to and its share of the old area's weight.
struct Part {
  std::int32_t area = 0;
  double share = 1.0;
};

/// Old row -> new rows, and back.
struct Transfer {
  std::vector<std::string> new_codes;     ///< ascending
  std::vector<std::vector<Part>> of_old;  ///< [old] parts, Part::area a new row
  std::vector<std::vector<Part>> of_new;  ///< [new] parts, Part::area an old row, ascending
};

Transfer transfer_of(const DataPack& pack, const AreaLookup& lookup, const VintageOptions& options,
                     VintageReport& report) {
  const Column& codes = pack.areas.at("area_code");
  const AreaIndex index(codes);
  Transfer transfer;
  transfer.of_old.resize(pack.areas.rows);
  std::set<std::string> inside, beyond;
  for (const auto& [from, to] : lookup.pairs) (index.row(from) >= 0 ? inside : beyond).insert(to);
  transfer.new_codes.assign(inside.begin(), inside.end());
  std::unordered_map<std::string, std::int32_t> row;
  for (std::size_t i = 0; i < transfer.new_codes.size(); ++i)
    row[transfer.new_codes[i]] = static_cast<std::int32_t>(i);
  for (const auto& code : transfer.new_codes) report.beyond += static_cast<long>(beyond.count(code));
  for (const auto& [from, to] : lookup.pairs)
    if (const auto old = index.row(from); old >= 0)
      transfer.of_old[static_cast<std::size_t>(old)].push_back({row.at(to), 1.0});

  std::vector<Fault> missing;
  std::vector<std::string> listed;
  for (const auto& [from, to] : lookup.pairs) listed.push_back(from);
  const NearCodes near(listed);
  for (std::size_t i = 0; i < pack.areas.rows; ++i)
    if (transfer.of_old[i].empty())
      missing.push_back(
          {lookup.file.path, 0, lookup.from + "cd", codes.text(i),
           fmt::format("an area of pack '{}' that the lookup lacks{}", pack.name, near.why(codes.text(i)))});
  if (!missing.empty()) throw InputError(std::move(missing));

  // Shares of split areas: by the new areas' population where it is known, else equal.
  std::vector<double> known;
  if (options.new_areas && options.new_areas->find("population")) {
    const auto& population = options.new_areas->numbers("population");
    known.assign(transfer.new_codes.size(), nan);
    for (std::size_t r = 0; r < options.new_areas->rows; ++r)
      if (const auto found = row.find(options.new_areas->at("area_code").text(r)); found != row.end())
        known[static_cast<std::size_t>(found->second)] = population[r];
  }
  long divided = 0;
  for (auto& parts : transfer.of_old) {
    if (parts.size() < 2) continue;
    ++divided;
    double total = 0.0;
    for (Part& part : parts) {
      part.share = known.empty() ? 1.0 : known[static_cast<std::size_t>(part.area)];
      const std::string& code = transfer.new_codes[static_cast<std::size_t>(part.area)];
      if (std::isnan(part.share))
        throw InputError(
            fmt::format("new area '{}' has no population (dividing a split area needs the population of each "
                        "of its parts, above 0){}",
                        code, NearCodes(options.new_areas->at("area_code").levels).why(code)));
      if (!(part.share > 0.0))
        throw InputError(
            fmt::format("new area '{}' has population {} (dividing a split area needs the population of each "
                        "of its parts, above 0)",
                        code, part.share));
      total += part.share;
    }
    for (Part& part : parts) part.share /= total;
  }
  if (divided > 0)
    report.notes.push_back(fmt::format("{} areas were divided among their parts {}", divided,
                                       known.empty()
                                           ? "equally: no population of the new areas was given (--areas), "
                                             "so shares of their ground are an assumption"
                                           : "in proportion to the new areas' population"));
  transfer.of_new.resize(transfer.new_codes.size());
  for (std::size_t i = 0; i < transfer.of_old.size(); ++i)
    for (const Part& part : transfer.of_old[i])
      transfer.of_new[static_cast<std::size_t>(part.area)].push_back(
          {static_cast<std::int32_t>(i), part.share});
  return transfer;
}

/// Count areas by what happened to them: components of the graph of old and new areas.
void count_changes(const Transfer& transfer, VintageReport& report) {
  report.old_areas = static_cast<long>(transfer.of_old.size());
  report.new_areas = static_cast<long>(transfer.of_new.size());
  std::vector<char> seen(transfer.of_old.size(), 0);
  for (std::size_t start = 0; start < transfer.of_old.size(); ++start) {
    if (seen[start]) continue;
    std::vector<std::size_t> old = {start};
    std::set<std::int32_t> made;
    seen[start] = 1;
    for (std::size_t k = 0; k < old.size(); ++k)
      for (const Part& part : transfer.of_old[old[k]]) {
        made.insert(part.area);
        for (const Part& back : transfer.of_new[static_cast<std::size_t>(part.area)])
          if (!seen[static_cast<std::size_t>(back.area)]) {
            seen[static_cast<std::size_t>(back.area)] = 1;
            old.push_back(static_cast<std::size_t>(back.area));
          }
      }
    const long from = static_cast<long>(old.size()), to = static_cast<long>(made.size());
    if (from == 1 && to == 1) {
      ++report.unchanged;
    } else if (from == 1) {
      ++report.split_old;
      report.split_new += to;
    } else if (to == 1) {
      report.merged_old += from;
      ++report.merged_new;
    } else {
      report.irregular_old += from;
      report.irregular_new += to;
    }
  }
}

/// So much a head, or a price: rents and pay are pounds a week, grants and output pounds a year.
bool is_each(const std::string& text) {
  for (const char* whose :
       {" a head", " a person", " a resident", " a household", " a job", " an hour", " each"})
    if (text.find(whose) != std::string::npos) return true;
  bool money = false;
  for (const char* currency : {"gbp", "eur", "usd", "\xC2\xA3", "\xE2\x82\xAC", "pounds", "pence"})
    money = money || text.rfind(currency, 0) == 0;
  for (const char* time : {" a day", " a week", " a month"})
    if (money && text.find(time) != std::string::npos) return true;
  return false;
}

/// A total, by its unit: a plain count or amount, not so much a head, a year or a square kilometre.
bool is_total(const std::string& unit) {
  const std::string text = lower_case(unit);
  if (text.find(" per ") != std::string::npos || text.find('/') != std::string::npos ||
      text.find("share") != std::string::npos || text.rfind("per ", 0) == 0 || text.rfind("log ", 0) == 0 ||
      is_each(text))
    return false;
  for (const char* word :
       {"residents",  "people",   "persons",  "jobs",         "households",
        "dwellings",  "homes",    "pupils",   "claimants",    "firms",
        "businesses", "births",   "deaths",   "gbp",          "km2",
        "hectares",   "offences", "crimes",   "runs",         "public transport runs a week",
        "eur",        "usd",      "\xC2\xA3", "\xE2\x82\xAC", "pounds",
        "euros",      "vehicles", "cars",     "tonnes",       "kwh",
        "mwh",        "patients", "children", "adults",       "visits",
        "trips",      "count",    "number of"})
    if (text.rfind(word, 0) == 0) return true;
  return false;
}

/// A rate, score, rank or place, by its unit.
bool is_rate(const std::string& unit) {
  const std::string text = lower_case(unit);
  for (const char* word : {"per ",     "/",      "%",     "percent", "share",   "proportion", "rank",
                           "score",    "index",  "ratio", "rate",    "log ",    "decile",     "quintile",
                           "quantile", "points", "mean",  "median",  "average", "years",      "degree"})
    if (text.find(word) != std::string::npos) return true;
  return is_each(text) || text == "m" || text == "km" || text == "metres" || text == "year";
}

/// Whole numbers from 0 that are more than a flag: a mean of them may be no answer.
template <typename Values>
bool looks_like_counts(const Values& values) {
  bool large = false;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    if (value < 0.0 || value != std::floor(value)) return false;
    large = large || value > 1.0;
  }
  return large;
}

/// Nothing but 0 and 1, and both.
template <typename Values>
bool is_flag(const Values& values) {
  bool zero = false, one = false;
  for (const double value : values) {
    if (std::isnan(value)) continue;
    if (value != 0.0 && value != 1.0) return false;
    (value == 0.0 ? zero : one) = true;
  }
  return zero && one;
}

/// Values of one column of numbers on new areas.
Eigen::VectorXd carried(const Eigen::VectorXd& values, Carry carry, const Transfer& transfer,
                        const std::vector<double>& weight) {
  Eigen::VectorXd result(static_cast<Eigen::Index>(transfer.of_new.size()));
  for (std::size_t j = 0; j < transfer.of_new.size(); ++j) {
    const auto& parts = transfer.of_new[j];
    const auto at = static_cast<Eigen::Index>(j);
    if (parts.size() == 1 && (carry != Carry::sum || parts[0].share == 1.0)) {
      result[at] = values[parts[0].area];
      continue;
    }
    double sum = 0.0, mass = 0.0;
    if (carry == Carry::majority) {  // of equal weights the smaller value
      std::map<double, double> held;
      for (const Part& part : parts)
        if (!std::isnan(values[part.area]))
          held[values[part.area]] += weight[static_cast<std::size_t>(part.area)] * part.share;
      result[at] = nan;
      for (const auto& [value, size] : held)
        if (size > mass) {
          mass = size;
          result[at] = value;
        }
      continue;
    }
    for (const Part& part : parts) {
      const double value = values[part.area];
      if (carry == Carry::sum) {
        sum += part.share * value;  // a missing part leaves the total missing
        continue;
      }
      if (std::isnan(value)) continue;
      const double w = weight[static_cast<std::size_t>(part.area)] * part.share;
      sum += w * value;
      mass += w;
    }
    result[at] = carry == Carry::sum ? sum : mass > 0.0 ? sum / mass : nan;
  }
  return result;
}

Column carried_text(const Column& column, const Transfer& transfer, const std::vector<double>& weight) {
  Column result;
  result.name = column.name;
  result.kind = ColumnKind::text;
  result.unit = column.unit;
  result.description = column.description;
  std::unordered_map<std::int32_t, std::int32_t> level;
  for (const auto& parts : transfer.of_new) {
    std::map<std::int32_t, double> held;
    for (const Part& part : parts)
      held[column.level[static_cast<std::size_t>(part.area)]] +=
          weight[static_cast<std::size_t>(part.area)] * part.share;
    std::int32_t most = held.begin()->first;
    for (const auto& [one, size] : held)
      if (size > held[most] || (size == held[most] && column.levels[static_cast<std::size_t>(one)] <
                                                          column.levels[static_cast<std::size_t>(most)]))
        most = one;
    const auto [found, first] = level.try_emplace(most, static_cast<std::int32_t>(result.levels.size()));
    if (first) result.levels.push_back(column.levels[static_cast<std::size_t>(most)]);
    result.level.push_back(found->second);
  }
  return result;
}

Column text_column(std::string name, const std::vector<std::string>& texts) {
  Column column;
  column.name = std::move(name);
  column.kind = ColumnKind::text;
  std::unordered_map<std::string, std::int32_t> level;
  for (const std::string& text : texts) {
    const auto [found, first] = level.try_emplace(text, static_cast<std::int32_t>(column.levels.size()));
    if (first) column.levels.push_back(text);
    column.level.push_back(found->second);
  }
  return column;
}

double total(const Eigen::Ref<const Eigen::MatrixXd>& values) {
  return values.array().isNaN().select(0.0, values.array()).sum();
}

class Converter {
 public:
  Converter(const DataPack& pack, const AreaLookup& lookup, const VintageOptions& options,
            const std::map<std::string, Carry>& from_manifest, VintageReport& report)
      : pack_(pack),
        lookup_(lookup),
        options_(options),
        from_manifest_(from_manifest),
        report_(report),
        transfer_(transfer_of(pack, lookup, options, report)),
        weight_(weights()) {}

  DataPack convert() {
    check_rules();
    count_changes(transfer_, report_);
    result_.name = pack_.name + "-" + lookup_.to;
    result_.geography = lookup_.to;
    result_.period_years = pack_.period_years;
    divided_ = report_.unchanged < report_.old_areas;
    areas();
    panel();
    check_unsaid();
    result_.edges = edges();
    result_.flows = flows();
    describe();
    return std::move(result_);
  }

 private:
  std::vector<double> weights() const {
    const auto& weight = pack_.areas.numbers(options_.weight);
    for (std::size_t i = 0; i < weight.size(); ++i)
      if (!(weight[i] > 0.0))
        throw InputError(
            fmt::format("area '{}' has {} (means over merged areas need it above 0; name another column "
                        "with --weight)",
                        pack_.areas.at("area_code").text(i),
                        std::isnan(weight[i]) ? "no " + options_.weight
                                              : fmt::format("{} {}", options_.weight, weight[i])));
    return weight;
  }

  void check_rules() const {
    for (const auto* rules : {&options_.carry, &from_manifest_})
      for (const auto& [name, carry] : *rules) {
        const Column* column = pack_.areas.find(name);
        if (!column && !pack_.panel.find(name)) {
          if (rules == &from_manifest_) continue;
          std::vector<std::string> known;
          for (const Column& one : pack_.areas.columns) known.push_back(one.name);
          for (const PanelVariable& one : pack_.panel.variables) known.push_back(one.name);
          const std::string near = nearest_word(name, known);
          throw InputError(fmt::format("pack '{}' has no column '{}' to carry by {}{}", pack_.name, name,
                                       to_string(carry),
                                       near.empty() ? "" : fmt::format(" (did you mean '{}'?)", near)));
        }
        if (column && column->kind == ColumnKind::text && carry != Carry::majority)
          throw InputError(fmt::format("column '{}' holds texts, which have no {} (they go by majority)",
                                       name, to_string(carry)));
      }
  }

  template <typename Values>
  CarriedColumn rule(const std::string& name, const std::string& unit, ColumnKind kind, const Values& values,
                     bool panel) {
    CarriedColumn how;
    how.name = name;
    how.panel = panel;
    if (const auto asked = options_.carry.find(name); asked != options_.carry.end()) {
      how.carry = asked->second;
      how.why = "asked for";
    } else if (const auto stated = from_manifest_.find(name); stated != from_manifest_.end()) {
      how.carry = stated->second;
      how.why = "manifest";
    } else if (kind == ColumnKind::text) {
      how.carry = Carry::majority;
      how.why = "text";
    } else if (name == "population" || (!panel && name == options_.weight)) {
      how.carry = Carry::sum;
      how.why = name == options_.weight ? "weighs means" : "population";
    } else if (name.rfind("log_", 0) == 0 && pack_.areas.find(name.substr(4))) {
      how.carry = panel ? Carry::mean : Carry::logarithm;
      how.why = fmt::format("beside '{}'", name.substr(4));
    } else if (unit.rfind("1 = ", 0) == 0) {
      how.carry = Carry::majority;
      how.why = fmt::format("unit '{}'", unit);
    } else if (is_total(unit)) {
      how.carry = Carry::sum;
      how.why = fmt::format("unit '{}'", unit);
    } else if (is_rate(unit) || name == "easting" || name == "northing") {
      how.why = unit.empty() ? "coordinates" : fmt::format("unit '{}'", unit);
    } else if (unit.empty() && is_flag(values)) {
      how.carry = Carry::majority;
      how.why = "0 and 1";
    } else {
      how.why = unit.empty() ? "no unit" : fmt::format("unit '{}'", unit);
      if (divided_ && looks_like_counts(values))
        unsaid_.push_back(name);
      else if (divided_)
        averaged_.push_back(name);
    }
    return how;
  }

  /// Columns that nothing says how to carry: counts are refused, the others named.
  void check_unsaid() {
    std::vector<Fault> faults;
    for (const std::string& name : unsaid_)
      faults.push_back(
          {"", 0, name, "",
           fmt::format("whole numbers that look like counts, and nothing says how they go to {0} areas "
                       "({1}); write a unit or carry = \"sum\", \"mean\" or \"majority\" under "
                       "[columns.{2}], or give --sum {2}, --mean {2} or --majority {2}",
                       lookup_.to, "a total is divided and added, a rate is averaged", name)});
    if (!faults.empty()) throw InputError(std::move(faults));
    if (!averaged_.empty())
      report_.notes.push_back(
          fmt::format("{} columns whose unit says neither total nor rate were averaged: {} "
                      "(carry = \"sum\" in the manifest, or --sum, where they are totals)",
                      averaged_.size(), fmt::join(averaged_, ", ")));
  }

  std::string described(const std::string& description, const CarriedColumn& how) const {
    return fmt::format("{}{}carried from {} areas: {}", description, description.empty() ? "" : "; ",
                       lookup_.from, to_string(how.carry));
  }

  void areas() {
    result_.areas.rows = transfer_.new_codes.size();
    for (const Column& column : pack_.areas.columns) {
      if (column.name == "area_code") {
        Column codes = text_column("area_code", transfer_.new_codes);
        codes.description = fmt::format("code of the area, {}", lookup_.to);
        result_.areas.columns.push_back(std::move(codes));
        continue;
      }
      CarriedColumn how = rule(column.name, column.unit, column.kind, column.number, false);
      if (column.kind == ColumnKind::text) {
        Column made = carried_text(column, transfer_, weight_);
        if (column.name == "area_name" && !lookup_.new_name.empty()) {
          std::vector<std::string> names;
          for (const std::string& code : transfer_.new_codes)
            names.push_back(lookup_.new_name.count(code) ? lookup_.new_name.at(code) : code);
          made = text_column("area_name", names);
        }
        made.description = described(column.description, how);
        result_.areas.columns.push_back(std::move(made));
      } else {
        Column made = column;
        const Eigen::Map<const Eigen::VectorXd> before(column.number.data(),
                                                       static_cast<Eigen::Index>(column.number.size()));
        const Eigen::VectorXd after =
            carried(before, how.carry == Carry::logarithm ? Carry::mean : how.carry, transfer_, weight_);
        made.number.assign(after.data(), after.data() + after.size());
        if (how.carry == Carry::sum) {
          how.before = total(before);
          how.after = total(after);
        }
        // Parts of a divided area have fractions, which numbers of residents without a unit are refused for.
        if (made.name == "population" && made.unit.empty()) made.unit = "residents";
        made.description = described(column.description, how);
        result_.areas.columns.push_back(std::move(made));
      }
      report_.columns.push_back(std::move(how));
    }
    for (const CarriedColumn& how : report_.columns)
      if (how.carry == Carry::logarithm) {
        const auto& plain = result_.areas.numbers(how.name.substr(4));
        auto made = std::find_if(result_.areas.columns.begin(), result_.areas.columns.end(),
                                 [&](const Column& column) { return column.name == how.name; });
        for (std::size_t j = 0; j < plain.size(); ++j)
          if (!(transfer_.of_new[j].size() == 1 && transfer_.of_new[j][0].share == 1.0))
            made->number[j] = plain[j] > 0.0 ? std::log(plain[j]) : nan;
      }
    given_of_new_areas();
  }

  /// Coordinates and texts that were given for the new areas; numbers are carried.
  void given_of_new_areas() {
    texts_of_new_areas();
    long parents = 0;
    for (const auto& parts : transfer_.of_old)
      parents += parts.size() > 1 ? static_cast<long>(parts.size()) : 0;
    const bool given =
        options_.new_areas && options_.new_areas->find("easting") && options_.new_areas->find("northing");
    if (!given) {
      if (parents > 0 && pack_.areas.find("easting"))
        report_.notes.push_back(
            fmt::format("{} parts of divided areas stand at their parent's point: give coordinates of the "
                        "new areas (--areas) before "
                        "weights by distance",
                        parents));
      return;
    }
    for (const std::string name : {"easting", "northing"})
      for (Column& column : result_.areas.columns)
        if (column.name == name) place_given(column, options_.new_areas->numbers(name));
    report_.notes.push_back("coordinates are those given for the new areas");
  }

  /// Coordinates given are in the unit of the pack's own: they lie among them.
  void place_given(Column& column, const std::vector<double>& given) {
    const Extent before(pack_.areas.numbers(column.name));
    const double margin = 0.1 * (before.high - before.low);
    const auto row = rows_of_new_areas();
    for (std::size_t j = 0; j < transfer_.new_codes.size(); ++j) {
      const auto found = row.find(transfer_.new_codes[j]);
      if (found == row.end()) continue;
      const double value = given[found->second];
      if (before.high > before.low && (value < before.low - margin || value > before.high + margin))
        throw InputError(
            fmt::format("new area '{}' has {} {:g}, and the pack's lie between {:g} and {:g}{}: "
                        "coordinates of the new areas (--areas) need the pack's own unit",
                        transfer_.new_codes[j], column.name, value, before.low, before.high,
                        column.unit.empty() ? "" : " " + column.unit));
      column.number[j] = value;
    }
  }

  std::unordered_map<std::string, std::size_t> rows_of_new_areas() const {
    std::unordered_map<std::string, std::size_t> row;
    for (std::size_t r = 0; r < options_.new_areas->rows; ++r)
      row[options_.new_areas->at("area_code").text(r)] = r;
    return row;
  }

  /// Texts given for every new area take the place of carried ones: types are the new index's own.
  void texts_of_new_areas() {
    std::vector<std::string> taken;
    for (Column& column : result_.areas.columns) {
      const Column* given = options_.new_areas ? options_.new_areas->find(column.name) : nullptr;
      if (given == nullptr || column.name == "area_code" || column.kind != ColumnKind::text) continue;
      if (given->kind != ColumnKind::text)
        throw InputError(fmt::format("column '{}' of the new areas holds numbers, and the pack's holds texts",
                                     column.name));
      const auto row = rows_of_new_areas();
      std::vector<std::string> texts;
      std::vector<Fault> lacking;
      for (const std::string& code : transfer_.new_codes) {
        const auto found = row.find(code);
        if (found == row.end())
          lacking.push_back({"", 0, column.name, code, "the new areas given lack this one"});
        else
          texts.push_back(given->text(found->second));
      }
      if (!lacking.empty()) throw InputError(std::move(lacking));
      Column made = text_column(column.name, texts);
      made.description = column.description.substr(0, column.description.find("; carried from "));
      column = std::move(made);
      taken.push_back(column.name);
      for (CarriedColumn& how : report_.columns)
        if (!how.panel && how.name == column.name) how.why = "given for the new areas";
    }
    if (!taken.empty())
      report_.notes.push_back(fmt::format("{} as given for the new areas", fmt::join(taken, ", ")));
    if (divided_ && pack_.areas.find("area_type") &&
        std::find(taken.begin(), taken.end(), "area_type") == taken.end())
      report_.notes.push_back(fmt::format(
          "area_type is carried from {} areas, and an index of {} areas would give other types: give "
          "them as a column of the new areas (--areas)",
          lookup_.from, lookup_.to));
  }

  void panel() {
    result_.panel.periods = pack_.panel.periods;
    for (const PanelVariable& variable : pack_.panel.variables) {
      CarriedColumn how =
          rule(variable.name, variable.unit, ColumnKind::number, variable.value.reshaped(), true);
      PanelVariable made = variable;
      made.value.resize(static_cast<Eigen::Index>(transfer_.of_new.size()), variable.value.cols());
      for (Eigen::Index t = 0; t < variable.value.cols(); ++t)
        made.value.col(t) = carried(variable.value.col(t), how.carry, transfer_, weight_);
      if (how.carry == Carry::sum) {
        how.before = total(variable.value);
        how.after = total(made.value);
      }
      made.description = described(variable.description, how);
      result_.panel.variables.push_back(std::move(made));
      report_.columns.push_back(std::move(how));
    }
  }

  /// The links given, among the new areas of the pack, both ways.
  std::vector<Edge> given_links() {
    std::unordered_map<std::string, std::int32_t> row;
    for (std::size_t j = 0; j < transfer_.new_codes.size(); ++j)
      row[transfer_.new_codes[j]] = static_cast<std::int32_t>(j);
    std::set<std::pair<std::int32_t, std::int32_t>> links;
    long outside = 0;
    for (const auto& [a, b] : *options_.new_links) {
      const auto from = row.find(a), to = row.find(b);
      if (from == row.end() || to == row.end()) {
        ++outside;
      } else if (from->second != to->second) {
        links.insert({from->second, to->second});
        links.insert({to->second, from->second});
      }
    }
    std::vector<Edge> result;
    std::vector<char> touched(transfer_.new_codes.size(), 0);
    for (const auto& [from, to] : links) {
      result.push_back({from, to, 1.0});
      touched[static_cast<std::size_t>(from)] = 1;
    }
    if (result.empty() && transfer_.new_codes.size() > 1)
      throw InputError(
          fmt::format("'{}' links no two {} areas of the result (needs their codes; '{}' is none){}",
                      options_.new_links_from, lookup_.to, options_.new_links->front().first,
                      NearCodes(transfer_.new_codes).why(options_.new_links->front().first)));
    if (const std::size_t tail = unlinked_tail(result, touched.size()); tail > 0)
      throw InputError(
          fmt::format("'{}' has no link of the last {} of {} areas, '{}' to '{}'; the file looks cut short",
                      options_.new_links_from, tail, touched.size(),
                      transfer_.new_codes[touched.size() - tail], transfer_.new_codes.back()));
    report_.links_after = static_cast<long>(result.size()) / 2;
    report_.notes.push_back(fmt::format(
        "links are those of '{}': {}, {} that lead out of the pack left out, {} areas without any",
        options_.new_links_from, report_.links_after, outside,
        std::count(touched.begin(), touched.end(), 0)));
    return result;
  }

  std::vector<Edge> edges() {
    report_.links_before = static_cast<long>(pack_.edges.size()) / 2;
    if (options_.new_links) return given_links();
    struct Joined {
      double weight = 0.0;
      bool sure = false;  // whole old areas that touched
    };
    std::map<std::pair<std::int32_t, std::int32_t>, Joined> links;
    const auto join = [&](std::int32_t a, std::int32_t b, double weight, bool sure) {
      if (a == b) return;
      Joined& held = links[{a, b}];
      held.weight = std::max(held.weight, weight);
      held.sure = held.sure || sure;
    };
    const auto whole = [&](std::int32_t old) {
      return transfer_.of_old[static_cast<std::size_t>(old)].size() == 1;
    };
    for (const Edge& edge : pack_.edges)
      for (const Part& from : transfer_.of_old[static_cast<std::size_t>(edge.from)])
        for (const Part& to : transfer_.of_old[static_cast<std::size_t>(edge.to)])
          join(from.area, to.area, edge.weight, whole(edge.from) && whole(edge.to));
    if (!pack_.edges.empty())
      for (const auto& parts : transfer_.of_old)
        for (const Part& from : parts)
          for (const Part& to : parts) join(from.area, to.area, 1.0, false);
    std::vector<Edge> result;
    for (const auto& [pair, link] : links) {
      result.push_back({pair.first, pair.second, link.weight});
      report_.links_guessed += !link.sure;
    }
    report_.links_after = static_cast<long>(result.size()) / 2;
    report_.links_guessed /= 2;
    if (report_.links_guessed > 0)
      report_.notes.push_back(
          fmt::format("{} of {} links are guesses: parts of a divided area are linked with each other and "
                      "with every neighbour "
                      "of their parent, which is more than they have on the ground; give the new areas' own "
                      "(--adjacency, or "
                      "--boundaries)",
                      report_.links_guessed, report_.links_after));
    return result;
  }

  std::vector<Edge> flows() {
    std::map<std::pair<std::int32_t, std::int32_t>, double> links;
    double before = 0.0, after = 0.0;
    for (const Edge& flow : pack_.flows) {
      before += flow.weight;
      for (const Part& from : transfer_.of_old[static_cast<std::size_t>(flow.from)])
        for (const Part& to : transfer_.of_old[static_cast<std::size_t>(flow.to)])
          links[{from.area, to.area}] += flow.weight * from.share * to.share;
    }
    std::vector<Edge> result;
    for (const auto& [pair, weight] : links) {
      result.push_back({pair.first, pair.second, weight});
      after += weight;
    }
    if (!pack_.flows.empty()) report_.columns.push_back({"flows", "flows", Carry::sum, false, before, after});
    return result;
  }

  void describe() {
    result_.description = fmt::format(
        "{}\n\nConverted from {} to {} areas by the lookup '{}': {} unchanged, {} split into {}, {} merged "
        "into {}, {} irregular "
        "that became {}.",
        pack_.description, lookup_.from, lookup_.to, lookup_.file.path, report_.unchanged, report_.split_old,
        report_.split_new, report_.merged_old, report_.merged_new, report_.irregular_old,
        report_.irregular_new);
    for (const std::string& note : report_.notes) result_.description += "\n- " + note;
    result_.folder = pack_.folder;
    std::vector<std::string> behind;
    for (const InputFile& input : pack_.inputs) {
      const std::string& role = input.role;
      if (role == "areas" || role == "panel" || role == "edges" || role == "flows") {
        InputFile before =
            input;  // the old pack's file is what this one was built from, and lends publisher and licence
        result_.inputs.push_back(before);
        before.role = "source";
        before.path = pack_.name + "/" + input.path;
        result_.inputs.push_back(before);
      } else if (role == "source" || role == "deflator") {
        result_.inputs.push_back(input);
      } else if (role != "lookup" && (role != "boundaries" || options_.boundaries.path.empty())) {
        behind.push_back(fmt::format("{} ({})", input.path, role));
      }
    }
    InputFile lookup = lookup_.file;
    lookup.path = std::filesystem::absolute(lookup.path).string();
    lookup.role = "lookup";
    result_.inputs.push_back(lookup);
    if (!options_.boundaries.path.empty()) result_.inputs.push_back(options_.boundaries);
    for (const std::string& file : behind)
      report_.notes.push_back(fmt::format("{} is on {} areas and stays behind", file, lookup_.from));
    if (!pack_.truth.empty())
      report_.notes.push_back("the truth of the synthetic world is of its own areas and stays behind");
    if (report_.beyond > 0)
      report_.notes.push_back(
          fmt::format("{} new areas also hold ground outside the pack: their totals are of the part inside",
                      report_.beyond));
  }

  const DataPack& pack_;
  const AreaLookup& lookup_;
  const VintageOptions& options_;
  const std::map<std::string, Carry>& from_manifest_;
  VintageReport& report_;
  Transfer transfer_;
  std::vector<double> weight_;
  DataPack result_;
  bool divided_ = false;  ///< some area was split, merged or changed otherwise
  std::vector<std::string> unsaid_, averaged_;
};

}  // namespace

std::string to_string(Carry carry) {
  switch (carry) {
    case Carry::sum:
      return "sum";
    case Carry::mean:
      return "mean";
    case Carry::majority:
      return "majority";
    case Carry::logarithm:
      return "logarithm";
  }
  return {};
}

Carry carry_named(const std::string& name) {
  for (const Carry carry : {Carry::sum, Carry::mean, Carry::majority})
    if (to_string(carry) == name) return carry;
  throw InputError(fmt::format("carry = '{}' is unknown (sum, mean or majority)", name));
}

AreaLookup read_lookup(const std::filesystem::path& file, const std::string& from, const std::string& to) {
  std::vector<Fault> faults;
  CsvExpectations codes_are_texts;
  codes_are_texts.others_are_texts = true;
  const CsvTable csv = read_csv(file, faults, codes_are_texts);
  if (!faults.empty()) throw InputError(std::move(faults));
  AreaLookup lookup;
  lookup.from = from;
  lookup.to = to;
  lookup.file = {file.string(),
                 "lookup",
                 sha256(read_bytes(file)),
                 "Office for National Statistics",
                 "Open Government Licence v3.0",
                 from + " to " + to};
  const Column* old_code = column_in_any_case(csv.table, from + "cd");
  const Column* new_code = column_in_any_case(csv.table, to + "cd");
  for (const auto& [column, name] : {std::pair{old_code, from + "cd"}, std::pair{new_code, to + "cd"}})
    if (!column) {
      std::string names;
      for (const Column& one : csv.table.columns) names += (names.empty() ? "" : ", ") + one.name;
      throw InputError(fmt::format("lookup '{}' has no column of codes '{}' (in any case; it has: {})",
                                   file.string(), name, names));
    }
  const Column* name = column_in_any_case(csv.table, to + "nm");
  std::set<std::pair<std::string, std::string>> seen;
  std::unordered_map<std::string, std::size_t> parts;
  for (std::size_t r = 0; r < csv.table.rows; ++r) {
    const std::string &a = old_code->text(r), &b = new_code->text(r);
    const auto line = static_cast<long>(csv.line[r]);
    if (a.empty() || b.empty())
      faults.push_back({file.string(), line, a.empty() ? old_code->name : new_code->name, "",
                        "the code is missing; expected a code on both sides"});
    else if (!seen.insert({a, b}).second)
      faults.push_back(
          {file.string(), line, new_code->name, b, fmt::format("the pair {}, {} is listed twice", a, b)});
    else
      lookup.pairs.emplace_back(a, b);
    if (++parts[a] == limits::parts_of_an_area + 1)
      faults.push_back({file.string(), line, old_code->name, a,
                        fmt::format("the area is split into more than {}; is it a lookup of codes?",
                                    limits::parts_of_an_area)});
    if (name && !name->text(r).empty()) lookup.new_name[b] = name->text(r);
  }
  if (!faults.empty()) throw InputError(std::move(faults));
  return lookup;
}

std::map<std::string, Carry> manifest_carry(const std::filesystem::path& pack_folder) {
  const std::string file = (pack_folder / "pack.toml").string();
  std::vector<Fault> faults;
  const Manifest manifest = parse_manifest(read_file(file, "manifest"), file, faults);
  if (!faults.empty()) throw InputError(std::move(faults));
  std::map<std::string, Carry> carry;
  for (const auto& [name, column] : manifest.columns)
    if (!column.carry.empty()) carry[name] = carry_named(column.carry);
  return carry;
}

DataPack convert_vintage(const DataPack& pack, const AreaLookup& lookup, const VintageOptions& options,
                         const std::map<std::string, Carry>& manifest_carry, VintageReport& report) {
  return Converter(pack, lookup, options, manifest_carry, report).convert();
}

}  // namespace spillway
