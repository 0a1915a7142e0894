"""Prints bodies of vector queries, one a line: queries.py DIMENSION COUNT"""

import json
import sys

from vectors import clustered

for query in clustered(int(sys.argv[2]), int(sys.argv[1]), seed=3).round(6).tolist():
    print(json.dumps({"vector": query, "top_n": 10, "level": 2}))
