#include "engine/outcome/expand_kernels.hpp"

#include "engine/base/instruction_set.hpp"

namespace spillway::kernels {

ExpandKernel expand_kernel() {
  switch (instruction_set()) {
#ifdef __x86_64__
    case InstructionSet::v4:
      return expand_v4;
    case InstructionSet::v3:
      return expand_v3;
#endif
    default:
      return expand_v2;
  }
}

}  // namespace spillway::kernels
