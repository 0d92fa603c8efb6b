// Converts tests' plain numbers to tensors and back.
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
// A tensor on the reference backend in f64, as gradient checks need it.
Tensor F64(const Shape& shape, const std::vector<double>& values);

// Random numbers in f64 on the reference backend.
Tensor NormalF64(const Shape& shape, uint64_t seed);
// Each number in [0.5, 2), away from the singularities of logarithms, roots and quotients.
Tensor PositiveF64(const Shape& shape, uint64_t seed);
// Magnitudes in [0.25, 2) of either sign, away from kinks at zero.
Tensor NonzeroF64(const Shape& shape, uint64_t seed);

// The elements of a tensor of any dtype.
std::vector<double> Values(const Tensor& t);

// Fails if an element differs from the wanted one by more than `tolerance`.
void ExpectValues(const Tensor& got, const std::vector<double>& want, double tolerance = 0);
void ExpectSameValues(const Tensor& got, const Tensor& want, double tolerance = 0);

// Names the test of a device, for INSTANTIATE_TEST_SUITE_P: "cpu", "cuda_1".
std::string DeviceTestName(const ::testing::TestParamInfo<Device>& info);

}  // namespace sg::testing

#endif  // TESTS_SUPPORT_TENSORS_H_
