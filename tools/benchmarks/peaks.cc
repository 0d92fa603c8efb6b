#include "tools/benchmarks/peaks.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "benchmark/benchmark.h"

namespace sg::bench {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

constexpr int kChains = 12;  // number of independent sums, enough to hide the latency of a multiply-add
constexpr int64_t kRounds = 4'000'000;

using Vector8 = float __attribute__((vector_size(32)));
using Vector16 = float __attribute__((vector_size(64)));

// Independent multiply-adds. Returns a value to keep the compiler from removing them.
template <typename Vector>
inline __attribute__((always_inline)) float MultiplyAdds() {
  Vector sum[kChains], factor, term;
  for (int i = 0; i < kChains; ++i) sum[i] = Vector{} + static_cast<float>(i);
  factor = Vector{} + 0.999f;
  term = Vector{} + 1e-6f;
  for (int64_t r = 0; r < kRounds; ++r) {
    // Unrolled, since sums in memory would reach only a third of the peak.
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) sum[i] = sum[i] * factor + term;
  }
  float total = 0;
  for (int i = 0; i < kChains; ++i) total += sum[i][0];
  return total;
}

float MultiplyAddsAvx2() { return MultiplyAdds<Vector8>(); }
__attribute__((target("avx512f"))) float MultiplyAddsAvx512() { return MultiplyAdds<Vector16>(); }

double MeasureGflops(int threads, bool avx512) {
  double best = 0;
  for (int repeat = 0; repeat < 3; ++repeat) {
    std::vector<float> results(threads);  // read below to keep the work from being removed
    const Clock::time_point begin = Clock::now();
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; ++t) results[t] = avx512 ? MultiplyAddsAvx512() : MultiplyAddsAvx2();
    const double operations = 2.0 * kRounds * kChains * (avx512 ? 16 : 8) * threads;
    const double seconds = SecondsSince(begin);
    benchmark::DoNotOptimize(results.data());
    best = std::max(best, operations / seconds / 1e9);
  }
  return best;
}

double MeasureCopy(int threads) {
  constexpr int64_t kBytes = int64_t{128} << 20;
  const std::unique_ptr<char[]> from(new char[kBytes]), to(new char[kBytes]);
  double best = 0;
  for (int repeat = 0; repeat < 4; ++repeat) {  // the first one touches the pages
    if (repeat == 0) std::memset(from.get(), 1, kBytes);
    const Clock::time_point begin = Clock::now();
#pragma omp parallel for num_threads(threads) schedule(static, 1)
    for (int t = 0; t < threads; ++t) {
      const int64_t first = kBytes * t / threads, last = kBytes * (t + 1) / threads;
      std::memcpy(to.get() + first, from.get() + first, last - first);
    }
    if (repeat > 0) best = std::max(best, 2.0 * kBytes / SecondsSince(begin) / 1e9);
  }
  return best;
}

}  // namespace

Peaks MeasurePeaks(int threads) {
  const bool avx512 = __builtin_cpu_supports("avx512f");
  return {MeasureGflops(threads, avx512), MeasureCopy(threads),
          avx512 ? "AVX-512 multiply-adds" : "AVX2 multiply-adds"};
}

}  // namespace sg::bench
