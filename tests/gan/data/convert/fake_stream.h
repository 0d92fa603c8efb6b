// A stream of given pictures.
//
//   FakeStream stream({PngPicture("a.png", Gradient(8, 8))});
#ifndef TESTS_GAN_DATA_CONVERT_FAKE_STREAM_H_
#define TESTS_GAN_DATA_CONVERT_FAKE_STREAM_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "gan/data/streams/picture_stream.h"
#include "gan/image/encode_png.h"

namespace sg::gan {

inline Picture PngPicture(const std::string& name, const Image& image, int label = -1) {
  Picture picture;
  picture.name = name;
  picture.bytes = *EncodePng(image);
  picture.label.class_number = label;
  return picture;
}

class FakeStream final : public PictureStream {
 public:
  explicit FakeStream(std::vector<Picture> pictures) : pictures_(std::move(pictures)) {}

  int64_t size() const override { return static_cast<int64_t>(pictures_.size()); }
  bool has_labels() const override { return !pictures_.empty() && !pictures_[0].label.empty(); }
  absl::StatusOr<Picture> Next() override { return pictures_[static_cast<size_t>(next_++)]; }

 private:
  const std::vector<Picture> pictures_;
  int64_t next_ = 0;
};

}  // namespace sg::gan

#endif  // TESTS_GAN_DATA_CONVERT_FAKE_STREAM_H_
