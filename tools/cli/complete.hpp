// What can stand next on a command line: the one source of bash, zsh and fish completion.
#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace spillway::cli {

/// The command of that name; nullptr: there is none.
const CLI::App* command_named(const CLI::App& app, const std::string& name);

/// Lines for a shell: candidates that begin with the last word, each with a tab and what it is where that is
/// known; or ":files" alone, ":files .h5" for files of one ending, where a name of a file belongs.
///
/// Commands and flags are those of `app`, their choices what their help lists as "a | b | c"; scenarios,
/// groupings and outcomes are looked up in the result or configuration that stands among the words. Whatever
/// cannot be read offers nothing.
/// @param words  after the program's name; the last one is being typed, and may be empty
std::vector<std::string> completions(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace spillway::cli
