#pragma once

#include "counts.h"
#include "kindred_convolution.h"

// What Winograd's algorithm is in any numbers: the results of a convolution of stride 1 are cut into square tiles, which
// reach past a picture's edges where its size is no multiple of theirs.
enum {
  // Results along each axis of a tile.
  tile_size = 4,
  // Inputs along each axis of a tile.
  input_size = 6,
  // Products of a tile and a pair of channels.
  point_count = input_size * input_size,
  // Of an item.
  most_tiles = 96,
};

typedef struct {
  // Tiles along each axis of a picture.
  size_t rows, columns;
  // Of all pictures.
  size_t count;
} kindred_tiles;

// Where a tile's results begin.
typedef struct {
  size_t image, row, column;
} kindred_place;

// How many numbers the prepared weights are.
static inline size_t kindred_point_weights(const kindred_convolution *convolution) {
  return point_count * convolution->in_channels * convolution->out_channels;
}

static inline kindred_tiles kindred_tiles_of(const kindred_convolution *convolution) {
  kindred_tiles tiles = {
      .rows = kindred_quotient(convolution->height, tile_size),
      .columns = kindred_quotient(convolution->width, tile_size)};
  tiles.count = convolution->images * tiles.rows * tiles.columns;
  return tiles;
}

static inline void kindred_find_tiles(const kindred_tiles *tiles, size_t first, size_t count, kindred_place *places) {
  for (size_t tile = 0; tile < count; tile++) {
    size_t row = (first + tile) / tiles->columns, column = (first + tile) % tiles->columns;
    places[tile] = (kindred_place){row / tiles->rows, row % tiles->rows * tile_size, column * tile_size};
  }
}

// The tiles of an item, shared evenly by the threads. Their numbers, `channel_bytes` for each point, stay in the
// second-level cache while they are transformed, multiplied and transformed back. Many tiles are worth more than that
// where all weights come from further away for each item.
static inline size_t kindred_tiles_of_item(
    const kindred_convolution *convolution, size_t channel_bytes, size_t threads) {
  const size_t cache = 512 << 10, large_weights = 4 << 20;
  size_t least = kindred_point_weights(convolution) > large_weights ? 48 : 24;
  size_t most = cache / (point_count * channel_bytes);
  most = most < least ? least : kindred_least(most, most_tiles);
  size_t count = kindred_tiles_of(convolution).count;
  return kindred_quotient(count, threads * kindred_quotient(count, most * threads));
}
