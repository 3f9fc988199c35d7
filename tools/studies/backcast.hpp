// A past programme against what happened, as a study: result, tables, files.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

#include "engine/run/backcast.hpp"
#include "tools/studies/session.hpp"
#include "tools/studies/style.hpp"

namespace spillway::studies {

/// The options of a configuration. @throws InputError  it has no [backcast]
BackcastConfig backcast_options(const RunConfig& config);
/// What `--dry-run` prints; reads the pack and the programme. @throws as backcast_setting
std::string backcast_plan(const RunConfig& config);

/// The back-cast of the session's configuration, kept in its result where it has one.
/// @throws as backcast_setting and backcast
Backcast backcast(Session& session);

/// Tables and sentences for people: what was compared, and how much of a forecast's error is a programme's.
std::string backcast_text(const RunConfig& config, const Backcast& result, const Style& style);
nlohmann::ordered_json backcast_json(const RunConfig& config, const Backcast& result);
/// At /backcast: attributes, and the tables group, path, area, match and placebo.
void write_backcast(RunWriter& writer, const Backcast& result);

}  // namespace spillway::studies
