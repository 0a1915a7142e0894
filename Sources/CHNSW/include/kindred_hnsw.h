// What Swift sees of the C++ in this target: HNSW graphs over rows of a caller's matrix or codes of their own,
// kernels of dot products, conversions to and from half precision, a bounded top-k selection and CRC-32C. No exception
// leaves it: failures are a status and a message.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// Dot products ------------------------------------------------------------------------------------------------------

/// Kernels that this build has, available on this processor or not. Kernel 0 is plain C.
size_t kindred_dot_kernel_count(void);
/// The name of a kernel; "" when out of range.
const char *kindred_dot_kernel_name(size_t kernel);
/// Whether this processor can run the kernel.
bool kindred_dot_kernel_available(size_t kernel);
/// The kernel that graphs use on this processor: the widest available.
size_t kindred_dot_kernel_chosen(void);
/// The dot product of two vectors by the kernel, which must be available.
float kindred_dot(size_t kernel, const float *a, const float *b, size_t count);
/// The dot products of a vector with the `rows` rows of a matrix, `[rows, columns]`, on the calling thread.
void kindred_dots(const float *matrix, size_t rows, size_t columns, const float *vector, float *dots);
void kindred_dots_by(
  size_t kernel, const float *matrix, size_t rows, size_t columns, const float *vector, float *dots);

// Half precision ----------------------------------------------------------------------------------------------------

/// IEEE 754 half-precision numbers of floats: the nearest, even on a tie; infinity from 65,520 on.
void kindred_half_from_float(const float *in, uint16_t *out, size_t count);
/// The values of half-precision numbers; exact.
void kindred_float_from_half(const uint16_t *in, float *out, size_t count);
/// The same in plain C, to check the processor's instructions against.
void kindred_half_from_float_portable(const float *in, uint16_t *out, size_t count);
void kindred_float_from_half_portable(const uint16_t *in, float *out, size_t count);

/// Dot products of a vector of half-precision numbers with two vectors of floats, in one pass over it and by the widest
/// available kernel. `b` may be NULL; `with_b` is not written then.
void kindred_half_dot2(
  const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b);
/// The same for `count` vectors of `length` numbers, of which the one with place n begins at `first + n * stride` bytes.
/// `places` is NULL for 0, 1, …, whose products may differ in the last bits from those of the same vectors by place.
void kindred_half_dots2(
  const void *first, size_t stride, const uint32_t *places, size_t count, const float *a, const float *b, size_t length,
  float *with_a, float *with_b);
/// Kernels as of kindred_dot_kernel_count and the others.
size_t kindred_half_kernel_count(void);
const char *kindred_half_kernel_name(size_t kernel);
bool kindred_half_kernel_available(size_t kernel);
size_t kindred_half_kernel_chosen(void);
/// The dot product of two vectors of half-precision numbers.
float kindred_half_dot_by(size_t kernel, const uint16_t *a, const uint16_t *b, size_t count);
void kindred_half_dot2_by(
  size_t kernel, const uint16_t *row, const float *a, const float *b, size_t count, float *with_a, float *with_b);

// Signed bytes ------------------------------------------------------------------------------------------------------

/// The code of a vector: its number of largest size becomes ±127. Returns the inverse of the code's length. A vector
/// that has no direction (zeros, or a number that is not finite) has a code of zeros, and no number as that inverse.
float kindred_int8_encode(const float *vector, size_t count, int8_t *code);
/// The dot product of two vectors of at most 65,536 signed bytes; exact, by the widest available kernel.
int32_t kindred_int8_dot(const int8_t *a, const int8_t *b, size_t count);
/// Kernels as of kindred_dot_kernel_count and the others.
size_t kindred_int8_kernel_count(void);
const char *kindred_int8_kernel_name(size_t kernel);
bool kindred_int8_kernel_available(size_t kernel);
size_t kindred_int8_kernel_chosen(void);
int32_t kindred_int8_dot_by(size_t kernel, const int8_t *a, const int8_t *b, size_t count);
/// Dot products of a vector of `length` signed bytes, none of which is -128, with `count` others, of which the one with
/// place n begins at `first + n * stride`.
void kindred_int8_dots_by(
  size_t kernel, const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *places,
  size_t count, int32_t *dots);

// Checksums ---------------------------------------------------------------------------------------------------------

/// CRC-32C (Castagnoli) of `count` bytes. `seed` is 0, or the checksum of the bytes before these.
uint32_t kindred_crc32c(uint32_t seed, const void *bytes, size_t count);
/// The same by table lookup, to check the processor's instruction against.
uint32_t kindred_crc32c_portable(uint32_t seed, const void *bytes, size_t count);

// Selection ---------------------------------------------------------------------------------------------------------

typedef struct {
  uint32_t row;
  float score;
} kindred_neighbor;

/// Offers `count` scores to a bounded heap that keeps the `top` best: higher score, then lower row. A score that is
/// not a number is passed over. `rows` names the rows of the scores, or is NULL for `first_row`, `first_row + 1`, ….
/// `heap` has room for `top`; `*size` is how many it holds.
void kindred_select_top(
  kindred_neighbor *heap, size_t *size, size_t top, const float *scores, const uint32_t *rows, uint32_t first_row,
  size_t count);
/// Turns the heap into a list, best first.
void kindred_select_finish(kindred_neighbor *heap, size_t size);

// The graph ---------------------------------------------------------------------------------------------------------

typedef struct kindred_hnsw kindred_hnsw;

typedef enum {
  KINDRED_HNSW_OK = 0,
  /// hnswlib or the C++ library threw.
  KINDRED_HNSW_FAILURE,
  KINDRED_HNSW_OUT_OF_MEMORY,
  KINDRED_HNSW_INVALID_ARGUMENT,
  KINDRED_HNSW_FOREIGN,
  KINDRED_HNSW_UNKNOWN_VERSION,
  KINDRED_HNSW_DAMAGED,
  KINDRED_HNSW_DIMENSION_MISMATCH,
} kindred_hnsw_code;

typedef struct {
  int32_t code;
  char message[252];
} kindred_hnsw_status;

/// The matrix that the rows of a graph are in: `rows` rows of `dimension` floats, which stay readable at `base` for
/// as long as the graph lives.
typedef struct {
  const float *base;
  size_t rows;
  size_t dimension;
} kindred_matrix;

/// What the nodes of a graph hold: numbers of rows of a matrix, or codes of vectors. The numbers are those of the file.
typedef enum {
  KINDRED_HNSW_ROWS = 0,
  KINDRED_HNSW_INT8 = 1,
  KINDRED_HNSW_FLOAT16 = 2,
} kindred_hnsw_kind;

typedef struct {
  kindred_hnsw_kind kind;
  size_t dimension;
  size_t m;
  size_t ef_construction;
  /// Rows in the graph, deleted ones too.
  size_t count;
  size_t deleted;
  /// Rows with the same vector share a node.
  size_t nodes;
  /// One more than the greatest row; 0 when empty.
  size_t row_limit;
  int64_t generation;
  /// What the codes were made with: a number that only the caller understands. 0 for a graph over rows.
  int64_t fit;
  /// Bytes that the graph has allocated.
  size_t memory;
} kindred_hnsw_facts;

/// Makes an empty graph; NULL on failure. `m` is 2…256, `ef_construction` 1…100000.
kindred_hnsw *kindred_hnsw_create(
  kindred_matrix matrix, size_t m, size_t ef_construction, uint64_t seed, kindred_hnsw_status *status);
/// An empty graph that holds codes of its vectors, of KINDRED_HNSW_INT8 or KINDRED_HNSW_FLOAT16; `dimension` is
/// 1…65536. NULL on failure.
kindred_hnsw *kindred_hnsw_create_codes(
  kindred_hnsw_kind kind, size_t dimension, int64_t fit, size_t m, size_t ef_construction, uint64_t seed,
  kindred_hnsw_status *status);
void kindred_hnsw_destroy(kindred_hnsw *graph);

kindred_hnsw_facts kindred_hnsw_describe(kindred_hnsw *graph);
/// Rows in the graph, deleted ones too; without waiting for anything.
size_t kindred_hnsw_count(kindred_hnsw *graph);
bool kindred_hnsw_contains(kindred_hnsw *graph, uint32_t row);
bool kindred_hnsw_is_deleted(kindred_hnsw *graph, uint32_t row);
/// Copies up to `capacity` rows, ascending, and returns how many.
size_t kindred_hnsw_rows(kindred_hnsw *graph, bool live_only, uint32_t *rows, size_t capacity);

/// Inserts rows of `matrix`, which takes the place of the graph's if it is longer. Rows that the graph has are passed
/// over.
/// `threads` 0 means one a processor. Searches go on meanwhile.
kindred_hnsw_status kindred_hnsw_insert(
  kindred_hnsw *graph, kindred_matrix matrix, const uint32_t *rows, size_t count, size_t threads);
/// Inserts rows into a graph over codes: `vectors` has one of `dimension` numbers for each row, of any length.
kindred_hnsw_status kindred_hnsw_insert_vectors(
  kindred_hnsw *graph, const float *vectors, const uint32_t *rows, size_t count, size_t threads);
/// Whether a graph over codes has this row with the code of this vector, or one that differs by rounding.
kindred_hnsw_status kindred_hnsw_holds(kindred_hnsw *graph, const float *vector, uint32_t row, bool *holds);
/// Leaves a row out of results. Deleting a deleted row is fine.
kindred_hnsw_status kindred_hnsw_mark_deleted(kindred_hnsw *graph, uint32_t row);

/// Finds up to `top` live rows, best first, in `found`, which has room for them.
kindred_hnsw_status kindred_hnsw_search(
  kindred_hnsw *graph, const float *query, size_t top, size_t ef, kindred_neighbor *found, size_t *count);

/// Links every live node that no search could reach on layer 0 from a near node that has room; counts those linked.
kindred_hnsw_status kindred_hnsw_connect_unreachable(kindred_hnsw *graph, size_t *linked);

/// The graph as bytes (index/README.md has the layout) in memory to be given to kindred_hnsw_free_bytes.
kindred_hnsw_status kindred_hnsw_serialize(kindred_hnsw *graph, int64_t generation, uint8_t **bytes, size_t *count);
void kindred_hnsw_free_bytes(uint8_t *bytes);
/// Sets the generation that kindred_hnsw_describe tells.
void kindred_hnsw_set_generation(kindred_hnsw *graph, int64_t generation);
/// Checks the first 128 bytes of a file of `file_size` bytes, or fewer where it is shorter, and tells how many rows the
/// graph has, so that no memory is taken for a file that can't be right.
kindred_hnsw_status kindred_hnsw_claims(
  const uint8_t *header, size_t count, size_t file_size, bool of_codes, size_t *rows);
/// Checks bytes from anywhere and makes their graph; NULL on failure.
kindred_hnsw *kindred_hnsw_deserialize(
  kindred_matrix matrix, const uint8_t *bytes, size_t count, uint64_t seed, kindred_hnsw_status *status);
kindred_hnsw *kindred_hnsw_deserialize_codes(
  const uint8_t *bytes, size_t count, uint64_t seed, kindred_hnsw_status *status);

typedef enum {
  KINDRED_HNSW_BAD_LINK = 1,
  KINDRED_HNSW_DUPLICATE_LINK,
  KINDRED_HNSW_UNREACHABLE,
  KINDRED_HNSW_WRONG_TWIN,
  KINDRED_HNSW_MISSING_ROW,
  KINDRED_HNSW_UNEXPECTED_ROW,
  KINDRED_HNSW_ROW_OUT_OF_RANGE,
} kindred_hnsw_problem_kind;

typedef struct {
  int32_t kind;
  uint32_t row;
  /// The layer and the index of the node that a bad link leads to.
  uint32_t layer, target;
} kindred_hnsw_problem;

/// Looks for faults. `expected` are the rows that should be live, or NULL. Stores up to `capacity` problems and counts
/// them all in `total`.
kindred_hnsw_status kindred_hnsw_check(
  kindred_hnsw *graph, const uint32_t *expected, size_t expected_count, kindred_hnsw_problem *problems,
  size_t capacity, size_t *total);

#ifdef __cplusplus
}
#endif
