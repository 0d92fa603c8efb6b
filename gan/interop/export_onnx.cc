#include "gan/interop/export_onnx.h"

#include <cmath>
#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "engine/io/atomic_file.h"
#include "engine/ops/random.h"
#include "gan/interop/onnx_graph.h"
#include "gan/interop/shared_config.h"
#include "gan/model/common/noise.h"
#include "gan/model/network.h"

namespace sg::gan {
namespace {

constexpr int64_t kMaxBytes = (int64_t{1} << 31) - 1;
constexpr float kSlope = 0.2F;
constexpr double kEpsilon = 1e-8;
constexpr float kMinLength = 1e-12F;
constexpr int64_t kFirstSize = 4;

using Values = std::vector<float>;

std::vector<OnnxAttribute> Window(int64_t kernel, int64_t stride, int64_t pad, int64_t groups) {
  return {OnnxAttribute::Integers("kernel_shape", {kernel, kernel}),
          OnnxAttribute::Integers("strides", {stride, stride}), OnnxAttribute::Integers("pads", {pad, pad, pad, pad}),
          OnnxAttribute::Integer("group", groups)};
}

// The weights of the averaged generator, without the prefix of its name.
absl::StatusOr<std::map<std::string, HostTensor>> ReadWeights(const ImportedNetwork& network) {
  std::map<std::string, HostTensor> weights;
  const std::string prefix = kAveragePrefix;
  for (auto it = network.tensors.lower_bound(prefix); it != network.tensors.end(); ++it) {
    if (!absl::StartsWith(it->first, prefix)) break;
    absl::StatusOr<HostTensor> values = it->second.read();
    if (!values.ok()) return values.status();
    weights[it->first.substr(prefix.size())] = *std::move(values);
  }
  return weights;
}

class GeneratorExporter {
 public:
  GeneratorExporter(const ModelConfig& model, const OnnxOptions& options, std::map<std::string, HostTensor> weights)
      : model_(model),
        options_(options),
        weights_(std::move(weights)),
        batch_(options.batch > 0 ? absl::StrCat(options.batch) : "batch"),
        graph_("stylegan2") {}

  std::string Model(const std::vector<std::pair<std::string, std::string>>& metadata) {
    const std::vector<std::string> ws_shape = {batch_, absl::StrCat(model_.NumLatents()), absl::StrCat(model_.WDim())};
    std::string ws = "ws";
    if (options_.part == OnnxPart::kSynthesis) {
      graph_.Input(ws, ws_shape);
    } else {
      ws = Mapping();
    }
    if (options_.part == OnnxPart::kMapping) {
      graph_.Output(ws, "ws", ws_shape);
    } else {
      const ImageSpec spec = model_.image_spec();
      graph_.Output(Synthesis(ws), "images",
                    {batch_, absl::StrCat(spec.channels), absl::StrCat(spec.height), absl::StrCat(spec.width)});
    }
    return graph_.Model(metadata);
  }

 private:
  const HostTensor& Weight(const std::string& name) const { return weights_.at(name); }

  // A constant of a weight's values times `gain`.
  std::string Scaled(const std::string& name, const Shape& shape, double gain) {
    Values values = Weight(name).values;
    for (float& v : values) v = static_cast<float>(v * gain);
    return graph_.Floats(name, shape, values);
  }
  std::string Scalar(const std::string& name, double value) {
    return graph_.Floats(name, {}, {static_cast<float>(value)});
  }

  std::string LeakyRelu(const std::string& x) {
    return graph_.Node("LeakyRelu", {x}, {OnnxAttribute::Float("alpha", kSlope)});
  }

  std::string Clamped(const std::string& x, const std::string& name, double limit) {
    if (limit <= 0) return x;
    return graph_.Node("Clip", {x, Scalar(name + ".min", -limit), Scalar(name + ".max", limit)});
  }

  // x [N,in] -> gain * (x W^T / sqrt(in) + b) [N,out].
  std::string Linear(const std::string& x, const std::string& name, double gain) {
    const Shape shape = Weight(name + ".weight.weight").shape;
    const std::string weight = Scaled(name + ".weight.weight", shape, gain / std::sqrt(static_cast<double>(shape[1])));
    return graph_.Node("Gemm", {x, weight, Scaled(name + ".bias", {shape[0]}, gain)},
                       {OnnxAttribute::Integer("transB", 1)});
  }

  std::string Normalize(const std::string& x, const std::string& name) {
    const std::vector<OnnxAttribute> rows = {OnnxAttribute::Integers("axes", {1}),
                                             OnnxAttribute::Integer("keepdims", 1)};
    if (model_.latent_norm == LatentNorm::kUnit) {
      const std::string smallest = graph_.Floats(name + ".min_length", {}, {kMinLength});
      return graph_.Node("Div", {x, graph_.Node("Max", {graph_.Node("ReduceL2", {x}, rows), smallest})});
    }
    const std::string square = graph_.Node("ReduceMean", {graph_.Node("Mul", {x, x})}, rows);
    return graph_.Node("Div",
                       {x, graph_.Node("Sqrt", {graph_.Node("Add", {square, Scalar(name + ".eps", kEpsilon)})})});
  }

  // The whole mapping network: ws [N,NumLatents(),WDim()].
  std::string Mapping() {
    graph_.Input("z", {batch_, absl::StrCat(model_.latent_dim)});
    std::string w = Normalize("z", "z");
    if (model_.label_dim > 0) {
      graph_.Input("labels", {batch_, absl::StrCat(model_.label_dim)});
      const std::string embedded = Normalize(Linear("labels", "mapping_network.embed", 1), "labels");
      w = graph_.Node("Concat", {w, embedded}, {OnnxAttribute::Integer("axis", 1)});
    }
    graph_.Input("psi", {});
    for (int i = 0; i < model_.mapping_layers; ++i) {
      const std::string name = absl::StrCat("mapping_network.net.", 2 * i);
      w = LeakyRelu(Linear(w, name, model_.mapping_lr_mul * model_.activation_gain));
    }
    const std::string average = Scaled("latent_average", {model_.WDim()}, 1);
    w = graph_.Node("Add", {average, graph_.Node("Mul", {graph_.Node("Sub", {w, average}), "psi"})});
    w = graph_.Node("Unsqueeze", {w, graph_.Integers("ws.axis", {1}, {1})});
    return graph_.Node("Expand", {w, graph_.Integers("ws.shape", {3}, {1, model_.NumLatents(), 1})});
  }

  // Every channel of x [N,C,H,W] filtered as Resampler does: twice the size, or what follows a transposed convolution.
  std::string Filter(const std::string& type, const std::string& x, int64_t channels, int64_t stride) {
    const bool is_fir = model_.resample == Resampling::kFir;
    const Values taps = is_fir ? Values{1, 3, 3, 1} : Values{1, 5, 10, 10, 5, 1};
    const auto size = static_cast<int64_t>(taps.size());
    float sum = 0;
    for (const float tap : taps) sum += tap;
    const std::string name = absl::StrCat("filter.", channels);
    if (!has_filter_[channels]) {
      Values values;
      for (int64_t c = 0; c < channels; ++c) {
        // A gain of 2 per axis.
        for (const float row : taps) {
          for (const float column : taps) values.push_back(4 * row * column / (sum * sum));
        }
      }
      graph_.Floats(name, {channels, 1, size, size}, values);
      has_filter_[channels] = true;
    }
    int64_t pad = size / 2 - 1;
    std::string source = x;
    if (!is_fir) {  // edges are replicated
      const int64_t edge = stride == 2 ? 1 : pad;
      const std::string pads = absl::StrCat("edges.", stride);
      if (!has_edges_[stride]) graph_.Integers(pads, {8}, {0, 0, edge, edge, 0, 0, edge, edge});
      has_edges_[stride] = true;
      source = graph_.Node("Pad", {x, pads}, {OnnxAttribute::Text("mode", "edge")});
      // A transposed convolution's padding crops what the replicated samples add.
      pad = stride == 2 ? pad + 2 * edge : 0;
    }
    return graph_.Node(type, {source, name}, Window(size, stride, pad, channels));
  }
  std::string Up(const std::string& x, int64_t channels) { return Filter("ConvTranspose", x, channels, 2); }

  // x times the style that the entry of w gives. `style` receives the style [N,in].
  std::string Modulated(const std::string& x, const std::string& name, int entry, double gain, std::string* style) {
    const std::string w = graph_.Node("Gather", {ws_, graph_.Integers(name + ".entry", {}, {entry})},
                                      {OnnxAttribute::Integer("axis", 1)});
    *style = Linear(w, name + ".to_style", gain);
    return graph_.Node("Mul", {x, Map(*style)});
  }
  // [N,C] -> [N,C,1,1].
  std::string Map(const std::string& x) {
    if (!has_map_axes_) graph_.Integers("map_axes", {2}, {2, 3});
    has_map_axes_ = true;
    return graph_.Node("Unsqueeze", {x, "map_axes"});
  }

  // A StyleBlock of a block of the generator. The gain of the activation passes through it, as it is positive.
  std::string StyleBlock(const std::string& x, const std::string& name, int entry, int block, int layer,
                         bool doubles_size, double block_gain) {
    const HostTensor& weight = Weight(name + ".conv.weight.weight");
    const int64_t in = weight.shape[doubles_size ? 0 : 1], out = weight.shape[doubles_size ? 1 : 0];
    const int64_t area = weight.shape[2] * weight.shape[3];
    const double gain = model_.activation_gain * block_gain;
    std::string style;
    std::string y = Modulated(x, name, entry, 1 / std::sqrt(static_cast<double>(in * area)), &style);
    const std::string kernel = Scaled(name + ".conv.weight.weight", weight.shape, 1);
    if (doubles_size) {
      y = Filter("Conv", graph_.Node("ConvTranspose", {y, kernel}, Window(3, 2, 0, 1)), out, 1);
    } else {
      y = graph_.Node("Conv", {y, kernel}, Window(3, 1, 1, 1));
    }
    // gain / sqrt(sum (style W)^2 + eps), with the gain folded into both summands.
    Values energy(static_cast<size_t>(in * out));
    for (int64_t i = 0; i < in; ++i) {
      for (int64_t o = 0; o < out; ++o) {
        double sum = 0;
        const int64_t begin = (doubles_size ? i * out + o : o * in + i) * area;
        for (int64_t k = begin; k < begin + area; ++k) sum += double{weight.values[k]} * weight.values[k];
        energy[i * out + o] = static_cast<float>(sum / (gain * gain));
      }
    }
    const std::string variance =
        graph_.Node("MatMul", {graph_.Node("Mul", {style, style}), graph_.Floats(name + ".energy", {in, out}, energy)});
    const std::string padded = graph_.Node("Add", {variance, Scalar(name + ".eps", kEpsilon / (gain * gain))});
    y = graph_.Node("Mul", {y, Map(graph_.Node("Reciprocal", {graph_.Node("Sqrt", {padded})}))});
    y = AddNoise(y, name, block, layer, gain);
    y = graph_.Node("Add", {y, Scaled(name + ".bias", {1, out, 1, 1}, gain)});
    return Clamped(LeakyRelu(y), name, model_.conv_clamp * block_gain);
  }

  static std::string NoiseName(int block, int layer) { return absl::StrCat("noise_", kFirstSize << block, "_", layer); }

  std::string AddNoise(const std::string& y, const std::string& name, int block, int layer, double gain) {
    if (!model_.noise || options_.noise == OnnxNoise::kNone) return y;
    const float strength = Weight(name + ".scale_noise").values[0];
    const std::string map = NoiseName(block, layer);
    const int64_t height = model_.HeightAt(block), width = model_.WidthAt(block);
    if (options_.noise == OnnxNoise::kInput) {
      graph_.Input(map, {"noise_batch", "1", absl::StrCat(height), absl::StrCat(width)});
      return graph_.Node("Add", {y, graph_.Node("Mul", {map, Scalar(name + ".scale_noise", strength * gain)})});
    }
    Values values = constant_noise_.at(map);
    for (float& v : values) v = static_cast<float>(v * strength * gain);
    return graph_.Node("Add", {y, graph_.Floats(map, {1, 1, height, width}, values)});
  }

  std::string ToRgb(const std::string& x, const std::string& name, int entry) {
    const HostTensor& weight = Weight(name + ".conv.weight.weight");
    const double gain = model_.rgb_activation ? model_.activation_gain : 1;
    std::string style;
    const std::string modulated =
        Modulated(x, name, entry, gain / std::sqrt(static_cast<double>(weight.shape[1])), &style);
    const std::string y = graph_.Node("Conv",
                                      {modulated, Scaled(name + ".conv.weight.weight", weight.shape, 1),
                                       Scaled(name + ".bias", {weight.shape[0]}, gain)},
                                      Window(1, 1, 0, 1));
    return Clamped(model_.rgb_activation ? LeakyRelu(y) : y, name, model_.conv_clamp);
  }

  void ReadConstantNoise() {
    if (!model_.noise || options_.noise != OnnxNoise::kConst) return;
    RandomStream stream;  // of the seed 0
    std::vector<BlockNoise> drawn;
    if (!model_.noise_const) drawn = RandomNoise(model_, /*batch=*/1, DType::kF32, Device::Cpu(), &stream);
    for (int block = 0; block < model_.NumBlocks(); ++block) {
      for (int layer = block == 0 ? 1 : 0; layer < 2; ++layer) {
        const std::string map = NoiseName(block, layer);
        const std::string name = absl::StrCat("generator.noise_const.", block, layer == 0 ? ".first" : ".second");
        constant_noise_[map] = model_.noise_const
                                   ? Weight(name).values
                                   : (layer == 0 ? drawn[block].first : drawn[block].second).ToHost<float>();
      }
    }
  }

  std::string Synthesis(const std::string& ws) {
    ws_ = ws;
    ReadConstantNoise();
    const bool is_skip = model_.g_architecture == Architecture::kSkip;
    const bool is_residual = model_.g_architecture == Architecture::kResnet;
    const double sqrt_half = std::sqrt(0.5);
    const auto entry = [this](int block, int layer) {
      return model_.latent_per_layer ? (block == 0 ? layer - 1 : 2 * block - 1 + layer) : block;
    };
    // The constant, once for every image.
    const Shape shape = Weight("generator.initial_constant").shape;
    int64_t channels = shape[1];
    const std::string constant = Scaled("generator.initial_constant", shape, 1);
    const std::string batch = graph_.Node(
        "Slice",
        {graph_.Node("Shape", {ws}), graph_.Integers("batch.begin", {1}, {0}), graph_.Integers("batch.end", {1}, {1})});
    const std::string expanded =
        graph_.Node("Concat", {batch, graph_.Integers("ones", {3}, {1, 1, 1})}, {OnnxAttribute::Integer("axis", 0)});
    std::string x = graph_.Node("Expand", {constant, expanded});
    x = StyleBlock(x, "generator.style_block", entry(0, 1), /*block=*/0, 1, /*doubles_size=*/false, 1);
    std::string rgb = is_skip ? ToRgb(x, "generator.to_rgb", entry(0, 2)) : "";
    for (int block = 1; block < model_.NumBlocks(); ++block) {
      const std::string name = absl::StrCat("generator.blocks.", block - 1);
      const std::string source = model_.strided_conv ? x : Up(x, channels);
      x = StyleBlock(source, absl::StrCat(name, ".style_block1"), entry(block, 0), block, 0, model_.strided_conv, 1);
      x = StyleBlock(x, absl::StrCat(name, ".style_block2"), entry(block, 1), block, 1, /*doubles_size=*/false,
                     is_residual ? sqrt_half : 1);
      const int64_t in = channels;
      channels = Weight(absl::StrCat(name, ".style_block2.bias")).shape[0];
      if (is_residual) {
        const std::string weight = Scaled(absl::StrCat(name, ".skip.weight.weight"), {channels, in, 1, 1},
                                          sqrt_half / std::sqrt(static_cast<double>(in)));
        const std::string skip = graph_.Node("Conv", {source, weight}, Window(1, 1, 0, 1));
        x = graph_.Node("Add", {x, model_.strided_conv ? Up(skip, channels) : skip});
      }
      if (!is_skip && block + 1 < model_.NumBlocks()) continue;
      const std::string part = ToRgb(x, absl::StrCat(name, ".to_rgb"), entry(block, 2));
      rgb = rgb.empty() ? part : graph_.Node("Add", {Up(rgb, model_.image_channels), part});
    }
    return rgb;
  }

  const ModelConfig model_;
  const OnnxOptions options_;
  const std::map<std::string, HostTensor> weights_;
  const std::string batch_;
  OnnxGraph graph_;
  std::string ws_;
  std::map<std::string, Values> constant_noise_;  // by the names of inputs
  std::map<int64_t, bool> has_filter_, has_edges_;
  bool has_map_axes_ = false;
};

absl::string_view NameOf(OnnxPart part) {
  return part == OnnxPart::kBoth ? "both" : (part == OnnxPart::kSynthesis ? "synthesis" : "mapping");
}
absl::string_view NameOf(OnnxNoise noise) {
  return noise == OnnxNoise::kConst ? "const" : (noise == OnnxNoise::kInput ? "input" : "none");
}

}  // namespace

absl::Status WriteOnnx(const std::string& path, const ImportedNetwork& network, const OnnxOptions& options) {
  const ModelConfig& model = network.config.model;
  if (options.noise == OnnxNoise::kInput && options.part != OnnxPart::kMapping && !model.noise) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": the network has no noise (its \"noise\" is false), so noise cannot be an input"));
  }
  absl::StatusOr<std::map<std::string, HostTensor>> weights = ReadWeights(network);
  if (!weights.ok()) return weights.status();
  int64_t bytes = 0;
  for (const auto& [name, tensor] : *weights) bytes += static_cast<int64_t>(tensor.values.size() * sizeof(float));
  if (bytes > kMaxBytes / 2) {
    return absl::OutOfRangeError(absl::StrCat(path, ": the generator has ", bytes >> 20,
                                              " MiB of weights; an ONNX file of this program takes at most ",
                                              kMaxBytes / 2 >> 20));
  }
  GeneratorExporter exporter(model, options, *std::move(weights));
  return io::WriteFileAtomically(path, exporter.Model({{"origin", network.origin},
                                                       {"part", std::string(NameOf(options.part))},
                                                       {"noise", std::string(NameOf(options.noise))},
                                                       {"image_range", EnumName(model.image_range)},
                                                       {"config", SharedConfig(network.config)}}));
}

}  // namespace sg::gan
