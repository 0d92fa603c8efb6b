// Maps the index of an element of a dense tensor to its offsets in strided or broadcast tensors. The host merges
// dimensions where it can. The device then divides by constants, with one multiplication each.
//
//   const IndexMap<2> map = MakeIndexMap<2>("Add", shape, {a_strides, b_strides});
//   a[map.Map(i).at[0]], b[map.Map(i).at[1]]
#ifndef ENGINE_BACKEND_CUDA_KERNELS_INDEX_MAP_H_
#define ENGINE_BACKEND_CUDA_KERNELS_INDEX_MAP_H_

#include <cstdint>

#include "engine/base/check.h"
#include "engine/base/host_device.h"
#include "engine/base/shape.h"

namespace sg::cuda {

// Division by a number that is known at launch, for dividends below 2^31 (Granlund and Montgomery, "Division by
// invariant integers using multiplication", 1994).
struct FastDivisor {
  uint32_t divisor = 1, multiplier = 0, shift = 0;

  FastDivisor() = default;
  explicit FastDivisor(uint32_t d) : divisor(d) {
    while ((uint64_t{1} << shift) < d) ++shift;
    multiplier = static_cast<uint32_t>(((uint64_t{1} << 32) * ((uint64_t{1} << shift) - d)) / d + 1);
  }
  SG_HD uint32_t Divide(uint32_t n) const {
    const uint32_t high = static_cast<uint32_t>((static_cast<uint64_t>(n) * multiplier) >> 32);
    return (high + n) >> shift;
  }
};

// The offsets in kCount tensors of element `i` of a box in row-major order.
template <int kCount>
struct IndexMap {
  int rank = 0;  // after merging; dimension 0 varies fastest
  FastDivisor extent[kMaxRank];
  int64_t stride[kMaxRank][kCount];

  struct Offsets {
    int64_t at[kCount];
  };
  SG_HD Offsets Map(int64_t i) const {
    Offsets offsets;
    if (rank <= 1) {
      for (int k = 0; k < kCount; ++k) offsets.at[k] = i * stride[0][k];
      return offsets;
    }
    for (int k = 0; k < kCount; ++k) offsets.at[k] = 0;
    uint32_t rest = static_cast<uint32_t>(i);
    for (int d = 0; d < rank; ++d) {
      const uint32_t quotient = d + 1 < rank ? extent[d].Divide(rest) : 0;
      const uint32_t index = rest - quotient * extent[d].divisor;
      for (int k = 0; k < kCount; ++k) offsets.at[k] += index * stride[d][k];
      rest = quotient;
    }
    return offsets;
  }
};

// The map of a box of `extent` for tensors with these strides. Merges neighboring dimensions that all tensors traverse
// with one stride, and drops dimensions of extent 1. Aborts, naming `op`, for 2^31 elements and more in two or more
// merged dimensions.
template <int kCount>
IndexMap<kCount> MakeIndexMap(const char* op, const Shape& extent, const Strides (&strides)[kCount]) {
  IndexMap<kCount> map;
  int64_t extents[kMaxRank] = {};
  for (int d = extent.rank() - 1; d >= 0; --d) {
    if (extent[d] == 1) continue;
    bool merges = map.rank > 0;
    for (int k = 0; merges && k < kCount; ++k) {
      merges = strides[k][d] == map.stride[map.rank - 1][k] * extents[map.rank - 1];
    }
    if (merges) {
      extents[map.rank - 1] *= extent[d];
      continue;
    }
    extents[map.rank] = extent[d];
    for (int k = 0; k < kCount; ++k) map.stride[map.rank][k] = strides[k][d];
    ++map.rank;
  }
  if (map.rank == 0) {
    for (int k = 0; k < kCount; ++k) map.stride[0][k] = 0;
  }
  SG_CHECK(map.rank <= 1 || extent.NumElements() <= INT32_MAX)
      << "[" << op << "] " << extent << " has more elements than a broadcast or a copy between strides takes, 2^31";
  // A single dimension needs no division, and its extent may exceed 32 bits.
  for (int d = 0; map.rank > 1 && d < map.rank; ++d) map.extent[d] = FastDivisor(static_cast<uint32_t>(extents[d]));
  return map;
}

}  // namespace sg::cuda

#endif  // ENGINE_BACKEND_CUDA_KERNELS_INDEX_MAP_H_
