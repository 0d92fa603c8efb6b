// The convolutions of conv2d_test, which compares all devices. cudnn_support_test asks cuDNN about the same ones.
#ifndef TESTS_ENGINE_BACKEND_DEVICE_SUITE_CONV2D_CASES_H_
#define TESTS_ENGINE_BACKEND_DEVICE_SUITE_CONV2D_CASES_H_

#include <cstdint>
#include <vector>

#include "engine/base/conv_geometry.h"
#include "engine/base/shape.h"

namespace sg::testing {

struct ConvCase {
  int64_t batch, height, width, channels, outputs, kernel_h, kernel_w;
  ConvGeometry geometry;

  Shape x() const { return {batch, height, width, channels}; }
  Shape w() const { return {outputs, kernel_h, kernel_w, channels / geometry.groups}; }
  Shape y() const { return Conv2dOutputShape("Conv2d", x(), w(), geometry); }
};

// Every combination of kernel, stride, padding and groups.
std::vector<ConvCase> ConvCasesOfEveryKind();
// Extents of 1, odd extents, and parameters that differ between height and width.
std::vector<ConvCase> OddConvCases();
// The shapes of the model, including the head of the discriminator.
std::vector<ConvCase> ModelConvCases();
// Enough tiles for Winograd's method on the CPU: a shape of the model, and one with partial tiles at both edges.
std::vector<ConvCase> ConvCasesOfManyTiles();

}  // namespace sg::testing

#endif  // TESTS_ENGINE_BACKEND_DEVICE_SUITE_CONV2D_CASES_H_
