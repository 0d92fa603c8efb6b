#include "gan/image/foreign_format.h"

#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace sg::gan {
namespace {

constexpr size_t kExaminedBytes = 512;

constexpr char kConvert[] = "convert it to PNG, JPEG or WebP";
constexpr char kUnpack[] = "unpack it and give the folder";
constexpr char kExport[] = "export its images to a folder";
constexpr char kFrames[] = "save its frames as PNG or JPEG";
constexpr char kDownload[] = "it is probably an error message instead of the image, so download it again";

struct Format {
  size_t offset;
  absl::string_view magic;
  const char* name;
  const char* remedy;
};

// The first match counts.
const Format kFormats[] = {
    {0, "GIF8", "a GIF image", kConvert},
    {0, absl::string_view("II*\0", 4), "a TIFF or raw image", kConvert},
    {0, absl::string_view("MM\0*", 4), "a TIFF or raw image", kConvert},
    {0, absl::string_view("II+\0", 4), "a TIFF image", kConvert},
    {0, absl::string_view("MM\0+", 4), "a TIFF image", kConvert},
    {4, "ftyphe", "a HEIC image", kConvert},
    {4, "ftypmif1", "a HEIC image", kConvert},
    {4, "ftypmsf1", "a HEIC image", kConvert},
    {4, "ftypavi", "an AVIF image", kConvert},
    {4, "ftypcrx", "a raw image", kConvert},
    {4, "ftyp", "a video", kFrames},
    {0, absl::string_view("\0\0\0\x0cJXL ", 8), "a JPEG XL image", kConvert},
    {0, "\xff\x0a", "a JPEG XL image", kConvert},
    {0, absl::string_view("\0\0\0\x0cjP  ", 8), "a JPEG 2000 image", kConvert},
    {0, "\xff\x4f\xff\x51", "a JPEG 2000 image", kConvert},
    {0, "8BPS", "a Photoshop file", kConvert},
    {0, "gimp xcf", "a GIMP file", kConvert},
    {0, "%PDF", "a PDF", kConvert},
    {0, "qoif", "a QOI image", kConvert},
    {0, "\x76\x2f\x31\x01", "an OpenEXR image", kConvert},
    {0, "#?RADIANCE", "a Radiance HDR image", kConvert},
    {0, absl::string_view("\0\0\1\0", 4), "an icon", kConvert},
    {0, "\x8aMNG", "an MNG animation", kConvert},
    {0, "\x1a\x45\xdf\xa3", "a video", kFrames},
    {8, "AVI ", "a video", kFrames},
    {0, "PK\x03\x04", "a zip archive", kUnpack},
    {0, "\x1f\x8b", "a gzip archive", kUnpack},
    {0, "BZh", "a bzip2 archive", kUnpack},
    {0,
     absl::string_view("\xfd"
                       "7zXZ\0",
                       6),
     "an xz archive", kUnpack},
    {0, "\x28\xb5\x2f\xfd", "a Zstandard archive", kUnpack},
    {0, "7z\xbc\xaf\x27\x1c", "a 7-Zip archive", kUnpack},
    {0, "Rar!", "a RAR archive", kUnpack},
    {257, "ustar", "a tar archive", kUnpack},
    {0, "\x89HDF\r\n", "an HDF5 file", kExport},
    {0, "\x93NUMPY", "a NumPy file", kExport},
    {0, "PAR1", "a Parquet file", kExport},
    {16, "\xde\xc0\xef\xbe", "an LMDB database", kExport},
    {0, absl::string_view("\0\5\x16\7", 4), "a resource file of macOS", "delete it"},
    {0, "version https://git-lfs", "a placeholder of Git LFS", "fetch the file with \"git lfs pull\""},
};

// Pickles start with their protocol, and PyTorch's old files are pickles.
bool IsPickle(absl::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
}

bool IsPnm(absl::string_view bytes) {
  return bytes.size() > 2 && bytes[0] == 'P' && bytes[1] >= '1' && bytes[1] <= '7' && absl::ascii_isspace(bytes[2]);
}

std::string Describe(const char* name, const char* remedy) {
  return absl::StrCat(name, ", which is not read: ", remedy);
}

}  // namespace

std::string DescribeForeignFile(absl::string_view bytes) {
  bytes = bytes.substr(0, kExaminedBytes);
  for (const Format& format : kFormats) {
    if (bytes.size() > format.offset && absl::StartsWith(bytes.substr(format.offset), format.magic)) {
      return Describe(format.name, format.remedy);
    }
  }
  // Two letters do not suffice: a BMP has zeros in bytes 6 to 9.
  if (bytes.size() >= 10 && absl::StartsWith(bytes, "BM") && bytes.substr(6, 4) == absl::string_view("\0\0\0\0", 4)) {
    return Describe("a BMP image", kConvert);
  }
  if (IsPnm(bytes)) return Describe("a PNM image", kConvert);
  if (IsPickle(bytes)) return Describe("a Python pickle", kExport);
  const std::string text = absl::AsciiStrToLower(absl::StripLeadingAsciiWhitespace(bytes));
  if (absl::StrContains(text, "<svg")) return Describe("an SVG image", kConvert);
  if (absl::StartsWith(text, "<!doctype html") || absl::StartsWith(text, "<html")) {
    return Describe("a web page", kDownload);
  }
  return "";
}

absl::Status NotAnImage(absl::string_view bytes) {
  const std::string kind = DescribeForeignFile(bytes);
  return absl::InvalidArgumentError(absl::StrCat("file is ", kind.empty() ? "not a PNG, JPEG or WebP" : kind));
}

}  // namespace sg::gan
