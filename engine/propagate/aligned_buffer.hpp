// Memory for kernels: 64-byte lines, huge pages where the system has them.
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace spillway {

/// An array of floats on a cache-line boundary; its content is not set.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  /// @throws StoreError  the memory cannot be had; names the size
  explicit AlignedBuffer(std::size_t floats);

  float* data() noexcept { return data_.get(); }
  const float* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(float* memory) const noexcept;
  };
  std::unique_ptr<float, Free> data_;
  std::size_t size_ = 0;
};

/// Working memory that blocks of a parallel loop borrow and give back, so that no block pays for fresh pages.
class ScratchPool {
 public:
  explicit ScratchPool(std::size_t floats) : floats_(floats) {}

  /// One borrowed buffer; returns itself to the pool.
  class Loan {
   public:
    Loan(ScratchPool& pool, AlignedBuffer buffer) : pool_(pool), buffer_(std::move(buffer)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();
    float* data() noexcept { return buffer_.data(); }

   private:
    ScratchPool& pool_;
    AlignedBuffer buffer_;
  };
  Loan borrow();

 private:
  std::size_t floats_;
  std::mutex mutex_;
  std::vector<AlignedBuffer> idle_;
};

}  // namespace spillway
