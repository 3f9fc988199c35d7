// Do estimators recover a known truth, do intervals cover it, do tests keep their size?
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "engine/run/coverage.hpp"
#include "tools/studies/session.hpp"
#include "tools/studies/style.hpp"

namespace spillway::studies {

/// Every world of every design of the session's configuration; the result is the session's. @throws as
/// run_coverage
CoverageResult coverage(Session& session);

/// A table a design, for people.
std::string coverage_text(const RunConfig& config, const CoverageResult& result, const Style& style);
nlohmann::ordered_json coverage_json(const RunConfig& config, const CoverageResult& result);

}  // namespace spillway::studies
