// Any bytes give a configuration or an InputError with at least one fault, never anything else.
#include <doctest/doctest.h>

#include <string>

#include "engine/base/error.hpp"
#include "engine/base/streams.hpp"
#include "engine/config/run_config.hpp"

using namespace spillway;

namespace {

enum class Verdict { read, refused };

Verdict verdict(const std::string& text, const std::vector<std::string>& overrides = {}) {
  try {
    parse_config(text, "run.toml", overrides);
    return Verdict::read;
  } catch (const InputError& error) {
    REQUIRE_FALSE(error.faults().empty());
    REQUIRE_FALSE(error.faults().front().what.empty());
    return Verdict::refused;
  }
}

}  // namespace

TEST_CASE("a configuration with lines swapped, dropped or doubled is read or refused") {
  const std::string text = commented_config();
  std::vector<std::string> lines(1);
  for (const char c : text) {
    lines.back() += c;
    if (c == '\n') lines.emplace_back();
  }
  long read = 0, refused = 0;
  for (std::uint64_t trial = 0; trial < 1'000; ++trial) {
    Stream stream(20261124, Purpose::diagnostics, trial);
    std::vector<std::string> changed = lines;
    for (int edit = 0; edit < 3; ++edit) {
      const auto at = stream.below(static_cast<std::uint32_t>(changed.size()));
      const auto other = stream.below(static_cast<std::uint32_t>(changed.size()));
      switch (stream.below(4)) {
        case 0:
          changed.erase(changed.begin() + at);
          break;
        case 1:
          changed.insert(changed.begin() + at, changed[other]);
          break;
        case 2:
          std::swap(changed[at], changed[other]);
          break;
        default:
          if (changed[at].rfind("# ", 0) == 0) changed[at].erase(0, 2);  // a commented key comes to life
      }
    }
    std::string joined;
    for (const auto& line : changed) joined += line;
    (verdict(joined) == Verdict::read ? read : refused)++;
  }
  CHECK(read > 50);
  CHECK(refused > 50);
}

TEST_CASE("a configuration with random bytes in it is read or refused") {
  const std::string text = commented_config();
  for (std::uint64_t trial = 0; trial < 1'000; ++trial) {
    Stream stream(7, Purpose::diagnostics, trial);
    std::string changed = text.substr(0, stream.below(static_cast<std::uint32_t>(text.size())));
    for (std::uint32_t k = 0; !changed.empty() && k < 1 + trial % 5; ++k)
      changed[stream.below(static_cast<std::uint32_t>(changed.size()))] =
          static_cast<char>(stream.below(256));
    verdict(changed);
  }
}

TEST_CASE("overrides of any shape are applied or refused") {
  const std::vector<std::string> keys = {"",
                                         "=",
                                         ".",
                                         "run",
                                         "run.seed",
                                         "run.seed.x",
                                         "model",
                                         "model.x.y",
                                         "model.spillover",
                                         "model.spillover.covariance.by",
                                         "scenario.ring_fence_10.parameters.share.low",
                                         "a.b.c.d.e",
                                         "..",
                                         "run..seed",
                                         "data.pack"};
  const std::vector<std::string> values = {
      "",         "1",          "[",   "[1, [2]]", "{}", "{a = {b = 1}}", "\"",
      "'x'",      "1\n2 = 3",   "# x", "nan",      "-0", "1e999",         "99999999999999999999",
      "\xff\xfe", "2026-01-01", "true"};
  long refused = 0;
  for (const auto& key : keys)
    for (const auto& value : values)
      refused += verdict(commented_config(), {key + "=" + value}) == Verdict::refused;
  CHECK(refused > 100);
}

TEST_CASE("deep nesting is refused, not a crash") {
  CHECK(verdict("x = " + std::string(100'000, '[')) == Verdict::refused);
  CHECK(verdict(std::string("\0\0\0", 3)) == Verdict::refused);
}
