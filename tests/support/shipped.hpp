// The reference set of tests/reference/shipped: its pack, the values other programs found, and our fits by
// configuration.
#pragma once
#include <doctest/doctest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "engine/run/estimation.hpp"

namespace spillway::test {

inline std::filesystem::path shipped_folder() {
  return std::filesystem::path(SPILLWAY_SOURCE_DIR) / "tests/reference/shipped";
}

/// The "values" of one file, as its script wrote them.
inline const nlohmann::json& shipped_values(const std::string& file) {
  static std::map<std::string, nlohmann::json> known;
  if (!known.count(file)) {
    std::ifstream in(shipped_folder() / "values" / file);
    REQUIRE_MESSAGE(in.good(), file);
    known[file] = nlohmann::json::parse(in).at("values");
  }
  return known.at(file);
}

/// Every fit of one [[model]] on the shipped pack, through a configuration as a user writes it.
inline ModelFits fit_shipped(const std::string& model, int replicates = 199) {
  const RunConfig config = parse_config(
      "[[model]]\nname = \"case\"\n" + model +
      "\n[bootstrap]\ncluster = \"lad_code\"\nreplicates = " + std::to_string(replicates) + "\ndraws = 1\n");
  static const DataPack pack = read_pack(shipped_folder() / "pack");
  return fit_model(config.models.front(), config, make_inputs(config, pack), {});
}

inline const Estimate& estimate_of(const ModelFits& fits, const std::string& estimator) {
  for (const auto& fit : fits.fits)
    if (fit.estimate.estimator == estimator) return fit.estimate;
  FAIL("no estimator " << estimator);
  return fits.fits.front().estimate;
}

inline double p_value_of(const Estimate& estimate, const std::string& name) {
  for (const auto& one : estimate.diagnostics)
    if (one.name == name && one.p) return *one.p;
  return NAN;
}

/// Compares numbers of one case; each must agree to `tolerance`, the largest relative difference is printed
/// at the end.
class Agreement {
 public:
  Agreement(std::string name, double tolerance) : name_(std::move(name)), tolerance_(tolerance) {}
  ~Agreement() {
    std::printf("  %-46s %4d numbers, largest relative difference %.1e (%s)\n", name_.c_str(), count_,
                largest_, worst_.c_str());
  }

  /// @param scale  what a difference is compared with, where that is more than the number itself
  void number(const std::string& what, double ours, const nlohmann::json& theirs, double scale = 1e-300) {
    const double expected = theirs.get<double>(),
                 difference = std::abs(ours - expected) / std::max(scale, std::abs(expected));
    ++count_;
    if (!(difference <= largest_)) largest_ = difference, worst_ = what;
    CHECK_MESSAGE(difference <= tolerance_, name_, ", ", what, ": ", ours, " against ", expected);
  }
  /// Each named coefficient, relative to its size or a tenth of its standard error; `ours` turns the peer's
  /// name into ours.
  void coefficients(const Estimate& estimate, const nlohmann::json& theirs,
                    const std::map<std::string, std::string>& ours = {}) {
    for (const auto& [name, value] : theirs.items()) {
      const auto k = index(estimate, name, ours);
      number(name, estimate.coefficients(k), value, 0.1 * estimate.standard_error(k));
    }
  }
  void errors(const std::string& kind, const Estimate& estimate, const nlohmann::json& theirs,
              const std::map<std::string, std::string>& ours = {}) {
    for (const auto& [name, value] : theirs.items())
      number("s.e. " + kind + " " + name, estimate.standard_error(index(estimate, name, ours)), value);
  }

 private:
  static Eigen::Index index(const Estimate& estimate, const std::string& name,
                            const std::map<std::string, std::string>& ours) {
    const auto k = estimate.find(ours.count(name) ? ours.at(name) : name);
    REQUIRE_MESSAGE(k >= 0, "no coefficient ", name);
    return k;
  }
  std::string name_, worst_;
  double tolerance_, largest_ = 0.0;
  int count_ = 0;
};

}  // namespace spillway::test
