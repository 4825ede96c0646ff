// Which vector instructions this processor has.
#include "hw/common/error.h"
#include "hw/kernels/kernels.h"

namespace npu::hw {

KernelPath best_kernel_path() {
  if (supports_kernel_path(KernelPath::kAvx512Vnni)) return KernelPath::kAvx512Vnni;
  if (supports_kernel_path(KernelPath::kAvx2)) return KernelPath::kAvx2;
  return KernelPath::kScalar;
}

bool supports_kernel_path(KernelPath path) {
  switch (path) {
    case KernelPath::kScalar:
      return true;
#if defined(__x86_64__)
    case KernelPath::kAvx2:
      return __builtin_cpu_supports("avx2") != 0;
    case KernelPath::kAvx512Vnni:
      return __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512vl") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
             __builtin_cpu_supports("avx512vnni") != 0;
#else
    case KernelPath::kAvx2:
    case KernelPath::kAvx512Vnni:
      return false;
#endif
  }
  fail_check("KernelPath", __FILE__, __LINE__, "unknown kernel path");
}

const char* kernel_path_name(KernelPath path) {
  switch (path) {
    case KernelPath::kScalar:
      return "scalar";
    case KernelPath::kAvx2:
      return "avx2";
    case KernelPath::kAvx512Vnni:
      return "avx512_vnni";
  }
  fail_check("KernelPath", __FILE__, __LINE__, "unknown kernel path");
}

}  // namespace npu::hw
