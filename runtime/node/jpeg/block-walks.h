#pragma once
#include <cstdint>
#include <vector>

#include "entropy-data.h"
#include "huffman-table.h"

// Walks over the codes of blocks. Each tells where the blocks end, as bytes begun; -1 if a code is none, a block has more
// coefficients than it may have, or the data end before.

// Tables of a block; null where a scan needs none.
struct BlockTables {
  const HuffmanTable* dc;
  const HuffmanTable* ac;
};

// Part of its blocks that a progressive scan sends (ITU-T T.81, G.1.1.1): first and last coefficient, bits that were still to come and
// bits that are to come after it.
struct Band {
  int from, to, high, low;
};

// `unit` has the tables of a unit's blocks.
int64_t WalkSequential(const EntropyData& entropy, const std::vector<BlockTables>& unit, int64_t units);

// First bits of the first coefficients.
int64_t WalkFirstDc(const EntropyData& entropy, const std::vector<BlockTables>& unit, int64_t units);

// One more bit of the first coefficient of each block.
int64_t WalkMoreDc(const EntropyData& entropy, int64_t blocks);

// First bits of other coefficients (T.81, G.1.2.2). `non_zero` has a bit for each coefficient of each block, from the run's first one on.
int64_t WalkFirstAc(const EntropyData& entropy, const HuffmanTable& table, Band band, uint64_t* non_zero, int64_t blocks);

// One more bit of other coefficients (T.81, G.1.2.3).
int64_t WalkMoreAc(const EntropyData& entropy, const HuffmanTable& table, Band band, uint64_t* non_zero, int64_t blocks);
