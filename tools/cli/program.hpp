// How this program was called, for commands that it suggests.
#pragma once
#include <string>

namespace spillway::cli {

/// What to type to call this program again from here: "spillway" where it was found on the PATH, else its
/// path, relative to the working directory where that is shorter ("build/spillway").
std::string program();

/// The same from the word it was called by and the working directory.
std::string program(const std::string& called, const std::string& folder);

/// A text as one word of a shell's command line, quoted where it must be.
std::string shell_word(const std::string& text);

}  // namespace spillway::cli
