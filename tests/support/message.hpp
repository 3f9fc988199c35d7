// What a call is refused with.
#pragma once
#include <string>

#include "engine/base/error.hpp"

namespace spillway::test {

/// The words of the InputError that `action` throws; "(no InputError)" where it throws none.
template <class Action>
std::string message(const Action& action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "(no InputError)";
}

}  // namespace spillway::test
