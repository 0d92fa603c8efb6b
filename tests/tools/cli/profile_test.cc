#include "tools/cli/profile.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/device.h"
#include "engine/base/dtype.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/random.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/op_observer.h"
#include "engine/tensor/tensor.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/support/scratch_dir.h"
#include "tests/support/tensors.h"
#include "tools/cli/program.h"

namespace sg::cli {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::F64;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ProfileTest : public ::testing::Test {
 protected:
  ~ProfileTest() override { SetOpObserver(nullptr); }

  std::unique_ptr<TraceWriter> Observe() {
    absl::StatusOr<std::unique_ptr<TraceWriter>> trace =
        TraceWriter::Open(scratch_.File("trace.json"), "tester", Device::Ref());
    EXPECT_TRUE(trace.ok()) << trace.status();
    if (!trace.ok()) return nullptr;
    SetOpObserver(trace->get());
    return *std::move(trace);
  }

  std::string File() const { return scratch_.Read("trace.json"); }

  // Fails the test where it is not JSON.
  static json Parsed(const std::string& text) {
    json events = json::parse(text, /*cb=*/nullptr, /*allow_exceptions=*/false);
    EXPECT_TRUE(events.is_array()) << text.substr(0, 200) << " ... "
                                   << text.substr(text.size() - std::min<size_t>(text.size(), 200));
    return events;
  }

  // Operations and scopes, or counters, in the order in which they began.
  static std::vector<json> OfPhase(const json& events, const std::string& phase) {
    std::vector<json> found;
    for (const json& e : events) {
      if (e["ph"] == phase) found.push_back(e);
    }
    std::stable_sort(found.begin(), found.end(), [](const json& a, const json& b) { return Begin(a) < Begin(b); });
    return found;
  }

  // Nanoseconds, which a double of microseconds holds exactly enough to round to.
  static int64_t Nanoseconds(const json& microseconds) {
    return static_cast<int64_t>(microseconds.get<double>() * 1000 + 0.5);
  }
  static int64_t Begin(const json& event) { return Nanoseconds(event["ts"]); }
  static int64_t End(const json& event) { return Begin(event) + Nanoseconds(event["dur"]); }

  static std::vector<std::string> Names(const std::vector<json>& events) {
    std::vector<std::string> names;
    for (const json& e : events) names.push_back(e["name"]);
    return names;
  }

  nn::ScratchDir scratch_;
};

TEST_F(ProfileTest, AnOperationHasItsShapeDTypeBytesAndInputs) {
  const Tensor x = F64({2}, {1, 2}), y = F64({3, 1}, {1, 2, 3});
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  Cast(Mul(x, y), DType::kF32);
  ASSERT_TRUE(trace->Close().ok());

  const json events = Parsed(File());
  const std::vector<json> operations = OfPhase(events, "X");
  ASSERT_THAT(Names(operations), ElementsAre("Mul", "Cast"));
  EXPECT_EQ(operations[0]["cat"], "op");
  EXPECT_EQ(
      operations[0]["args"],
      json({{"shape", "[3,2]"}, {"dtype", "f64"}, {"bytes", 48}, {"inputs", "f64[2] f64[3,1]"}, {"input_bytes", 40}}));
  EXPECT_EQ(operations[1]["args"],
            json({{"shape", "[3,2]"}, {"dtype", "f32"}, {"bytes", 24}, {"inputs", "f64[3,2]"}, {"input_bytes", 48}}));
}

TEST_F(ProfileTest, TheRowsHaveNames) {
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  { const TraceScope scope("Scope"); }
  ASSERT_TRUE(trace->Close().ok());

  const json events = Parsed(File());
  const std::vector<std::string> metadata = {events[0]["name"], events[1]["name"]};
  EXPECT_THAT(metadata, ElementsAre("process_name", "thread_name"));
  EXPECT_EQ(events[0]["ph"], "M");
  EXPECT_EQ(events[0]["args"]["name"], "tester");
  EXPECT_EQ(events[1]["args"]["name"], "operations on ref");
  for (const json& e : events) {
    EXPECT_EQ(e["pid"], events[0]["pid"]);
    if (e["ph"] != "X") continue;
    EXPECT_EQ(e["tid"], events[1]["tid"]) << "the row that was named";
  }
}

TEST_F(ProfileTest, WhatRunsInAScopeLiesInside) {
  const Tensor x = F64({2}, {1, 2});
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  {
    const TraceScope outer("Outer");
    Exp(x);
    {
      const TraceScope inner("Inner");
      Mul(x, x);
      RandomStream stream = {1, 2, 3};
      RandomNormal({4}, DType::kF64, Device::Ref(), &stream);
    }
  }
  Square(x);
  ASSERT_TRUE(trace->Close().ok());

  const std::vector<json> spans = OfPhase(Parsed(File()), "X");
  ASSERT_THAT(Names(spans), ElementsAre("Outer", "Exp", "Inner", "Mul", "Random", "Square"));
  EXPECT_EQ(spans[0]["cat"], "scope");
  EXPECT_EQ(spans[4]["cat"], "scope") << "not an Op, but seen";
  const auto inside = [&](int a, int b) { return Begin(spans[b]) < Begin(spans[a]) && End(spans[a]) < End(spans[b]); };
  const auto before = [&](int a, int b) { return End(spans[a]) < Begin(spans[b]); };
  EXPECT_TRUE(inside(1, 0));
  EXPECT_TRUE(inside(2, 0));
  EXPECT_TRUE(inside(3, 2));
  EXPECT_TRUE(inside(4, 2));
  EXPECT_TRUE(before(1, 2));
  EXPECT_TRUE(before(3, 4));
  EXPECT_TRUE(before(0, 5));
}

TEST_F(ProfileTest, TimesOnlyGrow) {
  const Tensor x = F64({2}, {1, 2});
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  for (int i = 0; i < 1000; ++i) Exp(x);
  ASSERT_TRUE(trace->Close().ok());

  const std::vector<json> operations = OfPhase(Parsed(File()), "X");
  ASSERT_EQ(operations.size(), 1000u);
  EXPECT_GT(Begin(operations[0]), 0);
  for (size_t i = 0; i < operations.size(); ++i) {
    EXPECT_GT(End(operations[i]), Begin(operations[i]));
    if (i == 0) continue;
    EXPECT_GT(Begin(operations[i]), End(operations[i - 1]));
  }
}

TEST_F(ProfileTest, LiveMemoryIsACounterThatFollowsIt) {
  const auto live_bytes = [] { return BackendFor(Device::Ref()).Stats().live_bytes; };
  const Tensor x = Tensor::Zeros({1000}, DType::kF64, Device::Ref());
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  const int64_t before = live_bytes();
  {
    const TraceScope scope("Scope");
    const Tensor y = Exp(x);
    EXPECT_EQ(live_bytes(), before + 8000);
    Exp(y);
    Exp(y);  // as much as before: no event
  }
  { const TraceScope scope("Later"); }
  ASSERT_TRUE(trace->Close().ok());

  std::vector<int64_t> values;
  for (const json& e : OfPhase(Parsed(File()), "C")) {
    EXPECT_EQ(e["name"], "live memory");
    values.push_back(e["args"]["bytes"].get<int64_t>() - before);
  }
  // The scope ends after y has gone, where nothing is left of it.
  EXPECT_THAT(values, ElementsAre(0, 8000, 16000, 0));
}

TEST_F(ProfileTest, WithoutTheBracketAllThatWasCompleteIsThere) {
  const Tensor x = F64({2}, {1, 2});
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  EXPECT_EQ(Parsed(File() + "]").size(), 2u) << "the names of the rows";
  {
    const TraceScope scope("Step");
    Exp(x);
  }
  EXPECT_THAT(Names(OfPhase(Parsed(File() + "]"), "X")), ElementsAre("Step", "Exp"));
  const TraceScope open("Open");
  Mul(x, x);
  EXPECT_FALSE(json::accept(File()));
  EXPECT_THAT(Names(OfPhase(Parsed(File() + "]"), "X")), ElementsAre("Step", "Exp"));
  ASSERT_TRUE(trace->Close().ok());
  EXPECT_THAT(Names(OfPhase(Parsed(File()), "X")), ElementsAre("Step", "Exp", "Mul")) << "\"Open\" has no end";
}

TEST_F(ProfileTest, ALongScopeIsWrittenWhileItRuns) {
  const Tensor x = F64({2}, {1, 2});
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  const TraceScope scope("Long");
  for (int i = 0; i < 3000; ++i) Exp(x);
  const std::string file = File();
  EXPECT_GT(file.size(), size_t{3000} * 100) << "little may wait in memory";
  EXPECT_GT(OfPhase(Parsed(file + "]"), "X").size(), 2000u) << "whole events only";
}

TEST_F(ProfileTest, AFullDiskIsToldAtTheEndAndLeavesWholeEvents) {
  const Tensor x = F64({2}, {1, 2});
  const std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  // A file-size limit stands for the full disk.
  signal(SIGXFSZ, SIG_IGN);
  rlimit unlimited;
  getrlimit(RLIMIT_FSIZE, &unlimited);
  const rlimit limit = {20000, unlimited.rlim_max};
  setrlimit(RLIMIT_FSIZE, &limit);
  for (int i = 0; i < 1000; ++i) Exp(x);
  const absl::Status closed = trace->Close();
  setrlimit(RLIMIT_FSIZE, &unlimited);
  EXPECT_THAT(std::string(closed.message()), StartsWith(trace->path() + ": cannot write"));
  EXPECT_EQ(trace->Close(), closed);
  EXPECT_EQ(CurrentOpObserver(), nullptr);

  const size_t written = OfPhase(Parsed(File() + "]"), "X").size();
  EXPECT_GT(written, 50u);
  EXPECT_LT(written, 1000u);
}

TEST_F(ProfileTest, CloseStopsObservingAndCompletesTheFileOnce) {
  const Tensor x = F64({2}, {1, 2});
  std::unique_ptr<TraceWriter> trace = Observe();
  ASSERT_NE(trace, nullptr);
  Exp(x);
  EXPECT_EQ(CurrentOpObserver(), trace.get());
  EXPECT_TRUE(trace->Close().ok());
  EXPECT_EQ(CurrentOpObserver(), nullptr);
  Mul(x, x);
  const std::string file = File();
  EXPECT_TRUE(trace->Close().ok());
  trace.reset();
  EXPECT_EQ(File(), file);
  EXPECT_THAT(file, StartsWith("[\n"));
  EXPECT_THAT(file, EndsWith("\n]\n"));

  trace = Observe();
  ASSERT_NE(trace, nullptr);
  trace.reset();
  EXPECT_EQ(CurrentOpObserver(), nullptr) << "the destructor closes too";
  EXPECT_EQ(Parsed(File()).size(), 2u) << "the old file was replaced";
}

TEST_F(ProfileTest, APathThatCannotBeWrittenIsAnErrorAtOnce) {
  const Program program = {"tester", "", {}, {}, ""};
  const std::string missing = scratch_.File("no/such/trace.json");
  for (const std::string& path : {missing, scratch_.path(), std::string("/dev/full")}) {
    const absl::StatusOr<std::unique_ptr<TraceWriter>> trace = OpenProfile(path, program, Device::Ref());
    ASSERT_FALSE(trace.ok()) << path;
    EXPECT_THAT(std::string(trace.status().message()), StartsWith("--profile=" + path + ": cannot write"));
  }
  EXPECT_THAT(std::string(OpenProfile(missing, program, Device::Ref()).status().message()),
              HasSubstr("No such file or directory"));
}

TEST_F(ProfileTest, WithoutAPathThereIsNoProfile) {
  const Program program = {"tester", "", {}, {}, ""};
  const absl::StatusOr<std::unique_ptr<TraceWriter>> trace = OpenProfile("", program, Device::Ref());
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(*trace, nullptr);
  ::testing::internal::CaptureStderr();
  CloseProfile(program, trace->get());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(ProfileTest, TheToolSaysThatItWroteTheFile) {
  const Program program = {"tester", "", {}, {}, ""};
  const std::string path = scratch_.File("trace.json");
  const absl::StatusOr<std::unique_ptr<TraceWriter>> trace = OpenProfile(path, program, Device::Ref());
  ASSERT_TRUE(trace.ok()) << trace.status();
  ::testing::internal::CaptureStderr();
  CloseProfile(program, trace->get());
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "wrote " + path + "\n");
  EXPECT_EQ(Parsed(File())[0]["args"]["name"], "tester");
}

}  // namespace
}  // namespace sg::cli
