#pragma once

#include "../vectors.h"
#include "kindred_integer_convolution.h"

#if KINDRED_CONVOLUTION_AVX2
// Eight numbers of an array from an index on.
KINDRED_VECTOR_INLINE __m256 kindred_load_numbers(const void *array, kindred_number number, size_t index) {
  const __m128i *bytes = (const __m128i *)((const char *)array + index);
  switch (number) {
    case kindred_unsigned: return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(bytes)));
    case kindred_signed: return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(bytes)));
    default: return _mm256_loadu_ps((const float *)array + index);
  }
}

// Eight numbers as integers from a least to a most, rounded to the nearest or else to the even one.
KINDRED_VECTOR_INLINE __m256i kindred_round_within(__m256 values, float least, float most) {
  return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_max_ps(values, _mm256_set1_ps(least)), _mm256_set1_ps(most)));
}

// Sixteen numbers of an array from an index on.
KINDRED_VECTOR_INLINE void kindred_store_numbers(
    void *array, kindred_number number, size_t index, const __m256 values[2]) {
  if (number == kindred_single) {
    _mm256_storeu_ps((float *)array + index, values[0]);
    _mm256_storeu_ps((float *)array + index + 8, values[1]);
    return;
  }
  int is_signed = number == kindred_signed;
  float least = is_signed ? -128 : 0, most = is_signed ? 127 : 255;
  __m256i first = kindred_round_within(values[0], least, most);
  __m256i second = kindred_round_within(values[1], least, most);
  // Both are packed within halves of a vector.
  __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xd8);
  __m128i low = _mm256_castsi256_si128(words), high = _mm256_extracti128_si256(words, 1);
  _mm_storeu_si128(
      (__m128i *)((char *)array + index), is_signed ? _mm_packs_epi16(low, high) : _mm_packus_epi16(low, high));
}
#endif
