#include "hw/kernels/fast_path.h"

#include "hw/kernels/fast_path_sets.h"

namespace npu::hw {

const FastPath* fast_path(KernelPath path) {
#if defined(__x86_64__)
  if (path == KernelPath::kAvx512Vnni) return &fast_path_vnni();
  if (path == KernelPath::kAvx2) return &fast_path_avx2();
#endif
  return nullptr;
}

}  // namespace npu::hw
