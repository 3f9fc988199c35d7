// Any text as a recipe gives a recipe or its faults.
#include <cstddef>
#include <cstdint>
#include <string>

#include "engine/data/recipe/recipe_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    spillway::recipe::parse_recipe(std::string(reinterpret_cast<const char*>(data), size), "recipe.toml");
  } catch (const spillway::InputError&) {
  }
  return 0;
}
