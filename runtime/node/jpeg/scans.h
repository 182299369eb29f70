#pragma once
#include <cstddef>
#include <cstdint>

// Walks over all entropy-coded data of a JPEG, as checkJpegScans (runtime/image/jpeg) does.
//
// True only for what checkJpegScans passes. False for everything else, and for what it leaves to it: tables that a file does not
// bring, several frames.
bool AreScansWhole(const uint8_t* bytes, size_t length);
