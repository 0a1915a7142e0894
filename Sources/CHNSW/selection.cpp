// The best of many scores, in a heap of bounded size whose front is the worst of those kept.
#include <algorithm>

#include "include/kindred_hnsw.h"

namespace {

/// Scores that are looked at together.
constexpr size_t group = 16;

/// Whether one of a group of scores is at least so great.
bool any_reaches(const float *scores, float least) {
  int reached = 0;
  for (size_t i = 0; i < group; i++) reached |= scores[i] >= least;
  return reached != 0;
}

bool better(const kindred_neighbor &a, const kindred_neighbor &b) {
  return a.score != b.score ? a.score > b.score : a.row < b.row;
}

}  // namespace

extern "C" {

void kindred_select_top(
  kindred_neighbor *heap, size_t *size, size_t top, const float *scores, const uint32_t *rows, uint32_t first_row,
  size_t count) {
  if (top == 0) return;
  size_t held = *size;
  for (size_t i = 0; i < count; i++) {
    while (held == top && i + group <= count && !any_reaches(scores + i, heap[0].score)) i += group;
    if (i == count) break;
    // The first comparison is false for NaN, and quick for the many scores that are not among the best.
    const float score = scores[i];
    if (held == top ? !(score >= heap[0].score) : score != score) continue;
    const kindred_neighbor candidate = {rows ? rows[i] : first_row + static_cast<uint32_t>(i), score};
    if (held == top) {
      if (!better(candidate, heap[0])) continue;
      std::pop_heap(heap, heap + held, better);
      held--;
    }
    heap[held++] = candidate;
    std::push_heap(heap, heap + held, better);
  }
  *size = held;
}

void kindred_select_finish(kindred_neighbor *heap, size_t size) { std::sort(heap, heap + size, better); }

}  // extern "C"
