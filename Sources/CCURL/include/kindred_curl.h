// HTTP through libcurl, which is loaded when something is fetched: with the libraries that it brings along, it would
// take the loader as long at each start as all others together, and most runs fetch nothing.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum kindred_curl_outcome {
  // The answer came to its end.
  kindred_curl_complete,
  // It did not, though the server had said how long it is.
  kindred_curl_broken_off,
  kindred_curl_timed_out,
  // No address that can be asked, or no answer in HTTP.
  kindred_curl_not_http,
  // A function of the request wanted no more.
  kindred_curl_stopped,
  // libcurl could not be loaded.
  kindred_curl_missing,
  // The server can't be reached, or the like.
  kindred_curl_failed,
} kindred_curl_outcome;

// One GET over http or https. Proxies are those of the environment; redirects are not followed, passwords not sent.
typedef struct kindred_curl_request {
  const char *_Nonnull url;
  // Lines `Name: value`, the last one NULL.
  const char *_Nullable const *_Nonnull headers;
  // Milliseconds until there must be a connection.
  long connect_timeout;
  // Given to the functions, which say whether to go on.
  void *_Nullable context;
  // A line of an answer's head, with its end; a line `HTTP/…` begins a new head.
  bool (*_Nonnull take_head)(void *_Nullable context, const char *_Nonnull line, size_t length);
  // A part of the last answer's body.
  bool (*_Nonnull take_body)(void *_Nullable context, const uint8_t *_Nonnull bytes, size_t length);
  // Called about once a second at least, whatever comes.
  bool (*_Nonnull wait)(void *_Nullable context);
} kindred_curl_request;

typedef struct kindred_curl_answer {
  kindred_curl_outcome outcome;
  // What libcurl says of it.
  char message[256];
  // Where the answer wants the request to go instead, absolute; to be freed. NULL for no such answer.
  char *_Nullable redirect;
} kindred_curl_answer;

// Makes the request and waits for its end. From any thread.
void kindred_curl_run(const kindred_curl_request *_Nonnull request, kindred_curl_answer *_Nonnull answer);
