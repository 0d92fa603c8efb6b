#include "gan/image/longjmp_guard.h"

#include <csetjmp>

#include "gtest/gtest.h"

namespace sg::gan {
namespace {

TEST(RunGuarded, TellsWhetherTheBodyJumped) {
  std::jmp_buf jump;
  int reached = 0;
  EXPECT_TRUE(RunGuarded(jump, [&] { reached = 1; }));
  EXPECT_EQ(reached, 1);
  EXPECT_FALSE(RunGuarded(jump, [&] {
    reached = 2;
    std::longjmp(jump, 1);
  }));
  EXPECT_EQ(reached, 2);
}

}  // namespace
}  // namespace sg::gan
