#include <string.h>

#include "kindred_jpeg_internal.h"

static kindred_jpeg_status status_of_code(int code) {
  switch (code) {
    case JERR_INPUT_EOF:
    case JERR_INPUT_EMPTY:
      return KINDRED_JPEG_TRUNCATED;
    case JERR_EMPTY_IMAGE:
      return KINDRED_JPEG_ZERO_SIZED;
    case JERR_OUT_OF_MEMORY:
    case JERR_NO_BACKING_STORE:
      return KINDRED_JPEG_OUT_OF_MEMORY;
    case JERR_SOF_UNSUPPORTED:
    case JERR_BAD_PRECISION:
    case JERR_NOT_COMPILED:
    case JERR_ARITH_NOTIMPL:
    case JERR_CCIR601_NOTIMPL:
    case JERR_CONVERSION_NOTIMPL:
    case JERR_FRACT_SAMPLE_NOTIMPL:
    case JERR_COMPONENT_COUNT:
    case JERR_IMAGE_TOO_BIG:
    case JERR_WIDTH_OVERFLOW:
      return KINDRED_JPEG_UNSUPPORTED;
    default:
      return KINDRED_JPEG_CORRUPT;
  }
}

static _Noreturn void leave_with_library_message(j_common_ptr common, kindred_jpeg_status status) {
  kindred_jpeg_errors *errors = (kindred_jpeg_errors *)common->err;
  errors->base.format_message(common, errors->message);
  errors->status = status;
  longjmp(errors->escape, 1);
}

static void error_exit(j_common_ptr common) {
  kindred_jpeg_errors *errors = (kindred_jpeg_errors *)common->err;
  kindred_jpeg_status status = status_of_code(errors->base.msg_code);
  // Whatever is missing after the end is missing because of the end.
  if (errors->ended && status == KINDRED_JPEG_CORRUPT) status = KINDRED_JPEG_TRUNCATED;
  leave_with_library_message(common, status);
}

// Warnings that mean lost samples end the decode. The others are what real cameras and editors write: stray bytes
// before a marker, an odd JFIF version or Adobe transform, sequential scans with progressive parameters, a
// progression in an unusual order, a broken colour profile.
static void emit_message(j_common_ptr common, int level) {
  if (level >= 0) return;
  kindred_jpeg_errors *errors = (kindred_jpeg_errors *)common->err;
  errors->base.num_warnings += 1;
  switch (errors->base.msg_code) {
    case JWRN_HIT_MARKER:
    case JWRN_HUFF_BAD_CODE:
    case JWRN_ARITH_BAD_CODE:
    case JWRN_MUST_RESYNC:
      leave_with_library_message(common, errors->ended ? KINDRED_JPEG_TRUNCATED : KINDRED_JPEG_CORRUPT);
    default:
      break;
  }
}

static void output_message(j_common_ptr common) { (void)common; }

void kindred_jpeg_errors_install(kindred_jpeg_errors *errors) {
  jpeg_std_error(&errors->base);
  errors->base.error_exit = error_exit;
  errors->base.emit_message = emit_message;
  errors->base.output_message = output_message;
  errors->status = KINDRED_JPEG_OK;
  errors->ended = 0;
  errors->message[0] = '\0';
}

void kindred_jpeg_errors_leave(kindred_jpeg_errors *errors, kindred_jpeg_status status, const char *message) {
  strncpy(errors->message, message, sizeof errors->message - 1);
  errors->message[sizeof errors->message - 1] = '\0';
  errors->status = status;
  longjmp(errors->escape, 1);
}
