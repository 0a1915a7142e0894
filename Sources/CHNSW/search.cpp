#include <algorithm>

#include "graph.hpp"

namespace kindred {

/// A node's links on a layer. While there are insertions they are copied, since comparisons are not to wait for their
/// lock.
template <bool locking>
Graph::Links Graph::links_of(Node node, int layer, SearchMemory &memory) const {
  const hnswlib::linklistsizeint *list = get_linklist_at_level(node, layer);
  if (!locking) return {list + 1, list_count(list)};
  std::lock_guard<std::mutex> guard(lock_of(node));
  const size_t count = list_count(list);
  memcpy(memory.links.data(), list + 1, count * sizeof(Node));
  return {memory.links.data(), count};
}

/// Readies the memory for a search in the graph as it is.
void Graph::prepare(SearchMemory &memory) const {
  memory.datum.resize(space_->room());
  memory.fresh.resize(maxM0_);
  memory.links.resize(maxM0_);
  memory.distances.resize(std::max(maxM0_, entry_count));
}

/// Walks greedily from `entry` down the layers `from`…`to + 1`.
template <bool locking>
Node Graph::descend(const void *datum, Node entry, int from, int to, SearchMemory &memory) const {
  Node nearest = entry;
  float best = distance(datum, nearest);
  for (int layer = from; layer > to; layer--) {
    for (bool changed = true; changed;) {
      changed = false;
      const Links links = links_of<locking>(nearest, layer, memory);
      distances(datum, links.nodes, links.count, memory.distances.data());
      for (size_t i = 0; i < links.count; i++) {
        if (memory.distances[i] < best) {
          best = memory.distances[i];
          nearest = links.nodes[i];
          changed = true;
        }
      }
    }
  }
  return nearest;
}

/// Leaves in `memory.nearest` the `ef` nearest nodes on a layer that a best-first search from `memory.entries` meets,
/// deleted ones too, which do not count towards `ef` where only live ones are wanted.
template <bool locking>
void Graph::search_layer(const void *datum, int layer, size_t ef, bool live_only, SearchMemory &memory) const {
  if (live_only && num_deleted_ > 0) {
    const auto is_live = [&](Node node) { return !isMarkedDeleted(node); };
    walk<locking>(datum, layer, ef, memory, [&](float distance, Node node) {
      memory.nearest.add(distance, node, is_live);
    });
    memory.nearest.keep_only(is_live);
  } else {
    walk<locking>(datum, layer, ef, memory, [&](float distance, Node node) { memory.nearest.add(distance, node); });
  }
}

template <bool locking, typename Add>
void Graph::walk(const void *datum, int layer, size_t ef, SearchMemory &memory, Add add) const {
  Candidates &nearest = memory.nearest;
  Visited &visited = memory.visited;
  nearest.begin(ef);
  visited.begin(max_elements_);
  const auto offer = [&](const Node *nodes, size_t count) {
    distances(datum, nodes, count, memory.distances.data());
    for (size_t i = 0; i < count; i++) {
      if (nearest.takes(memory.distances[i])) add(memory.distances[i], nodes[i]);
    }
  };
  visited.expect(memory.entries.size());
  for (const Node entry : memory.entries) visited.add(entry);
  offer(memory.entries.data(), memory.entries.size());
  for (Node node; nearest.next(node);) {
    Node following;
    if (nearest.peek(following)) prefetch_links(following, layer);
    const Links links = links_of<locking>(node, layer, memory);
    visited.expect(links.count);
    // The data of links are asked for together before they are compared: waiting for memory is most of the time.
    size_t count = 0;
    for (size_t i = 0; i < links.count; i++) {
      const Node link = links.nodes[i];
      if (!visited.add(link)) continue;
      prefetch_data(link);
      memory.fresh[count++] = link;
    }
    offer(memory.fresh.data(), count);
  }
}

/// Where a search on layer 0 begins: the best that a search on layer 1 finds from where the greedy walk ends. One greedy
/// walk ends in the wrong region when the neighbours of a query are in several. The nearest is first.
template <bool locking>
void Graph::find_entries(const void *datum, Node entry, int highest, SearchMemory &memory) const {
  if (highest < 1) {
    memory.entries.assign(1, entry);
    return;
  }
  memory.entries.assign(1, descend<locking>(datum, entry, highest, 1, memory));
  search_layer<locking>(datum, 1, entry_count, false, memory);
  take_entries(memory);
}

/// The nearest nodes of a search as the entries of the next.
void Graph::take_entries(SearchMemory &memory) {
  const size_t count = std::min(entry_count, memory.nearest.size());
  memory.entries.resize(count);
  for (size_t i = 0; i < count; i++) memory.entries[i] = memory.nearest.node(i);
}

template Node Graph::descend<true>(const void *, Node, int, int, SearchMemory &) const;
template Node Graph::descend<false>(const void *, Node, int, int, SearchMemory &) const;
template void Graph::find_entries<true>(const void *, Node, int, SearchMemory &) const;
template void Graph::find_entries<false>(const void *, Node, int, SearchMemory &) const;
template void Graph::search_layer<true>(const void *, int, size_t, bool, SearchMemory &) const;
template void Graph::search_layer<false>(const void *, int, size_t, bool, SearchMemory &) const;

size_t Graph::search(const float *query, size_t top, size_t ef, kindred_neighbor *found) {
  LentMemory lent(memories_);
  SearchMemory &memory = *lent;
  Stay stay(rooms_, RoomLock::Room::search);
  if (top == 0 || row_count_ == deleted_count_) return 0;
  prepare(memory);
  const void *datum = memory.datum.data();
  space_->encode_query(query, memory.datum.data());
  find_entries<false>(datum, enterpoint_node_, maxlevel_, memory);
  search_layer<false>(datum, 0, std::min<size_t>(std::max(ef, top), node_count_), true, memory);
  const Candidates &nearest = memory.nearest;
  size_t count = 0;
  // Nodes that are no farther than the one that completes the answer.
  float farthest = std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < nearest.size() && nearest.distance(i) <= farthest; i++) {
    const Node node = nearest.node(i);
    // The score is computed anew, because 1 − (1 − x) has lost digits of x.
    const float score = space_->score(datum, getDataByInternalId(node));
    each_row(node, [&](uint32_t row) {
      if (!deleted_[row]) kindred_select_top(found, &count, top, &score, &row, 0, 1);
    });
    if (count == top) farthest = std::min(farthest, nearest.distance(i));
  }
  kindred_select_finish(found, count);
  return count;
}

}  // namespace kindred
