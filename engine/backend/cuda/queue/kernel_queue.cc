#include "engine/backend/cuda/queue/kernel_queue.h"

#include <algorithm>

#include "engine/backend/cuda/queue/interpreter.h"
#include "engine/base/check.h"

namespace sg::cuda {

// kInPlace means that the later kernel reads element i of the earlier result only for its own element i. Any other
// dependence, including a buffer that is written again, needs a separate launch.
KernelQueue::Dependence KernelQueue::DependenceOf(const Waiting& later, const Waiting& earlier) {
  bool depends = later.result.Overlaps(earlier.result), whole = depends;
  for (size_t i = 0; i < earlier.input_count; ++i) {
    if (later.result.Overlaps(earlier.inputs[i].range)) whole = true;
  }
  for (size_t i = 0; i < later.input_count; ++i) {
    const KernelInput& input = later.inputs[i];
    if (!input.range.Overlaps(earlier.result)) continue;
    depends = true;
    if (!input.in_place || input.range.begin != earlier.result.begin) whole = true;
  }
  if (whole) return Dependence::kWhole;
  if (!depends) return Dependence::kNone;
  const bool same_elements =
      IsElementwise(later.kernel.kind) && MayBeFollowed(earlier.kernel) && later.kernel.count == earlier.kernel.count;
  return same_elements ? Dependence::kInPlace : Dependence::kWhole;
}

// Assigns the first level at which everything that the kernel depends on has run. The kernel starts a new group unless
// it can join an earlier one.
void KernelQueue::Place(Waiting* kernel) {
  int whole = 0, in_place = -1;
  bool one_group = true;
  for (const Waiting& earlier : waiting_) {
    switch (DependenceOf(*kernel, earlier)) {
      case Dependence::kNone: break;
      case Dependence::kWhole: whole = std::max(whole, earlier.level + 1); break;
      case Dependence::kInPlace:
        if (earlier.level == in_place) one_group = one_group && earlier.group == kernel->group;
        if (earlier.level > in_place) {
          in_place = earlier.level;
          kernel->group = earlier.group;
          one_group = true;
        }
        break;
    }
  }
  const bool joins = in_place >= whole && one_group;
  kernel->level = joins ? in_place : std::max(whole, in_place + 1);
  if (!joins) kernel->group = groups_++;
}

void KernelQueue::Add(const char* name, const QueuedKernel& kernel, std::initializer_list<KernelInput> inputs,
                      const MemoryRange& result) {
  SG_CHECK(inputs.size() <= kMostInputs && kernel.blocks <= INT32_MAX);
  if (waiting_.size() == kLargeBatch) Flush();
  Waiting waiting = {name, kernel, {}, 0, result, 0, 0};
  for (const KernelInput& input : inputs) {
    if (input.range.begin != nullptr) waiting.inputs[waiting.input_count++] = input;
  }
  Place(&waiting);
  waiting_.push_back(waiting);
}

void KernelQueue::Before(absl::Span<const MemoryRange> reads, absl::Span<const MemoryRange> writes) {
  int level = -1;
  for (const Waiting& waiting : waiting_) {
    bool first = false;
    for (const MemoryRange& read : reads) first = first || read.Overlaps(waiting.result);
    for (const MemoryRange& write : writes) {
      first = first || write.Overlaps(waiting.result);
      for (size_t i = 0; i < waiting.input_count; ++i) first = first || write.Overlaps(waiting.inputs[i].range);
    }
    if (first) level = std::max(level, waiting.level);
  }
  if (level >= 0) FlushThrough(level);
}

void KernelQueue::Flush() {
  int level = -1;
  for (const Waiting& waiting : waiting_) level = std::max(level, waiting.level);
  if (level >= 0) FlushThrough(level);
}

bool KernelQueue::Uses(const MemoryRange& range) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    const auto overlaps = [&](const KernelInput& input) { return input.range.Overlaps(range); };
    return waiting.result.Overlaps(range) ||
           std::any_of(waiting.inputs, waiting.inputs + waiting.input_count, overlaps);
  });
}

// Also launches kernels that are ready but not needed yet, since they share the launch.
void KernelQueue::FlushThrough(int level) {
  for (int i = 0; i <= level; ++i) LaunchLevel(i);
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.level <= level; }),
                 waiting_.end());
  for (Waiting& waiting : waiting_) waiting.level -= level + 1;
}

void KernelQueue::LaunchLevel(int level) {
  std::vector<const Waiting*> kernels;
  for (const Waiting& waiting : waiting_) {
    if (waiting.level == level) kernels.push_back(&waiting);
  }
  std::stable_sort(kernels.begin(), kernels.end(),
                   [](const Waiting* a, const Waiting* b) { return a->group < b->group; });
  kernels.size() <= kSmallBatch ? LaunchKernels<kSmallBatch>(kernels) : LaunchKernels<kLargeBatch>(kernels);
}

template <int kCapacity>
void KernelQueue::LaunchKernels(const std::vector<const Waiting*>& kernels) {
  KernelBatch<kCapacity> batch;
  batch.groups = 0;
  batch.kernels = 0;
  batch.blocks = 0;
  for (const Waiting* waiting : kernels) {
    if (batch.kernels == 0 || waiting->group != kernels[batch.kernels - 1]->group) {
      batch.group[batch.groups++] = {batch.blocks, static_cast<uint16_t>(batch.kernels), 0};
      batch.blocks += static_cast<uint32_t>(waiting->kernel.blocks);
    }
    batch.kernel[batch.kernels++] = waiting->kernel;
    batch.group[batch.groups - 1].end = static_cast<uint16_t>(batch.kernels);
  }
  ++launches_;
  LaunchBatch(kernels.size() == 1 ? kernels[0]->name : "InterpreterKernel", batch, multiprocessors_, stream_);
}

}  // namespace sg::cuda
