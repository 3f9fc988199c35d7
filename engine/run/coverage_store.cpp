#include "engine/run/coverage_store.hpp"

#include <functional>
#include <map>

namespace spillway {

namespace {

/// A table filled row by row; its columns are named once, with how to get them.
template <typename Row>
class Rows {
 public:
  void text(const std::string& name, std::function<std::string(const Row&)> get) {
    texts_.push_back({{name, "1", "", {}, {}}, std::move(get)});
  }
  void number(const std::string& name, const std::string& unit, const std::string& long_name,
              std::function<double(const Row&)> get) {
    numbers_.push_back({{name, unit, long_name, {}, {}}, std::move(get)});
  }
  void add(const std::string& design, const Row& row) {
    design_.push_back(design);
    for (auto& [column, get] : texts_) column.texts.push_back(get(row));
    for (auto& [column, get] : numbers_) column.numbers.push_back(get(row));
  }
  void write(RunWriter& writer, const std::string& group) const {
    if (design_.empty()) return;
    std::vector<TableColumn> columns = {{"design", "1", "design of the worlds", {}, design_}};
    for (const auto& [column, get] : texts_) columns.push_back(column);
    for (const auto& [column, get] : numbers_) columns.push_back(column);
    writer.write_table(group, "row", columns);
  }

 private:
  std::vector<std::string> design_;
  std::vector<std::pair<TableColumn, std::function<std::string(const Row&)>>> texts_;
  std::vector<std::pair<TableColumn, std::function<double(const Row&)>>> numbers_;
};

template <typename Row>
void simulated(Rows<Row>& rows, const std::string& name, const std::string& long_name,
               Simulated Row::*member) {
  rows.number(name, "1", long_name, [member](const Row& row) { return (row.*member).value; });
  rows.number(name + "_error", "1", "Monte Carlo standard error of " + name,
              [member](const Row& row) { return (row.*member).error; });
}

}  // namespace

void write_worlds(RunWriter& writer, const std::string& design, const std::vector<CoverageOutcome>& worlds) {
  std::map<std::string, std::size_t> place;
  std::vector<std::string> names;
  for (const CoverageOutcome& world : worlds)
    for (const CoverageValue& value : world.values) {
      const std::string name = value.model + "/" + value.estimator + "/" + value.quantity;
      if (place.emplace(name, names.size()).second) names.push_back(name);
    }
  if (names.empty()) return;
  const std::string group = "/coverage/worlds/" + design;
  const std::vector<long> shape = {static_cast<long>(worlds.size()), static_cast<long>(names.size())};
  writer.write({group + "/quantity", {"quantity"}, "1", "model/estimator/quantity"}, names, {shape[1]});
  const std::pair<const char*, double CoverageValue::*> parts[] = {
      {"estimate", &CoverageValue::estimate},
      {"standard_error", &CoverageValue::standard_error},
      {"low", &CoverageValue::low},
      {"high", &CoverageValue::high}};
  for (const auto& [part, member] : parts) {
    std::vector<double> values(worlds.size() * names.size(), std::numeric_limits<double>::quiet_NaN());
    for (std::size_t w = 0; w < worlds.size(); ++w)
      for (const CoverageValue& value : worlds[w].values)
        values[w * names.size() + place.at(value.model + "/" + value.estimator + "/" + value.quantity)] =
            value.*member;
    writer.write({group + "/" + part, {"world", "quantity"}, "1", std::string(part) + " of each world"},
                 values.data(), shape);
  }
}

void write_summaries(RunWriter& writer, const RunConfig& config, const std::vector<DesignSummary>& designs) {
  Rows<CoverageDesign> settings;
  const std::pair<const char*, int CoverageDesign::*> sizes[] = {
      {"areas", &CoverageDesign::areas},
      {"authorities", &CoverageDesign::authorities},
      {"periods", &CoverageDesign::periods}};
  for (const auto& [name, member] : sizes)
    settings.number(name, "1", "",
                    [m = member](const CoverageDesign& d) { return static_cast<double>(d.*m); });
  const char* types[] = {"doubly_disadvantaged", "other_deprived", "other"};
  for (std::size_t k = 0; k < 3; ++k) {
    settings.number(std::string("rho:") + types[k], "1", "true spatial lag",
                    [k](const CoverageDesign& d) { return d.rho[k]; });
    settings.number(std::string("error_correlation:") + types[k], "1", "true SAR coefficient of the errors",
                    [k](const CoverageDesign& d) { return d.error_correlation[k]; });
    settings.number(std::string("loading:") + types[k], "1", "true loading on the common shocks",
                    [k](const CoverageDesign& d) { return d.loading[k]; });
  }
  const std::pair<const char*, double CoverageDesign::*> process[] = {
      {"phi", &CoverageDesign::phi},
      {"error_sd", &CoverageDesign::error_sd},
      {"heteroskedasticity", &CoverageDesign::heteroskedasticity},
      {"authority_shock_sd", &CoverageDesign::authority_shock_sd},
      {"error_serial_correlation", &CoverageDesign::error_serial_correlation},
      {"period_effect_sd", &CoverageDesign::period_effect_sd},
      {"beta", &CoverageDesign::beta},
      {"confounding", &CoverageDesign::confounding},
      {"instrument_strength", &CoverageDesign::instrument_strength}};
  for (const auto& [name, member] : process)
    settings.number(name, "1", "", [m = member](const CoverageDesign& d) { return d.*m; });
  for (const CoverageDesign& design : config.coverage.designs) settings.add(design.name, design);
  settings.write(writer, "/coverage/design");

  Rows<ValueSummary> values;
  values.text("model", [](const ValueSummary& v) { return v.model; });
  values.text("estimator", [](const ValueSummary& v) { return v.estimator; });
  values.text("quantity", [](const ValueSummary& v) { return v.quantity; });
  values.text("interval_method", [](const ValueSummary& v) { return v.method; });
  values.number("truth", "1", "true value", [](const ValueSummary& v) { return v.truth; });
  values.number("worlds", "1", "worlds with an estimate",
                [](const ValueSummary& v) { return static_cast<double>(v.worlds); });
  values.number("intervals", "1", "worlds with an interval",
                [](const ValueSummary& v) { return static_cast<double>(v.intervals); });
  simulated(values, "bias", "mean of estimate - truth", &ValueSummary::bias);
  simulated(values, "median_bias", "median of estimate - truth", &ValueSummary::median_bias);
  simulated(values, "sd", "standard deviation of the estimate over worlds", &ValueSummary::sd);
  values.number("mean_standard_error", "1", "mean of the reported standard error",
                [](const ValueSummary& v) { return v.mean_standard_error; });
  simulated(values, "cover", "share of intervals that hold the truth", &ValueSummary::cover);
  simulated(values, "accepted_cover", "the same, over fits that the decision table does not refuse",
            &ValueSummary::accepted_cover);
  values.number("median_length", "1", "median length of the interval",
                [](const ValueSummary& v) { return v.median_length; });
  Rows<TestSummary> tests;
  tests.text("model", [](const TestSummary& t) { return t.model; });
  tests.text("estimator", [](const TestSummary& t) { return t.estimator; });
  tests.text("test", [](const TestSummary& t) { return t.test; });
  tests.text("meaning", [](const TestSummary& t) { return meaning_of(t.null); });
  tests.number("worlds", "1", "worlds with a p-value",
               [](const TestSummary& t) { return static_cast<double>(t.worlds); });
  simulated(tests, "rejects", "share of worlds in which the test rejects", &TestSummary::rejects);
  Rows<FitSummary> fits;
  fits.text("model", [](const FitSummary& f) { return f.model; });
  fits.text("estimator", [](const FitSummary& f) { return f.estimator; });
  fits.number("worlds", "1", "", [](const FitSummary& f) { return static_cast<double>(f.worlds); });
  fits.number("refused", "1", "worlds in which the decision table refuses it",
              [](const FitSummary& f) { return static_cast<double>(f.refused); });
  fits.number("failed", "1", "worlds in which the model failed",
              [](const FitSummary& f) { return static_cast<double>(f.failed); });
  fits.number("failed_replicates", "1", "share of replicates that failed",
              [](const FitSummary& f) { return f.failed_replicates; });
  for (const DesignSummary& design : designs) {
    for (const auto& row : design.values) values.add(design.design, row);
    for (const auto& row : design.tests) tests.add(design.design, row);
    for (const auto& row : design.fits) fits.add(design.design, row);
  }
  values.write(writer, "/coverage/value");
  tests.write(writer, "/coverage/test");
  fits.write(writer, "/coverage/fit");
}

}  // namespace spillway
