/* libstylegan2: pictures of a trained StyleGAN2 generator, for programs in C and in every language that can call C.
 *
 *   sg2_error* error = NULL;
 *   sg2_model* model = NULL;
 *   if (sg2_load("network-snapshot-000080.safetensors", NULL, &model, &error) != SG2_OK) {
 *     fprintf(stderr, "%s\n", sg2_error_message(error));
 *     sg2_error_free(error);
 *     return 1;
 *   }
 *   sg2_info info = {sizeof(info)};
 *   sg2_get_info(model, &info, NULL);
 *   const size_t bytes = (size_t)(info.height * info.width * info.channels);
 *   uint8_t* pixels = malloc(bytes);
 *   const uint32_t seed = 85;
 *   sg2_generate(model, &seed, 1, NULL, NULL, SG2_U8, pixels, bytes, NULL);
 *   sg2_free(model);
 *
 * Shapes. N is the number of pictures. All arrays are dense, the last dimension is contiguous, and none may overlap
 * another:
 *
 *   z       [N, z_dim]                      f32, standard normal
 *   w       [N, num_ws, w_dim]              f32, an entry for each layer or block of the network
 *   pixels  [N, height, width, channels]    channels are R, G, B; gray; gray, alpha; or R, G, B, alpha
 *
 * The length of every array is given as well, in elements (pixels: in bytes), and a length that does not fit is an
 * error.
 *
 * Errors. A function that can fail returns a code and, where `error` is not NULL, stores a text there that the caller
 * frees with sg2_error_free. On success it stores NULL. Outputs are undefined after an error. No argument of the right
 * type ends the process or throws, except a pointer to memory that is not what it should be. When memory runs out for
 * the tensors of a network or of a picture, that is SG2_OUT_OF_MEMORY, and the model stays usable. Two things still end
 * the process, after a message: a GPU whose driver or libraries fail, and a system that has no memory for a few bytes.
 *
 * Files are treated as hostile: none is run, and none makes the library read or write beyond its memory.
 *
 * Threads. Every function may be called from any thread, and one model may serve several threads at once. Pictures do
 * not depend on it. Nothing waits for anything else, with two exceptions: short locks inside the memory pool and the
 * caches, and sg2_set_threads, which waits for the calls in progress while new calls wait for it. sg2_free may only be
 * called when all other calls with that model have returned. Every thread that calls has its own team of compute
 * threads, so with k calling threads, sg2_set_threads(cores / k) avoids contention. After fork(), a child must not call
 * the library if the parent has computed with it: OpenMP does not survive a fork.
 *
 * Versions. Within one SG2_ABI_VERSION, functions and constants are only added, and structs only grow at their end.
 * Each struct begins with its size, set by the macro or expression shown beside it, by which the library knows which
 * fields the program has. A program runs with the version that it was compiled for and every later one of the same
 * ABI version; an earlier library answers SG2_INVALID_ARGUMENT to a struct that it does not know yet.
 */
#ifndef GAN_C_API_STYLEGAN2_H_
#define GAN_C_API_STYLEGAN2_H_

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SG2_ABI_VERSION 1

/* The SG2_ABI_VERSION of the library that is loaded, which must be that of this header. */
int32_t sg2_abi_version(void);
/* The release, such as "0.1.0". */
const char* sg2_version(void);

typedef int32_t sg2_code;
enum {
  SG2_OK = 0,
  SG2_INVALID_ARGUMENT = 1, /* the call is wrong; the text says which argument and what is allowed */
  SG2_CANNOT_READ = 2,      /* there is no such file, or the system does not let us read it */
  SG2_BAD_FILE = 3,         /* damaged, or no network */
  SG2_UNSUPPORTED = 4,      /* a network of a kind that this library cannot represent; the text says what is missing */
  SG2_UNAVAILABLE = 5,      /* there is no such device here */
  SG2_OUT_OF_MEMORY = 6,
  SG2_INTERNAL = 7 /* a mistake of the library */
};

typedef struct sg2_error sg2_error;
/* Both take NULL: SG2_OK and "". The text is UTF-8 without control characters, and lives as long as the error. */
sg2_code sg2_error_code(const sg2_error* error);
const char* sg2_error_message(const sg2_error* error);
void sg2_error_free(sg2_error* error); /* NULL is fine */

/* Threads that compute on the CPU, for every model of the process: from 1 to 1024, or 0 for as many as OMP_NUM_THREADS
 * says, or else as there are usable cores. That is also the default. Results repeat bit for bit for a fixed number. */
sg2_code sg2_set_threads(int64_t threads, sg2_error** error);

typedef struct sg2_model sg2_model;

typedef struct sg2_load_options {
  size_t struct_size;
  const char* device; /* NULL or "auto": a GPU if there is one, else the CPU; "cpu", "cuda" or "cuda:N" */
} sg2_load_options;
#define SG2_LOAD_OPTIONS_INIT \
  { sizeof(sg2_load_options), NULL }

/* Loads the averaged generator of a file or folder: a checkpoint of stylegan2.cpp, the folder of a run (its newest
 * checkpoint), a shared model, NVIDIA's .pkl, or rosinality's .pt; the README lists them. `options` may be NULL.
 * On success, *model must be freed with sg2_free; on an error it is NULL. */
sg2_code sg2_load(const char* path, const sg2_load_options* options, sg2_model** model, sg2_error** error);
void sg2_free(sg2_model* model); /* NULL is fine */

typedef struct sg2_info {
  size_t struct_size; /* sizeof(sg2_info), set by the caller */
  int64_t height;     /* pixels */
  int64_t width;
  int64_t channels;    /* 1 to 4 */
  int64_t z_dim;       /* elements of z */
  int64_t w_dim;       /* elements of an entry of w */
  int64_t num_ws;      /* entries of w */
  int64_t num_classes; /* of a network that was trained with labels; else 0 */
} sg2_info;

sg2_code sg2_get_info(const sg2_model* model, sg2_info* info, sg2_error** error);
/* Sentences about the file, one per line: what was assumed or left out. "" if there are none, or for NULL. Lives as
 * long as the model. */
const char* sg2_notes(const sg2_model* model);

typedef struct sg2_map_options {
  size_t struct_size;
  double psi;          /* truncation: w_avg + psi * (w - w_avg); 1 leaves w, 0 gives the average picture */
  int64_t cutoff;      /* truncates only the first so many entries of w, up to num_ws; 0: all */
  int64_t class_index; /* from 0 to num_classes - 1; -1 for a network without classes */
} sg2_map_options;
#define SG2_MAP_OPTIONS_INIT \
  { sizeof(sg2_map_options), 1.0, 0, -1 }

/* z -> w. n >= 1; z_size is n * z_dim, w_size is n * num_ws * w_dim. `options` may be NULL: the values of
 * SG2_MAP_OPTIONS_INIT. */
sg2_code sg2_map(const sg2_model* model, const float* z, size_t z_size, int64_t n, const sg2_map_options* options,
                 float* w, size_t w_size, sg2_error** error);
/* The same for the latents of seeds: z of a seed is numpy.random.RandomState(seed).randn(1, z_dim). */
sg2_code sg2_map_seeds(const sg2_model* model, const uint32_t* seeds, int64_t n, const sg2_map_options* options,
                       float* w, size_t w_size, sg2_error** error);

enum {
  SG2_NOISE_CONST = 0, /* the same noise in every picture: the network's own if it has some, else that of the seed */
  SG2_NOISE_RANDOM =
      1, /* other noise in every picture; a function of the seed and of the picture's place in the call */
  SG2_NOISE_NONE = 2
};
typedef struct sg2_noise_options {
  size_t struct_size;
  int64_t mode; /* SG2_NOISE_... */
  uint64_t seed;
} sg2_noise_options;
#define SG2_NOISE_OPTIONS_INIT \
  { sizeof(sg2_noise_options), SG2_NOISE_CONST, 0 }

enum {
  SG2_U8 = 0, /* uint8_t: what the PNG files of `generate` hold */
  SG2_F32 = 1 /* float: nominally 0 to 1, neither rounded nor limited */
};

/* w -> pixels. n >= 1; w_size is n * num_ws * w_dim; pixels_bytes is n * height * width * channels, times 4 for
 * SG2_F32. `noise` may be NULL: the values of SG2_NOISE_OPTIONS_INIT. Computes at most 16 pictures at a time, which
 * bounds the memory. */
sg2_code sg2_synthesize(const sg2_model* model, const float* w, size_t w_size, int64_t n,
                        const sg2_noise_options* noise, int32_t pixel_type, void* pixels, size_t pixels_bytes,
                        sg2_error** error);

/* Seeds -> pixels: sg2_map_seeds and sg2_synthesize in one call, whose memory for w does not grow with n. The bytes are
 * those of `generate --seeds=...` on the same machine with the same number of threads. */
sg2_code sg2_generate(const sg2_model* model, const uint32_t* seeds, int64_t n, const sg2_map_options* options,
                      const sg2_noise_options* noise, int32_t pixel_type, void* pixels, size_t pixels_bytes,
                      sg2_error** error);

#ifdef __cplusplus
}
#endif

#endif /* GAN_C_API_STYLEGAN2_H_ */
