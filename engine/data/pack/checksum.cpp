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

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  require(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) == 1);
  return hexadecimal(digest, length);
}

std::string sha256_of_file(const std::filesystem::path& file) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> state(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  require(state && EVP_DigestInit_ex(state.get(), EVP_sha256(), nullptr) == 1);
  read_pieces(file, "data file", [&](std::string_view bytes) {
    require(EVP_DigestUpdate(state.get(), bytes.data(), bytes.size()) == 1);
  });
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  require(EVP_DigestFinal_ex(state.get(), digest.data(), &length) == 1);
  return hexadecimal(digest, length);
}

}  // namespace spillway
