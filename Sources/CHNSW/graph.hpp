#pragma once

#include <atomic>
#include <mutex>

#include "block.hpp"
#include "room_lock.hpp"
#include "search_memory.hpp"
#include "spaces.hpp"

namespace kindred {

using Node = hnswlib::tableint;

constexpr Node no_node = UINT32_MAX;
/// Graphs stay below what hnswlib's int-sized fields can count.
constexpr size_t node_limit = INT32_MAX;
constexpr int level_limit = 60;
constexpr size_t m_limit = 256;

/// What the header of a saved graph says; index/README.md has the layout.
struct Header {
  kindred_hnsw_kind kind;
  uint32_t dimension, m, ef_construction, entry, highest_level;
  uint64_t nodes, deleted, base_links, upper_lists, upper_links, twins;
  int64_t generation, fit;
};

/// hnswlib's graph, with what its version 0.6.2 lacks: vectors that lie elsewhere, an `ef` for each search, searches
/// beside insertions, growth that a failed allocation can't break, few locks and little other memory beside the links,
/// and insertion without its races (the random level, the entry point read after its lock) and without its crash when
/// all candidates are deleted.
///
/// It uses hnswlib's memory layout, spaces and choice of links, not its `addPoint` and searches: rows have an array in
/// the place of the label map, and a node is written in full before any thread can see it.
///
/// Rows with the same datum share a node: some hundred copies of one picture would else link to each other only, and
/// searches that come near would not get out again.
class Graph : public hnswlib::HierarchicalNSW<float> {
 public:
  Graph(std::unique_ptr<Space> space, size_t m, size_t ef_construction, int64_t fit, uint64_t seed);
  ~Graph();

  void insert(const Source &source, const uint32_t *rows, size_t count, size_t threads);
  void mark_deleted(uint32_t row);
  size_t search(const float *query, size_t top, size_t ef, kindred_neighbor *found);
  size_t connect_unreachable();
  kindred_hnsw_facts facts();
  size_t row_count() const { return row_count_; }
  bool contains(uint32_t row);
  bool is_deleted(uint32_t row);
  bool holds(const float *vector, uint32_t row);
  size_t rows(bool live_only, uint32_t *rows, size_t capacity);
  size_t check(
    const uint32_t *expected, size_t expected_count, kindred_hnsw_problem *problems, size_t capacity);

  std::unique_ptr<uint8_t[]> serialize(int64_t generation, size_t &count);
  void set_generation(int64_t generation);
  /// Fills an empty graph from bytes whose header is good; throws Fault.
  void read(const Header &header, const uint8_t *bytes);

 private:
  struct Links {
    const Node *nodes;
    size_t count;
  };
  /// A node and its distance to another one.
  struct Near {
    float distance;
    Node node;
  };

  void reserve(size_t nodes);
  void prepare(const std::vector<uint32_t> &rows);
  void prepare(SearchMemory &memory) const;
  void insert_datum(const uint8_t *datum, SearchMemory &memory);
  char *make_upper(int level);
  Node add_node(const uint8_t *datum, int level);
  void choose(std::vector<Near> &sorted, size_t most) const;
  void connect(Node node, int layer, std::vector<Near> &candidates);
  void link_back(Node from, Near to, int layer);
  void mark_if_deleted(Node node);
  bool join_twin(const uint8_t *datum, const std::vector<Near> &candidates);
  std::vector<Near> candidates_for(const void *datum, Node entry, int layer, SearchMemory &memory) const;
  template <bool locking>
  Links links_of(Node node, int layer, SearchMemory &memory) const;
  template <bool locking>
  Node descend(const void *datum, Node entry, int from, int to, SearchMemory &memory) const;
  template <bool locking>
  void find_entries(const void *datum, Node entry, int highest, SearchMemory &memory) const;
  static void take_entries(SearchMemory &memory);
  template <bool locking>
  void search_layer(const void *datum, int layer, size_t ef, bool live_only, SearchMemory &memory) const;
  template <bool locking, typename Add>
  void walk(const void *datum, int layer, size_t ef, SearchMemory &memory, Add add) const;
  std::mutex &lock_of(Node node) const { return locks_[node % lock_count]; }
  int level_for(uint32_t row) const;
  float distance(const void *datum, Node node) const {
    return fstdistfunc_(datum, getDataByInternalId(node), dist_func_param_);
  }
  void distances(const void *datum, const Node *nodes, size_t count, float *distances) const {
    space_->distances(datum, data_level0_memory_, nodes, count, distances);
  }
  void prefetch_data(Node node) const {
    constexpr size_t line = 64, most = 4 * line;
    const char *data = getDataByInternalId(node);
    for (size_t at = 0; at < std::min(data_size_, most); at += line) __builtin_prefetch(data + at);
  }
  void prefetch_links(Node node, int layer) const {
    constexpr size_t line = 64, lines = 3;
    const auto *list = reinterpret_cast<const char *>(get_linklist_at_level(node, layer));
    for (size_t at = 0; at < lines * line; at += line) __builtin_prefetch(list + at);
  }
  // Links of layer 0 are apart from the data, which a search touches far more of: so these begin cache lines. These
  // three hide hnswlib's.
  hnswlib::linklistsizeint *get_linklist0(Node node) const {
    return reinterpret_cast<hnswlib::linklistsizeint *>(links_.base() + node * size_links_level0_);
  }
  hnswlib::linklistsizeint *get_linklist_at_level(Node node, int layer) const {
    return layer == 0 ? get_linklist0(node) : get_linklist(node, layer);
  }
  bool isMarkedDeleted(Node node) const {
    return reinterpret_cast<const unsigned char *>(get_linklist0(node))[2] & DELETE_MARK;
  }
  static size_t list_count(const hnswlib::linklistsizeint *list) {
    uint16_t count;
    memcpy(&count, list, sizeof count);
    return count;
  }
  uint32_t row_of(Node node) const { return row_in(getDataByInternalId(node)); }
  Node node_of(uint32_t row) const { return row < node_of_row_.size() ? node_of_row_[row] : no_node; }
  template <typename Body>
  void each_row(Node node, Body body) const;
  void mark_reachable(Node from, std::vector<bool> &reached) const;
  size_t memory() const;

  std::unique_ptr<Space> space_;
  Block data_, links_;
  SearchMemories memories_;
  int64_t fit_;
  uint64_t seed_;
  /// By row, `no_node` where the graph lacks it or is still inserting it.
  std::vector<Node> node_of_row_;
  /// By row. A node is marked deleted when all its rows are.
  std::vector<bool> deleted_;
  size_t deleted_count_ = 0;
  /// The rows of a node beyond the first, for the few nodes that have any.
  std::unordered_map<Node, std::vector<uint32_t>> twins_;
  std::mutex twins_lock_;
  /// Locks of links while there are insertions, many nodes to each. A thread holds one at a time.
  std::unique_ptr<std::mutex[]> locks_;
  static constexpr size_t lock_count = 1024;
  /// Nodes of layer 1 from which layer 0 is searched.
  static constexpr size_t entry_count = 8;
  /// Bytes of lists above layer 0.
  std::atomic<size_t> upper_bytes_{0};
  /// Rows that are in the graph in full.
  std::atomic<size_t> row_count_{0};
  /// Nodes that have a place, which `cur_element_count` follows at the end of an insertion.
  std::atomic<size_t> node_count_{0};
  int64_t generation_ = 0;
  /// Set when an insertion broke off in the middle.
  bool broken_ = false;
  /// One insertion at a time; what it has not finished yet is not saved.
  std::mutex insertion_;
  RoomLock rooms_;
};

template <typename Body>
void Graph::each_row(Node node, Body body) const {
  body(row_of(node));
  const auto twins = twins_.find(node);
  if (twins == twins_.end()) return;
  for (const uint32_t row : twins->second) body(row);
}

/// Reads and checks the header and both checksums of a saved graph, of rows or of codes as asked for; throws Fault.
Header read_header(const uint8_t *bytes, size_t count, bool of_codes);
/// Checks a header by itself, before what it describes is read.
Header read_claims(const uint8_t *bytes, size_t count, size_t file_size, bool of_codes);

}  // namespace kindred
