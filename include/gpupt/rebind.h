/* SPDX-License-Identifier: GPL-2.0 */
/**
 * DOC: Giving a card to other drivers
 *
 * Takes every function of a card from the driver it has to the one it is wanted
 * for: all of them, or none. Drivers are reached through operations, so that
 * KUnit has others.
 */
#ifndef GPUPT_REBIND_H
#define GPUPT_REBIND_H

#include <linux/types.h>

#include "gpupt/hw.h"

#define GPUPT_DRIVER_LEN	32
/* A driver_override that keeps all drivers off: none has this name. */
#define GPUPT_NO_DRIVER		"gpupt_no_driver"

/**
 * struct gpupt_binding - whose a function is
 * @driver: name of its driver, empty when it has none
 * @override: its driver_override, empty when it has none
 * @any: only as a wish, without @driver: whichever the kernel finds for it
 */
struct gpupt_binding {
	char driver[GPUPT_DRIVER_LEN];
	char override[GPUPT_DRIVER_LEN];
	bool any;
};

struct gpupt_rebind;

/**
 * struct gpupt_rebind_ops - how drivers are reached
 * @get: fills in whose a function is now; 0 or -errno
 * @set_override: sets driver_override, "" for none; 0 or -errno
 * @may_release: 0 when the function's driver may be released, -errno and a line in
 *	the log that says what to do when not; drivers cannot bind meanwhile
 * @detach: releases the function's driver; 0 or -errno
 * @attach: has the kernel bind a driver, if one matches; 0 or -errno
 * @between: all functions are released, none is bound yet; 0 or -errno
 * @lost: the function is not what it was, though everything was to be undone
 */
struct gpupt_rebind_ops {
	int (*get)(struct gpupt_rebind *r, unsigned int fn, struct gpupt_binding *binding);
	int (*set_override)(struct gpupt_rebind *r, unsigned int fn, const char *name);
	int (*may_release)(struct gpupt_rebind *r, unsigned int fn);
	int (*detach)(struct gpupt_rebind *r, unsigned int fn);
	int (*attach)(struct gpupt_rebind *r, unsigned int fn);
	int (*between)(struct gpupt_rebind *r);
	void (*lost)(struct gpupt_rebind *r, unsigned int fn);
};

/**
 * struct gpupt_rebind - a card that changes hands
 * @ops: how its drivers are reached
 * @present: bit mask of its functions
 * @gpu: number of its GPU function
 * @before: whose the functions were, filled by gpupt_rebind_run()
 */
struct gpupt_rebind {
	const struct gpupt_rebind_ops *ops;
	u8 present;
	u8 gpu;
	struct gpupt_binding before[GPUPT_FUNCTIONS];
};

/**
 * gpupt_rebind_run() - give each function to the driver it is wanted for
 * @r: the card
 * @wanted: whose each is to be, by function number
 *
 * First no other driver can bind any more, then it is asked whether all may be
 * released. The functions beside the GPU need it awake (device links of the
 * kernel), so they are released before it and bound after it. When anything fails
 * everything is undone.
 *
 * Context: process context, no device lock of the card held; takes as long as the
 * drivers do.
 * Return: 0, or the first error: of an operation, or -EIO when a driver did not
 * take its function.
 */
int gpupt_rebind_run(struct gpupt_rebind *r, const struct gpupt_binding *wanted);

#endif /* GPUPT_REBIND_H */
