// Converts a stream of pictures to a data set, decoding in several threads. The result does not depend on their number.
//
//   ConvertOptions options;
//   options.fit = {FitMode::kCenterCrop, {256, 256, 3}};
//   absl::StatusOr<ConvertCounts> counts = ConvertPictures(stream.get(), writer.get(), options);
//   if (counts.ok()) status = writer->Finish();
#ifndef GAN_DATA_CONVERT_CONVERT_PICTURES_H_
#define GAN_DATA_CONVERT_CONVERT_PICTURES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "gan/config/enums.h"
#include "gan/data/convert/dataset_writer.h"
#include "gan/data/convert/picture_fit.h"
#include "gan/data/streams/picture_stream.h"
#include "gan/image/decode_limits.h"
#include "gan/image/image_spec.h"

namespace sg::gan {

struct ConvertOptions {
  PictureFit fit;
  DecodeLimits limits;
  OnBadImage on_bad_image = OnBadImage::kFail;
  bool skip_small = false;                            // leaves out pictures that would be enlarged
  int64_t max_images = INT64_MAX;                     // the first ones of the stream, without those that are left out
  int threads = 0;                                    // 0: one per core
  std::function<void(int64_t pictures)> on_progress;  // called with the number of pictures read since the last call
  std::function<bool()> stop;                         // asked now and then
};

struct ConvertCounts {
  int64_t written = 0;
  int64_t enlarged = 0;          // of those written
  int64_t small = 0;             // left out by skip_small
  std::vector<std::string> bad;  // left out by OnBadImage::kSkip, a sentence each: "a.png: PNG is truncated"
  ImageSpec spec;                // of the images written
};

// Errors: those of the stream and of the writer; with OnBadImage::kFail that of the first bad picture, as a sentence
// that begins with its name. With FitMode::kKeep, a picture of another size than the first is bad. Cancelled by `stop`.
absl::StatusOr<ConvertCounts> ConvertPictures(PictureStream* stream, DatasetWriter* writer,
                                              const ConvertOptions& options);

}  // namespace sg::gan

#endif  // GAN_DATA_CONVERT_CONVERT_PICTURES_H_
