// The one writer and the one reader of files: whole or not at all, and only files where a file is meant.
#include "engine/base/files.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "engine/base/error.hpp"
#include "engine/base/partial_folder.hpp"

using namespace spillway;
namespace fs = std::filesystem;

namespace {
struct Folder {
  fs::path path = [] {
    std::string name = (fs::temp_directory_path() / "spillway-files-XXXXXX").string();
    return fs::path(mkdtemp(name.data()));
  }();
  ~Folder() { fs::remove_all(path); }
  std::size_t entries() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
  }
};
}  // namespace

TEST_CASE("a link stays a link, and its target is replaced") {
  const Folder folder;
  fs::create_directory(folder.path / "there");
  write_file(folder.path / "there/target", "old");
  fs::create_symlink("there/target", folder.path / "link");
  fs::create_symlink("link", folder.path / "second");
  write_file(folder.path / "second", "new");
  CHECK(fs::is_symlink(folder.path / "second"));
  CHECK(fs::is_symlink(folder.path / "link"));
  CHECK(read_file(folder.path / "there/target", "text") == "new");
  fs::create_symlink("there/absent", folder.path / "dangling");
  write_file(folder.path / "dangling", "made");
  CHECK(read_file(folder.path / "there/absent", "text") == "made");
  CHECK(folder.entries() == 4);
}

TEST_CASE("devices and pipes are written to, folders refused") {
  const Folder folder;
  const fs::path fifo = folder.path / "fifo";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  std::string came;
  std::thread reader([&] {
    const int descriptor = open(fifo.c_str(), O_RDONLY);
    char bytes[16];
    for (ssize_t got; (got = read(descriptor, bytes, sizeof bytes)) > 0;)
      came.append(bytes, static_cast<std::size_t>(got));
    close(descriptor);
  });
  write_file(fifo, "through the pipe");
  reader.join();
  CHECK(came == "through the pipe");
  CHECK(unusual_kind(fifo) == "a pipe");
  write_file("/dev/null", "nowhere");
  CHECK(unusual_kind("/dev/null") == "a device");
  CHECK_THROWS_WITH_AS(write_file("/dev/full", "x"), "could not write '/dev/full': No space left on device",
                       StoreError);
  CHECK_THROWS_WITH_AS(
      write_file(folder.path, "x"),
      fmt::format("could not write '{}': it is a folder; name a file", folder.path.string()).c_str(),
      InputError);
  CHECK_THROWS_AS(check_target(fifo, Target::renamed), InputError);
  CHECK_THROWS_AS(check_target("/dev/null", Target::renamed), InputError);
  CHECK_NOTHROW(check_target("/dev/null", Target::text));
  CHECK(folder.entries() == 1);
}

TEST_CASE("what cannot be written leaves nothing, and the former file as it was") {
  const Folder folder;
  const fs::path file = folder.path / "file";
  write_file(file, "former");
  fs::create_directory(folder.path / "gone");
  CHECK_THROWS_AS(write_file(folder.path / "no/file", "x"), StoreError);
  // A folder in the way of the temporary name.
  fs::create_directory(temporary_beside(file));
  CHECK_THROWS_AS(write_file(file, "x"), StoreError);
  CHECK(read_file(file, "text") == "former");
  fs::remove(temporary_beside(file));
  // What a dead process of the same number left there goes; a link laid there is not followed.
  write_file(folder.path / "victim", "victim");
  fs::create_symlink("victim", temporary_beside(file));
  write_file(file, "new");
  CHECK(read_file(file, "text") == "new");
  CHECK(read_file(folder.path / "victim", "text") == "victim");
  CHECK(folder.entries() == 3);
}

TEST_CASE("several files of a folder are all new, or all as they were") {
  const Folder folder;
  const auto text_of = [&](const char* name) { return read_file(folder.path / name, "text"); };
  write_file(folder.path / "a", "old a");
  write_file(folder.path / "c", "old c");
  fs::create_hard_link(folder.path / "a", folder.path / "other name of a");
  const auto as_before = [&] {
    CHECK(text_of("a") == "old a");
    CHECK(text_of("c") == "old c");
    CHECK(folder.entries() == 3);
  };
  const auto write_three = [&](AddedFiles& files) {
    for (const char* name : {"a", "b", "c"}) files.write(name, std::string("new ") + name);
  };
  {
    AddedFiles files(folder.path);
    write_three(files);
    CHECK(text_of("a") == "old a");
  }
  as_before();
  {
    AddedFiles files(folder.path);
    write_three(files);
    fs::remove(temporary_beside(folder.path / "c"));  // a name that cannot be given, after two that were
    CHECK_THROWS_AS(files.keep(), StoreError);
  }
  as_before();
  AddedFiles files(folder.path);
  write_three(files);
  files.keep();
  for (const char* name : {"a", "b", "c"}) CHECK(text_of(name) == std::string("new ") + name);
  CHECK(text_of("other name of a") == "old a");
  CHECK(folder.entries() == 4);
}

TEST_CASE("of two names that are one file neither is written") {
  const Folder folder;
  write_file(folder.path / "same", "former");
  fs::create_symlink("same", folder.path / "a");
  fs::create_directory_symlink(".", folder.path / "here");
  fs::create_symlink("here/same", folder.path / "b");
  for (const auto& [first, second] : {std::pair{"a", "b"}, {"b", "same"}, {"same", "a"}}) {
    AddedFiles files(folder.path);
    files.write(first, "one");
    CHECK_THROWS_WITH_AS(
        files.write(second, "other"),
        doctest::Contains("where another of these files goes: one would take the other's place"), InputError);
  }
  CHECK(read_file(folder.path / "same", "text") == "former");
  CHECK(folder.entries() == 4);
}

TEST_CASE("a file that may not grow leaves the former one and no litter") {
  const Folder folder;
  const fs::path file = folder.path / "file";
  write_file(file, "former");
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit former{};
  getrlimit(RLIMIT_FSIZE, &former);
  rlimit small = former;
  small.rlim_cur = 1000;
  setrlimit(RLIMIT_FSIZE, &small);
  CHECK_THROWS_WITH_AS(
      write_file(file, std::string(2000, 'x')),
      fmt::format("could not write '{}': File too large", temporary_beside(file).string()).c_str(),
      StoreError);
  setrlimit(RLIMIT_FSIZE, &former);
  CHECK(read_file(file, "text") == "former");
  CHECK(folder.entries() == 1);
}

TEST_CASE("a reader takes regular files of bounded size, and waits for nothing") {
  const Folder folder;
  const fs::path fifo = folder.path / "fifo", large = folder.path / "large";
  REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
  const auto said = [](const fs::path& path) {
    try {
      read_file(path, "configuration");
    } catch (const InputError& error) {
      return std::string(error.what()).substr(path.string().size());
    }
    return std::string("nothing");
  };
  CHECK(said(fifo) == ": is a pipe; expected the file of a configuration");
  CHECK(said("/dev/zero") == ": is a device; expected the file of a configuration");
  CHECK(said(folder.path) == ": is a folder; expected the file of a configuration");
  CHECK(said(folder.path / "absent") == ": no such configuration; check its path");
  write_file(large, "x");
  fs::resize_file(large, text_limit + 1);
  CHECK(said(large) == ": is larger than 16 MB; expected a configuration, check that it is the right file");
  fs::resize_file(large, text_limit);
  CHECK(read_file(large, "configuration").size() == text_limit);
  CHECK(!read_file("/proc/self/status", "text").empty());  // says that it has no bytes
}
