#pragma once
#include <cstdint>
#include <cstring>

// A Huffman table (ITU-T T.81, annex C).
class HuffmanTable {
 public:
  static constexpr int kLookupBits = 11;
  static constexpr int kLongest = 16;
  // Steps of a block: none of them leads past its end by chance.
  static constexpr int kEndOfBlock = 128;

  // False if there are more codes than bits can tell apart.
  bool Define(const uint8_t* counts, const uint8_t* symbols) {
    int total = 0;
    for (int i = 0; i < kLongest; i++) total += counts[i];
    // Most files of an encoder bring the same tables, and most pictures are small.
    if (defined_ && total == total_ && std::memcmp(counts, counts_, kLongest) == 0 && std::memcmp(symbols, symbols_, total) == 0) return true;
    defined_ = false;
    std::memset(lookup_, 0, sizeof(lookup_));
    int place = 0;
    for (int length = 1, code = 0; length <= kLongest; length++) {
      offsets_[length] = place - code;
      if (code + counts[length - 1] > 1 << length) return false;
      for (int i = 0; i < counts[length - 1]; i++, code++, place++) {
        if (length > kLookupBits) continue;
        const int first = code << (kLookupBits - length);
        const int32_t entry = EntryOf(length, symbols[place]);
        for (int at = 0; at < 1 << (kLookupBits - length); at++) lookup_[first + at] = entry;
      }
      limits_[length] = code << (kLongest - length);
      code <<= 1;
    }
    std::memcpy(counts_, counts, kLongest);
    std::memcpy(symbols_, symbols, total);
    total_ = total;
    defined_ = true;
    return true;
  }

  void Forget() { sent_ = false; }

  // True if the picture that is read has brought it.
  bool sent() const { return sent_; }
  void MarkSent() { sent_ = true; }

  // What stands at the front of 64 bits; 0 if no code does.
  int32_t At(uint64_t bits) const {
    const int32_t found = lookup_[bits >> (64 - kLookupBits)];
    return found != 0 ? found : Find(static_cast<int>(bits >> (64 - kLongest)));
  }

  // Parts of an entry: the code's symbol, bits of the code, bits of the code and the number behind it, steps in a sequential block.
  static int Symbol(int32_t entry) { return entry & 255; }
  static int CodeBits(int32_t entry) { return (entry >> 8) & 31; }
  static int AllBits(int32_t entry) { return (entry >> 13) & 31; }
  static int Steps(int32_t entry) { return entry >> 18; }

 private:
  static int32_t EntryOf(int length, int symbol) {
    const int size = symbol & 15;
    const int run = symbol >> 4;
    const int steps = size == 0 && run < 15 ? kEndOfBlock : run + 1;
    return steps << 18 | (length + size) << 13 | length << 8 | symbol;
  }

  int32_t Find(int window) const {
    for (int length = kLookupBits + 1; length <= kLongest; length++)
      if (window < limits_[length]) return EntryOf(length, symbols_[offsets_[length] + (window >> (kLongest - length))]);
    return 0;
  }

  bool defined_ = false;
  bool sent_ = false;
  int total_ = 0;
  int limits_[kLongest + 1];
  int offsets_[kLongest + 1];
  uint8_t counts_[kLongest];
  uint8_t symbols_[256];
  int32_t lookup_[1 << kLookupBits];
};
