// Reads safetensors files, also hostile ones. safetensors_header.h has the rules that a file must keep.
//
//   absl::StatusOr<SafetensorsReader> reader = SafetensorsReader::Open("model.safetensors");
//   if (!reader.ok()) return reader.status();
//   for (const TensorInfo& tensor : reader->tensors()) std::cout << tensor.name << tensor.shape << "\n";
//   absl::StatusOr<std::vector<float>> w = reader->ReadAsFloat("mapping.net.0.weight");
//
// Files of our writer have checksums. Open verifies that of the header, and every read of a tensor verifies that of the
// tensor. Errors are one sentence that begins with the file's path. Reading is thread-safe.
#ifndef ENGINE_IO_SAFETENSORS_READER_H_
#define ENGINE_IO_SAFETENSORS_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/input_file.h"
#include "engine/io/safetensors_format.h"

namespace sg::io {

struct SafetensorsReaderOptions {
  // At most kSafetensorsMaxHeaderBytes, which is the limit of the format.
  int64_t max_header_bytes = int64_t{16} << 20;
  // False is for a file that another tool has edited without removing our checksums.
  bool verify_checksums = true;
};

class SafetensorsReader {
 public:
  static absl::StatusOr<SafetensorsReader> Open(const std::string& path, const SafetensorsReaderOptions& options = {});

  const std::string& path() const { return file_.path(); }
  const std::vector<TensorInfo>& tensors() const { return tensors_; }               // in the order of the data
  const std::map<std::string, std::string>& metadata() const { return metadata_; }  // without our checksums
  bool has_checksums() const { return !checksums_.empty(); }

  const TensorInfo* Find(absl::string_view name) const;  // null if there is none

  // Reads the bytes of an F32, F64, F16, BF16, I64, U64, I32 or U8 tensor. `size` must be the size of the tensor.
  absl::Status Read(absl::string_view name, void* out, int64_t size) const;
  // Reads F32, F16, BF16 or F64, which is rounded, as floats in row-major order.
  absl::StatusOr<std::vector<float>> ReadAsFloat(absl::string_view name) const;
  // Whether ReadAsFloat would succeed. Reads the data piece by piece.
  absl::Status VerifyFloats(absl::string_view name) const;
  // Verifies all tensors of any dtype. With checksums, this finds any damage.
  absl::Status Verify() const;

 private:
  explicit SafetensorsReader(InputFile file) : file_(std::move(file)) {}
  absl::Status LoadHeader(const SafetensorsReaderOptions& options);
  absl::Status TakeChecksums(absl::string_view header, bool verify);
  absl::Status Error(absl::StatusCode code, absl::string_view sentence) const;
  absl::StatusOr<const TensorInfo*> FindReadable(absl::string_view name) const;
  absl::StatusOr<const TensorInfo*> FindFloats(absl::string_view name) const;
  absl::Status Verify(const TensorInfo& tensor, std::vector<char>* piece) const;
  absl::Status CheckChecksum(const TensorInfo& tensor, uint32_t crc) const;

  InputFile file_;
  int64_t data_begin_ = 0;  // offset of the data in the file
  std::vector<TensorInfo> tensors_;
  absl::flat_hash_map<std::string, size_t> index_;  // name -> position in tensors_
  std::map<std::string, std::string> metadata_;
  std::vector<uint32_t> checksums_;  // one for each of tensors_, or empty
};

}  // namespace sg::io

#endif  // ENGINE_IO_SAFETENSORS_READER_H_
