// A graph from bytes. They may come from anywhere, so nothing in them is believed before it is checked.
#include <algorithm>

#include "format.hpp"

namespace kindred {

namespace {

[[noreturn]] void damaged(const std::string &reason) { throw Fault(KINDRED_HNSW_DAMAGED, reason); }

}  // namespace

namespace {

/// Checks what kind of graph the bytes are of.
void check_version(uint32_t version, bool of_codes) {
  if (version == (of_codes ? version_of_codes : version_of_rows)) return;
  if (version == version_of_rows) {
    throw Fault(KINDRED_HNSW_FOREIGN, "a graph over rows of a feature file (format version 1), not over codes");
  }
  if (version == version_of_codes) {
    throw Fault(KINDRED_HNSW_FOREIGN, "a graph over codes (format version 2), not over rows of a feature file");
  }
  throw Fault(
    KINDRED_HNSW_UNKNOWN_VERSION,
    "format version " + std::to_string(version) + ", but this program knows only versions 1 and 2");
}

size_t code_size_of(const Header &h) {
  if (h.kind == KINDRED_HNSW_ROWS) return 0;
  return static_cast<size_t>(h.dimension) * (h.kind == KINDRED_HNSW_FLOAT16 ? 2 : 1);
}

}  // namespace

Header read_claims(const uint8_t *bytes, size_t count, size_t file_size, bool of_codes) {
  if (count < sizeof magic || memcmp(bytes, magic, sizeof magic) != 0) {
    throw Fault(KINDRED_HNSW_FOREIGN, "not a Kindred graph file");
  }
  if (count < header_size) damaged("the header is cut off");
  check_version(get<uint32_t>(bytes + 8), of_codes);
  if (get<uint32_t>(bytes + 124) != kindred_crc32c(0, bytes, 124)) damaged("the header's checksum is wrong");
  if (get<uint32_t>(bytes + 12) != header_size) damaged("the header has another size than its format version says");
  if (get<uint32_t>(bytes + 20) != (of_codes ? metric_cosine_of_codes : metric_inner_product)) {
    damaged("unknown metric");
  }

  Header h;
  h.dimension = get<uint32_t>(bytes + 16);
  h.m = get<uint32_t>(bytes + 24);
  h.ef_construction = get<uint32_t>(bytes + 28);
  h.nodes = get<uint64_t>(bytes + 32);
  h.generation = get<int64_t>(bytes + 40);
  h.entry = get<uint32_t>(bytes + 48);
  h.highest_level = get<uint32_t>(bytes + 52);
  h.deleted = get<uint64_t>(bytes + 56);
  h.base_links = get<uint64_t>(bytes + 64);
  h.upper_lists = get<uint64_t>(bytes + 72);
  h.upper_links = get<uint64_t>(bytes + 80);
  h.twins = get<uint64_t>(bytes + 88);
  h.kind = KINDRED_HNSW_ROWS;
  h.fit = 0;
  if (of_codes) {
    const uint32_t kind = get<uint32_t>(bytes + 96);
    if (kind != KINDRED_HNSW_INT8 && kind != KINDRED_HNSW_FLOAT16) damaged("unknown kind of codes");
    if (h.dimension < 1 || h.dimension > dimension_limit) damaged("the dimension is out of bounds");
    h.kind = static_cast<kindred_hnsw_kind>(kind);
    h.fit = get<int64_t>(bytes + 104);
  }
  if (h.m < 2 || h.m > m_limit) damaged("M is out of bounds");
  if (h.ef_construction < 1 || h.ef_construction > 100000) damaged("efConstruction is out of bounds");
  if (h.nodes > node_limit || h.twins > node_limit) damaged("the number of nodes is out of bounds");
  // A built graph has about nodes / (M - 1) of them. More would take far more memory than the file's size tells.
  if (h.upper_lists > 2 * h.nodes + 1000) damaged("the number of layers is out of bounds");
  const uint64_t limit = uint64_t{1} << 40;
  if (h.base_links > limit || h.upper_links > limit) damaged("the number of links is too large");
  const size_t end = Layout(h, code_size_of(h)).end;
  if (end != file_size) {
    damaged(
      "the file has " + std::to_string(file_size) + " bytes, but its header describes " + std::to_string(end));
  }
  return h;
}

Header read_header(const uint8_t *bytes, size_t count, bool of_codes) {
  const Header h = read_claims(bytes, count, count, of_codes);
  if (get<uint32_t>(bytes + 120) != kindred_crc32c(0, bytes + header_size, count - header_size)) {
    damaged("the checksum is wrong");
  }
  return h;
}

void Graph::read(const Header &h, const uint8_t *bytes) {
  if (h.dimension != space_->dimension) {
    throw Fault(
      KINDRED_HNSW_DIMENSION_MISMATCH, "the graph is over vectors of dimension " + std::to_string(h.dimension)
        + ", not " + std::to_string(space_->dimension));
  }
  const Layout layout(h, space_->code_size);
  const size_t nodes = h.nodes, row_limit = space_->row_limit(nodes + h.twins);
  if (nodes + h.twins > row_limit) {
    damaged(
      "the graph has " + std::to_string(nodes + h.twins) + " rows, but there can only be "
      + std::to_string(row_limit));
  }
  generation_ = h.generation;
  if (nodes == 0) {
    if (h.entry != no_node || h.upper_lists + h.base_links + h.upper_links + h.twins + h.deleted != 0) {
      damaged("links in an empty graph");
    }
    return;
  }
  const uint8_t *levels = bytes + layout.levels, *flags = bytes + layout.flags;
  if (h.entry >= nodes || levels[h.entry] != h.highest_level) damaged("the entry point is not a node of the top layer");

  uint64_t upper_lists = 0;
  uint32_t last_row = 0;
  const auto see_row = [&](uint32_t row) {
    if (row >= row_limit) {
      damaged(
        "the graph has row " + std::to_string(row) + ", but there can only be " + std::to_string(row_limit)
        + " rows");
    }
    last_row = std::max(last_row, row);
  };
  for (Node node = 0; node < nodes; node++) {
    if (levels[node] > h.highest_level || levels[node] > level_limit) damaged("a node is above the top layer");
    if (flags[node] > 1) damaged("a node has an unknown flag");
    see_row(get<uint32_t>(bytes + layout.rows + node * size_t{4}));
    upper_lists += levels[node];
  }
  const uint8_t *twins = bytes + layout.twins;
  for (size_t i = 0; i < h.twins; i++) {
    const uint8_t *twin = twins + i * twin_size;
    if (get<uint32_t>(twin) >= nodes || get<uint32_t>(twin + 8) > 1) damaged("a twin of no node");
    see_row(get<uint32_t>(twin + 4));
  }
  if (upper_lists != h.upper_lists) damaged("the numbers of layers and of lists differ");

  reserve(nodes);
  node_of_row_.assign(last_row + size_t{1}, no_node);
  deleted_.assign(last_row + size_t{1}, false);
  const auto take_row = [&](uint32_t row, Node node, bool deleted) {
    if (node_of_row_[row] != no_node) damaged("row " + std::to_string(row) + " is there twice");
    node_of_row_[row] = node;
    deleted_[row] = deleted;
    deleted_count_ += deleted;
  };
  size_t base_left = h.base_links, upper_left = h.upper_links;
  const uint8_t *base_links = bytes + layout.base_links, *upper_links = bytes + layout.upper_links;
  const uint8_t *upper_counts = bytes + layout.upper_counts;
  const auto read_list = [&](
                           Node node, int layer, size_t most, uint16_t size, const uint8_t *&links, size_t &left,
                           hnswlib::linklistsizeint *list) {
    if (size > most || size > left) damaged("a node has more links than there can be");
    memcpy(list + 1, links, size * sizeof(Node));
    for (size_t i = 1; i <= size; i++) {
      if (list[i] >= nodes || list[i] == node || levels[list[i]] < layer) damaged("a link leads nowhere");
    }
    setListCount(list, size);
    links += size * sizeof(Node);
    left -= size;
  };
  for (Node node = 0; node < nodes; node++) {
    const uint32_t row = get<uint32_t>(bytes + layout.rows + node * size_t{4});
    take_row(row, node, flags[node] == 1);
    memset(get_linklist0(node), 0, size_links_level0_);
    auto *datum = reinterpret_cast<uint8_t *>(getDataByInternalId(node));
    if (!space_->decode(row, bytes + layout.codes + node * space_->code_size, datum)) damaged("a code that is none");
    linkLists_[node] = make_upper(levels[node]);
    element_levels_[node] = levels[node];
    // From here on the destructor frees the node.
    cur_element_count = node + size_t{1};
    read_list(
      node, 0, maxM0_, get<uint16_t>(bytes + layout.base_counts + node * size_t{2}), base_links, base_left,
      get_linklist0(node));
    for (int level = 1; level <= levels[node]; level++, upper_counts += 2) {
      read_list(node, level, maxM_, get<uint16_t>(upper_counts), upper_links, upper_left, get_linklist(node, level));
    }
  }
  if (base_left != 0 || upper_left != 0) damaged("the numbers of links and of their counts differ");
  for (size_t i = 0; i < h.twins; i++) {
    const uint8_t *twin = twins + i * twin_size;
    const Node node = get<uint32_t>(twin);
    const uint32_t row = get<uint32_t>(twin + 4);
    take_row(row, node, get<uint32_t>(twin + 8) == 1);
    twins_[node].push_back(row);
  }
  if (deleted_count_ != h.deleted) damaged("the number of deleted rows is wrong");
  for (Node node = 0; deleted_count_ > 0 && node < nodes; node++) mark_if_deleted(node);
  node_count_ = nodes;
  row_count_ = nodes + h.twins;
  enterpoint_node_ = h.entry;
  maxlevel_ = static_cast<int>(h.highest_level);
}

}  // namespace kindred
