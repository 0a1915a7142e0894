#include "kindred_curl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// libcurl's functions are also macros, which check the types of options: the names in the library are the functions'.
#undef curl_easy_setopt
#undef curl_easy_getinfo

#define FUNCTIONS(FUNCTION) \
  FUNCTION(global_init)     \
  FUNCTION(easy_init)       \
  FUNCTION(easy_setopt)     \
  FUNCTION(easy_perform)    \
  FUNCTION(easy_getinfo)    \
  FUNCTION(easy_cleanup)    \
  FUNCTION(easy_strerror)   \
  FUNCTION(slist_append)    \
  FUNCTION(slist_free_all)

#define FIELD(name) __typeof__(curl_##name) *name;
static struct {
  FUNCTIONS(FIELD)
} curl;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static bool is_loaded;
static char load_error[256];

static void load(void) {
  // Debian's packages of it, with OpenSSL and with GnuTLS, have the same functions.
  void *handle = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) handle = dlopen("libcurl-gnutls.so.4", RTLD_NOW | RTLD_LOCAL);
  const char *missing = handle == NULL ? "libcurl.so.4" : NULL;
#define LOAD(name)                                                        \
  if (missing == NULL) {                                                  \
    curl.name = (__typeof__(curl.name))dlsym(handle, "curl_" #name);      \
    if (curl.name == NULL) missing = "curl_" #name;                       \
  }
  FUNCTIONS(LOAD)
  is_loaded = missing == NULL && curl.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  if (is_loaded) return;
  const char *reason = dlerror();
  snprintf(load_error, sizeof load_error, "%s", reason != NULL ? reason : missing != NULL ? missing : "libcurl");
}

static size_t take_head(char *line, size_t size, size_t count, void *context) {
  const kindred_curl_request *request = context;
  return request->take_head(request->context, line, size * count) ? size * count : 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *context) {
  const kindred_curl_request *request = context;
  // What it answers to nothing is an error where it is not 0.
  if (size * count == 0) return 0;
  return request->take_body(request->context, (const uint8_t *)bytes, size * count) ? size * count : 0;
}

static int wait_for_more(void *context, curl_off_t total, curl_off_t now, curl_off_t to_send, curl_off_t sent) {
  (void)total, (void)now, (void)to_send, (void)sent;
  const kindred_curl_request *request = context;
  return request->wait(request->context) ? 0 : 1;
}

static kindred_curl_outcome outcome_of(CURLcode code) {
  switch (code) {
    case CURLE_OK: return kindred_curl_complete;
    case CURLE_PARTIAL_FILE: return kindred_curl_broken_off;
    case CURLE_OPERATION_TIMEDOUT: return kindred_curl_timed_out;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return kindred_curl_not_http;
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK: return kindred_curl_stopped;
    default: return kindred_curl_failed;
  }
}

static CURLcode set_options(
  CURL *handle, const kindred_curl_request *request, struct curl_slist *headers, char *message) {
  CURLcode code = CURLE_OK;
#define SET(option, value) \
  if (code == CURLE_OK) code = curl.easy_setopt(handle, option, value)
  SET(CURLOPT_URL, request->url);
  SET(CURLOPT_HTTPHEADER, headers);
  SET(CURLOPT_NOSIGNAL, 1L);
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  // The numbers, not CURLOPT_PROTOCOLS_STR, which is only in newer ones.
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_timeout);
  // A proxy's own answers are none of the server's.
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(CURLOPT_ERRORBUFFER, message);
  SET(CURLOPT_HEADERFUNCTION, take_head);
  SET(CURLOPT_HEADERDATA, request);
  SET(CURLOPT_WRITEFUNCTION, take_body);
  SET(CURLOPT_WRITEDATA, request);
  SET(CURLOPT_XFERINFOFUNCTION, wait_for_more);
  SET(CURLOPT_XFERINFODATA, request);
  SET(CURLOPT_NOPROGRESS, 0L);
#undef SET
  return code;
}

void kindred_curl_run(const kindred_curl_request *request, kindred_curl_answer *answer) {
  memset(answer, 0, sizeof *answer);
  pthread_once(&once, load);
  if (!is_loaded) {
    answer->outcome = kindred_curl_missing;
    snprintf(answer->message, sizeof answer->message, "%s", load_error);
    return;
  }
  char message[CURL_ERROR_SIZE] = "";
  struct curl_slist *headers = NULL;
  CURL *handle = curl.easy_init();
  CURLcode code = handle != NULL ? CURLE_OK : CURLE_FAILED_INIT;
  for (const char *const *line = request->headers; code == CURLE_OK && *line != NULL; line++) {
    struct curl_slist *longer = curl.slist_append(headers, *line);
    if (longer == NULL) code = CURLE_OUT_OF_MEMORY;
    else headers = longer;
  }
  if (code == CURLE_OK) code = set_options(handle, request, headers, message);
  if (code == CURLE_OK) code = curl.easy_perform(handle);
  const char *redirect = NULL;
  if (code == CURLE_OK && curl.easy_getinfo(handle, CURLINFO_REDIRECT_URL, &redirect) == CURLE_OK && redirect != NULL) {
    answer->redirect = strdup(redirect);
  }
  answer->outcome = outcome_of(code);
  snprintf(
    answer->message, sizeof answer->message, "%s", message[0] != '\0' ? message : curl.easy_strerror(code));
  if (handle != NULL) curl.easy_cleanup(handle);
  curl.slist_free_all(headers);
}
