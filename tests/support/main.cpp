// The one main of every doctest executable. Exit 77 (ctest: skipped) when every case was skipped for want of
// the maintainers' reference data; see support/shared.hpp.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "tests/support/shared.hpp"

int main(int argc, char** argv) {
  doctest::Context context(argc, argv);
  const int failed = context.run();
  if (failed == 0 && spillway::test::shared_was_missed()) return 77;
  return failed;
}
