// What a scenario's headlines depend on: shares of variance, screening, tornado.
#pragma once
#include <Eigen/Dense>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tools/studies/sensitivity_model.hpp"
#include "tools/studies/session.hpp"

namespace spillway::studies {

struct SensitivityOptions {
  std::string scenario;            ///< empty: every one
  std::string method = "shapley";  ///< shapley, sobol, morris, tornado, one_at_a_time
  std::string inputs;              ///< all, lever or estimates; empty: lever for sobol and morris, else all
  long rows = 1024;                ///< of a Sobol' or Shapley design
  long trajectories = 100;         ///< of a Morris design
};

/// What a method says of one output: a number of each kind for each input.
struct SensitivityFindings {
  std::string output, unit;
  std::vector<TableColumn> columns;
};

/// The analysis of one scenario by one method.
struct Sensitivity {
  std::string scenario, method;
  std::vector<SensitivityInput> inputs;  ///< those that vary
  Eigen::MatrixXd design, result;        ///< points x inputs, points x outputs
  std::vector<std::string> outputs, units, notes;
  std::vector<SensitivityFindings> findings;
  std::string hash;  ///< SHA-256 of the design's bytes, row by row
};

/// Every chosen scenario, from the session's own estimates; kept in its result, where it has one.
/// @throws InputError  no such scenario; a design that the method or the lever does not allow
std::vector<Sensitivity> sensitivity(Session& session, const SensitivityOptions& options);

/// Tables for people, one an output.
std::string sensitivity_text(const Sensitivity& analysis);
nlohmann::ordered_json sensitivity_json(const Sensitivity& analysis);
/// At /sensitivity/<scenario>/<method>: a table an output, the design and the outputs at its points.
void write_sensitivity(RunWriter& writer, const Sensitivity& analysis);

}  // namespace spillway::studies
