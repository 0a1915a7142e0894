#include "kindred_jpeg.h"

#include <stdlib.h>
#include <string.h>

#include "kindred_jpeg_internal.h"

struct kindred_jpeg_reader {
  // First, so that libjpeg's callbacks find the reader from the decompressor.
  struct jpeg_decompress_struct decompressor;
  kindred_jpeg_errors errors;
  struct jpeg_source_mgr source;
  struct jpeg_progress_mgr progress;
  const uint8_t *bytes;
  size_t count;
  int maximum_scans;
  // Decoding the samples of a picture of one scan.
  int in_single_scan;
  // Decoded columns before the wanted ones, and how many of these are wanted.
  uint32_t skipped_columns;
  uint32_t column_count;
  int is_cmyk;
  // One row as libjpeg gives it, in its image pool; NULL when rows are decoded in place.
  JSAMPARRAY row;
};

static const JOCTET end_of_image[2] = {0xFF, JPEG_EOI};

static void init_source(j_decompress_ptr decompressor) { (void)decompressor; }
static void term_source(j_decompress_ptr decompressor) { (void)decompressor; }

// The data has run out. A picture of one scan may be complete but for its end marker, which is made up so that the
// entropy decoder can tell: it warns if it lacks bits. With several scans nobody can tell how many there were.
static boolean fill_input_buffer(j_decompress_ptr decompressor) {
  kindred_jpeg_reader *reader = (kindred_jpeg_reader *)decompressor;
  reader->errors.ended = 1;
  if (!reader->in_single_scan) {
    kindred_jpeg_errors_leave(&reader->errors, KINDRED_JPEG_TRUNCATED, "the file ends before the picture does");
  }
  reader->source.next_input_byte = end_of_image;
  reader->source.bytes_in_buffer = sizeof end_of_image;
  return TRUE;
}

static void skip_input_data(j_decompress_ptr decompressor, long count) {
  struct jpeg_source_mgr *source = decompressor->src;
  if (count <= 0) return;
  if ((size_t)count > source->bytes_in_buffer) {
    source->bytes_in_buffer = 0;
    source->fill_input_buffer(decompressor);
    return;
  }
  source->next_input_byte += count;
  source->bytes_in_buffer -= (size_t)count;
}

// A file of thousands of empty scans costs a pass over the picture for each.
static void watch_scans(j_common_ptr common) {
  kindred_jpeg_reader *reader = (kindred_jpeg_reader *)common;
  if (reader->decompressor.input_scan_number > reader->maximum_scans) {
    kindred_jpeg_errors_leave(&reader->errors, KINDRED_JPEG_CORRUPT, "more scans than any honest file has");
  }
}

kindred_jpeg_reader *kindred_jpeg_reader_create(const uint8_t *bytes, size_t count) {
  kindred_jpeg_reader *reader = calloc(1, sizeof *reader);
  if (reader == NULL) return NULL;
  reader->bytes = bytes;
  reader->count = count;
  kindred_jpeg_errors_install(&reader->errors);
  reader->decompressor.err = &reader->errors.base;
  if (setjmp(reader->errors.escape)) {
    kindred_jpeg_reader_destroy(reader);
    return NULL;
  }
  jpeg_create_decompress(&reader->decompressor);
  reader->source.init_source = init_source;
  reader->source.fill_input_buffer = fill_input_buffer;
  reader->source.skip_input_data = skip_input_data;
  reader->source.resync_to_restart = jpeg_resync_to_restart;
  reader->source.term_source = term_source;
  reader->source.next_input_byte = bytes;
  reader->source.bytes_in_buffer = count;
  reader->decompressor.src = &reader->source;
  return reader;
}

void kindred_jpeg_reader_destroy(kindred_jpeg_reader *reader) {
  if (reader == NULL) return;
  jpeg_destroy_decompress(&reader->decompressor);
  free(reader);
}

const char *kindred_jpeg_reader_message(const kindred_jpeg_reader *reader) { return reader->errors.message; }

static uint64_t round_up(uint64_t value, int factor) {
  uint64_t step = factor > 0 ? (uint64_t)factor : 1;
  return (value + step - 1) / step * step;
}

kindred_jpeg_status kindred_jpeg_reader_read_header(kindred_jpeg_reader *reader, kindred_jpeg_info *info) {
  struct jpeg_decompress_struct *decompressor = &reader->decompressor;
  if (setjmp(reader->errors.escape)) return reader->errors.status;
  jpeg_read_header(decompressor, TRUE);
  info->width = decompressor->image_width;
  info->height = decompressor->image_height;
  info->coefficient_bytes = 0;
  if (jpeg_has_multiple_scans(decompressor)) {
    for (int index = 0; index < decompressor->num_components; index++) {
      const jpeg_component_info *component = &decompressor->comp_info[index];
      info->coefficient_bytes += round_up(component->width_in_blocks, component->h_samp_factor) *
          round_up(component->height_in_blocks, component->v_samp_factor) * sizeof(JBLOCK);
    }
  }
  return KINDRED_JPEG_OK;
}

// Columns beside the wanted ones whose chroma smooth upsampling looks at; libjpeg takes the edge of what it decodes for
// the picture's.
enum { column_margin = 16 };

static void crop_columns(kindred_jpeg_reader *reader, const kindred_jpeg_request *request) {
  struct jpeg_decompress_struct *decompressor = &reader->decompressor;
  JDIMENSION width = decompressor->output_width;
  JDIMENSION first = request->first_column > column_margin ? request->first_column - column_margin : 0;
  JDIMENSION end = request->first_column + request->column_count;
  end = width - end > column_margin ? end + column_margin : width;
  JDIMENSION count = end - first;
  if (first > 0 || count < width) jpeg_crop_scanline(decompressor, &first, &count);
  reader->skipped_columns = request->first_column - first;
  reader->column_count = request->column_count;
}

kindred_jpeg_status kindred_jpeg_reader_start(kindred_jpeg_reader *reader, const kindred_jpeg_request *request) {
  struct jpeg_decompress_struct *decompressor = &reader->decompressor;
  if (setjmp(reader->errors.escape)) return reader->errors.status;
  reader->maximum_scans = request->maximum_scans;
  // The arithmetic decoder goes on with zeros at the end and warns of nothing.
  reader->in_single_scan = !jpeg_has_multiple_scans(decompressor) && !decompressor->arith_code;
  reader->progress.progress_monitor = watch_scans;
  decompressor->progress = &reader->progress;
  decompressor->scale_num = 1;
  decompressor->scale_denom = request->denominator;
  decompressor->dct_method = JDCT_ISLOW;
  decompressor->do_fancy_upsampling = TRUE;
  reader->is_cmyk = decompressor->jpeg_color_space == JCS_CMYK || decompressor->jpeg_color_space == JCS_YCCK;
  decompressor->out_color_space = reader->is_cmyk ? JCS_CMYK : JCS_RGB;
  jpeg_start_decompress(decompressor);
  if (request->column_count == 0 || request->first_column >= decompressor->output_width ||
      request->column_count > decompressor->output_width - request->first_column) {
    kindred_jpeg_errors_leave(&reader->errors, KINDRED_JPEG_CORRUPT, "columns beyond the picture");
  }
  size_t whole_width = decompressor->output_width;
  crop_columns(reader, request);
  if (reader->is_cmyk || reader->column_count != whole_width) {
    reader->row = decompressor->mem->alloc_sarray(
        (j_common_ptr)decompressor, JPOOL_IMAGE, (JDIMENSION)(whole_width * (reader->is_cmyk ? 4 : 3)), 1);
  }
  return KINDRED_JPEG_OK;
}

// a × b / 255, rounded, for 0 to 255.
static inline unsigned scaled_product(unsigned a, unsigned b) {
  unsigned product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

// Every CMYK JPEG in the wild follows Adobe's habit of storing 255 - ink, so the samples already are what is left of
// the light: R = C' K' / 255. Written as 255 - ink first, this is how Pillow rounds.
static void convert_cmyk_row(const JSAMPLE *cmyk, uint8_t *rgb, uint32_t width) {
  for (uint32_t column = 0; column < width; column++) {
    unsigned light = cmyk[3];
    for (int channel = 0; channel < 3; channel++) {
      rgb[channel] = (uint8_t)(light - scaled_product(255u - cmyk[channel], light));
    }
    cmyk += 4;
    rgb += 3;
  }
}

// Decodes one row to `target`, or to nowhere where that is NULL and the reader has a row of its own.
static void read_row(kindred_jpeg_reader *reader, uint8_t *target) {
  JSAMPROW destination = target;
  if (jpeg_read_scanlines(&reader->decompressor, reader->row != NULL ? reader->row : &destination, 1) != 1) {
    kindred_jpeg_errors_leave(&reader->errors, KINDRED_JPEG_CORRUPT, "fewer rows than the header says");
  }
  if (reader->row == NULL || target == NULL) return;
  const JSAMPLE *samples = reader->row[0] + (size_t)reader->skipped_columns * (reader->is_cmyk ? 4 : 3);
  if (reader->is_cmyk) {
    convert_cmyk_row(samples, target, reader->column_count);
  } else {
    memcpy(target, samples, (size_t)reader->column_count * 3);
  }
}

kindred_jpeg_status kindred_jpeg_reader_read_rows(kindred_jpeg_reader *reader, uint8_t *rows, uint32_t count) {
  if (setjmp(reader->errors.escape)) return reader->errors.status;
  size_t stride = (size_t)reader->column_count * 3;
  for (uint32_t row = 0; row < count; row++) read_row(reader, rows + row * stride);
  return KINDRED_JPEG_OK;
}

static void skip_rows(kindred_jpeg_reader *reader, uint32_t count) {
  if (count > 0 && jpeg_skip_scanlines(&reader->decompressor, count) != count) {
    kindred_jpeg_errors_leave(&reader->errors, KINDRED_JPEG_CORRUPT, "fewer rows than the header says");
  }
}

kindred_jpeg_status kindred_jpeg_reader_skip_rows(kindred_jpeg_reader *reader, uint32_t count) {
  if (setjmp(reader->errors.escape)) return reader->errors.status;
  skip_rows(reader, count);
  return KINDRED_JPEG_OK;
}

kindred_jpeg_status kindred_jpeg_reader_finish(kindred_jpeg_reader *reader) {
  struct jpeg_decompress_struct *decompressor = &reader->decompressor;
  if (setjmp(reader->errors.escape)) return reader->errors.status;
  uint32_t left = decompressor->output_height - decompressor->output_scanline;
  if (left == 0) return KINDRED_JPEG_OK;
  // libjpeg passes over the last rows without looking at them, so one is decoded.
  if (reader->row == NULL) {
    reader->row = decompressor->mem->alloc_sarray(
        (j_common_ptr)decompressor, JPOOL_IMAGE, decompressor->output_width * (reader->is_cmyk ? 4 : 3), 1);
  }
  skip_rows(reader, left - 1);
  read_row(reader, NULL);
  return KINDRED_JPEG_OK;
}
