/* Make one system call of a program fail, for tests. As a preloaded library (cc -shared -fPIC fail_call.c
   -ldl) it is told what to do by the environment:

     FAIL_CALL=pwrite64   the call; "any" counts all of those below together
     FAIL_AT=300          which one, from 1; 0: none, calls are counted only
     FAIL_ERROR=28        errno that it fails with; 0: a write does half of what it is asked, others are done
     FAIL_KEEP=1          every later one fails too, as on a disk that stays full
     FAIL_PATH=/out/      only calls on files whose path contains this
     FAIL_COUNT=file      the number of such calls is written there at the end

   tests/fault/store_calls.cpp includes it and sets fail_plan itself. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#ifdef __cplusplus
#define NO_THROW noexcept
extern "C" {
#else
#define NO_THROW
#endif

struct FailPlan {
  const char* call;
  long at;
  int error;
  int keep;
  const char* path;
  long seen;
};
static struct FailPlan fail_plan;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int fails_on(const char* call, const char* path) {
  if (!fail_plan.call || (strcmp(fail_plan.call, "any") != 0 && strcmp(fail_plan.call, call) != 0)) return 0;
  if (fail_plan.path && (!path || !strstr(path, fail_plan.path))) return 0;
  const long now = __atomic_add_fetch(&fail_plan.seen, 1, __ATOMIC_SEQ_CST);
  if (fail_plan.at == 0 || now < fail_plan.at || (now > fail_plan.at && !fail_plan.keep)) return 0;
  errno = fail_plan.error;
  return 1;
}

static int fails_at(const char* call, int descriptor) {
  char link[64], path[4096];
  if (!fail_plan.call) return 0;
  if (!fail_plan.path) return fails_on(call, NULL);
  const int before = errno;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t length = readlink(link, path, sizeof path - 1);
  errno = before;
  if (length < 0) return 0;
  path[length] = 0;
  return fails_on(call, path);
}

/* Half of a write where no error is asked for. */
#define WRITE(name, call, ...)                                                \
  do {                                                                        \
    if (!fails_at(#name, fd)) return REAL(name)(fd, data, bytes __VA_ARGS__); \
    if (fail_plan.error) return -1;                                           \
    return REAL(name)(fd, data, bytes > 1 ? bytes / 2 : bytes __VA_ARGS__);   \
  } while (0)
#define OTHER(failed, name, ...)              \
  do {                                        \
    if (failed && fail_plan.error) return -1; \
    return REAL(name)(__VA_ARGS__);           \
  } while (0)

ssize_t write(int fd, const void* data, size_t bytes) { WRITE(write, write); }
ssize_t pwrite(int fd, const void* data, size_t bytes, off_t at) { WRITE(pwrite, pwrite, , at); }
ssize_t pwrite64(int fd, const void* data, size_t bytes, off64_t at) { WRITE(pwrite64, pwrite64, , at); }
int fsync(int fd) { OTHER(fails_at("fsync", fd), fsync, fd); }
int ftruncate(int fd, off_t size) NO_THROW { OTHER(fails_at("ftruncate", fd), ftruncate, fd, size); }
int ftruncate64(int fd, off64_t size) NO_THROW { OTHER(fails_at("ftruncate", fd), ftruncate64, fd, size); }
int sync_file_range(int fd, off64_t from, off64_t bytes, unsigned flags) {
  OTHER(fails_at("sync_file_range", fd), sync_file_range, fd, from, bytes, flags);
}
int close(int fd) { /* the descriptor goes either way, as on Linux */
  const int failed = fails_at("close", fd), error = errno;
  const int result = REAL(close)(fd);
  if (!failed || !fail_plan.error) return result;
  errno = error;
  return -1;
}
int rename(const char* from, const char* to) NO_THROW { OTHER(fails_on("rename", to), rename, from, to); }
int renameat2(int a, const char* from, int b, const char* to, unsigned flags) NO_THROW {
  OTHER(fails_on("rename", to), renameat2, a, from, b, to, flags);
}
int link(const char* from, const char* to) NO_THROW { OTHER(fails_on("link", to), link, from, to); }
int unlink(const char* path) NO_THROW { OTHER(fails_on("unlink", path), unlink, path); }
int mkdir(const char* path, mode_t mode) NO_THROW { OTHER(fails_on("mkdir", path), mkdir, path, mode); }

#define OPEN(name)                                          \
  int name(const char* path, int flags, ...) {              \
    va_list more;                                           \
    va_start(more, flags);                                  \
    const mode_t mode = (mode_t)va_arg(more, int);          \
    va_end(more);                                           \
    OTHER(fails_on("open", path), name, path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#ifndef __cplusplus
__attribute__((constructor)) static void read_plan(void) {
  const char* text = getenv("FAIL_AT");
  fail_plan.at = text ? atol(text) : 0;
  fail_plan.error = getenv("FAIL_ERROR") ? atoi(getenv("FAIL_ERROR")) : 0;
  fail_plan.keep = getenv("FAIL_KEEP") != NULL;
  fail_plan.path = getenv("FAIL_PATH");
  fail_plan.call = getenv("FAIL_CALL");
}
__attribute__((destructor)) static void write_count(void) {
  const char* file = getenv("FAIL_COUNT");
  char text[32];
  if (!file) return;
  fail_plan.call = NULL;
  const int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0644);
  if (fd < 0) return;
  const int length = snprintf(text, sizeof text, "%ld\n", fail_plan.seen);
  if (write(fd, text, (size_t)length) < 0) perror(file);
  close(fd);
}
#else
}
#endif
