// Pickles operation by operation, in forms that Python never writes: damaged and hostile. Each function returns the
// bytes that push one value.
//
//   std::string bytes = MakePickle(RawDict({{"size", RawInt(32)}}));
//   std::string file = MakeLegacyTorch(RawDict({{"w", RawTensor("0", 0, {2}, {1}, 2)}}), {{"0", Floats({1, 2})}});
#ifndef TESTS_ENGINE_IO_RAW_PICKLE_H_
#define TESTS_ENGINE_IO_RAW_PICKLE_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/engine/io/raw_zip.h"

namespace sg::io {

std::string RawNumber(uint64_t value, int width);  // little-endian

std::string MakePickle(const std::string& operations, int protocol = 2);  // PROTO, the operations, STOP
std::string RawInt(int64_t value);
std::string RawText(const std::string& text);
std::string RawBytes(const std::string& bytes);
std::string RawTuple(const std::vector<std::string>& items);
std::string RawList(const std::vector<std::string>& items);
std::string RawDict(const std::vector<std::pair<std::string, std::string>>& items);  // text keys
std::string RawGlobal(const std::string& module, const std::string& name);
std::string RawCall(const std::string& global, const std::vector<std::string>& args);  // REDUCE

// PyTorch's reference to a storage of floats, and a tensor of it.
std::string RawStorageId(const std::string& key, int64_t elements, const std::string& type = "FloatStorage");
std::string RawTensor(const std::string& key, int64_t offset, const std::vector<int64_t>& shape,
                      const std::vector<int64_t>& strides, int64_t elements, const std::string& type = "FloatStorage");
std::string Floats(const std::vector<float>& values);  // their bytes

// The formats of torch.save with the object and the storages (key, bytes).
using RawStorages = std::vector<std::pair<std::string, std::string>>;
std::string MakeLegacyTorch(const std::string& object, const RawStorages& storages, int64_t element_bytes = 4);
std::string MakeTorchZip(const std::string& object, const RawStorages& storages,
                         const std::vector<RawZipEntry>& more = {});
// The storage of a tensor in NVIDIA's files: a call of _load_from_bytes.
std::string RawNestedStorage(const std::string& legacy);

}  // namespace sg::io

#endif  // TESTS_ENGINE_IO_RAW_PICKLE_H_
