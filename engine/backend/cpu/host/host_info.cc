#include "engine/backend/cpu/host/host_info.h"

#include <sched.h>

#include <algorithm>
#include <fstream>
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

namespace sg::cpu {
namespace {

std::string FirstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
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
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    absl::string_view rest = line;
    if (absl::ConsumePrefix(&rest, "0::")) group = std::string(rest);
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
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    const std::pair<std::string, std::string> field = absl::StrSplit(line, absl::MaxSplits(':', 1));
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
