#include <malloc.h>

#include <algorithm>
#include <thread>

#include "graph.hpp"

namespace kindred {

namespace {

/// The room for `needed` things where there is room for `present`: growing by a sixteenth costs little memory, and
/// the kernel moves large blocks without a copy.
size_t grown(size_t needed, size_t present) { return std::max(needed, present + present / 16); }

}  // namespace

/// Makes room for that many nodes. Every step leaves the graph usable when the next fails.
void Graph::reserve(size_t nodes) {
  if (nodes > node_limit) throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "more nodes than a graph can hold");
  if (nodes <= max_elements_) return;
  const size_t capacity = std::min(node_limit, grown(nodes, max_elements_));
  element_levels_.reserve(capacity);
  element_levels_.resize(capacity);
  data_.resize(capacity * size_data_per_element_, max_elements_ * size_data_per_element_);
  data_level0_memory_ = data_.base();
  links_.resize(capacity * size_links_level0_, max_elements_ * size_links_level0_);
  void *upper_layers = realloc(linkLists_, capacity * sizeof(char *));
  if (!upper_layers) throw std::bad_alloc();
  linkLists_ = static_cast<char **>(upper_layers);
  max_elements_ = capacity;
}

/// Makes room for new rows, so that threads only fill it.
void Graph::prepare(const std::vector<uint32_t> &rows) {
  if (!locks_) locks_ = std::make_unique<std::mutex[]>(lock_count);
  reserve(node_count_ + rows.size());
  const size_t limit = *std::max_element(rows.begin(), rows.end()) + size_t{1};
  if (limit > node_of_row_.size()) {
    if (limit > node_of_row_.capacity()) node_of_row_.reserve(grown(limit, node_of_row_.capacity()));
    deleted_.resize(limit);
    node_of_row_.resize(limit, no_node);
  }
}

/// Empty lists for the layers 1…`level`; nothing for level 0.
char *Graph::make_upper(int level) {
  if (level == 0) return nullptr;
  void *lists = calloc(1, size_links_per_element_ * static_cast<size_t>(level));
  if (!lists) throw std::bad_alloc();
  upper_bytes_ += malloc_usable_size(lists) + sizeof(size_t);
  return static_cast<char *>(lists);
}

/// Writes a node without links, which no other thread can see yet.
Node Graph::add_node(const uint8_t *datum, int level) {
  char *upper = make_upper(level);
  const Node node = static_cast<Node>(node_count_.fetch_add(1));
  linkLists_[node] = upper;
  element_levels_[node] = level;
  memset(get_linklist0(node), 0, size_links_level0_);
  memcpy(getDataByInternalId(node), datum, data_size_);
  return node;
}

/// What a new node may be linked to on a layer, nearest first; never nothing. The search begins at `memory.entries`.
std::vector<Graph::Near> Graph::candidates_for(const void *datum, Node entry, int layer, SearchMemory &memory) const {
  search_layer<true>(datum, layer, ef_construction_, true, memory);
  std::vector<Near> candidates;
  candidates.reserve(memory.nearest.size() + 1);
  for (size_t i = 0; i < memory.nearest.size(); i++) {
    candidates.push_back({memory.nearest.distance(i), memory.nearest.node(i)});
  }
  const auto add = [&](Node node) {
    const Near near = {distance(datum, node), node};
    const auto nearer = [](const Near &a, const Near &b) { return a.distance < b.distance; };
    candidates.insert(std::upper_bound(candidates.begin(), candidates.end(), near, nearer), near);
    if (candidates.size() > ef_construction_) candidates.pop_back();
  };
  // Searches begin at the entry point even when it is deleted, so it needs links to what is new.
  if (isMarkedDeleted(entry)) add(entry);
  // All that can be reached is deleted: a link to a deleted node still leads on.
  if (candidates.empty()) add(memory.entries.front());
  return candidates;
}

/// Adds the row to a live node among the candidates that has the same datum.
bool Graph::join_twin(const uint8_t *datum, const std::vector<Near> &candidates) {
  const uint32_t row = row_in(datum);
  for (const Near &candidate : candidates) {
    const Node node = candidate.node;
    if (isMarkedDeleted(node) || !space_->same(datum, getDataByInternalId(node))) continue;
    std::lock_guard<std::mutex> guard(twins_lock_);
    twins_[node].push_back(row);
    node_of_row_[row] = node;
    return true;
  }
  return false;
}

/// Inserts a row that was prepared for. Many threads do this at once. A node is linked from layer 0 upwards, so that
/// what leads to it on one layer leads on from it on those below; the lock of the entry point is held until a node that
/// becomes the entry point is linked.
void Graph::insert_datum(const uint8_t *datum, SearchMemory &memory) {
  const int level = level_for(row_in(datum));
  std::unique_lock<std::mutex> entry_lock(global);
  const int highest = maxlevel_;
  const Node entry = enterpoint_node_;
  if (level <= highest) entry_lock.unlock();

  Node node;
  if (entry == no_node) {
    node = add_node(datum, level);
  } else {
    prepare(memory);
    if (level == 0) {
      find_entries<true>(datum, entry, highest, memory);
    } else {
      memory.entries.assign(1, descend<true>(datum, entry, highest, level, memory));
    }
    const int shared = std::min(level, highest);
    std::vector<std::vector<Near>> of_layer(static_cast<size_t>(shared) + 1);
    for (int layer = shared; layer >= 0; layer--) {
      std::vector<Near> &candidates = of_layer[static_cast<size_t>(layer)];
      candidates = candidates_for(datum, entry, layer, memory);
      memory.entries.clear();
      for (size_t i = 0; i < std::min(entry_count, candidates.size()); i++) {
        memory.entries.push_back(candidates[i].node);
      }
    }
    if (join_twin(datum, of_layer[0])) return;
    node = add_node(datum, level);
    for (int layer = 0; layer <= shared; layer++) connect(node, layer, of_layer[static_cast<size_t>(layer)]);
  }
  if (level > highest) {
    enterpoint_node_ = node;
    maxlevel_ = level;
  }
  node_of_row_[row_in(datum)] = node;
}

void Graph::insert(const Source &source, const uint32_t *rows, size_t count, size_t threads) {
  std::lock_guard<std::mutex> one_at_a_time(insertion_);
  if (broken_) throw Fault(KINDRED_HNSW_FAILURE, "an earlier insertion broke off: rebuild the graph");
  // Rows that the graph lacks, and their places among those given.
  std::vector<uint32_t> fresh;
  std::vector<size_t> places;
  {
    Stay stay(rooms_, RoomLock::Room::exclusive);
    space_->accept(source);
    size_t limit = source.matrix ? source.matrix->rows : space_->row_limit(row_count_ + count);
    std::vector<bool> seen(count == 0 ? 0 : std::min<size_t>(limit, *std::max_element(rows, rows + count) + size_t{1}));
    fresh.reserve(count);
    places.reserve(count);
    const auto check_limit = [&](uint32_t row) {
      if (row < limit) return;
      throw Fault(
        KINDRED_HNSW_INVALID_ARGUMENT,
        "row " + std::to_string(row) + " is not among the " + std::to_string(limit) + " rows that there can be");
    };
    for (size_t i = 0; i < count; i++) {
      check_limit(rows[i]);
      if (seen[rows[i]] || node_of(rows[i]) != no_node) continue;
      seen[rows[i]] = true;
      fresh.push_back(rows[i]);
      places.push_back(i);
    }
    if (fresh.empty()) return;
    // Fewer may be new than were given, and the graph must be one that can be read again.
    if (!source.matrix) limit = space_->row_limit(row_count_ + fresh.size());
    check_limit(*std::max_element(fresh.begin(), fresh.end()));
    prepare(fresh);
  }

  std::atomic<size_t> next{0};
  std::exception_ptr failure;
  std::mutex failure_lock;
  const auto work = [&] {
    try {
      std::vector<uint8_t> datum(space_->room());
      LentMemory memory(memories_);
      for (size_t i; (i = next.fetch_add(1)) < fresh.size();) {
        const float *vector = source.vectors ? source.vectors + places[i] * space_->dimension : nullptr;
        space_->encode(fresh[i], vector, datum.data());
        Stay stay(rooms_, RoomLock::Room::insertion);
        insert_datum(datum.data(), *memory);
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
