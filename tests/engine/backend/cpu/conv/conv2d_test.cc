// The convolution and its gradients on the CPU backend, by every method that conv2d.cc chooses between, compared with
// loops in double. Also checks that packed weights follow changes of their buffers. The device suite compares the
// kernels with the reference backend as well.
#include <algorithm>
#include <cmath>
#include <functional>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "engine/backend/cpu/cpu_backend.h"
#include "engine/base/bfloat16.h"
#include "engine/base/conv_geometry.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

Backend& Cpu() { return *CpuBackend(); }

// A tensor on the backend, filled with values.
class Buffer {
 public:
  explicit Buffer(const Shape& shape, DType dtype = DType::kF32)
      : view_{Cpu().Allocate(static_cast<size_t>(shape.NumElements() * SizeOf(dtype))), dtype, shape} {}
  ~Buffer() { Cpu().Free(view_.data); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;

  const TensorView& view() const { return view_; }
  void Set(const std::vector<float>& values) {
    if (view_.dtype == DType::kF32) {
      Cpu().CopyFromHost(view_.data, values.data(), values.size() * sizeof(float));
    } else {
      std::vector<BFloat16> narrow;
      for (float value : values) narrow.push_back(BFloat16(value));
      Cpu().CopyFromHost(view_.data, narrow.data(), narrow.size() * sizeof(BFloat16));
    }
  }
  std::vector<float> Get() const {
    std::vector<float> values(static_cast<size_t>(view_.NumElements()));
    Cpu().CopyToHost(values.data(), view_.data, values.size() * sizeof(float));
    return values;
  }

 private:
  TensorView view_;
};

// Multiples of 1/8 in [-1, 1]: exact in bf16.
std::vector<float> Values(const Shape& shape, uint32_t seed) {
  std::vector<float> values(static_cast<size_t>(shape.NumElements()));
  uint32_t state = seed * 2654435761u + 1;
  for (float& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<float>(static_cast<int>((state >> 16) % 17) - 8) / 8;
  }
  return values;
}

// Calls f(x index, w index, y index) for every product of the convolution.
void ForEachProduct(const Shape& x, const Shape& w, const Shape& y, const ConvGeometry& g,
                    const std::function<void(size_t, size_t, size_t)>& f) {
  const int64_t per_group = w[0] / g.groups;
  for (int64_t n = 0; n < y[0]; ++n)
    for (int64_t ho = 0; ho < y[1]; ++ho)
      for (int64_t wo = 0; wo < y[2]; ++wo)
        for (int64_t kh = 0; kh < w[1]; ++kh)
          for (int64_t kw = 0; kw < w[2]; ++kw) {
            const int64_t h = ho * g.stride_h + kh - g.pad_h, v = wo * g.stride_w + kw - g.pad_w;
            if (h < 0 || h >= x[1] || v < 0 || v >= x[2]) continue;
            for (int64_t o = 0; o < w[0]; ++o)
              for (int64_t c = 0; c < w[3]; ++c) {
                const int64_t channel = o / per_group * w[3] + c;
                f(static_cast<size_t>(((n * x[1] + h) * x[2] + v) * x[3] + channel),
                  static_cast<size_t>(((o * w[1] + kh) * w[2] + kw) * w[3] + c),
                  static_cast<size_t>(((n * y[1] + ho) * y[2] + wo) * y[3] + o));
              }
          }
}

void ExpectNear(const std::vector<float>& actual, const std::vector<double>& expected, const char* what) {
  ASSERT_EQ(actual.size(), expected.size());
  double error = 0, scale = 1;
  for (size_t i = 0; i < actual.size(); ++i) {
    error = std::fmax(error, std::abs(actual[i] - expected[i]));
    scale = std::fmax(scale, std::abs(expected[i]));
    ASSERT_TRUE(std::isfinite(actual[i])) << what;
  }
  EXPECT_LE(error, 2e-6 * scale) << what;
}

struct Case {
  const char* name;
  Shape x, w;
  ConvGeometry geometry;
  DType dtype = DType::kF32;
};

void PrintTo(const Case& c, std::ostream* os) { *os << c.name << " " << c.dtype; }

class Conv2dTest : public testing::TestWithParam<Case> {};

TEST_P(Conv2dTest, TrioMatchesLoops) {
  const Case& c = GetParam();
  const Shape y = Conv2dOutputShape("Conv2d", c.x, c.w, c.geometry);
  Buffer x_in(c.x, c.dtype), w_in(c.w, c.dtype), dy_in(y, c.dtype), y_out(y), dx_out(c.x), dw_out(c.w);
  const std::vector<float> xs = Values(c.x, 1), ws = Values(c.w, 2), dys = Values(y, 3);
  x_in.Set(xs);
  w_in.Set(ws);
  dy_in.Set(dys);
  // No trace of a buffer's old contents may remain.
  const float kStale = NAN;
  for (Buffer* out : {&y_out, &dx_out, &dw_out}) {
    out->Set(std::vector<float>(static_cast<size_t>(out->view().NumElements()), kStale));
  }
  Cpu().Conv2d({x_in.view(), w_in.view(), y_out.view(), c.geometry});
  Cpu().Conv2dInputGrad({dy_in.view(), w_in.view(), dx_out.view(), c.geometry});
  Cpu().Conv2dWeightGrad({x_in.view(), dy_in.view(), dw_out.view(), c.geometry});

  std::vector<double> y_ref(dys.size()), dx_ref(xs.size()), dw_ref(ws.size());
  ForEachProduct(c.x, c.w, y, c.geometry, [&](size_t i, size_t j, size_t k) {
    y_ref[k] += static_cast<double>(xs[i]) * ws[j];
    dx_ref[i] += static_cast<double>(dys[k]) * ws[j];
    dw_ref[j] += static_cast<double>(xs[i]) * dys[k];
  });
  ExpectNear(y_out.Get(), y_ref, "y");
  ExpectNear(dx_out.Get(), dx_ref, "dx");
  ExpectNear(dw_out.Get(), dw_ref, "dw");

  const std::vector<float> y_first = y_out.Get(), dx_first = dx_out.Get(), dw_first = dw_out.Get();
  Cpu().Conv2d({x_in.view(), w_in.view(), y_out.view(), c.geometry});
  Cpu().Conv2dInputGrad({dy_in.view(), w_in.view(), dx_out.view(), c.geometry});
  Cpu().Conv2dWeightGrad({x_in.view(), dy_in.view(), dw_out.view(), c.geometry});
  EXPECT_EQ(y_first, y_out.Get()) << "a repetition gives the same bits";
  EXPECT_EQ(dx_first, dx_out.Get());
  EXPECT_EQ(dw_first, dw_out.Get());
}

INSTANTIATE_TEST_SUITE_P(
    Shapes, Conv2dTest,
    testing::Values(Case{"3x3", {2, 8, 8, 16}, {24, 3, 3, 16}, ConvGeometry::Padded(1)},
                    Case{"3x3 odd channels", {2, 7, 5, 13}, {11, 3, 3, 13}, ConvGeometry::Padded(1)},
                    Case{"3x3 one channel", {2, 6, 6, 1}, {1, 3, 3, 1}, ConvGeometry::Padded(1)},
                    Case{"3x3 from rgb", {2, 9, 9, 3}, {16, 3, 3, 3}, ConvGeometry::Padded(1)},
                    Case{"3x3 to rgb", {2, 9, 9, 16}, {3, 3, 3, 16}, ConvGeometry::Padded(1)},
                    Case{"3x3 without padding", {2, 8, 8, 8}, {8, 3, 3, 8}, ConvGeometry::Padded(0)},
                    Case{"3x3 full padding", {2, 4, 4, 8}, {8, 3, 3, 8}, ConvGeometry::Padded(2)},
                    Case{"5x5", {1, 9, 9, 8}, {8, 5, 5, 8}, ConvGeometry::Padded(2)},
                    Case{"1x3", {2, 6, 6, 8}, {8, 1, 3, 8}, {1, 1, 0, 1, 1}},
                    Case{"head 4x4 to 2x2", {3, 4, 4, 33}, {17, 3, 3, 33}, ConvGeometry::Padded(0)},
                    Case{"few pixels padded", {3, 2, 2, 9}, {10, 3, 3, 9}, ConvGeometry::Padded(1)},
                    Case{"one pixel", {3, 1, 1, 9}, {10, 3, 3, 9}, ConvGeometry::Padded(1)},
                    Case{"1x1", {2, 6, 6, 16}, {24, 1, 1, 16}, {}},
                    Case{"1x1 from rgb", {2, 16, 16, 3}, {16, 1, 1, 3}, {}},
                    Case{"1x1 to rgb", {2, 16, 16, 16}, {3, 1, 1, 16}, {}},
                    Case{"1x1 stride 2 few channels", {2, 8, 8, 3}, {16, 1, 1, 3}, {2, 2, 0, 0, 1}},
                    Case{"1x1 stride 2 odd extent", {2, 7, 7, 5}, {3, 1, 1, 5}, {2, 2, 0, 0, 1}},
                    Case{"1x1 stride 2 many channels", {2, 8, 8, 32}, {16, 1, 1, 32}, {2, 2, 0, 0, 1}},
                    Case{"1x1 stride 2 grouped", {2, 8, 8, 8}, {8, 1, 1, 2}, {2, 2, 0, 0, 4}},
                    Case{"1x1 padded", {2, 5, 5, 4}, {8, 1, 1, 4}, ConvGeometry::Padded(1)},
                    Case{"3x3 stride 2", {2, 9, 9, 16}, {8, 3, 3, 16}, {2, 2, 0, 0, 1}},
                    Case{"3x3 stride 2 with a rest", {2, 8, 8, 6}, {8, 3, 3, 6}, {2, 2, 0, 0, 1}},
                    Case{"3x3 stride 2 padded", {2, 8, 8, 3}, {8, 3, 3, 3}, {2, 2, 1, 1, 1}},
                    Case{"stride 2x1", {2, 8, 6, 8}, {8, 3, 3, 8}, {2, 1, 1, 1, 1}},
                    Case{"few pixels stride 3", {2, 7, 8, 6}, {8, 3, 3, 6}, {4, 3, 0, 0, 1}},
                    Case{"depthwise", {2, 8, 8, 16}, {16, 3, 3, 1}, {1, 1, 1, 1, 16}},
                    Case{"depthwise odd channels", {2, 8, 8, 5}, {5, 3, 3, 1}, {1, 1, 1, 1, 5}},
                    Case{"depthwise to twice the channels", {2, 8, 8, 6}, {12, 3, 3, 1}, {1, 1, 1, 1, 6}},
                    Case{"grouped", {2, 6, 6, 16}, {24, 3, 3, 8}, {1, 1, 1, 1, 2}},
                    Case{"grouped odd channels", {2, 6, 6, 15}, {9, 3, 3, 5}, {1, 1, 1, 1, 3}},
                    Case{"grouped few pixels", {2, 4, 4, 8}, {8, 3, 3, 4}, {1, 1, 0, 0, 2}},
                    Case{"grouped 1x1", {2, 6, 6, 12}, {6, 1, 1, 4}, {1, 1, 0, 0, 3}},
                    Case{"3x3", {2, 8, 8, 16}, {24, 3, 3, 16}, ConvGeometry::Padded(1), DType::kBF16},
                    Case{"head", {3, 4, 4, 33}, {17, 3, 3, 33}, ConvGeometry::Padded(0), DType::kBF16},
                    Case{"1x1 to rgb", {2, 16, 16, 16}, {3, 1, 1, 16}, {}, DType::kBF16},
                    Case{"1x1 stride 2", {2, 8, 8, 3}, {16, 1, 1, 3}, {2, 2, 0, 0, 1}, DType::kBF16},
                    Case{"depthwise", {2, 8, 8, 5}, {5, 3, 3, 1}, {1, 1, 1, 1, 5}, DType::kBF16}));

TEST(Conv2dEmptyTest, NoImagesLeaveZeroWeightGradients) {
  const Shape x = {0, 8, 8, 4}, w = {4, 3, 3, 4};
  Buffer x_in(x), w_in(w), y_out(x), dw_out(w);
  w_in.Set(Values(w, 1));
  dw_out.Set(Values(w, 2));
  Cpu().Conv2d({x_in.view(), w_in.view(), y_out.view(), ConvGeometry::Padded(1)});
  Cpu().Conv2dWeightGrad({x_in.view(), y_out.view(), dw_out.view(), ConvGeometry::Padded(1)});
  EXPECT_EQ(dw_out.Get(), std::vector<float>(4 * 9 * 4));
}

// Weights with a ContentId, like those of a tensor.
class Weights {
 public:
  explicit Weights(const Shape& shape) : buffer_(shape) {
    static uint64_t next = uint64_t{1} << 62;  // no tensor's buffer
    content_.buffer = next++;
  }
  TensorView view() const {
    TensorView view = buffer_.view();
    view.content = content_;
    return view;
  }
  void Set(float value) {
    buffer_.Set(std::vector<float>(static_cast<size_t>(view().NumElements()), value));
    Written();
  }
  // Call after every write.
  void Written() { ++content_.version; }

 private:
  Buffer buffer_;
  ContentId content_;
};

// Checks the cached weights before and after they change. All elements of the weights have one value. For an image of
// ones, an inner pixel of a convolution is 3 * 3 * 8 times that value, in both directions.
class PackedWeightsTest : public testing::Test {
 protected:
  PackedWeightsTest() { x_.Set(std::vector<float>(8 * 64, 1.0f)); }

  void ExpectWeights(const TensorView& w, float value) {
    Cpu().Conv2d({x_.view(), w, y_.view(), ConvGeometry::Padded(1)});
    EXPECT_NEAR(y_.Get()[(8 + 1) * 8], 72 * value, 1e-3);
    Cpu().Conv2dInputGrad({x_.view(), w, y_.view(), ConvGeometry::Padded(1)});
    EXPECT_NEAR(y_.Get()[(8 + 1) * 8], 72 * value, 1e-3);
    Cpu().WeightEnergy({w, energy_.view(), 0.5});
    for (float e : energy_.Get()) EXPECT_NEAR(e, 0.5f * 9 * value * value, 1e-3);
  }

  const Shape w_shape_ = {8, 3, 3, 8};
  Buffer x_{{1, 8, 8, 8}}, y_{{1, 8, 8, 8}}, energy_{{8, 8}};
};

TEST_F(PackedWeightsTest, FollowCopyFromHost) {
  Weights w(w_shape_);
  for (float value : {1.0f, 2.0f, -3.0f}) {
    w.Set(value);
    ExpectWeights(w.view(), value);
  }
}

TEST_F(PackedWeightsTest, FollowCopyIntoTheSecondHalf) {
  Weights w(w_shape_);
  w.Set(1);
  ExpectWeights(w.view(), 1);
  const std::vector<float> half(4 * 9 * 8, 2.0f);
  Cpu().CopyFromHost(w.view().as<float>() + half.size(), half.data(), half.size() * sizeof(float));
  w.Written();
  Cpu().Conv2d({x_.view(), w.view(), y_.view(), ConvGeometry::Padded(1)});
  EXPECT_EQ(y_.Get()[(8 + 1) * 8], 72);
  EXPECT_EQ(y_.Get()[(8 + 1) * 8 + 7], 144);
}

TEST_F(PackedWeightsTest, FollowAdamStep) {
  Weights w(w_shape_), m(w_shape_), v(w_shape_), gradient(w_shape_);
  Buffer scale({1});
  w.Set(1);
  m.Set(0);
  v.Set(0);
  gradient.Set(1);
  scale.Set({1.0f});
  ExpectWeights(w.view(), 1);
  const AdamTensor tensors[] = {{w.view(), m.view(), v.view(), gradient.view()}};
  AdamStepArgs args;
  args.tensors = tensors;
  args.grad_scale = scale.view();
  args.lr = 0.5;
  Cpu().AdamStep(args);
  w.Written();
  ExpectWeights(w.view(), 0.5f);
}

TEST_F(PackedWeightsTest, FollowLerp) {
  Weights w(w_shape_), source(w_shape_);
  w.Set(1);
  source.Set(3);
  ExpectWeights(w.view(), 1);
  const LerpPair pairs[] = {{w.view(), source.view()}};
  Cpu().Lerp({pairs, 0.5});
  w.Written();
  ExpectWeights(w.view(), 2);
}

TEST_F(PackedWeightsTest, AreKeptForAContent) {
  Weights w(w_shape_);
  w.Set(1);
  ExpectWeights(w.view(), 1);
  Cpu().Fill({w.view(), 2});
  ExpectWeights(w.view(), 1);  // the change of the contents was not announced
  w.Written();
  ExpectWeights(w.view(), 2);
}

TEST_F(PackedWeightsTest, AreNotKeptForAnUnknownContent) {
  Buffer w(w_shape_);
  for (float value : {1.0f, 2.0f}) {
    Cpu().Fill({w.view(), value});
    ExpectWeights(w.view(), value);
  }
}

TEST_F(PackedWeightsTest, FollowFreeAndReuseOfTheAddress) {
  void* address = nullptr;
  for (float value : {1.0f, 2.0f}) {
    Weights w(w_shape_);
    if (address == nullptr) address = w.view().data;
    ASSERT_EQ(w.view().data, address) << "the pool gives the block out again";
    w.Set(value);
    ExpectWeights(w.view(), value);
  }
}

TEST_F(PackedWeightsTest, AreNotCountedAsTensors) {
  Weights w(w_shape_);
  w.Set(1);
  Cpu().ResetPeak();
  const MemoryStats before = Cpu().Stats();
  ExpectWeights(w.view(), 1);
  EXPECT_GT(Cpu().Stats().peak_packed_bytes, before.peak_packed_bytes);
  EXPECT_EQ(Cpu().Stats().live_buffers, before.live_buffers);
  EXPECT_EQ(Cpu().Stats().live_bytes, before.live_bytes);
}

TEST(CpuBackendTest, TwoThreadsMayConvolve) {
  const Shape x = {2, 8, 8, 16}, w = {16, 3, 3, 16};
  Buffer x_in(x), w_in(w);
  x_in.Set(Values(x, 1));
  w_in.Set(Values(w, 2));
  Buffer expected_y(x), expected_dw(w);
  Cpu().Conv2d({x_in.view(), w_in.view(), expected_y.view(), ConvGeometry::Padded(1)});
  Cpu().Conv2dWeightGrad({x_in.view(), expected_y.view(), expected_dw.view(), ConvGeometry::Padded(1)});
  const std::vector<float> y_values = expected_y.Get(), dw_values = expected_dw.Get();
  const auto work = [&] {
    Buffer y(x), dw(w);
    for (int i = 0; i < 20; ++i) {
      Cpu().Conv2d({x_in.view(), w_in.view(), y.view(), ConvGeometry::Padded(1)});
      ASSERT_EQ(y.Get(), y_values);
      Cpu().Conv2dWeightGrad({x_in.view(), y.view(), dw.view(), ConvGeometry::Padded(1)});
      ASSERT_EQ(dw.Get(), dw_values);
    }
  };
  std::thread a(work), b(work);
  a.join();
  b.join();
}

TEST(CpuBackendTest, ThreadCountMayChange) {
  const DeviceOptions before = CpuBackendOptions();
  const Shape x = {2, 8, 8, 16}, w = {16, 3, 3, 16};
  Buffer x_in(x), w_in(w), y(x);
  x_in.Set(Values(x, 1));
  w_in.Set(Values(w, 2));
  std::vector<float> single;
  for (int threads : {1, 2, 3, 1}) {
    DeviceOptions options;
    options.threads = threads;
    ConfigureCpuBackend(options);
    EXPECT_EQ(CpuBackendOptions().threads, threads);
    Cpu().Conv2d({x_in.view(), w_in.view(), y.view(), ConvGeometry::Padded(1)});
    if (single.empty()) single = y.Get();
    if (threads == 1) {
      EXPECT_EQ(y.Get(), single);
    }
  }
  ConfigureCpuBackend(before);
}

TEST(CpuBackendTest, DescriptionNamesTheLibrary) {
  EXPECT_NE(Cpu().Description().find("oneDNN "), std::string::npos) << Cpu().Description();
  EXPECT_TRUE(Cpu().IsFast(DType::kF32));
  EXPECT_FALSE(Cpu().IsFast(DType::kF64));
}

}  // namespace
}  // namespace sg
