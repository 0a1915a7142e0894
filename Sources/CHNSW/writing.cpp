// A graph as bytes.
#include <algorithm>

#include "format.hpp"

namespace kindred {

std::unique_ptr<uint8_t[]> Graph::serialize(int64_t generation, size_t &count) {
  std::lock_guard<std::mutex> no_insertion(insertion_);
  Stay stay(rooms_, RoomLock::Room::search);
  if (broken_) throw Fault(KINDRED_HNSW_FAILURE, "an earlier insertion broke off: rebuild the graph");
  const bool of_codes = space_->kind != KINDRED_HNSW_ROWS;
  Header h = {};
  h.nodes = cur_element_count;
  for (const auto &[node, rows] : twins_) h.twins += rows.size();
  for (Node node = 0; node < h.nodes; node++) {
    h.base_links += getListCount(get_linklist0(node));
    h.upper_lists += static_cast<uint64_t>(element_levels_[node]);
    for (int level = 1; level <= element_levels_[node]; level++) {
      h.upper_links += getListCount(get_linklist(node, level));
    }
  }
  const Layout layout(h, space_->code_size);
  // Zeroed: padding and reserved bytes are 0.
  std::unique_ptr<uint8_t[]> bytes(new uint8_t[layout.end]());
  uint8_t *base = bytes.get();
  uint8_t *base_links = base + layout.base_links, *upper_links = base + layout.upper_links;
  uint8_t *upper_counts = base + layout.upper_counts;
  const auto write_list = [&](hnswlib::linklistsizeint *list, uint8_t *count, uint8_t *&links) {
    const uint16_t size = getListCount(list);
    put<uint16_t>(count, size);
    memcpy(links, list + 1, size * sizeof(Node));
    links += size * sizeof(Node);
  };
  for (Node node = 0; node < h.nodes; node++) {
    put<uint32_t>(base + layout.rows + node * size_t{4}, row_of(node));
    base[layout.levels + node] = static_cast<uint8_t>(element_levels_[node]);
    base[layout.flags + node] = deleted_[row_of(node)] ? 1 : 0;
    if (of_codes) {
      const size_t size = space_->code_size;
      memcpy(base + layout.codes + node * size, space_->code(getDataByInternalId(node)), size);
    }
    write_list(get_linklist0(node), base + layout.base_counts + node * size_t{2}, base_links);
    for (int level = 1; level <= element_levels_[node]; level++, upper_counts += 2) {
      write_list(get_linklist(node, level), upper_counts, upper_links);
    }
  }

  // In the order of nodes and rows, so that equal graphs have equal bytes.
  std::vector<std::pair<Node, uint32_t>> twins;
  twins.reserve(h.twins);
  for (const auto &[node, rows] : twins_) {
    for (const uint32_t row : rows) twins.emplace_back(node, row);
  }
  std::sort(twins.begin(), twins.end());
  for (size_t i = 0; i < twins.size(); i++) {
    uint8_t *twin = base + layout.twins + i * twin_size;
    put<uint32_t>(twin, twins[i].first);
    put<uint32_t>(twin + 4, twins[i].second);
    put<uint32_t>(twin + 8, deleted_[twins[i].second] ? 1 : 0);
  }

  memcpy(base, magic, sizeof magic);
  put<uint32_t>(base + 8, of_codes ? version_of_codes : version_of_rows);
  put<uint32_t>(base + 12, header_size);
  put<uint32_t>(base + 16, static_cast<uint32_t>(space_->dimension));
  put<uint32_t>(base + 20, of_codes ? metric_cosine_of_codes : metric_inner_product);
  put<uint32_t>(base + 24, static_cast<uint32_t>(M_));
  put<uint32_t>(base + 28, static_cast<uint32_t>(ef_construction_));
  put<uint64_t>(base + 32, h.nodes);
  put<int64_t>(base + 40, generation);
  put<uint32_t>(base + 48, enterpoint_node_);
  put<uint32_t>(base + 52, static_cast<uint32_t>(std::max(maxlevel_, 0)));
  put<uint64_t>(base + 56, deleted_count_);
  put<uint64_t>(base + 64, h.base_links);
  put<uint64_t>(base + 72, h.upper_lists);
  put<uint64_t>(base + 80, h.upper_links);
  put<uint64_t>(base + 88, h.twins);
  if (of_codes) {
    put<uint32_t>(base + 96, static_cast<uint32_t>(space_->kind));
    put<int64_t>(base + 104, fit_);
  }
  put<uint32_t>(base + 120, kindred_crc32c(0, base + header_size, layout.end - header_size));
  put<uint32_t>(base + 124, kindred_crc32c(0, base, 124));
  count = layout.end;
  return bytes;
}

}  // namespace kindred
