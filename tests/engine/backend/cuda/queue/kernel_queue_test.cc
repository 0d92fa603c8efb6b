// Small kernels share launches, and nobody can tell from the results: each case is compared with the reference backend,
// which runs call by call, and its launches are counted.
#include <functional>
#include <vector>

#include "engine/backend/backend.h"
#include "engine/backend/cuda/cuda_backend.h"
#include "engine/backend/kernel_args.h"
#include "engine/backend/tensor_view.h"
#include "engine/base/conv_geometry.h"
#include "engine/base/device.h"
#include "engine/base/device_options.h"
#include "engine/base/dtype.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg {
namespace {

using testing::ExpectClose;
using testing::HostTensor;
using testing::KernelRun;
using testing::Normal;
using testing::Precision;

constexpr testing::Tolerance kClose = {1e-6, 3e-6, false};

// Calls on the tensors of one run.
class Calls {
 public:
  explicit Calls(KernelRun& run) : run_(run), backend_(run.backend()) {}

  Backend& backend() const { return backend_; }
  TensorView Input(const Shape& shape, uint64_t seed) const { return run_.Input(Normal(shape, DType::kF32, seed)); }
  TensorView InOut(const Shape& shape, uint64_t seed) const { return run_.InOut(Normal(shape, DType::kF32, seed)); }
  TensorView Output(const Shape& shape) const { return run_.Output(shape, DType::kF32); }

  TensorView Affine(const TensorView& x, double alpha, double beta) const {
    return AffineTo(x, alpha, beta, Output(x.shape));
  }
  TensorView AffineTo(const TensorView& x, double alpha, double beta, const TensorView& y) const {
    backend_.Unary({x, y, UnaryFn::kAffine, alpha, beta});
    return y;
  }
  TensorView Mul(const TensorView& a, const TensorView& b) const {
    const TensorView y = Output(a.shape);
    backend_.Binary({a, b, y, BinaryFn::kMul, 1, 1});
    return y;
  }
  TensorView SumTo(const TensorView& x, const Shape& shape) const {
    const TensorView y = Output(shape);
    backend_.Reduce({x, TensorView(), y, 1});
    return y;
  }
  TensorView MatMul(const TensorView& a, const TensorView& b) const {
    const TensorView y = Output({a.shape.dim(0), b.shape.dim(1)});
    backend_.MatMul({a, b, y});
    return y;
  }
  TensorView BiasAct(const TensorView& x, const TensorView& bias) const {
    const TensorView y = Output(x.shape);
    BiasActArgs args;
    args.x = x;
    args.bias = bias;
    args.y = y;
    args.slope = 0.2;
    args.gain = 1.4;
    backend_.BiasAct(args);
    return y;
  }

 private:
  KernelRun& run_;
  Backend& backend_;
};

class KernelQueueTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!IsAvailable(Device::Cuda())) GTEST_SKIP() << CudaUnavailableReason(0);
    DeviceOptions options;
    options.tf32 = false;
    ConfigureDevice(Device::Cuda(), options);
  }
  void TearDown() override { ConfigureDevice(Device::Cuda(), {}); }

  // `calls` first makes its inputs, then what it returns makes the calls.
  using Case = std::function<std::function<void()>(const Calls&)>;
  static void ExpectLaunches(int64_t launches, const Case& make) {
    std::vector<HostTensor> results[2];
    int64_t launched = 0;
    for (const Device device : {Device::Ref(), Device::Cuda()}) {
      const bool gpu = device.type == DeviceType::kCuda;
      KernelRun run(device, gpu ? Precision::kAsGiven : Precision::kWide);
      const Calls calls(run);
      const std::function<void()> call = make(calls);
      run.backend().Synchronize();
      const int64_t before = CudaCountsSoFar().launches;
      call();
      run.backend().Synchronize();
      if (gpu) launched = CudaCountsSoFar().launches - before;
      results[gpu] = run.ReadOutputs();
      run.CheckUntouched();
    }
    EXPECT_EQ(launched, launches);
    ASSERT_EQ(results[0].size(), results[1].size());
    for (size_t i = 0; i < results[0].size(); ++i) {
      SCOPED_TRACE(::testing::Message() << "result " << i);
      ExpectClose(results[1][i], results[0][i], kClose);
    }
  }
};

TEST_F(KernelQueueTest, WhatDoesNotDependOnEachOtherSharesALaunch) {
  ExpectLaunches(1, [](const Calls& c) {
    const TensorView x = c.Input({5000}, 1), m = c.Input({40, 50}, 2), n = c.Input({50, 7}, 3);
    return [=] {
      c.Affine(x, 2, 1);
      c.SumTo(m, {1, 50});
      c.MatMul(m, n);
      c.Mul(m, m);
      c.backend().Fill({c.Output({3}), 5});
    };
  });
}

TEST_F(KernelQueueTest, ElementByElementAChainIsOneLaunch) {
  ExpectLaunches(1, [](const Calls& c) {
    const TensorView x = c.Input({3, 41, 16}, 1), row = c.Input({16}, 2);
    return [=] { c.Affine(c.Mul(c.BiasAct(c.Mul(x, row), row), x), -1, 0.5); };
  });
}

TEST_F(KernelQueueTest, ElementsThatDoNotComeInFoursFollowToo) {
  ExpectLaunches(1, [](const Calls& c) {
    const TensorView x = c.Input({7, 11, 3}, 1), row = c.Input({3}, 2);
    return [=] { c.Mul(c.BiasAct(c.Affine(x, 3, 0), row), row); };
  });
}

TEST_F(KernelQueueTest, AnActivationFollowsItsProductAndASum) {
  ExpectLaunches(1, [](const Calls& c) {
    const TensorView a = c.Input({9, 70}, 1), b = c.Input({70, 37}, 2), bias = c.Input({37}, 3);
    return [=] {
      c.Affine(c.BiasAct(c.MatMul(a, b), bias), 2, 1);
      c.Affine(c.SumTo(a, {1, 70}), 1, 1);
    };
  });
}

TEST_F(KernelQueueTest, WhatReadsOtherElementsWaitsForThem) {
  ExpectLaunches(2, [](const Calls& c) {
    const TensorView x = c.Input({6, 5}, 1), ones = c.Input({6, 5}, 2);
    return [=] { c.Mul(ones, c.SumTo(x, {1, 5})); };
  });
  ExpectLaunches(2, [](const Calls& c) {  // the rows of a product
    const TensorView a = c.Input({20, 20}, 1);
    return [=] { c.MatMul(c.MatMul(a, a), a); };
  });
  ExpectLaunches(2, [](const Calls& c) {  // the same elements in another shape are other positions of a broadcast
    const TensorView x = c.Input({1, 8}, 1), y = c.Input({8, 8}, 2);
    return [=] { c.Mul(y, c.Affine(x, 2, 0)); };
  });
}

TEST_F(KernelQueueTest, LargeSumsTakeASecondStage) {
  ExpectLaunches(2, [](const Calls& c) {
    const TensorView x = c.Input({300000}, 1);
    return [=] { c.Affine(c.SumTo(x, {1}), 2, 0); };
  });
}

// A chain joins one group: what needs two of them waits.
TEST_F(KernelQueueTest, TwoChainsMeetInALaterLaunch) {
  ExpectLaunches(2, [](const Calls& c) {
    const TensorView x = c.Input({999}, 1), y = c.Input({999}, 2);
    return [=] { c.Mul(c.Affine(x, 2, 0), c.Affine(y, 3, 0)); };
  });
}

TEST_F(KernelQueueTest, WritingComesAfterReading) {
  ExpectLaunches(3, [](const Calls& c) {
    const TensorView x = c.InOut({500}, 1);
    return [=] {
      c.Affine(x, 2, 0);
      c.backend().Fill({x, 7});  // not before the line above has read it
      c.Affine(x, 3, 0);         // joins the one above
      c.backend().Fill({x, 8});
    };
  });
}

TEST_F(KernelQueueTest, CallsOfLibrariesWaitForTheirOperandsAlone) {
  ExpectLaunches(2, [](const Calls& c) {
    const TensorView x = c.Input({2, 8, 8, 16}, 1), w = c.Input({16, 3, 3, 16}, 2), other = c.Input({1000}, 3);
    return [=] {
      c.SumTo(c.Affine(other, 2, 0), {1});  // its second launch waits for company
      const TensorView y = c.Output(x.shape);
      c.backend().Conv2d({c.Affine(x, 2, 0), w, y, ConvGeometry::Padded(1)});
      c.Affine(y, 1, 1);
    };
  });
}

TEST_F(KernelQueueTest, AnUploadComesAfterWhatReadsTheOldContents) {
  ExpectLaunches(2, [](const Calls& c) {
    const TensorView x = c.InOut({256}, 1);
    return [=] {
      const bool wide = x.dtype == DType::kF64;
      const std::vector<float> floats(256, 4.0f);
      const std::vector<double> doubles(256, 4.0);
      c.Affine(x, 2, 0);
      c.backend().CopyFromHost(x.data, wide ? static_cast<const void*>(doubles.data()) : floats.data(),
                               static_cast<size_t>(x.NumBytes()));
      c.Affine(x, 3, 0);
    };
  });
}

// More than one launch takes: 48.
TEST_F(KernelQueueTest, ManyKernelsTakeSeveralLaunches) {
  constexpr int kKernels = 3 * 48;
  ExpectLaunches(3, [](const Calls& c) {
    const TensorView x = c.Input({100}, 1);
    return [=] {
      for (int i = 0; i < kKernels; ++i) c.Affine(x, i, 1);
    };
  });
}

TEST_F(KernelQueueTest, WhatIsFreedIsNotHandedOutBeforeItHasBeenRead) {
  Backend& backend = *CudaBackend(0);
  constexpr int64_t kCount = 1000, kBytes = kCount * static_cast<int64_t>(sizeof(float));
  const auto view = [&](void* data) { return TensorView{data, DType::kF32, {kCount}}; };
  void* const sum = backend.Allocate(sizeof(float));
  for (int i = 1; i <= 3; ++i) {
    void* const x = backend.Allocate(kBytes);
    backend.Fill({view(x), static_cast<double>(i)});
    backend.Reduce({view(x), TensorView(), {sum, DType::kF32, {1}}, 1});
    const int64_t live = backend.Stats().live_bytes;
    backend.Free(x);
    EXPECT_LT(backend.Stats().live_bytes, live);
    void* const y = backend.Allocate(kBytes);
    EXPECT_NE(y, x);
    const std::vector<float> other(kCount, -1.0f);
    backend.CopyFromHost(y, other.data(), kBytes);
    float result = 0;
    backend.CopyToHost(&result, sum, sizeof result);
    EXPECT_EQ(result, static_cast<float>(i * kCount));
    backend.Free(y);
    void* const again = backend.Allocate(kBytes);
    EXPECT_TRUE(again == x || again == y);
    backend.Free(again);
  }
  backend.Free(sum);
}

}  // namespace
}  // namespace sg
