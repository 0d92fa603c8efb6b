// The values in a pickle, as pickle_reader.h returns them.
//
//   const PickleValue* size = FindItem(pickle.root(), "size");
//   if (size != nullptr && size->kind == PickleKind::kInt) Use(size->integer);
#ifndef ENGINE_IO_PICKLE_VALUE_H_
#define ENGINE_IO_PICKLE_VALUE_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace sg::io {

enum class PickleKind : uint8_t {
  kNone,
  kBool,
  kInt,
  kLong,  // an integer beyond 64 bits
  kReal,
  kText,
  kBytes,
  kTuple,
  kList,
  kSet,
  kDict,
  kGlobal,      // a class or function by its name; it is never looked up
  kCall,        // what a global would have made of its arguments
  kPersistent,  // a reference to something beside the pickle, such as a storage of PyTorch
};
const char* KindName(PickleKind kind);  // "text", "tuple", ...

// The fields that a kind does not name are unset. A value may contain itself, and values that are contained twice make
// a small pickle a large tree: whoever walks the values bounds the number of steps.
struct PickleValue {
  PickleKind kind = PickleKind::kNone;
  bool boolean = false;    // kBool
  int64_t integer = 0;     // kInt
  double real = 0;         // kReal
  absl::string_view text;  // kText: UTF-8, unchecked; kBytes, also a bytearray; kLong: little-endian, two's complement
  std::vector<const PickleValue*> items;  // kTuple, kList, kSet; of kDict and kCall key, value, key, value, ...
  absl::string_view global;               // kGlobal, kCall: "collections OrderedDict", module and name
  const PickleValue* args = nullptr;      // kCall: a tuple; kPersistent: the reference
  const PickleValue* state = nullptr;     // kCall: what Python would hand to __setstate__; may be null
};

// The value of a text key in a dict or in a call that has items, the last one as in Python. Null if there is none.
const PickleValue* FindItem(const PickleValue& map, absl::string_view key);

}  // namespace sg::io

#endif  // ENGINE_IO_PICKLE_VALUE_H_
