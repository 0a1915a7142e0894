// 3 × 3 convolutions of a stride of 1 in integers of eight bits, for processors with AVX2 and without instructions for
// dot products of bytes.
//
// By Winograd's minimal filtering F(4 × 4, 3 × 3), see kindred_convolution.h, in integers: inputs and weights are
// transformed to sixteen bits, sums have 32, and what the transform of the weights would divide by is taken off the
// sums. So these are the direct algorithm's to the bit, for a quarter of the products.
//
// Pictures lie as [images, height, width, channels], which oneDNN calls nhwc. No address needs alignment.
#pragma once

#include <stdint.h>

#include "kindred_convolution.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  // Input channels are a multiple of 16, and no more than these.
  kindred_integer_most_inputs = 1024,
  kindred_integer_most_parts = 8,
};

typedef struct {
  // Of a stride of 1.
  kindred_convolution shape;
  // So many parts of the input channels are summed by themselves, so that no sum leaves 32 bits where that matters.
  size_t parts;
} kindred_integer_convolution;

// The numbers of an array.
typedef enum {
  // Integers from 0 to 255.
  kindred_unsigned,
  // Integers from -128 to 127.
  kindred_signed,
  // Single precision.
  kindred_single,
} kindred_number;

// The functions below must not be called where kindred_convolution_is_available is 0.

// How many parts the sums need with these weights of shape [out_channels, in_channels, 3, 3], from -127 to 127; 0 where
// even the most are too few.
size_t kindred_integer_convolution_parts(const kindred_convolution *convolution, const int8_t *weights);

// How many numbers the prepared weights are.
size_t kindred_integer_convolution_weight_count(const kindred_convolution *convolution);

// Prepares weights of shape [out_channels, in_channels, 3, 3], from -127 to 127.
void kindred_integer_convolution_pack(
    const kindred_convolution *convolution, const int8_t *weights, int16_t *packed);

// How many bytes of scratch memory a run with so many threads needs.
size_t kindred_integer_convolution_scratch_bytes(const kindred_integer_convolution *convolution, size_t threads);

// The arrays of a run. A result is (sum + bias) * scale + shortcut * shortcut_scale, rounded to the nearest number of
// the target.
typedef struct {
  // Without a sign.
  const uint8_t *source;
  // By kindred_integer_convolution_pack.
  const int16_t *weights;
  // [out_channels], or NULL for none.
  const float *bias;
  // [out_channels].
  const float *scales;
  // As the target lies; may be the target itself where their numbers are of one size. NULL for none.
  const void *shortcut;
  kindred_number shortcut_number;
  float shortcut_scale;
  // Whether negative results become zero.
  int clamps_at_zero;
  void *target;
  kindred_number target_number;
  // Of the alignment of integers of 32 bits.
  void *scratch;
} kindred_integer_arrays;

// - Parameters:
//   - start_region: NULL runs on the calling thread alone.
//   - threads: what the scratch memory was made for; no more take part.
void kindred_integer_convolution_run(
    const kindred_integer_convolution *convolution, const kindred_integer_arrays *arrays,
    kindred_start_region start_region, size_t threads);

#ifdef __cplusplus
}
#endif
