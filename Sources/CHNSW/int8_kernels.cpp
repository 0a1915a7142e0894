// Dot products of vectors of signed bytes. All kernels give the same number: no sum of up to 131,072 products of signed
// bytes leaves 32 bits.
#include "include/kindred_hnsw.h"
#include "kernels.hpp"
#include "processor.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

int32_t dot_plain(const int8_t *a, const int8_t *b, size_t count) {
  int32_t sum = 0;
  for (size_t i = 0; i < count; i++) sum += static_cast<int32_t>(a[i]) * b[i];
  return sum;
}

#if defined(__x86_64__)

// Widened to 16 bits: unlike a product of unsigned and signed bytes, that of pairs of these can't saturate.
__attribute__((target("avx2"))) int32_t dot_avx2(const int8_t *a, const int8_t *b, size_t count) {
  const auto *from_a = reinterpret_cast<const char *>(a), *from_b = reinterpret_cast<const char *>(b);
  __m256i sum0 = _mm256_setzero_si256(), sum1 = sum0;
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m256i a0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from_a + i)));
    const __m256i b0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from_b + i)));
    const __m256i a1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from_a + i + 16)));
    const __m256i b1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from_b + i + 16)));
    sum0 = _mm256_add_epi32(sum0, _mm256_madd_epi16(a0, b0));
    sum1 = _mm256_add_epi32(sum1, _mm256_madd_epi16(a1, b1));
  }
  const __m256i sum = _mm256_add_epi32(sum0, sum1);
  __m128i half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
  half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
  int32_t result = _mm_cvtsi128_si32(half);
  for (; i < count; i++) result += static_cast<int32_t>(a[i]) * b[i];
  return result;
}

__attribute__((target("avx512f,avx512bw,avx512vl"))) int32_t dot_avx512bw(
  const int8_t *a, const int8_t *b, size_t count) {
  __m512i sum = _mm512_setzero_si512();
  for (size_t i = 0; i < count; i += 32) {
    const __mmask32 mask = count - i >= 32 ? 0xFFFFFFFFu : (1u << (count - i)) - 1;
    const __m512i wide_a = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, a + i));
    const __m512i wide_b = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(mask, b + i));
    sum = _mm512_add_epi32(sum, _mm512_madd_epi16(wide_a, wide_b));
  }
  return _mm512_reduce_add_epi32(sum);
}

// The instruction takes unsigned bytes on one side: a + 128 there, and 128 b is taken away again.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) int32_t dot_avx512vnni(
  const int8_t *a, const int8_t *b, size_t count) {
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  __m512i sum = _mm512_setzero_si512(), excess = sum;
  size_t i = 0;
  for (; i + 64 <= count; i += 64) {
    const __m512i of_b = _mm512_loadu_si512(b + i);
    sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(_mm512_loadu_si512(a + i), offset), of_b);
    excess = _mm512_dpbusd_epi32(excess, offset, of_b);
  }
  if (i < count) {
    const __mmask64 mask = (uint64_t{1} << (count - i)) - 1;
    const __m512i of_b = _mm512_maskz_loadu_epi8(mask, b + i);
    sum = _mm512_dpbusd_epi32(sum, _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask, a + i), offset), of_b);
    excess = _mm512_dpbusd_epi32(excess, offset, of_b);
  }
  return _mm512_reduce_add_epi32(_mm512_sub_epi32(sum, excess));
}

#elif defined(__aarch64__)

int32_t dot_neon(const int8_t *a, const int8_t *b, size_t count) {
  int32x4_t sum0 = vdupq_n_s32(0), sum1 = sum0;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const int8x16_t of_a = vld1q_s8(a + i), of_b = vld1q_s8(b + i);
    sum0 = vpadalq_s16(sum0, vmull_s8(vget_low_s8(of_a), vget_low_s8(of_b)));
    sum1 = vpadalq_s16(sum1, vmull_high_s8(of_a, of_b));
  }
  int32_t result = vaddvq_s32(vaddq_s32(sum0, sum1));
  for (; i < count; i++) result += static_cast<int32_t>(a[i]) * b[i];
  return result;
}

__attribute__((target("dotprod"))) int32_t dot_neon_dotprod(const int8_t *a, const int8_t *b, size_t count) {
  int32x4_t sum0 = vdupq_n_s32(0), sum1 = sum0;
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    sum0 = vdotq_s32(sum0, vld1q_s8(a + i), vld1q_s8(b + i));
    sum1 = vdotq_s32(sum1, vld1q_s8(a + i + 16), vld1q_s8(b + i + 16));
  }
  int32_t result = vaddvq_s32(vaddq_s32(sum0, sum1));
  for (; i < count; i++) result += static_cast<int32_t>(a[i]) * b[i];
  return result;
}

#endif

struct Kernel {
  const char *name;
  kindred::Int8DotFunction dot;
  bool (*available)();
};

// Narrow to wide: the last available one is chosen.
constexpr Kernel kernels[] = {
  {"plain", dot_plain, kindred::always},
#if defined(__x86_64__)
  {"avx2", dot_avx2, kindred::has_avx2},
  {"avx512bw", dot_avx512bw, kindred::has_avx512bw},
  {"avx512vnni", dot_avx512vnni, kindred::has_avx512vnni},
#elif defined(__aarch64__)
  {"neon", dot_neon, kindred::always},
  {"neon-dotprod", dot_neon_dotprod, kindred::has_dot_product},
#endif
};
constexpr size_t kernel_count = sizeof(kernels) / sizeof(kernels[0]);

}  // namespace

extern "C" {

size_t kindred_int8_kernel_count(void) { return kernel_count; }

const char *kindred_int8_kernel_name(size_t kernel) { return kernel < kernel_count ? kernels[kernel].name : ""; }

bool kindred_int8_kernel_available(size_t kernel) { return kernel < kernel_count && kernels[kernel].available(); }

size_t kindred_int8_kernel_chosen(void) {
  static const size_t chosen = kindred::widest_available(kernels);
  return chosen;
}

int32_t kindred_int8_dot_by(size_t kernel, const int8_t *a, const int8_t *b, size_t count) {
  return kernels[kernel < kernel_count ? kernel : 0].dot(a, b, count);
}

int32_t kindred_int8_dot(const int8_t *a, const int8_t *b, size_t count) {
  return kernels[kindred_int8_kernel_chosen()].dot(a, b, count);
}

}  // extern "C"

kindred::Int8DotFunction kindred::chosen_int8_dot() { return kernels[kindred_int8_kernel_chosen()].dot; }
