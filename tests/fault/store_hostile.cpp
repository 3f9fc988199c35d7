// Result files that were changed, or made to mislead: every reader refuses them by name or reads what is in
// them, and nothing from elsewhere.
#include <doctest/doctest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <functional>

#include "engine/store/merge_runs.hpp"
#include "tests/support/hdf5_edit.hpp"
#include "tests/support/read_all.hpp"
#include "tests/support/store_world.hpp"

using namespace spillway;

namespace {

void write_small(const std::filesystem::path& path) {
  RunWriter writer(path);
  test::write_small_run(writer);
  // What `run` writes beside them, by path.
  const std::vector<double> growth = {0.1, 0.2, 0.3, 0.4};
  writer.write({"/scenarios/ring_fence/counterfactual/growth", {"area"}, "1", "growth"}, growth.data(), {4});
  writer.commit();
}

/// Words of libraries, which no message may hold.
void check_words(const std::string& message) {
  for (const char* word :
       {"std::", "vector::", "variant", "json.exception", "basic_", "bad_alloc", "_M_range"})
    CHECK_MESSAGE(message.find(word) == std::string::npos, message);
}

/// What reading `path`, without a seal or with one, says; "" where all of it was read.
std::string what_reading_says(const std::filesystem::path& path) {
  try {
    test::read_all(RunReader(path, Unsealed::try_it));
  } catch (const InputError& error) {
    return error.what();
  } catch (const StoreError& error) {
    return error.what();
  }
  return "";
}

/// What the file was before its seal.
void strip_seal(const std::filesystem::path& path) {
  const std::string bytes = test::bytes_of(path);
  std::uint64_t before = 0;
  std::memcpy(&before, &bytes[bytes.size() - 24], sizeof before);
  std::filesystem::resize_file(path, before);
}

/// As `inspect --verify` finds it.
std::vector<Damage> damages_of(const std::filesystem::path& path) {
  try {
    return verify(path);
  } catch (const InputError& error) {
    return {{"/", error.what()}};
  }
}

using Edit = std::function<void(test::Hdf5Edit&)>;

/// A small result without its seal, changed.
struct Changed {
  test::Folder folder{"store-hostile"};
  std::filesystem::path path = folder / "run.h5";
  explicit Changed(const Edit& edit) {
    write_small(path);
    strip_seal(path);
    test::Hdf5Edit file(path);
    edit(file);
  }
};

Edit numbers_at(const std::string& path, const std::vector<hsize_t>& shape, double value = 0.5) {
  return [=](test::Hdf5Edit& file) { file.numbers(path, shape, value); };
}
Edit texts_at(const std::string& path, const std::vector<std::string>& texts) {
  return [=](test::Hdf5Edit& file) { file.texts(path, texts); };
}

const std::string spillover = "/estimates/spillover/corrected_score", ring = "/scenarios/ring_fence";

}  // namespace

TEST_CASE("shapes that do not fit each other are refused, and the dataset is named") {
  const std::vector<std::string> many(500, "x");
  const std::pair<std::string, Edit> cases[] = {
      {"/areas/population", numbers_at("/areas/population", {1805})},
      {"/draws/value", texts_at("/draws/parameter", {"a"})},
      {"/draws/status", numbers_at("/draws/status", {3, 2, 2, 2}, 0.0)},
      {spillover + "/estimate", numbers_at(spillover + "/estimate", {0})},
      {spillover + "/high", numbers_at(spillover + "/high", {0})},
      {spillover + "/covariance", numbers_at(spillover + "/covariance", {3, 2})},
      {spillover + "/estimate", texts_at(spillover + "/coefficient", many)},
      {ring + "/cost", numbers_at(ring + "/cost", {})},
      {ring + "/area/uplift/mean", numbers_at(ring + "/area/uplift/mean", {0})},
      {ring + "/area/uplift/quantile", numbers_at(ring + "/area/uplift/level", {30})},
      {ring + "/area/uplift/level", numbers_at(ring + "/area/uplift/level", {3}, 7.0)},
      {ring + "/aggregate/uplift/area_type/value",
       numbers_at(ring + "/aggregate/uplift/area_type/value", {2, 2, 3, 2})},
      {ring + "/aggregate/uplift/area_type/value",
       numbers_at(ring + "/aggregate/uplift/area_type/period", {500}, 1.0)},
      {ring + "/aggregate/uplift/area_type/period",
       numbers_at(ring + "/aggregate/uplift/area_type/period", {0})},
      {ring + "/aggregate/uplift/area_type/period",
       numbers_at(ring + "/aggregate/uplift/area_type/period", {2}, 1e300)},
      {ring + "/aggregate/uplift/area_type/value",
       texts_at(ring + "/aggregate/uplift/area_type/group", many)},
      {ring + "/aggregate/uplift/area_type/value",
       numbers_at(ring + "/aggregate/uplift/area_type/value", {7, 2, 3})},
      {ring + "/replicate", numbers_at(ring + "/replicate", {2}, 1073741824.0)},
      {ring + "/parameters/unit", texts_at(ring + "/parameters/parameter", {"a", "b", "c"})},
      {"/appraisal/ring_fence/npsv", numbers_at("/appraisal/ring_fence/npsv", {5})},
      {"/run/stages/seconds", numbers_at("/run/stages/seconds", {9})},
      {"/run/truth/value", numbers_at("/run/truth/value", {0})},
      {"/run/config", texts_at("/run/config", {})},
      {"/sensitivity/morris", numbers_at("/sensitivity/morris/mu_star", {3})},
  };
  for (const auto& one : cases) {
    const std::string named = one.first;
    const Changed changed(one.second);
    const std::string message = what_reading_says(changed.path);
    INFO(named << ": " << message);
    CHECK(message.find("'" + named) != std::string::npos);
    check_words(message);
    CHECK_FALSE(damages_of(changed.path).empty());
  }
}

TEST_CASE(
    "values that are kept elsewhere are refused: external storage, links, other datasets put together") {
  const test::Folder folder("store-elsewhere");
  std::ofstream(folder / "secret.txt") << "TOP-SECRET-TOKEN-12345";
  const std::string secret = folder / "secret.txt";
  const auto external = [&](test::Hdf5Edit& file) {
    const hid_t properties = test::must(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_external(properties, secret.c_str(), 0, 22);
    const hid_t type = test::must(H5Tcopy(H5T_C_S1));
    H5Tset_size(type, 22);
    file.put("/inputs/publisher", type, {1}, properties, nullptr);
    H5Tclose(type);
  };
  const auto numbers_elsewhere = [&](test::Hdf5Edit& file) {
    const hid_t properties = test::must(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_external(properties, secret.c_str(), 0, 16);
    file.put("/draws/status", H5T_NATIVE_UINT8, {3}, properties, nullptr);
  };
  const auto link = [&](test::Hdf5Edit& file) {
    write_small(folder / "other.h5");
    file.remove("/appraisal");
    test::must(H5Lcreate_external((folder / "other.h5").c_str(), "/appraisal", file.file(), "/appraisal",
                                  H5P_DEFAULT, H5P_DEFAULT));
  };
  const auto soft = [&](test::Hdf5Edit& file) {
    file.remove("/draws/status");
    test::must(H5Lcreate_soft("/areas/population", file.file(), "/draws/status", H5P_DEFAULT, H5P_DEFAULT));
  };
  const auto together = [&](test::Hdf5Edit& file) {
    const hid_t properties = test::must(H5Pcreate(H5P_DATASET_CREATE));
    const hsize_t length = 4;
    const hid_t space = test::must(H5Screate_simple(1, &length, nullptr));
    write_small(folder / "source.h5");
    test::must(H5Pset_virtual(properties, space, (folder / "source.h5").c_str(), "/areas/population", space));
    H5Sclose(space);
    file.put("/areas/population", H5T_NATIVE_DOUBLE, {4}, properties, nullptr);
  };
  const auto filter = [&](test::Hdf5Edit& file) {
    const hid_t properties = test::must(H5Pcreate(H5P_DATASET_CREATE));
    const hsize_t chunk = 4;
    H5Pset_chunk(properties, 1, &chunk);
    H5Pset_fletcher32(properties);
    const std::vector<double> values(4, 1.0);
    file.put("/areas/population", H5T_NATIVE_DOUBLE, {4}, properties, values.data());
  };
  const auto compound = [&](test::Hdf5Edit& file) {
    const hid_t type = test::must(H5Tcreate(H5T_COMPOUND, 16));
    H5Tinsert(type, "a", 0, H5T_NATIVE_DOUBLE);
    const std::vector<char> values(64);
    file.put("/areas/population", type, {4}, H5P_DEFAULT, values.data());
    H5Tclose(type);
  };
  const std::pair<std::string, Edit> cases[] = {
      {"'/inputs/publisher'", external},
      {"'/draws/status'", numbers_elsewhere},
      {"'/appraisal'", link},
      {"'/draws/status'", soft},
      {"'/areas/population'", together},
      {"'/areas/population'", filter},
      {"'/areas/population'", compound},
      {"'/areas/population'", [](test::Hdf5Edit& file) { file.claim("/areas/population", {1ull << 40}); }},
      {"'/areas/population'", [](test::Hdf5Edit& file) { file.claim("/areas/population", {4}); }},
      {"'/draws/value'",
       [](test::Hdf5Edit& file) {
         file.claim("/draws/value", {1ull << 40, 2});
       }},
  };
  for (const auto& one : cases) {
    const std::string named = one.first;
    const Changed changed(one.second);
    const std::string message = what_reading_says(changed.path);
    INFO(named << ": " << message);
    CHECK(message.find(named) != std::string::npos);
    CHECK(message.find("SECRET") == std::string::npos);
    check_words(message);
    CHECK_FALSE(damages_of(changed.path).empty());
  }
}

TEST_CASE("loops and nests end with damage") {
  const Edit cases[] = {
      [](test::Hdf5Edit& file) {
        test::must(H5Lcreate_hard(file.file(), "/", file.file(), "/loop", H5P_DEFAULT, H5P_DEFAULT));
      },
      [](test::Hdf5Edit& file) {
        test::must(H5Lcreate_hard(file.file(), "/scenarios", file.file(), "/scenarios/again", H5P_DEFAULT,
                                  H5P_DEFAULT));
      },
      [](test::Hdf5Edit& file) {
        hid_t at = test::must(H5Gopen2(file.file(), "/", H5P_DEFAULT));
        for (int depth = 0; depth < 3'000; ++depth) {
          const hid_t next = test::must(H5Gcreate2(at, "g", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
          H5Gclose(at);
          at = next;
        }
        H5Gclose(at);
      },
      [](test::Hdf5Edit& file) {  // a member that is the file itself
        const hid_t group =
            test::must(H5Gcreate2(file.file(), "/members", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Gclose(test::must(H5Gcreate2(group, "o", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
        H5Gclose(group);
        file.text_attribute("/members/o", "linked_file", "run.h5");
        file.whole_attribute("/members/o", "linked_sum", 1);
        test::must(
            H5Lcreate_external("run.h5", "/run", file.file(), "/members/o/run", H5P_DEFAULT, H5P_DEFAULT));
      },
  };
  for (const Edit& edit : cases) {
    const Changed changed(edit);
    const auto damages = damages_of(changed.path);
    REQUIRE_FALSE(damages.empty());
    for (const auto& damage : damages) check_words(damage.what);
    CHECK_FALSE(what_reading_says(changed.path).empty());
  }
}

TEST_CASE("a linked member is read in the merged file's own folder and nowhere else") {
  const test::Folder folder("store-members");
  std::filesystem::create_directories(folder / "in/members");
  write_small(folder / "in/members/0001.h5");
  write_small(folder / "outside.h5");
  MergeOptions options;
  options.how = MergeOptions::How::link;
  merge_runs({{"0001", folder / "in/members/0001.h5", {}}}, folder / "in/all.h5", {}, options);
  {
    const RunReader reader(folder / "in/all.h5");
    CHECK(reader.numbers("/members/0001/appraisal/ring_fence/npsv").value == std::vector<double>{2.0, 5.0});
    CHECK(reader.children("/members/0001/scenarios") == std::vector<std::string>{"ring_fence"});
  }
  CHECK(verify(folder / "in/all.h5").empty());
  CHECK_THROWS_AS(merge_runs({{"0001", folder / "outside.h5", {}}}, folder / "in/other.h5", {}, options),
                  InputError);
  const std::vector<std::string> targets = {"../outside.h5", (folder / "outside.h5").string(),
                                            "members/../../outside.h5", "", "."};
  for (const std::string& target : targets) {
    {
      if (verify(folder / "in/all.h5").empty()) strip_seal(folder / "in/all.h5");
      test::Hdf5Edit file(folder / "in/all.h5");
      file.text_attribute("/members/0001", "linked_file", target);
    }
    const RunReader changed(folder / "in/all.h5", Unsealed::try_it);
    INFO(target);
    CHECK_THROWS_AS(changed.numbers("/members/0001/appraisal/ring_fence/npsv"), StoreError);
    CHECK_FALSE(verify(folder / "in/all.h5").empty());
  }
}

TEST_CASE("a format that is no version is no result of any version") {
  for (const char* version :
       {"", "one", "1", "1.", "1.x", "-1.1", "1.1.1", "0.9", "1.111111111111111111111"}) {
    const Changed changed(
        [&](test::Hdf5Edit& file) { file.text_attribute("/run", "format_version", version); });
    INFO(version);
    CHECK(what_reading_says(changed.path).find("format_version") != std::string::npos);
  }
}

TEST_CASE("attributes of another type or length are refused in our own words") {
  const std::pair<std::string, std::string> attributes[] = {
      {"/run", "format_version"},
      {"/run", "complete"},
      {"/run", "name"},
      {"/run", "seed"},
      {"/run", "threads"},
      {"/draws", "failed"},
      {spillover, "level"},
      {spillover, "model"},
      {spillover, "observations"},
      {spillover, "equal_rho_wald"},
      {ring + "/area/uplift/mean", "units"},
      {ring + "/aggregate/uplift/area_type/value", "units"},
      {"/manifest", "crc32c"}};
  for (const auto& one : attributes)
    for (const int way : {0, 1, 2, 3}) {
      const std::string path = one.first, name = one.second;
      const Changed changed([&](test::Hdf5Edit& file) {
        if (way == 0) file.number_attribute(path, name, 0.5, {3});
        if (way == 1) file.text_attribute(path, name, "\xff\xfe not a word");
        if (way == 2) file.remove_attribute(path, name);
        if (way == 3) file.number_attribute(path, name, 0.25);
      });
      INFO(path << " " << name << " " << way);
      check_words(what_reading_says(changed.path));
      for (const auto& damage : damages_of(changed.path)) check_words(damage.what);
    }
}

TEST_CASE(
    "every dataset removed, emptied, made longer, of another rank or type, or claimed: no reader breaks") {
  const test::Folder folder("store-mutants");
  write_small(folder / "whole.h5");
  strip_seal(folder / "whole.h5");
  std::vector<StoredObject> objects = RunReader(folder / "whole.h5").objects();
  long mutants = 0, refused = 0;
  for (const auto& object : objects) {
    if (object.group) continue;
    const hsize_t first = object.shape.empty() ? 1 : static_cast<hsize_t>(object.shape[0]);
    std::vector<hsize_t> longer(object.shape.begin(), object.shape.end()), deeper = longer;
    if (longer.empty()) longer.push_back(5);
    longer[0] += 3;
    deeper.push_back(2);
    const std::vector<std::string> few(first > 1 ? first - 1 : 2, "text");
    const Edit edits[] = {
        [&](test::Hdf5Edit& file) { file.remove(object.path); },
        numbers_at(object.path, {0}),
        numbers_at(object.path, longer),
        numbers_at(object.path, deeper),
        numbers_at(object.path, {}),
        numbers_at(object.path, {first}, std::numeric_limits<double>::quiet_NaN()),
        numbers_at(object.path, {first}, -1e300),
        texts_at(object.path, few),
        texts_at(object.path, {}),
        [&](test::Hdf5Edit& file) { file.claim(object.path, {1ull << 40}); },
        [&](test::Hdf5Edit& file) {
          file.remove(object.path);
          H5Gclose(test::must(
              H5Gcreate2(file.file(), object.path.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT)));
        },
    };
    for (std::size_t k = static_cast<std::size_t>(mutants) % 3; k < std::size(edits); k += 3) {
      const auto path = folder / "mutant.h5";
      std::filesystem::copy_file(folder / "whole.h5", path,
                                 std::filesystem::copy_options::overwrite_existing);
      {
        test::Hdf5Edit file(path);
        edits[k](file);
      }
      INFO(object.path << ", way " << k);
      const std::string message = what_reading_says(path);
      check_words(message);
      refused += !message.empty();
      ++mutants;
    }
  }
  MESSAGE(mutants << " mutants, " << refused << " refused by name, the others read");
  CHECK(mutants > 300);
  CHECK(refused > 150);
}

TEST_CASE(
    "without its seal a file is refused unless it is asked for, and then it is still held against itself") {
  const test::Folder folder("store-unsealed");
  write_small(folder / "run.h5");
  strip_seal(folder / "run.h5");
  CHECK(RunReader(folder / "run.h5").run().name == "small");  // all of it is what its manifests say
  {
    test::Hdf5Edit file(folder / "run.h5");
    file.text_attribute("/areas", "note", "added by somebody");
  }
  CHECK_THROWS_WITH_AS(RunReader(folder / "run.h5"), doctest::Contains("its seal is missing"), StoreError);
  CHECK(RunReader(folder / "run.h5", Unsealed::try_it).run().name == "small");
}

TEST_CASE(
    "opened for writing elsewhere and closed, or left open by a process that died: it is whole and is read") {
  const test::Folder folder("store-open");
  const auto path = folder / "run.h5";
  write_small(path);
  const std::string before = test::bytes_of(path);
  { test::Hdf5Edit file(path); }                       // opened, nothing written, closed
  CHECK(test::bytes_of(path).size() < before.size());  // the seal is cut off
  CHECK(RunReader(path).run().name == "small");

  std::ofstream(path, std::ios::binary) << before;
  const auto die_with_it_open = [&](const std::function<void(test::Hdf5Edit&)>& first) {
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) {
      auto* file = new test::Hdf5Edit(path);
      first(*file);
      ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
  };
  die_with_it_open([](test::Hdf5Edit&) {});
  CHECK((test::bytes_of(path) != before));  // the mark
  CHECK(verify(path).empty());
  CHECK(RunReader(path).run().name == "small");

  // One that wrote before it died is told apart.
  die_with_it_open([](test::Hdf5Edit& file) {
    const hid_t dataset = test::must(H5Dopen2(file.file(), "/draws/value", H5P_DEFAULT));
    const std::vector<double> values(6, 7.0);
    test::must(H5Dwrite(dataset, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()));
    H5Dclose(dataset);
    H5Fflush(file.file(), H5F_SCOPE_GLOBAL);
  });
  CHECK_THROWS_AS(RunReader{path}, StoreError);
  CHECK_FALSE(verify(path).empty());
}

TEST_CASE("a result that another process has open for writing is told apart from a damaged one") {
  const test::Folder folder("store-in-use");
  const auto path = folder / "run.h5";
  write_small(path);
  const int held = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  REQUIRE(::flock(held, LOCK_EX | LOCK_NB) == 0);
  CHECK_THROWS_WITH_AS(RunReader{path}, doctest::Contains("it is in use by another process"), StoreError);
  const auto damages = verify(path);
  REQUIRE(damages.size() == 1);
  CHECK(damages[0].what.find("damaged") == std::string::npos);
  ::close(held);
  CHECK(verify(path).empty());
}
