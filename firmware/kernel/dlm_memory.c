// SPDX-License-Identifier: MIT
// The events kept: absorb, insert, evict, undo, forget, relabel, name. Twin of host/deeplomath/mirror/memory.py. NUMERICS.md, Memory.
#include "dlm_kernel.h"

// Events

// Place of the event with this id; -1 if it is not kept.
static int32_t find_event(const dlm_t *net, uint32_t id) {
    for (uint32_t i = 0; i < net->n_events; i++) {
        if (dlm_events(net)[i].id == id) {
            return (int32_t)i;
        }
    }
    return -1;
}

void dlm_count_members(const dlm_t *net, uint32_t *members) {
    memset(members, 0, sizeof(*members) * DLM_LIMIT_CLASSES);
    for (uint32_t i = 0; i < net->n_events; i++) {
        members[dlm_class(net, dlm_events(net)[i].label)]++;
    }
}

// Moves the events from a place on to another one.
static void move_events(dlm_t *net, uint32_t from, uint32_t to) {
    const size_t n = net->n_events - from;
    memmove(&dlm_events(net)[to], &dlm_events(net)[from], n * sizeof(dlm_event_t));
    memmove(dlm_event_x(net, to), dlm_event_x(net, from), n * sizeof(int16_t) * net->config.n_features);
}

// Takes the event at a place out.
static void remove_event(dlm_t *net, uint32_t at) {
    move_events(net, at + 1, at);
    net->n_events--;
}

// Puts an event in at a place.
static void insert_event(dlm_t *net, uint32_t at, const dlm_event_t *event, const int16_t *x) {
    move_events(net, at, at + 1);
    net->n_events++;
    dlm_events(net)[at] = *event;
    memcpy(dlm_event_x(net, at), x, sizeof(int16_t) * net->config.n_features);
}

// What undo needs of learn n of the last change, and the features of the event evicted then.
static dlm_undo_t *undo_at(const dlm_t *net, uint32_t n) {
    return DLM_AT(net, dlm_undo_t, net->undo) + n;
}

static int16_t *undo_x_at(const dlm_t *net, uint32_t n) {
    return DLM_AT(net, int16_t, net->undo_x) + n * net->config.n_features;
}

// Experience

static void remove_experience(dlm_t *net, uint32_t at) {
    const size_t after = --net->n_experience - at;
    memmove(&dlm_experience(net)[at], &dlm_experience(net)[at + 1], after * sizeof(dlm_experience_t));
}

// Adds what was answered to a labelled event before it was learned; the oldest goes when there is no room.
static void add_experience(dlm_t *net, uint32_t event, const dlm_answer_t *answer, dlm_undo_t *undo) {
    const uint32_t hit = (uint32_t)answer->label == dlm_class(net, undo->label) ? DLM_HIT : 0;
    undo->experience_full = net->n_experience == DLM_MEMORY_EXPERIENCE;
    if (undo->experience_full) {
        undo->experience = dlm_experience(net)[0];
        remove_experience(net, 0);
    }
    dlm_experience_t *entry = &dlm_experience(net)[net->n_experience++];
    entry->event = event;
    entry->novelty_q12 = (uint16_t)answer->novelty_q12;
    entry->margin_q8 = (uint16_t)((uint32_t)dlm_margin_q8(answer->margin_q16) | hit);
}

static void undo_experience(dlm_t *net, const dlm_undo_t *undo) {
    dlm_experience_t *experience = dlm_experience(net);
    net->n_experience = (uint16_t)(net->n_experience - undo->experienced);
    if (undo->experience_full) {
        memmove(experience + 1, experience, net->n_experience++ * sizeof(*experience));
        experience[0] = undo->experience;
    }
}

static void forget_experience(dlm_t *net, uint32_t event) {
    for (uint32_t i = net->n_experience; i--;) {
        if (dlm_experience(net)[i].event == event) {
            remove_experience(net, i);
        }
    }
}

// Learning

int dlm_check_label(const dlm_t *net, int32_t label) {
    if (net->config.regression) {
        return label < INT16_MIN || label > INT16_MAX ? DLM_ERR_LABEL : 0;
    }
    return label < 0 || label >= net->config.n_classes ? DLM_ERR_LABEL : 0;
}

// Whether the network already answers an event of this label with margin, or a regression with precision.
static int answers_well(const dlm_t *net, const dlm_answer_t *answer, int32_t label) {
    const dlm_network_t *live = dlm_live(net);
    if (answer->novelty_q12 > live->level_q12 || (live->n_present == 1 && answer->novelty_q12 > DLM_ONE_Q12)) {
        return 0;  // where no other class sets a margin, only what is as near as events of a class usually are
    }
    if (!net->config.regression) {
        return answer->label == label && answer->margin_q16 > DLM_MEMORY_ABSORB_MARGIN;
    }
    const int64_t miss = (int64_t)label * 256 - answer->value_q8;
    const int64_t scaled = dlm_round_shift((miss < 0 ? -miss : miss) * live->target.mantissa, live->target.shift - 8);
    return scaled <= DLM_MEMORY_ABSORB_MISS;
}

// Which event absorbs x, just answered (query_q8 holds its coordinates), under label: its place, or -1.
static int32_t absorber(const dlm_t *net, const dlm_answer_t *answer, int32_t label) {
    const dlm_network_t *live = dlm_live(net);
    const uint32_t d = net->config.n_features, stride = dlm_stride(&net->config, 0);
    const int16_t *z = DLM_AT(net, int16_t, net->query_q8), *neuron = DLM_AT(net, int16_t, live->layers[0].n_q8);
    const int16_t *neuron_label = DLM_AT(net, int16_t, live->label);
    uint32_t nearest = UINT32_MAX;
    int32_t found = -1;
    if (!answers_well(net, answer, label)) {
        return -1;
    }
    for (uint32_t i = 0; i < live->n_neurons; i++, neuron += stride) {
        const uint32_t distance2 = dlm_distance2(z, neuron, d);
        if (dlm_class(net, neuron_label[i]) == dlm_class(net, (int16_t)label) && distance2 < nearest) {
            nearest = distance2;
            found = (int32_t)dlm_place(i, live->n_neurons);
        }
    }
    return found;
}

// What the left-out margin of neuron i lacks of 1, Q16.
static int32_t lack(const dlm_t *net, uint32_t i) {
    int32_t outputs[DLM_LIMIT_CLASSES];
    const int16_t label = DLM_AT(net, int16_t, dlm_live(net)->label)[i];
    dlm_left_out_outputs(net, dlm_live(net), i, outputs);
    if (net->config.regression) {
        const int32_t miss = dlm_own_target(net, dlm_live(net), label) - outputs[0];
        return miss < 0 ? -miss : miss;
    }
    return DLM_ONE_Q16 - dlm_margin(net, dlm_live(net), outputs, dlm_class(net, label));
}

// Which event the network misses least: its place, and why in *reason; -1 if none may go.
static int32_t least_useful(dlm_t *net, uint8_t *reason) {
    const uint32_t m = net->n_events;
    const dlm_event_t *events = dlm_events(net);
    const uint32_t *nearest = DLM_AT(net, uint32_t, net->nearest_own);
    uint32_t members[DLM_LIMIT_CLASSES];
    int32_t least = INT32_MAX, least_ageless = INT32_MAX;
    int32_t found = -1, found_ageless = -1;
    dlm_count_members(net, members);
    for (uint32_t i = 0; i < m; i++) {
        const uint32_t place = dlm_place(i, m);
        if (members[dlm_class(net, events[place].label)] <= 2) {
            continue;
        }
        const uint32_t distance =
            dlm_novelty(dlm_live(net), dlm_distance(nearest[i]), DLM_ONE_Q16);  // in spacings, Q12
        const uint32_t untouched = net->clock - events[place].touched;
        const uint32_t age = (untouched < DLM_MEMORY_AGE ? untouched : DLM_MEMORY_AGE) * DLM_MEMORY_WEIGHT_AGE;  // 2^30
        const int32_t ageless = lack(net, i) + (int32_t)(distance << DLM_MEMORY_DISTANCE_SHIFT);                 // 2^22
        const int32_t use = ageless - (int32_t)(age / net->config.n_events);
        if (use < least) {
            least = use;
            found = (int32_t)place;
        }
        if (ageless < least_ageless) {
            least_ageless = ageless;
            found_ageless = (int32_t)place;
        }
    }
    *reason = found == found_ageless ? DLM_REASON_REDUNDANT : DLM_REASON_AGED;
    return found;
}

// Puts x in as a new event, in place of the one that undo tells of if the budget is used up. Returns its id.
static uint32_t insert(dlm_t *net, const int16_t *x, const dlm_undo_t *undo, int16_t *undo_x) {
    const dlm_event_t event = {.id = net->clock, .touched = net->clock, .label = undo->label, .count = 1};
    if (undo->reason != DLM_REASON_NONE) {
        memcpy(undo_x, dlm_event_x(net, undo->at), sizeof(int16_t) * net->config.n_features);
        remove_event(net, undo->at);
    }
    insert_event(net, net->n_events, &event, x);
    return event.id;
}

// Lets an event stand for one more. Returns its id.
static uint32_t absorb(dlm_t *net, dlm_event_t *event) {
    event->count = (uint16_t)(event->count + (event->count < DLM_LIMIT_COUNT));
    event->touched = net->clock;
    return event->id;
}

static void remove_unknown(dlm_t *net, uint32_t at) {
    const uint32_t d = net->config.n_features, before = (1u << at) - 1;
    int16_t *x = DLM_AT(net, int16_t, net->unknown_x);
    uint32_t *id = DLM_AT(net, uint32_t, net->unknown_id);
    const size_t after = --net->n_unknowns - at;
    memmove(x + at * d, x + (at + 1) * d, after * d * sizeof(*x));
    memmove(id + at, id + at + 1, after * sizeof(*id));
    net->named = (uint8_t)((net->named & before) | (net->named >> 1 & ~before));
}

// Removes the oldest unknown that was named, or the oldest of all if there is none.
static void remove_oldest_unknown(dlm_t *net) {
    uint32_t at = 0;
    while (net->named >> at > 1 && !(net->named >> at & 1)) {
        at++;
    }
    remove_unknown(net, at);
}

// There is nothing to undo, nor to correct, any more.
static void forget_change(dlm_t *net) {
    while (net->named) {
        remove_oldest_unknown(net);
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
    return net->clock + n > DLM_LIMIT_CLOCK ? DLM_ERR_CLOCK : 0;
}

// What follows from a change of the events: a rebuild is begun if one came or went; what was absorbed changes no neuron.
static void follow(dlm_t *net, int came_or_went) {
    if (came_or_went) {
        dlm_build_begin(net);
    } else {
        dlm_learn_from_experience(net, dlm_live(net));
    }
}

// Decides what becomes of x under the label of made: fills made, and answer where that is experience. Returns 0 or DLM_ERR_FULL.
static int decide(dlm_t *net, const int16_t *x, dlm_undo_t *made, dlm_answer_t *answer) {
    uint32_t members[DLM_LIMIT_CLASSES];
    int32_t at = -1;
    dlm_count_members(net, members);
    made->experienced = members[dlm_class(net, made->label)] > 1;  // one event alone gives no distance to compare with
    if (made->experienced) {
        dlm_answer(net, x, answer);
        at = absorber(net, answer, made->label);
    }
    made->action = at < 0 ? DLM_ACTION_INSERTED : DLM_ACTION_ABSORBED;
    if (at < 0 && net->n_events == net->config.n_events) {
        at = least_useful(net, &made->reason);
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

// As dlm_learn, or without build as dlm_learn_begin; undo takes it back together with the n_before learns of this change before it.
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
    undo_experience(net, undo);
    if (undo->action == DLM_ACTION_ABSORBED) {
        dlm_events(net)[undo->at] = undo->event;
    } else {
        remove_event(net, net->n_events - 1u);
        if (undo->reason != DLM_REASON_NONE) {
            insert_event(net, undo->at, &undo->event, undo_x_at(net, n));
        }
    }
    net->clock--;
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

static void forget_at(dlm_t *net, uint32_t at) {
    const uint32_t event = dlm_events(net)[at].id;
    forget_experience(net, event);
    remove_event(net, at);
    net->clock -= event + 1 == net->clock;
}

// Place of the event with this id, or DLM_ERR_FROZEN, or DLM_ERR_EVENT.
static int32_t find_to_change(const dlm_t *net, uint32_t event) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    const int32_t at = find_event(net, event);
    return at < 0 ? DLM_ERR_EVENT : at;
}

int dlm_forget(dlm_t *net, uint32_t event) {
    const int32_t at = find_to_change(net, event);
    if (at < 0) {
        return at;
    }
    forget_at(net, (uint32_t)at);
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
    dlm_events(net)[at].label = (int16_t)label;
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

// Place of the unknown with this id; -1 if it is not remembered, or only for undo.
static int32_t find_unknown(const dlm_t *net, uint32_t unknown) {
    for (uint32_t i = 0; i < net->n_unknowns; i++) {
        if (DLM_AT(net, uint32_t, net->unknown_id)[i] == unknown && !(net->named >> i & 1)) {
            return (int32_t)i;
        }
    }
    return -1;
}

void dlm_remember_unknown(dlm_t *net, const int16_t *x) {
    const uint32_t d = net->config.n_features;
    if (net->n_unknowns == DLM_LIMIT_UNKNOWNS) {
        remove_oldest_unknown(net);
    }
    memmove(DLM_AT(net, int16_t, net->unknown_x) + net->n_unknowns * d, x, d * sizeof(*x));
    DLM_AT(net, uint32_t, net->unknown_id)[net->n_unknowns++] = net->n_unknowns_met++;
}

uint32_t dlm_unknowns(const dlm_t *net, uint32_t *unknowns) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < net->n_unknowns; i++) {
        if (!(net->named >> i & 1)) {
            unknowns[n++] = DLM_AT(net, uint32_t, net->unknown_id)[i];
        }
    }
    return n;
}

const int16_t *dlm_unknown(const dlm_t *net, uint32_t unknown) {
    const int32_t at = find_unknown(net, unknown);
    return at < 0 ? NULL : DLM_AT(net, int16_t, net->unknown_x) + at * net->config.n_features;
}

// Whether n more events of a class find room: each takes a free place, or that of an event beyond the second of its class.
static int has_room(const dlm_t *net, uint32_t class, uint32_t n) {
    uint32_t members[DLM_LIMIT_CLASSES];
    uint32_t room = (uint32_t)(net->config.n_events - net->n_events);
    dlm_count_members(net, members);
    for (uint32_t c = 0; c < DLM_LIMIT_CLASSES; c++) {
        room += members[c] > 2 ? members[c] - 2 : 0;
    }
    for (; n; n--) {
        if (!room) {
            return 0;
        }
        room = room - 1 + (++members[class] > 2);
    }
    return 1;
}

int dlm_name(dlm_t *net, const uint32_t *unknowns, uint32_t n, int32_t label, dlm_learned_t *learned) {
    if (net->frozen) {
        return DLM_ERR_FROZEN;
    }
    if (n < 1 || n > DLM_LIMIT_UNKNOWNS) {
        return DLM_ERR_COUNT;
    }
    for (uint32_t i = 0; i < n; i++) {
        int known = find_unknown(net, unknowns[i]) >= 0;
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
    if (!has_room(net, dlm_class(net, (int16_t)label), n)) {
        return DLM_ERR_FULL;
    }
    for (uint32_t i = 0; i < n; i++) {
        learn(net, dlm_unknown(net, unknowns[i]), label, i, 1, learned);
    }
    uint32_t named = 0;
    for (uint32_t i = 0; i < n; i++) {
        named |= 1u << find_unknown(net, unknowns[i]);
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
    dlm_event_t *events = dlm_events(net);
    int error = check_class(net, label);
    error = error ? error : check_class(net, to);
    for (uint32_t i = 0; !error && i < net->n_events; i++) {
        error = events[i].label == to ? DLM_ERR_PRESENT : 0;
    }
    if (error) {
        return error;
    }
    for (uint32_t i = 0; i < net->n_events; i++) {
        events[i].label = (int16_t)(events[i].label == label ? to : events[i].label);
    }
    return rebuilt(net);
}

int dlm_drop_class(dlm_t *net, int32_t label) {
    const int error = check_class(net, label);
    if (error) {
        return error;
    }
    for (uint32_t i = net->n_events; i--;) {
        if (dlm_events(net)[i].label == label) {
            forget_at(net, i);
        }
    }
    return rebuilt(net);
}

void dlm_freeze(dlm_t *net, int frozen) {
    dlm_finish(net);
    net->frozen = (uint8_t)(frozen != 0);
}
