#include <algorithm>

#include "graph.hpp"

namespace kindred {

namespace {

/// Asks for the first cache lines of a vector; the processor fetches the rest by itself.
void prefetch_vector(const float *vector, size_t dimension) {
  constexpr size_t floats_a_line = 16, lines = 4;
  for (size_t i = 0; i < std::min(dimension, lines * floats_a_line); i += floats_a_line) {
    __builtin_prefetch(vector + i);
  }
}

}  // namespace

/// The `ef` nearest nodes on layer 0 that a best-first search from `entry` meets: what hnswlib's `searchBaseLayerST`
/// finds, but the vectors of a node's links are asked for together before they are compared, since
/// waiting for memory is most of the time of a search.
Graph::Candidates Graph::search_ground(const void *datum, Node entry, size_t ef, bool live_only) const {
  Candidates best, waiting;  // `waiting` has negated distances: the nearest is on top.
  std::vector<Node> fresh(maxM0_);
  hnswlib::VisitedList *visited = visited_list_pool_->getFreeVisitedList();
  const auto release = [this](hnswlib::VisitedList *list) { visited_list_pool_->releaseVisitedList(list); };
  const std::unique_ptr<hnswlib::VisitedList, decltype(release)> guard(visited, release);

  float worst = std::numeric_limits<float>::max();
  const auto offer = [&](Node node) {
    const float found = distance(datum, node);
    if (best.size() >= ef && found >= worst) return;
    waiting.emplace(-found, node);
    if (live_only && isMarkedDeleted(node)) return;
    best.emplace(found, node);
    if (best.size() > ef) best.pop();
    worst = best.top().first;
  };
  visited->mass[entry] = visited->curV;
  offer(entry);
  while (!waiting.empty()) {
    const auto [negated, node] = waiting.top();
    if (best.size() >= ef && -negated > worst) break;
    waiting.pop();
    const hnswlib::linklistsizeint *list = get_linklist0(node);
    const size_t size = getListCount(get_linklist0(node));
    size_t count = 0;
    for (size_t i = 1; i <= size; i++) {
      if (visited->mass[list[i]] == visited->curV) continue;
      visited->mass[list[i]] = visited->curV;
      fresh[count++] = list[i];
      __builtin_prefetch(getDataByInternalId(list[i]));
    }
    for (size_t i = 0; i < count; i++) prefetch_vector(vectors_.row(row_of(fresh[i])), vectors_.matrix.dimension);
    for (size_t i = 0; i < count; i++) offer(fresh[i]);
  }
  return best;
}

size_t Graph::search(const float *query, size_t top, size_t ef, kindred_neighbor *found) {
  Stay stay(rooms_, RoomLock::Room::search);
  if (top == 0 || row_count_ == deleted_count_) return 0;
  Datum datum;
  datum.vector = query;
  const Node nearest = descend(&datum, enterpoint_node_, maxlevel_, 0, false);
  ef = std::min<size_t>(std::max(ef, top), node_count_);
  Candidates candidates = search_ground(&datum, nearest, ef, true);
  size_t count = 0;
  for (; !candidates.empty(); candidates.pop()) {
    // The score is computed anew, because 1 − (1 − x) has lost digits of x.
    const Node node = candidates.top().second;
    const float score = vectors_.dot(query, vectors_.row(row_of(node)), vectors_.matrix.dimension);
    each_row(node, [&](uint32_t row) {
      if (!deleted_[row]) kindred_select_top(found, &count, top, &score, &row, 0, 1);
    });
  }
  kindred_select_finish(found, count);
  return count;
}

}  // namespace kindred
