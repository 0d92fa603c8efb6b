#include "engine/base/parallel.h"

#include <atomic>
#include <thread>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "engine/base/device_failure.h"

namespace sg {

void ForEachInParallel(int count, const std::function<void(int)>& f, int threads) {
  std::atomic<int> next{0};
  const auto work = [&] {
    for (int i = next.fetch_add(1); i < count; i = next.fetch_add(1)) f(i);
  };
  if (threads == 0) threads = static_cast<int>(std::thread::hardware_concurrency());
  std::vector<std::thread> helpers;
  // Also if f fails: the helpers use what is on this stack.
  const auto join = absl::MakeCleanup([&helpers] {
    for (std::thread& helper : helpers) helper.join();
  });
  // Where the system refuses a thread, the others do its work.
  const auto start = [&] {
    for (int t = 1; t < threads && t < count; ++t) helpers.emplace_back(work);
  };
  CatchDeviceFailure(start).IgnoreError();
  work();
}

}  // namespace sg
