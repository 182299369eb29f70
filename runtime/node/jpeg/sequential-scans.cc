#include "sequential-scans.h"

#include <algorithm>
#include <cstring>
#include <vector>

namespace {

constexpr int kLookupBits = 10;
constexpr int kWindowBits = 16;
// Equal bytes in a row that are no picture's if the codes don't come out even.
constexpr int kFilledBytes = 16;
// Zeros behind an interval: more than the codes of one block.
constexpr size_t kPadding = 512;

// A Huffman table (ITU-T T.81, annex C).
class Table {
 public:
  bool Define(const uint8_t* counts, const uint8_t* symbols) {
    int code = 0;
    int place = 0;
    for (int length = 1; length <= kWindowBits; length++) {
      offsets_[length] = place - code;
      code += counts[length - 1];
      place += counts[length - 1];
      if (code > 1 << length) return false;
      limits_[length] = code << (kWindowBits - length);
      code <<= 1;
    }
    std::memcpy(symbols_, symbols, place);
    for (int i = 0; i < 1 << kLookupBits; i++) lookup_[i] = Find(i << (kWindowBits - kLookupBits), kLookupBits);
    defined_ = true;
    return true;
  }

  bool defined() const { return defined_; }

  // The code at the front of 16 bits: its length times 256, plus its symbol; -1 if there is none.
  int At(unsigned window) const {
    const int found = lookup_[window >> (kWindowBits - kLookupBits)];
    return found >= 0 ? found : Find(window, kWindowBits);
  }

 private:
  int Find(unsigned window, int longest) const {
    for (int length = 1; length <= longest; length++)
      if (static_cast<int>(window) < limits_[length])
        return length * 256 + symbols_[offsets_[length] + (window >> (kWindowBits - length))];
    return -1;
  }

  bool defined_ = false;
  int limits_[kWindowBits + 1];
  int offsets_[kWindowBits + 1];
  uint8_t symbols_[256];
  int16_t lookup_[1 << kLookupBits];
};

struct FrameComponent {
  int id, across, down;
  int64_t blocks;
  bool sent;
};

struct BlockTables {
  const Table* dc;
  const Table* ac;
};

// One restart interval after another, without the zeros that are stuffed behind 0xff.
class EntropyData {
 public:
  EntropyData(const uint8_t* at, const uint8_t* end) : at_(at), end_(end), data_(end - at + kPadding) {}

  bool Next() {
    if (over_) return false;
    uint8_t* to = data_.data();
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
    length_ = to - data_.data();
    std::memset(to, 0, kPadding);
    return true;
  }

  const uint8_t* data() const { return data_.data(); }
  size_t length() const { return length_; }
  // Number of the restart marker that ended the interval; -1 if something else did.
  int restart() const { return restart_; }

 private:
  const uint8_t* at_;
  const uint8_t* end_;
  std::vector<uint8_t> data_;
  size_t length_ = 0;
  int restart_ = -1;
  bool over_ = false;
};

// 16 bits that begin `bit` bits behind the start.
inline unsigned WindowAt(const uint8_t* data, size_t bit) {
  const uint8_t* at = data + (bit >> 3);
  return (((at[0] << 16) | (at[1] << 8) | at[2]) >> (8 - (bit & 7))) & 0xffff;
}

// Where the units end: bytes begun; -1 if a code is none, a block has more than 64 coefficients, or the data end before.
int64_t Walk(const EntropyData& entropy, const std::vector<BlockTables>& unit, int64_t units) {
  const uint8_t* data = entropy.data();
  const size_t end = entropy.length() * 8;
  size_t bit = 0;
  for (int64_t i = 0; i < units; i++) {
    for (const BlockTables& tables : unit) {
      const int first = tables.dc->At(WindowAt(data, bit));
      if (first < 0 || (first & 255) > 15) return -1;
      bit += (first >> 8) + (first & 255);
      for (int k = 1; k < 64;) {
        const int found = tables.ac->At(WindowAt(data, bit));
        if (found < 0) return -1;
        const int size = found & 15;
        const int run = (found >> 4) & 15;
        bit += (found >> 8) + size;
        if (size == 0 && run < 15) break;
        k += run + 1;
        if (k > 64) return -1;
      }
      if (bit > end) return -1;
    }
  }
  return static_cast<int64_t>((bit + 7) >> 3);
}

bool IsFilled(const uint8_t* data, int64_t end) {
  int run = 1;
  for (int64_t at = 1; at < end; at++) {
    run = data[at] == data[at - 1] ? run + 1 : 1;
    if (run == kFilledBytes) return true;
  }
  return false;
}

class Reader {
 public:
  Reader(const uint8_t* bytes, size_t length) : bytes_(bytes), length_(length) {}

  bool IsWhole() {
    size_t at = 0;
    const uint8_t* scan = nullptr;
    for (bool more = NextMarker(2, &at); more;) {
      const int marker = bytes_[at + 1];
      if (scan != nullptr && !IsScanWhole(scan, bytes_ + at)) return false;
      scan = nullptr;
      if (marker == 0xd9) return frames_ == 1 && std::all_of(components_.begin(), components_.end(), [](auto& one) { return one.sent; });
      if (at + 4 > length_) return false;
      const size_t size = bytes_[at + 2] << 8 | bytes_[at + 3];
      const size_t end = at + 2 + size;
      if (size < 2 || end > length_) return false;
      const uint8_t* content = bytes_ + at + 4;
      if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
        if (marker > 0xc1 || !ReadFrame(content, size - 2)) return false;
      } else if (marker == 0xc4) {
        if (!ReadTables(content, bytes_ + end)) return false;
      } else if (marker == 0xdd) {
        if (size < 4) return false;
        restart_units_ = content[0] << 8 | content[1];
      } else if (marker == 0xda) {
        scan = content;
      }
      more = end < length_ && NextMarker(end, &at);
    }
    return false;
  }

 private:
  // Past entropy-coded data, restart markers, fill bytes and stray bytes.
  bool NextMarker(size_t from, size_t* found) const {
    while (from + 1 < length_) {
      const void* next = std::memchr(bytes_ + from, 0xff, length_ - from);
      if (next == nullptr) return false;
      const size_t at = static_cast<const uint8_t*>(next) - bytes_;
      if (at + 1 >= length_) return false;
      const int code = bytes_[at + 1];
      if (code == 0xff) from = at + 1;
      else if (code == 0 || code == 1 || (code >= 0xd0 && code <= 0xd8)) from = at + 2;
      else {
        *found = at;
        return true;
      }
    }
    return false;
  }

  bool ReadFrame(const uint8_t* content, size_t size) {
    if (++frames_ > 1 || size < 6 || size < 6 + 3u * content[5] || content[5] == 0) return false;
    const int64_t height = content[1] << 8 | content[2];
    const int64_t width = content[3] << 8 | content[4];
    int most_across = 0;
    int most_down = 0;
    for (int i = 0; i < content[5]; i++) {
      const uint8_t* one = content + 6 + 3 * i;
      components_.push_back({one[0], one[1] >> 4, one[1] & 15, 0, false});
      if (components_[i].across < 1 || components_[i].across > 4 || components_[i].down < 1 || components_[i].down > 4) return false;
      most_across = std::max(most_across, components_[i].across);
      most_down = std::max(most_down, components_[i].down);
    }
    const auto parts = [](int64_t pixels, int64_t factor, int64_t most) { return (pixels * factor + 8 * most - 1) / (8 * most); };
    units_ = parts(width, 1, most_across) * parts(height, 1, most_down);
    for (FrameComponent& one : components_)
      one.blocks = parts(width, one.across, most_across) * parts(height, one.down, most_down);
    return true;
  }

  bool ReadTables(const uint8_t* at, const uint8_t* end) {
    while (at < end) {
      const int kind = *at >> 4;
      const int which = *at & 15;
      if (end - at < 17 || kind > 1 || which > 3) return false;
      int symbols = 0;
      for (int i = 1; i <= 16; i++) symbols += at[i];
      if (symbols > 256 || end - at < 17 + symbols || !tables_[kind][which].Define(at + 1, at + 17)) return false;
      at += 17 + symbols;
    }
    return true;
  }

  // `scan` is the content of its header, `end` where the next marker begins.
  bool IsScanWhole(const uint8_t* scan, const uint8_t* end) {
    const int count = scan[0];
    const uint8_t* data = scan - 2 + (scan[-2] << 8 | scan[-1]);
    if (frames_ != 1 || count < 1 || count > static_cast<int>(components_.size()) || data - scan < 1 + 2 * count) return false;
    std::vector<BlockTables> unit;
    int64_t units = units_;
    for (int i = 0; i < count; i++) {
      const int id = scan[1 + 2 * i];
      const int choice = scan[2 + 2 * i];
      const auto component = std::find_if(components_.begin(), components_.end(), [id](auto& one) { return one.id == id; });
      if (component == components_.end() || (choice >> 4) > 3 || (choice & 15) > 3) return false;
      const Table* dc = &tables_[0][choice >> 4];
      const Table* ac = &tables_[1][choice & 15];
      if (!dc->defined() || !ac->defined()) return false;
      if (count == 1) units = component->blocks;
      unit.insert(unit.end(), count == 1 ? 1 : component->across * component->down, BlockTables{dc, ac});
      component->sent = true;
    }
    EntropyData entropy(data, end);
    const int64_t most = restart_units_ > 0 ? restart_units_ : units;
    int64_t interval = 0;
    for (int64_t done = 0; done < units; done += most, interval++) {
      if (interval > 0 && entropy.restart() != ((interval - 1) & 7)) return false;
      if (!entropy.Next()) return false;
      const int64_t position = Walk(entropy, unit, std::min(most, units - done));
      if (position < 0 || (position + 2 < static_cast<int64_t>(entropy.length()) && IsFilled(entropy.data(), position))) return false;
    }
    return true;
  }

  const uint8_t* bytes_;
  size_t length_;
  int frames_ = 0;
  std::vector<FrameComponent> components_;
  int64_t units_ = 0;
  int restart_units_ = 0;
  Table tables_[2][4];
};

}  // namespace

bool AreSequentialScansWhole(const uint8_t* bytes, size_t length) {
  return length > 4 && Reader(bytes, length).IsWhole();
}
