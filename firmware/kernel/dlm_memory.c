// SPDX-License-Identifier: MIT
// A learn's life: absorbed, inserted, evicted, taken back, corrected, named. Twin of host/deeplomath/mirror/memory.py.
// NUMERICS.md, Memory.
#include "dlm_kernel.h"

int dlm_init(const dlm_config_t *config, void *buffer, size_t size, dlm_t **net) {
    int error = dlm_check(config);
    if (error) {
        return error;
    }
    if (!buffer || ((uintptr_t)buffer & 7u) || size < dlm_footprint(config)) {
        return DLM_ERR_BUFFER;
    }
    dlm_config_t copy = *config;  // config may lie in buffer
    memset(buffer, 0, dlm_footprint(&copy));
    *net = buffer;
    dlm_lay_out(*net, &copy);
    dlm_rebuild(*net);
    return 0;
}

// Learning

// What undo needs of learn n of the last change, and the features of the event evicted then.
static dlm_undo_t *undo_at(const dlm_t *net, uint32_t n) {
    return DLM_AT(net, dlm_undo_t, net->undo) + n;
}

static int16_t *undo_x_at(const dlm_t *net, uint32_t n) {
    return DLM_AT(net, int16_t, net->undo_x) + n * net->config.n_features;
}

// Puts x in as a new event, in place of the one that undo tells of if the budget is used up. Returns its id.
static uint32_t insert(dlm_t *net, const int16_t *x, const dlm_undo_t *undo, int16_t *undo_x) {
    const uint32_t touched = (*dlm_class_clock(net, undo->label))++;
    const dlm_event_t event = {.id = net->clock, .touched = touched, .label = undo->label, .count = 1};
    if (undo->reason != DLM_REASON_NONE) {
        memcpy(undo_x, dlm_event_x(net, undo->at), sizeof(int16_t) * net->config.n_features);
        dlm_remove_event(net, undo->at);
    }
    dlm_insert_event(net, net->n_events, &event, x);
    return event.id;
}

// Lets an event stand for one more. Returns its id.
static uint32_t absorb(dlm_t *net, dlm_event_t *event) {
    event->count = (uint16_t)(event->count + (event->count < DLM_LIMIT_COUNT));
    event->touched = (*dlm_class_clock(net, event->label))++;
    return event->id;
}

// There is nothing to undo, nor to correct, any more.
static void forget_change(dlm_t *net) {
    while (net->named) {
        dlm_remove_oldest_unknown(net);
    }
    net->n_undo = 0;
    net->seen = DLM_SEEN_NONE;
}

// The network rebuilt after a change; returns 0.
static int rebuilt(dlm_t *net) {
    forget_change(net);
    dlm_rebuild(net);
    return 0;
}

void dlm_forget_asked(dlm_t *net) {
    forget_change(net);
    net->n_unknowns = 0;
    net->n_unknowns_met = 0;
}

// 0, or why n events cannot be learned under label.
static int check_learn(const dlm_t *net, int32_t label, uint32_t n) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (dlm_check_label(net, label)) {
        return DLM_ERR_LABEL;
    }
    const uint32_t most = DLM_LIMIT_CLOCK - n;
    return net->clock > most || *dlm_class_clock(net, (int16_t)label) > most ? DLM_ERR_CLOCK : 0;
}

// What follows from a change of the events: a rebuild is begun if one came or went; what was absorbed changes no
// neuron.
static void follow(dlm_t *net, int came_or_went) {
    if (came_or_went) {
        dlm_build_begin(net);
    } else {
        dlm_learn_from_experience(net, dlm_live(net));
    }
}

// Decides what becomes of x under the label of made: fills made, and answer where that is experience. Returns 0 or
// DLM_ERR_FULL.
static int decide(dlm_t *net, const int16_t *x, dlm_undo_t *made, dlm_answer_t *answer) {
    uint32_t members[DLM_LIMIT_CLASSES];
    int32_t at = -1;
    dlm_count_members(net, members);
    made->experienced = members[dlm_class(net, made->label)] > 1;  // one event alone gives no distance to compare with
    if (made->experienced) {
        dlm_answer(net, x, answer);
        at = dlm_absorber(net, answer, made->label);
    }
    made->action = at < 0 ? DLM_ACTION_INSERTED : DLM_ACTION_ABSORBED;
    if (at < 0 && net->n_events == net->config.n_events) {
        at = dlm_least_useful(net, &made->reason);
        if (at < 0) {
            return DLM_ERR_FULL;
        }
    }
    if (at >= 0) {
        made->at = (uint16_t)at;
        made->event = dlm_events(net)[at];
    }
    return 0;
}

// Adds what was answered to the event before it was learned.
static void add_experience(dlm_t *net, uint32_t event, const dlm_answer_t *answer, dlm_undo_t *undo) {
    const uint32_t hit = (uint32_t)answer->label == dlm_class(net, undo->label) ? DLM_HIT : 0;
    const uint32_t inserted = undo->action == DLM_ACTION_INSERTED ? DLM_INSERTED : 0;
    const dlm_experience_t entry = {
        .event = event,
        .novelty_q12 = (uint16_t)answer->novelty_q12,
        .margin_q8 = (uint16_t)((uint32_t)dlm_margin_q8(answer->margin_q16) | hit | inserted),
    };
    dlm_add_experience(net, &entry, undo);
}

// As dlm_learn, or without build as dlm_learn_begin; undo takes it back together with the n_before learns of this
// change before it.
static int learn(dlm_t *net, const int16_t *x, int32_t label, uint32_t n_before, int build, dlm_learned_t *learned) {
    dlm_answer_t answer;
    dlm_undo_t made;
    int error = check_learn(net, label, 1);
    if (error) {
        return error;
    }
    dlm_finish(net);
    memset(&made, 0, sizeof(made));
    made.label = (int16_t)label;
    error = decide(net, x, &made, &answer);
    if (error) {
        return error;
    }
    x = memmove(DLM_AT(net, int16_t, net->seen_x), x, sizeof(int16_t) * net->config.n_features);
    forget_change(net);
    learned->action = made.action;
    learned->reason = made.reason;
    learned->evicted = made.reason ? made.event.id : 0;
    learned->event = made.action == DLM_ACTION_INSERTED ? insert(net, x, &made, undo_x_at(net, n_before))
                                                        : absorb(net, &dlm_events(net)[made.at]);
    if (made.experienced) {
        add_experience(net, learned->event, &answer, &made);
    }
    net->clock++;
    *undo_at(net, n_before) = made;
    net->n_undo = (uint8_t)(n_before + 1);
    net->seen = DLM_SEEN_LEARNED;
    follow(net, made.action == DLM_ACTION_INSERTED);
    if (build) {
        dlm_finish(net);
    }
    learned->n_neurons = net->n_events;
    learned->depth = dlm_live(net)->depth;
    learned->error_q16 = dlm_live(net)->error_q16;
    return 0;
}

int dlm_learn_begin(dlm_t *net, const int16_t *x, int32_t label, dlm_learned_t *learned) {
    return net->config.background || net->frozen ? learn(net, x, label, 0, 0, learned) : DLM_ERR_MODE;
}

int dlm_learn(dlm_t *net, const int16_t *x, int32_t label, dlm_learned_t *learned) {
    return learn(net, x, label, 0, 1, learned);
}

// Taking back

// Takes back learn n of the last change, the last of those that still stand.
static void take_back(dlm_t *net, uint32_t n) {
    const dlm_undo_t *undo = undo_at(net, n);
    dlm_undo_experience(net, undo);
    if (undo->action == DLM_ACTION_ABSORBED) {
        dlm_events(net)[undo->at] = undo->event;
    } else {
        dlm_remove_event(net, net->n_events - 1u);
        if (undo->reason != DLM_REASON_NONE) {
            dlm_insert_event(net, undo->at, &undo->event, undo_x_at(net, n));
        }
    }
    net->clock--;
    --*dlm_class_clock(net, undo->label);
}

int dlm_undo(dlm_t *net) {
    int inserted = 0;
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (!net->n_undo) {
        return DLM_ERR_NOTHING;
    }
    dlm_finish(net);
    for (uint32_t n = net->n_undo; n--;) {
        take_back(net, n);
        inserted |= undo_at(net, n)->action == DLM_ACTION_INSERTED;
    }
    net->named = 0;  // remembered again
    forget_change(net);
    follow(net, inserted);
    dlm_finish(net);
    return 0;
}

// Position of the event with this id, or DLM_ERR_FROZEN, or DLM_ERR_EVENT.
static int32_t find_to_change(const dlm_t *net, uint32_t event) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    const int32_t at = dlm_find_event(net, event);
    return at < 0 ? DLM_ERR_EVENT : at;
}

int dlm_forget(dlm_t *net, uint32_t event) {
    const int32_t at = find_to_change(net, event);
    if (at < 0) {
        return at;
    }
    dlm_forget_event(net, (uint32_t)at);
    return rebuilt(net);
}

int dlm_relabel(dlm_t *net, uint32_t event, int32_t label) {
    const int32_t at = find_to_change(net, event);
    if (at < 0) {
        return at;
    }
    if (dlm_check_label(net, label)) {
        return DLM_ERR_LABEL;
    }
    uint32_t *class_clock = dlm_class_clock(net, (int16_t)label);
    if (*class_clock == DLM_LIMIT_CLOCK) {
        return DLM_ERR_CLOCK;
    }
    dlm_event_t *event_at = &dlm_events(net)[at];
    event_at->touched = (*class_clock)++;
    event_at->label = (int16_t)label;
    return rebuilt(net);
}

int dlm_correct(dlm_t *net, int32_t label, dlm_learned_t *learned) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (net->seen == DLM_SEEN_NONE) {
        return DLM_ERR_NOTHING;
    }
    if (dlm_check_label(net, label)) {
        return DLM_ERR_LABEL;
    }
    const uint8_t seen = net->seen;
    const int16_t *x = DLM_AT(net, int16_t, net->seen_x);
    const int32_t before = undo_at(net, 0)->label;
    if (seen == DLM_SEEN_LEARNED) {
        dlm_undo(net);
    }
    const int error = dlm_learn(net, x, label, learned);
    if (error && seen == DLM_SEEN_LEARNED) {
        dlm_learned_t again;
        dlm_learn(net, x, before, &again);  // as it was: learning is deterministic
    }
    if (!error && seen == DLM_SEEN_UNKNOWN) {
        net->n_unknowns--;  // it was the newest
    }
    return error;
}

int dlm_drop(dlm_t *net) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (net->seen == DLM_SEEN_NONE) {
        return DLM_ERR_NOTHING;
    }
    if (net->seen == DLM_SEEN_LEARNED) {
        return dlm_undo(net);
    }
    net->n_unknowns = (uint8_t)(net->n_unknowns - (net->seen == DLM_SEEN_UNKNOWN));
    net->seen = DLM_SEEN_NONE;
    return 0;
}

// Unknowns

int dlm_name(dlm_t *net, const uint32_t *unknowns, uint32_t n, int32_t label, dlm_learned_t *learned) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (n < 1 || n > DLM_LIMIT_UNKNOWNS) {
        return DLM_ERR_COUNT;
    }
    for (uint32_t i = 0; i < n; i++) {
        int known = dlm_find_unknown(net, unknowns[i]) >= 0;
        for (uint32_t j = 0; j < i; j++) {
            known = known && unknowns[j] != unknowns[i];
        }
        if (!known) {
            return DLM_ERR_EVENT;
        }
    }
    const int error = check_learn(net, label, n);
    if (error) {
        return error;
    }
    dlm_finish(net);
    if (!dlm_has_room(net, dlm_class(net, (int16_t)label), n)) {
        return DLM_ERR_FULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        learn(net, dlm_unknown(net, unknowns[i]), label, i, 1, learned);
    }
    uint32_t named = 0;
    for (uint32_t i = 0; i < n; i++) {
        named |= 1u << dlm_find_unknown(net, unknowns[i]);
    }
    net->named = (uint8_t)named;
    net->seen = DLM_SEEN_NONE;
    return 0;
}

// Classes

static int check_class(const dlm_t *net, int32_t label) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    return net->config.regression ? DLM_ERR_MODE : dlm_check_label(net, label);
}

int dlm_rename_class(dlm_t *net, int32_t label, int32_t to) {
    int error = check_class(net, label);
    error = error ? error : check_class(net, to);
    for (uint32_t i = 0; !error && i < net->n_events; i++) {
        error = dlm_events(net)[i].label == to ? DLM_ERR_PRESENT : 0;
    }
    if (error) {
        return error;
    }
    dlm_move_class(net, label, to);
    return rebuilt(net);
}

int dlm_drop_class(dlm_t *net, int32_t label) {
    const int error = check_class(net, label);
    if (error) {
        return error;
    }
    for (uint32_t i = net->n_events; i--;) {
        if (dlm_events(net)[i].label == label) {
            dlm_forget_event(net, i);
        }
    }
    net->class_clock[label] = 0;
    return rebuilt(net);
}

void dlm_freeze(dlm_t *net, int frozen) {
    dlm_finish(net);
    net->frozen = (uint8_t)(frozen != 0);
}

// Asking

void dlm_infer(dlm_t *net, const int16_t *x, dlm_answer_t *answer) {
    dlm_answer(net, x, answer);
    memmove(DLM_AT(net, int16_t, net->seen_x), x, sizeof(int16_t) * net->config.n_features);
    net->seen = DLM_SEEN_INFERRED;
    if (answer->verdict == DLM_VERDICT_UNKNOWN) {
        dlm_remember_unknown(net, DLM_AT(net, int16_t, net->seen_x));  // x may lie in the ring of unknowns
        net->seen = DLM_SEEN_UNKNOWN;
    }
}

void dlm_info(const dlm_t *net, dlm_info_t *info) {
    const dlm_network_t *live = dlm_live(net);
    info->config = net->config;
    info->clock = net->clock;
    info->error_q16 = live->error_q16;
    info->level_q12 = live->level_q12;
    info->work = live->work;
    info->n_neurons = live->n_neurons;
    info->depth = live->depth;
    info->frozen = net->frozen;
    info->building = net->build.phase != 0;
}
