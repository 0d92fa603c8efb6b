#include "tools/check_images.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <thread>

#include "absl/status/statusor.h"
#include "gan/image/image.h"

namespace sg::cli {

std::vector<std::string> BadImages(gan::Dataset* dataset, int threads,
                                   const std::function<void(int64_t done)>& on_progress) {
  std::atomic<int64_t> next{0};
  std::mutex mutex;
  std::map<int64_t, std::string> bad;  // by index, guarded by mutex
  // Takes one image. Returns false after the last.
  const auto check_one = [&] {
    const int64_t i = next.fetch_add(1);
    if (i >= dataset->num_images()) return false;
    const absl::StatusOr<gan::Image> image = dataset->Get(i);
    if (!image.ok()) {
      const std::lock_guard<std::mutex> lock(mutex);
      bad[i] = std::string(image.status().message());
    }
    return true;
  };
  const int cores = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  std::vector<std::thread> helpers;
  for (int t = 1; t < (threads > 0 ? threads : cores); ++t) {
    helpers.emplace_back([&] {
      while (check_one()) {
      }
    });
  }
  while (check_one()) {
    if (on_progress) on_progress(std::min(next.load(), dataset->num_images()));
  }
  for (std::thread& helper : helpers) helper.join();
  if (on_progress) on_progress(dataset->num_images());
  std::vector<std::string> sentences;
  for (auto& [index, sentence] : bad) sentences.push_back(std::move(sentence));
  return sentences;
}

}  // namespace sg::cli
