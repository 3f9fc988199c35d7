// What the report page shows of a run, as JSON.
#pragma once
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/base/parallel.hpp"
#include "engine/store/run_store.hpp"

namespace spillway {

struct ReportOptions {
  std::filesystem::path
      pack;  ///< the run's data pack, for boundaries and links; empty: where the run found it
  std::vector<std::filesystem::path>
      with;  ///< files of sensitivity, frontier or speccurve, shown beside the run
  Parallelism parallelism{0};
  Unsealed unsealed = Unsealed::refuse;  ///< of the files in `with`
};

/// Everything that the page shows of one run. Quantiles, contrasts and gaps are of the stored draws; areas'
/// arrays are packed by report_encode.hpp. Fields are read by tools/report/src/data.js.
///
/// @param warnings  appended: what could not be shown and why, in sentences
/// @throws InputError, StoreError  as RunReader
nlohmann::json report_data(const RunReader& reader, const ReportOptions& options,
                           std::vector<std::string>& warnings);

/// Order statistics of `draws` at `levels` (type 7 of Hyndman & Fan 1996), of the finite ones; NaN where
/// there are none. Reorders `draws`.
std::vector<double> quantiles_of(std::vector<float>& draws, const std::vector<double>& levels);

/// Areas, their columns and the groups they belong to.
nlohmann::json report_areas(const RunReader& reader, const std::string& type_column);
/// GVA a head a year at the end of a scenario's horizon without it, of all areas and of each group of
/// report_areas(), GBP of the price base year: what a percent of its uplift is in pounds; null where its
/// outcome is no growth of GVA.
nlohmann::json report_pounds(const RunReader& reader, const std::string& scenario,
                             const std::string& type_column);
/// Scenarios, contrasts between them and gaps between types.
nlohmann::json report_scenarios(const RunReader& reader, Parallelism parallelism,
                                std::vector<std::string>& warnings);
nlohmann::json report_contrasts(const RunReader& reader);
/// The appraisal of each policy under every rulebook and at shares of local gains that are additional to the
/// nation; null where the result lacks what an appraisal needs.
nlohmann::json report_choices(const RunReader& reader);
/// What the configuration says of parameters and of the uncertainties that are on.
nlohmann::json report_assumptions(const RunReader& reader, std::vector<std::string>& warnings);
nlohmann::json to_json(const AttributeValue& value);
nlohmann::json to_json(const std::vector<Attribute>& attributes);

}  // namespace spillway
