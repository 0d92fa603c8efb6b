#include "engine/tensor/op_observer.h"

#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/types/span.h"
#include "engine/ops/elementwise.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using ::testing::ElementsAre;
using testing::F64;
using ::testing::IsEmpty;

// Logs all notifications while it is installed.
class Diary final : public OpObserver {
 public:
  Diary() { SetOpObserver(this); }
  ~Diary() override {
    if (CurrentOpObserver() == this) SetOpObserver(nullptr);
  }

  void Before(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) override {
    lines.push_back("before " + Line(op, inputs, output));
  }
  void After(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) override {
    lines.push_back("after " + Line(op, inputs, output));
  }
  void BeginScope(const char* name) override { lines.push_back(std::string("begin ") + name); }
  void EndScope() override { lines.push_back("end"); }

  std::vector<std::string> lines;

 private:
  static std::string Line(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) {
    std::ostringstream line;
    line << op.name() << "(";
    for (const Tensor& t : inputs) line << t;
    line << ") " << output;
    return line.str();
  }
};

TEST(OpObserverTest, IsToldTheOperationItsInputsAndItsOutput) {
  const Tensor x = F64({2}, {1, 2}), y = F64({3, 1}, {1, 2, 3});
  Diary diary;
  Mul(x, y);
  EXPECT_THAT(diary.lines, ElementsAre("before Mul(f64[2]f64[3,1]) f64[3,2]", "after Mul(f64[2]f64[3,1]) f64[3,2]"));
}

TEST(OpObserverTest, ScopesNestAroundOperations) {
  const Tensor x = F64({2}, {1, 2});
  Diary diary;
  {
    const TraceScope outer("Outer");
    {
      const TraceScope inner("Inner");
      Exp(x);
    }
    const TraceScope second("Second");
  }
  EXPECT_THAT(diary.lines, ElementsAre("begin Outer", "begin Inner", "before Exp(f64[2]) f64[2]",
                                       "after Exp(f64[2]) f64[2]", "end", "begin Second", "end", "end"));
}

TEST(OpObserverTest, ThereIsNoneUntilOneIsSet) {
  EXPECT_EQ(CurrentOpObserver(), nullptr);
  const TraceScope scope("Nobody");
  {
    Diary diary;
    EXPECT_EQ(CurrentOpObserver(), &diary);
  }
  EXPECT_EQ(CurrentOpObserver(), nullptr);
}

TEST(OpObserverTest, AScopeEndsOnlyForTheObserverThatSawItBegin) {
  auto scope = std::make_unique<TraceScope>("Unseen");
  Diary late;
  scope.reset();
  EXPECT_THAT(late.lines, IsEmpty()) << "it was set in the middle of the scope";

  auto first = std::make_unique<Diary>();
  scope = std::make_unique<TraceScope>("Survivor");
  EXPECT_THAT(first->lines, ElementsAre("begin Survivor"));
  first.reset();
  SetOpObserver(&late);
  scope.reset();
  EXPECT_THAT(late.lines, IsEmpty()) << "another one began it";
}

TEST(OpObserverTest, SeesOnlyItsOwnThread) {
  Diary diary;
  std::thread([] {
    EXPECT_EQ(CurrentOpObserver(), nullptr);
    Exp(F64({2}, {1, 2}));
    const TraceScope scope("Elsewhere");
  }).join();
  EXPECT_THAT(diary.lines, IsEmpty());
}

}  // namespace
}  // namespace sg
