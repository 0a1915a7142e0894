#include <algorithm>

#include "graph.hpp"
#include "visited.hpp"

namespace kindred {

/// Copies a node's links, since comparisons are not to wait for their lock; `links` has room. Returns how many.
template <bool locking>
size_t Graph::copy_links(Node node, int layer, std::vector<Node> &links) const {
  std::unique_lock<std::mutex> lock;
  if (locking) lock = std::unique_lock<std::mutex>(lock_of(node));
  hnswlib::linklistsizeint *list = get_linklist_at_level(node, layer);
  const size_t size = getListCount(list);
  memcpy(links.data(), list + 1, size * sizeof(Node));
  return size;
}

/// Walks greedily from `entry` down the layers `from`…`to + 1`.
template <bool locking>
Node Graph::descend(const void *datum, Node entry, int from, int to) const {
  Node nearest = entry;
  float best = distance(datum, nearest);
  std::vector<Node> links(maxM0_);
  for (int layer = from; layer > to; layer--) {
    for (bool changed = true; changed;) {
      changed = false;
      const size_t size = copy_links<locking>(nearest, layer, links);
      for (size_t i = 0; i < size; i++) {
        const float found = distance(datum, links[i]);
        if (found < best) {
          best = found;
          nearest = links[i];
          changed = true;
        }
      }
    }
  }
  return nearest;
}

/// The `ef` nearest nodes on a layer that a best-first search from `entries` meets: what hnswlib's `searchBaseLayer`
/// finds, but the data of a node's links are asked for together before they are compared, since waiting for memory is
/// most of the time of a search.
template <bool locking>
Graph::Candidates Graph::search_layer(
  const void *datum, const std::vector<Node> &entries, int layer, size_t ef, bool live_only) const {
  constexpr size_t line = 64, most_lines = 4;
  Candidates best, waiting;  // `waiting` has negated distances: the nearest is on top.
  std::vector<Node> links(maxM0_);
  Visited visited(ef);
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
  for (const Node entry : entries) {
    if (visited.add(entry)) offer(entry);
  }
  while (!waiting.empty()) {
    const auto [negated, node] = waiting.top();
    if (best.size() >= ef && -negated > worst) break;
    waiting.pop();
    const size_t size = copy_links<locking>(node, layer, links);
    size_t count = 0;
    for (size_t i = 0; i < size; i++) {
      if (!visited.add(links[i])) continue;
      const char *data = getDataByInternalId(links[i]);
      for (size_t at = 0; at < std::min(data_size_, most_lines * line); at += line) __builtin_prefetch(data + at);
      links[count++] = links[i];
    }
    for (size_t i = 0; i < count; i++) space_->prefetch(getDataByInternalId(links[i]));
    for (size_t i = 0; i < count; i++) offer(links[i]);
  }
  return best;
}

/// Where a search on layer 0 begins: the best that a search on layer 1 finds from where the greedy walk ends. One greedy
/// walk ends in the wrong region when the neighbours of a query are in several. The nearest is last.
template <bool locking>
std::vector<Node> Graph::entries_for(const void *datum, Node entry, int highest) const {
  if (highest < 1) return {entry};
  const Node nearest = descend<locking>(datum, entry, highest, 1);
  Candidates found = search_layer<locking>(datum, {nearest}, 1, entry_count, false);
  std::vector<Node> entries;
  for (; !found.empty(); found.pop()) entries.push_back(found.top().second);
  return entries;
}

template Node Graph::descend<true>(const void *, Node, int, int) const;
template Node Graph::descend<false>(const void *, Node, int, int) const;
template std::vector<Node> Graph::entries_for<true>(const void *, Node, int) const;
template std::vector<Node> Graph::entries_for<false>(const void *, Node, int) const;
template Graph::Candidates Graph::search_layer<true>(
  const void *, const std::vector<Node> &, int, size_t, bool) const;
template Graph::Candidates Graph::search_layer<false>(
  const void *, const std::vector<Node> &, int, size_t, bool) const;

size_t Graph::search(const float *query, size_t top, size_t ef, kindred_neighbor *found) {
  std::vector<uint8_t> datum(space_->room());
  space_->encode_query(query, datum.data());
  Stay stay(rooms_, RoomLock::Room::search);
  if (top == 0 || row_count_ == deleted_count_) return 0;
  const std::vector<Node> entries = entries_for<false>(datum.data(), enterpoint_node_, maxlevel_);
  ef = std::min<size_t>(std::max(ef, top), node_count_);
  Candidates candidates = search_layer<false>(datum.data(), entries, 0, ef, true);
  size_t count = 0;
  for (; !candidates.empty(); candidates.pop()) {
    // The score is computed anew, because 1 − (1 − x) has lost digits of x.
    const Node node = candidates.top().second;
    const float score = space_->score(datum.data(), getDataByInternalId(node));
    each_row(node, [&](uint32_t row) {
      if (!deleted_[row]) kindred_select_top(found, &count, top, &score, &row, 0, 1);
    });
  }
  kindred_select_finish(found, count);
  return count;
}

}  // namespace kindred
