#pragma once

// hnswlib's manual vectorisation defines global functions in its header (cpuid, xgetbv, …); the distances are ours.
#define NO_MANUAL_VECTORIZATION
#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <stdexcept>
#include <unordered_map>

#include <hnswlib/hnswlib.h>

#include "include/kindred_hnsw.h"
#include "kernels.hpp"

namespace kindred {

/// What is wrong with bytes or an argument, as a code of kindred_hnsw_code.
struct Fault : std::runtime_error {
  kindred_hnsw_code code;
  Fault(kindred_hnsw_code code, const std::string &reason) : std::runtime_error(reason), code(code) {}
};

constexpr size_t dimension_limit = 65536;
/// In the place of a row number: a vector that is in no row.
constexpr uint32_t no_row = UINT32_MAX;

/// 1 − cosine. What is not a number counts as infinitely far, so that distances have an order.
inline float distance_of(float cosine) {
  const float value = 1 - cosine;
  return value < std::numeric_limits<float>::max() ? value : std::numeric_limits<float>::max();
}

/// Where the vectors of rows that are inserted come from: a matrix by row number, or one vector after the other.
struct Source {
  const kindred_matrix *matrix;
  const float *vectors;
};

/// What a node of the graph holds of its vector (its *datum*: a row number, and perhaps a code), and how two of these
/// compare. All else in a graph is the same for all spaces.
class Space : public hnswlib::SpaceInterface<float> {
 public:
  Space(kindred_hnsw_kind kind, size_t dimension, size_t code_size)
    : kind(kind), dimension(dimension), code_size(code_size) {}
  virtual ~Space() = default;

  const kindred_hnsw_kind kind;
  const size_t dimension;
  /// Bytes of a code in a file; 0 where the vectors are elsewhere.
  const size_t code_size;

  void *get_dist_func_param() override { return this; }
  /// Bytes that hold any datum, that of a query too.
  size_t room() { return std::max(get_data_size(), sizeof(void *) * 2); }

  /// Takes a source in the place of the last one; throws Fault where it does not fit the space.
  virtual void accept(const Source &source) = 0;
  /// Rows of a graph with `count` of them are below this.
  virtual size_t row_limit(size_t count) const = 0;
  virtual void encode(uint32_t row, const float *vector, uint8_t *datum) const = 0;
  virtual void encode_query(const float *query, uint8_t *datum) const = 0;
  /// The cosine, or what stands for it.
  virtual float score(const void *a, const void *b) const = 0;
  /// Whether the rows of two data may share a node.
  virtual bool same(const void *a, const void *b) const = 0;
  /// Whether two data are of one vector, but for rounding.
  virtual bool alike(const void *a, const void *b) const = 0;
  /// hnswlib's distances of a datum to those of nodes, which lie one after the other at `data`.
  virtual void distances(
    const void *datum, const char *data, const uint32_t *nodes, size_t count, float *distances) const = 0;
  /// The code as a file has it; `code_size` bytes.
  virtual const uint8_t *code(const void *datum) const = 0;
  /// Makes a datum of a code from anywhere; false when it is no code.
  virtual bool decode(uint32_t row, const uint8_t *code, uint8_t *datum) const = 0;
};

inline uint32_t row_in(const void *datum) {
  uint32_t row;
  memcpy(&row, datum, sizeof row);
  return row;
}

std::unique_ptr<Space> make_row_space(const kindred_matrix &matrix);
/// Codes in the nodes: `kind` is KINDRED_HNSW_INT8 or KINDRED_HNSW_FLOAT16. Throws Fault.
std::unique_ptr<Space> make_code_space(kindred_hnsw_kind kind, size_t dimension);

}  // namespace kindred
