"""Searches by picture, one after another, for some seconds: image_searches.py URL FOLDER SECONDS

Pictures get a byte more each time, so that none is in the collection and each goes through the network.
"""

import pathlib
import statistics
import sys
import time

import requests

url, folder, seconds = sys.argv[1], pathlib.Path(sys.argv[2]), float(sys.argv[3])
files = sorted(folder.rglob("*.jp*g"))
session = requests.Session()
times, statuses = [], {}
end = time.monotonic() + seconds
number = 0
while time.monotonic() < end:
    data = files[number % len(files)].read_bytes() + str(number).encode()
    number += 1
    start = time.monotonic()
    answer = session.post(
        url + "/v1/collections/pictures/search?top=10", data=data, headers={"Content-Type": "image/jpeg"}
    )
    times.append(time.monotonic() - start)
    statuses[answer.status_code] = statuses.get(answer.status_code, 0) + 1
print(
    f"searches by picture: {len(times)} ({len(times) / seconds:.1f} a second), statuses {statuses}, "
    f"median {statistics.median(times) * 1000:.0f} ms, slowest {max(times) * 1000:.0f} ms"
)
