#include "engine/draw/draw_set.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.hpp"

namespace spillway {

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
  const auto good = static_cast<int>(status.size()) - static_cast<int>(failed());
  if (good >= count || good == 0) return successful(count);
  if (static_cast<double>(failed()) > most_failed * static_cast<double>(status.size()))
    throw NumericalError(fmt::format(
        "{} draws are wanted but only {} of {} replicates succeeded, and with more than {:g} % failed those "
        "left are no sample of all (raise bootstrap.replicates, lower bootstrap.draws, or see /draws/status "
        "for what failed)",
        count, good, status.size(), 100.0 * most_failed));
  return successful(good);
}

}  // namespace spillway
