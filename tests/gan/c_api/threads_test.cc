// Several models and several threads at once. nightly.sh runs it under ThreadSanitizer.
#include <cstdint>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/c_api/models.h"

namespace sg::c_api {
namespace {

constexpr int kThreads = 4;
constexpr int kRounds = 5;

TEST(Threads, ManyThreadsGetWhatOneGets) {
  const Model first = LoadModel("nvidia_skip_1.5.pkl"), second = LoadModel("nvidia_gray.pkl");
  const std::vector<uint32_t> seeds = {1, 2, 3};
  const std::vector<uint8_t> of_first = Generate(first.get(), seeds), of_second = Generate(second.get(), seeds);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const bool is_first = (t + i) % 2 == 0;
        EXPECT_EQ(Generate(is_first ? first.get() : second.get(), seeds), is_first ? of_first : of_second);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// Nothing has been computed before, so that all caches are filled by all threads at once.
TEST(Threads, LoadAndUseBesideEachOther) {
  std::vector<std::vector<uint8_t>> pixels(kThreads);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kRounds; ++i) {
        const Model model = LoadModel("nvidia_resnet_1.5.pkl");
        pixels[t] = Generate(model.get(), {7});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 1; t < kThreads; ++t) EXPECT_EQ(pixels[t], pixels[0]);
}

// The number of threads changes between calls, never within one.
TEST(Threads, TheNumberOfThreadsMayChangeMeanwhile) {
  const Model model = LoadModel("nvidia_skip_1.5.pkl");
  const std::vector<uint8_t> want = Generate(model.get(), {1});
  std::thread other([&] {
    for (int i = 0; i < kRounds; ++i) {
      const std::vector<uint8_t> got = Generate(model.get(), {1});
      ASSERT_EQ(got.size(), want.size());
      for (size_t k = 0; k < got.size(); ++k) ASSERT_NEAR(got[k], want[k], 1) << k;  // sums of another order
    }
  });
  for (int i = 0; i < kRounds; ++i) Must([i](sg2_error** error) { return sg2_set_threads(1 + i % 2, error); });
  other.join();
  Must([](sg2_error** error) { return sg2_set_threads(0, error); });
}

}  // namespace
}  // namespace sg::c_api
