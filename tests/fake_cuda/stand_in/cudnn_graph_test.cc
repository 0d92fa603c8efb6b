// The stand-in's graph API of cuDNN: a result against sums written out here, and what it refuses.
#include <cudnn.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fake_cuda/stand_in/device_array.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"

namespace fake_cuda {
namespace {

// Two images of 3x4 pixels, two channels, a filter of one pixel with three outputs.
constexpr int64_t kN = 2, kH = 3, kW = 4, kC = 2, kO = 3, kPixels = kN * kH * kW;
constexpr int64_t kX = 1, kFilter = 2, kY = 3, kVirtual = 4;

class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type) {
    EXPECT_EQ(cudnnBackendCreateDescriptor(type, &descriptor_), CUDNN_STATUS_SUCCESS);
  }
  ~Descriptor() { EXPECT_EQ(cudnnBackendDestroyDescriptor(descriptor_), CUDNN_STATUS_SUCCESS); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  template <typename T>
  Descriptor& Set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, std::initializer_list<T> values) {
    EXPECT_EQ(cudnnBackendSetAttribute(descriptor_, name, type, static_cast<int64_t>(values.size()), values.begin()),
              CUDNN_STATUS_SUCCESS);
    return *this;
  }
  Descriptor& SetParts(cudnnBackendAttributeName_t name, std::initializer_list<cudnnBackendDescriptor_t> parts) {
    return Set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, parts);
  }
  cudnnStatus_t Finalize() { return cudnnBackendFinalize(descriptor_); }
  operator cudnnBackendDescriptor_t() const { return descriptor_; }  // NOLINT: as in calls of the API

 private:
  cudnnBackendDescriptor_t descriptor_ = nullptr;
};

class Tensor : public Descriptor {
 public:
  Tensor(int64_t name, cudnnDataType_t type, int64_t n, int64_t c, int64_t h, int64_t w, bool is_virtual = false)
      : Descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR) {
    Set<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, {name});
    Set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, {type});
    Set<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, {n, c, h, w});
    Set<int64_t>(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, {h * w * c, 1, w * c, c});
    Set<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, {16});
    Set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, {is_virtual});
    EXPECT_EQ(Finalize(), CUDNN_STATUS_SUCCESS);
  }
};

// A forward convolution, followed by an identity if `fused`.
struct Graph {
  Graph(cudnnHandle_t handle, cudnnDataType_t type, bool fused, int64_t outputs = kO)
      : x(kX, type, kN, kC, kH, kW),
        w(kFilter, type, outputs, kC, 1, 1),
        y(kY, CUDNN_DATA_FLOAT, kN, outputs, kH, kW),
        convolved(kVirtual, CUDNN_DATA_FLOAT, kN, outputs, kH, kW, true) {
    convolution.Set<int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, CUDNN_TYPE_INT64, {2});
    convolution.Set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_TYPE_DATA_TYPE, {CUDNN_DATA_FLOAT});
    convolution.Set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_TYPE_CONVOLUTION_MODE, {CUDNN_CROSS_CORRELATION});
    for (auto name : {CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS}) {
      convolution.Set<int64_t>(name, CUDNN_TYPE_INT64, {0, 0});
    }
    for (auto name : {CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, CUDNN_ATTR_CONVOLUTION_DILATIONS}) {
      convolution.Set<int64_t>(name, CUDNN_TYPE_INT64, {1, 1});
    }
    EXPECT_EQ(convolution.Finalize(), CUDNN_STATUS_SUCCESS);
    operation.SetParts(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC, {convolution})
        .SetParts(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X, {x})
        .SetParts(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W, {w})
        .SetParts(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y, {fused ? convolved : y})
        .Set<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, CUDNN_TYPE_FLOAT, {1})
        .Set<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, CUDNN_TYPE_FLOAT, {0});
    EXPECT_EQ(operation.Finalize(), CUDNN_STATUS_SUCCESS);
    pointwise.Set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, {CUDNN_POINTWISE_IDENTITY})
        .Set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, {CUDNN_DATA_FLOAT});
    EXPECT_EQ(pointwise.Finalize(), CUDNN_STATUS_SUCCESS);
    identity.SetParts(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {pointwise})
        .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, {convolved})
        .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, {y});
    EXPECT_EQ(identity.Finalize(), CUDNN_STATUS_SUCCESS);
    if (fused) {
      graph.SetParts(CUDNN_ATTR_OPERATIONGRAPH_OPS, {operation, identity});
    } else {
      graph.SetParts(CUDNN_ATTR_OPERATIONGRAPH_OPS, {operation});
    }
    graph.Set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, {handle});
    EXPECT_EQ(graph.Finalize(), CUDNN_STATUS_SUCCESS);
    heuristics.SetParts(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {graph})
        .Set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, {CUDNN_HEUR_MODE_A});
    status = heuristics.Finalize();
    if (status != CUDNN_STATUS_SUCCESS) return;
    int64_t count = 0;
    cudnnBackendDescriptor_t first = settings;
    EXPECT_EQ(cudnnBackendGetAttribute(heuristics, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                       &count, &first),
              CUDNN_STATUS_SUCCESS);
    EXPECT_GE(count, 1);
    plan.SetParts(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {settings})
        .Set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, {handle});
    EXPECT_EQ(plan.Finalize(), CUDNN_STATUS_SUCCESS);
  }

  int64_t WorkspaceBytes() const {
    int64_t bytes = -1, count = 0;
    EXPECT_EQ(
        cudnnBackendGetAttribute(plan, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 1, &count, &bytes),
        CUDNN_STATUS_SUCCESS);
    return bytes;
  }

  Tensor x, w, y, convolved;
  Descriptor convolution{CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR};
  Descriptor operation{CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR};
  Descriptor pointwise{CUDNN_BACKEND_POINTWISE_DESCRIPTOR};
  Descriptor identity{CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR};
  Descriptor graph{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
  Descriptor heuristics{CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR};
  Descriptor settings{CUDNN_BACKEND_ENGINECFG_DESCRIPTOR};
  Descriptor plan{CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR};
  cudnnStatus_t status = CUDNN_STATUS_SUCCESS;  // of the heuristics
};

class CudnnGraphTest : public ::testing::Test {
 protected:
  CudnnGraphTest() { cudnnCreate(&handle_); }
  ~CudnnGraphTest() override { cudnnDestroy(handle_); }

  cudnnStatus_t Run(const Graph& graph, std::initializer_list<int64_t> names, std::initializer_list<void*> tensors,
                    void* workspace) {
    Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    pack.Set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, names)
        .Set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, tensors)
        .Set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, {workspace});
    EXPECT_EQ(pack.Finalize(), CUDNN_STATUS_SUCCESS);
    return cudnnBackendExecute(handle_, graph.plan, pack);
  }

  cudnnHandle_t handle_ = nullptr;
};

TEST_F(CudnnGraphTest, Convolves) {
  std::vector<float> x(kPixels * kC), w(kO * kC);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;  // TF32 numbers
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 5) - 2;
  const DeviceArray<float> x_device(x), w_device(w), y(kPixels * kO);
  const Graph graph(handle_, CUDNN_DATA_FLOAT, false);
  const DeviceArray<char> workspace(static_cast<size_t>(graph.WorkspaceBytes()));
  ASSERT_EQ(Run(graph, {kX, kFilter, kY}, {x_device.data(), w_device.data(), y.data()}, workspace.data()),
            CUDNN_STATUS_SUCCESS);
  const std::vector<float> got = y.Read();
  for (int64_t pixel = 0; pixel < kPixels; ++pixel) {
    for (int64_t o = 0; o < kO; ++o) {
      EXPECT_EQ(got[pixel * kO + o], x[pixel * kC] * w[o * kC] + x[pixel * kC + 1] * w[o * kC + 1]);
    }
  }
}

TEST_F(CudnnGraphTest, TruncatesOnTensorCores) {
  std::vector<float> x(kPixels * kC, 0), w(kO * kC, 2);
  x[0] = 1 + 1.0f / 1024 + 1.0f / 1100;
  const DeviceArray<float> x_device(x), w_device(w), y(kPixels * kO);
  const Graph graph(handle_, CUDNN_DATA_FLOAT, true);
  ASSERT_EQ(graph.WorkspaceBytes(), 0);
  ASSERT_EQ(Run(graph, {kX, kFilter, kY}, {x_device.data(), w_device.data(), y.data()}, nullptr), CUDNN_STATUS_SUCCESS);
  EXPECT_EQ(y.Read()[0], 2 * (1 + 1.0f / 1024));
}

// The convolution's result through pointwise operations: min(max(0.5 * (y + bias), -1), 4), then a ReLU.
class EpilogueGraph {
 public:
  explicit EpilogueGraph(cudnnHandle_t handle, bool reads_what_is_made = true)
      : graph_(handle, CUDNN_DATA_FLOAT, /*fused=*/true) {
    Add(CUDNN_POINTWISE_ADD, graph_.convolved, &bias_, &sum_);
    Add(CUDNN_POINTWISE_MUL, reads_what_is_made ? sum_ : high_limited_, &half_, &scaled_);
    Add(CUDNN_POINTWISE_MAX, scaled_, &low_, &low_limited_);
    Add(CUDNN_POINTWISE_MIN, low_limited_, &high_, &high_limited_);
    Add(CUDNN_POINTWISE_RELU_FWD, high_limited_, nullptr, &graph_.y);
    whole_.SetParts(CUDNN_ATTR_OPERATIONGRAPH_OPS, {graph_.operation, *operations_[0], *operations_[1], *operations_[2],
                                                    *operations_[3], *operations_[4]});
    whole_.Set(CUDNN_ATTR_OPERATIONGRAPH_HANDLE, CUDNN_TYPE_HANDLE, {handle});
    EXPECT_EQ(whole_.Finalize(), CUDNN_STATUS_SUCCESS);
    heuristics_.SetParts(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, {whole_})
        .Set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, {CUDNN_HEUR_MODE_A});
    EXPECT_EQ(heuristics_.Finalize(), CUDNN_STATUS_SUCCESS);
    int64_t count = 0;
    cudnnBackendDescriptor_t first = settings_;
    EXPECT_EQ(cudnnBackendGetAttribute(heuristics_, CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1,
                                       &count, &first),
              CUDNN_STATUS_SUCCESS);
    EXPECT_EQ(count, 1);
    plan.SetParts(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, {settings_})
        .Set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, {handle});
    EXPECT_EQ(plan.Finalize(), CUDNN_STATUS_SUCCESS);
  }

  static constexpr int64_t kBias = 5, kHalf = 6, kLow = 7, kHigh = 8;
  static constexpr double kSlope = 0.25;
  Descriptor plan{CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR};

 private:
  struct Number : Descriptor {
    explicit Number(int64_t name) : Descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR) {
      Set<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID, CUDNN_TYPE_INT64, {name});
      Set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, {CUDNN_DATA_FLOAT});
      for (auto extents : {CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_ATTR_TENSOR_STRIDES}) {
        Set<int64_t>(extents, CUDNN_TYPE_INT64, {1, 1, 1, 1});
      }
      Set<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, CUDNN_TYPE_INT64, {16});
      Set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, CUDNN_TYPE_BOOLEAN, {false});
      Set(CUDNN_ATTR_TENSOR_IS_BY_VALUE, CUDNN_TYPE_BOOLEAN, {true});
      EXPECT_EQ(Finalize(), CUDNN_STATUS_SUCCESS);
    }
  };

  void Add(cudnnPointwiseMode_t mode, const Descriptor& from, const Descriptor* operand, const Descriptor* to) {
    auto function = std::make_unique<Descriptor>(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    function->Set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, {mode})
        .Set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, {CUDNN_DATA_FLOAT});
    if (mode == CUDNN_POINTWISE_RELU_FWD) {
      function->Set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, CUDNN_TYPE_DOUBLE, {kSlope});
    }
    EXPECT_EQ(function->Finalize(), CUDNN_STATUS_SUCCESS);
    auto operation = std::make_unique<Descriptor>(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    operation->SetParts(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {*function})
        .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, {from})
        .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, {*to});
    if (operand != nullptr) operation->SetParts(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, {*operand});
    EXPECT_EQ(operation->Finalize(), CUDNN_STATUS_SUCCESS);
    functions_.push_back(std::move(function));
    operations_.push_back(std::move(operation));
  }

  Graph graph_;
  Tensor bias_{kBias, CUDNN_DATA_FLOAT, 1, kO, 1, 1};
  Number half_{kHalf}, low_{kLow}, high_{kHigh};
  Tensor sum_{10, CUDNN_DATA_FLOAT, kN, kO, kH, kW, true}, scaled_{11, CUDNN_DATA_FLOAT, kN, kO, kH, kW, true};
  Tensor low_limited_{12, CUDNN_DATA_FLOAT, kN, kO, kH, kW, true};
  Tensor high_limited_{13, CUDNN_DATA_FLOAT, kN, kO, kH, kW, true};
  std::vector<std::unique_ptr<Descriptor>> functions_, operations_;
  Descriptor whole_{CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR};
  Descriptor heuristics_{CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR};
  Descriptor settings_{CUDNN_BACKEND_ENGINECFG_DESCRIPTOR};
};

TEST_F(CudnnGraphTest, AppliesAnEpilogue) {
  std::vector<float> x(kPixels * kC), w(kO * kC), bias = {1, -3, 6};
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i % 7) - 3;
  for (size_t i = 0; i < w.size(); ++i) w[i] = static_cast<float>(i % 5) - 2;
  const DeviceArray<float> x_device(x), w_device(w), bias_device(bias), y(kPixels * kO);
  const EpilogueGraph graph(handle_);
  float half = 0.5, low = -1, high = 4;
  Descriptor pack(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
  pack.Set<int64_t>(
          CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64,
          {kX, kFilter, kY, EpilogueGraph::kBias, EpilogueGraph::kHalf, EpilogueGraph::kLow, EpilogueGraph::kHigh})
      .Set<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR,
                  {x_device.data(), w_device.data(), y.data(), bias_device.data(), &half, &low, &high})
      .Set<void*>(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, {nullptr});
  ASSERT_EQ(pack.Finalize(), CUDNN_STATUS_SUCCESS);
  ASSERT_EQ(cudnnBackendExecute(handle_, graph.plan, pack), CUDNN_STATUS_SUCCESS);
  const std::vector<float> got = y.Read();
  for (int64_t pixel = 0; pixel < kPixels; ++pixel) {
    for (int64_t o = 0; o < kO; ++o) {
      const float sum = x[pixel * kC] * w[o * kC] + x[pixel * kC + 1] * w[o * kC + 1];
      const float limited = std::min(std::max(0.5f * (sum + bias[o]), -1.0f), 4.0f);
      EXPECT_EQ(got[pixel * kO + o], limited > 0 ? limited : static_cast<float>(EpilogueGraph::kSlope) * limited);
    }
  }
}

TEST_F(CudnnGraphTest, ChecksTheOrderOfAnEpilogue) {
  EXPECT_DEATH(EpilogueGraph(handle_, /*reads_what_is_made=*/false), "a virtual tensor is read before it is made");
}

TEST_F(CudnnGraphTest, HasNoEngineForBf16AloneOrWithOddChannels) {
  EXPECT_EQ(Graph(handle_, CUDNN_DATA_BFLOAT16, false).status, CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
  EXPECT_EQ(Graph(handle_, CUDNN_DATA_BFLOAT16, true).status, CUDNN_STATUS_NOT_SUPPORTED_GRAPH_PATTERN);
}

TEST_F(CudnnGraphTest, ChecksThePack) {
  const DeviceArray<float> x(kPixels * kC), w(kO * kC), y(kPixels * kO), small(kPixels * kO - 1);
  const Graph graph(handle_, CUDNN_DATA_FLOAT, false);
  const DeviceArray<char> space(static_cast<size_t>(graph.WorkspaceBytes()));
  EXPECT_DEATH(Run(graph, {kX, kFilter, kVirtual}, {x.data(), w.data(), y.data()}, space.data()),
               "the pack does not name y");
  EXPECT_DEATH(Run(graph, {kX, kFilter, kY}, {x.data(), w.data(), small.data()}, space.data()),
               "y is written past its end");
  EXPECT_DEATH(Run(graph, {kX, kFilter, kY}, {x.data(), w.data(), y.data()}, nullptr), "no workspace where");
  EXPECT_DEATH(Run(graph, {kX, kFilter}, {x.data(), w.data()}, space.data()), "2 tensors in the pack");
}

TEST_F(CudnnGraphTest, ChecksDescriptors) {
  EXPECT_DEATH(Tensor(kX, CUDNN_DATA_FLOAT, 1, 1, 1, 1).Finalize(), "finalized twice");
  EXPECT_DEATH(Descriptor(CUDNN_BACKEND_POINTWISE_DESCRIPTOR).Finalize(), "is not set");
  EXPECT_DEATH(
      Descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR).Set<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, {1, 2}),
      "takes other values than 2 of type");
  EXPECT_DEATH(Descriptor(CUDNN_BACKEND_TENSOR_DESCRIPTOR)
                   .Set<int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS, CUDNN_TYPE_INT64, {1, 1}),
               "has no attribute");
  Descriptor unfinished(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
  EXPECT_DEATH(Descriptor(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
                   .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, {unfinished})
                   .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, {unfinished})
                   .SetParts(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, {unfinished})
                   .Finalize(),
               "a descriptor that is not finalized");
  EXPECT_DEATH(cudnnBackendDestroyDescriptor(nullptr), "not a live cudnnBackendDescriptor_t");
}

TEST_F(CudnnGraphTest, CanBeMadeToFail) {
  const DeviceArray<float> x(kPixels * kC), w(kO * kC), y(kPixels * kO);
  const Graph graph(handle_, CUDNN_DATA_FLOAT, true);
  FailCall("cudnnBackendExecute", 1, CUDNN_STATUS_INTERNAL_ERROR);
  EXPECT_EQ(Run(graph, {kX, kFilter, kY}, {x.data(), w.data(), y.data()}, nullptr), CUDNN_STATUS_INTERNAL_ERROR);
}

}  // namespace
}  // namespace fake_cuda
