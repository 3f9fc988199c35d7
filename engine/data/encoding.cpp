#include "engine/data/encoding.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace spillway {

namespace {

void append_utf8(std::string& text, std::uint32_t code) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80u | ((code >> shift) & 0x3Fu)); };
  if (code < 0x80) {
    text += static_cast<char>(code);
  } else if (code < 0x800) {
    text += static_cast<char>(0xC0u | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    text += static_cast<char>(0xE0u | (code >> 12));
    tail(6);
    tail(0);
  } else {
    text += static_cast<char>(0xF0u | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Windows-1252 differs from Latin-1 in 0x80 to 0x9F (WHATWG Encoding Standard, index windows-1252); the five
/// bytes without a character stay control characters, as there.
std::string from_single_bytes(const std::string& bytes, bool windows) {
  static constexpr std::array<std::uint16_t, 32> special = {
      0x20AC, 0x81,   0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0x8D,   0x017D, 0x8F,   0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D,   0x017E, 0x0178};
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 16);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    append_utf8(text, windows && byte >= 0x80 && byte < 0xA0 ? special[byte - 0x80u] : byte);
  }
  return text;
}

/// UTF-16 from `at`; an odd last byte or half a surrogate pair gives false.
bool from_utf16(const std::string& bytes, std::size_t at, bool big_endian, std::string& text) {
  const auto unit = [&](std::size_t k) {
    const auto first = static_cast<unsigned char>(bytes[k]),
               second = static_cast<unsigned char>(bytes[k + 1]);
    return big_endian ? std::uint32_t{first} << 8 | second : std::uint32_t{second} << 8 | first;
  };
  text.reserve(bytes.size() / 2);
  for (; at + 1 < bytes.size(); at += 2) {
    std::uint32_t code = unit(at);
    if (code >= 0xD800 && code < 0xE000) {
      if (code >= 0xDC00 || at + 3 >= bytes.size()) return false;
      const std::uint32_t low = unit(at + 2);
      if (low < 0xDC00 || low >= 0xE000) return false;
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      at += 2;
    }
    append_utf8(text, code);
  }
  return at == bytes.size();
}

/// First byte that is not UTF-8, or npos.
std::size_t first_not_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    if (at + 8 <= text.size()) {
      std::uint64_t eight = 0;
      std::memcpy(&eight, text.data() + at, 8);
      if ((eight & 0x8080808080808080ull) == 0) {
        at += 8;
        continue;
      }
    }
    const std::size_t length = utf8_length(text, at);
    if (length == 0) return at;
    at += length;
  }
  return std::string_view::npos;
}

/// What a file is whose first bytes are those of another format, and what to do; empty for text.
std::string other_format(std::string_view bytes, const std::string& file) {
  const auto ends = [&](const char* end) { return file.ends_with(end); };
  static const std::string export_it =
      "; save the one sheet that is meant as \"CSV UTF-8\" from the spreadsheet, or run `soffice --headless "
      "--convert-to csv FILE`";
  if (bytes.starts_with("PK\x03\x04"))
    return ends(".zip") ? "a zip archive; unpack it and name the table in it"
                        : "a spreadsheet (.xlsx, .ods) or another zip archive, no CSV" + export_it;
  if (bytes.starts_with("\xD0\xCF\x11\xE0")) return "an old Excel workbook (.xls), no CSV" + export_it;
  if (bytes.starts_with("PAR1"))
    return "a Parquet file, no CSV; write it as CSV (in Python: pandas.read_parquet(f).to_csv(g, "
           "index=False))";
  if (bytes.starts_with("SQLite format 3"))
    return "a database (a GeoPackage, .gpkg, is one), no CSV; run `ogr2ogr -f CSV OUT.csv FILE` (or -f "
           "GeoJSON for "
           "boundaries)";
  if (bytes.starts_with("<stata_dta>") || bytes.starts_with("$FL2") || bytes.starts_with("$FL3"))
    return "a file of Stata or SPSS, no CSV; export it as CSV (in Stata: export delimited; in SPSS: save "
           "translate)";
  if (bytes.starts_with("version https://git-lfs"))
    return "a pointer of Git LFS, not the file itself; fetch that (git lfs pull)";
  if (bytes.starts_with("7z\xBC\xAF")) return "a 7z archive; unpack it and name the table in it";
  if (bytes.starts_with("%PDF")) return "a PDF, no table; look for the CSV of the same release";
  if (bytes.starts_with("BZh") ||
      bytes.starts_with("\xFD"
                        "7zXZ") ||
      bytes.starts_with("\x28\xB5\x2F\xFD"))
    return "compressed (bzip2, xz or zstd); unpack it first (only gzip is read as it is)";
  std::size_t at = bytes.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  while (at < bytes.size() &&
         (bytes[at] == ' ' || bytes[at] == '\n' || bytes[at] == '\r' || bytes[at] == '\t'))
    ++at;
  std::string start(bytes.substr(at, 14));
  for (char& c : start)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  if (start.starts_with("<!doctype html") || start.starts_with("<html"))
    return "a web page, not the table; the download gave a page (of a login or an error): open it, and fetch "
           "the "
           "table again";
  if (start.starts_with("{")) return "JSON, no CSV; boundaries are carried by [[file]], tables must be CSV";
  if (start.starts_with("<?xml")) return "XML, no CSV" + export_it;
  return {};
}

/// UTF-16 without a byte order mark has a zero in nearly every other byte of Latin text.
int zero_half(std::string_view bytes) {
  std::array<std::size_t, 2> zeros{};
  const std::size_t look = std::min<std::size_t>(bytes.size(), 4096);
  for (std::size_t k = 0; k < look; ++k) zeros[k % 2] += bytes[k] == '\0';
  if (zeros[1] * 5 > look * 2 && zeros[0] * 20 < look) return 1;  // little-endian
  if (zeros[0] * 5 > look * 2 && zeros[1] * 20 < look) return 0;
  return -1;
}

void end_lines(std::string& text, std::vector<std::string>& notes) {
  if (std::memchr(text.data(), '\r', text.size()) == nullptr) return;
  std::size_t lone = 0, feeds = 0;
  for (std::size_t k = 0; k < text.size(); ++k) {
    feeds += text[k] == '\n';
    lone += text[k] == '\r' && (k + 1 == text.size() || text[k + 1] != '\n');
  }
  if (lone <= feeds) return;
  for (std::size_t k = 0; k < text.size(); ++k)
    if (text[k] == '\r' && (k + 1 == text.size() || text[k + 1] != '\n')) text[k] = '\n';
  notes.push_back("lines end in a lone carriage return");
}

}  // namespace

const std::vector<std::string>& known_encodings() {
  static const std::vector<std::string> names = {"utf-8", "utf-16", "windows-1252", "latin-1"};
  return names;
}

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t k) {
    return at + k < text.size() ? static_cast<unsigned char>(text[at + k]) : 0u;
  };
  const auto tail = [&](std::size_t k) { return (byte(k) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return tail(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!tail(1) || !tail(2) || (lead == 0xE0 && byte(1) < 0xA0) || (lead == 0xED && byte(1) > 0x9F))
      return 0;
    return 3;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0 && byte(1) < 0x90) ||
        (lead == 0xF4 && byte(1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

std::string shown_cell(std::string_view cell) {
  if (cell.size() <= 60) return std::string(cell);
  std::size_t end = 57;
  while (end > 0 && (static_cast<unsigned char>(cell[end]) & 0xC0u) == 0x80u) --end;
  return std::string(cell.substr(0, end)) + "...";
}

std::string utf8_text(std::string bytes, const std::string& encoding, EncodingRule rule,
                      const std::string& file, std::vector<Fault>& faults, std::vector<std::string>& notes) {
  const auto refuse = [&](const std::string& what) { faults.push_back({file, 0, "", "", what}); };
  if (const std::string other = other_format(bytes, file); !other.empty()) {
    refuse("the file is " + other);
    return {};
  }
  std::string text;
  const bool little = bytes.starts_with("\xFF\xFE"), big = bytes.starts_with("\xFE\xFF");
  const int half = encoding.empty() || encoding == "utf-16" ? zero_half(bytes) : -1;
  if (little || big || half >= 0 || encoding == "utf-16") {
    if (rule == EncodingRule::utf8_only || (!encoding.empty() && encoding != "utf-16")) {
      refuse(rule == EncodingRule::utf8_only
                 ? "the file is UTF-16; save it as UTF-8"
                 : fmt::format("the file is UTF-16, and encoding = \"{}\" is said; leave it out", encoding));
      return {};
    }
    if (!from_utf16(bytes, little || big ? 2 : 0, big || (!little && half == 0), text)) {
      refuse("the file is UTF-16 with half a character in it; fetch it again, or save it as UTF-8");
      return {};
    }
    if (encoding.empty()) notes.push_back("read as UTF-16");
  } else if (encoding == "windows-1252" || encoding == "latin-1") {
    text = from_single_bytes(bytes, encoding == "windows-1252");
  } else {
    text = std::move(bytes);
    if (const std::size_t at = first_not_utf8(text); at != std::string::npos) {
      if (encoding.empty() && rule == EncodingRule::found) {
        text = from_single_bytes(text, true);
        notes.push_back("is not UTF-8 and was read as Windows-1252; encoding = \"...\" says it");
      } else {
        const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
        faults.push_back({file, line, "", fmt::format("\\x{:02X}", static_cast<unsigned char>(text[at])),
                          rule == EncodingRule::found
                              ? "the byte is not UTF-8, which encoding says; leave it out, or say which it is"
                              : "the byte is not UTF-8; save the file as UTF-8"});
      }
    }
  }
  if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
  if (const std::size_t zero = text.find('\0'); zero != std::string::npos) {
    const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(zero), '\n');
    faults.push_back(
        {file, line, "", "\\x00", "the file holds zero bytes, so it is no text; fetch it again"});
    return {};
  }
  end_lines(text, notes);
  return text;
}

}  // namespace spillway
