#include "gan/train/gradients.h"

#include <vector>

#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/runtime/backend_for.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using ::testing::ElementsAre;

Tensor X(const std::vector<float>& values) {
  return testing::F32({static_cast<int64_t>(values.size())}, values, Device::Cpu());
}

TEST(GradOnceTest, IsTheGradientAndLeavesNoGraph) {
  const Tensor x = X({1, 2, 3}).Track();
  const int64_t before = BackendFor(Device::Cpu()).Stats().live_buffers;
  const Tensor y = Sum(Square(Square(x)));  // the graph keeps the squares
  const int64_t with_graph = BackendFor(Device::Cpu()).Stats().live_buffers;
  const std::vector<Tensor> g = GradOnce({y}, {x});
  EXPECT_THAT(g[0].ToHost<float>(), ElementsAre(4, 32, 108));
  EXPECT_GT(with_graph, before + 1);
  EXPECT_EQ(BackendFor(Device::Cpu()).Stats().live_buffers, before + 2) << "y and the gradient";
}

TEST(AddPartTest, AddsUpToTheMeanOfTheParts) {
  std::vector<Tensor> sum;
  AddPart(&sum, {X({2, 4}), X({8})}, 2);
  EXPECT_THAT(sum[0].ToHost<float>(), ElementsAre(1, 2)) << "a part alone counts as its share";
  AddPart(&sum, {X({6, 0}), X({-2})}, 2);
  EXPECT_THAT(sum[0].ToHost<float>(), ElementsAre(4, 2));
  EXPECT_THAT(sum[1].ToHost<float>(), ElementsAre(3));
}

TEST(AddPartTest, OnePartIsTakenAsItIs) {
  std::vector<Tensor> sum;
  AddPart(&sum, {X({0.1f})}, 1);
  EXPECT_THAT(sum[0].ToHost<float>(), ElementsAre(0.1f));
}

}  // namespace
}  // namespace sg::gan
