#include "graph.hpp"

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>

namespace kindred {

namespace {

const float *resolve(const void *datum, const Vectors &vectors) {
  uint32_t row;
  memcpy(&row, datum, sizeof row);
  return row == Datum::query ? static_cast<const Datum *>(datum)->vector : vectors.row(row);
}

/// 1 − cosine. What is not a number counts as infinitely far, so that heaps keep their order.
float distance(const void *a, const void *b, const void *parameter) {
  const Vectors &vectors = *static_cast<const Vectors *>(parameter);
  const float value = 1 - vectors.dot(resolve(a, vectors), resolve(b, vectors), vectors.matrix.dimension);
  return value < std::numeric_limits<float>::max() ? value : std::numeric_limits<float>::max();
}

}  // namespace

Graph::Graph(kindred_matrix matrix, size_t m, size_t ef_construction, uint64_t seed)
  // This base constructor sets nothing; the other one would allocate locks for updates, which never happen here.
  : HierarchicalNSW(nullptr), vectors_{matrix, chosen_dot()}, seed_(seed) {
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

  // A node on layer 0: the count of links with the deletion mark in its third byte, the links, the row.
  data_size_ = sizeof(uint32_t);
  size_links_level0_ = sizeof(hnswlib::linklistsizeint) + maxM0_ * sizeof(Node);
  size_links_per_element_ = sizeof(hnswlib::linklistsizeint) + maxM_ * sizeof(Node);
  offsetLevel0_ = 0;
  offsetData_ = size_links_level0_;
  size_data_per_element_ = label_offset_ = size_links_level0_ + data_size_;
  fstdistfunc_ = distance;
  dist_func_param_ = &vectors_;
}

uint32_t Graph::row_of(Node node) const {
  uint32_t row;
  memcpy(&row, getDataByInternalId(node), sizeof row);
  return row;
}

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

/// Makes room for that many nodes. Every step leaves the graph usable when the next fails.
void Graph::reserve(size_t nodes) {
  if (nodes > node_limit) throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "more nodes than a graph can hold");
  if (nodes <= max_elements_) return;
  const size_t capacity = std::min(node_limit, std::max({nodes, max_elements_ + max_elements_ / 2, size_t{256}}));
  auto pool = std::make_unique<hnswlib::VisitedListPool>(1, static_cast<int>(capacity));
  element_levels_.resize(capacity);
  void *base_layer = realloc(data_level0_memory_, capacity * size_data_per_element_);
  if (!base_layer) throw std::bad_alloc();
  data_level0_memory_ = static_cast<char *>(base_layer);
  void *upper_layers = realloc(linkLists_, capacity * sizeof(char *));
  if (!upper_layers) throw std::bad_alloc();
  linkLists_ = static_cast<char **>(upper_layers);
  delete visited_list_pool_;
  visited_list_pool_ = pool.release();
  max_elements_ = capacity;
}

/// Makes room for new rows, so that threads only fill it.
void Graph::prepare(const std::vector<uint32_t> &rows) {
  reserve(node_count_ + rows.size());
  if (link_list_locks_.size() < max_elements_) std::vector<std::mutex>(max_elements_).swap(link_list_locks_);
  const size_t limit = *std::max_element(rows.begin(), rows.end()) + size_t{1};
  if (limit > node_of_row_.size()) {
    node_of_row_.reserve(std::max(limit, node_of_row_.size() + node_of_row_.size() / 2));
    deleted_.resize(limit);
    node_of_row_.resize(limit, no_node);
  }
}

/// Writes a node without links, which no other thread can see yet.
Node Graph::add_node(uint32_t row, int level) {
  char *upper = nullptr;
  if (level > 0) {
    // hnswlib looks one link past the end of a list before it knows that it is there.
    upper = static_cast<char *>(calloc(1, size_links_per_element_ * static_cast<size_t>(level) + sizeof(Node)));
    if (!upper) throw std::bad_alloc();
  }
  const Node node = static_cast<Node>(node_count_.fetch_add(1));
  linkLists_[node] = upper;
  element_levels_[node] = level;
  memset(get_linklist0(node), 0, size_data_per_element_);
  memcpy(getDataByInternalId(node), &row, sizeof row);
  return node;
}

/// Walks greedily from `entry` down the layers `from`…`to + 1`.
Node Graph::descend(const void *datum, Node entry, int from, int to, bool locking) const {
  Node nearest = entry;
  float best = distance(datum, getDataByInternalId(nearest), &vectors_);
  auto &locks = const_cast<std::vector<std::mutex> &>(link_list_locks_);
  for (int level = from; level > to; level--) {
    for (bool changed = true; changed;) {
      changed = false;
      std::unique_lock<std::mutex> lock;
      if (locking) lock = std::unique_lock<std::mutex>(locks[nearest]);
      hnswlib::linklistsizeint *list = get_linklist(nearest, level);
      const size_t size = getListCount(list);
      for (size_t i = 1; i <= size; i++) {
        const float found = distance(datum, getDataByInternalId(list[i]), &vectors_);
        if (found < best) {
          best = found;
          nearest = list[i];
          changed = true;
        }
      }
    }
  }
  return nearest;
}

/// What a new node may be linked to on a layer; never nothing.
Graph::Candidates Graph::candidates_for(const void *datum, Node nearest, Node entry, int layer) {
  Candidates candidates = searchBaseLayer(nearest, datum, layer);
  const auto add = [&](Node node) {
    candidates.emplace(distance(datum, getDataByInternalId(node), &vectors_), node);
    if (candidates.size() > ef_construction_) candidates.pop();
  };
  // Searches begin at the entry point even when it is deleted, so it needs links to what is new.
  if (isMarkedDeleted(entry)) add(entry);
  // All that can be reached is deleted: a link to a deleted node still leads on.
  if (candidates.empty()) add(nearest);
  return candidates;
}

/// Adds the row to a live node among the candidates that has the same vector.
bool Graph::join_twin(uint32_t row, const Candidates &candidates) {
  // The vector under a priority queue is there for classes derived from it.
  struct Opened : Candidates {
    static const std::vector<std::pair<float, Node>> &items(const Candidates &queue) { return queue.*&Opened::c; }
  };
  const size_t size = vectors_.matrix.dimension * sizeof(float);
  for (const auto &candidate : Opened::items(candidates)) {
    const Node node = candidate.second;
    if (isMarkedDeleted(node) || memcmp(vectors_.row(row), vectors_.row(row_of(node)), size) != 0) continue;
    std::lock_guard<std::mutex> guard(twins_lock_);
    twins_[node].push_back(row);
    node_of_row_[row] = node;
    return true;
  }
  return false;
}

/// Inserts a row that was prepared for. Many threads do this at once: as in hnswlib, a node's own lock is held until it
/// is linked on all layers, and the entry point's until a node that becomes the entry point is.
void Graph::insert_row(uint32_t row) {
  const int level = level_for(row);
  std::unique_lock<std::mutex> entry_lock(global);
  const int highest = maxlevel_;
  const Node entry = enterpoint_node_;
  if (level <= highest) entry_lock.unlock();

  Node node;
  std::unique_lock<std::mutex> own;
  const auto begin = [&] {
    node = add_node(row, level);
    own = std::unique_lock<std::mutex>(link_list_locks_[node]);
  };
  if (entry == no_node) {
    begin();
  } else {
    // Layer 0 is searched first, because a twin needs no node. Few rows have other layers to be searched, too.
    Node nearest = descend(&row, entry, highest, level, true);
    const Node ground = level == 0 ? nearest : descend(&row, nearest, std::min(level, highest), 0, true);
    Candidates base = candidates_for(&row, ground, entry, 0);
    if (join_twin(row, base)) return;
    begin();
    for (int layer = std::min(level, highest); layer > 0; layer--) {
      Candidates candidates = candidates_for(&row, nearest, entry, layer);
      nearest = mutuallyConnectNewElement(&row, node, candidates, layer, false);
    }
    mutuallyConnectNewElement(&row, node, base, 0, false);
  }
  if (level > highest) {
    enterpoint_node_ = node;
    maxlevel_ = level;
  }
  node_of_row_[row] = node;
}

void Graph::insert(kindred_matrix matrix, const uint32_t *rows, size_t count, size_t threads) {
  std::lock_guard<std::mutex> one_at_a_time(insertion_);
  if (broken_) throw Fault(KINDRED_HNSW_FAILURE, "an earlier insertion broke off: rebuild the graph");
  std::vector<uint32_t> fresh;
  {
    Stay stay(rooms_, RoomLock::Room::exclusive);
    if (matrix.dimension != vectors_.matrix.dimension) {
      throw Fault(KINDRED_HNSW_DIMENSION_MISMATCH, "the rows have another dimension than the graph");
    }
    std::vector<bool> seen(matrix.rows);
    fresh.reserve(count);
    for (size_t i = 0; i < count; i++) {
      if (rows[i] >= matrix.rows) {
        throw Fault(
          KINDRED_HNSW_INVALID_ARGUMENT, "row " + std::to_string(rows[i]) + " is not among the "
            + std::to_string(matrix.rows) + " rows of features");
      }
      if (seen[rows[i]] || node_of(rows[i]) != no_node) continue;
      seen[rows[i]] = true;
      fresh.push_back(rows[i]);
    }
    if (fresh.empty()) return;
    vectors_.matrix = matrix;
    prepare(fresh);
  }

  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_lock;
  const auto work = [&] {
    try {
      for (size_t i; (i = next.fetch_add(1)) < fresh.size();) {
        Stay stay(rooms_, RoomLock::Room::insertion);
        insert_row(fresh[i]);
        row_count_.fetch_add(1);
      }
    } catch (...) {
      next.store(fresh.size());
      std::lock_guard<std::mutex> guard(failure_lock);
      if (!failure) failure = std::current_exception();
    }
  };
  if (threads == 0) threads = std::max(1u, std::thread::hardware_concurrency());
  threads = std::min(threads, fresh.size());
  std::vector<std::thread> helpers;
  helpers.reserve(threads);
  for (size_t i = 1; i < threads; i++) {
    try {
      helpers.emplace_back(work);
    } catch (const std::system_error &) {
      break;  // Fewer threads do the same work.
    }
  }
  work();
  for (std::thread &helper : helpers) helper.join();
  Stay stay(rooms_, RoomLock::Room::exclusive);
  cur_element_count = node_count_;
  if (failure) {
    broken_ = true;
    std::rethrow_exception(failure);
  }
}

void Graph::mark_deleted(uint32_t row) {
  Stay stay(rooms_, RoomLock::Room::exclusive);
  const Node node = node_of(row);
  if (node == no_node) throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "row " + std::to_string(row) + " is not in the graph");
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

size_t Graph::search(const float *query, size_t top, size_t ef, kindred_neighbor *found) {
  Stay stay(rooms_, RoomLock::Room::search);
  if (enterpoint_node_ == no_node || top == 0) return 0;
  Datum datum;
  datum.vector = query;
  const Node nearest = descend(&datum, enterpoint_node_, maxlevel_, 0, false);
  ef = std::min<size_t>(std::max(ef, top), node_count_);
  Candidates candidates = num_deleted_ > 0 ? searchBaseLayerST<true>(nearest, &datum, ef)
                                           : searchBaseLayerST<false>(nearest, &datum, ef);
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
  return facts;
}

bool Graph::contains(uint32_t row) {
  Stay stay(rooms_, RoomLock::Room::search);
  return node_of(row) != no_node;
}

bool Graph::is_deleted(uint32_t row) {
  Stay stay(rooms_, RoomLock::Room::search);
  return node_of(row) != no_node && deleted_[row];
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
