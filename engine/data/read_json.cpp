#include "engine/data/read_json.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "engine/data/limits.hpp"
#include "engine/data/read_bytes.hpp"

namespace spillway {

namespace {

[[noreturn]] void refuse(const std::string& file, long line, const std::string& what) {
  throw InputError(std::vector<Fault>{{file, line, "", "", what}});
}

long line_at(const std::string& text, std::size_t at) {
  return 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size())),
                        '\n');
}

/// Values are copied and destroyed by recursion, so depth is looked at before they are made.
void check_depth(const std::string& text, const std::string& file) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t k = 0; k < text.size(); ++k) {
    const char c = text[k];
    if (quoted) {
      if (c == '\\')
        ++k;
      else if (c == '"')
        quoted = false;
    } else if (c == '"') {
      quoted = true;
    } else if (c == '[' || c == '{') {
      if (++depth > limits::json_depth)
        refuse(file, line_at(text, k), fmt::format("nested more than {} deep", limits::json_depth));
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
}

}  // namespace

void count_points(std::size_t& so_far, std::size_t more, const std::string& file) {
  so_far += more;
  if (so_far > limits::shape_points)
    refuse(file, 0,
           fmt::format("its rings have more than {} million points (an arc counts as often as a ring names "
                       "it); simplify the boundaries",
                       limits::shape_points / 1'000'000));
}

std::string json_fault(const nlohmann::detail::exception& error) {
  const std::string text = error.what();
  const std::size_t first = text.find('\''), last = text.rfind('\'');
  switch (error.id) {
    case 403:
      return first < last
                 ? fmt::format("the member '{}' is missing", text.substr(first + 1, last - first - 1))
                 : std::string("a member is missing");
    case 401:
      return "a list is shorter than it must be";
    case 406:
      return "a number is too large";
    default:
      return "a member is not of the type it must have";
  }
}

template <typename Json>
Json read_json(std::string bytes, const std::string& file) {
  const std::string text = expanded(std::move(bytes), file);
  if (text.size() > limits::json_bytes)
    refuse(file, 0,
           fmt::format("has {} MB of JSON; at most {} MB are read (simplify the boundaries)",
                       text.size() >> 20, limits::json_bytes >> 20));
  check_depth(text, file);
  try {
    return Json::parse(text);
  } catch (const nlohmann::detail::parse_error& error) {
    const std::size_t at = error.byte > 0 ? error.byte - 1 : 0;
    const std::size_t start = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
    refuse(file, line_at(text, at),
           at >= text.size() ? std::string("not JSON: the text ends early; is the file whole?")
                             : fmt::format("not JSON: character {} of the line is out of place",
                                           at - (start == std::string::npos ? 0 : start + 1) + 1));
  } catch (const nlohmann::detail::exception& error) {
    refuse(file, 0, "not JSON: " + json_fault(error));
  }
}

template nlohmann::json read_json<nlohmann::json>(std::string, const std::string&);
template nlohmann::ordered_json read_json<nlohmann::ordered_json>(std::string, const std::string&);

}  // namespace spillway
