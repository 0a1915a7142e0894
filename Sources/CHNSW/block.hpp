#pragma once

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>

namespace kindred {

/// Memory that can grow, whose first byte begins a cache line. Large blocks ask for large pages: searches jump about in
/// them, and with pages of 4 KiB they would wait for page tables as much as for memory.
class Block {
 public:
  Block() = default;
  Block(const Block &) = delete;
  Block &operator=(const Block &) = delete;
  ~Block() { free(memory_); }

  char *base() const { return base_; }

  /// Makes it `bytes` long, of which the first `used` are kept. When that fails it is as it was.
  void resize(size_t bytes, size_t used) {
    const size_t offset = static_cast<size_t>(base_ - static_cast<char *>(memory_));
    void *memory = realloc(memory_, bytes + line);
    if (!memory) throw std::bad_alloc();
    memory_ = memory;
    char *start = static_cast<char *>(memory);
    base_ = start + (line - reinterpret_cast<uintptr_t>(start) % line) % line;
    // The kernel moves large blocks by whole pages, so that their place in a line rarely changes.
    if (base_ != start + offset) memmove(base_, start + offset, used);
    if (bytes >= large) {
      const uintptr_t first = (reinterpret_cast<uintptr_t>(base_) + page - 1) / page * page;
      const uintptr_t end = (reinterpret_cast<uintptr_t>(base_) + bytes) / page * page;
      // It is only advice.
      madvise(reinterpret_cast<void *>(first), end - first, MADV_HUGEPAGE);
    }
  }

 private:
  static constexpr size_t line = 64, page = 4096, large = size_t{4} << 20;
  void *memory_ = nullptr;
  char *base_ = nullptr;
};

}  // namespace kindred
