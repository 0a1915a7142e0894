#include "kindred_heif.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static kindred_heif_library library;
static int is_loaded;
static char message[512] = "libheif is not loaded";

static void load(void) {
  void *handle = dlopen("libheif.so.1", RTLD_LAZY | RTLD_LOCAL);
  const char *missing = handle == NULL ? "libheif.so.1" : NULL;
#define LOAD(name)                                                                \
  if (missing == NULL) {                                                          \
    library.name = (__typeof__(library.name))dlsym(handle, "heif_" #name);        \
    if (library.name == NULL) missing = "heif_" #name;                            \
  }
  KINDRED_HEIF_FUNCTIONS(LOAD)
  is_loaded = missing == NULL;
  if (is_loaded) return;
  const char *reason = dlerror();
  snprintf(message, sizeof message, "%s", reason != NULL ? reason : missing);
}

const kindred_heif_library *kindred_heif_load(const char **text) {
  pthread_once(&once, load);
  *text = message;
  return is_loaded ? &library : NULL;
}
