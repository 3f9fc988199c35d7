// docs/guide/levers.md and presets.md say what the levers and their presets say.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/funds.hpp"
#include "scenarios/lever.hpp"

#ifndef SPILLWAY_SOURCE_DIR
#define SPILLWAY_SOURCE_DIR "."
#endif

namespace {
/// The page as it is in docs/guide; written anew first where SPILLWAY_WRITE_DOCS is set.
std::string page(const std::string& name, const std::string& made) {
  const std::filesystem::path file = std::filesystem::path(SPILLWAY_SOURCE_DIR) / "docs" / "guide" / name;
  if (std::getenv("SPILLWAY_WRITE_DOCS") != nullptr) std::ofstream(file) << made;
  std::ostringstream found;
  found << std::ifstream(file).rdbuf();
  return found.str();
}
}  // namespace

TEST_CASE("docs/guide/levers.md is made from the levers' own pages (SPILLWAY_WRITE_DOCS=1 writes it anew)") {
  const std::string made = spillway::scenarios::levers_document();
  CHECK(page("levers.md", made) == made);
}

TEST_CASE("docs/guide/presets.md is made from the presets themselves, each with its source and its years") {
  const std::string made = spillway::scenarios::presets_document();
  CHECK(page("presets.md", made) == made);
  for (const auto& fund : spillway::scenarios::funds()) {
    CHECK(made.find("| `" + fund.name + "` |") != std::string::npos);
    CHECK(made.find(fund.source) != std::string::npos);
  }
  for (const auto& programme : spillway::scenarios::help_programmes())
    CHECK(made.find("| `" + programme.name + "` |") != std::string::npos);
}
