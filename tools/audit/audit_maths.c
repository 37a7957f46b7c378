/* SPDX-License-Identifier: MIT */
#include "audit/audit_maths.h"

#include <math.h>

#define ROOT_HALF   0.70710678118654752440
#define ROOT_TWO_PI 2.50662827463100050242

double normal_density(double z)
{
    return exp(-0.5 * z * z) / ROOT_TWO_PI;
}

double normal_cdf(double z)
{
    return 0.5 * erfc(-z * ROOT_HALF);
}

double normal_above(double z)
{
    return 0.5 * erfc(z * ROOT_HALF);
}

/* Abramowitz & Stegun 26.2.23 to start from, then Newton steps on the tail, which erfc() gives in full accuracy. */
double normal_quantile(double p)
{
    if (p <= 0)
        return -INFINITY;
    if (p >= 1)
        return INFINITY;
    const double tail = p < 0.5 ? p : 1 - p, t = sqrt(-2 * log(tail));
    double z = t - (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int i = 0; i < 3; i++) {
        const double error = (normal_above(z) - tail) / normal_density(z);
        z += error / (1 - 0.5 * z * error); /* Halley: the density's slope is -z times itself */
    }
    return p < 0.5 ? -z : z;
}

double cut_variance(double c)
{
    if (c < 0.01) /* the formula cancels: series about the uniform */
        return c * c / 3;
    return 1 - 2 * c * normal_density(c) / (1 - 2 * normal_above(c));
}

double cut_of_ratio(double ratio)
{
    double low = 0.02, high = 60;
    if (ratio >= cut_variance(low) / (low * low))
        return 0;
    for (int i = 0; i < 80; i++) {
        const double c = 0.5 * (low + high);
        if (cut_variance(c) / (c * c) > ratio)
            low = c;
        else
            high = c;
    }
    return low;
}

/* lgamma() leaves the sign in a global, which threads would share. */
static double log_gamma(double x)
{
    int sign;
    return lgamma_r(x, &sign);
}

/* The incomplete gamma function's upper part over the whole, by series or continued fraction (Numerical Recipes, 6.2; DLMF 8.9.2). */
static double gamma_above(double a, double x)
{
    if (x <= 0)
        return 1;
    const double front = exp(a * log(x) - x - log_gamma(a));
    if (x < a + 1) {
        double sum = 1 / a, term = sum;
        for (int i = 1; i < 2000 && term > sum * 1e-16; i++)
            sum += term *= x / (a + i);
        return fmax(0, 1 - front * sum);
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, f = d;
    for (int i = 1; i < 2000; i++) {
        const double k = -i * (i - a);
        b += 2;
        d = 1 / (k * d + b);
        c = b + k / c;
        const double step = c * d;
        f *= step;
        if (fabs(step - 1) < 1e-15)
            break;
    }
    return front * f;
}

double chi2_above(double freedom, double x)
{
    return gamma_above(0.5 * freedom, 0.5 * x);
}

double poisson_above(double mean, double count)
{
    if (count <= 0)
        return 1;
    if (mean <= 0)
        return 0;
    const double upper = gamma_above(count, mean);
    if (upper < 0.9) /* P(N >= count) is the lower part, small where the upper is nearly 1 */
        return 1 - upper;
    double term = exp(count * log(mean) - mean - log_gamma(count + 1)), sum = term;
    for (int i = 1; i < 2000 && term > sum * 1e-16; i++)
        sum += term *= mean / (count + i);
    return sum;
}

double two_sided(double p)
{
    return -normal_quantile(0.5 * p);
}
