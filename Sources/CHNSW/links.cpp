// Which nodes a node is linked to.
#include <algorithm>

#include "graph.hpp"

namespace kindred {

/// How much nearer to a kept link than to the node a candidate must be to be left out. With 1, as in hnswlib, fewer long
/// links stay, and searches take more steps.
constexpr float slack = 1.2f;

/// Keeps of candidates, nearest first, at most so many of which none is much nearer to one before it than to the node:
/// links that lead in different directions. As hnswlib does, it keeps all where there are fewer than `most`.
void Graph::choose(std::vector<Near> &sorted, size_t most) const {
  if (sorted.size() < most) return;
  size_t kept = 0;
  for (size_t i = 0; i < sorted.size() && kept < most; i++) {
    const Near candidate = sorted[i];
    const void *datum = getDataByInternalId(candidate.node);
    bool good = true;
    for (size_t k = 0; k < kept && good; k++) good = !(slack * distance(datum, sorted[k].node) < candidate.distance);
    if (good) sorted[kept++] = candidate;
  }
  sorted.resize(kept);
}

/// Adds a link to a node's list, or where that is full chooses anew among what it has and the new one.
void Graph::link_back(Node from, Near to, int layer) {
  std::lock_guard<std::mutex> guard(lock_of(from));
  const size_t most = layer == 0 ? maxM0_ : maxM_;
  hnswlib::linklistsizeint *list = get_linklist_at_level(from, layer);
  size_t size = list_count(list);
  if (size < most) {
    list[++size] = to.node;
  } else {
    std::vector<float> found(size);
    distances(getDataByInternalId(from), list + 1, size, found.data());
    std::vector<Near> candidates = {to};
    candidates.reserve(size + 1);
    for (size_t i = 0; i < size; i++) candidates.push_back({found[i], list[i + 1]});
    std::sort(candidates.begin(), candidates.end(), [](const Near &a, const Near &b) {
      return a.distance != b.distance ? a.distance < b.distance : a.node < b.node;
    });
    choose(candidates, most);
    for (size = 0; size < candidates.size(); size++) list[size + 1] = candidates[size].node;
  }
  setListCount(list, static_cast<uint16_t>(size));
}

/// Links a new node on a layer to a choice of the candidates, and these to it.
void Graph::connect(Node node, int layer, std::vector<Near> &candidates) {
  choose(candidates, M_);
  {
    std::lock_guard<std::mutex> guard(lock_of(node));
    hnswlib::linklistsizeint *list = get_linklist_at_level(node, layer);
    for (size_t i = 0; i < candidates.size(); i++) list[i + 1] = candidates[i].node;
    setListCount(list, static_cast<uint16_t>(candidates.size()));
  }
  for (const Near &other : candidates) link_back(other.node, {other.distance, node}, layer);
}

}  // namespace kindred
