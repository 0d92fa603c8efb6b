// Writes .pt files that torch.load reads, also with weights_only=True: dicts of texts and of f32 tensors.
//
//   TorchValue weights = TorchValue::Dict();
//   weights.Add("bias", TorchValue::Tensor({2}, [] { return std::vector<float>{1, 2}; }));
//   TorchValue root = TorchValue::Dict();
//   root.Add("g_ema", weights);
//   absl::Status status = WriteTorchFile("model.pt", root);
//
// The file is a zip without compression, as torch.save has written since version 1.6. Tensors are read and written one
// by one, and the file is replaced atomically and durably (atomic_file.h).
#ifndef ENGINE_IO_TORCH_WRITER_H_
#define ENGINE_IO_TORCH_WRITER_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "engine/base/shape.h"

namespace sg::io {

class TorchValue {
 public:
  using Source = std::function<absl::StatusOr<std::vector<float>>()>;

  static TorchValue Text(std::string text);            // UTF-8
  static TorchValue Tensor(Shape shape, Source read);  // read() returns shape.NumElements() values; called once
  static TorchValue Dict();

  // Of a dict. The order is kept.
  void Add(std::string key, TorchValue value) { items_.emplace_back(std::move(key), std::move(value)); }

 private:
  friend class TorchWriter;
  enum class Kind : uint8_t { kText, kTensor, kDict };
  explicit TorchValue(Kind kind) : kind_(kind) {}

  Kind kind_;
  std::string text_;
  Shape shape_;
  Source read_;
  std::vector<std::pair<std::string, TorchValue>> items_;
};

// Errors are one sentence that begins with `path`: those of a source, of the disk, a tensor of another size than its
// shape, and Unimplemented for more than 4 GiB.
absl::Status WriteTorchFile(const std::string& path, const TorchValue& root);

}  // namespace sg::io

#endif  // ENGINE_IO_TORCH_WRITER_H_
