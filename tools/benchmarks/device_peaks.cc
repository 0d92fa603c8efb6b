#include "tools/benchmarks/device_peaks.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <limits>

#include "engine/backend/backend.h"
#include "engine/backend/kernel_args.h"
#include "engine/backend/tensor_view.h"
#include "engine/runtime/backend_for.h"

namespace sg::bench {
namespace {

using Clock = std::chrono::steady_clock;

double SecondsSince(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

// An f32 tensor of normally distributed random numbers.
class Operand {
 public:
  Operand(Backend& backend, const Shape& shape) : backend_(backend) {
    view_.shape = shape;
    view_.data = backend.Allocate(static_cast<size_t>(view_.NumBytes()));
    RandomArgs args;
    args.y = view_;
    backend.Random(args);
  }
  ~Operand() { backend_.Free(view_.data); }
  Operand(const Operand&) = delete;
  Operand& operator=(const Operand&) = delete;

  const TensorView& view() const { return view_; }

 private:
  Backend& backend_;
  TensorView view_;
};

// The best time of one call. Waits once for as many calls as take a tenth of `seconds`, to make the wait negligible.
double BestSeconds(Backend& backend, double seconds, const std::function<void()>& call) {
  call();  // warms up handles and code
  backend.Synchronize();
  double best = std::numeric_limits<double>::infinity();
  int64_t calls = 1;
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point begin = Clock::now();
    for (int64_t i = 0; i < calls; ++i) call();
    backend.Synchronize();
    const double took = SecondsSince(begin);
    best = std::min(best, took / static_cast<double>(calls));
    if (took < seconds / 10) calls *= 2;
  } while (SecondsSince(start) < seconds);
  return best;
}

double MatMulGflops(Backend& backend, const PeakSizes& sizes) {
  const int64_t n = sizes.matmul;
  const Operand a(backend, {n, n}), b(backend, {n, n}), y(backend, {n, n});
  MatMulArgs args;
  args.a = a.view();
  args.b = b.view();
  args.y = y.view();
  const double operations = 2.0 * static_cast<double>(n) * static_cast<double>(n) * static_cast<double>(n);
  return operations / BestSeconds(backend, sizes.seconds, [&] { backend.MatMul(args); }) / 1e9;
}

double CopyGbps(Backend& backend, const PeakSizes& sizes) {
  const int64_t n = sizes.copy_bytes / SizeOf(DType::kF32);
  const Operand x(backend, {n}), y(backend, {n});
  UnaryArgs args;
  args.x = x.view();
  args.y = y.view();
  args.fn = UnaryFn::kAffine;
  args.alpha = 1;
  const double bytes = 2.0 * static_cast<double>(x.view().NumBytes());
  return bytes / BestSeconds(backend, sizes.seconds, [&] { backend.Unary(args); }) / 1e9;
}

}  // namespace

Peaks MeasureDevicePeaks(Device device, const PeakSizes& sizes) {
  Backend& backend = BackendFor(device);
  Peaks peaks;
  peaks.gflops = MatMulGflops(backend, sizes);
  peaks.copy_gbps = CopyGbps(backend, sizes);
  peaks.method = "f32 matrix product";
  return peaks;
}

}  // namespace sg::bench
