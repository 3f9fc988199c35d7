#include "engine/config/distribution_rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/error.hpp"

namespace spillway {

namespace {

constexpr double largest = 1e100;  ///< squares and differences of parameters stay finite

bool contains(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void check_order(const Distribution& d, const std::string& below, const std::string& above,
                 std::vector<std::string>& out) {
  const auto a = d.values.find(below), b = d.values.find(above);
  if (a != d.values.end() && b != d.values.end() && a->second > b->second)
    out.push_back(fmt::format("{} {} is above {} {}", below, a->second, above, b->second));
}

/// low < high: a range of no width is a point.
void check_range(const Distribution& d, double low, double high, std::vector<std::string>& out) {
  if (low > high) out.push_back(fmt::format("low {} is above high {}", low, high));
  if (low == high)
    out.push_back(fmt::format("{} from {} to {} has no width; write the number itself", d.kind, low, high));
}

void check_positive(const Distribution& d, const std::string& key, std::vector<std::string>& out) {
  if (const auto it = d.values.find(key); it != d.values.end() && !(it->second > 0.0))
    out.push_back(fmt::format("{} {} is not positive", key, it->second));
}

void check_support(const Distribution& d, std::vector<std::string>& out) {
  if (d.support.empty()) out.push_back("values is empty; list at least one number");
  for (const double v : d.support)
    if (!std::isfinite(v))
      out.push_back(fmt::format("values holds {}, which is not a finite number", v));
    else if (std::abs(v) > largest)
      out.push_back(fmt::format("values holds {}, beyond {:g}", v, largest));
  if (d.kind != "discrete") return;
  if (d.probabilities.size() != d.support.size()) {
    out.push_back(fmt::format("{} values but {} probabilities (needs one for each)", d.support.size(),
                              d.probabilities.size()));
    return;
  }
  for (const double p : d.probabilities)
    if (!(p >= 0.0 && p <= 1.0)) out.push_back(fmt::format("probability {} is outside [0, 1]", p));
  const double sum = std::accumulate(d.probabilities.begin(), d.probabilities.end(), 0.0);
  if (!d.probabilities.empty() && !(std::abs(sum - 1.0) < 1e-9))
    out.push_back(fmt::format("probabilities sum to {}, not to 1", sum));
}

}  // namespace

double value_or(const Distribution& distribution, const std::string& key, double fallback) {
  const auto it = distribution.values.find(key);
  return it == distribution.values.end() ? fallback : it->second;
}

const std::vector<DistributionShape>& distribution_shapes() {
  static const std::vector<DistributionShape> shapes = {
      {"point", {"value"}, {}},
      {"uniform", {"low", "high"}, {}},
      {"triangular", {"low", "mode", "high"}, {}},
      {"pert", {"low", "mode", "high"}, {}},
      {"normal", {"mean", "sd"}, {"low", "high"}},
      {"lognormal", {"median", "sigma"}, {}},
      {"beta", {"a", "b"}, {"low", "high"}},
      {"discrete", {"values", "probabilities"}, {}},
      {"empirical", {"values"}, {}},
  };
  return shapes;
}

const DistributionShape* distribution_shape(const std::string& kind) {
  for (const auto& shape : distribution_shapes())
    if (shape.kind == kind) return &shape;
  return nullptr;
}

std::vector<std::string> distribution_faults(const Distribution& d) {
  std::vector<std::string> out;
  const DistributionShape* shape = distribution_shape(d.kind);
  if (!shape) {
    std::vector<std::string> kinds;
    for (const auto& known : distribution_shapes()) kinds.push_back(known.kind);
    const std::string near = nearest_word(d.kind, kinds);
    out.push_back(fmt::format("unknown distribution '{}'; {}", d.kind,
                              near.empty() ? fmt::format("one of {}", fmt::join(kinds, ", "))
                                           : fmt::format("did you mean '{}'?", near)));
    return out;
  }
  for (const auto& key : shape->required)
    if (key != "values" && key != "probabilities" && !d.values.contains(key))
      out.push_back(fmt::format("{} needs {}; it is missing", d.kind, key));
  for (const auto& [key, value] : d.values) {
    if (!contains(shape->required, key) && !contains(shape->optional, key))
      out.push_back(fmt::format("{} has no {}; it takes {}", d.kind, key, fmt::join(shape->required, ", ")));
    if (!std::isfinite(value))
      out.push_back(fmt::format("{} is {}, which is not a finite number", key, value));
    else if (std::abs(value) > largest)
      out.push_back(fmt::format("{} is {}, beyond {:g}", key, value, largest));
  }
  if (contains(shape->required, "values")) check_support(d, out);
  if (!out.empty()) return out;

  if (d.kind == "uniform") check_range(d, d.values.at("low"), d.values.at("high"), out);
  if (d.kind == "triangular" || d.kind == "pert") {
    check_range(d, d.values.at("low"), d.values.at("high"), out);
    check_order(d, "low", "mode", out);
    check_order(d, "mode", "high", out);
  }
  if (d.kind == "normal") {
    check_positive(d, "sd", out);
    check_range(d, value_or(d, "low", -HUGE_VAL), value_or(d, "high", HUGE_VAL), out);
    // Beyond 8 sd a truncated normal has less than 1e-15 of the untruncated one's mass: a slip, not a belief.
    const double mean = d.values.at("mean"), reach = 8.0 * d.values.at("sd");
    if (out.empty() &&
        (value_or(d, "low", -HUGE_VAL) > mean + reach || value_or(d, "high", HUGE_VAL) < mean - reach))
      out.push_back(
          fmt::format("the range lies more than 8 sd from the mean {}; move the range or the mean", mean));
  }
  if (d.kind == "lognormal") {
    check_positive(d, "median", out);
    check_positive(d, "sigma", out);
    if (d.values.at("sigma") > 10.0)
      out.push_back(fmt::format("sigma {} is above 10; it is the sd of the logarithm", d.values.at("sigma")));
  }
  if (d.kind == "beta") {
    for (const char* key : {"a", "b"})
      if (const double v = d.values.at(key); !(v >= 1e-3 && v <= 1e9))
        out.push_back(fmt::format("{} {} is outside [0.001, 1e9]", key, v));
    check_range(d, value_or(d, "low", 0.0), value_or(d, "high", 1.0), out);
  }
  return out;
}

}  // namespace spillway
