#include "engine/outcome/plain_kernels.hpp"

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

const PlainKernels& plain_kernels() {
  switch (instruction_set()) {
#ifdef __x86_64__
    case InstructionSet::v4:
      return plain_kernels_v4;
    case InstructionSet::v3:
      return plain_kernels_v3;
#endif
    default:
      return plain_kernels_v2;
  }
}

}  // namespace spillway::kernels
