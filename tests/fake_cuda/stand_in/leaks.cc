#include <mutex>
#include <sstream>

#include "tests/fake_cuda/stand_in/call.h"
#include "tests/fake_cuda/stand_in/fake_cuda.h"
#include "tests/fake_cuda/stand_in/memory.h"
#include "tests/fake_cuda/stand_in/objects.h"
#include "tests/fake_cuda/stand_in/stream.h"

namespace fake_cuda {

std::vector<std::function<std::string()>>& ObjectLists() {
  static auto& lists = *new std::vector<std::function<std::string()>>;
  return lists;
}

std::vector<std::string> Leaks() {
  const std::lock_guard<std::recursive_mutex> lock(GlobalMutex());
  std::vector<std::string> leaks;
  for (const Allocation* allocation : Memory::Get().Live()) {
    std::ostringstream text;
    text << (allocation->kind == MemoryKind::kDevice ? "device" : "pinned") << " allocation " << allocation->number
         << " of " << allocation->bytes << " bytes";
    leaks.push_back(text.str());
  }
  int streams = 0;
  ForEachStream([&](const CUstream_st& stream) { streams += stream.number != 0; });
  if (streams > 0) leaks.push_back(std::to_string(streams) + " cudaStream_t");
  for (const auto& describe : ObjectLists()) {
    const std::string text = describe();
    if (!text.empty()) leaks.push_back(text);
  }
  return leaks;
}

}  // namespace fake_cuda
