// The peak performance of this machine, measured now. The benchmarks report results as shares of these peaks.
#ifndef TOOLS_BENCHMARKS_PEAKS_H_
#define TOOLS_BENCHMARKS_PEAKS_H_

namespace sg::bench {

struct Peaks {
  double gflops = 0;        // f32 multiply-adds, counted as two operations each
  double copy_gbps = 0;     // bytes read plus bytes written, with buffers far larger than the caches
  const char* method = "";  // how gflops was reached
};

// Measures the CPU: multiply-adds from registers, and memcpy, both on all threads. Takes about a second.
Peaks MeasurePeaks(int threads);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_PEAKS_H_
