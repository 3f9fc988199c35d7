// Reads the keys of one table into plain fields; every fault is collected, none stops the reading.
#pragma once
#include <limits>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/config/catalogue.hpp"
#include "engine/config/config_tree.hpp"

namespace spillway {

/// The faults of one configuration, in the order they are found.
class FaultList {
 public:
  explicit FaultList(std::string file) : file_(std::move(file)) {}

  /// @param path  dotted key, as --set addresses it
  void add(const ConfigNode& node, const std::string& path, const std::string& what);
  /// As add, without showing the value: something is missing at `node`.
  void missing(const ConfigNode& node, const std::string& path, const std::string& what);

  std::vector<Fault>& faults() noexcept { return faults_; }
  /// Throws all of them as one InputError, by line; nothing where there are none.
  void raise();

 private:
  void push(const ConfigNode& node, const std::string& path, std::string value, const std::string& what);

  std::string file_;
  std::vector<Fault> faults_;
};

/// The remedy of a misspelt word: "did you mean 'x'?", or the list of what is known.
std::string suggestion(const std::string& word, const std::vector<std::string>& known);

/// The remedy where a name fits none of those that the file itself defines: either may be the misspelt one,
/// so none is held up as the right one.
std::string among_own(const std::vector<std::string>& defined);

/// Allowed numbers; an open end is excluded.
struct Range {
  double low = -std::numeric_limits<double>::infinity(), high = std::numeric_limits<double>::infinity();
  enum class Ends { closed, open } ends = Ends::closed;
};

/// One table and its dotted path. Getters leave the target as it was where the key is absent or at fault, and
/// return the node where it was read well, else nullptr.
class TableReader {
 public:
  /// Reports every key that is not in `known`, with the nearest one or the section it belongs in.
  TableReader(const ConfigNode& table, std::string path, FaultList& faults,
              const std::vector<std::string>& known);

  const ConfigNode& table() const noexcept { return table_; }
  const std::string& path() const noexcept { return path_; }
  std::string path(const std::string& key) const { return path_.empty() ? key : path_ + "." + key; }
  FaultList& faults() const noexcept { return faults_; }
  const ConfigNode* find(const std::string& key) const { return table_.find(key); }

  /// The child table of that name; nullptr where absent or not a table (a fault).
  const ConfigNode* table_at(const std::string& key) const;

  const ConfigNode* text(const std::string& key, std::string& target) const;
  const ConfigNode* choice(const std::string& key, std::string& target, const std::vector<std::string>& known,
                           std::span<const Withdrawn> withdrawn = {}) const;
  /// A word of the catalogue. One that was withdrawn is refused with what to write in its place.
  template <typename Id>
  const ConfigNode* choice(const std::string& key, Id& target) const {
    std::string word;
    const ConfigNode* node = choice(key, word, names_of<Id>(), withdrawn_of(Id{}));
    if (node) target = *named<Id>(word);
    return node;
  }
  const ConfigNode* integer(const std::string& key, int& target, int low, int high) const;
  const ConfigNode* seed(const std::string& key, std::uint64_t& target) const;
  const ConfigNode* number(const std::string& key, double& target, Range range = {}) const;
  const ConfigNode* flag(const std::string& key, bool& target) const;
  /// A list of texts, none empty or listed twice. Where `known` is not empty each must be in it.
  const ConfigNode* texts(const std::string& key, std::vector<std::string>& target,
                          const std::vector<std::string>& known = {}) const;
  const ConfigNode* numbers(const std::string& key, std::vector<double>& target, Range range = {}) const;

 private:
  const ConfigNode& table_;
  std::string path_;
  FaultList& faults_;
};

/// Read a list of texts or a list of numbers that is not a key of a table of known keys.
bool read_texts(const ConfigNode& node, const std::string& path, FaultList& faults,
                std::vector<std::string>& target);
bool read_numbers(const ConfigNode& node, const std::string& path, FaultList& faults,
                  std::vector<double>& target);

/// "text", "a whole number", "a list": what a node is, in words.
std::string kind_in_words(const ConfigNode& node);

/// Keys of every section, "" being the top level: one table for the reader, its messages and its tests.
const std::vector<std::pair<std::string, std::vector<std::string>>>& section_keys();
const std::vector<std::string>& keys_of(const std::string& section);

}  // namespace spillway
