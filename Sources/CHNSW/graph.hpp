#pragma once

// hnswlib's manual vectorisation defines global functions in its header (cpuid, xgetbv, …); the distance is ours.
#define NO_MANUAL_VECTORIZATION
#include <atomic>
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <unordered_map>

#include <hnswlib/hnswlib.h>

#include "include/kindred_hnsw.h"
#include "kernels.hpp"
#include "room_lock.hpp"

namespace kindred {

using Node = hnswlib::tableint;

constexpr Node no_node = UINT32_MAX;
/// Graphs stay below what hnswlib's int-sized fields can count.
constexpr size_t node_limit = INT32_MAX;
constexpr int level_limit = 60;
constexpr size_t m_limit = 256;

/// What hnswlib compares: the 4 bytes of a row number, or this in the place of a query, which is in no row.
struct Datum {
  static constexpr uint32_t query = UINT32_MAX;
  uint32_t row = query;
  const float *vector = nullptr;
};

/// Where the distance function finds the vectors.
struct Vectors {
  kindred_matrix matrix;
  DotFunction dot;

  const float *row(uint32_t index) const { return matrix.base + static_cast<size_t>(index) * matrix.dimension; }
};

/// What is wrong with bytes or an argument, as a code of kindred_hnsw_code.
struct Fault : std::runtime_error {
  kindred_hnsw_code code;
  Fault(kindred_hnsw_code code, const std::string &reason) : std::runtime_error(reason), code(code) {}
};

/// What the header of a saved graph says; index/README.md has the layout.
struct Header {
  uint32_t m, ef_construction, entry, highest_level;
  uint64_t nodes, deleted, base_links, upper_lists, upper_links, twins;
  int64_t generation;
};
/// hnswlib's graph, with what its version 0.6.2 lacks: vectors that lie elsewhere, an `ef` for each search, searches
/// beside insertions, growth that a failed allocation can't break, and insertion without its races (the random level,
/// the entry point read after its lock) and without its crash when all candidates are deleted.
///
/// It uses hnswlib's memory layout, link selection and search for insertions, not its `addPoint`: rows have an array in
/// the place of the label map, and a node is written in full before any thread can see it.
///
/// Rows with the same vector, bit for bit, share a node: some hundred copies of one picture would else link to each
/// other only, and searches that come near would not get out again.
class Graph : public hnswlib::HierarchicalNSW<float> {
 public:
  Graph(kindred_matrix matrix, size_t m, size_t ef_construction, uint64_t seed);

  void insert(kindred_matrix matrix, const uint32_t *rows, size_t count, size_t threads);
  void mark_deleted(uint32_t row);
  size_t search(const float *query, size_t top, size_t ef, kindred_neighbor *found);
  size_t connect_unreachable();
  kindred_hnsw_facts facts();
  bool contains(uint32_t row);
  bool is_deleted(uint32_t row);
  size_t rows(bool live_only, uint32_t *rows, size_t capacity);
  size_t check(
    const uint32_t *expected, size_t expected_count, kindred_hnsw_problem *problems, size_t capacity);

  std::unique_ptr<uint8_t[]> serialize(int64_t generation, size_t &count);
  void set_generation(int64_t generation);
  /// Fills an empty graph from bytes whose header is good; throws Fault.
  void read(const Header &header, const uint8_t *bytes);

 private:
  using Candidates =
    std::priority_queue<std::pair<float, Node>, std::vector<std::pair<float, Node>>, CompareByFirst>;

  void reserve(size_t nodes);
  void prepare(const std::vector<uint32_t> &rows);
  void insert_row(uint32_t row);
  Node add_node(uint32_t row, int level);
  void mark_if_deleted(Node node);
  bool join_twin(uint32_t row, const Candidates &candidates);
  Candidates candidates_for(const void *datum, Node nearest, Node entry, int layer);
  Node descend(const void *datum, Node entry, int from, int to, bool locking) const;
  int level_for(uint32_t row) const;
  Candidates search_ground(const void *datum, Node entry, size_t ef, bool live_only) const;
  float distance(const void *datum, Node node) const;
  uint32_t row_of(Node node) const;
  Node node_of(uint32_t row) const { return row < node_of_row_.size() ? node_of_row_[row] : no_node; }
  template <typename Body>
  void each_row(Node node, Body body) const;
  void mark_reachable(Node from, std::vector<bool> &reached) const;

  Vectors vectors_;
  uint64_t seed_;
  /// By row, `no_node` where the graph lacks it or is still inserting it.
  std::vector<Node> node_of_row_;
  /// By row. A node is marked deleted when all its rows are.
  std::vector<bool> deleted_;
  size_t deleted_count_ = 0;
  /// The rows of a node beyond the first, for the few nodes that have any.
  std::unordered_map<Node, std::vector<uint32_t>> twins_;
  std::mutex twins_lock_;
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

/// Reads and checks the header and both checksums of a saved graph; throws Fault.
Header read_header(const uint8_t *bytes, size_t count, size_t dimension);

}  // namespace kindred
