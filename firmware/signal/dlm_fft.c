// SPDX-License-Identifier: MIT
// The power spectrum of real windows: Hann, transform, squares. Twin of host/deeplomath/signal/fft.py. SIGNAL.md, Power.
#include "dlm_operations.h"

enum { TURN = DLM_SIGNAL_TURN, QUARTER = TURN / 4 };

static const uint16_t cosine_q15[QUARTER + 1] = DLM_COSINE_Q15;

typedef struct {
    int32_t re, im;
} complex_t;

static inline complex_t get(const dlm_bin_t *bin) {
    return (complex_t){bin->z.re, bin->z.im};
}

static inline void put(dlm_bin_t *bin, int32_t re, int32_t im) {
    bin->z.re = re;
    bin->z.im = im;
}

// (1 - cos) / 2 in Q15, of a phase below a turn.
static int32_t hann_q15(uint32_t phase) {
    phase = phase > TURN / 2 ? TURN - phase : phase;
    const int32_t cosine = phase > QUARTER ? -(int32_t)cosine_q15[TURN / 2 - phase] : cosine_q15[phase];
    return dlm_floor_shift32(32768 - cosine + 1, 1);
}

// Pairs of samples, less their mean, windowed, in Q(guard), to bins [n/2] in the order of reversed bits.
static void load(const int16_t *x, uint32_t n, dlm_bin_t *bins) {
    const int32_t mean = dlm_mean(dlm_sum(x, n), n);
    const unsigned bits = dlm_bit_length(n) - 1, shift = 15 - (DLM_SIGNAL_GUARD - bits);
    const int32_t half = 1 << (shift - 1);
    const uint32_t step = TURN >> bits;
    for (uint32_t i = 0, at = 0; i < n; i += 2) {
        const int32_t even = (x[i] - mean) * hann_q15(i * step), odd = (x[i + 1] - mean) * hann_q15((i + 1) * step);
        put(bins + at, dlm_floor_shift32(even + half, shift), dlm_floor_shift32(odd + half, shift));  // below 2^31
        uint32_t bit = n / 4;
        for (; at & bit; bit /= 2) {
            at ^= bit;
        }
        at |= bit;
    }
}

#if defined(__ARM_ARCH_6M__)

// Of the twiddle: re c + im s = high 2^15 + low, in 32 bits each, as a part of a number is below 2^15, a twiddle's 2^15.
#define HIGH(value) dlm_floor_shift32(value, 15)
#define LOW(value) ((value) & 0x7fff)

// (re + i im) (c - i s), each part rounded.
static inline complex_t turned(complex_t v, int32_t c, int32_t s) {
    const int32_t re_high = HIGH(v.re), re_low = LOW(v.re), im_high = HIGH(v.im), im_low = LOW(v.im);
    return (complex_t){re_high * c + im_high * s + HIGH(re_low * c + im_low * s + 0x4000),
                       im_high * c - re_high * s + HIGH(im_low * c - re_low * s + 0x4000)};
}

#else

// The upper half of a product, rounded.
static inline int32_t upper(int64_t value) {
    return (int32_t)dlm_floor_shift(value, 32) + (int32_t)((uint32_t)value >> 31);
}

// (re + i im) (c - i s), each part rounded: 17 bits are put in so that it is the upper half.
static inline complex_t turned(complex_t v, int32_t c, int32_t s) {
    const int32_t re = v.re * 4, im = v.im * 4;
    c *= 1 << 15;
    s *= 1 << 15;
    return (complex_t){upper((int64_t)re * c + (int64_t)im * s), upper((int64_t)im * c - (int64_t)re * s)};
}

#endif

// a + t and a - t in the place of a and b.
static inline void butterfly(dlm_bin_t *a, dlm_bin_t *b, complex_t t) {
    const complex_t v = get(a);
    put(a, v.re + t.re, v.im + t.im);
    put(b, v.re - t.re, v.im - t.im);
}

// The first two stages, whose twiddles are 1 and -i.
static void transform_fours(dlm_bin_t *z, uint32_t m) {
    for (const dlm_bin_t *end = z + m; z < end; z += 4) {
        butterfly(z, z + 1, get(z + 1));
        butterfly(z + 2, z + 3, get(z + 3));
        butterfly(z, z + 2, get(z + 2));
        butterfly(z + 1, z + 3, (complex_t){z[3].z.im, -z[3].z.re});
    }
}

// The complex Fourier transform of z [m] in the order of reversed bits, m >= 8. A twiddle serves two butterflies, a
// quarter of a turn apart.
static void transform(dlm_bin_t *z, uint32_t m) {
    transform_fours(z, m);
    for (uint32_t quarter = 2, step = TURN / 8; quarter < m / 2; quarter *= 2, step /= 2) {
        for (uint32_t k = 0; k < quarter; k++) {
            const int32_t c = cosine_q15[k * step], s = cosine_q15[QUARTER - k * step];
            for (dlm_bin_t *a = z + k; a < z + m; a += 4 * quarter) {
                dlm_bin_t *b = a + quarter, *other = b + quarter;
                butterfly(a, other, turned(get(other), c, s));
                butterfly(b, other + quarter, turned(get(other + quarter), -s, c));
            }
        }
    }
}

// The square of the absolute value; parts below 2^29.
static inline uint64_t squared(int32_t re, int32_t im) {
    return (uint64_t)((int64_t)re * re) + (uint64_t)((int64_t)im * im);
}

// Powers of bins k and m - k in the place of what the pairs have there: SIGNAL.md, Power, step 3.
static void split(dlm_bin_t *low, dlm_bin_t *high, int32_t c, int32_t s) {
    const complex_t a = get(low), b = get(high);
    const int32_t even_re = a.re + b.re, even_im = a.im - b.im, odd_re = a.im + b.im, odd_im = b.re - a.re;
#if defined(__ARM_ARCH_6M__)
    const int32_t rh = HIGH(odd_re), rl = LOW(odd_re), ih = HIGH(odd_im), il = LOW(odd_im);
    const int32_t re_high = rh * c + ih * s, re_low = rl * c + il * s;
    const int32_t im_high = ih * c - rh * s, im_low = il * c - rl * s;
    const int32_t re = dlm_floor_shift32(even_re + re_high + HIGH(re_low + 0x8000), 1);
    const int32_t im = dlm_floor_shift32(even_im + im_high + HIGH(im_low + 0x8000), 1);
    const int32_t re_other = dlm_floor_shift32(even_re - re_high + HIGH(0x8000 - re_low), 1);
    const int32_t im_other = dlm_floor_shift32(even_im - im_high + HIGH(0x8000 - im_low), 1);
#else
    const int32_t re2 = odd_re * 2, im2 = odd_im * 2;
    c *= 1 << 15;
    s *= 1 << 15;
    const int64_t t_re = (int64_t)re2 * c + (int64_t)im2 * s, t_im = (int64_t)im2 * c - (int64_t)re2 * s;
    const int64_t e_re = (int64_t)even_re * ((int64_t)1 << 31), e_im = (int64_t)even_im * ((int64_t)1 << 31);
    const int32_t re = upper(e_re + t_re), im = upper(e_im + t_im);
    const int32_t re_other = upper(e_re - t_re), im_other = upper(e_im - t_im);
#endif
    low->power = squared(re, im);
    high->power = squared(re_other, im_other);
}

uint64_t dlm_power(const int16_t *x, uint32_t n, dlm_bin_t *bins) {
    const uint32_t m = n / 2, step = TURN / n;
    load(x, n, bins);
    transform(bins, m);
    bins[m] = bins[0];
    uint64_t total = 0;
    for (uint32_t k = 0; k <= m / 2; k++) {
        split(bins + k, bins + m - k, cosine_q15[k * step], cosine_q15[QUARTER - k * step]);
        total += bins[k].power + bins[m - k].power;
    }
    return total - bins[m / 2].power;  // which was added twice
}
