#include "scenarios/package_budget.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "scenarios/funds.hpp"
#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

namespace {

constexpr double rounding = 1e-9;  // of the budget: sums of floors and shares may differ from it by so much

const LeverSource& source_of(const std::string& name) {
  return *std::find_if(lever_sources().begin(), lever_sources().end(),
                       [&](const LeverSource& known) { return known.name == name; });
}

std::string million(double pounds) { return fmt::format("GBP {:.6g}m", pounds / 1e6); }

/// A lever of the package under its bounds.
struct Member {
  std::string name;
  double floor = 0.0, cap = std::numeric_limits<double>::infinity();
  std::string floor_key, cap_key;  ///< the parameters that say so; empty: none does
  Eigen::VectorXd cost;            ///< draws, GBP, as it is set
  bool scaled = false;

  std::string costs() const {
    const double least = cost.minCoeff(), most = cost.maxCoeff();
    return least == most ? million(least)
                         : fmt::format("{} to {} over the draws", million(least), million(most));
  }
};

/// A bound in GBP of `budget`, given as pounds or as a share of it; which parameter says it.
double bound(const Parameters& package, const std::string& lever, const char* which, double budget,
             std::string& key) {
  const std::string in_pounds = fmt::format("{}_{}", lever, which), as_share = in_pounds + "_share";
  const double pounds = constant(package, in_pounds), part = constant(package, as_share);
  if (pounds > 0.0 && part > 0.0)
    throw refusal(in_pounds, fmt::format("{:g}", pounds),
                  fmt::format("stands beside {} = {:g}; give one of them", as_share, part));
  if (pounds == 0.0 && part == 0.0) return 0.0;
  key = pounds > 0.0 ? in_pounds : as_share;
  if (budget == 0.0)
    throw refusal(key, fmt::format("{:g}", std::max(pounds, part)),
                  "bounds the lever's part of a budget, and the package has none; set budget, in GBP");
  return pounds > 0.0 ? pounds : part * budget;
}

/// What a lever of the package costs the public by itself, whole programme.
Eigen::VectorXd cost_alone(const LeverContext& context, const std::string& name, const Parameters& part) {
  PolicyBuilder alone(context);
  try {
    source_of(name).add(alone, part);
  } catch (const InputError& error) {
    throw of_package(error, name);
  }
  const Policy policy = alone.finish();
  Eigen::VectorXd cost = policy.cost.rowwise().sum();
  if (policy.later_cost.size() > 0) cost += policy.later_cost.rowwise().sum();
  return cost;
}

void check_own_cost(const Member& one) {
  const char* why =
      one.cost.maxCoeff() == 0.0
          ? "it moves money without a public cost (budget_neutral = false makes it new money)"
          : "what it does is not in proportion to what it costs, so a budget does not change it";
  if (!one.floor_key.empty() && one.cost.minCoeff() < one.floor * (1.0 - rounding))
    throw refusal(one.floor_key, million(one.floor),
                  fmt::format("is a floor above what {} costs, {}: {}", one.name, one.costs(), why));
  if (!one.cap_key.empty() && one.cost.maxCoeff() > one.cap * (1.0 + rounding))
    throw refusal(one.cap_key, million(one.cap),
                  fmt::format("is a cap below what {} costs, {}: {}", one.name, one.costs(), why));
}

/// Whether the budget can be spent between the floors and the caps.
void check_sums(const std::vector<Member>& members, double budget, const Eigen::VectorXd& taken) {
  std::vector<std::string> least, most;
  double floors = taken.maxCoeff(), caps = taken.minCoeff();
  for (const Member& one : members) {
    if (!one.scaled) {
      if (one.cost.maxCoeff() > 0.0) {
        least.push_back(fmt::format("{} costs {}", one.name, one.costs()));
        most.push_back(least.back());
      }
      continue;
    }
    floors += one.floor;
    caps += one.cap;
    if (one.floor > 0.0) least.push_back(fmt::format("{} at least {}", one.name, million(one.floor)));
    if (std::isfinite(one.cap)) most.push_back(fmt::format("{} at most {}", one.name, million(one.cap)));
  }
  if (floors > budget * (1.0 + rounding))
    throw refusal("budget", million(budget),
                  fmt::format("is {} short of its floors, {} together ({}); raise it, or lower a floor",
                              million(floors - budget), million(floors), fmt::join(least, ", ")));
  if (caps < budget * (1.0 - rounding))
    throw refusal(
        "budget", million(budget),
        fmt::format("is {} more than its levers can take, {} together ({}); lower it, or raise a cap",
                    million(budget - caps), million(caps),
                    most.empty() ? std::string("none of them costs anything")
                                 : fmt::format("{}", fmt::join(most, ", "))));
}

}  // namespace

std::vector<double> shared_out(double money, const std::vector<double>& weight,
                               const std::vector<double>& floor, const std::vector<double>& cap) {
  const std::size_t n = weight.size();
  // t at which a share leaves its floor or reaches its cap; between two of them the sum is linear in t.
  std::vector<double> turns = {0.0};
  for (std::size_t k = 0; k < n; ++k) {
    turns.push_back(floor[k] / weight[k]);
    if (std::isfinite(cap[k])) turns.push_back(cap[k] / weight[k]);
  }
  std::sort(turns.begin(), turns.end());
  const auto shares = [&](double t) {
    std::vector<double> all(n);
    for (std::size_t k = 0; k < n; ++k) all[k] = std::clamp(t * weight[k], floor[k], cap[k]);
    return all;
  };
  const auto sum = [&](double t) {
    double total = 0.0;
    for (const double one : shares(t)) total += one;
    return total;
  };
  double from = 0.0;
  for (const double turn : turns)
    if (sum(turn) <= money) from = turn;
  double moving = 0.0;
  for (std::size_t k = 0; k < n; ++k)
    if (from >= floor[k] / weight[k] && from < cap[k] / weight[k])
      moving += weight[k];  // the turns themselves
  return shares(moving > 0.0 ? from + (money - sum(from)) / moving : from);
}

std::vector<ParameterSpec> budget_bounds(const std::string& lever) {
  const Distribution none = point(0.0, "none unless given");
  std::vector<ParameterSpec> bounds = {
      pounds(lever + "_floor", "least that it gets of the budget; 0: no floor", none, 1e12, 1e4),
      share(lever + "_floor_share", "the same as a share of the budget", none),
      pounds(lever + "_cap", "most that it gets of the budget; 0: no cap", none, 1e12, 1e4),
      share(lever + "_cap_share", "the same as a share of the budget", none)};
  for (ParameterSpec& spec : bounds) spec.part = lever;
  return bounds;
}

BudgetedParts budgeted_parts(const LeverContext& context, const Parameters& package) {
  BudgetedParts found{package_parts(package), {}};
  const double budget = constant(package, "budget");
  std::vector<Member> members;
  for (const auto& [name, part] : found.parts) {
    Member one;
    one.name = name;
    one.floor = bound(package, name, "floor", budget, one.floor_key);
    if (const double cap = bound(package, name, "cap", budget, one.cap_key); cap > 0.0) one.cap = cap;
    if (one.floor > one.cap * (1.0 + rounding))
      throw refusal(one.floor_key, million(one.floor),
                    fmt::format("is above the cap of {}, {} ({})", name, million(one.cap), one.cap_key));
    members.push_back(std::move(one));
  }
  if (budget == 0.0) return found;
  Eigen::VectorXd taken = Eigen::VectorXd::Zero(package.value.rows());
  for (std::size_t k = 0; k < members.size(); ++k) {
    Member& one = members[k];
    one.cost = cost_alone(context, one.name, found.parts[k].second);
    one.scaled = source_of(one.name).under_budget == UnderBudget::scaled && one.cost.maxCoeff() > 0.0;
    if (one.scaled && !(one.cost.minCoeff() > 0.0))
      throw refusal("budget", million(budget),
                    fmt::format("cannot be shared: {} costs the public nothing in some draws", one.name));
    if (one.scaled) continue;
    check_own_cost(one);
    taken += one.cost;
  }
  check_sums(members, budget, taken);

  std::vector<double> weight, floor, cap;
  std::vector<std::size_t> scaled;
  for (std::size_t k = 0; k < members.size(); ++k)
    if (members[k].scaled) {
      scaled.push_back(k);
      floor.push_back(members[k].floor);
      cap.push_back(members[k].cap);
    }
  weight.resize(scaled.size());
  Eigen::MatrixXd gets(taken.size(), static_cast<Eigen::Index>(scaled.size()));
  for (Eigen::Index d = 0; d < taken.size(); ++d) {
    for (std::size_t s = 0; s < scaled.size(); ++s) weight[s] = members[scaled[s]].cost(d);
    const std::vector<double> shares = shared_out(budget - taken(d), weight, floor, cap);
    for (std::size_t s = 0; s < scaled.size(); ++s) gets(d, static_cast<Eigen::Index>(s)) = shares[s];
  }
  std::vector<std::string> words;
  for (std::size_t k = 0; k < members.size(); ++k) {
    const auto place = std::find(scaled.begin(), scaled.end(), k);
    const Member& one = members[k];
    if (place == scaled.end()) {
      words.push_back(fmt::format("{} {} (as it costs)", one.name, million(one.cost.mean())));
      continue;
    }
    const auto got = gets.col(place - scaled.begin());
    Parameters& part = found.parts[k].second;
    part.names.push_back(times_of_budget);
    part.value.conservativeResize(Eigen::NoChange, part.value.cols() + 1);
    part.value.rightCols(1) = got.cwiseQuotient(one.cost);
    const bool low = one.floor > 0.0 && got.mean() <= one.floor * (1.0 + rounding),
               high = got.mean() >= one.cap * (1.0 - rounding);
    words.push_back(fmt::format("{} {}{} (as set it costs {})", one.name, million(got.mean()),
                                low    ? ", its floor"
                                : high ? ", its cap"
                                       : "",
                                million(one.cost.mean())));
  }
  found.notes.push_back(fmt::format(
      "Budget of {} of public cost, whole programme, undiscounted, the same in every draw; means of the "
      "draws: {}.",
      million(budget), fmt::join(words, ", ")));
  return found;
}

}  // namespace spillway::scenarios
