#include "tools/report/run_record.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "engine/io/input_file.h"
#include "gan/train/run_directory.h"
#include "nlohmann/json.hpp"

namespace sg::report {
namespace {

constexpr char kStats[] = "stats.jsonl";
constexpr double kMostCounted = 1e15;  // no run has as many steps or images
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// A number of JSON; NaN for anything else, such as the null that stands for one that is not finite.
double NumberOf(const nlohmann::json& value) { return value.is_number() ? value.get<double>() : kNan; }

double MemberOf(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() ? NumberOf(*member) : kNan;
}

// The mean of a scalar's summary, or a plain number. nullopt for what is no scalar.
std::optional<double> ScalarOf(const nlohmann::json& value) {
  if (value.is_number() || value.is_null()) return NumberOf(value);
  if (!value.is_object() || !value.contains("num") || !value.contains("mean")) return std::nullopt;
  return MemberOf(value, "num") > 0 ? MemberOf(value, "mean") : kNan;  // the mean of no finite value is written as 0
}

bool IsCounter(absl::string_view name) {
  return name == "step" || name == "timestamp" || name == "Progress/tick" || name == "Progress/kimg";
}

}  // namespace

absl::Status RunReader::Update() {
  const absl::StatusOr<std::vector<std::string>> listed = gan::ListStatsFiles(folder_);
  if (!listed.ok()) return listed.status();
  std::vector<std::string> names = *listed;
  // First what tells how steps relate to images.
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name == kStats; });
  for (const auto& [name, bytes] : read_) {
    const absl::StatusOr<io::InputFile> file = io::InputFile::Open(absl::StrCat(folder_, "/", name));
    if (file.ok() && file->size() >= bytes) continue;
    read_.clear();
    record_ = {};
    break;
  }
  for (const std::string& name : names) {
    const absl::Status status = ReadFrom(name);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// A line without its end stays for the next call: another process may be writing it.
absl::Status RunReader::ReadFrom(const std::string& name) {
  const absl::StatusOr<io::InputFile> file = io::InputFile::Open(absl::StrCat(folder_, "/", name));
  if (!file.ok()) return file.status();
  int64_t& offset = read_[name];
  std::string buffer(size_t{1} << 20, '\0'), line;
  bool too_long = false;
  int64_t position = offset;
  while (position < kMaxBytes) {
    const absl::StatusOr<int64_t> size = file->ReadSome(position, buffer.data(), static_cast<int64_t>(buffer.size()));
    if (!size.ok()) return size.status();
    if (*size == 0) break;
    absl::string_view rest(buffer.data(), *size);
    while (!rest.empty()) {
      const size_t end = rest.find('\n');
      const absl::string_view piece = rest.substr(0, end);
      too_long = too_long || static_cast<int64_t>(line.size() + piece.size()) > kMaxLine;
      if (!too_long) line.append(piece.data(), piece.size());
      if (end == absl::string_view::npos) break;
      rest.remove_prefix(end + 1);
      if (too_long) {
        ++record_.unreadable;
      } else {
        AddLine(name, line);
      }
      line.clear();
      too_long = false;
      offset = position + (rest.data() - buffer.data());
    }
    position += *size;
  }
  return absl::OkStatus();
}

void RunReader::AddLine(const std::string& name, absl::string_view line) {
  if (line.empty()) return;
  name == kStats ? AddStats(line) : AddMetric(line);
}

void RunReader::AddStats(absl::string_view line) {
  const nlohmann::json row = nlohmann::json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  const double kimg = row.is_object() ? MemberOf(row, "Progress/kimg") : kNan;
  const double step = row.is_object() ? MemberOf(row, "step") : kNan;
  if (!(kimg >= 0 && kimg < kMostCounted) || !(step >= 0 && step < kMostCounted)) {
    ++record_.unreadable;
    return;
  }
  if (kimg < record_.kimg) GoBackTo(kimg);
  record_.kimg = kimg;
  record_.step = step;
  const double time = MemberOf(row, "timestamp");
  if (time > 0) {
    if (record_.first_time == 0) record_.first_time = time;
    record_.last_time = time;
  }
  if (row.contains("Progress/tick")) ++record_.ticks;
  for (const auto& [name, value] : row.items()) {
    const std::optional<double> scalar = IsCounter(name) ? std::nullopt : ScalarOf(value);
    if (!scalar) continue;
    Series* const series = SeriesOf(name);
    if (series == nullptr) continue;
    series->Add(kimg, *scalar);
    if (std::isfinite(*scalar)) record_.last[name] = *scalar;
  }
}

// The file has the step of each result. The images follow from those of the last step.
void RunReader::AddMetric(absl::string_view line) {
  const nlohmann::json row = nlohmann::json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  const bool has_results = row.is_object() && row.contains("results") && row["results"].is_object();
  const double step = has_results ? MemberOf(row, "step") : kNan;
  if (!(step >= 0 && step < kMostCounted)) {
    ++record_.unreadable;
    return;
  }
  const double kimg = record_.step > 0 ? step * (record_.kimg / record_.step) : 0;
  for (const auto& [name, value] : row["results"].items()) {
    const bool known = record_.metrics.count(name) > 0;
    if (name.size() > kMaxName || (!known && record_.metrics.size() >= kMaxNames)) {
      record_.names_left_out = true;
      continue;
    }
    MetricPoint point{kimg, NumberOf(value), kNan, kNan};
    if (!std::isfinite(point.value)) continue;
    const auto intervals = row.find("interval_95");
    if (intervals != row.end() && intervals->is_object() && intervals->contains(name)) {
      const nlohmann::json& interval = (*intervals)[name];
      if (interval.is_array() && interval.size() == 2) {
        point.low = NumberOf(interval[0]);
        point.high = NumberOf(interval[1]);
      }
    }
    MetricCurve& curve = record_.metrics[name];
    while (!curve.points.empty() && curve.points.back().kimg >= kimg) curve.points.pop_back();  // computed again
    if (curve.points.size() >= kMaxMetricPoints) {
      size_t kept = 0;
      for (size_t i = 0; i < curve.points.size(); i += 2) curve.points[kept++] = curve.points[i];
      curve.points.resize(kept);
    }
    curve.points.push_back(point);
    const auto protocol = row.find("protocol");
    if (protocol != row.end() && protocol->is_string()) {
      curve.protocol = protocol->get<std::string>().substr(0, static_cast<size_t>(kMaxLine) / 16);
    }
  }
}

Series* RunReader::SeriesOf(const std::string& name) {
  const auto known = record_.scalars.find(name);
  if (known != record_.scalars.end()) return &known->second;
  if (record_.scalars.size() >= kMaxNames || name.size() > kMaxName) {
    record_.names_left_out = true;
    return nullptr;
  }
  return &record_.scalars[name];
}

// A run that was resumed from an earlier state by a program that did not remove the later lines.
void RunReader::GoBackTo(double kimg) {
  for (auto& [name, series] : record_.scalars) series.DropAfter(kimg);
}

}  // namespace sg::report
