#include "kindred_pixels_internal.h"

// Vectors of four, which compilers turn into NEON, SSE or whatever there is.
typedef uint8_t bytes4 __attribute__((vector_size(4)));
typedef int32_t words4 __attribute__((vector_size(16)));

static int has_avx2(void) {
#if KINDRED_PIXELS_AVX2
  return __builtin_cpu_supports("avx2");
#else
  return 0;
#endif
}

void kindred_pixels_split_weights(const int32_t *weights, size_t count, int32_t *split_weights) {
  for (size_t pair = 0; pair + 1 < count; pair += 2) {
    uint32_t first = (uint32_t)weights[pair], second = (uint32_t)weights[pair + 1];
    uint32_t mask = (1u << kindred_pixels_low_bits) - 1;
    split_weights[pair] = (int32_t)((first >> kindred_pixels_low_bits) | (second >> kindred_pixels_low_bits) << 16);
    split_weights[pair + 1] = (int32_t)((first & mask) | (second & mask) << 16);
  }
}

static void filter_rows(
    const uint8_t *source, const uint8_t *source_end, size_t source_stride, size_t row_count,
    const kindred_pixels_filter *filter, uint8_t *target) {
  for (size_t row = 0; row < row_count; row++) {
    const uint8_t *samples = source + row * source_stride;
    for (size_t output = 0; output < filter->output_count; output++, target += 3) {
      size_t start = (size_t)(filter->starts[output] - filter->first_input), count = (size_t)filter->counts[output];
      // A pixel is read with the byte after it, which the picture's last one lacks.
      if (count == 0 || (size_t)(source_end - samples) < (start + count) * 3 + 1) {
        kindred_pixels_filter_pixel(samples, filter, output, target);
        continue;
      }
      const uint8_t *pixel = samples + start * 3;
      const int32_t *weights = filter->weights + output * filter->weight_stride;
      words4 sum = {kindred_pixels_half, kindred_pixels_half, kindred_pixels_half, 0};
      for (size_t tap = 0; tap < count; tap++, pixel += 3) {
        bytes4 bytes;
        memcpy(&bytes, pixel, sizeof bytes);
        sum += __builtin_convertvector(bytes, words4) * weights[tap];
      }
      for (int channel = 0; channel < 3; channel++) target[channel] = kindred_pixels_clamped(sum[channel]);
    }
  }
}

void kindred_pixels_filter_rows(
    const uint8_t *source, const uint8_t *source_end, size_t source_stride, size_t row_count,
    const kindred_pixels_filter *filter, uint8_t *target) {
#if KINDRED_PIXELS_AVX2
  if (has_avx2()) {
    kindred_pixels_filter_rows_avx2(source, source_end, source_stride, row_count, filter, target);
    return;
  }
#endif
  filter_rows(source, source_end, source_stride, row_count, filter, target);
}

enum { chunk = 64 };

static void filter_columns(
    const uint8_t *source, size_t row_bytes, const kindred_pixels_filter *filter, uint8_t *target) {
  for (size_t output = 0; output < filter->output_count; output++, target += row_bytes) {
    const uint8_t *samples = source + (size_t)(filter->starts[output] - filter->first_input) * row_bytes;
    const int32_t *weights = filter->weights + output * filter->weight_stride;
    for (size_t start = 0; start < row_bytes; start += chunk) {
      size_t length = row_bytes - start < chunk ? row_bytes - start : chunk;
      int32_t sums[chunk];
      for (size_t index = 0; index < chunk; index++) sums[index] = kindred_pixels_half;
      for (int32_t tap = 0; tap < filter->counts[output]; tap++) {
        const uint8_t *row = samples + (size_t)tap * row_bytes + start;
        for (size_t index = 0; index < length; index++) sums[index] += row[index] * weights[tap];
      }
      for (size_t index = 0; index < length; index++) target[start + index] = kindred_pixels_clamped(sums[index]);
    }
  }
}

void kindred_pixels_filter_columns(
    const uint8_t *source, size_t row_bytes, const kindred_pixels_filter *filter, uint8_t *target) {
#if KINDRED_PIXELS_AVX2
  if (has_avx2()) {
    kindred_pixels_filter_columns_avx2(source, row_bytes, filter, target);
    return;
  }
#endif
  filter_columns(source, row_bytes, filter, target);
}

// The steps are to be rounded one by one, as they are where the numbers were looked up in a table.
#pragma clang fp contract(off)

static void normalize(
    const uint8_t *pixels, size_t count, const int32_t sources[3], float scale, const float mean[3],
    const float deviation[3], int is_mirrored, float *target, size_t plane_stride) {
  for (int channel = 0; channel < 3; channel++) {
    const uint8_t *samples = pixels + sources[channel];
    float *plane = target + (size_t)channel * plane_stride;
    float offset = mean[channel], divisor = deviation[channel];
    if (is_mirrored) {
      for (size_t index = 0; index < count; index++) {
        plane[count - 1 - index] = ((float)samples[index * 3] * scale - offset) / divisor;
      }
    } else {
      for (size_t index = 0; index < count; index++) {
        plane[index] = ((float)samples[index * 3] * scale - offset) / divisor;
      }
    }
  }
}

void kindred_pixels_normalize(
    const uint8_t *pixels, size_t count, const int32_t sources[3], float scale, const float mean[3],
    const float deviation[3], int is_mirrored, float *target, size_t plane_stride) {
#if KINDRED_PIXELS_AVX2
  if (has_avx2()) {
    kindred_pixels_normalize_avx2(
        pixels, count, sources, scale, mean, deviation, is_mirrored, target, plane_stride);
    return;
  }
#endif
  normalize(pixels, count, sources, scale, mean, deviation, is_mirrored, target, plane_stride);
}
