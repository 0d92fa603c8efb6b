// The peak performance of a GPU, measured through Backend. The benchmarks report results as shares of these peaks.
//
//   const Peaks peaks = MeasureDevicePeaks(Device::Cuda(), PeakSizes());
#ifndef TOOLS_BENCHMARKS_DEVICE_PEAKS_H_
#define TOOLS_BENCHMARKS_DEVICE_PEAKS_H_

#include <cstdint>

#include "engine/base/device.h"
#include "tools/benchmarks/peaks.h"

namespace sg::bench {

struct PeakSizes {
  int64_t matmul = 8192;                    // rows and columns of the operands; the product is compute-bound
  int64_t copy_bytes = int64_t{512} << 20;  // of each of the two buffers: several times the largest cache of a GPU
  double seconds = 0.5;                     // spent on each measurement, which also raises the clock
};

// Measures the f32 product of two square matrices, in TF32 if the backend uses it, and the copy y = x of one large
// buffer. Each is the best of many batches of calls. Needs 3 * 4 * matmul^2 or 2 * copy_bytes bytes on the device.
Peaks MeasureDevicePeaks(Device device, const PeakSizes& sizes);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_DEVICE_PEAKS_H_
