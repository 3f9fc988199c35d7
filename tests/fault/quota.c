/* LD_PRELOAD: a quota. Writes to files whose path contains QUOTA_PATH fail with EDQUOT once QUOTA_BYTES are
   written to them; with QUOTA_AT=sync it is fsync that says so, as on NFS, where a server answers late. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static long written;

static int limited(int fd) {
  const char* part = getenv("QUOTA_PATH");
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  if (!part || length < 0) return 0;
  path[length] = 0;
  return strstr(path, part) != NULL;
}

static int over(int fd, size_t bytes) {
  if (!limited(fd)) return 0;
  const long all = __atomic_add_fetch(&written, (long)bytes, __ATOMIC_SEQ_CST);
  const char* at = getenv("QUOTA_AT");
  if ((at && strcmp(at, "sync") == 0) || all <= atol(getenv("QUOTA_BYTES"))) return 0;
  errno = EDQUOT;
  return 1;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
ssize_t write(int fd, const void* data, size_t bytes) {
  return over(fd, bytes) ? -1 : REAL(write)(fd, data, bytes);
}
ssize_t pwrite(int fd, const void* data, size_t bytes, off_t at) {
  return over(fd, bytes) ? -1 : REAL(pwrite)(fd, data, bytes, at);
}
ssize_t pwrite64(int fd, const void* data, size_t bytes, off64_t at) {
  return over(fd, bytes) ? -1 : REAL(pwrite64)(fd, data, bytes, at);
}
int fsync(int fd) {
  if (limited(fd) && written > atol(getenv("QUOTA_BYTES"))) return errno = EDQUOT, -1;
  return REAL(fsync)(fd);
}
