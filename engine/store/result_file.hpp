// A result in writing: the HDF5 file under its temporary name, which gets its final one only if nothing that
// was ever tried on it failed. Included by engine/store/*.cpp alone.
#pragma once
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/descriptor.hpp"
#include "engine/base/files.hpp"
#include "engine/store/hdf5_handle.hpp"
#include "engine/store/hdf5_output.hpp"
#include "engine/store/seal.hpp"

namespace spillway {

class ResultFile {
 public:
  /// Create `temporary`, which must not exist.
  /// @param creation, access  HDF5's property lists
  /// @throws StoreError  names path and reason, or another run is at work on it; nothing is left
  ResultFile(const std::filesystem::path& temporary, hid_t creation, hid_t access);
  ~ResultFile();  ///< removes what was not published
  ResultFile(const ResultFile&) = delete;
  ResultFile& operator=(const ResultFile&) = delete;

  hid_t get() const noexcept { return file_.get(); }
  int descriptor() const noexcept { return descriptor_.get(); }  ///< the one that HDF5 writes with
  /// @throws StoreError  a write has failed since the file was created: "could not <action>: <reason>"
  void check(const std::string& action) const;
  /// So many bytes at its end for what is written past HDF5; where they begin, a multiple of 8.
  std::uint64_t reserve(std::uint64_t bytes) { return output_.reserve(bytes); }
  /// Something that was tried on the file did not succeed: it will not be published.
  void spoil() noexcept { spoilt_ = true; }

  /// Flush and close in HDF5, seal, force to the disk, close, rename.
  /// @param values  where the file holds numbers
  /// @throws StoreError  any of it failed, or a close before did, or the file is spoilt; there is no file
  /// then, and a
  ///                     former result is as it was
  void publish(const std::filesystem::path& final_path, const std::vector<Extent>& values, Existing existing);

 private:
  std::filesystem::path temporary_;
  long closes_before_;
  Descriptor descriptor_;
  Hdf5Output output_;
  Hdf5Handle file_;
  bool spoilt_ = false, published_ = false;
};

/// Marks the file as spoilt where the scope is left by an exception.
class Attempt {
 public:
  explicit Attempt(ResultFile& file) : file_(file), exceptions_(std::uncaught_exceptions()) {}
  ~Attempt() {
    if (std::uncaught_exceptions() > exceptions_) file_.spoil();
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

 private:
  ResultFile& file_;
  int exceptions_;
};

}  // namespace spillway
