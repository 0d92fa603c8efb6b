// A batch of CIFAR-10 or CIFAR-100 in the form for Python, a pickled dict. Nothing in it is run.
//
//   const absl::StatusOr<CifarBatch> batch = CifarBatch::Parse(bytes);
//   if (batch.ok()) Image image = CifarImage(batch->Pixels(0));
#ifndef GAN_DATA_STREAMS_CIFAR_BATCH_H_
#define GAN_DATA_STREAMS_CIFAR_BATCH_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "engine/io/pickle_reader.h"
#include "gan/image/image.h"

namespace sg::gan {

inline constexpr int kCifarSide = 32;
inline constexpr int64_t kCifarPixelBytes = int64_t{3} * kCifarSide * kCifarSide;  // three planes: red, green, blue

// An RGB image of kCifarPixelBytes bytes.
Image CifarImage(absl::string_view planes);

class CifarBatch {
 public:
  // `bytes` must outlive the batch. The dict has "data", an array of bytes [N,3072], and "labels" or "fine_labels", a
  // list of N classes. Errors, without the file's name: those of Pickle::Parse; InvalidArgument for another content.
  static absl::StatusOr<CifarBatch> Parse(absl::string_view bytes);

  int64_t size() const { return static_cast<int64_t>(classes_.size()); }
  absl::string_view Pixels(int64_t index) const { return pixels_.substr(index * kCifarPixelBytes, kCifarPixelBytes); }
  int32_t ClassOf(int64_t index) const { return classes_[static_cast<size_t>(index)]; }

 private:
  explicit CifarBatch(io::Pickle pickle) : pickle_(std::move(pickle)) {}

  io::Pickle pickle_;  // may hold the pixels
  absl::string_view pixels_;
  std::vector<int32_t> classes_;
};

}  // namespace sg::gan

#endif  // GAN_DATA_STREAMS_CIFAR_BATCH_H_
