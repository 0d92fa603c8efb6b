#include "engine/backend/common/host_memory.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "engine/io/input_file.h"

namespace sg {
namespace {

// The first number of a file of /proc after `name`, or nothing.
bool NumberAfter(const std::string& path, absl::string_view name, int64_t* number) {
  constexpr int64_t kMaxBytes = int64_t{1} << 20;
  const std::string contents = io::ReadFile(path, kMaxBytes).value_or("");
  const size_t begin = contents.find(std::string(name));
  if (begin == std::string::npos) return false;
  const std::vector<absl::string_view> words = absl::StrSplit(absl::string_view(contents).substr(begin + name.size()),
                                                              absl::ByAnyChar(" \n"), absl::SkipEmpty());
  return !words.empty() && absl::SimpleAtoi(words[0], number);
}

std::string MiB(double bytes) { return absl::StrCat(bytes / 1048576.0, " MiB"); }

}  // namespace

HostMemory HostMemoryNow() {
  HostMemory memory;
  int64_t kib = 0, pages = 0;
  if (NumberAfter("/proc/meminfo", "MemAvailable:", &kib)) memory.available_bytes = kib * 1024;
  rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur <= std::numeric_limits<int64_t>::max()) {
    memory.limit_bytes = static_cast<int64_t>(limit.rlim_cur);
    const bool known = NumberAfter("/proc/self/statm", "", &pages);
    const int64_t used = known ? pages * sysconf(_SC_PAGESIZE) : memory.limit_bytes;
    memory.available_bytes = std::clamp<int64_t>(memory.limit_bytes - used, 0, memory.available_bytes);
  }
  return memory;
}

DeviceFailure OutOfHostMemory(absl::string_view prefix, uint64_t bytes, const MemoryStats& stats,
                              absl::string_view more, int64_t reserved_bytes) {
  const HostMemory memory = HostMemoryNow();
  DeviceFailure failure;
  failure.kind = DeviceFailure::Kind::kOutOfMemory;
  failure.recoverable = true;
  failure.message = absl::StrCat(prefix, " out of memory: ", MiB(bytes), " asked for; ", MiB(stats.live_bytes),
                                 " live in ", stats.live_buffers, " tensors", more.empty() ? "" : ", ", more,
                                 "; the system can give ", MiB(memory.available_bytes), " more");
  if (memory.limit_bytes != 0) {
    absl::StrAppend(&failure.message, " within the limit of ", MiB(memory.limit_bytes), " (ulimit -v)");
  }
  absl::StrAppend(&failure.message, ". A smaller batch takes less");
  failure.capacity_bytes = reserved_bytes + memory.available_bytes;
  return failure;
}

}  // namespace sg
