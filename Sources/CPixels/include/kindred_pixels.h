// Loops over samples that pay for being written with the processor's vectors: the two passes of a resize, and the step
// from samples to a network's planes. Every version of a loop gives the same bits; the fastest one that the processor
// has is taken.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The weights of one axis. Output `i` is the sum of `counts[i]` samples from `starts[i]` on. Weights are 0 to 2^22 with
// 22 fractional bits, those of one output sum to about 2^22, and each output has room for `weight_stride` of them, a
// multiple of 4 that is zero beyond the count.
typedef struct kindred_pixels_filter {
  size_t output_count;
  const int32_t *starts;
  const int32_t *counts;
  // The input position that the samples begin at.
  int32_t first_input;
  size_t weight_stride;
  const int32_t *weights;
  // As `kindred_pixels_split_weights` makes them, `weight_stride` numbers an output.
  const int32_t *split_weights;
} kindred_pixels_filter;

// Cuts `count` weights, a multiple of 2, into halves that 16-bit multiplications take: of each two weights, first their
// high parts, then their low 15 bits, as two 16-bit numbers in one 32-bit number each.
void kindred_pixels_split_weights(const int32_t *weights, size_t count, int32_t *split_weights);

// Filters `row_count` rows of RGB samples along x, to `output_count` × 3 bytes a row. Nothing at or beyond `source_end`
// is read; samples between rows and before it may be, and don't matter.
void kindred_pixels_filter_rows(
    const uint8_t *source, const uint8_t *source_end, size_t source_stride, size_t row_count,
    const kindred_pixels_filter *filter, uint8_t *target);

// Filters rows of `row_bytes` samples along y, to `output_count` rows.
void kindred_pixels_filter_columns(
    const uint8_t *source, size_t row_bytes, const kindred_pixels_filter *filter, uint8_t *target);

// Turns `count` RGB pixels into three runs of (sample * scale - mean) / deviation, each step rounded to single
// precision: channel `c` is the sample `sources[c]` of each pixel, written from `target + c * plane_stride` on, from
// back to front when `is_mirrored`.
void kindred_pixels_normalize(
    const uint8_t *pixels, size_t count, const int32_t sources[3], float scale, const float mean[3],
    const float deviation[3], int is_mirrored, float *target, size_t plane_stride);
