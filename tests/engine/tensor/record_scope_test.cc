#include "engine/tensor/record_scope.h"

#include <thread>

#include "engine/ops/elementwise.h"
#include "engine/tensor/tensor_access.h"
#include "gtest/gtest.h"
#include "tests/support/tensors.h"

namespace sg {
namespace {

using internal::TensorAccess;

TEST(RecordScopeTest, RecordingIsOnUnlessSwitchedOff) { EXPECT_TRUE(RecordScope::IsRecording()); }

TEST(RecordScopeTest, NestsAndRestores) {
  {
    const RecordScope off(false);
    EXPECT_FALSE(RecordScope::IsRecording());
    {
      const RecordScope on(true);
      EXPECT_TRUE(RecordScope::IsRecording());
      {
        const RecordScope off_again(false);
        EXPECT_FALSE(RecordScope::IsRecording());
      }
      EXPECT_TRUE(RecordScope::IsRecording());
    }
    EXPECT_FALSE(RecordScope::IsRecording());
  }
  EXPECT_TRUE(RecordScope::IsRecording());
}

TEST(RecordScopeTest, ResultsInsideAnOffScopeHaveNoHistory) {
  Tensor x = testing::F64({2}, {1, 2});
  x.Track();
  Tensor inside;
  {
    const RecordScope off(false);
    inside = Square(x);
  }
  EXPECT_FALSE(inside.tracked());
  EXPECT_EQ(TensorAccess::Info(inside).node, nullptr);
  testing::ExpectValues(inside, {1, 4});
  EXPECT_FALSE(Square(inside).tracked());
  EXPECT_TRUE(Square(x).tracked());
}

TEST(RecordScopeTest, IsPerThread) {
  const RecordScope off(false);
  bool other_records = false;
  std::thread([&] { other_records = RecordScope::IsRecording(); }).join();
  EXPECT_TRUE(other_records);
  EXPECT_FALSE(RecordScope::IsRecording());
}

}  // namespace
}  // namespace sg
