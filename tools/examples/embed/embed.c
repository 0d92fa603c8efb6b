/* A picture of a trained network, from a program in C: embed NETWORK PICTURE.ppm [SEED]
 *
 * Unpack the archive of //gan/c_api:package, let PKG_CONFIG_PATH name its folder lib/pkgconfig, and build this by
 *
 *   cc -std=c99 embed.c -o embed $(pkg-config --cflags --libs stylegan2) $(pkg-config --variable=rpath stylegan2)
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "stylegan2.h"

static int fail(const char* what, sg2_error* error) {
  fprintf(stderr, "embed: %s: %s\n", what, sg2_error_message(error));
  sg2_error_free(error);
  return 1;
}

/* A PPM file has three channels, whatever the network has: gray is repeated, and alpha is left out. */
static int write_ppm(const char* path, const uint8_t* pixels, const sg2_info* info) {
  FILE* const file = fopen(path, "wb");
  if (file == NULL) return 0;
  fprintf(file, "P6\n%" PRId64 " %" PRId64 "\n255\n", info->width, info->height);
  for (int64_t i = 0; i < info->height * info->width; ++i) {
    const uint8_t* const pixel = pixels + i * info->channels;
    for (int64_t c = 0; c < 3; ++c) fputc(pixel[info->channels >= 3 ? c : 0], file);
  }
  const int written = !ferror(file);
  return fclose(file) == 0 && written;
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    fprintf(stderr, "usage: embed NETWORK PICTURE.ppm [SEED]\n");
    return 2;
  }
  if (sg2_abi_version() != SG2_ABI_VERSION) {
    fprintf(stderr, "embed: compiled for another version of libstylegan2\n");
    return 1;
  }
  sg2_error* error = NULL;
  sg2_model* model = NULL;
  if (sg2_load(argv[1], NULL, &model, &error) != SG2_OK) return fail(argv[1], error);

  sg2_info info = {sizeof(info), 0, 0, 0, 0, 0, 0, 0};
  if (sg2_get_info(model, &info, &error) != SG2_OK) return fail("info", error);
  printf("libstylegan2 %s: %" PRId64 "x%" PRId64 " pixels of %" PRId64 " channels, z %" PRId64 ", w %" PRId64
         " x %" PRId64 ", %" PRId64 " classes\n",
         sg2_version(), info.width, info.height, info.channels, info.z_dim, info.num_ws, info.w_dim, info.num_classes);
  if (*sg2_notes(model) != '\0') printf("%s\n", sg2_notes(model));

  const uint32_t seed = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 85;
  sg2_map_options options = SG2_MAP_OPTIONS_INIT;
  options.psi = 0.7;
  if (info.num_classes > 0) options.class_index = 0;
  const size_t bytes = (size_t)(info.height * info.width * info.channels);
  uint8_t* const pixels = malloc(bytes);
  if (pixels == NULL) {
    fprintf(stderr, "embed: out of memory\n");
    return 1;
  }
  if (sg2_generate(model, &seed, 1, &options, NULL, SG2_U8, pixels, bytes, &error) != SG2_OK) {
    return fail("generate", error);
  }
  const int written = write_ppm(argv[2], pixels, &info);
  if (!written) perror(argv[2]);
  free(pixels);
  sg2_free(model);
  return written ? 0 : 1;
}
