#include "tools/cli/say.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/base/error.hpp"
#include "engine/base/text.hpp"

namespace spillway::cli {

namespace {
[[noreturn]] void fail() {
  const std::string reason = std::strerror(errno);
  // What is still buffered cannot be written either, and must not be tried again as the program ends.
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  throw StoreError(fmt::format("could not write to standard output: {}", reason));
}
}  // namespace

void occupy_standard_descriptors() {
  // Against its use: reading where one would write. A write then fails, as it did when it was closed.
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(descriptor, F_GETFD) == -1) [[maybe_unused]]
      const int opened =  // the lowest free number: this one
          ::open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

void write_output(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
}

void flush_output() {
  if (std::fflush(stdout) != 0 || std::ferror(stdout)) fail();
}

void print_words(std::string_view text) { write_output(terminal_text(text)); }

void say_words(std::string_view text) noexcept {
  try {
    const std::string safe = terminal_text(text);
    std::fwrite(safe.data(), 1, safe.size(), stderr);
    std::fflush(stderr);
  } catch (const std::exception&) {
    // out of memory: there are no words for it
  }
}

}  // namespace spillway::cli
