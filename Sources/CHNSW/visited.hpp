#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace kindred {

/// The nodes that a search has met: a hash table that grows with the search, where hnswlib has an array as long as the
/// graph for every search that runs at the same time.
class Visited {
 public:
  explicit Visited(size_t ef) {
    while ((size_t{1} << bits_) < std::min<size_t>(16 * ef, size_t{1} << 16)) bits_++;
    table_.assign(size_t{1} << bits_, none);
  }

  /// Whether the node is new.
  bool add(uint32_t node) {
    if (!place(node)) return false;
    if (++count_ * 2 > table_.size()) grow();
    return true;
  }

 private:
  static constexpr uint32_t none = UINT32_MAX;

  bool place(uint32_t node) {
    const size_t mask = table_.size() - 1;
    size_t slot = (node * 0x9E3779B97F4A7C15u) >> (64 - bits_);
    for (; table_[slot] != none; slot = (slot + 1) & mask) {
      if (table_[slot] == node) return false;
    }
    table_[slot] = node;
    return true;
  }

  void grow() {
    const std::vector<uint32_t> old(std::move(table_));
    bits_++;
    table_.assign(size_t{1} << bits_, none);
    for (const uint32_t node : old) {
      if (node != none) place(node);
    }
  }

  unsigned bits_ = 9;
  size_t count_ = 0;
  std::vector<uint32_t> table_;
};

}  // namespace kindred
