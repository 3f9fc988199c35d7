#include "engine/propagate/aligned_buffer.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "engine/base/error.hpp"
#include "engine/base/linux.hpp"

namespace spillway {

AlignedBuffer::AlignedBuffer(std::size_t floats) : size_(floats) {
  constexpr std::size_t line = 64, huge_page = std::size_t{1} << 21;
  const std::size_t bytes = floats * sizeof(float);
  const std::size_t alignment = bytes >= huge_page ? huge_page : line;
  const std::size_t padded = (bytes + alignment - 1) / alignment * alignment;
  if (padded == 0) return;
  data_.reset(static_cast<float*>(std::aligned_alloc(alignment, padded)));
  if (!data_)
    throw StoreError(
        fmt::format("cannot have {:.1f} MB of working memory (lower outcomes.memory_gb or the draws)",
                    static_cast<double>(bytes) / 1e6));
  // Rows of draws are tens of kB apart: without huge pages every store of a lane would miss the TLB.
  if (alignment == huge_page) ask_for_huge_pages(data_.get(), padded);
}

void AlignedBuffer::Free::operator()(float* memory) const noexcept { std::free(memory); }

ScratchPool::Loan ScratchPool::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      AlignedBuffer buffer = std::move(idle_.back());
      idle_.pop_back();
      return Loan(*this, std::move(buffer));
    }
  }
  return Loan(*this, AlignedBuffer(floats_));
}

ScratchPool::Loan::~Loan() {
  const std::lock_guard lock(pool_.mutex_);
  pool_.idle_.push_back(std::move(buffer_));
}

}  // namespace spillway
