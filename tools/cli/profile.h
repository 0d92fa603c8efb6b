// --profile: where the time goes, as a file for https://ui.perfetto.dev or chrome://tracing.
//
//   absl::StatusOr<std::unique_ptr<TraceWriter>> trace = TraceWriter::Open("trace.json", "train", device);
//   SetOpObserver(trace->get());
//   trainer.Step(batch);
//   const absl::Status written = (*trace)->Close();
#ifndef TOOLS_CLI_PROFILE_H_
#define TOOLS_CLI_PROFILE_H_

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "engine/backend/backend.h"
#include "engine/base/device.h"
#include "engine/io/output_file.h"
#include "engine/tensor/op_observer.h"
#include "tools/cli/program.h"

namespace sg::cli {

// Writes what it observes as a JSON array in Chrome's Trace Event Format: every operation with shape, dtype, bytes and
// inputs ("X", category "op"), every scope ("X", "scope"), and the live memory of the device ("C") where it changes.
// Times are in microseconds since Open, and no two are equal. The writer waits for the device before it takes a time,
// and thereby measures the work of an operation and not its launch. Fills and copies of memory show as gaps. Observes
// operations of one thread.
//
// Whole events go to the file, at the latest when the outermost scope ends. The file of a killed process lacks only the
// closing bracket and the scopes that were open, which both viewers accept.
class TraceWriter final : public OpObserver {
 public:
  // Replaces the file. `process` names the row of all events. Names are not escaped, so they must be plain ASCII, as
  // those of operations and scopes are. Errors begin with the path.
  static absl::StatusOr<std::unique_ptr<TraceWriter>> Open(const std::string& path, const std::string& process,
                                                           Device device);
  // As Close, but ignores errors.
  ~TraceWriter() override;

  // Completes the file, and removes this observer if it is installed. Returns the first error of writing, after which
  // nothing was written.
  absl::Status Close();

  const std::string& path() const { return file_.path(); }

  void Before(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) override;
  void After(const Op& op, absl::Span<const Tensor> inputs, const Tensor& output) override;
  void BeginScope(const char* name) override;
  void EndScope() override;

 private:
  // An operation or scope that has begun and not ended.
  struct Running {
    const char* name;
    int64_t begin;
  };

  TraceWriter(io::OutputFile file, Backend& backend);

  int64_t Now();  // nanoseconds
  void SampleMemory();
  std::string EndRunning(absl::string_view category);  // its event without the closing brace
  void Append(absl::string_view event);
  void Flush();

  io::OutputFile file_;
  Backend& backend_;
  const int pid_;
  const std::chrono::steady_clock::time_point start_;
  int64_t last_time_ = 0, last_live_bytes_ = -1;
  std::vector<Running> running_;
  bool any_event_ = false;
  std::string buffer_;
  absl::Status status_;
};

// The end of the help of every --profile, which begins with "Write ...".
inline constexpr char kProfileHelp[] =
    " to this file, a Chrome trace for https://ui.perfetto.dev or chrome://tracing: time, shapes and bytes of every "
    "operation, and the live memory. It waits for the device after every operation, which slows the profiled part "
    "down, most of all on a GPU.";

// The writer for the value of --profile, or null if that is empty. Errors name the flag.
absl::StatusOr<std::unique_ptr<TraceWriter>> OpenProfile(const std::string& path, const Program& program,
                                                         Device device);
// Completes the file, and says on stderr that it was written, or why it was not. Does nothing if `trace` is null.
void CloseProfile(const Program& program, TraceWriter* trace);

}  // namespace sg::cli

#endif  // TOOLS_CLI_PROFILE_H_
