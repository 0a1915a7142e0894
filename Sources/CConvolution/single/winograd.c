#include "../tiles.h"
#include "algorithms.h"

#if KINDRED_CONVOLUTION_AVX2
static void pack(const kindred_convolution *convolution, const float *weights, float *packed) {
  static const double factors[input_size][3] = {
      {1. / 4, 0, 0},
      {-1. / 6, -1. / 6, -1. / 6},
      {-1. / 6, 1. / 6, -1. / 6},
      {1. / 24, 1. / 12, 1. / 6},
      {1. / 24, -1. / 12, 1. / 6},
      {0, 0, 1},
  };
  size_t in_channels = convolution->in_channels, out_channels = convolution->out_channels;
  for (size_t output = 0; output < out_channels; output++) {
    for (size_t input = 0; input < in_channels; input++) {
      const float *kernel = weights + (output * in_channels + input) * 9;
      double half[input_size][3];
      for (int row = 0; row < input_size; row++) {
        for (int column = 0; column < 3; column++) {
          half[row][column] = factors[row][0] * kernel[column] + factors[row][1] * kernel[3 + column] +
                              factors[row][2] * kernel[6 + column];
        }
      }
      float *target = packed + (output / kindred_out_block * in_channels + input) * kindred_out_block +
                      output % kindred_out_block;
      for (int row = 0; row < input_size; row++) {
        for (int column = 0; column < input_size; column++) {
          const double *factor = factors[column];
          target[(size_t)(row * input_size + column) * in_channels * out_channels] =
              (float)(half[row][0] * factor[0] + half[row][1] * factor[1] + half[row][2] * factor[2]);
        }
      }
    }
  }
}

// From one point's numbers to the next one's: a cache line more than they need, for else a tile's 36 would all want
// the same places of the cache.
static size_t point_stride(size_t channels, size_t tiles) { return channels * tiles + 16; }

static kindred_work divide(const kindred_convolution *convolution, size_t threads) {
  size_t channels = convolution->in_channels + convolution->out_channels;
  kindred_work work;
  work.item_size = kindred_tiles_of_item(convolution, channels * sizeof(float), threads);
  work.item_count = kindred_quotient(kindred_tiles_of(convolution).count, work.item_size);
  work.scratch_count = point_count * (point_stride(convolution->in_channels, work.item_size) +
                                      point_stride(convolution->out_channels, work.item_size));
  return work;
}

// Six inputs to six points.
KINDRED_VECTOR_INLINE void transform_inputs(const floats8 input[input_size], floats8 point[input_size]) {
  floats8 even = input[4] - 4 * input[2], odd = input[3] - 4 * input[1];
  floats8 difference = input[4] - input[2], twice = 2 * (input[3] - input[1]);
  point[0] = 4 * input[0] - 5 * input[2] + input[4];
  point[1] = even + odd;
  point[2] = even - odd;
  point[3] = difference + twice;
  point[4] = difference - twice;
  point[5] = 4 * input[1] - 5 * input[3] + input[5];
}

// Six sums to four results.
KINDRED_VECTOR_INLINE void transform_sums(const floats8 sum[input_size], floats8 result[tile_size]) {
  floats8 inner = sum[1] + sum[2], inner_difference = sum[1] - sum[2];
  floats8 outer = sum[3] + sum[4], outer_difference = sum[3] - sum[4];
  result[0] = sum[0] + inner + outer;
  result[1] = inner_difference + 2 * outer_difference;
  result[2] = inner + 4 * outer;
  result[3] = inner_difference + 8 * outer_difference + sum[5];
}

// A tile's inputs begin one row and one column before its results.
static int reaches_outside(const kindred_convolution *convolution, kindred_place place) {
  return place.row == 0 || place.column == 0 || place.row + tile_size >= convolution->height ||
         place.column + tile_size >= convolution->width;
}

// Copies a tile's inputs, with zeros outside of the picture.
KINDRED_VECTOR_CODE static void pad_tile(
    const kindred_convolution *convolution, const float *plane, kindred_place place, float *target) {
  for (size_t row = 0; row < input_size; row++) {
    for (size_t column = 0; column < input_size; column++, target += 8) {
      // Where 1 is taken from 0 the difference is larger than any picture.
      size_t y = place.row + row - 1, x = place.column + column - 1;
      int is_inside = y < convolution->height && x < convolution->width;
      store8(target, is_inside ? load8(plane + (y * convolution->width + x) * 8) : zero8());
    }
  }
}

// The points of some tiles: [points, channels / 8, tiles, 8].
KINDRED_VECTOR_CODE static void make_points(
    const kindred_convolution *convolution, const float *source, const kindred_place *places, size_t count, size_t room,
    float *points) {
  size_t blocks = convolution->in_channels / 8, width = convolution->width, pixels = convolution->height * width;
  size_t stride = point_stride(convolution->in_channels, room);
  for (size_t block = 0; block < blocks; block++) {
    for (size_t tile = 0; tile < count; tile++) {
      kindred_place place = places[tile];
      const float *plane = source + (place.image * blocks + block) * pixels * 8;
      float padded[point_count * 8];
      const float *start;
      size_t row_stride;
      if (reaches_outside(convolution, place)) {
        pad_tile(convolution, plane, place, padded);
        start = padded;
        row_stride = input_size * 8;
      } else {
        start = plane + ((place.row - 1) * width + place.column - 1) * 8;
        row_stride = width * 8;
      }
      floats8 half[input_size][input_size];
      for (size_t column = 0; column < input_size; column++) {
        floats8 input[input_size], point[input_size];
        for (size_t row = 0; row < input_size; row++) input[row] = load8(start + row * row_stride + column * 8);
        transform_inputs(input, point);
        for (int row = 0; row < input_size; row++) half[row][column] = point[row];
      }
      float *target = points + (block * room + tile) * 8;
      for (int row = 0; row < input_size; row++) {
        floats8 point[input_size];
        transform_inputs(half[row], point);
        for (int column = 0; column < input_size; column++, target += stride) store8(target, point[column]);
      }
    }
  }
}

// The sums over all channels: [points, channels / 8, tiles, 8] of both.
static void multiply(
    const kindred_convolution *convolution, const float *weights, size_t count, size_t room, const float *points,
    float *sums) {
  size_t in_channels = convolution->in_channels, out_channels = convolution->out_channels;
  size_t blocks = in_channels / kindred_in_block, groups = kindred_quotient(count, kindred_pixel_group);
  size_t offsets[blocks];
  for (size_t block = 0; block < blocks; block++) offsets[block] = block * room * 8;
  for (int point = 0; point < point_count; point++) {
    for (size_t output = 0; output < out_channels; output += kindred_out_block) {
      for (size_t group = 0; group < groups; group++) {
        // Groups as even as can be: six and one take longer than four and three.
        size_t start = group * count / groups, end = (group + 1) * count / groups;
        const float *tiles[kindred_pixel_group];
        for (size_t tile = start; tile < end; tile++) tiles[tile - start] = points + tile * 8;
        kindred_products(
            end - start, tiles, offsets, blocks, weights + output * in_channels, sums + (output * room + start * 8),
            room * 8);
      }
    }
    points += point_stride(in_channels, room);
    sums += point_stride(out_channels, room);
    weights += in_channels * out_channels;
  }
}

KINDRED_VECTOR_CODE static void make_results(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays, const float *sums,
    const kindred_place *places, size_t count, size_t room) {
  size_t blocks = convolution->out_channels / 8, height = convolution->height, width = convolution->width;
  size_t stride = point_stride(convolution->out_channels, room);
  for (size_t block = 0; block < blocks; block++) {
    floats8 bias = kindred_bias_of(arrays, block);
    for (size_t tile = 0; tile < count; tile++) {
      kindred_place place = places[tile];
      const float *source = sums + (block * room + tile) * 8;
      floats8 half[tile_size][input_size];
      for (size_t column = 0; column < input_size; column++) {
        floats8 sum[input_size], result[tile_size];
        for (size_t row = 0; row < input_size; row++) sum[row] = load8(source + (row * input_size + column) * stride);
        transform_sums(sum, result);
        for (int row = 0; row < tile_size; row++) half[row][column] = result[row];
      }
      size_t plane = (place.image * blocks + block) * height;
      size_t rows = kindred_least(tile_size, height - place.row);
      size_t columns = kindred_least(tile_size, width - place.column);
      for (size_t row = 0; row < rows; row++) {
        floats8 result[tile_size];
        transform_sums(half[row], result);
        size_t offset = ((plane + place.row + row) * width + place.column) * 8;
        for (size_t column = 0; column < columns; column++) {
          kindred_finish_pixel(arrays, offset + column * 8, bias, result[column]);
        }
      }
    }
  }
}

static void run_item(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays, const kindred_work *work,
    size_t item, float *scratch) {
  kindred_tiles tiles = kindred_tiles_of(convolution);
  size_t room = work->item_size, first = item * room, count = kindred_least(room, tiles.count - first);
  kindred_place places[most_tiles];
  kindred_find_tiles(&tiles, first, count, places);
  float *sums = scratch + point_count * point_stride(convolution->in_channels, room);
  make_points(convolution, arrays->source, places, count, room, scratch);
  multiply(convolution, arrays->weights, count, room, scratch, sums);
  make_results(convolution, arrays, sums, places, count, room);
}

const kindred_algorithm kindred_winograd = {kindred_point_weights, pack, divide, run_item};
#endif
