#include "tools/cli/profile.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "engine/base/dtype.h"
#include "engine/base/shape.h"
#include "engine/runtime/backend_for.h"
#include "engine/tensor/op.h"
#include "engine/tensor/tensor.h"

namespace sg::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr size_t kFlushBytes = 64 << 10;

std::string Microseconds(int64_t nanoseconds) {
  return absl::StrFormat("%d.%03d", nanoseconds / 1000, nanoseconds % 1000);
}

}  // namespace

absl::StatusOr<std::unique_ptr<TraceWriter>> TraceWriter::Open(const std::string& path, const std::string& process,
                                                               Device device) {
  absl::StatusOr<io::OutputFile> file = io::OutputFile::Open(path, io::OutputFile::Mode::kReplace);
  if (!file.ok()) return file.status();
  std::unique_ptr<TraceWriter> writer(new TraceWriter(*std::move(file), BackendFor(device)));
  for (const auto& [kind, name] : {std::pair<const char*, std::string>("process_name", process),
                                   {"thread_name", absl::StrCat("operations on ", Name(device.type))}}) {
    writer->Append(absl::StrFormat(R"({"name":"%s","ph":"M","pid":%d,"tid":%d,"args":{"name":"%s"}})", kind,
                                   writer->pid_, writer->pid_, name));
  }
  if (!writer->status_.ok()) return writer->status_;
  return writer;
}

TraceWriter::TraceWriter(io::OutputFile file, Backend& backend)
    : file_(std::move(file)), backend_(backend), pid_(getpid()), start_(Clock::now()) {}

TraceWriter::~TraceWriter() { Close().IgnoreError(); }

absl::Status TraceWriter::Close() {
  if (CurrentOpObserver() == this) SetOpObserver(nullptr);
  if (!file_.is_open()) return status_;
  buffer_ += "\n]\n";
  Flush();
  status_ = file_.Close();
  return status_;
}

void TraceWriter::Before(const Op& op, absl::Span<const Tensor> /*inputs*/, const Tensor& /*output*/) {
  BeginScope(op.name());
}

void TraceWriter::After(const Op& /*op*/, absl::Span<const Tensor> inputs, const Tensor& output) {
  std::string event = EndRunning("op");
  std::string shapes;
  int64_t input_bytes = 0;
  for (const Tensor& t : inputs) {
    absl::StrAppend(&shapes, shapes.empty() ? "" : " ", Name(t.dtype()), ToString(t.shape()));
    input_bytes += t.NumBytes();
  }
  absl::StrAppendFormat(&event, R"(,"args":{"shape":"%s","dtype":"%s","bytes":%d,"inputs":"%s","input_bytes":%d}})",
                        ToString(output.shape()), Name(output.dtype()), output.NumBytes(), shapes, input_bytes);
  Append(event);
}

void TraceWriter::BeginScope(const char* name) {
  SampleMemory();
  running_.push_back({name, Now()});
}

void TraceWriter::EndScope() {
  Append(absl::StrCat(EndRunning("scope"), "}"));
  SampleMemory();
}

// Never returns the same time twice: a viewer could not tell which of two events is inside the other.
int64_t TraceWriter::Now() {
  backend_.Synchronize();
  const int64_t now = std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start_).count();
  last_time_ = std::max(last_time_ + 1, now);
  return last_time_;
}

void TraceWriter::SampleMemory() {
  const int64_t live_bytes = backend_.Stats().live_bytes;
  if (live_bytes == last_live_bytes_) return;
  last_live_bytes_ = live_bytes;
  Append(absl::StrFormat(R"({"name":"live memory","ph":"C","ts":%s,"pid":%d,"args":{"bytes":%d}})", Microseconds(Now()),
                         pid_, live_bytes));
}

std::string TraceWriter::EndRunning(absl::string_view category) {
  const int64_t end = Now();
  const Running ended = running_.back();
  running_.pop_back();
  return absl::StrFormat(R"({"name":"%s","cat":"%s","ph":"X","ts":%s,"dur":%s,"pid":%d,"tid":%d)", ended.name, category,
                         Microseconds(ended.begin), Microseconds(end - ended.begin), pid_, pid_);
}

void TraceWriter::Append(absl::string_view event) {
  if (!file_.is_open()) return;
  absl::StrAppend(&buffer_, any_event_ ? ",\n" : "[\n", event);
  any_event_ = true;
  if (running_.empty() || buffer_.size() >= kFlushBytes) Flush();
}

void TraceWriter::Flush() {
  status_ = file_.Append(buffer_);
  buffer_.clear();
}

absl::StatusOr<std::unique_ptr<TraceWriter>> OpenProfile(const std::string& path, const Program& program,
                                                         Device device) {
  if (path.empty()) return std::unique_ptr<TraceWriter>();
  absl::StatusOr<std::unique_ptr<TraceWriter>> trace = TraceWriter::Open(path, program.name, device);
  if (!trace.ok()) return absl::Status(trace.status().code(), absl::StrCat("--profile=", trace.status().message()));
  return trace;
}

void CloseProfile(const Program& program, TraceWriter* trace) {
  if (trace == nullptr) return;
  const absl::Status closed = trace->Close();
  const std::string line =
      closed.ok() ? absl::StrCat("wrote ", trace->path()) : absl::StrCat(program.name, ": warning: ", closed.message());
  std::fprintf(stderr, "%s\n", line.c_str());
}

}  // namespace sg::cli
