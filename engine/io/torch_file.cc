#include "engine/io/torch_file.h"

#include <algorithm>
#include <cstddef>
#include <iterator>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/io/input_file.h"

namespace sg::io {
namespace {

// What tensors, arrays and their containers consist of.
constexpr absl::string_view kGlobals[] = {
    "collections OrderedDict",
    "builtins set",
    "__builtin__ set",
    "_codecs encode",
    "torch._utils _rebuild_tensor_v2",
    "torch._utils _rebuild_parameter",
    "torch._utils _rebuild_parameter_with_state",
    "torch.storage _load_from_bytes",
    "numpy ndarray",
    "numpy dtype",
    "numpy.core.multiarray _reconstruct",
    "numpy.core.multiarray scalar",
    "numpy.core.numeric _frombuffer",
    "numpy._core.multiarray _reconstruct",
    "numpy._core.multiarray scalar",
    "numpy._core.numeric _frombuffer",
};
constexpr absl::string_view kTorchScriptPrefixes[] = {"__torch__ ", "__torch__."};
constexpr absl::string_view kPickleName = "data.pkl";

absl::Status Damaged(absl::string_view what) { return absl::DataLossError(what); }

bool IsParameter(const PickleValue& value) {
  return value.kind == PickleKind::kCall && absl::StartsWith(value.global, "torch._utils _rebuild_parameter");
}

bool IsTensor(const PickleValue& value) {
  return value.kind == PickleKind::kCall && value.global == "torch._utils _rebuild_tensor_v2";
}

}  // namespace

absl::Status TorchFile::Error(absl::StatusCode code, absl::string_view sentence) const {
  if (absl::StartsWith(sentence, path_)) return absl::Status(code, sentence);
  return absl::Status(code, absl::StrCat(path_, ": ", sentence));
}

absl::StatusOr<std::unique_ptr<TorchFile>> TorchFile::Open(const std::string& path,
                                                           const std::vector<absl::string_view>& globals) {
  const absl::StatusOr<WeightFileKind> kind = FindWeightFileKind(path);
  if (!kind.ok()) return kind.status();
  std::unique_ptr<TorchFile> file(new TorchFile(path, *kind));
  const absl::Status loaded = file->Load(globals);
  if (!loaded.ok()) return file->Error(loaded.code(), loaded.message());
  return file;
}

absl::Status TorchFile::Load(const std::vector<absl::string_view>& globals) {
  PickleOptions options;
  options.globals.assign(std::begin(kGlobals), std::end(kGlobals));
  options.globals.insert(options.globals.end(), globals.begin(), globals.end());
  switch (kind_) {
    case WeightFileKind::kSafetensors: return absl::InvalidArgumentError("this is a safetensors file, not a pickle");
    case WeightFileKind::kZip: return LoadZip(std::move(options));
    case WeightFileKind::kLegacyTorch:
    case WeightFileKind::kPickle: return LoadWhole(options);
  }
  return absl::InternalError("unknown kind");
}

absl::Status TorchFile::LoadWhole(const PickleOptions& options) {
  absl::StatusOr<std::string> bytes = ReadFile(path_, kTorchMaxWholeBytes);
  if (!bytes.ok()) return bytes.status();
  bytes_ = *std::move(bytes);
  if (kind_ == WeightFileKind::kLegacyTorch) {
    absl::StatusOr<LegacyTorch> file = LegacyTorch::Parse(bytes_, options.globals);
    if (!file.ok()) return file.status();
    pickle_.emplace(std::move(file->object));
    storages_ = std::move(file->storages);
    return absl::OkStatus();
  }
  absl::StatusOr<Pickle> pickle = Pickle::Parse(bytes_, options);
  if (!pickle.ok()) return pickle.status();
  pickle_.emplace(*std::move(pickle));
  if (pickle_->size() != static_cast<int64_t>(bytes_.size())) {
    return Damaged(absl::StrCat(static_cast<int64_t>(bytes_.size()) - pickle_->size(), " bytes follow its pickle"));
  }
  return absl::OkStatus();
}

absl::Status TorchFile::IndexEntries() {
  for (const ZipEntry& entry : archive_->entries()) {
    const size_t slash = entry.name.find('/');
    if (slash == std::string::npos || absl::string_view(entry.name).substr(slash + 1) != kPickleName) continue;
    if (!folder_.empty()) return Damaged("it has two files data.pkl");
    folder_ = entry.name.substr(0, slash + 1);
  }
  if (folder_.empty()) {
    return absl::InvalidArgumentError("this zip archive has no data.pkl, so PyTorch did not write it");
  }
  const std::vector<ZipEntry>& entries = archive_->entries();
  for (size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].kind != ZipEntryKind::kFile || !absl::StartsWith(entries[i].name, folder_)) continue;
    // Which of the two a reader takes would be chance.
    if (!entries_.emplace(entries[i].name.substr(folder_.size()), i).second) {
      return Damaged(absl::StrCat("it has the entry ", QuotedName(entries[i].name), " twice"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> TorchFile::ReadEntry(int64_t index, absl::string_view name, int64_t max_bytes) {
  absl::StatusOr<std::string> bytes = archive_->Read(index, std::min(max_bytes, unpacked_left_));
  if (!bytes.ok()) {
    // PyTorch does not compress, so all entries together are no larger than the file.
    return absl::Status(bytes.status().code(),
                        absl::StrCat("its entry ", QuotedName(name), " ", bytes.status().message()));
  }
  unpacked_left_ -= static_cast<int64_t>(bytes->size());
  return bytes;
}

absl::Status TorchFile::LoadZip(PickleOptions options) {
  const absl::StatusOr<InputFile> file = InputFile::Open(path_);
  if (!file.ok()) return file.status();
  unpacked_left_ = file->size();
  absl::StatusOr<std::unique_ptr<ZipArchive>> archive = ZipArchive::Open(path_);
  if (!archive.ok()) return archive.status();
  archive_ = *std::move(archive);
  absl::Status indexed = IndexEntries();
  if (!indexed.ok()) return indexed;

  const auto order = entries_.find("byteorder");
  if (order != entries_.end()) {
    const absl::StatusOr<std::string> text = ReadEntry(order->second, order->first, /*max_bytes=*/16);
    if (!text.ok()) return text.status();
    if (*text != "little") return absl::InvalidArgumentError("it was written on a big-endian machine");
  }
  is_torch_script_ = entries_.count("constants.pkl") != 0;
  const auto pickle_entry = entries_.find(std::string(kPickleName));
  if (pickle_entry == entries_.end()) return Damaged("its data.pkl is no file");
  absl::StatusOr<std::string> bytes = ReadEntry(pickle_entry->second, kPickleName, kTorchMaxPickleBytes);
  if (!bytes.ok()) return bytes.status();
  bytes_ = *std::move(bytes);

  const std::vector<absl::string_view> storages = TorchStorageGlobals();
  options.globals.insert(options.globals.end(), storages.begin(), storages.end());
  if (is_torch_script_) {
    options.global_prefixes.assign(std::begin(kTorchScriptPrefixes), std::end(kTorchScriptPrefixes));
  }
  options.allow_persistent = true;
  absl::StatusOr<Pickle> pickle = Pickle::Parse(bytes_, options);
  if (!pickle.ok()) return pickle.status();
  pickle_.emplace(*std::move(pickle));
  if (pickle_->size() != static_cast<int64_t>(bytes_.size())) return Damaged("bytes follow the pickle in its data.pkl");
  return TorchStorageIds(*pickle_).status();
}

bool TorchFile::IsArray(const PickleValue& value) {
  return IsParameter(value) || IsTensor(value) || IsNumpyArray(value);
}

absl::StatusOr<PickledArray> TorchFile::Array(const PickleValue& value) const {
  const PickleValue* tensor = &value;
  if (IsParameter(value)) {
    if (value.args->items.empty()) return Error(absl::StatusCode::kDataLoss, "a parameter has no tensor");
    tensor = value.args->items[0];
  }
  absl::StatusOr<PickledArray> array = IsTensor(*tensor) ? TensorOf(*tensor) : NumpyArray(*tensor);
  if (!array.ok()) return Error(array.status().code(), array.status().message());
  const absl::Status inside = CheckView(*array);
  if (!inside.ok()) return Error(inside.code(), inside.message());
  return array;
}

// _rebuild_tensor_v2(storage, offset, size, strides, requires_grad, hooks[, metadata]).
absl::StatusOr<PickledArray> TorchFile::TensorOf(const PickleValue& value) const {
  const std::vector<const PickleValue*>& args = value.args->items;
  if (args.size() < 4 || args[1]->kind != PickleKind::kInt)
    return Damaged("a tensor lacks its storage, size or strides");
  PickledArray array;
  array.offset = args[1]->integer;
  const absl::StatusOr<Shape> shape = ToShape(*args[2]), strides = ToShape(*args[3]);
  if (!shape.ok()) return shape.status();
  if (!strides.ok()) return strides.status();
  if (shape->rank() != strides->rank()) return Damaged("a tensor has more dimensions than strides");
  array.shape = *shape;
  for (int i = 0; i < strides->rank(); ++i) array.strides[i] = (*strides)[i];
  const absl::Status set = SetStorage(*args[0], &array);
  if (!set.ok()) return set;
  return array;
}

absl::Status TorchFile::SetStorage(const PickleValue& value, PickledArray* array) const {
  const auto use = [array](const TorchStorage& storage) {
    array->dtype = storage.dtype;
    array->elements = storage.elements;
    array->storage = storage.bytes;
  };
  // NVIDIA's files: a file of the old format inside a pickle, with one storage and nothing else.
  if (value.kind == PickleKind::kCall && value.global == "torch.storage _load_from_bytes") {
    if (value.args->items.size() != 1 || value.args->items[0]->kind != PickleKind::kBytes) {
      return Damaged("a storage is not given as bytes");
    }
    const absl::StatusOr<LegacyTorch> nested = LegacyTorch::Parse(value.args->items[0]->text, {});
    if (!nested.ok()) return nested.status();
    if (nested->storages.size() != 1 || nested->object.root().kind != PickleKind::kPersistent) {
      return Damaged("the bytes of a storage are not one storage");
    }
    use(nested->storages.begin()->second);
    return absl::OkStatus();
  }
  const absl::StatusOr<TorchStorageId> id = ParseTorchStorageId(value);
  if (!id.ok()) return id.status();
  if (kind_ == WeightFileKind::kLegacyTorch) {
    use(storages_.at(id->key));
    return absl::OkStatus();
  }
  const auto entry = entries_.find(absl::StrCat("data/", id->key));
  if (entry == entries_.end()) return Damaged(absl::StrCat("it lacks the storage ", QuotedName(id->key)));
  array->dtype = id->dtype;
  array->elements = id->elements;
  array->entry = entry->second;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<float>> TorchFile::ReadFloats(const PickledArray& array) {
  absl::string_view storage = array.storage;
  if (array.entry >= 0) {
    auto loaded = loaded_.find(array.entry);
    if (loaded == loaded_.end()) {
      absl::StatusOr<std::string> bytes = ReadEntry(array.entry, archive_->entries()[array.entry].name, unpacked_left_);
      if (!bytes.ok()) return Error(bytes.status().code(), bytes.status().message());
      loaded = loaded_.emplace(array.entry, *std::move(bytes)).first;
    }
    storage = loaded->second;
  }
  absl::StatusOr<std::vector<float>> floats = ToFloats(array, storage);
  if (!floats.ok()) return Error(floats.status().code(), floats.status().message());
  return floats;
}

}  // namespace sg::io
