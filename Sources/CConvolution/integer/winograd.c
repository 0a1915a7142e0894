#include <stdlib.h>

#include "../sharing.h"
#include "../tiles.h"
#include "kindred_integer_convolution.h"
#include "numbers.h"
#include "products.h"

#if KINDRED_CONVOLUTION_AVX2
size_t kindred_integer_convolution_weight_count(const kindred_convolution *convolution) {
  return kindred_point_weights(convolution);
}

// Three weights to six points: 4, -6, -6, 24, 24 and 1 times as large as the fractions of the paper, so that they are
// integers.
static void transform_weights(int first, int second, int third, int points[input_size]) {
  points[0] = first;
  points[1] = first + second + third;
  points[2] = first - second + third;
  points[3] = first + 2 * second + 4 * third;
  points[4] = first - 2 * second + 4 * third;
  points[5] = third;
}

// Whether the sums of an output channel and some input channels stay within 32 bits where they have to.
static int fits(const int8_t *weights, size_t channels) {
  // What transform_inputs makes of one row of inputs: the sums of its positive and of its negative factors.
  static const int64_t positive[input_size] = {5, 2, 5, 3, 3, 5}, negative[input_size] = {5, 8, 5, 3, 3, 5};
  // transform_sums takes 24 times its result: the convolution of columns with weights that are transformed along the
  // rows, and then the convolution itself, which is less.
  const int64_t most = INT32_MAX / 24 / 255;
  int64_t above[input_size] = {0}, below[input_size] = {0};
  for (size_t row = 0; row < channels * 3; row++, weights += 3) {
    int points[input_size];
    transform_weights(weights[0], weights[1], weights[2], points);
    for (int point = 0; point < input_size; point++) {
      above[point] += points[point] > 0 ? points[point] : 0;
      below[point] -= points[point] < 0 ? points[point] : 0;
    }
  }
  for (int point = 0; point < input_size; point++) {
    if (above[point] * positive[point] + below[point] * negative[point] > most) return 0;
    if (above[point] * negative[point] + below[point] * positive[point] > most) return 0;
  }
  return 1;
}

// The first input channel of a part.
static size_t part_start(const kindred_convolution *convolution, size_t parts, size_t part) {
  return part * (convolution->in_channels / kindred_integer_in_block) / parts * kindred_integer_in_block;
}

static int all_fit(const kindred_convolution *convolution, const int8_t *weights, size_t parts) {
  for (size_t output = 0; output < convolution->out_channels; output++) {
    for (size_t part = 0; part < parts; part++) {
      size_t start = part_start(convolution, parts, part), end = part_start(convolution, parts, part + 1);
      if (!fits(weights + (output * convolution->in_channels + start) * 9, end - start)) return 0;
    }
  }
  return 1;
}

size_t kindred_integer_convolution_parts(const kindred_convolution *convolution, const int8_t *weights) {
  for (size_t parts = 1; parts <= kindred_integer_most_parts; parts++) {
    if (all_fit(convolution, weights, parts)) return parts;
  }
  return 0;
}

// From the weights of one pair of channels to their points, which lie `stride` numbers apart.
static void transform_kernel(const int8_t *weights, int16_t *target, size_t stride) {
  int half[3][input_size];
  for (int column = 0; column < 3; column++) {
    transform_weights(weights[column], weights[3 + column], weights[6 + column], half[column]);
  }
  for (int row = 0; row < input_size; row++) {
    int points[input_size];
    transform_weights(half[0][row], half[1][row], half[2][row], points);
    for (int column = 0; column < input_size; column++, target += stride) *target = (int16_t)points[column];
  }
}

// To [points, out_channels / 16, in_channels / 2, 16, 2].
void kindred_integer_convolution_pack(
    const kindred_convolution *convolution, const int8_t *weights, int16_t *packed) {
  size_t in_channels = convolution->in_channels, out_channels = convolution->out_channels;
  enum { together = kindred_integer_out_block * 2 };
  for (size_t output = 0; output < out_channels; output += kindred_integer_out_block) {
    for (size_t input = 0; input < in_channels; input += 2, packed += together) {
      int16_t points[point_count][together];
      for (size_t index = 0; index < together; index++) {
        size_t kernel = (output + index / 2) * in_channels + input + index % 2;
        transform_kernel(weights + kernel * 9, points[0] + index, together);
      }
      // A cache line each. The points' places want the same lines of the cache, so none is written in parts.
      for (size_t point = 0; point < point_count; point++) {
        memcpy(packed + point * in_channels * out_channels, points[point], sizeof points[point]);
      }
    }
  }
}

// From one point's numbers to the next one's: a cache line more than they need, for else a tile's 36 would all want the
// same places of the cache.
static size_t input_stride(const kindred_convolution *convolution, size_t tiles) {
  return convolution->in_channels * tiles + 32;
}

static size_t sum_stride(const kindred_integer_convolution *convolution, size_t tiles) {
  return convolution->parts * convolution->shape.out_channels * tiles + 16;
}

static size_t item_size(const kindred_convolution *convolution, size_t threads) {
  size_t bytes = convolution->in_channels * sizeof(int16_t) + convolution->out_channels * sizeof(int32_t);
  return kindred_tiles_of_item(convolution, bytes, threads);
}

static size_t input_bytes(const kindred_convolution *convolution, size_t tiles) {
  return point_count * input_stride(convolution, tiles) * sizeof(int16_t);
}

// Of one thread.
static size_t scratch_bytes(const kindred_integer_convolution *convolution, size_t tiles) {
  return input_bytes(&convolution->shape, tiles) + point_count * sum_stride(convolution, tiles) * sizeof(int32_t);
}

size_t kindred_integer_convolution_scratch_bytes(const kindred_integer_convolution *convolution, size_t threads) {
  return scratch_bytes(convolution, item_size(&convolution->shape, threads)) * threads;
}

KINDRED_VECTOR_INLINE __m256i times4(__m256i values) { return _mm256_slli_epi16(values, 2); }

KINDRED_VECTOR_INLINE __m256i times5(__m256i values) { return _mm256_add_epi16(times4(values), values); }

// Six inputs to six points.
KINDRED_VECTOR_INLINE void transform_inputs(const __m256i input[input_size], __m256i point[input_size]) {
  __m256i even = _mm256_sub_epi16(input[4], times4(input[2])), odd = _mm256_sub_epi16(input[3], times4(input[1]));
  __m256i difference = _mm256_sub_epi16(input[4], input[2]);
  __m256i twice = _mm256_slli_epi16(_mm256_sub_epi16(input[3], input[1]), 1);
  point[0] = _mm256_add_epi16(_mm256_sub_epi16(times4(input[0]), times5(input[2])), input[4]);
  point[1] = _mm256_add_epi16(even, odd);
  point[2] = _mm256_sub_epi16(even, odd);
  point[3] = _mm256_add_epi16(difference, twice);
  point[4] = _mm256_sub_epi16(difference, twice);
  point[5] = _mm256_add_epi16(_mm256_sub_epi16(times4(input[1]), times5(input[3])), input[5]);
}

// Where each of a tile's inputs is. They begin one row and one column before its results.
static void find_inputs(
    const kindred_convolution *convolution, const uint8_t *source, kindred_place place,
    const uint8_t *inputs[point_count]) {
  static const uint8_t outside[kindred_integer_most_inputs];
  for (size_t row = 0; row < input_size; row++) {
    for (size_t column = 0; column < input_size; column++) {
      // Where 1 is taken from 0 the difference is larger than any picture.
      size_t y = place.row + row - 1, x = place.column + column - 1;
      int is_inside = y < convolution->height && x < convolution->width;
      size_t pixel = (place.image * convolution->height + y) * convolution->width + x;
      inputs[row * input_size + column] = is_inside ? source + pixel * convolution->in_channels : outside;
    }
  }
}

// The points of some tiles: [points, channels / 16, tiles, 16].
KINDRED_VECTOR_CODE static void make_points(
    const kindred_convolution *convolution, const uint8_t *source, const kindred_place *places, size_t count,
    size_t room, int16_t *points) {
  size_t stride = input_stride(convolution, room);
  for (size_t tile = 0; tile < count; tile++) {
    const uint8_t *inputs[point_count];
    find_inputs(convolution, source, places[tile], inputs);
    for (size_t channel = 0; channel < convolution->in_channels; channel += kindred_integer_in_block) {
      __m256i half[input_size][input_size];
      for (int column = 0; column < input_size; column++) {
        __m256i input[input_size], point[input_size];
        for (int row = 0; row < input_size; row++) {
          const uint8_t *address = inputs[row * input_size + column] + channel;
          input[row] = _mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)address));
        }
        transform_inputs(input, point);
        for (int row = 0; row < input_size; row++) half[row][column] = point[row];
      }
      int16_t *target = points + channel * room + tile * kindred_integer_in_block;
      for (int row = 0; row < input_size; row++) {
        __m256i point[input_size];
        transform_inputs(half[row], point);
        for (int column = 0; column < input_size; column++, target += stride) store_integers(target, point[column]);
      }
    }
  }
}

// The sums over the channels of each part: [points, parts, channels / 16, tiles, 16].
static void multiply(
    const kindred_integer_convolution *convolution, const int16_t *weights, size_t count, size_t room,
    const int16_t *points, int32_t *sums) {
  const kindred_convolution *shape = &convolution->shape;
  size_t in_channels = shape->in_channels, out_channels = shape->out_channels;
  size_t groups = kindred_quotient(count, kindred_integer_group);
  for (int point = 0; point < point_count; point++) {
    int32_t *target = sums;
    for (size_t part = 0; part < convolution->parts; part++) {
      size_t first = part_start(shape, convolution->parts, part);
      size_t blocks = (part_start(shape, convolution->parts, part + 1) - first) / kindred_integer_in_block;
      for (size_t output = 0; output < out_channels; output += kindred_integer_out_block) {
        for (size_t group = 0; group < groups; group++) {
          // Groups as even as can be: six and one take longer than four and three.
          size_t start = group * count / groups, end = (group + 1) * count / groups;
          kindred_tile_products(
              end - start, points + first * room + start * kindred_integer_in_block, room * kindred_integer_in_block,
              blocks, weights + output * in_channels + first * kindred_integer_out_block,
              target + start * kindred_integer_out_block);
        }
        target += room * kindred_integer_out_block;
      }
    }
    points += input_stride(shape, room);
    sums += sum_stride(convolution, room);
    weights += in_channels * out_channels;
  }
}

// An exact division by 3, which takes a product of 32 bits: that with 3's inverse.
KINDRED_VECTOR_INLINE __m256i third(__m256i values) {
  return _mm256_mullo_epi32(values, _mm256_set1_epi32((int32_t)0xaaaaaaab));
}

// Six sums to four results. What the weights were made larger by is a factor of 24, which is taken off again: results
// are integers, and sums that have left 32 bits on the way come back.
KINDRED_VECTOR_INLINE void transform_sums(const __m256i sum[input_size], __m256i result[tile_size]) {
  __m256i inner = _mm256_add_epi32(sum[1], sum[2]), inner_difference = _mm256_sub_epi32(sum[1], sum[2]);
  __m256i outer = _mm256_add_epi32(sum[3], sum[4]), outer_difference = _mm256_sub_epi32(sum[3], sum[4]);
  // 6 · first + outer - 4 · inner is 24 times the result.
  __m256i first = _mm256_add_epi32(_mm256_slli_epi32(sum[0], 2), _mm256_slli_epi32(sum[0], 1));
  first = _mm256_add_epi32(first, _mm256_sub_epi32(outer, _mm256_slli_epi32(inner, 2)));
  result[0] = third(_mm256_srai_epi32(first, 3));
  // 12 times.
  __m256i second = _mm256_sub_epi32(outer_difference, _mm256_slli_epi32(inner_difference, 1));
  result[1] = third(_mm256_srai_epi32(second, 2));
  // 6 times.
  result[2] = third(_mm256_srai_epi32(_mm256_sub_epi32(outer, inner), 1));
  // 6 times, with 6 times the last sum.
  __m256i fourth = _mm256_sub_epi32(_mm256_slli_epi32(outer_difference, 1), inner_difference);
  result[3] = _mm256_add_epi32(third(_mm256_srai_epi32(fourth, 1)), sum[5]);
}

// The sums of eight output channels of a tile and a part of the input channels, added to those of the parts before.
KINDRED_VECTOR_INLINE void add_part(
    const int32_t *sums, size_t stride, __m256i results[tile_size][tile_size]) {
  __m256i half[tile_size][input_size];
  for (int column = 0; column < input_size; column++) {
    __m256i sum[input_size], result[tile_size];
    for (int row = 0; row < input_size; row++) sum[row] = load_integers(sums + (row * input_size + column) * stride);
    transform_sums(sum, result);
    for (int row = 0; row < tile_size; row++) half[row][column] = result[row];
  }
  for (int row = 0; row < tile_size; row++) {
    __m256i result[tile_size];
    transform_sums(half[row], result);
    for (int column = 0; column < tile_size; column++) {
      results[row][column] = _mm256_add_epi32(results[row][column], result[column]);
    }
  }
}

KINDRED_VECTOR_CODE static void make_results(
    const kindred_integer_convolution *convolution, const kindred_integer_arrays *arrays, const int32_t *sums,
    const kindred_place *places, size_t count, size_t room) {
  const kindred_convolution *shape = &convolution->shape;
  size_t height = shape->height, width = shape->width, out_channels = shape->out_channels;
  size_t stride = sum_stride(convolution, room), part_stride = out_channels * room;
  for (size_t output = 0; output < out_channels; output += kindred_integer_out_block) {
    __m256 scales[2], biases[2];
    for (int half = 0; half < 2; half++) {
      scales[half] = _mm256_loadu_ps(arrays->scales + output + half * 8);
      biases[half] = arrays->bias ? _mm256_loadu_ps(arrays->bias + output + half * 8) : _mm256_setzero_ps();
    }
    for (size_t tile = 0; tile < count; tile++) {
      kindred_place place = places[tile];
      __m256i results[2][tile_size][tile_size] = {0};
      const int32_t *part_sums = sums + output * room + tile * kindred_integer_out_block;
      for (size_t part = 0; part < convolution->parts; part++, part_sums += part_stride) {
        for (int half = 0; half < 2; half++) add_part(part_sums + half * 8, stride, results[half]);
      }
      size_t rows = kindred_least(tile_size, height - place.row);
      size_t columns = kindred_least(tile_size, width - place.column);
      for (size_t row = 0; row < rows; row++) {
        for (size_t column = 0; column < columns; column++) {
          size_t pixel = (place.image * height + place.row + row) * width + place.column + column;
          size_t index = pixel * out_channels + output;
          __m256 values[2];
          for (int half = 0; half < 2; half++) {
            __m256 sum = _mm256_cvtepi32_ps(results[half][row][column]);
            values[half] = _mm256_mul_ps(_mm256_add_ps(sum, biases[half]), scales[half]);
            if (arrays->shortcut) {
              __m256 shortcut = kindred_load_numbers(arrays->shortcut, arrays->shortcut_number, index + half * 8);
              values[half] = _mm256_fmadd_ps(shortcut, _mm256_set1_ps(arrays->shortcut_scale), values[half]);
            }
            if (arrays->clamps_at_zero) values[half] = _mm256_max_ps(values[half], _mm256_setzero_ps());
          }
          kindred_store_numbers(arrays->target, arrays->target_number, index, values);
        }
      }
    }
  }
}

typedef struct {
  const kindred_integer_convolution *convolution;
  const kindred_integer_arrays *arrays;
  kindred_tiles tiles;
  size_t item_size;
} run;

static void run_item(const void *context, size_t item, void *scratch) {
  const run *shared = context;
  const kindred_convolution *shape = &shared->convolution->shape;
  size_t room = shared->item_size, first = item * room, count = kindred_least(room, shared->tiles.count - first);
  kindred_place places[most_tiles];
  kindred_find_tiles(&shared->tiles, first, count, places);
  int16_t *points = scratch;
  int32_t *sums = (int32_t *)((char *)scratch + input_bytes(shape, room));
  make_points(shape, shared->arrays->source, places, count, room, points);
  multiply(shared->convolution, shared->arrays->weights, count, room, points, sums);
  make_results(shared->convolution, shared->arrays, sums, places, count, room);
}

void kindred_integer_convolution_run(
    const kindred_integer_convolution *convolution, const kindred_integer_arrays *arrays,
    kindred_start_region start_region, size_t threads) {
  const kindred_convolution *shape = &convolution->shape;
  run shared = {convolution, arrays, kindred_tiles_of(shape), item_size(shape, threads)};
  kindred_items items = {
      .count = kindred_quotient(shared.tiles.count, shared.item_size), .run = run_item, .context = &shared,
      .scratch = arrays->scratch, .scratch_bytes = scratch_bytes(convolution, shared.item_size)};
  kindred_share_items(&items, start_region, threads);
}
#else
size_t kindred_integer_convolution_parts(const kindred_convolution *convolution, const int8_t *weights) { abort(); }

size_t kindred_integer_convolution_weight_count(const kindred_convolution *convolution) { abort(); }

void kindred_integer_convolution_pack(
    const kindred_convolution *convolution, const int8_t *weights, int16_t *packed) {
  abort();
}

size_t kindred_integer_convolution_scratch_bytes(const kindred_integer_convolution *convolution, size_t threads) {
  abort();
}

void kindred_integer_convolution_run(
    const kindred_integer_convolution *convolution, const kindred_integer_arrays *arrays,
    kindred_start_region start_region, size_t threads) {
  abort();
}
#endif
