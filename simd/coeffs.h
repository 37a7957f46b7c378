/* SPDX-License-Identifier: MIT */
/* Made by `simd/coeffs.py simd`; not edited by hand. Coefficients from the constant term up. */
/* clang-format off */
#ifndef SOW_SIMD_COEFFS_H
#define SOW_SIMD_COEFFS_H

/* -2 ln(1 - t/2) = t + t^2 P(t), t in [0, 1], relative to the sum.
   error 2^-28.008 before, 2^-27.972 after rounding the coefficients. */
static const float log_f32[] = {0x1.00001e0000000p-2f, 0x1.5542f60000000p-4f, 0x1.01e9da0000000p-5f, 0x1.6830e60000000p-7f, 0x1.5c3afa0000000p-7f, -0x1.2f3e4a0000000p-7f, 0x1.f88fa00000000p-7f, -0x1.3cfcd00000000p-7f, 0x1.be52ba0000000p-9f};

/* sin(0.25 pi x) = x (first + P(x^2)), |angle| <= pi/4, relative.
   error 2^-28.202 before, 2^-28.116 after rounding the coefficients. */
static const float sin_first_f32[] = {0x1.921fb60000000p-1f};

static const float sin_f32[] = {-0x1.a32c680000000p-26f, -0x1.4abbba0000000p-4f, 0x1.465eea0000000p-9f, -0x1.2da1560000000p-15f};

/* cos(0.25 pi x) = 1 + x^2 P(x^2), |angle| <= pi/4, relative.
   error 2^-24.636 before, 2^-24.599 after rounding the coefficients. */
static const float cos_f32[] = {-0x1.3bd39c0000000p-2f, 0x1.03b0580000000p-6f, -0x1.4e78be0000000p-12f};

/* -2 ln(1 - t/2) = t + t^2 P(t), t in [0, 1], relative to the sum.
   error 2^-54.423 before, 2^-54.421 after rounding the coefficients. */
static const double log_f64[] = {0x1.0000000000177p-2, 0x1.555555551b035p-4, 0x1.00000019864bcp-5, 0x1.99998e365a495p-7, 0x1.5556dbe1e6bb9p-8, 0x1.246fcf871131cp-9, 0x1.02205004e59e1p-10, 0x1.96548336d0512p-12, 0x1.9d9204c3d8fc2p-12, -0x1.24c59c9327369p-11, 0x1.b218a831d3f5ap-10, -0x1.9524516a5b7ffp-9, 0x1.2ed8192ad27b8p-8, -0x1.564cfc5453493p-8, 0x1.23bf13d868fbbp-8, -0x1.6997f5c3c1a6ap-9, 0x1.35a0e602bdeb6p-10, -0x1.4841fb03fcc66p-12, 0x1.4a4fc82a9e92fp-15};

/* sin(1.0 pi x) = x (first + P(x^2)), |angle| <= pi/4, relative.
   error 2^-58.067 before, 2^-58.051 after rounding the coefficients. */
static const double sin_first_f64[] = {0x1.921fb54442d18p+1};

static const double sin_f64[] = {0x1.0262c6dd0a326p-53, -0x1.4abbce625be41p+2, 0x1.466bc67758780p+1, -0x1.32d2cce2dcd78p-1, 0x1.50782fd0e7e37p-4, -0x1.e300691f2c0cdp-8, 0x1.e3f08dced0b2ap-12};

/* cos(1.0 pi x) = 1 + x^2 P(x^2), |angle| <= pi/4, relative.
   error 2^-53.864 before, 2^-53.859 after rounding the coefficients. */
static const double cos_f64[] = {-0x1.3bd3cc9be459dp+2, 0x1.03c1f081b0df1p+2, -0x1.55d3c7dc398d7p+0, 0x1.e1f4fb7f8fe28p-3, -0x1.a6c9c7ff459aap-6, 0x1.f3dc178b56662p-10};

#endif
