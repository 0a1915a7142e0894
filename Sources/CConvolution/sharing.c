#include "sharing.h"

#include <stdatomic.h>

#include "counts.h"

typedef struct {
  const kindred_items *items;
  atomic_size_t next_item, next_thread;
} region;

static void take_items(void *data) {
  region *shared = data;
  const kindred_items *items = shared->items;
  char *scratch = (char *)items->scratch + atomic_fetch_add(&shared->next_thread, 1) * items->scratch_bytes;
  for (;;) {
    size_t item = atomic_fetch_add(&shared->next_item, 1);
    if (item >= items->count) return;
    items->run(items->context, item, scratch);
  }
}

void kindred_share_items(const kindred_items *items, kindred_start_region start_region, size_t threads) {
  region shared = {.items = items};
  if (start_region && threads > 1 && items->count > 1) {
    start_region(take_items, &shared, (unsigned)kindred_least(threads, items->count), 0);
  } else {
    take_items(&shared);
  }
}
