#include <stdlib.h>

#include "../sharing.h"
#include "../tiles.h"
#include "algorithms.h"

#if KINDRED_CONVOLUTION_AVX2
int kindred_convolution_is_available(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

int kindred_convolution_is_worth_tiling(const kindred_convolution *convolution) {
  const size_t least_tiles = 16;
  return convolution->stride == 1 && kindred_tiles_of(convolution).count >= least_tiles;
}

static const kindred_algorithm *algorithm_of(const kindred_convolution *convolution) {
  return kindred_convolution_is_worth_tiling(convolution) ? &kindred_winograd : &kindred_direct;
}

size_t kindred_convolution_weight_count(const kindred_convolution *convolution) {
  return algorithm_of(convolution)->weight_count(convolution);
}

void kindred_convolution_pack(const kindred_convolution *convolution, const float *weights, float *packed) {
  algorithm_of(convolution)->pack(convolution, weights, packed);
}

size_t kindred_convolution_scratch_count(const kindred_convolution *convolution, size_t threads) {
  return algorithm_of(convolution)->divide(convolution, threads).scratch_count * threads;
}

typedef struct {
  const kindred_algorithm *algorithm;
  const kindred_convolution *convolution;
  const kindred_convolution_arrays *arrays;
  kindred_work work;
} run;

static void run_item(const void *context, size_t item, void *scratch) {
  const run *shared = context;
  shared->algorithm->run_item(shared->convolution, shared->arrays, &shared->work, item, scratch);
}

void kindred_convolution_run(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays,
    kindred_start_region start_region, size_t threads) {
  const kindred_algorithm *algorithm = algorithm_of(convolution);
  run shared = {algorithm, convolution, arrays, algorithm->divide(convolution, threads)};
  kindred_items items = {
      .count = shared.work.item_count, .run = run_item, .context = &shared, .scratch = arrays->scratch,
      .scratch_bytes = shared.work.scratch_count * sizeof(float)};
  kindred_share_items(&items, start_region, threads);
}
#else
int kindred_convolution_is_available(void) { return 0; }

int kindred_convolution_is_worth_tiling(const kindred_convolution *convolution) { abort(); }

size_t kindred_convolution_weight_count(const kindred_convolution *convolution) { abort(); }

void kindred_convolution_pack(const kindred_convolution *convolution, const float *weights, float *packed) {
  abort();
}

size_t kindred_convolution_scratch_count(const kindred_convolution *convolution, size_t threads) { abort(); }

void kindred_convolution_run(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays,
    kindred_start_region start_region, size_t threads) {
  abort();
}
#endif
