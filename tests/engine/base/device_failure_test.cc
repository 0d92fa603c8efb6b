#include "engine/base/device_failure.h"

#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <thread>

#include "absl/cleanup/cleanup.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using ::testing::ExitedWithCode;

DeviceFailure Failure(const std::string& message) {
  DeviceFailure failure;
  failure.message = message;
  return failure;
}

class DeviceFailureDeathTest : public ::testing::Test {
 protected:
  // Tests here start threads.
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(DeviceFailureDeathTest, PrintsTheMessageAndExits) {
  EXPECT_EXIT(FailDevice(Failure("the GPU fell off the bus")), ExitedWithCode(kDeviceFailureExitCode),
              "^the GPU fell off the bus\n$");
}

TEST_F(DeviceFailureDeathTest, TheHandlerIsToldAndItsTextFollows) {
  const auto fail = [] {
    const DeviceFailureScope scope([](const DeviceFailure& failure) {
      return failure.kind == DeviceFailure::Kind::kOutOfMemory
                 ? failure.message + ", of " + std::to_string(failure.capacity_bytes) + "\n"
                 : std::string();
    });
    DeviceFailure failure = Failure("out of memory");
    failure.kind = DeviceFailure::Kind::kOutOfMemory;
    failure.capacity_bytes = 4096;
    FailDevice(failure);
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^out of memory\nout of memory, of 4096\n$");
}

TEST_F(DeviceFailureDeathTest, TheInnermostScopeCountsWhileItLives) {
  const DeviceFailureScope outer([](const DeviceFailure&) { return std::string("outer\n"); });
  {
    const DeviceFailureScope inner([](const DeviceFailure&) { return std::string("inner\n"); });
    EXPECT_EXIT(FailDevice(Failure("failed")), ExitedWithCode(kDeviceFailureExitCode), "^failed\ninner\n$");
  }
  EXPECT_EXIT(FailDevice(Failure("failed")), ExitedWithCode(kDeviceFailureExitCode), "^failed\nouter\n$");
}

TEST_F(DeviceFailureDeathTest, AfterTheScopeNobodyIsCalled) {
  {
    const DeviceFailureScope scope([](const DeviceFailure&) { return std::string("handled\n"); });
  }
  EXPECT_EXIT(FailDevice(Failure("failed")), ExitedWithCode(kDeviceFailureExitCode), "^failed\n$");
}

TEST_F(DeviceFailureDeathTest, AFailureInTheHandlerEndsIt) {
  const DeviceFailureScope scope([](const DeviceFailure& failure) {
    FailDevice(Failure("again, after " + failure.message));
    return std::string("not reached\n");
  });
  EXPECT_EXIT(FailDevice(Failure("first")), ExitedWithCode(kDeviceFailureExitCode), "^first\nagain, after first\n$");
}

TEST_F(DeviceFailureDeathTest, NoDestructorAndNoExitHandlerRuns) {
  struct Noisy {
    ~Noisy() { std::fputs("a destructor\n", stderr); }
  };
  const auto fail = [] {
    std::atexit([] { std::fputs("an exit handler\n", stderr); });
    const Noisy noisy;
    FailDevice(Failure("failed"));
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^failed\n$");
}

// The second failure must not end the process in the middle of the handler.
TEST_F(DeviceFailureDeathTest, AFailureOnAnotherThreadWaitsForTheEnd) {
  const auto fail = [] {
    std::mutex mutex;
    std::condition_variable entered;
    bool second_may_fail = false;
    std::thread second([&] {
      std::unique_lock<std::mutex> lock(mutex);
      entered.wait(lock, [&] { return second_may_fail; });
      lock.unlock();
      FailDevice(Failure("second"));
    });
    const DeviceFailureScope scope([&](const DeviceFailure&) {
      {
        const std::lock_guard<std::mutex> lock(mutex);
        second_may_fail = true;
      }
      entered.notify_all();
      usleep(200 * 1000);  // in which a second failure that does not wait would have ended everything
      return std::string("saved\n");
    });
    FailDevice(Failure("first"));
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^first\nsaved\n$");
}

DeviceFailure OutOfMemory(const std::string& message) {
  DeviceFailure failure = Failure(message);
  failure.kind = DeviceFailure::Kind::kOutOfMemory;
  failure.recoverable = true;
  return failure;
}

std::string ExitHandler(const DeviceFailure&) { return "handled\n"; }

TEST(CatchDeviceFailureTest, ReturnsTheMessageAndUnwinds) {
  const DeviceFailureScope scope(ExitHandler);
  ::testing::internal::CaptureStderr();
  bool unwound = false, reached = false;
  const absl::Status status = CatchDeviceFailure([&] {
    const absl::Cleanup cleanup = [&] { unwound = true; };
    FailDevice(OutOfMemory("no memory"));
    reached = true;
  });
  EXPECT_EQ(status, absl::ResourceExhaustedError("no memory"));
  EXPECT_TRUE(unwound);
  EXPECT_FALSE(reached);
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "") << "neither the message nor the handler's text";
}

TEST(CatchDeviceFailureTest, WithoutAFailureTheWorkIsDone) {
  bool done = false;
  EXPECT_TRUE(CatchDeviceFailure([&] { done = true; }).ok());
  EXPECT_TRUE(done);
}

TEST(CatchDeviceFailureTest, TheInnermostCatches) {
  absl::Status inner;
  const absl::Status outer = CatchDeviceFailure([&] {
    inner = CatchDeviceFailure([] { FailDevice(OutOfMemory("first")); });
    FailDevice(OutOfMemory("second"));
  });
  EXPECT_EQ(inner.message(), "first");
  EXPECT_EQ(outer.message(), "second");
}

TEST(CatchDeviceFailureTest, AlsoTheMemoryOfTheHost) {
  EXPECT_EQ(CatchDeviceFailure([] { throw std::bad_alloc(); }), absl::ResourceExhaustedError("out of host memory"));
}

TEST_F(DeviceFailureDeathTest, OutsideOfTheWorkNothingIsCaught) {
  const DeviceFailureScope scope(ExitHandler);
  EXPECT_TRUE(CatchDeviceFailure([] {}).ok());
  EXPECT_EXIT(FailDevice(OutOfMemory("no memory")), ExitedWithCode(kDeviceFailureExitCode), "^no memory\nhandled\n$");
  const auto on_another_thread = [] {
    CatchDeviceFailure([] { std::thread([] { FailDevice(OutOfMemory("elsewhere")); }).join(); }).IgnoreError();
  };
  EXPECT_EXIT(on_another_thread(), ExitedWithCode(kDeviceFailureExitCode), "^elsewhere\nhandled\n$");
}

TEST_F(DeviceFailureDeathTest, WhatIsNotRecoverableEndsTheProcess) {
  const auto fail = [] { CatchDeviceFailure([] { FailDevice(Failure("a kernel faulted")); }).IgnoreError(); };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^a kernel faulted\n$");
}

// Two exceptions at once would end the process without a message.
TEST_F(DeviceFailureDeathTest, AFailureWhileUnwindingEndsTheProcess) {
  const auto fail = [] {
    CatchDeviceFailure([] {
      const absl::Cleanup cleanup = [] { FailDevice(OutOfMemory("second")); };
      FailDevice(OutOfMemory("first"));
    }).IgnoreError();
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^second\n$");
}

// A destructor that runs because of a failure may itself do work that can fail and is caught.
TEST(CatchDeviceFailureTest, WorksWhileUnwinding) {
  absl::Status inner;
  const absl::Status outer = CatchDeviceFailure([&] {
    const absl::Cleanup cleanup = [&] { inner = CatchDeviceFailure([] { FailDevice(OutOfMemory("inner")); }); };
    FailDevice(OutOfMemory("outer"));
  });
  EXPECT_EQ(inner.message(), "inner");
  EXPECT_EQ(outer.message(), "outer");
}

// More than any machine has.
constexpr size_t kTooMuch = size_t{1} << 60;

TEST_F(DeviceFailureDeathTest, NewWithoutMemoryIsAFailure) {
  const auto fail = [] {
    FailDeviceWhenNewFails();
    const DeviceFailureScope scope([](const DeviceFailure& failure) {
      const bool memory = failure.kind == DeviceFailure::Kind::kOutOfMemory && failure.capacity_bytes == 0;
      return std::string(memory ? "saved\n" : "not told that it is the memory\n");
    });
    ::operator delete(::operator new(kTooMuch));
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^out of host memory\nsaved\n$");
}

TEST_F(DeviceFailureDeathTest, NewWithoutMemoryOnAnotherThread) {
  const auto fail = [] {
    FailDeviceWhenNewFails();
    const DeviceFailureScope scope([](const DeviceFailure&) { return std::string("saved\n"); });
    std::thread([] { ::operator delete(::operator new(kTooMuch)); }).join();
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^out of host memory\nsaved\n$");
}

TEST_F(DeviceFailureDeathTest, NewWithoutMemoryInTheHandlerEndsAtOnce) {
  const auto fail = [] {
    FailDeviceWhenNewFails();
    const DeviceFailureScope scope([](const DeviceFailure&) {
      ::operator delete(::operator new(kTooMuch));
      return std::string("never");
    });
    ::operator delete(::operator new(kTooMuch));
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode),
              "^out of host memory\nout of host memory, also while the failure was handled\n$");
}

TEST_F(DeviceFailureDeathTest, TheHandlerOfAnotherFailureHasTheReserve) {
  const auto fail = [] {
    FailDeviceWhenNewFails();
    const DeviceFailureScope scope([](const DeviceFailure&) {
      long pages = 0;
      std::FILE* const statm = std::fopen("/proc/self/statm", "r");
      if (statm == nullptr || std::fscanf(statm, "%ld", &pages) != 1) return std::string("cannot read statm");
      std::fclose(statm);
      const rlimit no_more = {static_cast<rlim_t>(pages * sysconf(_SC_PAGESIZE)), RLIM_INFINITY};
      setrlimit(RLIMIT_AS, &no_more);
      const std::string large(size_t{2} << 20, 'x');
      return std::to_string(large.size()) + "\n";
    });
    FailDevice(Failure("the GPU fell off the bus"));
  };
  EXPECT_EXIT(fail(), ExitedWithCode(kDeviceFailureExitCode), "^the GPU fell off the bus\n2097152\n$");
}

TEST_F(DeviceFailureDeathTest, NewWithoutMemoryIsCaught) {
  const auto catches = [] {
    FailDeviceWhenNewFails();
    const absl::Status status = CatchDeviceFailure([] { ::operator delete(::operator new(kTooMuch)); });
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    std::_Exit(7);
  };
  EXPECT_EXIT(catches(), ExitedWithCode(7), "^out of host memory\n$");
}

}  // namespace
}  // namespace sg
