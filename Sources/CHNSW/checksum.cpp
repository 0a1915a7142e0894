// CRC-32C: the Castagnoli polynomial, reflected (0x82F63B78), as in RFC 3720, which x86-64 and ARMv8 have instructions
// for.
#include <array>
#include <cstring>

#include "include/kindred_hnsw.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

namespace {

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ ((value & 1) ? 0x82F63B78u : 0u);
    table[byte] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> table = make_table();

uint32_t crc_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; i++) crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFF];
  return crc;
}

#if defined(__x86_64__)

bool has_instruction() {
  __builtin_cpu_init();
  return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2"))) uint32_t crc_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
  uint64_t wide = crc;
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  crc = static_cast<uint32_t>(wide);
  for (; count > 0; bytes++, count--) crc = _mm_crc32_u8(crc, *bytes);
  return crc;
}

#elif defined(__aarch64__)

bool has_instruction() { return (getauxval(AT_HWCAP) & HWCAP_CRC32) != 0; }

__attribute__((target("crc"))) uint32_t crc_instruction(uint32_t crc, const uint8_t *bytes, size_t count) {
  for (; count >= 8; bytes += 8, count -= 8) {
    uint64_t word;
    memcpy(&word, bytes, 8);
    crc = __builtin_arm_crc32cd(crc, word);
  }
  for (; count > 0; bytes++, count--) crc = __builtin_arm_crc32cb(crc, *bytes);
  return crc;
}

#else

bool has_instruction() { return false; }
uint32_t crc_instruction(uint32_t crc, const uint8_t *bytes, size_t count) { return crc_portable(crc, bytes, count); }

#endif

}  // namespace

extern "C" {

uint32_t kindred_crc32c(uint32_t seed, const void *bytes, size_t count) {
  static const auto update = has_instruction() ? crc_instruction : crc_portable;
  return ~update(~seed, static_cast<const uint8_t *>(bytes), count);
}

uint32_t kindred_crc32c_portable(uint32_t seed, const void *bytes, size_t count) {
  return ~crc_portable(~seed, static_cast<const uint8_t *>(bytes), count);
}

}  // extern "C"
