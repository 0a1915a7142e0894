#pragma once

#include <cstddef>

namespace kindred {

using DotFunction = float (*)(const float *, const float *, size_t);

/// The fastest kernel that this processor can run.
DotFunction chosen_dot();

}  // namespace kindred
