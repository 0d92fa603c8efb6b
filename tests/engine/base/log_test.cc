#include "engine/base/log.h"

#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sg {
namespace {

using ::testing::ElementsAre;
using ::testing::SizeIs;

// The messages that `scope` takes, each with "E" or "I" before it.
class Collector {
 public:
  const std::vector<std::string>& messages() const { return messages_; }

 private:
  std::vector<std::string> messages_;
  const LogSinkScope scope_{[this](LogLevel level, absl::string_view message) {
    messages_.push_back((level == LogLevel::kError ? "E " : "I ") + std::string(message));
  }};
};

TEST(Log, GoesToStderrALineEach) {
  ::testing::internal::CaptureStderr();
  LogMessage(LogLevel::kInfo, "one");
  LogMessage(LogLevel::kError, "two\nlines");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "one\ntwo\nlines\n");
}

TEST(Log, TheInnermostScopeTakesTheMessages) {
  ::testing::internal::CaptureStderr();
  {
    Collector outer;
    LogMessage(LogLevel::kInfo, "to the outer");
    {
      Collector inner;
      LogMessage(LogLevel::kError, "to the inner");
      EXPECT_THAT(inner.messages(), ElementsAre("E to the inner"));
    }
    LogMessage(LogLevel::kInfo, "to the outer again");
    EXPECT_THAT(outer.messages(), ElementsAre("I to the outer", "I to the outer again"));
  }
  LogMessage(LogLevel::kInfo, "to nobody");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "to nobody\n");
}

// Under ThreadSanitizer this also finds a sink that two threads are in.
TEST(Log, AnyThreadMayLog) {
  Collector collector;
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int k = 0; k < 100; ++k) LogMessage(LogLevel::kInfo, "message");
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(collector.messages(), SizeIs(400));
}

}  // namespace
}  // namespace sg
