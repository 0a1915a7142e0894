#pragma once

// The layout of a saved graph; index/README.md describes it.
#include "graph.hpp"

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "saved graphs are little-endian and copied as they are");

namespace kindred {

constexpr char magic[8] = {'K', 'N', 'D', 'G', 'R', 'A', 'P', 'H'};
constexpr uint32_t version_of_rows = 1, version_of_codes = 2, header_size = 128, twin_size = 12;
constexpr uint32_t metric_inner_product = 1, metric_cosine_of_codes = 2;

/// Offsets of the sections after the header.
struct Layout {
  size_t rows, levels, flags, base_counts, upper_counts, base_links, upper_links, twins, codes, end;

  Layout(const Header &h, size_t code_size) {
    // No sum overflows: each count is at most 2^40, and a code at most 2^17 bytes.
    const auto padded = [](uint64_t size) { return (size + 3) & ~uint64_t{3}; };
    rows = header_size;
    levels = rows + h.nodes * 4;
    flags = levels + padded(h.nodes);
    base_counts = flags + padded(h.nodes);
    upper_counts = base_counts + padded(h.nodes * 2);
    base_links = upper_counts + padded(h.upper_lists * 2);
    upper_links = base_links + h.base_links * 4;
    twins = upper_links + h.upper_links * 4;
    codes = twins + h.twins * twin_size;
    end = codes + padded(h.nodes * code_size);
  }
};

template <typename Number>
Number get(const uint8_t *bytes) {
  Number value;
  memcpy(&value, bytes, sizeof value);
  return value;
}

template <typename Number>
void put(uint8_t *bytes, Number value) {
  memcpy(bytes, &value, sizeof value);
}

}  // namespace kindred
