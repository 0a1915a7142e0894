-- Sends the lines of a file as bodies to /query, in turn; an answer other than 200 is counted and told at the end.
local bodies = {}
for line in io.lines(os.getenv("KINDRED_BENCHMARK_QUERIES")) do bodies[#bodies + 1] = line end
local index = 0

function request()
  index = index % #bodies + 1
  return wrk.format("POST", "/query", {["Content-Type"] = "application/json"}, bodies[index])
end

function done(summary, latency)
  local p50, p99 = latency:percentile(50), latency:percentile(99)
  local errors = summary.errors
  print(string.format(
    "p50 %.2f ms, p99 %.2f ms, p99 / p50 %.2f; errors: %d by status, %d of sockets, %d timeouts", p50 / 1000,
    p99 / 1000, p99 / p50, errors.status, errors.connect + errors.read + errors.write, errors.timeout))
end
