#include <stdlib.h>

#include "kindred_jpeg_internal.h"

typedef struct kindred_jpeg_writer {
  // First, so that libjpeg's callbacks find the writer from the compressor.
  struct jpeg_compress_struct compressor;
  kindred_jpeg_errors errors;
  struct jpeg_destination_mgr destination;
  uint8_t *bytes;
  size_t capacity;
  size_t count;
} kindred_jpeg_writer;

static void init_destination(j_compress_ptr compressor) { (void)compressor; }

// Doubles the buffer. libjpeg's own jpeg_mem_dest loses track of its buffer when it fails half way.
static boolean empty_output_buffer(j_compress_ptr compressor) {
  kindred_jpeg_writer *writer = (kindred_jpeg_writer *)compressor;
  size_t filled = writer->capacity;
  size_t capacity = filled == 0 ? 1 << 14 : filled * 2;
  uint8_t *bytes = realloc(writer->bytes, capacity);
  if (bytes == NULL) kindred_jpeg_errors_leave(&writer->errors, KINDRED_JPEG_OUT_OF_MEMORY, "no memory");
  writer->bytes = bytes;
  writer->capacity = capacity;
  writer->destination.next_output_byte = bytes + filled;
  writer->destination.free_in_buffer = capacity - filled;
  return TRUE;
}

static void term_destination(j_compress_ptr compressor) {
  kindred_jpeg_writer *writer = (kindred_jpeg_writer *)compressor;
  writer->count = writer->capacity - writer->destination.free_in_buffer;
}

static void encode_rows(kindred_jpeg_writer *writer, const uint8_t *rgb, uint32_t width, uint32_t height, int quality) {
  struct jpeg_compress_struct *compressor = &writer->compressor;
  writer->destination.init_destination = init_destination;
  writer->destination.empty_output_buffer = empty_output_buffer;
  writer->destination.term_destination = term_destination;
  compressor->dest = &writer->destination;
  empty_output_buffer(compressor);
  compressor->image_width = width;
  compressor->image_height = height;
  compressor->input_components = 3;
  compressor->in_color_space = JCS_RGB;
  jpeg_set_defaults(compressor);
  jpeg_set_quality(compressor, quality, TRUE);
  compressor->optimize_coding = TRUE;
  jpeg_start_compress(compressor, TRUE);
  size_t stride = (size_t)width * 3;
  while (compressor->next_scanline < height) {
    // libjpeg's prototype lacks const; the row is only read.
    JSAMPROW row = (JSAMPROW)(uintptr_t)(rgb + compressor->next_scanline * stride);
    jpeg_write_scanlines(compressor, &row, 1);
  }
  jpeg_finish_compress(compressor);
}

kindred_jpeg_status kindred_jpeg_encode(
    const uint8_t *rgb, uint32_t width, uint32_t height, int quality, uint8_t **bytes, size_t *count) {
  *bytes = NULL;
  *count = 0;
  kindred_jpeg_writer *writer = calloc(1, sizeof *writer);
  if (writer == NULL) return KINDRED_JPEG_OUT_OF_MEMORY;
  kindred_jpeg_errors_install(&writer->errors);
  writer->compressor.err = &writer->errors.base;
  if (setjmp(writer->errors.escape) == 0) {
    jpeg_create_compress(&writer->compressor);
    encode_rows(writer, rgb, width, height, quality);
  }
  kindred_jpeg_status status = writer->errors.status;
  jpeg_destroy_compress(&writer->compressor);
  *bytes = writer->bytes;
  *count = writer->count;
  free(writer);
  return status;
}

void kindred_jpeg_free(uint8_t *bytes) { free(bytes); }
