// Compares every backend with the reference backend: runs a kernel in f64 on the reference backend and in the requested
// types on every available device, from the same numbers. A new device is covered as soon as AvailableDevices() lists
// it.
//
//   const HostTensor x = Normal({2, 5, 5, 3}, DType::kF32, /*seed=*/1);
//   ExpectMatchesRef(ElementwiseTolerance(DType::kF32), [&](KernelRun& run) {
//     UnaryArgs args;
//     args.x = run.Input(x);
//     args.y = run.Output(x.shape, x.dtype);
//     args.fn = UnaryFn::kTanh;
//     run.backend().Unary(args);
//   });
//
// Every buffer is followed by guard bytes, outputs start as NaN, and inputs are checked after the run. A kernel that
// writes outside its output, or leaves part of it unwritten, therefore fails.
#ifndef TESTS_SUPPORT_DEVICE_SUITE_H_
#define TESTS_SUPPORT_DEVICE_SUITE_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/device.h"

namespace sg::testing {

// Numbers on the host. All of them are representable in `dtype`, so every device and precision starts from the same
// ones.
struct HostTensor {
  HostTensor() = default;
  HostTensor(const Shape& shape, DType dtype, const std::vector<double>& values);  // rounds to dtype

  Shape shape;
  DType dtype = DType::kF32;
  std::vector<double> values;
};

HostTensor Normal(const Shape& shape, DType dtype, uint64_t seed);
HostTensor Uniform(const Shape& shape, DType dtype, uint64_t seed, double low, double high);
double Dot(const HostTensor& a, const HostTensor& b);
double Norm(const HostTensor& a);

enum class Precision {
  kAsGiven,  // buffers have the requested dtype
  kWide,     // floating buffers are f64, for the reference
};

// The buffers of one or more kernel calls on one device. Freed at the end.
class KernelRun {
 public:
  KernelRun(Device device, Precision precision);
  ~KernelRun();
  KernelRun(const KernelRun&) = delete;
  KernelRun& operator=(const KernelRun&) = delete;

  Backend& backend() { return backend_; }
  TensorView Input(const HostTensor& values);
  TensorView Output(const Shape& shape, DType dtype);  // compared after the run
  TensorView InOut(const HostTensor& values);          // written in place and compared after the run
  HostTensor Read(const TensorView& view);
  // The contents of all Output and InOut buffers in the order of their creation.
  std::vector<HostTensor> ReadOutputs();
  // Fails the test if a kernel wrote past a buffer or changed an input.
  void CheckUntouched();

 private:
  struct Buffer {
    TensorView view;
    std::vector<unsigned char> initial;  // including the guard bytes
    bool written;
  };
  TensorView Add(const Shape& shape, DType dtype, const std::vector<double>* values, bool written);

  Backend& backend_;
  const Precision precision_;
  std::vector<Buffer> buffers_;
};

// Bounds of |got - want| / |want|, in the Euclidean and in the maximum norm over one output. {0, 0} demands equal bits,
// and NaN for NaN.
struct Tolerance {
  double rms = 0, max = 0;
  bool contraction = false;    // a GPU may compute it with TF32 operands
  bool winograd_bf16 = false;  // the CPU may compute it by Winograd's method in bf16
};

constexpr Tolerance Exact() { return {0, 0, false}; }
// Allows for rounding of the result and of a few intermediate steps. In bf16 the result has 8 bits: half a unit is
// 2^-9.
constexpr Tolerance ElementwiseTolerance(DType dtype) {
  return dtype == DType::kBF16 ? Tolerance{3e-3, 5e-3, false} : Tolerance{1e-6, 1e-6, false};
}
// For sums in f32 whose order depends on the device. The result of bf16 operands is f32, and their products are exact
// in f32. The only additional error is that of dot-product instructions that round differently inside.
constexpr Tolerance ContractionTolerance(DType dtype) {
  return dtype == DType::kBF16 ? Tolerance{1e-4, 5e-4, true} : Tolerance{1e-5, 5e-5, true};
}
// The same, for 3x3 convolutions of bf16 operands with enough tiles for Winograd's method on the CPU.
constexpr Tolerance WinogradBf16Tolerance() { return {1e-4, 5e-4, true, true}; }
// For sums in f32, returned in dtype.
constexpr Tolerance SumTolerance(DType dtype) {
  return dtype == DType::kBF16 ? Tolerance{3e-3, 5e-3, false} : Tolerance{1e-5, 2e-5, false};
}

void ExpectClose(const HostTensor& got, const HostTensor& want, const Tolerance& tolerance);

using Kernel = std::function<void(KernelRun&)>;

// Runs `kernel` in f64 on the reference backend, and in the given types on every device including the reference
// backend.
void ExpectMatchesRef(const Tolerance& tolerance, const Kernel& kernel);
// Runs the reference in the given types too. For integers, conversions, random bits and the limits of a type's range.
void ExpectMatchesRefInSameTypes(const Tolerance& tolerance, const Kernel& kernel);

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_DEVICE_SUITE_H_
