/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Watching the bus
 *
 * Functions of NVIDIA cards come and go; each gets a record when it comes, and
 * GPUs their attributes.
 */
#ifndef GPUPT_WATCH_H
#define GPUPT_WATCH_H

/**
 * gpupt_watch_start() - add every function that is there, and those to come
 *
 * Context: process context.
 * Return: 0 or -errno.
 */
int gpupt_watch_start(void);

/**
 * gpupt_watch_stop() - forget them all, and give their reset methods back
 *
 * Context: process context.
 */
void gpupt_watch_stop(void);

#endif /* GPUPT_WATCH_H */
