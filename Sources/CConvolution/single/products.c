#include "products.h"

#if KINDRED_CONVOLUTION_AVX2
// For a number of pixels that the compiler knows, so that the sums stay in registers.
#define PRODUCTS(COUNT)                                                                                               \
  KINDRED_VECTOR_CODE static void products_of_##COUNT(                                                                \
      const float *const *pixels, const size_t *offsets, size_t blocks, const float *weights, float *result,          \
      size_t second_half) {                                                                                           \
    const float *starts[COUNT];                                                                                       \
    floats8 sums[COUNT][2];                                                                                           \
    for (int pixel = 0; pixel < COUNT; pixel++) {                                                                     \
      starts[pixel] = pixels[pixel];                                                                                  \
      sums[pixel][0] = sums[pixel][1] = zero8();                                                                      \
    }                                                                                                                 \
    for (size_t block = 0; block < blocks; block++) {                                                                 \
      size_t offset = offsets[block];                                                                                 \
      _Pragma("GCC unroll 8") for (int channel = 0; channel < kindred_in_block; channel++) {                          \
        floats8 first = load8(weights), second = load8(weights + 8);                                                  \
        weights += kindred_out_block;                                                                                 \
        _Pragma("GCC unroll 6") for (int pixel = 0; pixel < COUNT; pixel++) {                                         \
          floats8 input = splat8(starts[pixel][offset + channel]);                                                    \
          sums[pixel][0] += input * first;                                                                            \
          sums[pixel][1] += input * second;                                                                           \
        }                                                                                                             \
      }                                                                                                               \
    }                                                                                                                 \
    for (int pixel = 0; pixel < COUNT; pixel++) {                                                                     \
      store8(result + pixel * 8, sums[pixel][0]);                                                                     \
      store8(result + second_half + pixel * 8, sums[pixel][1]);                                                       \
    }                                                                                                                 \
  }

PRODUCTS(1)
PRODUCTS(2)
PRODUCTS(3)
PRODUCTS(4)
PRODUCTS(5)
PRODUCTS(6)

void kindred_products(
    size_t count, const float *const *pixels, const size_t *offsets, size_t blocks, const float *weights,
    float *result, size_t second_half) {
  switch (count) {
    case 1: return products_of_1(pixels, offsets, blocks, weights, result, second_half);
    case 2: return products_of_2(pixels, offsets, blocks, weights, result, second_half);
    case 3: return products_of_3(pixels, offsets, blocks, weights, result, second_half);
    case 4: return products_of_4(pixels, offsets, blocks, weights, result, second_half);
    case 5: return products_of_5(pixels, offsets, blocks, weights, result, second_half);
    default: return products_of_6(pixels, offsets, blocks, weights, result, second_half);
  }
}
#endif
