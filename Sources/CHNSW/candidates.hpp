#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

namespace kindred {

/// The nearest nodes that a search has met so far, sorted, each with a mark whether the search has gone on from it. One
/// list is both of the heaps of the textbooks: it is short, so that moving its end is cheaper than their branches.
class Candidates {
 public:
  using Node = uint32_t;

  /// Begins a search for `ef` nodes.
  void begin(size_t ef) {
    ef_ = ef;
    size_ = counted_ = next_ = 0;
    reserve(std::min<size_t>(ef, 4096) + 1);
  }

  size_t size() const { return size_; }
  Node node(size_t place) const { return static_cast<Node>(items_[place]) >> 1; }
  float distance(size_t place) const { return distance_of(items_[place]); }

  /// Whether a node at this distance is among the nearest.
  bool takes(float distance) const { return counted_ < ef_ || order(distance) < worst_; }

  /// Adds a node that `takes` let through, in a search where every node counts.
  void add(float distance, Node node) {
    insert(distance, node);
    if (++counted_ > ef_) size_ = counted_ = ef_;
    worst_ = items_[size_ - 1];
  }

  /// Adds a node in a search that goes on from nodes that are no results: only others count towards `ef`.
  /// `counts` tells them apart.
  template <typename Counts>
  void add(float distance, Node node, Counts counts) {
    insert(distance, node);
    counted_ += counts(node);
    while (counted_ > ef_) counted_ -= counts(this->node(--size_));
    while (counted_ == ef_ && !counts(this->node(size_ - 1))) size_--;
    worst_ = items_[size_ - 1];
  }

  /// The nearest node that the search has not gone on from, and marks that it does; false at the end.
  bool next(Node &found) {
    while (next_ < size_ && (items_[next_] & 1)) next_++;
    if (next_ >= size_) return false;
    items_[next_] |= 1;
    found = node(next_++);
    return true;
  }

  /// The one that would be next now.
  bool peek(Node &found) const {
    size_t place = next_;
    while (place < size_ && (items_[place] & 1)) place++;
    if (place >= size_) return false;
    found = node(place);
    return true;
  }

  template <typename Counts>
  void keep_only(Counts counts) {
    size_t kept = 0;
    for (size_t i = 0; i < size_; i++) {
      if (counts(node(i))) items_[kept++] = items_[i];
    }
    size_ = kept;
  }

 private:
  /// A distance, a node and a mark as one number that sorts like the distance. Nodes are below 2^31.
  using Item = int64_t;

  /// The bits of a float as a number that sorts like it.
  static int32_t bits_of(float distance) {
    int32_t bits;
    memcpy(&bits, &distance, sizeof bits);
    return bits ^ ((bits >> 31) & INT32_MAX);
  }
  static Item order(float distance) { return static_cast<Item>(bits_of(distance)) * (Item{1} << 32); }

  static float distance_of(Item item) {
    int32_t bits = static_cast<int32_t>(item >> 32);
    bits ^= (bits >> 31) & INT32_MAX;
    float distance;
    memcpy(&distance, &bits, sizeof distance);
    return distance;
  }

  void reserve(size_t count) {
    if (items_.size() < count) items_.resize(count);
  }

  void insert(float distance, Node node) {
    if (size_ == items_.size()) reserve(2 * size_);
    const Item item = order(distance) | static_cast<Item>(node) << 1;
    Item *items = items_.data();
    size_t place = size_;
    if (size_ > far_) {
      place = static_cast<size_t>(std::lower_bound(items, items + size_, item) - items);
      memmove(items + place + 1, items + place, (size_ - place) * sizeof(Item));
    } else {
      for (; place > 0 && items[place - 1] > item; place--) items[place] = items[place - 1];
    }
    items[place] = item;
    size_++;
    next_ = std::min(next_, place);
  }

  /// In longer lists places are found by halving.
  static constexpr size_t far_ = 64;

  std::vector<Item> items_;
  size_t ef_ = 0, size_ = 0;
  /// Those that count towards `ef`.
  size_t counted_ = 0;
  /// The search has gone on from all before this.
  size_t next_ = 0;
  Item worst_ = 0;
};

}  // namespace kindred
