// Tensors from and to plain numbers, for tests.
#ifndef TESTS_SUPPORT_TENSORS_H_
#define TESTS_SUPPORT_TENSORS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/device.h"
#include "engine/tensor/tensor.h"
#include "gtest/gtest.h"

namespace sg::testing {

Tensor F32(const Shape& shape, const std::vector<float>& values, Device device);
// On the reference backend, as gradient checks want it.
Tensor F64(const Shape& shape, const std::vector<double>& values);

// Random numbers in f64 on the reference backend.
Tensor NormalF64(const Shape& shape, uint64_t seed);
// Each in [0.5, 2): where logarithms, roots and quotients are tame.
Tensor PositiveF64(const Shape& shape, uint64_t seed);
// Magnitudes in [0.25, 2), either sign: far from kinks at zero.
Tensor NonzeroF64(const Shape& shape, uint64_t seed);

// The elements of a tensor of any dtype.
std::vector<double> Values(const Tensor& t);

// Fails where an element is further than `tolerance` from what is wanted.
void ExpectValues(const Tensor& got, const std::vector<double>& want, double tolerance = 0);
void ExpectSameValues(const Tensor& got, const Tensor& want, double tolerance = 0);

// For INSTANTIATE_TEST_SUITE_P over devices: "cpu", "cuda_1".
std::string DeviceTestName(const ::testing::TestParamInfo<Device>& info);

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_TENSORS_H_
