#include "engine/draw/draw_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.hpp"

namespace spillway {

namespace {

constexpr const char* cause =
    "a lag of its own for a type of few areas or clusters is the usual cause: give the types one lag, or "
    "join "
    "types";

/// "8 of 199 replicates failed (7 explosive, 1 singular or without a solution)"
std::string counted(const std::vector<std::uint8_t>& status) {
  const auto failed = std::count_if(status.begin(), status.end(), [](std::uint8_t one) { return one != 0; }),
             explosive = std::count(status.begin(), status.end(), std::uint8_t{3});
  return fmt::format("{} of {} replicates failed ({} explosive, {} singular or without a solution)", failed,
                     status.size(), explosive, failed - explosive);
}

}  // namespace

Eigen::Index DrawSet::find(const std::string& name) const {
  for (std::size_t k = 0; k < parameter.size(); ++k)
    if (parameter[k] == name) return static_cast<Eigen::Index>(k);
  return -1;
}

std::vector<int> DrawSet::successful(int count) const {
  std::vector<int> chosen;
  for (std::size_t b = 0; b < status.size() && static_cast<int>(chosen.size()) < count; ++b)
    if (status[b] == 0) chosen.push_back(static_cast<int>(b));
  if (static_cast<int>(chosen.size()) < count)
    throw NumericalError(fmt::format(
        "{} draws are wanted but only {} of {} replicates succeeded (raise bootstrap.replicates, lower "
        "bootstrap.draws, or see /draws/status for what failed)",
        count, chosen.size(), status.size()));
  return chosen;
}

long DrawSet::failed() const {
  return std::count_if(status.begin(), status.end(), [](std::uint8_t one) { return one != 0; });
}

std::vector<int> DrawSet::usable(int count) const {
  const auto good = static_cast<long>(status.size()) - failed();
  if (static_cast<double>(failed()) > most_failed * static_cast<double>(status.size()))
    throw NumericalError(
        fmt::format("{}: more than {:g} % of all, and those left are no sample, however many "
                    "they are, so scenarios have no draws ({}; `spillway estimate` needs none)",
                    counted(status), 100.0 * most_failed, cause));
  return successful(static_cast<int>(std::min<long>(count, std::max(good, 1L))));
}

std::string DrawSet::doubt() const {
  if (static_cast<double>(failed()) <= mentioned * static_cast<double>(status.size())) return "";
  const bool explosive = std::count(status.begin(), status.end(), std::uint8_t{3}) > 0;
  return fmt::format("{}: bands are of the others{}, and may be too narrow ({})", counted(status),
                     explosive ? ", among which the largest lags are missing" : "", cause);
}

}  // namespace spillway
