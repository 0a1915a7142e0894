#include "kindred_pixels_internal.h"

#if KINDRED_PIXELS_AVX2

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2")))

// Sums are held as two: of the weights' high parts, and of their low 15 bits, so that a multiplication of 16-bit pairs
// with its addition does for two weights. Put together modulo 2^32 they are the sum of the whole products.
AVX2 static inline __m256i joined(__m256i high, __m256i low) {
  __m256i sum = _mm256_add_epi32(_mm256_slli_epi32(high, kindred_pixels_low_bits), low);
  sum = _mm256_add_epi32(sum, _mm256_set1_epi32(kindred_pixels_half));
  return _mm256_srai_epi32(sum, kindred_pixels_fractional_bits);
}

// Bytes from the row's start that filtering an output reads: four pixels at a time, as 16 bytes.
static inline size_t reach(const kindred_pixels_filter *filter, size_t output) {
  size_t groups = ((size_t)filter->counts[output] + 3) / 4;
  return ((size_t)(filter->starts[output] - filter->first_input) + groups * 4) * 3 + 4;
}

// A load of 16 bytes of each of two rows.
AVX2 static inline __m256i load_rows(const uint8_t *first, const uint8_t *second) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)first)), _mm_loadu_si128((const __m128i *)second), 1);
}

AVX2 static inline void write_pixel(__m256i high, __m256i low, uint8_t *first, uint8_t *second) {
  __m256i words = joined(high, low);
  words = _mm256_packus_epi16(_mm256_packs_epi32(words, words), words);
  uint32_t pixels[2] = {
      (uint32_t)_mm256_extract_epi32(words, 0), (uint32_t)_mm256_extract_epi32(words, 4)};
  memcpy(first, &pixels[0], 3);
  memcpy(second, &pixels[1], 3);
}

AVX2 void kindred_pixels_filter_rows_avx2(
    const uint8_t *source, const uint8_t *source_end, size_t source_stride, size_t row_count,
    const kindred_pixels_filter *filter, uint8_t *target) {
  const __m256i first_pair = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, -1, 3, -1, 1, -1, 4, -1, 2, -1, 5, -1, -1, -1, -1, -1));
  const __m256i second_pair = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(6, -1, 9, -1, 7, -1, 10, -1, 8, -1, 11, -1, -1, -1, -1, -1));
  size_t target_stride = filter->output_count * 3;
  size_t longest_reach = 0;
  for (size_t output = 0; output < filter->output_count; output++) {
    size_t own = reach(filter, output);
    if (own > longest_reach) longest_reach = own;
  }
  for (size_t row = 0; row < row_count; row += 4) {
    const uint8_t *rows[4];
    uint8_t *targets[4];
    for (size_t index = 0; index < 4; index++) {
      // Where fewer rows than four are left, the last is done again.
      size_t own = row + index < row_count ? row + index : row_count - 1;
      rows[index] = source + own * source_stride;
      targets[index] = target + own * target_stride;
    }
    size_t readable = (size_t)(source_end - rows[3]);
    for (size_t output = 0; output < filter->output_count; output++) {
      if (readable < longest_reach && readable < reach(filter, output)) {
        for (int index = 0; index < 4; index++) {
          kindred_pixels_filter_pixel(rows[index], filter, output, targets[index] + output * 3);
        }
        continue;
      }
      size_t offset = (size_t)(filter->starts[output] - filter->first_input) * 3;
      const int32_t *weights = filter->split_weights + output * filter->weight_stride;
      __m256i high0 = _mm256_setzero_si256(), low0 = high0, high1 = high0, low1 = high0;
      for (int32_t tap = 0; tap < filter->counts[output]; tap += 4, offset += 12, weights += 4) {
        __m256i bytes0 = load_rows(rows[0] + offset, rows[1] + offset);
        __m256i bytes1 = load_rows(rows[2] + offset, rows[3] + offset);
        __m256i weight = _mm256_set1_epi32(weights[0]);
        __m256i pairs0 = _mm256_shuffle_epi8(bytes0, first_pair);
        __m256i pairs1 = _mm256_shuffle_epi8(bytes1, first_pair);
        high0 = _mm256_add_epi32(high0, _mm256_madd_epi16(pairs0, weight));
        high1 = _mm256_add_epi32(high1, _mm256_madd_epi16(pairs1, weight));
        weight = _mm256_set1_epi32(weights[1]);
        low0 = _mm256_add_epi32(low0, _mm256_madd_epi16(pairs0, weight));
        low1 = _mm256_add_epi32(low1, _mm256_madd_epi16(pairs1, weight));
        weight = _mm256_set1_epi32(weights[2]);
        pairs0 = _mm256_shuffle_epi8(bytes0, second_pair);
        pairs1 = _mm256_shuffle_epi8(bytes1, second_pair);
        high0 = _mm256_add_epi32(high0, _mm256_madd_epi16(pairs0, weight));
        high1 = _mm256_add_epi32(high1, _mm256_madd_epi16(pairs1, weight));
        weight = _mm256_set1_epi32(weights[3]);
        low0 = _mm256_add_epi32(low0, _mm256_madd_epi16(pairs0, weight));
        low1 = _mm256_add_epi32(low1, _mm256_madd_epi16(pairs1, weight));
      }
      write_pixel(high0, low0, targets[0] + output * 3, targets[1] + output * 3);
      write_pixel(high1, low1, targets[2] + output * 3, targets[3] + output * 3);
    }
  }
}

// 32 samples of one output row.
AVX2 static inline void filter_chunk(
    const uint8_t *samples, size_t row_bytes, int32_t count, const int32_t *weights, uint8_t *target) {
  const __m256i zero = _mm256_setzero_si256();
  __m256i high[4] = {zero, zero, zero, zero}, low[4] = {zero, zero, zero, zero};
  for (int32_t tap = 0; tap < count; tap += 2, weights += 2) {
    const uint8_t *row = samples + (size_t)tap * row_bytes;
    __m256i first = _mm256_loadu_si256((const __m256i *)row);
    // An odd last row is paired with itself and a weight of zero.
    __m256i second = _mm256_loadu_si256((const __m256i *)(tap + 1 < count ? row + row_bytes : row));
    __m256i upper = _mm256_unpacklo_epi8(first, second), lower = _mm256_unpackhi_epi8(first, second);
    __m256i pairs[4] = {
        _mm256_unpacklo_epi8(upper, zero), _mm256_unpackhi_epi8(upper, zero), _mm256_unpacklo_epi8(lower, zero),
        _mm256_unpackhi_epi8(lower, zero)};
    __m256i high_weight = _mm256_set1_epi32(weights[0]), low_weight = _mm256_set1_epi32(weights[1]);
    for (int index = 0; index < 4; index++) {
      high[index] = _mm256_add_epi32(high[index], _mm256_madd_epi16(pairs[index], high_weight));
      low[index] = _mm256_add_epi32(low[index], _mm256_madd_epi16(pairs[index], low_weight));
    }
  }
  // Unpacking and packing both work within halves of 128 bits, so the samples come back in order.
  __m256i upper = _mm256_packs_epi32(joined(high[0], low[0]), joined(high[1], low[1]));
  __m256i lower = _mm256_packs_epi32(joined(high[2], low[2]), joined(high[3], low[3]));
  _mm256_storeu_si256((__m256i *)target, _mm256_packus_epi16(upper, lower));
}

AVX2 void kindred_pixels_filter_columns_avx2(
    const uint8_t *source, size_t row_bytes, const kindred_pixels_filter *filter, uint8_t *target) {
  enum { chunk = 32 };
  for (size_t output = 0; output < filter->output_count; output++, target += row_bytes) {
    const uint8_t *samples = source + (size_t)(filter->starts[output] - filter->first_input) * row_bytes;
    const int32_t *weights = filter->split_weights + output * filter->weight_stride;
    int32_t count = filter->counts[output];
    if (row_bytes >= chunk) {
      for (size_t start = 0; start + chunk <= row_bytes; start += chunk) {
        filter_chunk(samples + start, row_bytes, count, weights, target + start);
      }
      // The rest with some samples that are done already.
      size_t start = row_bytes - chunk;
      if (row_bytes % chunk != 0) filter_chunk(samples + start, row_bytes, count, weights, target + start);
      continue;
    }
    const int32_t *whole = filter->weights + output * filter->weight_stride;
    for (size_t index = 0; index < row_bytes; index++) {
      int32_t sum = kindred_pixels_half;
      for (int32_t tap = 0; tap < count; tap++) sum += samples[(size_t)tap * row_bytes + index] * whole[tap];
      target[index] = kindred_pixels_clamped(sum);
    }
  }
}

#pragma clang fp contract(off)

AVX2 void kindred_pixels_normalize_avx2(
    const uint8_t *pixels, size_t count, const int32_t sources[3], float scale, const float mean[3],
    const float deviation[3], int is_mirrored, float *target, size_t plane_stride) {
  size_t done = 0;
  const __m256 factor = _mm256_set1_ps(scale);
  const __m256i reversed = _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0);
  __m256i gather[3];
  for (int channel = 0; channel < 3; channel++) {
    char own = (char)sources[channel];
    // Four pixels of 12 bytes in each half.
    gather[channel] = _mm256_broadcastsi128_si256(_mm_setr_epi8(
        own, -1, -1, -1, (char)(own + 3), -1, -1, -1, (char)(own + 6), -1, -1, -1, (char)(own + 9), -1, -1, -1));
  }
  // Each step takes eight pixels and reads 28 bytes, four more than they have.
  for (; done + 10 <= count; done += 8) {
    __m256i bytes = load_rows(pixels + done * 3, pixels + done * 3 + 12);
    for (int channel = 0; channel < 3; channel++) {
      __m256 values = _mm256_cvtepi32_ps(_mm256_shuffle_epi8(bytes, gather[channel]));
      values = _mm256_sub_ps(_mm256_mul_ps(values, factor), _mm256_set1_ps(mean[channel]));
      values = _mm256_div_ps(values, _mm256_set1_ps(deviation[channel]));
      float *plane = target + (size_t)channel * plane_stride;
      if (is_mirrored) {
        _mm256_storeu_ps(plane + count - 8 - done, _mm256_permutevar8x32_ps(values, reversed));
      } else {
        _mm256_storeu_ps(plane + done, values);
      }
    }
  }
  for (; done < count; done++) {
    size_t place = is_mirrored ? count - 1 - done : done;
    for (int channel = 0; channel < 3; channel++) {
      float sample = (float)pixels[done * 3 + (size_t)sources[channel]];
      target[(size_t)channel * plane_stride + place] = (sample * scale - mean[channel]) / deviation[channel];
    }
  }
}

#endif
