#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "candidates.hpp"
#include "visited.hpp"

namespace kindred {

/// What a search needs beside the graph. It is kept for the next, so that a search allocates nothing.
struct SearchMemory {
  Candidates nearest;
  Visited visited;
  /// A query as a node would hold it.
  std::vector<uint8_t> datum;
  /// Of one node: the links that are new, and their distances.
  std::vector<uint32_t> fresh;
  std::vector<float> distances;
  /// Links that were copied while their lock was held.
  std::vector<uint32_t> links;
  /// Nodes that a search begins at.
  std::vector<uint32_t> entries;
};

/// Memories of searches that are done, for those to come: as many as there were searches at the same time.
class SearchMemories {
 public:
  std::unique_ptr<SearchMemory> take() {
    std::lock_guard<std::mutex> guard(lock_);
    if (idle_.empty()) return std::make_unique<SearchMemory>();
    std::unique_ptr<SearchMemory> memory = std::move(idle_.back());
    idle_.pop_back();
    return memory;
  }

  void give_back(std::unique_ptr<SearchMemory> memory) {
    std::lock_guard<std::mutex> guard(lock_);
    idle_.push_back(std::move(memory));
  }

 private:
  std::mutex lock_;
  std::vector<std::unique_ptr<SearchMemory>> idle_;
};

/// A search memory for as long as the object lives.
class LentMemory {
 public:
  explicit LentMemory(SearchMemories &memories) : memories_(memories), memory_(memories.take()) {}
  ~LentMemory() {
    try {
      memories_.give_back(std::move(memory_));
    } catch (...) {
      // Without memory for the list of those that are idle, this one is freed.
    }
  }
  LentMemory(const LentMemory &) = delete;
  LentMemory &operator=(const LentMemory &) = delete;
  SearchMemory &operator*() const { return *memory_; }

 private:
  SearchMemories &memories_;
  std::unique_ptr<SearchMemory> memory_;
};

}  // namespace kindred
