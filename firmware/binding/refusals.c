// SPDX-License-Identifier: MIT
// What the kernel refuses, in words.
#include "errors.h"
#include "network.h"

static NORETURN void raise_label(const dlm_config_t *config, int32_t label) {
    if (config->regression) {
        mod_raise_limits("label", label, INT16_MIN, INT16_MAX, DLM_ERR_LABEL);
    }
    mod_raise_limits("label", label, 0, config->n_classes - 1, DLM_ERR_LABEL);
}

void network_check(const network_obj_t *self, int code, asked_t asked) {
    if (code == DLM_ERR_LABEL) {
        raise_label(config_of(self), asked.label);
    } else if (code == DLM_ERR_FULL) {
        text_t text = {.length = 0};
        mod_add_text(&text, "events: budget of ");
        mod_add_int(&text, config_of(self)->n_events);
        mod_add_text(&text, " is full");
        mod_raise(&mp_type_ValueError, &text, code);
    } else if (code == DLM_ERR_EVENT) {
        mod_raise_given("event", asked.event, "no such event kept", code);
    } else if (code == DLM_ERR_PRESENT) {
        mod_raise_given("label", asked.label, "a class that has events", code);
    } else if (code == DLM_ERR_FROZEN) {
        mod_raise_words("learning is frozen", code);
    } else if (code == DLM_ERR_CLOCK) {
        text_t text = {.length = 0};
        mod_add_text(&text, "clock: ");
        mod_add_int(&text, DLM_LIMIT_CLOCK);
        mod_add_text(&text, " learns can be counted, of all and of each class");
        mod_raise(&mp_type_ValueError, &text, code);
    } else if (code) {
        mod_raise_words(asked.words ? asked.words : "refused by the kernel", code);
    }
}

static const char *state_error(int code) {
    switch (code) {
    case DLM_ERR_STATE_SIZE:
        return "not the size of a whole state of this network";
    case DLM_ERR_STATE_MAGIC:
        return "not a state";
    case DLM_ERR_STATE_VERSION:
        return "of another version of state or spec";
    case DLM_ERR_STATE_CONFIG:
        return "of a network with another configuration";
    case DLM_ERR_STATE_CHECKSUM:
        return "damaged, its checksum does not match";
    case DLM_ERR_STATE_EVENT:
        return "an event or an experience has a field outside its limits";
    default:
        return "intact, but its network has another digest here";
    }
}

void network_check_state(const network_obj_t *self, int code, int64_t size) {
    if (code && code != DLM_ERR_FROZEN) {
        text_t text = {.length = 0};
        mod_add_text(&text, "state: ");
        mod_add_int(&text, size);
        mod_add_text(&text, " bytes given, ");
        mod_add_text(&text, state_error(code));
        mod_raise(&mp_type_ValueError, &text, code);
    }
    network_check(self, code, (asked_t){.words = NULL});
}
