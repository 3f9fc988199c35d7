// Whether what a policy returns can be believed, beside what such programmes have returned.
#pragma once
#include <string>
#include <vector>

#include "scenarios/appraisal.hpp"

namespace spillway::studies {

/// What a programme is said to have returned, GBP of benefit per GBP.
struct Benchmark {
  std::string name;
  double low, high;
  std::string source;
};
const std::vector<Benchmark>& return_benchmarks();

/// GVA of the target areas over the horizon per GBP that reaches them, beside the benchmarks.
struct Plausibility {
  double p10 = 0.0, p50 = 0.0, p90 = 0.0;  ///< GBP per GBP, over the draws
  enum class Verdict { none, plausible, large, small } verdict = Verdict::none;
  std::string line;   ///< the row, which begins with the verdict where it is not plausible
  std::string doubt;  ///< the same in a short sentence; empty where it is plausible or not told
};

/// The median is implausible below a third of the lowest benchmark and above three times the highest.
/// @param moved  GBP that areas gain, mean of the draws: stands for the cost where the public spends nothing
Plausibility plausibility(const scenarios::AppraisalInputs& inputs, double moved);

}  // namespace spillway::studies
