#include <algorithm>
#include <thread>

#include "graph.hpp"

namespace kindred {

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

/// What a new node may be linked to on a layer; never nothing.
Graph::Candidates Graph::candidates_for(const void *datum, Node nearest, Node entry, int layer) {
  Candidates candidates = searchBaseLayer(nearest, datum, layer);
  const auto add = [&](Node node) {
    candidates.emplace(distance(datum, node), node);
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
    // Another insertion may have come first with a matrix that was looked up later.
    if (matrix.rows >= vectors_.matrix.rows) vectors_.matrix = matrix;
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

}  // namespace kindred
