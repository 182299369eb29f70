#include "block-walks.h"

#include <cstring>

namespace {

// Bits of a restart interval, from the highest of each byte on.
class Bits {
 public:
  explicit Bits(const EntropyData& entropy) : data_(entropy.data()), end_(entropy.length() * 8) {}

  // The next 57 or more, at the front of 64.
  uint64_t Front() const {
    uint64_t bits;
    std::memcpy(&bits, data_ + (bit_ >> 3), sizeof(bits));
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    bits = __builtin_bswap64(bits);
#endif
    return bits << (bit_ & 7);
  }

  void Skip(int count) { bit_ += count; }

  // At most 16.
  int Read(int count) {
    const int value = count == 0 ? 0 : static_cast<int>(Front() >> (64 - count));
    Skip(count);
    return value;
  }

  // -1 if no code stands here.
  int Symbol(const HuffmanTable& table) {
    const int32_t entry = table.At(Front());
    if (entry == 0) return -1;
    Skip(HuffmanTable::CodeBits(entry));
    return HuffmanTable::Symbol(entry);
  }

  bool IsExhausted() const { return bit_ > end_; }
  int64_t Position() const { return IsExhausted() ? -1 : static_cast<int64_t>((bit_ + 7) >> 3); }

 private:
  const uint8_t* data_;
  size_t end_;
  size_t bit_ = 0;
};

// Of a sequential block, behind its first coefficient. A code and its number have at most 31 bits.
inline bool WalkOthers(Bits& bits, const HuffmanTable& table) {
  int k = 1;
  do {
    uint64_t front = bits.Front();
    int used = 0;
    do {
      const int32_t entry = table.At(front);
      if (entry == 0) return false;
      const int count = HuffmanTable::AllBits(entry);
      front <<= count;
      used += count;
      k += HuffmanTable::Steps(entry);
    } while (k < 64 && used <= 57 - 31);
    bits.Skip(used);
  } while (k < 64);
  return k == 64 || k >= HuffmanTable::kEndOfBlock;
}

constexpr bool IsSet(uint64_t mask, int k) { return (mask >> k & 1) != 0; }

// Bits `from` to `to`.
constexpr uint64_t Span(int from, int to) { return from > to ? 0 : (~uint64_t{0} >> (63 - to)) & (~uint64_t{0} << from); }

}  // namespace

int64_t WalkSequential(const EntropyData& entropy, const std::vector<BlockTables>& unit, int64_t units) {
  Bits bits(entropy);
  for (int64_t i = 0; i < units; i++) {
    for (const BlockTables& tables : unit) {
      const int32_t first = tables.dc->At(bits.Front());
      if (first == 0 || HuffmanTable::Symbol(first) > 15) return -1;
      bits.Skip(HuffmanTable::AllBits(first));
      if (!WalkOthers(bits, *tables.ac) || bits.IsExhausted()) return -1;
    }
  }
  return bits.Position();
}

int64_t WalkFirstDc(const EntropyData& entropy, const std::vector<BlockTables>& unit, int64_t units) {
  Bits bits(entropy);
  for (int64_t i = 0; i < units && !bits.IsExhausted(); i++) {
    for (const BlockTables& tables : unit) {
      const int size = bits.Symbol(*tables.dc);
      if (size < 0 || size > 15) return -1;
      bits.Skip(size);
    }
  }
  return bits.Position();
}

int64_t WalkMoreDc(const EntropyData& entropy, int64_t blocks) {
  const int64_t bytes = (blocks + 7) / 8;
  return bytes > static_cast<int64_t>(entropy.length()) ? -1 : bytes;
}

int64_t WalkFirstAc(const EntropyData& entropy, const HuffmanTable& table, Band band, uint64_t* non_zero, int64_t blocks) {
  Bits bits(entropy);
  for (int64_t block = 0; block < blocks; block++) {
    for (int k = band.from; k <= band.to; k++) {
      const int symbol = bits.Symbol(table);
      if (symbol < 0) return -1;
      const int run = symbol >> 4;
      const int size = symbol & 15;
      if (size == 0 && run < 15) {
        // This block and so many more have nothing further.
        block += (1 << run) + bits.Read(run) - 1;
        break;
      }
      k += run;
      if (size == 0) continue;
      if (k > band.to) return -1;
      bits.Skip(size);
      non_zero[block] |= uint64_t{1} << k;
    }
    if (bits.IsExhausted() || block >= blocks) return -1;
  }
  return bits.Position();
}

int64_t WalkMoreAc(const EntropyData& entropy, const HuffmanTable& table, Band band, uint64_t* non_zero, int64_t blocks) {
  Bits bits(entropy);
  int without = 0;
  for (int64_t block = 0; block < blocks; block++) {
    int k = band.from;
    while (without == 0 && k <= band.to) {
      const int symbol = bits.Symbol(table);
      if (symbol < 0 || (symbol & 15) > 1) return -1;
      const int run = symbol >> 4;
      const int size = symbol & 15;
      if (size == 0 && run < 15) {
        without = (1 << run) + bits.Read(run);
        break;
      }
      // Its sign.
      bits.Skip(size);
      for (int zeros = run; k <= band.to; k++) {
        if (IsSet(non_zero[block], k)) bits.Skip(1);
        else if (zeros-- == 0) break;
      }
      if (size > 0) {
        if (k > band.to) return -1;
        non_zero[block] |= uint64_t{1} << k;
      }
      k++;
    }
    if (without > 0) {
      bits.Skip(__builtin_popcountll(non_zero[block] & Span(k, band.to)));
      without--;
    }
    if (bits.IsExhausted()) return -1;
  }
  return without > 0 ? -1 : bits.Position();
}
