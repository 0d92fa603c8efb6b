#include "engine/backend/cpu/host/host_info.h"

#include <sched.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "engine/io/input_file.h"

namespace sg::cpu {
namespace {

// The contents of a file of the kernel; empty if there is no such file.
std::string Contents(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{64} << 20;
  return io::ReadFile(path, kMaxBytes).value_or("");
}

std::string FirstLine(const std::string& path) {
  const std::string contents = Contents(path);
  return contents.substr(0, contents.find('\n'));
}

int AllowedCores() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return 1;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &allowed)) continue;
    const std::string siblings =
        FirstLine(absl::StrCat("/sys/devices/system/cpu/cpu", cpu, "/topology/thread_siblings_list"));
    cores.insert(siblings.empty() ? absl::StrCat("cpu ", cpu) : siblings);
  }
  return static_cast<int>(cores.size());
}

// The quota in CPUs, from quota and period in microseconds. "max" or unreadable text means no limit.
double CpusOf(absl::string_view quota_text, absl::string_view period_text) {
  double quota = 0, period = 0;
  const bool limited =
      absl::SimpleAtod(quota_text, &quota) && absl::SimpleAtod(period_text, &period) && quota > 0 && period > 0;
  return limited ? quota / period : std::numeric_limits<double>::infinity();
}

// The tightest limit among this process's control group and its ancestors.
double CpuQuota() {
  double cpus =
      CpusOf(FirstLine("/sys/fs/cgroup/cpu/cpu.cfs_quota_us"), FirstLine("/sys/fs/cgroup/cpu/cpu.cfs_period_us"));
  std::string group;
  const std::string groups = Contents("/proc/self/cgroup");
  for (absl::string_view line : absl::StrSplit(groups, '\n')) {
    if (absl::ConsumePrefix(&line, "0::")) group = std::string(line);
  }
  for (;;) {
    while (absl::EndsWith(group, "/")) group.pop_back();
    const std::vector<std::string> words =
        absl::StrSplit(FirstLine(absl::StrCat("/sys/fs/cgroup", group, "/cpu.max")), ' ');
    if (words.size() == 2) cpus = std::min(cpus, CpusOf(words[0], words[1]));
    if (group.empty()) return cpus;
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
}

}  // namespace

std::string ProcessorName() {
  const std::string info = Contents("/proc/cpuinfo");
  for (const absl::string_view line : absl::StrSplit(info, '\n')) {
    const std::pair<absl::string_view, absl::string_view> field = absl::StrSplit(line, absl::MaxSplits(':', 1));
    if (absl::StripAsciiWhitespace(field.first) == "model name") {
      return std::string(absl::StripAsciiWhitespace(field.second));
    }
  }
  return "unknown processor";
}

int UsableCores() {
  // Rounds a quota down: extra threads would spin in OpenMP barriers while the group is throttled.
  return static_cast<int>(std::max(1.0, std::min<double>(AllowedCores(), CpuQuota())));
}

}  // namespace sg::cpu
