/*
 * streamconf - how a program's output is written.
 *
 * Layer 2.
 */
#ifndef STREAMCONF_H
#define STREAMCONF_H

#include <stdbool.h>
#include <stdint.h>

#include "config/confdef.h"

struct stream_conf {
	enum conf_log to; /* all but LOG_TO_NONE */
	bool timestamps;
	int64_t size; /* bytes; 0: never rotate */
	int keep;
};

#endif
