#include "tools/studies/stored_config.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "engine/base/error.hpp"
#include "engine/config/sweep_config.hpp"

namespace spillway::studies {

StoredText split_stored(const std::string& stored) {
  // They stand at the end; a sweep's member has such lines at its head too, which are applied already.
  constexpr std::string_view override_mark = "# --set ", goes_on = "#   ";
  std::vector<std::string> lines;
  std::istringstream in(stored);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  std::size_t first = lines.size();
  for (std::size_t k = lines.size();
       k-- > 0 && (lines[k].rfind(override_mark, 0) == 0 || lines[k].rfind(goes_on, 0) == 0);)
    if (lines[k].rfind(override_mark, 0) == 0) first = k;
  StoredText result;
  for (std::size_t k = 0; k < lines.size(); ++k) {
    if (k < first)
      result.text += lines[k] + "\n";
    else if (lines[k].rfind(override_mark, 0) == 0)
      result.overrides.push_back(lines[k].substr(override_mark.size()));
    else
      result.overrides.back() += "\n" + lines[k].substr(goes_on.size());
  }
  return result;
}

RunConfig stored_config(const RunReader& reader, const std::vector<std::string>& more) {
  StoredText stored = split_stored(reader.run().config);
  stored.overrides.insert(stored.overrides.end(), more.begin(), more.end());
  return parse_config(stored.text, reader.path(), stored.overrides);
}

RunConfig config_of_study(const RunReader& reader, bool estimates_again, const std::string& pack,
                          int threads) {
  RunConfig config;
  if (estimates_again) {
    std::vector<std::string> overrides;
    if (!pack.empty()) overrides.push_back("data.pack=" + toml_text(pack));
    config = stored_config(reader, overrides);
  } else {
    const RunRecord run = reader.run();
    config.name = run.name;
    config.seed = run.seed;
    config.text = run.config;
  }
  config.threads = threads;
  return config;
}

bool is_result_file(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;  // a pipe would wait for ever
  std::array<char, 4> head{};
  std::ifstream in(file, std::ios::binary);
  if (in) in.read(head.data(), head.size());
  if (in.bad() || !in.is_open())
    throw StoreError(fmt::format("could not read '{}': {}", file, std::strerror(errno)));
  return in && std::string_view(head.data(), head.size()) == "\x89HDF";
}

}  // namespace spillway::studies
