// 3 × 3 convolutions in single precision for processors with AVX2, where oneDNN has only a direct algorithm.
//
// With a stride of 1 by Winograd's minimal filtering F(4 × 4, 3 × 3) (Lavin and Gray, "Fast Algorithms for
// Convolutional Neural Networks", section 4.3): a quarter of the multiplications. With a stride of 2, and where there are
// few pixels for the weights that would be read, directly.
//
// Pictures lie as [images, channels / 8, height, width, 8], which oneDNN calls nChw8c. No address needs alignment.
#pragma once

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

// A 3 × 3 convolution with one row and column of zeros around each picture.
typedef struct {
  size_t images;
  // A multiple of 8.
  size_t in_channels;
  // A multiple of 16.
  size_t out_channels;
  // Of the source.
  size_t height, width;
  // 1 or 2.
  size_t stride;
} kindred_convolution;

// Whether this processor runs the functions below; they must not be called where it is 0.
int kindred_convolution_is_available(void);

// Whether Winograd's algorithm is the faster one: for few tiles it takes longer to read its weights, four times as many,
// than they save.
int kindred_convolution_is_worth_tiling(const kindred_convolution *convolution);

// How many numbers the prepared weights of kindred_convolution_pack are.
size_t kindred_convolution_weight_count(const kindred_convolution *convolution);

// Prepares weights of shape [out_channels, in_channels, 3, 3].
void kindred_convolution_pack(const kindred_convolution *convolution, const float *weights, float *packed);

// How many numbers of scratch memory a run with so many threads needs.
size_t kindred_convolution_scratch_count(const kindred_convolution *convolution, size_t threads);

// The arrays of a run.
typedef struct {
  const float *source;
  // By kindred_convolution_pack.
  const float *weights;
  // [out_channels], or NULL for none.
  const float *bias;
  // Added to the result, as it lies; may be the target itself. NULL for none.
  const float *shortcut;
  // Whether negative results become zero.
  int clamps_at_zero;
  float *target;
  float *scratch;
} kindred_convolution_arrays;

// Starts a function on several threads at once and waits for all: OpenMP's GOMP_parallel.
typedef void (*kindred_start_region)(void (*function)(void *), void *data, unsigned threads, unsigned flags);

// - Parameters:
//   - start_region: NULL runs on the calling thread alone.
//   - threads: what the scratch memory was made for; no more take part.
void kindred_convolution_run(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays,
    kindred_start_region start_region, size_t threads);

#ifdef __cplusplus
}
#endif
