// Several levers at once: no single lever will work. Its page is the text below.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "scenarios/levers.hpp"
#include "scenarios/package_budget.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

namespace {
const char* const mechanism =
    R"(Any set of levers at once (`levers`). Each keeps its parameters under its own name and an underscore, for example
`ukspf_ring_fence_share`. With one A' for all of them,

    u(h+1) = A' u(h) + (A' - A) y0 + sum of the levers' d(h+1)

Shocks add up. Gaps closed by two levers leave the product of what each leaves open, so that together they never close
more than the gap. New links and a closed gap in one area multiply. The package therefore differs from the sum of its
parts wherever a lever changes rho or W, and the difference is its interaction: it is reported beside the sum, each
part being run on the package's own draws. Where no lever changes rho or W, it is zero. Public cost: the sum.

**One budget.** `budget` (GBP of public cost, whole programme, undiscounted, the same in every draw) is shared among the levers. Those
whose effect is in proportion to their money (ukspf_ring_fence with `budget_neutral = false`, community_wealth_fund,
neighbourhood_renewal, employment_support) get, in each draw, what the others leave:

    m_k = clamp(t C_k, floor_k, cap_k) ,   t such that sum m_k = budget - sum of what the others cost

with C_k what lever k costs as it is set; all that it does is then m_k / C_k times as large. `NAME_floor` and `NAME_cap` (GBP) or
`NAME_floor_share` and `NAME_cap_share` (of the budget) bound a lever's part. Levers that change rho or W, consolidation, and a
budget-neutral ring-fence cost what they cost as set; bounds hold for them too and refuse what does not fit. Floors above the
budget and caps that cannot take it are refused with names and amounts. Every package says what a pound of it brings beside what a
pound of each of its levers brings.
)";

const char* const left_out =
    R"(Money that two levers would spend on the same thing, limits to what a place can absorb at once, complementarity
beyond rho and W (skills that make links worth more, for example).
)";

std::string prefixed(const std::string& lever, const std::string& parameter) {
  return lever + "_" + parameter;
}

void add(PolicyBuilder& builder, const Parameters& parameters) {
  const BudgetedParts budgeted = budgeted_parts(builder.context(), parameters);
  for (const std::string& note : budgeted.notes) builder.note(note);
  for (const auto& [name, part] : budgeted.parts) {
    const auto source =
        std::find_if(lever_sources().begin(), lever_sources().end(),
                     [&, wanted = name](const LeverSource& known) { return known.name == wanted; });
    builder.speak_as(name);
    try {
      source->add(builder, part);
    } catch (const InputError& error) {
      throw of_package(error, name);
    }
  }
  builder.speak_as("");
}
}  // namespace

std::vector<std::pair<std::string, Parameters>> package_parts(const Parameters& package) {
  const std::vector<std::string>& wanted = package.lists.at("levers");
  if (wanted.empty())
    throw InputError("the package lists no lever (set levers to two or more of the catalogue)");
  std::vector<std::pair<std::string, Parameters>> parts;
  for (const std::string& name : wanted) {
    if (std::count(wanted.begin(), wanted.end(), name) > 1)
      throw InputError(fmt::format(
          "the package lists '{}' twice (each lever once; scale it by its own parameters)", name));
    const auto source = std::find_if(lever_sources().begin(), lever_sources().end(),
                                     [&](const LeverSource& known) { return known.name == name; });
    Parameters part;
    std::vector<Eigen::Index> columns;
    for (const ParameterSpec& spec : source->parameters) {
      const std::string key = prefixed(name, spec.name);
      if (std::holds_alternative<std::vector<double>>(spec.fallback)) {
        for (std::size_t k = 1; k <= series_of(package, key).size(); ++k) {
          part.names.push_back(fmt::format("{}_{}", spec.name, k));
          columns.push_back(
              std::find(package.names.begin(), package.names.end(), fmt::format("{}_{}", key, k)) -
              package.names.begin());
        }
      } else if (std::holds_alternative<Distribution>(spec.fallback)) {
        part.names.push_back(spec.name);
        columns.push_back(std::find(package.names.begin(), package.names.end(), key) - package.names.begin());
      } else if (std::holds_alternative<std::string>(spec.fallback)) {
        part.texts[spec.name] = package.texts.at(key);
      } else if (std::holds_alternative<bool>(spec.fallback)) {
        part.flags[spec.name] = package.flags.at(key);
      } else {
        part.lists[spec.name] = package.lists.at(key);
      }
    }
    part.value.resize(package.value.rows(), static_cast<Eigen::Index>(columns.size()));
    for (std::size_t k = 0; k < columns.size(); ++k)
      part.value.col(static_cast<Eigen::Index>(k)) = package.value.col(columns[k]);
    parts.emplace_back(name, std::move(part));
  }
  return parts;
}

LeverSource package() {
  std::vector<std::string> names;
  for (const LeverSource& source : lever_sources()) names.push_back(source.name);
  std::vector<ParameterSpec> parameters = {
      list("levers", "the levers of the package, each once",
           {"ukspf_ring_fence", "community_wealth_fund", "bus_franchising"}, names),
      pounds("budget",
             "public cost of the whole programme, shared among the levers; 0: each costs what it costs",
             point(0.0, "none unless given"), 1e12, 1e4)};
  for (const LeverSource& source : lever_sources())
    parameters = joined(std::move(parameters), budget_bounds(source.name));
  for (const LeverSource& source : lever_sources())
    for (ParameterSpec spec : source.parameters) {
      spec.part = source.name;
      spec.name = prefixed(source.name, spec.name);
      parameters.push_back(std::move(spec));
    }
  return {
      "package", "several levers at once, with their interaction", mechanism, left_out, std::move(parameters),
      add};
}

}  // namespace spillway::scenarios
