#include "engine/tensor/op.h"

#include <memory>
#include <utility>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/saved_value.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/apply.h"
#include "engine/tensor/tensor_access.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::Node;
using internal::TensorAccess;
using testing::ExpectValues;
using testing::F64;

// The example from op.h.
class SquareOp final : public Op {
 public:
  const char* name() const override { return "Square"; }
  void Describe(AttributeVisitor&) const override {}
  TensorSpec Infer(absl::Span<const Tensor> in) const override { return in[0].spec(); }
  void Run(Backend& backend, absl::Span<const TensorView> in, const TensorView& out) const override {
    backend.Binary({in[0], in[0], out, BinaryFn::kMul});
  }
  std::vector<Tensor> Vjp(const VjpContext& c) const override { return {MulScaled(c.grad, SavedInput(c, 0), 2)}; }
};

TEST(OpTest, ASmallClassIsDifferentiableToAnyOrder) {
  Tensor x = F64({2}, {3, -1});
  x.Track();
  const Tensor y = Apply(std::make_shared<SquareOp>(), {x});
  ExpectValues(y, {9, 1});
  const Tensor dx = Grad({y}, {x}, {}, {/*create_graph=*/true})[0];
  ExpectValues(dx, {6, -2});
  ExpectValues(Grad({dx}, {x})[0], {2, 2});
}

TEST(OpTest, DefaultsKeepInputsAndRecord) {
  const SquareOp op;
  EXPECT_TRUE(op.KeepsInput(0));
  EXPECT_FALSE(op.KeepsOutput());
  EXPECT_TRUE(op.IsDifferentiable());
  EXPECT_FALSE(op.IsView());
}

TEST(NodeTest, HoldsTheOutputsBufferButNotItsInfo) {
  Tensor x = F64({1}, {0});
  x.Track();
  const Tensor y = Exp(x);
  const Node& node = *TensorAccess::Info(y).node;
  EXPECT_EQ(node.output, TensorAccess::StorageOf(y));
  EXPECT_EQ(TensorAccess::InfoPtr(y).use_count(), 1);
}

constexpr int kChain = 300000;  // recursive destruction of half as many overflows an 8 MB stack

Tensor Chain(const Tensor& leaf) {
  Tensor y = leaf;
  for (int i = 0; i < kChain; ++i) y = Neg(y);
  return y;
}

TEST(NodeTest, FreesALongChainWithoutRecursion) {
  const int64_t before = BackendFor(Device::Ref()).Stats().live_buffers;
  {
    Tensor x = F64({1}, {1});
    x.Track();
    Tensor y = Chain(x);
    EXPECT_TRUE(y.tracked());
    y = Tensor();
  }
  EXPECT_EQ(BackendFor(Device::Ref()).Stats().live_buffers, before);
}

TEST(NodeTest, FreesALongChainOfViewsAndSharedOperandsWithoutRecursion) {
  const int64_t before = BackendFor(Device::Ref()).Stats().live_buffers;
  {
    Tensor x = F64({1}, {1});
    x.Track();
    Tensor y = x;
    for (int i = 0; i < kChain / 3; ++i) y = Reshape(Scale(Add(y, y), 0.5), i % 2 == 0 ? Shape({1, 1}) : Shape({1}));
    ExpectValues(y, {1});
  }
  EXPECT_EQ(BackendFor(Device::Ref()).Stats().live_buffers, before);
}

TEST(NodeTest, APartOfAChainThatIsStillUsedSurvives) {
  Tensor x = F64({1}, {2});
  x.Track();
  const Tensor middle = Square(x);
  Tensor end = Square(middle);
  end = Tensor();
  ExpectValues(middle, {4});
  ExpectValues(Grad({middle}, {x})[0], {4});
}

}  // namespace
}  // namespace sg
