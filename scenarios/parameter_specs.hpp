// Shorthand for declaring a lever's parameters, and the page made from them.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "scenarios/lever.hpp"

namespace spillway::scenarios {

constexpr double unbounded = std::numeric_limits<double>::infinity();

/// Sources used for defaults. Marks: [S] read in the source; [K] general knowledge, unverified; [D] derived.
inline const std::string assumption = "assumption, 2026-11";

Distribution point(double value, std::string source);
Distribution uniform(double low, double high, std::string source);
Distribution pert(double low, double mode, double high, std::string source);
Distribution lognormal(double median, double sigma, std::string source);

/// The unit of parameters that say whom a policy aims at.
inline const std::string target_unit = "areas";

/// A number or distribution with its allowed range.
ParameterSpec number(std::string name, std::string unit, std::string description, Distribution fallback,
                     double low, double high);
/// Pounds of which nobody means less than `smallest`, unless none at all.
ParameterSpec pounds(std::string name, std::string description, Distribution fallback, double high,
                     double smallest);
/// A number in [0, 1].
ParameterSpec share(std::string name, std::string description, Distribution fallback);
/// A word; `choices` empty: any.
ParameterSpec text(std::string name, std::string description, std::string fallback,
                   std::vector<std::string> choices = {});
ParameterSpec flag(std::string name, std::string description, bool fallback);
/// A list of words; `choices` empty: any.
ParameterSpec list(std::string name, std::string description, std::vector<std::string> fallback,
                   std::vector<std::string> choices = {});

/// A list of numbers; none: left to what else says it.
ParameterSpec series(std::string name, std::string unit, std::string description);
/// Its values, the same in every draw; sampled as "name_1", "name_2" and so on.
std::vector<double> series_of(const Parameters& parameters, const std::string& name);

/// Whom the money or the change reaches: target (a type, a column, a list) and where (groupings).
std::vector<ParameterSpec> target_parameters(std::string description,
                                             std::string fallback = "doubly_disadvantaged");

/// A fault of a parameter, in its own name; placed() says where it was set.
InputError refusal(const std::string& name, const std::string& value, const std::string& what);

/// The faults of a lever's parameters with file, line and key of the scenario; others as they are.
InputError placed(const InputError& error, const ScenarioConfig& scenario, const RunConfig& config);
/// The same faults as those of a package's parameters.
InputError of_package(const InputError& error, const std::string& lever);

/// `first` followed by `second`.
std::vector<ParameterSpec> joined(std::vector<ParameterSpec> first, const std::vector<ParameterSpec>& second);

/// "pert(0.05, 0.1, 0.2)" and so on.
std::string describe(const Distribution& distribution);

/// A lever's page: what it does in plain words and formulae, its parameters as a table, what it leaves out.
std::string page(const std::string& name, const std::string& mechanism,
                 const std::vector<ParameterSpec>& parameters, const std::string& left_out);

/// What may have been meant by a value that a parameter cannot have: "; did you mean 0.25?". Only values that
/// the parameter allows, and words of its choices, are offered. Empty: no guess.
/// @param given  the value of the configuration; its kind may be wrong
std::string meant(const ParameterSpec& spec, const ParameterValue& given);

/// Why an amount of money above 0 is too small to be meant: "that is GBP 300 in all; ..."; empty: it is not.
std::string too_small(const ParameterSpec& spec, double least);

/// The value of a parameter that shapes the policy and so must be the same in every draw.
/// @throws InputError  it varies over the draws
double constant(const Parameters& parameters, const std::string& name);

/// A sentence for each parameter of a scenario that is given under an earlier name.
std::vector<std::string> renamed_notes(const ScenarioConfig& scenario, const Lever& lever);

}  // namespace spillway::scenarios
