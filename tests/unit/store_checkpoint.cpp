// Checkpoints: what was finished is found again, and nothing else.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <thread>

#include "engine/base/error.hpp"
#include "engine/store/checkpoint.hpp"
#include "engine/store/checkpoint_folder.hpp"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {
const CheckpointKey key = {
    {"configuration", "[run]\nname = \"a\"\nhorizon = 10\n"}, {"data", "00ff"}, {"seed", "7"}};

CheckpointKey with(std::size_t part, const std::string& value) {
  CheckpointKey other = key;
  other[part].second = value;
  return other;
}

std::string refusal(const std::filesystem::path& result, const CheckpointKey& other) {
  try {
    const Checkpoint checkpoint(result, other, Checkpoint::Start::resume);
  } catch (const InputError& error) {
    return error.what();
  }
  return "accepted";
}
}  // namespace

TEST_CASE("finished units come back, to the bit, in another process's order") {
  const test::Folder folder("checkpoint");
  const auto result = folder / "run.h5";
  {
    Checkpoint checkpoint(result, key, Checkpoint::Start::resume);
    CHECK(checkpoint.finished().empty());
    checkpoint.save_numbers(11, {0.1, -0.0, std::nan("")});
    checkpoint.save_numbers(2, {});
    checkpoint.save(5, {std::byte{1}, std::byte{255}});
  }
  const Checkpoint again(result, key, Checkpoint::Start::resume);
  CHECK(again.finished() == std::vector<std::uint64_t>{2, 5, 11});
  CHECK(again.has(5));
  CHECK(!again.has(3));
  CHECK(again.damaged() == 0);
  CHECK(again.load(5) == std::vector<std::byte>{std::byte{1}, std::byte{255}});
  CHECK(again.load_numbers(2).empty());
  const auto numbers = again.load_numbers(11);
  REQUIRE(numbers.size() == 3);
  CHECK(numbers[0] == 0.1);
  CHECK(std::signbit(numbers[1]));
  CHECK(std::isnan(numbers[2]));
  CHECK_THROWS_WITH_AS(again.load(3), doctest::Contains("unit 3 of the checkpoint"), StoreError);
}

TEST_CASE("a checkpoint of another run is refused with the difference named") {
  const test::Folder folder("checkpoint-key");
  const auto result = folder / "run.h5";
  { Checkpoint(result, key, Checkpoint::Start::fresh).save_numbers(1, {1.0}); }
  CHECK(refusal(result, key) == "accepted");
  CHECK(
      refusal(result, with(2, "8")).find("is of another run: seed is '7' there and '8' here; use the same") !=
      std::string::npos);
  CHECK(refusal(result, with(1, "1234")).find("data is '00ff' there and '1234' here") != std::string::npos);
  CHECK(refusal(result, with(0, "[run]\nname = \"a\"\nhorizon = 20\n"))
            .find("line 3 of the configuration is 'horizon = 10' there and 'horizon = 20' here") !=
        std::string::npos);
  CHECK(refusal(result, with(0, "[run]\nname = \"a\"\n"))
            .find("line 3 of the configuration is 'horizon = 10' there and nothing here") !=
        std::string::npos);
  CheckpointKey more = key;
  more.emplace_back("version", "0.2");
  CHECK(refusal(result, more).find("version was not recorded there") != std::string::npos);
  CHECK(Checkpoint(result, with(2, "8"), Checkpoint::Start::fresh).finished().empty());
}

TEST_CASE("a damaged, truncated or foreign shard is counted and done again") {
  const test::Folder folder("checkpoint-damage");
  const auto result = folder / "run.h5";
  {
    Checkpoint checkpoint(result, key, Checkpoint::Start::fresh);
    for (std::uint64_t unit = 0; unit < 5; ++unit) checkpoint.save_numbers(unit, {1.0, 2.0, 3.0});
  }
  const auto shards = Checkpoint::folder_of(result);
  std::string bytes = test::bytes_of(shards / "unit-1.shard");
  bytes[bytes.size() - 3] ^= 1;
  std::ofstream(shards / "unit-1.shard", std::ios::binary) << bytes;
  std::filesystem::resize_file(shards / "unit-2.shard", 20);
  std::filesystem::copy_file(shards / "unit-0.shard", shards / "unit-3.shard",
                             std::filesystem::copy_options::overwrite_existing);
  std::ofstream(shards / "unit-4.shard.tmp-1") << "a killed writer's";
  Checkpoint again(result, key, Checkpoint::Start::resume);
  CHECK(again.damaged() == 3);
  CHECK(again.finished() == std::vector<std::uint64_t>{0, 4});
  again.save_numbers(1, {1.0});
  CHECK(again.load_numbers(1) == std::vector<double>{1.0});
  again.remove();
  CHECK(!std::filesystem::exists(shards));
}

TEST_CASE("a shard that another run has left is done again, whichever part of its key is another") {
  const test::Folder folder("checkpoint-foreign");
  const auto own = folder / "own.h5", other = folder / "other.h5";
  { Checkpoint(own, key, Checkpoint::Start::fresh).save_numbers(0, {1.0}); }
  CheckpointKey renamed = key;
  renamed[1].first = "weights";
  for (const CheckpointKey& theirs : {with(0, "[run]\n"), with(1, "00fe"), with(2, "8"), renamed}) {
    { Checkpoint(other, theirs, Checkpoint::Start::fresh).save_numbers(7, {2.0}); }
    std::filesystem::copy_file(Checkpoint::folder_of(other) / "unit-7.shard",
                               Checkpoint::folder_of(own) / "unit-7.shard");
    const Checkpoint again(own, key, Checkpoint::Start::resume);
    CHECK(again.finished() == std::vector<std::uint64_t>{0});
    CHECK(again.damaged() == 1);
  }
}

TEST_CASE("several threads save their units") {
  const test::Folder folder("checkpoint-threads");
  Checkpoint checkpoint(folder / "run.h5", key, Checkpoint::Start::fresh);
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t)
    threads.emplace_back([&checkpoint, t] {
      for (std::uint64_t k = 0; k < 10; ++k)
        checkpoint.save_numbers(4 * k + t, {static_cast<double>(4 * k + t)});
    });
  for (auto& thread : threads) thread.join();
  const Checkpoint again(folder / "run.h5", key, Checkpoint::Start::resume);
  REQUIRE(again.finished().size() == 40);
  for (std::uint64_t unit = 0; unit < 40; ++unit)
    CHECK(again.load_numbers(unit)[0] == static_cast<double>(unit));
}

TEST_CASE("what nobody's run has put into the folder is neither removed nor waited for") {
  const test::Folder folder("checkpoint-others");
  const auto result = folder / "run.h5", shards = Checkpoint::folder_of(result);
  const auto refused = [&] {
    CHECK_THROWS_WITH_AS(Checkpoint(result, key, Checkpoint::Start::fresh),
                         doctest::Contains("holds 'thesis.txt', which no run has put there"), InputError);
    CHECK(test::bytes_of(shards / "thesis.txt") == "mine");
  };
  std::filesystem::create_directory(shards);
  std::ofstream(shards / "thesis.txt") << "mine";
  refused();
  {
    Checkpoint beside(result, key, Checkpoint::Start::resume);
    beside.save_numbers(3, {1.0});
    refused();
    CHECK(std::filesystem::exists(shards / "unit-3.shard"));
    CHECK(discard_checkpoint(shards) == std::errc::directory_not_empty);
  }
  refused();
  CHECK(!std::filesystem::exists(shards / "unit-3.shard"));
  CHECK(!std::filesystem::exists(shards / "key.json"));

  // A link to the folder: the units go, the folder that it leads to stays.
  const auto other = folder / "other.h5", link = Checkpoint::folder_of(other);
  std::filesystem::create_directory_symlink(shards, link);
  Checkpoint linked(other, key, Checkpoint::Start::resume);
  linked.save_numbers(4, {1.0});
  linked.remove();
  CHECK(!std::filesystem::is_symlink(link));
  CHECK(test::bytes_of(shards / "thesis.txt") == "mine");
  CHECK(!std::filesystem::exists(shards / "unit-4.shard"));

  std::filesystem::remove(shards / "thesis.txt");
  Checkpoint piped(result, key, Checkpoint::Start::fresh);
  REQUIRE(::mkfifo((shards / "unit-5.shard").c_str(), 0600) == 0);
  CHECK(Checkpoint(result, key, Checkpoint::Start::resume).damaged() == 1);
  std::filesystem::remove(shards / "key.json");
  REQUIRE(::mkfifo((shards / "key.json").c_str(), 0600) == 0);
  CHECK_THROWS_WITH_AS(Checkpoint(result, key, Checkpoint::Start::resume), doctest::Contains("key.json"),
                       InputError);
}
