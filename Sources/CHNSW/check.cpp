// Faults in a graph, and the repair of nodes that no search can reach.
#include <algorithm>

#include "graph.hpp"

namespace kindred {

/// Marks what can be reached on layer 0 from a node.
void Graph::mark_reachable(Node from, std::vector<bool> &reached) const {
  std::vector<Node> waiting = {from};
  reached[from] = true;
  while (!waiting.empty()) {
    hnswlib::linklistsizeint *list = get_linklist0(waiting.back());
    waiting.pop_back();
    const size_t size = getListCount(list);
    for (size_t i = 1; i <= size; i++) {
      if (list[i] >= reached.size() || reached[list[i]]) continue;
      reached[list[i]] = true;
      waiting.push_back(list[i]);
    }
  }
}

size_t Graph::check(
  const uint32_t *expected, size_t expected_count, kindred_hnsw_problem *problems, size_t capacity) {
  std::lock_guard<std::mutex> no_insertion(insertion_);
  Stay stay(rooms_, RoomLock::Room::search);
  size_t total = 0;
  const auto report = [&](int32_t kind, uint32_t row, uint32_t layer = 0, uint32_t target = 0) {
    if (total < capacity) problems[total] = {kind, row, layer, target};
    total++;
  };

  const size_t limit = space_->row_limit(row_count_);
  std::vector<uint8_t> datum(space_->room());
  std::vector<Node> sorted;
  for (Node node = 0; node < cur_element_count; node++) {
    const uint32_t row = row_of(node);
    each_row(node, [&](uint32_t twin) {
      if (twin >= limit) return report(KINDRED_HNSW_ROW_OUT_OF_RANGE, twin);
      bool same = true;
      // Only where vectors are elsewhere can they differ from the node's.
      if (twin != row && space_->code_size == 0) {
        space_->encode(twin, nullptr, datum.data());
        same = space_->same(datum.data(), getDataByInternalId(node));
      }
      if (!same || node_of(twin) != node) report(KINDRED_HNSW_WRONG_TWIN, twin);
    });
    for (int layer = 0; layer <= element_levels_[node]; layer++) {
      hnswlib::linklistsizeint *list = get_linklist_at_level(node, layer);
      const size_t size = std::min<size_t>(getListCount(list), layer == 0 ? maxM0_ : maxM_);
      for (size_t i = 1; i <= size; i++) {
        const Node target = list[i];
        if (target >= cur_element_count || target == node || element_levels_[target] < layer) {
          report(KINDRED_HNSW_BAD_LINK, row, static_cast<uint32_t>(layer), target);
        }
      }
      sorted.assign(list + 1, list + 1 + size);
      std::sort(sorted.begin(), sorted.end());
      const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
      if (twice != sorted.end()) report(KINDRED_HNSW_DUPLICATE_LINK, row, static_cast<uint32_t>(layer), *twice);
    }
  }
  std::vector<bool> reached(cur_element_count);
  if (enterpoint_node_ != no_node) mark_reachable(enterpoint_node_, reached);
  for (Node node = 0; node < cur_element_count; node++) {
    if (!reached[node] && !isMarkedDeleted(node)) report(KINDRED_HNSW_UNREACHABLE, row_of(node));
  }

  if (expected) {
    std::vector<bool> wanted(node_of_row_.size());
    for (size_t i = 0; i < expected_count; i++) {
      if (node_of(expected[i]) == no_node || deleted_[expected[i]]) report(KINDRED_HNSW_MISSING_ROW, expected[i]);
      else wanted[expected[i]] = true;
    }
    for (size_t row = 0; row < wanted.size(); row++) {
      if (node_of_row_[row] == no_node || deleted_[row] || wanted[row]) continue;
      report(KINDRED_HNSW_UNEXPECTED_ROW, static_cast<uint32_t>(row));
    }
  }
  return total;
}

size_t Graph::connect_unreachable() {
  std::lock_guard<std::mutex> no_insertion(insertion_);
  if (enterpoint_node_ == no_node) return 0;
  std::vector<bool> reached(cur_element_count);
  {
    Stay stay(rooms_, RoomLock::Room::search);
    mark_reachable(enterpoint_node_, reached);
  }
  size_t linked = 0;
  LentMemory memory(memories_);
  for (Node node = 0; node < cur_element_count; node++) {
    if (reached[node]) continue;
    // Alone for one node at a time, so that searches get their turns.
    Stay stay(rooms_, RoomLock::Room::exclusive);
    if (isMarkedDeleted(node)) continue;
    const void *datum = getDataByInternalId(node);
    prepare(*memory);
    find_entries<false>(datum, enterpoint_node_, maxlevel_, *memory);
    search_layer<false>(datum, 0, std::max<size_t>(ef_construction_, 64), false, *memory);
    const Candidates &nearest = (*memory).nearest;
    for (size_t i = 0; i < nearest.size(); i++) {
      hnswlib::linklistsizeint *list = get_linklist0(nearest.node(i));
      const size_t size = list_count(list);
      if (!reached[nearest.node(i)] || size >= maxM0_) continue;
      list[size + 1] = node;
      setListCount(list, static_cast<uint16_t>(size + 1));
      linked++;
      mark_reachable(node, reached);
      break;
    }
  }
  return linked;
}

}  // namespace kindred
