#pragma once

#include "kindred_convolution.h"

// The work of a run, cut into items that any thread may take, in any order.
typedef struct {
  size_t count;
  // Runs one item in the scratch memory of one thread.
  void (*run)(const void *context, size_t item, void *scratch);
  const void *context;
  // So many bytes for each thread.
  void *scratch;
  size_t scratch_bytes;
} kindred_items;

// Lets threads take items until all are done.
// - Parameters:
//   - start_region: NULL runs them on the calling thread alone.
//   - threads: what the scratch memory was made for; no more take part.
void kindred_share_items(const kindred_items *items, kindred_start_region start_region, size_t threads);
