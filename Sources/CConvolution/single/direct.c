#include "algorithms.h"

#if KINDRED_CONVOLUTION_AVX2
enum { tap_count = 9 };

static size_t out_height(const kindred_convolution *convolution) {
  return (convolution->height - 1) / convolution->stride + 1;
}

static size_t out_width(const kindred_convolution *convolution) {
  return (convolution->width - 1) / convolution->stride + 1;
}

static size_t weight_count(const kindred_convolution *convolution) {
  return tap_count * convolution->in_channels * convolution->out_channels;
}

// To [out_channels / 16, in_channels / 8, 9, 8, 16].
static void pack(const kindred_convolution *convolution, const float *weights, float *packed) {
  size_t in_channels = convolution->in_channels;
  for (size_t output = 0; output < convolution->out_channels; output++) {
    for (size_t input = 0; input < in_channels; input++) {
      size_t block = output / kindred_out_block * (in_channels / kindred_in_block) + input / kindred_in_block;
      for (size_t tap = 0; tap < tap_count; tap++) {
        size_t row = (block * tap_count + tap) * kindred_in_block + input % kindred_in_block;
        packed[row * kindred_out_block + output % kindred_out_block] =
            weights[(output * in_channels + input) * tap_count + tap];
      }
    }
  }
}

// The rows of the source that so many rows of results need.
static size_t source_rows(const kindred_convolution *convolution, size_t rows) {
  return (rows - 1) * convolution->stride + 3;
}

// Input channels are summed in parts, so that the weights of a part stay in the second-level cache together with what
// they are multiplied with while all pixels of an item take them.
enum { most_part_inputs = 128 };

static size_t part_inputs(const kindred_convolution *convolution) {
  return kindred_least(convolution->in_channels, most_part_inputs);
}

static kindred_work divide(const kindred_convolution *convolution, size_t threads) {
  // The inputs that an item reads at a time stay in the second-level cache, and it has enough results for all weights
  // that it reads.
  const size_t cache = (256 << 10) / sizeof(float), least_results = 24;
  size_t row = part_inputs(convolution) * (convolution->width + 2) * convolution->stride;
  size_t rows = cache / row, least = kindred_quotient(least_results, out_width(convolution));
  if (rows < least) rows = least;
  size_t height = out_height(convolution), chunks = kindred_quotient(height, kindred_least(rows, height));
  kindred_work work;
  work.item_size = kindred_quotient(height, chunks);
  size_t areas = convolution->images * kindred_quotient(height, work.item_size);
  // Few are divided by output channels too, so that every thread has some.
  size_t blocks = convolution->out_channels / kindred_out_block;
  size_t wanted = kindred_least(kindred_quotient(2 * threads, areas), blocks);
  work.item_outputs = kindred_quotient(blocks, wanted) * kindred_out_block;
  work.item_count = areas * kindred_quotient(convolution->out_channels, work.item_outputs);
  work.scratch_count =
      convolution->in_channels * source_rows(convolution, work.item_size) * (convolution->width + 2) +
      work.item_size * out_width(convolution) * kindred_out_block;
  return work;
}

// Copies rows of a picture with zeros around them: [channels / 8, rows, width + 2, 8]. The first may be -1.
static void pad_rows(
    const kindred_convolution *convolution, const float *source, ptrdiff_t first, size_t rows, float *target) {
  size_t width = convolution->width;
  for (size_t block = 0; block < convolution->in_channels / 8; block++) {
    const float *plane = source + block * convolution->height * width * 8;
    for (size_t row = 0; row < rows; row++, target += (width + 2) * 8) {
      ptrdiff_t y = first + (ptrdiff_t)row;
      if (y < 0 || y >= (ptrdiff_t)convolution->height) {
        memset(target, 0, (width + 2) * 8 * sizeof(float));
        continue;
      }
      memset(target, 0, 8 * sizeof(float));
      memcpy(target + 8, plane + (size_t)y * width * 8, width * 8 * sizeof(float));
      memset(target + (width + 1) * 8, 0, 8 * sizeof(float));
    }
  }
}

// The pixels of an item's results, and where the inputs of each begin.
typedef struct {
  size_t count, width;
  const float *inputs;
  // Numbers from a row's and from a pixel's inputs to the next one's.
  size_t row_stride, pixel_stride;
} item_pixels;

// Sums up the products of all pixels with some blocks of inputs: eight numbers a pixel for eight output channels, then
// those of the eight others.
KINDRED_VECTOR_CODE static void sum_products(
    const item_pixels *pixels, const size_t *offsets, size_t blocks, const float *weights, int is_first, float *sums) {
  size_t groups = kindred_quotient(pixels->count, kindred_pixel_group), half = pixels->count * 8;
  for (size_t group = 0; group < groups; group++) {
    size_t start = group * pixels->count / groups, count = (group + 1) * pixels->count / groups - start;
    const float *inputs[kindred_pixel_group];
    for (size_t i = 0; i < count; i++) {
      size_t row = (start + i) / pixels->width, column = (start + i) % pixels->width;
      inputs[i] = pixels->inputs + row * pixels->row_stride + column * pixels->pixel_stride;
    }
    float *target = sums + start * 8;
    if (is_first) {
      kindred_products(count, inputs, offsets, blocks, weights, target, half);
      continue;
    }
    float more[2][kindred_pixel_group * 8];
    kindred_products(count, inputs, offsets, blocks, weights, more[0], kindred_pixel_group * 8);
    for (size_t i = 0; i < count * 8; i += 8) {
      store8(target + i, load8(target + i) + load8(more[0] + i));
      store8(target + half + i, load8(target + half + i) + load8(more[1] + i));
    }
  }
}

KINDRED_VECTOR_CODE static void run_item(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays, const kindred_work *work,
    size_t item, float *scratch) {
  size_t height = out_height(convolution), width = out_width(convolution), stride = convolution->stride;
  size_t chunks = kindred_quotient(height, work->item_size), areas = convolution->images * chunks;
  size_t image = item % areas / chunks, first = item % chunks * work->item_size;
  size_t rows = kindred_least(work->item_size, height - first);
  size_t in_blocks = convolution->in_channels / kindred_in_block, padded_width = convolution->width + 2;
  size_t padded_rows = source_rows(convolution, rows);
  pad_rows(
      convolution, arrays->source + image * convolution->in_channels * convolution->height * convolution->width,
      (ptrdiff_t)(first * stride) - 1, padded_rows, scratch);

  size_t offsets[in_blocks * tap_count];
  for (size_t block = 0; block < in_blocks; block++) {
    for (size_t tap = 0; tap < tap_count; tap++) {
      offsets[block * tap_count + tap] = ((block * padded_rows + tap / 3) * padded_width + tap % 3) * 8;
    }
  }

  float *sums = scratch + convolution->in_channels * padded_rows * padded_width;
  item_pixels pixels = {rows * width, width, scratch, padded_width * stride * 8, stride * 8};
  size_t part_blocks = part_inputs(convolution) / kindred_in_block;
  size_t first_output = item / areas * work->item_outputs;
  size_t end_output = kindred_least(first_output + work->item_outputs, convolution->out_channels);
  for (size_t output = first_output; output < end_output; output += kindred_out_block) {
    for (size_t block = 0; block < in_blocks; block += part_blocks) {
      size_t blocks = kindred_least(part_blocks, in_blocks - block) * tap_count;
      const float *weights =
          arrays->weights + (output * in_blocks + block * kindred_out_block) * tap_count * kindred_in_block;
      sum_products(&pixels, offsets + block * tap_count, blocks, weights, block == 0, sums);
    }
    for (size_t half = 0; half < 2; half++) {
      floats8 bias = kindred_bias_of(arrays, output / 8 + half);
      size_t plane = ((image * convolution->out_channels / 8 + output / 8 + half) * height + first) * width * 8;
      for (size_t i = 0; i < pixels.count * 8; i += 8) {
        kindred_finish_pixel(arrays, plane + i, bias, load8(sums + half * pixels.count * 8 + i));
      }
    }
  }
}

const kindred_algorithm kindred_direct = {weight_count, pack, divide, run_item};
#endif
