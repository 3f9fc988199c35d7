// One escape for each destination: what comes from data is data wherever it is shown.
#include "engine/base/text.hpp"

#include <doctest/doctest.h>

#include "engine/base/error.hpp"

using namespace spillway;

TEST_CASE("a terminal sees no control character, no broken byte and no turned direction") {
  CHECK(terminal_text("\x1b]0;pwn\x07") == "\\x1b]0;pwn\\x07");
  CHECK(terminal_text("a\rb\x7f\x9c") == "a\\x0db\\x7f\\x9c");
  CHECK(terminal_text("a\xc2\x9b"
                      "31m") == "a\\x9b31m");  // the one-character form of ESC [
  CHECK(terminal_text("\xe2\x80\xae") == "\\u202e");
  CHECK(terminal_text("Ynys M\xc3\xb4n\n\tx") == "Ynys M\xc3\xb4n\n\tx");
  CHECK(terminal_text("\033[1mheading\033[0m") == "\033[1mheading\033[0m");
  CHECK(terminal_text("\xf0\x82\x82\xac") == "\\xf0\\x82\\x82\\xac");  // overlong
}

TEST_CASE("a shown value is one line and short") {
  CHECK(shown_text("a\nb\tc") == "a\\nb\\tc");
  CHECK(shown_text(std::string(1000, 'x')).size() == 163);
  CHECK(shown_text("\xc3\xb4\xc3\xb4\xc3\xb4", 2) == "\xc3\xb4...");
  CHECK(shortened(std::string(50, 'a') + std::string(50, 'b'), 30) ==
        std::string(20, 'a') + " ... " + std::string(10, 'b'));
  CHECK(shortened("short", 30) == "short");
}

TEST_CASE("a spreadsheet computes nothing, and numbers stay numbers") {
  CHECK(csv_cell("=cmd|'/C calc'!A0") == "\"'=cmd|'/C calc'!A0\"");
  for (const char first : {'=', '+', '-', '@', '\t', '\r'})
    CHECK(csv_cell(std::string(1, first) + "x").substr(0, 3) == std::string("\"'") + first);
  CHECK(csv_cell("-1.5e-06") == "-1.5e-06");
  CHECK(csv_cell("+3") == "+3");
  CHECK(csv_cell("-inf") == "-inf");
  CHECK(csv_cell("-") == "\"'-\"");
  CHECK(csv_cell("a,\"b\"") == "\"a,\"\"b\"\"\"");
  CHECK(csv_cell("plain") == "plain");
}

TEST_CASE("Markdown and LaTeX show what is written") {
  CHECK(markdown_cell("<img src=x onerror=1>|`a`") == "&lt;img src=x onerror=1&gt;\\|\\`a\\`");
  CHECK(markdown_cell("a\nb & c") == "a b &amp; c");
  CHECK(markdown_cell("[x](javascript:y) [1, 2] (p 0.1) area_type") ==
        "[x]\\(javascript:y) [1, 2] (p 0.1) area_type");
  for (const auto show : {markdown_cell, latex_text}) {
    const std::string shown = show("a\x1b[2J \x07 \xff b\nc");
    for (const char one : {'\x1b', '\x07', '\xff', '\n'}) CHECK(shown.find(one) == std::string::npos);
    CHECK(shown.find("x1b") != std::string::npos);
  }
  CHECK(latex_text("\\input{x}_%&$#^~<>|\"") ==
        "\\textbackslash{}input\\{x\\}\\_\\%\\&\\$\\#\\textasciicircum{}\\textasciitilde{}\\textless{}"
        "\\textgreater{}\\textbar{}\\textquotedbl{}");
}

TEST_CASE("names are names") {
  CHECK(file_name_fault("england 2021").empty());
  CHECK(file_name_fault("Ynys M\xc3\xb4n").empty());
  for (const std::string bad : {"", ".", "..", "../x", "/x", "a/b"}) CHECK(!file_name_fault(bad).empty());
  CHECK(!file_name_fault(std::string("a\0b", 3)).empty());
  CHECK(!file_name_fault("a\nb").empty());
  CHECK(!file_name_fault("\xff").empty());
  CHECK(!file_name_fault(std::string(201, 'a')).empty());
}

TEST_CASE("a fault of any size is a message of a few hundred characters") {
  const Fault fault{std::string(100'000, 'f'), 3, std::string(10'000'000, 'k'), std::string(10'000, 'v'),
                    std::string(10'000, 'w')};
  CHECK(to_string(fault).size() < 1300);
  CHECK(std::string(InputError(std::string(100'000, 'x')).what()).size() < 2100);
  CHECK(to_string({"a\x1b.toml", 2, "", "v\nw", "wrong"}) == "a\\x1b.toml:2: value 'v\\nw': wrong");
}
