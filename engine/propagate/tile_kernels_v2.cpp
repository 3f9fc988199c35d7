#include "engine/propagate/tile_kernels_body.hpp"

namespace spillway::kernels {

const TileKernels tile_kernels_v2 = {step_rows, gather_all, emit_rows, merge_cells};

}  // namespace spillway::kernels
