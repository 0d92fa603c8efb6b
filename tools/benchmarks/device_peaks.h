// What a GPU can do at best, measured through Backend: the denominators of the shares that the benchmarks print for it.
//
//   const Peaks peaks = MeasureDevicePeaks(Device::Cuda(), PeakSizes());
#ifndef TOOLS_BENCHMARKS_DEVICE_PEAKS_H_
#define TOOLS_BENCHMARKS_DEVICE_PEAKS_H_

#include <cstdint>

#include "engine/base/device.h"
#include "tools/benchmarks/peaks.h"

namespace sg::bench {

struct PeakSizes {
  int64_t matmul = 8192;                    // rows and columns of the product's operands: bound by arithmetic
  int64_t copy_bytes = int64_t{512} << 20;  // of each of the two buffers: several times the largest cache of a GPU
  double seconds = 0.5;                     // of measuring each, which also brings the clock up
};

// The f32 product of two square matrices, in TF32 where the backend uses it, and y = x over one large buffer; the best
// of many runs that are waited for together. Needs 3 * 4 * matmul^2 or 2 * copy_bytes bytes on the device.
Peaks MeasureDevicePeaks(Device device, const PeakSizes& sizes);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_DEVICE_PEAKS_H_
