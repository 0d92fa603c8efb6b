#include "tests/engine/io/raw_pickle.h"

#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace sg::io {
namespace {

std::string Ints(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  items.reserve(values.size());
  for (const int64_t value : values) items.push_back(RawInt(value));
  return RawTuple(items);
}

std::string LegacyStart() {
  const std::string sizes = RawDict({{"short", RawInt(2)}, {"int", RawInt(4)}, {"long", RawInt(4)}});
  return absl::StrCat(
      MakePickle(std::string("\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 12)), MakePickle(RawInt(1001)),
      MakePickle(RawDict({{"protocol_version", RawInt(1001)}, {"little_endian", "\x88"}, {"type_sizes", sizes}})));
}

}  // namespace

std::string RawNumber(uint64_t value, int width) {
  std::string out;
  for (int i = 0; i < width; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

std::string MakePickle(const std::string& operations, int protocol) {
  return absl::StrCat("\x80", RawNumber(protocol, 1), operations, ".");
}

std::string RawInt(int64_t value) {
  if (value >= INT32_MIN && value <= INT32_MAX) return "J" + RawNumber(static_cast<uint64_t>(value), 4);
  return "\x8a\x08" + RawNumber(static_cast<uint64_t>(value), 8);
}

std::string RawText(const std::string& text) { return absl::StrCat("X", RawNumber(text.size(), 4), text); }
std::string RawBytes(const std::string& bytes) { return absl::StrCat("B", RawNumber(bytes.size(), 4), bytes); }
std::string RawTuple(const std::vector<std::string>& items) { return absl::StrCat("(", absl::StrJoin(items, ""), "t"); }
std::string RawList(const std::vector<std::string>& items) { return absl::StrCat("](", absl::StrJoin(items, ""), "e"); }

std::string RawDict(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string out = "}(";
  for (const auto& [key, value] : items) absl::StrAppend(&out, RawText(key), value);
  return out + "u";
}

std::string RawGlobal(const std::string& module, const std::string& name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}

std::string RawCall(const std::string& global, const std::vector<std::string>& args) {
  return absl::StrCat(global, RawTuple(args), "R");
}

std::string RawStorageId(const std::string& key, int64_t elements, const std::string& type) {
  return absl::StrCat(
      RawTuple({RawText("storage"), RawGlobal("torch", type), RawText(key), RawText("cpu"), RawInt(elements)}), "Q");
}

std::string RawTensor(const std::string& key, int64_t offset, const std::vector<int64_t>& shape,
                      const std::vector<int64_t>& strides, int64_t elements, const std::string& type) {
  return RawCall(RawGlobal("torch._utils", "_rebuild_tensor_v2"),
                 {RawStorageId(key, elements, type), RawInt(offset), Ints(shape), Ints(strides), "\x89",
                  RawCall(RawGlobal("collections", "OrderedDict"), {})});
}

std::string Floats(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  if (!values.empty()) std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::string MakeLegacyTorch(const std::string& object, const RawStorages& storages, int64_t element_bytes) {
  std::vector<std::string> keys;
  std::string data;
  for (const auto& [key, bytes] : storages) {
    keys.push_back(RawText(key));
    absl::StrAppend(&data, RawNumber(bytes.size() / element_bytes, 8), bytes);
  }
  return absl::StrCat(LegacyStart(), MakePickle(object), MakePickle(RawList(keys)), data);
}

std::string MakeTorchZip(const std::string& object, const RawStorages& storages, const std::vector<RawZipEntry>& more) {
  std::vector<RawZipEntry> entries;
  const auto add = [&entries](const std::string& name, const std::string& data) {
    RawZipEntry entry;
    entry.name = "archive/" + name;
    entry.data = data;
    entries.push_back(entry);
  };
  add("data.pkl", MakePickle(object));
  for (const auto& [key, bytes] : storages) add("data/" + key, bytes);
  add("version", "3\n");
  entries.insert(entries.end(), more.begin(), more.end());
  return MakeRawZip(entries);
}

std::string RawNestedStorage(const std::string& legacy) {
  return RawCall(RawGlobal("torch.storage", "_load_from_bytes"), {RawBytes(legacy)});
}

}  // namespace sg::io
