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

/// Dot products with many vectors by a kernel for two.
template <kindred::Int8DotFunction dot>
void dots_by(
  const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *nodes, size_t count,
  int32_t *dots) {
  for (size_t i = 0; i < count; i++) dots[i] = dot(vector, first + nodes[i] * stride, length);
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

/// The sums of all lanes of four vectors.
__attribute__((target("avx2"))) inline __m128i sums_of(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i sums = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
  return _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
}

/// A vector of 32 (blocks - 1) to 32 blocks bytes in registers, against others: the last block overlaps the one before
/// it, and is zero there. Products of bytes are of an unsigned one, so the sign of the one goes over to the other; their
/// pairs fit 16 bits since no byte is -128.
template <int blocks>
__attribute__((target("avx2"))) void dots_avx2_short(
  const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *nodes, size_t count,
  int32_t *dots) {
  alignas(32) int8_t rest[32] = {};
  const size_t whole = 32 * (blocks - 1), last = length - 32;
  for (size_t i = whole; i < length; i++) rest[i - last] = vector[i];
  __m256i signs[blocks], sizes[blocks];
  for (int i = 0; i < blocks; i++) {
    const int8_t *from = i + 1 < blocks ? vector + 32 * i : rest;
    signs[i] = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
    sizes[i] = _mm256_abs_epi8(signs[i]);
  }
  const __m256i ones = _mm256_set1_epi16(1);
  const auto dot = [&](size_t place) __attribute__((target("avx2"), always_inline)) {
    const int8_t *other = first + nodes[place] * stride;
    __m256i sum = _mm256_setzero_si256();
    for (int i = 0; i < blocks; i++) {
      const int8_t *from = i + 1 < blocks ? other + 32 * i : other + last;
      const __m256i bytes = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(from));
      const __m256i pairs = _mm256_maddubs_epi16(sizes[i], _mm256_sign_epi8(bytes, signs[i]));
      sum = _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, ones));
    }
    return sum;
  };
  size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    _mm_storeu_si128(
      reinterpret_cast<__m128i *>(dots + i), sums_of(dot(i), dot(i + 1), dot(i + 2), dot(i + 3)));
  }
  const __m256i none = _mm256_setzero_si256();
  for (; i < count; i++) dots[i] = _mm_cvtsi128_si32(sums_of(dot(i), none, none, none));
}

void dots_avx2(
  const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *nodes, size_t count,
  int32_t *dots) {
  constexpr kindred::Int8DotsFunction of_blocks[] = {
    dots_by<dot_avx2>, dots_avx2_short<1>, dots_avx2_short<2>, dots_avx2_short<3>, dots_avx2_short<4>};
  const size_t blocks = length < 32 || length > 128 ? 0 : (length + 31) / 32;
  of_blocks[blocks](vector, length, first, stride, nodes, count, dots);
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

/// As above for at most 128 bytes in registers. The sum of the one vector takes away what the other's offset adds, so
/// that there is one product for each 64 bytes.
__attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni"))) void dots_avx512vnni(
  const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *nodes, size_t count,
  int32_t *dots) {
  if (length > 128) return dots_by<dot_avx512vnni>(vector, length, first, stride, nodes, count, dots);
  const auto mask_of = [](size_t bytes) { return bytes >= 64 ? ~uint64_t{0} : (uint64_t{1} << bytes) - 1; };
  const __mmask64 mask0 = mask_of(length), mask1 = mask_of(length > 64 ? length - 64 : 0);
  const size_t second = length > 64 ? 64 : 0;
  const __m512i offset = _mm512_set1_epi8(static_cast<char>(0x80));
  const __m512i vector0 = _mm512_maskz_loadu_epi8(mask0, vector);
  const __m512i vector1 = _mm512_maskz_loadu_epi8(mask1, vector + second);
  __m512i excess = _mm512_dpbusd_epi32(_mm512_setzero_si512(), offset, vector0);
  excess = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_dpbusd_epi32(excess, offset, vector1));
  for (size_t i = 0; i < count; i++) {
    const int8_t *other = first + nodes[i] * stride;
    const __m512i other0 = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask0, other), offset);
    const __m512i other1 = _mm512_xor_si512(_mm512_maskz_loadu_epi8(mask1, other + second), offset);
    dots[i] = _mm512_reduce_add_epi32(
      _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(excess, other0, vector0), other1, vector1));
  }
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
  kindred::Int8DotsFunction dots;
  bool (*available)();
};

// Narrow to wide: the last available one is chosen.
constexpr Kernel kernels[] = {
  {"plain", dot_plain, dots_by<dot_plain>, kindred::always},
#if defined(__x86_64__)
  {"avx2", dot_avx2, dots_avx2, kindred::has_avx2},
  {"avx512bw", dot_avx512bw, dots_by<dot_avx512bw>, kindred::has_avx512bw},
  {"avx512vnni", dot_avx512vnni, dots_avx512vnni, kindred::has_avx512vnni},
#elif defined(__aarch64__)
  {"neon", dot_neon, dots_by<dot_neon>, kindred::always},
  {"neon-dotprod", dot_neon_dotprod, dots_by<dot_neon_dotprod>, kindred::has_dot_product},
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

void kindred_int8_dots_by(
  size_t kernel, const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *places,
  size_t count, int32_t *dots) {
  kernels[kernel < kernel_count ? kernel : 0].dots(vector, length, first, stride, places, count, dots);
}

}  // extern "C"

kindred::Int8DotFunction kindred::chosen_int8_dot() { return kernels[kindred_int8_kernel_chosen()].dot; }

kindred::Int8DotsFunction kindred::chosen_int8_dots() { return kernels[kindred_int8_kernel_chosen()].dots; }
