#include "engine/data/pack/checksum.hpp"

#include <openssl/evp.h>

#include <array>
#include <memory>

#include "engine/base/error.hpp"
#include "engine/base/files.hpp"

namespace spillway {

namespace {
std::string hexadecimal(const std::array<unsigned char, EVP_MAX_MD_SIZE>& digest, unsigned int length) {
  constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (unsigned int k = 0; k < length; ++k) {
    text += digits[digest[k] >> 4];
    text += digits[digest[k] & 15];
  }
  return text;
}

void require(bool done) {
  if (!done)
    throw StoreError(
        "libcrypto could not compute a SHA-256 checksum (is its provider disabled on this machine?)");
}
}  // namespace

Sha256::Sha256()
    : state_(EVP_MD_CTX_new(), [](void* state) { EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(state)); }) {
  require(state_ && EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(state_.get()), EVP_sha256(), nullptr) == 1);
}

void Sha256::add(const void* data, std::size_t bytes) {
  require(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(state_.get()), data, bytes) == 1);
}

std::string Sha256::text() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  require(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(state_.get()), digest.data(), &length) == 1);
  return hexadecimal(digest, length);
}

std::string sha256(std::string_view bytes) {
  Sha256 sum;
  sum.add(bytes.data(), bytes.size());
  return sum.text();
}

std::string sha256_of_file(const std::filesystem::path& file) {
  Sha256 sum;
  read_pieces(file, "data file", [&](std::string_view bytes) { sum.add(bytes.data(), bytes.size()); });
  return sum.text();
}

}  // namespace spillway
