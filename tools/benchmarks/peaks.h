// What this machine can do at best, measured now: the denominators of every share that the benchmarks print.
#ifndef TOOLS_BENCHMARKS_PEAKS_H_
#define TOOLS_BENCHMARKS_PEAKS_H_

namespace sg::bench {

struct Peaks {
  double gflops = 0;        // f32 multiply-adds, two operations each
  double copy_gbps = 0;     // memory copied, bytes read plus bytes written, buffers far larger than the caches
  const char* method = "";  // by what gflops was reached
};

// Of the CPU: multiply-adds from registers, and memcpy, on all threads. Takes about a second.
Peaks MeasurePeaks(int threads);

}  // namespace sg::bench

#endif  // TOOLS_BENCHMARKS_PEAKS_H_
