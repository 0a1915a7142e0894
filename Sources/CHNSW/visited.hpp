#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kindred {

/// The nodes that a search has met: a bit for each node of the graph, cleared by the list of those met, so that it costs
/// what the search costs and not what the graph does.
class Visited {
 public:
  /// Begins a search in a graph of at most `nodes` nodes.
  void begin(size_t nodes) {
    for (const uint32_t node : met_) words_[node / 64] = 0;
    met_.clear();
    const size_t words = (nodes + 63) / 64;
    if (words_.size() < words) words_.resize(words);
  }

  /// Makes room for `count` nodes more to be met.
  void expect(size_t count) {
    if (met_.capacity() - met_.size() < count) met_.reserve(2 * met_.capacity() + count);
  }

  /// Whether the node is new. There must be room for it.
  bool add(uint32_t node) {
    uint64_t &word = words_[node / 64];
    const uint64_t bit = uint64_t{1} << (node % 64);
    if (word & bit) return false;
    word |= bit;
    met_.push_back(node);
    return true;
  }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint32_t> met_;
};

}  // namespace kindred
