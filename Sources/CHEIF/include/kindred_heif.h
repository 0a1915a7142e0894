// libheif, loaded when the first picture needs it: it brings along video codecs, which take the loader longer than all
// other libraries together, and most runs never see a HEIF file.
#pragma once

#include <libheif/heif.h>

// The functions that are used, under their names without `heif_`.
#define KINDRED_HEIF_FUNCTIONS(FUNCTION)           \
  FUNCTION(context_alloc)                          \
  FUNCTION(context_free)                           \
  FUNCTION(context_set_max_decoding_threads)       \
  FUNCTION(context_set_maximum_image_size_limit)   \
  FUNCTION(context_read_from_memory_without_copy)  \
  FUNCTION(context_get_primary_image_handle)       \
  FUNCTION(image_handle_release)                   \
  FUNCTION(image_handle_has_alpha_channel)         \
  FUNCTION(image_handle_is_premultiplied_alpha)    \
  FUNCTION(image_handle_get_luma_bits_per_pixel)   \
  FUNCTION(image_handle_get_ispe_width)            \
  FUNCTION(image_handle_get_ispe_height)           \
  FUNCTION(image_handle_get_list_of_metadata_block_IDs) \
  FUNCTION(image_handle_get_metadata_size)         \
  FUNCTION(image_handle_get_metadata)              \
  FUNCTION(decoding_options_alloc)                 \
  FUNCTION(decoding_options_free)                  \
  FUNCTION(decode_image)                           \
  FUNCTION(image_release)                          \
  FUNCTION(image_get_width)                        \
  FUNCTION(image_get_height)                       \
  FUNCTION(image_get_plane_readonly)

#define KINDRED_HEIF_FIELD(name) __typeof__(heif_##name) *_Nonnull name;

typedef struct kindred_heif_library {
  KINDRED_HEIF_FUNCTIONS(KINDRED_HEIF_FIELD)
} kindred_heif_library;

// Loads libheif once, from any thread, and keeps it.
// Returns NULL where it is missing or lacks a function; then `*message` says what the loader said. Neither is to be freed.
const kindred_heif_library *_Nullable kindred_heif_load(const char *_Nullable *_Nonnull message);
