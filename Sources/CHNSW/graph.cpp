#include "graph.hpp"

#include <algorithm>

namespace kindred {

Graph::Graph(std::unique_ptr<Space> space, size_t m, size_t ef_construction, int64_t fit, uint64_t seed)
  // This base constructor sets nothing; the other one would allocate locks for updates, which never happen here.
  : HierarchicalNSW(nullptr), space_(std::move(space)), fit_(fit), seed_(seed) {
  max_elements_ = cur_element_count = num_deleted_ = 0;
  data_level0_memory_ = nullptr;
  linkLists_ = nullptr;
  visited_list_pool_ = nullptr;
  enterpoint_node_ = no_node;
  maxlevel_ = -1;
  ef_ = 0;

  M_ = maxM_ = m;
  maxM0_ = 2 * m;
  ef_construction_ = std::max(ef_construction, m);
  mult_ = 1 / std::log(static_cast<double>(m));
  revSize_ = 1 / mult_;

  // Links on layer 0: their count with the deletion mark in its third byte, then the links.
  size_links_level0_ = sizeof(hnswlib::linklistsizeint) + maxM0_ * sizeof(Node);
  size_links_per_element_ = sizeof(hnswlib::linklistsizeint) + maxM_ * sizeof(Node);
  size_data_per_element_ = label_offset_ = data_size_ = space_->get_data_size();
  offsetLevel0_ = offsetData_ = 0;
  fstdistfunc_ = space_->get_dist_func();
  dist_func_param_ = space_->get_dist_func_param();
}

Graph::~Graph() { data_level0_memory_ = nullptr; }  // It is the block's, which frees it.

/// The level is a pure function of seed and row, so threads share no generator and a graph can be rebuilt alike.
int Graph::level_for(uint32_t row) const {
  // splitmix64, https://prng.di.unimi.it/splitmix64.c
  uint64_t bits = seed_ + (static_cast<uint64_t>(row) + 1) * 0x9E3779B97F4A7C15u;
  bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9u;
  bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EBu;
  bits ^= bits >> 31;
  const double uniform = (static_cast<double>(bits >> 11) + 1) * 0x1p-53;  // 0 < uniform <= 1
  return std::min(static_cast<int>(-std::log(uniform) * mult_), level_limit);
}

void Graph::mark_deleted(uint32_t row) {
  Stay stay(rooms_, RoomLock::Room::exclusive);
  const Node node = node_of(row);
  if (node == no_node) {
    throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "row " + std::to_string(row) + " is not in the graph");
  }
  if (deleted_[row]) return;
  deleted_[row] = true;
  deleted_count_++;
  mark_if_deleted(node);
}

/// Keeps a node out of results when all its rows are deleted.
void Graph::mark_if_deleted(Node node) {
  bool live = false;
  each_row(node, [&](uint32_t row) { live = live || !deleted_[row]; });
  if (live) return;
  // hnswlib's function for this checks against its count of nodes, which lags behind an insertion.
  reinterpret_cast<unsigned char *>(get_linklist0(node))[2] |= DELETE_MARK;
  num_deleted_++;
}

kindred_hnsw_facts Graph::facts() {
  Stay stay(rooms_, RoomLock::Room::search);
  kindred_hnsw_facts facts = {};
  facts.m = M_;
  facts.ef_construction = ef_construction_;
  facts.count = row_count_;
  facts.nodes = node_count_;
  facts.deleted = deleted_count_;
  facts.row_limit = node_of_row_.size();
  while (facts.row_limit > 0 && node_of_row_[facts.row_limit - 1] == no_node) facts.row_limit--;
  facts.generation = generation_;
  facts.fit = fit_;
  facts.kind = space_->kind;
  facts.dimension = space_->dimension;
  facts.memory = memory();
  return facts;
}

/// What is allocated for the graph, but for what the allocator keeps beside it and searches that are under way.
size_t Graph::memory() const {
  size_t bytes = sizeof *this + (locks_ ? lock_count * sizeof(std::mutex) : 0) + upper_bytes_;
  bytes += max_elements_ * (size_data_per_element_ + size_links_level0_ + sizeof(char *));
  bytes += element_levels_.capacity() * sizeof(int);
  bytes += node_of_row_.capacity() * sizeof(Node) + deleted_.capacity() / 8;
  // A node of the map has a link, a key and a vector, whose room may be twice what it holds.
  bytes += twins_.bucket_count() * sizeof(void *);
  bytes += twins_.size() * (sizeof(void *) + sizeof(std::pair<const Node, std::vector<uint32_t>>));
  return bytes + 2 * sizeof(uint32_t) * (row_count_ - std::min<size_t>(row_count_, node_count_));
}

bool Graph::contains(uint32_t row) {
  Stay stay(rooms_, RoomLock::Room::search);
  return node_of(row) != no_node;
}

bool Graph::is_deleted(uint32_t row) {
  Stay stay(rooms_, RoomLock::Room::search);
  return node_of(row) != no_node && deleted_[row];
}

/// Whether the datum of the row is that of the vector, but for rounding.
bool Graph::holds(const float *vector, uint32_t row) {
  std::vector<uint8_t> datum(space_->room());
  space_->encode(row, vector, datum.data());
  Stay stay(rooms_, RoomLock::Room::search);
  const Node node = node_of(row);
  return node != no_node && space_->alike(datum.data(), getDataByInternalId(node));
}

size_t Graph::rows(bool live_only, uint32_t *rows, size_t capacity) {
  Stay stay(rooms_, RoomLock::Room::search);
  size_t count = 0;
  for (size_t row = 0; row < node_of_row_.size() && count < capacity; row++) {
    if (node_of_row_[row] == no_node || (live_only && deleted_[row])) continue;
    rows[count++] = static_cast<uint32_t>(row);
  }
  return count;
}

void Graph::set_generation(int64_t generation) {
  Stay stay(rooms_, RoomLock::Room::exclusive);
  generation_ = generation;
}

}  // namespace kindred
