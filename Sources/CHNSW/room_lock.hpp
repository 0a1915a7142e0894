#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace kindred {

/// A lock with rooms: many threads may be in one room at the same time, but only one room is in use, and the exclusive
/// room holds one thread. Threads are let in in the order in which they came, so that neither a stream of searches nor
/// a long insertion keeps the other out for longer than one search or one inserted row.
class RoomLock {
 public:
  enum class Room { search, insertion, exclusive };

  void enter(Room room) {
    std::unique_lock<std::mutex> guard(mutex_);
    const uint64_t ticket = next_++;
    changed_.wait(guard, [&] {
      return serving_ == ticket && (inside_ == 0 || (room == room_ && room != Room::exclusive));
    });
    room_ = room;
    inside_++;
    serving_++;
    guard.unlock();
    changed_.notify_all();
  }

  void leave() {
    std::unique_lock<std::mutex> guard(mutex_);
    inside_--;
    const bool empty = inside_ == 0;
    guard.unlock();
    if (empty) changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t next_ = 0, serving_ = 0;
  unsigned inside_ = 0;
  Room room_ = Room::exclusive;
};

/// A stay in a room for as long as the object lives.
class Stay {
 public:
  Stay(RoomLock &lock, RoomLock::Room room) : lock_(lock) { lock_.enter(room); }
  ~Stay() { lock_.leave(); }
  Stay(const Stay &) = delete;
  Stay &operator=(const Stay &) = delete;

 private:
  RoomLock &lock_;
};

}  // namespace kindred
