// A pickle, with the names that files of weights need.
#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "engine/base/check.h"
#include "engine/io/pickle_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  sg::io::PickleOptions options;
  options.globals = {"collections OrderedDict", "_codecs encode", "numpy dtype", "torch FloatStorage"};
  options.global_prefixes = {"__torch__."};
  options.allow_persistent = true;
  const absl::StatusOr<sg::io::Pickle> pickle = sg::io::Pickle::Parse(bytes, options);
  if (!pickle.ok()) return 0;
  SG_CHECK(pickle->size() <= static_cast<int64_t>(size) && bytes[pickle->size() - 1] == '.')
      << "[fuzz] the pickle ends elsewhere than at STOP";
  for (const sg::io::PickleValue* reference : pickle->persistent()) {
    SG_CHECK(reference->args != nullptr) << "[fuzz] a reference refers to nothing";
  }
  const sg::io::PickleValue* const item = sg::io::FindItem(pickle->root(), "a");
  SG_CHECK(item == nullptr || !pickle->root().items.empty()) << "[fuzz] an empty value has an item";
  return 0;
}
