#pragma once

#include "../vectors.h"

#if KINDRED_CONVOLUTION_AVX2
enum {
  // Input channels that lie together.
  kindred_in_block = 8,
  // Output channels that are computed together: two vectors.
  kindred_out_block = 16,
  // Pixels that are computed together: with two vectors of results each they fill 12 of 16 registers.
  kindred_pixel_group = 6,
};

// The products of some pixels with the weights of sixteen output channels, summed over the input channels.
// - Parameters:
//   - count: of pixels, 1 to kindred_pixel_group.
//   - pixels: where each begins.
//   - offsets: from a pixel's beginning to its blocks of eight inputs.
//   - weights: [blocks, 8, 16].
//   - result: eight numbers a pixel for the first eight output channels; those of the others are second_half behind.
void kindred_products(
    size_t count, const float *const *pixels, const size_t *offsets, size_t blocks, const float *weights,
    float *result, size_t second_half);
#endif
