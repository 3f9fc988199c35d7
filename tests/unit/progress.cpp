// What a long computation says of its advance: rates and the time left, with a clock of the test's own.
#include "engine/base/progress.hpp"

#include <doctest/doctest.h>

#include <cmath>

using namespace spillway;

TEST_CASE("a counted stage goes by its own rate") {
  ProgressMeter meter;
  meter.begin("draws", 10.0);
  CHECK(std::isnan(meter.status(10.0).remaining));
  meter.advance({"draws", 2000.0, 10000.0, "replicates"}, 14.0);
  const ProgressStatus status = meter.status(14.0);
  CHECK(status.stage == "draws");
  CHECK(status.rate == doctest::Approx(500.0));
  CHECK(status.remaining == doctest::Approx(16.0));
  CHECK(status.elapsed == doctest::Approx(4.0));
}

TEST_CASE("what an earlier call left behind is not speed") {
  ProgressMeter meter;
  meter.begin("draws", 0.0);
  meter.advance({"draws", 6000.0, 10000.0, "replicates", 4000.0}, 10.0);
  CHECK(meter.status(10.0).rate == doctest::Approx(200.0));
  CHECK(meter.status(10.0).remaining == doctest::Approx(20.0));
}

TEST_CASE("finished stages scale the plan of those ahead") {
  ProgressMeter meter;
  meter.plan({{"scenario a", 9.0, 900.0, "area-draws"},
              {"scenario b", 9.0, 900.0, "area-draws"},
              {"store", 1.0, 0.0, ""}},
             0.0);
  CHECK(meter.status(0.0).remaining == doctest::Approx(19.0));
  meter.begin("scenario a", 0.0);
  CHECK(meter.status(4.0).remaining == doctest::Approx(15.0));
  CHECK(meter.status(50.0).remaining == doctest::Approx(10.0));  // late, but what is ahead is still ahead
  meter.end("scenario a", 19.0);
  // 9 s were planned and 19 s taken; with the second of agreement twice as slow.
  const ProgressStatus status = meter.status(19.0);
  CHECK(status.remaining == doctest::Approx(20.0));
  CHECK(status.finished == 1);
  CHECK(status.planned == 3);
  CHECK(status.rate == doctest::Approx(900.0 / 19.0));
  CHECK(status.rate_unit == "area-draws");
}

TEST_CASE("stages without a cost model go by the rate of those that counted in the same unit") {
  ProgressMeter meter;
  meter.plan({{"design a", 0.0, 200.0, "worlds"}, {"design b", 0.0, 200.0, "worlds"}}, 0.0);
  CHECK(std::isnan(meter.status(0.0).remaining));
  meter.begin("design a", 0.0);
  meter.advance({"design a", 50.0, 200.0, "worlds"}, 5.0);
  CHECK(meter.status(5.0).remaining == doctest::Approx(15.0 + 20.0));
}

TEST_CASE("stages at work side by side are named together, and none is judged where nothing is known") {
  ProgressMeter meter;
  meter.begin("model a", 1.0);
  meter.begin("model b", 1.0);
  CHECK(meter.status(2.0).stage == "model a, model b");
  meter.end("model a", 3.0);
  CHECK(meter.status(3.0).stage == "model b");
  CHECK(std::isnan(meter.status(3.0).remaining));
}

TEST_CASE(
    "worlds are not judged by the rate of replicates, and one stage that cannot be judged leaves the whole "
    "unjudged") {
  ProgressMeter meter;
  meter.plan({{"draws", 0.0, 100.0, "replicates"}, {"design", 0.0, 200.0, "worlds"}}, 0.0);
  meter.begin("draws", 0.0);
  meter.advance({"draws", 50.0, 100.0, "replicates"}, 5.0);
  CHECK(std::isnan(meter.status(5.0).remaining));
  meter.begin("design", 10.0);
  meter.advance({"design", 40.0, 200.0, "worlds"}, 20.0);
  meter.end("draws", 20.0);
  CHECK(meter.status(20.0).remaining == doctest::Approx(40.0));
}

TEST_CASE(
    "a stage that counts without having begun begins there, one that ends twice ended the first time, and "
    "one outside the plan is not counted") {
  ProgressMeter meter;
  meter.plan({{"a", 2.0, 0.0, ""}, {"b", 2.0, 0.0, ""}}, 0.0);
  meter.begin("a", 0.0);
  meter.end("a", 2.0);
  meter.end("a", 50.0);
  CHECK(meter.status(50.0).remaining == doctest::Approx(2.0));
  meter.begin("extra", 50.0);
  meter.end("extra", 51.0);
  CHECK(meter.status(51.0).planned == 2);
  CHECK(meter.status(51.0).finished == 1);
  ProgressMeter counted;
  counted.begin("before", 0.0);
  counted.advance({"draws", 0.0, 100.0, "replicates"}, 60.0);
  CHECK(counted.status(60.0).stage == "before, draws");
  counted.advance({"draws", 50.0, 100.0, "replicates"}, 70.0);
  CHECK(counted.status(70.0).rate == doctest::Approx(5.0));
  CHECK(counted.status(70.0).remaining == doctest::Approx(10.0));
}

TEST_CASE("times and amounts read as people say them") {
  CHECK(duration_words(3.2) == "4 s");
  CHECK(duration_words(59.0) == "59 s");
  CHECK(duration_words(200.0) == "3 min 20 s");
  CHECK(duration_words(7530.0) == "2 h 05 min");
  CHECK(duration_words(std::nan("")) == "?");
  CHECK(amount_words(2.5) == "2.5");
  CHECK(amount_words(12345.0) == "12,345");
  CHECK(amount_words(78.1e6) == "78.1 million");
  CHECK(amount_words(1000.0) == "1,000");
  CHECK(amount_words(2.5e9) == "2.5 billion");
}
