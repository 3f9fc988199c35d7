#include "engine/base/text.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <utility>

namespace spillway {

namespace {

/// One character of a UTF-8 text, or one byte that is none.
struct Character {
  std::size_t bytes = 1;
  std::uint32_t code = 0;
  bool valid = false;
};

Character character_at(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned first = byte(at);
  if (first < 0x80) return {1, first, true};
  const std::size_t bytes = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || at + bytes > text.size()) return {1, first, false};
  std::uint32_t code = first & (0x7fu >> bytes);
  for (std::size_t k = 1; k < bytes; ++k) {
    if ((byte(at + k) & 0xc0u) != 0x80u) return {1, first, false};
    code = code << 6 | (byte(at + k) & 0x3fu);
  }
  const bool overlong = (bytes == 3 && code < 0x800) || (bytes == 4 && code < 0x10000);
  if (overlong || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return {1, first, false};
  return {bytes, code, true};
}

bool is_control(std::uint32_t code) { return code < 0x20 || (code >= 0x7f && code < 0xa0); }

/// Marks that show a text in another order than it is written in.
bool turns_direction(std::uint32_t code) {
  return (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

/// The character as it may be shown, new lines and tabs included.
void append_shown(std::string& out, std::string_view text, std::size_t at, const Character& one) {
  if (!one.valid || is_control(one.code))
    out += fmt::format("\\x{:02x}", one.code);
  else if (turns_direction(one.code))
    out += fmt::format("\\u{:04x}", one.code);
  else
    out += text.substr(at, one.bytes);
}

/// The colours of our own marks and the start of a line over: they change how a text looks and nothing else.
std::size_t colour_at(std::string_view text, std::size_t at) {
  for (const std::string_view mark : {"\033[0m", "\033[1m", "\033[33m", "\r\033[K"})
    if (text.substr(at, mark.size()) == mark) return mark.size();
  return 0;
}

/// As append_shown(), but for new lines and tabs: what no reader of a document can show, or would obey.
std::string without_controls(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    if (one.valid && (one.code == '\n' || one.code == '\r' || one.code == '\t'))
      out += text[at];
    else
      append_shown(out, text, at, one);
    at += one.bytes;
  }
  return out;
}

/// Each character by `escape`, where it gives one, else as it is.
template <typename Escape>
std::string escaped(std::string_view text, Escape escape) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    const std::string_view instead = escape(c);
    if (instead.empty())
      out += c;
    else
      out += instead;
  }
  return out;
}

}  // namespace

std::string terminal_text(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    std::size_t bytes = one.bytes;
    if (one.valid && (one.code == '\n' || one.code == '\t'))
      out += text[at];
    else if (const std::size_t colour = colour_at(text, at))
      out += text.substr(at, bytes = colour);
    else
      append_shown(out, text, at, one);
    at += bytes;
  }
  return out;
}

std::string shown_text(std::string_view text, std::size_t most) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    if (at >= most) return out + "...";
    const Character one = character_at(text, at);
    if (text[at] == '\n')
      out += "\\n";
    else if (text[at] == '\t')
      out += "\\t";
    else
      append_shown(out, text, at, one);
    at += one.bytes;
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  const auto starts_character = [&](std::size_t at) {
    return (static_cast<unsigned char>(text[at]) & 0xc0u) != 0x80u;
  };
  std::size_t head = most * 2 / 3, tail = text.size() - most / 3;
  while (head > 0 && !starts_character(head)) --head;
  while (tail < text.size() && !starts_character(tail)) ++tail;
  return std::string(text.substr(0, head)) + " ... " + std::string(text.substr(tail));
}

std::string csv_cell(std::string_view text) {
  // A signed number is a number to a spreadsheet too, and so are our own "-inf" and "-1.2e-05".
  const bool number = text.find_first_not_of("+-0123456789.eE") == std::string_view::npos &&
                      text.find_first_of("0123456789") != std::string_view::npos;
  const bool formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != text.npos &&
                       !number && text != "-inf";
  const std::string cell = (formula ? "'" : "") + std::string(text);
  if (cell.find_first_of(",\"\n\r\t;'") == std::string::npos) return cell;
  return '"' + escaped(cell, [](char c) { return std::string_view(c == '"' ? "\"\"" : ""); }) + '"';
}

std::string markdown_cell(std::string_view text) {
  char before = ' ';
  return escaped(without_controls(text), [&before](char c) -> std::string_view {
    const char last = std::exchange(before, c);
    switch (c) {
      case '<':
        return "&lt;";
      case '>':
        return "&gt;";
      case '&':
        return "&amp;";
      case '|':
        return "\\|";
      case '`':
        return "\\`";
      case '\\':
        return "\\\\";
      case '(':
        return last == ']' ? "\\(" : "";  // no link
      case '\n':
      case '\r':
        return " ";
      default:
        return "";
    }
  });
}

std::string latex_text(std::string_view text) {
  return escaped(without_controls(text), [](char c) -> std::string_view {
    switch (c) {
      case '\\':
        return "\\textbackslash{}";
      case '^':
        return "\\textasciicircum{}";
      case '~':
        return "\\textasciitilde{}";
      case '&':
        return "\\&";
      case '%':
        return "\\%";
      case '$':
        return "\\$";
      case '#':
        return "\\#";
      case '_':
        return "\\_";
      case '{':
        return "\\{";
      case '}':
        return "\\}";
      case '<':
        return "\\textless{}";
      case '>':
        return "\\textgreater{}";
      case '|':
        return "\\textbar{}";
      case '"':
        return "\\textquotedbl{}";
      case '\n':
      case '\r':
        return " ";
      default:
        return "";
    }
  });
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    if (!one.valid) return false;
    at += one.bytes;
  }
  return true;
}

namespace {
std::string fault_of(std::string_view text, std::size_t longest) {
  if (text.empty()) return "is empty";
  if (text.size() > longest) return fmt::format("has {} bytes; at most {}", text.size(), longest);
  if (!is_utf8(text)) return "is not UTF-8";
  for (std::size_t at = 0; at < text.size();) {
    const Character one = character_at(text, at);
    if (is_control(one.code) || turns_direction(one.code)) return "holds a control character";
    at += one.bytes;
  }
  return "";
}
}  // namespace

std::string name_fault(std::string_view text) { return fault_of(text, 200); }

std::string file_name_fault(std::string_view text) {
  if (text == "." || text == "..") return "is a folder";
  return text.find('/') != text.npos ? "holds a '/'" : name_fault(text);
}

std::string path_fault(std::string_view text) { return fault_of(text, 4000); }

}  // namespace spillway
