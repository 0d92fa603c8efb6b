#include "tests/support/allocation_failures.h"

#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <exception>

#include "absl/strings/str_cat.h"
#include "engine/base/device_failure.h"
#include "gtest/gtest.h"
#include "tests/support/nightly.h"

namespace {

// While positive, the number of allocations up to the one that fails. Then it goes on below zero.
std::atomic<int64_t> countdown{0};
std::atomic<bool> armed{false};
int64_t chosen = 0;  // for the message if the process ends

// At night every one of the first, which are made once and most different.
int64_t Next(int64_t n, int64_t stride) { return n + (n < sg::Nightly<int64_t>(0, 2000) ? 1 : stride); }

bool Fails() {
  if (!armed.load(std::memory_order_relaxed) || --countdown != 0) return false;
  errno = ENOMEM;  // glibc asserts it when it has no memory for a thread
  return true;
}

}  // namespace

// These take precedence over those of libc, also for the calls of shared libraries. Not posix_memalign, which oneDNN
// calls: version 2.6.3 crashes if that fails (dnnl_memory_create uses the null pointer).
extern "C" {
void* __libc_malloc(size_t bytes);                // NOLINT: the names that glibc gives them
void* __libc_calloc(size_t count, size_t bytes);  // NOLINT
void* __libc_realloc(void* block, size_t bytes);  // NOLINT

void* malloc(size_t bytes) noexcept { return Fails() ? nullptr : __libc_malloc(bytes); }
void* calloc(size_t count, size_t bytes) noexcept { return Fails() ? nullptr : __libc_calloc(count, bytes); }
void* realloc(void* block, size_t bytes) noexcept { return Fails() ? nullptr : __libc_realloc(block, bytes); }
}

namespace sg {

void WithAllocationsFailing(const std::function<absl::Status()>& work,
                            const std::function<void(const absl::Status&)>& check, int64_t stride) {
  ASSERT_TRUE(work().ok()) << "makes what is made once in a process";
  std::set_terminate([] {
    armed = false;
    ADD_FAILURE() << "the process ended after allocation " << chosen;
    std::abort();
  });
  int64_t runs = 0;
  for (int64_t n = 1;; n = Next(n, stride), ++runs) {
    SCOPED_TRACE(absl::StrCat("allocation ", n));
    chosen = n;
    absl::Status status;
    const auto run = [&] { status = work(); };
    countdown = n;
    armed = true;
    const absl::Status caught = CatchDeviceFailure(std::ref(run));
    armed = false;
    if (countdown > 0) {
      EXPECT_TRUE(caught.ok() && status.ok()) << caught << status;
      break;
    }
    check(caught.ok() ? status : caught);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(runs, 1);
  ::testing::Test::RecordProperty("runs", static_cast<int>(runs));
}

void WithAllocationsFailingInChildren(const std::function<absl::Status()>& work,
                                      const std::function<void(bool succeeded)>& check, int64_t stride) {
  constexpr int kSucceeded = 0, kError = 10, kNoneFailed = 11;
  int64_t children = 0;
  for (int64_t n = 1;; n = Next(n, stride), ++children) {
    SCOPED_TRACE(absl::StrCat("allocation ", n));
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      FailDeviceWhenNewFails();
      countdown = n;
      armed = true;
      const absl::Status status = work();
      armed = false;
      if (countdown > 0) std::_Exit(kNoneFailed);
      std::_Exit(status.ok() ? kSucceeded : kError);
    }
    int ended = 0;
    ASSERT_EQ(waitpid(child, &ended, 0), child);
    ASSERT_TRUE(WIFEXITED(ended)) << "signal " << WTERMSIG(ended);
    const int code = WEXITSTATUS(ended);
    if (code == kNoneFailed) break;
    ASSERT_TRUE(code == kSucceeded || code == kError || code == kDeviceFailureExitCode) << code;
    check(code == kSucceeded);
    if (::testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GT(children, 1);
  ::testing::Test::RecordProperty("children", static_cast<int>(children));
}

void ExpectNoMemory(const absl::Status& status) {
  EXPECT_TRUE(status.ok() || absl::IsResourceExhausted(status) || absl::IsUnavailable(status)) << status;
}

}  // namespace sg
