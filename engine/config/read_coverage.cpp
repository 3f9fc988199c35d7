// [coverage]: worlds whose truth is known.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/base/constants.hpp"
#include "engine/config/config_parts.hpp"

namespace spillway {

namespace {

constexpr std::size_t types = 3;  // of the synthetic England

/// One number for all types, or one each.
void read_by_type(const TableReader& reader, const std::string& key, std::vector<double>& target,
                  const Range& range = {-1.0, 1.0, Range::Ends::open}) {
  const ConfigNode* node = reader.find(key);
  if (!node) return;
  if (node->kind != ConfigNode::Kind::list) {
    double value = 0.0;
    if (reader.number(key, value, range)) target.assign(types, value);
    return;
  }
  std::vector<double> read;
  if (!reader.numbers(key, read, range)) return;
  if (read.size() == types)
    target = std::move(read);
  else
    reader.faults().add(
        *node, reader.path(key),
        fmt::format("has {} numbers; expected one for all types, or three: doubly disadvantaged, "
                    "other deprived, other",
                    read.size()));
}

CoverageDesign read_design(const ConfigNode& table, std::size_t k, const std::vector<std::string>& models,
                           FaultList& faults, std::vector<std::string>& used) {
  CoverageDesign design;
  design.line = table.line;
  const TableReader reader(table, entry_path("coverage.design", table, k), faults,
                           keys_of("coverage.design"));
  read_name(reader, design.name, used);
  reader.integer("areas", design.areas, 50, 1'000'000);
  reader.integer("authorities", design.authorities, 1, 100'000);
  if (design.authorities * 10 > design.areas && design.authorities != design.areas)
    faults.missing(
        reader.find("authorities") ? *reader.find("authorities") : table, reader.path("authorities"),
        fmt::format("{} authorities for {} areas; an authority needs at least 10 areas, or one area "
                    "each: as many authorities as areas",
                    design.authorities, design.areas));
  reader.integer("regions", design.regions, 1, 9);
  reader.integer("periods", design.periods, 3, 200);
  read_by_type(reader, "rho", design.rho);
  reader.number("phi", design.phi, {-1.0, 1.0, Range::Ends::open});
  for (const double rho : design.rho)
    if (!(std::abs(rho) + std::abs(design.phi) < 1.0)) {
      faults.missing(reader.find("rho") ? *reader.find("rho") : table, reader.path("rho"),
                     fmt::format("|rho| + |phi| is {:g}; growth settles only below 1",
                                 std::abs(rho) + std::abs(design.phi)));
      break;
    }
  read_by_type(reader, "error_correlation", design.error_correlation);
  reader.number("error_sd", design.error_sd, {0.0, infinity, Range::Ends::open});
  reader.number("heteroskedasticity", design.heteroskedasticity, {0.0, 5.0});
  reader.number("authority_shock_sd", design.authority_shock_sd, {0.0, infinity});
  reader.number("error_serial_correlation", design.error_serial_correlation, {-1.0, 1.0, Range::Ends::open});
  reader.number("period_effect_sd", design.period_effect_sd, {0.0, infinity});
  reader.number("region_shock_sd", design.region_shock_sd, {0.0, infinity});
  if (const ConfigNode* node = reader.integer("tail_freedom", design.tail_freedom, 0, 1000);
      node && design.tail_freedom != 0 && design.tail_freedom < 5)
    reader.faults().add(*node, reader.path("tail_freedom"),
                        fmt::format("is {}; expected 5 or more degrees of freedom (scores need fourth "
                                    "moments), or 0 for normal errors",
                                    design.tail_freedom));
  if (const ConfigNode* node =
          reader.numbers("type_shares", design.type_shares, {0.0, 1.0, Range::Ends::open})) {
    const double both = design.type_shares.size() == 2 ? design.type_shares[0] + design.type_shares[1] : 1.0;
    if (!(both < 1.0))
      reader.faults().add(
          *node, reader.path("type_shares"),
          "expects two shares of areas that add up to less than 1: doubly disadvantaged, other "
          "deprived");
  }
  reader.number("giant_authority", design.giant_authority, {0.0, 0.95});
  reader.number("missing_share", design.missing_share, {0.0, 0.5});
  reader.integer("nearest_weights", design.nearest_weights, 0, 100);
  read_by_type(reader, "loading", design.loading, {-infinity, infinity, Range::Ends::open});
  reader.choice("policy_truth", design.policy_truth, {"structural", "own"});
  reader.choice("strength", design.strength, {"plausible", "sharp"});
  if (design.strength == "plausible") {
    design.beta = 8e-5;
    design.confounding = -3e-5;
  }
  reader.number("beta", design.beta);
  reader.number("confounding", design.confounding);
  reader.number("instrument_strength", design.instrument_strength, {0.0, infinity});
  std::vector<std::string> wanted;
  if (const ConfigNode* node = reader.texts("models", wanted)) {
    for (const auto& name : wanted)
      if (std::find(models.begin(), models.end(), name) == models.end())
        faults.add(*node, reader.path("models"),
                   fmt::format("names '{}', which is no [[model]]; {}", name, suggestion(name, models)));
    design.models = std::move(wanted);
  }
  return design;
}

}  // namespace

void read_coverage(const TableReader& root, const std::vector<ModelEntry>& models, CoverageConfig& coverage) {
  const ConfigNode* table = root.table_at("coverage");
  if (!table) return;
  FaultList& faults = root.faults();
  const TableReader reader(*table, "coverage", faults, keys_of("coverage"));
  reader.integer("worlds", coverage.worlds, 2, 10'000'000);
  std::vector<std::string> model_names, used;
  for (const auto& model : models) model_names.push_back(common(model.config).name);
  for (const ConfigNode* entry : tables_of(*table, "design", faults))
    coverage.designs.push_back(read_design(*entry, coverage.designs.size(), model_names, faults, used));
  if (const ConfigNode* entry = reader.table_at("policy")) {
    const TableReader policy(*entry, "coverage.policy", faults, keys_of("coverage.policy"));
    coverage.policy.line = entry->line;
    policy.texts("scenarios", coverage.policy.scenarios);
    policy.texts("spreads", coverage.policy.spreads, {"propagated", "none", "estimated"});
    if (!policy.find("scenarios"))
      faults.missing(
          *entry, policy.path("scenarios"),
          "is missing; list the [[scenario]]s to run in every world, for example [\"wealth_fund\"]");
  }
  std::vector<std::string> only;
  const ConfigNode* node = reader.texts("only", only);
  if (!node) return;
  for (const auto& name : only)
    if (std::find(used.begin(), used.end(), name) == used.end())
      faults.add(*node, reader.path("only"),
                 fmt::format("names '{}', which is no design; {}", name, suggestion(name, used)));
  std::erase_if(coverage.designs, [&](const CoverageDesign& design) {
    return std::find(only.begin(), only.end(), design.name) == only.end();
  });
}

}  // namespace spillway
