#pragma once

#include <string.h>

#include "kindred_pixels.h"

enum { kindred_pixels_fractional_bits = 22, kindred_pixels_low_bits = 15 };

static const int32_t kindred_pixels_half = 1 << (kindred_pixels_fractional_bits - 1);

static inline uint8_t kindred_pixels_clamped(int32_t sum) {
  int32_t value = sum >> kindred_pixels_fractional_bits;
  return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

// One output of a row, with plain loops.
static inline void kindred_pixels_filter_pixel(
    const uint8_t *row, const kindred_pixels_filter *filter, size_t output, uint8_t *target) {
  const uint8_t *samples = row + (size_t)(filter->starts[output] - filter->first_input) * 3;
  const int32_t *weights = filter->weights + output * filter->weight_stride;
  int32_t red = kindred_pixels_half, green = kindred_pixels_half, blue = kindred_pixels_half;
  for (int32_t tap = 0; tap < filter->counts[output]; tap++) {
    red += samples[0] * weights[tap];
    green += samples[1] * weights[tap];
    blue += samples[2] * weights[tap];
    samples += 3;
  }
  target[0] = kindred_pixels_clamped(red);
  target[1] = kindred_pixels_clamped(green);
  target[2] = kindred_pixels_clamped(blue);
}

#if defined(__x86_64__)
#define KINDRED_PIXELS_AVX2 1
void kindred_pixels_filter_rows_avx2(
    const uint8_t *source, const uint8_t *source_end, size_t source_stride, size_t row_count,
    const kindred_pixels_filter *filter, uint8_t *target);
void kindred_pixels_filter_columns_avx2(
    const uint8_t *source, size_t row_bytes, const kindred_pixels_filter *filter, uint8_t *target);
void kindred_pixels_normalize_avx2(
    const uint8_t *pixels, size_t count, const int32_t sources[3], float scale, const float mean[3],
    const float deviation[3], int is_mirrored, float *target, size_t plane_stride);
#endif
