// SHA-256 of bytes, as sha256sum prints it.
#pragma once
#include <string>
#include <string_view>

namespace spillway {

/// SHA-256 of `bytes`, 64 lower-case hexadecimal digits (FIPS 180-4).
std::string sha256(std::string_view bytes);

}  // namespace spillway
