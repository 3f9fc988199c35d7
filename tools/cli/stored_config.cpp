#include "tools/cli/stored_config.hpp"

#include <array>
#include <fstream>
#include <sstream>

namespace spillway::cli {

StoredText split_stored(const std::string& stored) {
  constexpr std::string_view override_mark = "# --set ";
  StoredText result;
  std::istringstream lines(stored);
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind(override_mark, 0) == 0) result.overrides.push_back(line.substr(override_mark.size()));
    else if (result.overrides.empty()) result.text += line + "\n";
    else if (line.rfind("#   ", 0) == 0) result.overrides.back() += "\n" + line.substr(4);
  }
  return result;
}

RunConfig stored_config(const RunReader& reader, const std::vector<std::string>& more) {
  StoredText stored = split_stored(reader.run().config);
  stored.overrides.insert(stored.overrides.end(), more.begin(), more.end());
  return parse_config(stored.text, reader.path(), stored.overrides);
}

bool is_result_file(const std::string& file) {
  std::array<char, 4> head{};
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), head.size());
  return in && std::string_view(head.data(), head.size()) == "\x89HDF";
}

}  // namespace spillway::cli
