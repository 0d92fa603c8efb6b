#include "nn/module.h"

#include <string>
#include <vector>

#include "engine/tensor/tensor_access.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg::nn {
namespace {

using sg::internal::TensorAccess;
using testing::F64;

struct Leaf {
  explicit Leaf(double value) : weight(F64({1}, {value})) {}
  void Visit(ParamVisitor& v) { v("weight", weight); }
  Tensor weight;
};

struct Tree {
  void Visit(ParamVisitor& v) {
    v("first", first);
    v("leaves", leaves);
    v("bias", bias);
  }
  Leaf first{1};
  std::vector<Leaf> leaves = {Leaf(2), Leaf(3)};
  Tensor bias = F64({2, 2}, {4, 5, 6, 7});
};

struct Forest {
  void Visit(ParamVisitor& v) {
    v("trees", trees);
    v("last", last);
  }
  std::vector<Tree> trees = std::vector<Tree>(2);
  Tensor last = F64({1}, {8});
};

std::vector<std::string> Names(const std::vector<NamedTensor>& named) {
  std::vector<std::string> names;
  for (const NamedTensor& t : named) names.push_back(t.name);
  return names;
}

TEST(Module, NamesParametersByTheirPathInTheOrderOfVisit) {
  Forest forest;
  EXPECT_EQ(Names(Parameters(forest)),
            (std::vector<std::string>{"trees.0.first.weight", "trees.0.leaves.0.weight", "trees.0.leaves.1.weight",
                                      "trees.0.bias", "trees.1.first.weight", "trees.1.leaves.0.weight",
                                      "trees.1.leaves.1.weight", "trees.1.bias", "last"}));
}

struct WithBuffer {
  void Visit(ParamVisitor& v) {
    v("leaf", leaf);
    v.Buffer("constant", constant);
  }
  Leaf leaf{1};
  Tensor constant = F64({1}, {2});
};

struct Holder {
  void Visit(ParamVisitor& v) { v("held", held); }
  std::vector<WithBuffer> held = std::vector<WithBuffer>(2);
};

TEST(Module, BuffersAreNoParameters) {
  Holder holder;
  EXPECT_EQ(Names(Parameters(holder)), (std::vector<std::string>{"held.0.leaf.weight", "held.1.leaf.weight"}));
  EXPECT_EQ(Names(Buffers(holder)), (std::vector<std::string>{"held.0.constant", "held.1.constant"}));
  EXPECT_EQ(TensorAccess::StorageOf(Buffers(holder)[1].tensor), TensorAccess::StorageOf(holder.held[1].constant));
}

TEST(Module, ParametersShareTheirBuffers) {
  Tree tree;
  const std::vector<NamedTensor> found = Parameters(tree);
  EXPECT_EQ(TensorAccess::StorageOf(found[2].tensor), TensorAccess::StorageOf(tree.leaves[1].weight));
  EXPECT_EQ(TensorAccess::InfoPtr(found[3].tensor), TensorAccess::InfoPtr(tree.bias));
}

TEST(Module, VisitorsMayReplaceParameters) {
  class Replacer final : public ParamVisitor {
    void OnParameter(const std::string&, Tensor& parameter) override {
      parameter = F64(parameter.shape(), std::vector<double>(parameter.NumElements(), 9));
    }
  };
  Tree tree;
  Replacer replacer;
  tree.Visit(replacer);
  testing::ExpectValues(tree.leaves[0].weight, {9});
  testing::ExpectValues(tree.bias, {9, 9, 9, 9});
}

TEST(Module, CountsElements) {
  Forest forest;
  EXPECT_EQ(CountElements(Parameters(forest)), 2 * (3 + 4) + 1);
  EXPECT_EQ(CountElements({}), 0);
}

TEST(Module, TensorsKeepsTheOrder) {
  Tree tree;
  const std::vector<Tensor> tensors = Tensors(Parameters(tree));
  ASSERT_EQ(tensors.size(), 4u);
  testing::ExpectValues(tensors[1], {2});
}

TEST(Module, WithPrefixOnlyRenames) {
  Tree tree;
  const std::vector<NamedTensor> renamed = WithPrefix("ema.", Parameters(tree));
  EXPECT_EQ(Names(renamed),
            (std::vector<std::string>{"ema.first.weight", "ema.leaves.0.weight", "ema.leaves.1.weight", "ema.bias"}));
  EXPECT_EQ(TensorAccess::StorageOf(renamed[3].tensor), TensorAccess::StorageOf(tree.bias));
}

}  // namespace
}  // namespace sg::nn
