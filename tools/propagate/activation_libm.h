/* SPDX-License-Identifier: MIT */
/* The functions of activation_tmpl.h lane by lane, for a sow that is built without SLEEF. */
#define BY_LANE(name, function)                                                                                                            \
    static vf name(vf x)                                                                                                                   \
    {                                                                                                                                      \
        for (int i = 0; i < LANES; i++)                                                                                                    \
            x[i] = function(x[i]);                                                                                                         \
        return x;                                                                                                                          \
    }

BY_LANE(v_tanh, tanhf)
BY_LANE(v_erf, erff)
BY_LANE(v_exp, expf)
BY_LANE(v_expm1, expm1f)
