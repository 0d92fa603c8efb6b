// The page that shows how a training run goes: report.html in its folder.
//
//   RunReport report(run.path());
//   absl::Status status = report.Write(run.File("report.html"), RunState::kTraining);   // at every snapshot
//
// It is made from the files of the folder, so that of any old run can be made, too. Everything is in the one file,
// which can be sent to others: pictures are shrunk and compressed again, and long curves are shortened to the least,
// mean and greatest values of stretches. The bounds below keep it below 25 MB, however long the run is. The files are
// not trusted, and what cannot be read is left out with a note on the page.
#ifndef TOOLS_REPORT_RUN_REPORT_H_
#define TOOLS_REPORT_RUN_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gan/train/run_directory.h"
#include "nlohmann/json.hpp"
#include "tools/report/embedded_picture.h"
#include "tools/report/run_record.h"

namespace sg::report {

enum class RunState : uint8_t { kUnknown, kTraining, kFinished, kStopped, kDiverged, kFailed };

class RunReport {
 public:
  // Of the snapshots' sheets, the last and every n-th are shown, n being the smallest power of 2 with which they are
  // within these bounds.
  static constexpr size_t kMaxSheets = 64;
  static constexpr size_t kMaxSheetBytes = size_t{10} << 20;  // of all of them as text
  static constexpr int kMaxSide = 768;                        // pixels of a sheet as it is shown
  static constexpr int kMaxNearestSide = 1200;                // the same of fakes_nearest.png
  static constexpr size_t kMaxWarnings = 20;                  // the last ones of log.txt

  explicit RunReport(std::string folder);

  // Writes the page, atomically. A later call reads only what is new. Errors are one sentence that begins with a path:
  // a folder that cannot be read, a file that cannot be written.
  absl::Status Write(const std::string& path, RunState state);

 private:
  absl::StatusOr<std::string> Page(RunState state);
  nlohmann::ordered_json Sheets(std::vector<std::string>* notes);
  nlohmann::ordered_json Nearest(std::vector<std::string>* notes);

  std::string folder_;
  RunReader reader_;
  PictureCache pictures_;
  size_t stride_ = 1;  // of the sheets
};

}  // namespace sg::report

#endif  // TOOLS_REPORT_RUN_REPORT_H_
