#include "base/digest.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <vector>

namespace actsparse {

struct Digest::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();
  ~Context() { EVP_MD_CTX_free(evp); }
};

Digest::Digest() : context_(std::make_unique<Context>()) {
  if (EVP_DigestInit_ex(context_->evp, EVP_sha256(), nullptr) != 1)
    throw Error(ErrorKind::Internal, "OpenSSL offers no SHA-256");
}

Digest::~Digest() = default;

void Digest::update(const void* bytes, size_t count) {
  EVP_DigestUpdate(context_->evp, bytes, count);
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int count = 0;
  EVP_DigestFinal_ex(context_->evp, bytes.data(), &count);
  static const char* digits = "0123456789abcdef";
  std::string text;
  for (unsigned int i = 0; i < count; ++i) {
    text += digits[bytes.at(i) >> 4];
    text += digits[bytes.at(i) & 15];
  }
  return text;
}

std::string digest_of(const std::string& bytes) {
  Digest digest;
  digest.update(bytes.data(), bytes.size());
  return digest.hex();
}

std::string digest_of_file(const std::filesystem::path& path, ErrorKind kind) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(kind, path.string() + ": cannot be read: " + std::strerror(errno));
  Digest digest;
  std::vector<char> block(1 << 20);
  while (file.read(block.data(), static_cast<std::streamsize>(block.size())) || file.gcount() > 0)
    digest.update(block.data(), static_cast<size_t>(file.gcount()));
  if (file.bad()) throw Error(kind, path.string() + ": reading failed: " + std::strerror(errno));
  return digest.hex();
}

}  // namespace actsparse
