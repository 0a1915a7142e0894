#pragma once

#include <stddef.h>

// Rounded up.
static inline size_t kindred_quotient(size_t count, size_t size) { return (count + size - 1) / size; }

static inline size_t kindred_least(size_t left, size_t right) { return left < right ? left : right; }
