#include "fuzz/check.h"

#include <algorithm>
#include <numeric>

#include "support/files.h"

namespace actsparse {

void check_blames_input(const Error& error) {
  check(error.kind() != ErrorKind::Internal, std::string("internal error: ") + error.what());
  const std::string message = error.what();
  const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
  check(!message.empty() && std::none_of(message.begin(), message.end(), is_control),
        "not one line of text: " + message);
}

void touch(const at::Tensor& tensor) {
  constexpr size_t most_bytes = size_t{1} << 24;
  if (tensor.numel() == 0 || tensor.nbytes() > most_bytes) return;
  const at::Tensor whole = tensor.contiguous();
  const auto* bytes = static_cast<const unsigned char*>(whole.data_ptr());
  volatile unsigned sum = std::accumulate(bytes, bytes + whole.nbytes(), 0U);
  static_cast<void>(sum);
}

void write_archive(const std::filesystem::path& path, const std::string& bytes,
                   const std::string& member, ZipContents others) {
  if (bytes.compare(0, 2, "PK") == 0) return write_file(path, bytes);
  others.emplace_back(member, bytes);
  write_zip(path, others);
}

void write_torch_archive(const std::filesystem::path& path, const std::string& bytes) {
  ZipContents others = {{"x/version", "3\n"}};
  for (char key = '0'; key < '4'; ++key)
    others.emplace_back(std::string("x/data/") + key, std::string(1024, '\0'));
  write_archive(path, bytes, "x/data.pkl", others);
}

}  // namespace actsparse
