#include "algorithms.h"

#include <stdatomic.h>
#include <stdlib.h>

#if KINDRED_CONVOLUTION_AVX2
int kindred_convolution_is_available(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

static const kindred_algorithm *algorithm_of(const kindred_convolution *convolution) {
  return convolution->stride == 1 ? &kindred_winograd : &kindred_direct;
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

// What the threads of a run share.
typedef struct {
  const kindred_algorithm *algorithm;
  const kindred_convolution *convolution;
  const kindred_convolution_arrays *arrays;
  kindred_work work;
  atomic_size_t next_item, next_thread;
} run;

static void take_items(void *data) {
  run *shared = data;
  size_t thread = atomic_fetch_add(&shared->next_thread, 1);
  float *scratch = shared->arrays->scratch + thread * shared->work.scratch_count;
  for (;;) {
    size_t item = atomic_fetch_add(&shared->next_item, 1);
    if (item >= shared->work.item_count) return;
    shared->algorithm->run_item(shared->convolution, shared->arrays, &shared->work, item, scratch);
  }
}

void kindred_convolution_run(
    const kindred_convolution *convolution, const kindred_convolution_arrays *arrays,
    kindred_start_region start_region, size_t threads) {
  const kindred_algorithm *algorithm = algorithm_of(convolution);
  run shared = {
      .algorithm = algorithm, .convolution = convolution, .arrays = arrays,
      .work = algorithm->divide(convolution, threads)};
  if (start_region && threads > 1 && shared.work.item_count > 1) {
    start_region(take_items, &shared, (unsigned)kindred_least(threads, shared.work.item_count), 0);
  } else {
    take_items(&shared);
  }
}
#else
int kindred_convolution_is_available(void) { return 0; }

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
