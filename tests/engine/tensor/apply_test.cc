#include "engine/tensor/apply.h"

#include <memory>
#include <utility>
#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/record_scope.h"
#include "engine/tensor/tensor_access.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/op_counter.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::Node;
using internal::TensorAccess;
using testing::ExpectValues;
using testing::F64;
using ::testing::HasSubstr;
using testing::OpCounter;

// The result has the shape of the inputs, and every element is the number of inputs. The test sets which values the
// node keeps.
class KeepingOp final : public Op {
 public:
  KeepingOp(std::vector<bool> keeps_inputs, bool keeps_output)
      : keeps_inputs_(std::move(keeps_inputs)), keeps_output_(keeps_output) {}

  const char* name() const override { return "Keeping"; }
  void Describe(AttributeVisitor&) const override {}
  TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Fill({out, static_cast<double>(in.size())});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return std::vector<Tensor>(c.inputs.size(), c.grad); }
  bool KeepsInput(int i) const override { return keeps_inputs_[i]; }
  bool KeepsOutput() const override { return keeps_output_; }

 private:
  const std::vector<bool> keeps_inputs_;
  const bool keeps_output_;
};

int64_t LiveBytes() { return BackendFor(Device::Ref()).Stats().live_bytes; }

TEST(ApplyTest, RecordsWhatDependsOnATrackedTensor) {
  Tensor x = F64({2}, {1, 2});
  const Tensor constant = F64({2}, {3, 4});
  EXPECT_FALSE(Mul(x, constant).tracked());
  x.Track();
  const Tensor y = Mul(constant, x);
  ASSERT_TRUE(y.tracked());
  ASSERT_NE(TensorAccess::Info(y).node, nullptr);
  EXPECT_STREQ(TensorAccess::Info(y).node->op->name(), "Mul");
  EXPECT_EQ(TensorAccess::Info(y).node->inputs.size(), 2u);
  EXPECT_EQ(TensorAccess::InfoPtr(TensorAccess::Info(y).node->inputs[1]), TensorAccess::InfoPtr(x));
  EXPECT_TRUE(Exp(y).tracked());
}

TEST(ApplyTest, WhatIsNotSmoothIsNotRecorded) {
  Tensor x = F64({2}, {-1, 2});
  x.Track();
  EXPECT_FALSE(Sign(x).tracked());
  EXPECT_FALSE(Greater(x, F64({2}, {0, 0})).tracked());
  EXPECT_FALSE(Cast(x, DType::kI32).tracked());
}

TEST(ApplyTest, KeepsTheValuesThatTheOperationNames) {
  Tensor a = F64({2}, {1, 2}), b = F64({2}, {3, 4});
  a.Track();
  const Tensor y = Apply(std::make_shared<KeepingOp>(std::vector<bool>{false, true}, false), {a, b});
  const Node& node = *TensorAccess::Info(y).node;
  EXPECT_FALSE(node.inputs[0].has_data());
  EXPECT_EQ(TensorAccess::InfoPtr(node.inputs[0]), TensorAccess::InfoPtr(a));
  EXPECT_EQ(TensorAccess::StorageOf(node.inputs[1]), TensorAccess::StorageOf(b));
  EXPECT_EQ(node.output, nullptr);

  const Tensor z = Apply(std::make_shared<KeepingOp>(std::vector<bool>{false}, true), {a});
  EXPECT_EQ(TensorAccess::Info(z).node->output, TensorAccess::StorageOf(z));
}

TEST(ApplyTest, AValueThatIsNotKeptIsFreedWithItsLastHandle) {
  const Shape shape = {1024};
  Tensor x = Tensor::Zeros(shape, DType::kF64, Device::Ref());
  x.Track();
  for (const bool keeps : {false, true}) {
    Tensor middle = Affine(x, 2, 1);
    const Tensor end = Apply(std::make_shared<KeepingOp>(std::vector<bool>{keeps}, false), {middle});
    const int64_t before = LiveBytes();
    middle = Tensor();
    EXPECT_EQ(before - LiveBytes(), keeps ? 0 : 1024 * 8);
  }
}

TEST(ApplyTest, NothingIsKeptWithoutRecording) {
  const RecordScope off(false);
  Tensor x = Tensor::Zeros({1024}, DType::kF64, Device::Ref());
  x.Track();
  Tensor middle = Square(x);
  const Tensor end = Square(middle);
  const int64_t before = LiveBytes();
  middle = Tensor();
  EXPECT_EQ(before - LiveBytes(), 1024 * 8);
}

TEST(ApplyTest, AViewSharesTheBufferAndRunsNothing) {
  Tensor x = F64({2, 2}, {1, 2, 3, 4});
  x.Track();
  const OpCounter ops;
  const Tensor y = Reshape(x, {4});
  EXPECT_EQ(TensorAccess::StorageOf(y), TensorAccess::StorageOf(x));
  EXPECT_NE(TensorAccess::InfoPtr(y), TensorAccess::InfoPtr(x));
  EXPECT_TRUE(y.tracked());
  EXPECT_EQ(ops.total(), 0);
}

TEST(ApplyTest, TheObserverSeesEveryOperationUntilItIsSwitchedOff) {
  const Tensor x = F64({2}, {1, 2});
  {
    const OpCounter ops;
    Exp(Exp(x));
    Mul(x, x);
    EXPECT_EQ(ops.count("Exp"), 2);
    EXPECT_EQ(ops.count("Mul"), 1);
    EXPECT_EQ(ops.total(), 3);
    EXPECT_EQ(ops.begun(), 3);
  }
  ExpectValues(Square(x), {1, 4});
}

TEST(ApplyTest, NoKernelRunsForAnEmptyResult) {
  const Tensor x = F64({0, 3}, {});
  const OpCounter ops;
  EXPECT_EQ(Mul(x, F64({3}, {1, 2, 3})).shape(), Shape({0, 3}));
  EXPECT_EQ(ops.total(), 0);
}

TEST(ApplyDeathTest, NamesTheMistake) {
  const Tensor x = F64({2}, {1, 2});
  EXPECT_DEATH(Concat({}, 0), HasSubstr("[Concat] no inputs"));
  EXPECT_DEATH(Mul(x, Tensor::Zeros({2}, DType::kF32, Device::Cpu())), HasSubstr("[Mul] operands on ref and cpu"));
  EXPECT_DEATH(Mul(x, Tensor()), HasSubstr("[Tensor] undefined tensor used"));
}

}  // namespace
}  // namespace sg
