/* SPDX-License-Identifier: MIT */
/**
 * @file vec.h
 * The contract of the vector layer. A shim includes one vec_<isa>.h, which defines the types and operations below with exactly the results
 * stated here; the templates are written over them alone. IEEE 754 rounding to nearest even throughout; nothing is approximate.
 *
 * A *unit* is the smallest number of Philox blocks that an instruction set works on: V_BLOCKS blocks, hence 4·V_BLOCKS words. The words of
 * a unit come apart into those of even and those of odd index: V_VR vectors of 32-bit lanes each, or (two words to an element) the
 * elements of even and odd index: V_VD vectors of 64-bit lanes each. Stores interleave the two again, in natural order.
 *
 * types    vw    Philox state                          vprod  M0 times the low counter word, full width
 *          vu    32-bit lanes     vf    binary32       vmf    a truth value per 32-bit lane
 *          vq    64-bit lanes     vd    binary64       vmd    a truth value per 64-bit lane
 *
 * Philox   vw_set1(u32)   vw_xor(a, b)   vw_xor3(a, b, c)      vw_mul(x, m, &hi, &lo)          32 x 32 -> 64
 *          vprod_start(block, order)                   of blocks block … block + V_BLOCKS-1; order V_NATURAL or V_PACKED says how lanes
 *                                                      hold blocks, so that the stores that unpack, or pack, end up in natural order
 *          vprod_add(p, u64)     vprod_split(p, &hi, &lo)
 *          vw_last32(p0, p1, x1, x3, k, e, o)          the last round into even and odd words; products as from vw_mul_last(x, m)
 *          vw_last64(p0, p1, x1, x3, k, e, o)          the same into even and odd 64-bit elements, first word low
 *          vk_set(k0, k1)                              the last round's key, for both
 *
 * vu_      set1  add  sub  and  or  xor  not  shl(a, n)  shr(a, n)  shlv(a, b): 0 where b >= 32   lzcnt: 32 for 0
 *          at_least(a, b) -> vmf (unsigned)   not_if(vmf, a)   bit30(a) -> vmf
 * vf_      set1  add  sub  mul  div  sqrt  fma  min  max (the second where they are equal, as zeros of unlike sign are)
 *          from_i32(vu, signed)  bits -> vu  from_bits(vu)
 *          select(vmf, yes, no)   flip(a, vu signs): a with its sign flipped where the top bit of signs is set
 * vq_, vd_ the same with 64-bit lanes; vd_from_u52: integers below 2^52; vd_from_u53: below 2^53; vq_bit62
 * stores   vst_u32(dst, e, o)  vst_u16 (low halves)  vst_f32  vst_f16  vst_bf16 (nearest even, subnormals kept)   V_VR vectors each; u32
 * and f32 are V_NATURAL, the others V_PACKED unless V_F16_ORDER says otherwise      vst_u64  vst_f64   V_VD vectors each, V_NATURAL
 *
 * plain lanes, any alignment: vf_load(src)  vf_store(dst, a)  vd_load  vd_store  vd_load_f32 (widened)
 * vf_widen(a, out): the lanes of a as vectors of binary64, in order; V_TILE_ROWS rows of V_TILE_VECTORS
 * vectors are as many sums of a matrix product as the registers hold beside its operands
 */
#ifndef SOW_SIMD_VEC_H
#define SOW_SIMD_VEC_H

#include <stdint.h>
#include <string.h>

#if defined(__FAST_MATH__)
#error "sow's bits need IEEE arithmetic: do not compile simd/ with -ffast-math"
#endif

#define V_INLINE static inline __attribute__((always_inline))

/** A loop of a small constant count that must unroll, so that arrays of vectors live in registers. */
#if defined(__clang__)
#define EACH(i, n) _Pragma("clang loop unroll(full)") for (int i = 0; i < (n); i++)
#else
#define EACH(i, n) _Pragma("GCC unroll 32") for (int i = 0; i < (n); i++)
#endif

/** Units that a kernel may work on side by side; arrays of this size hold them and shrink to registers. */
enum { V_DEPTH_MAX = 8 };

enum { V_NATURAL, V_PACKED };

#endif
