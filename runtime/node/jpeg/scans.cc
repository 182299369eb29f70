#include "scans.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "block-walks.h"

namespace {

// Equal bytes in a row that are no picture's if the codes don't come out even.
constexpr int kFilledBytes = 16;
constexpr int kCoefficients = 64;

struct FrameComponent {
  int id, across, down;
  int64_t blocks;
  bool sent;
  // Bits of each coefficient that are still to come, of a progressive picture.
  int missing[kCoefficients];
  // Bits of each block's coefficients that are known not to be 0.
  std::vector<uint64_t> non_zero;
};

// Tables of the pictures before are kept: the next one often brings the same.
thread_local HuffmanTable tables[2][4];

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
  Reader(const uint8_t* bytes, size_t length) : bytes_(bytes), length_(length) {
    for (auto& kind : tables)
      for (HuffmanTable& table : kind) table.Forget();
  }

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
        if (marker > 0xc2 || !ReadFrame(content, size - 2)) return false;
        is_progressive_ = marker == 0xc2;
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
      components_.push_back({one[0], one[1] >> 4, one[1] & 15, 0, false, {}, {}});
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
      if (symbols > 256 || end - at < 17 + symbols || !tables[kind][which].Define(at + 1, at + 17)) return false;
      tables[kind][which].MarkSent();
      at += 17 + symbols;
    }
    return true;
  }

  // `scan` is the content of its header, `end` where the next marker begins.
  bool IsScanWhole(const uint8_t* scan, const uint8_t* end) {
    const int count = scan[0];
    const uint8_t* data = scan - 2 + (scan[-2] << 8 | scan[-1]);
    if (frames_ != 1 || count < 1 || count > static_cast<int>(components_.size()) || data - scan < 4 + 2 * count) return false;
    const Band band = BandOf(scan + 1 + 2 * count);
    const bool is_alone = count == 1;
    if (is_progressive_ && !(band.from == 0 ? band.to == 0 : is_alone && band.from <= band.to && band.to < kCoefficients)) return false;
    const bool needs_dc = band.from == 0 && band.high == 0;
    const bool needs_ac = band.to > 0;
    std::vector<BlockTables> unit;
    FrameComponent* component = nullptr;
    for (int i = 0; i < count; i++) {
      const int id = scan[1 + 2 * i];
      const int choice = scan[2 + 2 * i];
      const auto found = std::find_if(components_.begin(), components_.end(), [id](auto& one) { return one.id == id; });
      if (found == components_.end() || (choice >> 4) > 3 || (choice & 15) > 3) return false;
      component = &*found;
      const HuffmanTable* dc = &tables[0][choice >> 4];
      const HuffmanTable* ac = &tables[1][choice & 15];
      if ((needs_dc && !dc->sent()) || (needs_ac && !ac->sent())) return false;
      if (is_progressive_ && !Refine(*component, band)) return false;
      unit.insert(unit.end(), is_alone ? 1 : component->across * component->down, BlockTables{dc, ac});
      if (band.from == 0) component->sent = true;
    }
    const int64_t units = is_alone ? component->blocks : units_;
    const bool marks = is_progressive_ && needs_ac;
    if (marks) component->non_zero.resize(units);
    EntropyData entropy(data, end);
    const int64_t most = restart_units_ > 0 ? restart_units_ : units;
    int64_t interval = 0;
    for (int64_t done = 0; done < units; done += most, interval++) {
      if (interval > 0 && entropy.restart() != ((interval - 1) & 7)) return false;
      if (!entropy.Next()) return false;
      uint64_t* non_zero = marks ? component->non_zero.data() + done : nullptr;
      const int64_t position = Walk(entropy, unit, band, non_zero, std::min(most, units - done));
      if (position < 0 || (position + 2 < static_cast<int64_t>(entropy.length()) && IsFilled(entropy.data(), position))) return false;
    }
    return true;
  }

  // Of sequential frames it is given, and some cameras write another.
  Band BandOf(const uint8_t* parameters) const {
    if (!is_progressive_) return {0, kCoefficients - 1, 0, 0};
    return {parameters[0], parameters[1], parameters[2] >> 4, parameters[2] & 15};
  }

  // False if a scan does not continue where the one before ended (T.81, G.1.1.1.2).
  static bool Refine(FrameComponent& component, Band band) {
    if (band.low > 13 || (band.high > 0 && band.low != band.high - 1)) return false;
    bool continues = true;
    for (int k = band.from; k <= band.to; k++) {
      continues = continues && component.missing[k] == band.high;
      component.missing[k] = band.low;
    }
    return continues;
  }

  int64_t Walk(const EntropyData& entropy, const std::vector<BlockTables>& unit, Band band, uint64_t* non_zero, int64_t units) const {
    if (!is_progressive_) return WalkSequential(entropy, unit, units);
    const bool is_first = band.high == 0;
    if (band.from == 0) return is_first ? WalkFirstDc(entropy, unit, units) : WalkMoreDc(entropy, units * static_cast<int64_t>(unit.size()));
    return is_first ? WalkFirstAc(entropy, *unit[0].ac, band, non_zero, units)
                    : WalkMoreAc(entropy, *unit[0].ac, band, non_zero, units);
  }

  const uint8_t* bytes_;
  size_t length_;
  int frames_ = 0;
  std::vector<FrameComponent> components_;
  int64_t units_ = 0;
  int restart_units_ = 0;
  bool is_progressive_ = false;
};

}  // namespace

bool AreScansWhole(const uint8_t* bytes, size_t length) {
  return length > 4 && Reader(bytes, length).IsWhole();
}
