#pragma once

#include <cstddef>
#include <cstdint>

namespace kindred {

using DotFunction = float (*)(const float *, const float *, size_t);
using HalfDotFunction = float (*)(const uint16_t *, const uint16_t *, size_t);
using Int8DotFunction = int32_t (*)(const int8_t *, const int8_t *, size_t);
/// Dot products of one vector of `length` signed bytes with `count` others, of which the one of node n begins at
/// `first + n * stride`. No byte is -128.
using Int8DotsFunction = void (*)(
  const int8_t *vector, size_t length, const int8_t *first, size_t stride, const uint32_t *nodes, size_t count,
  int32_t *dots);

/// The fastest kernels that this processor can run.
DotFunction chosen_dot();
HalfDotFunction chosen_half_dot();
Int8DotFunction chosen_int8_dot();
Int8DotsFunction chosen_int8_dots();

}  // namespace kindred
