#include "support/npy_writer.h"

#include <torch/csrc/jit/serialization/pickle.h>
#include <zip.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <stdexcept>

#include "support/files.h"

namespace actsparse {
namespace {

std::string shape_text(const at::Tensor& tensor) {
  std::string text = "(";
  for (const int64_t size : tensor.sizes()) text += std::to_string(size) + ", ";
  return text + ")";
}

std::string code_of(at::ScalarType dtype) {
  static const std::map<at::ScalarType, std::string> codes = {
      {at::kBool, "b1"},         {at::kByte, "u1"},          {at::kChar, "i1"},
      {at::kShort, "i2"},        {at::kInt, "i4"},           {at::kLong, "i8"},
      {at::kHalf, "f2"},         {at::kFloat, "f4"},         {at::kDouble, "f8"},
      {at::kComplexFloat, "c8"}, {at::kComplexDouble, "c16"}};
  return codes.at(dtype);
}

}  // namespace

std::string npy_header_bytes(const std::string& dict, int major) {
  const size_t width = major == 1 ? 2 : 4;
  std::string text = dict;
  while ((8 + width + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string bytes = std::string("\x93NUMPY") + static_cast<char>(major) + '\0';
  for (size_t i = 0; i < width; ++i) bytes += static_cast<char>(text.size() >> (8 * i) & 255);
  return bytes + text;
}

std::string npy_bytes(const at::Tensor& tensor, NpyStyle style) {
  const bool single = tensor.element_size() == 1;
  const std::string order = single ? "|" : style.big_endian ? ">" : "<";
  const std::string dict = "{'descr': '" + order + code_of(tensor.scalar_type()) +
                           "', 'fortran_order': " + (style.fortran_order ? "True" : "False") +
                           ", 'shape': " + shape_text(tensor) + ", }";
  std::vector<int64_t> reversed(static_cast<size_t>(tensor.dim()));
  std::iota(reversed.rbegin(), reversed.rend(), int64_t{0});
  const at::Tensor laid_out =
      style.fortran_order ? tensor.permute(reversed).contiguous() : tensor.contiguous();
  std::string data(static_cast<const char*>(laid_out.data_ptr()), laid_out.nbytes());
  const size_t unit = tensor.is_complex() ? tensor.element_size() / 2 : tensor.element_size();
  for (size_t i = 0; style.big_endian && i < data.size(); i += unit)
    std::reverse(data.begin() + static_cast<std::ptrdiff_t>(i),
                 data.begin() + static_cast<std::ptrdiff_t>(i + unit));
  return npy_header_bytes(dict, style.major) + data;
}

void write_zip(const std::filesystem::path& path, const ZipContents& contents, bool deflated) {
  zip_t* archive = zip_open(path.c_str(), ZIP_CREATE | ZIP_TRUNCATE, nullptr);
  for (const auto& [name, bytes] : contents) {
    zip_source_t* source = zip_source_buffer(archive, bytes.data(), bytes.size(), 0);
    const zip_int64_t index = zip_file_add(archive, name.c_str(), source, 0);
    zip_set_file_compression(archive, static_cast<zip_uint64_t>(index),
                             deflated ? ZIP_CM_DEFLATE : ZIP_CM_STORE, 0);
  }
  if (zip_close(archive) != 0) throw std::runtime_error("cannot write " + path.string());
}

void write_pt(const std::filesystem::path& path, const c10::IValue& value) {
  const auto bytes = torch::jit::pickle_save(value);
  write_file(path, {bytes.begin(), bytes.end()});
}

}  // namespace actsparse
