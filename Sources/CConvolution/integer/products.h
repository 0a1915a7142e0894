#pragma once

#include "../vectors.h"

#if KINDRED_CONVOLUTION_AVX2
enum {
  // Input channels that lie together.
  kindred_integer_in_block = 16,
  // Output channels that are computed together: two vectors of sums.
  kindred_integer_out_block = 16,
  // Tiles that are computed together: with two vectors of sums each they fill 12 of 16 registers.
  kindred_integer_tile_group = 6,
};

// The products of some tiles with the weights of sixteen output channels, summed over the input channels.
// - Parameters:
//   - count: of tiles, 1 to kindred_integer_tile_group.
//   - inputs: sixteen numbers a tile, one tile behind the other, for each block of input channels.
//   - stride: from a tile's block to its next one.
//   - weights: [blocks * 8, 16, 2]: two input channels lie together.
//   - sums: sixteen numbers a tile.
void kindred_integer_products(
    size_t count, const int16_t *inputs, size_t stride, size_t blocks, const int16_t *weights, int32_t *sums);
#endif
