#include "kindred_jpeg.h"
