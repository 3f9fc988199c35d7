#include "engine/base/written_number.hpp"

#include <doctest/doctest.h>

using namespace spillway;

TEST_CASE("a number is read as people write it") {
  CHECK(written_number("25 %") == 0.25);
  CHECK(written_number("GBP 300m") == 300e6);
  CHECK(written_number("10k") == 10000.0);
  CHECK(written_number("1,000") == 1000.0);
  CHECK(written_number("2.000.000") == 2e6);
  CHECK(written_number("0,25") == 0.25);
  CHECK(written_number("2,5e6") == 2.5e6);
  CHECK(written_number("10 years") == 10.0);
  CHECK(written_number("1/5") == 0.2);
  CHECK(written_number("2:1") == 2.0);
  for (const char* none : {"", "one tenth", "5/1", "1,00,000", "0.1-0.3", "12 monkeys"})
    CHECK(!written_number(none));
}

TEST_CASE("several numbers are several, and one is one") {
  CHECK(written_numbers("20, 20, 30") == std::vector<double>{20.0, 20.0, 30.0});
  CHECK(written_numbers("0.1,0.2") == std::vector<double>{0.1, 0.2});
  CHECK(written_numbers("5; 10") == std::vector<double>{5.0, 10.0});
  for (const char* one : {"0,25", "1,000", "1,000,000", "7", "", "a, b", "2.000.000"})
    CHECK(written_numbers(one).empty());
}

TEST_CASE("a range has two ends, the lower first") {
  const std::vector<double> ends = {0.1, 0.3};
  for (const char* text : {"0.1-0.3", "0.1:0.3", "0.1 to 0.3", "10 % .. 30 %", "0.1 \u2013 0.3"}) {
    const std::vector<double> read = written_range(text);
    REQUIRE_MESSAGE(read.size() == 2, text);
    CHECK(read[0] == doctest::Approx(ends[0]));
    CHECK(read[1] == doctest::Approx(ends[1]));
  }
  for (const char* none : {"0.3-0.1", "0.1", "", "a-b", "1-2-3"}) CHECK(written_range(none).empty());
}
