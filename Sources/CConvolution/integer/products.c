#include "products.h"

#if KINDRED_CONVOLUTION_AVX2
// For numbers that the compiler knows, so that the sums stay in registers. The empty assembly keeps it from moving many
// products in front of their additions, and from keeping inputs for the next pair, for which there are no registers.
// - Parameters:
//   - COUNT: of tiles or pixels.
//   - STRIDE: from one of them to the next.
//   - PAIRS: of inputs in a block.
#define PRODUCTS(NAME, COUNT, STRIDE, PAIRS)                                                                          \
  KINDRED_VECTOR_CODE static void NAME##COUNT(                                                                        \
      const int16_t *inputs, size_t block_stride, size_t blocks, const int16_t *weights, int32_t *result) {           \
    __m256i sums[COUNT][2];                                                                                           \
    for (int item = 0; item < COUNT; item++) sums[item][0] = sums[item][1] = _mm256_setzero_si256();                  \
    for (size_t block = 0; block < blocks; block++, inputs += block_stride) {                                         \
      _Pragma("GCC unroll 8") for (int pair = 0; pair < PAIRS; pair++, weights += 32) {                               \
        __m256i first = load_integers(weights), second = load_integers(weights + 16);                                 \
        _Pragma("GCC unroll 6") for (int item = 0; item < COUNT; item++) {                                            \
          __m256i input = splat_pair(inputs + item * STRIDE + pair * 2);                                              \
          sums[item][0] = _mm256_add_epi32(sums[item][0], _mm256_madd_epi16(input, first));                           \
          sums[item][1] = _mm256_add_epi32(sums[item][1], _mm256_madd_epi16(input, second));                          \
          __asm__ volatile("" : "+x"(sums[item][0]), "+x"(sums[item][1]));                                            \
        }                                                                                                             \
        __asm__ volatile("" : : : "memory");                                                                          \
      }                                                                                                               \
    }                                                                                                                 \
    for (int item = 0; item < COUNT; item++, result += kindred_integer_out_block) {                                   \
      store_integers(result, sums[item][0]);                                                                          \
      store_integers(result + 8, sums[item][1]);                                                                      \
    }                                                                                                                 \
  }

#define ALL_PRODUCTS(FUNCTION, NAME, STRIDE, PAIRS)                                                                   \
  PRODUCTS(NAME, 1, STRIDE, PAIRS)                                                                                    \
  PRODUCTS(NAME, 2, STRIDE, PAIRS)                                                                                    \
  PRODUCTS(NAME, 3, STRIDE, PAIRS)                                                                                    \
  PRODUCTS(NAME, 4, STRIDE, PAIRS)                                                                                    \
  PRODUCTS(NAME, 5, STRIDE, PAIRS)                                                                                    \
  PRODUCTS(NAME, 6, STRIDE, PAIRS)                                                                                    \
  void FUNCTION(                                                                                                      \
      size_t count, const int16_t *inputs, size_t block_stride, size_t blocks, const int16_t *weights,                \
      int32_t *sums) {                                                                                                \
    switch (count) {                                                                                                  \
      case 1: return NAME##1(inputs, block_stride, blocks, weights, sums);                                            \
      case 2: return NAME##2(inputs, block_stride, blocks, weights, sums);                                            \
      case 3: return NAME##3(inputs, block_stride, blocks, weights, sums);                                            \
      case 4: return NAME##4(inputs, block_stride, blocks, weights, sums);                                            \
      case 5: return NAME##5(inputs, block_stride, blocks, weights, sums);                                            \
      default: return NAME##6(inputs, block_stride, blocks, weights, sums);                                           \
    }                                                                                                                 \
  }

ALL_PRODUCTS(kindred_tile_products, tile_products_of_, kindred_integer_in_block, kindred_integer_in_block / 2)
ALL_PRODUCTS(kindred_stem_products, stem_products_of_, kindred_stem_stride, kindred_stem_pairs)
#endif
