#include "engine/outcome/plain_kernels_body.hpp"

namespace spillway::kernels {

const PlainKernels plain_kernels_v4 = {plain_step};

}  // namespace spillway::kernels
