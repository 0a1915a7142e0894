#pragma once

#include "counts.h"
#include "kindred_convolution.h"

// The results of a convolution of stride 1 cut into square tiles, which reach past a picture's edges where its size is
// no multiple of theirs.
typedef struct {
  // Results along each axis of a tile.
  size_t size;
  // Tiles along each axis of a picture.
  size_t rows, columns;
  // Of all pictures.
  size_t count;
} kindred_tiles;

// Where a tile's results begin.
typedef struct {
  size_t image, row, column;
} kindred_place;

static inline kindred_tiles kindred_tiles_of(const kindred_convolution *convolution, size_t size) {
  kindred_tiles tiles = {
      .size = size, .rows = kindred_quotient(convolution->height, size),
      .columns = kindred_quotient(convolution->width, size)};
  tiles.count = convolution->images * tiles.rows * tiles.columns;
  return tiles;
}

static inline void kindred_find_tiles(const kindred_tiles *tiles, size_t first, size_t count, kindred_place *places) {
  for (size_t tile = 0; tile < count; tile++) {
    size_t row = (first + tile) / tiles->columns, column = (first + tile) % tiles->columns;
    places[tile] = (kindred_place){row / tiles->rows, row % tiles->rows * tiles->size, column * tiles->size};
  }
}

// The tiles of an item: no more than `most`, shared evenly by the threads.
static inline size_t kindred_tiles_of_item(const kindred_tiles *tiles, size_t most, size_t threads) {
  return kindred_quotient(tiles->count, threads * kindred_quotient(tiles->count, most * threads));
}
