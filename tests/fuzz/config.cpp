// Any text as a configuration gives one or its faults; any line as an axis of a sweep or an override
// likewise.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/base/error.hpp"
#include "engine/config/run_config.hpp"
#include "engine/config/sweep_config.hpp"

/// The text up to the first \xFF is the file, the rest an assignment of --set.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const std::size_t end = all.find('\xFF');
  const auto held = [](const auto& call) {
    try {
      call();
    } catch (const spillway::InputError& error) {
      if (error.faults().empty()) std::abort();
    }
  };
  const std::string text(all.substr(0, end));
  if (end == std::string_view::npos) {
    held([&] { spillway::parse_config(text, "run.toml"); });
    return 0;
  }
  const std::string assignment(all.substr(end + 1));
  held([&] { spillway::parse_config(text, "run.toml", {assignment}); });
  held([&] { spillway::sweep_axis(assignment); });
  return 0;
}
