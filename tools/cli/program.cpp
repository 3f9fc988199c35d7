#include "tools/cli/program.hpp"

#include <filesystem>

#include "engine/base/linux.hpp"

namespace spillway::cli {

std::string program(const std::string& called, const std::string& folder) {
  if (called.empty()) return "spillway";
  if (called.find('/') == std::string::npos) return called;
  const std::string near = std::filesystem::path(called).lexically_proximate(folder).string();
  if (called.front() != '/' || near.size() >= called.size()) return called;
  return near.find('/') == std::string::npos ? "./" + near : near;
}

std::string program() {
  std::error_code error;
  const std::filesystem::path folder = std::filesystem::current_path(error);
  return shell_word(program(called_as(), error ? "" : folder.string()));
}

std::string shell_word(const std::string& text) {
  if (!text.empty() &&
      text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=@%+,-") ==
          std::string::npos)
    return text;
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

}  // namespace spillway::cli
