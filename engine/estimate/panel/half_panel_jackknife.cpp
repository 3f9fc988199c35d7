// Half-panel jackknife: twice the full panel's estimate less the mean of its halves'.
// Source: Dhaene & Jochmans (2015), "Split-panel jackknife estimation of fixed-effect models", RES 82,
// eq. 2.5; with an odd number of periods the two ways of halving are averaged (their section 3).
#include <fmt/format.h>

#include "engine/estimate/panel/panel_problem.hpp"
#include "engine/estimate/words.hpp"

namespace spillway {

Fit fit_half_panel_jackknife(PanelProblem& problem, const PanelSpecification& specification) {
  const auto base = problem.base(specification);
  const TransformedPanel& panel = base->panel;
  const Eigen::Index periods = panel.periods, n = panel.areas;
  Fit fit;
  fit.estimate = problem.blank(Estimator::half_panel_jackknife, panel);
  const std::string what = "half-panel jackknife of within";
  if (periods < 4) {
    refuse_fit(PanelFindings::Root::too_short, 0, Estimator::half_panel_jackknife, fit.estimate);
    fit.estimate.echo = problem.echo(what, panel, "none");
    return fit;
  }
  struct Piece {
    double weight;
    Eigen::Index first, count;
  };
  std::vector<Piece> pieces = {{2.0, 0, periods}};
  const Eigen::Index half = periods / 2;
  if (periods % 2 == 0) {
    pieces.push_back({-0.5, 0, half});
    pieces.push_back({-0.5, half, half});
  } else {
    const double longer = -0.5 * static_cast<double>(half + 1) / static_cast<double>(periods),
                 shorter = -0.5 * static_cast<double>(half) / static_cast<double>(periods);
    pieces.push_back({longer, 0, half + 1});
    pieces.push_back({shorter, half + 1, half});
    pieces.push_back({shorter, 0, half});
    pieces.push_back({longer, half, half + 1});
  }
  const int p = panel.regressors();
  std::vector<double> influence(static_cast<std::size_t>(periods * n * p), 0.0);
  std::vector<PanelResampled::Part> parts;
  std::vector<PanelBase> halves;
  fit.estimate.coefficients.setZero();
  for (const Piece& piece : pieces) {
    const PanelBase* part = base.get();
    if (piece.count != periods) {
      halves.push_back(problem.part(specification, piece.first, piece.count));
      part = &halves.back();
    }
    const Eigen::VectorXd& theta = part->least_squares.coefficients;
    const Eigen::MatrixXd raw_map = part->panel.raw_map();
    Eigen::MatrixXd inverse = piece.weight * part->least_squares.cross.inverse();
    if (raw_map.size() > 0) inverse = (raw_map * inverse).eval();
    fit.estimate.coefficients +=
        piece.weight * (raw_map.size() > 0 ? Eigen::VectorXd(raw_map * theta) : theta);
    const std::vector<double> e = residuals(part->panel, theta, problem.context.parallelism);
    for_each_block(n, 1024, problem.context.parallelism, [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
      for (Eigen::Index t = 0; t < piece.count; ++t)
        for (std::ptrdiff_t i = begin; i < end; ++i) {
          const double* x = part->panel.row(t, i);
          const double value = e[static_cast<std::size_t>(t * n + i)];
          double* out = influence.data() + ((piece.first + t) * n + i) * p;
          for (int c = 0; c < p; ++c)
            for (int k = 0; k < p; ++k) out[k] += inverse(k, c) * x[c] * value;
        }
    });
    if (problem.joint_clusters > 0)
      parts.push_back({piece.weight,
                       cluster_statistics(part->panel, problem.joint, problem.joint_clusters, nullptr,
                                          problem.context.parallelism),
                       raw_map});
    halves.clear();
  }
  const Eigen::MatrixXd raw_map = panel.raw_map();
  const std::vector<double> e =
      residuals(panel,
                raw_map.size() > 0 ? Eigen::VectorXd(raw_map.inverse() * fit.estimate.coefficients)
                                   : fit.estimate.coefficients,
                problem.context.parallelism);
  PanelScores scores;
  scores.panel = &panel;
  scores.residual = &e;
  scores.influence = &influence;
  scores.inverse = Eigen::MatrixXd::Identity(p, p);
  scores.cross_inverse = base->least_squares.cross.inverse();
  scores.area = problem.data.area;
  for (const double value : e) scores.residual_square += value * value;
  finish_with_covariance(
      problem, scores, what,
      [&](const Clusters& by) {
        const auto rows = clusters_of_rows(by, problem.data.area);
        std::vector<PanelResampled::Part> by_cluster;
        for (const Piece& piece : pieces) {
          const PanelBase part = problem.part(specification, piece.first, piece.count);
          by_cluster.push_back(
              {piece.weight,
               cluster_statistics(part.panel, rows, by.count(), nullptr, problem.context.parallelism),
               part.panel.raw_map()});
        }
        return PanelResampled(std::move(by_cluster), fit.estimate.coefficients, {},
                              PanelResampled::Studentise::no)
            .leave_one_out();
      },
      fit.estimate);
  fit.estimate.notes.push_back(
      "half-panel jackknife: shown, decides nothing; its remaining bias of order 1/T^2 shows at England's "
      "size");
  if (!parts.empty())
    fit.resampled =
        std::make_shared<PanelResampled>(std::move(parts), fit.estimate.coefficients,
                                         problem.contrasts(panel), PanelResampled::Studentise::no);
  return fit;
}

}  // namespace spillway
