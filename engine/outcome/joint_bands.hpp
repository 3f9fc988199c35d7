// Bands by quantiles that hold in many rows of draws at once.
#pragma once
#include <utility>
#include <vector>

namespace spillway {

/// How far out the draws of many rows stand: of each draw its least rank from either end, over the rows.
///
/// A band from the k-th least to the k-th largest draw of every row leaves out, of draws that it was not made
/// of, the share of draws that are among the k outermost of some row: a draw is inside the band of the others
/// where k of them at least lie beyond it on either side. So k is as large as that share may be, the same in
/// every row: bands have equal tails, each row errs as often as another, and none reaches where draws do not
/// (Montiel Olea & Plagborg-Moller 2019, "Simultaneous Confidence Bands", Journal of Applied Econometrics 34,
/// algorithm 2, each draw judged by the others).
template <typename Real>
class OuterRanks {
 public:
  static constexpr long kChunk = 32;
  /// @param depth  ranks beyond it are not told apart
  OuterRanks(long draws, long depth);
  /// More than any depth that bands of this level can have: that of a single row.
  static long deepest(long draws, double level);

  /// One row's draws: in chunks of 32, chunk k at draws + k * stride, the last one may be short.
  /// @param least, largest  where its `depth` outermost draws go, from the outermost; or null
  void add(const Real* draws, long stride, Real* least = nullptr, Real* largest = nullptr);
  /// Rows that another has seen.
  void join(const OuterRanks& other);

  /// How deep bands of this level stand in every row, between two ranks; 0: even the outermost draws of all
  /// rows hold too few at once, so that there are too few draws.
  double depth(double level) const;

 private:
  template <typename Before>
  void end_of(const Real* draws, long stride, const std::vector<Real>& outermost, Before before, Real* ends);

  long draws_, depth_;
  std::vector<int> nearest_;                  ///< of each draw; above `depth` where it is no outer one
  std::vector<Real> least_, largest_;         ///< of each chunk
  std::vector<Real> sorted_;                  ///< scratch
  std::vector<std::pair<Real, int>> chosen_;  ///< scratch: the outer draws of a row
};

/// Between the outermost draws of one row. @param depth  as OuterRanks::depth, above 0
template <typename Real>
double at_depth(const Real* ends, double depth) {
  const auto whole = static_cast<long>(depth);
  const double part = depth - static_cast<double>(whole), from = static_cast<double>(ends[whole - 1]);
  return part > 0.0 ? from + part * (static_cast<double>(ends[whole]) - from) : from;
}

extern template class OuterRanks<float>;
extern template class OuterRanks<double>;

}  // namespace spillway
