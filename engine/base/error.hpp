// The four ways a call can fail. Libraries throw these; only tools/ prints or exits.
#pragma once
#include <stdexcept>
#include <string>
#include <vector>

namespace spillway {

/// One thing wrong with the input, in the user's words. Empty parts are left out of the message.
struct Fault {
  std::string file;    ///< path as the user gave it
  long line = 0;       ///< 1-based; 0: the whole file
  std::string column;  ///< name of the column or key
  std::string value;   ///< what stands there
  std::string what;    ///< what is wrong; and, after a semicolon, what is expected
};

/// `file:line: column 'x': value 'y': what is wrong; what is expected`
std::string to_string(const Fault& fault);

/// The caller can fix it: every fault that was found, not only the first. Exit code 2.
class InputError : public std::runtime_error {
 public:
  explicit InputError(const std::string& what);
  explicit InputError(std::vector<Fault> faults);
  const std::vector<Fault>& faults() const noexcept { return faults_; }

 private:
  std::vector<Fault> faults_;
};

/// The numbers failed: not identified, singular, no convergence; the message names what. Exit code 3.
class NumericalError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The world failed: disk, memory, permission. Exit code 4.
class StoreError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A signal asked the work to stop; what was finished is saved and resumable. Exit code 130.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The entry of `known` closest to `word` by edit distance, or empty where nothing is near.
std::string nearest_word(const std::string& word, const std::vector<std::string>& known);

}  // namespace spillway
