#include "gan/config/json.h"

#include <set>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "gan/config/enums.h"
#include "gan/config/validate.h"
#include "nlohmann/json.hpp"

namespace sg::gan {
namespace {

using Json = nlohmann::ordered_json;

// Of the list of fields below. A new field goes into v.Since with the next version, so that older files still load.
constexpr int kVersion = 2;

// Calls v(name, field) for every field and v.Section(name, f) for every group of fields; v.Since(n, name, field) for
// those that files of version n and later have. The only list of them.
template <typename Visitor, typename Config>
void VisitFields(Visitor& v, Config& c) {
  v.Version();
  v("preset", c.preset);
  v.Section("model", [&] {
    auto& m = c.model;
    v("resolution", m.resolution);
    v("latent_dim", m.latent_dim);
    v("mapping_layers", m.mapping_layers);
    v("g_features", m.g_features);
    v("d_features", m.d_features);
    v("max_features", m.max_features);
    v.Since(2, "channel_base", m.channel_base);
    v("latent_norm", m.latent_norm);
    v("rgb_activation", m.rgb_activation);
    v("activation_gain", m.activation_gain);
    v("conv_bias_init", m.conv_bias_init);
    v.Since(2, "skip_bias", m.skip_bias);
    v.Since(2, "fc_head", m.fc_head);
    v("resample", m.resample);
    v.Since(2, "strided_conv", m.strided_conv);
    v.Since(2, "latent_per_layer", m.latent_per_layer);
    v.Since(2, "image_range", m.image_range);
    v("noise", m.noise);
    v("mbstd_group", m.mbstd_group);
    v("mbstd_per_group", m.mbstd_per_group);
    v("mbstd_unbiased", m.mbstd_unbiased);
  });
  v.Section("loss", [&] {
    auto& l = c.loss;
    v("loss", l.loss);
    v("r1_gamma", l.r1_gamma);
    v("r1_interval", l.r1_interval);
    v("pl_weight", l.pl_weight);
    v("pl_interval", l.pl_interval);
    v.Since(2, "pl_times_interval", l.pl_times_interval);
    v.Since(2, "pl_batch_shrink", l.pl_batch_shrink);
    v("pl_start", l.pl_start);
    v("pl_decay", l.pl_decay);
    v.Since(2, "pl_mean_includes_batch", l.pl_mean_includes_batch);
    v("pl_annotated_axes", l.pl_annotated_axes);
    v("mixing_prob", l.mixing_prob);
    v("mixing_min_block", l.mixing_min_block);
  });
  v.Section("optimizer", [&] {
    auto& o = c.optimizer;
    v("lr", o.lr);
    v("mapping_lr", o.mapping_lr);
    v("beta1", o.beta1);
    v("beta2", o.beta2);
    v.Since(2, "separate_regularizers", o.separate_regularizers);
    v("clip_norm", o.clip_norm);
    v("ema_kimg", o.ema_kimg);
    v("ema_rampup", o.ema_rampup);
  });
  v("data", c.data);
  v("mirror", c.mirror);
  v("on_bad_image", c.on_bad_image);
  v("batch", c.batch);
  v("grad_accum", c.grad_accum);
  v("kimg", c.kimg);
  v("seed", c.seed);
  v("precision", c.precision);
  v("tick_kimg", c.tick_kimg);
  v("snap", c.snap);
  v("keep", c.keep);
}

class Writer {
 public:
  void Version() { (*this)("version", kVersion); }
  template <typename T>
  void operator()(const char* name, const T& field) {
    if constexpr (std::is_enum_v<T>) {
      (*current_)[name] = EnumName(field);
    } else {
      (*current_)[name] = field;
    }
  }
  template <typename T>
  void Since(int, const char* name, const T& field) {
    (*this)(name, field);
  }
  template <typename F>
  void Section(const char* name, F&& f) {
    Json* outer = current_;
    current_ = &(*outer)[name];
    f();
    current_ = outer;
  }
  // Bytes that are not UTF-8 (a file name) are replaced rather than refused.
  std::string Text() const { return root_.dump(2, ' ', false, Json::error_handler_t::replace); }

 private:
  Json root_;
  Json* current_ = &root_;
};

class Reader {
 public:
  explicit Reader(const Json& root, int version = 1) : current_(&root), version_(version) {}

  // The first version wrote none. From what it says on, every field of that version must be there, and none of a later
  // one.
  void Version() {
    if (!current_->contains("version")) return;
    (*this)("version", version_);
    if (version_ < 2 || version_ > kVersion) {
      Fail(absl::StrCat("version is ", version_, ", must be from 2 to ", kVersion,
                        ", or missing in a file of the first version"));
      version_ = kVersion;
    }
  }

  template <typename T>
  void Since(int version, const char* name, T& field) {
    if (version_ >= version) (*this)(name, field);
  }

  template <typename T>
  void operator()(const char* name, T& field) {
    const Json* value = Take(name);
    if (value == nullptr) return;
    bool fits;
    if constexpr (std::is_enum_v<T> || std::is_same_v<T, std::string>) {
      fits = value->is_string();
    } else if constexpr (std::is_same_v<T, bool>) {
      fits = value->is_boolean();
    } else if constexpr (std::is_integral_v<T>) {
      // Range is checked on the widest type before it is narrowed.
      fits = value->is_number_integer() &&
             (!value->is_number_unsigned() || value->template get<uint64_t>() <= INT64_MAX) &&
             static_cast<T>(value->template get<int64_t>()) == value->template get<int64_t>();
    } else {
      fits = value->is_number();
    }
    if (!fits) return Fail(absl::StrCat("field \"", name, "\" has the wrong type"));
    if constexpr (std::is_enum_v<T>) {
      const absl::StatusOr<T> parsed = ParseEnum<T>(name, value->template get<std::string>());
      if (parsed.ok()) {
        field = *parsed;
      } else if (status_.ok()) {
        status_ = parsed.status();
      }
    } else {
      field = value->template get<T>();
    }
  }

  template <typename F>
  void Section(const char* name, F&& f) {
    const Json* section = Take(name);
    if (section == nullptr) return;
    if (!section->is_object()) return Fail(absl::StrCat("field \"", name, "\" has the wrong type"));
    Reader inner(*section, version_);
    std::swap(inner, *this);
    f();
    Finish();
    std::swap(inner, *this);
    if (!inner.status_.ok()) status_ = inner.status_;
  }

  // Every field of the object must have been asked for.
  void Finish() {
    for (const auto& item : current_->items()) {
      if (taken_.count(item.key()) == 0) Fail(absl::StrCat("unknown field \"", item.key(), "\""));
    }
  }
  const absl::Status& status() const { return status_; }

 private:
  const Json* Take(const char* name) {
    const auto it = current_->find(name);
    if (it == current_->end()) {
      Fail(absl::StrCat("field \"", name, "\" is missing"));
      return nullptr;
    }
    taken_.insert(name);
    return &*it;
  }
  void Fail(const std::string& what) {
    if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat("configuration: ", what));
  }

  const Json* current_;
  int version_;
  std::set<std::string> taken_;
  absl::Status status_;
};

}  // namespace

std::string ToJson(const TrainConfig& config) {
  Writer writer;
  VisitFields(writer, config);
  return writer.Text();
}

absl::StatusOr<TrainConfig> TrainConfigFromJson(absl::string_view json) {
  constexpr size_t kMaxBytes = 1 << 20;
  if (json.size() > kMaxBytes) return absl::InvalidArgumentError("configuration: more than 1 MiB of JSON");
  const Json root = Json::parse(json.begin(), json.end(), /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) return absl::InvalidArgumentError("configuration: not a JSON object");
  TrainConfig config;
  Reader reader(root);
  VisitFields(reader, config);
  reader.Finish();
  if (!reader.status().ok()) return reader.status();
  const absl::Status valid = Validate(config);
  if (!valid.ok()) return valid;
  return config;
}

}  // namespace sg::gan
