// What adaptive discriminator augmentation does to one image: the eighteen transforms of Karras et al., "Training
// generative adversarial networks with limited data", 2020, appendix B. They act in the order of the members. The
// default changes nothing.
//
//   ImageTransform turned;
//   turned.quarter_turns = 1;
#ifndef GAN_AUGMENT_IMAGE_TRANSFORM_H_
#define GAN_AUGMENT_IMAGE_TRANSFORM_H_

namespace sg::gan {

// The frequency bands of the image filter, the lowest first.
inline constexpr int kFilterBands = 4;

struct ImageTransform {
  // Pixel blits.
  bool flip = false;                // left and right
  int quarter_turns = 0;            // 0 to 3
  double shift_x = 0, shift_y = 0;  // whole pixels
  // General geometry.
  double scale = 1;                 // of the picture
  double first_angle = 0;           // radians
  double stretch = 1;               // of the picture along x, and its inverse along y
  double second_angle = 0;          // radians
  double slide_x = 0, slide_y = 0;  // pixels, with fractions
  // Colors, for pixels from -1 to 1.
  double brightness = 0;   // added
  double contrast = 1;     // a factor
  bool luma_flip = false;  // negates a color's part along the gray axis
  double hue = 0;          // radians around the gray axis
  double saturation = 1;   // factor of the distance from the gray axis
  // Corruptions.
  double bands[kFilterBands] = {1, 1, 1, 1};  // amplification, before the normalization of band_filter.h
  double noise = 0;                           // standard deviation
  bool cutout = false;                        // a square of half the size, in which pixels become 0
  double cutout_x = 0, cutout_y = 0;          // its center, as a share of the image's width and height

  bool blits() const { return flip || quarter_turns != 0 || shift_x != 0 || shift_y != 0; }
  bool warps() const {
    return scale != 1 || first_angle != 0 || stretch != 1 || second_angle != 0 || slide_x != 0 || slide_y != 0;
  }
  bool recolors() const { return brightness != 0 || contrast != 1 || luma_flip || hue != 0 || saturation != 1; }
  bool filters() const {
    for (const double band : bands) {
      if (band != 1) return true;
    }
    return false;
  }
  // Whether it changes anything at all.
  bool acts() const { return blits() || warps() || recolors() || filters() || noise != 0 || cutout; }
};

}  // namespace sg::gan

#endif  // GAN_AUGMENT_IMAGE_TRANSFORM_H_
