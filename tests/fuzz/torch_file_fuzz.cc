// A file of PyTorch, or a pickle with tensors, as a whole. A zip has checksums, which a mutation would break. Behind
// "zip:" comes the pickle of one, whose storages are always the same.
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/torch_file.h"
#include "tests/engine/io/raw_pickle.h"
#include "tests/fuzz/memory_file.h"

namespace {

using sg::io::PickleValue;

constexpr absl::string_view kZip = "zip:";

// Every value once.
std::vector<const PickleValue*> AllValues(const PickleValue& root) {
  std::set<const PickleValue*> seen = {&root};
  std::vector<const PickleValue*> values = {&root};
  for (size_t i = 0; i < values.size(); ++i) {
    std::vector<const PickleValue*> inside = values[i]->items;
    inside.insert(inside.end(), {values[i]->args, values[i]->state});
    for (const PickleValue* value : inside) {
      if (value != nullptr && seen.insert(value).second) values.push_back(value);
    }
  }
  return values;
}

void ReadEverything(const std::string& bytes) {
  const sg::fuzz::MemoryFile memory(bytes.data(), bytes.size());
  const auto file = sg::io::TorchFile::Open(memory.path(), {"argparse Namespace", "dnnlib.util EasyDict"});
  if (!file.ok()) return;
  for (const PickleValue* value : AllValues((*file)->root())) {
    (void)sg::io::ToNumber(*value);
    const absl::StatusOr<sg::io::PickledArray> array = (*file)->Array(*value);
    if (!array.ok()) continue;
    const absl::StatusOr<std::vector<float>> floats = (*file)->ReadFloats(*array);
    if (!floats.ok()) continue;
    SG_CHECK(static_cast<int64_t>(floats->size()) == array->shape.NumElements()) << "[fuzz] elements are missing";
    SG_CHECK(static_cast<int64_t>(floats->size()) <= array->elements) << "[fuzz] a view is larger than its storage";
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (!absl::StartsWith(bytes, kZip)) {
    ReadEverything(std::string(bytes));
    return 0;
  }
  sg::io::RawZipEntry pickle, floats;
  pickle.name = "a/data.pkl";
  pickle.data = std::string(bytes.substr(kZip.size()));
  floats.name = "a/data/0";
  floats.data = std::string(16, '\1');
  ReadEverything(sg::io::MakeRawZip({pickle, floats}));
  return 0;
}
