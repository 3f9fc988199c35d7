// Every system call that writing a result makes, failing in turn: the result is whole and the same bytes as
// ever, or there is a StoreError, the former result and nothing else.
#include <doctest/doctest.h>

#include <cerrno>
#include <functional>

#include "engine/store/checkpoint.hpp"
#include "engine/store/merge_runs.hpp"
#include "tests/fault/fail_call.c"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

void write_small(const std::filesystem::path& path, Existing existing = Existing::replace) {
  RunWriter writer(path, {existing, Packing::raw, 1, {}});
  test::write_small_run(writer);
  writer.commit();
}

/// A few large datasets: past the page cache where the file system can, packed, and through HDF5.
void write_large(const std::filesystem::path& path, Packing packing) {
  const std::vector<double> numbers(700'001, 1.5);
  const std::vector<std::int32_t> whole(1'200'000, 7);
  RunWriter writer(path, {Existing::replace, packing, 1, {2}});
  writer.write_run(test::small_record());
  for (const char* name : {"/x/a", "/x/b"})
    writer.write({name, {"row", "column"}, "1", "numbers"}, numbers.data(), {700'001, 1});
  writer.write({"/x/c", {"place"}, "1", "whole numbers"}, whole.data(), {1'200'000});
  writer.commit();
}

/// What is done with a result that stands already, and with what came out.
struct Work {
  std::string name;
  std::function<void(const std::filesystem::path&)> write;
  long step;               ///< every so many calls
  bool same_bytes = true;  ///< a merged file's are not: HDF5 leaves gaps as they are in memory
};

long calls_of(const char* call, const std::string& folder, const std::function<void()>& body) {
  fail_plan = {call, 0, 0, 0, folder.c_str(), 0};
  body();
  const long seen = fail_plan.seen;
  fail_plan.call = nullptr;
  return seen;
}

constexpr const char* calls[] = {"write", "pwrite", "fsync", "ftruncate", "sync_file_range",
                                 "close", "rename", "link",  "unlink",    "open"};

/// @return  how many calls failed in turn
long fail_every_call(const Work& work) {
  const test::Folder folder("calls-" + work.name);
  const auto path = folder / "out/run.h5";
  std::filesystem::create_directory(folder / "out");
  const std::string inside = folder / "out";
  write_small(folder / "former.h5");
  work.write(path);
  const std::string former = test::bytes_of(folder / "former.h5"), whole = test::bytes_of(path);
  REQUIRE(verify(path).empty());
  long injected = 0, published = 0, refused = 0;
  for (const char* call : calls) {
    const long count = calls_of(call, inside, [&] { work.write(path); });
    const bool changes = std::string(call) != "unlink";  // for ever: then litter cannot be helped
    for (const int error : {ENOSPC, EIO, EDQUOT, EINTR, 0})
      for (const int keep : {0, 1})
        for (long at = 1; at <= count; at += std::string(call) == "pwrite" ? work.step : 1) {
          if (keep && (error == EINTR || error == 0 || !changes)) continue;
          std::filesystem::copy_file(folder / "former.h5", path,
                                     std::filesystem::copy_options::overwrite_existing);
          fail_plan = {call, at, error, keep, inside.c_str(), 0};
          std::string message;
          try {
            work.write(path);
          } catch (const StoreError& failed) {
            message = failed.what();
          }
          fail_plan.call = nullptr;
          ++injected;
          ++(message.empty() ? published : refused);
          INFO(work.name << ": " << std::string(call) << " " << at << " of " << count << ", errno " << error
                         << std::string(keep ? " and on" : "") << ": "
                         << (message.empty() ? std::string("no error") : message));
          const std::string now = test::bytes_of(path);
          if (message.empty())
            CHECK((now == whole || (!work.same_bytes && verify(path).empty())));
          else
            CHECK((now == former));
          std::size_t files = 0;
          for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder / "out"))
            ++files;
          CHECK(files == 1);
        }
  }
  MESSAGE(work.name << ": " << injected << " calls failed in turn, " << refused << " ended in an error, "
                    << published << " in the whole result");
  return injected;
}

}  // namespace

TEST_CASE("any call that fails while a result is written: the whole new one, or an error and the old one") {
  CHECK(fail_every_call({"small", [](const auto& path) { write_small(path); }, 3}) > 500);
}

TEST_CASE("any call that fails while large values are written, past the page cache or packed") {
  fail_every_call({"raw", [](const auto& path) { write_large(path, Packing::raw); }, 9});
  fail_every_call({"packed", [](const auto& path) { write_large(path, Packing::gzip); }, 9});
}

TEST_CASE("any call that fails while results are merged") {
  const test::Folder folder("calls-members");
  std::vector<MemberRun> members;
  for (const char* name : {"0001", "0002"}) {
    members.push_back({name, folder / (std::string(name) + ".h5"), {}});
    write_small(members.back().file);
  }
  MergeOptions options;
  options.how = MergeOptions::How::copy;
  fail_every_call({"copied", [&](const auto& path) { merge_runs(members, path, {}, options); }, 11, false});
}

TEST_CASE("any call that fails while a unit is kept: the unit is there, or it is not and the others are") {
  const test::Folder folder("calls-checkpoint");
  const auto path = folder / "run.h5";
  const CheckpointKey key = {{"seed", "7"}};
  const std::vector<double> first(1'000, 1.5), second(1'000, 2.5);
  const std::string inside = folder / "run.h5.checkpoint";
  for (const char* call : calls)
    for (const int error : {ENOSPC, EIO, EDQUOT, EINTR, 0})
      for (long at = 1; at <= 8; ++at) {
        {
          Checkpoint fresh(path, key, Checkpoint::Start::fresh);
          fresh.save_numbers(1, first);
          fail_plan = {call, at, error, 0, inside.c_str(), 0};
          bool failed = false;
          try {
            fresh.save_numbers(2, second);
          } catch (const StoreError&) {
            failed = true;
          }
          fail_plan.call = nullptr;
          INFO(std::string(call) << " " << at << ", errno " << error);
          CHECK(fresh.has(2) == !failed);
        }
        const Checkpoint again(path, key, Checkpoint::Start::resume);
        CHECK(again.damaged() == 0);
        CHECK(again.load_numbers(1) == first);
        if (again.has(2)) CHECK(again.load_numbers(2) == second);
        std::size_t files = 0;
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(inside)) ++files;
        CHECK(files == 2 + again.has(2));  // the key beside them
      }
}
