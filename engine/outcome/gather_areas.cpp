#include "engine/outcome/gather_areas.hpp"

#include <cstring>

namespace spillway {

namespace {

/// The numbers of an area, one after the other: its moments and quantiles, and its draws where they are kept.
template <typename Body>
void for_each_part(AreaSummary& summary, const OutcomePlan& plan, int area, Body body) {
  body(&summary.mean[area], 1);
  body(&summary.sd[area], 1);
  body(&summary.probability_better[area], 1);
  body(&summary.probability_positive[area], 1);
  body(summary.quantile.col(area).data(), summary.quantile.rows());
  for (std::size_t k = 0; k < plan.keep_draws_of.size(); ++k)
    if (plan.keep_draws_of[k] == area)
      body(summary.draws.col(static_cast<Eigen::Index>(k)).data(), summary.draws.rows());
}

}  // namespace

void gather_areas(std::vector<AreaSummary>& summaries, const OutcomePlan& plan,
                  const std::vector<std::vector<int>>& areas, Ranks& ranks) {
  if (ranks.size() == 1) return;
  for (std::size_t o = 0; o < summaries.size(); ++o) {
    if (ranks.writes()) {
      for (int from = 1; from < ranks.size(); ++from) {
        const std::vector<std::byte> bytes = ranks.receive(from);
        for (const std::byte* at = bytes.data(); at != bytes.data() + bytes.size();) {
          int area = 0;
          std::memcpy(&area, at, sizeof area);
          at += sizeof area;
          for_each_part(summaries[o], plan, area, [&](float* values, Eigen::Index count) {
            std::memcpy(values, at, static_cast<std::size_t>(count) * sizeof(float));
            at += static_cast<std::size_t>(count) * sizeof(float);
          });
        }
      }
      continue;
    }
    std::vector<std::byte> bytes;
    for (const int area : areas[o]) {
      const auto append = [&](const void* data, std::size_t size) {
        const auto* first = static_cast<const std::byte*>(data);
        bytes.insert(bytes.end(), first, first + size);
      };
      append(&area, sizeof area);
      for_each_part(summaries[o], plan, area, [&](const float* values, Eigen::Index count) {
        append(values, static_cast<std::size_t>(count) * sizeof(float));
      });
    }
    ranks.send(0, bytes);
  }
}

}  // namespace spillway
