#pragma once

#include <stdint.h>
#include <string.h>

// Whether there is code for this architecture; the processor is asked at run time.
#if defined(__x86_64__)
#define KINDRED_CONVOLUTION_AVX2 1
#include <immintrin.h>

#define KINDRED_VECTOR_CODE __attribute__((target("avx2,fma")))
#define KINDRED_VECTOR_INLINE static inline __attribute__((always_inline, target("avx2,fma")))

// Eight channels of a pixel.
typedef float floats8 __attribute__((vector_size(32)));
typedef int32_t mask8 __attribute__((vector_size(32)));
typedef float unaligned_floats8 __attribute__((vector_size(32), aligned(4), may_alias));

KINDRED_VECTOR_INLINE floats8 load8(const float *address) { return *(const unaligned_floats8 *)address; }

KINDRED_VECTOR_INLINE void store8(float *address, floats8 values) { *(unaligned_floats8 *)address = values; }

KINDRED_VECTOR_INLINE floats8 splat8(float value) {
  return (floats8){value, value, value, value, value, value, value, value};
}

KINDRED_VECTOR_INLINE floats8 zero8(void) { return splat8(0); }

// Negative numbers, and what is no number, as zero.
KINDRED_VECTOR_INLINE floats8 clamp8(floats8 values) {
  return (floats8)((mask8)values & (values > zero8()));
}

// Integers of any size.
KINDRED_VECTOR_INLINE __m256i load_integers(const void *address) { return _mm256_loadu_si256(address); }

KINDRED_VECTOR_INLINE void store_integers(void *address, __m256i values) { _mm256_storeu_si256(address, values); }

// Two neighbouring integers of sixteen bits, eight times.
KINDRED_VECTOR_INLINE __m256i splat_pair(const int16_t *address) {
  int32_t both;
  memcpy(&both, address, sizeof both);
  return _mm256_set1_epi32(both);
}
#endif
