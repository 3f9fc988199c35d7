#include "engine/store/hdf5_output.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <limits>

#include "engine/store/hdf5_handle.hpp"

namespace spillway {

namespace {

/// What HDF5 holds of an open file: its own part first.
struct Driven {
  H5FD_t own{};
  Hdf5Output* output = nullptr;
  haddr_t end_of_addresses = 0;
};
Driven& of(H5FD_t* file) { return *reinterpret_cast<Driven*>(file); }
const Driven& of(const H5FD_t* file) { return *reinterpret_cast<const Driven*>(file); }

void note(Hdf5Output& output) {
  if (output.error == 0) output.error = errno != 0 ? errno : EIO;
}

H5FD_t* open_file(const char*, unsigned, hid_t access, haddr_t) {
  const auto* const* output = static_cast<Hdf5Output* const*>(H5Pget_driver_info(access));
  if (output == nullptr) return nullptr;
  auto* file = new Driven;
  file->output = const_cast<Hdf5Output*>(*output);
  file->output->open_file = file;
  return &file->own;
}

herr_t close_file(H5FD_t* file) {
  if (of(file).output->open_file == &of(file)) of(file).output->open_file = nullptr;
  delete &of(file);
  return 0;
}

int compare(const H5FD_t* a, const H5FD_t* b) {
  const int left = of(a).output->descriptor, right = of(b).output->descriptor;
  return left < right ? -1 : left > right;
}

/// As the driver that HDF5 has for such files by default: the same bytes come out.
herr_t query(const H5FD_t*, unsigned long* flags) {
  *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
           H5FD_FEAT_AGGREGATE_SMALLDATA | H5FD_FEAT_POSIX_COMPAT_HANDLE | H5FD_FEAT_DEFAULT_VFD_COMPATIBLE;
  return 0;
}

haddr_t end_of_addresses(const H5FD_t* file, H5FD_mem_t) { return of(file).end_of_addresses; }

herr_t set_end_of_addresses(H5FD_t* file, H5FD_mem_t, haddr_t end) {
  of(file).end_of_addresses = end;
  return 0;
}

haddr_t end_of_file(const H5FD_t* file, H5FD_mem_t) {
  struct stat about {};
  if (::fstat(of(file).output->descriptor, &about) != 0) note(*of(file).output);
  return static_cast<haddr_t>(about.st_size);
}

herr_t handle(H5FD_t* file, hid_t, void** descriptor) {
  *descriptor = &of(file).output->descriptor;
  return 0;
}

herr_t read(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t bytes, void* to) {
  Hdf5Output& output = *of(file).output;
  auto* into = static_cast<char*>(to);
  while (bytes > 0) {
    const ssize_t got = ::pread(output.descriptor, into, bytes, static_cast<off_t>(at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) note(output);
    if (got <= 0) break;
    into += got;
    at += static_cast<haddr_t>(got);
    bytes -= static_cast<std::size_t>(got);
  }
  std::memset(into, 0, bytes);  // behind the end
  return 0;
}

herr_t write(H5FD_t* file, H5FD_mem_t, hid_t, haddr_t at, std::size_t bytes, const void* from) {
  Hdf5Output& output = *of(file).output;
  const auto* data = static_cast<const char*>(from);
  while (bytes > 0) {
    const ssize_t put = ::pwrite(output.descriptor, data, bytes, static_cast<off_t>(at));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) {
      note(output);
      break;
    }
    data += put;
    at += static_cast<haddr_t>(put);
    bytes -= static_cast<std::size_t>(put);
  }
  return 0;
}

herr_t truncate(H5FD_t* file, hid_t, hbool_t) {
  const Driven& driven = of(file);
  while (::ftruncate(driven.output->descriptor, static_cast<off_t>(driven.end_of_addresses)) != 0)
    if (errno != EINTR) {
      note(*driven.output);
      break;
    }
  return 0;
}

H5FD_class_t driver_class() {
  H5FD_class_t driver{};
#if H5_VERSION_GE(1, 14, 0)
  driver.version = H5FD_CLASS_VERSION;
  driver.value = static_cast<H5FD_class_value_t>(600);  // any beyond those that HDF5 keeps for itself
#endif
  driver.name = "spillway";
  driver.maxaddr = static_cast<haddr_t>(std::numeric_limits<off_t>::max());
  driver.fc_degree = H5F_CLOSE_WEAK;
  driver.fapl_size = sizeof(Hdf5Output*);
  driver.open = open_file;
  driver.close = close_file;
  driver.cmp = compare;
  driver.query = query;
  driver.get_eoa = end_of_addresses;
  driver.set_eoa = set_end_of_addresses;
  driver.get_eof = end_of_file;
  driver.get_handle = handle;
  driver.read = read;
  driver.write = write;
  driver.truncate = truncate;
  const H5FD_mem_t dichotomy[] = H5FD_FLMAP_DICHOTOMY;
  std::copy(std::begin(dichotomy), std::end(dichotomy), driver.fl_map);
  return driver;
}

}  // namespace

std::uint64_t Hdf5Output::reserve(std::uint64_t bytes) {
  auto& driven = *static_cast<Driven*>(open_file);
  const std::uint64_t at = (driven.end_of_addresses + 7) / 8 * 8;
  driven.end_of_addresses = at + bytes;
  return at;
}

void set_output(hid_t access, Hdf5Output& output) {
  static const H5FD_class_t driver = driver_class();
  static const hid_t id = H5FDregister(&driver);
  const Hdf5Output* pointer = &output;
  check_hdf5(id < 0 ? -1 : H5Pset_driver(access, id, &pointer), "prepare a file");
}

}  // namespace spillway
