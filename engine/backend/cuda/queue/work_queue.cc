#include "engine/backend/cuda/queue/work_queue.h"

#include <algorithm>

#include "engine/backend/cuda/queue/work_kernel.h"
#include "engine/base/check.h"

namespace sg::cuda {

// What is in place is so in both: the later work reads, as its element i, the earlier one's element i. Anything else, a
// buffer that is written again among it, waits for another launch.
WorkQueue::Dependence WorkQueue::DependenceOf(const Waiting& later, const Waiting& earlier) {
  bool depends = later.result.Overlaps(earlier.result), whole = depends;
  for (size_t i = 0; i < earlier.input_count; ++i) {
    if (later.result.Overlaps(earlier.inputs[i].range)) whole = true;
  }
  for (size_t i = 0; i < later.input_count; ++i) {
    const WorkInput& input = later.inputs[i];
    if (!input.range.Overlaps(earlier.result)) continue;
    depends = true;
    if (!input.in_place || input.range.begin != earlier.result.begin) whole = true;
  }
  if (whole) return Dependence::kWhole;
  if (!depends) return Dependence::kNone;
  const bool same_elements =
      IsElementwise(later.work.kind) && MayBeFollowed(earlier.work) && later.work.count == earlier.work.count;
  return same_elements ? Dependence::kInPlace : Dependence::kWhole;
}

// The first level at which everything that the work needs has run, in a group of its own unless it joins that of
// another.
void WorkQueue::Place(Waiting* work) {
  int whole = 0, in_place = -1;
  bool one_group = true;
  for (const Waiting& earlier : waiting_) {
    switch (DependenceOf(*work, earlier)) {
      case Dependence::kNone: break;
      case Dependence::kWhole: whole = std::max(whole, earlier.level + 1); break;
      case Dependence::kInPlace:
        if (earlier.level == in_place) one_group = one_group && earlier.group == work->group;
        if (earlier.level > in_place) {
          in_place = earlier.level;
          work->group = earlier.group;
          one_group = true;
        }
        break;
    }
  }
  const bool joins = in_place >= whole && one_group;
  work->level = joins ? in_place : std::max(whole, in_place + 1);
  if (!joins) work->group = groups_++;
}

void WorkQueue::Add(const char* name, const Work& work, std::initializer_list<WorkInput> inputs,
                    const MemoryRange& result) {
  SG_CHECK(inputs.size() <= kMostInputs && work.blocks <= INT32_MAX);
  if (waiting_.size() == kMostWorks) Flush();
  Waiting waiting = {name, work, {}, 0, result, 0, 0};
  for (const WorkInput& input : inputs) {
    if (input.range.begin != nullptr) waiting.inputs[waiting.input_count++] = input;
  }
  Place(&waiting);
  waiting_.push_back(waiting);
}

void WorkQueue::Before(absl::Span<const MemoryRange> reads, absl::Span<const MemoryRange> writes) {
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

void WorkQueue::Flush() {
  int level = -1;
  for (const Waiting& waiting : waiting_) level = std::max(level, waiting.level);
  if (level >= 0) FlushThrough(level);
}

bool WorkQueue::Uses(const MemoryRange& range) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    const auto overlaps = [&](const WorkInput& input) { return input.range.Overlaps(range); };
    return waiting.result.Overlaps(range) ||
           std::any_of(waiting.inputs, waiting.inputs + waiting.input_count, overlaps);
  });
}

// Also what is ready and not needed: it costs no launch of its own.
void WorkQueue::FlushThrough(int level) {
  for (int i = 0; i <= level; ++i) LaunchLevel(i);
  waiting_.erase(std::remove_if(waiting_.begin(), waiting_.end(), [&](const Waiting& w) { return w.level <= level; }),
                 waiting_.end());
  for (Waiting& waiting : waiting_) waiting.level -= level + 1;
}

void WorkQueue::LaunchLevel(int level) {
  std::vector<const Waiting*> works;
  for (const Waiting& waiting : waiting_) {
    if (waiting.level == level) works.push_back(&waiting);
  }
  std::stable_sort(works.begin(), works.end(), [](const Waiting* a, const Waiting* b) { return a->group < b->group; });
  works.size() <= kFewWorks ? LaunchList<kFewWorks>(works) : LaunchList<kMostWorks>(works);
}

template <int kCapacity>
void WorkQueue::LaunchList(const std::vector<const Waiting*>& works) {
  WorkList<kCapacity> list;
  list.groups = 0;
  list.works = 0;
  list.blocks = 0;
  for (const Waiting* waiting : works) {
    if (list.works == 0 || waiting->group != works[list.works - 1]->group) {
      list.group[list.groups++] = {list.blocks, static_cast<uint16_t>(list.works), 0};
      list.blocks += static_cast<uint32_t>(waiting->work.blocks);
    }
    list.work[list.works++] = waiting->work;
    list.group[list.groups - 1].end = static_cast<uint16_t>(list.works);
  }
  ++launches_;
  LaunchWorks(works.size() == 1 ? works[0]->name : "WorkKernel", list, multiprocessors_, stream_);
}

}  // namespace sg::cuda
