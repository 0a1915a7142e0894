// Vectors of half-precision numbers: conversions, and dot products with float32 vectors.
#include "half.hpp"
#include "include/kindred_hnsw.h"
#include "kernels.hpp"
#include "processor.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace {

using kindred::float_of_half;

template <bool both>
void dot2_plain(const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  constexpr size_t lanes = 8;
  float sums_a[lanes] = {}, sums_b[lanes] = {};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (size_t lane = 0; lane < lanes; lane++) {
      const float value = float_of_half(row[i + lane]);
      sums_a[lane] += value * a[i + lane];
      if (both) sums_b[lane] += value * b[i + lane];
    }
  }
  for (; i < count; i++) {
    const float value = float_of_half(row[i]);
    sums_a[0] += value * a[i];
    if (both) sums_b[0] += value * b[i];
  }
  const auto sum = [](const float *s) { return ((s[0] + s[4]) + (s[1] + s[5])) + ((s[2] + s[6]) + (s[3] + s[7])); };
  *with_a = sum(sums_a);
  if (both) *with_b = sum(sums_b);
}

float pair_plain(const uint16_t *a, const uint16_t *b, size_t count) {
  constexpr size_t lanes = 4;
  float sums[lanes] = {};
  size_t i = 0;
  for (; i + lanes <= count; i += lanes) {
    for (size_t lane = 0; lane < lanes; lane++) sums[lane] += float_of_half(a[i + lane]) * float_of_half(b[i + lane]);
  }
  for (; i < count; i++) sums[0] += float_of_half(a[i]) * float_of_half(b[i]);
  return (sums[0] + sums[2]) + (sums[1] + sums[3]);
}

#if defined(__x86_64__)

__attribute__((target("avx2,fma,f16c"))) float sum_avx2(__m256 sum) {
  __m128 half = _mm_add_ps(_mm256_castps256_ps128(sum), _mm256_extractf128_ps(sum, 1));
  half = _mm_add_ps(half, _mm_movehl_ps(half, half));
  return _mm_cvtss_f32(_mm_add_ss(half, _mm_movehdup_ps(half)));
}

/// Some rows with two vectors, whose numbers are read once for all of them. Each row's sums are as of one row by itself.
template <bool both, int rows>
__attribute__((target("avx2,fma,f16c"))) void rows_f16c(
  const uint16_t *const *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  __m256 a0[rows], a1[rows], b0[rows], b1[rows];
  for (int r = 0; r < rows; r++) a0[r] = a1[r] = b0[r] = b1[r] = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    const __m256 low_a = _mm256_loadu_ps(a + i), high_a = _mm256_loadu_ps(a + i + 8);
    const __m256 low_b = both ? _mm256_loadu_ps(b + i) : low_a, high_b = both ? _mm256_loadu_ps(b + i + 8) : high_a;
    for (int r = 0; r < rows; r++) {
      const __m256 low = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(row[r] + i)));
      const __m256 high = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(row[r] + i + 8)));
      a0[r] = _mm256_fmadd_ps(low, low_a, a0[r]);
      a1[r] = _mm256_fmadd_ps(high, high_a, a1[r]);
      if (both) {
        b0[r] = _mm256_fmadd_ps(low, low_b, b0[r]);
        b1[r] = _mm256_fmadd_ps(high, high_b, b1[r]);
      }
    }
  }
  for (int r = 0; r < rows; r++) {
    float sum_a = sum_avx2(_mm256_add_ps(a0[r], a1[r])), sum_b = sum_avx2(_mm256_add_ps(b0[r], b1[r]));
    for (size_t rest = i; rest < count; rest++) {
      const float value = _cvtsh_ss(row[r][rest]);
      sum_a += value * a[rest];
      if (both) sum_b += value * b[rest];
    }
    with_a[r] = sum_a;
    if (both) with_b[r] = sum_b;
  }
}

template <bool both>
__attribute__((target("avx2,fma,f16c"))) void dot2_f16c(
  const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  rows_f16c<both, 1>(&row, a, b, count, with_a, with_b);
}

/// One row by itself needs four sums: with two, each product would wait for the one before.
template <bool both>
__attribute__((target("avx2,fma,f16c"))) void in_turn_f16c(
  const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  __m256 sums_a[4], sums_b[4];
  for (int part = 0; part < 4; part++) sums_a[part] = sums_b[part] = _mm256_setzero_ps();
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    for (int part = 0; part < 4; part++) {
      const size_t at = i + 8 * part;
      const __m256 values = _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(row + at)));
      sums_a[part] = _mm256_fmadd_ps(values, _mm256_loadu_ps(a + at), sums_a[part]);
      if (both) sums_b[part] = _mm256_fmadd_ps(values, _mm256_loadu_ps(b + at), sums_b[part]);
    }
  }
  const auto sum = [](const __m256 *parts) __attribute__((target("avx2,fma,f16c"))) {
    return sum_avx2(_mm256_add_ps(_mm256_add_ps(parts[0], parts[1]), _mm256_add_ps(parts[2], parts[3])));
  };
  float sum_a = sum(sums_a), sum_b = both ? sum(sums_b) : 0;
  for (; i < count; i++) {
    const float value = _cvtsh_ss(row[i]);
    sum_a += value * a[i];
    if (both) sum_b += value * b[i];
  }
  *with_a = sum_a;
  if (both) *with_b = sum_b;
}

__attribute__((target("avx2,fma,f16c"))) float pair_f16c(const uint16_t *a, const uint16_t *b, size_t count) {
  const auto load = [](const uint16_t *from) __attribute__((target("avx2,fma,f16c"))) {
    return _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(from)));
  };
  __m256 sum0 = _mm256_setzero_ps(), sum1 = sum0;
  size_t i = 0;
  for (; i + 16 <= count; i += 16) {
    sum0 = _mm256_fmadd_ps(load(a + i), load(b + i), sum0);
    sum1 = _mm256_fmadd_ps(load(a + i + 8), load(b + i + 8), sum1);
  }
  float sum = sum_avx2(_mm256_add_ps(sum0, sum1));
  for (; i < count; i++) sum += _cvtsh_ss(a[i]) * _cvtsh_ss(b[i]);
  return sum;
}

template <bool both>
__attribute__((target("avx512f,avx512bw,avx512vl"))) void dot2_avx512(
  const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  __m512 a0 = _mm512_setzero_ps(), a1 = a0, b0 = a0, b1 = a0;
  size_t i = 0;
  for (; i + 32 <= count; i += 32) {
    const __m512 low = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(row + i)));
    const __m512 high = _mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i *>(row + i + 16)));
    a0 = _mm512_fmadd_ps(low, _mm512_loadu_ps(a + i), a0);
    a1 = _mm512_fmadd_ps(high, _mm512_loadu_ps(a + i + 16), a1);
    if (both) {
      b0 = _mm512_fmadd_ps(low, _mm512_loadu_ps(b + i), b0);
      b1 = _mm512_fmadd_ps(high, _mm512_loadu_ps(b + i + 16), b1);
    }
  }
  for (; i < count; i += 16) {
    const __mmask16 mask = count - i >= 16 ? 0xFFFF : static_cast<__mmask16>((1u << (count - i)) - 1);
    const __m512 value = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, row + i));
    a0 = _mm512_fmadd_ps(value, _mm512_maskz_loadu_ps(mask, a + i), a0);
    if (both) b0 = _mm512_fmadd_ps(value, _mm512_maskz_loadu_ps(mask, b + i), b0);
  }
  *with_a = _mm512_reduce_add_ps(_mm512_add_ps(a0, a1));
  if (both) *with_b = _mm512_reduce_add_ps(_mm512_add_ps(b0, b1));
}

__attribute__((target("avx512f,avx512bw,avx512vl"))) float pair_avx512(
  const uint16_t *a, const uint16_t *b, size_t count) {
  __m512 sum0 = _mm512_setzero_ps(), sum1 = sum0;
  for (size_t i = 0; i < count; i += 32) {
    const size_t left = count - i;
    const __mmask32 mask = left >= 32 ? 0xFFFFFFFFu : (1u << left) - 1;
    const __m512i of_a = _mm512_maskz_loadu_epi16(mask, a + i), of_b = _mm512_maskz_loadu_epi16(mask, b + i);
    sum0 = _mm512_fmadd_ps(
      _mm512_cvtph_ps(_mm512_castsi512_si256(of_a)), _mm512_cvtph_ps(_mm512_castsi512_si256(of_b)), sum0);
    sum1 = _mm512_fmadd_ps(
      _mm512_cvtph_ps(_mm512_extracti64x4_epi64(of_a, 1)), _mm512_cvtph_ps(_mm512_extracti64x4_epi64(of_b, 1)), sum1);
  }
  return _mm512_reduce_add_ps(_mm512_add_ps(sum0, sum1));
}

__attribute__((target("avx2,f16c"))) void from_float_f16c(const float *in, uint16_t *out, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(in + i), _MM_FROUND_TO_NEAREST_INT);
    _mm_storeu_si128(reinterpret_cast<__m128i *>(out + i), half);
  }
  for (; i < count; i++) out[i] = _cvtss_sh(in[i], _MM_FROUND_TO_NEAREST_INT);
}

__attribute__((target("avx2,f16c"))) void to_float_f16c(const uint16_t *in, float *out, size_t count) {
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    _mm256_storeu_ps(out + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i *>(in + i))));
  }
  for (; i < count; i++) out[i] = _cvtsh_ss(in[i]);
}

#elif defined(__aarch64__)

template <bool both>
void dot2_neon(const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  float32x4_t a0 = vdupq_n_f32(0), a1 = a0, b0 = a0, b1 = a0;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint16x8_t halves = vld1q_u16(row + i);
    const float32x4_t low = vcvt_f32_f16(vreinterpret_f16_u16(vget_low_u16(halves)));
    const float32x4_t high = vcvt_f32_f16(vreinterpret_f16_u16(vget_high_u16(halves)));
    a0 = vfmaq_f32(a0, low, vld1q_f32(a + i));
    a1 = vfmaq_f32(a1, high, vld1q_f32(a + i + 4));
    if (both) {
      b0 = vfmaq_f32(b0, low, vld1q_f32(b + i));
      b1 = vfmaq_f32(b1, high, vld1q_f32(b + i + 4));
    }
  }
  float sum_a = vaddvq_f32(vaddq_f32(a0, a1)), sum_b = vaddvq_f32(vaddq_f32(b0, b1));
  for (; i < count; i++) {
    const float value = float_of_half(row[i]);
    sum_a += value * a[i];
    if (both) sum_b += value * b[i];
  }
  *with_a = sum_a;
  if (both) *with_b = sum_b;
}

float pair_neon(const uint16_t *a, const uint16_t *b, size_t count) {
  float32x4_t sum0 = vdupq_n_f32(0), sum1 = sum0;
  size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    const uint16x8_t of_a = vld1q_u16(a + i), of_b = vld1q_u16(b + i);
    sum0 = vfmaq_f32(
      sum0, vcvt_f32_f16(vreinterpret_f16_u16(vget_low_u16(of_a))),
      vcvt_f32_f16(vreinterpret_f16_u16(vget_low_u16(of_b))));
    sum1 = vfmaq_f32(
      sum1, vcvt_f32_f16(vreinterpret_f16_u16(vget_high_u16(of_a))),
      vcvt_f32_f16(vreinterpret_f16_u16(vget_high_u16(of_b))));
  }
  float sum = vaddvq_f32(vaddq_f32(sum0, sum1));
  for (; i < count; i++) sum += float_of_half(a[i]) * float_of_half(b[i]);
  return sum;
}

#endif

using Dot2Function = void (*)(const uint16_t *, const float *, const float *, size_t, float *, float *);

using TwoRowsFunction = void (*)(const uint16_t *const *, const float *, const float *, size_t, float *, float *);

struct Kernel {
  const char *name;
  Dot2Function both, one;
  /// As these, for rows that follow one another.
  Dot2Function in_turn_both, in_turn_one;
  /// As these for two rows at once; null where that is no faster.
  TwoRowsFunction rows_both, rows_one;
  kindred::HalfDotFunction pair;
  bool (*available)();
};

// Narrow to wide: the last available one is chosen.
constexpr Kernel kernels[] = {
  {"plain", dot2_plain<true>, dot2_plain<false>, dot2_plain<true>, dot2_plain<false>, nullptr, nullptr, pair_plain,
   kindred::always},
#if defined(__x86_64__)
  {"avx2-f16c", dot2_f16c<true>, dot2_f16c<false>, in_turn_f16c<true>, in_turn_f16c<false>, rows_f16c<true, 2>,
   rows_f16c<false, 2>, pair_f16c, kindred::has_f16c},
  {"avx512bw", dot2_avx512<true>, dot2_avx512<false>, dot2_avx512<true>, dot2_avx512<false>, nullptr, nullptr,
   pair_avx512, kindred::has_avx512bw},
#elif defined(__aarch64__)
  {"neon", dot2_neon<true>, dot2_neon<false>, dot2_neon<true>, dot2_neon<false>, nullptr, nullptr, pair_neon,
   kindred::always},
#endif
};
constexpr size_t kernel_count = sizeof(kernels) / sizeof(kernels[0]);

}  // namespace

extern "C" {

size_t kindred_half_kernel_count(void) { return kernel_count; }

const char *kindred_half_kernel_name(size_t kernel) { return kernel < kernel_count ? kernels[kernel].name : ""; }

bool kindred_half_kernel_available(size_t kernel) { return kernel < kernel_count && kernels[kernel].available(); }

size_t kindred_half_kernel_chosen(void) {
  static const size_t chosen = kindred::widest_available(kernels);
  return chosen;
}

void kindred_half_dot2_by(
  size_t kernel, const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  const Kernel &run = kernels[kernel < kernel_count ? kernel : 0];
  (b ? run.both : run.one)(row, a, b, count, with_a, with_b);
}

float kindred_half_dot_by(size_t kernel, const uint16_t *a, const uint16_t *b, size_t count) {
  return kernels[kernel < kernel_count ? kernel : 0].pair(a, b, count);
}

void kindred_half_dot2(
  const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b) {
  kindred_half_dot2_by(kindred_half_kernel_chosen(), row, a, b, count, with_a, with_b);
}

void kindred_half_dots2(
  const void *first, size_t stride, const uint32_t *places, size_t count, const float *a, const float *b, size_t length,
  float *with_a, float *with_b) {
  constexpr size_t line = 64, ahead = 4;
  const Kernel &kernel = kernels[kindred_half_kernel_chosen()];
  const auto run = places ? (b ? kernel.both : kernel.one) : (b ? kernel.in_turn_both : kernel.in_turn_one);
  const auto row = [&](size_t i) { return static_cast<const uint8_t *>(first) + (places ? places[i] : i) * stride; };
  const auto prefetch = [&](size_t i) {
    if (i >= count) return;
    for (size_t at = 0; at < length * sizeof(uint16_t) + line; at += line) __builtin_prefetch(row(i) + at);
  };
  for (size_t i = 0; i < ahead; i++) prefetch(i);
  size_t i = 0;
  // Two rows in turn would keep the processor from fetching ahead by itself.
  const auto two = !places ? nullptr : b ? kernel.rows_both : kernel.rows_one;
  for (; two && i + 2 <= count; i += 2) {
    prefetch(i + ahead);
    prefetch(i + ahead + 1);
    const uint16_t *const pair[] = {
      reinterpret_cast<const uint16_t *>(row(i)), reinterpret_cast<const uint16_t *>(row(i + 1))};
    two(pair, a, b, length, with_a + i, b ? with_b + i : nullptr);
  }
  for (; i < count; i++) {
    prefetch(i + ahead);
    run(reinterpret_cast<const uint16_t *>(row(i)), a, b, length, with_a + i, b ? with_b + i : nullptr);
  }
}

void kindred_half_from_float_portable(const float *in, uint16_t *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = kindred::half_of_float(in[i]);
}

void kindred_float_from_half_portable(const uint16_t *in, float *out, size_t count) {
  for (size_t i = 0; i < count; i++) out[i] = float_of_half(in[i]);
}

void kindred_half_from_float(const float *in, uint16_t *out, size_t count) {
#if defined(__x86_64__)
  static const bool fast = kindred::has_f16c();
  if (fast) return from_float_f16c(in, out, count);
#endif
  kindred_half_from_float_portable(in, out, count);
}

void kindred_float_from_half(const uint16_t *in, float *out, size_t count) {
#if defined(__x86_64__)
  static const bool fast = kindred::has_f16c();
  if (fast) return to_float_f16c(in, out, count);
#endif
  kindred_float_from_half_portable(in, out, count);
}

}  // extern "C"

kindred::HalfDotFunction kindred::chosen_half_dot() { return kernels[kindred_half_kernel_chosen()].pair; }
