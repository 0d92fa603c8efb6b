#include "tests/engine/backend/device_suite/conv2d_cases.h"

namespace sg::testing {
namespace {

// Conv2dWeightGrad of a 1x1 kernel with stride 2 and fewer than 8 channels. It has a separate test.
bool IsTheFragileCase(const ConvCase& c) {
  return c.kernel_h == 1 && c.kernel_w == 1 && c.geometry.stride_h == 2 && c.channels / c.geometry.groups < 8;
}

}  // namespace

std::vector<ConvCase> ConvCasesOfEveryKind() {
  std::vector<ConvCase> cases;
  for (int64_t kernel : {1, 3, 5}) {
    for (int64_t stride : {1, 2}) {
      for (int64_t pad : {0, 1, 2}) {
        for (int64_t groups : {1, 2, 8}) {  // 8: depthwise
          const ConvCase c = {2, 9, 7, 8, 16, kernel, kernel, {stride, stride, pad, pad, groups}};
          if (!IsTheFragileCase(c)) cases.push_back(c);
        }
      }
    }
  }
  return cases;
}

std::vector<ConvCase> OddConvCases() {
  return {
      {1, 1, 1, 1, 1, 1, 1, {}},                        // one number
      {1, 1, 1, 5, 3, 1, 1, {}},                        // one pixel
      {3, 1, 1, 5, 3, 3, 3, ConvGeometry::Padded(1)},   // ... with a kernel that otherwise reads only padding
      {1, 3, 3, 2, 4, 3, 3, {}},                        // the kernel covers the image
      {2, 8, 8, 3, 16, 3, 3, ConvGeometry::Padded(1)},  // RGB in
      {2, 8, 8, 16, 3, 1, 1, {}},                       // RGB out
      {2, 8, 8, 16, 3, 3, 3, ConvGeometry::Padded(1)},
      {1, 13, 5, 7, 11, 3, 3, ConvGeometry::Padded(1)},  // everything odd
      {2, 5, 17, 6, 10, 3, 3, {2, 2, 1, 1, 1}},
      {2, 6, 9, 4, 6, 3, 5, {1, 2, 1, 2, 1}},  // height and width differ in every parameter
      {2, 9, 6, 4, 6, 5, 1, {2, 1, 2, 0, 2}},
      {2, 10, 10, 4, 4, 3, 3, {3, 3, 1, 1, 1}},  // a stride that leaves pixels unread at the edge
      {2, 8, 8, 4, 4, 2, 2, {2, 2, 0, 0, 1}},    // an even kernel
      {1, 6, 6, 6, 12, 3, 3, {1, 1, 1, 1, 6}},   // depthwise with two outputs per channel
      {2, 7, 7, 12, 6, 3, 3, {1, 1, 1, 1, 3}},   // fewer outputs than inputs per group
      {2, 6, 6, 8, 8, 3, 3, {1, 1, 3, 3, 1}},    // padding as wide as the kernel
  };
}

std::vector<ConvCase> ModelConvCases() {
  return {
      {2, 4, 4, 64, 64, 3, 3, ConvGeometry::Padded(1)},
      {2, 17, 17, 16, 24, 3, 3, {2, 2, 0, 0, 1}},
      {2, 16, 16, 32, 64, 1, 1, {}},
      {2, 4, 4, 513, 513, 4, 4, {}},
  };
}

std::vector<ConvCase> ConvCasesOfManyTiles() {
  return {
      {2, 16, 16, 32, 32, 3, 3, ConvGeometry::Padded(1)},
      {4, 8, 8, 64, 48, 3, 3, ConvGeometry::Padded(1)},
      {1, 33, 30, 16, 32, 3, 3, ConvGeometry::Padded(1)},
  };
}

}  // namespace sg::testing
