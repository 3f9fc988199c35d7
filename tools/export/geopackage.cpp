#include "tools/export/geopackage.hpp"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <set>

#include "engine/base/files.hpp"
#include "engine/base/statistics.hpp"
#include "tools/studies/export_book.hpp"
#include "tools/studies/words.hpp"

namespace spillway {

namespace {

static_assert(std::endian::native == std::endian::little, "geometries are written as they lie in memory");

/// One database; closes it.
class Database {
 public:
  Database(const std::filesystem::path& temporary, std::string shown) : shown_(std::move(shown)) {
    const int code =
        sqlite3_open_v2(temporary.c_str(), &handle_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
    if (code != SQLITE_OK) {
      const std::string why = sqlite3_errstr(code);
      sqlite3_close(handle_);
      throw StoreError(fmt::format("cannot write '{}': {}", shown_, why));
    }
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close_v2(handle_); }

  void check(int code) const {
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW)
      throw StoreError(fmt::format("cannot write '{}': {}", shown_, sqlite3_errmsg(handle_)));
  }
  void run(const std::string& sql) const {
    check(sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr));
  }
  sqlite3* get() const { return handle_; }

 private:
  std::string shown_;
  sqlite3* handle_ = nullptr;
};

/// One statement with its values bound in order.
class Statement {
 public:
  Statement(const Database& database, const std::string& sql) : database_(database) {
    database.check(sqlite3_prepare_v2(database.get(), sql.c_str(), -1, &handle_, nullptr));
  }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(handle_); }

  Statement& text(const std::string& value) {
    database_.check(
        sqlite3_bind_text(handle_, ++at_, value.data(), static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }
  Statement& number(double value) {
    database_.check(std::isfinite(value) ? sqlite3_bind_double(handle_, ++at_, value)
                                         : sqlite3_bind_null(handle_, ++at_));
    return *this;
  }
  Statement& integer(long value) {
    database_.check(sqlite3_bind_int64(handle_, ++at_, value));
    return *this;
  }
  Statement& blob(const std::string& value) {
    database_.check(value.empty() ? sqlite3_bind_null(handle_, ++at_)
                                  : sqlite3_bind_blob(handle_, ++at_, value.data(),
                                                      static_cast<int>(value.size()), SQLITE_TRANSIENT));
    return *this;
  }
  void run() {
    database_.check(sqlite3_step(handle_));
    database_.check(sqlite3_reset(handle_));
    at_ = 0;
  }

 private:
  const Database& database_;
  sqlite3_stmt* handle_ = nullptr;
  int at_ = 0;
};

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + "\"";
}

struct Box {
  double left = std::numeric_limits<double>::infinity(), right = -left, bottom = left, top = -left;
  void hold(double x, double y) {
    left = std::min(left, x), right = std::max(right, x);
    bottom = std::min(bottom, y), top = std::max(top, y);
  }
};

template <typename Number>
void put(std::string& bytes, Number value) {
  bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// GeoPackage's binary header and the area as a WKB MultiPolygon; empty where it has no shape.
std::string geometry(const std::vector<ShapePolygon>& polygons, std::int32_t system, Box& all) {
  if (polygons.empty()) return {};
  Box box;
  for (const ShapePolygon& polygon : polygons)
    for (const ShapeRing& ring : polygon)
      for (const auto& [x, y] : ring) box.hold(x, y), all.hold(x, y);
  std::string bytes = "GP";
  put(bytes, std::uint8_t{0});
  put(bytes, std::uint8_t{0b00000011});  // little endian, an envelope of x and y
  put(bytes, system);
  for (const double edge : {box.left, box.right, box.bottom, box.top}) put(bytes, edge);
  const auto head = [&bytes](std::uint32_t type, std::size_t parts) {
    put(bytes, std::uint8_t{1});
    put(bytes, type);
    put(bytes, static_cast<std::uint32_t>(parts));
  };
  head(6, polygons.size());
  for (const ShapePolygon& polygon : polygons) {
    head(3, polygon.size());
    for (const ShapeRing& ring : polygon) {
      put(bytes, static_cast<std::uint32_t>(ring.size()));
      for (const auto& [x, y] : ring) put(bytes, x), put(bytes, y);
    }
  }
  return bytes;
}

/// The grid of the shapes: WGS 84, the British National Grid, or one that is not known.
std::int32_t system_of(const AreaShapes& shapes, const std::vector<std::string>& codes) {
  if (shapes.degrees) return 4326;
  const bool british = std::all_of(codes.begin(), codes.end(), [](const std::string& code) {
    return code.size() == 9 && std::string("EWSNK").find(code[0]) != std::string::npos &&
           std::all_of(code.begin() + 1, code.end(), [](char c) { return c >= '0' && c <= '9'; });
  });
  for (const auto& area : shapes.areas)
    for (const ShapePolygon& polygon : area)
      for (const ShapeRing& ring : polygon)
        for (const auto& [x, y] : ring)
          if (x < -100e3 || x > 800e3 || y < -100e3 || y > 1400e3) return -1;
  return british ? 27700 : -1;
}

/// One column of the layer.
struct Field {
  std::string name, title, description;
  std::vector<std::string> texts;
  std::vector<double> numbers;  ///< used where there are no texts
};

void add_field(std::vector<Field>& fields, Field field) {
  const std::string wanted = field.name;
  const auto taken = [&](const std::string& name) {
    return std::any_of(fields.begin(), fields.end(), [&](const Field& other) { return other.name == name; });
  };
  for (int k = 2; taken(field.name) || field.name == "fid" || field.name == "geom"; ++k)
    field.name = fmt::format("{}_{}", wanted, k);
  fields.push_back(std::move(field));
}

/// @param shown  set to the column that the style paints and whether lower is better
std::vector<Field> fields_of(const RunReader& reader, std::string& shown, bool& lower) {
  std::vector<Field> fields;
  std::set<std::string> texts;
  for (const StoredObject& object : reader.objects())
    if (object.path.starts_with("/areas/") && object.type == "text") texts.insert(object.path.substr(7));
  const auto columns = reader.area_columns();
  for (const std::string& column : columns)
    if (texts.contains(column))
      add_field(fields, {column, studies::plain_words(column), "", reader.area_texts(column), {}});
  if (std::find(columns.begin(), columns.end(), "population") != columns.end())
    add_field(fields, {"population", "Residents", "residents", {}, reader.area_numbers("population")});
  const std::size_t described = fields.size();
  for (const std::string& scenario : reader.scenarios()) {
    std::string better = "higher";
    for (const auto& [key, value] : reader.scenario_attributes(scenario))
      if (const auto* text = std::get_if<std::string>(&value); key == "better" && text != nullptr)
        better = *text;
    for (const std::string& outcome : reader.area_outcomes(scenario)) {
      const StoredAreaSummary stored = reader.area_summary(scenario, outcome);
      const std::string title =
          fmt::format("{}: {}", studies::plain_words(scenario), studies::plain_words(outcome));
      const auto values = [](const auto& row) {
        std::vector<double> out;
        for (Eigen::Index i = 0; i < row.size(); ++i) out.push_back(static_cast<double>(row[i]));
        return out;
      };
      for (const auto& [level, name, word] : {std::tuple{0.5, "median", "median"},
                                              {0.05, "p5", "5th percentile"},
                                              {0.95, "p95", "95th percentile"}})
        for (std::size_t q = 0; q < stored.levels.size(); ++q) {
          if (std::abs(stored.levels[q] - level) > 1e-9) continue;
          add_field(fields, {fmt::format("{}_{}_{}", scenario, outcome, name),
                             fmt::format("{}, {}", title, word),
                             stored.unit,
                             {},
                             values(stored.summary.quantile.row(static_cast<Eigen::Index>(q)))});
          if (level == 0.5 && (shown.empty() || (outcome == "cumulative_uplift" &&
                                                 shown.find("cumulative_uplift") == std::string::npos)))
            shown = fields.back().name, lower = better == "lower";
        }
      add_field(fields, {fmt::format("{}_{}_chance_better", scenario, outcome),
                         title + ", chance of better",
                         "share of draws",
                         {},
                         values(stored.summary.probability_better)});
    }
  }
  constexpr std::size_t most_fields = 1'990;  // SQLite ends at 2,000 columns
  if (fields.size() > most_fields)
    throw InputError(fmt::format(
        "the layer would have {} columns (a GeoPackage holds {}); keep fewer scenarios or outcomes",
        fields.size(), most_fields));
  if (fields.size() == described)
    throw InputError(fmt::format(
        "'{}' holds no outcome of single areas, so there is nothing to map (set outcomes.area and run again)",
        reader.path().string()));
  return fields;
}

/// Seven classes about zero, by the spread of the values: brown worse, green better.
std::string style_of(const Field& field, bool lower) {
  std::vector<double> sizes;
  for (const double value : field.numbers)
    if (std::isfinite(value) && value != 0.0) sizes.push_back(std::abs(value));
  const double most = sizes.empty() ? 1.0 : *std::max_element(sizes.begin(), sizes.end());
  const double usual = sizes.empty() ? 1.0 : quantile_in_place(sizes, 0.9);
  const double edges[] = {-std::max(most, usual), -usual,      -usual / 3.0, -usual / 30.0,
                          usual / 30.0,           usual / 3.0, usual,        std::max(most, usual)};
  std::vector<const char*> colours = {"140,81,10,255",   "216,179,101,255", "246,232,195,255",
                                      "245,245,245,255", "199,234,229,255", "90,180,172,255",
                                      "1,102,94,255"};
  if (lower) std::reverse(colours.begin(), colours.end());
  std::string ranges, symbols;
  for (std::size_t k = 0; k < colours.size(); ++k) {
    ranges += fmt::format(
        "<range symbol=\"{0}\" lower=\"{1}\" upper=\"{2}\" label=\"{1:.3g} to {2:.3g}\" render=\"true\"/>", k,
        edges[k], edges[k + 1]);
    symbols += fmt::format(
        "<symbol name=\"{0}\" type=\"fill\" alpha=\"1\"><layer class=\"SimpleFill\"><prop k=\"color\" "
        "v=\"{1}\"/><prop k=\"style\" v=\"solid\"/><prop k=\"outline_style\" v=\"no\"/></layer></symbol>",
        k, colours[k]);
  }
  return fmt::format(
      "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'><qgis version=\"3.22\" "
      "styleCategories=\"Symbology\"><renderer-v2 type=\"graduatedSymbol\" attr=\"{}\" "
      "graduatedMethod=\"GraduatedColor\" symbollevels=\"0\">"
      "<ranges>{}</ranges><symbols>{}</symbols></renderer-v2></qgis>",
      field.name, ranges, symbols);
}

void write_layer(const Database& database, const RunReader& reader, const AreaShapes& shapes,
                 const std::string& changed) {
  const auto codes = reader.area_texts("area_code");
  std::string shown;
  bool lower = false;
  const std::vector<Field> fields = fields_of(reader, shown, lower);
  const std::int32_t system = system_of(shapes, codes);
  database.run(
      "PRAGMA application_id = 1196444487; PRAGMA user_version = 10300; BEGIN;"
      "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization "
      "TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);"
      "CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, identifier "
      "TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL, min_x DOUBLE, min_y DOUBLE, "
      "max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES "
      "gpkg_spatial_ref_sys(srs_id));"
      "CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, "
      "geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL, "
      "CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), CONSTRAINT uk_gc_table_name UNIQUE "
      "(table_name), CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), "
      "CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id));"
      "CREATE TABLE gpkg_extensions (table_name TEXT, column_name TEXT, extension_name TEXT NOT NULL, "
      "definition TEXT NOT NULL, scope TEXT NOT NULL, CONSTRAINT ge_tce UNIQUE (table_name, column_name, "
      "extension_name));"
      "CREATE TABLE gpkg_data_columns (table_name TEXT NOT NULL, column_name TEXT NOT NULL, name TEXT, title "
      "TEXT, description TEXT, mime_type TEXT, constraint_name TEXT, CONSTRAINT pk_gdc PRIMARY KEY "
      "(table_name, column_name), CONSTRAINT gdc_tn UNIQUE (table_name, name));"
      "INSERT INTO gpkg_extensions VALUES ('gpkg_data_columns', NULL, 'gpkg_schema', "
      "'http://www.geopackage.org/spec121/#extension_schema', 'read-write');"
      "CREATE TABLE gpkg_data_column_constraints (constraint_name TEXT NOT NULL, constraint_type TEXT NOT "
      "NULL, value TEXT, min NUMERIC, min_is_inclusive BOOLEAN, max NUMERIC, max_is_inclusive BOOLEAN, "
      "description TEXT, CONSTRAINT gdcc_ntv UNIQUE (constraint_name, constraint_type, value));"
      "INSERT INTO gpkg_extensions VALUES ('gpkg_data_column_constraints', NULL, 'gpkg_schema', "
      "'http://www.geopackage.org/spec121/#extension_schema', 'read-write');"
      "CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT, f_table_catalog TEXT(256), "
      "f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), "
      "styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), "
      "update_time DATETIME DEFAULT CURRENT_TIMESTAMP);");
  const char* const osgb =
      "PROJCS[\"OSGB36 / British National "
      "Grid\",GEOGCS[\"OSGB36\",DATUM[\"Ordnance_Survey_of_Great_Britain_1936\",SPHEROID[\"Airy "
      "1830\",6377563.396,299.3249646]],PRIMEM[\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],"
      "AUTHORITY[\"EPSG\",\"4277\"]],PROJECTION[\"Transverse_Mercator\"],PARAMETER[\"latitude_of_origin\",49]"
      ",PARAMETER[\"central_meridian\",-2],PARAMETER[\"scale_factor\",0.9996012717],PARAMETER[\"false_"
      "easting\",400000],PARAMETER[\"false_northing\",-100000],UNIT[\"metre\",1],AXIS[\"Easting\",EAST],AXIS["
      "\"Northing\",NORTH],AUTHORITY[\"EPSG\",\"27700\"]]";
  const char* const wgs84 =
      "GEOGCS[\"WGS 84\",DATUM[\"WGS_1984\",SPHEROID[\"WGS "
      "84\",6378137,298.257223563,AUTHORITY[\"EPSG\",\"7030\"]],AUTHORITY[\"EPSG\",\"6326\"]],PRIMEM["
      "\"Greenwich\",0],UNIT[\"degree\",0.0174532925199433],AUTHORITY[\"EPSG\",\"4326\"]]";
  Statement grid(database, "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)");
  grid.text("Undefined cartesian SRS")
      .integer(-1)
      .text("NONE")
      .integer(-1)
      .text("undefined")
      .text("a grid that is not stated")
      .run();
  grid.text("Undefined geographic SRS")
      .integer(0)
      .text("NONE")
      .integer(0)
      .text("undefined")
      .text("not used")
      .run();
  grid.text("WGS 84 geodetic")
      .integer(4326)
      .text("EPSG")
      .integer(4326)
      .text(wgs84)
      .text("longitude and latitude")
      .run();
  grid.text("OSGB36 / British National Grid")
      .integer(27700)
      .text("EPSG")
      .integer(27700)
      .text(osgb)
      .text("easting and northing")
      .run();

  std::string create =
                  "CREATE TABLE areas (fid INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, geom MULTIPOLYGON",
              marks = "?";
  for (const Field& field : fields) {
    create += fmt::format(", {} {}", quoted(field.name), field.texts.empty() ? "DOUBLE" : "TEXT");
    marks += ", ?";
  }
  database.run(create + ");");
  Box all;
  Statement row(database, fmt::format("INSERT INTO areas VALUES (NULL, {})", marks));
  for (std::size_t i = 0; i < codes.size(); ++i) {
    row.blob(geometry(shapes.areas[i], system, all));
    for (const Field& field : fields) {
      if (field.texts.empty())
        row.number(field.numbers[i]);
      else
        row.text(field.texts[i]);
    }
    row.run();
  }
  Statement contents(database, "INSERT INTO gpkg_contents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  contents.text("areas")
      .text("features")
      .text("areas")
      .text(fmt::format("Spillway run {}: outcomes of each policy in every area", reader.run().name))
      .text(changed)
      .number(all.left)
      .number(all.bottom)
      .number(all.right)
      .number(all.top)
      .integer(system)
      .run();
  contents.text("layer_styles")
      .text("attributes")
      .text("layer_styles")
      .text("styles for QGIS")
      .text(changed)
      .number(NAN)
      .number(NAN)
      .number(NAN)
      .number(NAN)
      .integer(0)
      .run();
  Statement(database, "INSERT INTO gpkg_geometry_columns VALUES ('areas', 'geom', 'MULTIPOLYGON', ?, 0, 0)")
      .integer(system)
      .run();
  Statement column(database, "INSERT INTO gpkg_data_columns VALUES ('areas', ?, ?, ?, ?, NULL, NULL)");
  for (const Field& field : fields)
    column.text(field.name).text(field.name).text(field.title).text(field.description).run();
  const auto painted =
      std::find_if(fields.begin(), fields.end(), [&](const Field& field) { return field.name == shown; });
  if (painted != fields.end())
    Statement(database,
              "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
              "styleName, styleQML, styleSLD, useAsDefault, description, owner, update_time) VALUES ('', '', "
              "'areas', 'geom', 'outcome', ?, '', 1, ?, 'Spillway', ?)")
        .text(style_of(*painted, lower))
        .text(painted->title)
        .text(changed)
        .run();
  database.run("COMMIT;");
}

}  // namespace

void write_geopackage(const RunReader& reader, const AreaShapes& shapes, const std::filesystem::path& file) {
  const std::filesystem::path final_path = link_target(file), temporary = temporary_beside(final_path);
  std::string changed = reader.run().finished;  // the same run gives the same file
  if (changed.size() < 19) changed = "1970-01-01T00:00:00";
  changed = changed.substr(0, 19) + ".000Z";
  discard(temporary);
  try {
    {
      const Database database(temporary, file.string());
      write_layer(database, reader, shapes, changed);
    }
    publish(temporary, final_path);
  } catch (...) {
    discard(temporary);
    throw;
  }
}

}  // namespace spillway
