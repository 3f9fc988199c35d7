#include "engine/propagate/tile_kernels.hpp"

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

const TileKernels& tile_kernels() {
  switch (instruction_set()) {
    case InstructionSet::v4:
      return tile_kernels_v4;
    case InstructionSet::v3:
      return tile_kernels_v3;
    default:
      return tile_kernels_v2;
  }
}

}  // namespace spillway::kernels
