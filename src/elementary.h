/* SPDX-License-Identifier: MIT */
/**
 * @file elementary.h
 * exp, log, sine and cosine in double from + - * / alone, so that all machines agree: what libm computes differs from one to the next.
 * Within 1 ulp, more where a comment says so (tests/test_elementary.c). For finite arguments in the ranges stated.
 */
#ifndef SOW_SRC_ELEMENTARY_H
#define SOW_SRC_ELEMENTARY_H

#include <stdint.h>

/** Any x > 0. */
double sow__log(double x);

/** |x| <= 700. */
double sow__exp(double x);

/** exp(x) - 1, for |x| <= 700; 2 ulp. */
double sow__expm1(double x);

/** Sine and cosine of x, for |x| < 2^20; 2 ulp where x is the double next to a multiple of π/2. */
void sow__sincos(double x, double *sine, double *cosine);

/** Sine and cosine of the angle 2π·turn/of, for 0 <= turn < of < 2^50. */
void sow__sincos_turn(int64_t turn, int64_t of, double *sine, double *cosine);

#endif
