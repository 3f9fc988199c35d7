// What the catalogue offers stands in the documents, by name.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>

#include "engine/config/catalogue.hpp"

#ifndef SPILLWAY_SOURCE_DIR
#define SPILLWAY_SOURCE_DIR "."
#endif

using namespace spillway;

namespace {
std::string page(const char* name) {
  std::ostringstream text;
  text << std::ifstream(std::filesystem::path(SPILLWAY_SOURCE_DIR) / name).rdbuf();
  return text.str();
}
bool names(const std::string& page, std::string_view word) {
  return page.find("`" + std::string(word) + "`") != std::string::npos;
}
}  // namespace

TEST_CASE("every estimator of the catalogue stands in docs/methods/method.md") {
  const std::string method = page("docs/methods/method.md");
  for (const EstimatorRow& row : estimators) {
    const bool there = names(method, row.name);
    CHECK_MESSAGE(there, "docs/methods/method.md does not name `", row.name,
                  "`; say there what it assumes and what it is for");
  }
  CHECK_FALSE(names(method, "no_estimator_of_that_name"));
}
