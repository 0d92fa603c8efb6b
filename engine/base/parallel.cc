#include "engine/base/parallel.h"

#include <atomic>
#include <thread>
#include <vector>

namespace sg {

void ForEachInParallel(int count, const std::function<void(int)>& f, int threads) {
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int i = next.fetch_add(1); i < count; i = next.fetch_add(1)) f(i);
  };
  std::vector<std::thread> helpers;
  if (threads == 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  for (int t = 1; t < threads && t < count; ++t) helpers.emplace_back(work);
  work();
  for (std::thread& helper : helpers) helper.join();
}

}  // namespace sg
