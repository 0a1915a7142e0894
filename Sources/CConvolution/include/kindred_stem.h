// The first convolution of a residual network: 7 × 7 with a stride of 2 on pictures of few channels, for processors with
// AVX2 and without instructions for dot products of bytes.
//
// Pictures and weights are rounded to integers of up to sixteen bits, of which twice as many are multiplied at once as of
// numbers in single precision, and the result to eight bits, as the layers behind it take them.
//
// Pictures lie as [images, channels, height, width], results as [images, height, width, channels]. No address needs
// alignment.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "kindred_convolution.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  kindred_stem_size = 7,
  kindred_stem_stride = 2,
  // The largest magnitude of a source's integers. The finer these are, the coarser weights have to be: this way both err
  // by about as much.
  kindred_stem_largest = 8191,
};

typedef struct {
  size_t images;
  size_t in_channels;
  // A multiple of 16.
  size_t out_channels;
  // Of the source.
  size_t height, width;
  // Rows and columns of zeros in front.
  size_t top, left;
  // Of the result; what the kernel needs behind the source is zeros.
  size_t out_height, out_width;
} kindred_stem;

// The functions below must not be called where kindred_convolution_is_available is 0.

// How many numbers the prepared weights are.
size_t kindred_stem_weight_count(const kindred_stem *stem);

// Rounds weights of shape [out_channels, in_channels, 7, 7] so finely that no sum leaves 32 bits.
// - Parameters:
//   - packed: the prepared weights.
//   - steps: [out_channels], what one step of them is.
void kindred_stem_pack(const kindred_stem *stem, const float *weights, int16_t *packed, float *steps);

// How many bytes of scratch memory a run with so many threads needs.
size_t kindred_stem_scratch_bytes(const kindred_stem *stem, size_t threads);

// The arrays of a run. A result is (sum + bias) * scale, rounded to the nearest integer from 0 to 255.
typedef struct {
  const float *source;
  // A source's number in steps is it times this, clipped to kindred_stem_largest.
  float source_factor;
  // By kindred_stem_pack.
  const int16_t *weights;
  // [out_channels], or NULL for none.
  const float *bias;
  // [out_channels].
  const float *scales;
  uint8_t *target;
  // Of the alignment of integers of 16 bits.
  void *scratch;
} kindred_stem_arrays;

// - Parameters:
//   - start_region: NULL runs on the calling thread alone.
//   - threads: what the scratch memory was made for; no more take part.
void kindred_stem_run(
    const kindred_stem *stem, const kindred_stem_arrays *arrays, kindred_start_region start_region, size_t threads);

#ifdef __cplusplus
}
#endif
