// What better knowledge would be worth to the choice among a run's policies, in pounds.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "engine/draw/information_value.hpp"
#include "engine/store/run_store.hpp"
#include "tools/studies/estimate_table.hpp"

namespace spillway::studies {

/// Net present values of the policies of a run, each draw's, and what knowing more before the choice is
/// worth. One policy is chosen, or none.
struct Knowledge {
  struct Row {
    std::string kind, name;  ///< kind: "parameter" or "group"
    InformationValue worth;
  };
  std::vector<std::string> options;  ///< scenarios with an appraisal; to do nothing is one more
  std::string chosen;                ///< best on average: a scenario, or "none"
  double chosen_mean = 0.0;          ///< its mean NPSV; 0 for none
  bool zero_by_rule = false;         ///< no draw of any option has a national benefit
  InformationValue perfect;
  std::vector<Row> rows;  ///< groups, then parameters, each by falling worth
  std::string sentence;
  long draws = 0;
};

/// None where no scenario of the run has been appraised, or fewer than 50 draws.
std::optional<Knowledge> worth_of_knowledge(const RunReader& reader, std::vector<std::string>& notes);

TextTable knowledge_table(const Knowledge& knowledge);
nlohmann::ordered_json knowledge_json(const Knowledge& knowledge);
/// At /certain/knowledge.
void write_knowledge(RunWriter& writer, const Knowledge& knowledge);

}  // namespace spillway::studies
