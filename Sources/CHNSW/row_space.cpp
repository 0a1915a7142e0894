// Nodes that hold row numbers of a matrix that the caller keeps.
#include <algorithm>

#include "spaces.hpp"

namespace kindred {

namespace {

class RowSpace final : public Space {
 public:
  explicit RowSpace(const kindred_matrix &matrix)
    : Space(KINDRED_HNSW_ROWS, matrix.dimension, 0), matrix_(matrix), dot_(chosen_dot()) {}

  size_t get_data_size() override { return sizeof(uint32_t); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }

  void accept(const Source &source) override {
    if (!source.matrix) throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "the graph is over rows of features");
    if (source.matrix->dimension != dimension) {
      throw Fault(KINDRED_HNSW_DIMENSION_MISMATCH, "the rows have another dimension than the graph");
    }
    // Another insertion may have come first with a matrix that was looked up later.
    if (source.matrix->rows >= matrix_.rows) matrix_ = *source.matrix;
  }

  size_t row_limit(size_t) const override { return matrix_.rows; }

  void encode(uint32_t row, const float *, uint8_t *datum) const override { memcpy(datum, &row, sizeof row); }

  void encode_query(const float *query, uint8_t *datum) const override {
    memcpy(datum, &no_row, sizeof no_row);
    memcpy(datum + sizeof query, &query, sizeof query);
  }

  float score(const void *a, const void *b) const override { return dot_(vector(a), vector(b), dimension); }

  bool same(const void *a, const void *b) const override {
    return memcmp(vector(a), vector(b), dimension * sizeof(float)) == 0;
  }

  bool alike(const void *a, const void *b) const override { return same(a, b); }

  void distances(
    const void *datum, const char *data, const uint32_t *nodes, size_t count, float *distances) const override {
    const auto datum_of = [&](size_t i) { return data + nodes[i] * sizeof(uint32_t); };
    for (size_t i = 0; i < count; i++) prefetch(vector(datum_of(i)));
    for (size_t i = 0; i < count; i++) distances[i] = distance_of(RowSpace::score(datum, datum_of(i)));
  }

  const uint8_t *code(const void *) const override { return nullptr; }

  bool decode(uint32_t row, const uint8_t *, uint8_t *datum) const override {
    encode(row, nullptr, datum);
    return true;
  }

 private:
  const float *vector(const void *datum) const {
    const uint32_t row = row_in(datum);
    if (row != no_row) return matrix_.base + static_cast<size_t>(row) * dimension;
    const float *query;
    memcpy(&query, static_cast<const uint8_t *>(datum) + sizeof query, sizeof query);
    return query;
  }

  /// Asks for the first cache lines of a vector; the processor fetches the rest by itself.
  void prefetch(const float *vector) const {
    constexpr size_t floats_a_line = 16, lines = 4;
    for (size_t i = 0; i < std::min(dimension, lines * floats_a_line); i += floats_a_line) {
      __builtin_prefetch(vector + i);
    }
  }

  static float distance(const void *a, const void *b, const void *parameter) {
    return distance_of(static_cast<const RowSpace *>(parameter)->RowSpace::score(a, b));
  }

  kindred_matrix matrix_;
  DotFunction dot_;
};

}  // namespace

std::unique_ptr<Space> make_row_space(const kindred_matrix &matrix) { return std::make_unique<RowSpace>(matrix); }

}  // namespace kindred
