// SPDX-License-Identifier: MIT
// Counts what the kernel takes on this core, and an MLP beside it; bench_data.h holds the events, made by __main__.py.
#include "bench_data.h"
#include "checks.h"
#include "dlm_kernel.h"
#include "machine.h"
#include "mlp.h"

static uint64_t buffer[BENCH_BYTES / 8];

static void print(const char *name, const bench_case_t *of, uint32_t value) {
    machine_print(name);
    machine_print_number(of->config.n_features);
    machine_print_number(of->config.n_events);
    machine_print_number(of->config.n_layers);
    machine_print_number(value);
    machine_print("\n");
}

// Of one case: infer, learn and rebuild, and the digest behind them, which the host compares with the mirror's.
static void count_kernel(const bench_case_t *of) {
    dlm_t *net;
    dlm_answer_t answer;
    dlm_learned_t learned;
    if (dlm_init(&of->config, buffer, sizeof(buffer), &net) || dlm_import(net, of->state, of->state_bytes)) {
        print("failed", of, 0);
        return;
    }
    uint32_t start = machine_count();
    int error = dlm_learn(net, of->x, of->label, &learned);
    print("learn", of, machine_count() - start);
    start = machine_count();
    dlm_build_begin(net);
    dlm_finish(net);
    print("rebuild", of, machine_count() - start);
    start = machine_count();
    dlm_infer(net, of->x, &answer);
    print("infer", of, machine_count() - start);
    print(error || learned.action != DLM_ACTION_INSERTED ? "failed" : "digest", of, dlm_digest(net));
    print("depth", of, learned.depth);
    print("ram", of, (uint32_t)dlm_footprint(&of->config));
}

static uint32_t right_of_kernel(const bench_case_t *of) {
    dlm_t *net;
    dlm_answer_t answer;
    dlm_learned_t learned;
    uint32_t right = 0;
    dlm_init(&of->config, buffer, sizeof(buffer), &net);
    dlm_import(net, of->state, of->state_bytes);
    dlm_learn(net, of->x, of->label, &learned);
    for (uint32_t i = 0; i < BENCH_QUERIES; i++) {
        dlm_infer(net, bench_queries[i], &answer);
        right += answer.label == bench_query_labels[i];
    }
    return right;
}

#if defined(__ARM_FP)
// Full batches until the MLP is right as often as the kernel is, 200 at the most.
static void count_mlp(const bench_case_t *of, uint32_t wanted) {
    mlp_t *mlp = (mlp_t *)(void *)buffer;
    uint32_t right = 0, iterations = 0, one = 0, all = 0;
    mlp_init(mlp, bench_events, of->config.n_events);
    while (right < wanted && iterations < 200) {
        uint32_t start = machine_count();
        mlp_iterate(mlp, bench_events, bench_labels, of->config.n_events);
        one = machine_count() - start;
        all += one;
        iterations++;
        right = 0;
        for (uint32_t i = 0; i < BENCH_QUERIES; i++) {
            right += mlp_answer(mlp, bench_queries[i]) == bench_query_labels[i];
        }
    }
    uint32_t start = machine_count();
    mlp_answer(mlp, bench_queries[0]);
    print("mlp_infer", of, machine_count() - start);
    print("mlp_iteration", of, one);
    print("mlp_training", of, all);
    print("mlp_iterations", of, iterations);
    print("mlp_right", of, right);
    print("mlp_ram", of, sizeof(mlp_t));
}
#endif

int main(void) {
    print("checks_failed", &bench_cases[0], checks_failed());
    for (uint32_t i = 0; i < BENCH_CASES; i++) {
        count_kernel(&bench_cases[i]);
    }
    const bench_case_t *of = &bench_cases[BENCH_COMPARED];
    const uint32_t right = right_of_kernel(of);
    print("right", of, right);
#if defined(__ARM_FP)
    count_mlp(of, right);
#endif
    machine_print("end\n");
    return 0;
}
