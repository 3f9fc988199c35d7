// Which estimate's coefficient drives a scenario, as its provenance says.
#pragma once
#include <string>
#include <vector>

namespace spillway {

struct OutcomeDriver {
  std::string estimate;    ///< "model/estimator"; empty: none drives it
  bool other_run = false;  ///< its draws are those of another file
};

/// @param provenance  sentences of LeverContext::provenance, as a result keeps them
OutcomeDriver outcome_driver(const std::vector<std::string>& provenance);

}  // namespace spillway
