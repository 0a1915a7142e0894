#pragma once

#include "../counts.h"
#include "kindred_convolution.h"
#include "products.h"

#if KINDRED_CONVOLUTION_AVX2
// How a run is cut into items.
typedef struct {
  size_t item_count;
  // Numbers of scratch memory for each thread.
  size_t scratch_count;
  // Winograd: tiles of an item. Direct: rows of results of an item.
  size_t item_size;
  // Direct: output channels of an item.
  size_t item_outputs;
} kindred_work;

// A way to compute a convolution; what each does is said at the functions of kindred_convolution.h.
typedef struct {
  size_t (*weight_count)(const kindred_convolution *convolution);
  void (*pack)(const kindred_convolution *convolution, const float *weights, float *packed);
  kindred_work (*divide)(const kindred_convolution *convolution, size_t threads);
  // One item, in the scratch memory of one thread.
  void (*run_item)(
      const kindred_convolution *convolution, const kindred_convolution_arrays *arrays, const kindred_work *work,
      size_t item, float *scratch);
} kindred_algorithm;

extern const kindred_algorithm kindred_winograd, kindred_direct;

KINDRED_VECTOR_INLINE void kindred_finish_pixel(
    const kindred_convolution_arrays *arrays, size_t offset, floats8 bias, floats8 values) {
  values += bias;
  if (arrays->shortcut) values += load8(arrays->shortcut + offset);
  store8(arrays->target + offset, arrays->clamps_at_zero ? clamp8(values) : values);
}

KINDRED_VECTOR_INLINE floats8 kindred_bias_of(const kindred_convolution_arrays *arrays, size_t block) {
  return arrays->bias ? load8(arrays->bias + block * 8) : zero8();
}
#endif
