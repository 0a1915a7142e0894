#pragma once

#include "../vectors.h"
#include "kindred_stem.h"

#if KINDRED_CONVOLUTION_AVX2
enum {
  // Input channels that lie together.
  kindred_integer_in_block = 16,
  // Output channels that are computed together: two vectors of sums.
  kindred_integer_out_block = 16,
  // Tiles or pixels that are computed together: with two vectors of sums each they fill 12 of 16 registers.
  kindred_integer_group = 6,
  // Pairs of neighbouring pixels that cover a row of the stem's kernel.
  kindred_stem_pairs = (kindred_stem_size + 1) / 2,
};

// The products of some tiles with the weights of sixteen output channels, summed over the input channels.
// - Parameters:
//   - count: of tiles, 1 to kindred_integer_group.
//   - inputs: sixteen numbers a tile, one tile behind the other, for each block of input channels.
//   - block_stride: from a tile's block to its next one.
//   - weights: [blocks * 8, 16, 2]: two input channels lie together.
//   - sums: sixteen numbers a tile.
void kindred_tile_products(
    size_t count, const int16_t *inputs, size_t block_stride, size_t blocks, const int16_t *weights, int32_t *sums);

// The same of some neighbouring results of the stem, summed over the rows of its kernel.
// - Parameters:
//   - inputs: a row of a picture, from where the first result's kernel begins.
//   - block_stride: from a row to the kernel's next one.
//   - blocks: the kernel's rows of all input channels.
//   - weights: [blocks * pairs, 16, 2]: two neighbouring pixels lie together.
void kindred_stem_products(
    size_t count, const int16_t *inputs, size_t block_stride, size_t blocks, const int16_t *weights, int32_t *sums);
#endif
