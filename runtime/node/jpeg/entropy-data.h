#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

// Entropy-coded data of a scan (ITU-T T.81, B.1.1.5), one restart interval after another, without the zeros that are stuffed behind 0xff.
class EntropyData {
 public:
  EntropyData(const uint8_t* at, const uint8_t* end) : at_(at), end_(end), data_(new uint8_t[end - at + kPadding]) {}

  // False if there is no further one.
  bool Next() {
    if (over_) return false;
    uint8_t* to = data_.get();
    restart_ = -1;
    while (at_ < end_) {
      const void* found = std::memchr(at_, 0xff, end_ - at_);
      const uint8_t* next = found ? static_cast<const uint8_t*>(found) : end_;
      std::memcpy(to, at_, next - at_);
      to += next - at_;
      for (at_ = next; at_ < end_ && *at_ == 0xff;) at_++;
      const int code = at_ < end_ ? *at_++ : -1;
      if (code == 0) {
        *to++ = 0xff;
        continue;
      }
      if (code >= 0xd0 && code <= 0xd7) restart_ = code & 7;
      break;
    }
    over_ = restart_ < 0;
    length_ = to - data_.get();
    std::memset(to, 0, kPadding);
    return true;
  }

  const uint8_t* data() const { return data_.get(); }
  size_t length() const { return length_; }
  // Number of the restart marker that ended the interval; -1 if something else did.
  int restart() const { return restart_; }

 private:
  // Zeros behind an interval: more than one block of codes can read.
  static constexpr size_t kPadding = 512;

  const uint8_t* at_;
  const uint8_t* end_;
  std::unique_ptr<uint8_t[]> data_;
  size_t length_ = 0;
  int restart_ = -1;
  bool over_ = false;
};
