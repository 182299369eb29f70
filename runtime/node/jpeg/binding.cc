// JPEG to RGB by libjpeg-turbo with the accurate integer DCT, into the caller's memory. Node-API alone, so that one build serves every
// Node. What it declines is no error: another decoder takes the picture.
#include <csetjmp>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include <node_api.h>

extern "C" {
#include <jpeglib.h>
}

#include "scans.h"

#ifndef LIBJPEG_TURBO_VERSION
#error libjpeg-turbo is needed: other libraries of this name decode to other pixels
#endif

namespace {

// The version of what JavaScript calls: native-decoder.ts expects it.
constexpr uint32_t kInterface = 3;

struct Errors {
  jpeg_error_mgr base;
  std::jmp_buf leave;
};

[[noreturn]] void Leave(j_common_ptr info) {
  std::longjmp(reinterpret_cast<Errors*>(info->err)->leave, 1);
}

// Warnings, too, end it: a decoder goes on with pixels that it makes up.
void LeaveOnWarning(j_common_ptr info, int level) {
  if (level < 0) Leave(info);
}

void Silent(j_common_ptr) {}

// 4:4:4, 4:2:2, 4:2:0, 4:4:0 and 4:1:1: those whose pixels are compared when the binding is opened.
bool HasKnownSampling(const jpeg_component_info* components) {
  for (int i = 1; i < 3; i++)
    if (components[i].h_samp_factor != 1 || components[i].v_samp_factor != 1) return false;
  const int across = components[0].h_samp_factor;
  const int down = components[0].v_samp_factor;
  return (across <= 2 && down <= 2) || (across == 4 && down == 1);
}

bool HasKnownColours(const jpeg_decompress_struct& picture) {
  if (picture.arith_code || picture.data_precision != 8) return false;
  return (picture.jpeg_color_space == JCS_YCbCr && picture.num_components == 3 && HasKnownSampling(picture.comp_info)) ||
         (picture.jpeg_color_space == JCS_GRAYSCALE && picture.num_components == 1);
}

// Of a progressive picture whose coefficients were not all sent to the last bit, decoders smooth blocks, each in its way.
bool IsSentWhole(const jpeg_decompress_struct& picture) {
  if (!picture.progressive_mode) return true;
  for (int component = 0; component < picture.num_components; component++)
    for (int i = 0; i < DCTSIZE2; i++)
      if (picture.coef_bits[component][i] != 0) return false;
  return true;
}

// False if it is left to another decoder, or is not of the size that the caller expects.
bool Decode(const uint8_t* bytes, size_t length, unsigned width, unsigned height, uint8_t* rgb) {
  jpeg_decompress_struct picture;
  Errors errors;
  picture.err = jpeg_std_error(&errors.base);
  errors.base.error_exit = Leave;
  errors.base.emit_message = LeaveOnWarning;
  errors.base.output_message = Silent;
  if (setjmp(errors.leave)) {
    jpeg_destroy_decompress(&picture);
    return false;
  }
  jpeg_create_decompress(&picture);
  jpeg_mem_src(&picture, const_cast<uint8_t*>(bytes), static_cast<unsigned long>(length));
  jpeg_read_header(&picture, TRUE);
  bool decoded = false;
  if (HasKnownColours(picture) && picture.image_width == width && picture.image_height == height) {
    picture.out_color_space = JCS_RGB;
    picture.dct_method = JDCT_ISLOW;
    picture.do_fancy_upsampling = TRUE;
    jpeg_start_decompress(&picture);
    if (IsSentWhole(picture)) {
      const size_t stride = static_cast<size_t>(width) * 3;
      JSAMPROW rows[16];
      while (picture.output_scanline < height) {
        const unsigned left = height - picture.output_scanline;
        const unsigned count = left < 16 ? left : 16;
        for (unsigned i = 0; i < count; i++) rows[i] = rgb + (picture.output_scanline + i) * stride;
        jpeg_read_scanlines(&picture, rows, count);
      }
      decoded = true;
    }
  }
  jpeg_destroy_decompress(&picture);
  return decoded;
}

bool BytesOf(napi_env env, napi_value value, uint8_t** data, size_t* length) {
  napi_typedarray_type type;
  bool is_typed_array = false;
  if (napi_is_typedarray(env, value, &is_typed_array) != napi_ok || !is_typed_array) return false;
  void* start = nullptr;
  if (napi_get_typedarray_info(env, value, &type, length, &start, nullptr, nullptr) != napi_ok) return false;
  *data = static_cast<uint8_t*>(start);
  return type == napi_uint8_array;
}

// decode(jpeg: Uint8Array, width: number, height: number, rgb: Uint8Array): boolean
napi_value DecodeJpeg(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value arguments[4];
  uint8_t* jpeg = nullptr;
  uint8_t* rgb = nullptr;
  size_t jpeg_length = 0;
  size_t rgb_length = 0;
  uint32_t width = 0;
  uint32_t height = 0;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok || count != 4 ||
      !BytesOf(env, arguments[0], &jpeg, &jpeg_length) || napi_get_value_uint32(env, arguments[1], &width) != napi_ok ||
      napi_get_value_uint32(env, arguments[2], &height) != napi_ok || !BytesOf(env, arguments[3], &rgb, &rgb_length)) {
    napi_throw_type_error(env, nullptr, "expected decode(jpeg: Uint8Array, width, height, rgb: Uint8Array)");
    return nullptr;
  }
  if (width == 0 || height == 0 || rgb_length != static_cast<size_t>(width) * height * 3) {
    napi_throw_range_error(env, nullptr, "rgb must have 3 bytes for each of width x height pixels");
    return nullptr;
  }
  napi_value answer;
  napi_get_boolean(env, Decode(jpeg, jpeg_length, width, height, rgb), &answer);
  return answer;
}

// isWhole(jpeg: Uint8Array): boolean
napi_value IsWhole(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  uint8_t* jpeg = nullptr;
  size_t length = 0;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok || count != 1 || !BytesOf(env, argument, &jpeg, &length)) {
    napi_throw_type_error(env, nullptr, "expected isWhole(jpeg: Uint8Array)");
    return nullptr;
  }
  napi_value answer;
  napi_get_boolean(env, AreScansWhole(jpeg, length), &answer);
  return answer;
}

#define TEXT_OF(value) #value
#define TEXT(value) TEXT_OF(value)

napi_value Initialise(napi_env env, napi_value exports) {
  napi_value decode, is_whole, version, library;
  napi_create_function(env, "decode", NAPI_AUTO_LENGTH, DecodeJpeg, nullptr, &decode);
  napi_create_function(env, "isWhole", NAPI_AUTO_LENGTH, IsWhole, nullptr, &is_whole);
  napi_create_uint32(env, kInterface, &version);
  napi_create_string_utf8(env, "libjpeg-turbo " TEXT(LIBJPEG_TURBO_VERSION), NAPI_AUTO_LENGTH, &library);
  napi_set_named_property(env, exports, "decode", decode);
  napi_set_named_property(env, exports, "isWhole", is_whole);
  napi_set_named_property(env, exports, "interface", version);
  napi_set_named_property(env, exports, "library", library);
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Initialise)
