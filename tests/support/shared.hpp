// Where the maintainers' reference data lie, and the honest skip where they do not.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>

#ifndef SPILLWAY_SOURCE_DIR
#define SPILLWAY_SOURCE_DIR "."
#endif

namespace spillway::test {

inline bool& shared_was_missed() {
  static bool missed = false;
  return missed;
}

/// The folder of maintainers' data: $SPILLWAY_SHARED, or `shared` beside the source tree. Empty where absent.
inline std::filesystem::path shared_folder() {
  if (const char* named = std::getenv("SPILLWAY_SHARED")) return named;
  const auto beside = std::filesystem::path(SPILLWAY_SOURCE_DIR).parent_path() / "shared";
  return std::filesystem::exists(beside) ? beside : std::filesystem::path{};
}

}  // namespace spillway::test

/// Ends the test case, counted as skipped, where the maintainers' data are absent; else defines `shared`.
#define SPILLWAY_NEEDS_SHARED(shared)                                         \
  const std::filesystem::path shared = ::spillway::test::shared_folder();     \
  if (shared.empty()) {                                                       \
    ::spillway::test::shared_was_missed() = true;                             \
    std::puts("SKIPPED: needs the maintainers' data beside the source tree"); \
    return;                                                                   \
  }
