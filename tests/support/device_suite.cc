#include "tests/support/device_suite.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <random>

#include "engine/base/bfloat16.h"
#include "engine/base/check.h"
#include "engine/runtime/backend_for.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"

namespace sg::testing {
namespace {

constexpr size_t kGuardBytes = 64;
constexpr unsigned char kGuardByte = 0xff;  // a NaN in every floating dtype

template <typename T>
T FromDouble(double value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return BFloat16(static_cast<float>(value));
  } else {
    return static_cast<T>(value);
  }
}

template <typename T>
double ToDouble(T value) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return static_cast<float>(value);
  } else {
    return static_cast<double>(value);
  }
}

template <typename F>
void Dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::kF32: return f(float());
    case DType::kF64: return f(double());
    case DType::kBF16: return f(BFloat16());
    case DType::kI32: return f(int32_t());
    case DType::kU8: return f(uint8_t());
  }
}

void Encode(DType dtype, const std::vector<double>& values, unsigned char* bytes) {
  Dispatch(dtype, [&](auto type) {
    using T = decltype(type);
    for (size_t i = 0; i < values.size(); ++i) {
      const T value = FromDouble<T>(values[i]);
      std::memcpy(bytes + i * sizeof(T), &value, sizeof(T));
    }
  });
}

void Decode(DType dtype, const unsigned char* bytes, std::vector<double>* values) {
  Dispatch(dtype, [&](auto type) {
    using T = decltype(type);
    for (size_t i = 0; i < values->size(); ++i) {
      T value;
      std::memcpy(&value, bytes + i * sizeof(T), sizeof(T));
      (*values)[i] = ToDouble(value);
    }
  });
}

bool SameValue(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

void RunOnAllDevices(Precision oracle, const Tolerance& tolerance, const Kernel& kernel) {
  KernelRun reference(Device::Ref(), oracle);
  kernel(reference);
  reference.CheckUntouched();
  const std::vector<HostTensor> want = reference.ReadOutputs();
  for (Device device : AvailableDevices()) {
    SCOPED_TRACE(::testing::Message() << "device " << device);
    KernelRun run(device, Precision::kAsGiven);
    kernel(run);
    run.CheckUntouched();
    const std::vector<HostTensor> got = run.ReadOutputs();
    ASSERT_EQ(got.size(), want.size());
    Tolerance allowed = tolerance;
    if (tolerance.contraction && device.type == DeviceType::kCuda) {
      // TF32 operands keep 10 bits of mantissa. Kernels that hand f32 numbers to the tensor cores as they are lose the
      // other bits: a relative error of up to 2^-10 each, always towards zero, so the errors of a sum do not cancel.
      allowed.rms = std::max(tolerance.rms, 2.5e-3);
      allowed.max = std::max(tolerance.max, 5e-3);
    }
    if (tolerance.winograd_bf16 && device.type == DeviceType::kCpu) {
      // The transforms of the operands are rounded to bf16 too, and the transform of the result amplifies these errors
      // to 1.1e-2 rms (engine/backend/cpu/README.md).
      allowed.rms = std::max(tolerance.rms, 1.5e-2);
      allowed.max = std::max(tolerance.max, 3e-2);
    }
    for (size_t i = 0; i < got.size(); ++i) {
      SCOPED_TRACE(::testing::Message() << "output " << i << " " << got[i].dtype << got[i].shape);
      ExpectClose(got[i], want[i], allowed);
    }
  }
}

}  // namespace

HostTensor::HostTensor(const Shape& shape, DType dtype, const std::vector<double>& values)
    : shape(shape), dtype(dtype), values(values) {
  SG_CHECK(static_cast<int64_t>(values.size()) == shape.NumElements())
      << "[HostTensor] " << values.size() << " values for " << shape;
  std::vector<unsigned char> bytes(values.size() * SizeOf(dtype));
  Encode(dtype, values, bytes.data());
  Decode(dtype, bytes.data(), &this->values);
}

HostTensor Normal(const Shape& shape, DType dtype, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::normal_distribution<double> normal;
  std::vector<double> values(shape.NumElements());
  for (double& v : values) v = normal(generator);
  return HostTensor(shape, dtype, values);
}

HostTensor Uniform(const Shape& shape, DType dtype, uint64_t seed, double low, double high) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<double> uniform(low, high);
  std::vector<double> values(shape.NumElements());
  for (double& v : values) v = uniform(generator);
  return HostTensor(shape, dtype, values);
}

double Dot(const HostTensor& a, const HostTensor& b) {
  SG_CHECK(a.shape == b.shape) << "[Dot] " << a.shape << " and " << b.shape;
  double sum = 0;
  for (size_t i = 0; i < a.values.size(); ++i) sum += a.values[i] * b.values[i];
  return sum;
}

double Norm(const HostTensor& a) { return std::sqrt(Dot(a, a)); }

KernelRun::KernelRun(Device device, Precision precision) : backend_(BackendFor(device)), precision_(precision) {}

KernelRun::~KernelRun() {
  backend_.Synchronize();
  for (const Buffer& buffer : buffers_) backend_.Free(buffer.view.data);
}

TensorView KernelRun::Add(const Shape& shape, DType dtype, const std::vector<double>* values, bool written) {
  const DType stored = precision_ == Precision::kWide && IsFloating(dtype) ? DType::kF64 : dtype;
  TensorView view{nullptr, stored, shape};
  std::vector<unsigned char> bytes(view.NumBytes() + kGuardBytes, kGuardByte);
  if (values != nullptr) Encode(stored, *values, bytes.data());
  view.data = backend_.Allocate(bytes.size());
  backend_.CopyFromHost(view.data, bytes.data(), bytes.size());
  buffers_.push_back({view, std::move(bytes), written});
  return view;
}

TensorView KernelRun::Input(const HostTensor& t) { return Add(t.shape, t.dtype, &t.values, false); }

TensorView KernelRun::Output(const Shape& shape, DType dtype) { return Add(shape, dtype, nullptr, true); }

TensorView KernelRun::InOut(const HostTensor& t) { return Add(t.shape, t.dtype, &t.values, true); }

HostTensor KernelRun::Read(const TensorView& view) {
  std::vector<unsigned char> bytes(view.NumBytes());
  backend_.CopyToHost(bytes.data(), view.data, bytes.size());
  HostTensor result;
  result.shape = view.shape;
  result.dtype = view.dtype;
  result.values.resize(view.NumElements());
  Decode(view.dtype, bytes.data(), &result.values);
  return result;
}

std::vector<HostTensor> KernelRun::ReadOutputs() {
  std::vector<HostTensor> outputs;
  for (const Buffer& buffer : buffers_) {
    if (buffer.written) outputs.push_back(Read(buffer.view));
  }
  return outputs;
}

void KernelRun::CheckUntouched() {
  for (size_t i = 0; i < buffers_.size(); ++i) {
    const Buffer& buffer = buffers_[i];
    std::vector<unsigned char> bytes(buffer.initial.size());
    backend_.CopyToHost(bytes.data(), buffer.view.data, bytes.size());
    const size_t begin = buffer.written ? buffer.view.NumBytes() : 0;
    EXPECT_TRUE(std::equal(bytes.begin() + begin, bytes.end(), buffer.initial.begin() + begin))
        << "buffer " << i << " " << buffer.view.dtype << buffer.view.shape
        << (buffer.written ? ": bytes after its end were written" : ": an input was changed");
  }
}

void ExpectClose(const HostTensor& got, const HostTensor& want, const Tolerance& tolerance) {
  ASSERT_EQ(got.shape, want.shape);
  double error_squares = 0, want_squares = 0, error_max = 0, want_max = 0;
  size_t worst = 0, wrong_specials = 0;
  for (size_t i = 0; i < want.values.size(); ++i) {
    const double g = got.values[i], w = want.values[i];
    if (!std::isfinite(w) || !std::isfinite(g)) {
      if (!SameValue(g, w) && wrong_specials++ == 0) ADD_FAILURE() << "element " << i << " is " << g << ", not " << w;
      continue;
    }
    const double error = std::fabs(g - w);
    error_squares += error * error;
    want_squares += w * w;
    want_max = std::max(want_max, std::fabs(w));
    if (error > error_max) {
      error_max = error;
      worst = i;
    }
  }
  EXPECT_EQ(wrong_specials, 0u) << "elements that should or should not be finite";
  if (error_max == 0) return;
  EXPECT_LE(std::sqrt(error_squares), tolerance.rms * std::sqrt(want_squares))
      << "relative rms error " << std::sqrt(error_squares / want_squares);
  EXPECT_LE(error_max, tolerance.max * want_max)
      << "element " << worst << " is " << got.values[worst] << ", not " << want.values[worst];
}

void ExpectMatchesRef(const Tolerance& tolerance, const Kernel& kernel) {
  RunOnAllDevices(Precision::kWide, tolerance, kernel);
}

void ExpectMatchesRefInSameTypes(const Tolerance& tolerance, const Kernel& kernel) {
  RunOnAllDevices(Precision::kAsGiven, tolerance, kernel);
}

}  // namespace sg::testing
