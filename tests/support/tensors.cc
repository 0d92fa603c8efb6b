#include "tests/support/tensors.h"

#include <cmath>
#include <random>
#include <sstream>

namespace sg::testing {
namespace {

template <typename Distribution>
Tensor Draw(const Shape& shape, uint64_t seed, Distribution distribution, bool random_sign) {
  std::mt19937_64 generator(seed);
  std::vector<double> values(shape.NumElements());
  for (double& v : values) {
    v = distribution(generator);
    if (random_sign && generator() % 2 == 0) v = -v;
  }
  return F64(shape, values);
}

template <typename T>
std::vector<double> Widened(const Tensor& t) {
  std::vector<double> values;
  for (T v : t.ToHost<T>()) values.push_back(static_cast<double>(v));
  return values;
}

}  // namespace

Tensor F32(const Shape& shape, const std::vector<float>& values, Device device) {
  return Tensor::FromHost(shape, values, device);
}

Tensor F64(const Shape& shape, const std::vector<double>& values) {
  return Tensor::FromHost(shape, values, Device::Ref());
}

Tensor NormalF64(const Shape& shape, uint64_t seed) {
  return Draw(shape, seed, std::normal_distribution<double>(), /*random_sign=*/false);
}

Tensor PositiveF64(const Shape& shape, uint64_t seed) {
  return Draw(shape, seed, std::uniform_real_distribution<double>(0.5, 2), /*random_sign=*/false);
}

Tensor NonzeroF64(const Shape& shape, uint64_t seed) {
  return Draw(shape, seed, std::uniform_real_distribution<double>(0.25, 2), /*random_sign=*/true);
}

std::vector<double> Values(const Tensor& t) {
  switch (t.dtype()) {
    case DType::kF32: return Widened<float>(t);
    case DType::kF64: return Widened<double>(t);
    case DType::kI32: return Widened<int32_t>(t);
    case DType::kU8: return Widened<uint8_t>(t);
    case DType::kBF16: break;
  }
  std::vector<double> values;
  for (BFloat16 v : t.ToHost<BFloat16>()) values.push_back(static_cast<float>(v));
  return values;
}

void ExpectValues(const Tensor& got, const std::vector<double>& want, double tolerance) {
  const std::vector<double> values = Values(got);
  ASSERT_EQ(values.size(), want.size()) << got;
  for (size_t i = 0; i < want.size(); ++i) {
    EXPECT_TRUE(values[i] == want[i] || std::fabs(values[i] - want[i]) <= tolerance)
        << "element " << i << " of " << got << " is " << values[i] << ", not " << want[i];
  }
}

void ExpectSameValues(const Tensor& got, const Tensor& want, double tolerance) {
  EXPECT_EQ(got.shape(), want.shape());
  ExpectValues(got, Values(want), tolerance);
}

std::string DeviceTestName(const ::testing::TestParamInfo<Device>& info) {
  std::ostringstream name;
  name << Name(info.param.type);
  if (info.param.type == DeviceType::kCuda) name << "_" << info.param.index;
  return name.str();
}

}  // namespace sg::testing
