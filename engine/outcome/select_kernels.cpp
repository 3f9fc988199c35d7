#include "engine/outcome/select_kernels.hpp"

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

const SelectKernels& select_kernels() {
  switch (instruction_set()) {
#ifdef __x86_64__
    case InstructionSet::v4:
      return select_kernels_v4;
    case InstructionSet::v3:
      return select_kernels_v3;
#endif
    default:
      return select_kernels_v2;
  }
}

}  // namespace spillway::kernels
