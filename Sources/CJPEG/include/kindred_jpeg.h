// libjpeg without its longjmp: every function returns a status, and the reader keeps the message.
#pragma once

#include <stddef.h>
#include <stdint.h>

typedef enum kindred_jpeg_status {
  KINDRED_JPEG_OK = 0,
  // The data ends before the picture does.
  KINDRED_JPEG_TRUNCATED,
  // The data contradicts itself or the format.
  KINDRED_JPEG_CORRUPT,
  // A JPEG process that libjpeg doesn't decode (lossless, hierarchical, 12 bits).
  KINDRED_JPEG_UNSUPPORTED,
  // A side of zero.
  KINDRED_JPEG_ZERO_SIZED,
  KINDRED_JPEG_OUT_OF_MEMORY,
} kindred_jpeg_status;

// What the header says.
typedef struct kindred_jpeg_info {
  uint32_t width;
  uint32_t height;
  // Bytes of DCT coefficients that are held at once; 0 for a picture of a single scan.
  uint64_t coefficient_bytes;
} kindred_jpeg_info;

typedef struct kindred_jpeg_reader kindred_jpeg_reader;

// Allocates a reader; NULL when there is no memory. The bytes are not copied and must outlive the reader.
kindred_jpeg_reader *kindred_jpeg_reader_create(const uint8_t *bytes, size_t count);
void kindred_jpeg_reader_destroy(kindred_jpeg_reader *reader);

// What went wrong last, in libjpeg's words. Never NULL; owned by the reader.
const char *kindred_jpeg_reader_message(const kindred_jpeg_reader *reader);

// Reads up to the first scan. Call once, first.
kindred_jpeg_status kindred_jpeg_reader_read_header(kindred_jpeg_reader *reader, kindred_jpeg_info *info);

// How to decode, and which columns of the scaled picture are wanted: `column_count` from `first_column` on, all inside
// the picture and at least one.
typedef struct kindred_jpeg_request {
  // 1, 2, 4 or 8: decoding is at 1/denominator of the size, rounded up.
  unsigned denominator;
  // A file of more scans is refused as corrupt.
  int maximum_scans;
  uint32_t first_column;
  uint32_t column_count;
} kindred_jpeg_request;

// Starts decoding to RGB with the accurate integer DCT. Only what the wanted columns need is transformed.
kindred_jpeg_status kindred_jpeg_reader_start(kindred_jpeg_reader *reader, const kindred_jpeg_request *request);

// Passes over the next `count` rows, which are entropy-decoded but not transformed where libjpeg can.
kindred_jpeg_status kindred_jpeg_reader_skip_rows(kindred_jpeg_reader *reader, uint32_t count);

// Decodes the next `count` rows to `rows`, 3 bytes a pixel, without padding: of each the wanted columns, with the very
// samples that decoding the whole picture gives.
kindred_jpeg_status kindred_jpeg_reader_read_rows(kindred_jpeg_reader *reader, uint8_t *rows, uint32_t count);

// Passes over all rows that are left, so that a file that ends early is found out.
kindred_jpeg_status kindred_jpeg_reader_finish(kindred_jpeg_reader *reader);

// Encodes RGB rows as a baseline file. `*bytes` is to be freed by kindred_jpeg_free whatever the status.
kindred_jpeg_status kindred_jpeg_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count);
void kindred_jpeg_free(uint8_t *bytes);
