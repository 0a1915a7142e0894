#include "products.h"

#if KINDRED_CONVOLUTION_AVX2
// For a number of tiles that the compiler knows, so that the sums stay in registers. The empty assembly keeps it from
// moving many products in front of their additions, for which there are no registers.
#define PRODUCTS(COUNT)                                                                                               \
  KINDRED_VECTOR_CODE static void products_of_##COUNT(                                                                \
      const int16_t *inputs, size_t stride, size_t blocks, const int16_t *weights, int32_t *result) {                 \
    __m256i sums[COUNT][2];                                                                                           \
    for (int tile = 0; tile < COUNT; tile++) sums[tile][0] = sums[tile][1] = _mm256_setzero_si256();                  \
    for (size_t block = 0; block < blocks; block++, inputs += stride) {                                               \
      _Pragma("GCC unroll 8") for (int pair = 0; pair < kindred_integer_in_block / 2; pair++, weights += 32) {        \
        __m256i first = load_integers(weights), second = load_integers(weights + 16);                                 \
        _Pragma("GCC unroll 6") for (int tile = 0; tile < COUNT; tile++) {                                            \
          __m256i input = splat_pair(inputs + tile * kindred_integer_in_block + pair * 2);                            \
          sums[tile][0] = _mm256_add_epi32(sums[tile][0], _mm256_madd_epi16(input, first));                           \
          sums[tile][1] = _mm256_add_epi32(sums[tile][1], _mm256_madd_epi16(input, second));                          \
          __asm__("" : "+x"(sums[tile][0]), "+x"(sums[tile][1]));                                                     \
        }                                                                                                             \
      }                                                                                                               \
    }                                                                                                                 \
    for (int tile = 0; tile < COUNT; tile++, result += kindred_integer_out_block) {                                   \
      store_integers(result, sums[tile][0]);                                                                          \
      store_integers(result + 8, sums[tile][1]);                                                                      \
    }                                                                                                                 \
  }

PRODUCTS(1)
PRODUCTS(2)
PRODUCTS(3)
PRODUCTS(4)
PRODUCTS(5)
PRODUCTS(6)

void kindred_integer_products(
    size_t count, const int16_t *inputs, size_t stride, size_t blocks, const int16_t *weights, int32_t *sums) {
  switch (count) {
    case 1: return products_of_1(inputs, stride, blocks, weights, sums);
    case 2: return products_of_2(inputs, stride, blocks, weights, sums);
    case 3: return products_of_3(inputs, stride, blocks, weights, sums);
    case 4: return products_of_4(inputs, stride, blocks, weights, sums);
    case 5: return products_of_5(inputs, stride, blocks, weights, sums);
    default: return products_of_6(inputs, stride, blocks, weights, sums);
  }
}
#endif
