// The size of a model's images as users write it: "64", or "512x384", width first.
//
//   ModelConfig model;
//   absl::Status set = SetImageSize("512x384", &model);  // resolution 512, from a constant of 4x3
//   ImageSizeText(model);                                // "512x384"
#ifndef GAN_CONFIG_IMAGE_SIZE_H_
#define GAN_CONFIG_IMAGE_SIZE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "gan/config/config.h"

namespace sg::gan {

// Sets resolution, base_width and base_height. "64" means 64x64, whatever Validate will say of it. Another size must be
// a constant with sides from kMinBaseSide to kMaxBaseSide (fields.h) that is doubled at least once; of several such
// constants the smallest with both sides of at least kMinBaseSide is taken, but 4x4 for squares. InvalidArgument for
// text that is no size, and for a size without such a constant; it names the nearest that has one.
absl::Status SetImageSize(absl::string_view text, ModelConfig* model);

// "512x384", and "64x64" for squares.
std::string ImageSizeText(const ModelConfig& model);

}  // namespace sg::gan

#endif  // GAN_CONFIG_IMAGE_SIZE_H_
