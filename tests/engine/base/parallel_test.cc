#include "engine/base/parallel.h"

#include <pthread.h>

#include <system_error>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace sg {
namespace {

TEST(ForEachInParallel, EachPieceOnce) {
  for (const int count : {0, 1, 2, 1000}) {
    for (const int threads : {0, 1, 3}) {
      std::vector<int> calls(count);
      ForEachInParallel(
          count, [&](int i) { ++calls[i]; }, threads);
      EXPECT_EQ(calls, std::vector<int>(count, 1));
    }
  }
}

TEST(ForEachInParallel, GoesOnWhereTheSystemRefusesThreads) {
  pthread_attr_t usual, huge;
  ASSERT_EQ(pthread_getattr_default_np(&usual), 0);
  ASSERT_EQ(pthread_attr_init(&huge), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&huge, size_t{1} << 47), 0);  // no address space has room for it
  ASSERT_EQ(pthread_setattr_default_np(&huge), 0);
  EXPECT_THROW(std::thread([] {}).join(), std::system_error);
  std::vector<int> calls(100);
  ForEachInParallel(
      100, [&](int i) { ++calls[i]; }, /*threads=*/4);
  ASSERT_EQ(pthread_setattr_default_np(&usual), 0);
  pthread_attr_destroy(&huge);
  pthread_attr_destroy(&usual);
  EXPECT_EQ(calls, std::vector<int>(100, 1));
}

}  // namespace
}  // namespace sg
