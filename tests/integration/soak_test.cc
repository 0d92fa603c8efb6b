// train for a long time: memory, threads and open files stay what they were after the start.
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/integration/small_training.h"
#include "tests/support/nightly.h"

namespace sg::integration {
namespace {

struct Usage {
  int64_t resident_kib = 0;
  int64_t threads = 0, files = 0;

  void TakeMaximum(const Usage& other) {
    resident_kib = std::max(resident_kib, other.resident_kib);
    threads = std::max(threads, other.threads);
    files = std::max(files, other.files);
  }
};

Usage UsageOf(pid_t pid) {
  const std::string proc = absl::StrCat("/proc/", pid);
  Usage usage;
  std::ifstream status(proc + "/status");
  for (std::string key; status >> key;) {
    if (key == "VmRSS:") status >> usage.resident_kib;
    if (key == "Threads:") status >> usage.threads;
  }
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(proc + "/fd", error); it != std::filesystem::directory_iterator();
       it.increment(error)) {
    ++usage.files;
  }
  return usage;
}

TEST_F(SmallTraining, NothingGrows) {
  options_["keep"] = 2;
  options_["tick_kimg"] = 0.2;
  // Each snapshot leaves a picture, and thousands of names take memory when the folder is listed.
  options_["snap"] = Nightly(3, 150);
  const int kimg_of_a_checkpoint = Nightly(3, 30);
  WriteOptions();
  const std::chrono::seconds duration(Nightly(10, 1800));
  Process training("train", StartArguments(/*kimg=*/1e6), folder_.path());
  // Until then, caches fill. On a busy machine that takes more than the first fifth of the time.
  ASSERT_TRUE(training.WaitUntil([&] { return Exists(Checkpoint(RunFolder(), kimg_of_a_checkpoint)); }))
      << training.Wait();
  const std::string stats = RunFolder() + "/stats.jsonl";
  const auto first_ticks = std::filesystem::file_size(stats);
  Usage start, later;
  // Files that are being written come and go; ones that leak raise the least number.
  int64_t least_threads = std::numeric_limits<int64_t>::max(), least_files = least_threads;
  int samples = 0;
  bool warm = false;
  const auto begin = std::chrono::steady_clock::now();
  for (auto now = begin; now < begin + duration; now = std::chrono::steady_clock::now()) {
    const Usage usage = UsageOf(training.pid());
    ASSERT_GT(usage.resident_kib, 0) << training.Wait();
    warm = warm || (now > begin + duration / 5 && std::filesystem::file_size(stats) > 4 * first_ticks);
    (warm ? later : start).TakeMaximum(usage);
    if (now > begin + duration / 2) {
      least_threads = std::min(least_threads, usage.threads);
      least_files = std::min(least_files, usage.files);
    }
    ++samples;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  training.Signal(SIGTERM);
  EXPECT_EQ(training.Wait().signal, SIGTERM);
  ASSERT_GT(samples, 50);
  ASSERT_TRUE(warm);
  // A short run has seen less of what happens once, and the report of the run grows until it shows as much as it may:
  // what is found here is a leak of some 10 KiB in each of 300 to 500 steps.
  const int64_t happens_once = Nightly(4096, 0);
  EXPECT_LE(later.resident_kib, start.resident_kib * 1.01 + happens_once);
  EXPECT_LE(least_threads, start.threads);
  EXPECT_LE(least_files, start.files);
  RecordProperty("seconds", static_cast<int>(duration.count()));
  RecordProperty("resident_kib_at_the_start", absl::StrCat(start.resident_kib));
  RecordProperty("resident_kib_later", absl::StrCat(later.resident_kib));
}

}  // namespace
}  // namespace sg::integration
