#include "tools/report/run_report.h"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <deque>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "engine/io/atomic_file.h"
#include "engine/io/input_file.h"
#include "gan/config/config.h"
#include "gan/config/json.h"
#include "gan/config/presets.h"
#include "tools/nearest_sheet.h"
#include "tools/report/page.h"
#include "tools/report/series.h"

namespace sg::report {
namespace {

using Json = nlohmann::ordered_json;
using Notes = std::vector<std::string>;

const char* NameOf(RunState state) {
  switch (state) {
    case RunState::kUnknown: return "";
    case RunState::kTraining: return "training";
    case RunState::kFinished: return "finished";
    case RunState::kStopped: return "stopped";
    case RunState::kDiverged: return "diverged";
    case RunState::kFailed: return "failed";
  }
  return "";
}

// As many digits as a plot shows. What is not finite becomes null, and so does what is too large to be scaled.
Json Rounded(double value) {
  constexpr double kMost = 1e100, kLeast = 1e-100;
  if (!(std::abs(value) < kMost)) return {};
  double rounded = 0;
  if (std::abs(value) > kLeast && !absl::SimpleAtod(absl::StrFormat("%.6g", value), &rounded)) return {};
  return rounded;
}

// [position, mean] of one value, [position, mean, least, greatest] of several.
Json PointsOf(const Series& series) {
  Json points = Json::array();
  for (const Series::Point& p : series.points()) {
    Json point = {Rounded((p.first + p.last) / 2), Rounded(p.mean())};
    if (p.finite > 1) {
      point.push_back(Rounded(p.low));
      point.push_back(Rounded(p.high));
    }
    points.push_back(std::move(point));
  }
  return points;
}

Json MetricsOf(const RunRecord& record) {
  Json metrics = Json::array();
  for (const auto& [name, curve] : record.metrics) {
    Json points = Json::array();
    for (const MetricPoint& p : curve.points) {
      points.push_back({Rounded(p.kimg), Rounded(p.value), Rounded(p.low), Rounded(p.high)});
    }
    metrics.push_back({{"name", name}, {"protocol", curve.protocol}, {"points", std::move(points)}});
  }
  return metrics;
}

// The members are those of an array of pairs, since a file chooses their names.
Json ScalarsOf(const RunRecord& record) {
  constexpr char kMetrics[] = "Metrics/";  // copies of what the metrics' own files say with intervals
  Json scalars = Json::array();
  for (const auto& [name, series] : record.scalars) {
    if (absl::StartsWith(name, kMetrics) && record.metrics.count(name.substr(sizeof kMetrics - 1)) > 0) continue;
    const auto last = record.last.find(name);
    scalars.push_back({{"name", name},
                       {"last", last != record.last.end() ? Rounded(last->second) : Json()},
                       {"points", PointsOf(series)}});
  }
  return scalars;
}

Json PictureOf(const EmbeddedPicture& picture, const std::string& name) {
  return {{"name", name}, {"uri", picture.uri}, {"width", picture.width}, {"height", picture.height}};
}

absl::StatusOr<gan::TrainConfig> ReadOptions(const std::string& path) {
  constexpr int64_t kMaxBytes = int64_t{1} << 20;
  const absl::StatusOr<std::string> text = io::ReadFile(path, kMaxBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<gan::TrainConfig> config = gan::TrainConfigFromJson(*text);
  if (config.ok()) return config;
  return absl::Status(config.status().code(), absl::StrCat(path, ": ", config.status().message()));
}

// The last warnings in a log.
Json LastWarnings(const std::string& path, size_t most) {
  constexpr int64_t kMaxBytes = int64_t{256} << 10;
  std::deque<std::string> warnings;
  const absl::StatusOr<io::InputFile> log = io::InputFile::Open(path);
  if (!log.ok()) return Json::array();
  std::string tail(std::min(log->size(), kMaxBytes), '\0');
  if (!log->ReadAt(log->size() - static_cast<int64_t>(tail.size()), tail.data(), static_cast<int64_t>(tail.size()))
           .ok()) {
    return Json::array();
  }
  for (const absl::string_view line : absl::StrSplit(tail, '\n')) {
    if (!absl::StartsWith(line, "warning: ")) continue;
    if (warnings.size() == most) warnings.pop_front();
    warnings.emplace_back(line.substr(std::size("warning: ") - 1, 1000));
  }
  return Json(warnings);
}

// The name of the folder, also of ".".
std::string NameOfFolder(const std::string& folder) {
  std::error_code error;
  const std::filesystem::path path = std::filesystem::absolute(folder, error).lexically_normal();
  return (path.filename().empty() ? path.parent_path() : path).filename().string();
}

}  // namespace

RunReport::RunReport(std::string folder) : folder_(std::move(folder)), reader_(folder_) {}

// A run that was resumed from an earlier state leaves the sheets of the later ones until it writes them again.
Json RunReport::Sheets(Notes* notes) {
  const RunRecord& record = reader_.record();
  std::vector<gan::Sheet> sheets = gan::ListSheets(folder_);
  if (record.ticks > 0) {
    const auto later = [&](const gan::Sheet& sheet) { return static_cast<double>(sheet.images) > record.kimg * 1000; };
    sheets.erase(std::remove_if(sheets.begin(), sheets.end(), later), sheets.end());
  }
  while ((sheets.size() + stride_ - 1) / stride_ > kMaxSheets) stride_ *= 2;
  for (;; stride_ *= 2) {
    Json shown = Json::array();
    Notes unreadable;
    size_t bytes = 0;
    for (size_t i = 0; i < sheets.size(); ++i) {
      if (i % stride_ != 0 && i + 1 < sheets.size()) continue;
      const absl::StatusOr<EmbeddedPicture> picture = pictures_.Embed(folder_ + "/" + sheets[i].name, kMaxSide);
      if (!picture.ok()) {
        unreadable.emplace_back(picture.status().message());
        continue;
      }
      Json sheet = PictureOf(*picture, sheets[i].name);
      sheet["kimg"] = Rounded(static_cast<double>(sheets[i].images) / 1000);
      bytes += picture->uri.size();
      shown.push_back(std::move(sheet));
    }
    if (bytes > kMaxSheetBytes && shown.size() > 2) continue;
    if (!unreadable.empty()) {
      notes->push_back(absl::StrCat(unreadable.size(), " sheets cannot be shown, such as ", unreadable[0]));
    }
    if (stride_ > 1) {
      notes->push_back(
          absl::StrCat("Of the ", sheets.size(), " snapshots every ", stride_, "th and the last are shown."));
    }
    return shown;
  }
}

Json RunReport::Nearest(Notes* notes) {
  const std::string path = folder_ + "/" + cli::kNearestSheetName;
  const absl::StatusOr<EmbeddedPicture> picture = pictures_.Embed(path, kMaxNearestSide);
  if (absl::IsNotFound(picture.status())) return {};
  if (!picture.ok()) {
    notes->emplace_back(picture.status().message());
    return {};
  }
  const std::optional<cli::NearestSheet> sheet = cli::ReadNearestSheet(picture->text);
  if (!sheet) {
    notes->push_back(absl::StrCat(path, ": its text does not say what it shows"));
    return {};
  }
  const RunRecord& record = reader_.record();
  if (record.ticks > 0 && sheet->kimg > record.kimg) return {};  // of a later state that the run went back from
  Json json = PictureOf(*picture, cli::kNearestSheetName);
  json["kimg"] = Rounded(sheet->kimg);
  json["columns"] = sheet->columns;
  json["gap"] = sheet->gap;
  json["tile"] = {sheet->tile_width, sheet->tile_height};
  json["pictures"] = sheet->pictures;
  json["images"] = sheet->images;
  json["of"] = sheet->of;
  json["protocol"] = sheet->protocol;
  json["median"] = Rounded(sheet->median_ratio);
  json["close"] = Rounded(sheet->close_ratio);
  json["suspicious"] = sheet->suspicious;
  for (const cli::NearestSheet::Pair& pair : sheet->pairs) {
    json["pairs"].push_back({{"seed", pair.seed}, {"ratio", Rounded(pair.ratio)}, {"name", pair.name}});
  }
  return json;
}

absl::StatusOr<std::string> RunReport::Page(RunState state) {
  const absl::Status updated = reader_.Update();
  if (!updated.ok()) return updated;
  const RunRecord& record = reader_.record();
  Notes notes;
  Json data = {{"name", NameOfFolder(folder_)}, {"written", std::time(nullptr)}};
  data["kimg"] = Rounded(record.kimg);
  data["step"] = Rounded(record.step);
  data["ticks"] = record.ticks;
  data["first_time"] = record.first_time;
  data["last_time"] = record.last_time;
  data["scalars"] = ScalarsOf(record);
  data["metrics"] = MetricsOf(record);
  data["sheets"] = Sheets(&notes);
  const absl::StatusOr<EmbeddedPicture> reals = pictures_.Embed(folder_ + "/reals.png", kMaxSide);
  if (reals.ok()) data["reals"] = PictureOf(*reals, "reals.png");
  data["nearest"] = Nearest(&notes);
  pictures_.ForgetUnused();
  const absl::StatusOr<gan::TrainConfig> config = ReadOptions(folder_ + "/training_options.json");
  if (config.ok()) {
    data["options"] = Json::parse(gan::ToJson(*config));
    const absl::StatusOr<gan::TrainConfig> preset = gan::PresetConfig(config->preset);
    if (preset.ok()) data["preset"] = Json::parse(gan::ToJson(*preset));
    data["total_kimg"] = config->kimg;
    if (state == RunState::kUnknown && record.ticks > 0 && record.kimg >= config->kimg) state = RunState::kFinished;
  } else {
    notes.emplace_back(config.status().message());
  }
  data["state"] = NameOf(state);
  data["warnings"] = LastWarnings(folder_ + "/log.txt", kMaxWarnings);
  if (record.unreadable > 0) {
    notes.push_back(absl::StrCat(record.unreadable, " lines of the statistics cannot be read and are left out."));
  }
  if (record.names_left_out) {
    notes.push_back(absl::StrCat("There are more than ", RunReader::kMaxNames,
                                 " curves, or some with names of more than ", RunReader::kMaxName,
                                 " letters; those are left out."));
  }
  data["notes"] = notes;
  return MakePage(data);
}

absl::Status RunReport::Write(const std::string& path, RunState state) {
  const absl::StatusOr<std::string> page = Page(state);
  if (!page.ok()) return page.status();
  return io::WriteFileAtomically(path, *page);
}

}  // namespace sg::report
