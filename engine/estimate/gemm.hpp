// One matrix product for the bootstrap: sums of cluster statistics under cluster counts, for many replicates
// at once.
#pragma once

namespace spillway {

/// C = A' B, all column-major.
///
/// @param a  inner x rows;  @param b  inner x columns;  @param c  rows x columns, overwritten
///
/// Each element is one sum over `inner` in ascending order (fused multiply-adds from x86-64-v3 on), so a
/// result depends neither on the other rows and columns of the call nor on how a caller cuts its columns into
/// blocks. Uses the kernel of instruction_set(); safe to call from several threads.
void multiply(const double* a, long inner, long rows, const double* b, long columns, double* c);

}  // namespace spillway
