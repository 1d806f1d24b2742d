/*
 * streamconf - how a program's output is written.
 *
 * Layer 2.
 */
#ifndef STREAMCONF_H
#define STREAMCONF_H

#include <stdbool.h>
#include <stdint.h>

struct stream_conf {
	bool syslog; /* to syslog(3) instead of a file */
	bool timestamps;
	int64_t size; /* bytes; 0: never rotate */
	int keep;
};

#endif
