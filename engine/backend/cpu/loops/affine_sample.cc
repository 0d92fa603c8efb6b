// An image is first extended by its margins along W, so that the pixels below an output are contiguous in each row.
// Rows are reflected one by one. A window of kMaxSampleWindow pixels with a few channels is then a few vectors, and the
// weights of both axes are sums of two rows of a table. The adjoint scatters into an extended image and folds it.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "engine/backend/common/sample_axis.h"
#include "engine/backend/cpu/cpu_kernels.h"
#include "engine/backend/cpu/loops/load_store.h"
#include "engine/backend/cpu/loops/parallel.h"

namespace sg::cpu {
namespace {

constexpr int kWindow = kMaxSampleWindow;
using Vector = float __attribute__((vector_size(sizeof(float) * kWindow)));

inline Vector Load(const float* from) {
  Vector v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
inline void Store(const Vector& v, float* to) { std::memcpy(to, &v, sizeof v); }

// The weights of the pixels of a window for a sample and the next one, by the phase of the first: for rows once for
// each pixel, for columns once for each of kC channels.
template <int kC>
struct PhaseWeights {
  float row[2][kWindow];
  float column[2][kWindow * kC];
};

template <int kC>
std::vector<PhaseWeights<kC>> MakePhaseWeights(const SampleAxis& axis, const SampleFilter& filter) {
  std::vector<PhaseWeights<kC>> phases(axis.up);
  for (int phase = 0; phase < axis.up; ++phase) {
    // FirstPixel is 0 for these samples.
    const int sample = phase + axis.taps - axis.up - axis.origin;
    for (int next = 0; next < 2; ++next) {
      const SamplePair<float> only = {sample, {next == 0 ? 1.0f : 0.0f, next == 0 ? 0.0f : 1.0f}};
      for (int p = 0; p < kWindow; ++p) {
        const float weight = PixelWeight(axis, filter, only, p);
        phases[phase].row[next][p] = weight;
        std::fill_n(&phases[phase].column[next][p * kC], kC, weight);
      }
    }
  }
  return phases;
}

// kC channels of one image, extended along W: pixel p of a row begins at (p - first) * kC.
template <int kC>
struct Extended {
  Extended(const SampleAxis& h, const SampleAxis& w)
      : first(FirstPixel(w, w.up * w.low - 2)),
        stride(int64_t{kC} * (FirstPixel(w, w.up * w.high + 1) + kWindow - first)),
        size(h.length * stride) {}
  const int first;
  const int64_t stride, size;
};

template <typename T, int kC>
class Sampler {
 public:
  Sampler(const AffineSampleArgs& args, int64_t channel)
      : args_(args),
        channel_(channel),
        channels_(args.x.shape[3]),
        image_(args.transposed ? args.y.shape : args.x.shape),
        result_(args.transposed ? args.x.shape : args.y.shape),
        h_(MakeSampleAxis(args.filter, args.margins.top, args.margins.bottom, image_[1])),
        w_(MakeSampleAxis(args.filter, args.margins.left, args.margins.right, image_[2])),
        phases_(MakePhaseWeights<kC>(w_, args.filter)),
        extended_(h_, w_) {}

  void Sample() const {
    ParallelFor(result_[0] * result_[1], GrainOf(result_[2] * kWindow * kC), [&](int64_t begin, int64_t end) {
      float* const pixels = Scratch();
      for (int64_t i = begin; i < end; ++i) {
        const int64_t n = i / result_[1];
        if (i == begin || i % result_[1] == 0) Extend(n, pixels);
        SampleRow(pixels, n, i % result_[1]);
      }
    });
  }

  void Scatter() const {
    ParallelFor(image_[0], 1, [&](int64_t begin, int64_t end) {
      float* const pixels = Scratch();
      for (int64_t n = begin; n < end; ++n) {
        std::fill_n(pixels, extended_.size, 0.0f);
        for (int64_t i = 0; i < result_[1]; ++i) ScatterRow(n, i, pixels);
        Fold(pixels, n);
      }
    });
  }

 private:
  // Where one output reads.
  struct Place {
    Vector columns[kC];  // weights of the window's elements
    float rows[kWindow];
    int first_row;
    int64_t offset;  // of the window in a row of the extended image
  };

  float* Scratch() const {
    thread_local std::vector<float> scratch;
    scratch.resize(std::max<size_t>(scratch.size(), extended_.size));
    return scratch.data();
  }

  void Extend(int64_t n, float* pixels) const {
    const T* x = args_.x.as<const T>() + n * image_[1] * image_[2] * channels_ + channel_;
    for (int64_t row = 0; row < image_[1]; ++row, x += image_[2] * channels_) {
      float* out = pixels + row * extended_.stride;
      std::fill_n(out, extended_.stride, 0.0f);
      for (int p = w_.low; p < w_.high; ++p) {
        const T* from = x + Reflected(w_, p) * channels_;
        float* to = out + (p - extended_.first) * kC;
        for (int c = 0; c < kC; ++c) to[c] = ToFloat(from[c]);
      }
    }
  }

  // The adjoint of Extend. Overwrites the image.
  void Fold(const float* pixels, int64_t n) const {
    thread_local std::vector<float> row_sums;
    row_sums.resize(image_[2] * kC);
    T* y = args_.y.as<T>() + n * image_[1] * image_[2] * channels_ + channel_;
    for (int64_t row = 0; row < image_[1]; ++row, y += image_[2] * channels_) {
      const float* from = pixels + row * extended_.stride;
      std::fill(row_sums.begin(), row_sums.end(), 0.0f);
      for (int p = w_.low; p < w_.high; ++p) {
        float* to = &row_sums[Reflected(w_, p) * kC];
        for (int c = 0; c < kC; ++c) to[c] += from[(p - extended_.first) * kC + c];
      }
      for (int64_t p = 0; p < image_[2]; ++p) {
        for (int c = 0; c < kC; ++c) y[p * channels_ + c] = FromFloat<T>(row_sums[p * kC + c]);
      }
    }
  }

  // False if the output depends on no pixel.
  bool Find(int64_t n, int64_t i, int64_t j, Place* place) const {
    const float* transform = args_.transforms.as<const float>() + 6 * n;
    const SamplePair<float> x = SamplesAt(w_, SamplePosition<float>(transform, i, j));
    const SamplePair<float> y = SamplesAt(h_, SamplePosition<float>(transform + 3, i, j));
    if (x.weight[0] + x.weight[1] == 0 || y.weight[0] + y.weight[1] == 0) return false;
    const int first = FirstPixel(w_, x.first);
    const PhaseWeights<kC>& column = PhaseOf(x.first, first);
    for (int v = 0; v < kC; ++v) {
      place->columns[v] =
          x.weight[0] * Load(&column.column[0][v * kWindow]) + x.weight[1] * Load(&column.column[1][v * kWindow]);
    }
    place->offset = static_cast<int64_t>(first - extended_.first) * kC;
    place->first_row = FirstPixel(h_, y.first);
    const PhaseWeights<kC>& row = PhaseOf(y.first, place->first_row);
    Store(y.weight[0] * Load(row.row[0]) + y.weight[1] * Load(row.row[1]), place->rows);
    return true;
  }

  // Of a sample whose FirstPixel is `pixel`.
  const PhaseWeights<kC>& PhaseOf(int sample, int pixel) const {
    return phases_[sample + w_.origin - w_.taps + w_.up - w_.up * pixel];
  }

  void SampleRow(const float* pixels, int64_t n, int64_t i) const {
    T* y = args_.y.as<T>() + (n * result_[1] + i) * result_[2] * channels_ + channel_;
    for (int64_t j = 0; j < result_[2]; ++j, y += channels_) {
      float sums[kC] = {};
      Place place;
      if (Find(n, i, j, &place)) {
        Vector columns[kC] = {};
        for (int k = 0; k < h_.window; ++k) {
          if (!InMargins(h_, place.first_row + k)) continue;
          const float* row = pixels + Reflected(h_, place.first_row + k) * extended_.stride + place.offset;
          for (int v = 0; v < kC; ++v) columns[v] += place.rows[k] * Load(row + v * kWindow);
        }
        float products[kWindow * kC];
        for (int v = 0; v < kC; ++v) Store(columns[v] * place.columns[v], products + v * kWindow);
        for (int p = 0; p < kWindow; ++p) {
          for (int c = 0; c < kC; ++c) sums[c] += products[p * kC + c];
        }
      }
      for (int c = 0; c < kC; ++c) y[c] = FromFloat<T>(sums[c]);
    }
  }

  void ScatterRow(int64_t n, int64_t i, float* pixels) const {
    const T* dy = args_.x.as<const T>() + (n * result_[1] + i) * result_[2] * channels_ + channel_;
    for (int64_t j = 0; j < result_[2]; ++j, dy += channels_) {
      Place place;
      if (!Find(n, i, j, &place)) continue;
      float values[kWindow * kC];
      for (int p = 0; p < kWindow; ++p) {
        for (int c = 0; c < kC; ++c) values[p * kC + c] = ToFloat(dy[c]);
      }
      for (int v = 0; v < kC; ++v) place.columns[v] *= Load(values + v * kWindow);
      for (int k = 0; k < h_.window; ++k) {
        if (!InMargins(h_, place.first_row + k)) continue;
        float* row = pixels + Reflected(h_, place.first_row + k) * extended_.stride + place.offset;
        for (int v = 0; v < kC; ++v) {
          Store(Load(row + v * kWindow) + place.rows[k] * place.columns[v], row + v * kWindow);
        }
      }
    }
  }

  const AffineSampleArgs& args_;
  const int64_t channel_, channels_;  // the first of those that this object computes; all
  const Shape &image_, &result_;
  const SampleAxis h_, w_;
  const std::vector<PhaseWeights<kC>> phases_;
  const Extended<kC> extended_;
};

template <typename T, int kC>
void AffineSampleChannels(const AffineSampleArgs& args, int64_t channel) {
  const Sampler<T, kC> sampler(args, channel);
  args.transposed ? sampler.Scatter() : sampler.Sample();
}

}  // namespace

void CpuKernels::AffineSample(const AffineSampleArgs& args) {
  if (args.x.NumElements() == 0 || args.y.NumElements() == 0) return;
  const int64_t channels = args.x.shape[3];
  DispatchFloat("AffineSample", args.x.dtype, [&](auto zero) {
    using T = decltype(zero);
    for (int64_t c = 0; c < channels; c += 4) {
      switch (std::min<int64_t>(channels - c, 4)) {
        case 1: AffineSampleChannels<T, 1>(args, c); break;
        case 2: AffineSampleChannels<T, 2>(args, c); break;
        case 3: AffineSampleChannels<T, 3>(args, c); break;
        default: AffineSampleChannels<T, 4>(args, c); break;
      }
    }
  });
}

}  // namespace sg::cpu
