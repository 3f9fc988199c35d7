#!/usr/bin/env bash
# The system refuses the n-th thread: a job ends whole, or in words and without a file, whichever thread it was.
# shellcheck disable=SC2154
# shellcheck disable=SC1091
source "$(dirname "$0")/../support/set_up.sh"
command -v cc >/dev/null || { echo "SKIPPED: no C compiler"; exit 77; }
if ldd "$spillway" | grep -qE "lib(t|a)san"; then echo "SKIPPED: a sanitizer starts threads of its own"; exit 77; fi
cat >nth.c <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
static int begun;
int pthread_create(pthread_t* thread, const pthread_attr_t* how, void* (*what)(void*), void* with) {
  int (*start)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*) = dlsym(RTLD_NEXT, "pthread_create");
  return __sync_add_and_fetch(&begun, 1) == atoi(getenv("NTH_THREAD")) ? EAGAIN : start(thread, how, what, with);
}
C
cc -shared -fPIC -o nth.so nth.c -ldl
set_world=(--set data.synthetic_areas=400 --replicates 99 --threads 2 --quiet)
"$spillway" run "$config" "${set_world[@]}" --output whole.h5 >/dev/null
refused=0
for nth in 1 2 3 4 5 6; do
  for job in "run $config ${set_world[*]} --output made.h5" "frontier whole.h5 --scenario ring_fence_10 --quiet --output made.h5" \
    "sensitivity $config ${set_world[*]} --scenario wealth_fund --method tornado --output made.h5"; do
    status=0
    # shellcheck disable=SC2086  # a job is words
    NTH_THREAD=$nth LD_PRELOAD=$PWD/nth.so timeout 120 "$spillway" $job >said.txt 2>&1 || status=$?
    case $status in
      0) [ -e made.h5 ] || fail "thread $nth of $job: exit 0 and no file" ;;
      4)
        refused=$((refused + 1))
        grep -qE 'thread|the system refused' said.txt || fail "thread $nth of $job: '$(cat said.txt)' says nothing of it"
        [ ! -e made.h5 ] || fail "thread $nth of $job: exit 4 and a file"
        ;;
      *) fail "thread $nth of $job: exit $status: $(tail -3 said.txt)" ;;
    esac
    rm -rf made.h5*
  done
done
[ $refused -gt 0 ] || fail "no thread was refused: the test fails nothing"
echo "threads: $refused jobs refused in words, the others whole"
