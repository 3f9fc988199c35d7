// Whether the system gives the threads that the work asks for.
#pragma once

namespace spillway {

/// Let so many workers run at once, as every parallel loop does for itself.
/// @throws StoreError  the system does not start so many threads; said before oneTBB asks for them, which
/// ends
///                     the program where it gets none
void allow_workers(int workers);

}  // namespace spillway
