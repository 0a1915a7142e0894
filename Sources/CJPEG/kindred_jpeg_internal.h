#pragma once

#include <setjmp.h>
#include <stdio.h>

#include <jpeglib.h>
#include <jerror.h>

#include "kindred_jpeg.h"

// libjpeg's error manager with a place to jump to. `base` comes first: libjpeg hands back a pointer to it.
typedef struct kindred_jpeg_errors {
  struct jpeg_error_mgr base;
  jmp_buf escape;
  kindred_jpeg_status status;
  // The source ran dry and an end-of-image marker was made up.
  int ended;
  char message[JMSG_LENGTH_MAX];
} kindred_jpeg_errors;

// Installs handlers that print nothing and leave by longjmp.
void kindred_jpeg_errors_install(kindred_jpeg_errors *errors);
// Leaves with a status and a message of our own.
_Noreturn void kindred_jpeg_errors_leave(kindred_jpeg_errors *errors, kindred_jpeg_status status, const char *message);
