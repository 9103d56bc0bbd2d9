// SPDX-License-Identifier: MIT
// The phases of a rebuild. NUMERICS.md, Rebuild.
#ifndef DLM_PHASES_H
#define DLM_PHASES_H

// The phases, in their order; those from WIDTH to NEXT_COORDINATES come once for each layer tried. Each is made of
// rows, a row a step.
enum {
    IDLE,
    VARIANCE,          // of feature `row`, and its window
    COORDINATES,       // of event `row` in the known set and in the first layer
    WIDTH,             // of the layer
    FACTOR,            // row of A, L and V
    WEIGHTS,           // alpha of the events 4 row..4 row + 3, by their columns of W
    STORE,             // alpha in 16 bits, and left-out answers
    DECIDE,            // does the layer earn its place?
    RESIDUALS,         // of coordinate `row`
    SPREAD,            // row of their covariance, for its shrinkage
    CORRELATION,       // row of its correlations and of their factor
    INVERSE,           // its columns 4 row..4 row + 3
    BASE,              // coordinates of event `row` that the next layer is made of
    SLOPES,            // of one in four events
    NEXT_COORDINATES,  // of event `row` in the next layer
    NEAREST,           // distances of event `row` in the known set
    CONTOUR,
};

#endif
