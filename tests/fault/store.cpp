// The store when the world fails: a result is whole under its name or absent, a former one stays, nothing is
// left.
#include <doctest/doctest.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <csignal>
#include <cstring>
#include <set>

#include "engine/base/files.hpp"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

void write_result(const std::filesystem::path& path) {
  RunWriter writer(path);
  test::write_small_run(writer);
  writer.commit();
}

/// A result with 8 MB of aggregates.
void write_large_result(const std::filesystem::path& path) {
  RunWriter writer(path);
  writer.write_run(test::small_record());
  writer.write_scenario("s", std::vector<int>(1'000, 1), {});
  AggregateSeries series;
  series.periods = 10;
  series.groups = 200;
  series.value.assign(2'000'000, 1.5F);
  Grouping grouping{"lad", {}, {}};
  for (int g = 0; g < 200; ++g) grouping.groups.push_back("E" + std::to_string(g));
  writer.write_aggregate("s", series, grouping, 10, "log points a year");
  writer.commit();
}

template <class Body>
std::string store_error(Body body) {
  try {
    body();
  } catch (const StoreError& error) {
    return error.what();
  }
  return "no StoreError";
}

/// Runs `body` in a child process; its exit status as waitpid gives it.
template <class Body>
int in_child(Body body) {
  std::fflush(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 99;
    try {
      code = body();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "child: %s\n", error.what());
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

}  // namespace

TEST_CASE("a writer that is not committed leaves no litter and the old result untouched") {
  const test::Folder folder("store-uncommitted");
  write_result(folder / "run.h5");
  const std::string before = test::bytes_of(folder / "run.h5");
  {
    RunWriter writer(folder / "run.h5");
    test::write_small_run(writer);
    CHECK(std::filesystem::exists(writer.temporary_path()));
  }
  CHECK(folder.names() == std::vector<std::string>{"run.h5"});
  CHECK(test::bytes_of(folder / "run.h5") == before);
}

TEST_CASE("an existing result is refused where it must not be replaced") {
  const test::Folder folder("store-existing");
  write_result(folder / "run.h5");
  const StoreOptions options{Existing::refuse, Packing::raw, 1, {}};
  CHECK(store_error([&] {
          RunWriter(folder / "run.h5", options);
        }).find("run.h5': it exists already; choose another name or allow replacing it") !=
        std::string::npos);
  // One that appears while the run works is not replaced either.
  RunWriter writer(folder / "other.h5", options);
  test::write_small_run(writer);
  std::filesystem::copy_file(folder / "run.h5", folder / "other.h5");
  const std::string before = test::bytes_of(folder / "other.h5");
  CHECK(store_error([&] { writer.commit(); }).find("other.h5': File exists") != std::string::npos);
  CHECK(test::bytes_of(folder / "other.h5") == before);
}

TEST_CASE("a missing folder, a folder in place of the file: each is named") {
  const test::Folder folder("store-folder");
  CHECK(store_error([&] {
          RunWriter(folder / "none/run.h5");
        }).find("there is no folder '" + (folder / "none").string()) != std::string::npos);
  CHECK_THROWS_WITH_AS(RunWriter(folder.path()), doctest::Contains("it is a folder; name a file"),
                       InputError);
}

TEST_CASE("a folder that goes while the run works is an error, not a crash") {
  const test::Folder folder("store-gone");
  std::filesystem::create_directory(folder / "out");
  {
    RunWriter writer(folder / "out/run.h5");
    test::write_small_run(writer);
    std::filesystem::remove_all(folder / "out");
    CHECK(store_error([&] { writer.commit(); }).find("No such file or directory") != std::string::npos);
  }
  CHECK(folder.names().empty());
}

TEST_CASE("a folder without permission is named with the reason") {
  const test::Folder folder("store-readonly");
  write_result(folder / "run.h5");
  // As somebody who is not root: root may write anywhere.
  const int status = in_child([&] {
    using std::filesystem::perms;
    std::filesystem::permissions(
        folder.path(), perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec);
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 2;
    const std::string message = store_error([&] { write_result(folder / "run.h5"); });
    return message.find("could not create '") != std::string::npos &&
                   message.find("Permission denied") != std::string::npos
               ? 0
               : 1;
  });
  std::filesystem::permissions(folder.path(), std::filesystem::perms::owner_all);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(folder.names() == std::vector<std::string>{"run.h5"});
  CHECK(RunReader(folder / "run.h5").verify().empty());
}

TEST_CASE("a full disk ends in an error at every size, with the old result whole and the space given back") {
  if (::geteuid() != 0) {
    std::puts("SKIPPED: needs root to mount a small disk");
    return;
  }
  const test::Folder folder("store-full");
  if (::mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=4m") != 0) {
    std::puts("SKIPPED: this machine lets nobody mount a small disk");
    return;
  }
  write_result(folder / "run.h5");
  const std::string before = test::bytes_of(folder / "run.h5");
  const int status = in_child([&] {
    const auto free_before = std::filesystem::space(folder.path()).available;
    const std::string message = store_error([&] { write_large_result(folder / "run.h5"); });
    if (message.find("No space left on device") == std::string::npos) return 1;
    if (std::filesystem::space(folder.path()).available != free_before) return 2;
    // Full at every other moment: while small values are written, while it is finished.
    for (int pages = 0; pages < 40; ++pages) {
      std::filesystem::remove(folder / "ballast");
      const auto room = std::filesystem::space(folder.path()).available;
      std::ofstream ballast(folder / "ballast", std::ios::binary);
      ballast << std::string(room - static_cast<std::uintmax_t>(pages) * 4096, 'x');
      ballast.close();
      const std::string full = store_error([&] { write_result(folder / "run.h5"); });
      if (full == "no StoreError") return pages > 20 ? 0 : 3;  // now it fits
      if (full.find("No space left on device") == std::string::npos) {
        std::fprintf(stderr, "with %d pages: %s\n", pages, full.c_str());
        return 4;
      }
      if (test::bytes_of(folder / "run.h5") != before) return 5;
      if (folder.names().size() != 2) return 6;  // ballast and the old result
    }
    return 7;
  });
  ::umount2(folder.path().c_str(), MNT_DETACH);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("a limit on file sizes ends in an error, not in a signal's silence") {
  const test::Folder folder("store-limit");
  const int status = in_child([&] {
    ::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1u << 20, 1u << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string message = store_error([&] { write_large_result(folder / "run.h5"); });
    return message.find("File too large") != std::string::npos ? 0 : 1;
  });
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  CHECK(folder.names().empty());
}

TEST_CASE("kill -9 at any moment leaves the old result or the new one, and the next run sweeps the rest") {
  const test::Folder folder("store-kill");
  write_result(folder / "run.h5");
  const std::string old_bytes = test::bytes_of(folder / "run.h5");
  int killed = 0, finished = 0;
  for (int k = 0; k < 30; ++k) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        write_large_result(folder / "run.h5");
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(k * 2'000));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    WIFSIGNALED(status) ? ++killed : ++finished;
    const auto damages = verify(folder / "run.h5");
    CHECK(damages.empty());
    CHECK((test::bytes_of(folder / "run.h5") == old_bytes ||
           RunReader(folder / "run.h5").scenarios()[0] == "s"));
  }
  MESSAGE(killed << " killed, " << finished << " finished");
  CHECK(killed > 0);
  write_result(folder / "run.h5");
  CHECK(folder.names() == std::vector<std::string>{"run.h5"});
}

TEST_CASE("a truncated result is refused with words, at any length") {
  const test::Folder folder("store-truncated");
  write_result(folder / "run.h5");
  const auto size = std::filesystem::file_size(folder / "run.h5");
  for (const double share : {0.0, 0.00005, 0.001, 0.1, 0.5, 0.9, 0.95}) {
    std::filesystem::copy_file(folder / "run.h5", folder / "cut.h5",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder / "cut.h5",
                                 static_cast<std::uintmax_t>(share * static_cast<double>(size)));
    std::string message = "opened";
    try {
      RunReader reader(folder / "cut.h5");
    } catch (const InputError& error) {
      message = error.what();  // too short to be an HDF5 file at all
    } catch (const StoreError& error) {
      message = error.what();
    }
    INFO(share << ": " << message);
    CHECK((message.find("is not an HDF5 file") != std::string::npos ||
           message.find("(truncated, damaged, or still being written)") != std::string::npos ||
           message.find("it is damaged") != std::string::npos ||
           message.find("its seal is missing and it is not what was written") != std::string::npos));
  }
}

TEST_CASE("a flipped bit anywhere is found, and never crashes the reader") {
  const test::Folder folder("store-flip");
  write_result(folder / "run.h5");
  const std::string whole = test::bytes_of(folder / "run.h5");
  std::set<std::string> objects;
  int undetected = 0;
  for (std::size_t at = 0; at < whole.size(); at += 211) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    std::ofstream(folder / "flip.h5", std::ios::binary) << bytes;
    try {
      const auto damages = verify(folder / "flip.h5");
      undetected += damages.empty();
      for (const auto& damage : damages) objects.insert(damage.object);
    } catch (const InputError& error) {
      CHECK(std::string(error.what()).find("is not an HDF5 file") !=
            std::string::npos);  // the first eight bytes
    }
  }
  CHECK(undetected == 0);
  CHECK(objects.count("/") == 1);
  CHECK(objects.size() > 1);
}

TEST_CASE("every damaged dataset is reported, each by name") {
  const test::Folder folder("store-damage");
  write_large_result(folder / "run.h5");
  std::string bytes = test::bytes_of(folder / "run.h5");
  const float value = 1.5F;
  std::string pattern;
  for (int k = 0; k < 64; ++k) pattern.append(reinterpret_cast<const char*>(&value), 4);
  const auto at = bytes.find(pattern);
  REQUIRE(at != std::string::npos);
  bytes[at + 4'000'000] ^= 8;
  std::ofstream(folder / "run.h5", std::ios::binary) << bytes;
  auto damages = verify(folder / "run.h5");
  REQUIRE(damages.size() == 1);
  CHECK(damages[0].object == "/scenarios/s/aggregate/uplift/lad/value");
  CHECK(damages[0].what == "its values (8000000 bytes) differ from what was written");

  const std::string unit("log points a year");
  REQUIRE(bytes.find(unit) != std::string::npos);
  bytes[bytes.find(unit)] = 'L';
  std::ofstream(folder / "run.h5", std::ios::binary) << bytes;
  damages = verify(folder / "run.h5");
  REQUIRE(damages.size() == 1);
  CHECK(damages[0].object == "/");
  CHECK(damages[0].what.find("it is damaged (its structure is not what was written") != std::string::npos);
}

TEST_CASE("files that are no results are told apart") {
  const test::Folder folder("store-foreign");
  const auto message = [&](const std::filesystem::path& path) -> std::string {
    try {
      RunReader reader(path);
    } catch (const InputError& error) {
      return error.what();
    }
    return "opened";
  };
  const std::string none = (folder / "none.h5").string();
  CHECK(message(none) == "there is no result '" + none + "' (check its path; `spillway run CONFIG --output " +
                             none + "` writes one)");
  CHECK(message(folder.path()).find("is a folder, not a result of 'spillway run'") != std::string::npos);
  std::ofstream(folder / "text.h5") << "code,value\n";
  CHECK(message(folder / "text.h5").find("is not an HDF5 file") != std::string::npos);
  // A writer's temporary file, copied while it is open: not complete.
  {
    RunWriter writer(folder / "run.h5");
    writer.write_attribute("/draws", "replicates", std::int64_t{1});
    writer.commit();
  }
  CHECK(
      message(folder / "run.h5").find("is an HDF5 file but not a result of 'spillway run' (it has no /run") !=
      std::string::npos);
  {
    RunWriter writer(folder / "newer.h5");
    writer.write_attribute("/run", "format_version", std::string("2.0"));
    writer.commit();
  }
  CHECK(message(folder / "newer.h5")
            .find("has format 2.0, this program reads up to 1.x; use a newer spillway") != std::string::npos);
}

TEST_CASE("a result that has lost its seal is read, and verification says so and fails") {
  const test::Folder folder("store-seal");
  write_result(folder / "run.h5");
  CHECK(verify(folder / "run.h5").empty());
  // As much as the footer, the whole seal, a few bytes: HDF5 itself misses none of them.
  const auto size = std::filesystem::file_size(folder / "run.h5");
  for (const std::uintmax_t lost : {std::uintmax_t{1}, std::uintmax_t{32}, std::uintmax_t{100}}) {
    std::filesystem::copy_file(folder / "run.h5", folder / "cut.h5",
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder / "cut.h5", size - lost);
    CHECK(RunReader(folder / "cut.h5").run().name == "small");
    const auto damages = verify(folder / "cut.h5");
    REQUIRE(damages.size() == 1);
    CHECK(damages[0].object == "/");
    CHECK(damages[0].what.find(
              "its seal is missing: the file ends early, or another program (h5repack) wrote it again") == 0);
  }
}
