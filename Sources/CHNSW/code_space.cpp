// Nodes that hold their vectors as codes of signed bytes or half-precision numbers. A datum is the row (u32), the
// inverse of the code's length (f32) and the code, so that a comparison reads one place in memory.
#include <algorithm>

#include "half.hpp"
#include "spaces.hpp"

namespace kindred {

namespace {

constexpr size_t code_offset = sizeof(uint32_t) + sizeof(float);

float inverse_length(const void *datum) {
  float inverse;
  memcpy(&inverse, static_cast<const uint8_t *>(datum) + sizeof(uint32_t), sizeof inverse);
  return inverse;
}

/// The number of largest size; infinite or not a number when one of them is.
float largest(const float *vector, size_t count) {
  float most = 0, sum = 0;
  for (size_t i = 0; i < count; i++) {
    const float size = std::fabs(vector[i]);
    most = std::max(most, size);
    sum += size - size;  // Not a number if `size` is infinite or none.
  }
  return most + sum;
}

/// Whether a vector with that largest number has a direction. What has none has a code of zeros.
bool has_direction(float most) { return most > 0 && most <= std::numeric_limits<float>::max(); }

/// Not a number for a code of zeros, whose score with anything is none then, either.
float inverse_of(float square) { return square > 0 ? 1 / std::sqrt(square) : std::numeric_limits<float>::quiet_NaN(); }

/// Signed bytes. The number of largest size becomes ±127.
struct Int8Codec {
  using Number = int8_t;
  static constexpr kindred_hnsw_kind kind = KINDRED_HNSW_INT8;
  Int8DotFunction dot = chosen_int8_dot();
  Int8DotsFunction dots_of = chosen_int8_dots();
  using Dot = int32_t;

  void dots(
    const Number *vector, size_t length, const Number *first, size_t stride, const uint32_t *nodes, size_t count,
    Dot *dots) const {
    dots_of(vector, length, first, stride, nodes, count, dots);
  }

  void encode(const float *vector, float most, size_t count, Number *code) const {
    for (size_t i = 0; i < count; i++) code[i] = static_cast<Number>(std::lrintf(vector[i] / most * 127));
  }
  static bool valid(Number number) { return number != -128; }
  static bool near(Number a, Number b) { return std::abs(a - b) <= 1; }
};

/// Half-precision numbers of a vector of length 1.
struct HalfCodec {
  using Number = uint16_t;
  static constexpr kindred_hnsw_kind kind = KINDRED_HNSW_FLOAT16;
  HalfDotFunction dot = chosen_half_dot();
  using Dot = float;

  void dots(
    const Number *vector, size_t length, const Number *first, size_t stride, const uint32_t *nodes, size_t count,
    Dot *dots) const {
    const auto *base = reinterpret_cast<const uint8_t *>(first);
    for (size_t i = 0; i < count; i++) {
      dots[i] = dot(vector, reinterpret_cast<const Number *>(base + nodes[i] * stride), length);
    }
  }

  void encode(const float *vector, float most, size_t count, Number *code) const {
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
      const double part = vector[i] / most;
      sum += part * part;
    }
    const float inverse = static_cast<float>(1 / std::sqrt(sum));
    for (size_t i = 0; i < count; i++) code[i] = half_of_float(vector[i] / most * inverse);
  }
  static bool valid(Number number) { return (number & 0x7C00) != 0x7C00; }
  static bool near(Number a, Number b) {
    const float x = float_of_half(a), y = float_of_half(b);
    return std::fabs(x - y) <= 0x1p-9f * std::fabs(x) + 0x1p-14f;
  }
};

template <typename Codec>
class CodeSpace final : public Space {
  using Number = typename Codec::Number;

 public:
  explicit CodeSpace(size_t dimension) : Space(Codec::kind, dimension, dimension * sizeof(Number)) {}

  size_t get_data_size() override { return size(); }
  hnswlib::DISTFUNC<float> get_dist_func() override { return distance; }

  void accept(const Source &source) override {
    if (!source.vectors) throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "the graph is over codes of vectors");
  }

  /// There is an array over all rows below the greatest: this keeps a stranger's file from making it a large one.
  size_t row_limit(size_t count) const override {
    return std::min<size_t>(UINT32_MAX, (size_t{1} << 24) + 64 * count);
  }

  void encode(uint32_t row, const float *vector, uint8_t *datum) const override {
    memcpy(datum, &row, sizeof row);
    memset(datum + sizeof row, 0, size() - sizeof row);
    const float most = largest(vector, dimension);
    if (has_direction(most)) codec_.encode(vector, most, dimension, numbers(datum));
    set_length(datum);
  }

  void encode_query(const float *query, uint8_t *datum) const override { encode(no_row, query, datum); }

  float score(const void *a, const void *b) const override {
    return static_cast<float>(codec_.dot(numbers(a), numbers(b), dimension)) * inverse_length(a) * inverse_length(b);
  }

  bool same(const void *a, const void *b) const override { return memcmp(numbers(a), numbers(b), code_size) == 0; }

  bool alike(const void *a, const void *b) const override {
    return std::equal(numbers(a), numbers(a) + dimension, numbers(b), Codec::near);
  }

  void distances(
    const void *datum, const char *data, const uint32_t *nodes, size_t count, float *distances) const override {
    constexpr size_t most = 64;
    typename Codec::Dot dots[most];
    const size_t stride = size();
    const float inverse = inverse_length(datum);
    for (size_t first = 0; first < count; first += most) {
      const size_t part = std::min(most, count - first);
      codec_.dots(numbers(datum), dimension, numbers(data), stride, nodes + first, part, dots);
      for (size_t i = 0; i < part; i++) {
        const float other = inverse_length(data + nodes[first + i] * stride);
        distances[first + i] = distance_of(static_cast<float>(dots[i]) * inverse * other);
      }
    }
  }

  const uint8_t *code(const void *datum) const override { return static_cast<const uint8_t *>(datum) + code_offset; }

  bool decode(uint32_t row, const uint8_t *code, uint8_t *datum) const override {
    memcpy(datum, &row, sizeof row);
    memset(datum + sizeof row, 0, size() - sizeof row);
    memcpy(datum + code_offset, code, code_size);
    set_length(datum);
    return std::all_of(numbers(datum), numbers(datum) + dimension, Codec::valid);
  }

 private:
  /// A multiple of 4, for the numbers around it.
  size_t size() const { return code_offset + ((code_size + 3) & ~size_t{3}); }

  static Number *numbers(uint8_t *datum) { return reinterpret_cast<Number *>(datum + code_offset); }
  static const Number *numbers(const void *datum) {
    return reinterpret_cast<const Number *>(static_cast<const uint8_t *>(datum) + code_offset);
  }

  void set_length(uint8_t *datum) const {
    const auto square = static_cast<float>(codec_.dot(numbers(datum), numbers(datum), dimension));
    const float inverse = inverse_of(square);
    memcpy(datum + sizeof(uint32_t), &inverse, sizeof inverse);
  }

  static float distance(const void *a, const void *b, const void *parameter) {
    return distance_of(static_cast<const CodeSpace *>(parameter)->CodeSpace::score(a, b));
  }

  Codec codec_;
};

}  // namespace

std::unique_ptr<Space> make_code_space(kindred_hnsw_kind kind, size_t dimension) {
  if (dimension < 1 || dimension > dimension_limit) {
    throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "the dimension must be 1…65536");
  }
  switch (kind) {
    case KINDRED_HNSW_INT8: return std::make_unique<CodeSpace<Int8Codec>>(dimension);
    case KINDRED_HNSW_FLOAT16: return std::make_unique<CodeSpace<HalfCodec>>(dimension);
    default: throw Fault(KINDRED_HNSW_INVALID_ARGUMENT, "unknown kind of codes");
  }
}

}  // namespace kindred

float kindred_int8_encode(const float *vector, size_t count, int8_t *code) {
  using namespace kindred;
  memset(code, 0, count);
  const float most = largest(vector, count);
  const Int8Codec codec;
  if (has_direction(most)) codec.encode(vector, most, count, code);
  return inverse_of(static_cast<float>(codec.dot(code, code, count)));
}
