#include "engine/data/pack/checksum.hpp"

#include <openssl/evp.h>

#include <array>

#include "engine/base/error.hpp"

namespace spillway {

std::string sha256(std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), &length, EVP_sha256(), nullptr) != 1)
    throw StoreError(
        "libcrypto could not compute a SHA-256 checksum (is its provider disabled on this machine?)");
  constexpr char hexadecimal[] = "0123456789abcdef";
  std::string text;
  for (unsigned int k = 0; k < length; ++k) {
    text += hexadecimal[digest[k] >> 4];
    text += hexadecimal[digest[k] & 15];
  }
  return text;
}

}  // namespace spillway
