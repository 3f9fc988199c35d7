// docs/guide/levers.md says what the levers say.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "scenarios/lever.hpp"

#ifndef SPILLWAY_SOURCE_DIR
#define SPILLWAY_SOURCE_DIR "."
#endif

TEST_CASE("docs/guide/levers.md is made from the levers' own pages (SPILLWAY_WRITE_DOCS=1 writes it anew)") {
  const std::filesystem::path file =
      std::filesystem::path(SPILLWAY_SOURCE_DIR) / "docs" / "guide" / "levers.md";
  if (std::getenv("SPILLWAY_WRITE_DOCS") != nullptr)
    std::ofstream(file) << spillway::scenarios::levers_document();
  std::ostringstream found;
  found << std::ifstream(file).rdbuf();
  CHECK(found.str() == spillway::scenarios::levers_document());
}
