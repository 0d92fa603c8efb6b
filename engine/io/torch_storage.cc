#include "engine/io/torch_storage.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sg::io {
namespace {

constexpr absl::string_view kMagic("\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 10);  // little-endian
constexpr int64_t kVersion = 1001;
constexpr size_t kCountBytes = 8;

struct StorageClass {
  absl::string_view global;
  const char* dtype;
};
constexpr StorageClass kStorageClasses[] = {
    {"torch FloatStorage", "F32"},  {"torch HalfStorage", "F16"}, {"torch BFloat16Storage", "BF16"},
    {"torch DoubleStorage", "F64"}, {"torch LongStorage", "I64"}, {"torch IntStorage", "I32"},
    {"torch ShortStorage", "I16"},  {"torch CharStorage", "I8"},  {"torch ByteStorage", "U8"},
    {"torch BoolStorage", "BOOL"},
};

absl::Status Damaged(absl::string_view what) { return absl::DataLossError(what); }

bool IsInt(const PickleValue* value, int64_t number) {
  return value != nullptr && value->kind == PickleKind::kInt && value->integer == number;
}

// Takes the pickles that the old format puts in a row.
class Sequence {
 public:
  explicit Sequence(absl::string_view bytes) : rest_(bytes) {}

  absl::StatusOr<Pickle> Next(const PickleOptions& options) {
    absl::StatusOr<Pickle> pickle = Pickle::Parse(rest_, options);
    if (pickle.ok()) rest_.remove_prefix(static_cast<size_t>(pickle->size()));
    return pickle;
  }

  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
};

// The three pickles before the object: the magic number, the version, and the machine that wrote.
absl::Status CheckStart(Sequence* sequence) {
  const absl::StatusOr<Pickle> magic = sequence->Next({});
  if (!magic.ok()) return magic.status();
  if (magic->root().kind != PickleKind::kLong || magic->root().text != kMagic) {
    return Damaged("it does not begin with PyTorch's number");
  }
  const absl::StatusOr<Pickle> version = sequence->Next({});
  if (!version.ok()) return version.status();
  if (!IsInt(&version->root(), kVersion)) return Damaged("it is not of version 1001 of PyTorch's old format");
  const absl::StatusOr<Pickle> machine = sequence->Next({});
  if (!machine.ok()) return machine.status();
  if (!IsInt(FindItem(machine->root(), "protocol_version"), kVersion)) {
    return Damaged("it does not repeat the version of PyTorch's old format");
  }
  const PickleValue* const little = FindItem(machine->root(), "little_endian");
  if (little == nullptr || little->kind != PickleKind::kBool || !little->boolean) {
    return absl::InvalidArgumentError("it was written on a big-endian machine");
  }
  return absl::OkStatus();
}

// One storage: the number of its elements, and the elements.
absl::StatusOr<TorchStorage> TakeStorage(const TorchStorageId& id, absl::string_view* rest) {
  if (rest->size() < kCountBytes) return Damaged("a storage is missing at its end");
  uint64_t count = 0;
  for (size_t i = kCountBytes; i > 0; --i) count = count << 8 | static_cast<uint8_t>((*rest)[i - 1]);
  rest->remove_prefix(kCountBytes);
  const auto element_bytes = static_cast<uint64_t>(id.dtype->bits / 8);
  if (count != static_cast<uint64_t>(id.elements) || count > rest->size() / element_bytes) {
    return Damaged(absl::StrCat("a storage of ", id.elements, " elements says that it has ", count, ", and ",
                                rest->size(), " bytes are left"));
  }
  TorchStorage storage;
  storage.dtype = id.dtype;
  storage.elements = id.elements;
  storage.bytes = rest->substr(0, count * element_bytes);
  rest->remove_prefix(count * element_bytes);
  return storage;
}

}  // namespace

absl::StatusOr<TorchStorageId> ParseTorchStorageId(const PickleValue& reference) {
  const PickleValue* const tuple = reference.kind == PickleKind::kPersistent ? reference.args : nullptr;
  if (tuple == nullptr || tuple->kind != PickleKind::kTuple || (tuple->items.size() != 5 && tuple->items.size() != 6)) {
    return Damaged("a reference to a storage is no tuple of five");
  }
  const std::vector<const PickleValue*>& items = tuple->items;
  if (items[0]->kind != PickleKind::kText || items[0]->text != "storage") {
    return absl::InvalidArgumentError("it refers to something that is no storage");
  }
  if (items.size() == 6 && items[5]->kind != PickleKind::kNone) {
    return absl::InvalidArgumentError("it has a view of a storage, as PyTorch wrote before version 0.4");
  }
  if (items[1]->kind != PickleKind::kGlobal || items[2]->kind != PickleKind::kText ||
      items[4]->kind != PickleKind::kInt || items[4]->integer < 0) {
    return Damaged("a reference to a storage lacks its type, key or size");
  }
  TorchStorageId id;
  for (const StorageClass& candidate : kStorageClasses) {
    if (items[1]->global == candidate.global) id.dtype = FindSafetensorsDType(candidate.dtype);
  }
  if (id.dtype == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat("it has storages of the type ", QuotedName(items[1]->global)));
  }
  id.key = std::string(items[2]->text);
  id.elements = items[4]->integer;
  return id;
}

absl::StatusOr<std::map<std::string, TorchStorageId>> TorchStorageIds(const Pickle& pickle) {
  std::map<std::string, TorchStorageId> ids;
  for (const PickleValue* reference : pickle.persistent()) {
    absl::StatusOr<TorchStorageId> id = ParseTorchStorageId(*reference);
    if (!id.ok()) return id.status();
    const auto [known, is_new] = ids.emplace(id->key, *id);
    if (!is_new && (known->second.dtype != id->dtype || known->second.elements != id->elements)) {
      return Damaged(absl::StrCat("the storage ", QuotedName(id->key), " has two types or sizes"));
    }
  }
  return ids;
}

std::vector<absl::string_view> TorchStorageGlobals() {
  std::vector<absl::string_view> globals;
  for (const StorageClass& storage_class : kStorageClasses) globals.push_back(storage_class.global);
  return globals;
}

absl::StatusOr<LegacyTorch> LegacyTorch::Parse(absl::string_view bytes, const std::vector<absl::string_view>& globals) {
  Sequence sequence(bytes);
  const absl::Status start = CheckStart(&sequence);
  if (!start.ok()) return start;
  PickleOptions options;
  options.globals = TorchStorageGlobals();
  options.globals.insert(options.globals.end(), globals.begin(), globals.end());
  options.allow_persistent = true;
  absl::StatusOr<Pickle> object = sequence.Next(options);
  if (!object.ok()) return object.status();
  const absl::StatusOr<std::map<std::string, TorchStorageId>> ids = TorchStorageIds(*object);
  if (!ids.ok()) return ids.status();
  const absl::StatusOr<Pickle> keys = sequence.Next({});
  if (!keys.ok()) return keys.status();
  if (keys->root().kind != PickleKind::kList || keys->root().items.size() != ids->size()) {
    return Damaged(absl::StrCat("its list of storages does not have the ", ids->size(), " of its object"));
  }

  LegacyTorch file{*std::move(object), {}};
  absl::string_view rest = sequence.rest();
  for (const PickleValue* key : keys->root().items) {
    const auto id = key->kind == PickleKind::kText ? ids->find(std::string(key->text)) : ids->end();
    if (id == ids->end() || file.storages.count(id->first) != 0) {
      return Damaged("its list of storages does not agree with its object");
    }
    const absl::StatusOr<TorchStorage> storage = TakeStorage(id->second, &rest);
    if (!storage.ok()) return storage.status();
    file.storages.emplace(id->first, *storage);
  }
  if (!rest.empty()) return Damaged(absl::StrCat(rest.size(), " bytes follow its last storage"));
  return file;
}

}  // namespace sg::io
