#include "engine/outcome/select_kernels_body.hpp"

namespace spillway::kernels {

const SelectKernels select_kernels_v4 = {row_moments, row_bracket, row_brackets, row_bounds, row_select};

}  // namespace spillway::kernels
