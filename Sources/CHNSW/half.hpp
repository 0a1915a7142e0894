#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace kindred {

/// The value of an IEEE 754 half-precision number; exact.
inline float float_of_half(uint16_t half) {
  // The exponent and mantissa in a float's places, then 2^(127 - 15) times that: subnormal numbers come out right, too.
  const uint32_t shifted = static_cast<uint32_t>(half & 0x7FFF) << 13;
  float value;
  memcpy(&value, &shifted, sizeof value);
  value *= 0x1p112f;
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  if (shifted >= 0x0F800000u) bits |= 0x7F800000u;  // infinity, or not a number …
  if (shifted > 0x0F800000u) bits |= 0x00400000u;   // … which is quiet, as the processors' instructions make it.
  bits |= static_cast<uint32_t>(half & 0x8000) << 16;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/// The nearest half-precision number, even on a tie; infinity from 65,520 on.
inline uint16_t half_of_float(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  const uint16_t sign = static_cast<uint16_t>((bits >> 16) & 0x8000);
  bits &= 0x7FFFFFFFu;
  uint32_t half;
  if (bits > 0x7F800000u) {
    half = 0x7E00 | ((bits >> 13) & 0x3FF);
  } else if (bits >= 0x477FF000u) {
    half = 0x7C00;
  } else if (bits < 0x38800000u) {
    // Subnormal: the last place of numbers from 0.5 to 1 is the last place of these, so that the addition rounds.
    float magnitude;
    memcpy(&magnitude, &bits, sizeof magnitude);
    magnitude += 0.5f;
    memcpy(&half, &magnitude, sizeof half);
    half -= 0x3F000000u;
  } else {
    half = (bits - (112u << 23) + 0xFFF + ((bits >> 13) & 1)) >> 13;
  }
  return static_cast<uint16_t>(sign | half);
}

}  // namespace kindred
