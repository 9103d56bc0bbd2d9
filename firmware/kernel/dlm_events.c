// SPDX-License-Identifier: MIT
// The events kept, their experience, and the unknowns remembered. Twin of host/deeplomath/mirror/events.py.
// NUMERICS.md, Memory.
#include "dlm_kernel.h"

// Events

int dlm_check_label(const dlm_t *net, int32_t label) {
    if (net->config.regression) {
        return label < INT16_MIN || label > INT16_MAX ? DLM_ERR_LABEL : 0;
    }
    return label < 0 || label >= net->config.n_classes ? DLM_ERR_LABEL : 0;
}

int32_t dlm_find_event(const dlm_t *net, uint32_t id) {
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

// Moves the events from a position on to another one.
static void move_events(dlm_t *net, uint32_t from, uint32_t to) {
    const size_t n = net->n_events - from;
    memmove(&dlm_events(net)[to], &dlm_events(net)[from], n * sizeof(dlm_event_t));
    memmove(dlm_event_x(net, to), dlm_event_x(net, from), n * sizeof(int16_t) * net->config.n_features);
}

void dlm_remove_event(dlm_t *net, uint32_t at) {
    move_events(net, at + 1, at);
    net->n_events--;
}

void dlm_insert_event(dlm_t *net, uint32_t at, const dlm_event_t *event, const int16_t *x) {
    move_events(net, at, at + 1);
    net->n_events++;
    dlm_events(net)[at] = *event;
    memcpy(dlm_event_x(net, at), x, sizeof(int16_t) * net->config.n_features);
}

int dlm_has_room(const dlm_t *net, uint32_t class, uint32_t n) {
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

uint32_t *dlm_class_clock(const dlm_t *net, int16_t label) {
    return (uint32_t *)(uintptr_t)&net->class_clock[dlm_class(net, label)];
}

// Experience

static void remove_experience(dlm_t *net, uint32_t at) {
    const size_t after = --net->n_experience - at;
    memmove(&dlm_experience(net)[at], &dlm_experience(net)[at + 1], after * sizeof(dlm_experience_t));
}

void dlm_add_experience(dlm_t *net, const dlm_experience_t *entry, dlm_undo_t *undo) {
    undo->experience_full = net->n_experience == DLM_MEMORY_EXPERIENCE;
    if (undo->experience_full) {
        undo->experience = dlm_experience(net)[0];
        remove_experience(net, 0);
    }
    dlm_experience(net)[net->n_experience++] = *entry;
}

void dlm_undo_experience(dlm_t *net, const dlm_undo_t *undo) {
    dlm_experience_t *experience = dlm_experience(net);
    net->n_experience = (uint16_t)(net->n_experience - undo->experienced);
    if (undo->experience_full) {
        memmove(experience + 1, experience, net->n_experience++ * sizeof(*experience));
        experience[0] = undo->experience;
    }
}

void dlm_forget_experience(dlm_t *net, uint32_t event) {
    for (uint32_t i = net->n_experience; i--;) {
        if (dlm_experience(net)[i].event == event) {
            remove_experience(net, i);
        }
    }
}

// Events with their experience and their clocks

void dlm_forget_event(dlm_t *net, uint32_t at) {
    const dlm_event_t *event = &dlm_events(net)[at];
    uint32_t *class_clock = dlm_class_clock(net, event->label);
    if (event->id + 1 == net->clock) {
        net->clock--;
        *class_clock -= event->touched + 1 == *class_clock;
    }
    dlm_forget_experience(net, event->id);
    dlm_remove_event(net, at);
}

void dlm_move_class(dlm_t *net, int32_t label, int32_t to) {
    const uint32_t clock = net->class_clock[label];
    for (uint32_t i = 0; i < net->n_events; i++) {
        dlm_event_t *event = &dlm_events(net)[i];
        event->label = (int16_t)(event->label == label ? to : event->label);
    }
    net->class_clock[label] = 0;
    net->class_clock[to] = clock;
}

// Unknowns

static void remove_unknown(dlm_t *net, uint32_t at) {
    const uint32_t d = net->config.n_features, before = (1u << at) - 1;
    int16_t *x = DLM_AT(net, int16_t, net->unknown_x);
    uint32_t *id = DLM_AT(net, uint32_t, net->unknown_id);
    const size_t after = --net->n_unknowns - at;
    memmove(x + at * d, x + (at + 1) * d, after * d * sizeof(*x));
    memmove(id + at, id + at + 1, after * sizeof(*id));
    net->named = (uint8_t)((net->named & before) | (net->named >> 1 & ~before));
}

void dlm_remove_oldest_unknown(dlm_t *net) {
    uint32_t at = 0;
    while (net->named >> at > 1 && !(net->named >> at & 1)) {
        at++;
    }
    remove_unknown(net, at);
}

int32_t dlm_find_unknown(const dlm_t *net, uint32_t unknown) {
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
        dlm_remove_oldest_unknown(net);
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
    const int32_t at = dlm_find_unknown(net, unknown);
    return at < 0 ? NULL : DLM_AT(net, int16_t, net->unknown_x) + at * net->config.n_features;
}
