// How texts for people are marked up: by nothing, or by the codes of a terminal.
#pragma once
#include <string>

namespace spillway::studies {

struct Style {
  std::string bold_on, bold_off, warning = "warning:";
  std::string bold(const std::string& text) const { return bold_on + text + bold_off; }
};

}  // namespace spillway::studies
