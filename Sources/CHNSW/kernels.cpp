// Dot products of float32 vectors. Which kernel runs is decided on the processor at run time.
#include "kernels.hpp"

#include "include/kindred_hnsw.h"
#include "processor.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

// Independent sums hide the latency of an addition.
float dot_plain(const float *a, const float *b, size_t count) {
  float sums[8] = {};
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (size_t lane = 0; lane < 8; lane++) sums[lane] += a[i + lane] * b[i + lane];
  }
  float rest = 0;
  for (; i < count; i++) rest += a[i] * b[i];
  return ((sums[0] + sums[4]) + (sums[1] + sums[5])) + ((sums[2] + sums[6]) + (sums[3] + sums[7])) + rest;
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma"))) float dot_avx2(const float *a, const float *b, size_t count) {
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sum0);
    sum1 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 8), _mm256_loadu_ps(b + i + 8), sum1);
    sum2 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 16), _mm256_loadu_ps(b + i + 16), sum2);
    sum3 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i + 24), _mm256_loadu_ps(b + i + 24), sum3);
  }
  for (; i + 8 <= count; i += 8) sum0 = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), _mm256_loadu_ps(b + i), sum0);
  __m256 sum = _mm256_add_ps(_mm256_add_ps(sum0, sum1), _mm256_add_ps(sum2, sum3));
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  half = _mm_add_ss(half, _mm_movehdup_ps(half));
  float result = _mm_cvtss_f32(half);
  for (; i < count; i++) result += a[i] * b[i];
  return result;
}

__attribute__((target("avx512f"))) float dot_avx512(const float *a, const float *b, size_t count) {
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    sum0 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i), _mm512_loadu_ps(b + i), sum0);
    sum1 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 16), _mm512_loadu_ps(b + i + 16), sum1);
    sum2 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 32), _mm512_loadu_ps(b + i + 32), sum2);
    sum3 = _mm512_fmadd_ps(_mm512_loadu_ps(a + i + 48), _mm512_loadu_ps(b + i + 48), sum3);
  }
  for (; i < count; i += 16) {
    const __mmask16 mask = count - i >= 16 ? 0xFFFF : static_cast<__mmask16>((1u << (count - i)) - 1);
    sum0 = _mm512_fmadd_ps(_mm512_maskz_loadu_ps(mask, a + i), _mm512_maskz_loadu_ps(mask, b + i), sum0);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(_mm512_add_ps(sum0, sum1), _mm512_add_ps(sum2, sum3)));
}

/// Four rows at a time, so that the vector is read once for all of them.
__attribute__((target("avx2,fma"))) void dots_avx2(
  const float *matrix, size_t rows, size_t columns, const float *vector, float *dots) {
  size_t row = 0;
  for (; row + 4 <= rows; row += 4) {
    const float *const a = matrix + row * columns, *const b = a + columns, *const c = b + columns,
                       *const d = c + columns;
    __m256 of_a = _mm256_setzero_ps(), of_b = of_a, of_c = of_a, of_d = of_a;
    size_t i = 0;
    for (; i + 8 <= columns; i += 8) {
      const __m256 part = _mm256_loadu_ps(vector + i);
      of_a = _mm256_fmadd_ps(_mm256_loadu_ps(a + i), part, of_a);
      of_b = _mm256_fmadd_ps(_mm256_loadu_ps(b + i), part, of_b);
      of_c = _mm256_fmadd_ps(_mm256_loadu_ps(c + i), part, of_c);
      of_d = _mm256_fmadd_ps(_mm256_loadu_ps(d + i), part, of_d);
    }
    const __m256 sums = _mm256_hadd_ps(_mm256_hadd_ps(of_a, of_b), _mm256_hadd_ps(of_c, of_d));
    _mm_storeu_ps(dots + row, _mm_add_ps(_mm256_castps256_ps128(sums), _mm256_extractf128_ps(sums, 1)));
    for (; i < columns; i++) {
      dots[row] += a[i] * vector[i];
      dots[row + 1] += b[i] * vector[i];
      dots[row + 2] += c[i] * vector[i];
      dots[row + 3] += d[i] * vector[i];
    }
  }
  for (; row < rows; row++) dots[row] = dot_avx2(matrix + row * columns, vector, columns);
}

#elif defined(__aarch64__)

float dot_neon(const float *a, const float *b, size_t count) {
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0, sum2 = sum0, sum3 = sum0;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    sum0 = vfmaq_f32(sum0, vld1q_f32(a + i), vld1q_f32(b + i));
    sum1 = vfmaq_f32(sum1, vld1q_f32(a + i + 4), vld1q_f32(b + i + 4));
    sum2 = vfmaq_f32(sum2, vld1q_f32(a + i + 8), vld1q_f32(b + i + 8));
    sum3 = vfmaq_f32(sum3, vld1q_f32(a + i + 12), vld1q_f32(b + i + 12));
  }
  for (; i + 4 <= count; i += 4) sum0 = vfmaq_f32(sum0, vld1q_f32(a + i), vld1q_f32(b + i));
  float result = vaddvq_f32(vaddq_f32(vaddq_f32(sum0, sum1), vaddq_f32(sum2, sum3)));
  for (; i < count; i++) result += a[i] * b[i];
  return result;
}

#endif

template <kindred::DotFunction dot>
void dots_by(const float *matrix, size_t rows, size_t columns, const float *vector, float *dots) {
  for (size_t row = 0; row < rows; row++) dots[row] = dot(matrix + row * columns, vector, columns);
}

struct Kernel {
  const char *name;
  kindred::DotFunction dot;
  void (*dots)(const float *, size_t, size_t, const float *, float *);
  bool (*available)();
};

// Narrow to wide: the last available one is chosen.
constexpr Kernel kernels[] = {
  {"plain", dot_plain, dots_by<dot_plain>, kindred::always},
#if defined(__x86_64__)
  {"avx2", dot_avx2, dots_avx2, kindred::has_avx2},
  {"avx512f", dot_avx512, dots_by<dot_avx512>, kindred::has_avx512},
#elif defined(__aarch64__)
  {"neon", dot_neon, dots_by<dot_neon>, kindred::always},
#endif
};
constexpr size_t kernel_count = sizeof(kernels) / sizeof(kernels[0]);

}  // namespace

extern "C" {

size_t kindred_dot_kernel_count(void) { return kernel_count; }

const char *kindred_dot_kernel_name(size_t kernel) { return kernel < kernel_count ? kernels[kernel].name : ""; }

bool kindred_dot_kernel_available(size_t kernel) { return kernel < kernel_count && kernels[kernel].available(); }

size_t kindred_dot_kernel_chosen(void) {
  static const size_t chosen = kindred::widest_available(kernels);
  return chosen;
}

float kindred_dot(size_t kernel, const float *a, const float *b, size_t count) {
  return kernels[kernel < kernel_count ? kernel : 0].dot(a, b, count);
}

void kindred_dots_by(
  size_t kernel, const float *matrix, size_t rows, size_t columns, const float *vector, float *dots) {
  kernels[kernel < kernel_count ? kernel : 0].dots(matrix, rows, columns, vector, dots);
}

void kindred_dots(const float *matrix, size_t rows, size_t columns, const float *vector, float *dots) {
  kindred_dots_by(kindred_dot_kernel_chosen(), matrix, rows, columns, vector, dots);
}

}  // extern "C"

kindred::DotFunction kindred::chosen_dot() { return kernels[kindred_dot_kernel_chosen()].dot; }
