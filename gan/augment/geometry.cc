#include "gan/augment/geometry.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>

#include "engine/base/check.h"
#include "engine/ops/elementwise.h"
#include "engine/ops/up_fir_dn.h"
#include "gan/augment/per_image.h"

namespace sg::gan {
namespace {

// The low-pass filter of the wavelet sym6, divided by its sum.
constexpr float kSym6[] = {0.01089235f, 0.00246831f,  -0.0834316f,  -0.03416156f, 0.34722894f, 0.5569464f,
                           0.23895217f, -0.05136248f, -0.01489187f, 0.03162528f,  0.00124996f, -0.00551593f};
constexpr int kTaps = static_cast<int>(std::size(kSym6));
constexpr int kBorder = kTaps / 4;  // pixels around the image whose samples the downsampling reads

// Far beyond every margin: the kernel sees at once that such a sample is 0.
constexpr float kNowhere = -1e6f;

enum class Way {
  kKeep,    // the image as it is
  kCopy,    // pixel by pixel
  kFilter,  // through both filters
};

Way WayOf(const ImageTransform& transform, bool exact_blits) {
  if (transform.warps()) return Way::kFilter;
  if (!transform.blits()) return Way::kKeep;
  return exact_blits ? Way::kCopy : Way::kFilter;
}

Tensor ToDevice(const std::vector<float>& rows, Device device) {
  return Tensor::FromHost<float>({static_cast<int64_t>(rows.size()) / 6, 6}, rows, device);
}

// Images that go another way come out as 0.
Tensor Warp(const Tensor& images, const std::vector<AffineMap>& maps, const std::vector<Way>& ways) {
  const PixelSize size = {images.dim(1), images.dim(2)};
  std::vector<float> rows;
  for (size_t n = 0; n < maps.size(); ++n) {
    const std::array<float, 6> row = ways[n] == Way::kFilter ? SampleTransform(maps[n], size, /*per_pixel=*/2, kBorder)
                                                             : std::array<float, 6>{0, 0, kNowhere, 0, 0, kNowhere};
    rows.insert(rows.end(), row.begin(), row.end());
  }
  AffineSampleParams up;
  up.filter.up = 2;
  up.filter.taps = kTaps;
  up.filter.origin = kTaps / 2 - 1;
  // The zeros between the samples halve the sum of the filter.
  std::transform(std::begin(kSym6), std::end(kSym6), up.filter.filter, [](float tap) { return 2 * tap; });
  up.margins = MarginsFor(maps, size);
  up.height = 2 * (size.height + 2 * kBorder);
  up.width = 2 * (size.width + 2 * kBorder);
  FirParams down;
  down.down = 2;
  down.filter.assign(std::rbegin(kSym6), std::rend(kSym6));
  down.pad0 = down.pad1 = kTaps / 2 - 1 - 2 * kBorder;
  return UpFirDn2d(AffineSample(images, ToDevice(rows, images.device()), up), MakeUpFirDn(down));
}

}  // namespace

Tensor MovePixels(const Tensor& images, const std::vector<AffineMap>& maps, const SampleMargins& margins) {
  std::vector<float> rows;
  for (const AffineMap& map : maps) {
    const std::array<float, 6> row =
        SampleTransform(map, {images.dim(1), images.dim(2)}, /*per_pixel=*/1, /*border=*/0);
    rows.insert(rows.end(), row.begin(), row.end());
  }
  AffineSampleParams params;
  params.margins = margins;
  params.height = images.dim(1);
  params.width = images.dim(2);
  return AffineSample(images, ToDevice(rows, images.device()), params);
}

Tensor TransformGeometry(const Tensor& images, const std::vector<ImageTransform>& transforms, bool exact_blits) {
  const auto n = static_cast<int64_t>(transforms.size());
  SG_CHECK(images.shape().rank() == 4 && images.dim(0) == n)
      << "[TransformGeometry] " << n << " transforms for images " << images;
  std::vector<AffineMap> maps;
  std::vector<Way> ways;
  for (const ImageTransform& transform : transforms) {
    maps.push_back(MapOf(transform));
    ways.push_back(WayOf(transform, exact_blits));
  }
  const auto count = [&ways](Way way) { return std::count(ways.begin(), ways.end(), way); };
  const int64_t warped = count(Way::kFilter);

  Tensor others = images;
  if (count(Way::kCopy) > 0) {
    const int across = static_cast<int>(images.dim(2)) - 1, down = static_cast<int>(images.dim(1)) - 1;
    std::vector<AffineMap> copies = maps;
    for (int64_t i = 0; i < n; ++i) {
      if (ways[i] != Way::kCopy) copies[i] = AffineMap();
    }
    others = MovePixels(images, copies, {across, across, down, down});
  }
  if (warped == 0) return others;
  const Tensor warps = Warp(images, maps, ways);
  if (warped == n) return warps;
  std::vector<float> is_warped;
  for (const Way way : ways) is_warped.push_back(way == Way::kFilter ? 1 : 0);
  return Where(ConstantLike(images, {n, 1, 1, 1}, is_warped), warps, others);
}

}  // namespace sg::gan
