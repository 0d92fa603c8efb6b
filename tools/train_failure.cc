#include "tools/train_failure.h"

#include <algorithm>
#include <thread>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "engine/tensor/op_observer.h"
#include "gan/train/memory_plan.h"
#include "gan/train/snapshot.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/progress.h"
#include "tools/run_name.h"

namespace sg::cli {
namespace {

static_assert(kDeviceFailureExitCode == kExitRuntimeError,
              "a failed device is an error of the run, not of its command");

// One part in so many of the memory is left for the rounding of blocks, the gaps between them, and the workspaces of
// convolutions.
constexpr int64_t kReserve = 8;

}  // namespace

std::string MemoryAdvice(const gan::TrainConfig& config, int64_t capacity_bytes) {
  if (capacity_bytes <= 0) return "A larger --grad-accum takes less memory.\n";
  // The present configuration did not fit, whatever its prediction says, so the advice must take less than that.
  const int64_t budget = std::min(capacity_bytes - capacity_bytes / kReserve, gan::PredictPeakBytes(config) - 1);
  const int micro_batch = gan::LargestMicroBatch(config, budget);
  if (micro_batch == 0) {
    const std::string reason = config.model.mbstd_group == 0
                                   ? ""
                                   : absl::StrCat(": the parts of a batch are whole groups of ",
                                                  config.model.mbstd_group, " images (--mbstd-group)");
    return absl::StrCat("No --grad-accum would make it fit", reason,
                        ". A new run with a smaller --res or --max-features takes less memory.\n");
  }
  gan::TrainConfig split = config;
  split.grad_accum = config.batch / micro_batch;
  return absl::StrCat("--grad-accum=", split.grad_accum, " (", micro_batch, " images at a time) would take about ",
                      FormatBytes(static_cast<uint64_t>(gan::PredictPeakBytes(split))), " of ",
                      FormatBytes(static_cast<uint64_t>(capacity_bytes)), ".\n");
}

TrainFailure::TrainFailure() : scope_([this](const DeviceFailure& failure) { return Handle(failure); }) {}

void TrainFailure::SetTrainer(const gan::Trainer* trainer, const gan::DataIdentity& data) {
  data_ = data;
  const bool readable = trainer != nullptr && trainer->device().type == DeviceType::kCpu;
  live_ = readable ? trainer : nullptr;
}

std::string TrainFailure::Save() const {
  if (run_ != nullptr && live_ != nullptr) return SaveLive();
  return copy_.empty() ? "" : SaveCopy();
}

std::string TrainFailure::SaveLive() const {
  const std::string path = gan::CheckpointPath(*live_, *run_);
  // The loop may have saved this step already, without the update that was interrupted.
  absl::Status written = run_->CheckPlace();
  if (written.ok() && !gan::HoldsStep(path, live_->steps())) written = gan::SaveCheckpoint(*live_, path, data_);
  if (!written.ok()) {
    return absl::StrCat("The state of step ", live_->steps(), " could not be saved: ", written.message(), "\n");
  }
  return absl::StrCat("Saved the state of step ", live_->steps(), ": ", path, "\n",
                      "Resume: ", ResumeCommand(run_->path()), "\n");
}

std::string TrainFailure::SaveCopy() const {
  const absl::Status written = copy_.Write();
  if (!written.ok()) {
    return absl::StrCat("The state of step ", copy_.steps(),
                        ", copied at the last tick, could not be saved: ", written.message(), "\n");
  }
  return absl::StrCat("Saved the state of step ", copy_.steps(), ", copied at the last tick: ", copy_.path(), "\n",
                      "Resume: ", ResumeCommand(run_->path()), "\n");
}

std::string TrainFailure::Handle(const DeviceFailure& failure) const {
  SetOpObserver(nullptr);  // a profiler would wait for the device
  std::string text = Save();
  if (failure.kind == DeviceFailure::Kind::kOutOfMemory && config_) {
    const auto advise = [&] { absl::StrAppend(&text, MemoryAdvice(*config_, failure.capacity_bytes)); };
    if (failure.capacity_bytes <= 0) {
      advise();  // predicts nothing
    } else {
      // The prediction runs a trainer. The failure may have interrupted this thread where it had switched recording off
      // or was freeing a graph, so the prediction needs another thread. Without memory for it there is no advice.
      const auto start = [&] { std::thread([&] { CatchDeviceFailure(advise).IgnoreError(); }).join(); };
      CatchDeviceFailure(start).IgnoreError();
    }
  }
  if (run_ != nullptr) {
    const std::string lines = absl::StrCat(failure.message, "\n", text);
    run_->AppendLine("log.txt", absl::StripSuffix(lines, "\n")).IgnoreError();
  }
  return text;
}

}  // namespace sg::cli
