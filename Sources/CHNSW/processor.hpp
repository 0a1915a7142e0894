#pragma once

#include <cstddef>

#if defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace kindred {

/// What the processor at hand can do. A program that is built for one machine must run on an older one.
inline bool always() { return true; }

#if defined(__x86_64__)

inline bool has_avx2() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

inline bool has_f16c() {
  __builtin_cpu_init();
  return has_avx2() && __builtin_cpu_supports("f16c");
}

inline bool has_avx512() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f");
}

inline bool has_avx512bw() {
  __builtin_cpu_init();
  return has_avx512() && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
}

inline bool has_avx512vnni() { return has_avx512bw() && __builtin_cpu_supports("avx512vnni"); }

#elif defined(__aarch64__)

inline bool has_dot_product() { return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0; }

#endif

/// The last of a table of kernels, narrow to wide, that the processor can run. The first one always can.
template <typename Kernel, size_t count>
size_t widest_available(const Kernel (&kernels)[count]) {
  size_t kernel = count - 1;
  while (kernel > 0 && !kernels[kernel].available()) kernel--;
  return kernel;
}

}  // namespace kindred
