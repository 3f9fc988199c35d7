// How a kernel is written once for every processor: numbers side by side, in as many of the processor's
// registers as they fill.
//
// For files *_levels.cpp, each of which is compiled once for every instruction set of this kind of processor
// (CMakeLists.txt says which). Arithmetic is that of the compiler's vectors; what they cannot say (fused
// multiply-adds, masks, compression) stands here for each kind of processor, and nowhere else. Everything is
// in an unnamed namespace, so that no level's code can stand in for another's at link time.
#pragma once
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#pragma GCC diagnostic ignored "-Wpsabi"  // lanes are passed between inlined functions only
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // false alarms of g++ 12 on its own header (GCC bug 105593)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

/// SPILLWAY_OF_LEVEL(name) is name_v3 in what is compiled for v3.
#define SPILLWAY_JOINED(name, level) name##_v##level
#define SPILLWAY_OF(name, level) SPILLWAY_JOINED(name, level)
#define SPILLWAY_OF_LEVEL(name) SPILLWAY_OF(name, SPILLWAY_LEVEL)

#define SPILLWAY_INLINE inline __attribute__((always_inline))

namespace spillway {
namespace {

#if defined(__AVX512F__)
constexpr int kRegisterBytes = 64;
#elif defined(__AVX2__)
constexpr int kRegisterBytes = 32;
#else
constexpr int kRegisterBytes = 16;  // SSE, NEON
#endif

/// kCount numbers in registers as wide as this level has and kCount divides into.
template <class Number, int kCount>
struct Lanes {
  static constexpr int most = kRegisterBytes / static_cast<int>(sizeof(Number));
  static constexpr int width = kCount % most == 0 ? most : kCount % (most / 2) == 0 ? most / 2 : most / 4;
  static constexpr int registers = kCount / width;
  typedef Number Register __attribute__((vector_size(width * sizeof(Number))));
  /// A register's numbers in an array of them, wherever they stand.
  struct __attribute__((packed, may_alias)) Stored {
    Register value;
  };
  Register part[registers];

  static SPILLWAY_INLINE Lanes all(Number x) {
    Lanes made;
    for (int p = 0; p < registers; ++p) made.part[p] = x - Register{};  // (x + 0 is not x where x is -0)
    return made;
  }
  static SPILLWAY_INLINE Lanes load(const Number* from) {
    Lanes made;
    for (int p = 0; p < registers; ++p)
      made.part[p] = reinterpret_cast<const Stored*>(from + p * width)->value;
    return made;
  }
  /// From numbers of another type, of as many lanes.
  template <class Other>
  static SPILLWAY_INLINE Lanes converted(const Other* from) {
    typedef Other Others __attribute__((vector_size(width * sizeof(Other))));
    struct __attribute__((packed, may_alias)) StoredOthers {
      Others value;
    };
    Lanes made;
    for (int p = 0; p < registers; ++p)
      made.part[p] =
          __builtin_convertvector(reinterpret_cast<const StoredOthers*>(from + p * width)->value, Register);
    return made;
  }
  SPILLWAY_INLINE void store(Number* to) const {
    for (int p = 0; p < registers; ++p) reinterpret_cast<Stored*>(to + p * width)->value = part[p];
  }

#define SPILLWAY_LANES_OPERATOR(op)                                            \
  friend SPILLWAY_INLINE Lanes operator op(const Lanes& a, const Lanes& b) {   \
    Lanes made;                                                                \
    for (int p = 0; p < registers; ++p) made.part[p] = a.part[p] op b.part[p]; \
    return made;                                                               \
  }                                                                            \
  friend SPILLWAY_INLINE Lanes operator op(const Lanes& a, Number x) {         \
    Lanes made;                                                                \
    for (int p = 0; p < registers; ++p) made.part[p] = a.part[p] op x;         \
    return made;                                                               \
  }
  SPILLWAY_LANES_OPERATOR(+)
  SPILLWAY_LANES_OPERATOR(-)
  SPILLWAY_LANES_OPERATOR(*)
  SPILLWAY_LANES_OPERATOR(&)
  SPILLWAY_LANES_OPERATOR(|)
  SPILLWAY_LANES_OPERATOR(^)
  SPILLWAY_LANES_OPERATOR(<<)
  SPILLWAY_LANES_OPERATOR(>>)
#undef SPILLWAY_LANES_OPERATOR
  SPILLWAY_INLINE Lanes& operator+=(const Lanes& b) { return *this = *this + b; }

  /// a < b ? a : b, a > b ? a : b
  friend SPILLWAY_INLINE Lanes least(const Lanes& a, const Lanes& b) {
    Lanes made;
    for (int p = 0; p < registers; ++p) made.part[p] = a.part[p] < b.part[p] ? a.part[p] : b.part[p];
    return made;
  }
  friend SPILLWAY_INLINE Lanes largest(const Lanes& a, const Lanes& b) {
    Lanes made;
    for (int p = 0; p < registers; ++p) made.part[p] = a.part[p] > b.part[p] ? a.part[p] : b.part[p];
    return made;
  }
};

/// Each number as one of another type of the same size: its value, its bits.
template <class To, class From, int kCount>
SPILLWAY_INLINE Lanes<To, kCount> value_as(const Lanes<From, kCount>& from) {
  Lanes<To, kCount> made;
  for (int p = 0; p < made.registers; ++p)
    made.part[p] = __builtin_convertvector(from.part[p], typename Lanes<To, kCount>::Register);
  return made;
}
template <class To, class From, int kCount>
SPILLWAY_INLINE Lanes<To, kCount> bits_as(const Lanes<From, kCount>& from) {
  static_assert(sizeof(To) == sizeof(From));
  Lanes<To, kCount> made;
  for (int p = 0; p < made.registers; ++p)
    made.part[p] = reinterpret_cast<typename Lanes<To, kCount>::Register>(from.part[p]);
  return made;
}

/// One register of each.
using Floats = Lanes<float, kRegisterBytes / 4>;
using Ints = Lanes<std::int32_t, kRegisterBytes / 4>;
using Doubles = Lanes<double, kRegisterBytes / 8>;
using Words = Lanes<std::uint64_t, kRegisterBytes / 8>;

// a b + c in a register: rounded once from v3 on (v2, which reproducible runs use, has no such operation on
// x86-64 and does without it elsewhere).
#if defined(__AVX512F__)
SPILLWAY_INLINE __m512 fused(__m512 a, __m512 b, __m512 c) { return _mm512_fmadd_ps(a, b, c); }
SPILLWAY_INLINE __m512d fused(__m512d a, __m512d b, __m512d c) { return _mm512_fmadd_pd(a, b, c); }
#elif defined(__AVX2__)
SPILLWAY_INLINE __m256 fused(__m256 a, __m256 b, __m256 c) { return _mm256_fmadd_ps(a, b, c); }
SPILLWAY_INLINE __m256d fused(__m256d a, __m256d b, __m256d c) { return _mm256_fmadd_pd(a, b, c); }
#elif defined(__aarch64__) && SPILLWAY_LEVEL >= 3
SPILLWAY_INLINE Floats::Register fused(Floats::Register a, Floats::Register b, Floats::Register c) {
  return vfmaq_f32(c, a, b);
}
SPILLWAY_INLINE Doubles::Register fused(Doubles::Register a, Doubles::Register b, Doubles::Register c) {
  return vfmaq_f64(c, a, b);
}
#else
template <class Register>
SPILLWAY_INLINE Register fused(Register a, Register b, Register c) {
  return a * b + c;
}
#endif
template <class Number, int kCount>
SPILLWAY_INLINE Lanes<Number, kCount> multiply_add(const Lanes<Number, kCount>& a, Number b,
                                                   const Lanes<Number, kCount>& c) {
  typename Lanes<Number, kCount>::Register times = b - typename Lanes<Number, kCount>::Register{};
  Lanes<Number, kCount> made;
  for (int p = 0; p < made.registers; ++p) made.part[p] = fused(a.part[p], times, c.part[p]);
  return made;
}

/// Into memory that is read much later, past the caches: a line is not fetched to be overwritten. `to` begins
/// at a register's bytes. Other threads may read after pass_caches_end().
template <int kCount>
SPILLWAY_INLINE void store_past_caches(const Lanes<float, kCount>& x, float* to) {
#if defined(__SSE2__)
  static_assert(Lanes<float, kCount>::width == Floats::width);
  for (int p = 0; p < x.registers; ++p) {
    float* at = to + p * Floats::width;
#if defined(__AVX512F__)
    _mm512_stream_ps(at, x.part[p]);
#elif defined(__AVX2__)
    _mm256_stream_ps(at, x.part[p]);
#else
    _mm_stream_ps(at, x.part[p]);
#endif
  }
#else
  x.store(to);
#endif
}
SPILLWAY_INLINE void pass_caches_end() {
#if defined(__SSE2__)
  _mm_sfence();
#endif
}

/// Products of the lower halves.
SPILLWAY_INLINE Words product_of_halves(const Words& a, const Words& b) {
  Words made;
#if defined(__AVX512F__)
  made.part[0] = reinterpret_cast<Words::Register>(
      _mm512_mul_epu32(reinterpret_cast<__m512i>(a.part[0]), reinterpret_cast<__m512i>(b.part[0])));
#elif defined(__AVX2__)
  made.part[0] = reinterpret_cast<Words::Register>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a.part[0]), reinterpret_cast<__m256i>(b.part[0])));
#elif defined(__SSE2__)
  made.part[0] = reinterpret_cast<Words::Register>(
      _mm_mul_epu32(reinterpret_cast<__m128i>(a.part[0]), reinterpret_cast<__m128i>(b.part[0])));
#elif defined(__aarch64__)
  made.part[0] =
      reinterpret_cast<Words::Register>(vmull_u32(vmovn_u64(reinterpret_cast<uint64x2_t>(a.part[0])),
                                                  vmovn_u64(reinterpret_cast<uint64x2_t>(b.part[0]))));
#else
  made = (a & 0xFFFFFFFFu) * (b & 0xFFFFFFFFu);
#endif
  return made;
}

// Which lanes of a register of floats satisfy something: comparisons (never true of a NaN), both of two,
// either, one more count where true, and the lanes as bits.
#if defined(__AVX512F__)
using Which = __mmask16;
SPILLWAY_INLINE Which not_below(const Floats& x, const Floats& y) {
  return _mm512_cmp_ps_mask(x.part[0], y.part[0], _CMP_GE_OQ);
}
SPILLWAY_INLINE Which not_above(const Floats& x, const Floats& y, Which among) {
  return _mm512_mask_cmp_ps_mask(among, x.part[0], y.part[0], _CMP_LE_OQ);
}
SPILLWAY_INLINE Which above(const Floats& x, const Floats& y) {
  return _mm512_cmp_ps_mask(x.part[0], y.part[0], _CMP_GT_OQ);
}
SPILLWAY_INLINE Which either(Which a, Which b) { return static_cast<Which>(a | b); }
SPILLWAY_INLINE void tally(Ints& count, Which which) {
  const auto before = reinterpret_cast<__m512i>(count.part[0]);
  count.part[0] =
      reinterpret_cast<Ints::Register>(_mm512_mask_sub_epi32(before, which, before, _mm512_set1_epi32(-1)));
}
SPILLWAY_INLINE unsigned bits_of(Which which) { return which; }
#else
using Which = Ints;
SPILLWAY_INLINE Which not_below(const Floats& x, const Floats& y) { return {x.part[0] >= y.part[0]}; }
SPILLWAY_INLINE Which not_above(const Floats& x, const Floats& y, const Which& among) {
  return {(x.part[0] <= y.part[0]) & among.part[0]};
}
SPILLWAY_INLINE Which above(const Floats& x, const Floats& y) { return {x.part[0] > y.part[0]}; }
SPILLWAY_INLINE Which either(const Which& a, const Which& b) { return a | b; }
SPILLWAY_INLINE void tally(Ints& count, const Which& which) { count = count - which; }
SPILLWAY_INLINE unsigned bits_of(const Which& which) {
#if defined(__AVX2__)
  return static_cast<unsigned>(_mm256_movemask_ps(reinterpret_cast<__m256>(which.part[0])));
#elif defined(__SSE2__)
  return static_cast<unsigned>(_mm_movemask_ps(reinterpret_cast<__m128>(which.part[0])));
#elif defined(__aarch64__)
  const std::uint32_t place[4] = {1, 2, 4, 8};
  return vaddvq_u32(vandq_u32(reinterpret_cast<uint32x4_t>(which.part[0]), vld1q_u32(place)));
#else
  unsigned bits = 0;
  for (int lane = 0; lane < Floats::width; ++lane) bits |= (which.part[0][lane] & 1u) << lane;
  return bits;
#endif
}
#endif

#if !defined(__AVX512F__)
/// For each set of lanes, where what is kept of a register is moved from: lanes with AVX2, bytes otherwise.
struct Compressions {
#if defined(__AVX2__)
  using Place = std::int32_t;
#else
  using Place = std::uint8_t;
#endif
  static constexpr int each = 4 / sizeof(Place);
  alignas(32) Place from[1 << Floats::width][Floats::width * each];
  constexpr Compressions() : from{} {
    for (int set = 0; set < 1 << Floats::width; ++set) {
      int kept = 0;
      for (int lane = 0; lane < Floats::width; ++lane)
        if (set >> lane & 1)
          for (int k = 0; k < each; ++k) from[set][kept++] = static_cast<Place>(lane * each + k);
    }
  }
};
constexpr Compressions kCompressions;
#endif

/// The lanes of `which`, moved to the front of `to`; writes a whole register. Their number.
SPILLWAY_INLINE int compress(const Floats& x, const Which& which, float* to) {
  const unsigned bits = bits_of(which);
#if defined(__AVX512F__)
  _mm512_storeu_ps(to, _mm512_maskz_compress_ps(which, x.part[0]));  // by a register: the memory form is slow
#elif defined(__AVX2__)
  const __m256i from = _mm256_load_si256(reinterpret_cast<const __m256i*>(kCompressions.from[bits]));
  _mm256_storeu_ps(to, _mm256_permutevar8x32_ps(x.part[0], from));
#elif defined(__SSSE3__)
  const __m128i from = _mm_load_si128(reinterpret_cast<const __m128i*>(kCompressions.from[bits]));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to),
                   _mm_shuffle_epi8(reinterpret_cast<__m128i>(x.part[0]), from));
#elif defined(__aarch64__)
  vst1q_u8(reinterpret_cast<std::uint8_t*>(to),
           vqtbl1q_u8(reinterpret_cast<uint8x16_t>(x.part[0]), vld1q_u8(kCompressions.from[bits])));
#else
  int kept = 0;
  for (int lane = 0; lane < Floats::width; ++lane) {
    to[kept] = x.part[0][lane];
    kept += static_cast<int>(bits >> lane & 1);
  }
#endif
  return __builtin_popcount(bits);
}

}  // namespace
}  // namespace spillway
