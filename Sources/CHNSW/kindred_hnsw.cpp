// The C functions around Graph. Each catches all that C++ throws.
#include "include/kindred_hnsw.h"

#include <cstdio>
#include <memory>
#include <new>

#include "graph.hpp"

using kindred::Fault;
using kindred::Graph;

struct kindred_hnsw : Graph {
  using Graph::Graph;
};

namespace {

kindred_hnsw_status status_of(int32_t code, const char *message) {
  kindred_hnsw_status status = {};
  status.code = code;
  snprintf(status.message, sizeof status.message, "%s", message);
  return status;
}

template <typename Work>
kindred_hnsw_status guarded(Work &&work) noexcept {
  try {
    work();
    return status_of(KINDRED_HNSW_OK, "");
  } catch (const Fault &fault) {
    return status_of(fault.code, fault.what());
  } catch (const std::bad_alloc &) {
    return status_of(KINDRED_HNSW_OUT_OF_MEMORY, "not enough memory for the graph");
  } catch (const std::length_error &) {
    return status_of(KINDRED_HNSW_OUT_OF_MEMORY, "the graph is larger than memory can be");
  } catch (const std::exception &error) {
    return status_of(KINDRED_HNSW_FAILURE, error.what());
  } catch (...) {
    return status_of(KINDRED_HNSW_FAILURE, "an unknown exception");
  }
}

template <typename MakeSpace>
kindred_hnsw *create(
  MakeSpace &&make_space, size_t m, size_t ef_construction, int64_t fit, uint64_t seed, kindred_hnsw_status *status) {
  std::unique_ptr<kindred_hnsw> graph;
  *status = guarded([&] {
    if (m < 2 || m > kindred::m_limit) throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "M must be 2…256");
    if (ef_construction < 1 || ef_construction > 100000) {
      throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "efConstruction must be 1…100000");
    }
    graph = std::make_unique<kindred_hnsw>(make_space(), m, ef_construction, fit, seed);
  });
  return graph.release();
}

template <typename MakeSpace>
kindred_hnsw *read(
  MakeSpace &&make_space, bool of_codes, const uint8_t *bytes, size_t count, uint64_t seed,
  kindred_hnsw_status *status) {
  std::unique_ptr<kindred_hnsw> graph;
  *status = guarded([&] {
    const kindred::Header header = kindred::read_header(bytes, count, of_codes);
    graph = std::make_unique<kindred_hnsw>(make_space(header), header.m, header.ef_construction, header.fit, seed);
    graph->read(header, bytes);
  });
  if (status->code != KINDRED_HNSW_OK) graph.reset();
  return graph.release();
}

}  // namespace

extern "C" {

kindred_hnsw *kindred_hnsw_create(
  kindred_matrix matrix, size_t m, size_t ef_construction, uint64_t seed, kindred_hnsw_status *status) {
  return create([&] { return kindred::make_row_space(matrix); }, m, ef_construction, 0, seed, status);
}

kindred_hnsw *kindred_hnsw_create_codes(
  kindred_hnsw_kind kind, size_t dimension, int64_t fit, size_t m, size_t ef_construction, uint64_t seed,
  kindred_hnsw_status *status) {
  return create([&] { return kindred::make_code_space(kind, dimension); }, m, ef_construction, fit, seed, status);
}

void kindred_hnsw_destroy(kindred_hnsw *graph) { delete graph; }

kindred_hnsw_facts kindred_hnsw_describe(kindred_hnsw *graph) { return graph->facts(); }

size_t kindred_hnsw_count(kindred_hnsw *graph) { return graph->row_count(); }

bool kindred_hnsw_contains(kindred_hnsw *graph, uint32_t row) { return graph->contains(row); }

bool kindred_hnsw_is_deleted(kindred_hnsw *graph, uint32_t row) { return graph->is_deleted(row); }

size_t kindred_hnsw_rows(kindred_hnsw *graph, bool live_only, uint32_t *rows, size_t capacity) {
  return graph->rows(live_only, rows, capacity);
}

kindred_hnsw_status kindred_hnsw_insert(
  kindred_hnsw *graph, kindred_matrix matrix, const uint32_t *rows, size_t count, size_t threads) {
  return guarded([&] { graph->insert({&matrix, nullptr}, rows, count, threads); });
}

kindred_hnsw_status kindred_hnsw_insert_vectors(
  kindred_hnsw *graph, const float *vectors, const uint32_t *rows, size_t count, size_t threads) {
  return guarded([&] { graph->insert({nullptr, vectors}, rows, count, threads); });
}

kindred_hnsw_status kindred_hnsw_holds(kindred_hnsw *graph, const float *vector, uint32_t row, bool *holds) {
  *holds = false;
  return guarded([&] { *holds = graph->holds(vector, row); });
}

kindred_hnsw_status kindred_hnsw_mark_deleted(kindred_hnsw *graph, uint32_t row) {
  return guarded([&] { graph->mark_deleted(row); });
}

kindred_hnsw_status kindred_hnsw_search(
  kindred_hnsw *graph, const float *query, size_t top, size_t ef, kindred_neighbor *found, size_t *count) {
  *count = 0;
  return guarded([&] { *count = graph->search(query, top, ef, found); });
}

kindred_hnsw_status kindred_hnsw_connect_unreachable(kindred_hnsw *graph, size_t *linked) {
  *linked = 0;
  return guarded([&] { *linked = graph->connect_unreachable(); });
}

kindred_hnsw_status kindred_hnsw_serialize(kindred_hnsw *graph, int64_t generation, uint8_t **bytes, size_t *count) {
  *bytes = nullptr;
  *count = 0;
  return guarded([&] { *bytes = graph->serialize(generation, *count).release(); });
}

void kindred_hnsw_free_bytes(uint8_t *bytes) { delete[] bytes; }

void kindred_hnsw_set_generation(kindred_hnsw *graph, int64_t generation) { graph->set_generation(generation); }

kindred_hnsw_status kindred_hnsw_claims(
  const uint8_t *header, size_t count, size_t file_size, bool of_codes, size_t *rows) {
  *rows = 0;
  return guarded([&] {
    const kindred::Header claims = kindred::read_claims(header, count, file_size, of_codes);
    *rows = claims.nodes + claims.twins;
  });
}

kindred_hnsw *kindred_hnsw_deserialize(
  kindred_matrix matrix, const uint8_t *bytes, size_t count, uint64_t seed, kindred_hnsw_status *status) {
  return read(
    [&](const kindred::Header &) { return kindred::make_row_space(matrix); }, false, bytes, count, seed, status);
}

kindred_hnsw *kindred_hnsw_deserialize_codes(
  const uint8_t *bytes, size_t count, uint64_t seed, kindred_hnsw_status *status) {
  return read(
    [&](const kindred::Header &header) { return kindred::make_code_space(header.kind, header.dimension); }, true, bytes,
    count, seed, status);
}

kindred_hnsw_status kindred_hnsw_check(
  kindred_hnsw *graph, const uint32_t *expected, size_t expected_count, kindred_hnsw_problem *problems,
  size_t capacity, size_t *total) {
  *total = 0;
  return guarded([&] { *total = graph->check(expected, expected_count, problems, capacity); });
}

}  // extern "C"
