import Synchronization

/// Token buckets: each holder may do so much at once, and so much a second in the long run.
final class RateLimiter: Sendable {
  private struct Bucket {
    var tokens: Double
    var time: ContinuousClock.Instant
  }
  private let rate: Double
  private let burst: Double
  /// Holders that are remembered; strangers can't fill the memory with names.
  private let capacity: Int
  private let buckets: Mutex<[String: Bucket]> = Mutex([:])

  init(rate: Double, burst: Double, capacity: Int = 10_000) {
    self.rate = rate
    self.burst = burst
    self.capacity = capacity
  }

  /// Takes a token.
  /// - Returns: `nil` when there was one; else the whole seconds until there is.
  func take(_ holder: String, now: ContinuousClock.Instant = .now) -> Int? {
    buckets.withLock { buckets in
      if buckets[holder] == nil, buckets.count >= capacity { forget(&buckets, now: now) }
      var bucket = buckets[holder] ?? Bucket(tokens: burst, time: now)
      bucket.tokens = min(burst, bucket.tokens + (now - bucket.time) / .seconds(1) * rate)
      bucket.time = now
      defer { buckets[holder] = bucket }
      guard bucket.tokens < 1 else {
        bucket.tokens -= 1
        return nil
      }
      return max(1, Int(((1 - bucket.tokens) / rate).rounded(.up)))
    }
  }

  /// Drops holders whose buckets are full again; half of all where every one is in use.
  private func forget(_ buckets: inout [String: Bucket], now: ContinuousClock.Instant) {
    buckets = buckets.filter { $0.value.tokens + (now - $0.value.time) / .seconds(1) * rate < burst }
    guard buckets.count >= capacity else { return }
    let kept = buckets.sorted { $0.value.time > $1.value.time }.prefix(capacity / 2)
    buckets = Dictionary(kept.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
  }
}
