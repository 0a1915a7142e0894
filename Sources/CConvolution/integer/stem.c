#include "kindred_stem.h"

#include <math.h>
#include <stdlib.h>

#include "../counts.h"
#include "../sharing.h"
#include "numbers.h"
#include "products.h"

#if KINDRED_CONVOLUTION_AVX2
enum {
  // Rows of results of an item: their sources fit the first-level cache.
  item_rows = 8,
};

static size_t kernel_rows(const kindred_stem *stem) { return stem->in_channels * kindred_stem_size; }

// Of one output channel. A row of the kernel has one more, a zero, that its last pair needs.
static size_t taps(const kindred_stem *stem) { return kernel_rows(stem) * kindred_stem_pairs * 2; }

size_t kindred_stem_weight_count(const kindred_stem *stem) { return stem->out_channels * taps(stem); }

// To [out_channels / 16, 7, in_channels, 4, 16, 2].
void kindred_stem_pack(const kindred_stem *stem, const float *weights, int16_t *packed, float *steps) {
  size_t row_count = kernel_rows(stem), kernel = row_count * kindred_stem_size;
  memset(packed, 0, kindred_stem_weight_count(stem) * sizeof(int16_t));
  for (size_t output = 0; output < stem->out_channels; output++, weights += kernel) {
    double largest = 0, sum = 0;
    for (size_t tap = 0; tap < kernel; tap++) {
      double magnitude = fabs(weights[tap]);
      sum += magnitude;
      if (magnitude > largest) largest = magnitude;
    }
    // All of them times the largest source stay within 32 bits, even if each was rounded up.
    double factor = fmin(INT16_MAX / largest, ((double)INT32_MAX / kindred_stem_largest - (double)kernel) / sum);
    // A channel of zeros, or of what is no number, has any step.
    if (!isfinite(factor) || !isfinite(sum)) factor = 1;
    steps[output] = (float)(1 / factor);
    for (size_t channel = 0; channel < stem->in_channels; channel++) {
      for (size_t row = 0; row < kindred_stem_size; row++) {
        size_t first = (row * stem->in_channels + channel) * kindred_stem_pairs;
        int16_t *target = packed + output / kindred_integer_out_block * kindred_integer_out_block * taps(stem) +
                          first * kindred_integer_out_block * 2 + output % kindred_integer_out_block * 2;
        const float *source = weights + (channel * kindred_stem_size + row) * kindred_stem_size;
        for (size_t column = 0; column < kindred_stem_size; column++) {
          double rounded = rint(source[column] * factor);
          target[column / 2 * kindred_integer_out_block * 2 + column % 2] =
              fabs(rounded) <= INT16_MAX ? (int16_t)rounded : 0;
        }
      }
    }
  }
}

// Numbers of a row with the zeros around it.
static size_t padded_width(const kindred_stem *stem) {
  size_t needed = (stem->out_width - 1) * kindred_stem_stride + kindred_stem_pairs * 2;
  size_t there = stem->left + stem->width;
  return needed > there ? needed : there;
}

static size_t source_rows(size_t rows) { return (rows - 1) * kindred_stem_stride + kindred_stem_size; }

// Of one thread.
static size_t scratch_bytes(const kindred_stem *stem) {
  return source_rows(item_rows) * stem->in_channels * padded_width(stem) * sizeof(int16_t);
}

size_t kindred_stem_scratch_bytes(const kindred_stem *stem, size_t threads) { return scratch_bytes(stem) * threads; }

// Numbers in steps, clipped.
KINDRED_VECTOR_CODE static void round_row(const float *source, size_t count, float factor, int16_t *target) {
  const float largest = kindred_stem_largest;
  __m256 factors = _mm256_set1_ps(factor);
  size_t index = 0;
  for (; index + 16 <= count; index += 16) {
    __m256i first = kindred_round_within(_mm256_loadu_ps(source + index) * factors, -largest, largest);
    __m256i second = kindred_round_within(_mm256_loadu_ps(source + index + 8) * factors, -largest, largest);
    // Both are packed within halves of a vector.
    store_integers(target + index, _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xd8));
  }
  for (; index < count; index++) {
    float steps = source[index] * factor;
    // What is no number becomes the least, as in a vector.
    steps = steps > -largest ? steps : -largest;
    target[index] = (int16_t)rintf(steps < largest ? steps : largest);
  }
}

// The rows of a picture that some rows of results need, with zeros around them: [rows, channels, padded width].
static void round_rows(
    const kindred_stem *stem, const kindred_stem_arrays *arrays, size_t image, size_t first, size_t count,
    int16_t *target) {
  size_t width = padded_width(stem), left = stem->left, right = left + stem->width;
  for (size_t row = 0; row < count; row++) {
    for (size_t channel = 0; channel < stem->in_channels; channel++, target += width) {
      // Where more is taken away than there is, the difference is larger than any picture.
      size_t y = first + row - stem->top;
      if (y >= stem->height) {
        memset(target, 0, width * sizeof(int16_t));
        continue;
      }
      const float *source = arrays->source + ((image * stem->in_channels + channel) * stem->height + y) * stem->width;
      memset(target, 0, left * sizeof(int16_t));
      round_row(source, stem->width, arrays->source_factor, target + left);
      memset(target + right, 0, (width - right) * sizeof(int16_t));
    }
  }
}

// The sixteen channels of some neighbouring results.
KINDRED_VECTOR_CODE static void store_results(
    const kindred_stem_arrays *arrays, const int32_t *sums, size_t count, size_t output, size_t index, size_t stride) {
  for (size_t pixel = 0; pixel < count; pixel++, sums += kindred_integer_out_block, index += stride) {
    __m256 values[2];
    for (int half = 0; half < 2; half++) {
      values[half] = _mm256_cvtepi32_ps(load_integers(sums + half * 8));
      if (arrays->bias) values[half] += _mm256_loadu_ps(arrays->bias + output + half * 8);
      values[half] *= _mm256_loadu_ps(arrays->scales + output + half * 8);
    }
    kindred_store_numbers(arrays->target, kindred_unsigned, index, values);
  }
}

typedef struct {
  const kindred_stem *stem;
  const kindred_stem_arrays *arrays;
} run;

static size_t items_of_image(const kindred_stem *stem) { return kindred_quotient(stem->out_height, item_rows); }

static void run_item(const void *context, size_t item, void *scratch) {
  const kindred_stem *stem = ((const run *)context)->stem;
  const kindred_stem_arrays *arrays = ((const run *)context)->arrays;
  size_t image = item / items_of_image(stem), first = item % items_of_image(stem) * item_rows;
  size_t rows = kindred_least(item_rows, stem->out_height - first);
  int16_t *source = scratch;
  round_rows(stem, arrays, image, first * kindred_stem_stride, source_rows(rows), source);
  size_t row_stride = padded_width(stem), width = stem->out_width;
  size_t groups = kindred_quotient(width, kindred_integer_group);
  for (size_t output = 0; output < stem->out_channels; output += kindred_integer_out_block) {
    for (size_t row = 0; row < rows; row++) {
      const int16_t *inputs = source + row * kindred_stem_stride * stem->in_channels * row_stride;
      size_t pixel = (image * stem->out_height + first + row) * width;
      for (size_t group = 0; group < groups; group++) {
        // Groups as even as can be.
        size_t start = group * width / groups, count = (group + 1) * width / groups - start;
        int32_t sums[kindred_integer_group * kindred_integer_out_block];
        kindred_stem_products(
            count, inputs + start * kindred_stem_stride, row_stride, kernel_rows(stem),
            arrays->weights + output * taps(stem), sums);
        store_results(
            arrays, sums, count, output, (pixel + start) * stem->out_channels + output, stem->out_channels);
      }
    }
  }
}

void kindred_stem_run(
    const kindred_stem *stem, const kindred_stem_arrays *arrays, kindred_start_region start_region, size_t threads) {
  run shared = {stem, arrays};
  kindred_items items = {
      .count = stem->images * items_of_image(stem), .run = run_item, .context = &shared,
      .scratch = arrays->scratch, .scratch_bytes = scratch_bytes(stem)};
  kindred_share_items(&items, start_region, threads);
}
#else
size_t kindred_stem_weight_count(const kindred_stem *stem) { abort(); }

void kindred_stem_pack(const kindred_stem *stem, const float *weights, int16_t *packed, float *steps) { abort(); }

size_t kindred_stem_scratch_bytes(const kindred_stem *stem, size_t threads) { abort(); }

void kindred_stem_run(
    const kindred_stem *stem, const kindred_stem_arrays *arrays, kindred_start_region start_region, size_t threads) {
  abort();
}
#endif
