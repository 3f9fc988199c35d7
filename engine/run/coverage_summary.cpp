#include "engine/run/coverage_summary.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include "engine/base/statistics.hpp"

namespace spillway {

namespace {

using Key = std::tuple<std::string, std::string, std::string>;

/// Things by key in the order of their first appearance.
template <typename Value>
class Ordered {
 public:
  Value& operator[](const Key& key) {
    const auto [place, fresh] = place_.emplace(key, entries_.size());
    if (fresh) entries_.emplace_back(key, Value{});
    return entries_[place->second].second;
  }
  const std::vector<std::pair<Key, Value>>& entries() const { return entries_; }

 private:
  std::map<Key, std::size_t> place_;
  std::vector<std::pair<Key, Value>> entries_;
};

std::string methods_in_words(const std::map<std::string, long>& methods, long all) {
  if (methods.size() == 1) return methods.begin()->first;
  std::vector<std::string> parts;
  for (const auto& [method, count] : methods)
    parts.push_back(
        fmt::format("{} {:.0f} %", method, 100.0 * static_cast<double>(count) / static_cast<double>(all)));
  return fmt::format("{}", fmt::join(parts, ", "));
}

ValueSummary summarise_value(const Key& key, const std::vector<const CoverageValue*>& values) {
  ValueSummary summary;
  std::tie(summary.model, summary.estimator, summary.quantity) = key;
  summary.truth = values.front()->truth;
  std::vector<double> errors, lengths, standard_errors;
  std::map<std::string, long> methods;
  long hits = 0, accepted = 0, accepted_hits = 0, right = 0;
  for (const CoverageValue* value : values) {
    if (std::isfinite(value->estimate)) {
      errors.push_back(value->estimate - value->truth);
      right += value->estimate * value->truth > 0.0;
    }
    if (std::isfinite(value->standard_error)) standard_errors.push_back(value->standard_error);
    if (value->covers == CoverageValue::Covers::not_offered) continue;
    const bool hit = value->covers == CoverageValue::Covers::yes;
    ++summary.intervals;
    ++methods[value->method];
    hits += hit;
    if (value->verdict == CoverageValue::Verdict::accepted) {
      ++accepted;
      accepted_hits += hit;
    }
    if (!std::isnan(value->low) && !std::isnan(value->high)) lengths.push_back(value->high - value->low);
  }
  summary.worlds = static_cast<long>(errors.size());
  summary.method = methods.empty() ? "none" : methods_in_words(methods, summary.intervals);
  const double n = static_cast<double>(errors.size());
  if (n >= 1.0) {
    double sum = 0.0, squares = 0.0;
    for (const double e : errors) sum += e;
    for (const double e : errors) squares += (e - sum / n) * (e - sum / n);
    const double sd = n > 1.0 ? std::sqrt(squares / (n - 1.0)) : std::numeric_limits<double>::quiet_NaN();
    summary.bias = {sum / n, sd / std::sqrt(n)};
    summary.sd = {sd, sd / std::sqrt(2.0 * (n - 1.0))};
    // Asymptotic error of a median, 1.2533 sd / sqrt(n), with the sd of the middle half: a few wild worlds do
    // not count.
    const double spread = (quantile_in_place(errors, 0.75) - quantile_in_place(errors, 0.25)) / 1.349;
    summary.median_bias = {quantile_in_place(errors, 0.5), 1.2533 * spread / std::sqrt(n)};
  }
  double sum = 0.0;
  for (const double se : standard_errors) sum += se;
  summary.mean_standard_error = standard_errors.empty() ? std::numeric_limits<double>::quiet_NaN()
                                                        : sum / static_cast<double>(standard_errors.size());
  summary.right_sign = simulated_share(right, summary.worlds);
  summary.cover = simulated_share(hits, summary.intervals);
  summary.accepted_cover = simulated_share(accepted_hits, accepted);
  summary.median_length = quantile_in_place(lengths, 0.5);
  return summary;
}

struct TestCount {
  long worlds = 0, rejected = 0;
  NullHypothesis null = NullHypothesis::unknown;
};

struct FitCount {
  long worlds = 0, refused = 0, failed = 0;
  double replicates = 0.0, failed_replicates = 0.0;
  std::string message;
};

}  // namespace

Simulated simulated_share(long hits, long count) {
  if (count == 0) return {};
  const double n = static_cast<double>(count), p = (static_cast<double>(hits) + 2.0) / (n + 4.0);
  return {static_cast<double>(hits) / n, std::sqrt(p * (1.0 - p) / (n + 4.0))};
}

std::string meaning_of(NullHypothesis null) {
  switch (null) {
    case NullHypothesis::holds:
      return "size";
    case NullHypothesis::fails:
      return "power";
    case NullHypothesis::unknown:
      break;
  }
  return "rejects";
}

DesignSummary summarise_worlds(const std::string& design, const std::vector<CoverageOutcome>& worlds,
                               double significance) {
  Ordered<std::vector<const CoverageValue*>> values;
  Ordered<TestCount> tests;
  Ordered<FitCount> fits;
  for (const CoverageOutcome& world : worlds) {
    for (const CoverageValue& value : world.values)
      values[{value.model, value.estimator, value.quantity}].push_back(&value);
    for (const CoverageTest& test : world.tests) {
      TestCount& count = tests[{test.model, test.estimator, test.test}];
      ++count.worlds;
      count.rejected += test.p < significance;
      count.null = test.null;
    }
    for (const CoverageFit& fit : world.fits) {
      FitCount& count = fits[{fit.model, fit.estimator, ""}];
      ++count.worlds;
      count.refused += fit.state == CoverageFit::State::refused;
      count.failed += fit.state == CoverageFit::State::failed;
      count.replicates += fit.replicates;
      count.failed_replicates += fit.failed_replicates;
      if (count.message.empty()) count.message = fit.message;
    }
  }
  DesignSummary summary;
  summary.design = design;
  for (const auto& [key, entries] : values.entries()) summary.values.push_back(summarise_value(key, entries));
  for (const auto& [key, count] : tests.entries()) {
    TestSummary test{std::get<0>(key), std::get<1>(key), std::get<2>(key), count.null, count.worlds, {}};
    test.rejects = simulated_share(count.rejected, count.worlds);
    summary.tests.push_back(test);
  }
  for (const auto& [key, count] : fits.entries())
    summary.fits.push_back({std::get<0>(key), std::get<1>(key), count.worlds, count.refused, count.failed,
                            count.replicates > 0.0 ? count.failed_replicates / count.replicates : 0.0,
                            count.message});
  return summary;
}

}  // namespace spillway
