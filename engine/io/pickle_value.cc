#include "engine/io/pickle_value.h"

#include <cstddef>

namespace sg::io {

const char* KindName(PickleKind kind) {
  switch (kind) {
    case PickleKind::kNone: return "None";
    case PickleKind::kBool: return "bool";
    case PickleKind::kInt: return "int";
    case PickleKind::kLong: return "large int";
    case PickleKind::kReal: return "float";
    case PickleKind::kText: return "text";
    case PickleKind::kBytes: return "bytes";
    case PickleKind::kTuple: return "tuple";
    case PickleKind::kList: return "list";
    case PickleKind::kSet: return "set";
    case PickleKind::kDict: return "dict";
    case PickleKind::kGlobal: return "global";
    case PickleKind::kCall: return "object";
    case PickleKind::kPersistent: return "reference";
  }
  return "?";
}

const PickleValue* FindItem(const PickleValue& map, absl::string_view key) {
  if (map.kind != PickleKind::kDict && map.kind != PickleKind::kCall) return nullptr;
  for (size_t i = map.items.size() / 2; i > 0; --i) {
    const PickleValue* const candidate = map.items[2 * i - 2];
    if (candidate->kind == PickleKind::kText && candidate->text == key) return map.items[2 * i - 1];
  }
  return nullptr;
}

}  // namespace sg::io
