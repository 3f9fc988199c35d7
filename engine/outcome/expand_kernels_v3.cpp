#include "engine/outcome/expand_kernels_body.hpp"

namespace spillway::kernels {

const ExpandKernel expand_v3 = expand_rows;

}  // namespace spillway::kernels
