// UpFirDn2d and its transpose on every device.
#include <string>
#include <vector>

#include "engine/backend/common/axis_taps.h"
#include "engine/runtime/devices.h"
#include "gtest/gtest.h"
#include "tests/support/device_suite.h"

namespace sg::testing {
namespace {

// Asymmetric filters, to detect a missing flip.
const std::vector<float> kFilters[] = {
    {1}, {0.25f, 0.75f}, {0.5f, 0.3f, 0.2f}, {0.125f, 0.375f, 0.4f, 0.1f}, {0.1f, 0.2f, 0.3f, 0.2f, 0.15f, 0.05f}};

struct FirCase {
  Shape x;
  FirAxis h, w;
  EdgeMode edge;

  Shape y() const { return {x.dim(0), FirOutputLength(h, x.dim(1)), FirOutputLength(w, x.dim(2)), x.dim(3)}; }
};

std::string Describe(const FirAxis& axis) {
  return (::testing::Message() << "up " << axis.up << " down " << axis.down << " pad " << axis.pad0 << "," << axis.pad1
                               << " taps " << axis.taps)
      .GetString();
}
std::string Describe(const FirCase& c) {
  return (::testing::Message() << c.x << " H: " << Describe(c.h) << " W: " << Describe(c.w)
                               << (c.edge == EdgeMode::kZero ? " zero" : " replicate"))
      .GetString();
}

void ExpectBothForms(const FirCase& c, DType dtype) {
  SCOPED_TRACE(Describe(c));
  const HostTensor x = Normal(c.x, dtype, 1), dy = Normal(c.y(), dtype, 2);
  ExpectMatchesRef(dtype == DType::kBF16 ? SumTolerance(dtype) : ElementwiseTolerance(dtype), [&](KernelRun& run) {
    run.backend().UpFirDn2d({run.Input(x), run.Output(c.y(), dtype), c.h, c.w, c.edge, false});
    run.backend().UpFirDn2d({run.Input(dy), run.Output(c.x, dtype), c.h, c.w, c.edge, true});
  });
}

// All axes whose output is not empty for images of 5 to 8 pixels.
std::vector<FirAxis> Axes(EdgeMode edge) {
  std::vector<FirAxis> axes;
  const std::pair<int, int> pads[] = {{0, 0}, {1, 1}, {2, 1}, {0, 3}, {4, 5}, {-1, 2}, {1, -2}, {-1, -1}};
  for (int up : {1, 2, 3}) {
    for (int down : {1, 2, 3}) {
      for (const std::vector<float>& filter : kFilters) {
        for (const auto& [pad0, pad1] : pads) {
          if ((pad0 < 0 || pad1 < 0) && edge == EdgeMode::kReplicate) continue;
          const FirAxis axis = MakeFirAxis(up, down, pad0, pad1, filter);
          if (FirOutputLength(axis, 5) >= 1) axes.push_back(axis);
        }
      }
    }
  }
  return axes;
}

TEST(UpFirDn2dSuite, EveryAxis) {
  for (EdgeMode edge : {EdgeMode::kZero, EdgeMode::kReplicate}) {
    const std::vector<FirAxis> axes = Axes(edge);
    // Pairs each axis with another along the other dimension. The factor 7 spreads the pairs over all axes.
    for (size_t i = 0; i < axes.size(); ++i) {
      ExpectBothForms({{2, 6, 5, 3}, axes[i], axes[(7 * i + 3) % axes.size()], edge}, DType::kF32);
    }
  }
}

TEST(UpFirDn2dSuite, SizesOfTheModel) {
  const std::vector<float> smooth = {0.25f, 0.5f, 0.25f}, bilinear = {0.25f, 0.75f, 0.75f, 0.25f},
                           down = {0.25f, 0.25f, 0.25f, 0.25f},
                           up6 = {1 / 16.f, 5 / 16.f, 10 / 16.f, 10 / 16.f, 5 / 16.f, 1 / 16.f};
  for (DType dtype : {DType::kF32, DType::kBF16}) {
    for (const Shape& x : {Shape{2, 16, 16, 32}, Shape{1, 17, 13, 3}, Shape{3, 4, 4, 7}, Shape{2, 8, 6, 64}}) {
      for (EdgeMode edge : {EdgeMode::kZero, EdgeMode::kReplicate}) {
        const FirAxis blur = MakeFirAxis(1, 1, 1, 1, smooth), double_up = MakeFirAxis(2, 1, 2, 1, bilinear),
                      half = MakeFirAxis(1, 2, 1, 1, down), wide_up = MakeFirAxis(2, 1, 3, 2, up6);
        ExpectBothForms({x, blur, blur, edge}, dtype);
        ExpectBothForms({x, double_up, double_up, edge}, dtype);
        ExpectBothForms({x, half, half, edge}, dtype);
        ExpectBothForms({x, wide_up, wide_up, edge}, dtype);
      }
    }
  }
}

TEST(UpFirDn2dSuite, OnePixelAndOneChannel) {
  for (EdgeMode edge : {EdgeMode::kZero, EdgeMode::kReplicate}) {
    ExpectBothForms({{1, 1, 1, 1}, MakeFirAxis(1, 1, 0, 0, {1}), MakeFirAxis(1, 1, 0, 0, {1}), edge}, DType::kF32);
    ExpectBothForms({{2, 1, 1, 5}, MakeFirAxis(2, 1, 2, 1, kFilters[3]), MakeFirAxis(1, 1, 1, 1, kFilters[2]), edge},
                    DType::kF32);
    ExpectBothForms({{2, 9, 1, 1}, MakeFirAxis(1, 2, 1, 1, kFilters[3]), MakeFirAxis(2, 1, 2, 1, kFilters[3]), edge},
                    DType::kF32);
  }
}

TEST(UpFirDn2dSuite, TransposedIsAdjoint) {
  for (Device device : AvailableDevices()) {
    for (EdgeMode edge : {EdgeMode::kZero, EdgeMode::kReplicate}) {
      const std::vector<FirAxis> axes = Axes(edge);
      for (size_t i = 0; i < axes.size(); i += 5) {
        const FirCase c = {{2, 7, 6, 4}, axes[i], axes[(3 * i + 1) % axes.size()], edge};
        SCOPED_TRACE(::testing::Message() << "device " << device << " " << Describe(c));
        const HostTensor x = Normal(c.x, DType::kF32, 3), y = Normal(c.y(), DType::kF32, 4);
        KernelRun run(device, Precision::kAsGiven);
        const TensorView mapped = run.Output(c.y(), DType::kF32), back = run.Output(c.x, DType::kF32);
        run.backend().UpFirDn2d({run.Input(x), mapped, c.h, c.w, edge, false});
        run.backend().UpFirDn2d({run.Input(y), back, c.h, c.w, edge, true});
        EXPECT_NEAR(Dot(y, run.Read(mapped)), Dot(x, run.Read(back)), 1e-6 * Norm(x) * Norm(y));
      }
    }
  }
}

// With zero padding, the transposed map is again a forward map, with up and down swapped and the filter flipped.
FirAxis Adjoint(const FirAxis& axis, int64_t length) {
  FirAxis adjoint = axis;
  const int64_t mapped = FirOutputLength(axis, length);
  adjoint.up = axis.down;
  adjoint.down = axis.up;
  adjoint.pad0 = axis.taps - 1 - axis.pad0;
  adjoint.pad1 = static_cast<int>((length - 1) * axis.up + axis.taps - mapped * axis.down - adjoint.pad0);
  std::reverse_copy(axis.filter, axis.filter + axis.taps, adjoint.filter);
  return adjoint;
}

TEST(UpFirDn2dSuite, TransposedIsForwardWithUpAndDownSwapped) {
  for (Device device : AvailableDevices()) {
    for (const FirAxis& axis : Axes(EdgeMode::kZero)) {
      const FirCase c = {{1, 7, 6, 3}, axis, axis, EdgeMode::kZero};
      SCOPED_TRACE(::testing::Message() << "device " << device << " " << Describe(c));
      const HostTensor dy = Normal(c.y(), DType::kF32, 5);
      KernelRun run(device, Precision::kAsGiven);
      const TensorView transposed = run.Output(c.x, DType::kF32), swapped = run.Output(c.x, DType::kF32);
      run.backend().UpFirDn2d({run.Input(dy), transposed, axis, axis, EdgeMode::kZero, true});
      run.backend().UpFirDn2d({run.Input(dy), swapped, Adjoint(axis, 7), Adjoint(axis, 6), EdgeMode::kZero, false});
      ExpectClose(run.Read(transposed), run.Read(swapped), ElementwiseTolerance(DType::kF32));
    }
  }
}

}  // namespace
}  // namespace sg::testing
