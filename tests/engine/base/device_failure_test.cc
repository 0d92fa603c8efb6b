#include "engine/base/device_failure.h"

#include <unistd.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>

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

}  // namespace
}  // namespace sg
