#include "engine/estimate/iv/iv_verdicts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/error.hpp"
#include "engine/estimate/covariance/cluster_support.hpp"

namespace spillway {

namespace {

struct Tally {
  int agrees = 0, contradicts = 0, unclear = 0;
  std::string word() const {
    return contradicts          ? "not supported"
           : unclear || !agrees ? "not detectable with these data"
                                : "supported";
  }
};

const IvFindings& findings(const Estimate& estimate) {
  static const IvFindings none;
  const auto* found = std::get_if<IvFindings>(&estimate.findings);
  return found ? *found : none;
}

/// The sign that the claim "social infrastructure is good for an area" gives a cell's effect.
double claimed_sign(const Estimate& cell, const IvModel& model) {
  const bool lack =
      std::find(model.lacks.begin(), model.lacks.end(), cell.names.front()) != model.lacks.end();
  return (model.better == Better::lower) != lack ? -1.0 : 1.0;
}

/// "positive"; "negative"; "in the claimed direction (negative; positive for civic_assets_lack)".
std::string claim_on_signs(const std::vector<const Estimate*>& cells, const IvModel& model) {
  const bool lower = model.better == Better::lower;
  const char *of_most = lower ? "negative" : "positive", *of_lacks = lower ? "positive" : "negative";
  const double plain = lower ? -1.0 : 1.0;
  std::vector<std::string> turned;
  for (const Estimate* cell : cells)
    if (claimed_sign(*cell, model) != plain &&
        std::find(turned.begin(), turned.end(), cell->names.front()) == turned.end())
      turned.push_back(cell->names.front());
  if (turned.empty()) return of_most;
  const bool all = std::all_of(cells.begin(), cells.end(),
                               [&](const Estimate* cell) { return claimed_sign(*cell, model) != plain; });
  return all ? of_lacks
             : fmt::format("in the claimed direction ({}; {} for {})", of_most, of_lacks,
                           fmt::join(turned, ", "));
}

std::string none_or(int count) { return count > 0 ? std::to_string(count) : "none"; }

}  // namespace

std::vector<std::string> iv_verdicts(const std::vector<Fit>& fits, const IvModel& model) {
  std::vector<const Estimate*> cells;
  long without = 0;  // failed, or fitted without residual: there is no interval and no test
  for (const auto& fit : fits)
    if (fit.estimate.estimator == "2sls") {
      if (fit.estimate.coefficients.size() == 0 || is_exact_fit(fit.estimate))
        ++without;
      else
        cells.push_back(&fit.estimate);
    }
  if (cells.empty() && without > 0)
    return {"no verdict is defined: 2sls failed or fits without residual in every cell"};
  if (cells.empty()) return {};
  const auto count = cells.size();

  Tally sign, larger, strong, hausman, hansen;
  int claimed_way = 0, feeble_cells = 0, above_ols = 0, compared = 0, rejected = 0, over_identified = 0,
      accepted = 0, powerless = 0, untested = 0;  // Durbin-Wu-Hausman: weak and not rejecting; without one
  double least_f = std::numeric_limits<double>::infinity(), largest_f = 0.0;
  for (const Estimate* cell : cells) {
    const double claimed = claimed_sign(*cell, model), beta = claimed * cell->coefficients(0);
    const IvFindings& found = findings(*cell);
    const auto& dwh = found.durbin_wu_hausman;
    const auto& f = found.kleibergen_paap_f;
    const bool feeble = found.weak(), endogenous = dwh && dwh->p < 0.05;
    claimed_way += beta > 0;
    feeble_cells += feeble;
    const bool above = cell->low(0) > 0, below = cell->high(0) < 0;
    ++(!above && !below ? sign.unclear : above == (claimed > 0) ? sign.agrees : sign.contradicts);
    for (const auto& other : fits)
      if (other.estimate.estimator == "ols" && other.estimate.coefficients.size() > 0 &&
          other.estimate.model == cell->model && other.estimate.cell == cell->cell) {
        const bool beyond = beta > claimed * other.estimate.coefficients(0);
        ++compared;
        above_ols += beyond;
        ++(!endogenous ? larger.unclear : beyond ? larger.agrees : larger.contradicts);
        break;
      }
    if (f) {
      least_f = std::min(least_f, *f);
      largest_f = std::max(largest_f, *f);
    }
    ++(!f ? strong.unclear : *f > 10 ? strong.agrees : strong.contradicts);
    rejected += endogenous;
    untested += !dwh;
    powerless += dwh && feeble && !endogenous;
    ++(endogenous ? hausman.agrees : feeble || !dwh ? hausman.unclear : hausman.contradicts);
    if (found.hansen_j) {
      const double j = found.hansen_j->p;
      ++over_identified;
      accepted += j >= 0.05;
      ++(j < 0.05 ? hansen.contradicts : feeble ? hansen.unclear : hansen.agrees);
    }
  }
  std::vector<std::string> verdicts;
  // "in the claimed direction: 8 of 9; 6 exclude zero, none against; 8 weak"
  const std::string claim = claim_on_signs(cells, model);
  verdicts.push_back(fmt::format(
      "all IV cells {}: {} (in the claimed direction {} of {}; {} {} zero, {} against; {} weak)", claim,
      sign.word(), claimed_way, count, none_or(sign.agrees), sign.agrees == 1 ? "excludes" : "exclude",
      none_or(sign.contradicts), none_or(feeble_cells)));
  verdicts.push_back(
      fmt::format("IV larger than OLS: {} (larger {}in {} of {} cells compared; the difference is "
                  "significant, by Durbin-Wu-Hausman at 5 %, in {}; {} weak)",
                  compared ? larger.word() : "not detectable with these data",
                  claim == "positive" ? "" : "in the claimed direction ", above_ols, compared,
                  larger.agrees + larger.contradicts, none_or(feeble_cells)));
  verdicts.push_back(fmt::format(
      "Kleibergen-Paap F above 10: {} ({})", strong.word(),
      strong.unclear == static_cast<int>(count)
          ? std::string("no cell has an F")
          : fmt::format("in {} of {} cells; from {:.2f} to {:.2f}{}", strong.agrees, count, least_f,
                        largest_f, strong.unclear ? fmt::format("; {} have none", strong.unclear) : "")));
  std::vector<std::string> silent;
  if (powerless > 0)
    silent.push_back(fmt::format("{} of the other {} {} weak instruments, where the test has no power",
                                 powerless, static_cast<long>(count) - rejected,
                                 powerless == 1 ? "has" : "have"));
  if (untested > 0) silent.push_back(fmt::format("{} {} no test", untested, untested == 1 ? "has" : "have"));
  verdicts.push_back(fmt::format("Durbin-Wu-Hausman rejects exogeneity: {} (at 5 % in {} of {} cells{}{})",
                                 hausman.word(), rejected, count, silent.empty() ? "" : "; ",
                                 fmt::join(silent, "; ")));
  verdicts.push_back(
      over_identified
          ? fmt::format("Hansen J does not reject: {} (p at least 0.05 in {} of {} over-identified cells{})",
                        hansen.word(), accepted, over_identified,
                        hansen.unclear
                            ? fmt::format("; {} of them {} weak instruments, where the test has no power",
                                          hansen.unclear, hansen.unclear == 1 ? "has" : "have")
                            : "")
          : std::string(
                "Hansen J does not reject: not detectable with these data (no cell is over-identified)"));
  return verdicts;
}

std::vector<double> romano_wolf(const std::vector<Fit>& fits, const Eigen::MatrixXd& counts) {
  const Eigen::Index m = static_cast<Eigen::Index>(fits.size()), b = counts.cols();
  Eigen::MatrixXd deviation(m, b);
  std::vector<std::uint8_t> good(static_cast<std::size_t>(b), 1);
  for (Eigen::Index i = 0; i < m; ++i) {
    const Fit& fit = fits[static_cast<std::size_t>(i)];
    if (!fit.resampled)
      throw NumericalError(fmt::format("Romano-Wolf: '{}' of cell {} cannot be resampled (use ols or 2sls)",
                                       fit.estimate.estimator, fit.estimate.cell));
    ReplicateBlock block;
    block.count = b;
    block.weight = counts.data();
    block.clusters = counts.rows();
    fit.resampled->evaluate(block);
    deviation.row(i) = block.value.row(0).array() - fit.estimate.coefficients(0);
    for (std::size_t r = 0; r < good.size(); ++r) good[r] = good[r] && block.status[r] == 0;
  }
  std::vector<Eigen::Index> kept;
  for (Eigen::Index r = 0; r < b; ++r)
    if (good[static_cast<std::size_t>(r)]) kept.push_back(r);
  if (kept.size() < 100)
    throw NumericalError(fmt::format(
        "Romano-Wolf: {} of {} replicates succeeded in every cell (needs at least 100)", kept.size(), b));
  Eigen::VectorXd t(m), scale(m);
  for (Eigen::Index i = 0; i < m; ++i) {
    std::vector<double> sorted;
    for (const auto r : kept) sorted.push_back(deviation(i, r));
    std::sort(sorted.begin(), sorted.end());
    scale(i) = (sorted[sorted.size() * 3 / 4] - sorted[sorted.size() / 4]) / 1.349;
    t(i) = std::abs(fits[static_cast<std::size_t>(i)].estimate.coefficients(0)) / scale(i);
  }
  std::vector<Eigen::Index> order(static_cast<std::size_t>(m));
  std::iota(order.begin(), order.end(), Eigen::Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index c) { return t(a) > t(c); });
  std::vector<double> p(static_cast<std::size_t>(m));
  double before = 0.0;
  for (std::size_t step = 0; step < order.size(); ++step) {
    long beyond = 0;
    for (const auto r : kept) {
      double largest = 0.0;
      for (std::size_t rest = step; rest < order.size(); ++rest)
        largest = std::max(largest, std::abs(deviation(order[rest], r)) / scale(order[rest]));
      beyond += largest >= t(order[step]);
    }
    before = std::max(before, static_cast<double>(1 + beyond) / static_cast<double>(kept.size() + 1));
    p[static_cast<std::size_t>(order[step])] = before;
  }
  return p;
}

}  // namespace spillway
