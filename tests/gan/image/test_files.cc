#include "tests/gan/image/test_files.h"

// jpeglib.h uses FILE and size_t without including them.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on

#include <png.h>
#include <stdlib.h>
#include <zip.h>

#include <filesystem>
#include <fstream>

#include "engine/base/check.h"
#include "gtest/gtest.h"

namespace sg::gan {
namespace {

std::string BigEndian(uint32_t value, int width) {
  std::string out;
  for (int i = width - 1; i >= 0; --i) out.push_back(static_cast<char>(value >> (8 * i)));
  return out;
}

uint32_t Crc32(absl::string_view bytes) {
  uint32_t crc = ~0u;
  for (char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320u : 0);
  }
  return ~crc;
}

void AppendPng(png_structp png, png_bytep bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}

void FlushPng(png_structp) {}

void SetTransparency(png_structp png, png_infop info, const PngSpec& spec) {
  if (!spec.palette_alpha.empty()) {
    png_set_tRNS(png, info, spec.palette_alpha.data(), static_cast<int>(spec.palette_alpha.size()), nullptr);
  }
  if (spec.transparent.empty()) return;
  png_color_16 color = {};
  color.gray = color.red = spec.transparent[0];
  if (spec.transparent.size() == 3) {
    color.green = spec.transparent[1];
    color.blue = spec.transparent[2];
  }
  png_set_tRNS(png, info, nullptr, 0, &color);
}

void WriteApp1(jpeg_compress_struct* jpeg, const std::string& marker) {
  jpeg_write_marker(jpeg, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                    static_cast<unsigned>(marker.size()));
}

}  // namespace

Image Gradient(int width, int height) {
  Image image{width, height, 3, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<uint8_t>(40 + 150 * x / width));
      image.pixels.push_back(static_cast<uint8_t>(40 + 150 * y / height));
      image.pixels.push_back(static_cast<uint8_t>(200 - 60 * x / width - 60 * y / height));
    }
  }
  return image;
}

Image Solid(int width, int height, uint8_t r, uint8_t g, uint8_t b) {
  Image image{width, height, 3, {}};
  for (int i = 0; i < width * height; ++i) image.pixels.insert(image.pixels.end(), {r, g, b});
  return image;
}

std::string MakePng(const PngSpec& spec) {
  std::string bytes;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, AppendPng, FlushPng);
  png_set_IHDR(png, info, spec.width, spec.height, spec.bit_depth, spec.color_type,
               spec.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  if (!spec.palette.empty()) {
    png_set_PLTE(png, info, reinterpret_cast<const png_color*>(spec.palette.data()),
                 static_cast<int>(spec.palette.size() / 3));
  }
  SetTransparency(png, info, spec);
  if (!spec.zeros_text.empty()) {
    char key[] = "Comment";
    png_text text = {};
    text.compression = PNG_TEXT_COMPRESSION_zTXt;
    text.key = key;
    text.text = const_cast<char*>(spec.zeros_text.c_str());
    png_set_text(png, info, &text, 1);
  }
  png_write_info(png, info);
  const int passes = png_set_interlace_handling(png);
  const size_t row_bytes = png_get_rowbytes(png, info);
  SG_CHECK(spec.rows.size() == row_bytes * spec.height) << "[MakePng] " << spec.rows.size() << " bytes";
  for (int pass = 0; pass < passes; ++pass) {
    for (int y = 0; y < spec.height; ++y) png_write_row(png, &spec.rows[y * row_bytes]);
  }
  png_write_end(png, nullptr);
  png_destroy_write_struct(&png, &info);
  return bytes;
}

std::string PngChunk(absl::string_view type, absl::string_view data) {
  const std::string body = std::string(type) + std::string(data);
  return BigEndian(static_cast<uint32_t>(data.size()), 4) + body + BigEndian(Crc32(body), 4);
}

std::string InsertAfterIhdr(absl::string_view png, absl::string_view chunk) {
  constexpr size_t kIhdrEnd = 8 + 12 + 13;
  return std::string(png.substr(0, kIhdrEnd)) + std::string(chunk) + std::string(png.substr(kIhdrEnd));
}

std::string FindPngChunk(absl::string_view png, absl::string_view type) {
  const size_t at = png.find(type);
  SG_CHECK(at != absl::string_view::npos) << "[FindPngChunk] no " << std::string(type);
  uint32_t length = 0;
  for (int i = -4; i < 0; ++i) length = length << 8 | static_cast<uint8_t>(png[at + i]);
  return std::string(png.substr(at + 4, length));
}

std::string MakeJpeg(const JpegSpec& spec) {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = spec.width;
  jpeg.image_height = spec.height;
  const bool four = spec.color == JpegColor::kCmyk || spec.color == JpegColor::kYcck;
  const int channels = spec.color == JpegColor::kGray ? 1 : four ? 4 : 3;
  jpeg.input_components = channels;
  jpeg.in_color_space = channels == 1 ? JCS_GRAYSCALE : four ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(&jpeg);
  jpeg_set_quality(&jpeg, 95, TRUE);
  if (spec.color == JpegColor::kRgb) jpeg_set_colorspace(&jpeg, JCS_RGB);
  if (spec.color == JpegColor::kYcck) jpeg_set_colorspace(&jpeg, JCS_YCCK);
  if (spec.progressive) jpeg_simple_progression(&jpeg);
  const jpeg_scan_info scans[] = {{1, {0}, 0, 63, 0, 0}, {1, {1}, 0, 63, 0, 0}, {1, {2}, 0, 63, 0, 0}};
  if (spec.separate_scans) {
    jpeg.scan_info = scans;
    jpeg.num_scans = 3;
  }
  jpeg.arith_code = spec.arithmetic ? TRUE : FALSE;
  jpeg_start_compress(&jpeg, TRUE);
  if (!spec.xmp.empty()) {
    WriteApp1(&jpeg, std::string("http://ns.adobe.com/xap/1.0/") + std::string(1, '\0') + spec.xmp);
  }
  if (!spec.exif.empty()) WriteApp1(&jpeg, std::string("Exif\0\0", 6) + spec.exif);
  while (jpeg.next_scanline < jpeg.image_height) {
    auto* row = const_cast<JSAMPLE*>(&spec.pixels[static_cast<size_t>(jpeg.next_scanline) * spec.width * channels]);
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string bytes(reinterpret_cast<char*>(out), size);
  free(out);
  return bytes;
}

std::string MakeJpeg(const Image& rgb) {
  JpegSpec spec;
  spec.width = rgb.width;
  spec.height = rgb.height;
  spec.pixels = rgb.pixels;
  return MakeJpeg(spec);
}

std::string MakeManyScanJpeg(int scans) {
  jpeg_compress_struct jpeg;
  jpeg_error_mgr errors;
  jpeg.err = jpeg_std_error(&errors);
  jpeg_create_compress(&jpeg);
  unsigned char* out = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&jpeg, &out, &size);
  jpeg.image_width = 16;
  jpeg.image_height = 16;
  jpeg.input_components = 1;
  jpeg.in_color_space = JCS_GRAYSCALE;
  jpeg_set_defaults(&jpeg);
  const jpeg_scan_info script[] = {{1, {0}, 0, 0, 0, 0}, {1, {0}, 1, 63, 0, 0}};
  jpeg.scan_info = script;
  jpeg.num_scans = 2;
  jpeg_start_compress(&jpeg, TRUE);
  std::vector<JSAMPLE> pixels(16, 90);
  while (jpeg.next_scanline < jpeg.image_height) {
    JSAMPROW row = pixels.data();
    jpeg_write_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_compress(&jpeg);
  jpeg_destroy_compress(&jpeg);
  std::string bytes(reinterpret_cast<char*>(out), size);
  free(out);

  const size_t scan = bytes.find("\xff\xda");
  size_t end = scan + 2;
  while (bytes[end] != '\xff' || bytes[end + 1] == '\0') ++end;
  const std::string dc_scan = bytes.substr(scan, end - scan);
  std::string repeated;
  for (int i = 1; i < scans; ++i) repeated += dc_scan;
  return bytes.insert(scan, repeated);
}

std::string OrientationTiff(int orientation, bool big_endian) {
  const auto number = [&](uint32_t value, int width) {
    std::string bytes = BigEndian(value, width);
    return big_endian ? bytes : std::string(bytes.rbegin(), bytes.rend());
  };
  return (big_endian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) + number(3, 2) +
         number(1, 4) + number(orientation, 2) + number(0, 2) + number(0, 4);
}

void WriteZip(const std::string& path, const std::vector<ZipItem>& items) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  SG_CHECK(archive != nullptr) << "[WriteZip] " << path;
  for (const ZipItem& item : items) {
    zip_source_t* source = zip_source_buffer(archive, item.bytes.data(), item.bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, item.name.c_str(), source, 0);
    SG_CHECK(index >= 0) << "[WriteZip] " << item.name;
    zip_set_file_compression(archive, index, item.deflate ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
    if (item.encrypt) {
      SG_CHECK(zip_file_set_encryption(archive, index, ZIP_EM_AES_128, "secret") == 0) << "[WriteZip] no encryption";
    }
  }
  SG_CHECK(zip_close(archive) == 0) << "[WriteZip] " << path;
}

TempFolder::TempFolder() : path_(testing::TempDir() + "/gan_data.XXXXXX") {
  SG_CHECK(mkdtemp(path_.data()) != nullptr) << "[TempFolder] " << path_;
}

TempFolder::~TempFolder() { std::filesystem::remove_all(path_); }

std::string TempFolder::Write(const std::string& name, absl::string_view bytes) const {
  const std::string path = path_ + "/" + name;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary).write(bytes.data(), bytes.size());
  return path;
}

}  // namespace sg::gan
