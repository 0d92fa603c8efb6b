#include "gan/augment/ada_pipe.h"

#include <cmath>
#include <functional>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "engine/autograd/grad.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/reduce.h"
#include "engine/ops/shape_ops.h"
#include "engine/runtime/devices.h"
#include "gan/sample/numpy_random.h"
#include "gtest/gtest.h"
#include "tests/support/gradcheck.h"
#include "tests/support/tensors.h"

namespace sg::gan {
namespace {

using testing::CheckGradients;
using testing::ExpectSameValues;
using testing::NormalF64;
using testing::Values;
using Tensors = std::vector<Tensor>;

constexpr int64_t kImages = 2, kHeight = 24, kWidth = 28, kChannels = 3;

// Numbers in the order of NCHW, as a tensor of NHWC.
Tensor FromNchw(const std::vector<double>& values, DType dtype, Device device) {
  std::vector<double> reordered;
  for (int64_t n = 0; n < kImages; ++n) {
    for (int64_t pixel = 0; pixel < kHeight * kWidth; ++pixel) {
      for (int64_t c = 0; c < kChannels; ++c) {
        reordered.push_back(values[(n * kChannels + c) * kHeight * kWidth + pixel]);
      }
    }
  }
  const Shape shape = {kImages, kHeight, kWidth, kChannels};
  return Cast(Tensor::FromHost<double>(shape, reordered, Device::Ref()), dtype).To(device);
}

// np.random.RandomState(3).uniform(-1, 1, (2, 3, 24, 28))
Tensor Uniforms(DType dtype, Device device) {
  std::mt19937 engine(3);
  std::vector<double> values(kImages * kChannels * kHeight * kWidth);
  for (double& value : values) {
    const uint32_t high = engine() >> 5, low = engine() >> 6;
    value = 2 * ((high * 67108864.0 + low) / 9007199254740992.0) - 1;
  }
  return FromNchw(values, dtype, device);
}

// np.random.RandomState(4).randn(2, 3, 24, 28)
Tensor Weights(DType dtype, Device device) {
  return FromNchw(NumpyRandomState(4).RandN(kImages * kChannels * kHeight * kWidth), dtype, device);
}

// The parameters that NVIDIA's pipe has at one quantile of all its distributions. It takes erfinv(2 q - 1) for a normal
// number then, without the factor sqrt 2.
struct AtQuantile {
  explicit AtQuantile(double q) : q(q), signed_q(2 * q - 1), normal(ErfInv(2 * q - 1)) {}

  static double ErfInv(double x) {
    double y = 0;
    for (int i = 0; i < 100; ++i) y -= (std::erf(y) - x) * std::sqrt(std::acos(-1.0)) / 2 * std::exp(y * y);
    return y;
  }

  const double q, signed_q, normal;
};

using Part = std::function<void(const AtQuantile&, ImageTransform*)>;

void Flip(const AtQuantile& at, ImageTransform* t) { t->flip = at.q >= 0.5; }
void Rotate90(const AtQuantile& at, ImageTransform* t) { t->quarter_turns = static_cast<int>(4 * at.q); }
// The half turn of Rotate90 as their f32 has it: its sine is -8.7e-8, which makes the margins one pixel wider.
void HalfTurn(const AtQuantile&, ImageTransform* t) { t->first_angle = static_cast<float>(std::acos(-1.0)); }
void Shift(const AtQuantile& at, ImageTransform* t) {
  t->shift_x = std::nearbyint(at.signed_q * 0.125 * kWidth);
  t->shift_y = std::nearbyint(at.signed_q * 0.125 * kHeight);
}
void ScaleUp(const AtQuantile& at, ImageTransform* t) { t->scale = std::exp2(0.2 * at.normal); }
// The second rotation is that of angle 0.
void Rotate(const AtQuantile& at, ImageTransform* t) { t->first_angle = at.signed_q * std::acos(-1.0); }
void Stretch(const AtQuantile& at, ImageTransform* t) { t->stretch = std::exp2(0.2 * at.normal); }
void Slide(const AtQuantile& at, ImageTransform* t) {
  t->slide_x = 0.125 * at.normal * kWidth;
  t->slide_y = 0.125 * at.normal * kHeight;
}
void Brightness(const AtQuantile& at, ImageTransform* t) { t->brightness = 0.2 * at.normal; }
void Contrast(const AtQuantile& at, ImageTransform* t) { t->contrast = std::exp2(0.5 * at.normal); }
void LumaFlip(const AtQuantile& at, ImageTransform* t) { t->luma_flip = at.q >= 0.5; }
void Hue(const AtQuantile& at, ImageTransform* t) { t->hue = at.signed_q * std::acos(-1.0); }
void Saturation(const AtQuantile& at, ImageTransform* t) { t->saturation = std::exp2(at.normal); }
void ImageFilter(const AtQuantile& at, ImageTransform* t) {
  for (double& band : t->bands) band = std::exp2(at.normal);
}
void Cutout(const AtQuantile& at, ImageTransform* t) {
  t->cutout = true;
  t->cutout_x = t->cutout_y = at.q;
}

const std::vector<Part> kGeometry = {Flip, Rotate90, Shift, ScaleUp, Rotate, Stretch, Slide};
const std::vector<Part> kColors = {Brightness, Contrast, LumaFlip, Hue, Saturation};

std::vector<Part> Joined(std::vector<Part> parts, const std::vector<Part>& more) {
  parts.insert(parts.end(), more.begin(), more.end());
  return parts;
}

std::vector<ImageTransform> Transforms(const std::vector<Part>& parts, double q, int64_t images = kImages) {
  ImageTransform transform;
  for (const Part& part : parts) part(AtQuantile(q), &transform);
  return std::vector<ImageTransform>(images, transform);
}

// What NVIDIA's pipe gives in f32: sum and sum of squares of the result, its element in image 0, channel 1, row 8,
// column 10, and the sum of squares of the gradient of the result's product with Weights.
struct Vector {
  const char* name;
  double quantile;
  std::vector<Part> parts;
  double sum, squares, element;
  std::optional<double> gradient_squares;

  friend std::ostream& operator<<(std::ostream& os, const Vector& v) { return os << v.name; }
};

const std::vector<Part> kBgc = Joined(kGeometry, kColors), kBgcf = Joined(kBgc, {ImageFilter});

const Vector kVectors[] = {
    {"xflip_7", .7, {Flip}, 4.41711, 1269.01668, -.20178, 3682.84},
    {"rotate90_3", .3, {Rotate90}, -14.85456, 1281.40089, -.20178, 3683.82},
    {"rotate90_7", .7, {HalfTurn}, 3.67028, 1203.86346, -.14081, 3492.29},
    {"xint_8", .8, {Shift}, 2.57774, 1343.52089, .53323, 3852.92},
    {"scale_3", .3, {ScaleUp}, -.36373, 752.60982, .41062, 2182.21},
    {"scale_8", .8, {ScaleUp}, 11.67449, 923.93882, .32509, 2615.45},
    {"rotate_6", .6, {Rotate}, 19.47406, 811.63169, .99611, 2387.71},
    {"rotate_9", .9, {Rotate}, -9.14124, 826.40542, .23422, 2378.79},
    {"aniso_7", .7, {Stretch}, -5.59851, 795.25205, .2748, 2323.83},
    {"xfrac_8", .8, {Slide}, -.12833, 916.53147, .41948, 2596.06},
    {"brightness_7", .7, {Brightness}, 303.64778, 1358.40264, .67615, 3878.82},
    {"contrast_7", .7, {Contrast}, 5.2637, 1726.95534, .68454, 5015.61},
    {"lumaflip_7", .7, {LumaFlip}, -4.62891, 1335.54028, -.05354, {}},
    {"hue_7", .7, {Hue}, 4.62891, 1335.54036, -.31449, {}},
    {"saturation_7", .7, {Saturation}, 4.62891, 1928.69076, .68236, 5554.39},
    {"imgfilter_7", .7, {ImageFilter}, 4.38614, 1199.12575, .57042, 3482.63},
    {"cutout_4", .4, {Cutout}, 5.23433, 1007.35839, 0, 2890.83},
    {"bg_3", .3, kGeometry, 21.22881, 795.61832, -.0396, 2241.13},
    {"bg_6", .6, kGeometry, 29.49098, 838.86209, .70173, 2445.27},
    {"bgc_3", .3, kBgc, -244.28946, 469.07476, -.43281, 1285.40},
    {"bgc_6", .6, kBgc, -185.09466, 1131.30665, .66626, 3276.30},
    {"bgcf_3", .3, kBgcf, -232.38485, 424.47133, -.41172, 1163.17},
    {"bgcf_6", .6, kBgcf, -182.83597, 1103.86455, .65813, 3196.82},
};

// Half a unit of the last digit that is given.
constexpr double kDigit = 0.5e-5, kGradientDigit = 0.5e-2;

double SumOf(const Tensor& t) { return Sum(t).Item(); }
double SquaresOf(const Tensor& t) { return Sum(Square(t)).Item(); }

class AdaPipeVectors : public ::testing::TestWithParam<Vector> {};

INSTANTIATE_TEST_SUITE_P(Transforms, AdaPipeVectors, ::testing::ValuesIn(kVectors),
                         [](const auto& info) { return info.param.name; });

TEST(AdaPipe, TheInputsAreTheirs) {
  const Tensor x = Uniforms(DType::kF64, Device::Ref());
  EXPECT_NEAR(SumOf(x), 4.62891, kDigit);
  EXPECT_NEAR(SquaresOf(x), 1335.5404, 10 * kDigit);
  EXPECT_NEAR(Values(x)[(8 * kWidth + 10) * kChannels + 1], .60199, kDigit);
}

TEST_P(AdaPipeVectors, AreNvidias) {
  const Vector& want = GetParam();
  for (const DType dtype : {DType::kF64, DType::kF32}) {
    const Device device = dtype == DType::kF64 ? Device::Ref() : Device::Cpu();
    SCOPED_TRACE(dtype == DType::kF64 ? "f64" : "f32");
    const Tensor x = Uniforms(dtype, device).Track();
    RandomStream stream;
    const Tensor y = TransformImages(x, Transforms(want.parts, want.quantile), /*exact_blits=*/false, &stream);
    EXPECT_NEAR(SumOf(y), want.sum, kDigit + 2e-6 * want.squares);
    EXPECT_NEAR(SquaresOf(y), want.squares, kDigit + 2e-6 * want.squares);
    EXPECT_NEAR(Values(y)[(8 * kWidth + 10) * kChannels + 1], want.element, kDigit + 1e-6);
    if (!want.gradient_squares) continue;
    const Tensor gradient = Grad({Sum(Mul(y, Weights(dtype, device)))}, {x})[0];
    EXPECT_NEAR(SquaresOf(gradient), *want.gradient_squares, kGradientDigit + 2e-6 * *want.gradient_squares);
  }
}

TEST(AdaPipe, OneChannelHasNvidiasGrays) {
  const Tensor x = Narrow(Uniforms(DType::kF32, Device::Cpu()), 3, 0, 1);
  RandomStream stream;
  const Tensor y = TransformImages(x, Transforms(kColors, .7), /*exact_blits=*/false, &stream);
  EXPECT_NEAR(SumOf(y), -73.15625, kDigit + 2e-6 * 578.57214);
  EXPECT_NEAR(SquaresOf(y), 578.57214, kDigit + 2e-6 * 578.57214);
}

// Two images, each with transforms of its own: everything, and what has no filter.
std::vector<ImageTransform> DifferentTransforms() {
  return {Transforms(Joined(kBgcf, {Cutout}), .6)[0], Transforms({Flip, Shift, Contrast, Hue}, .8)[0]};
}

// As R1 and the generator's step need it: to second order, through a function that is not linear.
TEST(AdaPipe, DifferentiatesToSecondOrder) {
  for (const int64_t channels : {1, 3, 4}) {
    for (const bool exact_blits : {false, true}) {
      EXPECT_TRUE(CheckGradients(
          [&](const Tensors& in) {
            RandomStream stream;
            return Square(TransformImages(in[0], DifferentTransforms(), exact_blits, &stream));
          },
          {NormalF64({2, 22, 24, channels}, 1)}))
          << channels << " channels";
    }
  }
}

TEST(AdaPipe, WithoutTransformsItIsTheImage) {
  const Tensor x = Uniforms(DType::kF32, Device::Cpu());
  RandomStream stream;
  const Tensor y = TransformImages(x, std::vector<ImageTransform>(2), /*exact_blits=*/false, &stream);
  EXPECT_EQ(y.view().data, x.view().data);
  EXPECT_EQ(stream.offset, 0u);
}

TEST(AdaPipe, AnImageWithoutTransformsKeepsItsBitsBesideOthers) {
  const Tensor x = Uniforms(DType::kF32, Device::Cpu());
  std::vector<ImageTransform> transforms = DifferentTransforms();
  transforms[1] = ImageTransform();
  transforms[0].bands[0] = transforms[0].bands[1] = transforms[0].bands[2] = transforms[0].bands[3] = 1;
  RandomStream stream;
  const Tensor y = TransformImages(x, transforms, /*exact_blits=*/false, &stream);
  EXPECT_EQ(Values(Narrow(y, 0, 1, 1)), Values(Narrow(x, 0, 1, 1)));
  EXPECT_NE(Values(Narrow(y, 0, 0, 1)), Values(Narrow(x, 0, 0, 1)));
}

TEST(AdaPipe, NoiseHasItsDeviation) {
  std::vector<ImageTransform> transforms(2);
  transforms[1].noise = 0.25;
  RandomStream stream;
  const Tensor x = Tensor::Zeros({2, 64, 64, 3}, DType::kF32, Device::Cpu());
  const Tensor y = TransformImages(x, transforms, /*exact_blits=*/false, &stream);
  EXPECT_EQ(SquaresOf(Narrow(y, 0, 0, 1)), 0);
  const double values = 64 * 64 * 3;
  EXPECT_NEAR(SquaresOf(Narrow(y, 0, 1, 1)) / values, 0.0625, 0.0625 * 5 * std::sqrt(2 / values));
  EXPECT_EQ(stream.offset, 2 * values / 4);
}

TEST(AdaPipe, AnAlphaChannelKeepsItsColor) {
  const Tensor x = Cast(NormalF64({2, 24, 28, 4}, 1), DType::kF32);
  RandomStream stream;
  const Tensor y = TransformImages(x, Transforms(kColors, .7), /*exact_blits=*/false, &stream);
  ExpectSameValues(Narrow(y, 3, 3, 1), Narrow(x, 3, 3, 1));
  ExpectSameValues(Narrow(y, 3, 0, 3), TransformImages(Narrow(x, 3, 0, 3), Transforms(kColors, .7), false, &stream));
}

}  // namespace
}  // namespace sg::gan
