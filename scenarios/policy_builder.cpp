#include "scenarios/policy_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace spillway::scenarios {

std::int32_t type_index(const LeverContext& context, const std::string& name) {
  const auto& names = context.type_names;  // one without a name stands for areas without a value
  const bool none = std::all_of(names.begin(), names.end(), [](const auto& one) { return one.empty(); });
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    const std::string near = nearest_word(name, names);
    throw InputError(
        fmt::format("no area type '{}'{} (the pack's types are {})", name,
                    near.empty() ? "" : fmt::format("; did you mean '{}'?", near),
                    none ? "none: no area has a value" : fmt::to_string(fmt::join(names, ", "))));
  }
  return static_cast<std::int32_t>(found - names.begin());
}

std::vector<std::int32_t> areas_of_type(const LeverContext& context, const std::string& name) {
  const std::int32_t wanted = type_index(context, name);
  std::vector<std::int32_t> areas;
  for (std::size_t i = 0; i < context.type.size(); ++i)
    if (context.type[i] == wanted) areas.push_back(static_cast<std::int32_t>(i));
  if (areas.empty())
    throw InputError(fmt::format("no area has the type '{}': the lever would reach nobody", name));
  return areas;
}

PolicyBuilder::PolicyBuilder(const LeverContext& context) : context_(&context) {
  const auto areas = static_cast<Eigen::Index>(context.type.size());
  if (context.weights == nullptr || context.weights->areas() != areas)
    throw InputError(fmt::format("weights cover {} areas but types cover {} (needs one row per area)",
                                 context.weights == nullptr ? 0 : context.weights->areas(), areas));
  if (context.draws < 1 || context.horizon < 1)
    throw InputError(
        fmt::format("{} draws over {} periods (needs at least one of each)", context.draws, context.horizon));
  if (context.rho.rows() != static_cast<Eigen::Index>(context.type_names.size()) ||
      context.rho.cols() != context.draws || context.phi.size() != context.draws)
    throw InputError(fmt::format("rho is {} x {} and phi has {} values (needs {} types x {} draws)",
                                 context.rho.rows(), context.rho.cols(), context.phi.size(),
                                 context.type_names.size(), context.draws));
  if (context.growth.size() != areas || context.population.size() != areas)
    throw InputError(fmt::format("growth covers {} areas and population {} (needs {})", context.growth.size(),
                                 context.population.size(), areas));
  if (!(context.period_years > 0.0))
    throw InputError(fmt::format("a period of {} years (a scenario needs the years a period, above 0)",
                                 context.period_years));
  policy_.cost = Eigen::MatrixXd::Zero(context.draws, context.horizon);
  policy_.transfer = Eigen::VectorXd::Zero(areas);
  policy_.shock_unit = context.outcome_unit;
}

void PolicyBuilder::add_shock(const Eigen::VectorXd& shape, const Eigen::MatrixXd& amplitude, Reach reach) {
  if (shape.isZero(0.0) || amplitude.isZero(0.0)) return;
  shocks_.push_back({shape, amplitude, reach});
}

void PolicyBuilder::mark_funded(const Eigen::VectorXd& gain) {
  policy_.funded.resize(context_->type.size(), 0);
  for (std::size_t i = 0; i < policy_.funded.size(); ++i)
    if (gain(static_cast<Eigen::Index>(i)) > 0.0) policy_.funded[i] = 1;
}

void PolicyBuilder::close_gap(const std::vector<std::int32_t>& areas, const std::string& reference_type,
                              Eigen::MatrixXd kappa) {
  if (kappa.isZero(0.0)) return;
  Gap gap;
  gap.treated.assign(context_->type.size(), 0);
  gap.reference = type_index(*context_, reference_type);
  for (const std::int32_t area : areas)
    if (context_->type[static_cast<std::size_t>(area)] != gap.reference)
      gap.treated[static_cast<std::size_t>(area)] = 1;
  std::vector<std::uint8_t> present(context_->type_names.size(), 0);
  for (std::size_t i = 0; i < gap.treated.size(); ++i)
    if (gap.treated[i]) present[static_cast<std::size_t>(context_->type[i])] = 1;
  for (std::size_t t = 0; t < present.size(); ++t)
    if (present[t])
      note(fmt::format(
          "In {:.1f}% of the draws rho of {} is above that of {}: there, closing the gap lowers it.",
          100.0 * (context_->rho.row(static_cast<Eigen::Index>(t)).array() >
                   context_->rho.row(gap.reference).array())
                      .cast<double>()
                      .mean(),
          context_->type_names[t], reference_type));
  gap.kappa = std::move(kappa);
  gaps_.push_back(std::move(gap));
}

void PolicyBuilder::add_links(SpatialWeights::Matrix links, Eigen::MatrixXd omega) {
  if (omega.isZero(0.0) || links.nonZeros() == 0) return;
  if (!context_->weights->row_standardised())
    throw InputError("new links need row-standardised weights (set weights.row_standardise = true)");
  if (!linked_.empty())
    throw InputError("two levers of one package add links (one lever of links a package)");
  linked_.assign(context_->type.size(), 0);
  for (Eigen::Index i = 0; i < links.rows(); ++i) {
    double sum = 0.0;
    for (SpatialWeights::Matrix::InnerIterator it(links, i); it; ++it) sum += it.value();
    if (!(sum > 0.0)) continue;
    linked_[static_cast<std::size_t>(i)] = 1;
    for (SpatialWeights::Matrix::InnerIterator it(links, i); it; ++it) it.valueRef() /= sum;
  }
  links_ = std::move(links);
  links_.makeCompressed();
  omega_ = std::move(omega);
}

void PolicyBuilder::add_cost(const Eigen::MatrixXd& cost) { policy_.cost += cost; }
void PolicyBuilder::add_later_cost(const Eigen::MatrixXd& cost) {
  if (cost.isZero(0.0)) return;
  Eigen::MatrixXd& later = policy_.later_cost;
  if (later.cols() < cost.cols()) {
    const Eigen::Index had = later.cols();
    later.conservativeResize(cost.rows(), cost.cols());
    later.rightCols(cost.cols() - had).setZero();
  }
  later.leftCols(cost.cols()) += cost;
}
void PolicyBuilder::add_transfer(const Eigen::VectorXd& pounds) {
  for (Eigen::Index i = 0; i < pounds.size(); ++i)
    if (context_->population(i) > 0.0) policy_.transfer(i) += pounds(i) / context_->population(i);
}
void PolicyBuilder::note(std::string sentence) {
  policy_.notes.push_back(speaker_.empty() ? std::move(sentence) : fmt::format("{}: {}", speaker_, sentence));
}
void PolicyBuilder::warn(std::string sentence) {
  policy_.warnings.push_back(speaker_.empty() ? std::move(sentence)
                                              : fmt::format("{}: {}", speaker_, sentence));
}

void PolicyBuilder::add_stock(const Eigen::VectorXd& peak) {
  if (stock_.size() == 0) stock_.setZero(peak.size());
  stock_ += peak;
}

void PolicyBuilder::hold_against_support() {
  constexpr double refused = 3.0;
  Eigen::Index area = 0;
  if (stock_.size() == 0 || !(context_->support > 0.0)) return;
  const double most = stock_.cwiseAbs().maxCoeff(&area);
  if (!(most > context_->support)) return;
  const Column* code = context_->pack == nullptr ? nullptr : context_->pack->areas.find("area_code");
  const std::string sentence = fmt::format(
      "adds up to {:.3g} {} of '{}' (area {}, mean of the draws at its highest, net of additionality), "
      "{:.2g} times "
      "the 99th percentile {:.3g} of the areas that its estimate was made from ({} of {} areas lie beyond)",
      most, context_->beta_unit, context_->beta_name,
      code == nullptr ? std::to_string(area) : code->text(static_cast<std::size_t>(area)),
      most / context_->support, context_->support, (stock_.cwiseAbs().array() > context_->support).count(),
      stock_.size());
  policy_.outside_support = true;
  if (most > refused * context_->support)
    policy_.beyond_support = sentence;
  else
    policy_.warnings.push_back("outside support: the policy " + sentence +
                               ": what so much does there is extrapolated");
}

Policy PolicyBuilder::finish() {
  hold_against_support();
  const LeverContext& context = *context_;
  const auto areas = context.type.size();
  const auto types = context.type_names.size();
  const long draws = context.draws;
  const int horizon = context.horizon;

  // One class a type; then one for each combination of type, closed gaps and links that occurs.
  enum Linked : int { not_linked = 0, beside_old_links = 1, island = 2 };
  struct Kind {
    std::int32_t type;
    std::vector<std::size_t> gaps;
    Linked linked;
    auto operator<=>(const Kind&) const = default;
  };
  std::vector<Kind> kinds;
  std::map<Kind, std::int32_t> number;
  for (std::size_t t = 0; t < types; ++t) {
    kinds.push_back({static_cast<std::int32_t>(t), {}, not_linked});
    number[kinds.back()] = static_cast<std::int32_t>(t);
  }
  Dynamics& dynamics = policy_.dynamics;
  dynamics.weights = context.weights;
  dynamics.row_class.resize(areas);
  std::vector<std::uint8_t> is_island(areas, 0);
  for (const int i : context.weights->islands()) is_island[static_cast<std::size_t>(i)] = 1;
  for (std::size_t i = 0; i < areas; ++i) {
    Kind kind{context.type[i], {}, not_linked};
    for (std::size_t g = 0; g < gaps_.size(); ++g)
      if (gaps_[g].treated[i]) kind.gaps.push_back(g);
    if (!linked_.empty() && linked_[i]) kind.linked = is_island[i] ? island : beside_old_links;
    const auto [place, fresh] = number.try_emplace(kind, static_cast<std::int32_t>(kinds.size()));
    if (fresh) kinds.push_back(kind);
    dynamics.row_class[i] = place->second;
  }
  const auto classes = kinds.size();
  dynamics.classes = static_cast<int>(classes);
  policy_.changes_dynamics = classes > types;
  dynamics.draws = draws;
  dynamics.horizon = horizon;
  dynamics.phi.assign(context.phi.data(), context.phi.data() + draws);

  // rho' and lambda of every class; constant over the horizon where every ingredient is.
  const auto constant = [](const Eigen::MatrixXd& values) {
    return (values.colwise() - values.col(0)).isZero(0.0);
  };
  bool by_period = !linked_.empty() && !constant(omega_);
  for (const Gap& gap : gaps_) by_period = by_period || !constant(gap.kappa);
  dynamics.coefficients_by_period = by_period;
  const int periods = by_period ? horizon : 1;
  dynamics.rho.resize(static_cast<std::size_t>(draws) * static_cast<std::size_t>(periods) * classes);
  if (!linked_.empty()) dynamics.lambda.assign(dynamics.rho.size(), 0.0);
  for (long d = 0; d < draws; ++d)
    for (int h = 0; h < periods; ++h)
      for (std::size_t c = 0; c < classes; ++c) {
        const std::size_t at =
            (static_cast<std::size_t>(d) * static_cast<std::size_t>(periods) + static_cast<std::size_t>(h)) *
                classes +
            c;
        double rho = context.rho(kinds[c].type, d);
        for (const std::size_t g : kinds[c].gaps)
          rho += gaps_[g].kappa(d, h) * (context.rho(gaps_[g].reference, d) - rho);
        dynamics.rho[at] = rho;
        if (kinds[c].linked == beside_old_links)
          dynamics.lambda[at] = omega_(d, h) / (1.0 + omega_(d, h));
        else if (kinds[c].linked == island)
          dynamics.lambda[at] = omega_(d, h) > 0.0 ? 1.0 : 0.0;
      }
  if (!linked_.empty()) dynamics.added_links = links_;

  // The forcing (A' - A) y0 of a treated class c of type t has two shapes: 1_c o (W y0) with amplitude
  // rho'_c - rho_t, and 1_c o ((C - W) y0) with amplitude rho'_c lambda_c. C y0 and W y0 are near each other:
  // their difference is taken here, once, in double precision.
  if (classes > types) {
    const Eigen::VectorXd lag = context.weights->matrix() * context.growth;
    const Eigen::VectorXd added_links =
        linked_.empty() ? Eigen::VectorXd() : Eigen::VectorXd(links_ * context.growth);
    for (std::size_t c = types; c < classes; ++c) {
      Eigen::VectorXd through_w = Eigen::VectorXd::Zero(lag.size()), through_c = through_w;
      for (std::size_t i = 0; i < areas; ++i) {
        if (dynamics.row_class[i] != static_cast<std::int32_t>(c)) continue;
        through_w(static_cast<Eigen::Index>(i)) = lag(static_cast<Eigen::Index>(i));
        if (kinds[c].linked != not_linked)
          through_c(static_cast<Eigen::Index>(i)) =
              added_links(static_cast<Eigen::Index>(i)) - lag(static_cast<Eigen::Index>(i));
      }
      Eigen::MatrixXd by_w(draws, horizon), by_c(draws, horizon);
      for (long d = 0; d < draws; ++d)
        for (int h = 0; h < horizon; ++h) {
          const double rho = dynamics.rho_at(d, h, static_cast<int>(c)),
                       lambda = dynamics.lambda_at(d, h, static_cast<int>(c));
          by_w(d, h) = rho - context.rho(kinds[c].type, d);
          by_c(d, h) = rho * lambda;
        }
      mark_funded(through_w.cwiseAbs() + through_c.cwiseAbs());
      add_shock(through_w, by_w);
      add_shock(through_c, by_c);
    }
    note(fmt::format(
        "Changed links and closed gaps act on the counterfactual growth (mean {:.3g} {}): where it is "
        "zero they do nothing, and their effect is proportional to it.",
        context.growth.mean(), context.outcome_unit));
  }

  // A policy that does nothing keeps one empty shape, so that its uplift is exactly zero and not undefined.
  const auto shapes = std::max<std::size_t>(shocks_.size(), 1);
  dynamics.shape = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(areas), static_cast<Eigen::Index>(shapes));
  dynamics.amplitude.assign(static_cast<std::size_t>(draws) * static_cast<std::size_t>(horizon) * shapes,
                            0.0);
  policy_.reach.assign(shapes, Reach::own);
  for (std::size_t q = 0; q < shocks_.size(); ++q) {
    policy_.reach[q] = shocks_[q].reach;
    dynamics.shape.col(static_cast<Eigen::Index>(q)) = shocks_[q].shape;
    for (long d = 0; d < draws; ++d)
      for (int h = 0; h < horizon; ++h)
        dynamics.amplitude[(static_cast<std::size_t>(d) * static_cast<std::size_t>(horizon) +
                            static_cast<std::size_t>(h)) *
                               shapes +
                           q] = shocks_[q].amplitude(d, h);
  }
  return std::move(policy_);
}

}  // namespace spillway::scenarios
