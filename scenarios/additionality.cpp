#include "scenarios/additionality.hpp"

#include <fmt/format.h>

#include "scenarios/parameter_specs.hpp"

namespace spillway::scenarios {

std::vector<ParameterSpec> additionality_parameters() {
  const std::string reckoner = "ready reckoner of the Additionality Guide, 4th ed. 2014 [K, unverified]";
  return {
      share("deadweight", "share that would have happened anyway", pert(0.0, 0.10, 0.25, assumption)),
      share(
          "leakage",
          "share that goes to people outside the target areas: what neighbours gain, not lost to the nation",
          point(0.10, "low, " + reckoner)),
      share("substitution", "share that replaces like activity of the same firm or group",
            point(0.0, "none, " + reckoner)),
      share("displacement", "share of the gain that others lose", point(0.25, "low, " + reckoner)),
      number("multiplier", "ratio",
             "composite multiplier; above 1 it is refused while growth spills over (rho not 0)",
             point(1.0, "the spatial propagation is the multiplier (design)"), 0.0, 3.0),
      text("displacement_route", "who loses what is displaced: a scalar on the gain, or the neighbours in W",
           "routed", {"scalar", "routed"}),
  };
}

std::vector<ParameterSpec> net_of_deadweight(std::vector<ParameterSpec> parameters) {
  for (ParameterSpec& spec : parameters)
    if (spec.name == "deadweight")
      spec.fallback =
          point(0.0,
                "none: beta of model B compares places with and without the money, so its effect is "
                "net of what happens anyway; set it where a gross figure (channel = \"flow\") is used");
  return parameters;
}

Additionality additionality(const LeverContext& context, const Parameters& parameters) {
  const Eigen::VectorXd multiplier = parameters["multiplier"];
  if (multiplier.maxCoeff() > 1.0 && !context.rho.isZero(0.0))
    throw InputError(
        fmt::format("multiplier is up to {:g} and growth spills over between areas (the propagation is the "
                    "multiplier already: both would count the same rounds twice); set multiplier = 1",
                    multiplier.maxCoeff()));
  Additionality net;
  const auto left = [&](const char* name) { return (1.0 - parameters[name].array()).matrix().eval(); };
  net.kept = left("deadweight").cwiseProduct(left("substitution")).cwiseProduct(multiplier);
  net.leakage = parameters["leakage"];
  net.displacement = parameters["displacement"];
  net.routed = parameters.texts.at("displacement_route") == "routed";
  return net;
}

Eigen::VectorXd Additionality::own() const {
  const Eigen::VectorXd stays = kept.cwiseProduct((1.0 - leakage.array()).matrix());
  return routed ? stays : Eigen::VectorXd(stays.cwiseProduct((1.0 - displacement.array()).matrix()));
}

Eigen::VectorXd Additionality::elsewhere() const {
  // Of a pound kept, L leaks and of all of it D is displaced: (1 - L) + (L - D) = 1 - D.
  if (routed) return kept.cwiseProduct(leakage - displacement);
  return kept.cwiseProduct(leakage).cwiseProduct((1.0 - displacement.array()).matrix());
}

Eigen::VectorXd to_neighbours(const LeverContext& context, const Eigen::VectorXd& gain) {
  Eigen::VectorXd received = Eigen::VectorXd::Zero(gain.size());
  const SpatialWeights::Matrix& w = context.weights->matrix();
  for (Eigen::Index i = 0; i < gain.size(); ++i) {
    if (gain(i) == 0.0) continue;
    double sum = 0.0;
    for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it) sum += it.value();
    if (!(sum > 0.0)) {
      received(i) += gain(i);
      continue;
    }
    for (SpatialWeights::Matrix::InnerIterator it(w, i); it; ++it)
      received(it.col()) += gain(i) * it.value() / sum;
  }
  return received;
}

void add_gain(PolicyBuilder& builder, const Additionality& net, const Eigen::VectorXd& gain,
              const Eigen::VectorXd& per, const Eigen::MatrixXd& amplitude,
              const Eigen::MatrixXd& of_neighbours) {
  const LeverContext& context = builder.context();
  const auto per_unit = [&](const Eigen::VectorXd& pounds) {
    Eigen::VectorXd growth = Eigen::VectorXd::Zero(pounds.size());
    for (Eigen::Index i = 0; i < pounds.size(); ++i) {
      if (pounds(i) == 0.0) continue;
      if (!(per(i) > 0.0)) {
        const Column* code = context.pack == nullptr ? nullptr : context.pack->areas.find("area_code");
        throw InputError(fmt::format(
            "area {} is reached by the policy but its GVA or population is {} (must be above 0 to turn "
            "pounds into growth)",
            code == nullptr ? std::to_string(i) : code->text(static_cast<std::size_t>(i)), per(i)));
      }
      growth(i) = pounds(i) / per(i);
    }
    return growth;
  };
  builder.mark_funded(gain);
  // What an area gains, then what its neighbours gain counts for it where model B estimates that.
  const auto add = [&](const Eigen::VectorXd& shape, const Eigen::VectorXd& factor, Reach neighbours) {
    builder.add_shock(shape, factor.asDiagonal() * amplitude);
    if (of_neighbours.size() > 0)
      builder.add_shock(context.weights->matrix() * shape, factor.asDiagonal() * of_neighbours, neighbours);
  };
  add(per_unit(gain), net.own(), Reach::from_funded);
  const Eigen::VectorXd elsewhere = net.elsewhere();
  if (!elsewhere.isZero(0.0)) add(per_unit(to_neighbours(context, gain)), elsewhere, Reach::from_others);
}

}  // namespace spillway::scenarios
