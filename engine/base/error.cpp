#include "engine/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "engine/base/text.hpp"

namespace spillway {

namespace {
/// What a fault is about, whatever row or value it was seen in: faults of one kind follow from one cause.
std::string kind_of(const Fault& fault) {
  std::string kind = fault.file + '\n' + fault.column + '\n';
  bool quoted = false;
  for (const char c : fault.what) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c < '0' || c > '9')) kind += c;
  }
  return kind;
}

/// One fault a line; of more than four of a kind the first three and how many follow.
std::string joined(const std::vector<Fault>& faults) {
  constexpr std::size_t shown = 20, of_a_kind = 3;
  std::map<std::string, std::size_t> kinds, seen;
  for (const Fault& fault : faults) ++kinds[kind_of(fault)];
  std::string text;
  std::size_t lines = 0, told = 0;
  for (const Fault& fault : faults) {
    const std::string kind = kind_of(fault);
    const std::size_t all = kinds[kind], place = ++seen[kind];
    const bool folded = all > of_a_kind + 1;
    if (folded && place > of_a_kind) continue;
    if (lines++ == shown) break;
    if (!text.empty()) text += '\n';
    text += to_string(fault);
    ++told;
    if (folded && place == of_a_kind) {
      text += fmt::format(" ({} more like this)", all - of_a_kind);
      told += all - of_a_kind;
    }
  }
  if (told < faults.size())
    text += fmt::format("\n({} faults in all; the first {} lines are shown, --json FILE lists all)",
                        faults.size(), shown);
  return text;
}
}  // namespace

constexpr std::size_t longest_name = 300, longest_words = 500, longest_message = 2000;

std::string to_string(const Fault& fault) {
  std::string text;
  if (!fault.file.empty()) {
    text += shown_text(fault.file, longest_name);
    if (fault.line > 0) text += fmt::format(":{}", fault.line);
    text += ": ";
  }
  if (!fault.column.empty()) text += fmt::format("column '{}': ", shown_text(fault.column));
  if (!fault.value.empty()) text += fmt::format("value '{}': ", shown_text(fault.value));
  return text + shortened(fault.what, longest_words);
}

InputError::InputError(const std::string& what) : std::runtime_error(shortened(what, longest_message)) {
  Fault fault;
  fault.what = what;
  faults_.push_back(std::move(fault));
}

InputError::InputError(std::vector<Fault> faults)
    : std::runtime_error(joined(faults)), faults_(std::move(faults)) {}

namespace {
/// Names differ by more than case and the sign between words.
std::string plain_name(std::string name) {
  for (char& c : name) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '-' || c == ' ') c = '_';
  }
  return name;
}
}  // namespace

std::string nearest_word(const std::string& wanted, const std::vector<std::string>& known) {
  const std::string word = plain_name(wanted);
  std::string best;
  // Two letters of four are another word, unless they changed places.
  constexpr std::size_t few = 4;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (const auto& name : known) {
    const std::string candidate = plain_name(name);
    // The distance is at least what the lengths differ by.
    if (std::max(word.size(), candidate.size()) - std::min(word.size(), candidate.size()) >= least) continue;
    std::vector<std::size_t> row(candidate.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= word.size(); ++i) {
      std::size_t diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= candidate.size(); ++j) {
        const std::size_t substituted = diagonal + (word[i - 1] != candidate[j - 1]);
        diagonal = row[j];
        row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
      }
    }
    if (row.back() > 1 && word.size() <= few &&
        !std::is_permutation(word.begin(), word.end(), candidate.begin(), candidate.end()))
      continue;
    if (row.back() < least) {
      least = row.back();
      best = name;
    }
  }
  // "crime": the one name that holds the word, where nothing is near.
  constexpr std::size_t shortest = 4;
  if (best.empty() && word.size() >= shortest) {
    for (const auto& name : known) {
      if (plain_name(name).find(word) == std::string::npos) continue;
      if (!best.empty()) return "";
      best = name;
    }
  }
  return best;
}

}  // namespace spillway
