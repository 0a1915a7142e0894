#include "kindred_hnsw.h"
