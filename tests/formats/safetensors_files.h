#pragma once

#include "hourglass/formats/safetensors.h"
#include "hourglass/tests/formats/complaint.h"

#include <ATen/ATen.h>

#include <string>
#include <string_view>

// Bytes of safetensors files, good and bad ones.

namespace hourglass::formats {

/// A file of this header, whose length is put before it, and these values.
inline std::string file_of(const std::string& header, const std::string& values) {
  std::string bytes(8, '\0');
  for (size_t i = 0; i < 8; ++i) bytes[i] = static_cast<char>(header.size() >> (8 * i) & 0xff);
  return bytes + header + values;
}

inline std::string safetensors_error(const std::string& bytes) {
  return hourglass::testing::complaint_of([&] { parse_safetensors(bytes, "a.safetensors"); });
}

/// The error that a file of this header and `values` bytes of zeros gives.
inline std::string header_error(const std::string& header, size_t values = 8) {
  return safetensors_error(file_of(header, std::string(values, '\0')));
}

/// The header of tensor "a", [2] float32 unless a part says otherwise, in 8 bytes of values.
inline std::string entry(const std::string& dtype = R"("F32")", const std::string& shape = "[2]",
                         const std::string& offsets = "[0,8]") {
  return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets +
         "}}";
}

inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor left = a.cpu().contiguous(), right = b.cpu().contiguous();
  return left.scalar_type() == right.scalar_type() && left.sizes() == right.sizes() &&
         std::string_view(static_cast<const char*>(left.const_data_ptr()), left.nbytes()) ==
             std::string_view(static_cast<const char*>(right.const_data_ptr()), right.nbytes());
}

inline TensorFile small_file() {
  return {.tensors = {{"weight", at::tensor({1.5F, -2.0F}).view({1, 2})},
                      {"steps", at::full({}, 7, at::kLong)},
                      {"flags", at::tensor({1, 0, 1}).to(at::kBool)}},
          .metadata = {{"epoch", "12"}}};
}

/// What Python wrote: safetensors 0.8.0 with NumPy 2.4,
///   save({"weight": array([[1.5, -2.0]], float32), "count": array(7, int64),
///         "flags": array([True, False, True]), "half": array([1.0], float16),
///         "none": zeros((0, 3), float64), "bytes": array([255], uint8),
///         "i32": array([-1], int32), "i16": array([-2], int16), "i8": array([-3], int8)},
///        metadata={"made_by": 'a "test"\n'})
inline std::string saved_by_python() {
  return std::string("8\x02\0\0\0\0\0\0", 8) +
         R"({"__metadata__":{"made_by":"a \"test\"\n"},)"
         R"("count":{"dtype":"I64","shape":[],"data_offsets":[0,8]},)"
         R"("none":{"dtype":"F64","shape":[0,3],"data_offsets":[8,8]},)"
         R"("weight":{"dtype":"F32","shape":[1,2],"data_offsets":[8,16]},)"
         R"("i32":{"dtype":"I32","shape":[1],"data_offsets":[16,20]},)"
         R"("half":{"dtype":"F16","shape":[1],"data_offsets":[20,22]},)"
         R"("i16":{"dtype":"I16","shape":[1],"data_offsets":[22,24]},)"
         R"("i8":{"dtype":"I8","shape":[1],"data_offsets":[24,25]},)"
         R"("bytes":{"dtype":"U8","shape":[1],"data_offsets":[25,26]},)"
         R"("flags":{"dtype":"BOOL","shape":[3],"data_offsets":[26,29]}}     )" +
         std::string(
             "\x07\0\0\0\0\0\0\0\0\0\xc0\x3f\0\0\0\xc0\xff\xff\xff\xff"
             "\0\x3c\xfe\xff\xfd\xff\x01\0\x01",
             29);
}

inline TensorFile as_saved_by_python() {
  return {.tensors = {{"weight", at::tensor({1.5F, -2.0F}).view({1, 2})},
                      {"count", at::full({}, 7, at::kLong)},
                      {"flags", at::tensor({1, 0, 1}).to(at::kBool)},
                      {"half", at::ones({1}, at::kHalf)},
                      {"none", at::empty({0, 3}, at::kDouble)},
                      {"bytes", at::full({1}, 255, at::kByte)},
                      {"i32", at::full({1}, -1, at::kInt)},
                      {"i16", at::full({1}, -2, at::kShort)},
                      {"i8", at::full({1}, -3, at::kChar)}},
          .metadata = {{"made_by", "a \"test\"\n"}}};
}

}  // namespace hourglass::formats
