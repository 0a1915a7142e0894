#pragma once

#include <cstddef>
#include <cstdint>

namespace kindred {

using DotFunction = float (*)(const float *, const float *, size_t);
using HalfDotFunction = float (*)(const uint16_t *, const uint16_t *, size_t);
using Int8DotFunction = int32_t (*)(const int8_t *, const int8_t *, size_t);

/// The fastest kernels that this processor can run.
DotFunction chosen_dot();
HalfDotFunction chosen_half_dot();
Int8DotFunction chosen_int8_dot();

}  // namespace kindred
