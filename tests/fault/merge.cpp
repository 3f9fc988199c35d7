// Merging when it is told to stop, and when a member is not what it was: nothing is left, a former result
// stays.
#include <doctest/doctest.h>

#include <map>

#include "engine/store/merge_runs.hpp"
#include "engine/store/raw_copy.hpp"
#include "tests/support/hdf5_edit.hpp"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

std::vector<MemberRun> write_members(const test::Folder& folder, int count) {
  std::vector<MemberRun> members;
  for (int k = 0; k < count; ++k) {
    members.push_back({"000" + std::to_string(k + 1), folder / ("000" + std::to_string(k + 1) + ".h5"), {}});
    RunWriter writer(members.back().file);
    test::write_small_run(writer);
    writer.commit();
  }
  return members;
}

}  // namespace

TEST_CASE(
    "a merge that is told to stop says how far it was, leaves nothing and the former result as it was") {
  const test::Folder folder("merge-stop");
  const auto members = write_members(folder, 3);
  const auto output = folder / "all.h5";
  merge_runs(members, output, {});
  const std::string former = test::bytes_of(output);
  for (const auto how : {MergeOptions::How::copy, MergeOptions::How::link}) {
    // 3 members are read, 3 verified, 3 merged; the question is asked before each.
    for (const int stop_at : {0, 4, 7, 8}) {
      MergeOptions options;
      options.how = how;
      int asked = 0;
      options.interrupted = [&] { return asked++ >= stop_at; };
      std::string message;
      try {
        merge_runs(members, output, {}, options);
      } catch (const Interrupted& error) {
        message = error.what();
      }
      if (stop_at == 8) CHECK(message == "interrupted when 2 of 3 members were merged; nothing is written");
      if (stop_at == 4) CHECK(message == "interrupted when 1 of 3 members were verified; nothing is written");
      CHECK(message.find("nothing is written") != std::string::npos);
      CHECK(test::bytes_of(output) == former);
      CHECK(folder.names().size() == 4);
    }
  }
}

TEST_CASE("a merge removes what a killed one of the same output has left, and nothing else") {
  const test::Folder folder("merge-killed");
  const auto members = write_members(folder, 1);
  // No process has so high a number; another output's file, and a name that is no number, are not ours to
  // judge.
  for (const char* name :
       {"all.h5.tmp-999999999", "all.h5.tmp-999999998", "all.h5.tmp-x", "other.h5.tmp-999999999"})
    std::ofstream(folder / name) << "half a merge";
  for (const auto how : {MergeOptions::How::copy, MergeOptions::How::link}) {
    MergeOptions options;
    options.how = how;
    std::ofstream(folder / "all.h5.tmp-999999997") << "half a merge";
    merge_runs(members, folder / "all.h5", {}, options);
    std::vector<std::string> names = folder.names();
    std::sort(names.begin(), names.end());
    CHECK(names == std::vector<std::string>{"0001.h5", "all.h5", "all.h5.tmp-x", "other.h5.tmp-999999999"});
  }
}

TEST_CASE("a member that an objection is raised against is named with it, and every other is still asked") {
  const test::Folder folder("merge-objection");
  const auto members = write_members(folder, 3);
  MergeOptions options;
  options.objection = [](const MemberRun& member, const RunReader& reader) {
    return member.name == "0002" ? std::string() : "has seed " + std::to_string(reader.run().seed);
  };
  std::string message;
  try {
    merge_runs(members, folder / "all.h5", {}, options);
  } catch (const InputError& error) {
    message = error.what();
  }
  CHECK(message.find("0001.h5") != std::string::npos);
  CHECK(message.find("0002.h5") == std::string::npos);
  CHECK(message.find("0003.h5: has seed ") != std::string::npos);
  CHECK(folder.names().size() == 3);
}

TEST_CASE(
    "one flipped byte anywhere in the numbers of a copied or linked member is found and its dataset named") {
  const test::Folder folder("merge-flip");
  const auto members = write_members(folder, 2);
  merge_runs(members, folder / "all.h5", {});
  MergeOptions options;
  options.how = MergeOptions::How::link;
  merge_runs(members, folder / "linked.h5", {}, options);
  CHECK(verify(folder / "all.h5").empty());
  CHECK(verify(folder / "linked.h5").empty());
  const auto cost_of = [](const std::filesystem::path& file, const std::string& group) {
    return RunReader(file).numbers(group + "/scenarios/ring_fence/cost").value;
  };
  const auto expected = cost_of(members[1].file, "");
  CHECK(cost_of(folder / "linked.h5", "/members/0002") == expected);
  CHECK(cost_of(folder / "all.h5", "/members/0002") == expected);

  const auto flip = [&](const std::filesystem::path& file, double value) {  // in the first such number
    std::string bytes = test::bytes_of(file);
    const std::string pattern(reinterpret_cast<const char*>(&value), sizeof value);
    const std::size_t at = bytes.rfind(pattern);
    REQUIRE(at != std::string::npos);
    bytes[at + 3] = static_cast<char>(bytes[at + 3] ^ 0x10);
    std::ofstream(file, std::ios::binary) << bytes;
  };
  const double cost = 5.0;  // of /scenarios/ring_fence/cost alone
  flip(folder / "all.h5", cost);
  const auto in_copy = verify(folder / "all.h5");
  REQUIRE(in_copy.size() == 2);  // both members that agree in it, and so share it
  for (const auto& damage : in_copy) CHECK(damage.object.rfind("/members/000", 0) == 0);
  flip(members[1].file, cost);
  const auto in_link = verify(folder / "linked.h5");
  REQUIRE(in_link.size() == 1);
  CHECK(in_link[0].object.rfind("/members/0002/", 0) == 0);
  CHECK_THROWS_AS(merge_runs(members, folder / "again.h5", {}), InputError);
}

namespace {

/// Its numbers as bytes: one NaN is as another.
std::string bits_of(const RunReader& reader, const std::string& path) {
  const std::vector<double> values = reader.numbers(path).value;
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double)};
}

/// Everything but the manifests that a member and its copy show: shapes, axes, units, values.
void check_same(const std::filesystem::path& member, const std::filesystem::path& merged,
                const std::string& prefix) {
  const RunReader there(member), here(merged);
  std::map<std::string, StoredObject> copies;
  for (const StoredObject& object : here.objects()) copies[object.path] = object;
  std::size_t datasets = 0;
  for (const StoredObject& object : there.objects()) {
    if (object.path == "/" || object.path.find("/manifest") != std::string::npos) continue;
    INFO(object.path);
    REQUIRE(copies.contains(prefix + object.path));
    const StoredObject& copy = copies[prefix + object.path];
    CHECK(copy.group == object.group);
    CHECK(copy.shape == object.shape);
    CHECK(copy.dimensions == object.dimensions);
    CHECK(copy.type == object.type);
    CHECK(copy.unit == object.unit);
    CHECK(copy.long_name == object.long_name);
    if (object.group) continue;
    ++datasets;
    if (object.type == "text")
      CHECK(here.texts(prefix + object.path) == there.texts(object.path));
    else if (!object.position)
      CHECK(bits_of(here, prefix + object.path) == bits_of(there, object.path));
  }
  CHECK(datasets > 2);
}

void write_packed(const std::filesystem::path& path) {
  const std::vector<double> numbers(700'001, 1.5);
  RunWriter writer(path, {Existing::replace, Packing::gzip, 1, {2}});
  writer.write_run(test::small_record());
  writer.write({"/x/a", {"row", "column"}, "1", "numbers"}, numbers.data(), {700'001, 1});
  writer.commit();
}

bool copied_raw(const std::filesystem::path& path, const std::vector<std::uint64_t>& headers) {
  std::vector<RawChild> children;
  for (const std::uint64_t header : headers) children.push_back({header, "manifest"});
  const Descriptor opened = open_to_read(path);
  return plan_raw_copy(RawFile(opened.get(), path), children).has_value();
}

std::uint64_t address_of(const std::filesystem::path& path, const std::string& object) {
  const hid_t file = test::must(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT));
  H5O_info_t info{};
  test::must(H5Oget_info_by_name2(file, object.c_str(), &info, H5O_INFO_BASIC, H5P_DEFAULT));
  H5Fclose(file);
  return info.addr;
}

/// Where object headers begin, but for the root's, which has more groups than fit without an index.
std::vector<std::uint64_t> headers_of(const std::filesystem::path& path) {
  const std::string bytes = test::bytes_of(path);
  std::vector<std::uint64_t> found;
  for (std::size_t at = bytes.find("OHDR"); at != std::string::npos; at = bytes.find("OHDR", at + 1))
    found.push_back(at);
  found.erase(found.begin());
  return found;
}

}  // namespace

TEST_CASE(
    "copies are their members object by object: bytes with moved addresses, or by HDF5 where values are "
    "packed") {
  const test::Folder folder("merge-same");
  auto members = write_members(folder, 2);
  members.push_back({"0003", folder / "0003.h5", {}});
  write_packed(members.back().file);
  CHECK(copied_raw(members[0].file, headers_of(members[0].file)));
  CHECK_FALSE(copied_raw(members[2].file, headers_of(members[2].file)));
  CHECK_FALSE(copied_raw(members[0].file, {0}));
  // A dataset alone leads to axes that would be in no group of the copy.
  CHECK_FALSE(copied_raw(members[0].file, {address_of(members[0].file, "/scenarios/ring_fence/cost")}));
  merge_runs(members, folder / "all.h5", {});
  for (const MemberRun& member : members)
    check_same(member.file, folder / "all.h5", "/members/" + member.name);
  CHECK(verify(folder / "all.h5").empty());
}

TEST_CASE("a byte changed anywhere in a member never leads its raw copy astray, and in a header is refused") {
  const test::Folder folder("merge-bytes");
  const auto members = write_members(folder, 1);
  const std::string whole = test::bytes_of(members[0].file);
  const auto changed = folder / "changed.h5";
  const std::vector<std::uint64_t> headers = headers_of(members[0].file);
  std::size_t refused = 0, tried = 0;
  for (std::size_t at = 0; at < whole.size(); at += 97) {
    std::string bytes = whole;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << (at % 8)));
    std::ofstream(changed, std::ios::binary) << bytes;
    ++tried;
    if (!copied_raw(changed, headers)) ++refused;
  }
  CHECK(refused * 4 > tried);  // headers are summed; texts and numbers are not, their manifests are
}
