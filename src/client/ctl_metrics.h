/*
 * ctl_metrics - "metrics": programs and daemon as OpenMetrics text.
 *
 * Layer 4.
 */
#ifndef CTL_METRICS_H
#define CTL_METRICS_H

#include "client/ctl.h"

ctl_command ctl_metrics;

#endif
