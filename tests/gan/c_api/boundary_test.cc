#include "gan/c_api/boundary.h"

#include <atomic>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/gan/c_api/models.h"

namespace sg::c_api {
namespace {

Result Returning(const absl::Status& status) {
  return Try([&](sg2_error** error) { return Guard(error, [&] { return status; }); });
}

TEST(Boundary, EveryKindOfErrorHasItsCode) {
  EXPECT_EQ(Returning(absl::InvalidArgumentError("a")).code, SG2_INVALID_ARGUMENT);
  EXPECT_EQ(Returning(absl::NotFoundError("a")).code, SG2_CANNOT_READ);
  EXPECT_EQ(Returning(absl::PermissionDeniedError("a")).code, SG2_CANNOT_READ);
  EXPECT_EQ(Returning(absl::DataLossError("a")).code, SG2_BAD_FILE);
  EXPECT_EQ(Returning(absl::FailedPreconditionError("a")).code, SG2_UNSUPPORTED);
  EXPECT_EQ(Returning(absl::UnimplementedError("a")).code, SG2_UNSUPPORTED);
  EXPECT_EQ(Returning(absl::UnavailableError("a")).code, SG2_UNAVAILABLE);
  EXPECT_EQ(Returning(absl::ResourceExhaustedError("a")).code, SG2_OUT_OF_MEMORY);
  EXPECT_EQ(Returning(absl::UnknownError("a")).code, SG2_INTERNAL);
}

TEST(Boundary, ATextIsForATerminal) {
  EXPECT_EQ(Returning(absl::DataLossError("a \x1b[2J b")).message, "a \\x1b[2J b");
}

TEST(Boundary, SuccessClearsTheError) {
  sg2_error* error = reinterpret_cast<sg2_error*>(&error);
  EXPECT_EQ(Guard(&error, [] { return absl::OkStatus(); }), SG2_OK);
  EXPECT_EQ(error, nullptr);
}

TEST(Boundary, NobodyNeedsToTakeTheText) {
  EXPECT_EQ(Guard(nullptr, [] { return absl::DataLossError("a"); }), SG2_BAD_FILE);
}

TEST(Boundary, NoExceptionCrosses) {
  const Result memory =
      Try([](sg2_error** error) { return Guard(error, []() -> absl::Status { throw std::bad_alloc(); }); });
  EXPECT_EQ(memory.code, SG2_OUT_OF_MEMORY);
  const Result other =
      Try([](sg2_error** error) { return Guard(error, []() -> absl::Status { throw std::out_of_range("b"); }); });
  EXPECT_EQ(other.code, SG2_INTERNAL);
  EXPECT_EQ(other.message, "b");
}

TEST(Boundary, NothingIsFineForEveryFunctionOfErrors) {
  EXPECT_EQ(sg2_error_code(nullptr), SG2_OK);
  EXPECT_STREQ(sg2_error_message(nullptr), "");
  sg2_error_free(nullptr);
}

TEST(Boundary, GuardAloneIsAlone) {
  constexpr int kCalls = 200;
  std::atomic<int> inside{0};
  std::atomic<bool> disturbed{false};
  const auto beside = [&] {
    for (int i = 0; i < kCalls; ++i) {
      Guard(nullptr, [&] {
        ++inside;
        std::this_thread::yield();
        --inside;
        return absl::OkStatus();
      });
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back(beside);
  for (int i = 0; i < kCalls; ++i) {
    GuardAlone(nullptr, [&] {
      if (inside != 0) disturbed = true;
      std::this_thread::yield();
      if (inside != 0) disturbed = true;
      return absl::OkStatus();
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_FALSE(disturbed);
}

// Two calls that wait for each other end, so they are inside at the same time.
TEST(Boundary, CallsRunBesideEachOther) {
  std::atomic<int> inside{0};
  const auto meet = [&] {
    Guard(nullptr, [&] {
      ++inside;
      while (inside < 2) std::this_thread::yield();
      return absl::OkStatus();
    });
  };
  std::thread other(meet);
  meet();
  other.join();
  EXPECT_EQ(inside, 2);
}

}  // namespace
}  // namespace sg::c_api
