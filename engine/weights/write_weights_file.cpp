// GeoDa's .gal and .gwt files, written.
#include <fmt/format.h>

#include <fstream>

#include "engine/weights/spatial_weights.hpp"

namespace spillway {

namespace {

/// An id as one word.
std::string word(const std::string& code) {
  return code.find_first_of(" \t") == std::string::npos ? code : '"' + code + '"';
}

}  // namespace

void write_gal(const SpatialWeights& weights, const std::vector<std::string>& codes,
               const std::filesystem::path& file) {
  std::ofstream out(file);
  out << "0 " << weights.areas() << " spillway area_code\n";
  for (int i = 0; i < weights.areas(); ++i) {
    std::string neighbours;
    long count = 0;
    for (SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i); it; ++it, ++count)
      neighbours += (count ? " " : "") + word(codes[static_cast<std::size_t>(it.col())]);
    out << word(codes[static_cast<std::size_t>(i)]) << ' ' << count << '\n' << neighbours << '\n';
  }
  if (!out.flush()) throw StoreError(fmt::format("cannot write '{}'", file.string()));
}

void write_gwt(const SpatialWeights& weights, const std::vector<std::string>& codes,
               const std::filesystem::path& file) {
  std::ofstream out(file);
  out << "0 " << weights.areas() << " spillway area_code\n";
  for (int i = 0; i < weights.areas(); ++i) {
    const std::string from = word(codes[static_cast<std::size_t>(i)]);
    SpatialWeights::Matrix::InnerIterator it(weights.matrix(), i);
    if (!it) out << fmt::format("{} {} 0\n", from, from);  // an island
    for (; it; ++it)
      out << fmt::format("{} {} {}\n", from, word(codes[static_cast<std::size_t>(it.col())]), it.value());
  }
  if (!out.flush()) throw StoreError(fmt::format("cannot write '{}'", file.string()));
}

}  // namespace spillway
