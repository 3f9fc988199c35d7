#include "tools/studies/run.hpp"

#include <fmt/format.h>

namespace spillway::studies {

RunResult run(Session& session, const EarlierRun* earlier) {
  RunHooks hooks = session.hooks();
  hooks.earlier = earlier;
  return run_all(session.config(), session.options().output, session.options().build, hooks);
}

void require_headlines(const RunResult& result) {
  for (const ModelFits& model : result.models)
    if (const auto& headline = common(model.config).headline; headline && !model.headline())
      throw NumericalError(fmt::format(
          "model '{}': the headline '{}' failed or is refused by the decision table (reasons above) "
          "and no headline_fallback stands; the estimates are kept as printed",
          model.name(), name_of(*headline)));
}

}  // namespace spillway::studies
